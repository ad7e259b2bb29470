//! Resources: what a goal needs, who pledges it, and the organisations that join because of it (`domain/20` 6.7).
//!
//! Invariants:
//! * A need's state is computed from its pledges (`pledging`) and written with every change of one of them; nobody sets it.
//! * Whatever changes a need, a pledge or a partner waits for the partnership, so two answers to one pledge are one.
//! * An organisation stands in a partnership once, by its name. It joins by a code that was mailed to it, and remembers the
//!   need that it answered.
//! * Money is promised here, never paid. How organisations can be reached is for leaders and themselves.
//!
//! Other parts of Key 1 use [`reviewed`] for the formation checklist and [`needs_met_for_goal`] for the achievability test.

mod broadening;
pub mod jobs;
mod joining;
mod letters;
mod model;
mod pledging;
pub(crate) mod policy;
mod queries;
mod routes;
mod told;

pub(in crate::partnerships) use model::{NeedId, NeedState};
pub(in crate::partnerships) use policy::sees_drafts;
pub use routes::OPERATIONS;
pub(in crate::partnerships) use routes::seen_needs;

use super::formation::Evidence;
use crate::event_kinds;
use crate::ids::{GoalId, PartnershipId};
use crate::platform::db::Conn;
use crate::platform::error::Result;

event_kinds! {
    /// What happens with needs, pledges and partners.
    pub mod events {
        NEED_IDENTIFIED = "need"."identified", Leaders, "A need was written down";
        NEED_UPDATED = "need"."updated", Leaders, "A need was changed";
        NEED_OPENED = "need"."opened", Public, "A need was opened: {kind}";
        NEED_PLEDGED = "need"."pledged", Public, "All that a need asks for has been pledged";
        NEED_FULFILLED = "need"."fulfilled", Public, "A need is fulfilled";
        NEED_UNMET = "need"."unmet", Members, "The day of a need has passed without its being fulfilled";
        NEED_WITHDRAWN = "need"."withdrawn", Leaders, "A need was withdrawn";
        NEEDS_REVIEWED = "needs_review"."recorded", Members, "What is needed was gone through: {needs} needs";
        PLEDGE_OFFERED = "pledge"."offered", Members, "A pledge was offered";
        PLEDGE_ACCEPTED = "pledge"."accepted", Members, "A pledge was accepted";
        PLEDGE_DECLINED = "pledge"."declined", Leaders, "A pledge was declined";
        PLEDGE_WITHDRAWN = "pledge"."withdrawn", Members, "A pledge was taken back";
        PLEDGE_DELIVERED = "pledge"."delivered", Members, "Something was delivered of a pledge";
        PARTNER_INVITED = "partner"."invited", Leaders, "An organisation was invited";
        PARTNER_JOINED = "partner"."joined", Public, "An organisation joined: {sector}";
        PARTNER_DECLINED = "partner"."declined", Leaders, "An organisation declined its invitation";
        PARTNER_EXPIRED = "partner"."invitation_expired", Leaders, "An organisation's invitation expired";
        PARTNER_REVOKED = "partner"."invitation_revoked", Leaders, "An organisation's invitation was taken back";
        PARTNER_UPDATED = "partner"."updated", Leaders, "An organisation's entry was changed";
        PARTNER_LEFT = "partner"."left", Members, "An organisation left";
    }
}

/// The newest review of what is needed, for the checklist's F8: what is needed was recorded, even if that is nothing.
///
/// # Errors
/// When the database can't be asked.
pub fn reviewed(conn: &mut Conn, partnership: PartnershipId) -> Result<Option<Evidence>> {
    let review = queries::needs::last_review(conn, partnership)?;
    Ok(review.map(|review| Evidence { reference: review.id.0, at: Some(review.created_at) }))
}

/// How the needs of a goal stand, for its achievability test (`domain/20` 6.5 e).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GoalNeeds {
    /// Needs that were not withdrawn.
    pub needs: usize,
    /// Those of them of which all is pledged or delivered.
    pub covered: usize,
    /// Those of the others that have a plan to get what is needed.
    pub planned: usize,
}

impl GoalNeeds {
    /// Whether all that is needed is pledged, or there is a plan to get it; also where nothing is needed.
    pub const fn is_met(self) -> bool {
        self.covered + self.planned == self.needs
    }
}

/// How the needs of a goal, and of its objectives, stand.
///
/// # Errors
/// When the database can't be asked.
pub fn needs_met_for_goal(conn: &mut Conn, goal: GoalId) -> Result<GoalNeeds> {
    let needs = queries::needs::of_goal(conn, goal)?;
    Ok(GoalNeeds {
        needs: needs.len(),
        covered: needs.iter().filter(|(state, _)| state.is_covered()).count(),
        planned: needs.iter().filter(|(state, has_plan)| !state.is_covered() && *has_plan).count(),
    })
}
