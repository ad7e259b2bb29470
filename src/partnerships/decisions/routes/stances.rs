//! Saying where one stands.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::shown::find_for;
use crate::accounts::{Actor, Ctx, Side};
use crate::ids::DecisionId;
use crate::partnerships::decisions::casting::{self, Grounds, Said};
use crate::partnerships::decisions::holders::holder;
use crate::partnerships::decisions::model::{Level, Phase, Principle, ShortForm, Stance, StanceId};
use crate::partnerships::decisions::policy::Action;
use crate::partnerships::decisions::present;
use crate::partnerships::decisions::queries::{blocks, stances};
use crate::partnerships::standing::{ActiveMembership, Purpose, Scoped};
use crate::platform::State;
use crate::platform::clock::Instant;
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::{Check, Found, Path, Recorded, Reply, Tx, Valid, wrong};
use crate::platform::text::Prose;
use crate::platform::values::Whole;

/// Where you stand: one of `level`, `short` and `fingers`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text_number": 1, "level": "reservations", "reason": "Tuesdays are hard in winter."}))]
pub struct CastStance {
    /// The version of the text that you read.
    text_number: Whole<1, 100_000>,
    /// One of the eight gradients of agreement.
    level: Option<Level>,
    /// One of four words.
    short: Option<ShortForm>,
    /// Fist to five: so many fingers.
    fingers: Option<Whole<0, 5>>,
    /// Why. Needed for `more_discussion`, `dislike_support`, `disagree` and `block`.
    reason: Option<Prose<1, 2000>>,
    /// Of a block: what it stands on.
    principle: Option<Principle>,
    /// Of a block: what would have to change.
    remedy: Option<Prose<10, 2000>>,
}

impl CastStance {
    fn level(&self) -> Option<Level> {
        self.level
            .or_else(|| self.short.map(Level::from))
            .or_else(|| self.fingers.and_then(|fingers| Level::of_fingers(fingers.get())))
    }
}

impl Check for CastStance {
    fn check(&self, errors: &mut Vec<FieldError>) {
        let ways = [self.level.is_some(), self.short.is_some(), self.fingers.is_some()];
        match ways.iter().filter(|given| **given).count() {
            0 => errors.push(wrong("/level", FieldCode::Required, "say where you stand: level, short or fingers")),
            1 => {}
            _ => errors.push(wrong("/level", FieldCode::Inconsistent, "give one of level, short and fingers")),
        }
        let Some(level) = self.level() else { return };
        if level.needs_reason() && self.reason.is_none() {
            errors.push(wrong("/reason", FieldCode::Required, "say why: others can only answer what they know"));
        }
        let blocks = level == Level::Block;
        for (name, given) in [("/principle", self.principle.is_some()), ("/remedy", self.remedy.is_some())] {
            match (blocks, given) {
                (true, false) => {
                    errors.push(wrong(name, FieldCode::Required, "a block names its principle and remedy"));
                }
                (false, true) => errors.push(wrong(name, FieldCode::Inconsistent, "belongs to a block")),
                _ => {}
            }
        }
    }
}

/// The text as it is now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text_number": 2}))]
pub struct ReaffirmStance {
    /// The version of the text that you read.
    text_number: Whole<1, 100_000>,
}
impl Check for ReaffirmStance {}

/// A stance of your own.
#[derive(Debug, Serialize, ToSchema)]
pub struct StanceTaken {
    /// The stance.
    id: StanceId,
    /// In which decision.
    decision_id: DecisionId,
    /// The version of the text that it is about.
    text_number: i32,
    /// In which phase it was taken.
    phase: Phase,
    /// The side on which it counts; those of agency members are heard and counted on none.
    side: Side,
    /// Where you stand.
    level: Level,
    /// The same as a number, 8 for full support down to 1 for a block. For reports only.
    score: i32,
    /// Why.
    reason: Option<String>,
    /// Since when; of an anonymous stance the day.
    created_at: Instant,
}

fn taken(row: Stance) -> Found<StanceTaken> {
    let Stance { id, decision_id, number, phase, side, level, reason, created_at, .. } = row;
    let score = level.score();
    Found(StanceTaken { id, decision_id, text_number: number, phase, side, level, score, reason, created_at })
}

/// The membership by which the actor speaks.
fn member(scoped: &Scoped) -> Result<ActiveMembership> {
    scoped.standing.membership.ok_or_else(|| Error::fault("somebody who is no member was let in to take a stance"))
}

fn take(
    tx: &mut Tx<'_>,
    state: &State,
    actor: &Actor,
    id: DecisionId,
    action: Action,
    said: impl FnOnce(&mut Tx<'_>, &crate::partnerships::decisions::Decision) -> Result<Said>,
) -> Result<Recorded<Found<StanceTaken>>> {
    let now = tx.now();
    let by = actor.person()?.id;
    let (row, scoped) = find_for(tx, actor, id, action, Purpose::Change, now)?;
    scoped.demand_live()?;
    present::demand_unrecessed(tx, state, &row)?;
    let said = said(tx, &row)?;
    let (stance, entry) = casting::take(tx, &state.secrets, &row, by, member(&scoped)?, said)?;
    match entry {
        Some(entry) => tx.recorded(entry, taken(stance)),
        None => Ok(tx.unchanged(taken(stance))),
    }
}

/// Says where you stand, in place of where you stood before.
///
/// A stance is about one version of the text: if that has changed meanwhile, it is refused (409 `stance_stale`). Stances are
/// taken in sense checks, where they count for nothing, and in final calls until their time is over, where those who were
/// members when the call was opened are asked. Nobody speaks for anybody else. Saying the same again changes nothing. A
/// block names the principle that is at stake and what would remedy it; taking any other stance takes it back. While the
/// meeting in which it was called is recessed, no stance is taken.
#[utoipa::path(put, path = "/decisions/{decision_id}/stance",
    tag = "decisions", security(("bearer" = [])), params(("decision_id" = DecisionId, Path, description = "The decision.")),
    request_body = CastStance, responses((status = 200, body = StanceTaken)))]
pub async fn cast_stance(ctx: Ctx, id: Path<DecisionId>, body: Valid<CastStance>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        take(tx, &state, actor, id.0, Action::CastStance, |_, _| {
            let level = body.0.level().ok_or_else(|| Error::fault("a stance without a level was let in"))?;
            let CastStance { text_number, reason, principle, remedy, .. } = body.0;
            let grounds = principle.zip(remedy).map(|(principle, remedy)| Grounds { principle, remedy: remedy.into() });
            Ok(Said { number: text_number.get(), level, reason: reason.map(Into::into), grounds })
        })
    })
    .await
}

/// Takes the stance that you took last again, on the text as it is now.
///
/// After a new version of the text, or when the final call follows the sense check. A block is affirmed while it counts.
#[utoipa::path(post, path = "/decisions/{decision_id}/stance/reaffirm",
    tag = "decisions", security(("bearer" = [])), params(("decision_id" = DecisionId, Path, description = "The decision.")),
    request_body = ReaffirmStance, responses((status = 200, body = StanceTaken)))]
pub async fn reaffirm_stance(ctx: Ctx, id: Path<DecisionId>, body: Valid<ReaffirmStance>) -> Result<Reply> {
    let state = ctx.state.clone();
    // The same request again has the same answer, and what is kept for repeats would tell whose an anonymous stance is.
    ctx.unkept()
        .write(move |tx, actor| {
            take(tx, &state, actor, id.0, Action::ReaffirmStance, |tx, row| {
                let number = body.0.text_number.get();
                casting::demand_current(tx, row, number)?;
                let who = holder(&state.secrets, row, actor.person()?.id);
                let last = stances::last(tx, row.id, who)?;
                let Stance { level, reason, .. } =
                    last.ok_or_else(|| Error::conflict("You have taken no stance in this decision yet."))?;
                let grounds = match level {
                    Level::Block => {
                        let block = blocks::counting_of(tx, row.id, who)?;
                        let block = block
                            .ok_or_else(|| Error::conflict("Your block counts no more; say anew where you stand."))?;
                        Some(Grounds { principle: block.principle, remedy: block.remedy })
                    }
                    _ => None,
                };
                Ok(Said { number, level, reason, grounds })
            })
        })
        .await
}

crate::operations! {
    cast_stance,
    reaffirm_stance,
}
