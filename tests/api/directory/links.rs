use serde_json::{Value, json};
use threekeys::ids::{AgencyId, AreaId};

use super::{city_and_district, field, walk};
use crate::support::App;

fn link(agency: AgencyId, group: &str, title: &str) -> Value {
    json!({"agency_id": agency, "group": group, "title": title, "url": "https://www.wycokck.example/page"})
}

async fn resource_links_are_made_read_and_changed(app: App) {
    let agency = app.agency().await;
    let commander = app.commander(agency).await;
    let (_, district) = city_and_district(&app, &commander, agency).await;
    let mut body = link(agency, "crime_prevention", "Court Watch");
    body["area_id"] = json!(district);
    body["phone"] = json!("+19135551212");
    body["languages"] = json!(["en", "es-MX"]);
    body["cost"] = json!("free");
    let made = app.post("/resource-links").by(&commander).json(body).send().await.expect(201);
    assert_eq!(made.header("location"), Some(format!("/api/v1/resource-links/{}", made.id()).as_str()));
    assert_eq!(made.body["status"], "unchecked");
    let path = format!("/resource-links/{}", made.id());
    let read = app.get(&path).send().await.expect(200);
    assert_eq!(read.body, made.body);
    app.get(&path).header("if-none-match", read.header("etag").unwrap().to_owned()).send().await.expect(304);

    let change = json!({"area_id": null, "phone": null, "group": "local_government", "languages": []});
    app.patch(&path).by(&commander).json(change.clone()).send().await.problem(428, "precondition_required");
    let changed = app.patch(&path).by(&commander).if_match(1).json(change.clone()).send().await.expect(200);
    let mut expected = made.body.clone();
    expected["area_id"] = Value::Null;
    expected["phone"] = Value::Null;
    expected["group"] = json!("local_government");
    expected["languages"] = json!([]);
    expected["version"] = json!(2);
    assert_eq!(changed.body, expected, "what is absent stays");
    app.patch(&path).by(&commander).if_match(1).json(change).send().await.problem(412, "precondition_failed");
    let change = json!({"title": "Watch", "url": "http://court.example", "phone": "+19135550000", "cost": null,
        "area_id": district, "languages": ["es"]});
    let changed = app.patch(&path).by(&commander).if_match(2).json(change).send().await.expect(200);
    assert_eq!((changed.str("title"), changed.str("url")), ("Watch".into(), "http://court.example".into()));
    assert_eq!(changed.body["area_id"], json!(district));
    let bad = json!({"title": null, "languages": ["es", "es"], "group": "fun"});
    app.patch(&path).by(&commander).if_match(3).json(bad).send().await.refuses(&["/group", "/title"]);
    let twice = json!({"languages": ["es", "es"]});
    app.patch(&path).by(&commander).if_match(3).json(twice).send().await.refuses(&["/languages/1"]);
}

async fn update_resource_link_to_another_address_is_unchecked_again(app: App) {
    use diesel::prelude::*;
    use threekeys::schema::resource_links;
    let agency = app.agency().await;
    let commander = app.commander(agency).await;
    let body = link(agency, "local_government", "City Hall");
    let path = format!("/resource-links/{}", app.post("/resource-links").by(&commander).json(body).send().await.id());
    let now = app.now();
    app.db(move |conn| {
        diesel::update(resource_links::table)
            .set((resource_links::status.eq("ok"), resource_links::checked_at.eq(now)))
            .execute(conn)
    })
    .await;
    let same = json!({"url": "https://www.wycokck.example/page", "cost": "none"});
    let same = app.patch(&path).by(&commander).if_match(1).json(same).send().await.expect(200);
    assert_eq!((&same.body["status"], &same.body["checked_at"]), (&json!("ok"), &json!(now.to_string())));
    let other = json!({"url": "https://www.wycokck.example/other"});
    let other = app.patch(&path).by(&commander).if_match(2).json(other).send().await.expect(200);
    assert_eq!((&other.body["status"], &other.body["checked_at"]), (&json!("unchecked"), &Value::Null));
}

async fn resource_links_belong_to_an_agency_and_its_areas(app: App) {
    let (home, other) = (app.agency().await, app.agency().await);
    let administrator = app.administrator().await;
    let (_, foreign) = city_and_district(&app, &administrator, other).await;
    let (_, retired) = city_and_district(&app, &administrator, home).await;
    app.post(format!("/areas/{retired}/retire")).by(&administrator).if_match(1).send().await.expect(200);
    let made = app.post("/resource-links").by(&administrator).json(link(home, "local_government", "City")).send().await;
    let path = format!("/resource-links/{}", made.expect(201).id());
    for area in [foreign, retired, AreaId::new().to_string()] {
        let mut body = link(home, "local_government", "City Hall");
        body["area_id"] = json!(area);
        app.post("/resource-links").by(&administrator).json(body).send().await.refuses(&["/area_id"]);
        let change = json!({"area_id": area});
        app.patch(&path).by(&administrator).if_match(1).json(change).send().await.refuses(&["/area_id"]);
    }
    let body = link(AgencyId::new(), "local_government", "City Hall");
    app.post("/resource-links").by(&administrator).json(body).send().await.refuses(&["/agency_id"]);
    let mut body = link(home, "gossip", "x");
    body["url"] = json!("ftp://example.org");
    body["phone"] = json!("911");
    body["checked_at"] = json!("2027-01-01T00:00:00Z");
    app.post("/resource-links").by(&administrator).json(body).send().await.refuses(&[
        "/checked_at",
        "/group",
        "/phone",
        "/title",
        "/url",
    ]);
}

async fn resource_links_are_kept_by_commanders_and_administrators(app: App) {
    let (home, other) = (app.agency().await, app.agency().await);
    let administrator = app.administrator().await;
    let body = link(home, "organizations_partners", "NeighborWorks");
    let path = format!(
        "/resource-links/{}",
        app.post("/resource-links").by(&administrator).json(body.clone()).send().await.id()
    );
    let retire = format!("{path}/retire");
    for person in [app.citizen().await, app.officer(home).await, app.staff(home).await, app.commander(other).await] {
        app.post("/resource-links").by(&person).json(body.clone()).send().await.problem(403, "forbidden");
        app.patch(&path).by(&person).if_match(1).json(json!({})).send().await.problem(403, "forbidden");
        app.post(&retire).by(&person).if_match(1).send().await.problem(403, "forbidden");
    }
    app.post("/resource-links").json(body).send().await.problem(401, "unauthenticated");
    app.patch(&path).if_match(1).json(json!({})).send().await.problem(401, "unauthenticated");
    app.post(&retire).if_match(1).send().await.problem(401, "unauthenticated");
    app.get(&path).send().await.expect(200);
    app.get(format!("/resource-links/{}", AreaId::new())).send().await.problem(404, "not_found");
}

async fn retire_resource_link_is_for_good(app: App) {
    let agency = app.agency().await;
    let commander = app.commander(agency).await;
    let body = link(agency, "local_government", "City Hall");
    let path = format!("/resource-links/{}", app.post("/resource-links").by(&commander).json(body).send().await.id());
    let retire = format!("{path}/retire");
    app.post(&retire).by(&commander).send().await.problem(428, "precondition_required");
    app.post(&retire).by(&commander).if_match(2).send().await.problem(412, "precondition_failed");
    app.post(&retire).by(&commander).if_match(1).send().await.expect(204);
    app.get(&path).send().await.problem(410, "gone");
    app.post(&retire).by(&commander).if_match(2).send().await.problem(410, "gone");
    app.patch(&path).by(&commander).if_match(2).json(json!({"cost": null})).send().await.problem(410, "gone");
    app.patch(&path).by(&app.citizen().await).if_match(2).json(json!({})).send().await.problem(403, "forbidden");
    assert!(app.get("/resource-links").send().await.items().is_empty());
}

async fn list_resource_links_pages_and_filters(app: App) {
    let (home, other) = (app.agency().await, app.agency().await);
    let administrator = app.administrator().await;
    let (_, district) = city_and_district(&app, &administrator, home).await;
    let groups = ["local_government", "organizations_partners", "crime_prevention"];
    for (n, title) in ["Echo", "delta", "Charlie", "bravo", "Alpha", "Foxtrot 100%"].into_iter().enumerate() {
        let mut body = link(home, groups[n % 3], title);
        if n % 2 == 0 {
            body["area_id"] = json!(district);
        }
        app.post("/resource-links").by(&administrator).json(body).send().await.expect(201);
    }
    app.post("/resource-links").by(&administrator).json(link(other, groups[0], "Golf")).send().await.expect(201);
    let added = async {
        let body = link(home, groups[0], "Aardvark");
        app.post("/resource-links").by(&administrator).json(body).send().await.expect(201);
    };
    let seen = walk(&app, &format!("/resource-links?agency_id={home}"), None, added).await;
    assert_eq!(field(&seen, "title"), ["Alpha", "bravo", "Charlie", "delta", "Echo", "Foxtrot 100%"]);
    let titles = async |query: String| {
        let list = app.get(format!("/resource-links?{query}")).send().await.expect(200);
        field(list.items(), "title").into_iter().map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(titles("group=local_government".into()).await, ["Aardvark", "bravo", "Echo", "Golf"]);
    assert_eq!(titles("group=crime_prevention".into()).await, ["Charlie", "Foxtrot 100%"]);
    assert_eq!(titles(format!("area_id={district}")).await, ["Alpha", "Charlie", "Echo"]);
    assert_eq!(titles("q=0%25".into()).await, ["Foxtrot 100%"], "wildcards are taken literally");
    assert_eq!(titles(format!("agency_id={other}&q=golf")).await, ["Golf"]);
    app.get("/resource-links?group=fun&sort=title").send().await.refuses(&["?group", "?sort"]);
}

both_engines![
    resource_links_are_made_read_and_changed,
    update_resource_link_to_another_address_is_unchecked_again,
    resource_links_belong_to_an_agency_and_its_areas,
    resource_links_are_kept_by_commanders_and_administrators,
    retire_resource_link_is_for_good,
    list_resource_links_pages_and_filters,
];
