//! Background work of needs and partners.

use std::sync::Arc;

use super::events;
use super::model::{NeedState, PartnerState};
use super::pledging::last_day_over;
use super::queries::needs::{self, NeedChanges};
use super::queries::partners::{self, PartnerChanges};
use super::told::{face, told};
use crate::partnerships::standing::{Purpose, find};
use crate::platform::State;
use crate::platform::clock::minutes;
use crate::platform::error::Result;
use crate::platform::jobs::{Job, each};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::write_unattended;

/// Needs or invitations looked at in one run.
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
    let overdue = state.db.read_blocking(move |conn| needs::overdue(conn, last_day_over(now), BATCH))?;
    let overdue = overdue.into_iter().map(|need| (need.id, need.partnership_id, need.version)).collect();
    each(state, overdue, move |conn, _, (id, partnership, version)| {
        find(conn, partnership, Purpose::Change)?;
        let found = needs::find(conn, id)?.filter(|(need, _)| need.version == version);
        let Some((need, goal)) = found else { return Ok(false) };
        need.state.demand(NeedState::Unmet)?;
        let changes =
            NeedChanges { state: Some(NeedState::Unmet), unmet_at: Some(Some(now)), ..NeedChanges::default() };
        needs::update(conn, &need, changes, now)?;
        let kind = told(events::NEED_UNMET, face(&need, &goal));
        write_unattended(conn, kind.on(id.0).within(partnership.0), now)?;
        Ok(true)
    })
}

fn expire_partner_invitations(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    let expired = state.db.read_blocking(move |conn| partners::expired(conn, now, BATCH))?;
    let expired = expired.into_iter().map(|partner| (partner.id, partner.partnership_id, partner.version)).collect();
    each(state, expired, move |conn, _, (id, partnership, version)| {
        find(conn, partnership, Purpose::Change)?;
        let Some(partner) = partners::find(conn, id)?.filter(|partner| partner.version == version) else {
            return Ok(false);
        };
        if !partners::expire(conn, id, now)? {
            return Ok(false);
        }
        let changes = PartnerChanges {
            state: Some(PartnerState::NotJoined),
            ended_at: Some(Some(now)),
            ..PartnerChanges::default()
        };
        partners::update(conn, &partner, changes, now)?;
        write_unattended(conn, events::PARTNER_EXPIRED.on(id.0).within(partnership.0), now)?;
        Ok(true)
    })
}
