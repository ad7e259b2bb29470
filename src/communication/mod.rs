//! Key 2, communication: whether people trust a partnership "depends on how information is communicated, and by whom"
//! (`domain/30-key2-communication.md`).
//!
//! Here is the plan: techniques, procedures and individuals, in versions that both sides adopt. An adopted plan is an item
//! of the formation checklist, told to the partnership by
//! [`note_communication_plan`](crate::partnerships::note_communication_plan).
//!
//! Messages, concerns, commitments and the trust pulse stand on the plan and come later.

pub mod plan;

pub(crate) use plan::policy as plan_policy;
pub use plan::{OPERATIONS, REACTIONS, events};
