//! What follows from a change for the stage of a partnership, in the transaction that made the change.

use super::model::LifeCycle;
use super::queries::life_cycles::{self, LifeCycleChanges};
use super::{confirmation, dormancy, events, gap, partnerships};
use crate::ids::PartnershipId;
use crate::partnerships::decisions;
use crate::partnerships::formation::formation;
use crate::partnerships::model::PartnershipState;
use crate::partnerships::queries::formation::facts;
use crate::partnerships::queries::partnerships::PartnershipChanges;
use crate::partnerships::standing::{Purpose, find};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::write_unattended;

/// Looks at a partnership anew after something changed that its stage may depend on: a side lost its last leader or found
/// one; the last item of the checklist was completed, so that it is active. Whatever can complete an item calls this; what
/// nobody called it for is found by the next one.
///
/// # Errors
/// When the database can't be asked.
pub fn reconsider(conn: &mut Conn, id: PartnershipId, now: Instant) -> Result<()> {
    let Some(partnership) = find(conn, id, Purpose::Change)? else { return Ok(()) };
    decisions::follow(conn, &partnership, now)?;
    if !partnership.state.is_live() {
        return Ok(());
    }
    let life = life_cycles::find(conn, id)?;
    gap::note(conn, id, partnership.state, &life, now)?;
    if partnership.state != PartnershipState::Forming {
        return Ok(());
    }
    if formation(&facts(conn, &partnership, now.date())?).missing.is_empty() {
        let changes = awake(&life, now);
        enter(conn, id, PartnershipState::Forming, &changes, now)?;
        write_unattended(conn, events::ACTIVATED.on(id.0).within(id.0), now)?;
    }
    Ok(())
}

/// What is remembered of a partnership that is active from now on.
pub(super) fn awake(life: &LifeCycle, now: Instant) -> LifeCycleChanges {
    LifeCycleChanges {
        activated_at: Some(Some(now)),
        confirmation_due_on: life.confirmation_due_on.is_none().then(|| confirmation::due_after(now.date())),
        ..stirred(now)
    }
}

/// What is remembered of an active partnership in which something happened.
pub(super) fn stirred(at: Instant) -> LifeCycleChanges {
    LifeCycleChanges {
        last_activity_at: Some(Some(at)),
        dormancy_warned_days: Some(None),
        dormancy_due_at: Some(Some(dormancy::due_at(at, dormancy::next_step(None)))),
        dormant_at: Some(None),
        ..LifeCycleChanges::default()
    }
}

/// Makes a partnership that stands at `from` active.
pub(super) fn enter(
    conn: &mut Conn,
    id: PartnershipId,
    from: PartnershipState,
    changes: &LifeCycleChanges,
    now: Instant,
) -> Result<()> {
    from.demand(PartnershipState::Active)?;
    let active = PartnershipChanges { state: Some(PartnershipState::Active), ..PartnershipChanges::default() };
    partnerships::update(conn, id, active, now)?;
    life_cycles::change(conn, id, changes)
}
