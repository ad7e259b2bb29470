use std::time::Duration;

use serde_json::{Value, json};
use threekeys::ids::AreaId;

use super::{area, assign, city_and_district, walk};
use crate::support::{App, Person};

async fn shown(app: &App, area: &str) -> Vec<String> {
    let list = app.get(format!("/areas/{area}/duty-contacts")).send().await.expect(200);
    list.items().iter().map(|contact| contact["person"]["display_name"].as_str().unwrap().to_owned()).collect()
}

fn persons(contacts: &[Value]) -> Vec<&str> {
    contacts.iter().map(|contact| contact["person"]["display_name"].as_str().unwrap()).collect()
}

async fn list_duty_contacts_shows_what_the_public_may_know(app: App) {
    let agency = app.agency().await;
    let (commander, officer) = (app.commander(agency).await, app.officer(agency).await);
    let (_, district) = city_and_district(&app, &commander, agency).await;
    let body = json!({"account_id": officer.id, "role": "officer", "starts_on": "2027-01-01", "ends_on": "2027-12-31",
        "duty_phone": "+19135551212", "duty_email": "midtown@kckpd.example", "bio": "Twelve years here.", "is_public": true});
    let made = app.post(format!("/areas/{district}/assignments")).by(&commander).json(body).send().await.expect(201);
    let list = app.get(format!("/areas/{district}/duty-contacts")).send().await.expect(200);
    assert_eq!(
        list.items()[0],
        json!({
            "assignment_id": made.id(), "area": {"id": district, "kind": "district", "name": "Midtown"}, "role": "officer",
            "person": {"id": officer.id, "display_name": officer.name, "side": "police"}, "rank": "Officer",
            "badge_number": made.body["badge_number"], "duty_phone": "+19135551212", "duty_email": "midtown@kckpd.example",
            "bio": "Twelve years here.", "ends_on": "2027-12-31"
        }),
        "and nothing else: no private telephone number or address"
    );
    app.get(format!("/areas/{}/duty-contacts", AreaId::new())).send().await.problem(404, "not_found");
}

async fn list_duty_contacts_goes_from_the_area_outwards(app: App) {
    let agency = app.agency().await;
    let administrator = app.administrator().await;
    let (city, district) = city_and_district(&app, &administrator, agency).await;
    let beat = area(&app, &administrator, agency, "beat", "Beat 1", Some(&district), Value::Null).await.id();
    let other = area(&app, &administrator, agency, "beat", "Beat 2", Some(&district), Value::Null).await.id();
    let mut people: Vec<Person> = Vec::new();
    for (place, role) in
        [(&city, "commander"), (&district, "commander"), (&beat, "officer"), (&beat, "officer"), (&other, "officer")]
    {
        let person = if role == "commander" { app.commander(agency).await } else { app.officer(agency).await };
        assign(&app, &administrator, place, &person, role).await;
        people.push(person);
    }
    let hidden = app.officer(agency).await;
    let body = json!({"account_id": hidden.id, "role": "officer", "starts_on": "2027-03-01", "is_public": false});
    app.post(format!("/areas/{beat}/assignments")).by(&administrator).json(body).send().await.expect(201);
    let late = app.officer(agency).await;
    let added = async {
        assign(&app, &administrator, &beat, &late, "officer").await;
    };
    let seen = walk(&app, &format!("/areas/{beat}/duty-contacts"), None, added).await;
    let name = |n: usize| people[n].name.as_str();
    let names = persons(&seen);
    assert_eq!(
        names.iter().filter(|shown| **shown != late.name).copied().collect::<Vec<_>>(),
        [name(2), name(3), name(1), name(0)]
    );
    assert_eq!(shown(&app, &district).await, [name(1), name(0)]);
    assert_eq!(shown(&app, &other).await, [name(4), name(1), name(0)]);
    let total = app.get(format!("/areas/{beat}/duty-contacts?include=total&limit=1")).send().await.expect(200);
    assert_eq!(total.body["total"], 5);
    app.get(format!("/areas/{beat}/duty-contacts?role=officer")).send().await.refuses(&["?role"]);
}

async fn list_duty_contacts_keeps_to_the_agencys_calendar(app: App) {
    let agency = app.agency().await;
    let commander = app.commander(agency).await;
    let (_, district) = city_and_district(&app, &commander, agency).await;
    let [leaving, coming] = [app.officer(agency).await, app.officer(agency).await];
    for (person, starts_on, ends_on) in
        [(&leaving, "2027-02-01", json!("2027-03-01")), (&coming, "2027-03-02", Value::Null)]
    {
        let body = json!({"account_id": person.id, "role": "officer", "starts_on": starts_on, "ends_on": ends_on,
            "is_public": true});
        app.post(format!("/areas/{district}/assignments")).by(&commander).json(body).send().await.expect(201);
    }
    assert_eq!(shown(&app, &district).await, [leaving.name.as_str()]);
    // At 23:59 in Kansas City it is the next day in Greenwich.
    app.pass(Duration::from_secs(60 * 719));
    assert_eq!(shown(&app, &district).await, [leaving.name.as_str()]);
    app.pass(Duration::from_secs(60));
    assert_eq!(shown(&app, &district).await, [coming.name.as_str()]);
}

async fn list_duty_contacts_forgets_who_may_not_act(app: App) {
    let agency = app.agency().await;
    let administrator = app.administrator().await;
    let (_, district) = city_and_district(&app, &administrator, agency).await;
    let [suspended, ended, kept] = [app.officer(agency).await, app.officer(agency).await, app.officer(agency).await];
    let mut assignments = Vec::new();
    for person in [&suspended, &ended, &kept] {
        assignments.push(assign(&app, &administrator, &district, person, "officer").await.id());
    }
    assert_eq!(shown(&app, &district).await.len(), 3);
    let reason = json!({"reason": "An inquiry is under way"});
    let path = format!("/accounts/{}/suspend", suspended.id);
    app.post(path).by(&administrator).if_match(1).json(reason).send().await.expect(200);
    app.post(format!("/assignments/{}/end", assignments[1])).by(&administrator).if_match(1).send().await.expect(200);
    assert_eq!(shown(&app, &district).await, [kept.name.as_str()]);
    let listed = app.get(format!("/areas/{district}/assignments")).by(&administrator).send().await.expect(200);
    let current: Vec<bool> = listed.items().iter().map(|a| a["is_current"].as_bool().unwrap()).collect();
    assert_eq!(current, [true, false, false], "the roster says the same");
    let hidden = json!({"is_public": false});
    let path = format!("/assignments/{}", assignments[2]);
    app.patch(path).by(&administrator).if_match(1).json(hidden).send().await.expect(200);
    assert!(shown(&app, &district).await.is_empty());
    let shown_again = json!({"is_public": true});
    let path = format!("/assignments/{}", assignments[2]);
    app.patch(path).by(&administrator).if_match(2).json(shown_again).send().await.expect(200);
    assert_eq!(shown(&app, &district).await.len(), 1);
    // The verification runs out on 2028-01-31.
    app.pass(Duration::from_secs(86_400 * 340));
    assert!(shown(&app, &district).await.is_empty());
}

both_engines![
    list_duty_contacts_shows_what_the_public_may_know,
    list_duty_contacts_goes_from_the_area_outwards,
    list_duty_contacts_keeps_to_the_agencys_calendar,
    list_duty_contacts_forgets_who_may_not_act,
];
