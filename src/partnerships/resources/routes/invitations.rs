//! Answers to invitations of organisations: by the code that was mailed.

use serde::Deserialize;
use utoipa::ToSchema;

use super::partners::{CODE, PartnerDetail, one};
use crate::accounts::{Actor, Ctx, GivenToken};
use crate::partnerships::PartnershipState;
use crate::partnerships::resources::events;
use crate::partnerships::resources::model::{Partner, PartnerInvitationState, PartnerState};
use crate::partnerships::resources::policy::{self, Action, WHOLE};
use crate::partnerships::resources::queries::partners::{self, PartnerChanges};
use crate::partnerships::standing::{Purpose, Scoped, Standing};
use crate::platform::crypto::OneTimeToken;
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::{Check, Reply, Tx, Valid, Versioned};
use crate::platform::lifecycle::Lifecycle as _;

/// The code from the letter.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerPartnerInvitation {
    /// The code.
    token: GivenToken,
}
impl Check for AnswerPartnerInvitation {}

/// The organisation that was invited with this code, behind its partnership's lock.
fn invited(tx: &mut Tx<'_>, actor: &Actor, action: Action, token: &GivenToken) -> Result<(Partner, Scoped)> {
    let (now, refused) =
        (tx.now(), || Error::new(Code::TokenRejected, "The code is unknown, used, taken back or too old."));
    actor.person()?;
    policy::demand(actor, &Standing::stranger(PartnershipState::Forming), WHOLE, action)?;
    let digest = OneTimeToken::digest_of(CODE, token.expose()).ok_or_else(refused)?;
    let sent = partners::find_sent(tx, &digest, now)?.ok_or_else(refused)?;
    let found = partners::find(tx, sent.partner_id)?.ok_or_else(refused)?;
    let scoped = Scoped::load(tx, actor, found.partnership_id, Purpose::Change, now)?;
    // Read again behind the lock: whoever held it may have answered or taken it back.
    partners::find_sent(tx, &digest, now)?.ok_or_else(refused)?;
    let partner = partners::find(tx, sent.partner_id)?.ok_or_else(refused)?;
    Ok((partner, scoped))
}

/// Accepts an invitation for an organisation: it joins, and the caller speaks for it.
///
/// Whoever has the code from the letter answers for the organisation. Speaking for it makes nobody a member.
#[utoipa::path(post, path = "/partner-invitations/accept",
    tag = "partners", security(("bearer" = [])), request_body = AnswerPartnerInvitation,
    responses((status = 200, body = PartnerDetail)))]
pub async fn accept_partner_invitation(ctx: Ctx, body: Valid<AnswerPartnerInvitation>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (row, scoped) = invited(tx, actor, Action::AcceptPartnerInvitation, &body.0.token)?;
        scoped.demand_live()?;
        row.state.demand(PartnerState::Joined)?;
        partners::answer(tx, row.id, PartnerInvitationState::Accepted, Some(by), now)?;
        let changes = PartnerChanges {
            state: Some(PartnerState::Joined),
            representative_id: Some(Some(by)),
            joined_at: Some(Some(now)),
            ended_at: Some(None),
            ..PartnerChanges::default()
        };
        let row = partners::update(tx, &row, changes, now)?;
        let event =
            events::PARTNER_JOINED.on(row.id.0).within(row.partnership_id.0).fact("sector", row.sector.as_str());
        let shown = one(tx, actor, row, &scoped)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Declines an invitation for an organisation.
#[utoipa::path(post, path = "/partner-invitations/decline",
    tag = "partners", security(("bearer" = [])), request_body = AnswerPartnerInvitation,
    responses((status = 200, body = PartnerDetail)))]
pub async fn decline_partner_invitation(ctx: Ctx, body: Valid<AnswerPartnerInvitation>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (row, scoped) = invited(tx, actor, Action::DeclinePartnerInvitation, &body.0.token)?;
        row.state.demand(PartnerState::NotJoined)?;
        partners::answer(tx, row.id, PartnerInvitationState::Declined, Some(by), now)?;
        let changes = PartnerChanges {
            state: Some(PartnerState::NotJoined),
            ended_at: Some(Some(now)),
            ..PartnerChanges::default()
        };
        let row = partners::update(tx, &row, changes, now)?;
        let event = events::PARTNER_DECLINED.on(row.id.0).within(row.partnership_id.0);
        let shown: Versioned<PartnerDetail> = one(tx, actor, row, &scoped)?;
        tx.recorded(event, shown)
    })
    .await
}

crate::operations! {
    accept_partner_invitation,
    decline_partner_invitation,
}
