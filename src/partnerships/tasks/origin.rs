//! Tasks that other slices make: responsibilities from a decision's outcome, action items of a meeting.

use chrono::NaiveDate;
use uuid::Uuid;

use super::ANSWER_WITHIN;
use super::model::{AssignmentBasis, PoliceRole, Task, TaskOffer, TaskOfferId, TaskOfferState, TaskPurpose, TaskState};
use super::queries::{offers, tasks};
use crate::accounts::Side;
use crate::ids::{AccountId, PartnershipId, TaskId};
use crate::partnerships::queries::members::active_members;
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Conn};
use crate::platform::error::Result;

/// What a task comes from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Of which kind.
    pub purpose: TaskPurpose,
    /// Which.
    pub reference: Uuid,
    /// What is to be done, in a line of at most 150 characters.
    pub title: String,
    /// What that means.
    pub description: String,
    /// By when.
    pub due_on: Option<NaiveDate>,
    /// The member who is to do it: they are asked, and have five days to accept.
    pub assignee: Option<AccountId>,
    /// Whether not all members see what it comes from: then it is for leaders and whoever is asked.
    pub is_private: bool,
}

/// Makes a task from something that was agreed on; the caller holds the partnership and writes the record. Whoever is named
/// is asked, even within seven days of the last time: it was agreed on.
///
/// # Errors
/// When the database can't take it.
pub fn create_from(conn: &mut Conn, by: AccountId, of: PartnershipId, origin: Origin, now: Instant) -> Result<TaskId> {
    let Origin { purpose, reference, title, description, due_on, assignee, is_private } = origin;
    let person: Option<(AccountId, Side)> = match assignee {
        Some(account) => active_members(conn, of, &[account])?.pop(),
        None => None,
    };
    let task = Task {
        id: TaskId::new(),
        partnership_id: of,
        title,
        description,
        state: if person.is_some() { TaskState::Offered } else { TaskState::Open },
        purpose,
        purpose_ref: Some(AnyId(reference)),
        effort_hours: 1,
        due_on,
        starts_at: None,
        ends_at: None,
        place: None,
        language: None,
        police_role: PoliceRole::None,
        leads_others: false,
        mentor_id: None,
        created_by_id: by,
        overlap_reason: None,
        overlap_allowed_by_id: None,
        cancel_reason: None,
        closed_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
        opened_at: (!is_private).then_some(now),
    };
    tasks::insert(conn, &task, &[], &[])?;
    if let Some(person) = person {
        ask(conn, by, task.id, person, now)?;
    }
    Ok(task.id)
}

/// Asks a person on whom something was agreed on together.
pub fn ask(
    conn: &mut Conn,
    by: AccountId,
    task: TaskId,
    (account_id, side): (AccountId, Side),
    now: Instant,
) -> Result<()> {
    let offer = TaskOffer {
        id: TaskOfferId::new(),
        task_id: task,
        account_id,
        offered_by_id: by,
        // Nobody asked for skills or interests: it is the police's duty, or somebody's who was there.
        basis: if side == Side::Police { AssignmentBasis::Duty } else { AssignmentBasis::AvailabilityOnly },
        basis_reason: (side != Side::Police).then(|| "It was agreed on together.".to_owned()),
        state: TaskOfferState::Open,
        expires_at: now.plus(ANSWER_WITHIN),
        created_at: now,
    };
    offers::insert(conn, &offer)
}
