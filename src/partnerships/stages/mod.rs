//! The stages of a partnership's life (`domain/20` 6.3): formed and active, without a leader, dormant, suspended, closed.
//!
//! Invariants:
//! * A partnership becomes active by itself, in the write that completes the checklist, and never before. What is written
//!   below this slice (profiles, accounts) is followed by background work within seconds.
//! * A side without any leader is a gap: nothing that needs both sides is decided until it is filled, and after 30 days an
//!   active partnership is forming again.
//! * What concerns the partnership itself is agreed by leaders of both sides: a waiver, the yearly confirmation,
//!   reactivation, closing. Only a closing that waited for 60 days can be completed by an administrator.
//! * Nothing is closed over what is open: each open end is settled first, or named with what becomes of it. Slices above hand
//!   down what is open of theirs ([`OpenEndSources`]).

pub(in crate::partnerships) mod confirmation;
pub(in crate::partnerships) mod dormancy;
mod follow;
mod gap;
mod jobs;
pub(crate) mod model;
pub(in crate::partnerships) mod open_ends;
pub(crate) mod policy;
pub(in crate::partnerships) mod queries;
mod reconsider;
mod routes;

pub use gap::demand_led;
pub use jobs::JOBS;
pub use model::OpenEndKind;
pub use open_ends::OpenEndSources;
pub use reconsider::reconsider;
pub use routes::OPERATIONS;
pub(in crate::partnerships) use routes::shown::{ClosingShown, LifeCycleShown, life_cycle};

use super::queries::partnerships;
use crate::event_kinds;
use crate::ids::PartnershipId;
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Conn};
use crate::platform::error::Result;
use queries::life_cycles::{self, LifeCycleChanges};

event_kinds! {
    /// What happens in a partnership's life.
    pub mod events {
        ACTIVATED = "partnership"."activated", Public, "The formation checklist is complete: the partnership is active";
        GAP_OPENED = "leadership"."gap_opened", Members, "The {side} side has no leader any more";
        GAP_CLOSED = "leadership"."gap_closed", Members, "Both sides have a leader again";
        UNFORMED = "partnership"."unformed", Public, "A side was without a leader for {days} days: the partnership is forming again";
        DORMANCY_WARNED = "partnership"."dormancy_warned", Leaders, "Nothing has happened for {days} days: the leaders were warned";
        FELL_DORMANT = "partnership"."dormant", Public, "Nothing has happened for {days} days: the partnership is dormant";
        REACTIVATED = "partnership"."reactivated", Public, "Leaders of both sides agreed to begin anew: the partnership is active";
        CONFIRMATION_ASKED = "partnership"."confirmation_asked", Leaders, "The yearly confirmation is due: the leaders were asked";
        UNCONFIRMED = "partnership"."unconfirmed", Public, "The yearly confirmation is missing";
        CONFIRMED = "partnership"."confirmed", Public, "Leaders of both sides confirmed roster, area, contacts and plan";
        SUSPENDED = "partnership"."suspended", Public, "The partnership was suspended until its review on {review_on}";
        LIFTED = "partnership"."suspension_lifted", Public, "The suspension was lifted: the partnership is {state}";
        CLOSED = "partnership"."closed", Public, "The partnership was closed: {cause}";
        AGREEMENT_PROPOSED = "agreement"."proposed", Members, "A {kind} was put up for signing";
        AGREEMENT_SIGNED = "agreement"."signed", Members, "A leader signed a {kind}";
        AGREEMENT_WITHDRAWN = "agreement"."withdrawn", Members, "A {kind} was taken back";
        WAIVED = "agreement"."waived", Members, "Leaders of both sides agreed to do without an item of the checklist: {item}";
    }
}

/// Remembers the adopted communication plan that counts for the checklist (F6). Called by the communication slice when a
/// plan is adopted; the partnership is active by that if nothing else was missing.
///
/// # Errors
/// When the database can't do it.
pub fn note_communication_plan(conn: &mut Conn, id: PartnershipId, plan: AnyId, now: Instant) -> Result<()> {
    let changes = LifeCycleChanges {
        communication_plan: Some(Some(plan)),
        communication_plan_at: Some(Some(now)),
        ..LifeCycleChanges::default()
    };
    life_cycles::change(conn, id, &changes)?;
    reconsider(conn, id, now)
}

/// Remembers a review of the list of needs, which counts for the checklist (F8) even if nothing is needed; the partnership
/// is active by that if nothing else was missing.
///
/// # Errors
/// When the database can't do it.
pub fn note_resources_review(conn: &mut Conn, id: PartnershipId, review: AnyId, now: Instant) -> Result<()> {
    let changes = LifeCycleChanges {
        resources_review: Some(Some(review)),
        resources_review_at: Some(Some(now)),
        ..LifeCycleChanges::default()
    };
    life_cycles::change(conn, id, &changes)?;
    reconsider(conn, id, now)
}
