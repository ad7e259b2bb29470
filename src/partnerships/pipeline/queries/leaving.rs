//! What ends with a membership.

use diesel::prelude::*;

use super::shadowings;
use crate::ids::{AccountId, MembershipId};
use crate::partnerships::pipeline::model::{DevelopmentPlanState, Mentoring, ShadowingEnd};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::schema::development_plans as plans;

/// Ends a former member's shadow assignment and development plan, and lets those whom they mentored look for another.
///
/// # Errors
/// When the database can't do it.
pub fn member_left(conn: &mut Conn, membership: MembershipId, now: Instant) -> Result<()> {
    if let Some(shadowing) = shadowings::open_of(conn, membership)? {
        shadowings::finish(conn, &shadowing, ShadowingEnd::Left, now)?;
    }
    let changed = (plans::version.eq(plans::version + 1), plans::updated_at.eq(now));
    diesel::update(
        plans::table.filter(plans::membership_id.eq(membership).and(plans::state.eq(DevelopmentPlanState::Active))),
    )
    .set((plans::state.eq(DevelopmentPlanState::Ended), plans::ended_at.eq(now), changed))
    .execute(conn)?;
    diesel::update(
        plans::table.filter(plans::mentorship_id.eq(membership).and(plans::state.eq(DevelopmentPlanState::Active))),
    )
    .set((
        plans::mentorship_id.eq(None::<MembershipId>),
        plans::mentor_id.eq(None::<AccountId>),
        plans::mentoring.eq(None::<Mentoring>),
        changed,
    ))
    .execute(conn)?;
    Ok(())
}
