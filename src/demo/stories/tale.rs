//! Turns of a partnership's life, each as the requests that it takes.

use actix_web::http::Method;
use serde_json::{Value, json};

use crate::demo::world::{Step, job, step};

/// What happens in one partnership.
pub struct Tale {
    /// What the partnership is called in the steps; also the beginning of the names of all that is in it.
    key: &'static str,
    steps: Vec<Step>,
}

pub(super) fn post((day, time): (i64, &str), by: &'static str, path: &str, body: Value) -> Step {
    step(day, time, by, Method::POST, path, body)
}
fn put((day, time): (i64, &str), by: &'static str, path: &str, body: Value) -> Step {
    step(day, time, by, Method::PUT, path, body)
}

/// The shortest final call, in hours.
pub const TWO_DAYS: i64 = 48;

/// Who leads each side.
#[derive(Debug, Clone, Copy)]
pub struct Leaders {
    pub civilian: &'static str,
    pub police: &'static str,
}

/// A meeting that took place, with minutes that both sides approved.
pub struct Held<'a> {
    pub key: &'a str,
    pub day: i64,
    pub kind: &'a str,
    pub title: &'a str,
    pub place: (&'a str, &'a str),
    /// Who were there.
    pub attended: &'a [&'static str],
    /// How many more neighbors.
    pub neighbors: u32,
    /// Keeps attendance and minutes.
    pub secretary: &'static str,
    pub minutes: &'a str,
    /// What, who, until when.
    pub items: &'a [(&'a str, &'static str, i64)],
}

impl Tale {
    /// Of the partnership that the steps call so.
    pub const fn of(key: &'static str) -> Self {
        Self { key, steps: Vec::new() }
    }
    /// All that was told.
    pub fn told(self) -> Vec<Step> {
        self.steps
    }

    /// The partnership's path and something in it.
    pub fn path(&self, rest: &str) -> String {
        format!("/partnerships/{{{}}}{rest}", self.key)
    }
    pub(super) fn name(&self, what: &str) -> String {
        format!("{}_{what}", self.key)
    }

    pub(super) fn does(&mut self, step: Step) {
        self.steps.push(step);
    }
    /// Somebody reads something and posts an answer to what was read.
    pub(super) fn answers(&mut self, at: (i64, &str), by: &'static str, object: &str, how: &str, body: Value) {
        self.does(post(at, by, &format!("{object}/{how}"), body).matching(object));
    }

    /// Somebody proposes it.
    pub fn is_proposed(&mut self, day: i64, by: &'static str, body: Value) {
        let key = self.key;
        self.does(post((day, "19:00"), by, "/partnerships", body).named(key));
    }
    /// The commander accepts it, and whoever proposed it is a member.
    pub fn is_accepted(&mut self, day: i64, commander: &'static str, proposer: &'static str) {
        let path = self.path("");
        self.answers((day, "09:30"), commander, &path, "accept", Value::Null);
        let membership = self.name(proposer);
        self.does(
            step(day, "09:40", proposer, Method::GET, &path, Value::Null).naming("/own/membership_id", membership),
        );
    }
    /// The commander declines it.
    pub fn is_declined(&mut self, day: i64, commander: &'static str, reason: &str) {
        let path = self.path("");
        self.answers((day, "09:30"), commander, &path, "decline", json!({"reason": reason}));
    }
    /// A citizen asks to join, and somebody who may lets them.
    pub fn joins(&mut self, day: i64, who: &'static str, message: &str, by: &'static str) {
        let (path, name) = (self.path("/memberships"), self.name(who));
        let membership = format!("/memberships/{{{name}}}");
        self.does(post((day, "18:00"), who, &path, json!({"message": message})).named(name));
        self.answers((day, "20:00"), by, &membership, "accept", Value::Null);
    }
    /// A leader invites somebody by mail.
    pub fn invites(&mut self, day: i64, by: &'static str, email: &str) {
        let path = self.path("/invitations");
        self.does(post((day, "18:30"), by, &path, json!({"email": email})));
    }
    /// An officer on duty joins.
    pub fn officer_joins(&mut self, day: i64, who: &'static str) {
        let (path, name) = (self.path("/memberships"), self.name(who));
        self.does(post((day, "10:00"), who, &path, json!({})).named(name));
    }
    /// A leader gives a member a role.
    pub fn takes_role(&mut self, day: i64, who: &'static str, role: &str, by: &'static str) {
        let membership = format!("/memberships/{{{}}}", self.name(who));
        self.does(step(day, "20:10", by, Method::PATCH, &membership, json!({"role": role})).matching(&membership));
    }
    /// Somebody is nominated to lead their side, and accepts.
    pub fn leads(&mut self, day: i64, who: &'static str, kind: &str, by: &'static str) {
        let method = if by.starts_with("captain") { "appointed_by_agency" } else { "consensus" };
        self.is_seated(day, who, by, json!({"kind": kind, "selection_method": method}));
    }
    /// Somebody leads their side until somebody else can.
    pub fn leads_for_now(&mut self, day: i64, who: &'static str, days: i32, by: &'static str) {
        self.is_seated(day, who, by, json!({"kind": "primary", "selection_method": "acting", "acting_days": days}));
    }
    fn is_seated(&mut self, day: i64, who: &'static str, by: &'static str, mut body: Value) {
        let (membership, seat) = (self.name(who), self.name(&format!("seat_{who}")));
        if let Some(body) = body.as_object_mut() {
            body.insert("membership_id".into(), format!("{{{membership}}}").into());
        }
        let path = self.path("/seats");
        self.does(post((day, "20:20"), by, &path, body).named(seat.clone()));
        self.answers((day, "20:30"), who, &format!("/seats/{{{seat}}}"), "accept", Value::Null);
    }
    /// A mission is proposed; these agree in a final call of so many hours. One of two days adopts it.
    pub fn has_mission(&mut self, day: i64, by: &'static str, text: &str, hours: i64, agree: &[&'static str]) {
        let (path, name, decision) = (self.path("/missions"), self.name("mission"), self.name("mission_decision"));
        self.does(
            post((day, "20:40"), by, &path, json!({"text": text})).named(name).naming("/decision_id", decision.clone()),
        );
        self.decides(day, by, &decision, hours, agree);
    }
    /// Three days after the decision was opened it comes to a final call of so many hours, in which these agree; one of two
    /// days is over by now.
    fn decides(&mut self, day: i64, by: &'static str, decision: &str, hours: i64, agree: &[&'static str]) {
        let path = format!("/decisions/{{{decision}}}");
        self.answers((day + 3, "21:00"), by, &path, "sense-check", Value::Null);
        self.answers((day + 3, "21:05"), by, &path, "final-call", json!({"hours": hours}));
        for who in agree {
            let stance = json!({"text_number": 1, "level": "endorse"});
            self.does(put((day + 4, "20:00"), who, &format!("{path}/stance"), stance));
        }
        if hours == TWO_DAYS {
            self.answers((day + 5, "21:10"), by, &path, "close", Value::Null);
            let outcome = json!({"statement": "We do so from today on, and look at it again in half a year."});
            self.does(put((day + 6, "08:30"), by, &format!("{path}/outcome"), outcome).matching(&path));
        }
    }
    /// A communication plan is put down and adopted by whoever agrees.
    pub fn has_plan(&mut self, day: i64, leaders: Leaders, agree: &[&'static str]) {
        let (plan, decision) = (self.name("plan"), self.name("plan_decision"));
        let (civilian, police) = (format!("{{{}}}", leaders.civilian), format!("{{{}}}", leaders.police));
        let body = json!({
            "visibility": "public", "review_on": format!("{{{:+}}}", day + 360), "shared_decision_rule": ["goal", "action_plan"],
            "techniques": [
                {"kind": "door_to_door", "purpose": "consult", "audience": "Every household", "frequency": "quarterly",
                 "owner_id": civilian, "reach_target": 60},
                {"kind": "notice_board", "purpose": "inform", "audience": "Everybody who passes", "frequency": "weekly"}
            ],
            "procedures": [{
                "trigger": "Something happens at night", "response_time_hours": 24, "approver_id": police,
                "steps": ["The liaison tells both leaders", "Block captains tell their blocks"],
                "fallback_offline": "Block captains go from door to door."
            }],
            "individuals": [
                {"person_id": civilian, "scope": "spokesperson", "languages": ["en", "es"]},
                {"person_id": police, "scope": "liaison", "languages": ["en"]}
            ]
        });
        let (path, own) = (self.path("/communication-plans"), format!("/communication-plans/{{{plan}}}"));
        self.does(post((day, "17:00"), leaders.civilian, &path, body).named(plan));
        let propose = post((day, "17:30"), leaders.civilian, &format!("{own}/propose"), Value::Null);
        self.does(propose.matching(&own).naming("/decision_id", decision.clone()));
        self.decides(day, leaders.civilian, &decision, TWO_DAYS, agree);
    }
    /// What is needed was gone through: there is nothing that nobody has.
    pub fn reviews_needs(&mut self, day: i64, by: &'static str) {
        let path = self.path("/needs/review");
        let note = "We went through it together.";
        self.does(post((day, "20:15"), by, &path, json!({"nothing_needed": true, "note": note})));
    }
    /// Both leaders agree to do without the members' profiles.
    pub fn goes_without_profiles(&mut self, day: i64, leaders: Leaders) {
        let (path, agreement) = (self.path("/waivers"), self.name("waiver"));
        let waiver = json!({"item": "member_profile", "reason": "We are few, and know each other."});
        self.does(post((day, "19:00"), leaders.civilian, &path, waiver).named(agreement.clone()));
        self.answers((day, "19:30"), leaders.police, &format!("/agreements/{{{agreement}}}"), "sign", Value::Null);
    }
    /// Both leaders close the partnership.
    pub fn is_closed(&mut self, day: i64, leaders: Leaders, body: Value) {
        let (path, agreement) = (self.path("/closings"), self.name("closing"));
        self.does(post((day, "19:00"), leaders.civilian, &path, body).named(agreement.clone()));
        self.answers((day, "19:30"), leaders.police, &format!("/agreements/{{{agreement}}}"), "sign", Value::Null);
    }
    /// A draft of a goal, or one for later.
    pub fn has_goal(&mut self, day: i64, by: &'static str, goal: &str, body: Value) {
        let (path, name) = (self.path("/goals"), self.name(goal));
        self.does(post((day, "18:00"), by, &path, body).named(name));
    }
    /// The goal gets an objective.
    pub fn has_objective(&mut self, day: i64, by: &'static str, goal: &str, objective: &str, body: Value) {
        let (path, name) = (format!("/goals/{{{}}}/objectives", self.name(goal)), self.name(objective));
        self.does(post((day, "18:10"), by, &path, body).named(name));
    }
    /// Somebody works for the goal.
    pub fn contributes(&mut self, day: i64, by: &'static str, goal: &str, who: &'static str, part: &str) {
        let path = format!("/goals/{{{}}}/contributors", self.name(goal));
        let body = json!({"account_id": format!("{{{who}}}"), "part": part});
        self.does(post((day, "18:20"), by, &path, body));
    }
    /// The goal is proposed and adopted by whoever agrees, and six days later work begins.
    pub fn adopts(&mut self, day: i64, goal: &str, leaders: Leaders, agree: &[&'static str]) {
        let (path, decision) = (format!("/goals/{{{}}}", self.name(goal)), self.name(&format!("{goal}_decision")));
        let propose = post((day, "19:00"), leaders.civilian, &format!("{path}/propose"), json!({}));
        self.does(propose.matching(&path).naming("/decision_id", decision.clone()));
        self.decides(day, leaders.civilian, &decision, TWO_DAYS, agree);
        self.answers((day + 6, "09:00"), leaders.civilian, &path, "start", Value::Null);
    }
    /// What was measured on each of these days.
    pub fn measures(&mut self, by: &'static str, objective: &str, source: &str, values: &[(i64, f64)]) {
        let path = format!("/objectives/{{{}}}/measurements", self.name(objective));
        for (day, value) in values {
            let body = json!({"value": value, "measured_on": format!("{{{day:+}}}"), "source": source});
            self.does(post((*day, "21:00"), by, &path, body));
        }
    }
    /// Both leaders close the goal.
    pub fn closes(&mut self, day: i64, goal: &str, leaders: Leaders, body: Value) {
        let goal = format!("/goals/{{{}}}", self.name(goal));
        self.answers((day, "19:30"), leaders.civilian, &goal, "close", body);
        for (time, leader) in [("19:40", leaders.civilian), ("19:50", leaders.police)] {
            self.does(post((day, time), leader, &format!("{goal}/close/sign"), Value::Null).matching(&goal));
        }
    }

    /// A meeting takes place.
    pub fn meets(&mut self, held: &Held<'_>, leaders: Leaders) {
        let (day, name) = (held.day, self.name(held.key));
        let meeting = format!("/meetings/{{{name}}}");
        let local = |time: &str| format!("{{{day:+}}}T{time}");
        let body = json!({
            "kind": held.kind, "format": "in_person", "title": held.title, "visibility": "public",
            "starts_local": local("18:30"), "ends_local": local("20:00"), "languages": ["en", "es"],
            "place": {"kind": "public", "name": held.place.0, "address": held.place.1}
        });
        let path = self.path("/meetings");
        self.does(post((day - 14, "21:30"), leaders.civilian, &path, body).named(name));
        for who in held.attended {
            let yes = json!({"answer": "yes"});
            self.does(put((day - 3, "12:00"), who, &format!("{meeting}/rsvp"), yes));
        }
        self.answers((day, "18:31"), leaders.civilian, &meeting, "start", Value::Null);
        for who in held.attended {
            let entry = json!({"account_id": format!("{{{who}}}")});
            self.does(post((day, "18:40"), held.secretary, &format!("{meeting}/attendance"), entry));
        }
        let more = json!({"side": "civilian", "organisation_kind": "residents_group", "count": held.neighbors});
        self.does(put((day, "18:45"), held.secretary, &format!("{meeting}/head-counts"), more));
        for (what, who, due) in held.items {
            let item = json!({
                "what": what, "assignee_id": format!("{{{who}}}"), "due_on": format!("{{{due:+}}}")
            });
            self.does(post((day, "19:50"), held.secretary, &format!("{meeting}/action-items"), item));
        }
        self.answers((day, "20:02"), leaders.civilian, &meeting, "adjourn", Value::Null);
        let (minutes, text) = (format!("{meeting}/minutes"), json!({"text": held.minutes, "visibility": "public"}));
        self.does(put((day + 1, "20:00"), held.secretary, &minutes, text));
        self.answers((day + 1, "20:30"), leaders.civilian, &minutes, "circulate", Value::Null);
        self.answers((day + 2, "09:00"), leaders.police, &minutes, "assent", Value::Null);
        self.answers((day + 2, "18:00"), leaders.civilian, &minutes, "assent", Value::Null);
        // Nobody wants a correction within two weeks.
        self.does(job(day + 15, "21:00", "approve_minutes"));
        self.answers((day + 16, "18:00"), held.secretary, &minutes, "publish", Value::Null);
    }

    /// A meeting gets an agenda: who proposed what, of which kind and how long, in the order in which it is gone through. The
    /// last one is left to the next meeting, for this reason. Leaders of both sides chair.
    pub fn has_agenda(&mut self, held: &str, day: i64, leaders: Leaders, items: &[(&'static str, Value)], defer: &str) {
        let meeting = format!("/meetings/{{{}}}", self.name(held));
        for (n, (who, item)) in items.iter().enumerate() {
            let name = self.name(&format!("{held}_item{n}"));
            let own = format!("/agenda-items/{{{name}}}");
            self.does(post((day, "19:00"), who, &format!("{meeting}/agenda/items"), item.clone()).named(name));
            match n + 1 == items.len() {
                true => self.answers((day + 1, "20:00"), leaders.civilian, &own, "defer", json!({"reason": defer})),
                false => self.answers((day + 1, "20:00"), leaders.civilian, &own, "accept", json!({})),
            }
        }
        let (civilian, police) = (format!("{{{}}}", leaders.civilian), format!("{{{}}}", leaders.police));
        let chairs = json!({"civilian_chair_id": civilian, "police_chair_id": police});
        let agenda = format!("{meeting}/agenda");
        self.does(step(day + 1, "20:10", leaders.civilian, Method::PATCH, &agenda, chairs).matching(&agenda));
        self.answers((day + 2, "20:00"), leaders.civilian, &agenda, "lock", Value::Null);
    }

    /// An officer logs a meeting.
    pub fn is_logged(&mut self, at: (i64, &str), officer: &'static str, log: &str, body: Value) {
        let name = self.name(log);
        self.does(post(at, officer, "/officer-logs", body).named(name));
    }
    /// The civilian leader confirms a log.
    pub fn confirms(&mut self, day: i64, by: &'static str, log: &str) {
        let log = format!("/officer-logs/{{{}}}", self.name(log));
        self.answers((day, "19:00"), by, &log, "confirm", Value::Null);
    }
}
