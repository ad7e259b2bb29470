//! Leadership seats: nominated, accepted by the nominee, held for a term, ended.

use chrono::{Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::accounts::{Actor, Ctx, PersonRef, Side, people};
use crate::ids::{MembershipId, PartnershipId, SeatId};
use crate::partnerships::events;
use crate::partnerships::model::{MembershipState, Seat, SeatEndReason, SeatKind, SeatState, SelectionMethod};
use crate::partnerships::pipeline::succession::{Nominator, may_nominate};
use crate::partnerships::policy::{self, Action, Subject, WHOLE};
use crate::partnerships::queries::{members, seats};
use crate::partnerships::routes::partnerships::load_for;
use crate::partnerships::standing::{Purpose, Scoped, Standing};
use crate::partnerships::{pipeline, seat_changes};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Code, Error, FieldCode, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{
    API, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Valid, Versioned, wrong,
};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::text::Prose;
use crate::platform::values::Whole;
use crate::text_enum;

/// A leader's term (`domain/20` 6.4).
pub const TERM: Months = Months::new(12);
/// An acting leader's longest term, days.
pub const ACTING_DAYS: u64 = 90;

text_enum! {
    /// Why a seat is given up or taken away.
    pub enum SeatEnding {
        /// The holder steps down.
        Resigned = "resigned",
        /// The holder is removed.
        Removed = "removed",
        /// The holder moves away or to another post.
        Moved = "moved",
    }
}

/// Whom to nominate for what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NominateLeader {
    /// The member; the side is the member's own.
    membership_id: MembershipId,
    /// Primary or deputy.
    kind: SeatKind,
    /// How the person was found.
    selection_method: SelectionMethod,
    /// Length of an acting term in days; 90 where nothing is said. Others hold the seat for twelve months.
    acting_days: Option<Whole<1, 90>>,
}
impl Check for NominateLeader {
    fn check(&self, errors: &mut Vec<FieldError>) {
        if self.acting_days.is_some() && self.selection_method != SelectionMethod::Acting {
            errors.push(wrong("/acting_days", FieldCode::Inconsistent, "is for the selection method acting"));
        }
    }
}

/// Why a seat ends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndSeat {
    /// Why.
    end_reason: SeatEnding,
    /// In words; needed when somebody is removed.
    reason: Option<Prose<3, 500>>,
}
impl Check for EndSeat {
    fn check(&self, errors: &mut Vec<FieldError>) {
        if self.end_reason == SeatEnding::Removed && self.reason.is_none() {
            errors.push(wrong("/reason", FieldCode::Required, "is required when somebody is removed"));
        }
    }
}

/// Which seats to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SeatFilter {
    /// That stand so.
    #[param(inline)]
    state: Option<SeatState>,
}

/// A leadership seat.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeatDetail {
    /// The seat.
    id: SeatId,
    /// In which partnership.
    partnership_id: PartnershipId,
    /// The member who holds it or is to hold it.
    membership_id: MembershipId,
    /// Who that is.
    person: Option<PersonRef>,
    /// The side that it leads.
    side: Side,
    /// Primary or deputy.
    kind: SeatKind,
    /// Where it stands.
    state: SeatState,
    /// How the person was found.
    selection_method: SelectionMethod,
    /// Length of an acting term in days, where one was wanted.
    acting_days: Option<i32>,
    /// Who nominated.
    nominated_by: Option<PersonRef>,
    /// When the nominee accepted.
    accepted_at: Option<Instant>,
    /// First day of the term.
    #[schema(value_type = Option<crate::platform::text::Day>)]
    term_starts_on: Option<NaiveDate>,
    /// Last day of the term.
    #[schema(value_type = Option<crate::platform::text::Day>)]
    term_ends_on: Option<NaiveDate>,
    /// When it ended.
    ended_at: Option<Instant>,
    /// Why it ended.
    end_reason: Option<SeatEndReason>,
    /// Changes with every change.
    version: i64,
    /// When the person was nominated.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

fn shown(row: Seat, people: &std::collections::HashMap<crate::ids::AccountId, PersonRef>) -> SeatDetail {
    SeatDetail {
        id: row.id,
        partnership_id: row.partnership_id,
        membership_id: row.membership_id,
        person: people.get(&row.account_id).cloned(),
        side: row.side,
        kind: row.kind,
        state: row.state,
        selection_method: row.selection_method,
        acting_days: row.acting_days,
        nominated_by: people.get(&row.nominated_by_id).cloned(),
        accepted_at: row.accepted_at,
        term_starts_on: row.term_starts_on,
        term_ends_on: row.term_ends_on,
        ended_at: row.ended_at,
        end_reason: row.end_reason,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

/// The seat with its people.
pub fn one(conn: &mut Conn, row: Seat) -> Result<Versioned<SeatDetail>> {
    let people = people(conn, [row.account_id, row.nominated_by_id])?;
    let version = row.version;
    Ok(Versioned::new(shown(row, &people), version))
}

fn find_for(
    conn: &mut Conn,
    actor: &Actor,
    id: SeatId,
    action: Action,
    purpose: Purpose,
    now: Instant,
) -> Result<(Seat, Scoped)> {
    actor.person()?;
    let row = seats::find(conn, id)?.ok_or_else(Error::not_found)?;
    let scoped = Scoped::load(conn, actor, row.partnership_id, purpose, now)?;
    // Read again behind the lock: whoever held it may have changed the row.
    let row = if purpose == Purpose::Change { seats::find(conn, id)?.ok_or_else(Error::not_found)? } else { row };
    let subject = Subject { is_own: actor.id() == Some(row.account_id), side: Some(row.side), ..WHOLE };
    policy::demand(actor, &scoped.standing, subject, action)?;
    Ok((row, scoped))
}

/// In which capacity somebody nominates on a side.
fn nominator(standing: &Standing, side: Side) -> Nominator {
    match standing.seat {
        _ if standing.in_command && side == Side::Police => Nominator::Commander,
        Some(seat) if seat.side == side => Nominator::Holder(seat.kind),
        _ => Nominator::Member,
    }
}

/// Nominates a member for a leadership seat.
///
/// Until a side has a primary leader, any other member of that side nominates; then that leader nominates the deputy. Police
/// leaders may also be appointed by the area's commander. Nobody grants a seat that is not below their own: a held one is
/// handed over or renewed. The nominee has to accept, and leaves any other seat here with that.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/seats",
    tag = "leadership", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    request_body = NominateLeader, responses((status = 201, body = SeatDetail)))]
pub async fn nominate_leader(ctx: Ctx, id: Path<PartnershipId>, body: Valid<NominateLeader>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let scoped = load_for(tx, actor, id.0, Action::ListSeats, Purpose::Change, now)?;
        let NominateLeader { membership_id, kind, selection_method, acting_days } = body.0;
        let nominee = members::find(tx, membership_id)?
            .filter(|row| row.partnership_id == id.0 && row.state == MembershipState::Active)
            .ok_or_else(|| Error::field("/membership_id", FieldCode::NotFound, "there is no such member here"))?;
        if nominee.side == Side::Agency {
            return Err(Error::field("/membership_id", FieldCode::Refused, "the agency side has no leadership seats"));
        }
        let held = seats::active(tx, id.0)?;
        let has_primary = held.iter().any(|seat| seat.side == nominee.side && seat.kind == SeatKind::Primary);
        let is_own = nominee.account_id == by;
        let subject = Subject { is_own, side: Some(nominee.side), headless: !has_primary, ..WHOLE };
        policy::demand(actor, &scoped.standing, subject, Action::NominateLeader)?;
        let by_whom = nominator(&scoped.standing, nominee.side);
        may_nominate(by_whom, kind, has_primary).map_err(Error::forbidden)?;
        scoped.demand_live()?;
        if held.iter().any(|seat| seat.account_id == nominee.account_id && seat.kind == kind) {
            return Err(Error::new(Code::SeatTaken, "The person holds that seat; a term is renewed near its end."));
        }
        let appointed = selection_method == SelectionMethod::AppointedByAgency;
        if appointed && !(nominee.side == Side::Police && scoped.standing.in_command) {
            return Err(Error::field(
                "/selection_method",
                FieldCode::Refused,
                "only police leaders are appointed, by the area's commander",
            ));
        }
        let seat = Seat {
            id: SeatId::new(),
            partnership_id: id.0,
            membership_id,
            account_id: nominee.account_id,
            side: nominee.side,
            kind,
            state: SeatState::Nominated,
            selection_method,
            nominated_by_id: by,
            acting_days: acting_days.map(Whole::get),
            accepted_at: None,
            term_starts_on: None,
            term_ends_on: None,
            ended_at: None,
            end_reason: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        seats::insert(tx, &seat)?;
        let event = events::LEADER_NOMINATED.on(seat.id.0).within(id.0.0);
        let event = event.fact("side", seat.side.as_str()).fact("kind", kind.as_str());
        let location = format!("{API}/seats/{}", seat.id);
        let value = one(tx, seat)?.value;
        tx.recorded(event, Created { value, location, version: Some(1) })
    })
    .await
}

/// Lists a partnership's leadership seats, newest first.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/seats",
    tag = "leadership", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), SeatFilter, PageParams),
    responses((status = 200, body = Page<SeatDetail>)))]
pub async fn list_seats(ctx: Ctx, id: Path<PartnershipId>, listing: Listing<SeatFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        actor.person()?;
        load_for(conn, actor, id.0, Action::ListSeats, Purpose::Read, now)?;
        let page = seats::list(conn, id.0, listing.filter.state, &listing)?;
        let named: Vec<_> = page.items.iter().flat_map(|row| [row.account_id, row.nominated_by_id]).collect();
        let people = people(conn, named)?;
        Ok(page.map(|row| shown(row, &people)))
    })
    .await
}

/// Reads a leadership seat.
#[utoipa::path(get, path = "/seats/{seat_id}",
    tag = "leadership", security(("bearer" = [])), params(("seat_id" = SeatId, Path, description = "The seat.")),
    responses((status = 200, body = SeatDetail)))]
pub async fn get_seat(ctx: Ctx, id: Path<SeatId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (row, _) = find_for(conn, actor, id.0, Action::GetSeat, Purpose::Read, now)?;
        one(conn, row)
    })
    .await
}

fn term(seat: &Seat, today: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    let ends = match seat.selection_method {
        SelectionMethod::Acting => {
            let days = seat.acting_days.map_or(ACTING_DAYS, |days| u64::from(days.unsigned_abs()));
            today.checked_add_days(Days::new(days))
        }
        SelectionMethod::Consensus | SelectionMethod::AppointedByAgency => today.checked_add_months(TERM),
    };
    Some((today, ends?))
}

/// Accepts a nomination: the term begins.
///
/// A side has one primary leader and one deputy at a time; where two accept at once, one wins. Whoever hands a seat over
/// leads until this, and no longer.
#[utoipa::path(post, path = "/seats/{seat_id}/accept",
    tag = "leadership", security(("bearer" = [])), params(("seat_id" = SeatId, Path, description = "The seat."), IfMatchParam),
    responses((status = 200, body = SeatDetail)))]
pub async fn accept_seat(ctx: Ctx, id: Path<SeatId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let person = actor.person()?;
        let (row, scoped) = find_for(tx, actor, id.0, Action::AcceptSeat, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        row.state.demand(SeatState::Active)?;
        if row.side == Side::Police && !person.is_police() {
            return Err(Error::forbidden("A police seat needs a verification that has not run out."));
        }
        let (from, to) = term(&row, now.date()).ok_or_else(|| Error::fault("the calendar ends"))?;
        pipeline::make_room(tx, &row, now)?;
        let row = seats::activate(tx, &row, from, to, now)?;
        pipeline::end_of_seated(tx, &row, now)?;
        if row.selection_method == SelectionMethod::AppointedByAgency && row.kind == SeatKind::Primary {
            pipeline::await_presentation(tx, &row, now)?;
        }
        seat_changes::after_change(tx, row.partnership_id, now)?;
        let event = events::LEADER_ACCEPTED.on(id.0.0).within(row.partnership_id.0);
        let event = event.fact("side", row.side.as_str()).fact("kind", row.kind.as_str());
        let shown = one(tx, row)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Declines a nomination.
#[utoipa::path(post, path = "/seats/{seat_id}/decline",
    tag = "leadership", security(("bearer" = [])), params(("seat_id" = SeatId, Path, description = "The seat."), IfMatchParam),
    responses((status = 200, body = SeatDetail)))]
pub async fn decline_seat(ctx: Ctx, id: Path<SeatId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::DeclineSeat, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_unclosed()?;
        row.state.demand(SeatState::Declined)?;
        let row = seats::end(tx, &row, SeatState::Declined, SeatEndReason::Declined, now)?;
        let event = events::LEADER_DECLINED.on(id.0.0).within(row.partnership_id.0).fact("side", row.side.as_str());
        let shown = one(tx, row)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Ends a seat, or takes a nomination back.
///
/// By its holder, a leader of its side, for the police the area's commander, or an administrator. The last leader of a side
/// hands over first: somebody else of the side has to hold a seat.
#[utoipa::path(post, path = "/seats/{seat_id}/end",
    tag = "leadership", security(("bearer" = [])), params(("seat_id" = SeatId, Path, description = "The seat."), IfMatchParam),
    request_body = EndSeat, responses((status = 200, body = SeatDetail)))]
pub async fn end_seat(ctx: Ctx, id: Path<SeatId>, if_match: IfMatch, body: Valid<EndSeat>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let person = actor.person()?;
        let (row, scoped) = find_for(tx, actor, id.0, Action::EndSeat, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_unclosed()?;
        let EndSeat { end_reason, reason } = body.0;
        let to = if row.state == SeatState::Nominated { SeatState::Declined } else { SeatState::Ended };
        row.state.demand(to)?;
        let by_office = scoped.standing.is_administrator || (scoped.standing.in_command && row.side == Side::Police);
        let handed_over = row.state == SeatState::Nominated || by_office || seats::another(tx, &row)?;
        if !handed_over {
            return Err(Error::conflict(format!(
                "This is the last leader of the {} side: somebody else of the side has to hold a seat first.",
                row.side
            )));
        }
        if end_reason == SeatEnding::Resigned && row.account_id != person.id {
            return Err(Error::field("/end_reason", FieldCode::Refused, "only the holder can step down"));
        }
        let reason_code = match end_reason {
            SeatEnding::Resigned => SeatEndReason::Resigned,
            SeatEnding::Removed => SeatEndReason::Removed,
            SeatEnding::Moved => SeatEndReason::Moved,
        };
        let row = seats::end(tx, &row, to, reason_code, now)?;
        if to == SeatState::Ended {
            seat_changes::after_change(tx, row.partnership_id, now)?;
        }
        let mut event = events::LEADER_ENDED
            .on(id.0.0)
            .within(row.partnership_id.0)
            .fact("side", row.side.as_str())
            .fact("kind", row.kind.as_str())
            .fact("cause", end_reason.as_str());
        if let Some(reason) = reason {
            event = event.because(reason);
        }
        let shown = one(tx, row)?;
        tx.recorded(event, shown)
    })
    .await
}

crate::operations! {
    nominate_leader,
    list_seats,
    get_seat,
    accept_seat,
    decline_seat,
    end_seat,
}
