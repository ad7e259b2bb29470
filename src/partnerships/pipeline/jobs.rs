//! Background work of succession and the pipeline.

use std::sync::Arc;

use super::{events, facts};
use crate::ids::PartnershipId;
use crate::partnerships::model::PartnershipState;
use crate::partnerships::pipeline::model::ShadowingEnd;
use crate::partnerships::pipeline::queries::{promotions, shadowings};
use crate::partnerships::standing::{Purpose, find};
use crate::platform::State;
use crate::platform::clock::hours;
use crate::platform::error::Result;
use crate::platform::jobs::Job;
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
    let (mut suggested, mut after) = (0, None::<PartnershipId>);
    loop {
        let ids = state.db.read_blocking(move |conn| promotions::live_partnerships(conn, after, BATCH))?;
        let Some(last) = ids.last().copied() else { return Ok(suggested) };
        after = Some(last);
        for id in ids {
            suggested += state.db.write_blocking(move |conn| {
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
            })?;
        }
    }
}

fn end_shadowings(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    state.db.write_blocking(move |conn| {
        let over = shadowings::over(conn, now.date(), BATCH)?;
        for row in &over {
            shadowings::finish(conn, row, ShadowingEnd::Term, now)?;
        }
        Ok(over.len())
    })
}
