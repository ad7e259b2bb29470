//! Promotions along the pipeline: suggested by rule, confirmed by a leader, agreed to by the person.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::accounts::{Actor, Ctx, PersonRef, Side, people};
use crate::ids::{AccountId, MembershipId, PartnershipId};
use crate::partnerships::pipeline::model::{Promotion, PromotionChange, PromotionId, PromotionState};
use crate::partnerships::pipeline::policy::{self, Action, Subject, WHOLE};
use crate::partnerships::pipeline::queries::promotions::{self, Wanted};
use crate::partnerships::pipeline::stages::{PipelineFacts, Stage};
use crate::partnerships::pipeline::{events, facts};
use crate::partnerships::queries::members;
use crate::partnerships::standing::{Purpose, Scoped};
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, Json};
use crate::platform::error::{Error, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{Found, IfMatch, Listing, Page, PageParams, Path, Reply, Versioned};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::Kind;

/// Which promotions to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PromotionFilter {
    /// Of this member.
    membership_id: Option<MembershipId>,
    /// That stand so.
    #[param(inline)]
    state: Option<PromotionState>,
    /// To this stage.
    #[param(inline)]
    stage: Option<Stage>,
}

/// How many promotions were suggested.
#[derive(Debug, Serialize, ToSchema)]
pub struct PromotionsSuggested {
    /// New suggestions, at most two hundred at once.
    suggested: usize,
}

/// A step of a promotion.
#[derive(Debug, Serialize, ToSchema)]
pub struct PromotionStep {
    /// Where it stood before; nothing at the suggestion.
    from: Option<PromotionState>,
    /// Where it stood then.
    to: PromotionState,
    /// Who did it; nobody where the rule suggested.
    by: Option<PersonRef>,
    /// When.
    at: Instant,
}

/// A promotion, in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct PromotionSummary {
    /// The promotion.
    id: PromotionId,
    /// In which partnership.
    partnership_id: PartnershipId,
    /// The membership.
    membership_id: MembershipId,
    /// Whose.
    person: Option<PersonRef>,
    /// The person's side.
    side: Side,
    /// To which stage.
    stage: Stage,
    /// Where it stands.
    state: PromotionState,
    /// Changes with every change.
    version: i64,
    /// When it was suggested.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

/// A promotion.
#[derive(Debug, Serialize, ToSchema)]
pub struct PromotionDetail {
    #[serde(flatten)]
    summary: PromotionSummary,
    /// What the rule saw.
    facts: PipelineFacts,
    /// What happened to it, oldest first.
    history: Vec<PromotionStep>,
}

fn summary(row: &Promotion, people: &HashMap<AccountId, PersonRef>) -> PromotionSummary {
    PromotionSummary {
        id: row.id,
        partnership_id: row.partnership_id,
        membership_id: row.membership_id,
        person: people.get(&row.account_id).cloned(),
        side: row.side,
        stage: row.stage,
        state: row.state,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

fn one(conn: &mut Conn, row: &Promotion) -> Result<Versioned<PromotionDetail>> {
    let changes = promotions::changes_of(conn, row.id)?;
    let named = changes.iter().filter_map(|change| change.by_id).chain([row.account_id]);
    let people = people(conn, named.collect::<Vec<_>>())?;
    let step = |change: PromotionChange| PromotionStep {
        from: change.from_state,
        to: change.to_state,
        by: change.by_id.and_then(|id| people.get(&id).cloned()),
        at: change.created_at,
    };
    let Json(facts) = &row.facts;
    let value = PromotionDetail {
        summary: summary(row, &people),
        facts: *facts,
        history: changes.into_iter().map(step).collect(),
    };
    Ok(Versioned::new(value, row.version))
}

fn find_for(
    conn: &mut Conn,
    actor: &Actor,
    id: PromotionId,
    action: Action,
    purpose: Purpose,
    now: Instant,
) -> Result<(Promotion, Scoped)> {
    actor.person()?;
    let row = promotions::find(conn, id)?.ok_or_else(Error::not_found)?;
    let scoped = Scoped::load(conn, actor, row.partnership_id, purpose, now)?;
    // Read again behind the lock: whoever held it may have changed the row.
    let row = if purpose == Purpose::Change { promotions::find(conn, id)?.ok_or_else(Error::not_found)? } else { row };
    let subject = Subject { is_own: actor.id() == Some(row.account_id), side: Some(row.side), ..WHOLE };
    policy::demand(actor, &scoped.standing, subject, action)?;
    Ok((row, scoped))
}

/// Suggests the next stage to every member who meets its rule.
///
/// This is done every night; leaders can ask for it at any time. Nobody has two open suggestions, and what somebody declined
/// is not suggested again for 180 days. A leader confirms a suggestion, and then the person agrees, or declines.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/promotions/suggest",
    tag = "pipeline", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    responses((status = 200, body = PromotionsSuggested)))]
pub async fn suggest_promotions(ctx: Ctx, id: Path<PartnershipId>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        actor.person()?;
        let scoped = Scoped::load(tx, actor, id.0, Purpose::Change, now)?;
        policy::demand(actor, &scoped.standing, WHOLE, Action::SuggestPromotions)?;
        scoped.demand_live()?;
        let suggested = facts::suggest(tx, id.0, now)?;
        let entry = events::PROMOTIONS_SUGGESTED.on(id.0.0).within(id.0.0).fact("count", suggested);
        tx.recorded(entry, Found(PromotionsSuggested { suggested }))
    })
    .await
}

/// Lists promotions, newest first: all of them for leaders, for members their own.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/promotions",
    tag = "pipeline", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), PromotionFilter, PageParams),
    responses((status = 200, body = Page<PromotionSummary>)))]
pub async fn list_promotions(ctx: Ctx, id: Path<PartnershipId>, listing: Listing<PromotionFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let by = actor.person()?.id;
        let scoped = Scoped::load(conn, actor, id.0, Purpose::Read, now)?;
        policy::demand(actor, &scoped.standing, WHOLE, Action::ListPromotions)?;
        let PromotionFilter { membership_id, state, stage } = &listing.filter;
        let wanted = Wanted {
            account: (!policy::sees_person(&scoped.standing, false)).then_some(by),
            membership: *membership_id,
            state: *state,
            stage: *stage,
        };
        let page = promotions::list(conn, id.0, &wanted, &listing)?;
        let people = people(conn, page.items.iter().map(|row| row.account_id))?;
        Ok(page.map(|row| summary(&row, &people)))
    })
    .await
}

/// Reads a promotion.
#[utoipa::path(get, path = "/promotions/{promotion_id}",
    tag = "pipeline", security(("bearer" = [])),
    params(("promotion_id" = PromotionId, Path, description = "The promotion.")),
    responses((status = 200, body = PromotionDetail)))]
pub async fn get_promotion(ctx: Ctx, id: Path<PromotionId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (row, _) = find_for(conn, actor, id.0, Action::GetPromotion, Purpose::Read, now)?;
        one(conn, &row)
    })
    .await
}

async fn step(
    ctx: Ctx,
    id: PromotionId,
    if_match: IfMatch,
    action: Action,
    to: PromotionState,
    kind: Kind,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (row, scoped) = find_for(tx, actor, id, action, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        let member = members::find(tx, row.membership_id)?.ok_or_else(Error::not_found)?;
        super::development::demand_member(&member)?;
        row.state.demand(to)?;
        let row = promotions::advance(tx, &row, to, by, now)?;
        let shown = one(tx, &row)?;
        tx.recorded(kind.on(id.0).within(row.partnership_id.0), shown)
    })
    .await
}

/// Confirms a suggested promotion, as a leader of the person's side.
///
/// The person still has to agree. Nobody confirms their own.
#[utoipa::path(post, path = "/promotions/{promotion_id}/confirm",
    tag = "pipeline", security(("bearer" = [])),
    params(("promotion_id" = PromotionId, Path, description = "The promotion."), IfMatchParam),
    responses((status = 200, body = PromotionDetail)))]
pub async fn confirm_promotion(ctx: Ctx, id: Path<PromotionId>, if_match: IfMatch) -> Result<Reply> {
    let kind = events::PROMOTION_CONFIRMED;
    step(ctx, id.0, if_match, Action::ConfirmPromotion, PromotionState::Confirmed, kind).await
}

/// Agrees to one's own promotion, once a leader has confirmed it.
#[utoipa::path(post, path = "/promotions/{promotion_id}/agree",
    tag = "pipeline", security(("bearer" = [])),
    params(("promotion_id" = PromotionId, Path, description = "The promotion."), IfMatchParam),
    responses((status = 200, body = PromotionDetail)))]
pub async fn agree_to_promotion(ctx: Ctx, id: Path<PromotionId>, if_match: IfMatch) -> Result<Reply> {
    step(ctx, id.0, if_match, Action::AgreeToPromotion, PromotionState::Agreed, events::PROMOTION_AGREED).await
}

/// Declines one's own promotion; nothing is held against anybody for it.
#[utoipa::path(post, path = "/promotions/{promotion_id}/decline",
    tag = "pipeline", security(("bearer" = [])),
    params(("promotion_id" = PromotionId, Path, description = "The promotion."), IfMatchParam),
    responses((status = 200, body = PromotionDetail)))]
pub async fn decline_promotion(ctx: Ctx, id: Path<PromotionId>, if_match: IfMatch) -> Result<Reply> {
    let kind = events::PROMOTION_DECLINED;
    step(ctx, id.0, if_match, Action::DeclinePromotion, PromotionState::Declined, kind).await
}

crate::operations! {
    suggest_promotions,
    list_promotions,
    get_promotion,
    confirm_promotion,
    agree_to_promotion,
    decline_promotion,
}
