//! A city with a partnership in it and everybody who can stand differently towards it, made directly.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde_json::{Value, json};
use threekeys::accounts::{AccountKind, Side};
use threekeys::ids::{AgencyId, AreaId, MembershipId, PartnershipId, SeatId};
use threekeys::schema::{leadership_seats, memberships, partnerships};

use super::{Answer, App, Person};

/// A formed partnership: members of both sides, a leader of each, and people around it.
pub struct World {
    pub agency: AgencyId,
    pub city: AreaId,
    pub district: AreaId,
    /// The partnership's area, within the district.
    pub neighborhood: AreaId,
    pub partnership: PartnershipId,
    /// Primary leader of the civilian side.
    pub civilian_leader: Person,
    /// Primary leader of the police side; not on duty in the area.
    pub police_leader: Person,
    /// Civilian members with these roles.
    pub member: Person,
    pub secretary: Person,
    pub facilitator: Person,
    /// On duty in the district; not a member.
    pub officer: Person,
    /// Commands the district; not a member.
    pub commander: Person,
    /// Of the same agency, on duty nowhere.
    pub other_officer: Person,
    /// Has nothing to do with it.
    pub stranger: Person,
    pub administrator: Person,
}

impl World {
    /// Everybody, by name; nobody stands for an anonymous caller.
    pub fn everybody(&self) -> Vec<(&'static str, Option<&Person>)> {
        vec![
            ("anonymous", None),
            ("stranger", Some(&self.stranger)),
            ("member", Some(&self.member)),
            ("secretary", Some(&self.secretary)),
            ("facilitator", Some(&self.facilitator)),
            ("civilian_leader", Some(&self.civilian_leader)),
            ("police_leader", Some(&self.police_leader)),
            ("officer", Some(&self.officer)),
            ("commander", Some(&self.commander)),
            ("other_officer", Some(&self.other_officer)),
            ("administrator", Some(&self.administrator)),
        ]
    }
}

impl App {
    /// A partnership that is forming, proposed by `by`, who is no member by that.
    pub async fn partnership(&self, agency: AgencyId, area: AreaId, name: &str, by: &Person) -> PartnershipId {
        let (id, now) = (PartnershipId::new(), self.now());
        let row = (
            partnerships::id.eq(id),
            partnerships::name.eq(name.to_owned()),
            partnerships::name_key.eq(name.to_lowercase()),
            partnerships::state.eq("forming"),
            partnerships::area_id.eq(area),
            partnerships::host_agency_id.eq(agency),
            partnerships::catalyst_type.eq("shared_problem"),
            partnerships::catalyst_statement.eq("Dark alleys behind the avenue, and three break-ins since May."),
            partnerships::proposed_by_id.eq(by.id),
            partnerships::decided_by_id.eq(by.id),
            partnerships::decided_at.eq(now),
            partnerships::version.eq(1_i64),
            partnerships::created_at.eq(now),
            partnerships::updated_at.eq(now),
        );
        self.db(move |conn| diesel::insert_into(partnerships::table).values(row).execute(conn)).await;
        id
    }

    /// An active membership with this role.
    pub async fn active_membership(&self, of: PartnershipId, person: &Person, role: &'static str) -> MembershipId {
        let (id, now) = (MembershipId::new(), self.now());
        let row = (
            memberships::id.eq(id),
            memberships::partnership_id.eq(of),
            memberships::account_id.eq(person.id),
            memberships::side.eq(person.kind.side().expect("a side")),
            memberships::role.eq(role),
            memberships::state.eq("active"),
            memberships::joined_at.eq(now),
            memberships::version.eq(1_i64),
            memberships::created_at.eq(now),
            memberships::updated_at.eq(now),
        );
        self.db(move |conn| diesel::insert_into(memberships::table).values(row).execute(conn)).await;
        id
    }

    /// A leadership seat that the member holds: `primary` or `deputy` of the member's side.
    pub async fn leadership_seat(
        &self,
        of: PartnershipId,
        membership: MembershipId,
        person: &Person,
        kind: &'static str,
    ) -> SeatId {
        let (id, now) = (SeatId::new(), self.now());
        let side = person.kind.side().expect("a side");
        assert_ne!(side, Side::Agency, "the agency side has no seats");
        let row = (
            (
                leadership_seats::id.eq(id),
                leadership_seats::partnership_id.eq(of),
                leadership_seats::membership_id.eq(membership),
                leadership_seats::account_id.eq(person.id),
                leadership_seats::side.eq(side),
                leadership_seats::kind.eq(kind),
                leadership_seats::state.eq("active"),
                leadership_seats::selection_method.eq("consensus"),
            ),
            (
                leadership_seats::nominated_by_id.eq(person.id),
                leadership_seats::accepted_at.eq(now),
                leadership_seats::term_starts_on.eq(now.date()),
                leadership_seats::term_ends_on.eq(NaiveDate::from_ymd_opt(2029, 1, 31).unwrap()),
                leadership_seats::version.eq(1_i64),
                leadership_seats::created_at.eq(now),
                leadership_seats::updated_at.eq(now),
            ),
        );
        self.db(move |conn| diesel::insert_into(leadership_seats::table).values(row).execute(conn)).await;
        id
    }

    /// A formed partnership and everybody around it.
    pub async fn world(&self) -> World {
        let agency = self.agency().await;
        let city = self.area(agency, None, "city").await;
        let district = self.area(agency, Some(city), "district").await;
        let neighborhood = self.area(agency, Some(district), "neighborhood").await;
        let civilian_leader = self.citizen().await;
        let police_leader = self.officer(agency).await;
        let (member, secretary, facilitator) = (self.citizen().await, self.citizen().await, self.citizen().await);
        let (officer, commander) = (self.officer(agency).await, self.commander(agency).await);
        self.assign(&officer, district, "officer").await;
        self.assign(&commander, district, "commander").await;
        let partnership = self.partnership(agency, neighborhood, "Armourdale Lights", &civilian_leader).await;
        for leader in [&civilian_leader, &police_leader] {
            let membership = self.active_membership(partnership, leader, "member").await;
            self.leadership_seat(partnership, membership, leader, "primary").await;
        }
        for (person, role) in [(&member, "member"), (&secretary, "secretary"), (&facilitator, "facilitator")] {
            self.active_membership(partnership, person, role).await;
        }
        World {
            agency,
            city,
            district,
            neighborhood,
            partnership,
            civilian_leader,
            police_leader,
            member,
            secretary,
            facilitator,
            officer,
            commander,
            other_officer: self.officer(agency).await,
            stranger: self.citizen().await,
            administrator: self.person(AccountKind::Administrator, None).await,
        }
    }

    /// The commander suspends the partnership, which is looked at again two months later.
    pub async fn suspend_partnership(&self, world: &World) {
        let body = json!({"reason": "A complaint is looked into.", "review_on": "2027-05-01"});
        self.by_command(world, "suspend", body).await;
    }
    /// The commander lifts the suspension of the partnership.
    pub async fn reinstate_partnership(&self, world: &World) {
        self.by_command(world, "lift", json!({"reason": "Nothing was found."})).await;
    }
    async fn by_command(&self, world: &World, step: &str, body: Value) {
        let path = format!("/partnerships/{}", world.partnership);
        let version = self.get(&path).by(&world.commander).send().await.expect(200).version();
        let call = self.post(format!("{path}/{step}")).by(&world.commander).if_match(version);
        call.json(body).send().await.expect(200);
    }

    /// The time at which [`App::meeting`] begins, unless it was told otherwise.
    pub fn wait_for_the_meeting(&self) {
        self.state.clock.set("2027-03-10T00:30:00Z".parse().unwrap());
    }

    /// A meeting that the civilian leader schedules: open, on Tuesday of next week at half past six, unless `other` says
    /// otherwise.
    pub async fn meeting(&self, world: &World, other: Value) -> Answer {
        let path = format!("/partnerships/{}/meetings", world.partnership);
        self.post(path).by(&world.civilian_leader).json(meeting_body(other)).send().await.expect(201)
    }

    /// A meeting that was held this morning, while officers visited what [`visit_body`] tells of.
    pub async fn held_meeting(&self, world: &World) -> Answer {
        self.meeting(world, json!({"starts_local": "2027-03-01T10:00", "ends_local": "2027-03-01T11:30"})).await
    }
}

/// How long nobody may want a correction until minutes are approved.
pub const SILENCE: std::time::Duration = threekeys::platform::clock::days(14);

impl App {
    /// The version of a meeting's minutes, as somebody reads them.
    pub async fn minutes_version(&self, path: &str, by: &Person) -> i64 {
        self.get(format!("{path}/minutes")).by(by).send().await.expect(200).version()
    }
    /// Circulates written minutes, and both leaders assent.
    pub async fn assented_minutes(&self, path: &str, leaders: [&Person; 2]) {
        for (step, by) in [("circulate", leaders[0]), ("assent", leaders[0]), ("assent", leaders[1])] {
            let version = self.minutes_version(path, by).await;
            self.post(format!("{path}/minutes/{step}")).by(by).if_match(version).send().await.expect(200);
        }
    }
    /// Approves written minutes by silent consent, in the time that this takes; gives their version.
    pub async fn approved_minutes(&self, path: &str, leaders: [&Person; 2]) -> i64 {
        self.assented_minutes(path, leaders).await;
        self.pass(SILENCE);
        assert_eq!(self.run_job("approve_minutes").await, 1);
        self.minutes_version(path, leaders[0]).await
    }
}

/// What [`App::meeting`] sends.
pub fn meeting_body(other: Value) -> Value {
    let mut body = json!({
        "kind": "regular", "format": "in_person", "title": "Lights on Kansas Avenue",
        "starts_local": "2027-03-09T18:30", "ends_local": "2027-03-09T20:00",
        "place": {"kind": "public", "name": "Armourdale Recreation Center", "address": "730 Osage Ave"},
        "visibility": "public"
    });
    merge(&mut body, other);
    body
}

/// What an officer sends of a visit this morning, from ten to a quarter past eleven.
pub fn visit_body(area: AreaId, other: Value) -> Value {
    let mut body = json!({
        "client_uuid": uuid::Uuid::new_v4(), "attended_on": "2027-03-01", "start": "10:00", "end": "11:15",
        "group_kind": "neighborhood_watch", "group_name": "Elm Street Watch", "area_id": area,
        "role": "attended", "counts": {"community": 12, "police": 1, "agency": 0},
        "summary": "Lamps behind the laundry.", "no_cji_attestation": true
    });
    merge(&mut body, other);
    body
}

/// Puts each member of `other` in place of the one in `body`; `null` takes it out.
pub fn merge(body: &mut Value, other: Value) {
    let Value::Object(other) = other else { panic!("not an object: {other}") };
    let body = body.as_object_mut().expect("an object");
    for (name, value) in other {
        if value.is_null() {
            body.remove(&name);
        } else {
            body.insert(name, value);
        }
    }
}
