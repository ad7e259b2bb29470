//! What somebody took on at a meeting.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::accounts::{Actor, Ctx, PersonRef, people};
use crate::ids::{AccountId, MeetingId, TaskId};
use crate::meetings::action_item::{Stands, stands};
use crate::meetings::events;
use crate::meetings::model::{ActionItem, ActionItemId, ActionItemState, Meeting, MeetingVisibility};
use crate::meetings::policy::{self, Action, Subject};
use crate::meetings::queries::action_items::{self as rows, ActionItemChanges};
use crate::meetings::routes::shown::{Hold, load, load_for, within};
use crate::partnerships::{
    Follow, Followed, Origin, Scoped, TaskPurpose, TaskState, create_from, follow, followed, is_active_member, settle,
    title_of,
};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{
    API, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Valid, Versioned, wrong,
};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::{Entry, Kind};
use crate::platform::text::{Day, Prose};
use crate::platform::values::{Change, Patch};

/// Something to be done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"what": "Ask the city for a new lamp behind the laundry.", "due_on": "2027-03-23"}))]
pub struct CreateActionItem {
    /// What.
    what: Prose<3, 500>,
    /// The member who took it on.
    assignee_id: Option<AccountId>,
    /// By when.
    due_on: Day,
    /// `true`: nobody wanted to take it on, and the meeting can be closed without.
    #[serde(default)]
    no_owner_found: bool,
}
impl Check for CreateActionItem {
    fn check(&self, errors: &mut Vec<FieldError>) {
        if self.assignee_id.is_some() && self.no_owner_found {
            errors.push(wrong("/no_owner_found", FieldCode::Inconsistent, "must be false where somebody took it on"));
        }
    }
}

/// Changes to an open action item.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionItemPatch {
    /// What.
    #[serde(default)]
    what: Change<Prose<3, 500>>,
    /// The member who took it on; `null` where nobody did.
    #[serde(default)]
    assignee_id: Patch<AccountId>,
    /// By when.
    #[serde(default)]
    due_on: Change<Day>,
    /// Whether nobody wanted to take it on; becomes `false` with an assignee.
    #[serde(default)]
    no_owner_found: Change<bool>,
}
impl Check for ActionItemPatch {
    fn check(&self, errors: &mut Vec<FieldError>) {
        if self.assignee_id.value().is_some() && self.no_owner_found.value() == Some(&true) {
            errors.push(wrong("/no_owner_found", FieldCode::Inconsistent, "must be false where somebody took it on"));
        }
    }
}

/// Why an action item is given up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DropActionItem {
    /// The reason; members read it.
    reason: Prose<3, 500>,
}
impl Check for DropActionItem {}

/// Which action items to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ActionItemFilter {
    /// That stand so.
    #[param(inline)]
    state: Option<ActionItemState>,
}

/// Something that somebody took on at a meeting.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActionItemDetail {
    /// The action item.
    id: ActionItemId,
    /// Of which meeting.
    meeting_id: MeetingId,
    /// What.
    what: String,
    /// Who took it on.
    assignee: Option<PersonRef>,
    /// By when.
    #[schema(value_type = Day)]
    due_on: NaiveDate,
    /// Whether nobody wanted to take it on.
    no_owner_found: bool,
    /// Where it stands.
    state: ActionItemState,
    /// Whether it is open and its day is over (UTC).
    is_overdue: bool,
    /// Why it was given up.
    drop_reason: Option<String>,
    /// When it was done or given up.
    closed_at: Option<Instant>,
    /// The task that it is: open to all members, or offered to whoever took it on; of a leaders' meeting for leaders and
    /// whoever is asked. What happens to the one happens to the other; items from before have none.
    task_id: Option<TaskId>,
    /// Where that task stands.
    task_state: Option<TaskState>,
    /// Changes with every change.
    version: i64,
    /// When it was put down.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

fn shown(row: ActionItem, task: Option<Followed>, assignee: Option<PersonRef>, now: Instant) -> ActionItemDetail {
    let Stands { state, drop_reason, closed_at } = stands(&row, task.as_ref());
    ActionItemDetail {
        is_overdue: state == ActionItemState::Open && row.due_on < now.date(),
        id: row.id,
        meeting_id: row.meeting_id,
        what: row.what,
        assignee,
        due_on: row.due_on,
        no_owner_found: row.no_owner_found,
        state,
        drop_reason,
        closed_at,
        task_id: row.task_id,
        task_state: task.map(|task| task.state),
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

/// The task that an item is.
fn task_of(conn: &mut Conn, row: &ActionItem) -> Result<Option<Followed>> {
    match row.task_id {
        Some(id) => Ok(followed(conn, vec![id])?.remove(&id)),
        None => Ok(None),
    }
}

fn one(conn: &mut Conn, row: ActionItem, now: Instant) -> Result<Versioned<ActionItemDetail>> {
    let version = row.version;
    let task = task_of(conn, &row)?;
    let assignee = match row.assignee_id {
        Some(id) => people(conn, [id])?.remove(&id),
        None => None,
    };
    Ok(Versioned::volatile(shown(row, task, assignee, now), version))
}

/// The action item as this actor may have it for `action`, with its meeting.
fn find_for(
    conn: &mut Conn,
    actor: &Actor,
    id: ActionItemId,
    action: Action,
    hold: Hold,
    now: Instant,
) -> Result<(ActionItem, Meeting, Scoped)> {
    let row = rows::find(conn, id)?.ok_or_else(Error::not_found)?;
    let (meeting, scoped) = load(conn, actor, row.meeting_id, hold, now)?;
    // Read again behind the lock: whoever held it may have changed the row.
    let row = if hold == Hold::Nothing { row } else { rows::find(conn, id)?.ok_or_else(Error::not_found)? };
    let is_own = row.assignee_id.is_some() && row.assignee_id == actor.id();
    policy::demand(actor, &scoped.standing, Subject::owned(meeting.visibility, is_own), action)?;
    Ok((row, meeting, scoped))
}

/// Something that happened to an action item.
fn on_item(kind: Kind, id: ActionItemId, meeting: &Meeting) -> Entry {
    within(kind, meeting).on(id.0).within(meeting.partnership_id.0)
}

fn demand_member(conn: &mut Conn, meeting: &Meeting, assignee: Option<AccountId>) -> Result<()> {
    match assignee {
        Some(id) if !is_active_member(conn, meeting.partnership_id, id)? => {
            Err(Error::field("/assignee_id", FieldCode::NotFound, "is not a member of the partnership"))
        }
        _ => Ok(()),
    }
}

/// What was agreed on can't have been due before.
fn demand_due(meeting: &Meeting, due_on: Day) -> Result<()> {
    // The first ten characters of a local time are its day, and days in this form sort as text.
    if meeting.starts_local.get(..10).is_some_and(|day| due_on.to_string().as_str() < day) {
        return Err(Error::field("/due_on", FieldCode::Inconsistent, "must not be before the meeting"));
    }
    Ok(())
}

/// Puts down what somebody took on at a meeting.
///
/// From its start until its minutes are approved. It is a task of the partnership at once, which the member named is asked
/// to take on, or which is open to all; from a leaders' meeting it is for leaders and whoever is asked. An item that nobody
/// took on keeps the minutes from being signed, unless it says so.
#[utoipa::path(post, path = "/meetings/{meeting_id}/action-items",
    tag = "action-items", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting.")),
    request_body = CreateActionItem, responses((status = 201, body = ActionItemDetail)))]
pub async fn create_action_item(ctx: Ctx, id: Path<MeetingId>, body: Valid<CreateActionItem>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (meeting, scoped) = load_for(tx, actor, id.0, Action::CreateActionItem, Hold::Partnership, now)?;
        scoped.demand_live()?;
        if !meeting.state.is_open_book() {
            let detail = format!(
                "The meeting is {}; items are added from its start until its minutes are approved.",
                meeting.state
            );
            return Err(Error::conflict(detail));
        }
        let CreateActionItem { what, assignee_id, due_on, no_owner_found } = body.0;
        demand_due(&meeting, due_on)?;
        demand_member(tx, &meeting, assignee_id)?;
        let what: String = what.into();
        let item_id = ActionItemId::new();
        let origin = Origin {
            purpose: TaskPurpose::ActionItem,
            reference: item_id.0,
            title: title_of(&what),
            description: what.clone(),
            due_on: Some(due_on.0),
            assignee: assignee_id,
            is_private: meeting.visibility == MeetingVisibility::Leaders,
        };
        let task = create_from(tx, by, meeting.partnership_id, origin, now)?;
        let item = ActionItem {
            id: item_id,
            meeting_id: id.0,
            what,
            assignee_id,
            due_on: due_on.0,
            no_owner_found,
            state: ActionItemState::Open,
            drop_reason: None,
            closed_at: None,
            created_by_id: by,
            version: 1,
            created_at: now,
            updated_at: now,
            task_id: Some(task),
        };
        rows::insert(tx, &item)?;
        // The task is the item: one record tells of both.
        let entry = on_item(events::ITEM_CREATED, item.id, &meeting).fact("task", task.0);
        let location = format!("{API}/action-items/{}", item.id);
        let value = one(tx, item, now)?.value;
        tx.recorded(entry, Created { value, location, version: Some(1) })
    })
    .await
}

/// Lists a meeting's action items, in the order in which they were put down.
#[utoipa::path(get, path = "/meetings/{meeting_id}/action-items",
    tag = "action-items", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting."), ActionItemFilter, PageParams),
    responses((status = 200, body = Page<ActionItemDetail>)))]
pub async fn list_action_items(ctx: Ctx, id: Path<MeetingId>, listing: Listing<ActionItemFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        actor.person()?;
        load_for(conn, actor, id.0, Action::ListActionItems, Hold::Nothing, now)?;
        let page = rows::list(conn, id.0, listing.filter.state, &listing)?;
        let people = people(conn, page.items.iter().filter_map(|row| row.assignee_id))?;
        let mut tasks = followed(conn, page.items.iter().filter_map(|row| row.task_id).collect())?;
        Ok(page.map(|row| {
            let assignee = row.assignee_id.and_then(|id| people.get(&id).cloned());
            let task = row.task_id.and_then(|id| tasks.remove(&id));
            shown(row, task, assignee, now)
        }))
    })
    .await
}

/// Reads an action item.
#[utoipa::path(get, path = "/action-items/{action_item_id}",
    tag = "action-items", security(("bearer" = [])),
    params(("action_item_id" = ActionItemId, Path, description = "The action item.")),
    responses((status = 200, body = ActionItemDetail)))]
pub async fn get_action_item(ctx: Ctx, id: Path<ActionItemId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        actor.person()?;
        let (row, ..) = find_for(conn, actor, id.0, Action::GetActionItem, Hold::Nothing, now)?;
        one(conn, row, now)
    })
    .await
}

/// Changes an open action item, and the task that it is.
///
/// Another person can be named until somebody has taken the task on.
#[utoipa::path(patch, path = "/action-items/{action_item_id}",
    tag = "action-items", security(("bearer" = [])),
    params(("action_item_id" = ActionItemId, Path, description = "The action item."), IfMatchParam),
    request_body = ActionItemPatch, responses((status = 200, body = ActionItemDetail)))]
pub async fn update_action_item(
    ctx: Ctx,
    id: Path<ActionItemId>,
    if_match: IfMatch,
    body: Valid<ActionItemPatch>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (row, meeting, scoped) = find_for(tx, actor, id.0, Action::UpdateActionItem, Hold::Partnership, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        let state = stands(&row, task_of(tx, &row)?.as_ref()).state;
        if state != ActionItemState::Open {
            return Err(Error::conflict(format!("The action item is {state}; only an open one can be changed.")));
        }
        let ActionItemPatch { what, assignee_id, due_on, no_owner_found } = body.0;
        if let Some(due_on) = due_on.value() {
            demand_due(&meeting, *due_on)?;
        }
        demand_member(tx, &meeting, assignee_id.value().copied())?;
        let keeps_assignee = row.assignee_id.is_some() && !assignee_id.is_given();
        if keeps_assignee && no_owner_found.value() == Some(&true) {
            let message = "must be false where somebody took it on; set assignee_id to null as well";
            return Err(Error::field("/no_owner_found", FieldCode::Inconsistent, message));
        }
        let changed = [
            ("what", what.is_given()),
            ("assignee_id", assignee_id.is_given()),
            ("due_on", due_on.is_given()),
            ("no_owner_found", no_owner_found.is_given()),
        ];
        let changed = changed.into_iter().filter_map(|(name, given)| given.then_some(name));
        let found = assignee_id.value().is_some().then_some(false);
        let changes = ActionItemChanges {
            what: what.changeset(Into::into),
            assignee_id: assignee_id.changeset(|id| id),
            due_on: due_on.changeset(|day| day.0),
            no_owner_found: found.or(no_owner_found.changeset(|flag| flag)),
            ..ActionItemChanges::default()
        };
        if let Some(task) = row.task_id {
            let named = changes.assignee_id.filter(|named| *named != row.assignee_id);
            let follows =
                Follow { what: changes.what.clone(), due_on: changes.due_on, assignee: named, is_private: false };
            follow(tx, by, task, follows, now)?;
        }
        let row = rows::update(tx, id.0, changes, now)?;
        let entry = on_item(events::ITEM_UPDATED, id.0, &meeting).changed(changed);
        let shown = one(tx, row, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Says that an action item is done.
///
/// For whoever took it on, and for organisers. The task that it is is done with it: by whoever has taken it on, whose hours are
/// confirmed as with any other.
#[utoipa::path(post, path = "/action-items/{action_item_id}/complete",
    tag = "action-items", security(("bearer" = [])),
    params(("action_item_id" = ActionItemId, Path, description = "The action item."), IfMatchParam),
    responses((status = 200, body = ActionItemDetail)))]
pub async fn complete_action_item(ctx: Ctx, id: Path<ActionItemId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        actor.person()?;
        let (row, meeting, scoped) = find_for(tx, actor, id.0, Action::CompleteActionItem, Hold::Partnership, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        stands(&row, task_of(tx, &row)?.as_ref()).state.demand(ActionItemState::Done)?;
        if let Some(task) = row.task_id {
            settle(tx, task, None, now)?;
        }
        let changes = ActionItemChanges {
            state: Some(ActionItemState::Done),
            closed_at: Some(Some(now)),
            ..ActionItemChanges::default()
        };
        let row = rows::update(tx, id.0, changes, now)?;
        let shown = one(tx, row, now)?;
        tx.recorded(on_item(events::ITEM_DONE, id.0, &meeting), shown)
    })
    .await
}

/// Gives an action item up, with a reason, and the task that it is.
#[utoipa::path(post, path = "/action-items/{action_item_id}/drop",
    tag = "action-items", security(("bearer" = [])),
    params(("action_item_id" = ActionItemId, Path, description = "The action item."), IfMatchParam),
    request_body = DropActionItem, responses((status = 200, body = ActionItemDetail)))]
pub async fn drop_action_item(
    ctx: Ctx,
    id: Path<ActionItemId>,
    if_match: IfMatch,
    body: Valid<DropActionItem>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        actor.person()?;
        let (row, meeting, scoped) = find_for(tx, actor, id.0, Action::DropActionItem, Hold::Partnership, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        stands(&row, task_of(tx, &row)?.as_ref()).state.demand(ActionItemState::Dropped)?;
        let reason: String = body.0.reason.into();
        if let Some(task) = row.task_id {
            settle(tx, task, Some(&reason), now)?;
        }
        let changes = ActionItemChanges {
            state: Some(ActionItemState::Dropped),
            drop_reason: Some(Some(reason.clone())),
            closed_at: Some(Some(now)),
            ..ActionItemChanges::default()
        };
        let row = rows::update(tx, id.0, changes, now)?;
        let shown = one(tx, row, now)?;
        tx.recorded(on_item(events::ITEM_DROPPED, id.0, &meeting).because(reason), shown)
    })
    .await
}

crate::operations! {
    create_action_item,
    list_action_items,
    get_action_item,
    update_action_item,
    complete_action_item,
    drop_action_item,
}
