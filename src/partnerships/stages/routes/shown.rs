//! Agreements and the course of a partnership's life as readers see them.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::{PersonRef, Side, people};
use crate::ids::{AccountId, PartnershipId};
use crate::partnerships::formation::FormationItem;
use crate::partnerships::model::{Partnership, PartnershipState};
use crate::partnerships::signing::{Signed, missing_sides};
use crate::partnerships::stages::dormancy;
use crate::partnerships::stages::model::{
    Agreement, AgreementId, AgreementKind, AgreementSignature, AgreementState, ClosingReason, LeftOpen, LifeCycle,
};
use crate::partnerships::stages::queries::{agreements as rows, life_cycles, open_ends, suspensions};
use crate::partnerships::standing::Standing;
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Conn};
use crate::platform::error::Result;
use crate::platform::http::{Page, Versioned};

/// What leaders of both sides sign about the partnership itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgreementDetail {
    /// The agreement.
    id: AgreementId,
    /// Of which partnership.
    partnership_id: PartnershipId,
    /// What is agreed on.
    kind: AgreementKind,
    /// Where it stands.
    state: AgreementState,
    /// The item that is waived, for a waiver.
    item: Option<FormationItem>,
    /// A waiver's reason, or a closing's statement.
    statement: Option<String>,
    /// Why the partnership is closed, for a closing.
    closing_reason: Option<ClosingReason>,
    /// What a closing refers to.
    reference: Option<String>,
    /// Partnerships that go on with a closed one.
    successors: Vec<PartnershipId>,
    /// What a closing leaves open on purpose; for leaders, and administrators, who may close in place of a side. Empty to
    /// others.
    left_open: Vec<LeftOpen>,
    /// The meeting with which a dormant partnership begins anew; `null` to whoever does not see it.
    meeting_id: Option<AnyId>,
    /// Who proposed it.
    proposed_by: Option<PersonRef>,
    /// Who signed.
    signatures: Vec<Signed>,
    /// Sides that have not signed yet; empty once it was agreed or taken back.
    missing_signatures: Vec<Side>,
    /// The administrator who completed a closing in place of a side that did not sign.
    administrator: Option<PersonRef>,
    /// When it was agreed or taken back.
    ended_at: Option<Instant>,
    /// Changes with every change.
    version: i64,
    /// When it was proposed.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

/// What agreements are shown with.
struct With<'a> {
    signed: Vec<AgreementSignature>,
    people: HashMap<AccountId, PersonRef>,
    /// Meetings that the reader does not see.
    unseen: HashSet<AnyId>,
    standing: &'a Standing,
}

impl<'a> With<'a> {
    fn find(conn: &mut Conn, agreements: &[Agreement], standing: &'a Standing) -> Result<Self> {
        let ids: Vec<AgreementId> = agreements.iter().map(|row| row.id).collect();
        let signed = rows::signatures(conn, &ids)?;
        let all = signed.iter().map(|s| s.account_id).chain(agreements.iter().flat_map(named));
        let people = people(conn, all.collect::<Vec<_>>())?;
        let meetings = agreements.iter().filter_map(|row| row.meeting).filter(|_| !standing.sees_drafts());
        let unseen = open_ends::leaders_meetings(conn, meetings.collect())?;
        Ok(Self { signed, people, unseen, standing })
    }
}

fn shown(row: Agreement, with: &With<'_>) -> AgreementDetail {
    let With { signed, people, unseen, standing } = with;
    let own: Vec<&AgreementSignature> = signed.iter().filter(|s| s.agreement_id == row.id).collect();
    AgreementDetail {
        id: row.id,
        partnership_id: row.partnership_id,
        kind: row.kind,
        state: row.state,
        item: row.item,
        statement: row.statement,
        closing_reason: row.closing_reason,
        reference: row.reference,
        successors: row.successors.0,
        left_open: if standing.seat.is_some() || standing.is_administrator { row.left_open.0 } else { Vec::new() },
        meeting_id: row.meeting.filter(|meeting| !unseen.contains(meeting)),
        proposed_by: people.get(&row.proposed_by_id).cloned(),
        missing_signatures: match row.state {
            AgreementState::Proposed => missing_sides(own.iter().map(|s| s.side)),
            AgreementState::Agreed | AgreementState::Withdrawn => Vec::new(),
        },
        signatures: own
            .into_iter()
            .map(|s| Signed { side: s.side, by: people.get(&s.account_id).cloned(), signed_at: s.created_at })
            .collect(),
        administrator: row.administrator_id.and_then(|id| people.get(&id).cloned()),
        ended_at: row.ended_at,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

fn named(row: &Agreement) -> impl Iterator<Item = AccountId> + use<> {
    std::iter::once(row.proposed_by_id).chain(row.administrator_id)
}

/// An agreement with its version, as whoever stands so sees it.
pub fn one(conn: &mut Conn, row: Agreement, standing: &Standing) -> Result<Versioned<AgreementDetail>> {
    let with = With::find(conn, std::slice::from_ref(&row), standing)?;
    let version = row.version;
    Ok(Versioned::volatile(shown(row, &with), version))
}

/// A page of agreements.
pub fn list_shown(conn: &mut Conn, page: Page<Agreement>, standing: &Standing) -> Result<Page<AgreementDetail>> {
    let with = With::find(conn, &page.items, standing)?;
    Ok(page.map(|row| shown(row, &with)))
}

/// How a partnership ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClosingShown {
    /// Why.
    reason: ClosingReason,
    /// The closing statement.
    statement: String,
    /// When.
    closed_at: Instant,
}

impl ClosingShown {
    /// Of a partnership that was closed by an agreement.
    pub fn of(life: &LifeCycle) -> Option<Self> {
        Some(Self {
            reason: life.closing_reason?,
            statement: life.closing_statement.clone()?,
            closed_at: life.closed_at?,
        })
    }
}

/// A suspension that lasts.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuspensionShown {
    /// Why.
    reason: String,
    /// The day of the review.
    #[schema(value_type = crate::platform::text::Day)]
    review_on: NaiveDate,
    /// Whether that day has passed.
    is_overdue: bool,
    /// Who suspended it.
    suspended_by: Option<PersonRef>,
    /// When.
    suspended_at: Instant,
}

/// The course of a partnership's life, for those inside.
#[derive(Debug, Serialize, ToSchema)]
pub struct LifeCycleShown {
    /// When the formation checklist was last complete.
    activated_at: Option<Instant>,
    /// Since when a side that was led has no leader.
    leadership_gap_since: Option<Instant>,
    /// The beginning of the day (UTC) of the last thing that kept it from being dormant: a meeting that was held, a
    /// task done, a decision adopted. Not the moment: it may have been something that the reader does not see.
    last_activity_at: Option<Instant>,
    /// Idle days about which the leaders were warned last.
    dormancy_warned_days: Option<i32>,
    /// The beginning of the day (UTC) on which it is dormant if nothing happens.
    dormant_from: Option<Instant>,
    /// Since when it is dormant.
    dormant_at: Option<Instant>,
    /// The day on which the yearly confirmation is due.
    #[schema(value_type = Option<crate::platform::text::Day>)]
    confirmation_due_on: Option<NaiveDate>,
    /// The suspension that lasts.
    suspension: Option<SuspensionShown>,
}

/// The course of a partnership's life.
pub fn life_cycle(conn: &mut Conn, partnership: &Partnership, now: Instant) -> Result<(LifeCycle, LifeCycleShown)> {
    let life = life_cycles::find(conn, partnership.id)?;
    let suspension = match partnership.state {
        PartnershipState::Suspended => suspensions::open(conn, partnership.id)?,
        _ => None,
    };
    let suspended_by = suspension.as_ref().map(|suspension| suspension.suspended_by_id);
    let people = people(conn, suspended_by)?;
    let is_active = partnership.state == PartnershipState::Active;
    let shown = LifeCycleShown {
        activated_at: life.activated_at,
        leadership_gap_since: life.leadership_gap_since,
        last_activity_at: life.last_activity_at.map(Instant::day),
        dormancy_warned_days: life.dormancy_warned_days,
        dormant_from: life
            .last_activity_at
            .filter(|_| is_active)
            .map(|at| dormancy::due_at(at, dormancy::Step::Sleep).day()),
        dormant_at: life.dormant_at,
        confirmation_due_on: life.confirmation_due_on,
        suspension: suspension.map(|row| SuspensionShown {
            is_overdue: row.review_on < now.date(),
            suspended_by: people.get(&row.suspended_by_id).cloned(),
            reason: row.reason,
            review_on: row.review_on,
            suspended_at: row.created_at,
        }),
    };
    Ok((life, shown))
}
