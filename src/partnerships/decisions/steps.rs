//! The steps of a decision's life up to its final call, and the time that does not count.

use super::closing::unled;
use super::consensus::Rules;
use super::model::{Decision, DecisionClass, DecisionState, Method};
use super::queries::decisions::{self, DecisionChanges};
use super::queries::{roster, stances};
use super::reactions::Surroundings;
use crate::accounts::Side;
use crate::partnerships::model::{Partnership, PartnershipState};
use crate::platform::State;
use crate::platform::clock::{Instant, hours};
use crate::platform::db::{Conn, Json};
use crate::platform::error::{Code, Error, FieldCode, Result};
use crate::platform::lifecycle::Lifecycle as _;

/// So many of each side at least are asked where nobody is to see whose a stance is: one alone could be told from the result.
const HIDES_AMONG: usize = 2;

/// Refuses to go on while the time of a decision stands still.
pub(super) fn demand_running(conn: &mut Conn, decision: &Decision) -> Result<()> {
    let missing = unled(conn, decision.partnership_id, decision.class)?;
    if !missing.is_empty() {
        let why = format!("Nothing is decided on {} while a side has no leader.", decision.class);
        return Err(Error::new(Code::LeadershipIncomplete, why).with_missing(missing));
    }
    match decision.paused_at {
        None => Ok(()),
        Some(_) => Err(Error::conflict("The decision waits until both sides have a leader again.")),
    }
}

/// Asks how everybody feels about the text.
pub(super) fn start_sense_check(conn: &mut Conn, state: &State, decision: &Decision, now: Instant) -> Result<Decision> {
    decision.state.demand(DecisionState::SenseCheck)?;
    demand_running(conn, decision)?;
    if decision.sense_check_from.is_some_and(|from| now < from) {
        let waived = state.handed::<Surroundings>()?.meets_with_quorum;
        if !waived(conn, state, decision.partnership_id, now)? {
            let why = format!(
                "A decision on {} is discussed for {} hours at least, unless a meeting with a quorum of both sides goes on.",
                decision.class, state.config.consensus.discussion_hours
            );
            return Err(Error::new(Code::GateUnmet, why).with_missing(vec!["discussion_time"]));
        }
    }
    let members = roster::eligible(conn, decision.partnership_id, now.date())?;
    roster::begin(conn, decision.id, &members)?;
    let changes = DecisionChanges { state: Some(DecisionState::SenseCheck), ..DecisionChanges::default() };
    decisions::update(conn, decision, changes, now)
}

/// Opens the final call for so many hours: asks the members of both sides who are there now. How many of each are asked.
pub(super) fn call(
    conn: &mut Conn,
    state: &State,
    decision: &Decision,
    lasts_hours: u64,
    now: Instant,
) -> Result<(Decision, [usize; 2])> {
    decision.state.demand(DecisionState::FinalCall)?;
    demand_running(conn, decision)?;
    let set = &state.config.consensus;
    let (least, most) = (set.final_call_hours, set.final_call_days * 24);
    if !(least..=most).contains(&lasts_hours) {
        let why = format!("a final call lasts from {least} to {most} hours");
        return Err(Error::field("/hours", FieldCode::OutOfRange, why));
    }
    if decision.method == Method::Majority {
        decisions::demand_majority_allowed(conn, decision.partnership_id, decision.class)?;
    }
    let rules = Rules::from(set);
    let members = roster::eligible(conn, decision.partnership_id, now.date())?;
    let asked = [Side::Civilian, Side::Police].map(|side| members.iter().filter(|(_, of)| *of == side).count());
    let missing: Vec<&'static str> = asked
        .into_iter()
        .zip([(Side::Civilian, "civilian_members"), (Side::Police, "police_members")])
        .filter(|(there, (side, _))| u32::try_from(*there).unwrap_or(u32::MAX) < rules.minimum(*side))
        .map(|(_, (_, name))| name)
        .collect();
    if !missing.is_empty() {
        let why = format!(
            "At least {} civilian and {} police members have to be there who can take part.",
            rules.civilian_minimum, rules.police_minimum
        );
        return Err(Error::new(Code::QuorumUnreachable, why).with_missing(missing));
    }
    if decision.is_anonymous && asked.iter().any(|there| *there < HIDES_AMONG) {
        let why = format!("Of fewer than {HIDES_AMONG} people of a side, the result would tell who stands where.");
        return Err(Error::new(Code::AnonymousNotAllowed, why));
    }
    // How everybody felt is kept, and counts for nothing now.
    stances::make_stale(conn, decision.id, now)?;
    roster::snapshot(conn, decision.id, &members, now)?;
    let changes = DecisionChanges {
        state: Some(DecisionState::FinalCall),
        final_call_at: Some(Some(now)),
        closes_from: Some(Some(now.plus(hours(least)))),
        closes_at: Some(Some(now.plus(hours(lasts_hours)))),
        noticed_at: Some(None),
        rules: Some(Some(Json(rules))),
        ..DecisionChanges::default()
    };
    Ok((decisions::update(conn, decision, changes, now)?, asked))
}

/// Refuses stances once the time for them is over, whether or not the final call has been closed by then.
pub(super) fn demand_in_time(decision: &Decision, now: Instant) -> Result<()> {
    let over = decision.closes_at.is_some_and(|end| decision.paused_at.unwrap_or(now) >= end);
    if decision.state == DecisionState::FinalCall && over {
        return Err(Error::conflict("The final call is over."));
    }
    Ok(())
}

/// Stops or starts the time of a partnership's open decisions, as its state and its leaders have it now (`domain/20` 6.3):
/// nothing is decided while it is suspended, and nothing that leaders of both sides have to be for while a side has none.
/// What stands still is not closed and can go no step further; time that did not count is given back.
///
/// # Errors
/// When the database can't do it.
pub fn follow(conn: &mut Conn, partnership: &Partnership, now: Instant) -> Result<()> {
    let open = decisions::open_of(conn, partnership.id)?;
    if open.is_empty() {
        return Ok(());
    }
    let is_suspended = partnership.state == PartnershipState::Suspended;
    let is_led = unled(conn, partnership.id, DecisionClass::Mission)?.is_empty();
    for decision in open {
        let waits = is_suspended || decision.class.needs_leaders() && !is_led;
        match decision.paused_at {
            None if waits => {
                let stopped = DecisionChanges { paused_at: Some(Some(now)), ..DecisionChanges::default() };
                decisions::update(conn, &decision, stopped, now)?;
            }
            Some(since) if !waits => go_on(conn, &decision, since, now)?,
            _ => {}
        }
    }
    Ok(())
}

/// Lets the time of a decision go on, and gives back what did not count.
fn go_on(conn: &mut Conn, decision: &Decision, since: Instant, now: Instant) -> Result<()> {
    let lost = now.since(since);
    // What was over by then stays over.
    let moved = |at: Option<Instant>| Some(at.map(|at| if at > since { at.plus(lost) } else { at }));
    let changes = DecisionChanges {
        paused_at: Some(None),
        sense_check_from: moved(decision.sense_check_from),
        closes_from: moved(decision.closes_from),
        closes_at: moved(decision.closes_at),
        ..DecisionChanges::default()
    };
    decisions::update(conn, decision, changes, now).map(|_| ())
}
