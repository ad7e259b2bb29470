//! Giving notice, passing it on, and the end of subscriptions.

use std::sync::Arc;
use std::time::Duration;

use super::letters::Reader;
use super::model::{Notice, NoticeId, NoticeKind, NoticeSubscription, NoticeSubscriptionId, SubscriptionState};
use super::queries::{HeardBefore, Told, UnderWay};
use super::{queries, rules};
use crate::ids::{MeetingId, PartnershipId};
use crate::meetings::events;
use crate::meetings::routes::event;
use crate::partnerships::{Purpose as Hold, find_partnership, partnership_refs};
use crate::platform::State;
use crate::platform::clock::{Instant, hours};
use crate::platform::crypto::{Purpose, Secrets, base64url};
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::platform::jobs::{Job, all, each};
use crate::platform::mail;
use crate::platform::record::write_unattended;

/// Meetings or subscriptions looked at in one transaction, and letters written in one.
const BATCH: i64 = 100;

/// What tokens of subscriptions begin with.
pub const TOKEN: &str = "tkn_";

/// Jobs of notice.
pub const JOBS: [Job; 2] = [
    Job {
        name: "give_notice",
        about: "gives notice of open meetings, and again of changed and cancelled ones",
        every: Duration::from_secs(10),
        run: give_notice,
    },
    Job {
        name: "end_notice_subscriptions",
        about: "warns before subscriptions to notices end, and ends those that nobody confirmed or renewed",
        every: hours(1),
        run: end_subscriptions,
    },
];

/// The token of a subscription: computed, so that each letter can hold it and the database does not.
pub fn token_of(secrets: &Secrets, id: NoticeSubscriptionId) -> String {
    format!("{TOKEN}{}", base64url(&secrets.mac(Purpose::Notice, &[id.0.as_bytes()])))
}

/// The name of a partnership.
pub fn name_of(conn: &mut Conn, id: PartnershipId) -> Result<String> {
    Ok(partnership_refs(conn, [id])?.remove(&id).map(|partnership| partnership.name).unwrap_or_default())
}

fn give_notice(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    let due: Vec<MeetingId> = state.db.read_blocking(move |conn| {
        let candidates = queries::candidates(conn, now, now.plus(rules::AHEAD), BATCH)?;
        let due = candidates.into_iter().filter(|(meeting, noticed)| rules::due(meeting, *noticed, now).is_some());
        Ok(due.map(|(meeting, _)| meeting.id).collect())
    })?;
    // What was given is passed on, whatever could not be given.
    let given = each(state, due, move |conn, _, id| give(conn, id, now));
    let bundles = bundles(state.db.read_blocking(|conn| queries::under_way(conn, BATCH))?);
    let passed_on = all(bundles.iter().collect(), |ids| {
        let mut written = 0;
        loop {
            let (context, ids) = (state.clone(), ids.clone());
            let (some, more) = state.db.write_blocking(move |conn| pass_on(conn, &context, &ids, now))?;
            written += some;
            if !more {
                return Ok(written);
            }
        }
    });
    Ok(given? + passed_on?)
}

/// Notices that are passed on together: those to the same readers, who are as far.
fn bundles(under_way: Vec<UnderWay>) -> Vec<Vec<NoticeId>> {
    /// To whose readers, since when, and how far they are.
    type Way = (PartnershipId, Instant, Option<NoticeSubscriptionId>);
    let mut bundles: Vec<(Way, Vec<NoticeId>)> = Vec::new();
    for UnderWay { id, partnership, given_at, passed_on_to } in under_way {
        let key = (partnership, given_at, passed_on_to);
        match bundles.iter_mut().find(|(of, _)| *of == key) {
            Some((_, ids)) => ids.push(id),
            None => bundles.push((key, vec![id])),
        }
    }
    bundles.into_iter().map(|(_, ids)| ids).collect()
}

/// Gives notice of the meeting as it stands, if one is due of it.
fn give(conn: &mut Conn, id: MeetingId, now: Instant) -> Result<usize> {
    let Some((meeting, noticed)) = queries::find_meeting(conn, id)? else { return Ok(0) };
    let Some(kind) = rules::due(&meeting, noticed, now) else { return Ok(0) };
    let partnership = find_partnership(conn, meeting.partnership_id, Hold::Read)?;
    if kind == NoticeKind::Scheduled && !partnership.is_some_and(|partnership| partnership.state.is_live()) {
        return Ok(0);
    }
    queries::hold_notices(conn, meeting.partnership_id)?;
    let told_digest = rules::told_digest(&meeting);
    // Of what is not open nothing new is told: it is known by what was said of it last.
    let before = if rules::is_open(&meeting) { None } else { queries::last(conn, id)? };
    if kind == NoticeKind::Changed && queries::stand_for(conn, &meeting, &told_digest)? {
        // Whoever may know was told all that there is to tell: the last notice is one of the meeting as it stands.
        return Ok(0);
    }
    let number = i32::try_from(queries::count(conn, id)?).unwrap_or(i32::MAX).saturating_add(1);
    let notice = Notice {
        id: NoticeId::new(),
        meeting_id: id,
        number,
        kind,
        sequence: meeting.sequence,
        starts_at: before.as_ref().map_or(meeting.starts_at, |notice| notice.starts_at),
        is_in_time: before
            .as_ref()
            .map_or_else(|| rules::is_in_time(meeting.kind, meeting.starts_at, now), |notice| notice.is_in_time),
        passed_on_to: None,
        given_at: now,
        passed_on_at: None,
        told_digest: before.is_none().then_some(told_digest),
    };
    queries::insert(conn, &notice)?;
    write_unattended(conn, event(events::NOTICED, &meeting).fact("kind", kind.as_str()), now)?;
    Ok(1)
}

/// Writes notices of a partnership's meetings that were given at the same moment to the next subscriptions; how many letters,
/// and whether there are more.
fn pass_on(conn: &mut Conn, state: &State, ids: &[NoticeId], now: Instant) -> Result<(usize, bool)> {
    let notices = queries::find_these(conn, ids)?;
    let Some((first, of)) = notices.first().map(|(notice, meeting, _)| (notice.clone(), meeting.partnership_id)) else {
        return Ok((0, false));
    };
    // Whoever confirmed since it was given was told then, and that is known: which was first no clock has to say. So
    // what they were told is asked after who they are.
    let readers = queries::readers(conn, of, first.passed_on_to, BATCH)?;
    let meetings: Vec<MeetingId> = notices.iter().map(|(_, meeting, _)| meeting.id).collect();
    let to: Vec<NoticeSubscriptionId> = readers.iter().map(|reader| reader.id).collect();
    let known = queries::told_before(conn, &meetings, &to)?;
    let name = name_of(conn, of)?;
    let mut written = 0;
    for reader in &readers {
        written += write(conn, state, &notices, reader, &known, &name, now)?;
    }
    let more = i64::try_from(readers.len()).is_ok_and(|count| count == BATCH);
    let last = readers.last().map(|reader| reader.id).or(first.passed_on_to);
    let ids: Vec<NoticeId> = notices.iter().map(|(notice, ..)| notice.id).collect();
    queries::note_passed_on(conn, &ids, last, (!more).then_some(now))?;
    Ok((written, more))
}

/// Writes notices to a subscription, those of a series in one letter, and keeps that they were; how many letters.
/// `known`: what it was told of their meetings. What it was told, or what was given before that, is not told again.
///
/// # Errors
/// When the database can't take it, or one was written to it before of which `known` says nothing.
pub fn write(
    conn: &mut Conn,
    state: &State,
    notices: &[Told],
    to: &NoticeSubscription,
    known: &HeardBefore,
    partnership: &str,
    now: Instant,
) -> Result<usize> {
    let token = token_of(&state.secrets, to.id);
    let Some(address) = to.email.as_deref().and_then(|email| email.parse().ok()) else { return Ok(0) };
    let reader = Reader { to: address, base_url: &state.base_url, partnership, token: &token };
    let told = notices.iter().filter_map(|(notice, meeting, series)| {
        let heard = known.get(&(meeting.id, to.id));
        if heard.is_some_and(|heard| heard.number >= notice.number) {
            return None;
        }
        let knows = heard.is_some_and(|heard| heard.knows);
        let kind = rules::told_as(notice.kind, rules::is_open(meeting), knows)?;
        Some(((notice, meeting, kind), *series, kind))
    });
    let (open, closed): (Vec<_>, Vec<_>) =
        told.partition(|((notice, meeting, _), ..)| notice.kind != NoticeKind::NotOpen && rules::is_open(meeting));
    let mut written = 0;
    let of_closed = rules::letters(&closed).into_iter().map(|letter| (letter, false));
    for (letter, is_open) in rules::letters(&open).into_iter().map(|letter| (letter, true)).chain(of_closed) {
        let Some((_, _, kind)) = letter.first() else { continue };
        let text = if is_open {
            let meetings: Vec<_> = letter.iter().map(|(_, meeting, _)| *meeting).collect();
            reader.notice(*kind, &meetings)
        } else {
            let known: Vec<_> = letter.iter().map(|(notice, meeting, _)| (notice.starts_at, *meeting)).collect();
            reader.of_closed(*kind, &known)
        };
        let Some(text) = text else { continue };
        let mail = mail::queue(conn, &state.secrets, text, now)?;
        for (notice, ..) in letter {
            queries::insert_delivery(conn, notice.id, to.id, mail, now)?;
        }
        written += 1;
    }
    Ok(written)
}

/// What is due of a subscription.
#[derive(Debug, Clone, Copy)]
enum What {
    /// More time, for nobody could warn its owner.
    PutOff,
    /// Its end.
    End,
    /// A warning.
    Warning,
}

/// A subscription of which something is due.
#[derive(Debug, Clone, Copy)]
struct Due {
    id: NoticeSubscriptionId,
    /// Its version, and when it was last changed or asked for, which raises none.
    as_read: (i64, Instant),
    what: What,
}

impl Due {
    const fn of(row: &NoticeSubscription, what: What) -> Self {
        Self { id: row.id, as_read: (row.version, row.updated_at), what }
    }
}

fn end_subscriptions(state: &Arc<State>) -> Result<usize> {
    let now = state.clock.now();
    let due = state.db.read_blocking(move |conn| {
        let late = queries::ending(conn, now, false, BATCH)?;
        let forgotten = queries::unconfirmed(conn, now.minus(rules::CONFIRM_WITHIN), BATCH)?;
        // Nobody's notices stop without a warning first, even where nobody could give it in time.
        let of_late = |row: &NoticeSubscription| if row.warned_at.is_some() { What::End } else { What::PutOff };
        let late = late.iter().map(|row| Due::of(row, of_late(row)));
        Ok(late.chain(forgotten.iter().map(|row| Due::of(row, What::End))).collect())
    })?;
    let ended = each(state, due, move |conn, context, due| end(conn, context, due, now))?;
    let soon = now.plus(rules::WARNED_BEFORE);
    let ending = state.db.read_blocking(move |conn| queries::ending(conn, soon, true, BATCH))?;
    let ending = ending.iter().map(|row| Due::of(row, What::Warning)).collect();
    Ok(ended + each(state, ending, move |conn, context, due| end(conn, context, due, now))?)
}

/// Does what is due of a subscription, if it is as it was when that was found.
fn end(conn: &mut Conn, state: &State, Due { id, as_read, what }: Due, now: Instant) -> Result<bool> {
    // Renewed, left or asked for again at this moment: that stands.
    let found = queries::find(conn, id)?;
    let Some(row) = found.filter(|row| (row.version, row.updated_at) == as_read) else { return Ok(false) };
    let kind = match what {
        What::PutOff => {
            queries::put_off(conn, &row, now.plus(rules::WARNED_BEFORE))?;
            return Ok(false);
        }
        What::End if queries::end(conn, &row, SubscriptionState::Lapsed, now)? => events::NOTICE_LAPSED,
        What::Warning if queries::note_warning(conn, &row, now)? => {
            let partnership = name_of(conn, row.partnership_id)?;
            let token = token_of(&state.secrets, id);
            let to = row.email.as_deref().and_then(|email| email.parse().ok());
            if let (Some(to), Some(renew_by)) = (to, row.renew_by) {
                let reader = Reader { to, base_url: &state.base_url, partnership: &partnership, token: &token };
                mail::queue(conn, &state.secrets, reader.ends_soon(renew_by.date()), now)?;
            }
            events::NOTICE_WARNED
        }
        What::End | What::Warning => return Ok(false),
    };
    write_unattended(conn, kind.on(id.0).within(row.partnership_id.0), now)?;
    Ok(true)
}
