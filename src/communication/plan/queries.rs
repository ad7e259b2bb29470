//! Communication plans with what is in them, and signatures.

use chrono::NaiveDate;
use diesel::dsl::max;
use diesel::prelude::*;

use super::model::{
    CommunicationPlan, CommunicationPlanId, CommunicationPlanState, Individual, PlanSignature, PlanVisibility,
    Procedure, Technique,
};
use crate::ids::{AccountId, DecisionId, PartnershipId};
use crate::insert_all;
use crate::partnerships::DecisionClass;
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, Json, OnConflict, Unique, among, row_lt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{
    communication_plans as plans, plan_individuals, plan_procedures, plan_signatures, plan_techniques,
};

/// One plan is decided on at a time.
pub const ONE_PROPOSED: Unique =
    Unique { index: "communication_plans_one_proposed", columns: "communication_plans.partnership_id" };

pub fn find(conn: &mut Conn, id: CommunicationPlanId) -> Result<Option<CommunicationPlan>> {
    Ok(plans::table.find(id).select(CommunicationPlan::as_select()).first(conn).optional()?)
}

/// The number of the next version. The caller holds the partnership.
pub fn next_number(conn: &mut Conn, of: PartnershipId) -> Result<i32> {
    let last: Option<i32> = plans::table.filter(plans::partnership_id.eq(of)).select(max(plans::number)).first(conn)?;
    Ok(last.unwrap_or(0) + 1)
}

pub fn insert(conn: &mut Conn, plan: &CommunicationPlan) -> Result<()> {
    diesel::insert_into(plans::table).values(plan).execute(conn)?;
    Ok(())
}

/// What of a plan can be changed.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = plans)]
pub struct PlanChanges {
    pub state: Option<CommunicationPlanState>,
    pub visibility: Option<PlanVisibility>,
    pub shared_decision_rule: Option<Json<Vec<DecisionClass>>>,
    pub confidentiality_note: Option<Option<String>>,
    pub review_on: Option<Option<NaiveDate>>,
    pub proposed_at: Option<Option<Instant>>,
    pub adopted_at: Option<Option<Instant>>,
    pub ended_at: Option<Option<Instant>>,
    pub decision_id: Option<Option<DecisionId>>,
}

/// Changes a plan that is still in the state in which it was read; the row as it is then.
///
/// # Errors
/// A conflict when another plan is being decided on, or when this one has moved on meanwhile.
pub fn update(
    conn: &mut Conn,
    plan: &CommunicationPlan,
    changes: PlanChanges,
    now: Instant,
) -> Result<CommunicationPlan> {
    diesel::update(plans::table.find(plan.id).filter(plans::state.eq(plan.state)))
        .set((changes, plans::version.eq(plans::version + 1), plans::updated_at.eq(now)))
        .returning(CommunicationPlan::columns())
        .get_result(conn)
        .optional()
        .on_conflict(&ONE_PROPOSED, || {
            Error::conflict("Another plan is being decided on; wait for that, or take the decision back.")
        })?
        .ok_or_else(|| Error::conflict("The communication plan has changed meanwhile."))
}

/// The plan that counts is superseded: another one takes its place.
pub fn supersede(conn: &mut Conn, of: PartnershipId, now: Instant) -> Result<()> {
    diesel::update(
        plans::table.filter(plans::partnership_id.eq(of).and(plans::state.eq(CommunicationPlanState::Adopted))),
    )
    .set((
        plans::state.eq(CommunicationPlanState::Superseded),
        plans::ended_at.eq(now),
        plans::version.eq(plans::version + 1),
        plans::updated_at.eq(now),
    ))
    .execute(conn)?;
    Ok(())
}

/// What is in a plan.
#[derive(Debug, Default)]
pub struct Parts {
    pub techniques: Vec<Technique>,
    pub procedures: Vec<Procedure>,
    pub individuals: Vec<Individual>,
}

impl Parts {
    /// Everybody whom they name; some more than once.
    pub fn named(&self) -> Vec<AccountId> {
        let owners = self.techniques.iter().filter_map(|technique| technique.owner_id);
        let approvers = self.procedures.iter().filter_map(|procedure| procedure.approver_id);
        let carriers = self.individuals.iter().flat_map(|one| [Some(one.account_id), one.backup_id]).flatten();
        owners.chain(approvers).chain(carriers).collect()
    }
}

/// What is in a plan, in its order.
pub fn parts(conn: &mut Conn, id: CommunicationPlanId) -> Result<Parts> {
    Ok(Parts {
        techniques: plan_techniques::table
            .filter(plan_techniques::plan_id.eq(id))
            .order(plan_techniques::position)
            .select(Technique::as_select())
            .load(conn)?,
        procedures: plan_procedures::table
            .filter(plan_procedures::plan_id.eq(id))
            .order(plan_procedures::position)
            .select(Procedure::as_select())
            .load(conn)?,
        individuals: plan_individuals::table
            .filter(plan_individuals::plan_id.eq(id))
            .order(plan_individuals::position)
            .select(Individual::as_select())
            .load(conn)?,
    })
}

pub fn replace_techniques(conn: &mut Conn, id: CommunicationPlanId, rows: &[Technique]) -> Result<()> {
    diesel::delete(plan_techniques::table.filter(plan_techniques::plan_id.eq(id))).execute(conn)?;
    if !rows.is_empty() {
        insert_all!(conn, plan_techniques::table, rows)?;
    }
    Ok(())
}

pub fn replace_procedures(conn: &mut Conn, id: CommunicationPlanId, rows: &[Procedure]) -> Result<()> {
    diesel::delete(plan_procedures::table.filter(plan_procedures::plan_id.eq(id))).execute(conn)?;
    if !rows.is_empty() {
        insert_all!(conn, plan_procedures::table, rows)?;
    }
    Ok(())
}

pub fn replace_individuals(conn: &mut Conn, id: CommunicationPlanId, rows: &[Individual]) -> Result<()> {
    diesel::delete(plan_individuals::table.filter(plan_individuals::plan_id.eq(id))).execute(conn)?;
    if !rows.is_empty() {
        insert_all!(conn, plan_individuals::table, rows)?;
    }
    Ok(())
}

/// Signatures under a plan that was adopted by them, before decisions did: one per side.
pub fn signatures(conn: &mut Conn, id: CommunicationPlanId) -> Result<Vec<PlanSignature>> {
    Ok(plan_signatures::table
        .filter(plan_signatures::plan_id.eq(id).and(plan_signatures::voided_at.is_null()))
        .order((plan_signatures::created_at, plan_signatures::id))
        .select(PlanSignature::as_select())
        .load(conn)?)
}

/// Which plans a reader sees.
#[derive(Debug, Clone, Copy)]
pub enum Seen {
    /// Public ones that are or were adopted.
    Public,
    /// All that are or were adopted, the one that is being decided on, and the reader's own.
    ByMember(AccountId),
    /// All.
    All,
}

/// A partnership's plans, the newest first.
pub fn list<F>(
    conn: &mut Conn,
    of: PartnershipId,
    seen: Seen,
    state: Option<CommunicationPlanState>,
    listing: &Listing<F>,
) -> Result<Page<CommunicationPlan>> {
    let adopted = [CommunicationPlanState::Adopted, CommunicationPlanState::Superseded];
    let open = [CommunicationPlanState::Adopted, CommunicationPlanState::Superseded, CommunicationPlanState::Proposed];
    let filtered = || {
        let mut query = plans::table.filter(plans::partnership_id.eq(of)).into_boxed();
        query = match seen {
            Seen::All => query,
            Seen::Public => {
                query.filter(among(plans::state, adopted).and(plans::visibility.eq(PlanVisibility::Public)))
            }
            Seen::ByMember(reader) => query.filter(among(plans::state, open).or(plans::written_by_id.eq(reader))),
        };
        match state {
            Some(state) => query.filter(plans::state.eq(state)),
            None => query,
        }
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(i32, CommunicationPlanId)>()? {
        query = query.filter(row_lt((plans::number, plans::id), after));
    }
    let rows = query
        .order((plans::number.desc(), plans::id.desc()))
        .limit(listing.fetch())
        .select(CommunicationPlan::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.number, row.id)).with_total(total))
}
