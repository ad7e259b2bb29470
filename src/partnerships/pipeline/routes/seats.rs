//! Handing seats over, renewing terms, presenting leaders, naming successors.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::{Actor, Ctx, PersonRef, Side, people};
use crate::ids::{MembershipId, SeatId};
use crate::partnerships::model::{Membership, MembershipState, Seat, SeatEndReason, SeatState, SelectionMethod};
use crate::partnerships::pipeline::events;
use crate::partnerships::pipeline::model::Presentation;
use crate::partnerships::pipeline::policy::{self, Action, Subject, WHOLE};
use crate::partnerships::pipeline::queries::{candidates, overview, presentations, successions};
use crate::partnerships::pipeline::succession::{is_acknowledgement_overdue, is_near_end};
use crate::partnerships::queries::{members, seats};
use crate::partnerships::routes::seats::{SeatDetail, one};
use crate::partnerships::standing::{Purpose, Scoped};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Code, Error, FieldCode, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{API, Check, Created, Found, IfMatch, Path, Recorded, Reply, Tx, Valid, wrong};
use crate::platform::record::Kind;
use crate::platform::text::Prose;
use crate::platform::values::List;

/// To whom a seat goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOverSeat {
    /// A member of the same side; a deputy who takes the primary's seat leaves the deputy's.
    membership_id: MembershipId,
    /// Why; members read it.
    reason: Option<Prose<3, 500>>,
}
impl Check for HandOverSeat {}

/// How the members met a leader whom the agency appointed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgeSeat {
    /// What was said.
    note: Option<Prose<1, 500>>,
}
impl Check for AcknowledgeSeat {}

/// Who could take a seat over.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NameSuccessors {
    /// Members of the same side, whoever is to be asked first at the head; an empty list names nobody.
    membership_ids: List<MembershipId, 0, 5>,
}
impl Check for NameSuccessors {
    fn check(&self, errors: &mut Vec<FieldError>) {
        let named = self.membership_ids.as_slice();
        for (place, id) in named.iter().enumerate() {
            if named.iter().take(place).any(|other| other == id) {
                errors.push(wrong(format!("/membership_ids/{place}"), FieldCode::NotUnique, "is named already"));
            }
        }
    }
}

/// How a leader whom the agency appointed was presented to the members.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeatPresentation {
    /// The seat.
    pub seat_id: SeatId,
    /// When the next meeting after the appointment began; none yet where `null`.
    pub met_at: Option<Instant>,
    /// When somebody noted that the members met the leader there.
    pub acknowledged_at: Option<Instant>,
    /// Who noted it.
    pub acknowledged_by: Option<PersonRef>,
    /// What was said.
    pub note: Option<String>,
    /// Whether a day has passed since that meeting and nobody has noted it.
    pub is_overdue: bool,
}

impl SeatPresentation {
    /// As the row stands now.
    pub fn shown(row: Presentation, acknowledged_by: Option<PersonRef>, now: Instant) -> Self {
        Self {
            is_overdue: is_acknowledgement_overdue(row.met_at, row.acknowledged_at, now),
            seat_id: row.seat_id,
            met_at: row.met_at,
            acknowledged_at: row.acknowledged_at,
            acknowledged_by,
            note: row.note,
        }
    }
}

/// Somebody who could take a seat over.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuccessorShown {
    /// The membership.
    pub membership_id: MembershipId,
    /// Who that is.
    pub person: Option<PersonRef>,
    /// Whether the person is ready to deputise.
    pub is_ready: bool,
}

/// Who could take a seat over.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeatSuccessors {
    /// The seat.
    seat_id: SeatId,
    /// Possible successors, whoever is to be asked first at the head.
    candidates: Vec<SuccessorShown>,
}

/// The seat as this actor may have it for `action`, with its partnership, which the caller holds from here on.
fn find_for(tx: &mut Tx<'_>, actor: &Actor, id: SeatId, action: Action) -> Result<(Seat, Scoped)> {
    actor.person()?;
    let now = tx.now();
    let of = seats::find(tx, id)?.ok_or_else(Error::not_found)?.partnership_id;
    let scoped = Scoped::load(tx, actor, of, Purpose::Change, now)?;
    // Read behind the lock: whoever held it may have changed the row.
    let row = seats::find(tx, id)?.ok_or_else(Error::not_found)?;
    let subject = Subject { is_own: actor.id() == Some(row.account_id), side: Some(row.side), ..WHOLE };
    policy::demand(actor, &scoped.standing, subject, action)?;
    Ok((row, scoped))
}

fn demand_held(seat: &Seat) -> Result<()> {
    if seat.state == SeatState::Active {
        Ok(())
    } else {
        Err(Error::conflict(format!("The seat is {}; this is for a seat that is held.", seat.state)))
    }
}

/// An active member of the seat's side who does not hold it.
fn nominee(conn: &mut Conn, seat: &Seat, id: MembershipId) -> Result<Membership> {
    let member = members::find(conn, id)?
        .filter(|row| row.partnership_id == seat.partnership_id && row.state == MembershipState::Active)
        .ok_or_else(|| Error::field("/membership_id", FieldCode::NotFound, "there is no such member here"))?;
    if member.side != seat.side {
        return Err(Error::field("/membership_id", FieldCode::Refused, "a seat stays on its side"));
    }
    if member.account_id == seat.account_id {
        return Err(Error::field("/membership_id", FieldCode::Refused, "holds the seat already"));
    }
    Ok(member)
}

/// Nominates `member` for the term after `seat`'s; accepting it ends that one.
fn nominate_after(
    tx: &mut Tx<'_>,
    actor: &Actor,
    seat: &Seat,
    (membership, account): (MembershipId, crate::ids::AccountId),
    ends: SeatEndReason,
    kind: Kind,
    reason: Option<Prose<3, 500>>,
) -> Result<Recorded<Created<SeatDetail>>> {
    let now = tx.now();
    let by = actor.person()?.id;
    let by_agency = ends == SeatEndReason::Moved;
    let nomination = Seat {
        id: SeatId::new(),
        partnership_id: seat.partnership_id,
        membership_id: membership,
        account_id: account,
        side: seat.side,
        kind: seat.kind,
        state: SeatState::Nominated,
        selection_method: if by_agency { SelectionMethod::AppointedByAgency } else { SelectionMethod::Consensus },
        nominated_by_id: by,
        acting_days: None,
        accepted_at: None,
        term_starts_on: None,
        term_ends_on: None,
        ended_at: None,
        end_reason: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    seats::insert(tx, &nomination)?;
    successions::insert(tx, nomination.id, seat.id, ends, now)?;
    let mut entry = kind.on(nomination.id.0).within(seat.partnership_id.0);
    entry = entry.fact("side", seat.side.as_str()).fact("kind", seat.kind.as_str());
    if let Some(reason) = reason {
        entry = entry.because(reason);
    }
    let location = format!("{API}/seats/{}", nomination.id);
    let value = one(tx, nomination)?.value;
    tx.recorded(entry, Created { value, location, version: Some(1) })
}

/// Offers a seat to another member of the side.
///
/// The holder leads until the other accepts; then the one term ends and the other begins at once, so that the side is never
/// without. An officer's seat can also be given on by the area's commander.
#[utoipa::path(post, path = "/seats/{seat_id}/hand-over",
    tag = "leadership", security(("bearer" = [])),
    params(("seat_id" = SeatId, Path, description = "The seat."), IfMatchParam),
    request_body = HandOverSeat, responses((status = 201, body = SeatDetail)))]
pub async fn hand_over_seat(ctx: Ctx, id: Path<SeatId>, if_match: IfMatch, body: Valid<HandOverSeat>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let (seat, scoped) = find_for(tx, actor, id.0, Action::HandOverSeat)?;
        if_match.demand(seat.version)?;
        scoped.demand_live()?;
        demand_held(&seat)?;
        let HandOverSeat { membership_id, reason } = body.0;
        let to = nominee(tx, &seat, membership_id)?;
        let is_own = actor.id() == Some(seat.account_id);
        let ends = if is_own { SeatEndReason::Resigned } else { SeatEndReason::Moved };
        nominate_after(tx, actor, &seat, (to.id, to.account_id), ends, events::HANDED_OVER, reason)
    })
    .await
}

/// Proposes another term for whoever holds a seat.
///
/// By another member of the side, for a police leader also by the area's commander, from 60 days before the term ends. The
/// holder accepts, and the new term of twelve months begins at once. Acting terms are not renewed.
#[utoipa::path(post, path = "/seats/{seat_id}/renew",
    tag = "leadership", security(("bearer" = [])),
    params(("seat_id" = SeatId, Path, description = "The seat."), IfMatchParam),
    responses((status = 201, body = SeatDetail)))]
pub async fn renew_seat(ctx: Ctx, id: Path<SeatId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let (seat, scoped) = find_for(tx, actor, id.0, Action::RenewSeat)?;
        if_match.demand(seat.version)?;
        scoped.demand_live()?;
        demand_held(&seat)?;
        if seat.selection_method == SelectionMethod::Acting {
            return Err(Error::conflict("An acting term is not renewed; nominate somebody for a full one."));
        }
        if !seat.term_ends_on.is_some_and(|ends| is_near_end(ends, tx.now().date())) {
            return Err(Error::conflict("A term is renewed from 60 days before it ends."));
        }
        let holder = (seat.membership_id, seat.account_id);
        nominate_after(tx, actor, &seat, holder, SeatEndReason::Term, events::RENEWAL_PROPOSED, None)
    })
    .await
}

/// Notes that the members met a leader whom the agency appointed.
///
/// A police leader whom the commander appointed is presented at the next meeting. A civilian leader, the secretary or the
/// facilitator notes it, once, from the beginning of that meeting.
#[utoipa::path(post, path = "/seats/{seat_id}/acknowledge",
    tag = "leadership", security(("bearer" = [])),
    params(("seat_id" = SeatId, Path, description = "The seat."), IfMatchParam),
    request_body = AcknowledgeSeat, responses((status = 200, body = SeatPresentation)))]
pub async fn acknowledge_seat(
    ctx: Ctx,
    id: Path<SeatId>,
    if_match: IfMatch,
    body: Valid<AcknowledgeSeat>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (seat, scoped) = find_for(tx, actor, id.0, Action::AcknowledgeSeat)?;
        if_match.demand(seat.version)?;
        scoped.demand_live()?;
        demand_held(&seat)?;
        let row = presentations::acknowledge(tx, id.0, by, body.0.note.map(Into::into), now)?;
        let person = people(tx, [by])?.remove(&by);
        let entry = events::ACKNOWLEDGED.on(id.0.0).within(seat.partnership_id.0);
        let entry = entry.fact("side", seat.side.as_str()).fact("kind", seat.kind.as_str());
        tx.recorded(entry, Found(SeatPresentation::shown(row, person, now)))
    })
    .await
}

/// Names who could take a seat over, in place of those named before.
///
/// Seen by leaders alone. The names are nobody's promise; whoever is to take the seat is nominated and accepts.
#[utoipa::path(put, path = "/seats/{seat_id}/successors",
    tag = "leadership", security(("bearer" = [])),
    params(("seat_id" = SeatId, Path, description = "The seat.")),
    request_body = NameSuccessors, responses((status = 200, body = SeatSuccessors)))]
pub async fn name_successors(ctx: Ctx, id: Path<SeatId>, body: Valid<NameSuccessors>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (seat, scoped) = find_for(tx, actor, id.0, Action::NameSuccessors)?;
        scoped.demand_live()?;
        demand_held(&seat)?;
        let named = body.0.membership_ids.into_vec();
        let known = candidates::members_of_side(tx, seat.partnership_id, seat.side, &named)?;
        let errors: Vec<FieldError> = named
            .iter()
            .enumerate()
            .filter_map(|(place, id)| {
                let pointer = format!("/membership_ids/{place}");
                match known.iter().find(|(known, _)| known == id) {
                    None => Some(wrong(pointer, FieldCode::NotFound, "there is no such member on this side")),
                    Some((_, account)) if *account == seat.account_id => {
                        Some(wrong(pointer, FieldCode::Refused, "holds the seat"))
                    }
                    Some(_) => None,
                }
            })
            .collect();
        if !errors.is_empty() {
            return Err(Error::fields(errors));
        }
        candidates::replace(tx, id.0, &named, now)?;
        let candidates = successors(tx, &seat)?;
        let entry = events::SUCCESSORS_NAMED.on(id.0.0).within(seat.partnership_id.0);
        let entry = entry.fact("side", seat.side.as_str()).fact("count", named.len());
        tx.recorded(entry, Found(SeatSuccessors { seat_id: id.0, candidates }))
    })
    .await
}

fn successors(conn: &mut Conn, seat: &Seat) -> Result<Vec<SuccessorShown>> {
    let rows = candidates::of_seats(conn, vec![seat.id])?;
    let ready = overview::ready(conn, seat.partnership_id)?;
    let people = people(conn, rows.iter().map(|(_, _, account)| *account))?;
    Ok(rows
        .into_iter()
        .map(|(_, membership_id, account)| SuccessorShown {
            membership_id,
            person: people.get(&account).cloned(),
            is_ready: ready.contains(&account),
        })
        .collect())
}

/// A person's seat or nomination keeps them from learning one as a shadow.
pub(super) fn demand_unseated(conn: &mut Conn, membership: MembershipId) -> Result<()> {
    match seats::open_of(conn, membership)? {
        None => Ok(()),
        Some(seat) => {
            Err(Error::new(Code::SeatTaken, "The person holds a leadership seat, or is nominated for one, already.")
                .with_conflict(format!("{API}/seats/{}", seat.id)))
        }
    }
}

/// Whether a seat of this side can be learned by this member.
pub(super) fn is_of(side: Side, member: &Membership) -> bool {
    member.side == side && member.state == MembershipState::Active
}

crate::operations! {
    hand_over_seat,
    renew_seat,
    acknowledge_seat,
    name_successors,
}
