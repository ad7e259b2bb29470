//! Background work of needs and partners.

use std::sync::Arc;

use super::events;
use super::model::{NeedState, PartnerInvitationState, PartnerState};
use super::pledging::last_day_over;
use super::queries::needs::{self, NeedChanges};
use super::queries::partners::{self, PartnerChanges};
use crate::platform::State;
use crate::platform::clock::minutes;
use crate::platform::error::Result;
use crate::platform::jobs::Job;
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::write_unattended;

/// Needs or invitations looked at in one transaction.
const BATCH: i64 = 100;

/// Jobs of this part.
pub const JOBS: &[Job] = &[
    Job {
        name: "mark_unmet_needs",
        about: "marks needs as unmet whose day has passed everywhere before they were fulfilled",
        every: minutes(30),
        run: mark_unmet_needs,
    },
    Job {
        name: "expire_partner_invitations",
        about: "ends invitations of organisations that nobody answered within 30 days",
        every: minutes(30),
        run: expire_partner_invitations,
    },
];

fn mark_unmet_needs(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    state.db.write_blocking(move |conn| {
        let overdue = needs::overdue(conn, last_day_over(now), BATCH)?;
        for need in &overdue {
            need.state.demand(NeedState::Unmet)?;
            let changes =
                NeedChanges { state: Some(NeedState::Unmet), unmet_at: Some(Some(now)), ..NeedChanges::default() };
            needs::update(conn, need, changes, now)?;
            write_unattended(conn, events::NEED_UNMET.on(need.id.0).within(need.partnership_id.0), now)?;
        }
        Ok(overdue.len())
    })
}

fn expire_partner_invitations(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    state.db.write_blocking(move |conn| {
        let expired = partners::expired(conn, now, BATCH)?;
        for partner in &expired {
            partners::answer(conn, partner.id, PartnerInvitationState::Expired, None, now)?;
            let changes = PartnerChanges {
                state: Some(PartnerState::NotJoined),
                ended_at: Some(Some(now)),
                ..PartnerChanges::default()
            };
            partners::update(conn, partner, changes, now)?;
            write_unattended(conn, events::PARTNER_EXPIRED.on(partner.id.0).within(partner.partnership_id.0), now)?;
        }
        Ok(expired.len())
    })
}
