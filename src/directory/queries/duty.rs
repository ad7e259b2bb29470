//! Who is on duty where, on a day.
//!
//! An assignment counts from its first day through its last, unless it was ended, and while the account is active and its
//! verification has not run out. Duty in an area is duty in all areas within it.
#![expect(missing_docs, reason = "auto_type makes a type beside each function, which nothing can describe")]

use chrono::NaiveDate;
use diesel::dsl::auto_type;
use diesel::prelude::*;

use super::agencies::zone_of_agency;
use crate::accounts::AccountState;
use crate::directory::duty::local_day;
use crate::directory::model::{Assignment, AssignmentId, DutyRole};
use crate::ids::{AccountId, AgencyId, AreaId};
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, among, row_gt};
use crate::platform::error::Result;
use crate::platform::http::{Listing, Page};
use crate::schema::{accounts, area_ancestors, areas, assignments};

/// That an assignment, joined with its account, counts on `today`.
#[auto_type]
pub fn counts_on(today: NaiveDate) -> _ {
    let active: AccountState = AccountState::Active;
    assignments::ended_at
        .is_null()
        .and(assignments::starts_on.le(today))
        .and(assignments::ends_on.is_null().or(assignments::ends_on.ge(today)))
        .and(accounts::state.eq(active))
        .and(accounts::verified_until.ge(today))
}

/// Every area in which the account is on duty on `today`, in any role, with all areas within: a subquery of area ids for
/// `x::area_id.eq_any(…)`, or for [`in_query`](crate::platform::db::in_query) where the query around it has one of the same
/// tables (`area_ancestors`, `assignments`, `accounts`).
#[auto_type]
pub fn assigned_areas(account: AccountId, today: NaiveDate) -> _ {
    let counts: counts_on = counts_on(today);
    area_ancestors::table
        .inner_join(assignments::table.on(assignments::area_id.eq(area_ancestors::ancestor_id)))
        .inner_join(accounts::table.on(accounts::id.eq(assignments::account_id)))
        .filter(assignments::account_id.eq(account).and(counts))
        .select(area_ancestors::area_id)
}

/// Every area that the account answers for on `today`, as commander or delegate, with all areas within: as
/// [`assigned_areas()`].
#[auto_type]
pub fn commanded_areas(account: AccountId, today: NaiveDate) -> _ {
    let officer: DutyRole = DutyRole::Officer;
    let counts: counts_on = counts_on(today);
    area_ancestors::table
        .inner_join(assignments::table.on(assignments::area_id.eq(area_ancestors::ancestor_id)))
        .inner_join(accounts::table.on(accounts::id.eq(assignments::account_id)))
        .filter(assignments::account_id.eq(account).and(assignments::role.ne(officer)).and(counts))
        .select(area_ancestors::area_id)
}

/// Commanders and delegates of the area and of what it lies in, on its agency's day at `now`: the nearest first, a commander before the
/// delegates, each account once.
///
/// # Errors
/// When the database can't be asked.
pub fn commanders_of(conn: &mut Conn, area: AreaId, now: Instant) -> Result<Vec<AccountId>> {
    let agency: Option<AgencyId> = areas::table.find(area).select(areas::agency_id).first(conn).optional()?;
    let Some(agency) = agency else { return Ok(Vec::new()) };
    let today = local_day(zone_of_agency(conn, agency)?, now);
    let rows: Vec<AccountId> = area_ancestors::table
        .inner_join(assignments::table.on(assignments::area_id.eq(area_ancestors::ancestor_id)))
        .inner_join(accounts::table.on(accounts::id.eq(assignments::account_id)))
        .filter(
            area_ancestors::area_id
                .eq(area)
                .and(among(assignments::role, [DutyRole::Commander, DutyRole::Delegate]))
                .and(counts_on(today)),
        )
        .order((area_ancestors::depth, assignments::role, assignments::id))
        .select(assignments::account_id)
        .load(conn)?;
    let mut once = Vec::with_capacity(rows.len());
    for account in rows {
        if !once.contains(&account) {
            once.push(account);
        }
    }
    Ok(once)
}

/// An assignment with what the public knows of its officer.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = assignments)]
pub struct OnDuty {
    #[diesel(embed)]
    pub assignment: Assignment,
    #[diesel(select_expression = accounts::badge_number)]
    pub badge_number: Option<String>,
    #[diesel(select_expression = accounts::rank)]
    pub rank: Option<String>,
}

/// Public assignments that count on `today`, of the area and of what it lies in, the nearest first.
pub fn list_public<F>(
    conn: &mut Conn,
    area: AreaId,
    today: NaiveDate,
    listing: &Listing<F>,
) -> Result<Page<(i32, OnDuty)>> {
    let filtered = || {
        area_ancestors::table
            .inner_join(assignments::table.on(assignments::area_id.eq(area_ancestors::ancestor_id)))
            .inner_join(accounts::table.on(accounts::id.eq(assignments::account_id)))
            .filter(area_ancestors::area_id.eq(area).and(assignments::is_public.eq(true)).and(counts_on(today)))
            .into_boxed()
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(i32, AssignmentId)>()? {
        query = query.filter(row_gt((area_ancestors::depth, assignments::id), after));
    }
    let rows: Vec<(i32, OnDuty)> = query
        .order((area_ancestors::depth, assignments::id))
        .limit(listing.fetch())
        .select((area_ancestors::depth, OnDuty::as_select()))
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |(depth, row)| (*depth, row.assignment.id)).with_total(total))
}

/// Public assignments to any of these areas that count on `today`; `limit` at most.
pub fn list_public_of(conn: &mut Conn, areas: Vec<AreaId>, today: NaiveDate, limit: i64) -> Result<Vec<OnDuty>> {
    Ok(assignments::table
        .inner_join(accounts::table.on(accounts::id.eq(assignments::account_id)))
        .filter(among(assignments::area_id, areas).and(assignments::is_public.eq(true)).and(counts_on(today)))
        .order(assignments::id)
        .limit(limit)
        .select(OnDuty::as_select())
        .load(conn)?)
}
