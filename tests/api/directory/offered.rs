//! What the directory offers to other slices, on the joint backend.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde_json::{Value, json};
use threekeys::directory::{
    area_refs, assigned_areas, commanded_areas, commanders_of, district_of, emergency_of_agency, find_area,
    zone_of_agency,
};
use threekeys::ids::{AccountId, AgencyId, AreaId};
use threekeys::platform::db::in_query;
use threekeys::platform::error::Result;
use threekeys::schema::{accounts, areas, assignments};

use super::{area, assign, city_and_district};
use crate::support::App;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn id(text: &str) -> AreaId {
    text.parse().unwrap()
}

/// Names of the areas that are somebody's, with the subquery in `eq_any`.
async fn names(app: &App, account: AccountId, today: NaiveDate, commanded: bool) -> Vec<String> {
    app.db(move |conn| {
        let mine = areas::table.order(areas::name).select(areas::name);
        if commanded {
            mine.filter(areas::id.eq_any(commanded_areas(account, today))).load(conn)
        } else {
            mine.filter(areas::id.eq_any(assigned_areas(account, today))).load(conn)
        }
    })
    .await
}

async fn read<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&mut threekeys::platform::db::Conn) -> Result<T> + Send + 'static,
) -> T {
    app.state.db.read(work).await.unwrap()
}

async fn duties_reach_down_the_tree_and_no_further(app: App) {
    let agency = app.agency().await;
    let administrator = app.administrator().await;
    let (city, district) = city_and_district(&app, &administrator, agency).await;
    let beat = area(&app, &administrator, agency, "beat", "Beat 1", Some(&district), Value::Null).await.id();
    area(&app, &administrator, agency, "neighborhood", "Hill", Some(&beat), Value::Null).await;
    area(&app, &administrator, agency, "district", "West", Some(&city), Value::Null).await;
    let (commander, officer, delegate) =
        (app.commander(agency).await, app.officer(agency).await, app.officer(agency).await);
    assign(&app, &administrator, &district, &commander, "commander").await;
    assign(&app, &administrator, &beat, &officer, "officer").await;
    assign(&app, &administrator, &beat, &delegate, "delegate").await;
    let today = day("2027-03-01");
    assert_eq!(names(&app, commander.id, today, false).await, ["Beat 1", "Hill", "Midtown"]);
    assert_eq!(names(&app, commander.id, today, true).await, ["Beat 1", "Hill", "Midtown"]);
    assert_eq!(names(&app, officer.id, today, false).await, ["Beat 1", "Hill"]);
    assert_eq!(names(&app, officer.id, today, true).await, [""; 0]);
    assert_eq!(names(&app, delegate.id, today, true).await, ["Beat 1", "Hill"]);
    assert_eq!(names(&app, officer.id, day("2027-02-28"), false).await, [""; 0], "before the first day");
    assert_eq!(names(&app, officer.id, day("2028-02-01"), false).await, [""; 0], "the verification has run out");
    assert_eq!(names(&app, administrator.id, today, false).await, [""; 0]);

    // Within a query that has the same tables, and a boxed one.
    let found: i64 = app
        .db(move |conn| {
            assignments::table
                .inner_join(accounts::table.on(accounts::id.eq(assignments::account_id)))
                .filter(in_query(assignments::area_id, assigned_areas(commander.id, today)))
                .into_boxed()
                .count()
                .get_result(conn)
        })
        .await;
    assert_eq!(found, 3);
    let hill: AreaId = app.db(|conn| areas::table.filter(areas::name.eq("Hill")).select(areas::id).first(conn)).await;
    let now = app.now();
    let first = read(&app, move |conn| commanders_of(conn, hill, now)).await;
    assert_eq!(first, [delegate.id, commander.id], "the nearest first");
    let city = id(&city);
    assert!(read(&app, move |conn| commanders_of(conn, city, now)).await.is_empty());
}

async fn commanders_of_an_area_come_once_and_the_commander_before_who_stands_in(app: App) {
    let agency = app.agency().await;
    let administrator = app.administrator().await;
    let (city, district) = city_and_district(&app, &administrator, agency).await;
    let (chief, captain, deputy) =
        (app.commander(agency).await, app.commander(agency).await, app.officer(agency).await);
    assign(&app, &administrator, &district, &deputy, "delegate").await;
    assign(&app, &administrator, &district, &captain, "commander").await;
    assign(&app, &administrator, &district, &captain, "delegate").await;
    assign(&app, &administrator, &city, &chief, "commander").await;
    assign(&app, &administrator, &city, &captain, "delegate").await;
    assign(&app, &administrator, &district, &chief, "officer").await;
    let district = id(&district);
    let now = app.now();
    let all = read(&app, move |conn| commanders_of(conn, district, now)).await;
    assert_eq!(all, [captain.id, deputy.id, chief.id]);
}

async fn areas_and_agencies_are_found_by_id(app: App) {
    let agency = app.agency().await;
    let administrator = app.administrator().await;
    let (city, district) = city_and_district(&app, &administrator, agency).await;
    let beat = area(&app, &administrator, agency, "beat", "Beat 1", Some(&district), Value::Null).await.id();
    let loose = area(&app, &administrator, agency, "beat", "Beat 2", Some(&city), Value::Null).await.id();
    let [city, district, beat, loose] = [id(&city), id(&district), id(&beat), id(&loose)];
    for (area, expected) in
        [(beat, Some(district)), (district, Some(district)), (loose, None), (city, None), (AreaId::new(), None)]
    {
        assert_eq!(read(&app, move |conn| district_of(conn, area)).await, expected);
    }
    let found = read(&app, move |conn| find_area(conn, beat)).await.unwrap();
    assert_eq!((found.agency_id, found.parent_id, found.name.as_str()), (agency, Some(district), "Beat 1"));
    assert!(found.retired_at.is_none());
    assert!(read(&app, |conn| find_area(conn, AreaId::new())).await.is_none());
    let refs = read(&app, move |conn| area_refs(conn, [beat, city, beat, AreaId::new()])).await;
    assert_eq!(refs.len(), 2);
    assert_eq!(serde_json::to_value(&refs[&beat]).unwrap(), json!({"id": beat, "kind": "beat", "name": "Beat 1"}));
    assert_eq!(read(&app, move |conn| zone_of_agency(conn, agency)).await.to_string(), "America/Chicago");
    let block = read(&app, move |conn| emergency_of_agency(conn, agency)).await;
    assert_eq!((block.emergency.as_str(), block.non_emergency.as_str()), ("911", "+19135963000"));
    assert!(app.state.db.read(|conn| emergency_of_agency(conn, AgencyId::new())).await.is_err());
}

both_engines![
    duties_reach_down_the_tree_and_no_further,
    commanders_of_an_area_come_once_and_the_commander_before_who_stands_in,
    areas_and_agencies_are_found_by_id,
];
