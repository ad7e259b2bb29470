//! Decisions in a meeting (`domain/60` 6.22): called among those who are present, judged as every other.
//!
//! A call in a meeting asks the eligible members who are there, once they are a quorum of each side; it needs no least time,
//! and ends when a leader or facilitator closes it, when leaders of both sides have written down what was said, or with the
//! meeting. Which meeting that is, and whether it goes on, is for the slice of meetings to know.

use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use super::closing::conclude;
use super::consensus::{Heads, Rules};
use super::events;
use super::hand::Hand;
use super::model::{Decision, DecisionState, Ending, Method};
use super::queries::decisions::{self, DecisionChanges};
use super::queries::{in_meetings, roster, stances};
use super::reactions::Surroundings;
use super::steps::demand_running;
use super::voice::Written;
use crate::accounts::Side;
use crate::ids::{AccountId, AgendaItemId, DecisionId, MeetingId, PartnershipId};
use crate::platform::State;
use crate::platform::clock::{Instant, hours};
use crate::platform::config::Consensus;
use crate::platform::db::{Conn, Json};
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::{Listing, Page, Tx};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::Entry;
use crate::schema::meeting_decisions;
use crate::{id_type, text_enum};

id_type! {
    /// A call of a decision in a meeting.
    MeetingDecisionId,
}

/// A meeting lasts a day at most: by then what was called in it is over, whoever forgot to adjourn.
const LONGEST_HOURS: u64 = 24;
/// Calls in one meeting.
const MOST_CALLS: usize = 100;

text_enum! {
    /// What the law has against deciding something as it is being decided.
    pub enum DecisionWarning {
        /// The open meetings law binds the partnership, and this is being decided outside of a noticed meeting: a majority that
        /// agrees through messages meets by that (K.S.A. 75-4318(f)). Call it in a meeting.
        SerialCommunication = "serial_communication",
    }
}

/// A decision that was called in a meeting: the quorum then, and how it ended.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = meeting_decisions, treat_none_as_default_value = false)]
pub struct MeetingDecision {
    pub id: MeetingDecisionId,
    pub decision_id: DecisionId,
    pub meeting_id: MeetingId,
    pub agenda_item_id: Option<AgendaItemId>,
    pub civilian_present: i32,
    pub civilian_eligible: i32,
    pub civilian_needed: i32,
    pub police_present: i32,
    pub police_eligible: i32,
    pub police_needed: i32,
    pub called_by_id: AccountId,
    pub by_voice: bool,
    pub recorded_by_id: Option<AccountId>,
    pub ending: Option<Ending>,
    pub ended_at: Option<Instant>,
    pub created_at: Instant,
    pub spoken: Option<Json<Written>>,
    pub confirmed_by_id: Option<AccountId>,
}

impl MeetingDecision {
    /// What was written down of what was said: while it can be confirmed, and once it was. Otherwise it came to nothing.
    pub fn written(&self) -> Option<&Written> {
        self.spoken.as_ref().map(|Json(written)| written).filter(|_| self.by_voice || self.ended_at.is_none())
    }

    /// The quorum when it was called.
    pub fn quorum(&self) -> [SideQuorum; 2] {
        let of = |side, present, eligible, needed| SideQuorum {
            side,
            present,
            eligible,
            needed,
            is_quorate: present >= needed,
        };
        [
            of(Side::Civilian, self.civilian_present, self.civilian_eligible, self.civilian_needed),
            of(Side::Police, self.police_present, self.police_eligible, self.police_needed),
        ]
    }
}

/// How many of a side are there who can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct SideQuorum {
    /// The side.
    pub side: Side,
    /// Members who are recorded as present by person, and whose voice counts.
    pub present: i32,
    /// Members whose voice counts: active, no observers; officers while their verification counts.
    pub eligible: i32,
    /// So many have to be there.
    pub needed: i32,
    /// Whether there are.
    pub is_quorate: bool,
}

/// The quorum of both sides, civilian and police, where so many of each are eligible and present. Pure.
pub fn quorum(set: &Consensus, eligible: &[(AccountId, Side)], present: &[(AccountId, Side)]) -> [SideQuorum; 2] {
    let rules = Rules::from(set);
    let count = |people: &[(AccountId, Side)], side| {
        i32::try_from(people.iter().filter(|(_, of)| *of == side).count()).unwrap_or(i32::MAX)
    };
    [Side::Civilian, Side::Police].map(|side| {
        let (eligible, present) = (count(eligible, side), count(present, side));
        let needed = rules.quorum(&Heads::silent(side, u32::try_from(eligible).unwrap_or(0)));
        let needed = i32::try_from(needed).unwrap_or(i32::MAX);
        SideQuorum { side, present, eligible, needed, is_quorate: present >= needed }
    })
}

/// Who is there and can decide.
#[derive(Debug, Clone)]
pub struct Attendants {
    /// Eligible members who are present.
    pub members: Vec<(AccountId, Side)>,
    /// Whether they are enough: civilian, police.
    pub quorum: [SideQuorum; 2],
}

/// Those of `recorded` who can decide in the partnership, and whether they are enough of each side.
///
/// # Errors
/// When the database can't be asked.
pub fn attendants(
    conn: &mut Conn,
    state: &State,
    of: PartnershipId,
    recorded: &[AccountId],
    now: Instant,
) -> Result<Attendants> {
    let eligible = roster::eligible(conn, of, now.date())?;
    let recorded: std::collections::HashSet<&AccountId> = recorded.iter().collect();
    let members: Vec<_> = eligible.iter().copied().filter(|(who, _)| recorded.contains(who)).collect();
    let quorum = quorum(&state.config.consensus, &eligible, &members);
    Ok(Attendants { members, quorum })
}

/// Decisions of the partnership that have not ended and are anonymous.
///
/// # Errors
/// When the database can't be asked.
pub fn anonymous_ones(conn: &mut Conn, of: PartnershipId) -> Result<Vec<DecisionId>> {
    let open = decisions::open_of(conn, of)?;
    Ok(open.into_iter().filter(|decision| decision.is_anonymous).map(|decision| decision.id).collect())
}

/// What the law has against deciding this as it is being decided.
pub fn warnings(conn: &mut Conn, state: &State, decision: &Decision) -> Result<Vec<DecisionWarning>> {
    let talked_about = decision.state.is_open() && decision.state != DecisionState::Draft;
    if !talked_about || !(state.handed::<Surroundings>()?.meets_in_the_open)(conn, decision.partnership_id)? {
        return Ok(Vec::new());
    }
    match in_meetings::open_of(conn, decision.id)? {
        Some(_) => Ok(Vec::new()),
        None => Ok(vec![DecisionWarning::SerialCommunication]),
    }
}

/// Refuses to open a decision, or the call of one, while a meeting of the partnership is recessed (`domain/60` 6.22).
///
/// # Errors
/// A conflict.
pub fn demand_in_the_open(conn: &mut Conn, state: &State, of: PartnershipId) -> Result<()> {
    match (state.handed::<Surroundings>()?.sits_closed)(conn, of)? {
        true => Err(Error::conflict(
            "A meeting of the partnership is recessed into an executive session; no decision is opened meanwhile.",
        )),
        false => Ok(()),
    }
}

/// Refuses while the meeting in which the decision was called is recessed; the call, where it was called in one.
///
/// # Errors
/// A conflict.
pub fn demand_unrecessed(conn: &mut Conn, state: &State, decision: &Decision) -> Result<Option<MeetingDecision>> {
    if decision.state != DecisionState::FinalCall {
        return Ok(None);
    }
    let Some(call) = in_meetings::open_of(conn, decision.id)? else { return Ok(None) };
    match (state.handed::<Surroundings>()?.is_recessed)(conn, call.meeting_id)? {
        true => {
            Err(Error::conflict("The meeting is recessed into an executive session; nothing is decided meanwhile."))
        }
        false => Ok(Some(call)),
    }
}

/// Refuses to end a call over what was said aloud and waits to be confirmed, unless the `side` does it that wrote it down.
///
/// # Errors
/// A conflict.
pub fn demand_unspoken(call: &MeetingDecision, side: Option<Side>) -> Result<()> {
    match &call.spoken {
        Some(Json(written)) if Some(written.side) != side => Err(Error::conflict(format!(
            "A leader of the {} side has written down what was said aloud; it is confirmed first, or they close the call.",
            written.side
        ))),
        _ => Ok(()),
    }
}

/// Where and by whom a decision is called.
#[derive(Debug)]
pub struct Sitting<'a> {
    /// The meeting.
    pub meeting: MeetingId,
    /// When it is called.
    pub at: Instant,
    /// The item of its agenda.
    pub item: Option<AgendaItemId>,
    /// Who is there.
    pub attendants: &'a Attendants,
    /// Who calls it.
    pub by: AccountId,
    /// The version of the text that is put to them.
    pub text_number: i32,
}

/// Refuses where a side has too few; what a quorum of each side has to do.
pub(super) fn demand_quorum(quorum: &[SideQuorum; 2], what: &str) -> Result<()> {
    let short: Vec<_> = quorum.iter().filter(|side| !side.is_quorate).collect();
    if short.is_empty() {
        return Ok(());
    }
    let needed: Vec<String> = short
        .iter()
        .map(|side| {
            format!(
                "{} more of the {} side ({} of {})",
                side.needed - side.present,
                side.side,
                side.present,
                side.needed
            )
        })
        .collect();
    let missing = short.iter().map(|s| if s.side == Side::Police { "police_members" } else { "civilian_members" });
    let why = format!("A quorum of each side has to {what}; missing: {}.", needed.join(", "));
    Err(Error::new(Code::QuorumUnreachable, why).with_missing(missing.collect()))
}

/// Calls a decision in a meeting: asks those who are there, at once.
///
/// # Errors
/// 409 where it can't be called, or not enough are there.
pub fn call_in_meeting(
    tx: &mut Tx<'_>,
    state: &State,
    decision: &Decision,
    sitting: &Sitting<'_>,
) -> Result<(MeetingDecision, Decision, Entry)> {
    let now = sitting.at;
    if !matches!(decision.state, DecisionState::Discussion | DecisionState::SenseCheck | DecisionState::Amending) {
        let why =
            format!("The decision is {}; one is called in a meeting while it is discussed or amended.", decision.state);
        return Err(Error::conflict(why));
    }
    if sitting.text_number != decision.text_number {
        let why = format!("The text has version {} now; read that one out.", decision.text_number);
        return Err(Error::new(Code::StanceStale, why));
    }
    demand_running(tx, decision)?;
    match decision.method {
        Method::Advice => return Err(Error::conflict("A leader decides this after hearing advice, and no meeting.")),
        Method::Majority => decisions::demand_majority_allowed(tx, decision.partnership_id, decision.class)?,
        Method::Consensus | Method::Consent => {}
    }
    let Attendants { members, quorum } = sitting.attendants;
    demand_quorum(quorum, "be there")?;
    if in_meetings::all_of(tx, sitting.meeting)?.len() >= MOST_CALLS {
        return Err(Error::conflict(
            "A hundred decisions have been called in the meeting; call others in the next one.",
        ));
    }
    // Step by step, as everywhere; a quorum of both sides waives the time between them.
    let mut row = decision.clone();
    if row.state != DecisionState::SenseCheck {
        row.state.demand(DecisionState::SenseCheck)?;
        let changes = DecisionChanges { state: Some(DecisionState::SenseCheck), ..DecisionChanges::default() };
        row = decisions::update(tx, &row, changes, now)?;
    }
    row.state.demand(DecisionState::FinalCall)?;
    stances::make_stale(tx, row.id, now)?;
    roster::snapshot(tx, row.id, members, now)?;
    let changes = DecisionChanges {
        state: Some(DecisionState::FinalCall),
        final_call_at: Some(Some(now)),
        closes_from: Some(Some(now)),
        closes_at: Some(Some(now.plus(hours(LONGEST_HOURS)))),
        // Whoever is there needs no letter.
        noticed_at: Some(Some(now)),
        rules: Some(Some(Json(Rules::from(&state.config.consensus)))),
        ..DecisionChanges::default()
    };
    let row = decisions::update(tx, &row, changes, now)?;
    let [civilian, police] = quorum;
    let call = MeetingDecision {
        id: MeetingDecisionId::new(),
        decision_id: row.id,
        meeting_id: sitting.meeting,
        agenda_item_id: sitting.item,
        civilian_present: civilian.present,
        civilian_eligible: civilian.eligible,
        civilian_needed: civilian.needed,
        police_present: police.present,
        police_eligible: police.eligible,
        police_needed: police.needed,
        called_by_id: sitting.by,
        by_voice: false,
        recorded_by_id: None,
        ending: None,
        ended_at: None,
        created_at: now,
        spoken: None,
        confirmed_by_id: None,
    };
    in_meetings::insert(tx, &call)?;
    let entry = events::CALLED_IN_MEETING.on(row.id.0).within(row.partnership_id.0);
    let entry = entry.fact("civilian", i64::from(civilian.present)).fact("police", i64::from(police.present));
    Ok((call, row, entry))
}

/// Ends what is still open in a meeting that ends, with what was said. What is to be recorded of it.
///
/// # Errors
/// When the database can't do it, or a slice refuses.
pub fn end_calls_of(tx: &mut Tx<'_>, state: &State, meeting: MeetingId) -> Result<Vec<Entry>> {
    let open = in_meetings::all_of(tx, meeting)?.into_iter().filter(|(call, _)| call.ended_at.is_none());
    let close =
        |(_, decision): (_, Decision)| conclude(&mut Hand::Person(tx), state, &decision, None).map(|(_, entry)| entry);
    open.map(close).collect()
}

/// The last call of the decision in the meeting, with the decision.
///
/// # Errors
/// When the database can't be asked.
pub fn find_in_meeting(
    conn: &mut Conn,
    meeting: MeetingId,
    decision: DecisionId,
) -> Result<Option<(MeetingDecision, Decision)>> {
    let Some(call) = in_meetings::last_of(conn, meeting, decision)? else { return Ok(None) };
    Ok(decisions::find(conn, decision)?.map(|row| (call, row)))
}

/// What was called in a meeting, the first one first.
///
/// # Errors
/// When the database can't be asked.
pub fn decided_in<F>(
    conn: &mut Conn,
    meeting: MeetingId,
    listing: &Listing<F>,
) -> Result<Page<(MeetingDecision, Decision)>> {
    in_meetings::list(conn, meeting, listing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(civilian: usize, police: usize) -> Vec<(AccountId, Side)> {
        let of = |side, n| std::iter::repeat_with(move || (AccountId::new(), side)).take(n);
        of(Side::Civilian, civilian).chain(of(Side::Police, police)).collect()
    }

    #[test]
    fn each_side_needs_half_of_its_members_and_never_fewer_than_the_least() {
        let set = Consensus::default();
        for (eligible, present, quorate) in [
            ((9, 3), (5, 2), [true, true]),
            ((9, 3), (4, 2), [false, true]),
            ((9, 3), (9, 1), [true, false]),
            ((1, 1), (1, 1), [false, true]),
            ((2, 0), (2, 0), [true, false]),
        ] {
            let (all, there) = (people(eligible.0, eligible.1), people(present.0, present.1));
            let sides = quorum(&set, &all, &there);
            assert_eq!(sides.map(|side| side.is_quorate), quorate, "{eligible:?} {present:?}");
            assert_eq!(demand_quorum(&sides, "be there").is_ok(), quorate == [true, true]);
        }
        let sides = quorum(&set, &people(9, 3), &people(4, 0));
        let refused = demand_quorum(&sides, "be there").unwrap_err();
        assert_eq!(refused.missing(), ["civilian_members", "police_members"]);
        assert!(refused.detail().contains("1 more of the civilian side (4 of 5), 2 more of the police side (0 of 2)"));
    }
}
