//! Background work of decisions.

use std::sync::Arc;

use super::closing::conclude;
use super::closing::unled;
use super::events;
use super::hand::Hand;
use super::letters;
use super::model::{AssentPurpose, Decision, DecisionState};
use super::queries::decisions::{self, DecisionChanges, address};
use super::queries::{assents, roster};
use super::steps::follow;
use crate::accounts::emails_of;
use crate::ids::{DecisionId, PartnershipId};
use crate::partnerships::model::Partnership;
use crate::partnerships::standing::{self, Purpose};
use crate::platform::State;
use crate::platform::clock::{Instant, hours, minutes};
use crate::platform::db::Conn;
use crate::platform::error::{Error, Result};
use crate::platform::jobs::{Job, each};
use crate::platform::mail;
use crate::platform::record::write_unattended;

/// Decisions looked at in one run.
const BATCH: i64 = 100;
/// So long before its end a final call closes soon.
const SOON_HOURS: u64 = 24;

/// Jobs of this slice.
pub const JOBS: &[Job] = &[
    Job {
        name: "close_decisions",
        about: "ends final calls whose time is over",
        every: minutes(1),
        run: close_decisions,
    },
    Job {
        name: "notice_closing_decisions",
        about: "writes to those who have not said where they stand, a day before a final call ends",
        every: minutes(5),
        run: notice_closing_decisions,
    },
    Job {
        name: "review_decisions",
        about: "begins reviews of decisions on the day that was set for them",
        every: minutes(30),
        run: review_decisions,
    },
];

/// A decision that something is due of, where it is, and how it stood when it was found.
type Due = (DecisionId, PartnershipId, DecisionState);

fn due(decisions: Vec<Decision>) -> Vec<Due> {
    decisions.into_iter().map(|decision| (decision.id, decision.partnership_id, decision.state)).collect()
}

/// The decision, once nobody else can change it.
fn locked(conn: &mut Conn, (id, partnership, _): Due) -> Result<(Partnership, Decision)> {
    let gone = || Error::fault("a decision is gone");
    let partnership = standing::find(conn, partnership, Purpose::Change)?.ok_or_else(gone)?;
    Ok((partnership, decisions::find(conn, id)?.ok_or_else(gone)?))
}

fn close_decisions(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    let overdue = state.db.read_blocking(move |conn| decisions::overdue(conn, now, BATCH))?;
    each(state, due(overdue), move |conn, state, found| {
        let (partnership, decision) = locked(conn, found)?;
        let is_over = decision.closes_at.is_some_and(|end| end <= now) && decision.paused_at.is_none();
        if decision.state != DecisionState::FinalCall || !is_over {
            return Ok(false);
        }
        if !unled(conn, partnership.id, decision.class)?.is_empty() {
            follow(conn, &partnership, now)?;
            return Ok(false);
        }
        let (_, entry) = conclude(&mut Hand::Machine(conn, now), state, &decision, None)?;
        write_unattended(conn, entry, now)?;
        Ok(true)
    })
}

fn notice_closing_decisions(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    let until = now.plus(hours(SOON_HOURS));
    let closing = state.db.read_blocking(move |conn| decisions::closing_soon(conn, now, until, BATCH))?;
    each(state, due(closing), move |conn, state, found| {
        let (_, decision) = locked(conn, found)?;
        let Some(closes_at) = decision.closes_at.filter(|_| decision.state == DecisionState::FinalCall) else {
            return Ok(false);
        };
        if decision.noticed_at.is_some() || decision.paused_at.is_some() {
            return Ok(false);
        }
        let silent = roster::people(conn, decision.id, false)?;
        let emails = emails_of(conn, &silent)?;
        let address = format!("{}{}", state.base_url, address(decision.id));
        let told = emails.len();
        let letters =
            emails.into_iter().map(|to| letters::closes_soon(to, &address, &decision.question, closes_at)).collect();
        mail::queue_all(conn, &state.secrets, letters, now)?;
        decisions::note_noticed(conn, decision.id, now)?;
        let entry = events::CLOSING_SOON.on(decision.id.0).within(decision.partnership_id.0).fact("people", told);
        write_unattended(conn, entry, now)?;
        Ok(true)
    })
}

fn review_decisions(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    let to_review = state.db.read_blocking(move |conn| decisions::to_review(conn, now.date(), BATCH))?;
    each(state, due(to_review), move |conn, _, found| {
        let (_, decision) = locked(conn, found)?;
        if decision.state != found.2 {
            return Ok(false);
        }
        begin_review(conn, &decision, now)?;
        let entry = events::REVIEW_BEGUN.on(decision.id.0).within(decision.partnership_id.0);
        write_unattended(conn, entry, now)?;
        Ok(true)
    })
}

/// Looks at a decision again; what was said at an earlier review is of no account.
pub(super) fn begin_review(conn: &mut Conn, decision: &Decision, now: Instant) -> Result<Decision> {
    for purpose in [AssentPurpose::Reaffirm, AssentPurpose::Rescind] {
        assents::void(conn, decision.id, purpose, now)?;
    }
    let changes = DecisionChanges { state: Some(DecisionState::UnderReview), ..DecisionChanges::default() };
    decisions::update(conn, decision, changes, now)
}
