//! Deciding in a meeting.

use actix_web::{get, post};
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
use crate::meetings::routes::{Hold, load};
use crate::partnerships::{
    Decision, DecisionClass, DecisionState, Ending, Grounds, Heads, Level, MeetingDecision, Position, Principle,
    Scoped, SideQuorum, Sitting, Spoken, call_in_meeting, decided_in, find_decision, find_in_meeting, say_by_voice,
};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Code, Error, FieldCode, FieldError, Result};
use crate::platform::http::{API, Check, Created, Found, Listing, Page, PageParams, Path, Reply, Valid, wrong};
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
    /// Whether somebody wrote down what was said, in place of everybody's own stance.
    by_voice: bool,
    /// Who did.
    recorded_by: Option<PersonRef>,
    /// How it ended in the meeting; `null` while it is open, and where its text was changed.
    ending: Option<Ending>,
    /// When it ended there.
    ended_at: Option<Instant>,
    /// When it was called.
    created_at: Instant,
}

fn shown(conn: &mut Conn, rows: Vec<(MeetingDecision, Decision)>) -> Result<Vec<MeetingDecisionDetail>> {
    let named = rows.iter().flat_map(|(call, _)| [Some(call.called_by_id), call.recorded_by_id]).flatten();
    let people = people(conn, named.collect::<Vec<_>>())?;
    let detail = |(call, decision): (MeetingDecision, Decision)| MeetingDecisionDetail {
        decision_id: call.decision_id,
        meeting_id: call.meeting_id,
        agenda_item_id: call.agenda_item_id,
        class: decision.class,
        question: decision.question,
        state: decision.state,
        quorum: call.quorum().to_vec(),
        called_by: people.get(&call.called_by_id).cloned(),
        by_voice: call.by_voice,
        recorded_by: call.recorded_by_id.and_then(|by| people.get(&by).cloned()),
        ending: call.ending,
        ended_at: call.ended_at,
        created_at: call.created_at,
    };
    Ok(rows.into_iter().map(detail).collect())
}

fn one(conn: &mut Conn, call: MeetingDecision, decision: Decision) -> Result<MeetingDecisionDetail> {
    shown(conn, vec![(call, decision)])?.pop().ok_or_else(|| Error::fault("a decision was lost"))
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
/// stances as always, or what they say is written down; a leader or facilitator closes it at any time, and the end of the
/// meeting does.
#[utoipa::path(tag = "decisions", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting.")),
    request_body = CallDecisionInMeeting, responses((status = 201, body = MeetingDecisionDetail)))]
#[post("/meetings/{meeting_id}/decisions")]
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
        let attendants = attendants_of(tx, &state, &meeting, now)?;
        let sitting = Sitting {
            meeting: id.0,
            item: agenda_item_id,
            attendants: &attendants,
            by,
            text_number: text_number.get(),
        };
        let (call, decision, entry) = call_in_meeting(tx, &state, &decision, &sitting)?;
        let location = format!("{API}/decisions/{decision_id}");
        let value = one(tx, call, decision)?;
        tx.recorded(entry, Created { value, location, version: None })
    })
    .await
}

/// Writes down what was said by voice, and ends the call with that.
///
/// For leaders. It takes the place of all stances that were taken in the call. What is counted and not named counts as much
/// as what is; but each block is named, a leader's support counts as such only by name, and where the open meetings law binds
/// the partnership everybody's position is named.
#[utoipa::path(tag = "decisions", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."),
        ("decision_id" = DecisionId, Path, description = "The decision.")),
    request_body = RecordDecisionByVoice, responses((status = 200, body = MeetingDecisionDetail)))]
#[post("/meetings/{meeting_id}/decisions/{decision_id}/voice")]
pub async fn record_decision_by_voice(
    ctx: Ctx,
    ids: Path<(MeetingId, DecisionId)>,
    body: Valid<RecordDecisionByVoice>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let (now, (id, decision_id)) = (tx.now(), ids.0);
        let by = actor.person()?.id;
        let (meeting, scoped) = load_for(tx, actor, id, Action::RecordDecisionByVoice, Hold::Partnership, now)?;
        scoped.demand_live()?;
        let known = find_decision(tx, decision_id)?.filter(|row| row.partnership_id == meeting.partnership_id);
        known.ok_or_else(Error::not_found)?;
        let (call, decision) = find_in_meeting(tx, id, decision_id)?
            .ok_or_else(|| Error::conflict("The decision has not been called in this meeting."))?;
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
            everybody_named: is_on(tx, meeting.partnership_id)?,
        };
        let (call, decision, entry) = say_by_voice(tx, &state, (&call, &decision), spoken, by)?;
        let value = one(tx, call, decision)?;
        tx.recorded(entry.fact("by_voice", true), Found(value))
    })
    .await
}

/// Lists what was called in a meeting, with the quorum then, and how it ended there.
#[utoipa::path(tag = "decisions", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), PageParams),
    responses((status = 200, body = Page<MeetingDecisionDetail>)))]
#[get("/meetings/{meeting_id}/decisions")]
pub async fn list_meeting_decisions(ctx: Ctx, id: Path<MeetingId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        actor.person()?;
        load_for(conn, actor, id.0, Action::ListMeetingDecisions, Hold::Nothing, now)?;
        let Page { items, next_cursor, total, next } = decided_in(conn, id.0, &listing)?;
        Ok(Page { items: shown(conn, items)?, next_cursor, total, next })
    })
    .await
}
