//! What people did: lists of one's own, equity, service for the pipeline.

use std::collections::HashMap;

use diesel::dsl::{count, count_star, exists};
use diesel::prelude::*;

use crate::accounts::Side;
use crate::ids::{AccountId, PartnershipId, TaskId};
use crate::partnerships::model::MembershipState;
use crate::partnerships::tasks::equity::Share;
use crate::partnerships::tasks::model::{AssignmentBasis, Task, TaskOfferState, TaskState};
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, among, row_lt};
use crate::platform::error::Result;
use crate::platform::http::{Listing, Page};
use crate::schema::{memberships, task_assignments, task_offers, tasks};
use crate::text_enum;

text_enum! {
    /// How a task is somebody's.
    pub enum TaskRelation {
        /// The person has taken it on.
        Assigned = "assigned",
        /// It is offered to the person, who has not answered.
        Offered = "offered",
        /// The person wrote it.
        Created = "created",
        /// The person has taken it on and leads others in it.
        Led = "led",
    }
}

/// Tasks of a person in partnerships in which they are a member, newest first; of the archive or of what is under way.
pub fn list_own<F>(
    conn: &mut Conn,
    me: AccountId,
    relation: TaskRelation,
    archived: bool,
    listing: &Listing<F>,
) -> Result<Page<Task>> {
    let filtered = || {
        let member = memberships::table.filter(
            memberships::partnership_id
                .eq(tasks::partnership_id)
                .and(memberships::account_id.eq(me))
                .and(memberships::state.eq(MembershipState::Active)),
        );
        let held =
            task_assignments::table.filter(task_assignments::account_id.eq(me)).select(task_assignments::task_id);
        let asked = task_offers::table
            .filter(task_offers::account_id.eq(me).and(task_offers::state.eq(TaskOfferState::Open)))
            .select(task_offers::task_id);
        let query = tasks::table.filter(exists(member)).into_boxed();
        let query = match relation {
            TaskRelation::Created => query.filter(tasks::created_by_id.eq(me)),
            TaskRelation::Assigned => query.filter(tasks::id.eq_any(held)),
            TaskRelation::Led => query.filter(tasks::id.eq_any(held)).filter(tasks::leads_others.eq(true)),
            TaskRelation::Offered => query.filter(tasks::id.eq_any(asked)),
        };
        let states = if archived { TaskState::ARCHIVED.to_vec() } else { TaskState::UNDER_WAY.to_vec() };
        query.filter(among(tasks::state, states))
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, TaskId)>()? {
        query = query.filter(row_lt((tasks::created_at, tasks::id), after));
    }
    let rows = query
        .order((tasks::created_at.desc(), tasks::id.desc()))
        .limit(listing.fetch())
        .select(Task::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}

/// Tasks that a person has taken on and not done, or is asked for, in a partnership, the soonest due first, with the end of
/// the offer; at most `limit`.
pub fn open_for_person(
    conn: &mut Conn,
    person: AccountId,
    of: PartnershipId,
    limit: i64,
) -> Result<Vec<(Task, Option<Instant>)>> {
    let held = task_assignments::table
        .filter(task_assignments::account_id.eq(person).and(task_assignments::done_at.is_null()))
        .select(task_assignments::task_id);
    let asked = task_offers::task_id
        .eq(tasks::id)
        .and(task_offers::account_id.eq(person))
        .and(task_offers::state.eq(TaskOfferState::Open));
    let under_way = [TaskState::Offered, TaskState::Accepted, TaskState::InProgress];
    Ok(tasks::table
        .left_join(task_offers::table.on(asked))
        .filter(tasks::partnership_id.eq(of))
        .filter(among(tasks::state, under_way))
        .filter(tasks::id.eq_any(held).or(task_offers::id.is_not_null()))
        .order((tasks::due_on.is_null(), tasks::due_on, tasks::id))
        .limit(limit)
        .select((Task::as_select(), task_offers::expires_at.nullable()))
        .load(conn)?)
}

/// Active members of each side.
pub fn members(conn: &mut Conn, of: PartnershipId) -> Result<HashMap<Side, i64>> {
    let rows: Vec<(Side, i64)> = memberships::table
        .filter(memberships::partnership_id.eq(of).and(memberships::state.eq(MembershipState::Active)))
        .group_by(memberships::side)
        .select((memberships::side, count_star()))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// The task of an assignment, if it was put before the group: figures that all members read tell of no other.
#[diesel::dsl::auto_type(no_type_alias)]
fn known() -> _ {
    tasks::id.eq(task_assignments::task_id).and(tasks::opened_at.is_not_null())
}

type Done = (AccountId, Side, bool, i32, Option<i32>, Option<i32>);

/// What active members did of the tasks that they accepted since then. Costs these tasks, not the members.
pub fn shares(conn: &mut Conn, of: PartnershipId, since: Instant) -> Result<Vec<(Side, Share)>> {
    let member = memberships::partnership_id
        .eq(task_assignments::partnership_id)
        .and(memberships::account_id.eq(task_assignments::account_id))
        .and(memberships::state.eq(MembershipState::Active));
    let rows: Vec<Done> = task_assignments::table
        .inner_join(memberships::table.on(member))
        .inner_join(tasks::table.on(known()))
        .filter(task_assignments::partnership_id.eq(of).and(task_assignments::accepted_at.gt(since)))
        .select((
            memberships::account_id,
            memberships::side,
            task_assignments::leads_others,
            task_assignments::effort_hours,
            task_assignments::quarters_claimed,
            task_assignments::quarters_confirmed,
        ))
        .load(conn)?;
    let mut people: HashMap<AccountId, (Side, Share)> = HashMap::new();
    for (account, side, leads, effort, claimed, confirmed) in rows {
        let (_, share) = people.entry(account).or_insert((side, Share { quarters: 0, tasks: 0, led: 0 }));
        share.quarters += i64::from(confirmed.or(claimed).unwrap_or(effort * 4));
        share.tasks += 1;
        share.led += i64::from(leads);
    }
    Ok(people.into_values().collect())
}

/// On what basis the tasks were given that were accepted since then.
pub fn bases(conn: &mut Conn, of: PartnershipId, since: Instant) -> Result<HashMap<AssignmentBasis, i64>> {
    let rows: Vec<(AssignmentBasis, i64)> = task_assignments::table
        .inner_join(tasks::table.on(known()))
        .filter(task_assignments::partnership_id.eq(of).and(task_assignments::accepted_at.gt(since)))
        .group_by(task_assignments::basis)
        .select((task_assignments::basis, count_star()))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Quarters of an hour that were confirmed since then.
pub fn confirmed(conn: &mut Conn, of: PartnershipId, since: Instant) -> Result<i64> {
    let sum: Option<i64> = task_assignments::table
        .inner_join(tasks::table.on(known()))
        .filter(task_assignments::partnership_id.eq(of).and(task_assignments::accepted_at.gt(since)))
        .select(diesel::dsl::sum(task_assignments::quarters_confirmed))
        .get_result(conn)?;
    Ok(sum.unwrap_or(0))
}

/// What somebody did for a partnership, over all time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Service {
    /// Tasks of theirs that were verified.
    pub verified_tasks: i64,
    /// Done or verified tasks in which they led others.
    pub led_tasks: i64,
}

/// What a person did for a partnership, or all who did anything. Whoever did nothing is left out.
///
/// # Errors
/// When the database can't be asked.
pub fn service_of(
    conn: &mut Conn,
    of: PartnershipId,
    person: Option<AccountId>,
) -> Result<HashMap<AccountId, Service>> {
    let query = task_assignments::table
        .filter(task_assignments::partnership_id.eq(of).and(task_assignments::done_at.is_not_null()))
        .group_by((task_assignments::account_id, task_assignments::leads_others))
        .select((
            task_assignments::account_id,
            task_assignments::leads_others,
            count_star(),
            count(task_assignments::verified_at),
        ))
        .into_boxed();
    let query = match person {
        Some(person) => query.filter(task_assignments::account_id.eq(person)),
        None => query,
    };
    let rows: Vec<(AccountId, bool, i64, i64)> = query.load(conn)?;
    let mut services: HashMap<AccountId, Service> = HashMap::new();
    for (account, leads, done, verified) in rows {
        let service = services.entry(account).or_default();
        service.verified_tasks += verified;
        service.led_tasks += if leads { done } else { 0 };
    }
    Ok(services)
}
