//! What an agreement does once both sides have signed it.

use crate::accounts::Actor;
use crate::ids::PartnershipId;
use crate::partnerships::decisions::{self, Hand};
use crate::partnerships::model::PartnershipState;
use crate::partnerships::queries::partnerships::{self, PartnershipChanges};
use crate::partnerships::stages::dormancy::MEETING_WITHIN_DAYS;
use crate::partnerships::stages::model::{Agreement, AgreementKind};
use crate::partnerships::stages::open_ends::demand_settled;
use crate::partnerships::stages::queries::life_cycles::{self, LifeCycleChanges};
use crate::partnerships::stages::queries::{open_ends, suspensions};
use crate::partnerships::stages::{confirmation, events, reconsider};
use crate::partnerships::standing::Scoped;
use crate::platform::State;
use crate::platform::clock::{Instant, days};
use crate::platform::db::{AnyId, Conn};
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::Tx;
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::Entry;

/// Why what is still going on in a partnership ends with it.
const CLOSED: &str = "The partnership was closed.";

/// The meeting with which a dormant partnership begins anew is to come, and soon.
///
/// # Errors
/// 422 for another meeting.
pub fn demand_meeting(conn: &mut Conn, id: PartnershipId, meeting: AnyId, now: Instant) -> Result<()> {
    let refused = |why: &str| Error::field("/meeting_id", FieldCode::Refused, why);
    let begins = open_ends::meeting_begins(conn, id, meeting)?.ok_or_else(|| {
        Error::field("/meeting_id", FieldCode::NotFound, "there is no such scheduled meeting of the partnership")
    })?;
    if begins <= now {
        return Err(refused("is a meeting to come"));
    }
    if begins > now.plus(days(MEETING_WITHIN_DAYS)) {
        return Err(refused("is a meeting at most 30 days ahead"));
    }
    Ok(())
}

/// Those that go on with a closed partnership are partnerships that everybody may know of.
///
/// # Errors
/// 422 for others.
pub fn demand_successors(conn: &mut Conn, id: PartnershipId, successors: &[PartnershipId]) -> Result<()> {
    if successors.is_empty() {
        return Ok(());
    }
    let known = partnerships::public_of(conn, successors)?;
    for (n, successor) in successors.iter().enumerate() {
        let pointer = format!("/successors/{n}");
        if *successor == id {
            return Err(Error::field(pointer, FieldCode::Refused, "is the partnership itself"));
        }
        if !known.contains(successor) {
            return Err(Error::field(pointer, FieldCode::NotFound, "there is no such partnership"));
        }
    }
    Ok(())
}

/// Does what was agreed; the record of it.
///
/// # Errors
/// A conflict when it can't be done any more.
pub fn take_effect(
    tx: &mut Tx<'_>,
    state: &State,
    actor: &Actor,
    scoped: &Scoped,
    agreement: &Agreement,
) -> Result<Entry> {
    let (id, now) = (agreement.partnership_id, tx.now());
    let of_partnership = |kind: crate::platform::record::Kind| kind.on(id.0).within(id.0);
    match agreement.kind {
        AgreementKind::Waiver => {
            reconsider::reconsider(tx, id, now)?;
            let entry = events::WAIVED.on(agreement.id.0).within(id.0);
            Ok(match agreement.item {
                Some(item) => entry.fact("item", item.as_str()),
                None => entry,
            })
        }
        AgreementKind::Reactivation => {
            let meeting = agreement.meeting.ok_or_else(|| Error::fault("a reactivation without a meeting"))?;
            demand_meeting(tx, id, meeting, now).map_err(|refusal| match refusal.code().status() {
                422 => Error::conflict("The meeting was cancelled or moved, or is over. Propose another one."),
                _ => refusal,
            })?;
            reconsider::enter(tx, id, scoped.partnership.state, &reconsider::stirred(now), now)?;
            Ok(of_partnership(events::REACTIVATED))
        }
        AgreementKind::Confirmation => {
            let changes = LifeCycleChanges {
                confirmation_due_on: Some(confirmation::due_after(now.date())),
                confirmation_asked_at: Some(None),
                unconfirmed_since: Some(None),
                ..LifeCycleChanges::default()
            };
            life_cycles::change(tx, id, &changes)?;
            partnerships::update(tx, id, PartnershipChanges::default(), now)?;
            Ok(of_partnership(events::CONFIRMED))
        }
        AgreementKind::Closing => close(tx, state, actor, scoped, agreement),
    }
}

fn close(tx: &mut Tx<'_>, state: &State, actor: &Actor, scoped: &Scoped, agreement: &Agreement) -> Result<Entry> {
    let (id, now) = (agreement.partnership_id, tx.now());
    scoped.partnership.state.demand(PartnershipState::Closed)?;
    demand_settled(tx, state, id, &agreement.left_open.0, now)?;
    if scoped.partnership.state == PartnershipState::Suspended {
        suspensions::lift(tx, id, actor.id(), CLOSED, now)?;
    }
    decisions::end_all(&mut Hand::Person(tx), state, id, CLOSED)?;
    let changes = PartnershipChanges { state: Some(PartnershipState::Closed), ..PartnershipChanges::default() };
    partnerships::update(tx, id, changes, now)?;
    let changes = LifeCycleChanges {
        closed_at: Some(Some(now)),
        closing_reason: Some(agreement.closing_reason),
        closing_statement: Some(agreement.statement.clone()),
        leadership_gap_since: Some(None),
        dormancy_due_at: Some(None),
        confirmation_due_on: Some(None),
        unconfirmed_since: Some(None),
        ..LifeCycleChanges::default()
    };
    life_cycles::change(tx, id, &changes)?;
    let entry = events::CLOSED.on(id.0).within(id.0);
    Ok(match agreement.closing_reason {
        Some(reason) => entry.fact("cause", reason.as_str()),
        None => entry,
    })
}
