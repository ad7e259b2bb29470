//! Development plans: what a member wants to learn, with which opportunities and whose help.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::development;
use crate::accounts::{Actor, Ctx, PersonRef, Side, people};
use crate::ids::{AccountId, MembershipId, PartnershipId};
use crate::partnerships::model::{Membership, MembershipState};
use crate::partnerships::pipeline::events;
use crate::partnerships::pipeline::model::{DevelopmentPlan, DevelopmentPlanId, DevelopmentPlanState, Mentoring};
use crate::partnerships::pipeline::policy::{self, Action, Subject, WHOLE};
use crate::partnerships::pipeline::queries::plans::{self, PlanChanges, Wanted};
use crate::partnerships::queries::members;
use crate::partnerships::standing::{Purpose, Scoped};
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, Json};
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{API, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Valid, Versioned};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::text::{Day, Line, Prose};
use crate::platform::values::{Change, List, Patch};

/// Days from one review of a plan to the next (`domain/20` 6.9).
const REVIEW_DAYS: u64 = 90;

/// What a member wants to learn.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateDevelopmentPlan {
    /// What the person wants to be able to do.
    aims: Prose<3, 1000>,
    /// Chances to learn it.
    #[serde(default)]
    opportunities: List<Line<3, 200>, 0, 10>,
    /// The member who is asked to help, of either side.
    mentor_membership_id: Option<MembershipId>,
}
impl Check for CreateDevelopmentPlan {}

/// Changes to a plan that is in use.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DevelopmentPlanPatch {
    /// What the person wants to be able to do.
    #[serde(default)]
    aims: Change<Prose<3, 1000>>,
    /// Chances to learn it.
    #[serde(default)]
    opportunities: Change<List<Line<3, 200>, 0, 10>>,
    /// The member who is asked to help; `null` for nobody.
    #[serde(default)]
    mentor_membership_id: Patch<MembershipId>,
}
impl Check for DevelopmentPlanPatch {}

/// Which plans to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DevelopmentPlanFilter {
    /// That stand so.
    #[param(inline)]
    state: Option<DevelopmentPlanState>,
    /// In use and overdue for review, or not so.
    is_review_overdue: Option<bool>,
}

/// A development plan. For the person, the mentor and the leaders alone.
#[derive(Debug, Serialize, ToSchema)]
pub struct DevelopmentPlanDetail {
    /// The plan.
    id: DevelopmentPlanId,
    /// In which partnership.
    partnership_id: PartnershipId,
    /// The member whose plan it is.
    membership_id: MembershipId,
    /// Who that is.
    person: Option<PersonRef>,
    /// The person's side.
    side: Side,
    /// Where it stands.
    state: DevelopmentPlanState,
    /// What the person wants to be able to do.
    aims: String,
    /// Chances to learn it.
    opportunities: Vec<String>,
    /// The mentor's membership.
    mentor_membership_id: Option<MembershipId>,
    /// The mentor.
    mentor: Option<PersonRef>,
    /// What the mentor said.
    mentoring: Option<Mentoring>,
    /// When it is to be reviewed next.
    #[schema(value_type = Day)]
    review_on: NaiveDate,
    /// Whether it is in use and that day is over (UTC).
    is_review_overdue: bool,
    /// Who made it.
    created_by: Option<PersonRef>,
    /// When it ended.
    ended_at: Option<Instant>,
    /// Changes with every change.
    version: i64,
    /// When it was made.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

fn shown(row: DevelopmentPlan, people: &HashMap<AccountId, PersonRef>, now: Instant) -> DevelopmentPlanDetail {
    let person = |id: AccountId| people.get(&id).cloned();
    DevelopmentPlanDetail {
        is_review_overdue: row.state == DevelopmentPlanState::Active && row.review_on < now.date(),
        id: row.id,
        partnership_id: row.partnership_id,
        membership_id: row.membership_id,
        person: person(row.account_id),
        side: row.side,
        state: row.state,
        aims: row.aims,
        opportunities: row.opportunities.0,
        mentor_membership_id: row.mentorship_id,
        mentor: row.mentor_id.and_then(person),
        mentoring: row.mentoring,
        review_on: row.review_on,
        created_by: person(row.created_by_id),
        ended_at: row.ended_at,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

pub(super) fn one(conn: &mut Conn, row: DevelopmentPlan, now: Instant) -> Result<Versioned<DevelopmentPlanDetail>> {
    let named = [row.account_id, row.created_by_id].into_iter().chain(row.mentor_id);
    let people = people(conn, named.collect::<Vec<_>>())?;
    let version = row.version;
    Ok(Versioned::volatile(shown(row, &people, now), version))
}

/// The plan as this actor may have it for `action`.
pub(super) fn find_for(
    conn: &mut Conn,
    actor: &Actor,
    id: DevelopmentPlanId,
    action: Action,
    purpose: Purpose,
    now: Instant,
) -> Result<(DevelopmentPlan, Scoped)> {
    let by = actor.person()?.id;
    let row = plans::find(conn, id)?.ok_or_else(Error::not_found)?;
    let scoped = Scoped::load(conn, actor, row.partnership_id, purpose, now)?;
    // Read again behind the lock: whoever held it may have changed the row.
    let row = if purpose == Purpose::Change { plans::find(conn, id)?.ok_or_else(Error::not_found)? } else { row };
    // Whoever is no member any more mentors nobody here.
    let is_mentor = row.mentor_id == Some(by) && scoped.standing.membership.is_some();
    let subject = Subject { is_own: row.account_id == by, is_mentor, side: Some(row.side) };
    policy::demand(actor, &scoped.standing, subject, action)?;
    Ok((row, scoped))
}

pub(super) fn demand_active(row: &DevelopmentPlan) -> Result<()> {
    if row.state == DevelopmentPlanState::Active {
        Ok(())
    } else {
        Err(Error::conflict("The development plan has ended."))
    }
}

/// When a plan that is made or reviewed today is to be reviewed next.
pub(super) fn next_review(now: Instant) -> Result<NaiveDate> {
    now.date().checked_add_days(Days::new(REVIEW_DAYS)).ok_or_else(|| Error::fault("the calendar ends"))
}

/// Another member of the partnership, of either side.
fn mentor(conn: &mut Conn, of: PartnershipId, learner: AccountId, id: MembershipId) -> Result<Membership> {
    let member = members::find(conn, id)?
        .filter(|row| row.partnership_id == of && row.state == MembershipState::Active)
        .ok_or_else(|| Error::field("/mentor_membership_id", FieldCode::NotFound, "there is no such member here"))?;
    if member.account_id == learner {
        return Err(Error::field("/mentor_membership_id", FieldCode::Refused, "nobody is their own mentor"));
    }
    Ok(member)
}

/// What the mentor is taken to have said: whoever asks to mentor agrees to it.
fn said(mentor: &Membership, by: AccountId) -> Mentoring {
    if mentor.account_id == by { Mentoring::Agreed } else { Mentoring::Asked }
}

/// Makes a development plan for a member.
///
/// By the person or a leader of their side. The mentor is somebody else, of either side, and is asked. It is to be reviewed
/// every 90 days.
#[utoipa::path(post, path = "/memberships/{membership_id}/development-plans",
    tag = "pipeline", security(("bearer" = [])),
    params(("membership_id" = MembershipId, Path, description = "The membership of the person.")),
    request_body = CreateDevelopmentPlan, responses((status = 201, body = DevelopmentPlanDetail)))]
pub async fn create_development_plan(
    ctx: Ctx,
    id: Path<MembershipId>,
    body: Valid<CreateDevelopmentPlan>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let action = Action::CreateDevelopmentPlan;
        let (member, scoped) = development::find_for(tx, actor, id.0, action, Purpose::Change, now)?;
        scoped.demand_live()?;
        development::demand_member(&member)?;
        let CreateDevelopmentPlan { aims, opportunities, mentor_membership_id } = body.0;
        let mentor = match mentor_membership_id {
            Some(id) => Some(mentor(tx, member.partnership_id, member.account_id, id)?),
            None => None,
        };
        let plan = DevelopmentPlan {
            id: DevelopmentPlanId::new(),
            partnership_id: member.partnership_id,
            membership_id: id.0,
            account_id: member.account_id,
            side: member.side,
            state: DevelopmentPlanState::Active,
            aims: aims.into(),
            opportunities: Json(opportunities.into_vec().into_iter().map(Into::into).collect()),
            mentorship_id: mentor.as_ref().map(|mentor| mentor.id),
            mentor_id: mentor.as_ref().map(|mentor| mentor.account_id),
            mentoring: mentor.as_ref().map(|mentor| said(mentor, by)),
            review_on: next_review(now)?,
            created_by_id: by,
            ended_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        plans::insert(tx, &plan)?;
        let entry = events::PLAN_CREATED.on(plan.id.0).within(plan.partnership_id.0);
        let location = format!("{API}/development-plans/{}", plan.id);
        let value = one(tx, plan, now)?.value;
        tx.recorded(entry, Created { value, location, version: Some(1) })
    })
    .await
}

/// Lists development plans, newest first: all of them for leaders, for members those that they learn or mentor by.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/development-plans",
    tag = "pipeline", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), DevelopmentPlanFilter, PageParams),
    responses((status = 200, body = Page<DevelopmentPlanDetail>)))]
pub async fn list_development_plans(
    ctx: Ctx,
    id: Path<PartnershipId>,
    listing: Listing<DevelopmentPlanFilter>,
) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let by = actor.person()?.id;
        let scoped = Scoped::load(conn, actor, id.0, Purpose::Read, now)?;
        policy::demand(actor, &scoped.standing, WHOLE, Action::ListDevelopmentPlans)?;
        let wanted = Wanted {
            concerning: (!policy::sees_person(&scoped.standing, false)).then_some(by),
            state: listing.filter.state,
            is_overdue: listing.filter.is_review_overdue,
        };
        let page = plans::list(conn, id.0, &wanted, now.date(), &listing)?;
        let named = page.items.iter().flat_map(|row| [Some(row.account_id), Some(row.created_by_id), row.mentor_id]);
        let people = people(conn, named.flatten().collect::<Vec<_>>())?;
        Ok(page.map(|row| shown(row, &people, now)))
    })
    .await
}

/// Reads a development plan.
#[utoipa::path(get, path = "/development-plans/{development_plan_id}",
    tag = "pipeline", security(("bearer" = [])),
    params(("development_plan_id" = DevelopmentPlanId, Path, description = "The plan.")),
    responses((status = 200, body = DevelopmentPlanDetail)))]
pub async fn get_development_plan(ctx: Ctx, id: Path<DevelopmentPlanId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (row, _) = find_for(conn, actor, id.0, Action::GetDevelopmentPlan, Purpose::Read, now)?;
        one(conn, row, now)
    })
    .await
}

/// Changes a development plan that is in use.
///
/// Another mentor is asked anew.
#[utoipa::path(patch, path = "/development-plans/{development_plan_id}",
    tag = "pipeline", security(("bearer" = [])),
    params(("development_plan_id" = DevelopmentPlanId, Path, description = "The plan."), IfMatchParam),
    request_body = DevelopmentPlanPatch, responses((status = 200, body = DevelopmentPlanDetail)))]
pub async fn update_development_plan(
    ctx: Ctx,
    id: Path<DevelopmentPlanId>,
    if_match: IfMatch,
    body: Valid<DevelopmentPlanPatch>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (row, scoped) = find_for(tx, actor, id.0, Action::UpdateDevelopmentPlan, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        demand_active(&row)?;
        let DevelopmentPlanPatch { aims, opportunities, mentor_membership_id } = body.0;
        let changed = [
            ("aims", aims.is_given()),
            ("opportunities", opportunities.is_given()),
            ("mentor_membership_id", mentor_membership_id.is_given()),
        ];
        let changed = changed.into_iter().filter_map(|(name, given)| given.then_some(name));
        let mut changes = PlanChanges {
            aims: aims.changeset(Into::into),
            opportunities: opportunities.changeset(|list| Json(list.into_vec().into_iter().map(Into::into).collect())),
            ..PlanChanges::default()
        };
        match mentor_membership_id {
            Patch::Set(id) if row.mentorship_id != Some(id) => {
                let mentor = mentor(tx, row.partnership_id, row.account_id, id)?;
                changes.mentorship_id = Some(Some(mentor.id));
                changes.mentor_id = Some(Some(mentor.account_id));
                changes.mentoring = Some(Some(said(&mentor, by)));
            }
            Patch::Clear => {
                (changes.mentorship_id, changes.mentor_id, changes.mentoring) = (Some(None), Some(None), Some(None));
            }
            // The same mentor is not asked twice.
            Patch::Set(_) | Patch::Keep => {}
        }
        let row = plans::update(tx, id.0, changes, now)?;
        let entry = events::PLAN_UPDATED.on(id.0.0).within(row.partnership_id.0).changed(changed);
        let shown = one(tx, row, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Ends a development plan; it stays readable.
#[utoipa::path(post, path = "/development-plans/{development_plan_id}/end",
    tag = "pipeline", security(("bearer" = [])),
    params(("development_plan_id" = DevelopmentPlanId, Path, description = "The plan."), IfMatchParam),
    responses((status = 200, body = DevelopmentPlanDetail)))]
pub async fn end_development_plan(ctx: Ctx, id: Path<DevelopmentPlanId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::EndDevelopmentPlan, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_unclosed()?;
        row.state.demand(DevelopmentPlanState::Ended)?;
        let changes = PlanChanges {
            state: Some(DevelopmentPlanState::Ended),
            ended_at: Some(Some(now)),
            ..PlanChanges::default()
        };
        let row = plans::update(tx, id.0, changes, now)?;
        let entry = events::PLAN_ENDED.on(id.0.0).within(row.partnership_id.0);
        let shown = one(tx, row, now)?;
        tx.recorded(entry, shown)
    })
    .await
}

crate::operations! {
    create_development_plan,
    list_development_plans,
    get_development_plan,
    update_development_plan,
    end_development_plan,
}
