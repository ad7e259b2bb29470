//! Goals and their signatures.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::accounts::Side;
use crate::ids::{AccountId, DecisionId, GoalId, PartnershipId};
use crate::partnerships::model::{Goal, GoalResult, GoalSignature, GoalState, SigningPurpose};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, OnConflict, Unique, among, row_lt};
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{goal_signatures, goals};

/// At most one goal is proposed, adopted or in progress.
pub const ONE_CURRENT: Unique = Unique { index: "goals_one_current", columns: "goals.partnership_id" };
/// At most one goal is to take a current goal's place.
pub const ONE_REPLACING: Unique = Unique { index: "goals_one_replacing", columns: "goals.replaces_id" };
/// Each side signs once.
pub const ONE_PER_SIDE: Unique = Unique {
    index: "goal_signatures_one_per_side",
    columns: "goal_signatures.goal_id, goal_signatures.purpose, goal_signatures.side",
};

pub fn find(conn: &mut Conn, id: GoalId) -> Result<Option<Goal>> {
    Ok(goals::table.find(id).select(Goal::as_select()).first(conn).optional()?)
}

/// These goals, whoever asks.
pub fn find_all(conn: &mut Conn, ids: Vec<GoalId>) -> Result<Vec<Goal>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(goals::table.filter(among(goals::id, ids)).select(Goal::as_select()).load(conn)?)
}

/// The goal that is proposed, adopted or in progress.
pub fn current(conn: &mut Conn, of: PartnershipId) -> Result<Option<Goal>> {
    Ok(goals::table
        .filter(goals::partnership_id.eq(of))
        .filter(among(goals::state, [GoalState::Proposed, GoalState::Adopted, GoalState::InProgress]))
        .select(Goal::as_select())
        .first(conn)
        .optional()?)
}

pub fn insert(conn: &mut Conn, goal: &Goal) -> Result<()> {
    diesel::insert_into(goals::table).values(goal).execute(conn)?;
    Ok(())
}

/// What of a goal can be changed.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = goals)]
pub struct GoalChanges {
    pub title: Option<String>,
    pub description: Option<String>,
    pub state: Option<GoalState>,
    pub target_on: Option<NaiveDate>,
    pub proposed_at: Option<Option<Instant>>,
    pub adopted_at: Option<Option<Instant>>,
    pub started_at: Option<Option<Instant>>,
    pub closed_at: Option<Option<Instant>>,
    pub closing_result: Option<Option<GoalResult>>,
    pub assessment: Option<Option<String>>,
    pub evidence: Option<Option<String>>,
    pub within_influence: Option<Option<bool>>,
    pub influence_reason: Option<Option<String>>,
    pub resources_plan: Option<Option<String>>,
    pub override_reason: Option<Option<String>>,
    pub replaces_id: Option<Option<GoalId>>,
    pub decision_id: Option<Option<DecisionId>>,
}

/// Refused: a partnership has one current goal, and at most one that is to take its place.
pub fn already_current() -> Error {
    Error::new(
        Code::GoalAlreadyCurrent,
        "The partnership has a current goal. Close it first, let this one take its place, or keep it in the backlog.",
    )
}

/// The goal that is to take the place of the partnership's current one, while that is decided.
pub fn replacing(conn: &mut Conn, of: PartnershipId) -> Result<Option<Goal>> {
    Ok(goals::table
        .filter(goals::partnership_id.eq(of).and(goals::replaces_id.is_not_null()))
        .filter(among(goals::state, [GoalState::Backlog, GoalState::Draft]))
        .select(Goal::as_select())
        .first(conn)
        .optional()?)
}

/// Changes a goal that is still in `from`; the row as it is then.
///
/// # Errors
/// 409 when another goal is current already, or when the goal has moved on meanwhile.
pub fn update(conn: &mut Conn, goal: &Goal, changes: GoalChanges, now: Instant) -> Result<Goal> {
    diesel::update(goals::table.find(goal.id).filter(goals::state.eq(goal.state)))
        .set((changes, goals::version.eq(goals::version + 1), goals::updated_at.eq(now)))
        .returning(Goal::columns())
        .get_result(conn)
        .optional()
        .map_err(|error| {
            let taken = ONE_CURRENT.is_violated_by(&error) || ONE_REPLACING.is_violated_by(&error);
            if taken { already_current() } else { error.into() }
        })?
        .ok_or_else(|| Error::conflict("The goal has changed meanwhile."))
}

/// Puts a side's name under a goal, or under its closing.
///
/// # Errors
/// 409 when the side has signed already.
pub fn sign(conn: &mut Conn, signature: &GoalSignature) -> Result<()> {
    diesel::insert_into(goal_signatures::table)
        .values(signature)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_PER_SIDE, || {
            Error::new(Code::AlreadySigned, format!("The {} side has signed already.", signature.side))
        })
}

/// Signatures that stand under these goals.
pub fn signatures(conn: &mut Conn, ids: &[GoalId]) -> Result<Vec<GoalSignature>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(goal_signatures::table
        .filter(among(goal_signatures::goal_id, ids.to_vec()).and(goal_signatures::voided_at.is_null()))
        .order(goal_signatures::created_at)
        .select(GoalSignature::as_select())
        .load(conn)?)
}

/// The sides that stand under one goal for one purpose.
pub fn signed_sides(conn: &mut Conn, id: GoalId, purpose: SigningPurpose) -> Result<Vec<Side>> {
    Ok(goal_signatures::table
        .filter(
            goal_signatures::goal_id
                .eq(id)
                .and(goal_signatures::purpose.eq(purpose))
                .and(goal_signatures::voided_at.is_null()),
        )
        .select(goal_signatures::side)
        .load(conn)?)
}

/// Signatures for a purpose stop counting: the text under which they stand was taken back.
pub fn void(conn: &mut Conn, id: GoalId, purpose: SigningPurpose, now: Instant) -> Result<()> {
    diesel::update(
        goal_signatures::table.filter(
            goal_signatures::goal_id
                .eq(id)
                .and(goal_signatures::purpose.eq(purpose))
                .and(goal_signatures::voided_at.is_null()),
        ),
    )
    .set(goal_signatures::voided_at.eq(now))
    .execute(conn)?;
    Ok(())
}

/// Which goals a reader sees.
#[derive(Debug, Clone, Copy)]
pub enum Seen {
    /// Those that both sides stand or stood behind.
    Published,
    /// Those, the ones that are being decided on, and the reader's own.
    ByMember(AccountId),
    /// All.
    All,
}

pub fn list<F>(
    conn: &mut Conn,
    of: PartnershipId,
    seen: Seen,
    state: Option<GoalState>,
    listing: &Listing<F>,
) -> Result<Page<Goal>> {
    let filtered = || {
        let mut query = goals::table.filter(goals::partnership_id.eq(of)).into_boxed();
        query = match seen {
            Seen::All => query,
            Seen::Published => query.filter(goals::adopted_at.is_not_null()),
            Seen::ByMember(author) => query.filter(
                goals::adopted_at
                    .is_not_null()
                    .or(goals::state.eq(GoalState::Proposed))
                    .or(goals::replaces_id.is_not_null())
                    .or(goals::created_by_id.eq(author)),
            ),
        };
        match state {
            Some(state) => query.filter(goals::state.eq(state)),
            None => query,
        }
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, GoalId)>()? {
        query = query.filter(row_lt((goals::created_at, goals::id), after));
    }
    let rows = query
        .order((goals::created_at.desc(), goals::id.desc()))
        .limit(listing.fetch())
        .select(Goal::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}
