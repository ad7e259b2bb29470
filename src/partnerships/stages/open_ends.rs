//! What is open in a partnership that is to be closed: each is settled first, or named with what becomes of it.

use super::model::{LeftOpen, OpenEndKind};
use super::queries::open_ends as rows;
use crate::ids::PartnershipId;
use crate::partnerships::tasks::undone;
use crate::platform::State;
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Conn};
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::API;

/// Open ends of a kind that are looked at: more than can be named in one closing.
const LOOKED_AT: i64 = 101;
/// Open ends named in a refusal at most.
const NAMED: usize = 20;

/// Something open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenEnd {
    /// What it is.
    pub kind: OpenEndKind,
    /// Which one.
    pub id: AnyId,
}

impl OpenEnd {
    /// Where it can be read.
    fn address(&self) -> String {
        let collection = match self.kind {
            OpenEndKind::Goal => "goals",
            OpenEndKind::Decision => "decisions",
            OpenEndKind::Task => "tasks",
            OpenEndKind::Need => "needs",
            OpenEndKind::Commitment => "commitments",
            OpenEndKind::Meeting => "meetings",
        };
        format!("{API}/{collection}/{}", self.id)
    }
}

/// What of a slice above is open in a partnership, the most urgent first, not more than that many.
pub type FindOpen = fn(&mut Conn, PartnershipId, i64) -> Result<Vec<AnyId>>;

/// What slices above this one hold against closing a partnership; handed down by the roof.
pub struct OpenEndSources(pub Vec<(OpenEndKind, FindOpen)>);

/// Everything that is open in a partnership.
fn find(conn: &mut Conn, state: &State, id: PartnershipId, now: Instant) -> Result<Vec<OpenEnd>> {
    let goal = rows::current_goal(conn, id)?.map(|goal| OpenEnd { kind: OpenEndKind::Goal, id: AnyId(goal.0) });
    let meetings = rows::meetings_to_come(conn, id, now, LOOKED_AT)?;
    let meetings = meetings.into_iter().map(|id| OpenEnd { kind: OpenEndKind::Meeting, id: AnyId(id.0) });
    let decisions = rows::open_decisions(conn, id, LOOKED_AT)?;
    let decisions = decisions.into_iter().map(|row| OpenEnd { kind: OpenEndKind::Decision, id: AnyId(row.0) });
    let needs = rows::needs_not_met(conn, id, LOOKED_AT)?;
    let needs = needs.into_iter().map(|id| OpenEnd { kind: OpenEndKind::Need, id: AnyId(id.0) });
    let tasks = undone(conn, id, LOOKED_AT)?;
    let tasks = tasks.into_iter().map(|id| OpenEnd { kind: OpenEndKind::Task, id: AnyId(id.0) });
    let mut found: Vec<OpenEnd> = goal.into_iter().chain(decisions).chain(tasks).chain(needs).chain(meetings).collect();
    for (kind, find) in &state.handed::<OpenEndSources>()?.0 {
        found.extend(find(conn, id, LOOKED_AT)?.into_iter().map(|id| OpenEnd { kind: *kind, id }));
    }
    Ok(found)
}

/// Those that nobody said anything about.
fn unnamed(open: Vec<OpenEnd>, named: &[LeftOpen]) -> Vec<OpenEnd> {
    let is_named = |end: &OpenEnd| named.iter().any(|left| left.kind == end.kind && left.id == end.id);
    open.into_iter().filter(|end| !is_named(end)).collect()
}

/// Refuses to close a partnership over what is open and was not named.
///
/// # Errors
/// 409 `gate_unmet` with the kinds of what is open, and the addresses of the first twenty.
pub fn demand_settled(
    conn: &mut Conn,
    state: &State,
    id: PartnershipId,
    named: &[LeftOpen],
    now: Instant,
) -> Result<()> {
    let left = unnamed(find(conn, state, id, now)?, named);
    if left.is_empty() {
        return Ok(());
    }
    let kinds = OpenEndKind::ALL.iter().filter(|kind| left.iter().any(|end| end.kind == **kind));
    let how = "Settle it first, or name it in left_open with what becomes of it.";
    let detail = match left.len().checked_sub(NAMED).filter(|more| *more > 0) {
        None => format!("Something is open. {how}"),
        Some(more) => {
            format!("Something is open: {NAMED} of it are named here, and there are at least {more} more. {how}")
        }
    };
    let error = Error::new(Code::GateUnmet, detail).with_missing(kinds.map(|kind| kind.as_str()).collect());
    Err(left.iter().take(NAMED).fold(error, |error, end| error.with_conflict(end.address())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partnerships::stages::model::Disposition;

    #[test]
    fn what_is_named_counts_by_kind_and_id() {
        let (one, other) = (AnyId::new(), AnyId::new());
        let open = vec![OpenEnd { kind: OpenEndKind::Goal, id: one }, OpenEnd { kind: OpenEndKind::Task, id: other }];
        let named = |kind, id| LeftOpen {
            kind,
            id,
            disposition: Disposition::Dropped,
            note: "Nobody goes on with it.".parse().unwrap(),
        };
        assert_eq!(unnamed(open.clone(), &[]), open);
        assert_eq!(unnamed(open.clone(), &[named(OpenEndKind::Task, one)]), open, "another kind");
        assert_eq!(unnamed(open.clone(), &[named(OpenEndKind::Goal, one)]), open[1..]);
        assert_eq!(unnamed(open, &[named(OpenEndKind::Goal, one), named(OpenEndKind::Task, other)]), []);
    }
}
