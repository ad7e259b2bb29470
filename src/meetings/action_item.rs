//! Where an action item stands (`domain/60` 6.22). Pure.
//!
//! An item is a task of the partnership. Whatever ends the item ends the task in the same transaction; whatever ends the task is
//! read here: so the two never say different things.

use super::model::{ActionItem, ActionItemState};
use crate::partnerships::{Followed, TaskState};
use crate::platform::clock::Instant;

/// Where an item stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stands {
    /// Its state.
    pub state: ActionItemState,
    /// Why it was given up.
    pub drop_reason: Option<String>,
    /// When it was done or given up.
    pub closed_at: Option<Instant>,
}

/// States of tasks that are done.
pub const DONE: [TaskState; 2] = [TaskState::Done, TaskState::Verified];
/// States of tasks that were given up.
pub const DROPPED: [TaskState; 1] = [TaskState::Cancelled];
/// States of tasks that nobody has taken on.
pub const UNTAKEN: [TaskState; 3] = [TaskState::Draft, TaskState::Open, TaskState::Offered];

/// Where an item stands with the task that it is.
pub fn stands(item: &ActionItem, task: Option<&Followed>) -> Stands {
    let by_task = |state| Stands {
        state,
        drop_reason: task.and_then(|task| task.cancel_reason.clone()),
        closed_at: task.map(|task| task.updated_at),
    };
    match (item.state, task.map(|task| task.state)) {
        (ActionItemState::Open, Some(state)) if DONE.contains(&state) => by_task(ActionItemState::Done),
        (ActionItemState::Open, Some(state)) if DROPPED.contains(&state) => by_task(ActionItemState::Dropped),
        (state, _) => Stands { state, drop_reason: item.drop_reason.clone(), closed_at: item.closed_at },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AccountId, MeetingId, TaskId};
    use crate::meetings::model::ActionItemId;

    #[test]
    fn an_open_item_stands_where_its_task_stands_and_a_closed_one_where_it_was_closed() {
        use ActionItemState as I;
        use TaskState as T;
        let at = Instant::from_micros(7);
        for own in [I::Open, I::Done, I::Dropped] {
            let closed = own != I::Open;
            let item = ActionItem {
                id: ActionItemId::new(),
                meeting_id: MeetingId::new(),
                what: "Call.".into(),
                assignee_id: None,
                due_on: chrono::NaiveDate::MIN,
                no_owner_found: false,
                state: own,
                drop_reason: (own == I::Dropped).then(|| "Own.".to_owned()),
                closed_at: closed.then_some(Instant::EPOCH),
                created_by_id: AccountId::new(),
                version: 1,
                created_at: Instant::EPOCH,
                updated_at: Instant::EPOCH,
                task_id: Some(TaskId::new()),
            };
            let alone = Stands { state: own, drop_reason: item.drop_reason.clone(), closed_at: item.closed_at };
            assert_eq!(stands(&item, None), alone);
            for state in T::ALL {
                let cancel_reason = (*state == T::Cancelled).then(|| "Task.".to_owned());
                let task = Followed {
                    state: *state,
                    cancel_reason: cancel_reason.clone(),
                    is_private: false,
                    updated_at: at.unwrap(),
                };
                let expected = match (closed, state) {
                    (false, T::Done | T::Verified) => Stands { state: I::Done, drop_reason: None, closed_at: at },
                    (false, T::Cancelled) => Stands { state: I::Dropped, drop_reason: cancel_reason, closed_at: at },
                    _ => alone.clone(),
                };
                assert_eq!(stands(&item, Some(&task)), expected, "{own} {state}");
            }
        }
    }
}
