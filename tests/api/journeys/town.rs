//! A town as its people make it: everything here goes through the API, mails included.

use serde_json::{Value, json};
use threekeys::accounts::bootstrap;
use threekeys::platform::clock::{Instant, days};

use crate::support::people::PASSWORD;
use crate::support::{Answer, App, Person};

/// Midtown on the map; the hall of Armourdale is in it.
pub const MIDTOWN: [f64; 4] = [-94.68, 39.07, -94.60, 39.12];
pub const ARMOURDALE: [f64; 4] = [-94.65, 39.08, -94.62, 39.10];

/// Kansas City, Kansas: its police, two of its officers, four of its neighbors.
pub struct Town {
    pub agency: String,
    pub city: String,
    /// A district of the city.
    pub midtown: String,
    /// A neighborhood in the district.
    pub armourdale: String,
    /// Runs the installation.
    pub ada: Person,
    /// Commands Midtown.
    pub holloway: Person,
    /// On duty in Midtown.
    pub rivera: Person,
    /// Of the same police, on duty nowhere yet.
    pub chen: Person,
    pub maria: Person,
    pub tom: Person,
    pub aisha: Person,
    pub sam: Person,
}

impl Town {
    /// Goes on at a later time. Everybody's sessions are over by then; whoever comes back signs in again.
    pub async fn at(&mut self, app: &App, time: &str) {
        let time: Instant = time.parse().unwrap();
        assert!(time > app.now(), "a story goes forward");
        app.state.clock.set(time);
        for person in [
            &mut self.ada,
            &mut self.holloway,
            &mut self.rivera,
            &mut self.chen,
            &mut self.maria,
            &mut self.tom,
            &mut self.aisha,
            &mut self.sam,
        ] {
            *person = app.signed_in(&person.email).await;
        }
    }
}

impl Town {
    /// Goes on so many days later.
    pub async fn later(&mut self, app: &App, time: std::time::Duration) {
        let then = app.now().plus(time).to_string();
        self.at(app, &then).await;
    }

    /// Three days of discussion, two in which Maria, Tom and Officer Rivera agree: all are adopted.
    pub async fn adopts<const N: usize>(&mut self, app: &App, decisions: [&str; N]) {
        self.later(app, days(3)).await;
        for decision in decisions {
            self.calls(app, decision).await;
        }
        self.later(app, days(2)).await;
        app.end_decisions().await;
    }

    /// Needs no discussion: within two days Maria, Tom and Officer Rivera agree.
    pub async fn agrees(&mut self, app: &App, decision: &str) {
        self.calls(app, decision).await;
        self.later(app, days(2)).await;
        app.end_decisions().await;
    }

    /// Maria opens the final call, and she, Tom and Officer Rivera agree.
    async fn calls(&self, app: &App, decision: &str) {
        let path = format!("/decisions/{decision}");
        let version = app.get(&path).by(&self.tom).send().await.expect(200).version();
        let sense = app.post(format!("{path}/sense-check")).by(&self.maria).if_match(version).send().await;
        let call = app.post(format!("{path}/final-call")).by(&self.maria).if_match(sense.expect(200).version());
        let called = call.json(json!({"hours": 48})).send().await.expect(200);
        for who in [&self.maria, &self.tom, &self.rivera] {
            let stance = json!({"text_number": called.body["text_number"], "level": "endorse"});
            app.put(format!("{path}/stance")).by(who).json(stance).send().await.expect(200);
        }
    }

    /// Maria takes it back.
    pub async fn takes_back(&self, app: &App, decision: &str) {
        let path = format!("/decisions/{decision}");
        let version = app.get(&path).by(&self.maria).send().await.expect(200).version();
        let back = app.post(format!("{path}/withdraw")).by(&self.maria).if_match(version);
        back.json(json!({"reason": "We found better words."})).send().await.expect(200);
    }
}

/// The outline between west, south, east and north.
pub fn outline([west, south, east, north]: [f64; 4]) -> Value {
    json!({"type": "Polygon", "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]]})
}

pub fn police() -> Value {
    json!({
        "name": "Kansas City, Kansas Police Department", "kind": "police", "time_zone": "America/Chicago",
        "website": "https://police.example.org", "address": "700 Minnesota Avenue, Kansas City, KS 66101",
        "emergency": {
            "emergency": "911", "text_to_911": true, "non_emergency": "+19135550100", "tips": "+18165550147",
            "tty": "+19135550101", "languages": ["en", "es"], "notice": "Call 911 when somebody is in danger or a crime is in progress."
        }
    })
}

/// What one says of a visit: the required ten and no more.
pub fn visit(area: &str) -> Value {
    json!({
        "client_uuid": uuid::Uuid::new_v4(), "attended_on": "2027-03-01", "start": "09:00", "end": "10:15",
        "group_kind": "neighborhood_watch", "group_name": "Elm Street Watch", "area_id": area, "role": "attended",
        "counts": {"community": 12, "police": 1, "agency": 0}, "summary": "Lamps behind the laundry are out again.",
        "no_cji_attestation": true
    })
}

/// Texts of one field, in the order of the list.
#[track_caller]
pub fn each(answer: &Answer, field: &str) -> Vec<String> {
    let text = |item: &Value| {
        let found = item.pointer(&format!("/{field}")).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("no text {field:?} in {item:#}")).to_owned()
    };
    answer.items().iter().map(text).collect()
}

impl App {
    /// The token that the server prints when nobody runs it yet.
    pub async fn printed_token(&self) -> String {
        let state = self.state.clone();
        let token = tokio::task::spawn_blocking(move || bootstrap::token(&state).unwrap()).await.unwrap();
        token.expect("somebody runs it already").to_string()
    }

    /// Signs in with the password that everybody here has, and with the authenticator, which is set up where one is needed.
    pub async fn signed_in(&self, email: &str) -> Person {
        let login = json!({"email": email, "password": PASSWORD, "code": self.code(email), "device": "Phone"});
        let opened = self.post("/sessions").json(login).send().await.expect(201);
        let who = person(&opened, email);
        if opened.body["second_factor"] == "missing" {
            self.set_up_authenticator(&who).await;
        }
        who
    }

    /// Registers, proves the address and signs in.
    pub async fn newcomer(&self, name: &str, email: &str) -> Person {
        let body = json!({"email": email, "password": PASSWORD, "display_name": name, "is_13_or_older": true});
        self.post("/accounts").json(body).send().await.expect(202);
        let proof = json!({"token": self.mailed_code(email, "tkv_").await, "password": PASSWORD});
        self.post("/email-verifications").json(proof).send().await.expect(204);
        self.signed_in(email).await
    }

    /// Invited, accepted and signed in.
    pub async fn hired(&self, by: &Person, kind: &str, agency: &str, name: &str, rank: &str, badge: &str) -> Person {
        let email = format!("{}@police.example.org", name.to_lowercase().replace(' ', "."));
        let body = json!({"email": email, "kind": kind, "agency_id": agency, "badge_number": badge, "rank": rank});
        self.post("/invitations").by(by).fresh_key().json(body).send().await.expect(201);
        let code = self.mailed_code(&email, "tki_").await;
        let body = json!({"token": code, "email": email, "password": PASSWORD, "display_name": name});
        self.post("/invitations/accept").json(body).send().await.expect(201);
        self.signed_in(&email).await
    }

    /// On duty from today on, for everybody to see.
    pub async fn on_duty(&self, by: &Person, area: &str, who: &Person, role: &str) -> Answer {
        let body = json!({
            "account_id": who.id, "role": role, "starts_on": self.now().date(), "is_public": true,
            "duty_phone": "+19135550112", "duty_email": "midtown@police.example.org"
        });
        self.post(format!("/areas/{area}/assignments")).by(by).json(body).send().await.expect(201)
    }

    /// The town on a Monday noon.
    pub async fn town(&self) -> Town {
        let body = json!({
            "token": self.printed_token().await, "email": "ada.whitfield@example.org", "password": PASSWORD,
            "display_name": "Ada Whitfield"
        });
        self.post("/bootstrap").json(body).send().await.expect(201);
        let ada = self.signed_in("ada.whitfield@example.org").await;
        let agency = self.post("/agencies").by(&ada).json(police()).send().await.expect(201).id();
        let area = async |kind: &str, name: &str, parent: Option<&str>, place: Value| {
            let body = json!({"agency_id": agency, "kind": kind, "name": name, "parent_id": parent, "geometry": place});
            self.post("/areas").by(&ada).json(body).send().await.expect(201).id()
        };
        let city = area("city", "Kansas City, Kansas", None, Value::Null).await;
        let midtown = area("district", "Midtown", Some(&city), outline(MIDTOWN)).await;
        let armourdale = area("neighborhood", "Armourdale", Some(&midtown), outline(ARMOURDALE)).await;
        let holloway = self.hired(&ada, "commander", &agency, "Denise Holloway", "Captain", "1042").await;
        let rivera = self.hired(&holloway, "officer", &agency, "Luis Rivera", "Officer", "2317").await;
        let chen = self.hired(&holloway, "officer", &agency, "Grace Chen", "Officer", "2409").await;
        self.on_duty(&ada, &midtown, &holloway, "commander").await;
        self.on_duty(&holloway, &midtown, &rivera, "officer").await;
        Town {
            maria: self.newcomer("Maria Lopez", "maria.lopez@example.org").await,
            tom: self.newcomer("Tom Becker", "tom.becker@example.org").await,
            aisha: self.newcomer("Aisha Grant", "aisha.grant@example.org").await,
            sam: self.newcomer("Sam Osei", "sam.osei@example.org").await,
            agency,
            city,
            midtown,
            armourdale,
            ada,
            holloway,
            rivera,
            chen,
        }
    }
}

/// A partnership of Armourdale that Maria leads with Officer Rivera; Tom is a member.
pub async fn partnership(app: &App, town: &Town) -> String {
    founded_by(app, town, "Kansas Avenue Merchants", "business_or_merchant_association").await
}

/// The same, begun by another group.
pub async fn founded_by(app: &App, town: &Town, founder: &str, sector: &str) -> String {
    let proposal = json!({
        "name": "Armourdale Lights", "area_id": town.armourdale, "public_contact": "lights@example.org",
        "catalyst": {"type": "common_goal", "statement": "Neighbors and officers want the alleys to be lit at night."},
        "founders": [{"type": "group", "name": founder, "sector": sector}]
    });
    let id = app.post("/partnerships").by(&town.maria).json(proposal).send().await.expect(201).id();
    let path = format!("/partnerships/{id}");
    app.post(format!("{path}/accept")).by(&town.holloway).if_match(1).send().await.expect(200);
    join(app, &id, &town.tom, &town.maria).await;
    app.post(format!("{path}/memberships")).by(&town.rivera).json(json!({})).send().await.expect(201);
    for (who, by, method) in
        [(&town.maria, &town.tom, "consensus"), (&town.rivera, &town.holloway, "appointed_by_agency")]
    {
        let own = app.get(&path).by(who).send().await.expect(200).body["own"]["membership_id"].clone();
        let body = json!({"membership_id": own, "kind": "primary", "selection_method": method});
        let seat = app.post(format!("{path}/seats")).by(by).json(body).send().await.expect(201).id();
        app.post(format!("/seats/{seat}/accept")).by(who).if_match(1).send().await.expect(200);
    }
    id
}

/// Asks to join and is let in; gives the membership.
pub async fn join(app: &App, partnership: &str, who: &Person, by: &Person) -> String {
    let path = format!("/partnerships/{partnership}/memberships");
    let asked = app.post(path).by(who).json(json!({"message": "I live here."})).send().await.expect(201).id();
    app.post(format!("/memberships/{asked}/accept")).by(by).if_match(1).send().await.expect(200);
    asked
}

/// Whoever a login or a refresh let in.
pub fn person(opened: &Answer, email: &str) -> Person {
    Person {
        id: opened.body["person"]["id"].as_str().unwrap().parse().unwrap(),
        email: email.to_owned(),
        name: opened.body["person"]["display_name"].as_str().unwrap().to_owned(),
        kind: serde_json::from_value(opened.body["kind"].clone()).unwrap(),
        session: opened.str("session_id").parse().unwrap(),
        token: opened.str("access_token"),
    }
}
