//! The directory, from outside.

mod agencies;
mod areas;
mod assignments;
mod contacts;
mod emergency;
mod geometry;
mod links;
mod locate;
mod offered;

use serde_json::{Value, json};
use threekeys::ids::AgencyId;

use crate::support::{Answer, App, Person};

/// A ring around a square of `side` degrees, counterclockwise.
fn ring(west: f64, south: f64, side: f64) -> Value {
    // To seven decimals: sums of decimals are not.
    let short = |degrees: f64| (degrees * 1e7).round() / 1e7;
    let (east, north) = (short(west + side), short(south + side));
    json!([[west, south], [east, south], [east, north], [west, north], [west, south]])
}

fn polygon(rings: &[Value]) -> Value {
    json!({"type": "Polygon", "coordinates": rings})
}

/// A square of `side` degrees.
fn square(west: f64, south: f64, side: f64) -> Value {
    polygon(&[ring(west, south, side)])
}

/// Makes an area by way of the API.
async fn area(
    app: &App,
    by: &Person,
    agency: AgencyId,
    kind: &str,
    name: &str,
    parent: Option<&str>,
    geometry: Value,
) -> Answer {
    let body = json!({"agency_id": agency, "kind": kind, "name": name, "parent_id": parent, "geometry": geometry});
    app.post("/areas").by(by).json(body).send().await.expect(201)
}

/// A city and a district in it, without geometry: their ids.
async fn city_and_district(app: &App, by: &Person, agency: AgencyId) -> (String, String) {
    let city = area(app, by, agency, "city", "Kansas City, Kansas", None, Value::Null).await.id();
    let district = area(app, by, agency, "district", "Midtown", Some(&city), Value::Null).await.id();
    (city, district)
}

/// Assigns somebody by way of the API, from today on and shown to the public.
async fn assign(app: &App, by: &Person, area: &str, who: &Person, role: &str) -> Answer {
    let body = json!({"account_id": who.id, "role": role, "starts_on": "2027-03-01", "is_public": true});
    app.post(format!("/areas/{area}/assignments")).by(by).json(body).send().await.expect(201)
}

/// All entries of a list, page by page with two on each, while `between` is done after the first page.
async fn walk<F: Future<Output = ()>>(app: &App, path: &str, by: Option<&Person>, between: F) -> Vec<Value> {
    let joint = if path.contains('?') { '&' } else { '?' };
    let first = app.get(format!("{path}{joint}limit=2&include=total")).by_or_nobody(by).send().await.expect(200);
    let total = first.body["total"].as_u64().unwrap();
    between.await;
    let (mut entries, mut page) = (Vec::new(), first);
    loop {
        let items = page.items().clone();
        let next = page.body["next_cursor"].as_str().map(ToOwned::to_owned);
        assert!(items.len() == 2 || next.is_none(), "{path}: a page that is not full is the last");
        entries.extend(items);
        let Some(cursor) = next else { break };
        let link = page.header("link").unwrap().to_owned();
        let address = link.strip_prefix('<').and_then(|l| l.strip_suffix(">; rel=\"next\"")).unwrap();
        assert!(address.contains(&format!("cursor={cursor}")), "{link}");
        page = app.get(address).by_or_nobody(by).send().await.expect(200);
    }
    assert!(total >= 3, "{path}: a test of paging wants more than one page, not {total} entries");
    entries
}

/// One field of each entry.
fn field<'a>(entries: &'a [Value], name: &str) -> Vec<&'a str> {
    entries.iter().map(|entry| entry[name].as_str().unwrap()).collect()
}
