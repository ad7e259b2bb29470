//! What the goals of the shown partnerships need: a need in each state that there is, and organisations that came by one.

use serde_json::{Value, json};

use super::tale::{Tale, post};
use crate::demo::world::Step;

/// What the codes of organisations' invitations begin with.
const CODE: &str = "tko_";

/// All that happened with needs.
pub fn steps() -> Vec<Step> {
    let mut tale = Tale::of("lights");
    tale.takes_role(-168, "tom", "resource_steward", "rosa");
    lamps(&mut tale);
    others(&mut tale);
    partners(&mut tale);
    tale.told()
}

/// Fulfilled: by a member, and by merchants who joined because of it.
fn lamps(tale: &mut Tale) {
    tale.needs(
        -166,
        "lamps",
        json!({
            "kind": "material", "title": "Lamps for the alleys", "quantity": 24, "unit": "lamps", "due_on": "{-60}",
            "goal_id": "{lights_goal}", "why": "The city mends lamps that are there, and mounts none where none were."
        }),
    );
    tale.asks_for(-163, "lamps");
    tale.pledges(-160, "tom", "lamps", "tom", json!({"quantity": 4, "note": "Left over from the church hall."}));
    tale.is_counted_on(-159, "rosa", "tom");
    tale.invites_organisation(
        -150,
        "merchants",
        json!({
            "name": "Central Avenue Merchants", "sector": "business_or_merchant_association",
            "contact_name": "Carol Jensen", "contact_email": "carol@example.org", "need_id": "{lights_need_lamps}"
        }),
    );
    tale.is_joined_by(-147, "carol", "carol@example.org");
    tale.pledges(
        -146,
        "carol",
        "lamps",
        "merchants",
        json!({"quantity": 22, "note": "From our winter lights.", "partner_id": "{lights_partner_merchants}"}),
    );
    tale.is_counted_on(-145, "tom", "merchants");
    tale.brings(-120, "merchants", 12);
    tale.brings(-100, "merchants", 10);
    tale.brings(-99, "tom", 4);
}

/// One in each other state.
fn others(tale: &mut Tale) {
    let need = |kind: &str, title: &str, (quantity, unit): (i32, &str), due: &str, why: &str| {
        json!({"kind": kind, "title": title, "quantity": quantity, "unit": unit, "due_on": due, "why": why,
            "goal_id": "{lights_goal}"})
    };
    let mut leave = need(
        "permission",
        "Leave to mount on the utility's poles",
        (1, "permit"),
        "{+60}",
        "Eight of the dark places have a pole that belongs to the utility.",
    );
    if let Some(leave) = leave.as_object_mut() {
        leave.insert("plan".into(), json!("Captain Reyes asks the utility's liaison at the next district meeting."));
    }
    tale.needs(-40, "leave", leave);
    let climbers = "Nobody of us may climb a pole.";
    tale.needs(-35, "climbers", need("skill", "Somebody who may climb poles", (2, "people"), "{+45}", climbers));
    tale.asks_for(-34, "climbers");
    let money = "Bulbs last two winters; somebody has to pay for the next ones.";
    tale.needs(-33, "bulbs", need("funds", "Bulbs for two winters", (600, "dollars"), "{+90}", money));
    tale.asks_for(-32, "bulbs");
    tale.pledges(-30, "marcus", "bulbs", "bulbs", json!({"quantity": 150, "note": "From the laundry."}));
    tale.is_counted_on(-29, "rosa", "bulbs");
    let walkers = "The counting of lamps takes four pairs for an evening.";
    tale.needs(-28, "counters", need("people", "Eight to count lamps", (8, "people"), "{+30}", walkers));
    tale.asks_for(-27, "counters");
    tale.pledges(-26, "ines", "counters", "counters", json!({"quantity": 8, "note": "The block captains and I."}));
    tale.is_counted_on(-25, "rosa", "counters");
    let map = "To see which lamps were mended before and went dark again.";
    tale.needs(-80, "map", need("data", "Repairs of the last five years", (1, "table"), "{-20}", map));
    tale.asks_for(-79, "map");
    let ladder = "To reach the lamps behind the laundry.";
    tale.needs(-60, "ladder", need("material", "A long ladder", (1, "ladder"), "{+10}", ladder));
    tale.is_not_needed(-50, "ladder", "The merchants bring their lift.");
    tale.goes_through(-24, "rosa", "Leave, climbers, bulbs and hands; the lamps are here.");
}

/// Organisations that did not come, and one that has not answered.
fn partners(tale: &mut Tale) {
    let body = |name: &str, sector: &str, email: &str| json!({"name": name, "sector": sector, "contact_email": email});
    let parish = body("St. Thomas Parish", "faith", "parish@example.org");
    tale.invites_organisation(-31, "parish", parish);
    tale.declines_for(-28, "george", "parish@example.org");
    let utility = body("Board of Public Utilities", "public_service_agency", "liaison@example.org");
    tale.invites_organisation(-3, "utility", utility);
}

impl Tale {
    /// The steward writes a need down.
    fn needs(&mut self, day: i64, need: &str, body: Value) {
        let (path, name) = (self.path("/needs"), self.name(&format!("need_{need}")));
        self.does(post((day, "17:00"), "tom", &path, body).named(name));
    }
    fn need(&self, need: &str) -> String {
        format!("/needs/{{{}}}", self.name(&format!("need_{need}")))
    }
    fn pledge(&self, pledge: &str) -> String {
        format!("/pledges/{{{}}}", self.name(&format!("pledge_{pledge}")))
    }
    /// The steward asks for it openly.
    fn asks_for(&mut self, day: i64, need: &str) {
        let need = self.need(need);
        self.answers((day, "17:10"), "tom", &need, "request", Value::Null);
    }
    /// The steward withdraws it.
    fn is_not_needed(&mut self, day: i64, need: &str, reason: &str) {
        let need = self.need(need);
        self.answers((day, "17:20"), "tom", &need, "withdraw", json!({"reason": reason}));
    }
    /// Somebody goes through what is needed.
    fn goes_through(&mut self, day: i64, by: &'static str, note: &str) {
        let path = self.path("/needs/review");
        self.does(post((day, "20:00"), by, &path, json!({"nothing_needed": false, "note": note})));
    }
    /// Somebody pledges something.
    fn pledges(&mut self, day: i64, by: &'static str, need: &str, pledge: &str, body: Value) {
        let (path, name) = (format!("{}/pledges", self.need(need)), self.name(&format!("pledge_{pledge}")));
        self.does(post((day, "18:00"), by, &path, body).named(name));
    }
    /// A leader or the steward accepts a pledge.
    fn is_counted_on(&mut self, day: i64, by: &'static str, pledge: &str) {
        let pledge = self.pledge(pledge);
        self.answers((day, "18:30"), by, &pledge, "accept", Value::Null);
    }
    /// Something is brought of a pledge.
    fn brings(&mut self, day: i64, pledge: &str, quantity: i32) {
        let pledge = self.pledge(pledge);
        let body = json!({"quantity": quantity, "delivered_on": format!("{{{day:+}}}")});
        self.answers((day, "18:40"), "tom", &pledge, "deliveries", body);
    }
    /// A leader invites an organisation.
    fn invites_organisation(&mut self, day: i64, partner: &str, body: Value) {
        let (path, name) = (self.path("/partners"), self.name(&format!("partner_{partner}")));
        self.does(post((day, "19:00"), "rosa", &path, body).named(name));
    }
    /// Somebody who has the code accepts for the organisation.
    fn is_joined_by(&mut self, day: i64, who: &'static str, address: &str) {
        let body = json!({"token": "{code}"});
        self.does(post((day, "12:00"), who, "/partner-invitations/accept", body).coded(address, CODE));
    }
    /// Somebody who has the code declines for the organisation.
    fn declines_for(&mut self, day: i64, who: &'static str, address: &str) {
        let body = json!({"token": "{code}"});
        self.does(post((day, "12:00"), who, "/partner-invitations/decline", body).coded(address, CODE));
    }
}
