//! SQL of commitments.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::dsl::count_star;
use diesel::prelude::*;

use super::model::{Commitment, CommitmentState};
use crate::ids::{AccountId, AreaId, CommitmentId, MeetingId, OfficerLogId, PartnershipId};
use crate::partnerships::Promised;
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, OnConflict, Unique, among, locked, row_gt};
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

pub fn insert(conn: &mut Conn, row: &Commitment) -> Result<()> {
    insert_one!(conn, commitments::table, Commitment, row)
        .map(|_| ())
        .on_conflict(&ONE_FOLLOWING, || Error::conflict("Another day was agreed on already."))
}

/// What of a commitment changes.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = commitments)]
pub struct CommitmentChanges {
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
            Some(today) => {
                query.filter(commitments::state.eq(CommitmentState::Open).and(commitments::due_on.lt(today)))
            }
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

/// How many commitments stand so, and how many of the open ones are late: state, whether another day was asked for in time,
/// whether it is late, how many.
pub type Tally = Vec<(CommitmentState, Option<bool>, bool, i64)>;

type Counted = (CommitmentState, Option<bool>, i64);

fn tally(all: Vec<Counted>, late: i64) -> Tally {
    let mut tally: Tally = all.into_iter().map(|(state, asked, count)| (state, asked, false, count)).collect();
    if let Some(open) = tally.iter_mut().find(|(state, ..)| *state == CommitmentState::Open) {
        open.3 -= late;
    }
    if late > 0 {
        tally.push((CommitmentState::Open, None, true, late));
    }
    tally
}

/// What became of what the account promised that was due within these days.
pub fn tally_of_maker(
    conn: &mut Conn,
    account: AccountId,
    (from, to): (NaiveDate, NaiveDate),
    today: NaiveDate,
) -> Result<Tally> {
    let own = || commitments::made_by_id.eq(account).and(commitments::due_on.between(from, to));
    let all: Vec<Counted> = commitments::table
        .filter(own())
        .group_by((commitments::state, commitments::asked_before_due))
        .select((commitments::state, commitments::asked_before_due, count_star()))
        .load(conn)?;
    let late: i64 = commitments::table
        .filter(own().and(commitments::state.eq(CommitmentState::Open)).and(commitments::due_on.lt(today)))
        .count()
        .get_result(conn)?;
    Ok(tally(all, late))
}

/// What became of what was promised in logs of visits in the area or within it that was due within these days.
pub fn tally_of_area(
    conn: &mut Conn,
    area: AreaId,
    (from, to): (NaiveDate, NaiveDate),
    today: NaiveDate,
) -> Result<Tally> {
    let within = || area_ancestors::table.filter(area_ancestors::ancestor_id.eq(area)).select(area_ancestors::area_id);
    let all: Vec<Counted> = commitments::table
        .inner_join(officer_logs::table.on(officer_logs::id.nullable().eq(commitments::officer_log_id)))
        .filter(officer_logs::area_id.eq_any(within()).and(commitments::due_on.between(from, to)))
        .group_by((commitments::state, commitments::asked_before_due))
        .select((commitments::state, commitments::asked_before_due, count_star()))
        .load(conn)?;
    let late: i64 = commitments::table
        .inner_join(officer_logs::table.on(officer_logs::id.nullable().eq(commitments::officer_log_id)))
        .filter(officer_logs::area_id.eq_any(within()).and(commitments::due_on.between(from, to)))
        .filter(commitments::state.eq(CommitmentState::Open).and(commitments::due_on.lt(today)))
        .count()
        .get_result(conn)?;
    Ok(tally(all, late))
}
