//! Who is assigned where.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::duty::OnDuty;
use crate::accounts::{AccountKind, AccountState};
use crate::directory::model::{Assignment, AssignmentId, DutyRole};
use crate::ids::{AccountId, AgencyId, AreaId};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, OnConflict, Unique, locked};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{accounts, areas, assignments};

/// Each person has a role in an area once.
pub const ONE_EACH: Unique =
    Unique { index: "assignments_one_each", columns: "assignments.area_id, assignments.account_id, assignments.role" };
/// Each area has one commander.
pub const ONE_COMMANDER: Unique = Unique { index: "assignments_one_commander", columns: "assignments.area_id" };

/// An assignment with its officer's badge and rank, and the agency of its area.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = assignments)]
pub struct Assigned {
    #[diesel(embed)]
    pub on_duty: OnDuty,
    #[diesel(select_expression = areas::agency_id)]
    pub agency: AgencyId,
    #[diesel(select_expression = accounts::state)]
    pub state: AccountState,
    #[diesel(select_expression = accounts::verified_until)]
    pub verified_until: Option<NaiveDate>,
}

pub fn find(conn: &mut Conn, id: AssignmentId) -> Result<Option<Assigned>> {
    Ok(assignments::table
        .inner_join(accounts::table.on(accounts::id.eq(assignments::account_id)))
        .inner_join(areas::table.on(areas::id.eq(assignments::area_id)))
        .filter(assignments::id.eq(id))
        .select(Assigned::as_select())
        .first(conn)
        .optional()?)
}

/// Has the assignment stay as it is until the transaction ends.
pub fn lock(conn: &mut Conn, id: AssignmentId) -> Result<()> {
    let _: Option<Assignment> =
        locked(assignments::table.find(id).select(Assignment::columns())).get_result(conn).optional()?;
    Ok(())
}

/// What of an account decides whether it can be assigned.
#[derive(Debug, Clone, Copy, Queryable)]
pub struct Candidate {
    pub kind: AccountKind,
    pub state: AccountState,
    pub agency: Option<AgencyId>,
}

pub fn find_candidate(conn: &mut Conn, id: AccountId) -> Result<Option<Candidate>> {
    Ok(accounts::table
        .find(id)
        .select((accounts::kind, accounts::state, accounts::agency_id))
        .first(conn)
        .optional()?)
}

/// Inserts an assignment; those of the area whose last day is over end and leave their place. Returns how many did.
///
/// # Errors
/// A conflict when the area has a commander, or the person this role in it.
pub fn insert(conn: &mut Conn, assignment: &Assignment, today: NaiveDate) -> Result<usize> {
    let ended = diesel::update(
        assignments::table.filter(
            assignments::area_id
                .eq(assignment.area_id)
                .and(assignments::ended_at.is_null())
                .and(assignments::ends_on.lt(today)),
        ),
    )
    .set((
        assignments::ended_at.eq(assignment.created_at),
        assignments::version.eq(assignments::version + 1),
        assignments::updated_at.eq(assignment.created_at),
    ))
    .execute(conn)?;
    match diesel::insert_into(assignments::table).values(assignment).execute(conn) {
        Err(error) if ONE_COMMANDER.is_violated_by(&error) => {
            Err(Error::conflict("The area has a commander; that assignment ends first."))
        }
        result => result
            .map(|_| ended)
            .on_conflict(&ONE_EACH, || Error::conflict("The person has this role in the area already.")),
    }
}

/// What of an assignment can be changed.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = assignments)]
pub struct AssignmentChanges {
    pub starts_on: Option<NaiveDate>,
    pub ends_on: Option<Option<NaiveDate>>,
    pub duty_phone: Option<Option<String>>,
    pub duty_email: Option<Option<String>>,
    pub bio: Option<Option<String>>,
    pub is_public: Option<bool>,
    pub ended_at: Option<Option<Instant>>,
}

/// Changes an assignment; the row as it is then.
pub fn update(conn: &mut Conn, id: AssignmentId, changes: AssignmentChanges, now: Instant) -> Result<Assignment> {
    Ok(diesel::update(assignments::table.find(id))
        .set((changes, assignments::version.eq(assignments::version + 1), assignments::updated_at.eq(now)))
        .returning(Assignment::columns())
        .get_result(conn)?)
}

/// Assignments to an area, the newest first, also those that are over or not public.
pub fn list<F>(
    conn: &mut Conn,
    area: AreaId,
    role: Option<DutyRole>,
    has_ended: Option<bool>,
    listing: &Listing<F>,
) -> Result<Page<Assigned>> {
    let filtered = || {
        let mut query = assignments::table
            .inner_join(accounts::table.on(accounts::id.eq(assignments::account_id)))
            .inner_join(areas::table.on(areas::id.eq(assignments::area_id)))
            .filter(assignments::area_id.eq(area))
            .into_boxed();
        if let Some(role) = role {
            query = query.filter(assignments::role.eq(role));
        }
        match has_ended {
            Some(true) => query = query.filter(assignments::ended_at.is_not_null()),
            Some(false) => query = query.filter(assignments::ended_at.is_null()),
            None => {}
        }
        query
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<AssignmentId>()? {
        query = query.filter(assignments::id.lt(after));
    }
    let rows: Vec<Assigned> =
        query.order(assignments::id.desc()).limit(listing.fetch()).select(Assigned::as_select()).load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| row.on_duty.assignment.id).with_total(total))
}
