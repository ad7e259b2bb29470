//! How far somebody has come, what the next stages take, and what they say of their own readiness.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::{Actor, Ctx, PersonRef, Side, people};
use crate::ids::{MembershipId, PartnershipId};
use crate::partnerships::model::{Membership, MembershipState};
use crate::partnerships::pipeline::events;
use crate::partnerships::pipeline::facts::{OnTheWay, of_member};
use crate::partnerships::pipeline::model::DevelopmentPlanId;
use crate::partnerships::pipeline::policy::{self, Action, Subject, WHOLE};
use crate::partnerships::pipeline::queries::plans;
use crate::partnerships::pipeline::queries::readiness::{self, Said};
use crate::partnerships::pipeline::stages::{Requirement, ServiceFacts, Stage};
use crate::partnerships::queries::members;
use crate::partnerships::standing::{Purpose, Scoped};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::{Check, Found, Path, Reply, Valid};
use crate::platform::text::Day;

/// How ready somebody says they are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StateReadiness {
    /// Whether you are willing to lead.
    willing_to_lead: bool,
    /// Whether you are willing to be a mentor, once a seat of yours has ended.
    willing_to_mentor: bool,
    /// When you did the orientation; not later than today.
    orientation_done_on: Option<Day>,
}
impl Check for StateReadiness {}

/// What a stage still takes.
#[derive(Debug, Serialize, ToSchema)]
pub struct StageAhead {
    /// The stage.
    stage: Stage,
    /// What is missing; nothing where the rule is met.
    missing: Vec<Requirement>,
}

/// How far somebody has come on the way to leading. For that person and the leaders alone.
#[derive(Debug, Serialize, ToSchema)]
pub struct DevelopmentDetail {
    /// The membership.
    membership_id: MembershipId,
    /// In which partnership.
    partnership_id: PartnershipId,
    /// Whose.
    person: Option<PersonRef>,
    /// The person's side.
    side: Side,
    /// Where the person stands.
    stage: Stage,
    /// What the person has done here.
    service: ServiceFacts,
    /// Whether the person says they are willing to lead.
    willing_to_lead: bool,
    /// Whether the person says they are willing to mentor.
    willing_to_mentor: bool,
    /// When the person says the orientation was done.
    #[schema(value_type = Option<Day>)]
    orientation_done_on: Option<NaiveDate>,
    /// Whether the person has held a seat that ended.
    held_seat: bool,
    /// Stages that can follow, and what each of them still takes.
    ahead: Vec<StageAhead>,
    /// The development plan that is in use.
    plan_id: Option<DevelopmentPlanId>,
}

/// The membership as this actor may have it for `action`.
pub(super) fn find_for(
    conn: &mut Conn,
    actor: &Actor,
    id: MembershipId,
    action: Action,
    purpose: Purpose,
    now: Instant,
) -> Result<(Membership, Scoped)> {
    actor.person()?;
    let row = members::find(conn, id)?.ok_or_else(Error::not_found)?;
    let scoped = Scoped::load(conn, actor, row.partnership_id, purpose, now)?;
    // Read again behind the lock: whoever held it may have changed the row.
    let row = if purpose == Purpose::Change { members::find(conn, id)?.ok_or_else(Error::not_found)? } else { row };
    let subject = Subject { is_own: actor.id() == Some(row.account_id), side: Some(row.side), ..WHOLE };
    policy::demand(actor, &scoped.standing, subject, action)?;
    Ok((row, scoped))
}

fn detail(conn: &mut Conn, row: &Membership) -> Result<Found<DevelopmentDetail>> {
    let member = of_member(conn, row.partnership_id, row.id)?.ok_or_else(Error::not_found)?;
    let person = people(conn, [row.account_id])?.remove(&row.account_id);
    let plan_id = plans::active_of(conn, row.id)?;
    let OnTheWay { stage, facts, readiness, side, membership, account: _ } = member;
    let follows = Stage::ALL.iter().filter(|next| crate::platform::lifecycle::Lifecycle::next(stage).contains(next));
    Ok(Found(DevelopmentDetail {
        membership_id: membership,
        partnership_id: row.partnership_id,
        person,
        side,
        stage,
        service: facts.service,
        willing_to_lead: facts.willing_to_lead,
        willing_to_mentor: facts.willing_to_mentor,
        orientation_done_on: readiness.and_then(|readiness| readiness.orientation_done_on),
        held_seat: facts.held_seat,
        ahead: follows.map(|&stage| StageAhead { stage, missing: stage.unmet(&facts) }).collect(),
        plan_id,
    }))
}

/// Reads how far a member has come on the way to leading, and what the next stages take.
///
/// For the person and the partnership's leaders; for everybody else it does not exist.
#[utoipa::path(get, path = "/memberships/{membership_id}/development",
    tag = "pipeline", security(("bearer" = [])),
    params(("membership_id" = MembershipId, Path, description = "The membership.")),
    responses((status = 200, body = DevelopmentDetail)))]
pub async fn get_development(ctx: Ctx, id: Path<MembershipId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (row, _) = find_for(conn, actor, id.0, Action::GetDevelopment, Purpose::Read, now)?;
        detail(conn, &row)
    })
    .await
}

/// Says how ready you are to lead and to mentor.
///
/// Takes the place of what you said before. Nobody says it for you.
#[utoipa::path(put, path = "/memberships/{membership_id}/readiness",
    tag = "pipeline", security(("bearer" = [])),
    params(("membership_id" = MembershipId, Path, description = "Your membership.")),
    request_body = StateReadiness, responses((status = 200, body = DevelopmentDetail)))]
pub async fn state_readiness(ctx: Ctx, id: Path<MembershipId>, body: Valid<StateReadiness>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::StateReadiness, Purpose::Change, now)?;
        scoped.demand_live()?;
        demand_member(&row)?;
        let StateReadiness { willing_to_lead, willing_to_mentor, orientation_done_on } = body.0;
        if orientation_done_on.is_some_and(|day| day.0 > now.date()) {
            return Err(Error::field("/orientation_done_on", FieldCode::Refused, "must not be later than today"));
        }
        let orientation_done_on = orientation_done_on.map(|day| day.0);
        readiness::put(tx, id.0, Said { willing_to_lead, willing_to_mentor, orientation_done_on }, now)?;
        let shown = detail(tx, &row)?;
        tx.recorded(events::READINESS_STATED.on(id.0.0).within(row.partnership_id.0), shown)
    })
    .await
}

/// Only members are on the way.
pub(super) fn demand_member(row: &Membership) -> Result<()> {
    if row.state == MembershipState::Active {
        Ok(())
    } else {
        Err(Error::conflict(format!("The membership is {}; this is for members.", row.state)))
    }
}

crate::operations! {
    get_development,
    state_readiness,
}
