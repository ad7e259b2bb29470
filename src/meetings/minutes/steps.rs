//! The steps that minutes take: circulated, assented to, put up for decision, published.

use super::model::{Minutes, MinutesAssent, MinutesAssentId, MinutesState, MinutesVisibility};
use super::motions::demand_motions;
use super::policy::Action;
use super::queries::{self as rows, MinutesChanges};
use super::rendition::Masks;
use super::rules::{Facts, missing};
use super::shown::{MinutesDetail, Reader, detail, find_for, silence};
use super::{approval, events, letters};
use crate::accounts::{Ctx, emails_of};
use crate::ids::MeetingId;
use crate::meetings::model::{Meeting, MeetingState, MeetingVisibility};
use crate::meetings::queries::action_items;
use crate::meetings::routes::{Hold, event};
use crate::partnerships::{HeldSeat, Scoped, active_accounts, leading_accounts, missing_sides};
use crate::platform::State;
use crate::platform::crypto::sha256;
use crate::platform::db::Conn;
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{API, IfMatch, Path, Reply, Tx};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::mail;
use crate::platform::record::Visibility;

/// Open items named in a refusal at most.
const NAMED: i64 = 20;

/// A meeting is not closed while something was promised by nobody (`domain/60` 6.22).
fn demand_owners(conn: &mut Conn, id: MeetingId) -> Result<()> {
    let unowned = action_items::find_unowned(conn, id, NAMED)?;
    if unowned.is_empty() {
        return Ok(());
    }
    let detail = "Open action items have nobody who took them on. Find somebody, or mark them with no_owner_found.";
    let error = Error::new(Code::GateUnmet, detail).with_missing(vec!["action_item_owner"]);
    Err(unowned.into_iter().fold(error, |error, item| error.with_conflict(format!("{API}/action-items/{item}"))))
}

/// The seat of whoever acts, whom the policy has let in as a leader.
pub fn seat_of(scoped: &Scoped) -> Result<HeldSeat> {
    scoped.standing.seat.ok_or_else(|| Error::fault("somebody without a seat was let in to assent"))
}

/// Writes to the members that minutes are there to be read; of a meeting of leaders, to leaders.
pub fn tell_members(tx: &mut Tx<'_>, state: &State, meeting: &Meeting, row: &Minutes) -> Result<()> {
    let now = tx.now();
    let readers = match meeting.visibility {
        MeetingVisibility::Leaders => leading_accounts(tx, meeting.partnership_id)?,
        MeetingVisibility::Public | MeetingVisibility::Members => active_accounts(tx, meeting.partnership_id)?,
    };
    let address = format!("{}{API}/meetings/{}/minutes", state.base_url, meeting.id);
    let consents_at = row.circulated_at.unwrap_or(now).plus(silence(state));
    let letters = emails_of(tx, &readers)?
        .into_iter()
        .map(|to| letters::circulated(to, &address, meeting, row.number, consents_at))
        .collect();
    mail::queue_all(tx, &state.secrets, letters, now)
}

/// Circulates the minutes: members are written to, and can ask for corrections.
///
/// For leaders and secretaries, once the meeting is over and every open action item has somebody who took it on; due seven
/// days after the meeting. Where nobody wants a correction any more fourteen days later (or as many as the installation
/// says), and a leader of each side has assented, the minutes are approved by themselves. A request that was declined holds
/// that up for five days, in which whoever asked can maintain it; while one is maintained, the minutes are approved by
/// decision alone.
#[utoipa::path(post, path = "/meetings/{meeting_id}/minutes/circulate",
    tag = "minutes", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), IfMatchParam),
    responses((status = 200, body = MinutesDetail)))]
pub async fn circulate_minutes(ctx: Ctx, id: Path<MeetingId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        actor.person()?;
        let (minutes, meeting, scoped) = find_for(tx, actor, id.0, Action::CirculateMinutes, Hold::Partnership, now)?;
        let row = minutes.ok_or_else(Error::not_found)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        if row.state != MinutesState::Draft {
            return Err(Error::conflict(format!("The minutes are {}; a draft is circulated.", row.state)));
        }
        meeting.state.demand(MeetingState::Minuted)?;
        demand_owners(tx, id.0)?;
        demand_motions(tx, id.0, &row)?;
        let changes = MinutesChanges {
            state: Some(MinutesState::Circulated),
            first_circulated_at: Some(Some(now)),
            circulated_at: Some(Some(now)),
            ..MinutesChanges::default()
        };
        let row = rows::update(tx, row.id, changes, now)?;
        tell_members(tx, &state, &meeting, &row)?;
        let entry = event(events::CIRCULATED, &meeting).fact("number", row.number);
        let shown = detail(tx, &state, row, &meeting, Reader::writer(now))?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Assents to circulated minutes for your side.
///
/// For leaders, one of each side. It stands under the version of the text that is circulated now, and counts no more once
/// there is another.
#[utoipa::path(post, path = "/meetings/{meeting_id}/minutes/assent",
    tag = "minutes", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), IfMatchParam),
    responses((status = 200, body = MinutesDetail)))]
pub async fn assent_to_minutes(ctx: Ctx, id: Path<MeetingId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (minutes, meeting, scoped) = find_for(tx, actor, id.0, Action::AssentToMinutes, Hold::Partnership, now)?;
        let row = minutes.ok_or_else(Error::not_found)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        if row.state != MinutesState::Circulated {
            let detail = format!("The minutes are {}; leaders assent while they are circulated.", row.state);
            return Err(Error::conflict(detail));
        }
        let seat = seat_of(&scoped)?;
        let assent = MinutesAssent {
            id: MinutesAssentId::new(),
            minutes_id: row.id,
            side: seat.side,
            seat_id: seat.id,
            account_id: by,
            voided_at: None,
            created_at: now,
        };
        rows::insert_assent(tx, &assent)?;
        let assents = rows::assents(tx, row.id)?;
        let is_complete = missing_sides(assents.iter().map(|assent| assent.side)).is_empty();
        let changes = MinutesChanges { assented_at: is_complete.then_some(Some(now)), ..MinutesChanges::default() };
        let row = rows::update(tx, row.id, changes, now)?;
        let entry = event(events::ASSENTED, &meeting).fact("side", seat.side.as_str()).fact("number", row.number);
        let shown = detail(tx, &state, row, &meeting, Reader::writer(now))?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Puts circulated minutes up for decision: both sides decide on their text.
///
/// For organisers, where every request to correct them is answered. Adopted, they are approved; otherwise they are circulated
/// again, without the assents that they had. Minutes of leaders' meetings are not decided on: all members would read them.
#[utoipa::path(post, path = "/meetings/{meeting_id}/minutes/propose",
    tag = "minutes", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), IfMatchParam),
    responses((status = 200, body = MinutesDetail)))]
pub async fn propose_minutes(ctx: Ctx, id: Path<MeetingId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        actor.person()?;
        let (minutes, meeting, scoped) = find_for(tx, actor, id.0, Action::ProposeMinutes, Hold::Partnership, now)?;
        let row = minutes.ok_or_else(Error::not_found)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        let row = approval::propose(tx, &state, actor, &scoped, &meeting, &row)?;
        let entry = event(events::PROPOSED, &meeting).fact("number", row.number);
        let shown = detail(tx, &state, row, &meeting, Reader::writer(now))?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Publishes approved minutes to those for whom they were written.
///
/// Due three days after they were approved. The SHA-256 of the text is kept, as members and as everybody reads it.
#[utoipa::path(post, path = "/meetings/{meeting_id}/minutes/publish",
    tag = "minutes", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), IfMatchParam),
    responses((status = 200, body = MinutesDetail)))]
pub async fn publish_minutes(ctx: Ctx, id: Path<MeetingId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        actor.person()?;
        let (minutes, meeting, scoped) = find_for(tx, actor, id.0, Action::PublishMinutes, Hold::Partnership, now)?;
        let row = minutes.ok_or_else(Error::not_found)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        if !row.state.is_approved() {
            let facts = Facts::of(&row, rows::assents(tx, row.id)?.iter().map(|assent| assent.side).collect());
            let detail = "The minutes are approved first: by a decision of both sides, or by the assent of a leader of each \
                          once nobody wants a correction any more.";
            return Err(
                Error::new(Code::MinutesNotApproved, detail).with_missing(missing(&facts, silence(&state), now))
            );
        }
        row.state.demand(MinutesState::Published)?;
        let text = rows::find_version(tx, &row)?;
        let public = Masks::of(&text, &[]).text(&text.text);
        let changes = MinutesChanges {
            state: Some(MinutesState::Published),
            published_at: Some(Some(now)),
            content_hash: Some(Some(sha256(&[text.text.as_bytes()]).to_vec())),
            public_hash: Some(Some(sha256(&[public.as_bytes()]).to_vec())),
            ..MinutesChanges::default()
        };
        let row = rows::update(tx, row.id, changes, now)?;
        let mut kind = events::PUBLISHED;
        if row.visibility == MinutesVisibility::Members {
            kind.visibility = Visibility::Members;
        }
        let entry = event(kind, &meeting).fact("number", row.number);
        let shown = detail(tx, &state, row, &meeting, Reader::writer(now))?;
        tx.recorded(entry, shown)
    })
    .await
}

crate::operations! {
    circulate_minutes,
    assent_to_minutes,
    propose_minutes,
    publish_minutes,
}
