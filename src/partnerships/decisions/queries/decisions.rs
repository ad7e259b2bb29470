//! Decisions and their outcomes.

use chrono::NaiveDate;
use diesel::dsl::{exists, not};
use diesel::prelude::*;

use crate::ids::{AccountId, DecisionId, PartnershipId};
use crate::on_engine;
use crate::partnerships::decisions::consensus::{Rules, Verdict};
use crate::partnerships::decisions::model::{Background, Decision, DecisionClass, DecisionState, Method, Outcome};
use crate::partnerships::model::PartnershipState;
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Columns, Conn, Json, OnConflict, Unique, among, row_lt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{API, Listing, Page};
use crate::schema::{decision_outcomes, decision_roster, decisions, partnerships};

/// One decision at a time about the same thing.
pub const ONE_OPEN: Unique =
    Unique { index: "decisions_one_open_of_subject", columns: "decisions.subject, decisions.class" };
/// A round is followed by one round.
pub const ONE_NEXT: Unique = Unique { index: "decisions_one_next_round", columns: "decisions.previous_id" };

/// A decision, whoever asks.
///
/// # Errors
/// When the database can't be asked.
pub fn find(conn: &mut Conn, id: DecisionId) -> Result<Option<Decision>> {
    Ok(on_engine!(conn, |conn| decisions::table.find(id).select(Decision::columns()).first(conn)).optional()?)
}

/// Inserts a decision.
///
/// # Errors
/// A conflict when one about the same thing is open, or the round before has been followed already.
pub fn insert(conn: &mut Conn, decision: &Decision) -> Result<()> {
    let inserted = diesel::insert_into(decisions::table).values(decision).execute(conn).map(|_| ());
    if let Err(error) = &inserted
        && ONE_NEXT.is_violated_by(error)
    {
        return Err(Error::conflict("That round has been followed by another one already."));
    }
    inserted.on_conflict(&ONE_OPEN, || Error::conflict("A decision about this is open already."))
}

/// What of a decision can be changed.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = decisions)]
pub struct DecisionChanges {
    pub method: Option<Method>,
    pub question: Option<String>,
    pub text_number: Option<i32>,
    pub state: Option<DecisionState>,
    pub is_anonymous: Option<bool>,
    pub hides_results: Option<bool>,
    pub trial_days: Option<Option<i32>>,
    pub background: Option<Json<Background>>,
    pub majority_classes: Option<Json<Vec<DecisionClass>>>,
    pub discussion_at: Option<Option<Instant>>,
    pub sense_check_from: Option<Option<Instant>>,
    pub final_call_at: Option<Option<Instant>>,
    pub closes_from: Option<Option<Instant>>,
    pub closes_at: Option<Option<Instant>>,
    pub noticed_at: Option<Option<Instant>>,
    pub paused_at: Option<Option<Instant>>,
    pub rules: Option<Option<Json<Rules>>>,
    pub closed_at: Option<Option<Instant>>,
    pub result: Option<Option<Json<Verdict>>>,
    pub review_on: Option<Option<NaiveDate>>,
}

/// Changes a decision that still stands where `decision` does; the row as it is then.
///
/// # Errors
/// A conflict when it has moved on meanwhile.
pub fn update(conn: &mut Conn, decision: &Decision, changes: DecisionChanges, now: Instant) -> Result<Decision> {
    diesel::update(decisions::table.find(decision.id).filter(decisions::state.eq(decision.state)))
        .set((changes, decisions::version.eq(decisions::version + 1), decisions::updated_at.eq(now)))
        .returning(Decision::columns())
        .get_result(conn)
        .optional()?
        .ok_or_else(|| Error::conflict("The decision has changed meanwhile."))
}

/// Which decisions to list.
pub struct Wanted {
    pub state: Option<DecisionState>,
    pub class: Option<DecisionClass>,
    /// Final calls that wait for this person's stance.
    pub waits_for: Option<AccountId>,
    /// Adopted before then, and without an outcome.
    pub without_outcome_since: Option<Instant>,
    /// Whether all drafts are seen, or the reader's own.
    pub sees_drafts: bool,
    pub reader: AccountId,
}

pub fn list<F>(conn: &mut Conn, of: PartnershipId, wanted: &Wanted, listing: &Listing<F>) -> Result<Page<Decision>> {
    let filtered = || {
        let mut query = decisions::table.filter(decisions::partnership_id.eq(of)).into_boxed();
        if let Some(state) = wanted.state {
            query = query.filter(decisions::state.eq(state));
        }
        if let Some(class) = wanted.class {
            query = query.filter(decisions::class.eq(class));
        }
        if let Some(person) = wanted.waits_for {
            let asked = decision_roster::table.filter(
                decision_roster::decision_id
                    .eq(decisions::id)
                    .and(decision_roster::account_id.eq(person))
                    .and(decision_roster::has_cast.eq(false))
                    .and(decision_roster::left_at.is_null()),
            );
            query = query.filter(decisions::state.eq(DecisionState::FinalCall)).filter(exists(asked));
        }
        if let Some(since) = wanted.without_outcome_since {
            let written = decision_outcomes::table.filter(decision_outcomes::decision_id.eq(decisions::id));
            query = query
                .filter(among(decisions::state, [DecisionState::Adopted, DecisionState::AdoptedOnTrial]))
                .filter(decisions::closed_at.lt(since))
                .filter(not(exists(written)));
        }
        if !wanted.sees_drafts {
            query = query.filter(decisions::discussion_at.is_not_null().or(decisions::created_by_id.eq(wanted.reader)));
        }
        query
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, DecisionId)>()? {
        query = query.filter(row_lt((decisions::created_at, decisions::id), after));
    }
    let rows = query
        .order((decisions::created_at.desc(), decisions::id.desc()))
        .limit(listing.fetch())
        .select(Decision::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}

/// The last decision about a thing, open or not.
///
/// # Errors
/// When the database can't be asked.
pub fn last_of_subject(conn: &mut Conn, class: DecisionClass, subject: AnyId) -> Result<Option<Decision>> {
    Ok(decisions::table
        .filter(decisions::subject.eq(subject).and(decisions::class.eq(class)))
        .order((decisions::created_at.desc(), decisions::id.desc()))
        .select(Decision::as_select())
        .first(conn)
        .optional()?)
}

/// Whether a round has been followed by another.
pub fn is_followed(conn: &mut Conn, id: DecisionId) -> Result<bool> {
    Ok(diesel::select(exists(decisions::table.filter(decisions::previous_id.eq(id)))).get_result(conn)?)
}

/// The charter that holds, the latest first adopted.
pub fn charter(conn: &mut Conn, of: PartnershipId) -> Result<Option<Decision>> {
    Ok(decisions::table
        .filter(decisions::partnership_id.eq(of).and(decisions::class.eq(DecisionClass::Charter)))
        .filter(among(decisions::state, DecisionState::HOLDING))
        .order((decisions::closed_at.desc(), decisions::id.desc()))
        .select(Decision::as_select())
        .first(conn)
        .optional()?)
}

/// Refuses a majority that the charter does not allow for the class.
///
/// # Errors
/// A conflict.
pub fn demand_majority_allowed(conn: &mut Conn, of: PartnershipId, class: DecisionClass) -> Result<()> {
    match charter(conn, of)? {
        Some(charter) if charter.majority_classes.0.contains(&class) => Ok(()),
        _ => Err(Error::conflict(format!(
            "No adopted charter of the partnership lets a majority of each side decide on {class}."
        ))),
    }
}

/// Decisions of a partnership that have not ended.
pub fn open_of(conn: &mut Conn, of: PartnershipId) -> Result<Vec<Decision>> {
    Ok(decisions::table
        .filter(decisions::partnership_id.eq(of))
        .filter(among(decisions::state, DecisionState::OPEN))
        .order((decisions::created_at, decisions::id))
        .select(Decision::as_select())
        .load(conn)?)
}

/// Final calls whose time is over, the longest first.
pub fn overdue(conn: &mut Conn, now: Instant, limit: i64) -> Result<Vec<Decision>> {
    Ok(decisions::table
        .filter(decisions::state.eq(DecisionState::FinalCall))
        .filter(decisions::closes_at.le(now).and(decisions::paused_at.is_null()))
        .order((decisions::closes_at, decisions::id))
        .limit(limit)
        .select(Decision::as_select())
        .load(conn)?)
}

/// Final calls that end before `until`, and of which nobody was told so.
pub fn closing_soon(conn: &mut Conn, now: Instant, until: Instant, limit: i64) -> Result<Vec<Decision>> {
    Ok(decisions::table
        .filter(decisions::state.eq(DecisionState::FinalCall))
        .filter(decisions::closes_at.gt(now).and(decisions::closes_at.le(until)))
        .filter(decisions::noticed_at.is_null().and(decisions::paused_at.is_null()))
        .order((decisions::closes_at, decisions::id))
        .limit(limit)
        .select(Decision::as_select())
        .load(conn)?)
}

/// Decisions whose review is due, where anything is still done.
pub fn to_review(conn: &mut Conn, today: NaiveDate, limit: i64) -> Result<Vec<Decision>> {
    Ok(decisions::table
        .inner_join(partnerships::table.on(partnerships::id.eq(decisions::partnership_id)))
        .filter(partnerships::state.ne(PartnershipState::Closed))
        .filter(among(
            decisions::state,
            [DecisionState::AdoptedOnTrial, DecisionState::InForce, DecisionState::Reaffirmed],
        ))
        .filter(decisions::review_on.le(today))
        .order((decisions::review_on, decisions::id))
        .limit(limit)
        .select(Decision::as_select())
        .load(conn)?)
}

pub fn outcome(conn: &mut Conn, of: DecisionId) -> Result<Option<Outcome>> {
    Ok(decision_outcomes::table.find(of).select(Outcome::as_select()).first(conn).optional()?)
}

pub fn insert_outcome(conn: &mut Conn, outcome: &Outcome) -> Result<()> {
    diesel::insert_into(decision_outcomes::table).values(outcome).execute(conn)?;
    Ok(())
}

/// Writes an outcome anew.
pub fn update_outcome(conn: &mut Conn, outcome: &Outcome) -> Result<()> {
    let Outcome { decision_id, statement, responsibilities, communications, written_by_id, updated_at, .. } = outcome;
    diesel::update(decision_outcomes::table.find(decision_id))
        .set((
            decision_outcomes::statement.eq(statement),
            decision_outcomes::responsibilities.eq(responsibilities),
            decision_outcomes::communications.eq(communications),
            decision_outcomes::written_by_id.eq(written_by_id),
            decision_outcomes::updated_at.eq(updated_at),
        ))
        .execute(conn)?;
    Ok(())
}

/// Where a decision is read.
pub fn address(id: DecisionId) -> String {
    format!("{API}/decisions/{id}")
}

/// Notes that those who had not taken a stance were told that it closes soon.
pub fn note_noticed(conn: &mut Conn, id: DecisionId, now: Instant) -> Result<()> {
    diesel::update(decisions::table.find(id)).set(decisions::noticed_at.eq(now)).execute(conn)?;
    Ok(())
}
