//! Redactions of published minutes: a name that was overlooked is masked from now on. Put beside them, numbered, never in place
//! of anything.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::correcting::{demand_published, kind_of};
use super::model::{
    MinutesCorrection, MinutesRedaction, MinutesRedactionId, MinutesVersion, Redaction, RedactionReason, Rendition,
};
use super::policy::Action;
use super::queries::{self as rows, MinutesChanges};
use super::rendition::Masks;
use super::shown::{MinutesDetail, Reader, detail, find_for};
use super::{events, motions};
use crate::accounts::{Ctx, PersonRef};
use crate::ids::{AccountId, MeetingId};
use crate::meetings::routes::{Hold, event};
use crate::platform::clock::Instant;
use crate::platform::crypto::{hex, sha256};
use crate::platform::db::Json;
use crate::platform::error::{Error, Result};
use crate::platform::faults::is_planted;
use crate::platform::http::{API, Check, Created, Path, Reply, Valid};
use crate::platform::text::Prose;
use crate::platform::values::List;

/// Later redactions that one meeting's minutes have at most.
pub const MOST: usize = 50;
/// Passages in all of them.
const MOST_PASSAGES: usize = 200;

/// A passage that members and officers alone are to read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Redact {
    /// The passage. It is masked wherever it stands as whole words: also where it is written with other capital letters,
    /// accents, forms of quotation marks and dashes, or white space (Unicode NFKD without the marks of U+0300 to U+036F). A part
    /// of a word is not masked: `Ann` leaves `Annual` as it is, and masks `ANN`, and of `Ann's` all before the apostrophe. Other
    /// forms of a name are passages of their own.
    passage: Prose<2, 2000>,
    /// Why.
    reason: RedactionReason,
}

impl From<Redact> for Redaction {
    fn from(Redact { passage, reason }: Redact) -> Self {
        Self { passage: passage.into(), reason }
    }
}

/// Redactions that were asked for.
pub fn asked<const MIN: usize, const MAX: usize>(given: List<Redact, MIN, MAX>) -> Vec<Redaction> {
    given.into_vec().into_iter().map(Redaction::from).collect()
}

/// What was overlooked when minutes were published.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"redactions": [{"passage": "Ms. Ortiz", "reason": "victim"}],
    "reason": "She asked us not to be named; it was overlooked in the second paragraph."}))]
pub struct RedactMinutes {
    /// Passages of the minutes or of their corrections, each masked in all of them.
    redactions: List<Redact, 1, 20>,
    /// Why they are masked now; members and officers read it.
    reason: Prose<3, 1000>,
}
impl Check for RedactMinutes {}

/// A text that everybody reads otherwise since a redaction.
#[derive(Debug, Serialize, ToSchema)]
pub struct RenditionShown {
    /// The number of the correction whose text it is; `null` for the text of the minutes.
    correction: Option<i32>,
    /// SHA-256, in lower-case hexadecimal, of what everybody read before; `null` for readers from outside, who could find out
    /// by it what was masked.
    previous_hash: Option<String>,
    /// The same of what everybody reads since; `null` for readers from outside where a later redaction masked more of this text,
    /// which they could find out by it.
    public_hash: Option<String>,
}

/// What was masked in published minutes and their corrections afterwards.
#[derive(Debug, Serialize, ToSchema)]
pub struct MinutesRedactionShown {
    /// The redaction.
    id: MinutesRedactionId,
    /// Counted from 1.
    number: i32,
    /// The passages, each masked in the minutes and in all their corrections; `null` for readers from outside.
    redactions: Option<Vec<Redaction>>,
    /// Why they are masked; `null` for readers from outside.
    reason: Option<String>,
    /// What everybody reads otherwise since.
    renditions: Vec<RenditionShown>,
    /// Who masked them; `null` for readers from outside.
    redacted_by: Option<PersonRef>,
    /// When; they are masked since then.
    created_at: Instant,
}

/// Of each text that later redactions masked something of, the number of the last one that did.
pub fn last_of_each(later: &[MinutesRedaction]) -> HashMap<Option<i32>, i32> {
    later.iter().flat_map(|entry| entry.renditions.0.iter().map(|one| (one.correction, entry.number))).collect()
}

/// A later redaction as `reader` may see it, who sees the corrections that are `visible`, with the [`last_of_each`] text.
pub fn shown(
    row: MinutesRedaction,
    reader: Reader,
    visible: impl Fn(i32) -> bool,
    last: &HashMap<Option<i32>, i32>,
    people: &HashMap<AccountId, PersonRef>,
) -> MinutesRedactionShown {
    // The digest of a text with one word more in it is enough to try out which word it was.
    let tells = |of: Option<i32>| reader.whole || last.get(&of) == Some(&row.number) || is_planted("tells_old_digests");
    let renditions = row.renditions.0.into_iter().filter(|one| one.correction.is_none_or(&visible));
    MinutesRedactionShown {
        id: row.id,
        number: row.number,
        redactions: reader.whole.then_some(row.redactions.0),
        reason: reader.whole.then_some(row.reason),
        renditions: renditions
            .map(|one| RenditionShown {
                correction: one.correction,
                previous_hash: reader.whole.then_some(one.previous),
                public_hash: tells(one.correction).then_some(one.public),
            })
            .collect(),
        redacted_by: people.get(&row.redacted_by_id).filter(|_| reader.inside).cloned(),
        created_at: row.created_at,
    }
}

/// The digest of what everybody reads now of the text of minutes, or of one of their corrections: the last one that was kept.
pub fn public_hash(later: &[MinutesRedaction], correction: Option<i32>) -> Option<String> {
    let mut all = later.iter().rev().flat_map(|entry| &entry.renditions.0);
    all.find(|one| one.correction == correction).map(|one| one.public.clone())
}

/// Whether a correction reads otherwise with `after` than with `before`, in any of its texts.
fn reads_otherwise(before: &Masks, after: &Masks, one: &MinutesCorrection) -> bool {
    let own = &one.redactions.0;
    [&one.text, &one.reason].into_iter().any(|text| before.of_correction(own, text) != after.of_correction(own, text))
}

/// All texts that everybody reads otherwise with `after` than with `before`.
fn changed(
    before: &Masks,
    after: &Masks,
    version: &MinutesVersion,
    corrections: &[MinutesCorrection],
) -> Vec<Rendition> {
    let digest = |text: String| hex(&sha256(&[text.as_bytes()]));
    let (read, reads) = (before.text(&version.text), after.text(&version.text));
    let first = (read != reads).then(|| Rendition { correction: None, previous: digest(read), public: digest(reads) });
    let others = corrections.iter().filter(|one| reads_otherwise(before, after, one)).map(|one| Rendition {
        correction: Some(one.number),
        previous: digest(before.of_correction(&one.redactions.0, &one.text)),
        public: digest(after.of_correction(&one.redactions.0, &one.text)),
    });
    first.into_iter().chain(others).collect()
}

/// Refuses more than is kept of one meeting's minutes.
fn demand_room(later: &[MinutesRedaction], given: usize) -> Result<()> {
    let passages: usize = later.iter().map(|entry| entry.redactions.0.len()).sum();
    if later.len() >= MOST || passages + given > MOST_PASSAGES {
        let detail = format!("Published minutes are redacted {MOST} times and in {MOST_PASSAGES} passages at most.");
        return Err(Error::conflict(detail));
    }
    Ok(())
}

/// Masks more of published minutes.
///
/// For leaders and secretaries, with a reason: what was overlooked is masked from now on, in the minutes and in all their
/// corrections, also in later ones. What members read, and its digest, stay as they are; what everybody reads gets another
/// digest, and both are kept with their time. Motions to recess into an executive session can't be masked, and what is masked
/// stays so.
#[utoipa::path(post, path = "/meetings/{meeting_id}/minutes/redactions",
    tag = "minutes", security(("bearer" = [])),
    params(("meeting_id" = MeetingId, Path, description = "The meeting.")),
    request_body = RedactMinutes, responses((status = 201, body = MinutesDetail)))]
pub async fn redact_minutes(ctx: Ctx, id: Path<MeetingId>, body: Valid<RedactMinutes>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (minutes, meeting, scoped) = find_for(tx, actor, id.0, Action::RedactMinutes, Hold::Partnership, now)?;
        let row = minutes.ok_or_else(Error::not_found)?;
        scoped.demand_live()?;
        demand_published(&row)?;
        let later = rows::redactions(tx, row.id)?;
        let RedactMinutes { redactions, reason } = body.0;
        demand_room(&later, redactions.as_slice().len())?;
        let (version, corrections) = (rows::find_version(tx, &row)?, rows::corrections(tx, row.id)?);
        let before = Masks::of(&version, &later);
        let redactions = asked(redactions);
        let others = corrections.iter().flat_map(|one| [one.text.as_str(), one.reason.as_str()]);
        let texts: Vec<&str> = std::iter::once(version.text.as_str()).chain(others).collect();
        let renditions = changed(&before, &before.with(&texts, &redactions)?, &version, &corrections);
        if renditions.is_empty() {
            return Err(Error::conflict("All of these passages are masked already."));
        }
        let entry = MinutesRedaction {
            id: MinutesRedactionId::new(),
            minutes_id: row.id,
            number: i32::try_from(later.len()).unwrap_or(i32::MAX).saturating_add(1),
            redactions: Json(redactions),
            reason: reason.into(),
            renditions: Json(renditions),
            redacted_by_id: by,
            created_at: now,
        };
        rows::insert_redaction(tx, &entry)?;
        motions::demand_motions(tx, id.0, &row)?;
        let row = rows::update(tx, row.id, MinutesChanges::default(), now)?;
        let told = event(kind_of(events::REDACTED, &row), &meeting).fact("number", entry.number);
        let version = row.version;
        let value = detail(tx, &state, row, &meeting, Reader::writer(now))?.value;
        let location = format!("{API}/meetings/{}/minutes", id.0);
        tx.recorded(told, Created { value, location, version: Some(version) })
    })
    .await
}

crate::operations! {
    redact_minutes,
}
