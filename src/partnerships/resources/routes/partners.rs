//! Partners: organisations that are invited, join and leave.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::needs::load_for;
use crate::accounts::{Actor, Ctx, PersonRef, people};
use crate::ids::{AccountId, PartnershipId};
use crate::partnerships::model::Sector;
use crate::partnerships::resources::model::{
    Need, NeedId, Partner, PartnerId, PartnerInvitation, PartnerInvitationId, PartnerInvitationState, PartnerState,
};
use crate::partnerships::resources::policy::{self, Action, Face, Subject, WHOLE};
use crate::partnerships::resources::queries::needs;
use crate::partnerships::resources::queries::partners::{self, PartnerChanges, Wanted};
use crate::partnerships::resources::{events, letters};
use crate::partnerships::standing::{Purpose, Scoped};
use crate::platform::State;
use crate::platform::clock::{Instant, days};
use crate::platform::crypto::OneTimeToken;
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{
    API, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Tx, Valid, Versioned,
};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::mail;
use crate::platform::text::{Email, Line, Phone, Prose, fold};
use crate::platform::values::{Change, Patch};

/// How long an invitation can be answered (`domain/20` 6.7).
const OPEN_FOR: std::time::Duration = days(30);
/// What the codes of these invitations begin with.
pub const CODE: &str = "tko_";

/// A partner as other objects name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartnerRef {
    /// The partner.
    pub id: PartnerId,
    /// Its name.
    pub name: String,
    /// What kind of organisation it is.
    pub sector: Sector,
}

/// An organisation to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Central Avenue Merchants", "sector": "business_or_merchant_association",
    "contact_name": "Rosa Delgado", "contact_email": "office@central-avenue.example.org"
}))]
pub struct InvitePartner {
    /// Its name; an organisation stands in a partnership once.
    name: Line<2, 120>,
    /// What kind of organisation it is.
    sector: Sector,
    /// Whom to ask for.
    contact_name: Option<Line<1, 80>>,
    /// Where the invitation goes.
    contact_email: Email,
    /// Where it can be called.
    contact_phone: Option<Phone>,
    /// The need for which it is asked.
    need_id: Option<NeedId>,
}
impl Check for InvitePartner {}

/// Changes to an organisation's entry.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartnerPatch {
    /// Its name.
    #[serde(default)]
    name: Change<Line<2, 120>>,
    /// What kind of organisation it is.
    #[serde(default)]
    sector: Change<Sector>,
    /// Whom to ask for.
    #[serde(default)]
    contact_name: Patch<Line<1, 80>>,
    /// Where further invitations go.
    #[serde(default)]
    contact_email: Change<Email>,
    /// Where it can be called.
    #[serde(default)]
    contact_phone: Patch<Phone>,
}
impl Check for PartnerPatch {}

/// Why an organisation leaves, or its invitation is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndPartner {
    /// In words.
    reason: Prose<5, 1000>,
}
impl Check for EndPartner {}

/// Which organisations to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PartnerFilter {
    /// That stand so.
    #[param(inline)]
    state: Option<PartnerState>,
    /// Of this kind.
    #[param(inline)]
    sector: Option<Sector>,
}

/// How an organisation can be reached.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartnerContact {
    /// Whom to ask for.
    name: Option<String>,
    /// Where invitations go.
    email: String,
    /// Where it can be called.
    phone: Option<String>,
}

/// An organisation's invitation.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartnerInvitationShown {
    /// The invitation.
    id: PartnerInvitationId,
    /// Where it stands.
    state: PartnerInvitationState,
    /// Until when it can be answered.
    expires_at: Instant,
    /// When it was answered, taken back, or expired.
    answered_at: Option<Instant>,
    /// When it was sent.
    created_at: Instant,
}

/// An organisation in a partnership.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartnerDetail {
    /// The organisation.
    id: PartnerId,
    /// In which partnership.
    partnership_id: PartnershipId,
    /// Its name.
    name: String,
    /// What kind of organisation it is.
    sector: Sector,
    /// Where it stands.
    state: PartnerState,
    /// How it can be reached; for leaders and itself.
    contact: Option<PartnerContact>,
    /// Who speaks for it; `null` for readers outside the partnership.
    representative: Option<PersonRef>,
    /// The need for which it was asked; `null` for readers outside the partnership.
    asked_for_need_id: Option<NeedId>,
    /// The need that it answered: because of which it is here. `null` for readers outside the partnership.
    answered_need_id: Option<NeedId>,
    /// Its newest invitation; for leaders, officials and resource stewards.
    invitation: Option<PartnerInvitationShown>,
    /// When it joined.
    joined_at: Option<Instant>,
    /// When it left, or turned out not to join.
    ended_at: Option<Instant>,
    /// Changes with every change.
    version: i64,
    /// When it was first invited.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

/// What of it the reader may see.
#[derive(Debug, Clone, Copy)]
struct View {
    inside: bool,
    contact: bool,
    invitation: bool,
}

fn view(scoped: &Scoped, is_own: bool) -> View {
    View {
        inside: scoped.standing.is_inside() || is_own,
        contact: policy::sees_contact(&scoped.standing, is_own),
        invitation: policy::sees_drafts(&scoped.standing),
    }
}

fn shown(
    row: Partner,
    people: &HashMap<AccountId, PersonRef>,
    invitation: Option<PartnerInvitation>,
    view: View,
) -> PartnerDetail {
    PartnerDetail {
        id: row.id,
        partnership_id: row.partnership_id,
        name: row.name,
        sector: row.sector,
        state: row.state,
        contact: view.contact.then_some(PartnerContact {
            name: row.contact_name,
            email: row.contact_email,
            phone: row.contact_phone,
        }),
        representative: row.representative_id.filter(|_| view.inside).and_then(|id| people.get(&id).cloned()),
        asked_for_need_id: row.asked_for_need_id.filter(|_| view.inside),
        answered_need_id: row.answered_need_id.filter(|_| view.inside),
        invitation: invitation.filter(|_| view.invitation).map(|sent| PartnerInvitationShown {
            id: sent.id,
            state: sent.state,
            expires_at: sent.expires_at,
            answered_at: sent.answered_at,
            created_at: sent.created_at,
        }),
        joined_at: row.joined_at,
        ended_at: row.ended_at,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

/// Whether the actor speaks for the organisation.
fn speaks_for(actor: &Actor, partner: &Partner) -> bool {
    partner.state == PartnerState::Joined && actor.id().is_some() && partner.representative_id == actor.id()
}

/// An organisation with its version, as much of it as the reader may see.
pub fn one(conn: &mut Conn, actor: &Actor, row: Partner, scoped: &Scoped) -> Result<Versioned<PartnerDetail>> {
    let people = people(conn, row.representative_id)?;
    let invitation = partners::last_invitations(conn, &[row.id])?.remove(&row.id);
    let (version, view) = (row.version, view(scoped, speaks_for(actor, &row)));
    Ok(Versioned::new(shown(row, &people, invitation, view), version))
}

/// The organisation as this actor may have it for `action`, with how the actor stands towards its partnership.
fn find_for(
    conn: &mut Conn,
    actor: &Actor,
    id: PartnerId,
    action: Action,
    purpose: Purpose,
    now: Instant,
) -> Result<(Partner, Scoped)> {
    if purpose == Purpose::Change {
        actor.person()?;
    }
    let row = partners::find(conn, id)?.ok_or_else(Error::not_found)?;
    let scoped = Scoped::load(conn, actor, row.partnership_id, purpose, now)?;
    // Read again behind the lock: whoever held it may have changed the row.
    let row = match purpose {
        Purpose::Change => partners::find(conn, id)?.ok_or_else(Error::not_found)?,
        Purpose::Read => row,
    };
    let face = if row.state == PartnerState::Joined { Face::Open } else { Face::Draft };
    let subject = Subject { is_own: speaks_for(actor, &row), face, ..WHOLE };
    policy::demand(actor, &scoped.standing, subject, action)?;
    Ok((row, scoped))
}

/// The need for which an organisation is asked, if it is one of this partnership's and open.
fn asked_for(conn: &mut Conn, scoped: &Scoped, id: Option<NeedId>) -> Result<Option<Need>> {
    let Some(id) = id else { return Ok(None) };
    let found = needs::find(conn, id)?.map(|(need, _)| need);
    let found = found.filter(|need| need.partnership_id == scoped.partnership.id);
    let need = found.ok_or_else(|| Error::field("/need_id", FieldCode::NotFound, "there is no such need"))?;
    if need.requested_at.is_none() || !need.state.is_open() {
        let message = "must be a need that is asked for openly and not fulfilled";
        return Err(Error::field("/need_id", FieldCode::Refused, message));
    }
    Ok(Some(need))
}

/// Sends the organisation an invitation with a code that only the letter has.
fn send(
    tx: &mut Tx<'_>,
    state: &State,
    partner: &Partner,
    scoped: &Scoped,
    need: Option<&Need>,
    by: AccountId,
) -> Result<()> {
    let (now, code) = (tx.now(), OneTimeToken::new(CODE)?);
    let invitation = PartnerInvitation {
        id: PartnerInvitationId::new(),
        partner_id: partner.id,
        email: partner.contact_email.clone(),
        digest: code.digest,
        state: PartnerInvitationState::Sent,
        invited_by_id: by,
        answered_by_id: None,
        answered_at: None,
        expires_at: now.plus(OPEN_FOR),
        created_at: now,
    };
    partners::insert_invitation(tx, &invitation)?;
    let to: Email = partner.contact_email.parse().map_err(|_| Error::fault("a stored address can't be read"))?;
    let need = need.map(|need| need.title.as_str());
    let letter = letters::invitation(to, &state.base_url, &partner.name, &scoped.partnership.name, need, &code.text);
    mail::queue(tx, &state.secrets, letter, now).map(|_| ())
}

/// Invites an organisation, by mail.
///
/// The code in the letter is for whoever answers for the organisation; it can be used for 30 days. The need for which it is
/// asked must be asked for openly.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/partners",
    tag = "partners", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    request_body = InvitePartner, responses((status = 201, body = PartnerDetail)),
    extensions(("x-idempotency" = json!("required"))))]
pub async fn invite_partner(ctx: Ctx, id: Path<PartnershipId>, body: Valid<InvitePartner>) -> Result<Reply> {
    ctx.demand_key()?;
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let scoped = load_for(tx, actor, id.0, Action::InvitePartner, Purpose::Change, now)?;
        scoped.demand_live()?;
        let InvitePartner { name, sector, contact_name, contact_email, contact_phone, need_id } = body.0;
        let need = asked_for(tx, &scoped, need_id)?;
        let partner = Partner {
            id: PartnerId::new(),
            partnership_id: id.0,
            name_key: fold(name.as_str()),
            name: name.into(),
            sector,
            state: PartnerState::Invited,
            contact_name: contact_name.map(Into::into),
            contact_email: contact_email.into(),
            contact_phone: contact_phone.map(Into::into),
            asked_for_need_id: need_id,
            answered_need_id: None,
            representative_id: None,
            joined_at: None,
            ended_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        partners::insert(tx, &partner)?;
        send(tx, &state, &partner, &scoped, need.as_ref(), by)?;
        let event = events::PARTNER_INVITED.on(partner.id.0).within(id.0.0);
        let location = format!("{API}/partners/{}", partner.id);
        let value = one(tx, actor, partner, &scoped)?.value;
        tx.recorded(event, Created { value, location, version: Some(1) })
    })
    .await
}

/// Invites an organisation again that did not join, or left.
#[utoipa::path(post, path = "/partners/{partner_id}/invite",
    tag = "partners", security(("bearer" = [])),
    params(("partner_id" = PartnerId, Path, description = "The organisation."), IfMatchParam),
    responses((status = 200, body = PartnerDetail)))]
pub async fn invite_partner_again(ctx: Ctx, id: Path<PartnerId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (row, scoped) = find_for(tx, actor, id.0, Action::InvitePartnerAgain, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        row.state.demand(PartnerState::Invited)?;
        let changes = PartnerChanges {
            state: Some(PartnerState::Invited),
            representative_id: Some(None),
            ended_at: Some(None),
            ..PartnerChanges::default()
        };
        let row = partners::update(tx, &row, changes, now)?;
        send(tx, &state, &row, &scoped, None, by)?;
        let event = events::PARTNER_INVITED.on(id.0.0).within(row.partnership_id.0);
        let shown = one(tx, actor, row, &scoped)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Lists the organisations of a partnership, newest first.
///
/// Everybody who sees the partnership sees those that have joined; leaders, officials and resource stewards all.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/partners",
    tag = "partners", security((), ("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), PartnerFilter, PageParams),
    responses((status = 200, body = Page<PartnerDetail>)))]
pub async fn list_partners(ctx: Ctx, id: Path<PartnershipId>, listing: Listing<PartnerFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let scoped = load_for(conn, actor, id.0, Action::ListPartners, Purpose::Read, now)?;
        let all = policy::sees_drafts(&scoped.standing);
        let PartnerFilter { state, sector } = listing.filter;
        let page = partners::list(conn, id.0, &Wanted { all, state, sector }, &listing)?;
        let people = people(conn, page.items.iter().filter_map(|row| row.representative_id))?;
        let ids: Vec<PartnerId> = page.items.iter().filter(|_| all).map(|row| row.id).collect();
        let mut invitations = partners::last_invitations(conn, &ids)?;
        Ok(page.map(|row| {
            let (invitation, view) = (invitations.remove(&row.id), view(&scoped, speaks_for(actor, &row)));
            shown(row, &people, invitation, view)
        }))
    })
    .await
}

/// Reads an organisation's entry.
#[utoipa::path(get, path = "/partners/{partner_id}",
    tag = "partners", security((), ("bearer" = [])),
    params(("partner_id" = PartnerId, Path, description = "The organisation.")),
    responses((status = 200, body = PartnerDetail)))]
pub async fn get_partner(ctx: Ctx, id: Path<PartnerId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (row, scoped) = find_for(conn, actor, id.0, Action::GetPartner, Purpose::Read, now)?;
        one(conn, actor, row, &scoped)
    })
    .await
}

/// Changes an organisation's entry.
#[utoipa::path(patch, path = "/partners/{partner_id}",
    tag = "partners", security(("bearer" = [])),
    params(("partner_id" = PartnerId, Path, description = "The organisation."), IfMatchParam),
    request_body = PartnerPatch, responses((status = 200, body = PartnerDetail)))]
pub async fn update_partner(
    ctx: Ctx,
    id: Path<PartnerId>,
    if_match: IfMatch,
    body: Valid<PartnerPatch>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::UpdatePartner, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        let PartnerPatch { name, sector, contact_name, contact_email, contact_phone } = body.0;
        let changed: Vec<&'static str> = [
            ("name", name.is_given()),
            ("sector", sector.is_given()),
            ("contact_name", contact_name.is_given()),
            ("contact_email", contact_email.is_given()),
            ("contact_phone", contact_phone.is_given()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect();
        let changes = PartnerChanges {
            name_key: name.value().map(|name| fold(name.as_str())),
            name: name.changeset(Into::into),
            sector: sector.changeset(|sector| sector),
            contact_name: contact_name.changeset(Into::into),
            contact_email: contact_email.changeset(Into::into),
            contact_phone: contact_phone.changeset(Into::into),
            ..PartnerChanges::default()
        };
        let row = partners::update(tx, &row, changes, now)?;
        let event = events::PARTNER_UPDATED.on(id.0.0).within(row.partnership_id.0).changed(changed);
        let shown = one(tx, actor, row, &scoped)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Ends it: a partner leaves, an invitation is taken back.
///
/// Pledges stay as they are, and so does what the organisation answered.
#[utoipa::path(post, path = "/partners/{partner_id}/end",
    tag = "partners", security(("bearer" = [])),
    params(("partner_id" = PartnerId, Path, description = "The organisation."), IfMatchParam),
    request_body = EndPartner, responses((status = 200, body = PartnerDetail)))]
pub async fn end_partner(ctx: Ctx, id: Path<PartnerId>, if_match: IfMatch, body: Valid<EndPartner>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::EndPartner, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        let joined = row.state == PartnerState::Joined;
        let to = if joined { PartnerState::Left } else { PartnerState::NotJoined };
        row.state.demand(to)?;
        if !joined {
            let by = actor.person()?.id;
            partners::answer(tx, id.0, PartnerInvitationState::Revoked, Some(by), now)?;
        }
        let changes = PartnerChanges { state: Some(to), ended_at: Some(Some(now)), ..PartnerChanges::default() };
        let row = partners::update(tx, &row, changes, now)?;
        let kind = if joined { events::PARTNER_LEFT } else { events::PARTNER_REVOKED };
        let event = kind.on(id.0.0).within(row.partnership_id.0).because(body.0.reason);
        let shown = one(tx, actor, row, &scoped)?;
        tx.recorded(event, shown)
    })
    .await
}

crate::operations! {
    invite_partner,
    invite_partner_again,
    list_partners,
    get_partner,
    update_partner,
    end_partner,
}
