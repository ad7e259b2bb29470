//! Versions of a decision's text.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::shown::{DecisionDetail, find_for, one};
use crate::accounts::{Ctx, PersonRef, people};
use crate::ids::{AccountId, DecisionId};
use crate::partnerships::decisions::diff::{DiffPart, diff};
use crate::partnerships::decisions::hand::Hand;
use crate::partnerships::decisions::model::{DecisionText, DecisionTextId};
use crate::partnerships::decisions::opening::renew_text;
use crate::partnerships::decisions::policy::Action;
use crate::partnerships::decisions::present;
use crate::partnerships::decisions::queries::texts;
use crate::partnerships::decisions::reactions::Surroundings;
use crate::partnerships::decisions::steps::demand_in_time;
use crate::partnerships::standing::Purpose;
use crate::platform::clock::Instant;
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{Check, Filter, Found, IfMatch, Listing, Page, PageParams, Path, Reply, Valid};
use crate::platform::record::timeline::NoFilter;
use crate::platform::text::Prose;
use crate::platform::values::Whole;

/// A new version of the text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "text": "Every Tuesday and Thursday from 7 to 8 pm two neighbors and one officer walk the alleys behind Kansas Avenue.",
    "note": "Thursday added, as Tom asked."
}))]
pub struct AmendDecision {
    /// The text as it is to be.
    text: Prose<10, 8000>,
    /// What changed, and why.
    note: Option<Prose<1, 500>>,
}
impl Check for AmendDecision {}

/// A version of a text.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionVersionDetail {
    /// This version, as it was corrected.
    id: DecisionTextId,
    /// Which version; stances are about a version.
    number: i32,
    /// How often typing errors were corrected in it, plus one.
    revision: i32,
    /// The text.
    text: String,
    /// What changed, and why.
    note: Option<String>,
    /// Who wrote it.
    author: Option<PersonRef>,
    /// When.
    created_at: Instant,
}

fn shown(row: DecisionText, people: &HashMap<AccountId, PersonRef>) -> DecisionVersionDetail {
    let DecisionText { id, number, revision, text, note, author_id, created_at, .. } = row;
    DecisionVersionDetail { id, number, revision, text, note, author: people.get(&author_id).cloned(), created_at }
}

/// Which versions to compare.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DiffRange {
    /// The old version; the one before `to` where nothing is said.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 100_000)]
    from: Option<Whole<1, 100_000>>,
    /// The new version; the one that counts where nothing is said.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 100_000)]
    to: Option<Whole<1, 100_000>>,
}

/// What changed from one version to another.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionDiff {
    /// The old version.
    from: i32,
    /// The new version.
    to: i32,
    /// The text in parts, each kept, removed or added.
    parts: Vec<DiffPart>,
}

/// Gives a decision a new version of its text.
///
/// In a sense check or final call it is being amended from then on, and needs a sense check again: all stances become stale,
/// are kept and count no more, and whoever had taken one in the final call is written to.
#[utoipa::path(post, path = "/decisions/{decision_id}/amend",
    tag = "decisions", security(("bearer" = [])), params(("decision_id" = DecisionId, Path, description = "The decision."), IfMatchParam),
    request_body = AmendDecision, responses((status = 200, body = DecisionDetail)))]
pub async fn amend_decision(
    ctx: Ctx,
    id: Path<DecisionId>,
    if_match: IfMatch,
    body: Valid<AmendDecision>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::AmendDecision, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        present::demand_unrecessed(tx, &state, &row)?;
        // What the stances come to stands once their time is over.
        demand_in_time(&row, now)?;
        let AmendDecision { text, note } = body.0;
        let row = renew_text(tx, &state, actor, &row, text.as_str().to_owned(), note.map(Into::into))?;
        state.handed::<Surroundings>()?.amended(&mut Hand::Person(tx), &row, text.as_str())?;
        let shown = one(tx, &state, actor, row, now)?;
        Ok(tx.unchanged(shown))
    })
    .await
}

/// Lists the versions of a decision's text, newest first, with corrections of typing errors.
#[utoipa::path(get, path = "/decisions/{decision_id}/versions",
    tag = "decisions", security(("bearer" = [])),
    params(("decision_id" = DecisionId, Path, description = "The decision."), PageParams),
    responses((status = 200, body = Page<DecisionVersionDetail>)))]
pub async fn list_decision_versions(ctx: Ctx, id: Path<DecisionId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        find_for(conn, actor, id.0, Action::ListDecisionVersions, Purpose::Read, now)?;
        let page = texts::list(conn, id.0, &listing)?;
        let people = people(conn, page.items.iter().map(|row| row.author_id))?;
        Ok(page.map(|row| shown(row, &people)))
    })
    .await
}

/// Compares two versions of a decision's text, word by word.
#[utoipa::path(get, path = "/decisions/{decision_id}/diff",
    tag = "decisions", security(("bearer" = [])),
    params(("decision_id" = DecisionId, Path, description = "The decision."), DiffRange),
    responses((status = 200, body = DecisionDiff)))]
pub async fn get_decision_diff(ctx: Ctx, id: Path<DecisionId>, range: Filter<DiffRange>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let (row, _) = find_for(conn, actor, id.0, Action::GetDecisionDiff, Purpose::Read, now)?;
        let to = range.0.to.map_or(row.text_number, Whole::get);
        let from = range.0.from.map_or_else(|| to.saturating_sub(1).max(1), Whole::get);
        let mut version = |number: i32, name: &str| {
            let found = texts::version(conn, id.0, number)?;
            found.ok_or_else(|| Error::field(name, FieldCode::NotFound, "is no version of this text"))
        };
        let (old, new) = (version(from, "?from")?, version(to, "?to")?);
        Ok(Found(DecisionDiff { from, to, parts: diff(&old.text, &new.text) }))
    })
    .await
}

crate::operations! {
    amend_decision,
    list_decision_versions,
    get_decision_diff,
}
