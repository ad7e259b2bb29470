//! Minutes as their readers see them, and the way to them.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::model::{
    Minutes, MinutesApproval, MinutesCorrection, MinutesCorrectionId, MinutesId, MinutesRedaction, MinutesStage,
    MinutesState, MinutesVisibility, Redaction,
};
use super::policy::{self, Action, MinutesFace, Subject, reads_whole};
use super::queries;
use super::redacting::{self, MinutesRedactionShown, public_hash};
use super::rendition::Masks;
use super::rules::{CIRCULATED_WITHIN, PUBLISHED_WITHIN, consents_at, is_late, stage};
use crate::accounts::{Actor, PersonRef, Side, people};
use crate::ids::{AccountId, DecisionId, MeetingId};
use crate::meetings::model::Meeting;
use crate::meetings::routes::{Hold, load};
use crate::partnerships::{Scoped, Signed, Standing, missing_sides};
use crate::platform::State;
use crate::platform::clock::{Instant, days};
use crate::platform::crypto::{hex, sha256};
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::platform::http::Versioned;

/// A correction of published minutes.
#[derive(Debug, Serialize, ToSchema)]
pub struct MinutesCorrectionShown {
    /// The correction.
    id: MinutesCorrectionId,
    /// Counted from 1.
    number: i32,
    /// What is to be read in the minutes.
    text: String,
    /// What was wrong.
    reason: String,
    /// Passages of it that are not for everybody, beside those of the minutes; `null` for readers from outside.
    redactions: Option<Vec<Redaction>>,
    /// Who wrote it; `null` for readers from outside.
    written_by: Option<PersonRef>,
    /// Leaders who assented to it.
    assents: Vec<Signed>,
    /// Sides of which no leader has.
    missing_assents: Vec<Side>,
    /// When leaders of both sides had assented; it counts since then. Those that don't are read by members and officers.
    in_force_at: Option<Instant>,
    /// SHA-256, in lower-case hexadecimal, of the UTF-8 bytes of `text` as it stands here.
    content_hash: String,
    /// The same of the text as everybody reads it now.
    public_hash: String,
    /// When it was written.
    created_at: Instant,
}

/// The minutes of a meeting.
#[derive(Debug, Serialize, ToSchema)]
pub struct MinutesDetail {
    /// The minutes.
    id: MinutesId,
    /// Of which meeting.
    meeting_id: MeetingId,
    /// Which version of the text counts.
    number: i32,
    /// The text: whole for members and officers; for others with a mark like `[redacted: privacy]` in place of each passage
    /// that is not for everybody.
    text: String,
    /// Passages that are not for everybody; `null` for readers from outside.
    redactions: Option<Vec<Redaction>>,
    /// Who may read it once it is published.
    visibility: MinutesVisibility,
    /// Where they stand.
    state: MinutesStage,
    /// Who wrote this version; `null` for readers from outside.
    written_by: Option<PersonRef>,
    /// Leaders who assented to this version.
    assents: Vec<Signed>,
    /// Sides of which no leader has; empty once the minutes are approved.
    missing_assents: Vec<Side>,
    /// Requests to correct them that nobody has answered.
    open_correction_requests: i32,
    /// Requests that were declined and that whoever asked maintains: while there are some, the minutes are approved by decision
    /// alone.
    maintained_correction_requests: i32,
    /// The decision on them, the last one; `null` for readers from outside.
    decision_id: Option<DecisionId>,
    /// When members were first written to.
    first_circulated_at: Option<Instant>,
    /// When members were written to about this version.
    circulated_at: Option<Instant>,
    /// Members are to be written to by then: seven days after the meeting.
    circulate_by: Instant,
    /// Whether they were, or are, later than that.
    is_circulated_late: bool,
    /// When they are approved where nobody wants a correction and a leader of each side has assented: fourteen days after they
    /// were circulated, and five after a request was last declined. `null` where they are not circulated, and while a request
    /// is maintained.
    consents_at: Option<Instant>,
    /// When both sides had approved them.
    approved_at: Option<Instant>,
    /// How they were approved.
    approval: Option<MinutesApproval>,
    /// They are to be published by then: three days after they were approved.
    publish_by: Option<Instant>,
    /// Whether they were, or are, later than that.
    is_published_late: bool,
    /// When they were published.
    published_at: Option<Instant>,
    /// SHA-256, in lower-case hexadecimal, of the UTF-8 bytes of `text` as it stands here, of nothing else, as it was kept
    /// when they were published, or for readers from outside when they were last redacted; `null` before.
    content_hash: Option<String>,
    /// The same of the text as everybody reads it now. Earlier ones are in `later_redactions`.
    public_hash: Option<String>,
    /// What was masked since they were published, in its order.
    later_redactions: Vec<MinutesRedactionShown>,
    /// What was found wrong since they were published, in its order.
    corrections: Vec<MinutesCorrectionShown>,
    /// Changes with every change.
    version: i64,
    /// When the first version was written.
    created_at: Instant,
    /// When they were last changed.
    updated_at: Instant,
}

/// Who reads, and when.
#[derive(Debug, Clone, Copy)]
pub struct Reader {
    /// A member or an officer, who reads all of it.
    pub whole: bool,
    /// Whether persons are named to them.
    pub inside: bool,
    pub now: Instant,
}

impl Reader {
    pub const fn of(standing: &Standing, now: Instant) -> Self {
        Self { whole: reads_whole(standing), inside: standing.is_inside(), now }
    }
    /// Somebody who changes them.
    pub const fn writer(now: Instant) -> Self {
        Self { whole: true, inside: true, now }
    }
}

/// How long nobody may want a correction of circulated minutes until they are approved.
pub fn silence(state: &State) -> std::time::Duration {
    days(state.config.meetings.silent_consent_days)
}

/// By when minutes of the meeting are to be circulated.
pub fn circulate_by(meeting: &Meeting) -> Instant {
    meeting.adjourned_at.unwrap_or(meeting.ends_at).plus(CIRCULATED_WITHIN)
}

struct Corrections {
    rows: Vec<MinutesCorrection>,
    signed: Vec<super::model::MinutesCorrectionAssent>,
}

fn corrections(conn: &mut Conn, row: &Minutes, reader: Reader) -> Result<Corrections> {
    if row.state != MinutesState::Published {
        return Ok(Corrections { rows: Vec::new(), signed: Vec::new() });
    }
    let mut rows = queries::corrections(conn, row.id)?;
    rows.retain(|one| reader.whole || one.in_force_at.is_some());
    let ids: Vec<_> = rows.iter().map(|one| one.id).collect();
    let signed = queries::correction_assents(conn, &ids)?;
    Ok(Corrections { rows, signed })
}

fn correction(
    row: MinutesCorrection,
    signed: &[super::model::MinutesCorrectionAssent],
    (masks, later): (&Masks, &[MinutesRedaction]),
    reader: Reader,
    people: &HashMap<AccountId, PersonRef>,
) -> MinutesCorrectionShown {
    let named = |id: AccountId| people.get(&id).filter(|_| reader.inside).cloned();
    let own = row.redactions.0;
    let read = |text: String| if reader.whole { text } else { masks.of_correction(&own, &text) };
    let public_hash = public_hash(later, Some(row.number)).unwrap_or_else(|| hex(&row.public_hash));
    let assents: Vec<Signed> = signed
        .iter()
        .filter(|assent| assent.correction_id == row.id)
        .map(|assent| Signed { side: assent.side, by: named(assent.account_id), signed_at: assent.created_at })
        .collect();
    MinutesCorrectionShown {
        id: row.id,
        number: row.number,
        text: read(row.text),
        reason: read(row.reason),
        written_by: named(row.written_by_id),
        missing_assents: missing_sides(assents.iter().map(|assent| assent.side)),
        assents,
        in_force_at: row.in_force_at,
        content_hash: if reader.whole { hex(&row.content_hash) } else { public_hash.clone() },
        public_hash,
        redactions: reader.whole.then_some(own),
        created_at: row.created_at,
    }
}

/// The minutes as they stand, as `reader` may read them. From outside nobody is named who is not a leader.
pub fn detail(
    conn: &mut Conn,
    state: &State,
    row: Minutes,
    meeting: &Meeting,
    reader: Reader,
) -> Result<Versioned<MinutesDetail>> {
    let text = queries::find_version(conn, &row)?;
    let assents = queries::assents(conn, row.id)?;
    let corrected = corrections(conn, &row, reader)?;
    let is_published = row.state == MinutesState::Published;
    let later = if is_published { queries::redactions(conn, row.id)? } else { Vec::new() };
    let masks = Masks::of(&text, &later);
    let of_corrections = corrected.rows.iter().map(|one| one.written_by_id);
    let of_corrections = of_corrections.chain(corrected.signed.iter().map(|one| one.account_id));
    let named = assents.iter().map(|assent| assent.account_id).chain([text.written_by_id]).chain(of_corrections);
    let named = named.chain(later.iter().map(|entry| entry.redacted_by_id));
    let people = people(conn, named.filter(|_| reader.inside).collect::<Vec<AccountId>>())?;
    let (version, now) = (row.version, reader.now);
    // What was published before digests were kept has not changed since.
    let digest = |kept: Option<Vec<u8>>, text: &dyn Fn() -> String| {
        is_published.then(|| kept.map_or_else(|| hex(&sha256(&[text().as_bytes()])), |kept| hex(&kept)))
    };
    let public_hash = public_hash(&later, None).or_else(|| digest(row.public_hash, &|| masks.text(&text.text)));
    let content_hash = if reader.whole { digest(row.content_hash, &|| text.text.clone()) } else { public_hash.clone() };
    let last = redacting::last_of_each(&later);
    let in_view: Vec<i32> = corrected.rows.iter().map(|one| one.number).collect();
    let publish_by = row.approved_at.map(|at| at.plus(PUBLISHED_WITHIN));
    let value = MinutesDetail {
        id: row.id,
        meeting_id: row.meeting_id,
        number: row.number,
        text: if reader.whole { text.text } else { masks.text(&text.text) },
        visibility: row.visibility,
        state: stage(row.state, row.open_requests),
        written_by: people.get(&text.written_by_id).cloned(),
        missing_assents: match row.state.is_approved() {
            true => Vec::new(),
            false => missing_sides(assents.iter().map(|assent| assent.side)),
        },
        assents: assents
            .into_iter()
            .map(|a| Signed { side: a.side, by: people.get(&a.account_id).cloned(), signed_at: a.created_at })
            .collect(),
        open_correction_requests: row.open_requests,
        maintained_correction_requests: row.maintained_requests,
        decision_id: row.decision_id.filter(|_| reader.whole),
        first_circulated_at: row.first_circulated_at,
        circulated_at: row.circulated_at,
        circulate_by: circulate_by(meeting),
        is_circulated_late: match (row.first_circulated_at, row.state.is_approved()) {
            // Approved by signatures, when nothing was circulated.
            (None, true) => false,
            (at, _) => is_late(at, circulate_by(meeting), now),
        },
        consents_at: row
            .circulated_at
            .filter(|_| row.state == MinutesState::Circulated && row.maintained_requests == 0)
            .map(|at| consents_at(at, row.declined_at, silence(state))),
        approved_at: row.approved_at,
        approval: row.approval,
        publish_by,
        is_published_late: publish_by.is_some_and(|by| is_late(row.published_at, by, now)),
        published_at: row.published_at,
        content_hash,
        public_hash,
        corrections: corrected
            .rows
            .into_iter()
            .map(|one| correction(one, &corrected.signed, (&masks, &later), reader, &people))
            .collect(),
        redactions: reader.whole.then_some(text.redactions.0),
        later_redactions: later
            .into_iter()
            .map(|entry| redacting::shown(entry, reader, |number| in_view.contains(&number), &last, &people))
            .collect(),
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    Ok(Versioned::volatile(value, version))
}

/// The minutes of the meeting as this actor may have them for `action`, where there are any.
pub fn find_for(
    conn: &mut Conn,
    actor: &Actor,
    id: MeetingId,
    action: Action,
    hold: Hold,
    now: Instant,
) -> Result<(Option<Minutes>, Meeting, Scoped)> {
    let (meeting, scoped) = load(conn, actor, id, hold, now)?;
    let minutes = queries::find(conn, id)?;
    let face = minutes.as_ref().map_or(MinutesFace::Draft, MinutesFace::of);
    let subject = Subject { visibility: meeting.visibility, face, is_own: false };
    policy::demand(actor, &scoped.standing, subject, action)?;
    Ok((minutes, meeting, scoped))
}
