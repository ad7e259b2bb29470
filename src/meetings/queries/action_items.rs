//! Action items.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::ids::{AccountId, MeetingId};
use crate::meetings::model::{ActionItem, ActionItemId, ActionItemState};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, row_gt};
use crate::platform::error::Result;
use crate::platform::http::{Listing, Page};
use crate::schema::action_items;

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

/// Open items that nobody has taken on, and of which nobody has said so; `limit` at most.
pub fn find_unowned(conn: &mut Conn, meeting: MeetingId, limit: i64) -> Result<Vec<ActionItemId>> {
    Ok(action_items::table
        .filter(
            action_items::meeting_id
                .eq(meeting)
                .and(action_items::state.eq(ActionItemState::Open))
                .and(action_items::assignee_id.is_null())
                .and(action_items::no_owner_found.eq(false)),
        )
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
            Some(state) => query.filter(action_items::state.eq(state)),
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
