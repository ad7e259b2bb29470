//! Succession and the leadership pipeline (`domain/20` 6.4 and 6.9): who leads next, who is learning to, and with whose help.
//!
//! Invariants:
//! * Handing a seat over, renewing its term and moving from one seat to the other leave no moment without a leader: what
//!   ends, ends in the transaction in which the next term begins.
//! * Nobody grants a role that is not below their own: see [`succession::may_nominate`].
//! * A step along the pipeline is suggested by rule, confirmed by a leader and agreed to by the person; the steps are kept.
//!   Being a leader comes with the seat alone.
//! * Stages, readiness, promotions and development plans of a person are seen by that person and by the partnership's
//!   leaders, a plan also by its mentor; for everybody else, officials and administrators included, they do not exist.
//!   Members see numbers without names.
//! * A mentor is somebody else, of either side, and consents.
//!
//! What members have done comes as [`ServiceFacts`] from the slices that know of it.

mod facts;
pub mod jobs;
mod model;
pub(crate) mod policy;
mod queries;
mod routes;
mod stages;
pub mod succession;

pub use queries::facilitations::note_facilitated;
pub use queries::leaving::member_left;
pub use queries::presentations::{await_presentation, note_meeting_begun};
pub use queries::shadowings::end_of_seated;
pub use queries::successions::make_room;
pub use routes::OPERATIONS;
pub use stages::ServiceFacts;

use crate::event_kinds;

event_kinds! {
    /// What happens on the way to leading. What would tell somebody's stage names no stage and is restricted.
    pub mod events {
        HANDED_OVER = "leadership"."hand_over_offered", Members, "The {kind} leader of the {side} side offered to hand the seat over";
        RENEWAL_PROPOSED = "leadership"."renewal_proposed", Members, "Another term was proposed for the {kind} leader of the {side} side";
        ACKNOWLEDGED = "leadership"."acknowledged", Members, "The members met the {side} side's {kind} leader, whom the agency appointed";
        SUCCESSORS_NAMED = "leadership"."successors_named", Leaders, "{count} possible successors were named for a seat of the {side} side";
        SHADOW_ASSIGNED = "shadowing"."assigned", Members, "Somebody of the {side} side was asked to learn a seat as a shadow";
        SHADOW_ACCEPTED = "shadowing"."accepted", Members, "Somebody of the {side} side began to learn a seat as a shadow";
        SHADOW_DECLINED = "shadowing"."declined", Members, "A shadow assignment on the {side} side was declined";
        SHADOW_ENDED = "shadowing"."ended", Members, "A shadow assignment on the {side} side ended: {cause}";
        READINESS_STATED = "readiness"."stated", Restricted, "Said how ready they are to lead";
        PROMOTIONS_SUGGESTED = "promotion"."suggested", Restricted, "{count} promotions were suggested by rule";
        PROMOTION_CONFIRMED = "promotion"."confirmed", Restricted, "A suggested promotion was confirmed";
        PROMOTION_AGREED = "promotion"."agreed", Restricted, "A promotion was agreed to";
        PROMOTION_DECLINED = "promotion"."declined", Restricted, "A promotion was declined";
        PLAN_CREATED = "development_plan"."created", Restricted, "A development plan was made";
        PLAN_UPDATED = "development_plan"."updated", Restricted, "A development plan was changed";
        MENTORING_AGREED = "development_plan"."mentoring_agreed", Restricted, "The mentor agreed";
        MENTORING_DECLINED = "development_plan"."mentoring_declined", Restricted, "The mentor declined";
        PLAN_REVIEWED = "development_plan"."reviewed", Restricted, "A development plan was reviewed";
        PLAN_ENDED = "development_plan"."ended", Restricted, "A development plan ended";
    }
}
