//! Putting a decision down, finding it, changing its draft.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::shown::{DecisionDetail, find_for, one, subject};
use crate::accounts::{Actor, Ctx};
use crate::ids::{DecisionId, PartnershipId};
use crate::partnerships::decisions::events;
use crate::partnerships::decisions::model::{
    Background, BackgroundLink, Decision, DecisionClass, DecisionState, Method,
};
use crate::partnerships::decisions::opening::{demand_trial, draft, first_text};
use crate::partnerships::decisions::policy::{self, Action, WHOLE};
use crate::partnerships::decisions::queries::decisions::{self, DecisionChanges, Wanted, address};
use crate::partnerships::decisions::queries::texts;
use crate::partnerships::decisions::reactions::Surroundings;
use crate::partnerships::standing::{Purpose, Scoped};
use crate::platform::State;
use crate::platform::clock::{Instant, days};
use crate::platform::db::{Conn, Json};
use crate::platform::error::{Code, Error, FieldCode, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Valid, wrong};
use crate::platform::text::{Line, Prose, WebAddress};
use crate::platform::values::{Change, List, Patch, Whole};

/// Something to read.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLink {
    /// What it is.
    title: Line<1, 150>,
    /// Where it is.
    url: WebAddress,
}

/// What one should know about a decision.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBackground {
    /// Things to read.
    #[serde(default)]
    links: Option<List<NewLink, 0, 10>>,
    /// What else could be done.
    #[serde(default)]
    options: Option<List<Line<1, 300>, 0, 10>>,
}

impl From<NewBackground> for Background {
    fn from(new: NewBackground) -> Self {
        let links = new.links.map(List::into_vec).unwrap_or_default();
        let options = new.options.map(List::into_vec).unwrap_or_default();
        Self {
            links: links.into_iter().map(|l| BackgroundLink { title: l.title.into(), url: l.url.into() }).collect(),
            options: options.into_iter().map(Into::into).collect(),
        }
    }
}

/// A decision to put down.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "class": "action_plan", "question": "Do we walk the alleys together every Tuesday?",
    "text": "Every Tuesday from 7 to 8 pm two neighbors and one officer walk the alleys behind Kansas Avenue.",
    "background": {"options": ["Walk once a month"]}
}))]
pub struct CreateDecision {
    /// What is decided. Missions, goals, communication plans and minutes are decided on by proposing them.
    class: DecisionClass,
    /// How; by consensus where nothing is said.
    method: Option<Method>,
    /// The question that is put, in a line.
    question: Line<5, 200>,
    /// The text that is to be adopted.
    text: Prose<10, 8000>,
    /// What one should know about it.
    background: Option<NewBackground>,
    /// Whether nobody is to see whose a stance is, now or ever. Not for what leaders of both sides have to be for.
    is_anonymous: Option<bool>,
    /// Whether results are hidden until one has said where one stands. Blocks are not: they have to be known to be
    /// answered.
    hides_results: Option<bool>,
    /// Tries it for so many days, by the consent test: after two rounds that came to nothing.
    trial_days: Option<Whole<1, 365>>,
    /// The round before this one, which came to nothing.
    previous_id: Option<DecisionId>,
    /// The decision whose place this one takes once it is adopted.
    replaces_id: Option<DecisionId>,
    /// Of a charter: the classes that a majority of each side may decide.
    majority_classes: Option<List<DecisionClass, 0, 11>>,
}

const ADVICE_IS_NOT_FOR_BOTH: &str = "advice decides nothing that leaders of both sides have to be for";

impl Check for CreateDecision {
    fn check(&self, errors: &mut Vec<FieldError>) {
        if self.method == Some(Method::Advice) && self.class.needs_leaders() {
            errors.push(wrong("/method", FieldCode::Inconsistent, ADVICE_IS_NOT_FOR_BOTH));
        }
        if let Some(how) = self.class.proposed_as() {
            let why = format!("{how}: that opens the decision on it");
            errors.push(wrong("/class", FieldCode::Inconsistent, why));
        }
        if self.majority_classes.is_some() && self.class != DecisionClass::Charter {
            let why = "only a charter says what a majority may decide";
            errors.push(wrong("/majority_classes", FieldCode::Inconsistent, why));
        }
        if self.trial_days.is_some() && self.previous_id.is_none() {
            let why = "something is tried after rounds that came to nothing; say which was the last in previous_id";
            errors.push(wrong("/trial_days", FieldCode::Inconsistent, why));
        }
    }
}

/// Changes to a draft.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionPatch {
    /// How it is decided.
    #[serde(default)]
    method: Change<Method>,
    /// The question that is put, in a line.
    #[serde(default)]
    question: Change<Line<5, 200>>,
    /// The text that is to be adopted.
    #[serde(default)]
    text: Change<Prose<10, 8000>>,
    /// What one should know about it; takes the place of what was there.
    #[serde(default)]
    background: Patch<NewBackground>,
    /// Whether nobody is to see whose a stance is. Once it is so, it stays so.
    #[serde(default)]
    is_anonymous: Change<bool>,
    /// Whether results are hidden until one has said where one stands. Blocks are not: they have to be known to be
    /// answered.
    #[serde(default)]
    hides_results: Change<bool>,
}
impl Check for DecisionPatch {}

/// Which decisions to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DecisionFilter {
    /// That stand so.
    #[param(inline)]
    state: Option<DecisionState>,
    /// Of this class.
    #[param(inline)]
    class: Option<DecisionClass>,
    /// `true`: final calls that wait for your stance.
    needs_me: Option<bool>,
    /// `true`: adopted, and the time for writing the outcome is over.
    outcome_overdue: Option<bool>,
}

/// A decision in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionSummary {
    /// The decision.
    id: DecisionId,
    /// Of which partnership.
    partnership_id: PartnershipId,
    /// What is decided.
    class: DecisionClass,
    /// How it is decided.
    method: Method,
    /// The question that is put.
    question: String,
    /// Where it stands.
    state: DecisionState,
    /// Which round it is.
    round: i32,
    /// Whether nobody sees whose a stance is.
    is_anonymous: bool,
    /// When the final call ends by itself.
    closes_at: Option<Instant>,
    /// When it ended.
    closed_at: Option<Instant>,
    /// When it is looked at again, or its trial ends.
    #[schema(value_type = Option<crate::platform::text::Day>)]
    review_on: Option<NaiveDate>,
    /// Changes with every change.
    version: i64,
    /// When it was put down.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

fn summary(row: Decision) -> DecisionSummary {
    DecisionSummary {
        id: row.id,
        partnership_id: row.partnership_id,
        class: row.class,
        method: row.method,
        question: row.question,
        state: row.state,
        round: row.round,
        is_anonymous: row.is_anonymous,
        closes_at: row.closes_at,
        closed_at: row.closed_at,
        review_on: row.review_on,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

/// Refuses to decide anonymously what may not be.
fn demand_named(conn: &mut Conn, state: &State, of: PartnershipId, class: DecisionClass) -> Result<()> {
    if class.needs_leaders() {
        let why = format!("A leader of each side has to be for a decision on {class}, so it is seen who is.");
        return Err(Error::new(Code::AnonymousNotAllowed, why));
    }
    if (state.handed::<Surroundings>()?.meets_in_the_open)(conn, of)? {
        return Err(Error::new(Code::AnonymousNotAllowed, "The law has this partnership decide in the open."));
    }
    Ok(())
}

/// The decision of the partnership that a field names, as far as the actor sees it.
fn named(
    conn: &mut Conn,
    actor: &Actor,
    scoped: &Scoped,
    id: Option<DecisionId>,
    pointer: &str,
) -> Result<Option<Decision>> {
    let Some(id) = id else { return Ok(None) };
    let row = decisions::find(conn, id)?
        .filter(|row| row.partnership_id == scoped.partnership.id)
        .filter(|row| policy::sees(&scoped.standing, subject(actor, row)));
    match row {
        Some(row) => Ok(Some(row)),
        None => Err(Error::field(pointer, FieldCode::NotFound, "is no decision of this partnership")),
    }
}

/// The round before, and for how long this one is tried.
fn round(
    conn: &mut Conn,
    state: &State,
    actor: &Actor,
    scoped: &Scoped,
    (previous, trial): (Option<DecisionId>, Option<Whole<1, 365>>),
) -> Result<(Option<Decision>, Option<i32>)> {
    let previous = named(conn, actor, scoped, previous, "/previous_id")?;
    if previous.as_ref().is_some_and(|row| !row.state.is_failed()) {
        return Err(Error::conflict("A round follows one that was not adopted, was blocked or lapsed."));
    }
    if previous.as_ref().is_some_and(|row| row.subject.is_some()) {
        return Err(Error::conflict("The next round about this is opened by proposing the thing itself again."));
    }
    let trial = trial.map(Whole::get);
    if let Some(days) = trial {
        demand_trial(state, previous.as_ref(), days, "/trial_days")?;
    }
    Ok((previous, trial))
}

/// Puts a decision down, as a draft.
///
/// For members who are no observers; leaders and facilitators open it and lead it from step to step. Charter, plans and
/// vision need a leader of each side.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/decisions",
    tag = "decisions", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    request_body = CreateDecision, responses((status = 201, body = DecisionDetail)))]
pub async fn create_decision(ctx: Ctx, id: Path<PartnershipId>, body: Valid<CreateDecision>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let scoped = Scoped::load(tx, actor, id.0, Purpose::Change, now)?;
        policy::demand(actor, &scoped.standing, WHOLE, Action::CreateDecision)?;
        scoped.demand_live()?;
        let new = body.0;
        if new.is_anonymous == Some(true) {
            demand_named(tx, &state, id.0, new.class)?;
        }
        let method = new.method.unwrap_or(Method::Consensus);
        if method == Method::Majority {
            decisions::demand_majority_allowed(tx, id.0, new.class)?;
        }
        let (previous, trial_days) = round(tx, &state, actor, &scoped, (new.previous_id, new.trial_days))?;
        let replaced = named(tx, actor, &scoped, new.replaces_id, "/replaces_id")?;
        if replaced.as_ref().is_some_and(|row| !row.state.holds()) {
            return Err(Error::conflict("Only a decision that holds can be replaced."));
        }
        let decision = Decision {
            method,
            is_anonymous: new.is_anonymous == Some(true),
            hides_results: new.hides_results == Some(true),
            trial_days,
            round: previous.as_ref().map_or(1, |row| row.round + 1),
            previous_id: previous.map(|row| row.id),
            replaces_id: replaced.map(|row| row.id),
            background: Json(new.background.map(Into::into).unwrap_or_default()),
            majority_classes: Json(new.majority_classes.map(List::into_vec).unwrap_or_default()),
            ..draft(id.0, new.class, new.question.into(), by, now)
        };
        decisions::insert(tx, &decision)?;
        texts::insert(tx, &first_text(decision.id, new.text.into(), by, now))?;
        let event = events::CREATED.on(decision.id.0).within(id.0.0).fact("class", decision.class.as_str());
        let (location, version) = (address(decision.id), Some(decision.version));
        let value = one(tx, &state, actor, decision, now)?.value;
        tx.recorded(event, Created { value, location, version })
    })
    .await
}

/// Lists a partnership's decisions, newest first.
///
/// Drafts are listed for leaders, facilitators, officials and their authors.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/decisions",
    tag = "decisions", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), DecisionFilter, PageParams),
    responses((status = 200, body = Page<DecisionSummary>)))]
pub async fn list_decisions(ctx: Ctx, id: Path<PartnershipId>, listing: Listing<DecisionFilter>) -> Result<Reply> {
    let (now, state) = (ctx.now(), ctx.state.clone());
    ctx.read(move |conn, actor| {
        let reader = actor.person()?.id;
        let scoped = Scoped::load(conn, actor, id.0, Purpose::Read, now)?;
        policy::demand(actor, &scoped.standing, WHOLE, Action::ListDecisions)?;
        let filter = &listing.filter;
        let late = now.minus(days(state.config.consensus.outcome_days));
        let wanted = Wanted {
            state: filter.state,
            class: filter.class,
            waits_for: (filter.needs_me == Some(true)).then_some(reader),
            without_outcome_since: (filter.outcome_overdue == Some(true)).then_some(late),
            sees_drafts: policy::sees_drafts(&scoped.standing),
            reader,
        };
        Ok(decisions::list(conn, id.0, &wanted, &listing)?.map(summary))
    })
    .await
}

/// Reads a decision.
#[utoipa::path(get, path = "/decisions/{decision_id}",
    tag = "decisions", security(("bearer" = [])), params(("decision_id" = DecisionId, Path, description = "The decision.")),
    responses((status = 200, body = DecisionDetail)))]
pub async fn get_decision(ctx: Ctx, id: Path<DecisionId>) -> Result<Reply> {
    let (now, state) = (ctx.now(), ctx.state.clone());
    ctx.read(move |conn, actor| {
        let (row, _) = find_for(conn, actor, id.0, Action::GetDecision, Purpose::Read, now)?;
        one(conn, &state, actor, row, now)
    })
    .await
}

/// Changes a draft.
#[utoipa::path(patch, path = "/decisions/{decision_id}",
    tag = "decisions", security(("bearer" = [])), params(("decision_id" = DecisionId, Path, description = "The decision."), IfMatchParam),
    request_body = DecisionPatch, responses((status = 200, body = DecisionDetail)))]
pub async fn update_decision(
    ctx: Ctx,
    id: Path<DecisionId>,
    if_match: IfMatch,
    body: Valid<DecisionPatch>,
) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let (row, scoped) = find_for(tx, actor, id.0, Action::UpdateDecision, Purpose::Change, now)?;
        if_match.demand(row.version)?;
        scoped.demand_live()?;
        if row.state != DecisionState::Draft {
            return Err(Error::conflict("Only a draft is changed; from then on its text is amended."));
        }
        let DecisionPatch { method, question, text, background, is_anonymous, hides_results } = body.0;
        match method.value() {
            Some(Method::Advice) if row.class.needs_leaders() => {
                return Err(Error::field("/method", FieldCode::Inconsistent, ADVICE_IS_NOT_FOR_BOTH));
            }
            Some(Method::Majority) => decisions::demand_majority_allowed(tx, row.partnership_id, row.class)?,
            _ => {}
        }
        match is_anonymous.value() {
            Some(true) => demand_named(tx, &state, row.partnership_id, row.class)?,
            Some(false) if row.is_anonymous => {
                return Err(Error::field("/is_anonymous", FieldCode::Refused, "what is anonymous stays so"));
            }
            _ => {}
        }
        let changed: Vec<&'static str> = [
            ("method", method.is_given()),
            ("question", question.is_given()),
            ("text", text.is_given()),
            ("background", background.is_given()),
            ("is_anonymous", is_anonymous.is_given()),
            ("hides_results", hides_results.is_given()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect();
        if let Change::Set(text) = text {
            let first = texts::current(tx, row.id, row.text_number)?;
            texts::overwrite(tx, first.id, text.as_str())?;
        }
        let changes = DecisionChanges {
            method: method.changeset(|method| method),
            question: question.changeset(Into::into),
            background: background.changeset(|new| Json(new.into())).map(Option::unwrap_or_default),
            is_anonymous: is_anonymous.changeset(|is| is),
            hides_results: hides_results.changeset(|hides| hides),
            ..DecisionChanges::default()
        };
        let row = decisions::update(tx, &row, changes, now)?;
        let event = events::UPDATED.on(id.0.0).within(row.partnership_id.0).changed(changed);
        let shown = one(tx, &state, actor, row, now)?;
        tx.recorded(event, shown)
    })
    .await
}

crate::operations! {
    create_decision,
    list_decisions,
    get_decision,
    update_decision,
}
