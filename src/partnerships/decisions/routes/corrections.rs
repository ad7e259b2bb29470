//! Corrections of typing errors, which change no meaning and keep stances: leaders of both sides see to that.

use serde::Deserialize;
use utoipa::ToSchema;

use super::shown::{DecisionDetail, find_for, one};
use crate::accounts::{Ctx, Side};
use crate::ids::{AccountId, DecisionId};
use crate::partnerships::decisions::diff::is_slight;
use crate::partnerships::decisions::joint::is_enough;
use crate::partnerships::decisions::model::{
    Assent, AssentId, AssentPurpose, Capacity, Correction, CorrectionId, CorrectionState, Decision, DecisionText,
    DecisionTextId,
};
use crate::partnerships::decisions::opening::tell;
use crate::partnerships::decisions::policy::Action;
use crate::partnerships::decisions::queries::decisions::{self, DecisionChanges};
use crate::partnerships::decisions::queries::{assents, roster, texts};
use crate::partnerships::decisions::{events, letters};
use crate::partnerships::standing::{Purpose, Scoped};
use crate::platform::db::AnyId;
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{Check, IfMatch, Path, Reply, Tx, Valid};
use crate::platform::text::Prose;

/// The text without its typing errors.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "Every Tuesday from 7 to 8 pm two neighbors and one officer walk the alleys behind Kansas Avenue."}))]
pub struct ProposeCorrection {
    /// The text as it is to be.
    text: Prose<10, 8000>,
}
impl Check for ProposeCorrection {}

/// The side and capacity in which the actor assents, once it is written down; whether that is enough.
pub fn assent(
    tx: &mut Tx<'_>,
    scoped: &Scoped,
    decision: &Decision,
    target: AnyId,
    purpose: AssentPurpose,
    by: AccountId,
    (blocker, reason): (Option<Side>, Option<String>),
) -> Result<(Capacity, bool)> {
    let capacity = Capacity::of(&scoped.standing, purpose)
        .ok_or_else(|| Error::fault("somebody in no capacity was let in to assent"))?;
    let now = tx.now();
    assents::insert(
        tx,
        &Assent {
            id: AssentId::new(),
            decision_id: decision.id,
            target,
            purpose,
            capacity,
            account_id: by,
            reason,
            voided_at: None,
            created_at: now,
        },
    )?;
    let given = assents::of(tx, target, purpose)?;
    let given: Vec<(Capacity, AccountId)> = given.iter().map(|a| (a.capacity, a.account_id)).collect();
    Ok((capacity, is_enough(purpose, blocker, &given)))
}

/// The word for a side's leader in the record.
pub const fn side_of(capacity: Capacity) -> &'static str {
    match capacity {
        Capacity::CivilianLeader => Side::Civilian.as_str(),
        Capacity::PoliceLeader => Side::Police.as_str(),
        Capacity::Facilitator => "facilitator",
    }
}

fn demand_takes_text(row: &Decision) -> Result<()> {
    if row.state.takes_text() {
        Ok(())
    } else {
        Err(Error::conflict(format!("The decision is {}; its text stays as it is.", row.state)))
    }
}

/// Proposes to correct typing errors.
///
/// Nothing changes until a leader of each side has approved it; then the text does, and all stances stay. What adds, drops or
/// exchanges a word, or changes a number, is no typing error.
#[utoipa::path(post, path = "/decisions/{decision_id}/correction",
    tag = "decisions", security(("bearer" = [])), params(("decision_id" = DecisionId, Path, description = "The decision."), IfMatchParam),
    request_body = ProposeCorrection, responses((status = 200, body = DecisionDetail)))]
pub async fn propose_correction(
    ctx: Ctx,
    id: Path<DecisionId>,
    if_match: IfMatch,
    body: Valid<ProposeCorrection>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (row, scoped) = find_for(tx, actor, id.0, Action::ProposeCorrection, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        demand_takes_text(&row)?;
        let text = body.0.text.into_string();
        let before = texts::current(tx, row.id, row.text_number)?.text;
        if before == text {
            return Err(Error::conflict("The text is the same as before."));
        }
        if !is_slight(&before, &text) {
            let why = "changes more than typing errors; give the decision a new version of its text";
            return Err(Error::field("/text", FieldCode::Refused, why));
        }
        let correction = Correction {
            id: CorrectionId::new(),
            decision_id: row.id,
            number: row.text_number,
            text,
            state: CorrectionState::Proposed,
            proposed_by_id: by,
            created_at: now,
            updated_at: now,
        };
        texts::propose(tx, &correction)?;
        let row = decisions::update(tx, &row, DecisionChanges::default(), now)?;
        let event = events::CORRECTION_PROPOSED.on(id.0.0).within(row.partnership_id.0);
        let shown = one(tx, &state, actor, row, now)?;
        tx.recorded(event, shown)
    })
    .await
}

/// Approves a correction of typing errors, as a leader of your side.
///
/// With the approval of the other side's leader the text is corrected, and all stances stay.
#[utoipa::path(post, path = "/decisions/{decision_id}/correction/approve",
    tag = "decisions", security(("bearer" = [])), params(("decision_id" = DecisionId, Path, description = "The decision."), IfMatchParam),
    responses((status = 200, body = DecisionDetail)))]
pub async fn approve_correction(ctx: Ctx, id: Path<DecisionId>, if_match: IfMatch) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (row, scoped) = find_for(tx, actor, id.0, Action::ApproveCorrection, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        demand_takes_text(&row)?;
        let waiting = texts::proposed(tx, row.id)?.filter(|correction| correction.number == row.text_number);
        let correction = waiting.ok_or_else(|| Error::conflict("No correction waits for approval."))?;
        let target = AnyId(correction.id.0);
        let (capacity, complete) = assent(tx, &scoped, &row, target, AssentPurpose::Correct, by, (None, None))?;
        let mut event = events::CORRECTION_APPROVED;
        if complete {
            let before = texts::current(tx, row.id, row.text_number)?;
            let corrected = DecisionText {
                id: DecisionTextId::new(),
                revision: before.revision + 1,
                text: correction.text,
                author_id: correction.proposed_by_id,
                created_at: now,
                ..before
            };
            texts::insert(tx, &corrected)?;
            texts::settle(tx, row.id, CorrectionState::Applied, now)?;
            let holders = roster::people(tx, row.id, true)?;
            tell(tx, &state, &row, &holders, letters::text_corrected, now)?;
            event = events::CORRECTED;
        }
        let row = decisions::update(tx, &row, DecisionChanges::default(), now)?;
        let event = event.on(id.0.0).within(row.partnership_id.0).fact("side", side_of(capacity));
        let shown = one(tx, &state, actor, row, now)?;
        tx.recorded(event, shown)
    })
    .await
}

crate::operations! {
    propose_correction,
    approve_correction,
}
