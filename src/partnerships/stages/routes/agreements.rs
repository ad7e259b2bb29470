//! Reading, signing and taking back agreements.

use serde::Deserialize;
use utoipa::IntoParams;

use super::activation::load_for;
use super::effects::take_effect;
use super::proposals::sign;
use super::shown::{AgreementDetail, list_shown, one};
use crate::accounts::{Actor, Ctx};
use crate::ids::PartnershipId;
use crate::partnerships::signing::missing_sides;
use crate::partnerships::stages::events;
use crate::partnerships::stages::model::{Agreement, AgreementId, AgreementKind, AgreementState};
use crate::partnerships::stages::policy::{self, Action, Subject};
use crate::partnerships::stages::queries::agreements::{self as rows, Wanted};
use crate::partnerships::standing::{Purpose, Scoped};
use crate::platform::clock::{Instant, days};
use crate::platform::db::Conn;
use crate::platform::error::{Error, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{IfMatch, Listing, Page, PageParams, Path, Reply};
use crate::platform::lifecycle::Lifecycle as _;

/// How long a closing waits for both sides before an administrator may complete it, days (`domain/20` 6.3).
pub const COMPLETED_AFTER_DAYS: u64 = 60;

/// Which agreements to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AgreementFilter {
    /// Of this kind.
    #[param(inline)]
    kind: Option<AgreementKind>,
    /// That stand so.
    #[param(inline)]
    state: Option<AgreementState>,
}

fn find_for(
    conn: &mut Conn,
    actor: &Actor,
    id: AgreementId,
    action: Action,
    purpose: Purpose,
    now: Instant,
) -> Result<(Agreement, Scoped)> {
    actor.person()?;
    let row = rows::find(conn, id)?.ok_or_else(Error::not_found)?;
    let scoped = Scoped::load(conn, actor, row.partnership_id, purpose, now)?;
    // Read again behind the lock: whoever held it may have changed the row.
    let row = if purpose == Purpose::Change { rows::find(conn, id)?.ok_or_else(Error::not_found)? } else { row };
    let subject = Subject { kind: row.kind, is_own: actor.id() == Some(row.proposed_by_id) };
    policy::demand(actor, &scoped.standing, subject, action)?;
    Ok((row, scoped))
}

/// Lists what leaders of both sides agreed on, or are to agree on, newest first.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/agreements",
    tag = "agreements", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), AgreementFilter, PageParams),
    responses((status = 200, body = Page<AgreementDetail>)))]
pub async fn list_agreements(ctx: Ctx, id: Path<PartnershipId>, listing: Listing<AgreementFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let scoped = load_for(conn, actor, id.0, Action::ListAgreements, Purpose::Read, now)?;
        let wanted = Wanted { kind: listing.filter.kind, state: listing.filter.state };
        let page = rows::list(conn, id.0, &wanted, &listing)?;
        list_shown(conn, page, &scoped.standing)
    })
    .await
}

/// Reads an agreement.
#[utoipa::path(get, path = "/agreements/{agreement_id}",
    tag = "agreements", security(("bearer" = [])),
    params(("agreement_id" = AgreementId, Path, description = "The agreement.")),
    responses((status = 200, body = AgreementDetail)))]
pub async fn get_agreement(ctx: Ctx, id: Path<AgreementId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (row, scoped) = find_for(conn, actor, id.0, Action::GetAgreement, Purpose::Read, now)?;
        one(conn, row, &scoped.standing)
    })
    .await
}

/// Signs an agreement for your side.
///
/// With the second side's signature it takes effect: the item is waived, the partnership confirmed, active again, or closed.
/// A closing that has waited for 60 days is completed by an administrator in place of a side that did not sign.
#[utoipa::path(post, path = "/agreements/{agreement_id}/sign",
    tag = "agreements", security(("bearer" = [])),
    params(("agreement_id" = AgreementId, Path, description = "The agreement."), IfMatchParam),
    responses((status = 200, body = AgreementDetail)))]
pub async fn sign_agreement(ctx: Ctx, id: Path<AgreementId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (row, scoped) = find_for(tx, actor, id.0, Action::SignAgreement, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        row.state.demand(AgreementState::Agreed)?;
        let administrator = scoped.standing.is_administrator.then_some(by);
        if administrator.is_some() {
            if now.since(row.created_at) < days(COMPLETED_AFTER_DAYS) {
                return Err(Error::conflict(
                    "Leaders of both sides have 60 days to sign; then an administrator may complete it.",
                ));
            }
        } else {
            scoped.demand_live()?;
            sign(tx, &row, &scoped, by, now)?;
        }
        let signed = rows::signatures(tx, &[id.0])?;
        let is_complete = administrator.is_some() || missing_sides(signed.iter().map(|s| s.side)).is_empty();
        let (row, entry) = if is_complete {
            let row = rows::update(tx, &row, AgreementState::Agreed, administrator, now)?;
            let entry = take_effect(tx, &state, actor, &scoped, &row)?;
            (row, entry)
        } else {
            let row = rows::update(tx, &row, AgreementState::Proposed, None, now)?;
            (row, events::AGREEMENT_SIGNED.on(id.0.0).within(scoped.partnership.id.0))
        };
        let entry = entry.fact("kind", row.kind.as_str());
        let shown = one(tx, row, &scoped.standing)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Takes an agreement back that waits for signatures: it is refused by that.
#[utoipa::path(post, path = "/agreements/{agreement_id}/withdraw",
    tag = "agreements", security(("bearer" = [])),
    params(("agreement_id" = AgreementId, Path, description = "The agreement."), IfMatchParam),
    responses((status = 200, body = AgreementDetail)))]
pub async fn withdraw_agreement(ctx: Ctx, id: Path<AgreementId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::WithdrawAgreement, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        row.state.demand(AgreementState::Withdrawn)?;
        if !scoped.standing.is_administrator {
            scoped.demand_live()?;
        }
        let row = rows::update(tx, &row, AgreementState::Withdrawn, None, now)?;
        let entry = events::AGREEMENT_WITHDRAWN.on(id.0.0).within(row.partnership_id.0);
        let entry = entry.fact("kind", row.kind.as_str());
        let shown = one(tx, row, &scoped.standing)?;
        tx.recorded(entry, shown)
    })
    .await
}

crate::operations! {
    list_agreements,
    get_agreement,
    sign_agreement,
    withdraw_agreement,
}
