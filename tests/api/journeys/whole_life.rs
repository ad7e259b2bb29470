//! The life of a partnership: begun by two founders, formed in the field's order and in no other, active, dormant, active again, confirmed, suspended,
//! closed.

use serde_json::{Value, json};

use super::town::{Town, each, join};
use crate::support::forming::plan;
use crate::support::{Answer, App, Person};

pub async fn a_partnerships_life(app: App) {
    let mut town = app.town().await;
    let life = two_founders(&app, &town).await;
    leaders_come_first(&app, &town, &life).await;
    town.at(&app, "2027-03-01T18:04:00Z").await;
    one_thing_after_the_other(&app, &mut town, &life).await;
    let meeting = life.meeting(&app, &town.maria, "2027-03-16T18:00", "2027-03-16T19:30").await;
    town.at(&app, "2027-03-16T23:05:00Z").await;
    a_first_meeting(&app, &mut town, &life, &meeting).await;
    what_can_be_done_without(&app, &town, &life).await;
    formed(&app, &town, &life).await;
    town.at(&app, "2027-05-18T15:00:00Z").await;
    a_quiet_spring(&app, &town, &life).await;
    town.at(&app, "2027-06-17T15:00:00Z").await;
    dormant(&app, &town, &life).await;
    town.at(&app, "2027-06-17T15:04:00Z").await;
    suspended(&app, &town, &life).await;
    closed(&app, &town, &life).await;
}

/// What the story is about.
struct Life {
    id: String,
}

impl Life {
    fn path(&self, rest: &str) -> String {
        format!("/partnerships/{}{rest}", self.id)
    }
    async fn read(&self, app: &App, by: &Person) -> Answer {
        app.get(self.path("")).by(by).send().await.expect(200)
    }
    async fn formation(&self, app: &App, by: &Person) -> Value {
        app.get(self.path("/formation")).by(by).send().await.expect(200).body
    }
    async fn activate(&self, app: &App, by: &Person) -> Answer {
        let version = self.read(app, by).await.version();
        app.post(self.path("/activate")).by(by).if_match(version).send().await
    }
    async fn meeting(&self, app: &App, by: &Person, from: &str, to: &str) -> String {
        let body = json!({
            "kind": "regular", "format": "in_person", "title": "Lights on Kansas Avenue", "starts_local": from,
            "ends_local": to, "place": {"kind": "public", "name": "Armourdale Recreation Center"}, "visibility": "public"
        });
        app.post(self.path("/meetings")).by(by).json(body).send().await.expect(201).id()
    }
    /// Has been signed by its proposer already.
    async fn agreed(&self, app: &App, by: &Person, agreement: &str) -> Answer {
        let sign = app.post(format!("/agreements/{agreement}/sign")).by(by).if_match(1);
        sign.send().await.expect(200)
    }
}

/// Nobody founds a partnership alone, and nothing can be done in it before it is accepted.
async fn two_founders(app: &App, town: &Town) -> Life {
    let propose = |founders: Value| {
        let body = json!({
            "name": "Armourdale Lights", "area_id": town.armourdale, "public_contact": "lights@example.org",
            "catalyst": {"type": "common_goal", "statement": "Neighbors and officers want the alleys to be lit at night."},
            "founders": founders
        });
        app.post("/partnerships").by(&town.maria).json(body).send()
    };
    propose(json!([])).await.refuses(&["/founders"]);
    let merchants = json!([{
        "type": "group", "name": "Kansas Avenue Merchants", "sector": "business_or_merchant_association"
    }]);
    let life = Life { id: propose(merchants).await.expect(201).id() };
    assert_eq!(life.read(app, &town.maria).await.body["state"], "proposed");
    app.get(life.path("")).send().await.problem(404, "not_found");
    let text = json!({"text": "Neighbors and officers make the alleys of Armourdale safe to walk after dark."});
    let early = app.post(life.path("/missions")).by(&town.maria).json(text).send().await;
    let missing = early.problem(409, "leadership_incomplete").body["missing"].clone();
    assert_eq!(missing, json!(["civilian_leader", "police_leader"]));
    life.activate(app, &town.maria).await.problem(403, "forbidden");
    app.post(life.path("/accept")).by(&town.maria).if_match(1).send().await.problem(403, "forbidden");
    app.post(life.path("/accept")).by(&town.holloway).if_match(1).send().await.expect(200);
    app.get(life.path("")).send().await.expect(200);
    life
}

/// Civilian *and* police leaders before anything else: what is tried with one of them says that the other is missing.
async fn leaders_come_first(app: &App, town: &Town, life: &Life) {
    let formation = life.formation(app, &town.maria).await;
    assert_eq!(formation["next_step"], "civilian_leader");
    join(app, &life.id, &town.tom, &town.maria).await;
    let nominate = |who: Value, by: &Person, method: &str| {
        let body = json!({"membership_id": who, "kind": "primary", "selection_method": method});
        app.post(life.path("/seats")).by(by).json(body).send()
    };
    let own = |read: Answer| read.body["own"]["membership_id"].clone();
    let maria = own(life.read(app, &town.maria).await);
    nominate(maria.clone(), &town.maria, "consensus").await.problem(403, "forbidden");
    let seat = nominate(maria, &town.tom, "consensus").await.expect(201).id();
    app.post(format!("/seats/{seat}/accept")).by(&town.maria).if_match(1).send().await.expect(200);
    assert_eq!(life.formation(app, &town.maria).await["next_step"], "police_leader");

    let text = json!({"text": "Neighbors and officers make the alleys of Armourdale safe to walk after dark."});
    let early = app.post(life.path("/missions")).by(&town.maria).json(text).send().await;
    assert_eq!(early.problem(409, "leadership_incomplete").body["missing"], json!(["police_leader"]));
    let vision = json!({
        "class": "shared_vision", "question": "How are the alleys to be?", "text": "Lit, and walked by everybody."
    });
    let vision = app.post(life.path("/decisions")).by(&town.maria).json(vision).send().await.expect(201).id();
    let early = app.post(format!("/decisions/{vision}/discuss")).by(&town.maria).if_match(1).send().await;
    assert_eq!(early.problem(409, "leadership_incomplete").body["missing"], json!(["police_leader"]));
    let beside = json!({"class": "mission", "question": "What are we for?", "text": "A mission beside the mission."});
    app.post(life.path("/decisions")).by(&town.maria).json(beside).send().await.refuses(&["/class"]);
    let early = life.activate(app, &town.maria).await.problem(409, "formation_incomplete");
    assert_eq!((&early.body["missing"][0], &early.body["missing"][1]), (&json!("police_leader"), &json!("mission")));
    assert_eq!(early.body["missing"].as_array().unwrap().len(), 8, "the civilian leader alone is there");

    app.post(life.path("/memberships")).by(&town.rivera).json(json!({})).send().await.expect(201);
    let rivera = own(life.read(app, &town.rivera).await);
    // Civilians don't say who leads the police.
    nominate(rivera.clone(), &town.maria, "consensus").await.problem(403, "forbidden");
    let seat = nominate(rivera, &town.holloway, "appointed_by_agency").await.expect(201).id();
    app.post(format!("/seats/{seat}/accept")).by(&town.rivera).if_match(1).send().await.expect(200);
    app.post(format!("/decisions/{vision}/withdraw"))
        .by(&town.maria)
        .if_match(1)
        .json(json!({"reason": "First the mission."}))
        .send()
        .await
        .expect(200);
}

async fn one_thing_after_the_other(app: &App, town: &mut Town, life: &Life) {
    let early = life.activate(app, &town.maria).await.problem(409, "formation_incomplete");
    let missing = json!([
        "mission",
        "goal",
        "objectives",
        "communication_plan",
        "first_meeting",
        "resources_reviewed",
        "member_profile"
    ]);
    assert_eq!(early.body["missing"], missing, "leaders come first, and there are both");
    assert!(early.str("detail").ends_with("The next step is mission."), "{}", early.str("detail"));

    let goal = json!({
        "title": "Light the alleys", "description": "Every alley is lit from dusk to dawn.", "target_on": "2027-10-31",
        "influence": {"is_within": true, "why": "The utility mends what is reported."},
        "resources_plan": "Ask the utility for a survey."
    });
    let goal = app.post(life.path("/goals")).by(&town.maria).json(goal).send().await.expect(201).id();
    let propose = |by: &Person, version: i64| {
        app.post(format!("/goals/{goal}/propose")).by(by).if_match(version).json(json!({})).send()
    };
    let early = propose(&town.maria, 1).await.problem(409, "formation_incomplete");
    assert_eq!(early.body["missing"], json!(["mission", "objectives"]));
    let text = json!({"text": "Neighbors and officers make the alleys of Armourdale safe to walk after dark."});
    let mission = app.post(life.path("/missions")).by(&town.maria).json(text).send().await.expect(201);
    let plan = how_they_talk(app, town, life).await;
    // Both are talked about at once; the goal waits for the mission.
    town.adopts(app, [&mission.str("decision_id"), &plan.1]).await;
    it_is_adopted(app, town, life, &plan.0).await;
    let objective = json!({
        "title": "Lamps that burn", "indicator": "Lamps that burn on a walk at night", "unit": "%", "weight": 2,
        "source": "Monthly lamp walk", "direction": "increase", "baseline": 40, "baseline_on": "2027-03-01",
        "target": 90, "due_on": "2027-08-28"
    });
    app.post(format!("/goals/{goal}/objectives")).by(&town.maria).json(objective).send().await.expect(201);
    for who in [&town.maria, &town.rivera] {
        let contributor = json!({"account_id": who.id});
        app.post(format!("/goals/{goal}/contributors")).by(&town.maria).json(contributor).send().await.expect(201);
    }
    assert_eq!(life.formation(app, &town.tom).await["next_step"], "goal");
    let proposed = propose(&town.maria, 1).await.expect(200).str("decision_id");
    town.adopts(app, [&proposed]).await;
    let formation = life.formation(app, &town.tom).await;
    assert_eq!(formation["missing"], json!(["first_meeting", "resources_reviewed", "member_profile"]));
    assert_eq!(formation["next_step"], "first_meeting");
}

/// Techniques, procedures and individuals, in words that both sides will agree on; the plan and its decision.
async fn how_they_talk(app: &App, town: &Town, life: &Life) -> (String, String) {
    let create = |body: Value| app.post(life.path("/communication-plans")).by(&town.maria).json(body).send();
    let hasty = create(json!({"visibility": "members"})).await.expect(201).id();
    let early = app.post(format!("/communication-plans/{hasty}/propose")).by(&town.maria).if_match(1).send().await;
    assert_eq!(
        early.problem(409, "gate_unmet").body["missing"],
        json!(["techniques", "procedures", "civilian_communicator", "police_communicator", "review_on"])
    );
    let gone = app.post(format!("/communication-plans/{hasty}/withdraw")).by(&town.maria).if_match(1).send().await;
    assert_eq!(gone.expect(200).body["state"], "withdrawn");

    let made = create(plan(&town.maria, &town.rivera, "members")).await.expect(201);
    let path = format!("/communication-plans/{}", made.id());
    app.get(&path).by(&town.tom).send().await.problem(404, "not_found");
    let step = |name: &str, by, version: i64| app.post(format!("{path}/{name}")).by(by).if_match(version).send();
    step("propose", &town.rivera, 1).await.expect(200);
    let open = json!({"visibility": "public", "shared_decision_rule": ["mission", "goal", "action_plan"]});
    let changed = app.patch(&path).by(&town.maria).if_match(2).json(open).send().await.expect(200);
    assert_eq!(changed.body["techniques"].as_array().unwrap().len(), 2, "what is absent stays");
    let decision = changed.str("decision_id");
    let decided = app.get(format!("/decisions/{decision}")).by(&town.tom).send().await.expect(200);
    assert_eq!(decided.body["text_number"], 2, "what is decided on reads otherwise now");
    assert!(decided.str("text").contains("To be read by everybody"), "{}", decided.str("text"));
    (made.id(), decision)
}

async fn it_is_adopted(app: &App, town: &Town, life: &Life, plan: &str) {
    let path = format!("/communication-plans/{plan}");
    let read = app.get(&path).by(&town.tom).send().await.expect(200);
    assert_eq!((&read.body["state"], &read.body["individuals"][1]["side"]), (&json!("adopted"), &json!("police")));
    let public = app.get(&path).send().await.expect(200);
    assert_eq!(public.body["individuals"][0]["scope"], "spokesperson");
    assert_eq!(public.body["individuals"][0]["person"], Value::Null, "nobody is named to everybody");
    let list = app.get(life.path("/communication-plans")).by(&town.maria).send().await.expect(200);
    assert_eq!(each(&list, "state"), ["adopted", "withdrawn"]);
}

async fn a_first_meeting(app: &App, town: &mut Town, life: &Life, meeting: &str) {
    let path = format!("/meetings/{meeting}");
    app.post(format!("{path}/start")).by(&town.maria).if_match(1).send().await.expect(200);
    for person in [&town.maria, &town.rivera, &town.tom] {
        let there = json!({"account_id": person.id});
        app.post(format!("{path}/attendance")).by(&town.maria).json(there).send().await.expect(201);
    }
    app.post(format!("{path}/adjourn")).by(&town.maria).if_match(2).send().await.expect(200);
    let text =
        json!({"text": "Two neighbors and an officer agree on how the lamps are counted.", "visibility": "public"});
    app.put(format!("{path}/minutes")).by(&town.maria).json(text).send().await.expect(201);
    let step = |name: &str, version: i64| app.post(format!("{path}/minutes/{name}")).by(&town.maria).if_match(version);
    step("circulate", 1).send().await.expect(200);
    let proposed = step("propose", 2).leaving(2).send().await.expect(200);
    assert_eq!(proposed.body["state"], "proposed", "they decide on it at once, and wait for nobody's silence");
    town.agrees(app, &proposed.str("decision_id")).await;
    let approved = app.get(format!("{path}/minutes")).by(&town.tom).send().await.expect(200);
    assert_eq!((&approved.body["state"], &approved.body["approval"]), (&json!("approved"), &json!("decision")));
    let formation = life.formation(app, &town.tom).await;
    assert_eq!(formation["missing"], json!(["resources_reviewed", "member_profile"]));
}

async fn what_can_be_done_without(app: &App, town: &Town, life: &Life) {
    let waiver = |by, item: &str, reason: &str| {
        app.post(life.path("/waivers")).by(by).json(json!({"item": item, "reason": reason})).send()
    };
    waiver(&town.maria, "goal", "We want no goal at all.").await.refuses(&["/item"]);
    // One side alone does without nothing, and the other can say no.
    let hasty = waiver(&town.rivera, "member_profile", "Nobody likes to fill in forms.").await.expect(201);
    assert_eq!(hasty.body["missing_signatures"], json!(["civilian"]));
    waiver(&town.maria, "member_profile", "The same once more.").await.problem(409, "conflict");
    let no = app.post(format!("/agreements/{}/withdraw", hasty.id())).by(&town.maria).if_match(1).send().await;
    assert_eq!(no.expect(200).body["state"], "withdrawn");

    let needs = waiver(&town.maria, "resources_reviewed", "The city pays for every lamp, and nothing else is needed.");
    let needs = needs.await.expect(201).id();
    app.post(format!("/agreements/{needs}/sign"))
        .by(&town.maria)
        .if_match(1)
        .send()
        .await
        .problem(409, "already_signed");
    assert_eq!(life.agreed(app, &town.rivera, &needs).await.body["state"], "agreed");
    let read = app.get(format!("/agreements/{needs}")).by(&town.tom).send().await.expect(200);
    assert_eq!(
        (&read.body["item"], read.body["signatures"].as_array().unwrap().len()),
        (&json!("resources_reviewed"), 2)
    );
    let list = app.get(life.path("/agreements?kind=waiver")).by(&town.tom).send().await.expect(200);
    assert_eq!(each(&list, "state"), ["agreed", "withdrawn"]);
    let formation = life.formation(app, &town.tom).await;
    let item = formation["items"].as_array().unwrap().iter().find(|item| item["key"] == "resources_reviewed").unwrap();
    assert_eq!(
        (&item["status"], &item["waived_because"]),
        (&json!("waived"), &json!("The city pays for every lamp, and nothing else is needed."))
    );
    assert_eq!((&formation["missing"], &formation["progress"]), (&json!(["member_profile"]), &json!(7.0 / 8.0)));
}

async fn formed(app: &App, town: &Town, life: &Life) {
    life.activate(app, &town.tom).await.problem(403, "forbidden");
    for person in [&town.maria, &town.tom] {
        let profile = json!({
            "skills": [{"skill": "Talking to neighbors", "level": 3}],
            "interests": [{"topic": "Street lighting", "strength": 3}]
        });
        let version = app.get("/account/profile").by(person).send().await.expect(200).version();
        app.patch("/account/profile").by(person).if_match(version).json(profile).send().await.expect(200);
    }
    // Nobody need ask; who can't wait a second may.
    let active = life.activate(app, &town.maria).await.expect(200);
    assert_eq!((&active.body["state"], &active.body["leadership_gap"]), (&json!("active"), &json!(false)));
    let version = active.version();
    let again = app.post(life.path("/activate")).by(&town.rivera).if_match(version).leaving(0).send().await;
    assert_eq!(again.expect(200).version(), version, "it is active already");
    let told = app.get(life.path("/timeline")).send().await.expect(200);
    assert_eq!(each(&told, "words")[0], "The formation checklist is complete: the partnership is active");
    let page = app.get(life.path("/home")).by(&town.tom).send().await.expect(200);
    assert_eq!(page.body["partnership"]["goal"]["title"], "Light the alleys");
    assert_eq!(page.body["partnership"]["formation"]["next_step"], Value::Null);
    let public = app.get("/partnerships?state=active").send().await.expect(200);
    assert_eq!(each(&public, "id"), [life.id.as_str()]);
}

async fn a_quiet_spring(app: &App, town: &Town, life: &Life) {
    app.run_job("watch_dormancy").await;
    let full = life.read(app, &town.tom).await;
    assert_eq!(full.body["life_cycle"]["dormancy_warned_days"], 60);
    assert_eq!(full.body["life_cycle"]["dormant_from"], "2027-06-16T00:00:00Z");
    for leader in [&town.maria, &town.rivera] {
        let letters = app.mails(&leader.email).await;
        assert!(letters.iter().any(|letter| letter.contains("For 60 days no meeting was held")), "{}", leader.email);
    }
    assert!(!app.mails(&town.tom.email).await.iter().any(|letter| letter.contains("For 60 days")));
}

async fn dormant(app: &App, town: &Town, life: &Life) {
    for _ in ["eighty days", "ninety days"] {
        app.run_job("watch_dormancy").await;
    }
    assert_eq!(life.read(app, &town.maria).await.body["state"], "dormant");
    life.activate(app, &town.maria).await.problem(409, "conflict");
    let begin =
        |by, meeting: &str| app.post(life.path("/reactivations")).by(by).json(json!({"meeting_id": meeting})).send();
    let far = life.meeting(app, &town.maria, "2027-07-20T18:00", "2027-07-20T19:30").await;
    begin(&town.maria, &far).await.refuses(&["/meeting_id"]);
    let soon = life.meeting(app, &town.maria, "2027-06-22T18:00", "2027-06-22T19:30").await;
    let agreement = begin(&town.maria, &soon).await.expect(201).id();
    assert_eq!(life.read(app, &town.maria).await.body["state"], "dormant", "one side alone begins nothing");
    life.agreed(app, &town.rivera, &agreement).await;
    assert_eq!(life.read(app, &town.tom).await.body["state"], "active");

    let right = json!({"roster": true, "area": true, "contacts": true, "plan": true});
    let confirmation = app.post(life.path("/confirmations")).by(&town.rivera).json(right).send().await.expect(201).id();
    life.agreed(app, &town.maria, &confirmation).await;
    let full = life.read(app, &town.tom).await;
    assert_eq!(full.body["life_cycle"]["confirmation_due_on"], "2028-06-17");
}

async fn suspended(app: &App, town: &Town, life: &Life) {
    let version = life.read(app, &town.maria).await.version();
    let suspend = |by, review_on: &str| {
        let body = json!({"reason": "Members' addresses were passed on; we look into it.", "review_on": review_on});
        app.post(life.path("/suspend")).by(by).if_match(version).json(body).send()
    };
    let lamps =
        json!({"class": "resource", "question": "Do we buy ten lamps?", "text": "We buy ten lamps from our fund."});
    let lamps = app.post(life.path("/decisions")).by(&town.maria).json(lamps).send().await.expect(201);
    let discuss = app.post(format!("/decisions/{}/discuss", lamps.id())).by(&town.maria).if_match(1);
    discuss.send().await.expect(200);
    suspend(&town.maria, "2027-07-01").await.problem(403, "forbidden");
    suspend(&town.holloway, "2027-09-30").await.refuses(&["/review_on"]);
    let stopped = suspend(&town.holloway, "2027-07-01").await.expect(200);
    assert_eq!(stopped.body["life_cycle"]["suspension"]["suspended_by"]["display_name"], "Denise Holloway");
    let decision = app.get(format!("/decisions/{}", lamps.id())).by(&town.tom).send().await;
    assert_eq!(decision.expect(200).body["paused_at"], "2027-06-17T15:04:00Z", "nothing is decided meanwhile");
    let text = json!({"text": "Another mission, while nothing can be changed."});
    app.post(life.path("/missions")).by(&town.maria).json(text).send().await.problem(409, "conflict");
    let reason = json!({"reason": "It was a mistake of the printer's, and is mended."});
    let lifted = app.post(life.path("/lift")).by(&town.holloway).if_match(stopped.version()).json(reason).send().await;
    assert_eq!(lifted.expect(200).body["state"], "active");
    let decision = app.get(format!("/decisions/{}", lamps.id())).by(&town.tom).send().await.expect(200);
    assert_eq!(decision.body["paused_at"], Value::Null, "it goes on");
}

async fn closed(app: &App, town: &Town, life: &Life) {
    let close = |left_open: Value| {
        let body = json!({
            "reason": "other", "left_open": left_open, "reference": "Letter of the city of 2 June 2027",
            "statement": "The city's lighting district takes the lamps over; we meet there from now on."
        });
        app.post(life.path("/closings")).by(&town.maria).json(body).send()
    };
    let open = close(json!([])).await.problem(409, "gate_unmet");
    assert_eq!(open.body["missing"], json!(["goal", "decision", "meeting"]));
    let named: Vec<Value> = open.body["conflicts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|address| {
            let (front, id) = address.as_str().unwrap().rsplit_once('/').unwrap();
            let kind = front.rsplit_once('/').unwrap().1.trim_end_matches('s');
            json!({"kind": kind, "id": id, "disposition": "transferred", "note": "The lighting district goes on with it."})
        })
        .collect();
    assert_eq!(named.len(), 4, "the goal, what is being decided, and two meetings");
    let closing = close(json!(named)).await.expect(201).id();
    assert_eq!(life.read(app, &town.rivera).await.body["state"], "active", "one side alone closes nothing");
    life.agreed(app, &town.rivera, &closing).await;
    let public = app.get(life.path("")).send().await.expect(200);
    assert_eq!((&public.body["state"], &public.body["closing"]["reason"]), (&json!("closed"), &json!("other")));
    let left = app.get(life.path("/decisions?state=withdrawn")).by(&town.tom).send().await.expect(200);
    assert_eq!(each(&left, "question"), ["Do we buy ten lamps?"], "nothing goes on in a closed partnership");
    // From now on it can be read, and nothing else.
    let text = json!({"text": "A mission for a partnership that is over."});
    app.post(life.path("/missions")).by(&town.maria).json(text).send().await.problem(409, "conflict");
    let tom = life.read(app, &town.tom).await.body["own"]["membership_id"].as_str().unwrap().to_owned();
    let version = app.get(format!("/memberships/{tom}")).by(&town.tom).send().await.expect(200).version();
    let leave = app.post(format!("/memberships/{tom}/leave")).by(&town.tom).if_match(version).send().await;
    leave.problem(409, "conflict");
}

both_engines![a_partnerships_life];
