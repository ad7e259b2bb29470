//! Development plans and their reviews.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::ids::{AccountId, MembershipId, PartnershipId};
use crate::partnerships::pipeline::model::{
    DevelopmentPlan, DevelopmentPlanId, DevelopmentPlanState, DevelopmentReview, DevelopmentReviewId, Mentoring,
};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, Json, OnConflict, Unique, row_lt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{development_plans as plans, development_reviews as reviews};

/// A member has one plan at a time.
pub const ONE_ACTIVE: Unique =
    Unique { index: "development_plans_one_active", columns: "development_plans.membership_id" };

pub fn find(conn: &mut Conn, id: DevelopmentPlanId) -> Result<Option<DevelopmentPlan>> {
    Ok(plans::table.find(id).select(DevelopmentPlan::as_select()).first(conn).optional()?)
}

/// The plan of a member that is in use.
pub fn active_of(conn: &mut Conn, membership: MembershipId) -> Result<Option<DevelopmentPlanId>> {
    Ok(plans::table
        .filter(plans::membership_id.eq(membership).and(plans::state.eq(DevelopmentPlanState::Active)))
        .select(plans::id)
        .first(conn)
        .optional()?)
}

/// Inserts a plan.
///
/// # Errors
/// 409 when the member has one in use.
pub fn insert(conn: &mut Conn, plan: &DevelopmentPlan) -> Result<()> {
    diesel::insert_into(plans::table).values(plan).execute(conn).map(|_| ()).on_conflict(&ONE_ACTIVE, || {
        Error::conflict("The member has a development plan already; change it, or end it first.")
    })
}

/// What of a plan can be changed.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = plans)]
pub struct PlanChanges {
    pub state: Option<DevelopmentPlanState>,
    pub aims: Option<String>,
    pub opportunities: Option<Json<Vec<String>>>,
    pub mentorship_id: Option<Option<MembershipId>>,
    pub mentor_id: Option<Option<AccountId>>,
    pub mentoring: Option<Option<Mentoring>>,
    pub review_on: Option<NaiveDate>,
    pub ended_at: Option<Option<Instant>>,
}

/// Changes a plan whose partnership the caller holds; the row as it is then.
pub fn update(conn: &mut Conn, id: DevelopmentPlanId, changes: PlanChanges, now: Instant) -> Result<DevelopmentPlan> {
    Ok(diesel::update(plans::table.find(id))
        .set((changes, plans::version.eq(plans::version + 1), plans::updated_at.eq(now)))
        .returning(DevelopmentPlan::columns())
        .get_result(conn)?)
}

/// Which plans to list.
pub struct Wanted {
    /// All for leaders; for a member those that are about or mentored by this account.
    pub concerning: Option<AccountId>,
    pub state: Option<DevelopmentPlanState>,
    /// In use and overdue for review, or not so.
    pub is_overdue: Option<bool>,
}

pub fn list<F>(
    conn: &mut Conn,
    of: PartnershipId,
    wanted: &Wanted,
    today: NaiveDate,
    listing: &Listing<F>,
) -> Result<Page<DevelopmentPlan>> {
    let filtered = || {
        let mut query = plans::table.filter(plans::partnership_id.eq(of)).into_boxed();
        if let Some(who) = wanted.concerning {
            query = query.filter(plans::account_id.eq(who).or(plans::mentor_id.eq(who).assume_not_null()));
        }
        if let Some(state) = wanted.state {
            query = query.filter(plans::state.eq(state));
        }
        query = match wanted.is_overdue {
            Some(true) => query.filter(plans::state.eq(DevelopmentPlanState::Active).and(plans::review_on.lt(today))),
            Some(false) => query.filter(plans::state.ne(DevelopmentPlanState::Active).or(plans::review_on.ge(today))),
            None => query,
        };
        query
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, DevelopmentPlanId)>()? {
        query = query.filter(row_lt((plans::created_at, plans::id), after));
    }
    let rows = query
        .order((plans::created_at.desc(), plans::id.desc()))
        .limit(listing.fetch())
        .select(DevelopmentPlan::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}

pub fn insert_review(conn: &mut Conn, review: &DevelopmentReview) -> Result<()> {
    diesel::insert_into(reviews::table).values(review).execute(conn)?;
    Ok(())
}

pub fn list_reviews<F>(
    conn: &mut Conn,
    of: DevelopmentPlanId,
    listing: &Listing<F>,
) -> Result<Page<DevelopmentReview>> {
    let mut query = reviews::table.filter(reviews::plan_id.eq(of)).into_boxed();
    if let Some(after) = listing.after::<(Instant, DevelopmentReviewId)>()? {
        query = query.filter(row_lt((reviews::created_at, reviews::id), after));
    }
    let rows = query
        .order((reviews::created_at.desc(), reviews::id.desc()))
        .limit(listing.fetch())
        .select(DevelopmentReview::as_select())
        .load(conn)?;
    let total = if listing.total {
        Some(reviews::table.filter(reviews::plan_id.eq(of)).count().get_result(conn)?)
    } else {
        None
    };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}
