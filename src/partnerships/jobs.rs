//! Background work of partnerships.

use std::sync::Arc;

use super::letters;
use super::model::{SeatEndReason, SeatState};
use super::queries::partnerships::{self, PartnershipChanges};
use super::queries::seats;
use super::routes::ANSWER_WITHIN_DAYS;
use super::{PartnershipState, events, seat_changes};
use crate::accounts::emails_of;
use crate::directory::commanders_of;
use crate::platform::State;
use crate::platform::clock::{days, minutes};
use crate::platform::error::Result;
use crate::platform::jobs::Job;
use crate::platform::mail;
use crate::platform::record::write_unattended;

/// Seats or proposals looked at in one transaction.
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
    state.db.write_blocking(move |conn| {
        let over = seats::over(conn, now.date(), BATCH)?.into_iter().map(|seat| (seat, SeatEndReason::Term));
        let lost = seats::without_rights(conn, now.date(), BATCH)?;
        let over: Vec<_> = over.collect();
        let known: Vec<_> = over.iter().map(|(seat, _)| seat.id).collect();
        let lost = lost
            .into_iter()
            .filter(|seat| !known.contains(&seat.id))
            .map(|seat| (seat, SeatEndReason::VerificationLost));
        let mut ended = 0;
        for (seat, reason) in over.into_iter().chain(lost) {
            let seat = seats::end(conn, &seat, SeatState::Ended, reason, now)?;
            let entry = events::LEADER_ENDED
                .on(seat.id.0)
                .within(seat.partnership_id.0)
                .fact("side", seat.side.as_str())
                .fact("kind", seat.kind.as_str())
                .fact("cause", reason.as_str());
            write_unattended(conn, entry, now)?;
            seat_changes::after_change(conn, seat.partnership_id, now)?;
            ended += 1;
        }
        Ok(ended)
    })
}

fn escalate_proposals(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    let context = state.clone();
    state.db.write_blocking(move |conn| {
        let waiting = partnerships::unanswered(conn, now.minus(days(ANSWER_WITHIN_DAYS)), BATCH)?;
        for proposal in &waiting {
            debug_assert_eq!(proposal.state, PartnershipState::Proposed);
            let commanders = commanders_of(conn, proposal.area_id, now)?;
            for to in emails_of(conn, &commanders)? {
                let letter = letters::proposal_waits(to, &context.base_url, ANSWER_WITHIN_DAYS);
                mail::queue(conn, &context.secrets, letter, now)?;
            }
            let changes = PartnershipChanges { escalated_at: Some(Some(now)), ..PartnershipChanges::default() };
            partnerships::update(conn, proposal.id, changes, now)?;
            let days = i64::try_from(ANSWER_WITHIN_DAYS).unwrap_or(0);
            let entry = events::ESCALATED.on(proposal.id.0).within(proposal.id.0).fact("days", days);
            write_unattended(conn, entry, now)?;
        }
        Ok(waiting.len())
    })
}
