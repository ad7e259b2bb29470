//! Who is assigned where, as the agency's officers see it.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{areas, facts, given};
use crate::accounts::{AccountKind, AccountState, Actor, Ctx, PersonRef, people};
use crate::directory::duty::{counts, local_day};
use crate::directory::events;
use crate::directory::model::{Area, AreaRef, Assignment, AssignmentId, DutyRole};
use crate::directory::policy::{self, Action};
use crate::directory::queries::agencies::zone_of_agency;
use crate::directory::queries::areas::{area_refs, find_locked};
use crate::directory::queries::assignments::{self, Assigned, AssignmentChanges, Candidate};
use crate::directory::queries::duty::OnDuty;
use crate::ids::{AccountId, AgencyId, AreaId};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{
    API, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Valid, Versioned, wrong,
};
use crate::platform::text::{Day, Email, Phone, Prose};
use crate::platform::values::{Change, Patch};

/// Somebody's duty in an area.
#[derive(Debug, Serialize, ToSchema)]
pub struct AssignmentDetail {
    /// The assignment.
    id: AssignmentId,
    /// Where.
    area: AreaRef,
    /// Who.
    person: PersonRef,
    /// Rank.
    rank: Option<String>,
    /// Badge number.
    badge_number: Option<String>,
    /// As what.
    role: DutyRole,
    /// The first day.
    #[schema(value_type = Day)]
    starts_on: NaiveDate,
    /// The last day, where one is set.
    #[schema(value_type = Option<Day>)]
    ends_on: Option<NaiveDate>,
    /// Telephone number of the duty (E.164).
    duty_phone: Option<String>,
    /// Mail address of the duty.
    duty_email: Option<String>,
    /// What the officer says about themselves.
    bio: Option<String>,
    /// Whether the public directory shows it.
    is_public: bool,
    /// Whether it counts today: begun, not over, the account active and its verification not run out.
    is_current: bool,
    /// When it was ended.
    ended_at: Option<Instant>,
    /// Changes with every change.
    version: i64,
    /// When it was made.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

fn detail(
    assigned: Assigned,
    areas: &HashMap<AreaId, AreaRef>,
    people: &HashMap<AccountId, PersonRef>,
    today: NaiveDate,
) -> Result<AssignmentDetail> {
    let is_current = counts(&assigned, today);
    let OnDuty { assignment, badge_number, rank } = assigned.on_duty;
    let Assignment {
        id,
        area_id,
        account_id,
        role,
        starts_on,
        ends_on,
        duty_phone,
        duty_email,
        bio,
        is_public,
        ended_at,
        version,
        created_at,
        updated_at,
    } = assignment;
    let lost = || Error::fault("an assignment without its area or person");
    Ok(AssignmentDetail {
        id,
        area: areas.get(&area_id).cloned().ok_or_else(lost)?,
        person: people.get(&account_id).cloned().ok_or_else(lost)?,
        rank,
        badge_number,
        role,
        starts_on,
        ends_on,
        duty_phone,
        duty_email,
        bio,
        is_public,
        is_current,
        ended_at,
        version,
        created_at,
        updated_at,
    })
}

/// Name, rank and whether it counts change without a new version of the assignment itself.
fn one(conn: &mut Conn, assigned: Assigned, today: NaiveDate) -> Result<Versioned<AssignmentDetail>> {
    let assignment = &assigned.on_duty.assignment;
    let version = assignment.version;
    let areas = area_refs(conn, [assignment.area_id])?;
    let people = people(conn, [assignment.account_id])?;
    Ok(Versioned::volatile(detail(assigned, &areas, &people, today)?, version))
}

/// Which assignments to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AssignmentFilter {
    /// As this.
    #[param(inline)]
    role: Option<DutyRole>,
    /// Only those that were ended, or only those that were not.
    has_ended: Option<bool>,
}

/// A new assignment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAssignment {
    /// Who: an active officer or commander of the area's agency.
    account_id: AccountId,
    /// As what. Only a commander's account can be an area's commander, and one at a time.
    role: DutyRole,
    /// The first day.
    starts_on: Day,
    /// The last day; it stays open where none is given.
    ends_on: Option<Day>,
    /// Telephone number of the duty; not a private one.
    duty_phone: Option<Phone>,
    /// Mail address of the duty; not a private one.
    duty_email: Option<Email>,
    /// What the officer says about themselves.
    bio: Option<Prose<1, 1000>>,
    /// Whether the public directory shows it.
    is_public: bool,
}
impl Check for CreateAssignment {
    fn check(&self, errors: &mut Vec<FieldError>) {
        errors.extend(backwards(self.starts_on.0, self.ends_on.map(|day| day.0), "/ends_on"));
    }
}

/// Changes to an assignment. Who, where and as what stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignmentPatch {
    /// The first day.
    #[serde(default)]
    starts_on: Change<Day>,
    /// The last day.
    #[serde(default)]
    ends_on: Patch<Day>,
    /// Telephone number of the duty; not a private one.
    #[serde(default)]
    duty_phone: Patch<Phone>,
    /// Mail address of the duty; not a private one.
    #[serde(default)]
    duty_email: Patch<Email>,
    /// What the officer says about themselves.
    #[serde(default)]
    bio: Patch<Prose<1, 1000>>,
    /// Whether the public directory shows it.
    #[serde(default)]
    is_public: Change<bool>,
}
impl Check for AssignmentPatch {}

fn backwards(starts_on: NaiveDate, ends_on: Option<NaiveDate>, pointer: &str) -> Option<FieldError> {
    let ends_on = ends_on.filter(|last| *last < starts_on)?;
    Some(wrong(pointer, FieldCode::Inconsistent, format!("{ends_on} is before the first day, {starts_on}")))
}

/// Why this account can't have that role in an area of the agency. Whoever belongs to another agency is as unknown as
/// somebody who does not exist.
fn unfit(candidate: Option<Candidate>, role: DutyRole, agency: AgencyId) -> Option<FieldError> {
    let account = |code, message: &'static str| Some(wrong("/account_id", code, message));
    let Some(candidate) = candidate.filter(|candidate| candidate.agency == Some(agency)) else {
        return account(FieldCode::NotFound, "there is no such account in the area's agency");
    };
    if !candidate.kind.is_police() {
        account(FieldCode::Inconsistent, "only officers and commanders are on duty")
    } else if candidate.state != AccountState::Active {
        account(FieldCode::Inconsistent, "the account is not active")
    } else if role == DutyRole::Commander && candidate.kind != AccountKind::Commander {
        Some(wrong("/role", FieldCode::Inconsistent, "only a commander's account can be an area's commander"))
    } else {
        None
    }
}

/// The assignment, as this actor may have it; locked where it is to be changed.
fn load_for(conn: &mut Conn, actor: &Actor, id: AssignmentId, action: Action) -> Result<Assigned> {
    actor.person()?;
    if matches!(action, Action::UpdateAssignment | Action::EndAssignment) {
        assignments::lock(conn, id)?;
    }
    let assigned = assignments::find(conn, id)?.ok_or_else(Error::not_found)?;
    policy::demand(actor, facts(actor, assigned.agency), action)?;
    Ok(assigned)
}

/// The area of the assignment, which stays as it is until the transaction ends: before the assignment, as whoever assigns
/// somebody takes them. Which area it is never changes.
fn hold_area(conn: &mut Conn, actor: &Actor, id: AssignmentId) -> Result<Area> {
    // Whoever may not change it keeps nobody waiting.
    actor.person()?;
    let assigned = assignments::find(conn, id)?.ok_or_else(Error::not_found)?;
    policy::demand(actor, facts(actor, assigned.agency), Action::UpdateAssignment)?;
    find_locked(conn, assigned.on_duty.assignment.area_id)?.ok_or_else(Error::not_found)
}

/// Lists the assignments to an area, the newest first, also those that are over or not shown to the public.
///
/// For the agency's officers and commanders, and for administrators.
#[utoipa::path(get, path = "/areas/{area_id}/assignments",
    tag = "directory", security(("bearer" = [])),
    params(("area_id" = AreaId, Path, description = "The area."), AssignmentFilter, PageParams),
    responses((status = 200, body = Page<AssignmentDetail>)))]
pub async fn list_assignments(ctx: Ctx, id: Path<AreaId>, listing: Listing<AssignmentFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let area = areas::load_for(conn, actor, id.0, Action::ListAssignments)?;
        let today = local_day(zone_of_agency(conn, area.agency_id)?, now);
        let AssignmentFilter { role, has_ended } = &listing.filter;
        let page = assignments::list(conn, id.0, *role, *has_ended, &listing)?;
        let people = people(conn, page.items.iter().map(|row| row.on_duty.assignment.account_id))?;
        let areas = area_refs(conn, [id.0])?;
        let Page { items, next_cursor, total, next } = page;
        let items: Result<Vec<_>> = items.into_iter().map(|row| detail(row, &areas, &people, today)).collect();
        Ok(Page { items: items?, next_cursor, total, next })
    })
    .await
}

/// Assigns somebody to an area.
///
/// For the agency's commanders and for administrators. Assignments of the area whose last day is over make room.
#[utoipa::path(post, path = "/areas/{area_id}/assignments",
    tag = "directory", security(("bearer" = [])),
    params(("area_id" = AreaId, Path, description = "The area.")), request_body = CreateAssignment,
    responses((status = 201, body = AssignmentDetail)))]
pub async fn create_assignment(ctx: Ctx, id: Path<AreaId>, body: Valid<CreateAssignment>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let area = areas::load_for(tx, actor, id.0, Action::CreateAssignment)?;
        areas::in_use(&area)?;
        let CreateAssignment { account_id, role, starts_on, ends_on, duty_phone, duty_email, bio, is_public } = body.0;
        let candidate = assignments::find_candidate(tx, account_id)?;
        if let Some(error) = unfit(candidate, role, area.agency_id) {
            return Err(Error::fields(vec![error]));
        }
        let now = tx.now();
        let today = local_day(zone_of_agency(tx, area.agency_id)?, now);
        let assignment = Assignment {
            id: AssignmentId::new(),
            area_id: id.0,
            account_id,
            role,
            starts_on: starts_on.0,
            ends_on: ends_on.map(|day| day.0),
            duty_phone: duty_phone.map(Into::into),
            duty_email: duty_email.map(Into::into),
            bio: bio.map(Into::into),
            is_public,
            ended_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let ended = assignments::insert(tx, &assignment, today)?;
        let assigned = assignments::find(tx, assignment.id)?.ok_or_else(|| Error::fault("an assignment vanished"))?;
        let value = one(tx, assigned, today)?.value;
        let event = events::ASSIGNED.on(assignment.id.0).fact("role", role.as_str()).fact("area_id", id.0.0);
        let event = event.fact("account_id", account_id.0).fact("ended", ended);
        let location = format!("{API}/assignments/{}", assignment.id);
        tx.recorded(event, Created { value, location, version: Some(1) })
    })
    .await
}

/// Reads an assignment.
///
/// For the agency's officers and commanders, and for administrators.
#[utoipa::path(get, path = "/assignments/{assignment_id}",
    tag = "directory", security(("bearer" = [])),
    params(("assignment_id" = AssignmentId, Path, description = "The assignment.")),
    responses((status = 200, body = AssignmentDetail)))]
pub async fn get_assignment(ctx: Ctx, id: Path<AssignmentId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let assigned = load_for(conn, actor, id.0, Action::GetAssignment)?;
        let today = local_day(zone_of_agency(conn, assigned.agency)?, now);
        one(conn, assigned, today)
    })
    .await
}

/// Changes an assignment.
///
/// For the agency's commanders and for administrators.
#[utoipa::path(patch, path = "/assignments/{assignment_id}",
    tag = "directory", security(("bearer" = [])),
    params(("assignment_id" = AssignmentId, Path, description = "The assignment."), IfMatchParam),
    request_body = AssignmentPatch, responses((status = 200, body = AssignmentDetail)))]
pub async fn update_assignment(
    ctx: Ctx,
    id: Path<AssignmentId>,
    if_match: IfMatch,
    body: Valid<AssignmentPatch>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let area = hold_area(tx, actor, id.0)?;
        let assigned = load_for(tx, actor, id.0, Action::UpdateAssignment)?;
        let before = &assigned.on_duty.assignment;
        if_match.demand(before.version)?;
        demand_not_ended(before)?;
        // It may have retired once the last day was over, and nobody is on duty in it again.
        areas::in_use(&area)?;
        let AssignmentPatch { starts_on, ends_on, duty_phone, duty_email, bio, is_public } = body.0;
        let first = starts_on.value().map_or(before.starts_on, |day| day.0);
        let last = if ends_on.is_given() { ends_on.value().map(|day| day.0) } else { before.ends_on };
        let pointer = if ends_on.is_given() { "/ends_on" } else { "/starts_on" };
        if let Some(error) = backwards(first, last, pointer) {
            return Err(Error::fields(vec![error]));
        }
        let changed = given([
            ("starts_on", starts_on.is_given()),
            ("ends_on", ends_on.is_given()),
            ("duty_phone", duty_phone.is_given()),
            ("duty_email", duty_email.is_given()),
            ("bio", bio.is_given()),
            ("is_public", is_public.is_given()),
        ]);
        let changes = AssignmentChanges {
            starts_on: starts_on.changeset(|day| day.0),
            ends_on: ends_on.changeset(|day| day.0),
            duty_phone: duty_phone.changeset(Into::into),
            duty_email: duty_email.changeset(Into::into),
            bio: bio.changeset(Into::into),
            is_public: is_public.changeset(|is_public| is_public),
            ended_at: None,
        };
        let answer = apply(tx, assigned, changes)?;
        tx.recorded(events::ASSIGNMENT_UPDATED.on(id.0.0).changed(changed), answer)
    })
    .await
}

/// Ends an assignment, now and for good.
///
/// For the agency's commanders and for administrators.
#[utoipa::path(post, path = "/assignments/{assignment_id}/end",
    tag = "directory", security(("bearer" = [])),
    params(("assignment_id" = AssignmentId, Path, description = "The assignment."), IfMatchParam),
    responses((status = 200, body = AssignmentDetail)))]
pub async fn end_assignment(ctx: Ctx, id: Path<AssignmentId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let assigned = load_for(tx, actor, id.0, Action::EndAssignment)?;
        let before = &assigned.on_duty.assignment;
        if_match.demand(before.version)?;
        demand_not_ended(before)?;
        let event = events::ASSIGNMENT_ENDED.on(id.0.0).fact("role", before.role.as_str());
        let event = event.fact("area_id", before.area_id.0).fact("account_id", before.account_id.0);
        let changes = AssignmentChanges { ended_at: Some(Some(tx.now())), ..AssignmentChanges::default() };
        let answer = apply(tx, assigned, changes)?;
        tx.recorded(event, answer)
    })
    .await
}

fn demand_not_ended(assignment: &Assignment) -> Result<()> {
    if assignment.ended_at.is_some() { Err(Error::conflict("The assignment has ended.")) } else { Ok(()) }
}

fn apply(
    tx: &mut crate::platform::http::Tx<'_>,
    mut assigned: Assigned,
    changes: AssignmentChanges,
) -> Result<Versioned<AssignmentDetail>> {
    let now = tx.now();
    let today = local_day(zone_of_agency(tx, assigned.agency)?, now);
    assigned.on_duty.assignment = assignments::update(tx, assigned.on_duty.assignment.id, changes, now)?;
    one(tx, assigned, today)
}

crate::operations! {
    list_assignments,
    create_assignment,
    get_assignment,
    update_assignment,
    end_assignment,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_active_police_of_the_agency_are_on_duty_and_only_commanders_command() {
        let agency = AgencyId::new();
        let account = |kind, state, of| Some(Candidate { kind, state, agency: of });
        let own = |kind| account(kind, AccountState::Active, Some(agency));
        let at = |candidate, role| unfit(candidate, role, agency).map(|e| e.pointer);
        assert_eq!(at(own(AccountKind::Officer), DutyRole::Officer), None);
        assert_eq!(at(own(AccountKind::Officer), DutyRole::Delegate), None);
        assert_eq!(at(own(AccountKind::Officer), DutyRole::Commander), Some("/role".into()));
        assert_eq!(at(own(AccountKind::Commander), DutyRole::Commander), None);
        let refused = [
            None,
            account(AccountKind::Officer, AccountState::Active, Some(AgencyId::new())),
            account(AccountKind::Citizen, AccountState::Active, None),
            own(AccountKind::AgencyStaff),
            account(AccountKind::Officer, AccountState::Suspended, Some(agency)),
            account(AccountKind::Commander, AccountState::Closed, Some(agency)),
        ];
        for candidate in refused {
            assert_eq!(at(candidate, DutyRole::Officer), Some("/account_id".into()), "{candidate:?}");
        }
    }
}
