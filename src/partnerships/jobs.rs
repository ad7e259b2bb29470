//! Background work of partnerships.

use std::collections::HashSet;
use std::sync::Arc;

use super::letters;
use super::model::{Partnership, Seat, SeatEndReason, SeatState};
use super::queries::partnerships::{self, PartnershipChanges};
use super::queries::seats;
use super::routes::ANSWER_WITHIN_DAYS;
use super::standing::{Purpose, find};
use super::{PartnershipState, events, seat_changes};
use crate::accounts::emails_of;
use crate::directory::commanders_of;
use crate::platform::State;
use crate::platform::clock::{days, minutes};
use crate::platform::error::Result;
use crate::platform::faults::is_planted;
use crate::platform::jobs::{Job, each};
use crate::platform::mail;
use crate::platform::record::write_unattended;

/// Seats or proposals looked at in one run.
const BATCH: i64 = 100;

/// Jobs of this slice.
pub const JOBS: &[Job] = &[
    Job {
        name: "end_seats",
        about: "ends leadership seats whose term is over or whose holder lost the right to them",
        every: minutes(5),
        run: end_seats,
    },
    Job {
        name: "escalate_proposals",
        about: "writes to the area's commanders about proposals that wait for more than 14 days",
        every: minutes(30),
        run: escalate_proposals,
    },
];

fn end_seats(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    let due = state.db.read_blocking(move |conn| {
        let over = seats::over(conn, now.date(), BATCH)?;
        let is_over: HashSet<_> = over.iter().map(|seat| seat.id).collect();
        let lost = seats::without_rights(conn, now.date(), BATCH)?;
        let lost = lost.into_iter().filter(|seat| !is_over.contains(&seat.id));
        let with = |reason| move |seat: Seat| (seat.id, seat.partnership_id, seat.version, reason);
        Ok(over
            .into_iter()
            .map(with(SeatEndReason::Term))
            .chain(lost.map(with(SeatEndReason::VerificationLost)))
            .collect())
    })?;
    each(state, due, move |conn, _, (id, partnership, version, reason)| {
        if !is_planted("jobs_hold_rows_first") {
            find(conn, partnership, Purpose::Change)?;
        }
        let Some(seat) = seats::find(conn, id)?.filter(|seat| seat.version == version) else { return Ok(false) };
        if reason == SeatEndReason::VerificationLost && !seats::is_without_rights(conn, id, now.date())? {
            // Verified again, or reinstated.
            return Ok(false);
        }
        let seat = seats::end(conn, &seat, SeatState::Ended, reason, now)?;
        seat_changes::note_end(conn, &seat, reason, now)?;
        seat_changes::after_change(conn, partnership, now)?;
        Ok(true)
    })
}

fn escalate_proposals(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    let before = now.minus(days(ANSWER_WITHIN_DAYS));
    let waiting = state.db.read_blocking(move |conn| partnerships::unanswered(conn, before, BATCH))?;
    let waiting = waiting.into_iter().map(|proposal| proposal.id).collect();
    each(state, waiting, move |conn, context, id| {
        let found = find(conn, id, Purpose::Change)?;
        // Behind the lock: somebody may have answered it meanwhile.
        let waits = |it: &Partnership| it.state == PartnershipState::Proposed && it.escalated_at.is_none();
        let Some(proposal) = found.filter(waits) else { return Ok(false) };
        let commanders = commanders_of(conn, proposal.area_id, now)?;
        for to in emails_of(conn, &commanders)? {
            let letter = letters::proposal_waits(to, &context.base_url, ANSWER_WITHIN_DAYS);
            mail::queue(conn, &context.secrets, letter, now)?;
        }
        let changes = PartnershipChanges { escalated_at: Some(Some(now)), ..PartnershipChanges::default() };
        partnerships::update(conn, id, changes, now)?;
        let days = i64::try_from(ANSWER_WITHIN_DAYS).unwrap_or(0);
        let entry = events::ESCALATED.on(id.0).within(id.0).fact("days", days);
        write_unattended(conn, entry, now)?;
        Ok(true)
    })
}
