//! The end of a final call: who is still there, who stands where, what that comes to, and what follows from it.

use super::consensus::{Ballot, Heads, Rules, judge};
use super::hand::Hand;
use super::holders::holder;
use super::model::{Decision, DecisionClass, DecisionState, Ending, HolderId, SideRow};
use super::opening::{take_back, withdrawal};
use super::present::{SideQuorum, demand_quorum};
use super::queries::decisions::{self, DecisionChanges};
use super::queries::{blocks, in_meetings, roster, stances};
use super::reactions::Surroundings;
use super::{consensus, events};
use crate::accounts::Side;
use crate::ids::{AccountId, PartnershipId};
use crate::platform::State;
use crate::platform::clock::Instant;
use crate::platform::crypto::Secrets;
use crate::platform::db::{Conn, Json};
use crate::platform::error::{Error, Result};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::{Entry, Kind};

/// Ends a final call with what the stances come to; `ruling` is what a leader decided where that is the method. The row as
/// it is then, and what is to be recorded of it.
///
/// However many are asked, it takes the same number of statements.
pub(super) fn conclude(
    hand: &mut Hand<'_, '_>,
    state: &State,
    decision: &Decision,
    ruling: Option<bool>,
) -> Result<(Decision, Entry)> {
    leave_out_gone(hand, state, decision)?;
    let sides = recount(hand, decision)?;
    finish(hand, state, decision, &sides, ruling)
}

/// Takes off the roster who is no eligible member any more.
pub(super) fn leave_out_gone(hand: &mut Hand<'_, '_>, state: &State, decision: &Decision) -> Result<()> {
    let now = hand.now();
    let [by_choice, others] = roster::gone(hand, decision, now.date())?;
    let_go(hand, &state.secrets, decision, &by_choice, true, now)?;
    let_go(hand, &state.secrets, decision, &others, false, now)
}

/// Ends a final call with what both sides come to, as they were counted.
pub(super) fn finish(
    hand: &mut Hand<'_, '_>,
    state: &State,
    decision: &Decision,
    sides: &[SideRow; 2],
    ruling: Option<bool>,
) -> Result<(Decision, Entry)> {
    let now = hand.now();
    let verdict = judge(&ballot(hand, decision, sides, ruling)?, &rules_of(state, decision));
    let (ending, to) = (verdict.ending, verdict.ending.state());
    decision.state.demand(to)?;
    let trial = decision.trial_days.filter(|_| ending == Ending::AdoptedOnTrial);
    let review_on =
        trial.and_then(|days| now.date().checked_add_days(chrono::Days::new(u64::try_from(days).unwrap_or(0))));
    let changes = DecisionChanges {
        state: Some(to),
        closed_at: Some(Some(now)),
        result: Some(Some(Json(verdict))),
        review_on: Some(review_on),
        ..DecisionChanges::default()
    };
    let closed = decisions::update(hand, decision, changes, now)?;
    in_meetings::end(hand, closed.id, Some(ending), now)?;
    if let Some(replaced) = closed.replaces_id.filter(|_| ending == Ending::Adopted) {
        replace(hand, replaced, now)?;
    }
    state.handed::<Surroundings>()?.ended(hand, &closed, ending)?;
    let entry = ended(ending).on(closed.id.0).within(closed.partnership_id.0);
    let entry = entry.fact("class", closed.class.as_str()).fact("ending", ending.as_str());
    Ok((closed, entry))
}

/// Refuses where so few of a side would have taken part that the decision would lapse.
pub(super) fn demand_taking_part(state: &State, decision: &Decision, heads: &[Heads; 2]) -> Result<()> {
    let rules = rules_of(state, decision);
    let count = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    let quorum = heads.map(|heads| {
        let needed = rules.quorum(&heads);
        SideQuorum {
            side: heads.side,
            present: count(heads.cast()),
            eligible: count(heads.eligible),
            needed: count(needed),
            is_quorate: heads.cast() >= needed,
        }
    });
    demand_quorum(&quorum, "say where it stands")
}

/// The rules by which a decision is judged: those of its final call, or, before that, those that are set.
fn rules_of(state: &State, decision: &Decision) -> Rules {
    decision.rules.as_ref().map_or_else(|| Rules::from(&state.config.consensus), |Json(rules)| *rules)
}

const fn ended(ending: Ending) -> Kind {
    match ending {
        Ending::Adopted | Ending::AdoptedOnTrial => events::ADOPTED,
        Ending::NotAdopted => events::NOT_ADOPTED,
        Ending::Blocked => events::BLOCKED,
        Ending::Lapsed => events::LAPSED,
        Ending::Withdrawn => events::WITHDRAWN,
    }
}

/// The decision that a new one was adopted in place of.
fn replace(hand: &mut Hand<'_, '_>, id: crate::ids::DecisionId, now: Instant) -> Result<()> {
    let replaced = decisions::find(hand, id)?.ok_or_else(|| Error::fault("a decision replaces nothing"))?;
    // It may have been rescinded while this one was talked about.
    if replaced.state.next().contains(&DecisionState::Amended) {
        let changes = DecisionChanges { state: Some(DecisionState::Amended), ..DecisionChanges::default() };
        decisions::update(hand, &replaced, changes, now)?;
        hand.also(events::AMENDED.on(id.0).within(replaced.partnership_id.0))?;
    }
    Ok(())
}

/// What the stances come to as they are now.
pub(super) fn running(conn: &mut Conn, state: &State, decision: &Decision) -> Result<Option<consensus::Verdict>> {
    let sides = roster::sides(conn, decision.id)?;
    if sides.is_empty() {
        return Ok(None);
    }
    let ballot = ballot(conn, decision, &sides, None)?;
    Ok(Some(judge(&ballot, &rules_of(state, decision))))
}

fn ballot(conn: &mut Conn, decision: &Decision, sides: &[SideRow], ruling: Option<bool>) -> Result<Ballot> {
    let heads = |side: Side| {
        let row = sides.iter().find(|row| row.side == side).map(SideRow::heads);
        row.unwrap_or_else(|| consensus::Heads::silent(side, 0))
    };
    let needs_leaders = decision.class.needs_leaders();
    let mut led = [false, false];
    if needs_leaders {
        for (led, side) in led.iter_mut().zip([Side::Civilian, Side::Police]) {
            *led = stances::leader_supports(conn, decision.partnership_id, decision.id, side)?;
        }
    }
    Ok(Ballot {
        method: decision.method,
        is_trial: decision.trial_days.is_some(),
        needs_leaders,
        heads: [heads(Side::Civilian), heads(Side::Police)],
        blocks: u32::try_from(blocks::counting(conn, decision.id)?).unwrap_or(u32::MAX),
        led,
        ruling,
    })
}

/// Takes people off the roster of a decision; their stances and blocks are kept, and count no more.
fn let_go(
    conn: &mut Conn,
    secrets: &Secrets,
    decision: &Decision,
    gone: &[AccountId],
    by_choice: bool,
    now: Instant,
) -> Result<()> {
    if gone.is_empty() {
        return Ok(());
    }
    roster::leave(conn, decision.id, gone, now)?;
    let holders: Vec<HolderId> = gone.iter().map(|person| holder(secrets, decision, *person)).collect();
    stances::make_stale_of(conn, decision.id, &holders, now)?;
    if by_choice {
        blocks::withdraw_of(conn, decision.id, &holders, now)?;
    }
    Ok(())
}

/// Counts both sides anew, from the roster and the stances themselves.
fn recount(conn: &mut Conn, decision: &Decision) -> Result<[SideRow; 2]> {
    let sizes = roster::sizes(conn, decision.id)?;
    let counted = stances::counted(conn, decision.id)?;
    let heads = |n: i64| i32::try_from(n).unwrap_or(i32::MAX);
    let rows = [Side::Civilian, Side::Police].map(|side| {
        let eligible = sizes.iter().find(|(of, _)| *of == side).map_or(0, |(_, n)| heads(*n));
        let mut row = SideRow::empty(decision.id, side, eligible);
        for (_, level, n) in counted.iter().filter(|(of, ..)| *of == side) {
            *row.at(*level) = heads(*n);
        }
        row
    });
    for row in &rows {
        roster::save(conn, row)?;
    }
    Ok(rows)
}

/// Takes back every decision of a partnership that has not ended, because the partnership has: what they were about is told.
///
/// # Errors
/// When the database can't do it, or a slice refuses.
pub fn end_all(hand: &mut Hand<'_, '_>, state: &State, partnership: PartnershipId, reason: &str) -> Result<()> {
    let now = hand.now();
    for decision in decisions::open_of(hand, partnership)? {
        let withdrawn = take_back(hand, &decision, now)?;
        state.handed::<Surroundings>()?.ended(hand, &withdrawn, Ending::Withdrawn)?;
        hand.also(withdrawal(&withdrawn).because(reason))?;
    }
    Ok(())
}

/// Takes somebody who has left a partnership off the rosters of its open decisions: no denominator has them any more.
///
/// With whoever left by choice goes their stance and their block. Whoever was removed keeps what they had said, and a block
/// counts until both sides dismiss it: nobody removes a stance with whoever took it.
///
/// Whoever is gone in another way is left out at the latest when a decision is closed: a closed account takes its block along,
/// one that was suspended or whose verification ran out does not.
///
/// # Errors
/// When the database can't do it.
pub fn member_left(
    conn: &mut Conn,
    secrets: &Secrets,
    (partnership, person): (PartnershipId, AccountId),
    by_choice: bool,
    now: Instant,
) -> Result<()> {
    for decision in roster::asked(conn, partnership, person)? {
        let spoke = roster::entry(conn, decision.id, person)?.is_some_and(|entry| entry.has_cast);
        if spoke && !by_choice {
            continue;
        }
        let_go(conn, secrets, &decision, &[person], by_choice, now)?;
        recount(conn, &decision)?;
    }
    Ok(())
}

/// Whether the class waits for leaders of both sides, and one has none.
pub(super) fn unled(conn: &mut Conn, partnership: PartnershipId, class: DecisionClass) -> Result<Vec<&'static str>> {
    if !class.needs_leaders() {
        return Ok(Vec::new());
    }
    let seats = crate::partnerships::queries::seats::active(conn, partnership)?;
    let missing = [(Side::Civilian, "civilian_leader"), (Side::Police, "police_leader")];
    Ok(missing
        .into_iter()
        .filter(|(side, _)| !seats.iter().any(|seat| seat.side == *side))
        .map(|(_, name)| name)
        .collect())
}
