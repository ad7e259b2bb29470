//! What a partnership shows to whom: its public face, and all of it for those inside.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::{PersonRef, Side, people};
use crate::directory::{AreaRef, Geometry, area_refs};
use crate::ids::{AccountId, AgencyId, MembershipId, PartnershipId, SeatId};
use crate::partnerships::model::{
    CatalystType, Founder, FounderKind, MemberRole, Partnership, PartnershipState, Seat, SeatKind, Sector,
};
use crate::partnerships::queries::partnerships::{self as rows, PartnershipRef};
use crate::partnerships::queries::{missions, seats};
use crate::partnerships::routes::partnerships::ANSWER_WITHIN_DAYS;
use crate::partnerships::stages::model::LifeCycle;
use crate::partnerships::stages::queries::life_cycles;
use crate::partnerships::stages::{ClosingShown, LifeCycleShown, life_cycle};
use crate::partnerships::standing::{Scoped, Standing};
use crate::platform::clock::{Instant, days};
use crate::platform::db::{Conn, Json};
use crate::platform::error::Result;
use crate::platform::http::Versioned;

/// Overlaps told at most.
const OVERLAPS: usize = 20;

/// The public face of a partnership.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartnershipPublic {
    /// The partnership.
    id: PartnershipId,
    /// Its name.
    name: String,
    /// Where it stands.
    state: PartnershipState,
    /// The area that it is for.
    area: Option<AreaRef>,
    /// The agency on its police side.
    host_agency_id: AgencyId,
    /// What kind of catalyst it has.
    catalyst_type: CatalystType,
    /// How anybody can reach it.
    public_contact: Option<String>,
    /// Whether the yearly confirmation by leaders of both sides is missing.
    is_unconfirmed: bool,
    /// How it ended.
    closing: Option<ClosingShown>,
    /// Changes with every change.
    version: i64,
    /// When it was proposed.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

/// A founder.
#[derive(Debug, Serialize, ToSchema)]
pub struct FounderShown {
    /// Person or group.
    kind: FounderKind,
    /// The name.
    name: String,
    /// The kind of group.
    sector: Option<Sector>,
}

/// A leader.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeaderShown {
    /// The seat.
    seat_id: SeatId,
    /// The side that it leads.
    side: Side,
    /// Primary or deputy.
    kind: SeatKind,
    /// Who holds it.
    person: Option<PersonRef>,
}

/// The reader's own part in a partnership.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnPart {
    /// The reader's membership.
    membership_id: Option<MembershipId>,
    /// The reader's side.
    side: Option<Side>,
    /// The reader's role.
    role: Option<MemberRole>,
    /// The seat that the reader holds.
    seat_id: Option<SeatId>,
}

/// A partnership as its members and officials see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartnershipFull {
    /// The partnership.
    id: PartnershipId,
    /// Its name.
    name: String,
    /// Where it stands.
    state: PartnershipState,
    /// The area that it is for.
    area: Option<AreaRef>,
    /// The agency on its police side.
    host_agency_id: AgencyId,
    /// Its own outline.
    geometry: Option<Geometry>,
    /// Public partnerships whose own outline overlaps this one's, at most twenty.
    overlaps: Vec<PartnershipRef>,
    /// What kind of catalyst it has.
    catalyst_type: CatalystType,
    /// The catalyst in the founders' words.
    catalyst_statement: String,
    /// How anybody can reach it.
    public_contact: Option<String>,
    /// Who started it.
    founders: Vec<FounderShown>,
    /// Who proposed it.
    proposed_by: Option<PersonRef>,
    /// Who accepted or declined it.
    decided_by: Option<PersonRef>,
    /// When it was accepted or declined.
    decided_at: Option<Instant>,
    /// Why it was declined.
    decision_reason: Option<String>,
    /// Whether a proposal has waited for its answer for more than 14 days.
    is_overdue: bool,
    /// Whether a side that had to be led is not: no active primary and no deputy.
    leadership_gap: bool,
    /// Whether the yearly confirmation by leaders of both sides is missing.
    is_unconfirmed: bool,
    /// The course of its life.
    life_cycle: LifeCycleShown,
    /// How it ended.
    closing: Option<ClosingShown>,
    /// Its leaders.
    leaders: Vec<LeaderShown>,
    /// The mission that counts.
    mission: Option<String>,
    /// Your own part in it.
    own: OwnPart,
    /// Changes with every change.
    version: i64,
    /// When it was proposed.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

/// A partnership, as much of it as the reader may see.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "view", rename_all = "snake_case")]
pub enum PartnershipDetail {
    /// What everybody may see.
    Public(PartnershipPublic),
    /// What members, officers on duty in its area and administrators see.
    Full(Box<PartnershipFull>),
}

/// What everybody may see of it.
pub(super) fn public_face(row: Partnership, area: Option<AreaRef>, life: Option<&LifeCycle>) -> PartnershipPublic {
    PartnershipPublic {
        id: row.id,
        name: row.name,
        state: row.state,
        area,
        host_agency_id: row.host_agency_id,
        catalyst_type: row.catalyst_type,
        public_contact: row.public_contact,
        is_unconfirmed: life.is_some_and(|life| life.unconfirmed_since.is_some()),
        closing: life.and_then(ClosingShown::of),
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

fn is_overdue(row: &Partnership, now: Instant) -> bool {
    row.state == PartnershipState::Proposed && now.since(row.created_at) > days(ANSWER_WITHIN_DAYS)
}

/// Whether a side that has to be led is not, by these active seats.
pub(super) fn is_unled(row: &Partnership, seats: &[Seat]) -> bool {
    let led = |side: Side| seats.iter().any(|seat| seat.side == side);
    row.state.is_live() && !(led(Side::Civilian) && led(Side::Police))
}

/// Who holds these active seats.
pub(super) fn leaders(seats: &[Seat], people: &HashMap<AccountId, PersonRef>) -> Vec<LeaderShown> {
    let shown = |seat: &Seat| LeaderShown {
        seat_id: seat.id,
        side: seat.side,
        kind: seat.kind,
        person: people.get(&seat.account_id).cloned(),
    };
    seats.iter().map(shown).collect()
}

/// The part of whoever stands so.
pub(super) fn own(standing: &Standing) -> OwnPart {
    OwnPart {
        membership_id: standing.membership.map(|m| m.id),
        side: standing.membership.map(|m| m.side),
        role: standing.membership.map(|m| m.role),
        seat_id: standing.seat.map(|seat| seat.id),
    }
}

fn full(conn: &mut Conn, row: Partnership, standing: &Standing, now: Instant) -> Result<PartnershipFull> {
    let area = area_refs(conn, [row.area_id])?.remove(&row.area_id);
    let seats = seats::active(conn, row.id)?;
    let named = seats.iter().map(|seat| seat.account_id).chain([row.proposed_by_id]).chain(row.decided_by_id);
    let people = people(conn, named.collect::<Vec<_>>())?;
    let person = |id: AccountId| people.get(&id).cloned();
    let overlaps = match &row.geometry {
        None => Vec::new(),
        Some(Json(own)) => rows::near(conn, own, row.id)?
            .into_iter()
            .filter(|(_, other)| own.overlaps(other))
            .map(|(reference, _)| reference)
            .take(OVERLAPS)
            .collect(),
    };
    let founders = rows::founders_of(conn, row.id)?;
    let (life, life_cycle) = life_cycle(conn, &row, now)?;
    Ok(PartnershipFull {
        is_unconfirmed: life.unconfirmed_since.is_some(),
        life_cycle,
        closing: ClosingShown::of(&life),
        is_overdue: is_overdue(&row, now),
        leadership_gap: is_unled(&row, &seats),
        leaders: leaders(&seats, &people),
        mission: missions::adopted(conn, row.id)?.map(|mission| mission.text),
        own: own(standing),
        founders: founders
            .into_iter()
            .map(|Founder { kind, name, sector, .. }| FounderShown { kind, name, sector })
            .collect(),
        proposed_by: person(row.proposed_by_id),
        decided_by: row.decided_by_id.and_then(person),
        overlaps,
        id: row.id,
        name: row.name,
        state: row.state,
        area,
        host_agency_id: row.host_agency_id,
        geometry: row.geometry.map(|Json(geometry)| geometry),
        catalyst_type: row.catalyst_type,
        catalyst_statement: row.catalyst_statement,
        public_contact: row.public_contact,
        decided_at: row.decided_at,
        decision_reason: row.decision_reason,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// The partnership, as much of it as the reader may see.
pub fn detail(conn: &mut Conn, scoped: Scoped, now: Instant) -> Result<Versioned<PartnershipDetail>> {
    let Scoped { partnership, standing } = scoped;
    let version = partnership.version;
    let value = if standing.is_inside() || standing.is_founder {
        PartnershipDetail::Full(Box::new(full(conn, partnership, &standing, now)?))
    } else {
        let area = area_refs(conn, [partnership.area_id])?.remove(&partnership.area_id);
        let life = life_cycles::find(conn, partnership.id)?;
        PartnershipDetail::Public(public_face(partnership, area, Some(&life)))
    };
    Ok(Versioned::volatile(value, version))
}
