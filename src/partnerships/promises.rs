//! What was promised and is to be come back to, whatever it is.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::ids::AccountId;

/// What a meeting promised and has to come back to: its id, what it is, who has it, and by when.
#[derive(Debug, Clone)]
pub struct Promised {
    /// The thing.
    pub id: Uuid,
    /// What it is, in a line.
    pub title: String,
    /// Who has it.
    pub owner: Option<AccountId>,
    /// By when.
    pub due_on: Option<NaiveDate>,
}
