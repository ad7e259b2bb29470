//! Invitations: the way in for officers, staff and administrators.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::accounts::actor::{Actor, Ctx, acting};
use crate::accounts::model::{
    Account, AccountKind, AccountState, Invitation, InvitationId, InvitationState, PersonRef,
};
use crate::accounts::policy::{self, Action, Facts, NOBODY};
use crate::accounts::queries::people::people;
use crate::accounts::queries::{accounts, invitations};
use crate::accounts::routes::accounts::VERIFIED_FOR;
use crate::accounts::routes::own::{AccountDetail, close};
use crate::accounts::secret::{GivenToken, NewPassword};
use crate::accounts::{events, letters, tokens};
use crate::ids::{AccountId, AgencyId};
use crate::platform::clock::{Instant, hours};
use crate::platform::crypto::OneTimeToken;
use crate::platform::db::Conn;
use crate::platform::error::{Code, Error, FieldCode, FieldError, Result};
use crate::platform::faults::is_planted;
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::limits::Who;
use crate::platform::http::{
    API, Attribution, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Valid, Versioned, wrong,
};
use crate::platform::mail;
use crate::platform::policy::Decision;
use crate::platform::text::{Email, Line, fold};
use crate::text_enum;

/// How long an invitation can be accepted (`design/security.md` 5.5).
const OPEN_FOR: std::time::Duration = hours(72);

text_enum! {
    /// What somebody can be invited as.
    pub enum InvitedKind {
        /// An officer of an agency.
        Officer = "officer",
        /// An officer who answers for a district, or for more.
        Commander = "commander",
        /// Staff of a city, school or service agency.
        AgencyStaff = "agency_staff",
        /// Runs the installation.
        Administrator = "administrator",
    }
}

impl InvitedKind {
    const fn account_kind(self) -> AccountKind {
        match self {
            Self::Officer => AccountKind::Officer,
            Self::Commander => AccountKind::Commander,
            Self::AgencyStaff => AccountKind::AgencyStaff,
            Self::Administrator => AccountKind::Administrator,
        }
    }
}

/// Whom to invite as what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateInvitation {
    /// Where the invitation goes; it can be accepted for this address only.
    email: Email,
    /// What the account will be.
    kind: InvitedKind,
    /// The agency that it will belong to; commanders invite into their own. None for administrators.
    agency_id: Option<AgencyId>,
    /// Badge number.
    badge_number: Option<Line<1, 20>>,
    /// Rank.
    rank: Option<Line<1, 40>>,
}
impl Check for CreateInvitation {
    fn check(&self, errors: &mut Vec<FieldError>) {
        let administrator = self.kind == InvitedKind::Administrator;
        if !administrator && self.agency_id.is_none() {
            errors.push(wrong("/agency_id", FieldCode::Required, "is required for officers, commanders and staff"));
        }
        if administrator && self.agency_id.is_some() {
            errors.push(wrong("/agency_id", FieldCode::Inconsistent, "administrators belong to no agency"));
        }
    }
}

/// An invitation.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationDetail {
    /// The invitation.
    id: InvitationId,
    /// Where it went.
    email: String,
    /// What the account will be.
    kind: AccountKind,
    /// The agency that it will belong to.
    agency_id: Option<AgencyId>,
    /// Badge number.
    badge_number: Option<String>,
    /// Rank.
    rank: Option<String>,
    /// Where it stands.
    state: InvitationState,
    /// Whether its time is over without its having been accepted.
    is_expired: bool,
    /// Who invited.
    invited_by: Option<PersonRef>,
    /// The account that it became.
    account_id: Option<AccountId>,
    /// Until when it can be accepted.
    expires_at: Instant,
    /// Changes with every change.
    version: i64,
    /// When it was sent.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

/// Which invitations to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InvitationFilter {
    /// That stand so.
    #[param(inline)]
    state: Option<InvitationState>,
}

/// The code from the mail, and who the person is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptInvitation {
    /// The code from the mail.
    token: GivenToken,
    /// The address that the invitation went to.
    email: Email,
    /// The password from now on.
    password: NewPassword,
    /// The person's name.
    display_name: Line<1, 80>,
}
impl Check for AcceptInvitation {}

fn detail(row: Invitation, invited_by: Option<PersonRef>, now: Instant) -> InvitationDetail {
    InvitationDetail {
        id: row.id,
        email: row.email,
        kind: row.kind,
        agency_id: row.agency_id,
        badge_number: row.badge_number,
        rank: row.rank,
        is_expired: row.state == InvitationState::Open && row.expires_at <= now,
        state: row.state,
        invited_by,
        account_id: row.account_id,
        expires_at: row.expires_at,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

fn one(conn: &mut Conn, row: Invitation, now: Instant) -> Result<InvitationDetail> {
    let inviter = people(conn, [row.invited_by_id])?.remove(&row.invited_by_id);
    Ok(detail(row, inviter, now))
}

fn facts(actor: &Actor, kind: AccountKind, agency: Option<AgencyId>) -> Facts {
    let own = actor.person().ok().and_then(|person| person.agency);
    Facts { is_self: false, same_agency: own.is_some() && own == agency, kind }
}

fn load_for(conn: &mut Conn, actor: &Actor, id: InvitationId, action: Action) -> Result<Invitation> {
    actor.person()?;
    let invitation = invitations::find(conn, id)?.ok_or_else(Error::not_found)?;
    policy::demand(actor, facts(actor, invitation.kind, invitation.agency_id), action)?;
    Ok(invitation)
}

/// Invites an officer, commander, staff member or administrator.
///
/// Commanders invite officers and staff of their agency, administrators everybody. The code goes to the address by mail and
/// nowhere else; it is bound to address, agency and kind, counts once, and for 72 hours.
#[utoipa::path(post, path = "/invitations",
    tag = "invitations", security(("bearer" = [])), request_body = CreateInvitation,
    responses((status = 201, body = InvitationDetail)), extensions(("x-idempotency" = json!("required"))))]
pub async fn create_invitation(ctx: Ctx, body: Valid<CreateInvitation>) -> Result<Reply> {
    ctx.demand_key()?;
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let CreateInvitation { email, kind, agency_id, badge_number, rank } = body.0;
        let kind = kind.account_kind();
        actor.person()?;
        policy::demand(actor, facts(actor, kind, agency_id), Action::CreateInvitation)?;
        let now = tx.now();
        let token = OneTimeToken::new(tokens::INVITATION)?;
        let invitation = Invitation {
            id: InvitationId::new(),
            email: email.to_string(),
            email_key: email.key(),
            kind,
            agency_id,
            badge_number: badge_number.map(Into::into),
            rank: rank.map(Into::into),
            digest: token.digest,
            state: InvitationState::Open,
            invited_by_id: actor.person()?.id,
            account_id: None,
            expires_at: now.plus(OPEN_FOR),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        invitations::insert(tx, &invitation)?;
        mail::queue(tx, &state.secrets, letters::invitation(email, &state.base_url, kind.as_str(), &token.text), now)?;
        let event = events::INVITED.on(invitation.id.0).fact("kind", kind.as_str());
        let location = format!("{API}/invitations/{}", invitation.id);
        let detail = one(tx, invitation, now)?;
        tx.recorded(event, Created { value: detail, location, version: Some(1) })
    })
    .await
}

/// Lists invitations, newest first.
#[utoipa::path(get, path = "/invitations",
    tag = "invitations", security(("bearer" = [])), params(InvitationFilter, PageParams),
    responses((status = 200, body = Page<InvitationDetail>)))]
pub async fn list_invitations(ctx: Ctx, listing: Listing<InvitationFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        policy::demand(actor, NOBODY, Action::ListInvitations)?;
        let person = actor.person()?;
        let agency = if person.is_administrator() { None } else { person.agency };
        let page = invitations::list(conn, agency, listing.filter.state, &listing)?;
        let inviters = people(conn, page.items.iter().map(|row| row.invited_by_id))?;
        Ok(page.map(|row| {
            let inviter = inviters.get(&row.invited_by_id).cloned();
            detail(row, inviter, now)
        }))
    })
    .await
}

/// Reads an invitation.
#[utoipa::path(get, path = "/invitations/{invitation_id}",
    tag = "invitations", security(("bearer" = [])), params(("invitation_id" = InvitationId, Path, description = "The invitation.")),
    responses((status = 200, body = InvitationDetail)))]
pub async fn get_invitation(ctx: Ctx, id: Path<InvitationId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let row = load_for(conn, actor, id.0, Action::GetInvitation)?;
        let version = row.version;
        Ok(Versioned::new(one(conn, row, now)?, version))
    })
    .await
}

/// Takes an invitation back.
#[utoipa::path(post, path = "/invitations/{invitation_id}/revoke",
    tag = "invitations", security(("bearer" = [])),
    params(("invitation_id" = InvitationId, Path, description = "The invitation."), IfMatchParam),
    responses((status = 200, body = InvitationDetail)))]
pub async fn revoke_invitation(ctx: Ctx, id: Path<InvitationId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let row = load_for(tx, actor, id.0, Action::RevokeInvitation)?;
        if_match.demand(row.version)?;
        let now = tx.now();
        let row = invitations::revoke(tx, id.0, now)?
            .ok_or_else(|| Error::conflict("The invitation is not open any more."))?;
        let version = row.version;
        let detail = one(tx, row, now)?;
        tx.recorded(events::INVITATION_REVOKED.on(id.0.0), Versioned::new(detail, version))
    })
    .await
}

/// Whether whoever invited has the right to it still.
fn may_still_invite(conn: &mut Conn, invitation: &Invitation, now: Instant) -> Result<bool> {
    let inviter = acting(conn, invitation.invited_by_id, now)?;
    Ok(inviter.is_some_and(|inviter| {
        let facts = facts(&inviter, invitation.kind, invitation.agency_id);
        policy::allows(&inviter, facts, Action::CreateInvitation) == Decision::Allow
    }) || is_planted("invitations_outlive_rights"))
}

fn account(invitation: &Invitation, display_name: &Line<1, 80>, hash: String, now: Instant) -> Result<Account> {
    let until =
        |today: NaiveDate| today.checked_add_months(VERIFIED_FOR).ok_or_else(|| Error::fault("the calendar ends"));
    Ok(Account {
        id: AccountId::new(),
        kind: invitation.kind,
        state: AccountState::Active,
        email: Some(invitation.email.clone()),
        email_key: Some(invitation.email_key.clone()),
        display_name: display_name.to_string(),
        name_key: fold(display_name.as_str()),
        alias: None,
        phone: None,
        shares_contact: false,
        password_hash: Some(hash),
        agency_id: invitation.agency_id,
        badge_number: invitation.badge_number.clone(),
        rank: invitation.rank.clone(),
        unit: None,
        verified_until: if invitation.kind.is_police() { Some(until(now.date())?) } else { None },
        max_hours_month: None,
        closed_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    })
}

/// Accepts an invitation.
///
/// Opens the account that the invitation is for, as long as whoever invited could still do so: an invitation ends with the right
/// to invite. An address that has an account already keeps it as it is, and the invitation is refused like an unknown one; but an
/// account whose address nobody has proved yet makes room.
#[utoipa::path(post, path = "/invitations/accept",
    tag = "invitations", security(()), request_body = AcceptInvitation, responses((status = 201, body = AccountDetail)),
    extensions(("x-idempotency" = json!("none"))))]
pub async fn accept_invitation(ctx: Ctx, body: Valid<AcceptInvitation>) -> Result<Reply> {
    let Valid(AcceptInvitation { token, email, password, display_name }) = body;
    let about = vec![email.to_string(), display_name.to_string()];
    let hash = ctx
        .state
        .hasher
        .turn_of(Who::address(ctx.envelope.ip))
        .hash_new(password.into_secret(), about, "/password")
        .await?;
    ctx.unkept()
        .write(move |tx, _| {
            let now = tx.now();
            let refused = || Error::new(Code::TokenRejected, "The invitation is unknown, used, taken back or too old.");
            let digest = OneTimeToken::digest_of(tokens::INVITATION, token.expose()).ok_or_else(refused)?;
            let invitation = invitations::find_open(tx, &digest, now)?.filter(|i| i.email_key == email.key());
            let invitation = invitation.ok_or_else(refused)?;
            if !may_still_invite(tx, &invitation, now)? {
                return Err(refused());
            }
            match accounts::claim_email(tx, &invitation.email_key)? {
                // Anybody can register an address; whoever has the token reads its mail.
                Some(unproved) if unproved.state == AccountState::PendingVerification => {
                    close(tx, &unproved, now)?;
                    tx.also(events::CLOSED.on(unproved.id.0).because("An invitation to its address was accepted."))?;
                }
                Some(_) => return Err(refused()),
                None => {}
            }
            let account = account(&invitation, &display_name, hash, now)?;
            accounts::insert(tx, &account)?;
            if !invitations::accept(tx, invitation.id, account.id, now)? {
                return Err(refused());
            }
            tx.act_as(Attribution {
                account: Some(account.id.0),
                session: None,
                side: account.kind.side().map(crate::accounts::model::Side::as_str),
                ..Attribution::default()
            });
            let event = events::INVITATION_ACCEPTED.on(invitation.id.0).fact("kind", account.kind.as_str());
            let location = format!("{API}/account");
            let detail = AccountDetail::new(account, now.date());
            tx.recorded(event, Created { value: detail, location, version: Some(1) })
        })
        .await
}

crate::operations! {
    create_invitation,
    list_invitations,
    get_invitation,
    revoke_invitation,
    accept_invitation,
}
