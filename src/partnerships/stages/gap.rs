//! The leadership gap (`domain/20` 6.3): a side that was led and has neither primary nor deputy.

use super::model::LifeCycle;
use super::queries::life_cycles::{self, LifeCycleChanges};
use super::{events, partnerships};
use crate::accounts::Side;
use crate::ids::PartnershipId;
use crate::partnerships::formation::missing_leaders;
use crate::partnerships::model::{Partnership, PartnershipState, Seat};
use crate::partnerships::queries::partnerships::PartnershipChanges;
use crate::partnerships::queries::seats;
use crate::partnerships::signing::SIDES;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Code, Error, Result};
use crate::platform::record::write_unattended;

/// How long an active partnership stays active with a gap, days.
pub const FORMING_AFTER_DAYS: u64 = 30;

/// The sides that have no leader.
pub fn unled(seats: &[Seat]) -> Vec<Side> {
    SIDES.into_iter().filter(|side| !seats.iter().any(|seat| seat.side == *side)).collect()
}

/// Refuses what both sides decide while one of them has no leader: a primary leader whose rights count while the
/// partnership is forming, a primary or a deputy from then on.
///
/// # Errors
/// 409 `leadership_incomplete` with the leaders that are missing.
pub fn demand_led(conn: &mut Conn, partnership: &Partnership, now: Instant) -> Result<()> {
    let (civilian, police) = match partnership.state {
        PartnershipState::Forming => seats::primaries(conn, partnership.id, now.date())?,
        _ => {
            let unled = unled(&seats::active(conn, partnership.id)?);
            (!unled.contains(&Side::Civilian), !unled.contains(&Side::Police))
        }
    };
    let missing = missing_leaders(civilian, police);
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::new(Code::LeadershipIncomplete, "Nothing that needs both sides is decided until both have a leader.")
        .with_missing(missing))
}

/// Notes a gap that opened, or one that was filled.
pub(super) fn note(
    conn: &mut Conn,
    id: PartnershipId,
    state: PartnershipState,
    life: &LifeCycle,
    now: Instant,
) -> Result<()> {
    let unled = unled(&seats::active(conn, id)?);
    let changes = match (unled.as_slice(), life.leadership_gap_since) {
        ([], None) if life.led_at.is_none() => {
            LifeCycleChanges { led_at: Some(Some(now)), ..LifeCycleChanges::default() }
        }
        ([], Some(_)) => {
            write_unattended(conn, events::GAP_CLOSED.on(id.0).within(id.0), now)?;
            LifeCycleChanges { leadership_gap_since: Some(None), ..LifeCycleChanges::default() }
        }
        // Until both sides were led once, their leaders are the first items of the checklist, and no gap.
        ([side, ..], None) if life.led_at.is_some() || state != PartnershipState::Forming => {
            let entry = events::GAP_OPENED.on(id.0).within(id.0).fact("side", side.as_str());
            write_unattended(conn, entry, now)?;
            LifeCycleChanges { leadership_gap_since: Some(Some(now)), ..LifeCycleChanges::default() }
        }
        ([], None) | ([_, ..], _) => return Ok(()),
    };
    life_cycles::change(conn, id, &changes)
}

/// An active partnership whose gap was not filled is forming again, with its leaders to be found first.
pub(super) fn unform(conn: &mut Conn, partnership: &Partnership, now: Instant) -> Result<()> {
    let changes = PartnershipChanges { state: Some(PartnershipState::Forming), ..PartnershipChanges::default() };
    partnerships::update(conn, partnership.id, changes, now)?;
    let quiet = LifeCycleChanges {
        dormancy_due_at: Some(None),
        dormancy_warned_days: Some(None),
        ..LifeCycleChanges::default()
    };
    life_cycles::change(conn, partnership.id, &quiet)?;
    let days = i64::try_from(FORMING_AFTER_DAYS).unwrap_or(0);
    let entry = events::UNFORMED.on(partnership.id.0).within(partnership.id.0).fact("days", days);
    write_unattended(conn, entry, now)
}
