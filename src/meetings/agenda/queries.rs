//! Agendas and their items.

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::follow_up::FollowUpAsked;
use super::model::{Agenda, AgendaItem, AgendaItemKind, AgendaItemState, AgendaLink};
use super::reviewed::{FollowUpOutcome, Review};
use crate::ids::{AccountId, AgendaItemId, MeetingId};
use crate::insert_all;
use crate::meetings::model::{ActionItem, ActionItemId, ActionItemState, Meeting, MeetingState};
use crate::partnerships::{Promised, TaskState};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, Json, among};
use crate::platform::error::{Error, Result};
use crate::schema::{action_items, agenda_items, agendas, meeting_follow_ups, meetings, notices, tasks};

/// Items that an agenda has at most.
pub const MOST_ITEMS: i64 = 100;

pub fn find(conn: &mut Conn, of: MeetingId) -> Result<Option<Agenda>> {
    Ok(agendas::table.find(of).select(Agenda::as_select()).first(conn).optional()?)
}

/// The agenda as it is before anybody touched it.
pub const fn untouched(meeting_id: MeetingId, now: Instant) -> Agenda {
    Agenda {
        meeting_id,
        civilian_chair_id: None,
        police_chair_id: None,
        item_order: Json(Vec::new()),
        locked_at: None,
        locked_by_id: None,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// Keeps an agenda as it is now, as its next version. Whoever does holds the meeting.
pub fn save(conn: &mut Conn, agenda: Agenda, is_new: bool, now: Instant) -> Result<Agenda> {
    let agenda = Agenda { version: agenda.version + 1, updated_at: now, ..agenda };
    if is_new {
        diesel::insert_into(agendas::table).values(&agenda).execute(conn)?;
        return Ok(agenda);
    }
    diesel::update(agendas::table.find(agenda.meeting_id))
        .set((
            agendas::civilian_chair_id.eq(agenda.civilian_chair_id),
            agendas::police_chair_id.eq(agenda.police_chair_id),
            agendas::item_order.eq(&agenda.item_order),
            agendas::locked_at.eq(agenda.locked_at),
            agendas::locked_by_id.eq(agenda.locked_by_id),
            agendas::version.eq(agenda.version),
            agendas::updated_at.eq(now),
        ))
        .execute(conn)?;
    Ok(agenda)
}

/// When notice was first given of a meeting.
pub fn noticed_at(conn: &mut Conn, of: MeetingId) -> Result<Option<Instant>> {
    Ok(notices::table
        .filter(notices::meeting_id.eq(of).and(notices::number.eq(1)))
        .select(notices::given_at)
        .first(conn)
        .optional()?)
}

/// All items of a meeting, as they were proposed; there are at most [`MOST_ITEMS`].
pub fn items(conn: &mut Conn, of: MeetingId) -> Result<Vec<AgendaItem>> {
    Ok(agenda_items::table
        .filter(agenda_items::meeting_id.eq(of))
        .order((agenda_items::created_at, agenda_items::id))
        .limit(MOST_ITEMS)
        .select(AgendaItem::as_select())
        .load(conn)?)
}

/// Puts items in the order that was set; those that it does not name follow as they were proposed. Pure.
pub fn in_order(mut items: Vec<AgendaItem>, order: &[AgendaItemId]) -> Vec<AgendaItem> {
    let place = |id: AgendaItemId| order.iter().position(|known| *known == id).unwrap_or(order.len());
    items.sort_by_key(|item| place(item.id));
    items
}

/// The accepted items of a meeting in their order: what it was to talk about.
///
/// # Errors
/// When the database can't be asked.
pub fn accepted(conn: &mut Conn, of: MeetingId) -> Result<Vec<AgendaItem>> {
    let order = find(conn, of)?.map(|agenda| agenda.item_order.0).unwrap_or_default();
    let mut items = in_order(items(conn, of)?, &order);
    items.retain(|item| item.state == AgendaItemState::Accepted);
    Ok(items)
}

/// Whether the meeting's agenda has this item, accepted.
///
/// # Errors
/// When the database can't be asked.
pub fn has_accepted(conn: &mut Conn, of: MeetingId, item: AgendaItemId) -> Result<bool> {
    Ok(find_item(conn, item)?.is_some_and(|row| row.meeting_id == of && row.state == AgendaItemState::Accepted))
}

pub fn count(conn: &mut Conn, of: MeetingId) -> Result<i64> {
    Ok(agenda_items::table.filter(agenda_items::meeting_id.eq(of)).count().get_result(conn)?)
}

pub fn find_item(conn: &mut Conn, id: AgendaItemId) -> Result<Option<AgendaItem>> {
    Ok(agenda_items::table.find(id).select(AgendaItem::as_select()).first(conn).optional()?)
}

/// Inserts items, at most as many as an agenda has.
pub fn insert_all(conn: &mut Conn, items: &[AgendaItem]) -> Result<()> {
    if !items.is_empty() {
        insert_all!(conn, agenda_items::table, items)?;
    }
    Ok(())
}

pub fn insert(conn: &mut Conn, item: &AgendaItem) -> Result<()> {
    diesel::insert_into(agenda_items::table).values(item).execute(conn)?;
    Ok(())
}

/// What of an item can be changed.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = agenda_items)]
pub struct ItemChanges {
    pub title: Option<String>,
    pub kind: Option<AgendaItemKind>,
    pub presenter_id: Option<Option<AccountId>>,
    pub minutes: Option<i32>,
    pub links: Option<Json<Vec<AgendaLink>>>,
    pub state: Option<AgendaItemState>,
    pub decline_reason: Option<Option<String>>,
    pub decided_by_id: Option<Option<AccountId>>,
    pub decided_at: Option<Option<Instant>>,
    pub changed_after_lock_at: Option<Option<Instant>>,
    pub changed_by_id: Option<Option<AccountId>>,
    pub change_reason: Option<Option<String>>,
}

/// Changes an item that still stands where `item` does; the row as it is then.
///
/// # Errors
/// A conflict when it has moved on meanwhile.
pub fn update(conn: &mut Conn, item: &AgendaItem, changes: ItemChanges, now: Instant) -> Result<AgendaItem> {
    diesel::update(agenda_items::table.find(item.id).filter(agenda_items::state.eq(item.state)))
        .set((changes, agenda_items::version.eq(agenda_items::version + 1), agenda_items::updated_at.eq(now)))
        .returning(AgendaItem::columns())
        .get_result(conn)
        .optional()?
        .ok_or_else(|| Error::conflict("The item has changed meanwhile."))
}

/// The next meeting of the same partnership after this one that as many may see.
pub fn next_meeting(conn: &mut Conn, after: &Meeting) -> Result<Option<Meeting>> {
    Ok(meetings::table
        .filter(meetings::partnership_id.eq(after.partnership_id).and(meetings::starts_at.gt(after.starts_at)))
        .filter(meetings::state.eq(MeetingState::Scheduled).and(meetings::visibility.eq(after.visibility)))
        .order((meetings::starts_at, meetings::id))
        .select(Meeting::as_select())
        .first(conn)
        .optional()?)
}

/// Items that were deferred from earlier meetings that as many may see, and stand on no agenda yet.
pub fn waiting(conn: &mut Conn, for_: &Meeting, limit: i64) -> Result<Vec<AgendaItem>> {
    let successors = diesel::alias!(agenda_items as successors);
    let taken_up = successors.filter(successors.field(agenda_items::deferred_from_id).eq(agenda_items::id.nullable()));
    Ok(meetings::table
        .inner_join(agenda_items::table.on(agenda_items::meeting_id.eq(meetings::id)))
        .filter(meetings::partnership_id.eq(for_.partnership_id).and(meetings::starts_at.lt(for_.starts_at)))
        .filter(meetings::visibility.eq(for_.visibility))
        .filter(agenda_items::state.eq(AgendaItemState::Deferred))
        .filter(not(exists(taken_up)))
        .order((agenda_items::created_at, agenda_items::id))
        .limit(limit)
        .select(AgendaItem::as_select())
        .load(conn)?)
}

/// Open action items of earlier meetings: `limit` of them, the longest due first, and how many there are.
pub fn open_items(conn: &mut Conn, asked: &FollowUpAsked<'_>, limit: i64) -> Result<(Vec<Promised>, i64)> {
    let open = || {
        meetings::table
            .inner_join(action_items::table.on(action_items::meeting_id.eq(meetings::id)))
            .filter(meetings::partnership_id.eq(asked.partnership).and(meetings::starts_at.lt(asked.starts_at)))
            .filter(among(meetings::visibility, asked.seen.to_vec()))
            .filter(action_items::state.eq(ActionItemState::Open))
            // One that is a task is open as long as that is.
            .filter(
                action_items::task_id.is_null().or(exists(
                    tasks::table
                        .filter(tasks::id.nullable().eq(action_items::task_id))
                        .filter(among(tasks::state, TaskState::UNDONE)),
                )),
            )
    };
    let rows: Vec<ActionItem> = open()
        .order((action_items::due_on, action_items::id))
        .limit(limit)
        .select(ActionItem::as_select())
        .load(conn)?;
    let count = open().count().get_result(conn)?;
    let told =
        |row: ActionItem| Promised { id: row.id.0, title: row.what, owner: row.assignee_id, due_on: Some(row.due_on) };
    Ok((rows.into_iter().map(told).collect(), count))
}

/// How these action items stand: as their tasks, where they are some.
pub fn item_outcomes(conn: &mut Conn, ids: Vec<ActionItemId>) -> Result<Vec<(uuid::Uuid, FollowUpOutcome)>> {
    let rows: Vec<(ActionItemId, ActionItemState, Option<TaskState>)> = action_items::table
        .left_join(tasks::table.on(tasks::id.nullable().eq(action_items::task_id)))
        .filter(among(action_items::id, ids))
        .select((action_items::id, action_items::state, tasks::state.nullable()))
        .load(conn)?;
    let outcome = |state, task: Option<TaskState>| match (state, task) {
        (ActionItemState::Done, _) => FollowUpOutcome::Kept,
        (ActionItemState::Dropped, _) => FollowUpOutcome::Dropped,
        (ActionItemState::Open, Some(task)) => FollowUpOutcome::of_task(task),
        (ActionItemState::Open, None) => FollowUpOutcome::Open,
    };
    Ok(rows.into_iter().map(|(id, state, task)| (id.0, outcome(state, task))).collect())
}

/// What the meeting came back to.
pub fn find_review(conn: &mut Conn, of: MeetingId) -> Result<Option<Review>> {
    Ok(meeting_follow_ups::table.find(of).select(Review::as_select()).first(conn).optional()?)
}

pub fn insert_review(conn: &mut Conn, review: &Review) -> Result<()> {
    diesel::insert_into(meeting_follow_ups::table).values(review).execute(conn)?;
    Ok(())
}

/// Keeps how each of it stood when the meeting ended.
pub fn settle_review(conn: &mut Conn, review: &Review) -> Result<()> {
    diesel::update(meeting_follow_ups::table.find(review.meeting_id))
        .set((meeting_follow_ups::items.eq(&review.items), meeting_follow_ups::settled_at.eq(review.settled_at)))
        .execute(conn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: AgendaItemId) -> AgendaItem {
        AgendaItem {
            id,
            meeting_id: MeetingId::new(),
            title: "Lamps".into(),
            kind: AgendaItemKind::Discuss,
            presenter_id: None,
            minutes: 10,
            links: Json(Vec::new()),
            state: AgendaItemState::Accepted,
            decline_reason: None,
            proposed_by_id: AccountId::new(),
            decided_by_id: None,
            decided_at: None,
            deferred_from_id: None,
            changed_after_lock_at: None,
            changed_by_id: None,
            change_reason: None,
            version: 1,
            created_at: Instant::EPOCH,
            updated_at: Instant::EPOCH,
        }
    }

    #[test]
    fn what_the_order_does_not_name_follows_as_it_was_proposed() {
        let [a, b, c, d] = [(); 4].map(|()| AgendaItemId::new());
        let ordered = in_order([a, b, c, d].map(item).to_vec(), &[c, AgendaItemId::new(), a]);
        assert_eq!(ordered.iter().map(|item| item.id).collect::<Vec<_>>(), [c, a, b, d]);
    }
}
