//! Making an agenda.

use serde::Deserialize;
use utoipa::ToSchema;

use super::deferring::{carry_over, pass_on};
use super::model::{Agenda, AgendaItem, AgendaItemKind, AgendaItemState, AgendaLink};
use super::policy::{self, Action, Subject};
use super::queries::{self, ItemChanges, MOST_ITEMS};
use super::shown::{
    AgendaDetail, AgendaItemDetail, agenda, demand_ahead, demand_reason, item_for, locked_at, one, one_as,
};
use crate::accounts::{Actor, Ctx, Side};
use crate::ids::{AccountId, AgendaItemId, MeetingId};
use crate::meetings::events;
use crate::meetings::model::Meeting;
use crate::meetings::policy::takes_part;
use crate::meetings::routes::{Hold, event, load};
use crate::partnerships::{Scoped, active_members, is_active_member};
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, Json};
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{API, Check, Created, IfMatch, Path, Reply, Tx, Valid, wrong};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::{Entry, Kind};
use crate::platform::text::{Line, Prose, WebAddress};
use crate::platform::values::{Change, List, Patch, Whole};

/// Something to read before.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAgendaLink {
    /// What it is.
    title: Line<1, 150>,
    /// Where it is.
    url: WebAddress,
}

fn links(new: List<NewAgendaLink, 0, 10>) -> Json<Vec<AgendaLink>> {
    let link = |new: NewAgendaLink| AgendaLink { title: new.title.into(), url: new.url.into() };
    Json(new.into_vec().into_iter().map(link).collect())
}

/// Something to be talked about.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "Lamps behind the laundry", "kind": "decide", "minutes": 15,
    "links": [{"title": "Survey of the lamps", "url": "https://lights.example.org/survey"}]
}))]
pub struct ProposeAgendaItem {
    /// What it is about.
    title: Line<3, 150>,
    /// What it is for.
    kind: AgendaItemKind,
    /// The member who presents it.
    presenter_id: Option<AccountId>,
    /// How long it takes.
    minutes: Whole<1, 240>,
    /// What to read before.
    #[serde(default)]
    links: List<NewAgendaLink, 0, 10>,
}
impl Check for ProposeAgendaItem {}

/// Changes to an item.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgendaItemPatch {
    /// What it is about.
    #[serde(default)]
    title: Change<Line<3, 150>>,
    /// What it is for.
    #[serde(default)]
    kind: Change<AgendaItemKind>,
    /// The member who presents it.
    #[serde(default)]
    presenter_id: Patch<AccountId>,
    /// How long it takes.
    #[serde(default)]
    minutes: Change<Whole<1, 240>>,
    /// What to read before; takes the place of what was there.
    #[serde(default)]
    links: Change<List<NewAgendaLink, 0, 10>>,
    /// Why an accepted item is changed after the agenda was locked; needed then.
    #[serde(default)]
    reason: Change<Prose<3, 500>>,
}
impl Check for AgendaItemPatch {}

/// Changes to the agenda itself.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"civilian_chair_id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d11"}))]
pub struct AgendaPatch {
    /// The member of the civilian side who chairs. One of each side is advised.
    #[serde(default)]
    civilian_chair_id: Patch<AccountId>,
    /// The member of the police side who chairs.
    #[serde(default)]
    police_chair_id: Patch<AccountId>,
    /// Items in the order in which they are gone through; those that are not named follow as they were proposed.
    #[serde(default)]
    item_order: Change<List<AgendaItemId, 0, 100>>,
    /// Why it is changed after it was locked; needed then.
    #[serde(default)]
    reason: Change<Prose<3, 500>>,
}
impl Check for AgendaPatch {
    fn check(&self, errors: &mut Vec<FieldError>) {
        let order = self.item_order.value().map(List::as_slice).unwrap_or_default();
        for (n, id) in order.iter().enumerate() {
            if order.iter().take(n).any(|earlier| earlier == id) {
                errors.push(wrong(format!("/item_order/{n}"), FieldCode::NotUnique, "stands in the list already"));
            }
        }
    }
}

/// Why an agenda is changed, which a locked one demands.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The city answered yesterday."}))]
pub struct AgendaChangeReason {
    /// Why; needed once the agenda is locked.
    reason: Option<Prose<3, 500>>,
}
impl Check for AgendaChangeReason {}

/// Why an item is not talked about.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The city has to answer first."}))]
pub struct DeclineAgendaItem {
    /// Why, for members to read.
    reason: Prose<3, 500>,
}
impl Check for DeclineAgendaItem {}

/// Reads the agenda of a meeting.
///
/// Whoever sees the meeting sees what is accepted. Members and officers also see what is proposed, and item 1, the follow-up:
/// what was promised and is still open, gathered as it is read.
#[utoipa::path(get, path = "/meetings/{meeting_id}/agenda",
    tag = "agendas", security((), ("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting.")),
    responses((status = 200, body = AgendaDetail)))]
pub async fn get_agenda(ctx: Ctx, id: Path<MeetingId>) -> Result<Reply> {
    let (now, state) = (ctx.now(), ctx.state.clone());
    ctx.read(move |conn, actor| {
        let (meeting, scoped) = load_for(conn, actor, id.0, Action::GetAgenda, Hold::Nothing, now)?;
        agenda(conn, &state, &meeting, &scoped)
    })
    .await
}

/// The meeting as this actor may have it for `action` on its agenda.
fn load_for(
    conn: &mut Conn,
    actor: &Actor,
    id: MeetingId,
    action: Action,
    hold: Hold,
    now: Instant,
) -> Result<(Meeting, Scoped)> {
    let (meeting, scoped) = load(conn, actor, id, hold, now)?;
    policy::demand(actor, &scoped.standing, Subject::agenda(meeting.visibility), action)?;
    Ok((meeting, scoped))
}

fn demand_presenter(conn: &mut Conn, meeting: &Meeting, presenter: Option<AccountId>) -> Result<()> {
    let Some(presenter) = presenter else { return Ok(()) };
    if is_active_member(conn, meeting.partnership_id, presenter)? {
        return Ok(());
    }
    Err(Error::field("/presenter_id", FieldCode::NotFound, "is not a member of the partnership"))
}

/// Proposes something to be talked about at a meeting.
///
/// For members, until the meeting is over. An agenda has 100 items at most.
#[utoipa::path(post, path = "/meetings/{meeting_id}/agenda/items",
    tag = "agendas", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting.")),
    request_body = ProposeAgendaItem, responses((status = 201, body = AgendaItemDetail)))]
pub async fn propose_agenda_item(ctx: Ctx, id: Path<MeetingId>, body: Valid<ProposeAgendaItem>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let proposed_by_id = actor.person()?.id;
        let (meeting, scoped) = load_for(tx, actor, id.0, Action::ProposeAgendaItem, Hold::Partnership, now)?;
        scoped.demand_live()?;
        demand_ahead(&meeting)?;
        let ProposeAgendaItem { title, kind, presenter_id, minutes, links: new } = body.0;
        demand_presenter(tx, &meeting, presenter_id)?;
        carry_over(tx, &meeting, now)?;
        if queries::count(tx, id.0)? >= MOST_ITEMS {
            return Err(Error::conflict("The agenda has 100 items; propose it for another meeting."));
        }
        let item = AgendaItem {
            id: AgendaItemId::new(),
            meeting_id: id.0,
            title: title.into(),
            kind,
            presenter_id,
            minutes: minutes.get(),
            links: links(new),
            state: AgendaItemState::Proposed,
            decline_reason: None,
            proposed_by_id,
            decided_by_id: None,
            decided_at: None,
            deferred_from_id: None,
            changed_after_lock_at: None,
            changed_by_id: None,
            change_reason: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        queries::insert(tx, &item)?;
        let entry = event(events::AGENDA_ITEM_PROPOSED, &meeting).fact("kind", kind.as_str());
        let location = format!("{API}/agenda-items/{}", item.id);
        let value = one(tx, item)?.value;
        tx.recorded(entry, Created { value, location, version: Some(1) })
    })
    .await
}

/// Reads an item of an agenda.
///
/// Whoever sees the meeting sees what is accepted; members and officers see all of it.
#[utoipa::path(get, path = "/agenda-items/{agenda_item_id}",
    tag = "agendas", security((), ("bearer" = [])),
    params(("agenda_item_id" = AgendaItemId, Path, description = "The item.")),
    responses((status = 200, body = AgendaItemDetail)))]
pub async fn get_agenda_item(ctx: Ctx, id: Path<AgendaItemId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let item = queries::find_item(conn, id.0)?.ok_or_else(Error::not_found)?;
        let (meeting, scoped) = load(conn, actor, item.meeting_id, Hold::Nothing, now)?;
        let is_accepted = item.state == AgendaItemState::Accepted;
        let subject = Subject { is_accepted, ..Subject::agenda(meeting.visibility) };
        policy::demand(actor, &scoped.standing, subject, Action::GetAgendaItem)?;
        one_as(conn, item, takes_part(&scoped.standing))
    })
    .await
}

/// What marks a change of an item after the agenda was locked, and what is to be recorded of the change.
fn marked(kind: Kind, meeting: &Meeting, reason: Option<String>, by: AccountId, now: Instant) -> (ItemChanges, Entry) {
    let entry = event(kind, meeting);
    match reason {
        None => (ItemChanges::default(), entry.fact("when", "before it was locked")),
        Some(reason) => {
            let changes = ItemChanges {
                changed_after_lock_at: Some(Some(now)),
                changed_by_id: Some(Some(by)),
                change_reason: Some(Some(reason.clone())),
                ..ItemChanges::default()
            };
            (changes, entry.fact("when", "after it was locked").because(reason))
        }
    }
}

/// Changes an item.
///
/// For organisers, and for whoever proposed it until it is answered. What is accepted and changed after the agenda was
/// locked says why, and is marked.
#[utoipa::path(patch, path = "/agenda-items/{agenda_item_id}",
    tag = "agendas", security(("bearer" = [])),
    params(("agenda_item_id" = AgendaItemId, Path, description = "The item."), IfMatchParam),
    request_body = AgendaItemPatch, responses((status = 200, body = AgendaItemDetail)))]
pub async fn update_agenda_item(
    ctx: Ctx,
    id: Path<AgendaItemId>,
    if_match: IfMatch,
    body: Valid<AgendaItemPatch>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (item, meeting, scoped) = item_for(tx, actor, id.0, Action::UpdateAgendaItem, now)?;
        if_match.demand(item.version)?;
        scoped.demand_live()?;
        demand_ahead(&meeting)?;
        if !matches!(item.state, AgendaItemState::Proposed | AgendaItemState::Accepted) {
            return Err(Error::conflict(format!("The item is {}; propose it anew.", item.state)));
        }
        let AgendaItemPatch { title, kind, presenter_id, minutes, links: new, reason } = body.0;
        demand_presenter(tx, &meeting, presenter_id.value().copied())?;
        let locked = queries::find(tx, meeting.id)?;
        let locked = locked_at(tx, locked.as_ref(), meeting.id)?.is_some();
        let reason = reason.changeset(Into::into);
        let reason = demand_reason(locked && item.state == AgendaItemState::Accepted, reason)?;
        let changed: Vec<&'static str> = [
            ("title", title.is_given()),
            ("kind", kind.is_given()),
            ("presenter_id", presenter_id.is_given()),
            ("minutes", minutes.is_given()),
            ("links", new.is_given()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect();
        let (marks, entry) = marked(events::AGENDA_ITEM_CHANGED, &meeting, reason, by, now);
        let changes = ItemChanges {
            title: title.changeset(Into::into),
            kind: kind.changeset(|kind| kind),
            presenter_id: presenter_id.changeset(|presenter| presenter),
            minutes: minutes.changeset(Whole::get),
            links: new.changeset(links),
            ..marks
        };
        let item = queries::update(tx, &item, changes, now)?;
        let shown = one(tx, item)?;
        tx.recorded(entry.changed(changed), shown)
    })
    .await
}

/// Answers an item; what is to be recorded of it.
fn answer(
    tx: &mut Tx<'_>,
    actor: &Actor,
    (id, if_match, action): (AgendaItemId, IfMatch, Action),
    (to, kind): (AgendaItemState, Kind),
    reason: Option<String>,
) -> Result<(AgendaItem, Meeting, Entry)> {
    let now = tx.now();
    let by = actor.person()?.id;
    let (item, meeting, scoped) = item_for(tx, actor, id, action, now)?;
    if_match.demand(item.version)?;
    scoped.demand_live()?;
    demand_ahead(&meeting)?;
    item.state.demand(to)?;
    let locked = queries::find(tx, meeting.id)?;
    let locked = locked_at(tx, locked.as_ref(), meeting.id)?.is_some();
    // What was never on the agenda changes nothing of it.
    let concerns = to == AgendaItemState::Accepted || item.state == AgendaItemState::Accepted;
    let given = reason.clone();
    let (marks, entry) = marked(kind, &meeting, demand_reason(locked && concerns, reason)?, by, now);
    let entry = match &given {
        Some(reason) => entry.because(reason.clone()),
        None => entry,
    };
    let changes = ItemChanges {
        state: Some(to),
        decline_reason: Some(given.filter(|_| to == AgendaItemState::Declined)),
        decided_by_id: Some(Some(by)),
        decided_at: Some(Some(now)),
        ..marks
    };
    let item = queries::update(tx, &item, changes, now)?;
    Ok((item, meeting, entry))
}

/// Puts an item on the agenda.
#[utoipa::path(post, path = "/agenda-items/{agenda_item_id}/accept",
    tag = "agendas", security(("bearer" = [])),
    params(("agenda_item_id" = AgendaItemId, Path, description = "The item."), IfMatchParam),
    request_body = AgendaChangeReason, responses((status = 200, body = AgendaItemDetail)))]
pub async fn accept_agenda_item(
    ctx: Ctx,
    id: Path<AgendaItemId>,
    if_match: IfMatch,
    body: Valid<AgendaChangeReason>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let what = (AgendaItemState::Accepted, events::AGENDA_ITEM_ACCEPTED);
        let asked = (id.0, if_match, Action::AcceptAgendaItem);
        let (item, _, entry) = answer(tx, actor, asked, what, body.0.reason.map(Into::into))?;
        let shown = one(tx, item)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Leaves an item to the next meeting.
///
/// It is proposed there, as soon as there is one that as many may see.
#[utoipa::path(post, path = "/agenda-items/{agenda_item_id}/defer",
    tag = "agendas", security(("bearer" = [])),
    params(("agenda_item_id" = AgendaItemId, Path, description = "The item."), IfMatchParam),
    request_body = AgendaChangeReason, responses((status = 200, body = AgendaItemDetail)))]
pub async fn defer_agenda_item(
    ctx: Ctx,
    id: Path<AgendaItemId>,
    if_match: IfMatch,
    body: Valid<AgendaChangeReason>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let what = (AgendaItemState::Deferred, events::AGENDA_ITEM_DEFERRED);
        let asked = (id.0, if_match, Action::DeferAgendaItem);
        let (item, meeting, entry) = answer(tx, actor, asked, what, body.0.reason.map(Into::into))?;
        let now = tx.now();
        pass_on(tx, &item, &meeting, now)?;
        let shown = one(tx, item)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Declines an item, with a reason.
#[utoipa::path(post, path = "/agenda-items/{agenda_item_id}/decline",
    tag = "agendas", security(("bearer" = [])),
    params(("agenda_item_id" = AgendaItemId, Path, description = "The item."), IfMatchParam),
    request_body = DeclineAgendaItem, responses((status = 200, body = AgendaItemDetail)))]
pub async fn decline_agenda_item(
    ctx: Ctx,
    id: Path<AgendaItemId>,
    if_match: IfMatch,
    body: Valid<DeclineAgendaItem>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let what = (AgendaItemState::Declined, events::AGENDA_ITEM_DECLINED);
        let asked = (id.0, if_match, Action::DeclineAgendaItem);
        let (item, _, entry) = answer(tx, actor, asked, what, Some(body.0.reason.into()))?;
        let shown = one(tx, item)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Refuses a chair who is no member of the side.
fn demand_chairs(conn: &mut Conn, meeting: &Meeting, patch: &AgendaPatch) -> Result<()> {
    let wanted = [
        ("/civilian_chair_id", Side::Civilian, patch.civilian_chair_id.value().copied()),
        ("/police_chair_id", Side::Police, patch.police_chair_id.value().copied()),
    ];
    let named: Vec<AccountId> = wanted.iter().filter_map(|(.., chair)| *chair).collect();
    if named.is_empty() {
        return Ok(());
    }
    let members = active_members(conn, meeting.partnership_id, &named)?;
    let errors: Vec<FieldError> = wanted
        .into_iter()
        .filter_map(|(at, side, chair)| chair.map(|chair| (at, side, chair)))
        .filter(|(_, side, chair)| !members.iter().any(|(id, of)| id == chair && of == side))
        .map(|(at, side, _)| wrong(at, FieldCode::NotFound, format!("is not a member of the {side} side")))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::fields(errors)) }
}

/// Refuses an order of what does not stand on the agenda.
fn demand_known(conn: &mut Conn, meeting: &Meeting, order: &[AgendaItemId]) -> Result<()> {
    if order.is_empty() {
        return Ok(());
    }
    let known: Vec<AgendaItemId> = queries::items(conn, meeting.id)?.into_iter().map(|item| item.id).collect();
    let unknown = order.iter().enumerate().filter(|(_, id)| !known.contains(id));
    let errors: Vec<_> = unknown
        .map(|(n, _)| wrong(format!("/item_order/{n}"), FieldCode::NotFound, "is no item of this agenda"))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::fields(errors)) }
}

/// The agenda to be changed, whether it is new, and whether it is locked.
fn to_change(conn: &mut Conn, meeting: &Meeting, if_match: IfMatch, now: Instant) -> Result<(Agenda, bool, bool)> {
    let found = queries::find(conn, meeting.id)?;
    let is_locked = locked_at(conn, found.as_ref(), meeting.id)?.is_some();
    let is_new = found.is_none();
    let agenda = found.unwrap_or_else(|| queries::untouched(meeting.id, now));
    if_match.demand(agenda.version)?;
    Ok((agenda, is_new, is_locked))
}

/// Says who chairs, and in which order the items are gone through.
///
/// For organisers. A chair of each side is advised; `chaired_by_sides` tells. After the agenda was locked a change says why.
#[utoipa::path(patch, path = "/meetings/{meeting_id}/agenda",
    tag = "agendas", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), IfMatchParam),
    request_body = AgendaPatch, responses((status = 200, body = AgendaDetail)))]
pub async fn update_agenda(
    ctx: Ctx,
    id: Path<MeetingId>,
    if_match: IfMatch,
    body: Valid<AgendaPatch>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (meeting, scoped) = load_for(tx, actor, id.0, Action::UpdateAgenda, Hold::Partnership, now)?;
        let (row, is_new, is_locked) = to_change(tx, &meeting, if_match, now)?;
        scoped.demand_live()?;
        demand_ahead(&meeting)?;
        demand_chairs(tx, &meeting, &body.0)?;
        let order = body.0.item_order.value().map(|order| order.as_slice().to_vec());
        demand_known(tx, &meeting, order.as_deref().unwrap_or_default())?;
        let AgendaPatch { civilian_chair_id, police_chair_id, item_order: _, reason } = body.0;
        let reason = demand_reason(is_locked, reason.changeset(Into::into))?;
        let changed: Vec<&'static str> = [
            ("civilian_chair_id", civilian_chair_id.is_given()),
            ("police_chair_id", police_chair_id.is_given()),
            ("item_order", order.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect();
        let row = Agenda {
            civilian_chair_id: civilian_chair_id.changeset(|chair| chair).unwrap_or(row.civilian_chair_id),
            police_chair_id: police_chair_id.changeset(|chair| chair).unwrap_or(row.police_chair_id),
            item_order: order.map_or(row.item_order, Json),
            ..row
        };
        queries::save(tx, row, is_new, now)?;
        let (_, entry) = marked(events::AGENDA_CHANGED, &meeting, reason, by, now);
        let shown = agenda(tx, &state, &meeting, &scoped)?;
        tx.recorded(entry.changed(changed), shown)
    })
    .await
}

/// Locks the agenda before notice of the meeting does.
///
/// For leaders. From then on changes say why, and are marked.
#[utoipa::path(post, path = "/meetings/{meeting_id}/agenda/lock",
    tag = "agendas", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), IfMatchParam),
    responses((status = 200, body = AgendaDetail)))]
pub async fn lock_agenda(ctx: Ctx, id: Path<MeetingId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (meeting, scoped) = load_for(tx, actor, id.0, Action::LockAgenda, Hold::Partnership, now)?;
        let (row, is_new, is_locked) = to_change(tx, &meeting, if_match, now)?;
        scoped.demand_live()?;
        demand_ahead(&meeting)?;
        if is_locked {
            return Err(Error::conflict("The agenda is locked already."));
        }
        let row = Agenda { locked_at: Some(now), locked_by_id: Some(by), ..row };
        queries::save(tx, row, is_new, now)?;
        let entry = event(events::AGENDA_LOCKED, &meeting);
        let shown = agenda(tx, &state, &meeting, &scoped)?;
        tx.recorded(entry, shown)
    })
    .await
}

crate::operations! {
    get_agenda,
    propose_agenda_item,
    get_agenda_item,
    update_agenda_item,
    accept_agenda_item,
    defer_agenda_item,
    decline_agenda_item,
    update_agenda,
    lock_agenda,
}
