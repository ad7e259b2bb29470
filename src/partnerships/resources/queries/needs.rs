//! Needs, and reviews of what is needed.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::ids::{AccountId, GoalId, PartnershipId};
use crate::partnerships::model::{Goal, GoalState};
use crate::partnerships::resources::model::{Need, NeedId, NeedKind, NeedState, NeedsReview};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, MultiBackend, among, row_lt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{goals, needs, needs_reviews};

/// A need with the goal that it belongs to.
pub fn find(conn: &mut Conn, id: NeedId) -> Result<Option<(Need, Goal)>> {
    Ok(needs::table
        .inner_join(goals::table.on(goals::id.eq(needs::goal_id)))
        .filter(needs::id.eq(id))
        .select((Need::as_select(), Goal::as_select()))
        .first(conn)
        .optional()?)
}

/// These needs, each with its goal.
pub fn find_all(conn: &mut Conn, ids: Vec<NeedId>) -> Result<Vec<(Need, Goal)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(needs::table
        .inner_join(goals::table.on(goals::id.eq(needs::goal_id)))
        .filter(among(needs::id, ids))
        .select((Need::as_select(), Goal::as_select()))
        .load(conn)?)
}

pub fn insert(conn: &mut Conn, need: &Need) -> Result<()> {
    diesel::insert_into(needs::table).values(need).execute(conn)?;
    Ok(())
}

/// What of a need changes.
#[derive(Debug, Default, PartialEq, Eq, AsChangeset)]
#[diesel(table_name = needs)]
pub struct NeedChanges {
    pub title: Option<String>,
    pub quantity: Option<i32>,
    pub unit: Option<String>,
    pub due_on: Option<NaiveDate>,
    pub why: Option<String>,
    pub plan: Option<Option<String>>,
    pub state: Option<NeedState>,
    pub pledged: Option<i64>,
    pub delivered: Option<i64>,
    pub requested_at: Option<Option<Instant>>,
    pub unmet_at: Option<Option<Instant>>,
    pub withdrawn_at: Option<Option<Instant>>,
    pub withdrawal_reason: Option<Option<String>>,
}

/// Changes a need that is still as it was read; the row as it is then.
///
/// # Errors
/// 409 when it has moved on meanwhile.
pub fn update(conn: &mut Conn, need: &Need, changes: NeedChanges, now: Instant) -> Result<Need> {
    diesel::update(needs::table.find(need.id).filter(needs::version.eq(need.version)))
        .set((changes, needs::version.eq(needs::version + 1), needs::updated_at.eq(now)))
        .returning(Need::columns())
        .get_result(conn)
        .optional()?
        .ok_or_else(|| Error::conflict("The need has changed meanwhile."))
}

/// Notes when somebody pledged first. The need stays in the version that it has, for everybody reads that, and who sees what was
/// pledged is not everybody.
pub fn note_first_pledge(conn: &mut Conn, id: NeedId, now: Instant) -> Result<()> {
    diesel::update(needs::table.find(id)).set(needs::first_pledged_at.eq(now)).execute(conn)?;
    Ok(())
}

/// Which needs a reader sees.
#[derive(Debug, Clone, Copy)]
pub enum Seen {
    /// Those that were asked for openly.
    Open,
    /// All but those of goals in the making: what every member sees.
    ByAllMembers,
    /// What every member sees, and of the others the reader's own.
    ByMember(AccountId),
    /// All.
    All,
}

/// Which needs to list.
pub struct Wanted {
    pub seen: Seen,
    pub state: Option<NeedState>,
    pub kind: Option<NeedKind>,
    pub goal: Option<GoalId>,
}

/// The needs of a partnership that a reader sees, beside their goals.
pub fn visible(of: PartnershipId, seen: Seen) -> Visible {
    let query = needs::table
        .inner_join(goals::table.on(goals::id.eq(needs::goal_id)))
        .filter(needs::partnership_id.eq(of))
        .into_boxed();
    let by_all =
        needs::requested_at.is_not_null().or(goals::adopted_at.is_not_null()).or(goals::state.eq(GoalState::Proposed));
    match seen {
        Seen::All => query,
        Seen::Open => query.filter(needs::requested_at.is_not_null()),
        Seen::ByAllMembers => query.filter(by_all),
        Seen::ByMember(reader) => query.filter(by_all.or(needs::created_by_id.eq(reader))),
    }
}

type Visible = diesel::helper_types::IntoBoxed<
    'static,
    diesel::helper_types::InnerJoin<
        needs::table,
        diesel::helper_types::On<goals::table, diesel::dsl::Eq<goals::id, needs::goal_id>>,
    >,
    MultiBackend,
>;

pub fn list<F>(conn: &mut Conn, of: PartnershipId, wanted: &Wanted, listing: &Listing<F>) -> Result<Page<Need>> {
    let filtered = || {
        let mut query = visible(of, wanted.seen);
        if let Some(state) = wanted.state {
            query = query.filter(needs::state.eq(state));
        }
        if let Some(kind) = wanted.kind {
            query = query.filter(needs::kind.eq(kind));
        }
        if let Some(goal) = wanted.goal {
            query = query.filter(needs::goal_id.eq(goal));
        }
        query
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, NeedId)>()? {
        query = query.filter(row_lt((needs::created_at, needs::id), after));
    }
    let rows = query
        .order((needs::created_at.desc(), needs::id.desc()))
        .limit(listing.fetch())
        .select(Need::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}

/// Open needs whose day was `last` or before.
pub fn overdue(conn: &mut Conn, last: NaiveDate, limit: i64) -> Result<Vec<Need>> {
    Ok(needs::table
        .filter(among(needs::state, NeedState::OPEN).and(needs::due_on.le(last)))
        .order((needs::due_on, needs::id))
        .limit(limit)
        .select(Need::as_select())
        .load(conn)?)
}

/// How many needs that were not withdrawn somebody sees.
pub fn count(conn: &mut Conn, of: PartnershipId, seen: Seen) -> Result<i64> {
    Ok(visible(of, seen).filter(needs::state.ne(NeedState::Withdrawn)).count().get_result(conn)?)
}

/// State and whether there is a plan, of the goal's needs that were not withdrawn.
pub fn of_goal(conn: &mut Conn, goal: GoalId) -> Result<Vec<(NeedState, bool)>> {
    Ok(needs::table
        .filter(needs::goal_id.eq(goal).and(needs::state.ne(NeedState::Withdrawn)))
        .select((needs::state, needs::plan.is_not_null()))
        .load(conn)?)
}

pub fn insert_review(conn: &mut Conn, review: &NeedsReview) -> Result<()> {
    diesel::insert_into(needs_reviews::table).values(review).execute(conn)?;
    Ok(())
}

/// The newest review.
pub fn last_review(conn: &mut Conn, of: PartnershipId) -> Result<Option<NeedsReview>> {
    Ok(needs_reviews::table
        .filter(needs_reviews::partnership_id.eq(of))
        .order((needs_reviews::created_at.desc(), needs_reviews::id.desc()))
        .select(NeedsReview::as_select())
        .first(conn)
        .optional()?)
}
