//! A goal shows that more is needed than the group has; a merchant association that nobody had thought of joins because of
//! it, pledges and delivers.

use serde_json::{Value, json};

use super::town::{Town, each, founded_by};
use crate::support::{Answer, App, Person};

/// What the story is about.
struct Group {
    id: String,
    goal: String,
    objective: String,
}

impl Group {
    fn path(&self, rest: &str) -> String {
        format!("/partnerships/{}{rest}", self.id)
    }
}

pub async fn what_a_goal_needs(app: App) {
    let mut town = app.town().await;
    let id = founded_by(&app, &town, "Armourdale Renters", "residents_group").await;
    town.at(&app, "2027-03-01T18:04:00Z").await;
    let (goal, objective) = adopted(&app, &mut town, &id).await;
    let group = Group { id, goal, objective };
    town.at(&app, "2027-03-11T18:08:00Z").await;
    let lamps = written_down(&app, &town, &group).await;
    town.at(&app, "2027-03-11T18:12:00Z").await;
    pledged_inside(&app, &town, &lamps).await;
    town.at(&app, "2027-03-26T18:00:00Z").await;
    let before = nobody_answers(&app, &town, &group).await;
    let merchants = invited(&app, &town, &group, &lamps).await;
    joined(&app, &town, &group, &merchants).await;
    town.at(&app, "2027-03-30T18:00:00Z").await;
    answered(&app, &town, &lamps, &merchants).await;
    broader(&app, &town, &group, before, &merchants).await;
    town.at(&app, "2027-07-02T18:00:00Z").await;
    too_late(&app, &town, &group).await;
    an_end(&app, &town, &merchants).await;
}

async fn adopted(app: &App, town: &mut Town, id: &str) -> (String, String) {
    let path = format!("/partnerships/{id}");
    let text = json!({"text": "Neighbors and officers make the alleys of Armourdale safe."});
    let mission = app.post(format!("{path}/missions")).by(&town.maria).json(text).send().await.expect(201);
    town.adopts(app, [&mission.str("decision_id")]).await;
    let goal = json!({"title": "Light the alleys", "description": "Every alley is lit from dusk to dawn.",
        "target_on": "2027-11-30", "resources_plan": "Write down what is needed, and ask for it.",
        "influence": {"is_within": true, "why": "Neighbors may mount lamps on their own walls."}});
    let goal = app.post(format!("{path}/goals")).by(&town.maria).json(goal).send().await.expect(201).id();
    let objective = json!({"title": "Lamps on every pole", "indicator": "Poles with a lamp", "unit": "poles",
        "source": "Counted on foot", "direction": "increase", "baseline": 4, "baseline_on": "2027-02-20", "target": 34,
        "due_on": "2027-10-31", "weight": 3});
    let objectives = format!("/goals/{goal}/objectives");
    let objective = app.post(objectives).by(&town.maria).json(objective).send().await.expect(201).id();
    for who in [&town.maria, &town.rivera] {
        let contributor = json!({"account_id": who.id});
        app.post(format!("/goals/{goal}/contributors")).by(&town.maria).json(contributor).send().await.expect(201);
    }
    let propose = app.post(format!("/goals/{goal}/propose")).by(&town.maria).if_match(1).json(json!({}));
    let decision = propose.send().await.expect(200).str("decision_id");
    town.adopts(app, [&decision]).await;
    (goal, objective)
}

/// What is needed is written down, gone through, and asked for.
async fn written_down(app: &App, town: &Town, group: &Group) -> String {
    let open = app.get(group.path("/needs/review")).by(&town.maria).send().await.expect(200);
    assert_eq!(open.body["is_reviewed"], false);
    let own = app.get(group.path("")).by(&town.tom).send().await.expect(200).body["own"]["membership_id"].clone();
    let steward = format!("/memberships/{}", own.as_str().unwrap());
    let role = json!({"role": "resource_steward"});
    app.patch(steward).by(&town.maria).if_match(2).json(role).send().await.expect(200);

    let write = async |body: Value| app.post(group.path("/needs")).by(&town.tom).json(body).send().await;
    let none = json!({"nothing_needed": true, "note": "We have all we need."});
    let review = app.post(group.path("/needs/review")).by(&town.tom).json(none.clone()).send().await.expect(200);
    assert_eq!((&review.body["is_reviewed"], &review.body["needs"]), (&json!(true), &json!(0)), "so they thought");
    let lamps = json!({
        "kind": "material", "title": "Lamps for the alleys", "quantity": 25, "unit": "lamps", "due_on": "2027-06-30",
        "goal_id": group.goal, "why": "The city mends lamps that are there, and mounts none that are not."
    });
    let lamps = write(lamps).await.expect(201);
    assert_eq!((&lamps.body["state"], &lamps.body["missing"]), (&json!("identified"), &json!(25)));
    let leave = json!({
        "kind": "permission", "title": "Leave to mount on the poles", "quantity": 1, "unit": "permit",
        "due_on": "2027-06-30", "objective_id": group.objective, "why": "The poles belong to the utility.",
        "plan": "Captain Holloway asks the utility's liaison."
    });
    let leave = write(leave).await.expect(201);
    assert_eq!(leave.body["goal_id"], json!(group.goal), "of its objective's goal");
    let hall = json!({"kind": "venue", "title": "A hall", "quantity": 1, "unit": "evening", "due_on": "2027-04-01",
        "goal_id": group.goal, "why": "To sort the lamps in."});
    let hall = write(hall).await.expect(201).id();
    let reason = json!({"reason": "Tom's garage is large enough."});
    let gone =
        app.post(format!("/needs/{hall}/withdraw")).by(&town.tom).if_match(1).json(reason).send().await.expect(200);
    assert_eq!(gone.body["state"], "withdrawn");
    app.post(group.path("/needs/review")).by(&town.rivera).json(none).send().await.refuses(&["/nothing_needed"]);
    let some = json!({"nothing_needed": false, "note": "Lamps, and somebody's leave to mount them."});
    let review = app.post(group.path("/needs/review")).by(&town.rivera).json(some).send().await.expect(200);
    assert_eq!(review.body["needs"], 2);
    let read = app.get(group.path("/needs/review")).by(&town.tom).send().await.expect(200);
    assert_eq!(read.body["reviewed_by"]["display_name"], "Luis Rivera");

    assert_eq!(app.get(group.path("/needs")).send().await.expect(200).items().len(), 0, "nobody outside is asked yet");
    let path = format!("/needs/{}", lamps.id());
    app.get(&path).by(&town.aisha).send().await.problem(404, "not_found");
    let plan = json!({"quantity": 25, "plan": "Ask the merchants of Central Avenue."});
    let planned = app.patch(&path).by(&town.tom).if_match(1).json(plan).send().await.expect(200);
    assert_eq!(planned.body["plan"], "Ask the merchants of Central Avenue.");
    let asked = app.post(format!("{path}/request")).by(&town.maria).if_match(2).send().await.expect(200);
    assert_eq!(asked.body["state"], "requested");
    let seen = app.get(&path).send().await.expect(200);
    assert_eq!((&seen.body["title"], &seen.body["plan"]), (&json!("Lamps for the alleys"), &Value::Null));
    let listed = app.get(group.path("/needs?kind=material")).send().await.expect(200);
    assert_eq!(each(&listed, "title"), ["Lamps for the alleys"]);
    lamps.id()
}

async fn offer(app: &App, need: &str, by: &Person, body: Value) -> Answer {
    app.post(format!("/needs/{need}/pledges")).by(by).fresh_key().json(body).send().await
}

/// What the members have themselves.
async fn pledged_inside(app: &App, town: &Town, lamps: &str) {
    let five = json!({"quantity": 5, "note": "From my garage; two need a bulb."});
    let first = app.post(format!("/needs/{lamps}/pledges")).by(&town.tom).json(five).leaving(1).send().await;
    let first = first.expect(201);
    assert_eq!((&first.body["state"], &first.body["partner"]), (&json!("offered"), &Value::Null));
    let wrong = offer(app, lamps, &town.tom, json!({"quantity": 500})).await.expect(201).id();
    let reason = json!({"reason": "A nought too many."});
    let back = app.post(format!("/pledges/{wrong}/withdraw")).by(&town.tom).if_match(1).json(reason).send().await;
    assert_eq!(back.expect(200).body["state"], "withdrawn");
    let old = offer(app, lamps, &town.rivera, json!({"quantity": 2, "note": "Old ones of the station."})).await;
    let old = old.expect(201).id();
    let reason = json!({"reason": "They don't fit the poles."});
    let no = app.post(format!("/pledges/{old}/decline")).by(&town.maria).if_match(1).json(reason).send().await;
    assert_eq!(no.expect(200).body["reason"], "They don't fit the poles.");
    let yes = app.post(format!("/pledges/{}/accept", first.id())).by(&town.maria).if_match(1).send().await;
    assert_eq!(yes.expect(200).body["answered_by"]["display_name"], "Maria Lopez");
    let need = app.get(format!("/needs/{lamps}")).by(&town.rivera).send().await.expect(200);
    assert_eq!((&need.body["state"], &need.body["missing"]), (&json!("part_pledged"), &json!(20)));
    app.get(format!("/needs/{lamps}/pledges")).by(&town.aisha).send().await.problem(404, "not_found");
}

/// Two weeks later nobody has answered for the permit.
async fn nobody_answers(app: &App, town: &Town, group: &Group) -> f64 {
    let found = app.get(group.path("/broadening")).by(&town.maria).send().await.expect(200);
    let titles: Vec<&Value> = found.body["prompts"].as_array().unwrap().iter().map(|prompt| &prompt["title"]).collect();
    assert_eq!(titles, ["Leave to mount on the poles"], "lamps were pledged");
    assert_eq!(found.body["prompts"][0]["days_waiting"], 14);
    assert_eq!(found.body["sectors_present"], json!(["residents_group"]));
    assert!(found.body["sectors_absent"].as_array().unwrap().contains(&json!("business_or_merchant_association")));
    assert!(found.body["median_hours_to_first_pledge"].as_f64().is_some_and(|hours| hours < 1.0));
    let index = found.body["broadening_index"].as_f64().unwrap();
    assert!((index - 0.5 / 11.0).abs() < 1e-9, "{index}");
    index
}

const OFFICE: &str = "office@central-avenue.example.org";

async fn invite(app: &App, town: &Town, group: &Group, body: Value) -> Answer {
    app.post(group.path("/partners")).by(&town.maria).fresh_key().json(body).send().await
}

/// Merchants of another street are asked for lamps; the first letter goes astray.
async fn invited(app: &App, town: &Town, group: &Group, lamps: &str) -> String {
    let merchants = json!({
        "name": "Central Avenue Merchants", "sector": "business_or_merchant_association", "contact_name": "Aisha Grant",
        "contact_email": "ofice@central-avenue.example.org", "contact_phone": "+19135550188", "need_id": lamps
    });
    let made = invite(app, town, group, merchants.clone()).await.expect(201);
    assert_eq!((&made.body["state"], &made.body["invitation"]["state"]), (&json!("invited"), &json!("sent")));
    invite(app, town, group, merchants).await.problem(409, "conflict");
    let path = format!("/partners/{}", made.id());
    let reason = json!({"reason": "The address was misspelt."});
    let back = app.post(format!("{path}/end")).by(&town.maria).if_match(1).json(reason).send().await.expect(200);
    assert_eq!((&back.body["state"], &back.body["invitation"]["state"]), (&json!("not_joined"), &json!("revoked")));
    let right = json!({"contact_email": OFFICE});
    app.patch(&path).by(&town.maria).if_match(2).json(right).send().await.expect(200);
    let again = app.post(format!("{path}/invite")).by(&town.tom).if_match(3).send().await.expect(200);
    assert_eq!((&again.body["state"], &again.body["contact"]), (&json!("invited"), &Value::Null));
    app.get(&path).by(&town.sam).send().await.problem(404, "not_found");
    made.id()
}

/// They join by the code in the letter; a parish does not, and a club never answers.
async fn joined(app: &App, town: &Town, group: &Group, merchants: &str) {
    let old = app.mailed_code("ofice@central-avenue.example.org", "tko_").await;
    let answer = async |how: &str, who: &Person, code: &str| {
        app.post(format!("/partner-invitations/{how}")).by(who).json(json!({"token": code})).send().await
    };
    answer("accept", &town.aisha, &old).await.problem(401, "token_rejected");
    let code = app.mailed_code(OFFICE, "tko_").await;
    let letter = app.mails("ofice@central-avenue.example.org").await;
    assert!(letter.iter().any(|mail| mail.contains("Lamps for the alleys")), "it says what is needed");
    let in_it = answer("accept", &town.aisha, &code).await.expect(200);
    assert_eq!((&in_it.body["state"], &in_it.body["contact"]["email"]), (&json!("joined"), &json!(OFFICE)));
    answer("accept", &town.sam, &code).await.problem(401, "token_rejected");

    let parish = json!({"name": "St. John the Baptist", "sector": "faith", "contact_email": "parish@example.org"});
    invite(app, town, group, parish).await.expect(201);
    let no = answer("decline", &town.sam, &app.mailed_code("parish@example.org", "tko_").await).await.expect(200);
    assert_eq!(no.body["state"], "not_joined");
    let club = json!({"name": "Rosedale Lions", "sector": "philanthropy", "contact_email": "lions@example.org"});
    invite(app, town, group, club).await.expect(201);
    let open = app.get(group.path("/partners")).send().await.expect(200);
    assert_eq!(each(&open, "name"), ["Central Avenue Merchants"]);
    assert_eq!(open.items()[0]["contact"], Value::Null, "nobody outside learns how to reach them");
    let all = app.get(group.path("/partners?sector=faith")).by(&town.maria).send().await.expect(200);
    assert_eq!(all.items()[0]["contact"]["email"], "parish@example.org");
    let read = app.get(format!("/partners/{merchants}")).by(&town.rivera).send().await.expect(200);
    assert_eq!(read.body["representative"]["display_name"], "Aisha Grant");
}

/// They pledge more than is missing, and bring it in two parts.
async fn answered(app: &App, town: &Town, lamps: &str, merchants: &str) {
    let pledge = json!({"quantity": 22, "note": "From our winter lights.", "partner_id": merchants});
    let pledge = offer(app, lamps, &town.aisha, pledge).await.expect(201);
    assert_eq!(pledge.body["partner"]["name"], "Central Avenue Merchants");
    offer(app, lamps, &town.aisha, json!({"quantity": 1})).await.refuses(&["/partner_id"]);
    offer(app, lamps, &town.sam, json!({"quantity": 1})).await.problem(403, "forbidden");
    let path = format!("/pledges/{}", pledge.id());
    let accept = app.post(format!("{path}/accept")).by(&town.tom).if_match(1).leaving(2).send().await.expect(200);
    assert_eq!(accept.body["state"], "accepted");
    let need = app.get(format!("/needs/{lamps}")).send().await.expect(200);
    let told = [&need.body["state"], &need.body["pledged"], &need.body["is_over_pledged"]];
    assert_eq!(told, [&json!("pledged"), &json!(27), &json!(true)]);
    let own = app.get(format!("/needs/{lamps}/pledges")).by(&town.aisha).send().await.expect(200);
    assert_eq!(each(&own, "id"), [pledge.id()], "and not the neighbors'");
    let all = app.get(format!("/needs/{lamps}/pledges?state=accepted")).by(&town.rivera).send().await.expect(200);
    let neighbors = all.items()[1]["id"].as_str().unwrap().to_owned();

    let bring = async |of: &str, version: i64, quantity: i32, records: i64| {
        let body = json!({"quantity": quantity, "delivered_on": "2027-03-20", "note": "Stored in the garage."});
        let call = app.post(format!("/pledges/{of}/deliveries")).by(&town.tom).if_match(version).json(body);
        call.leaving(records).send().await.expect(200)
    };
    let part = bring(&pledge.id(), 2, 12, 1).await;
    assert_eq!((&part.body["state"], &part.body["delivered"]), (&json!("accepted"), &json!(12)));
    assert_eq!(bring(&pledge.id(), 3, 10, 1).await.body["state"], "delivered");
    assert_eq!(bring(&neighbors, 2, 5, 2).await.body["state"], "delivered");
    let need = app.get(format!("/needs/{lamps}")).send().await.expect(200);
    assert_eq!((&need.body["state"], &need.body["delivered"]), (&json!("fulfilled"), &json!(27)));
    let parts = app.get(format!("{path}/deliveries")).by(&town.aisha).send().await.expect(200);
    assert_eq!(parts.items().iter().map(|part| &part["quantity"]).collect::<Vec<_>>(), [10, 12]);
    assert_eq!(app.get(&path).by(&town.aisha).send().await.expect(200).body["delivered"], 22);
    app.get(&path).by(&town.sam).send().await.problem(404, "not_found");
    let told = app.get(format!("/needs/{lamps}/timeline")).send().await.expect(200);
    assert_eq!(each(&told, "action"), ["need.fulfilled", "need.pledged", "need.opened"]);
}

/// The partnership is broader by it, and says because of what.
async fn broader(app: &App, town: &Town, group: &Group, before: f64, merchants: &str) {
    let found = app.get(group.path("/broadening")).by(&town.tom).send().await.expect(200);
    let index = found.body["broadening_index"].as_f64().unwrap();
    assert!((index - (0.5 * 2.0 / 11.0 + 0.5)).abs() < 1e-9 && index > before, "{index}");
    assert_eq!((&found.body["partners"], &found.body["partners_answering"]), (&json!(1), &json!(1)));
    let partner = app.get(format!("/partners/{merchants}")).by(&town.tom).send().await.expect(200);
    assert_eq!(partner.body["answered_need_id"], partner.body["asked_for_need_id"]);
    assert!(partner.body["answered_need_id"].is_string());
}

/// The permit did not come in time; it is asked for again.
async fn too_late(app: &App, town: &Town, group: &Group) {
    assert_eq!(app.run_job("mark_unmet_needs").await, 1);
    assert_eq!(app.run_job("expire_partner_invitations").await, 1);
    let unmet = app.get(group.path("/needs?state=unmet")).by(&town.tom).send().await.expect(200);
    assert_eq!(each(&unmet, "title"), ["Leave to mount on the poles"]);
    let (path, version) =
        (format!("/needs/{}", unmet.items()[0]["id"].as_str().unwrap()), &unmet.items()[0]["version"]);
    let later = json!({"due_on": "2027-09-30"});
    let later = app.patch(path).by(&town.tom).if_match(version).json(later).send().await.expect(200);
    assert_eq!((&later.body["state"], &later.body["unmet_at"]), (&json!("identified"), &Value::Null));
    let all = app.get(group.path("/partners?state=not_joined")).by(&town.maria).send().await.expect(200);
    assert_eq!(each(&all, "invitation/state"), ["expired", "declined"]);
}

/// What they came for is done; they part as friends.
async fn an_end(app: &App, town: &Town, merchants: &str) {
    let path = format!("/partners/{merchants}");
    let version = app.get(&path).by(&town.aisha).send().await.expect(200).version();
    let reason = json!({"reason": "The lamps hang, and the season begins."});
    let left = app.post(format!("{path}/end")).by(&town.aisha).if_match(version).json(reason).send().await;
    assert_eq!(left.expect(200).body["state"], "left");
    app.get(&path).by(&town.aisha).send().await.problem(404, "not_found");
}

both_engines![what_a_goal_needs];
