//! Action items.

use chrono::NaiveDate;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::ids::{AccountId, MeetingId};
use crate::meetings::action_item::{DONE, DROPPED, UNTAKEN};
use crate::meetings::model::{ActionItem, ActionItemId, ActionItemState};
use crate::partnerships::TaskState;
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, MultiBackend, among, row_gt};
use crate::platform::error::Result;
use crate::platform::http::{Listing, Page};
use crate::schema::{action_items, tasks};

pub fn find(conn: &mut Conn, id: ActionItemId) -> Result<Option<ActionItem>> {
    Ok(action_items::table.find(id).select(ActionItem::as_select()).first(conn).optional()?)
}

pub fn insert(conn: &mut Conn, item: &ActionItem) -> Result<()> {
    diesel::insert_into(action_items::table).values(item).execute(conn)?;
    Ok(())
}

/// What of an action item can be changed.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = action_items)]
pub struct ActionItemChanges {
    pub what: Option<String>,
    pub assignee_id: Option<Option<AccountId>>,
    pub due_on: Option<NaiveDate>,
    pub no_owner_found: Option<bool>,
    pub state: Option<ActionItemState>,
    pub drop_reason: Option<Option<String>>,
    pub closed_at: Option<Option<Instant>>,
}

/// Changes an action item, whose meeting the caller holds; the row as it is then.
pub fn update(conn: &mut Conn, id: ActionItemId, changes: ActionItemChanges, now: Instant) -> Result<ActionItem> {
    Ok(diesel::update(action_items::table.find(id))
        .set((changes, action_items::version.eq(action_items::version + 1), action_items::updated_at.eq(now)))
        .returning(ActionItem::columns())
        .get_result(conn)?)
}

type Condition = Box<dyn BoxableExpression<action_items::table, MultiBackend, SqlType = Bool>>;

/// That the task that an item is stands so.
fn with_task(states: &[TaskState]) -> Condition {
    Box::new(exists(
        tasks::table
            .filter(tasks::id.nullable().eq(action_items::task_id).and(among(tasks::state, states.to_vec())))
            .select(tasks::id),
    ))
}

/// That an item stands so, by itself or by its task.
fn standing(state: ActionItemState) -> Condition {
    let own = action_items::state.eq(state);
    match state {
        ActionItemState::Open => Box::new(own.and(not(with_task(&[&DONE[..], &DROPPED[..]].concat())))),
        ActionItemState::Done => Box::new(own.or(action_items::state.eq(ActionItemState::Open).and(with_task(&DONE)))),
        ActionItemState::Dropped => {
            Box::new(own.or(action_items::state.eq(ActionItemState::Open).and(with_task(&DROPPED))))
        }
    }
}

/// Open items that nobody has taken on, not as a task either, and of which nobody has said so; `limit` at most.
pub fn find_unowned(conn: &mut Conn, meeting: MeetingId, limit: i64) -> Result<Vec<ActionItemId>> {
    let untaken: Condition = Box::new(action_items::task_id.is_null().or(with_task(&UNTAKEN)));
    Ok(action_items::table
        .filter(
            action_items::meeting_id
                .eq(meeting)
                .and(action_items::state.eq(ActionItemState::Open))
                .and(action_items::assignee_id.is_null())
                .and(action_items::no_owner_found.eq(false)),
        )
        .filter(untaken)
        .order((action_items::created_at, action_items::id))
        .limit(limit)
        .select(action_items::id)
        .load(conn)?)
}

pub fn list<F>(
    conn: &mut Conn,
    meeting: MeetingId,
    state: Option<ActionItemState>,
    listing: &Listing<F>,
) -> Result<Page<ActionItem>> {
    let filtered = || {
        let query = action_items::table.filter(action_items::meeting_id.eq(meeting)).into_boxed();
        match state {
            Some(state) => query.filter(standing(state)),
            None => query,
        }
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, ActionItemId)>()? {
        query = query.filter(row_gt((action_items::created_at, action_items::id), after));
    }
    let rows = query
        .order((action_items::created_at, action_items::id))
        .limit(listing.fetch())
        .select(ActionItem::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}
