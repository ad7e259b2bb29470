//! Opening a decision, changing its text, taking it back: what routes do for members, and other slices for their things.

use uuid::Uuid;

use super::consensus::next_options;
use super::model::{
    AssentPurpose, Background, CorrectionState, Decision, DecisionClass, DecisionState, DecisionText, DecisionTextId,
    Ending, Method, NextOption,
};
use super::queries::decisions::{self, DecisionChanges, address};
use super::queries::{assents, in_meetings, roster, stances, texts};
use super::{events, letters};
use crate::accounts::{Actor, emails_of};
use crate::ids::{AccountId, DecisionId, PartnershipId};
use crate::partnerships::model::Partnership;
use crate::partnerships::stages;
use crate::partnerships::standing::Scoped;
use crate::platform::State;
use crate::platform::clock::{Instant, hours};
use crate::platform::db::{AnyId, Conn, Json};
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::Tx;
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::mail::{self, Letter};
use crate::platform::text::Email;

/// A decision to open.
#[derive(Debug, Clone)]
pub struct Opening {
    /// What is decided.
    pub class: DecisionClass,
    /// The mission, goal, plan that it is about.
    pub subject: Option<Uuid>,
    /// The question that is put, in a line.
    pub question: String,
    /// The text that is to be adopted.
    pub text: String,
    /// How it is decided.
    pub method: Method,
    /// What one should know about it.
    pub background: Background,
    /// Whether nobody sees results before saying where they stand.
    pub hides_results: bool,
    /// Tries it for so many days, by the consent test: after two rounds about the same thing that came to nothing.
    pub trial_days: Option<i32>,
}

impl Opening {
    /// Of a decision by consensus.
    pub fn new(class: DecisionClass, subject: Option<Uuid>, question: String, text: String) -> Self {
        let (method, background) = (Method::Consensus, Background::default());
        Self { class, subject, question, text, method, background, hides_results: false, trial_days: None }
    }
}

/// Refuses what both sides decide while one of them has no leader (`domain/20` 6.3).
///
/// # Errors
/// 409 `leadership_incomplete` with the seats that are empty.
pub(super) fn demand_led(conn: &mut Conn, partnership: &Partnership, class: DecisionClass, now: Instant) -> Result<()> {
    if class.needs_leaders() { stages::demand_led(conn, partnership, now) } else { Ok(()) }
}

/// Opens a decision about something of the caller's slice, in the caller's transaction: it is being discussed from now on.
/// Whether the actor may do so is the caller's to know. The round after one about the same thing that came to nothing is
/// linked to that.
///
/// # Errors
/// 409 when one about the same thing is open, a side has no leader, or the partnership is not at work.
pub fn open(tx: &mut Tx<'_>, state: &State, actor: &Actor, scoped: &Scoped, opening: Opening) -> Result<Decision> {
    let now = tx.now();
    let by = actor.person()?.id;
    scoped.demand_live()?;
    let partnership = scoped.partnership.id;
    demand_led(tx, &scoped.partnership, opening.class, now)?;
    let Opening { class, subject, question, text, method, background, hides_results, trial_days } = opening;
    if method == Method::Majority {
        decisions::demand_majority_allowed(tx, partnership, class)?;
    }
    if method == Method::Advice && class.needs_leaders() {
        return Err(Error::fault("advice decides nothing that leaders of both sides have to be for"));
    }
    let subject = subject.map(AnyId);
    let last = match subject {
        Some(subject) => decisions::last_of_subject(tx, class, subject)?,
        None => None,
    };
    let previous = match last {
        Some(last) if last.state.is_failed() && !decisions::is_followed(tx, last.id)? => Some(last),
        _ => None,
    };
    if let Some(days) = trial_days {
        demand_trial(state, previous.as_ref(), days, "/trial_days")?;
    }
    let decision = Decision {
        state: DecisionState::Discussion,
        trial_days,
        discussion_at: Some(now),
        sense_check_from: Some(discussed_until(state, class, now)),
        subject,
        // What is tried is judged by the consent test.
        method: if trial_days.is_some() { Method::Consent } else { method },
        hides_results,
        background: Json(background),
        round: previous.as_ref().map_or(1, |previous| previous.round + 1),
        previous_id: previous.map(|previous| previous.id),
        ..draft(partnership, class, question, by, now)
    };
    decisions::insert(tx, &decision)?;
    texts::insert(tx, &first_text(decision.id, text, by, now))?;
    tx.also(events::OPENED.on(decision.id.0).within(partnership.0).fact("class", class.as_str()))?;
    Ok(decision)
}

/// Refuses a trial that is too long, or that no two rounds that came to nothing have earned.
///
/// # Errors
/// 422 at `pointer`, or 409.
pub(super) fn demand_trial(state: &State, previous: Option<&Decision>, days: i32, pointer: &str) -> Result<()> {
    let most = i32::try_from(state.config.consensus.trial_days).unwrap_or(i32::MAX);
    if !(1..=most).contains(&days) {
        let why = format!("a trial lasts {most} days at most");
        return Err(Error::field(pointer, FieldCode::OutOfRange, why));
    }
    let offered = previous
        .is_some_and(|row| next_options(true, row.round, row.can_be_tried()).contains(&NextOption::TrialPeriod));
    if offered {
        Ok(())
    } else {
        Err(Error::conflict("Something is tried after two rounds that came to nothing, and once."))
    }
}

/// Until when something is discussed at least.
pub(super) fn discussed_until(state: &State, class: DecisionClass, now: Instant) -> Instant {
    if class.needs_leaders() { now.plus(hours(state.config.consensus.discussion_hours)) } else { now }
}

/// A decision of which nothing is known but what it is about.
pub(super) fn draft(
    partnership_id: PartnershipId,
    class: DecisionClass,
    question: String,
    created_by_id: AccountId,
    now: Instant,
) -> Decision {
    Decision {
        id: DecisionId::new(),
        partnership_id,
        class,
        subject: None,
        method: Method::Consensus,
        question,
        text_number: 1,
        state: DecisionState::Draft,
        is_anonymous: false,
        hides_results: false,
        trial_days: None,
        previous_id: None,
        round: 1,
        replaces_id: None,
        background: Json(Background::default()),
        majority_classes: Json(Vec::new()),
        created_by_id,
        discussion_at: None,
        sense_check_from: None,
        final_call_at: None,
        closes_from: None,
        closes_at: None,
        noticed_at: None,
        paused_at: None,
        rules: None,
        closed_at: None,
        result: None,
        review_on: None,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// The first version of a text.
pub(super) fn first_text(decision_id: DecisionId, text: String, author_id: AccountId, now: Instant) -> DecisionText {
    DecisionText {
        id: DecisionTextId::new(),
        decision_id,
        number: 1,
        revision: 1,
        text,
        note: None,
        author_id,
        created_at: now,
    }
}

/// Refuses to stop what everybody is asked about, but for whoever put it down: others have their stances, and a block.
///
/// # Errors
/// A conflict.
pub(super) fn demand_own_in_call(decision: &Decision, by: AccountId) -> Result<()> {
    if decision.state == DecisionState::FinalCall && decision.created_by_id != by {
        return Err(Error::conflict(
            "The final call is open: only whoever put it down changes its text or takes it back; others say where they stand.",
        ));
    }
    Ok(())
}

/// Gives a decision a new version of its text, in the caller's transaction. In a final call or sense check it is being
/// amended from then on; all stances become stale, and whoever had taken one in the final call is written to.
///
/// # Errors
/// A conflict when the text is the same, or the decision has ended.
pub fn renew_text(
    tx: &mut Tx<'_>,
    state: &State,
    actor: &Actor,
    decision: &Decision,
    text: String,
    note: Option<String>,
) -> Result<Decision> {
    let now = tx.now();
    let author_id = actor.person()?.id;
    if !decision.state.takes_text() {
        return Err(Error::conflict(format!("The decision is {}; its text stays as it is.", decision.state)));
    }
    demand_own_in_call(decision, author_id)?;
    let before = texts::current(tx, decision.id, decision.text_number)?;
    if before.text == text {
        return Err(Error::conflict("The text is the same as before."));
    }
    let number = decision.text_number + 1;
    let renewed = DecisionText {
        id: DecisionTextId::new(),
        decision_id: decision.id,
        number,
        revision: 1,
        text,
        note,
        author_id,
        created_at: now,
    };
    texts::insert(tx, &renewed)?;
    texts::settle(tx, decision.id, CorrectionState::Dropped, now)?;
    assents::void(tx, decision.id, AssentPurpose::Correct, now)?;
    let mut changes = DecisionChanges { text_number: Some(number), ..DecisionChanges::default() };
    let mut stale = 0;
    if decision.state.takes_stances() {
        let holders = roster::people(tx, decision.id, true)?;
        stale = stances::make_stale(tx, decision.id, now)?;
        roster::unmark_all(tx, decision.id)?;
        roster::uncount(tx, decision.id)?;
        tell(tx, state, decision, &holders, letters::text_changed, now)?;
        in_meetings::end(tx, decision.id, None, now)?;
        changes = DecisionChanges {
            state: Some(DecisionState::Amending),
            final_call_at: Some(None),
            closes_from: Some(None),
            closes_at: Some(None),
            noticed_at: Some(None),
            rules: Some(None),
            ..changes
        };
    }
    let renewed = decisions::update(tx, decision, changes, now)?;
    let entry = events::VERSION_CHANGED.on(decision.id.0).within(decision.partnership_id.0);
    tx.also(entry.fact("number", number).fact("stale", stale))?;
    Ok(renewed)
}

/// A letter about a decision: to whom, where it is, and its question.
type About = fn(Email, &str, &str) -> Letter;

/// Writes to those who have taken a stance.
pub(super) fn tell(
    conn: &mut Conn,
    state: &State,
    decision: &Decision,
    people: &[AccountId],
    letter: About,
    now: Instant,
) -> Result<()> {
    if people.is_empty() {
        return Ok(());
    }
    let address = format!("{}{}", state.base_url, address(decision.id));
    let emails = emails_of(conn, people)?;
    let letters = emails.into_iter().map(|to| letter(to, &address, &decision.question)).collect();
    mail::queue_all(conn, &state.secrets, letters, now)
}

pub(super) fn take_back(conn: &mut Conn, decision: &Decision, now: Instant) -> Result<Decision> {
    decision.state.demand(DecisionState::Withdrawn)?;
    let changes = DecisionChanges {
        state: Some(Ending::Withdrawn.state()),
        closed_at: Some(Some(now)),
        ..DecisionChanges::default()
    };
    if decision.state == DecisionState::FinalCall {
        in_meetings::end(conn, decision.id, Some(Ending::Withdrawn), now)?;
    }
    decisions::update(conn, decision, changes, now)
}

pub(super) fn withdrawal(decision: &Decision) -> crate::platform::record::Entry {
    // Of a decision that never was before the group, the group is not told.
    let kind = if decision.discussion_at.is_none() { events::DRAFT_WITHDRAWN } else { events::WITHDRAWN };
    let entry = kind.on(decision.id.0).within(decision.partnership_id.0);
    entry.fact("class", decision.class.as_str())
}
