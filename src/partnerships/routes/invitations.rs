//! Invitations to become a member, sent by mail and found in one's account.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::accounts::{Actor, Ctx, PersonRef, Side, acting, email_key_of, people};
use crate::ids::{AccountId, MembershipId, PartnershipId};
use crate::partnerships::events;
use crate::partnerships::letters;
use crate::partnerships::model::{
    Membership, MembershipInvitation, MembershipInvitationId, MembershipInvitationState, MembershipState, Partnership,
};
use crate::partnerships::policy::{self, Action, WHOLE};
use crate::partnerships::queries::invitations::{self, Of};
use crate::partnerships::queries::members::{self, active_members};
use crate::partnerships::queries::partnerships::{PartnershipRef, partnership_refs};
use crate::partnerships::routes::memberships::{joined, new, requested};
use crate::partnerships::routes::partnerships::load_for;
use crate::partnerships::standing::{Purpose, Standing, find, standing};
use crate::platform::State;
use crate::platform::clock::{Instant, days};
use crate::platform::db::Conn;
use crate::platform::error::{Error, Result};
use crate::platform::faults::is_planted;
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{API, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Valid, Versioned};
use crate::platform::mail;
use crate::platform::text::Email;

/// How long an invitation can be accepted (`domain/20` 6.7).
pub const OPEN_FOR: std::time::Duration = days(30);

/// Whom to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteMember {
    /// Mail address. Whether it has an account here is not told.
    email: Email,
}
impl Check for InviteMember {}

/// Which invitations to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MembershipInvitationFilter {
    /// That stand so.
    #[param(inline)]
    state: Option<MembershipInvitationState>,
}

/// An invitation to become a member.
#[derive(Debug, Serialize, ToSchema)]
pub struct MembershipInvitationDetail {
    /// The invitation.
    id: MembershipInvitationId,
    /// Into which partnership.
    partnership: Option<PartnershipRef>,
    /// Where it went.
    email: String,
    /// Where it stands.
    state: MembershipInvitationState,
    /// Whether its time is over without an answer.
    is_expired: bool,
    /// Who invited.
    invited_by: Option<PersonRef>,
    /// What it became.
    membership_id: Option<MembershipId>,
    /// Until when it can be accepted.
    expires_at: Instant,
    /// Changes with every change.
    version: i64,
    /// When it was sent.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

fn shown(
    row: MembershipInvitation,
    partnership: Option<PartnershipRef>,
    invited_by: Option<PersonRef>,
    now: Instant,
) -> MembershipInvitationDetail {
    MembershipInvitationDetail {
        id: row.id,
        partnership,
        email: row.email,
        is_expired: row.state == MembershipInvitationState::Open && row.expires_at <= now,
        state: row.state,
        invited_by,
        membership_id: row.membership_id,
        expires_at: row.expires_at,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

fn one(conn: &mut Conn, row: MembershipInvitation, now: Instant) -> Result<MembershipInvitationDetail> {
    let partnership = partnership_refs(conn, [row.partnership_id])?.remove(&row.partnership_id);
    let inviter = people(conn, [row.invited_by_id])?.remove(&row.invited_by_id);
    Ok(shown(row, partnership, inviter, now))
}

/// Invites an address, by mail, in the caller's transaction.
pub fn invite(
    conn: &mut Conn,
    state: &State,
    partnership: &Partnership,
    email: Email,
    by: AccountId,
    now: Instant,
) -> Result<MembershipInvitation> {
    let row = MembershipInvitation {
        id: MembershipInvitationId::new(),
        partnership_id: partnership.id,
        email: email.to_string(),
        email_key: email.key(),
        state: MembershipInvitationState::Open,
        invited_by_id: by,
        membership_id: None,
        expires_at: now.plus(OPEN_FOR),
        version: 1,
        created_at: now,
        updated_at: now,
    };
    invitations::insert(conn, &row)?;
    mail::queue(conn, &state.secrets, letters::invitation(email, &state.base_url, &partnership.name), now)?;
    Ok(row)
}

/// Invites somebody to become a member, by mail.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/invitations",
    tag = "memberships", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    request_body = InviteMember, responses((status = 201, body = MembershipInvitationDetail)),
    extensions(("x-idempotency" = json!("required"))))]
pub async fn invite_member(ctx: Ctx, id: Path<PartnershipId>, body: Valid<InviteMember>) -> Result<Reply> {
    ctx.demand_key()?;
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let scoped = load_for(tx, actor, id.0, Action::InviteMember, Purpose::Change, now)?;
        scoped.demand_live()?;
        let row = invite(tx, &state, &scoped.partnership, body.0.email, by, now)?;
        let event = events::MEMBER_INVITED.on(row.id.0).within(id.0.0);
        let location = format!("{API}/membership-invitations/{}", row.id);
        let value = one(tx, row, now)?;
        tx.recorded(event, Created { value, location, version: Some(1) })
    })
    .await
}

/// Lists a partnership's invitations, newest first.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/invitations",
    tag = "memberships", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), MembershipInvitationFilter, PageParams),
    responses((status = 200, body = Page<MembershipInvitationDetail>)))]
pub async fn list_membership_invitations(
    ctx: Ctx,
    id: Path<PartnershipId>,
    listing: Listing<MembershipInvitationFilter>,
) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        actor.person()?;
        load_for(conn, actor, id.0, Action::ListMembershipInvitations, Purpose::Read, now)?;
        page(conn, &Of::Partnership(id.0), &listing, now)
    })
    .await
}

fn page(
    conn: &mut Conn,
    of: &Of<'_>,
    listing: &Listing<MembershipInvitationFilter>,
    now: Instant,
) -> Result<Page<MembershipInvitationDetail>> {
    let page = invitations::list(conn, of, listing.filter.state, listing)?;
    let inviters = people(conn, page.items.iter().map(|row| row.invited_by_id))?;
    let partnerships = partnership_refs(conn, page.items.iter().map(|row| row.partnership_id))?;
    Ok(page.map(|row| {
        let inviter = inviters.get(&row.invited_by_id).cloned();
        let partnership = partnerships.get(&row.partnership_id).cloned();
        shown(row, partnership, inviter, now)
    }))
}

/// Takes an invitation back.
#[utoipa::path(post, path = "/membership-invitations/{invitation_id}/revoke",
    tag = "memberships", security(("bearer" = [])),
    params(("invitation_id" = MembershipInvitationId, Path, description = "The invitation."), IfMatchParam),
    responses((status = 200, body = MembershipInvitationDetail)))]
pub async fn revoke_membership_invitation(
    ctx: Ctx,
    id: Path<MembershipInvitationId>,
    if_match: IfMatch,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        actor.person()?;
        let row = invitations::find(tx, id.0)?.ok_or_else(Error::not_found)?;
        let scoped = load_for(tx, actor, row.partnership_id, Action::RevokeMembershipInvitation, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_unclosed()?;
        let row = invitations::answer(tx, id.0, MembershipInvitationState::Revoked, None, now)?;
        let (version, partnership) = (row.version, row.partnership_id);
        let shown = one(tx, row, now)?;
        tx.recorded(events::INVITATION_REVOKED.on(id.0.0).within(partnership.0), Versioned::new(shown, version))
    })
    .await
}

/// Lists invitations to you, newest first.
///
/// They are found by the mail address of your account.
#[utoipa::path(get, path = "/account/membership-invitations",
    tag = "memberships", security(("bearer" = [])), params(MembershipInvitationFilter, PageParams),
    responses((status = 200, body = Page<MembershipInvitationDetail>)))]
pub async fn list_own_membership_invitations(ctx: Ctx, listing: Listing<MembershipInvitationFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let stranger = Standing::stranger(crate::partnerships::PartnershipState::Forming);
        policy::demand(actor, &stranger, WHOLE, Action::ListOwnMembershipInvitations)?;
        let key = email_key_of(conn, actor.person()?.id)?.unwrap_or_default();
        page(conn, &Of::Address(&key), &listing, now)
    })
    .await
}

/// The open invitation, if it is to this actor; to anybody else it does not exist.
fn own(conn: &mut Conn, actor: &Actor, id: MembershipInvitationId) -> Result<MembershipInvitation> {
    let key = email_key_of(conn, actor.person()?.id)?.ok_or_else(Error::not_found)?;
    invitations::find(conn, id)?.filter(|row| row.email_key == key).ok_or_else(Error::not_found)
}

/// Whether whoever invited is somebody in the partnership still. Who invited as a member, while the side had no leader, has no right
/// to it any more once it has one; what they sent before counts all the same.
fn still_belongs(conn: &mut Conn, inviter: AccountId, partnership: &Partnership, now: Instant) -> Result<bool> {
    match acting(conn, inviter, now)? {
        Some(inviter) => Ok(standing(conn, &inviter, partnership, now)?.is_inside()),
        None => Ok(is_planted("invitations_outlive_rights")),
    }
}

/// Accepts an invitation to become a member.
///
/// It counts as long as whoever invited is a member still, or sees the partnership by office.
#[utoipa::path(post, path = "/membership-invitations/{invitation_id}/accept",
    tag = "memberships", security(("bearer" = [])),
    params(("invitation_id" = MembershipInvitationId, Path, description = "The invitation."), IfMatchParam),
    responses((status = 200, body = MembershipInvitationDetail)))]
pub async fn accept_membership_invitation(
    ctx: Ctx,
    id: Path<MembershipInvitationId>,
    if_match: IfMatch,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let person = actor.person()?;
        let partnership_id = own(tx, actor, id.0)?.partnership_id;
        let partnership = find(tx, partnership_id, Purpose::Change)?.ok_or_else(Error::not_found)?;
        let row = own(tx, actor, id.0)?;
        if_match.demand(row.version)?;
        let joinable =
            partnership.state.is_live() || partnership.state == crate::partnerships::PartnershipState::Proposed;
        let is_open = row.state == MembershipInvitationState::Open && row.expires_at > now && joinable;
        if !is_open || !still_belongs(tx, row.invited_by_id, &partnership, now)? {
            return Err(Error::conflict("The invitation is not open any more."));
        }
        let side = person.side().ok_or_else(|| Error::forbidden("Administrators join no partnerships."))?;
        // Who is invited by the other side asks their own, where there is anybody to ask: no side chooses who the other one is.
        let of_inviter = active_members(tx, partnership.id, &[row.invited_by_id])?.pop().map(|(_, side)| side);
        let by_other = of_inviter.is_some_and(|of| of != side) && side != Side::Agency;
        let state = match by_other && members::has_side(tx, partnership.id, side)? {
            true => MembershipState::Requested,
            false => MembershipState::Active,
        };
        let membership: Membership = new(partnership.id, person.id, side, state, None, now);
        members::insert(tx, &membership)?;
        let row = invitations::answer(tx, id.0, MembershipInvitationState::Accepted, Some(membership.id), now)?;
        let version = row.version;
        let shown = one(tx, row, now)?;
        let event = match state {
            MembershipState::Active => joined(&membership),
            _ => requested(&membership),
        };
        tx.recorded(event, Versioned::new(shown, version))
    })
    .await
}

/// Declines an invitation to become a member.
#[utoipa::path(post, path = "/membership-invitations/{invitation_id}/decline",
    tag = "memberships", security(("bearer" = [])),
    params(("invitation_id" = MembershipInvitationId, Path, description = "The invitation."), IfMatchParam),
    responses((status = 200, body = MembershipInvitationDetail)))]
pub async fn decline_membership_invitation(
    ctx: Ctx,
    id: Path<MembershipInvitationId>,
    if_match: IfMatch,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let row = own(tx, actor, id.0)?;
        if_match.demand(row.version)?;
        let partnership = find(tx, row.partnership_id, Purpose::Change)?.ok_or_else(Error::not_found)?;
        if partnership.state == crate::partnerships::PartnershipState::Closed {
            return Err(Error::conflict("The invitation is not open any more."));
        }
        let row = invitations::answer(tx, id.0, MembershipInvitationState::Declined, None, now)?;
        let (version, partnership) = (row.version, row.partnership_id);
        let shown = one(tx, row, now)?;
        tx.recorded(events::INVITATION_DECLINED.on(id.0.0).within(partnership.0), Versioned::new(shown, version))
    })
    .await
}

crate::operations! {
    invite_member,
    list_membership_invitations,
    revoke_membership_invitation,
    list_own_membership_invitations,
    accept_membership_invitation,
    decline_membership_invitation,
}
