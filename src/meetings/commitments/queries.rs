//! SQL of commitments.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::dsl::count_star;
use diesel::prelude::*;

use super::model::{Commitment, CommitmentState};
use crate::ids::{AccountId, AreaId, CommitmentId, MeetingId, OfficerLogId, PartnershipId};
use crate::partnerships::Promised;
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Columns, Conn, OnConflict, Unique, among, locked, row_gt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{area_ancestors, commitments, officer_logs};
use crate::{insert_one, on_engine};

/// One takes the place of another once.
pub const ONE_FOLLOWING: Unique = Unique { index: "commitments_one_following", columns: "commitments.follows_id" };

pub fn find(conn: &mut Conn, id: CommitmentId) -> Result<Option<Commitment>> {
    Ok(commitments::table.find(id).select(Commitment::as_select()).first(conn).optional()?)
}

/// The commitment, which stays as it is until the transaction ends.
pub fn find_locked(conn: &mut Conn, id: CommitmentId) -> Result<Option<Commitment>> {
    let query = || commitments::table.find(id).select(Commitment::columns());
    Ok(on_engine!(conn, |conn| locked(query()).get_result(conn)).optional()?)
}

/// The commitment that took the place of this one, which stays as it is until the transaction ends.
pub fn find_following(conn: &mut Conn, id: CommitmentId) -> Result<Option<Commitment>> {
    let query = || commitments::table.filter(commitments::follows_id.eq(id)).select(Commitment::columns());
    Ok(on_engine!(conn, |conn| locked(query()).get_result(conn)).optional()?)
}

pub fn insert(conn: &mut Conn, row: &Commitment) -> Result<()> {
    insert_one!(conn, commitments::table, Commitment, row)
        .on_conflict(&ONE_FOLLOWING, || Error::conflict("Another day was agreed on already."))
}

/// What of a commitment changes.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = commitments)]
pub struct CommitmentChanges {
    pub what: Option<String>,
    pub due_on: Option<NaiveDate>,
    pub state: Option<CommitmentState>,
    pub asked_before_due: Option<Option<bool>>,
    pub claimed_at: Option<Option<Instant>>,
    pub closed_by_id: Option<Option<AccountId>>,
    pub closed_at: Option<Option<Instant>>,
    pub close_reason: Option<Option<String>>,
}

impl CommitmentChanges {
    /// It ends.
    pub fn end(to: CommitmentState, by: AccountId, reason: Option<String>, now: Instant) -> Self {
        Self {
            state: Some(to),
            closed_by_id: Some(Some(by)),
            closed_at: Some(Some(now)),
            close_reason: Some(reason),
            ..Self::default()
        }
    }
}

/// Changes a commitment, whose row the caller holds; the row as it is then.
pub fn update(conn: &mut Conn, id: CommitmentId, changes: CommitmentChanges, now: Instant) -> Result<Commitment> {
    Ok(diesel::update(commitments::table.find(id))
        .set((changes, commitments::version.eq(commitments::version + 1), commitments::updated_at.eq(now)))
        .returning(Commitment::columns())
        .get_result(conn)?)
}

/// Says to which partnership the commitments of a log were made that were made to none: the log is linked to it now.
pub fn link(conn: &mut Conn, log: OfficerLogId, to: PartnershipId, now: Instant) -> Result<()> {
    let unlinked = commitments::officer_log_id.eq(log).and(commitments::partnership_id.is_null());
    diesel::update(commitments::table.filter(unlinked))
        .set((
            commitments::partnership_id.eq(to),
            commitments::version.eq(commitments::version + 1),
            commitments::updated_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Where these commitments stand.
pub fn states(conn: &mut Conn, ids: Vec<CommitmentId>) -> Result<HashMap<CommitmentId, CommitmentState>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(CommitmentId, CommitmentState)> = commitments::table
        .filter(among(commitments::id, ids))
        .select((commitments::id, commitments::state))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Whose commitments are listed.
#[derive(Debug, Clone, Copy)]
pub enum Whose {
    /// Made to this partnership.
    To(PartnershipId),
    /// Made by this account.
    By(AccountId),
}

/// Which commitments to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    pub state: Option<CommitmentState>,
    /// Open, and due before this day.
    pub late_on: Option<NaiveDate>,
}

/// Commitments, the first due first.
pub fn list<F>(conn: &mut Conn, whose: Whose, wanted: Wanted, listing: &Listing<F>) -> Result<Page<Commitment>> {
    let filtered = || {
        let query = commitments::table.into_boxed();
        let query = match whose {
            Whose::To(partnership) => query.filter(commitments::partnership_id.eq(partnership)),
            Whose::By(account) => query.filter(commitments::made_by_id.eq(account)),
        };
        let query = match wanted.state {
            Some(state) => query.filter(commitments::state.eq(state)),
            None => query,
        };
        match wanted.late_on {
            Some(today) => query.filter(late(today)),
            None => query,
        }
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(NaiveDate, CommitmentId)>()? {
        query = query.filter(row_gt((commitments::due_on, commitments::id), after));
    }
    let rows = query
        .order((commitments::due_on, commitments::id))
        .limit(listing.fetch())
        .select(Commitment::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.due_on, row.id)).with_total(total))
}

/// Open commitments to the partnership that are due by that day, the longest due first, and how many there are.
pub fn promised(conn: &mut Conn, of: PartnershipId, by: NaiveDate, limit: i64) -> Result<(Vec<Promised>, i64)> {
    let due = || {
        commitments::table
            .filter(commitments::partnership_id.eq(of).and(commitments::due_on.le(by)))
            .filter(commitments::state.eq(CommitmentState::Open))
    };
    let rows: Vec<Commitment> =
        due().order((commitments::due_on, commitments::id)).limit(limit).select(Commitment::as_select()).load(conn)?;
    let count = due().count().get_result(conn)?;
    let told = |row: Commitment| Promised {
        id: row.id.0,
        title: row.what,
        owner: Some(row.made_by_id),
        due_on: Some(row.due_on),
    };
    Ok((rows.into_iter().map(told).collect(), count))
}

/// What was promised at a meeting, by the officers' logs of it: the first ones in the order in which they were put down, and how
/// many there are. What took the place of another is told with that.
pub fn made_at(conn: &mut Conn, meeting: MeetingId, limit: i64) -> Result<(Vec<Commitment>, i64)> {
    let made = || {
        commitments::table
            .inner_join(officer_logs::table.on(commitments::officer_log_id.eq(officer_logs::id.nullable())))
            .filter(officer_logs::meeting_id.eq(meeting).and(commitments::follows_id.is_null()))
    };
    let rows = made()
        .order((commitments::created_at, commitments::id))
        .limit(limit)
        .select(Commitment::as_select())
        .load(conn)?;
    Ok((rows, made().count().get_result(conn)?))
}

/// That are open though their day was over before `today`. A promise that nobody can confirm is not late once whoever promised
/// says that it was kept.
#[diesel::dsl::auto_type(no_type_alias)]
fn late(today: NaiveDate) -> _ {
    let open: CommitmentState = CommitmentState::Open;
    commitments::state
        .eq(open)
        .and(commitments::due_on.lt(today))
        .and(commitments::partnership_id.is_not_null().or(commitments::claimed_at.is_null()))
}

/// Commitments to the partnership that are open, the first due first.
///
/// # Errors
/// When the database can't be asked.
pub fn unkept(conn: &mut Conn, of: PartnershipId, limit: i64) -> Result<Vec<AnyId>> {
    let ids: Vec<CommitmentId> = commitments::table
        .filter(commitments::partnership_id.eq(of).and(commitments::state.eq(CommitmentState::Open)))
        .order((commitments::due_on, commitments::id))
        .limit(limit)
        .select(commitments::id)
        .load(conn)?;
    Ok(ids.into_iter().map(|id| AnyId(id.0)).collect())
}

/// The first and the last of the days that are looked at.
type Days = (NaiveDate, NaiveDate);

/// How many commitments stand so: state, whether another day was asked for in time, how many.
pub type Tally = Vec<(CommitmentState, Option<bool>, i64)>;

/// What was promised, and what became of it.
#[derive(Debug, Default)]
pub struct Made {
    /// Promises that were made, each once, however often another day was agreed on.
    pub made: i64,
    /// Of those that are open, how many are late.
    pub late: i64,
    /// How all of them stand, those too that took the place of others.
    pub tally: Tally,
}

/// In which logs it was promised.
#[derive(Debug, Clone, Copy)]
pub enum Logs {
    /// This officer's.
    Of(AccountId),
    /// Those of visits in this area or within it.
    Within(AreaId),
}

/// What was promised in logs of visits of these days, and what became of it.
pub fn made(conn: &mut Conn, logs: Logs, (from, to): Days, today: NaiveDate) -> Result<Made> {
    on_engine!(conn, |conn: Engine| {
        let promised = || {
            let of_days = officer_logs::table
                .filter(officer_logs::attended_on.between(from, to))
                .select(officer_logs::id.nullable())
                .into_boxed::<Engine>();
            let within = |area| area_ancestors::table.filter(area_ancestors::ancestor_id.eq(area));
            commitments::officer_log_id.eq_any(match logs {
                Logs::Of(officer) => of_days.filter(officer_logs::officer_id.eq(officer)),
                Logs::Within(area) => {
                    of_days.filter(officer_logs::area_id.eq_any(within(area).select(area_ancestors::area_id)))
                }
            })
        };
        let tally: Tally = commitments::table
            .filter(promised())
            .group_by((commitments::state, commitments::asked_before_due))
            .select((commitments::state, commitments::asked_before_due, count_star()))
            .load(conn)?;
        let made = commitments::table.filter(promised()).filter(commitments::follows_id.is_null());
        let late = commitments::table.filter(promised()).filter(late(today));
        Ok(Made { made: made.count().get_result(conn)?, late: late.count().get_result(conn)?, tally })
    })
}
