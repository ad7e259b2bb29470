//! What was said aloud in a meeting, and was written down (`domain/60` 6.22).
//!
//! A leader of one side writes it down, and a leader of the other side confirms it: nobody says alone what the other side
//! has said. Until then it is kept and counts for nothing, and the stances that people take themselves stand; a new text, a
//! call that is closed, and the end of the meeting leave it behind.
//!
//! What is counted counts, whether it has a name or not; but each block is named, a leader's support counts by name alone, and
//! under the open meetings law everybody is named. The call ends with it, by the rules of every call.

use serde::{Deserialize, Serialize};

use super::casting::Grounds;
use super::closing::{demand_taking_part, finish, leave_out_gone};
use super::consensus::Heads;
use super::events;
use super::hand::Hand;
use super::model::{
    Block, BlockId, BlockState, Decision, DecisionState, HolderId, Level, Phase, SideRow, Stance, StanceId,
};
use super::present::MeetingDecision;
use super::queries::decisions::{self, DecisionChanges};
use super::queries::{blocks, in_meetings, roster, stances};
use super::steps::demand_running;
use crate::accounts::Side;
use crate::ids::AccountId;
use crate::platform::State;
use crate::platform::clock::Instant;
use crate::platform::error::{Code, Error, FieldCode, FieldError, Result};
use crate::platform::http::{Tx, wrong};
use crate::platform::record::Entry;

/// Where somebody stands whose name was written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Position {
    pub account: AccountId,
    pub level: Level,
    pub reason: Option<String>,
    /// Of a block.
    pub grounds: Option<Grounds>,
}

/// What was said in a meeting.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Spoken {
    /// The version of the text that was put to them.
    pub text_number: i32,
    /// How many of each side said what: civilian, police. `eligible` is computed.
    pub heads: [Heads; 2],
    /// Who said what, of whom it is written down.
    pub positions: Vec<Position>,
}

/// What was said in a meeting, as a leader has written it down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Written {
    pub spoken: Spoken,
    /// The side of whoever wrote it down; the other one confirms it.
    pub side: Side,
    pub at: Instant,
}

/// What can't be of what was said, by those who were asked; whether everybody's position has to be written down. Pure.
fn faults(spoken: &Spoken, asked: &[(AccountId, Side)], everybody_named: bool) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let side_of = |who: AccountId| asked.iter().find(|(id, _)| *id == who).map(|(_, side)| *side);
    for heads in &spoken.heads {
        let there = asked.iter().filter(|(_, side)| *side == heads.side).count();
        if usize::try_from(heads.cast()).unwrap_or(usize::MAX) > there {
            let why = format!("{} were counted, and {there} are there", heads.cast());
            errors.push(wrong(format!("/{}", heads.side), FieldCode::OutOfRange, why));
        }
        for level in Level::ALL {
            let named = spoken.positions.iter().filter(|p| p.level == *level && side_of(p.account) == Some(heads.side));
            let (named, counted) = (named.count(), usize::try_from(heads.at(*level)).unwrap_or(usize::MAX));
            let fits = if *level == Level::Block { named == counted } else { named <= counted };
            if !fits {
                let why = match level {
                    Level::Block => format!("{counted} were counted, and {named} are named; each block has a name"),
                    _ => format!("{counted} were counted, and {named} are named"),
                };
                errors.push(wrong(format!("/{}/{level}", heads.side), FieldCode::Inconsistent, why));
            }
        }
    }
    for (n, position) in spoken.positions.iter().enumerate() {
        let at = format!("/positions/{n}/account_id");
        if side_of(position.account).is_none() {
            errors.push(wrong(at, FieldCode::NotFound, "is not among those who are asked"));
        } else if spoken.positions.iter().take(n).any(|earlier| earlier.account == position.account) {
            errors.push(wrong(at, FieldCode::NotUnique, "stands in the list already"));
        }
    }
    if everybody_named && errors.is_empty() {
        let counted: u32 = spoken.heads.iter().map(Heads::cast).sum();
        let named = spoken.positions.len();
        if named < asked.len() || usize::try_from(counted).unwrap_or(usize::MAX) != named {
            let why = format!("each of the {} who are there is named: the open meetings law has it so", asked.len());
            errors.push(wrong("/positions", FieldCode::Required, why));
        }
    }
    errors
}

/// What was said, with the stances that people of `asked` took by themselves in the call: nobody says for them that they stand
/// elsewhere, or that they said nothing. Pure.
fn with_own(spoken: &Spoken, own: &[(AccountId, Level)], asked: &[(AccountId, Side)]) -> (Spoken, Vec<FieldError>) {
    let mut all = spoken.clone();
    let mut errors = Vec::new();
    for (account, level) in own.iter().filter(|(who, _)| asked.iter().any(|(id, _)| id == who)) {
        match spoken.positions.iter().position(|position| position.account == *account) {
            Some(n) if spoken.positions.get(n).is_some_and(|position| position.level != *level) => {
                let why = format!("has taken a stance in the call: {level}");
                errors.push(wrong(format!("/positions/{n}/level"), FieldCode::Inconsistent, why));
            }
            Some(_) => {}
            None => all.positions.push(Position { account: *account, level: *level, reason: None, grounds: None }),
        }
    }
    (all, errors)
}

/// Counts who was asked of each side.
fn count_asked(heads: &mut [Heads; 2], asked: &[(AccountId, Side)]) {
    for heads in heads {
        let eligible = asked.iter().filter(|(_, side)| *side == heads.side).count();
        heads.eligible = u32::try_from(eligible).unwrap_or(u32::MAX);
    }
}

/// Refuses what is not said aloud in a meeting, or not any more, or of another text.
fn demand_called(tx: &mut Tx<'_>, (call, decision): (&MeetingDecision, &Decision), text_number: i32) -> Result<()> {
    if call.ended_at.is_some() || decision.state != DecisionState::FinalCall {
        return Err(Error::conflict("The decision is not open in this meeting any more."));
    }
    if text_number != decision.text_number {
        let why = format!("The text has version {} now.", decision.text_number);
        return Err(Error::new(Code::StanceStale, why));
    }
    if decision.is_anonymous {
        return Err(Error::conflict("An anonymous decision is not said aloud; everybody takes a stance of their own."));
    }
    demand_running(tx, decision)
}

/// Keeps what was said in a meeting, as a leader of a side has written it down, in place of what a leader of that side had
/// written down before. It ends nothing.
///
/// # Errors
/// 422 where it can't be so; 409 where the decision is not called in the meeting, the other side has written it down, or too
/// few of a side said anything.
pub fn write_down(
    tx: &mut Tx<'_>,
    state: &State,
    (call, decision): (&MeetingDecision, &Decision),
    mut spoken: Spoken,
    everybody_named: bool,
    (by, side): (AccountId, Side),
) -> Result<(MeetingDecision, Decision, Entry)> {
    let now = tx.now();
    demand_called(tx, (call, decision), spoken.text_number)?;
    if call.written().is_some_and(|written| written.side != side) {
        let why = "A leader of the other side has written it down. Confirm it, or have them write it down again.";
        return Err(Error::conflict(why));
    }
    // Who is gone is left out; they are taken off the roster when the call ends.
    let gone = roster::gone(tx, decision, now.date())?.concat();
    let mut asked = roster::sided(tx, decision.id)?;
    asked.retain(|(who, _)| !gone.contains(who));
    let (all, mut errors) = with_own(&spoken, &stances::by_person(tx, decision.id)?, &asked);
    if errors.is_empty() {
        errors = faults(&all, &asked, everybody_named);
    }
    if !errors.is_empty() {
        return Err(Error::fields(errors));
    }
    count_asked(&mut spoken.heads, &asked);
    demand_taking_part(state, decision, &spoken.heads)?;
    let call = in_meetings::write_down(tx, call, Written { spoken, side, at: now }, by)?;
    // Whoever confirms it names the version that they have read.
    let decision = decisions::update(tx, decision, DecisionChanges::default(), now)?;
    let entry = events::SPOKEN_WRITTEN_DOWN.on(decision.id.0).within(decision.partnership_id.0);
    Ok((call, decision, entry.fact("side", side.as_str())))
}

/// Confirms, as a leader of the other side, what was written down of what was said: it ends the call. Stances that people took
/// by themselves stay, and are among what was counted.
///
/// # Errors
/// 409 where nothing can be confirmed: nothing is written down, the same side wrote it, the decision is not called any more,
/// it does not fit those who are asked any more, or too few of a side said anything.
pub fn confirm_spoken(
    tx: &mut Tx<'_>,
    state: &State,
    (call, decision): (&MeetingDecision, &Decision),
    everybody_named: bool,
    (by, side): (AccountId, Side),
) -> Result<(MeetingDecision, Decision, Entry)> {
    let now = tx.now();
    demand_called(tx, (call, decision), decision.text_number)?;
    let written = call.written().cloned();
    let Written { spoken, side: first, .. } = written
        .filter(|written| written.spoken.text_number == decision.text_number)
        .ok_or_else(|| Error::conflict("Nothing that was said is written down."))?;
    if first == side || call.recorded_by_id == Some(by) {
        let why = format!("A leader of the {first} side wrote it down; one of the other side confirms it.");
        return Err(Error::new(Code::AlreadySigned, why));
    }
    leave_out_gone(&mut Hand::Person(tx), state, decision)?;
    let asked = roster::sided(tx, decision.id)?;
    let own = stances::by_person(tx, decision.id)?;
    let (all, contradicted) = with_own(&spoken, &own, &asked);
    if !contradicted.is_empty() || !faults(&all, &asked, everybody_named).is_empty() {
        let why = "What was written down does not fit those who are asked any more; it has to be written down again.";
        return Err(Error::conflict(why));
    }
    let mut heads = spoken.heads;
    count_asked(&mut heads, &asked);
    // It would lapse, and those who are there could still say where they stand.
    demand_taking_part(state, decision, &heads)?;
    let side_of = |who: AccountId| asked.iter().find(|(id, _)| *id == who).map_or(Side::Agency, |(_, side)| *side);
    let said: Vec<Position> =
        spoken.positions.into_iter().filter(|p| !own.iter().any(|(who, _)| *who == p.account)).collect();
    let rows: Vec<Stance> = said
        .iter()
        .map(|position| Stance {
            id: StanceId::new(),
            decision_id: decision.id,
            number: decision.text_number,
            phase: Phase::FinalCall,
            side: side_of(position.account),
            level: position.level,
            reason: position.reason.clone(),
            account_id: Some(position.account),
            holder: HolderId(position.account.0),
            is_current: true,
            stale_at: None,
            created_at: now,
        })
        .collect();
    stances::insert_all(tx, &rows)?;
    let named: Vec<AccountId> = rows.iter().filter_map(|row| row.account_id).collect();
    roster::mark_all_cast(tx, decision.id, &named)?;
    let raised: Vec<Block> = said
        .into_iter()
        .filter_map(|position| position.grounds.map(|grounds| (position.account, position.reason, grounds)))
        .map(|(account, reason, Grounds { principle, remedy })| Block {
            id: BlockId::new(),
            decision_id: decision.id,
            number: decision.text_number,
            side: side_of(account),
            principle,
            reason: reason.unwrap_or_default(),
            remedy,
            state: BlockState::Raised,
            note: None,
            account_id: Some(account),
            holder: HolderId(account.0),
            version: 1,
            created_at: now,
            updated_at: now,
        })
        .collect();
    blocks::insert_all(tx, &raised)?;
    let sides = heads.map(|heads| {
        let mut row = SideRow::empty(decision.id, heads.side, i32::try_from(heads.eligible).unwrap_or(i32::MAX));
        for level in Level::ALL {
            *row.at(*level) = i32::try_from(heads.at(*level)).unwrap_or(i32::MAX);
        }
        row
    });
    for row in &sides {
        roster::save(tx, row)?;
    }
    in_meetings::confirm(tx, call.id, by)?;
    let (closed, entry) = finish(&mut Hand::Person(tx), state, decision, &sides, None)?;
    let call = in_meetings::last_of(tx, call.meeting_id, closed.id)?.ok_or_else(|| Error::fault("a call is gone"))?;
    Ok((call, closed, entry))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partnerships::decisions::model::Principle;

    fn people(civilian: usize, police: usize) -> Vec<(AccountId, Side)> {
        let of = |side, n| std::iter::repeat_with(move || (AccountId::new(), side)).take(n);
        of(Side::Civilian, civilian).chain(of(Side::Police, police)).collect()
    }
    fn position(account: AccountId, level: Level) -> Position {
        let grounds =
            (level == Level::Block).then(|| Grounds { principle: Principle::Safety, remedy: "Shades.".into() });
        Position { account, level, reason: None, grounds }
    }
    fn spoken(endorse: [u32; 2], positions: Vec<Position>) -> Spoken {
        let [civilian, police] = endorse;
        let heads = [
            Heads { endorse: civilian, ..Heads::silent(Side::Civilian, 0) },
            Heads { endorse: police, ..Heads::silent(Side::Police, 0) },
        ];
        Spoken { text_number: 1, heads, positions }
    }
    fn pointers(spoken: &Spoken, asked: &[(AccountId, Side)]) -> Vec<String> {
        faults(spoken, asked, false).into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn no_more_are_counted_than_are_there_and_no_more_named_than_counted() {
        let asked = people(3, 1);
        let (first, police) = (asked[0].0, asked[3].0);
        assert!(faults(&spoken([3, 1], vec![position(police, Level::Endorse)]), &asked, false).is_empty());
        assert!(faults(&spoken([0, 0], vec![]), &asked, false).is_empty(), "silence is counted as such");
        assert_eq!(pointers(&spoken([4, 1], vec![]), &asked), ["/civilian"]);
        assert_eq!(pointers(&spoken([3, 2], vec![]), &asked), ["/police"]);
        let named = vec![position(first, Level::Disagree)];
        assert_eq!(pointers(&spoken([2, 1], named), &asked), ["/civilian/disagree"]);
        let twice = vec![position(first, Level::Endorse), position(first, Level::Endorse)];
        assert_eq!(pointers(&spoken([3, 1], twice), &asked), ["/positions/1/account_id"]);
        let stranger = vec![position(AccountId::new(), Level::Endorse)];
        assert_eq!(pointers(&spoken([3, 1], stranger), &asked), ["/positions/0/account_id"]);
    }

    #[test]
    fn nobody_says_for_others_what_they_said_themselves() {
        let asked = people(3, 1);
        let (first, police) = (asked[0].0, asked[3].0);
        let with = |heads, positions, own: &[(AccountId, Level)]| {
            let (all, errors) = with_own(&spoken(heads, positions), own, &asked);
            let errors = if errors.is_empty() { faults(&all, &asked, false) } else { errors };
            errors.into_iter().map(|error| error.pointer).collect::<Vec<_>>()
        };
        let disagrees = [(police, Level::Disagree)];
        assert_eq!(with([3, 1], vec![position(police, Level::Endorse)], &disagrees), ["/positions/0/level"]);
        assert_eq!(with([3, 1], vec![], &disagrees), ["/police/disagree"], "left out is said otherwise, too");
        assert!(with([3, 1], vec![], &[(first, Level::Endorse)]).is_empty());
        assert_eq!(with([0, 1], vec![], &[(first, Level::Endorse)]), ["/civilian/endorse"]);
        assert_eq!(with([2, 1], vec![], &[(first, Level::Block)]), ["/civilian/block"]);
        assert!(with([3, 1], vec![], &[(AccountId::new(), Level::Block)]).is_empty(), "who was not asked");
    }

    #[test]
    fn each_block_has_a_name() {
        let asked = people(3, 1);
        let mut blocked = spoken([2, 1], vec![]);
        blocked.heads[0].block = 1;
        assert_eq!(pointers(&blocked, &asked), ["/civilian/block"]);
        blocked.positions = vec![position(asked[0].0, Level::Block)];
        assert!(faults(&blocked, &asked, false).is_empty());
    }

    #[test]
    fn under_the_open_meetings_law_everybody_is_named() {
        let asked = people(2, 1);
        let all: Vec<_> = asked.iter().map(|(who, _)| position(*who, Level::Endorse)).collect();
        let pointers = |positions| {
            let errors = faults(&spoken([2, 1], positions), &asked, true);
            errors.into_iter().map(|error| error.pointer).collect::<Vec<_>>()
        };
        assert!(pointers(all.clone()).is_empty());
        assert_eq!(pointers(all[..2].to_vec()), ["/positions"]);
        assert_eq!(pointers(vec![]), ["/positions"]);
    }
}
