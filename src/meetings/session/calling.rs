//! Deciding in a meeting.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::is_recessed;
use super::policy::{self, Action};
use super::queries::{attendants_of, was_noticed};
use crate::accounts::{Actor, Ctx, PersonRef, Side, people};
use crate::ids::{AccountId, AgendaItemId, DecisionId, MeetingId};
use crate::meetings::agenda::has_accepted;
use crate::meetings::model::{Meeting, MeetingState};
use crate::meetings::open_meetings::is_on;
use crate::meetings::queries::attendance::called_at;
use crate::meetings::routes::{Hold, load};
use crate::partnerships::{
    Decision, DecisionClass, DecisionState, Ending, Grounds, Heads, Level, MeetingDecision, Position, Principle,
    Scoped, SideQuorum, Sitting, Spoken, Standing, Written, call_in_meeting, confirm_spoken, decided_in, find_decision,
    find_in_meeting, knows_names, write_down,
};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Code, Error, FieldCode, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{
    API, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Valid, Versioned, wrong,
};
use crate::platform::record::timeline::NoFilter;
use crate::platform::text::Prose;
use crate::platform::values::{List, Whole};

/// A decision to be called.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"decision_id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d11", "text_number": 1}))]
pub struct CallDecisionInMeeting {
    /// A decision of the partnership that is discussed, felt out or amended.
    decision_id: DecisionId,
    /// The version of its text that is read out.
    text_number: Whole<1, 100_000>,
    /// The accepted item of the agenda under which it is called.
    agenda_item_id: Option<AgendaItemId>,
}
impl Check for CallDecisionInMeeting {}

/// How many of a side said what.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SpokenCounts {
    /// Full support.
    endorse: Option<Whole<0, 10_000>>,
    /// Agree, with a small point.
    agree_minor: Option<Whole<0, 10_000>>,
    /// Support with reservations.
    reservations: Option<Whole<0, 10_000>>,
    /// Stand aside.
    stand_aside: Option<Whole<0, 10_000>>,
    /// Need more discussion.
    more_discussion: Option<Whole<0, 10_000>>,
    /// Don't like it, but will support it.
    dislike_support: Option<Whole<0, 10_000>>,
    /// Disagree.
    disagree: Option<Whole<0, 10_000>>,
    /// Block. Each of them is named in `positions`, with its principle and remedy.
    block: Option<Whole<0, 10_000>>,
}

impl SpokenCounts {
    fn heads(self, side: Side) -> Heads {
        let n = |count: Option<Whole<0, 10_000>>| count.and_then(|n| u32::try_from(n.get()).ok()).unwrap_or(0);
        Heads {
            endorse: n(self.endorse),
            agree_minor: n(self.agree_minor),
            reservations: n(self.reservations),
            stand_aside: n(self.stand_aside),
            more_discussion: n(self.more_discussion),
            dislike_support: n(self.dislike_support),
            disagree: n(self.disagree),
            block: n(self.block),
            ..Heads::silent(side, 0)
        }
    }
}

/// Where somebody stands whose name is written down.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpokenPosition {
    /// Somebody who is there and asked.
    account_id: AccountId,
    /// Where they stand.
    level: Level,
    /// Why. Needed for `more_discussion`, `dislike_support`, `disagree` and `block`.
    reason: Option<Prose<1, 2000>>,
    /// Of a block: what it stands on.
    principle: Option<Principle>,
    /// Of a block: what would have to change.
    remedy: Option<Prose<10, 2000>>,
}

/// What was said in a meeting.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "text_number": 1, "civilian": {"endorse": 5, "stand_aside": 1}, "police": {"endorse": 2},
    "positions": [{"account_id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d11", "level": "endorse"}]
}))]
pub struct RecordDecisionByVoice {
    /// The version of the text that was read out.
    text_number: Whole<1, 100_000>,
    /// Of the civilian side, no more than are there.
    civilian: SpokenCounts,
    /// Of the police side, no more than are there.
    police: SpokenCounts,
    /// Who said what, each counted above as well: whoever blocks, leaders where a leader of each side has to be for it, and
    /// everybody where the open meetings law binds the partnership.
    #[serde(default)]
    positions: List<SpokenPosition, 0, 500>,
}
impl Check for RecordDecisionByVoice {
    fn check(&self, errors: &mut Vec<FieldError>) {
        for (n, position) in self.positions.as_slice().iter().enumerate() {
            if position.level.needs_reason() && position.reason.is_none() {
                errors.push(wrong(format!("/positions/{n}/reason"), FieldCode::Required, "say why"));
            }
            let blocks = position.level == Level::Block;
            for (name, given) in [("principle", position.principle.is_some()), ("remedy", position.remedy.is_some())] {
                let at = format!("/positions/{n}/{name}");
                match (blocks, given) {
                    (true, false) => {
                        errors.push(wrong(at, FieldCode::Required, "a block names its principle and remedy"));
                    }
                    (false, true) => errors.push(wrong(at, FieldCode::Inconsistent, "belongs to a block")),
                    _ => {}
                }
            }
        }
    }
}

/// A decision that was called in a meeting.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeetingDecisionDetail {
    /// The decision.
    decision_id: DecisionId,
    /// In which meeting it was called.
    meeting_id: MeetingId,
    /// Under which item of the agenda.
    agenda_item_id: Option<AgendaItemId>,
    /// What is decided.
    class: DecisionClass,
    /// The question that is put.
    question: String,
    /// Where the decision stands now.
    state: DecisionState,
    /// Who was there when it was called: civilian, police.
    quorum: Vec<SideQuorum>,
    /// Who called it.
    called_by: Option<PersonRef>,
    /// Whether it ended with what was said and written down, beside the stances that people took by themselves.
    by_voice: bool,
    /// Who wrote that down.
    recorded_by: Option<PersonRef>,
    /// The leader of the other side who confirmed it; `null` also where that was not asked for yet.
    confirmed_by: Option<PersonRef>,
    /// What is written down of what was said: while it waits to be confirmed, and once it is. For members and officers who
    /// read the decision; while one that hides its results is open, for leaders.
    spoken: Option<SpokenDetail>,
    /// How it ended in the meeting; `null` while it is open, and where its text was changed.
    ending: Option<Ending>,
    /// When it ended there.
    ended_at: Option<Instant>,
    /// The version of the decision, which `If-Match` names.
    version: i64,
    /// When it was called.
    created_at: Instant,
}

/// Where somebody stands, by name, as it was written down.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpokenPositionDetail {
    /// Who.
    person: Option<PersonRef>,
    /// Where they stand.
    level: Level,
    /// Why.
    reason: Option<String>,
    /// Of a block: what it stands on.
    principle: Option<Principle>,
    /// Of a block: what would have to change.
    remedy: Option<String>,
}

/// What was said in a meeting, as a leader has written it down.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpokenDetail {
    /// The version of the text that was read out.
    text_number: i32,
    /// How many of each side said what: civilian, police.
    sides: Vec<Heads>,
    /// Who said what, of whom it is written down.
    positions: Vec<SpokenPositionDetail>,
    /// Who wrote it down.
    written_by: Option<PersonRef>,
    /// Of which side; a leader of the other one confirms it.
    side: Side,
    /// When it was written down.
    written_at: Instant,
}

impl SpokenDetail {
    fn new(written: &Written, by: Option<AccountId>, people: &HashMap<AccountId, PersonRef>) -> Self {
        let Written { spoken: Spoken { text_number, heads, positions }, side, at } = written;
        let person = |id: AccountId| people.get(&id).cloned();
        let position = |said: &Position| SpokenPositionDetail {
            person: person(said.account),
            level: said.level,
            reason: said.reason.clone(),
            principle: said.grounds.as_ref().map(|grounds| grounds.principle),
            remedy: said.grounds.as_ref().map(|grounds| grounds.remedy.clone()),
        };
        Self {
            text_number: *text_number,
            sides: heads.to_vec(),
            positions: positions.iter().map(position).collect(),
            written_by: by.and_then(person),
            side: *side,
            written_at: *at,
        }
    }
}

/// Whether somebody reads what was written down: whoever is told who stands where. Of what hides its results until one has
/// said where one stands, leaders alone, who have to confirm it.
fn reads_spoken(standing: &Standing, decision: &Decision) -> bool {
    let hidden = decision.hides_results && decision.state.takes_stances();
    knows_names(standing) && (!hidden || standing.seat.is_some())
}

fn shown(
    conn: &mut Conn,
    rows: Vec<(MeetingDecision, Decision)>,
    standing: &Standing,
) -> Result<Vec<MeetingDecisionDetail>> {
    let mut named = Vec::new();
    for (call, _) in &rows {
        named.push(call.called_by_id);
        named.extend(call.recorded_by_id);
        named.extend(call.confirmed_by_id);
        named.extend(call.written().into_iter().flat_map(|it| &it.spoken.positions).map(|said| said.account));
    }
    let people = people(conn, named)?;
    let detail = |(call, decision): (MeetingDecision, Decision)| MeetingDecisionDetail {
        spoken: call
            .written()
            .filter(|_| reads_spoken(standing, &decision))
            .map(|written| SpokenDetail::new(written, call.recorded_by_id, &people)),
        decision_id: call.decision_id,
        meeting_id: call.meeting_id,
        agenda_item_id: call.agenda_item_id,
        class: decision.class,
        question: decision.question,
        state: decision.state,
        quorum: call.quorum().to_vec(),
        called_by: people.get(&call.called_by_id).cloned(),
        by_voice: call.by_voice,
        recorded_by: call.recorded_by_id.filter(|_| call.by_voice).and_then(|by| people.get(&by).cloned()),
        confirmed_by: call.confirmed_by_id.and_then(|by| people.get(&by).cloned()),
        ending: call.ending,
        ended_at: call.ended_at,
        version: decision.version,
        created_at: call.created_at,
    };
    Ok(rows.into_iter().map(detail).collect())
}

fn one(
    conn: &mut Conn,
    call: MeetingDecision,
    decision: Decision,
    standing: &Standing,
) -> Result<Versioned<MeetingDecisionDetail>> {
    let version = decision.version;
    let value = shown(conn, vec![(call, decision)], standing)?.pop();
    Ok(Versioned::new(value.ok_or_else(|| Error::fault("a decision was lost"))?, version))
}

/// A decision of the meeting's partnership.
fn known(conn: &mut Conn, meeting: &Meeting, id: DecisionId) -> Result<Decision> {
    let row = find_decision(conn, id)?.filter(|row| row.partnership_id == meeting.partnership_id);
    row.ok_or_else(Error::not_found)
}

/// The last call of a decision in the meeting, with the decision.
fn called(conn: &mut Conn, meeting: MeetingId, id: DecisionId) -> Result<(MeetingDecision, Decision)> {
    let found = find_in_meeting(conn, meeting, id)?;
    found.ok_or_else(|| Error::conflict("The decision has not been called in this meeting."))
}

/// The leader who asks, and of which side they are.
fn leader(actor: &Actor, scoped: &Scoped) -> Result<(AccountId, Side)> {
    let seat = scoped.standing.seat.ok_or_else(|| Error::fault("somebody who leads no side was let in"))?;
    Ok((actor.person()?.id, seat.side))
}

/// Refuses where nothing is decided in the meeting now.
fn demand_deciding(conn: &mut Conn, meeting: &Meeting) -> Result<()> {
    if meeting.state != MeetingState::InSession {
        return Err(Error::conflict(format!("The meeting is {}; one decides while it is in session.", meeting.state)));
    }
    if is_recessed(conn, meeting.id)? {
        return Err(Error::conflict(
            "The meeting is recessed into an executive session; nothing is decided meanwhile.",
        ));
    }
    Ok(())
}

fn load_for(
    conn: &mut Conn,
    actor: &Actor,
    id: MeetingId,
    action: Action,
    hold: Hold,
    now: Instant,
) -> Result<(Meeting, Scoped)> {
    let (meeting, scoped) = load(conn, actor, id, hold, now)?;
    policy::demand(actor, &scoped.standing, meeting.visibility, action)?;
    Ok((meeting, scoped))
}

/// Calls a decision in a meeting: asks those who are there, at once.
///
/// For leaders, while the meeting is in session. It has to have been noticed in time: an open one by a notice of it as it
/// stands, others by being scheduled 72 hours before (24 for a special one). A quorum of each side has to be recorded as
/// present by person (409 `quorum_unreachable` with how many are missing); it waives the discussion's least time. They take
/// stances as always, or what they say is written down by leaders of both sides; a leader or facilitator closes it at any time, and the end of the
/// meeting does.
#[utoipa::path(post, path = "/meetings/{meeting_id}/decisions",
    tag = "decisions", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting.")),
    request_body = CallDecisionInMeeting, responses((status = 201, body = MeetingDecisionDetail)))]
pub async fn call_decision_in_meeting(
    ctx: Ctx,
    id: Path<MeetingId>,
    body: Valid<CallDecisionInMeeting>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (meeting, scoped) = load_for(tx, actor, id.0, Action::CallDecisionInMeeting, Hold::Partnership, now)?;
        scoped.demand_live()?;
        let CallDecisionInMeeting { decision_id, text_number, agenda_item_id } = body.0;
        let decision = find_decision(tx, decision_id)?.filter(|row| row.partnership_id == meeting.partnership_id);
        let decision = decision
            .ok_or_else(|| Error::field("/decision_id", FieldCode::NotFound, "is no decision of this partnership"))?;
        if let Some(item) = agenda_item_id
            && !has_accepted(tx, id.0, item)?
        {
            let why = "is no accepted item of this agenda";
            return Err(Error::field("/agenda_item_id", FieldCode::NotFound, why));
        }
        demand_deciding(tx, &meeting)?;
        if !was_noticed(tx, &meeting)? {
            let why = "Those who may attend were not told of the meeting in time, so nothing is decided in it.";
            return Err(Error::new(Code::GateUnmet, why).with_missing(vec!["notice"]));
        }
        let at = called_at(tx, id.0, now)?;
        let attendants = attendants_of(tx, &state, &meeting, at)?;
        let sitting = Sitting {
            meeting: id.0,
            at,
            item: agenda_item_id,
            attendants: &attendants,
            by,
            text_number: text_number.get(),
        };
        let (call, decision, entry) = call_in_meeting(tx, &state, &decision, &sitting)?;
        let location = format!("{API}/decisions/{decision_id}");
        let Versioned { value, version, .. } = one(tx, call, decision, &scoped.standing)?;
        tx.recorded(entry, Created { value, location, version: Some(version) })
    })
    .await
}

/// Writes down what was said by voice, for a leader of the other side to confirm.
///
/// For leaders. It counts, and the call ends with it, once a leader of the other side has confirmed it; until then the stances
/// that people take themselves stand. Written down again by the same side, it takes the place of what was written before. What
/// is counted and not named counts as much as what is; but each block is named, a leader's support counts as such only by name,
/// and where the open meetings law binds the partnership everybody's position is named. Where fewer of a side said anything than
/// a quorum of those who are asked, it is not taken (409 `quorum_unreachable` with how many are missing): the call stays open, so
/// that the others can say where they stand.
#[utoipa::path(post, path = "/meetings/{meeting_id}/decisions/{decision_id}/voice",
    tag = "decisions", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."),
        ("decision_id" = DecisionId, Path, description = "The decision.")),
    request_body = RecordDecisionByVoice, responses((status = 200, body = MeetingDecisionDetail)))]
pub async fn record_decision_by_voice(
    ctx: Ctx,
    ids: Path<(MeetingId, DecisionId)>,
    body: Valid<RecordDecisionByVoice>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let (now, (id, decision_id)) = (tx.now(), ids.0);
        let (meeting, scoped) = load_for(tx, actor, id, Action::RecordDecisionByVoice, Hold::Partnership, now)?;
        scoped.demand_live()?;
        known(tx, &meeting, decision_id)?;
        let (call, decision) = called(tx, id, decision_id)?;
        demand_deciding(tx, &meeting)?;
        let RecordDecisionByVoice { text_number, civilian, police, positions } = body.0;
        let positions = positions.into_vec().into_iter().map(|said| {
            let grounds = said.principle.zip(said.remedy);
            Position {
                account: said.account_id,
                level: said.level,
                reason: said.reason.map(Into::into),
                grounds: grounds.map(|(principle, remedy)| Grounds { principle, remedy: remedy.into() }),
            }
        });
        let spoken = Spoken {
            text_number: text_number.get(),
            heads: [civilian.heads(Side::Civilian), police.heads(Side::Police)],
            positions: positions.collect(),
        };
        let everybody_named = is_on(tx, meeting.partnership_id)?;
        let by = leader(actor, &scoped)?;
        let (call, decision, entry) = write_down(tx, &state, (&call, &decision), spoken, everybody_named, by)?;
        let shown = one(tx, call, decision, &scoped.standing)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Confirms what the other side's leader has written down of what was said, and ends the call with that.
///
/// For leaders of the side that did not write it down (409 `already_signed` for the other). Stances that people took by
/// themselves in the call stay, and have to be among what was counted. Whatever was written down anew since you read it is another version (412); what does not fit
/// those who are asked any more has to be written down again (409). Without it the call ends by the stances alone.
#[utoipa::path(post, path = "/meetings/{meeting_id}/decisions/{decision_id}/voice/confirm",
    tag = "decisions", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."),
        ("decision_id" = DecisionId, Path, description = "The decision."), IfMatchParam),
    responses((status = 200, body = MeetingDecisionDetail)))]
pub async fn confirm_decision_by_voice(
    ctx: Ctx,
    ids: Path<(MeetingId, DecisionId)>,
    if_match: IfMatch,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let (now, (id, decision_id)) = (tx.now(), ids.0);
        let (meeting, scoped) = load_for(tx, actor, id, Action::ConfirmDecisionByVoice, Hold::Partnership, now)?;
        if_match.demand(known(tx, &meeting, decision_id)?.version)?;
        scoped.demand_live()?;
        let (call, decision) = called(tx, id, decision_id)?;
        demand_deciding(tx, &meeting)?;
        let everybody_named = is_on(tx, meeting.partnership_id)?;
        let by = leader(actor, &scoped)?;
        let (call, decision, entry) = confirm_spoken(tx, &state, (&call, &decision), everybody_named, by)?;
        let shown = one(tx, call, decision, &scoped.standing)?;
        tx.recorded(entry.fact("by_voice", true), shown)
    })
    .await
}

/// Lists what was called in a meeting, with the quorum then, and how it ended there.
#[utoipa::path(get, path = "/meetings/{meeting_id}/decisions",
    tag = "decisions", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), PageParams),
    responses((status = 200, body = Page<MeetingDecisionDetail>)))]
pub async fn list_meeting_decisions(ctx: Ctx, id: Path<MeetingId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        actor.person()?;
        let (_, scoped) = load_for(conn, actor, id.0, Action::ListMeetingDecisions, Hold::Nothing, now)?;
        let Page { items, next_cursor, total, next } = decided_in(conn, id.0, &listing)?;
        Ok(Page { items: shown(conn, items, &scoped.standing)?, next_cursor, total, next })
    })
    .await
}

crate::operations! {
    call_decision_in_meeting,
    record_decision_by_voice,
    confirm_decision_by_voice,
    list_meeting_decisions,
}
