//! Background work of succession and the pipeline.

use std::sync::Arc;

use super::{events, facts};
use crate::ids::PartnershipId;
use crate::partnerships::model::PartnershipState;
use crate::partnerships::pipeline::model::ShadowingEnd;
use crate::partnerships::pipeline::queries::{promotions, shadowings};
use crate::partnerships::standing::{Purpose, find};
use crate::platform::State;
use crate::platform::clock::{Instant, hours};
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::platform::jobs::{Job, each};
use crate::platform::record::write_unattended;

/// Partnerships or shadow assignments looked at at once.
const BATCH: i64 = 100;

/// Jobs of this sub-slice.
pub const JOBS: &[Job] = &[
    Job {
        name: "suggest_promotions",
        about: "suggests the next stage to members who meet its rule",
        every: hours(24),
        run: suggest_promotions,
    },
    Job {
        name: "end_shadowings",
        about: "ends shadow assignments whose time is over",
        every: hours(1),
        run: end_shadowings,
    },
];

fn suggest_promotions(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    let (mut suggested, mut failed, mut after) = (0, None, None::<PartnershipId>);
    loop {
        let ids = state.db.read_blocking(move |conn| promotions::live_partnerships(conn, after, BATCH))?;
        let Some(last) = ids.last().copied() else { return failed.map_or(Ok(suggested), Err) };
        after = Some(last);
        match each(state, ids, move |conn, _, id| suggest(conn, id, now)) {
            Ok(count) => suggested += count,
            Err(error) => failed = Some(error),
        }
    }
}

/// Suggests what is due in one partnership, while it is at work.
fn suggest(conn: &mut Conn, id: PartnershipId, now: Instant) -> Result<usize> {
    let held = find(conn, id, Purpose::Change)?;
    if !held.is_some_and(|partnership| PartnershipState::is_live(partnership.state)) {
        return Ok(0);
    }
    let count = facts::suggest(conn, id, now)?;
    if count > 0 {
        let entry = events::PROMOTIONS_SUGGESTED.on(id.0).within(id.0).fact("count", count);
        write_unattended(conn, entry, now)?;
    }
    Ok(count)
}

fn end_shadowings(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    let over = state.db.read_blocking(move |conn| shadowings::over(conn, now.date(), BATCH))?;
    let over = over.into_iter().map(|row| (row.id, row.partnership_id, row.version)).collect();
    each(state, over, move |conn, _, (id, partnership, version)| {
        find(conn, partnership, Purpose::Change)?;
        let Some(row) = shadowings::find(conn, id)?.filter(|row| row.version == version) else { return Ok(false) };
        shadowings::finish(conn, &row, ShadowingEnd::Term, now)?;
        Ok(true)
    })
}
