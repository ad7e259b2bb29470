//! Putting agreements up for signing. Whoever leads a side signs for it by proposing.

use serde::Deserialize;
use utoipa::ToSchema;

use super::activation::load_for;
use super::effects::{demand_meeting, demand_successors};
use super::shown::{AgreementDetail, one};
use crate::accounts::{Actor, Ctx};
use crate::ids::{AccountId, MeetingId, PartnershipId};
use crate::partnerships::formation::{FormationItem, ItemStatus, formation};
use crate::partnerships::model::PartnershipState;
use crate::partnerships::queries::formation::facts;
use crate::partnerships::stages::events;
use crate::partnerships::stages::model::{
    Agreement, AgreementId, AgreementKind, AgreementSignature, AgreementSignatureId, AgreementState, ClosingReason,
    LeftOpen,
};
use crate::partnerships::stages::open_ends::demand_settled;
use crate::partnerships::stages::policy::Action;
use crate::partnerships::stages::queries::agreements as rows;
use crate::partnerships::standing::{Purpose, Scoped};
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Conn, Json};
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::{API, Check, Created, Path, Reply, Tx, Valid, wrong};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::Entry;
use crate::platform::text::{Line, Prose};
use crate::platform::values::{Affirmed, List};
use crate::text_enum;

text_enum! {
    /// What leaders of both sides can do without.
    pub enum WaivableItem {
        /// The review of the list of needs.
        ResourcesReviewed = "resources_reviewed",
        /// Members' interests and skills.
        MemberProfile = "member_profile",
    }
}

impl WaivableItem {
    const fn item(self) -> FormationItem {
        match self {
            Self::ResourcesReviewed => FormationItem::ResourcesReviewed,
            Self::MemberProfile => FormationItem::MemberProfile,
        }
    }
}

/// What to do without, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeWaiver {
    /// The item of the formation checklist.
    item: WaivableItem,
    /// Why; it is shown in the checklist.
    reason: Prose<10, 500>,
}
impl Check for ProposeWaiver {}

/// Why a partnership is closed, and what becomes of what is open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "reason": "goal_achieved", "statement": "The alleys are lit and people walk there again. The lamp walk goes on without us.",
    "left_open": [{
        "kind": "meeting", "id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d11", "disposition": "transferred",
        "note": "The residents' group holds it."
    }]
}))]
pub struct ProposeClosing {
    /// Why.
    reason: ClosingReason,
    /// The closing statement; everybody reads it.
    statement: Prose<20, 2000>,
    /// What it refers to: a report, a resolution.
    reference: Option<Line<3, 200>>,
    /// Who goes on with it: one partnership for `merged_into`, up to ten for `split_into`, none otherwise.
    successors: Option<List<PartnershipId, 1, 10>>,
    /// What is left open on purpose.
    left_open: Option<List<LeftOpen, 0, 100>>,
}
impl Check for ProposeClosing {
    fn check(&self, errors: &mut Vec<FieldError>) {
        let named = self.successors.as_ref().map_or(&[][..], List::as_slice);
        let why = match (self.reason, named.len()) {
            (ClosingReason::MergedInto, 1) | (ClosingReason::SplitInto, 1..) => None,
            (ClosingReason::MergedInto, _) => Some("is one partnership for merged_into"),
            (ClosingReason::SplitInto, 0) => Some("names the partnerships for split_into"),
            (_, 0) => None,
            _ => Some("is for merged_into and split_into"),
        };
        if let Some(why) = why {
            errors.push(wrong("/successors", FieldCode::Inconsistent, why));
        }
        let mut seen = std::collections::HashSet::new();
        for (n, id) in named.iter().enumerate() {
            if !seen.insert(*id) {
                errors.push(wrong(format!("/successors/{n}"), FieldCode::NotUnique, "is named already"));
            }
        }
        let mut seen = std::collections::HashSet::new();
        for (n, left) in self.left_open.iter().flat_map(List::as_slice).enumerate() {
            if !seen.insert(left.id) {
                errors.push(wrong(format!("/left_open/{n}"), FieldCode::NotUnique, "is named already"));
            }
        }
    }
}

/// With which meeting a dormant partnership begins anew.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeReactivation {
    /// A scheduled meeting of the partnership, at most 30 days ahead.
    meeting_id: MeetingId,
}
impl Check for ProposeReactivation {}

/// What is right as it stands.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "said by being there")]
pub struct ProposeConfirmation {
    /// The members are who the list says.
    roster: Affirmed,
    /// The area is the one that is shown.
    area: Affirmed,
    /// The public contact answers.
    contacts: Affirmed,
    /// The communication plan is used.
    plan: Affirmed,
}
impl Check for ProposeConfirmation {}

/// An agreement with nothing in it but its kind.
fn blank(kind: AgreementKind, partnership_id: PartnershipId, by: AccountId, now: Instant) -> Agreement {
    Agreement {
        id: AgreementId::new(),
        partnership_id,
        kind,
        state: AgreementState::Proposed,
        item: None,
        statement: None,
        closing_reason: None,
        reference: None,
        successors: Json(Vec::new()),
        left_open: Json(Vec::new()),
        meeting: None,
        proposed_by_id: by,
        administrator_id: None,
        ended_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// Puts the actor's name under an agreement, for the side that the actor leads.
///
/// # Errors
/// 409 when the side has signed already.
pub fn sign(conn: &mut Conn, agreement: &Agreement, scoped: &Scoped, by: AccountId, now: Instant) -> Result<()> {
    let Some(seat) = scoped.standing.seat else { return Ok(()) };
    let signature = AgreementSignature {
        id: AgreementSignatureId::new(),
        agreement_id: agreement.id,
        side: seat.side,
        seat_id: seat.id,
        account_id: by,
        created_at: now,
    };
    rows::sign(conn, &signature)
}

/// Puts an agreement up, signed by whoever proposes it, and shows it.
fn put_up(
    tx: &mut Tx<'_>,
    actor: &Actor,
    scoped: &Scoped,
    agreement: Agreement,
) -> Result<(Entry, Created<AgreementDetail>)> {
    let now = tx.now();
    rows::insert(tx, &agreement)?;
    sign(tx, &agreement, scoped, actor.person()?.id, now)?;
    let entry = events::AGREEMENT_PROPOSED
        .on(agreement.id.0)
        .within(agreement.partnership_id.0)
        .fact("kind", agreement.kind.as_str());
    let location = format!("{API}/agreements/{}", agreement.id);
    let value = one(tx, agreement, &scoped.standing)?.value;
    Ok((entry, Created { value, location, version: Some(1) }))
}

/// Proposes to do without an item of the formation checklist.
///
/// Only the review of needs and the members' profiles can be waived, while the partnership is forming. It takes effect
/// once a leader of each side has signed; whoever proposes it signs by that.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/waivers",
    tag = "agreements", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    request_body = ProposeWaiver, responses((status = 201, body = AgreementDetail)))]
pub async fn propose_waiver(ctx: Ctx, id: Path<PartnershipId>, body: Valid<ProposeWaiver>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let scoped = load_for(tx, actor, id.0, Action::ProposeWaiver, Purpose::Change, now)?;
        if scoped.partnership.state != PartnershipState::Forming {
            let detail =
                format!("The partnership is {}; items are waived while it is forming.", scoped.partnership.state);
            return Err(Error::conflict(detail));
        }
        let (item, reason) = (body.0.item.item(), body.0.reason);
        let formed = formation(&facts(tx, &scoped.partnership, now.date())?);
        if formed.items.iter().any(|entry| entry.key == item && entry.status == ItemStatus::Done) {
            return Err(Error::conflict("The item is done; there is nothing to waive."));
        }
        let agreement = Agreement {
            item: Some(item),
            statement: Some(reason.into()),
            ..blank(AgreementKind::Waiver, id.0, actor.person()?.id, now)
        };
        let (entry, created) = put_up(tx, actor, &scoped, agreement)?;
        tx.recorded(entry, created)
    })
    .await
}

/// Proposes to close a partnership.
///
/// What is open (the current goal, decisions, tasks, needs, meetings to come, commitments) is settled first, or named with what
/// becomes of it; the refusal lists it. The partnership is closed once a leader of each side has signed; whoever leads a side and
/// proposes it signs by that. An administrator may propose it too, and may complete a closing that waited for 60 days.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/closings",
    tag = "agreements", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    request_body = ProposeClosing, responses((status = 201, body = AgreementDetail)))]
pub async fn propose_closing(ctx: Ctx, id: Path<PartnershipId>, body: Valid<ProposeClosing>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let scoped = load_for(tx, actor, id.0, Action::ProposeClosing, Purpose::Change, now)?;
        scoped.partnership.state.demand(PartnershipState::Closed)?;
        if !scoped.standing.is_administrator {
            scoped.demand_live()?;
        }
        let ProposeClosing { reason, statement, reference, successors, left_open } = body.0;
        let successors = successors.map(List::into_vec).unwrap_or_default();
        demand_successors(tx, id.0, &successors)?;
        let left_open = left_open.map(List::into_vec).unwrap_or_default();
        demand_settled(tx, &state, id.0, &left_open, now)?;
        let agreement = Agreement {
            closing_reason: Some(reason),
            statement: Some(statement.into()),
            reference: reference.map(Into::into),
            successors: Json(successors),
            left_open: Json(left_open),
            ..blank(AgreementKind::Closing, id.0, actor.person()?.id, now)
        };
        let (entry, created) = put_up(tx, actor, &scoped, agreement)?;
        tx.recorded(entry, created)
    })
    .await
}

/// Proposes to begin anew with a meeting after the partnership was dormant.
///
/// It is active again once a leader of each side has signed; whoever proposes it signs by that.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/reactivations",
    tag = "agreements", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    request_body = ProposeReactivation, responses((status = 201, body = AgreementDetail)))]
pub async fn propose_reactivation(
    ctx: Ctx,
    id: Path<PartnershipId>,
    body: Valid<ProposeReactivation>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let scoped = load_for(tx, actor, id.0, Action::ProposeReactivation, Purpose::Change, now)?;
        if scoped.partnership.state != PartnershipState::Dormant {
            let detail = format!("The partnership is {}; only a dormant one begins anew.", scoped.partnership.state);
            return Err(Error::conflict(detail));
        }
        let meeting = AnyId(body.0.meeting_id.0);
        demand_meeting(tx, id.0, meeting, now)?;
        let agreement =
            Agreement { meeting: Some(meeting), ..blank(AgreementKind::Reactivation, id.0, actor.person()?.id, now) };
        let (entry, created) = put_up(tx, actor, &scoped, agreement)?;
        tx.recorded(entry, created)
    })
    .await
}

/// Confirms for your side that roster, area, contacts and plan are right.
///
/// Once a year; it counts once a leader of each side has signed, and the next one is due twelve months later. Thirty days
/// after the day on which it is due, the public directory says that it is missing.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/confirmations",
    tag = "agreements", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    request_body = ProposeConfirmation, responses((status = 201, body = AgreementDetail)))]
pub async fn propose_confirmation(
    ctx: Ctx,
    id: Path<PartnershipId>,
    _body: Valid<ProposeConfirmation>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let scoped = load_for(tx, actor, id.0, Action::ProposeConfirmation, Purpose::Change, now)?;
        if !matches!(scoped.partnership.state, PartnershipState::Active | PartnershipState::Dormant) {
            let detail =
                format!("The partnership is {}; it is confirmed once it was formed.", scoped.partnership.state);
            return Err(Error::conflict(detail));
        }
        let agreement = blank(AgreementKind::Confirmation, id.0, actor.person()?.id, now);
        let (entry, created) = put_up(tx, actor, &scoped, agreement)?;
        tx.recorded(entry, created)
    })
    .await
}

crate::operations! {
    propose_waiver,
    propose_closing,
    propose_reactivation,
    propose_confirmation,
}
