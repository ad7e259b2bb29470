//! Partnerships made through the API, as far as a test needs them.

use serde_json::json;
use threekeys::ids::{AgencyId, AreaId, PartnershipId};
use threekeys::partnerships::{note_first_meeting, note_resources_review};
use threekeys::platform::db::{AnyId, Conn};

use super::deciding::DECIDING_TAKES;
use super::{App, Person};

/// A partnership with everybody around it.
pub struct Formed {
    pub id: String,
    pub agency: AgencyId,
    pub area: AreaId,
    /// Proposed it; leads the civilian side where there are leaders.
    pub resident: Person,
    /// A civilian member who leads nothing.
    pub neighbor: Person,
    /// On duty in the area; leads the police side where there are leaders.
    pub officer: Person,
    /// Commands the area.
    pub commander: Person,
}

impl Formed {
    pub fn path(&self, rest: &str) -> String {
        format!("/partnerships/{}{rest}", self.id)
    }
}

pub fn proposal(area: AreaId, name: &str) -> serde_json::Value {
    json!({
        "name": name, "area_id": area.to_string(), "public_contact": "lights@example.org",
        "catalyst": {"type": "shared_problem", "statement": "Dark alleys behind the avenue, and three break-ins since May."},
        "founders": [{"type": "group", "name": format!("Merchants of {name}"), "sector": "business_or_merchant_association"}]
    })
}

impl App {
    /// Proposed by a resident, answered by nobody.
    pub async fn proposed(&self) -> Formed {
        let agency = self.agency().await;
        let area = self.district(agency).await;
        let (resident, neighbor) = (self.citizen().await, self.citizen().await);
        let officer = self.officer_on_duty(agency, area).await;
        let commander = self.commander_of(agency, area).await;
        let answer =
            self.post("/partnerships").by(&resident).json(proposal(area, "Armourdale Lights")).send().await.expect(201);
        Formed { id: answer.id(), agency, area, resident, neighbor, officer, commander }
    }

    /// Accepted; the neighbor and the officer have joined.
    pub async fn forming(&self) -> Formed {
        let p = self.proposed().await;
        self.post(p.path("/accept")).by(&p.commander).if_match(1).send().await.expect(200);
        self.join(&p, &p.neighbor, &p.resident).await;
        self.post(p.path("/memberships")).by(&p.officer).json(json!({})).send().await.expect(201);
        p
    }

    /// Leaders of both sides.
    pub async fn led(&self) -> Formed {
        let p = self.forming().await;
        self.seat(&p, &p.resident, &p.neighbor, "primary").await;
        self.seat(&p, &p.officer, &p.commander, "primary").await;
        p
    }

    /// With an adopted mission.
    pub async fn with_mission(&self) -> Formed {
        self.earlier(DECIDING_TAKES);
        let p = self.led().await;
        self.mission(&p).await;
        p
    }

    /// With everything of the checklist but the members' profiles; gives the goal.
    pub async fn nearly_formed(&self) -> (Formed, String) {
        let p = self.with_mission().await;
        let (goal, _) = self.adopted_goal(&p).await;
        self.adopted_plan(&p).await;
        self.first_meeting_and_needs(&p.id).await;
        (p, goal)
    }

    /// Remembers that a meeting was held and the needs were reviewed.
    pub async fn first_meeting_and_needs(&self, partnership: &str) {
        let (id, now) = (PartnershipId(partnership.parse().unwrap()), self.now());
        let note = move |conn: &mut Conn| {
            note_resources_review(conn, id, AnyId::new(), now)?;
            note_first_meeting(conn, id, AnyId::new(), now, now)
        };
        self.state.db.write(note, |_, _| Ok(())).await.unwrap();
    }

    /// Says what one can and likes.
    pub async fn profile(&self, who: &Person) {
        let profile =
            json!({"skills": [{"skill": "Spanish", "level": 3}], "interests": [{"topic": "Lighting", "strength": 2}]});
        let version = self.get("/account/profile").by(who).send().await.expect(200).version();
        self.patch("/account/profile").by(who).if_match(version).json(profile).send().await.expect(200);
    }

    /// Formed; gives the goal.
    pub async fn active(&self) -> (Formed, String) {
        let (p, goal) = self.nearly_formed().await;
        for person in [&p.resident, &p.neighbor] {
            self.profile(person).await;
        }
        self.follow().await;
        (p, goal)
    }

    /// Lets background work read the record to its end.
    pub async fn follow(&self) {
        self.run_job("seal_record").await;
        self.run_job("follow_partnerships").await;
    }

    /// Lets time pass; whoever was signed in is again.
    pub async fn later(&self, p: &mut Formed, time: std::time::Duration) {
        self.pass(time);
        for person in [&mut p.resident, &mut p.neighbor, &mut p.officer, &mut p.commander] {
            let (session, token) = self.session(person.id).await;
            person.session = session;
            person.token = token;
        }
    }

    /// A communication plan in the making that could be adopted.
    pub async fn draft_plan(&self, p: &Formed, by: &Person, visibility: &str) -> String {
        let plan = plan(&p.resident, &p.officer, visibility);
        self.post(p.path("/communication-plans")).by(by).json(plan).send().await.expect(201).id()
    }

    /// An adopted communication plan. The days that it takes lie before now.
    pub async fn adopted_plan(&self, p: &Formed) -> String {
        self.earlier(DECIDING_TAKES);
        let plan = self.draft_plan(p, &p.resident, "public").await;
        self.adopt_plan(p, &plan).await;
        plan
    }

    /// Proposes a communication plan and adopts it, in the time that this takes.
    pub async fn adopt_plan(&self, p: &Formed, plan: &str) {
        let path = format!("/communication-plans/{plan}");
        let version = self.get(&path).by(&p.resident).send().await.expect(200).version();
        let proposed = self.post(format!("{path}/propose")).by(&p.resident).if_match(version).send().await.expect(200);
        self.adopt(p, &proposed.str("decision_id")).await;
    }

    /// Adopts a mission, in the time that this takes.
    pub async fn mission(&self, p: &Formed) {
        let text = json!({"text": "Neighbors and officers make the alleys safe to walk after dark."});
        let mission = self.post(p.path("/missions")).by(&p.resident).json(text).send().await.expect(201);
        self.adopt(p, &mission.str("decision_id")).await;
    }

    /// With an adopted mission and an adopted goal that has one objective; gives goal and objective.
    pub async fn with_goal(&self) -> (Formed, String, String) {
        self.with_goal_of(1).await
    }

    /// The same with so many objectives; gives the first.
    pub async fn with_goal_of(&self, objectives: usize) -> (Formed, String, String) {
        self.earlier(DECIDING_TAKES);
        let p = self.with_mission().await;
        let (goal, first) = self.goal(&p, &p.resident, "Light the alleys").await;
        for _ in 1..objectives {
            let path = format!("/goals/{goal}/objectives");
            self.post(path).by(&p.resident).json(objective()).send().await.expect(201);
        }
        self.adopt_goal(&p, &goal).await;
        (p, goal, first)
    }

    /// Asks to join and is accepted; gives the membership.
    pub async fn join(&self, p: &Formed, who: &Person, by: &Person) -> String {
        let asked =
            self.post(p.path("/memberships")).by(who).json(json!({"message": "I live here."})).send().await.expect(201);
        let path = format!("/memberships/{}/accept", asked.id());
        self.post(path).by(by).if_match(1).send().await.expect(200).id()
    }

    /// The active membership of a person.
    pub async fn membership(&self, p: &Formed, who: &Person) -> String {
        let view = self.get(p.path("")).by(who).send().await.expect(200);
        view.body["own"]["membership_id"].as_str().unwrap_or_else(|| panic!("no member: {:#}", view.body)).to_owned()
    }

    /// Nominates and has accepted; gives the seat.
    pub async fn seat(&self, p: &Formed, who: &Person, by: &Person, kind: &str) -> String {
        let membership = self.membership(p, who).await;
        let method = if by.id == p.commander.id { "appointed_by_agency" } else { "consensus" };
        let nomination = json!({"membership_id": membership, "kind": kind, "selection_method": method});
        let seat = self.post(p.path("/seats")).by(by).json(nomination).send().await.expect(201).id();
        self.post(format!("/seats/{seat}/accept")).by(who).if_match(1).send().await.expect(200);
        seat
    }

    /// An achievable draft of a goal with one complete objective; gives both.
    pub async fn goal(&self, p: &Formed, by: &Person, title: &str) -> (String, String) {
        let goal = self.post(p.path("/goals")).by(by).json(draft(title)).send().await.expect(201).id();
        let objective =
            self.post(format!("/goals/{goal}/objectives")).by(by).json(objective()).send().await.expect(201);
        self.contributors(p, by, &goal).await;
        (goal, objective.id())
    }

    /// Somebody of each side works for the goal.
    pub async fn contributors(&self, p: &Formed, by: &Person, goal: &str) {
        for who in [&p.resident, &p.officer] {
            let body = json!({"account_id": who.id});
            self.post(format!("/goals/{goal}/contributors")).by(by).json(body).send().await.expect(201);
        }
    }

    /// Proposes a goal and adopts it, in the time that this takes.
    pub async fn adopt_goal(&self, p: &Formed, goal: &str) {
        let path = format!("/goals/{goal}");
        let version = self.get(&path).by(&p.resident).send().await.expect(200).version();
        let propose = self.post(format!("{path}/propose")).by(&p.resident).if_match(version).json(json!({}));
        let decision = propose.send().await.expect(200).str("decision_id");
        self.adopt(p, &decision).await;
    }

    /// An adopted goal with one objective; gives both. The days that it takes lie before now.
    pub async fn adopted_goal(&self, p: &Formed) -> (String, String) {
        self.earlier(DECIDING_TAKES);
        let (goal, objective) = self.goal(p, &p.resident, "Light the alleys").await;
        self.adopt_goal(p, &goal).await;
        (goal, objective)
    }

    /// Closes a goal with this result, signed by both sides; gives its version.
    pub async fn close_goal(&self, p: &Formed, goal: &str, result: &str) -> i64 {
        let path = format!("/goals/{goal}");
        let version = self.get(&path).by(&p.resident).send().await.expect(200).version();
        let body = json!({"result": result, "assessment": "Half of the alleys are lit; burglaries fell."});
        let close = self.post(format!("{path}/close")).by(&p.resident).if_match(version).json(body);
        let mut version = close.send().await.expect(200).version();
        for leader in [&p.resident, &p.officer] {
            let sign = self.post(format!("{path}/close/sign")).by(leader).if_match(version);
            version = sign.send().await.expect(200).version();
        }
        version
    }
}

/// What a goal says that passes the achievability test, once both sides have somebody who works for it.
pub fn draft(title: &str) -> serde_json::Value {
    json!({
        "title": title, "description": "Every alley is lit from dusk to dawn.", "target_on": "2027-11-30",
        "influence": {"is_within": true, "why": "The utility mends what is reported."},
        "resources_plan": "Ask the utility for a survey."
    })
}

/// Twelve burglaries a quarter are to become six.
pub fn objective() -> serde_json::Value {
    json!({
        "title": "Fewer burglaries in the alleys", "indicator": "Burglaries reported", "unit": "per quarter",
        "source": "Calls for service", "direction": "decrease", "baseline": 12, "baseline_on": "2027-01-31", "target": 6,
        "due_on": "2027-10-31", "weight": 3
    })
}

/// Two techniques, a procedure, and a communicator of each side.
pub fn plan(civilian: &Person, police: &Person, visibility: &str) -> serde_json::Value {
    json!({
        "visibility": visibility, "review_on": "2027-12-01", "shared_decision_rule": ["goal", "action_plan"],
        "confidentiality_note": "Who reports something is not told to anybody.",
        "techniques": [
            {"kind": "door_to_door", "purpose": "consult", "audience": "Households behind the avenue",
             "owner_id": civilian.id, "frequency": "quarterly", "reach_target": 60},
            {"kind": "notice_board", "purpose": "inform", "audience": "Everybody", "frequency": "weekly"}
        ],
        "procedures": [{
            "trigger": "A burglary behind the avenue", "response_time_hours": 24, "approver_id": police.id,
            "steps": ["The liaison tells the block captains", "Block captains tell their blocks"],
            "fallback_offline": "Block captains go from door to door."
        }],
        "individuals": [
            {"person_id": civilian.id, "scope": "spokesperson", "languages": ["en", "es"]},
            {"person_id": police.id, "scope": "liaison", "languages": ["en"], "backup_person_id": civilian.id}
        ]
    })
}
