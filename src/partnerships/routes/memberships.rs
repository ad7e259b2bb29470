//! Becoming, being and ceasing to be a member.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::accounts::{Actor, Ctx, PersonRef, Side, email_key_of, people};
use crate::ids::{AccountId, MembershipId, PartnershipId};
use crate::partnerships::model::{MemberRole, Membership, MembershipState};
use crate::partnerships::policy::{self, Action, Subject, WHOLE};
use crate::partnerships::queries::members::{self, Wanted};
use crate::partnerships::queries::{invitations, seats};
use crate::partnerships::routes::invitations::OPEN_FOR;
use crate::partnerships::routes::partnerships::load_for;
use crate::partnerships::stages::reconsider;
use crate::partnerships::standing::{Purpose, Scoped, Standing};
use crate::partnerships::{decisions, events, leaving, pipeline, tasks};
use crate::platform::State;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{
    API, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Tx, Valid, Versioned,
};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::Entry;
use crate::platform::text::Prose;

/// A wish to join.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestMembership {
    /// What you would like the leaders to know.
    message: Option<Prose<1, 500>>,
}
impl Check for RequestMembership {}

/// Another role for a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MembershipPatch {
    /// What the member does from now on.
    role: MemberRole,
}
impl Check for MembershipPatch {}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RemovalReason {
    /// The reason; the person and the leaders can read it.
    reason: Prose<3, 500>,
}
impl Check for RemovalReason {}

/// Which memberships to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MembershipFilter {
    /// That stand so; active ones where nothing is said. All others are for leaders, officials, and whoever answers requests.
    #[param(inline)]
    state: Option<MembershipState>,
    /// On this side.
    #[param(inline)]
    side: Option<Side>,
    /// With this role.
    #[param(inline)]
    role: Option<MemberRole>,
}

/// A membership.
#[derive(Debug, Serialize, ToSchema)]
pub struct MembershipDetail {
    /// The membership.
    id: MembershipId,
    /// In which partnership.
    partnership_id: PartnershipId,
    /// Whose.
    person: Option<PersonRef>,
    /// The person's side, computed from the account.
    side: Side,
    /// What the person does beside taking part.
    role: MemberRole,
    /// Where it stands.
    state: MembershipState,
    /// What the person wrote with the request; `null` for readers whom it does not concern.
    message: Option<String>,
    /// Since when.
    joined_at: Option<Instant>,
    /// Until when.
    ended_at: Option<Instant>,
    /// Changes with every change.
    version: i64,
    /// When it was asked for.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

fn shown(row: Membership, person: Option<PersonRef>, with_message: bool) -> MembershipDetail {
    MembershipDetail {
        id: row.id,
        partnership_id: row.partnership_id,
        person,
        side: row.side,
        role: row.role,
        state: row.state,
        message: row.message.filter(|_| with_message),
        joined_at: row.joined_at,
        ended_at: row.ended_at,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

fn subject(actor: &Actor, row: &Membership) -> Subject {
    let is_own = actor.id() == Some(row.account_id);
    Subject { is_own, side: Some(row.side), is_request: row.is_request(), ..WHOLE }
}

/// The membership as this actor may have it for `action`, with how the actor stands towards its partnership.
fn find_for(
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
    let mut subject = subject(actor, &row);
    if subject.is_request || matches!(action, Action::AcceptMembership | Action::DeclineMembership) {
        subject.deserted = !members::has_side(conn, row.partnership_id, row.side)?;
    }
    policy::demand(actor, &scoped.standing, subject, action)?;
    Ok((row, scoped))
}

/// Moves a membership on and shows it.
fn advance(tx: &mut Tx<'_>, row: &Membership, to: MembershipState) -> Result<Versioned<MembershipDetail>> {
    row.state.demand(to)?;
    let now = tx.now();
    let row = members::advance(tx, row, to, now)?;
    // The share of members who said what they can and like may have changed.
    reconsider(tx, row.partnership_id, now)?;
    one(tx, row)
}

fn one(conn: &mut Conn, row: Membership) -> Result<Versioned<MembershipDetail>> {
    let person = people(conn, [row.account_id])?.remove(&row.account_id);
    let version = row.version;
    Ok(Versioned::new(shown(row, person, true), version))
}

/// A new membership of `account`, asked for or active.
pub fn new(
    partnership_id: PartnershipId,
    account_id: AccountId,
    side: Side,
    state: MembershipState,
    message: Option<String>,
    now: Instant,
) -> Membership {
    Membership {
        id: MembershipId::new(),
        partnership_id,
        account_id,
        side,
        role: MemberRole::Member,
        state,
        message,
        joined_at: (state == MembershipState::Active).then_some(now),
        ended_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// The event of a new or accepted membership.
pub fn joined(row: &Membership) -> Entry {
    events::MEMBER_JOINED.on(row.id.0).within(row.partnership_id.0).fact("side", row.side.as_str())
}

/// What is to be recorded of somebody who asks to join.
pub fn requested(row: &Membership) -> Entry {
    events::MEMBERSHIP_REQUESTED.on(row.id.0).within(row.partnership_id.0).fact("side", row.side.as_str())
}

/// Asks to join a partnership.
///
/// Leaders answer. An officer on duty in its area joins at once: that is what the duty is.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/memberships",
    tag = "memberships", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    request_body = RequestMembership, responses((status = 201, body = MembershipDetail)))]
pub async fn request_membership(ctx: Ctx, id: Path<PartnershipId>, body: Valid<RequestMembership>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let person = actor.person()?;
        let scoped = load_for(tx, actor, id.0, Action::RequestMembership, Purpose::Change, now)?;
        scoped.demand_live()?;
        let side = person.side().ok_or_else(|| Error::forbidden("Administrators join no partnerships."))?;
        let state = if scoped.standing.on_duty { MembershipState::Active } else { MembershipState::Requested };
        let row = new(id.0, person.id, side, state, body.0.message.map(Into::into), now);
        members::insert(tx, &row)?;
        let event = match state {
            MembershipState::Active => joined(&row),
            _ => requested(&row),
        };
        let location = format!("{API}/memberships/{}", row.id);
        let value = one(tx, row)?.value;
        tx.recorded(event, Created { value, location, version: Some(1) })
    })
    .await
}

/// The side of a member that has no leader, so that its members answer requests to join it.
fn own_unled(standing: &Standing) -> Option<Side> {
    standing.membership.map(|own| own.side).filter(|side| !standing.is_led(*side))
}

/// Lists a partnership's members, in the order in which they came.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/memberships",
    tag = "memberships", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), MembershipFilter, PageParams),
    responses((status = 200, body = Page<MembershipDetail>)))]
pub async fn list_memberships(ctx: Ctx, id: Path<PartnershipId>, listing: Listing<MembershipFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        actor.person()?;
        let scoped = load_for(conn, actor, id.0, Action::ListMemberships, Purpose::Read, now)?;
        let MembershipFilter { state, side, role } = listing.filter;
        let state = state.unwrap_or(MembershipState::Active);
        let sees_all = scoped.standing.sees_requests();
        let answers = own_unled(&scoped.standing).filter(|_| state == MembershipState::Requested);
        if state != MembershipState::Active && !sees_all && answers.is_none() {
            return Err(Error::forbidden("Requests and former memberships are for leaders and officials."));
        }
        // Who answers for a side that has no leader sees whom.
        let side = match answers.filter(|_| !sees_all) {
            Some(own) if side.is_some_and(|side| side != own) => {
                return Err(Error::forbidden("Requests to the other side are for its leaders and officials."));
            }
            Some(own) => Some(own),
            None => side,
        };
        let sees_all = sees_all || answers.is_some();
        let page = members::list(conn, id.0, &Wanted { state, side, role }, &listing)?;
        let people = people(conn, page.items.iter().map(|row| row.account_id))?;
        Ok(page.map(|row| {
            let person = people.get(&row.account_id).cloned();
            shown(row, person, sees_all)
        }))
    })
    .await
}

/// Reads a membership.
#[utoipa::path(get, path = "/memberships/{membership_id}",
    tag = "memberships", security(("bearer" = [])),
    params(("membership_id" = MembershipId, Path, description = "The membership.")),
    responses((status = 200, body = MembershipDetail)))]
pub async fn get_membership(ctx: Ctx, id: Path<MembershipId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (row, scoped) = find_for(conn, actor, id.0, Action::GetMembership, Purpose::Read, now)?;
        let answers = row.state == MembershipState::Requested && own_unled(&scoped.standing) == Some(row.side);
        let with_message = scoped.standing.sees_requests() || answers || subject(actor, &row).is_own;
        let person = people(conn, [row.account_id])?.remove(&row.account_id);
        let version = row.version;
        Ok(Versioned::new(shown(row, person, with_message), version))
    })
    .await
}

/// Gives a member another role.
///
/// Leadership is not a role: it is held in seats.
#[utoipa::path(patch, path = "/memberships/{membership_id}",
    tag = "memberships", security(("bearer" = [])),
    params(("membership_id" = MembershipId, Path, description = "The membership."), IfMatchParam),
    request_body = MembershipPatch, responses((status = 200, body = MembershipDetail)))]
pub async fn update_membership(
    ctx: Ctx,
    id: Path<MembershipId>,
    if_match: IfMatch,
    body: Valid<MembershipPatch>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::UpdateMembership, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        if row.state != MembershipState::Active {
            return Err(Error::conflict("Only members have roles."));
        }
        let role = body.0.role;
        // A facilitator has a say in whether a block counts, so none is made while one does.
        if role == MemberRole::Facilitator && row.role != role && decisions::any_block_in_call(tx, row.partnership_id)?
        {
            let detail = "A block waits in a final call; who facilitates stays as it is until that is over.";
            return Err(Error::conflict(detail));
        }
        let row = members::update_role(tx, id.0, role, now)?;
        let event = events::MEMBER_UPDATED.on(id.0.0).within(row.partnership_id.0);
        let event = event.fact("side", row.side.as_str()).fact("role", role.as_str()).changed(["role"]);
        let shown = one(tx, row)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Accepts a request to join.
#[utoipa::path(post, path = "/memberships/{membership_id}/accept",
    tag = "memberships", security(("bearer" = [])),
    params(("membership_id" = MembershipId, Path, description = "The membership."), IfMatchParam),
    responses((status = 200, body = MembershipDetail)))]
pub async fn accept_membership(ctx: Ctx, id: Path<MembershipId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::AcceptMembership, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        let shown = advance(tx, &row, MembershipState::Active)?;
        tx.recorded(joined(&row), shown)
    })
    .await
}

/// Declines a request to join.
#[utoipa::path(post, path = "/memberships/{membership_id}/decline",
    tag = "memberships", security(("bearer" = [])),
    params(("membership_id" = MembershipId, Path, description = "The membership."), IfMatchParam),
    responses((status = 200, body = MembershipDetail)))]
pub async fn decline_membership(ctx: Ctx, id: Path<MembershipId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::DeclineMembership, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_unclosed()?;
        let shown = advance(tx, &row, MembershipState::Declined)?;
        tx.recorded(events::MEMBERSHIP_DECLINED.on(id.0.0).within(row.partnership_id.0), shown)
    })
    .await
}

/// Somebody with a seat hands it over first.
fn demand_no_seat(conn: &mut Conn, row: &Membership) -> Result<()> {
    match seats::open_of(conn, row.id)? {
        None => Ok(()),
        Some(seat) => {
            Err(Error::conflict("The person holds a leadership seat, or is nominated for one; end that first.")
                .with_conflict(format!("{API}/seats/{}", seat.id)))
        }
    }
}

/// Ends a membership, with all that hangs on it.
fn part(tx: &mut Tx<'_>, state: &State, row: &Membership, to: MembershipState) -> Result<Versioned<MembershipDetail>> {
    let (now, whose) = (tx.now(), (row.partnership_id, row.account_id));
    pipeline::member_left(tx, row.id, now)?;
    tasks::member_left(tx, row.partnership_id, row.account_id, now)?;
    let shown = advance(tx, row, to)?;
    decisions::member_left(tx, &state.secrets, whose, to == MembershipState::Left, now)?;
    // Whoever only asked to join had nothing as a member.
    if row.state == MembershipState::Active {
        leaving::tell(tx, state, whose, now)?;
        // Whoever left comes back by a new invitation, not by one that is left over from before.
        if let Some(email_key) = email_key_of(tx, row.account_id)? {
            invitations::withdraw(tx, row.partnership_id, &email_key, now.plus(OPEN_FOR), now)?;
        }
    }
    Ok(shown)
}

/// Leaves a partnership, or takes a request to join back.
///
/// Whoever holds a leadership seat hands it over first. What you answered to meetings to come that are not public, or in a
/// private home, is taken back, and your places are given to others.
#[utoipa::path(post, path = "/memberships/{membership_id}/leave",
    tag = "memberships", security(("bearer" = [])),
    params(("membership_id" = MembershipId, Path, description = "The membership."), IfMatchParam),
    responses((status = 200, body = MembershipDetail)))]
pub async fn leave_membership(ctx: Ctx, id: Path<MembershipId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::LeaveMembership, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_unclosed()?;
        demand_no_seat(tx, &row)?;
        let shown = part(tx, &state, &row, MembershipState::Left)?;
        let event = match row.is_request() {
            true => events::MEMBERSHIP_WITHDRAWN.on(id.0.0).within(row.partnership_id.0),
            false => events::MEMBER_LEFT.on(id.0.0).within(row.partnership_id.0).fact("side", row.side.as_str()),
        };
        tx.recorded(event, shown)
    })
    .await
}

/// Removes a member, with a reason.
///
/// What the person answered to meetings to come that are not public, or in a private home, is taken back with it.
#[utoipa::path(post, path = "/memberships/{membership_id}/remove",
    tag = "memberships", security(("bearer" = [])),
    params(("membership_id" = MembershipId, Path, description = "The membership."), IfMatchParam),
    request_body = RemovalReason, responses((status = 200, body = MembershipDetail)))]
pub async fn remove_membership(
    ctx: Ctx,
    id: Path<MembershipId>,
    if_match: IfMatch,
    body: Valid<RemovalReason>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::RemoveMembership, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_unclosed()?;
        demand_no_seat(tx, &row)?;
        let shown = part(tx, &state, &row, MembershipState::Removed)?;
        let event = events::MEMBER_REMOVED.on(id.0.0).within(row.partnership_id.0);
        tx.recorded(event.fact("side", row.side.as_str()).because(body.0.reason), shown)
    })
    .await
}

crate::operations! {
    request_membership,
    list_memberships,
    get_membership,
    update_membership,
    accept_membership,
    decline_membership,
    leave_membership,
    remove_membership,
}
