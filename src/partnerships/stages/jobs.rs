//! Background work of the stages of a partnership's life.

use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;

use super::dormancy::{self, Step};
use super::follow::{follow, follow_free, follows};
use super::gap::{self, FORMING_AFTER_DAYS};
use super::model::LifeCycle;
use super::queries::life_cycles::{self, LifeCycleChanges};
use super::{confirmation, events, partnerships};
use crate::accounts::emails_of;
use crate::ids::PartnershipId;
use crate::partnerships::letters;
use crate::partnerships::model::{Partnership, PartnershipState};
use crate::partnerships::queries::partnerships::PartnershipChanges;
use crate::partnerships::queries::seats;
use crate::partnerships::standing::{Purpose, find};
use crate::platform::State;
use crate::platform::clock::{Instant, days, minutes};
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::platform::jobs::{Job, each};
use crate::platform::mail::{self, Letter};
use crate::platform::record::timeline::{note_read, unread};
use crate::platform::record::write_unattended;
use crate::platform::text::Email;

/// Partnerships looked at in one run, or records in one transaction.
const BATCH: i64 = 100;

/// Jobs of this slice.
pub const JOBS: &[Job] = &[
    Job {
        name: "follow_partnerships",
        about: "activates partnerships whose checklist was completed by a profile, and notes what keeps them awake",
        every: Duration::from_secs(2),
        run: follow_partnerships,
    },
    Job {
        name: "unform_partnerships",
        about: "puts partnerships back to forming that had a leadership gap for 30 days",
        every: minutes(10),
        run: unform_partnerships,
    },
    Job {
        name: "watch_dormancy",
        about: "warns leaders when nothing has happened for 60 and 80 days, and lets partnerships rest after 90",
        every: minutes(10),
        run: watch_dormancy,
    },
    Job {
        name: "ask_for_confirmation",
        about: "asks leaders for the yearly confirmation when it is due, and flags what was not confirmed within 30 days",
        every: minutes(30),
        run: ask_for_confirmation,
    },
];

/// How far this has read.
const CONSUMER: &str = "partnerships";

fn follow_partnerships(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    let mut all = 0;
    loop {
        let (last, page, due) = state.db.read_blocking(|conn| {
            let page = unread(conn, CONSUMER, BATCH)?;
            let last = page.last().and_then(|record| record.seq);
            Ok((last, page.len(), follows(conn, &page)?))
        })?;
        let Some(last) = last else { return Ok(all) };
        let left = state.db.write_blocking(move |conn| follow_free(conn, due, now))?;
        each(state, left, move |conn, _, (id, what)| follow(conn, id, what, now).map(|()| true))?;
        state.db.write_blocking(move |conn| note_read(conn, CONSUMER, last, now))?;
        all += page;
    }
}

fn unform_partnerships(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    let before = now.minus(days(FORMING_AFTER_DAYS));
    let due = state.db.read_blocking(move |conn| life_cycles::in_gap(conn, before, BATCH))?;
    each(state, due, move |conn, _, id| {
        let Some(partnership) = find(conn, id, Purpose::Change)? else { return Ok(false) };
        // Behind the lock: somebody may have accepted the seat meanwhile, or another gap may have opened since.
        let gap_since = life_cycles::find(conn, id)?.leadership_gap_since;
        let is_due = partnership.state == PartnershipState::Active && gap_since.is_some_and(|since| since <= before);
        if is_due {
            gap::unform(conn, &partnership, now)?;
        }
        Ok(is_due)
    })
}

/// Writes to the leaders of both sides.
fn tell_leaders(conn: &mut Conn, state: &State, id: PartnershipId, letter: impl Fn(Email) -> Letter) -> Result<()> {
    let now = state.clock.now();
    let leaders: Vec<_> = seats::active(conn, id)?.into_iter().map(|seat| seat.account_id).collect();
    for to in emails_of(conn, &leaders)? {
        mail::queue(conn, &state.secrets, letter(to), now)?;
    }
    Ok(())
}

fn watch_dormancy(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    let due = state.db.read_blocking(move |conn| life_cycles::idle(conn, now, BATCH))?;
    each(state, due, move |conn, context, id| watch(conn, context, id, now))
}

/// Warns the leaders of a partnership in which nothing happens, or lets it rest, if that is due still.
fn watch(conn: &mut Conn, state: &State, id: PartnershipId, now: Instant) -> Result<bool> {
    let Some(partnership) = find(conn, id, Purpose::Change)? else { return Ok(false) };
    let life = life_cycles::find(conn, id)?;
    let (Some(last), Some(due)) = (life.last_activity_at, life.dormancy_due_at) else { return Ok(false) };
    if due > now || partnership.state != PartnershipState::Active {
        return Ok(false);
    }
    let step = dormancy::next_step(life.dormancy_warned_days);
    let (changes, entry, idle_days) = match step {
        Step::Warn(idle_days) => {
            let next = dormancy::due_at(last, dormancy::next_step(Some(idle_days)));
            let changes = LifeCycleChanges {
                dormancy_warned_days: Some(Some(idle_days)),
                dormancy_due_at: Some(Some(next)),
                ..LifeCycleChanges::default()
            };
            (changes, events::DORMANCY_WARNED, idle_days)
        }
        Step::Sleep => {
            let dormant =
                PartnershipChanges { state: Some(PartnershipState::Dormant), ..PartnershipChanges::default() };
            partnerships::update(conn, id, dormant, now)?;
            let changes = LifeCycleChanges {
                dormancy_warned_days: Some(None),
                dormancy_due_at: Some(None),
                dormant_at: Some(Some(now)),
                ..LifeCycleChanges::default()
            };
            (changes, events::FELL_DORMANT, dormancy::DORMANT_AFTER)
        }
    };
    life_cycles::change(conn, id, &changes)?;
    tell_leaders(conn, state, id, |to| match step {
        Step::Warn(idle_days) => letters::nothing_happens(to, &state.base_url, &partnership.name, idle_days),
        Step::Sleep => letters::dormant(to, &state.base_url, &partnership.name),
    })?;
    write_unattended(conn, entry.on(id.0).within(id.0).fact("days", idle_days), now)?;
    Ok(true)
}

fn ask_for_confirmation(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    let today = now.date();
    let due = state.db.read_blocking(move |conn| life_cycles::to_confirm(conn, today, BATCH))?;
    let asked = each(state, due, move |conn, context, id| ask(conn, context, id, now))?;
    let Some(last) = confirmation::missing_since(today) else { return Ok(asked) };
    let missing = state.db.read_blocking(move |conn| life_cycles::unconfirmed(conn, last, BATCH))?;
    let flagged = each(state, missing, move |conn, _, id| flag(conn, id, last, now))?;
    Ok(asked + flagged)
}

/// The partnership with its life cycle, if its confirmation was due on `last` or before and is missing still: behind the
/// lock, because its leaders may be confirming it at this very moment.
fn find_unconfirmed(conn: &mut Conn, id: PartnershipId, last: NaiveDate) -> Result<Option<(Partnership, LifeCycle)>> {
    let Some(partnership) = find(conn, id, Purpose::Change)? else { return Ok(None) };
    let life = life_cycles::find(conn, id)?;
    let lives = matches!(partnership.state, PartnershipState::Active | PartnershipState::Dormant);
    let is_due = life.confirmation_due_on.is_some_and(|due| due <= last) && life.unconfirmed_since.is_none();
    Ok((lives && is_due).then_some((partnership, life)))
}

/// Asks the leaders for the confirmation, unless they were asked.
fn ask(conn: &mut Conn, state: &State, id: PartnershipId, now: Instant) -> Result<bool> {
    let found = find_unconfirmed(conn, id, now.date())?;
    let Some((partnership, _)) = found.filter(|(_, life)| life.confirmation_asked_at.is_none()) else {
        return Ok(false);
    };
    let asked = LifeCycleChanges { confirmation_asked_at: Some(Some(now)), ..LifeCycleChanges::default() };
    life_cycles::change(conn, id, &asked)?;
    tell_leaders(conn, state, id, |to| letters::confirm(to, &state.base_url, &partnership.name))?;
    write_unattended(conn, events::CONFIRMATION_ASKED.on(id.0).within(id.0), now)?;
    Ok(true)
}

/// Flags the partnership whose leaders did not confirm it in time.
fn flag(conn: &mut Conn, id: PartnershipId, last: NaiveDate, now: Instant) -> Result<bool> {
    if find_unconfirmed(conn, id, last)?.is_none() {
        return Ok(false);
    }
    let flagged = LifeCycleChanges { unconfirmed_since: Some(Some(now)), ..LifeCycleChanges::default() };
    life_cycles::change(conn, id, &flagged)?;
    partnerships::update(conn, id, PartnershipChanges::default(), now)?;
    write_unattended(conn, events::UNCONFIRMED.on(id.0).within(id.0), now)?;
    Ok(true)
}
