//! Amending an officer's log, and what civilian leaders say of it.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::accounts::Ctx;
use crate::ids::{AreaId, MeetingId, OfficerLogId, PartnershipId};
use crate::meetings::events;
use crate::meetings::log_model::{GroupKind, LogContent, LogInternal, LogRole, LogText, OfficerLog, OfficerLogState};
use crate::meetings::log_policy::Action as LogAction;
use crate::meetings::log_rules::{self, is_answerable};
use crate::meetings::parts::{self, LogPartId, Meant, Saying};
use crate::meetings::queries::logs as rows;
use crate::meetings::routes::log_body::{
    AmendedCommitment, AmendedFollowUp, AmendedReferral, NewLogCounts, demand_notes, stored,
};
use crate::meetings::routes::log_shown::{OfficerLogDetail, find_for, one};
use crate::meetings::routes::logs::{
    demand_new, demand_references, hold, is_at_work, linked, on_log, time_of, version_of,
};
use crate::meetings::visits;
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{Check, IfMatch, Path, Reply, Valid, wrong};
use crate::platform::lifecycle::Lifecycle as _;
use crate::platform::record::Kind;
use crate::platform::record::timeline::has_happened;
use crate::platform::text::{Day, Language, Line, Prose, TimeOfDay, Zone};
use crate::platform::values::{Affirmed, Change, List, Patch, Whole};

/// What a log is to say instead, and why; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "counts": {"community": 14, "police": 1, "agency": 0}, "reason": "Two came late and were not counted.",
    "no_cji_attestation": true
}))]
pub struct AmendOfficerLog {
    /// Why; whoever reads the log reads it.
    reason: Prose<3, 500>,
    /// You say that nothing in this log is criminal justice information: no names of suspects, no case details.
    #[expect(dead_code, reason = "that it was said is all there is to know")]
    no_cji_attestation: Affirmed,
    /// The day, where it took place.
    #[serde(default)]
    attended_on: Change<Day>,
    /// When it began, on the clock there.
    #[serde(default)]
    start: Change<TimeOfDay>,
    /// When it ended, on the clock there.
    #[serde(default)]
    end: Change<TimeOfDay>,
    /// Whether that was on the day after.
    #[serde(default)]
    ends_next_day: Change<bool>,
    /// The zone of that clock.
    #[serde(default)]
    time_zone: Change<Zone>,
    /// What kind of group met.
    #[serde(default)]
    group_kind: Change<GroupKind>,
    /// The group's name; `null` together with a `meeting_id`.
    #[serde(default)]
    group_name: Patch<Line<2, 120>>,
    /// The meeting; `null` together with a `group_name`.
    #[serde(default)]
    meeting_id: Patch<MeetingId>,
    /// The partnership that it is linked to.
    #[serde(default)]
    partnership_id: Patch<PartnershipId>,
    /// The district or beat.
    #[serde(default)]
    area_id: Change<AreaId>,
    /// What you did there.
    #[serde(default)]
    role: Change<LogRole>,
    /// How many people were there.
    #[serde(default)]
    counts: Change<NewLogCounts>,
    /// What happened.
    #[serde(default)]
    summary: Change<Prose<1, 2000>>,
    /// What was talked about; lists replace the whole list.
    #[serde(default)]
    topics: Change<List<Line<1, 80>, 0, 20>>,
    /// What people were worried about.
    #[serde(default)]
    concerns: Change<List<Prose<1, 500>, 0, 20>>,
    /// What you promised: the whole list, each with its `id` where it was there before and is said otherwise.
    #[serde(default)]
    commitments: Change<List<AmendedCommitment, 0, 20>>,
    /// What is to be done next, likewise.
    #[serde(default)]
    follow_ups: Change<List<AmendedFollowUp, 0, 20>>,
    /// What you passed on, likewise.
    #[serde(default)]
    referrals: Change<List<AmendedReferral, 0, 20>>,
    /// What was handed out.
    #[serde(default)]
    handouts: Patch<Prose<1, 500>>,
    /// The language that was spoken.
    #[serde(default)]
    language: Patch<Language>,
    /// Minutes of preparation.
    #[serde(default)]
    prep_minutes: Patch<Whole<0, 1440>>,
    /// Minutes of travel.
    #[serde(default)]
    travel_minutes: Patch<Whole<0, 1440>>,
    /// When the group meets next.
    #[serde(default)]
    next_date: Patch<Day>,
    /// How it felt, from 1 (bad) to 5 (good).
    #[serde(default)]
    mood: Patch<Whole<1, 5>>,
    /// Photos and recordings.
    #[serde(default)]
    media: Change<List<Line<3, 500>, 0, 10>>,
}
impl AmendOfficerLog {
    /// The names of the visit that the log tells of, and of the one that it is to tell of.
    fn visits(&self, before: &OfficerLog) -> impl Iterator<Item = i64> + use<> {
        let kind = self.group_kind.value().copied().unwrap_or(before.group_kind);
        let group = self.group_name.value().map(Line::as_str).or(before.group_name.as_deref());
        let day = self.attended_on.value().map_or(before.attended_on, |day| day.0);
        let told = visits::name_of(before.group_kind, before.group_name.as_deref(), before.attended_on);
        told.into_iter().chain(visits::name_of(kind, group, day))
    }

    /// Names of the fields that are given.
    fn given(&self) -> Vec<&'static str> {
        [
            ("attended_on", self.attended_on.is_given()),
            ("start", self.start.is_given()),
            ("end", self.end.is_given()),
            ("ends_next_day", self.ends_next_day.is_given()),
            ("time_zone", self.time_zone.is_given()),
            ("group_kind", self.group_kind.is_given()),
            ("group_name", self.group_name.is_given()),
            ("meeting_id", self.meeting_id.is_given()),
            ("partnership_id", self.partnership_id.is_given()),
            ("area_id", self.area_id.is_given()),
            ("role", self.role.is_given()),
            ("counts", self.counts.is_given()),
            ("summary", self.summary.is_given()),
            ("topics", self.topics.is_given()),
            ("concerns", self.concerns.is_given()),
            ("commitments", self.commitments.is_given()),
            ("follow_ups", self.follow_ups.is_given()),
            ("referrals", self.referrals.is_given()),
            ("handouts", self.handouts.is_given()),
            ("language", self.language.is_given()),
            ("prep_minutes", self.prep_minutes.is_given()),
            ("travel_minutes", self.travel_minutes.is_given()),
            ("next_date", self.next_date.is_given()),
            ("mood", self.mood.is_given()),
            ("media", self.media.is_given()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect()
    }

    /// The parts of the log that the entries of its lists are, where that is told.
    fn meant(&self) -> Meant {
        fn ids<T, const MIN: usize, const MAX: usize>(
            list: &Change<List<T, MIN, MAX>>,
            id: fn(&T) -> Option<LogPartId>,
        ) -> Vec<Option<LogPartId>> {
            list.value().map(|list| list.as_slice().iter().map(id).collect()).unwrap_or_default()
        }
        Meant {
            commitments: ids(&self.commitments, |entry| entry.id),
            follow_ups: ids(&self.follow_ups, |entry| entry.id),
            referrals: ids(&self.referrals, |entry| entry.id),
        }
    }

    /// What the log says with these changes.
    fn apply(self, to: LogText) -> LogText {
        let LogText { content: old, internal } = to;
        // A meeting brings its partnership along, unless another one is named.
        let brings = self.meeting_id.value().is_some() && !self.partnership_id.is_given();
        let partnership_id = if brings { None } else { patched(self.partnership_id, old.partnership_id) };
        let content = LogContent {
            attended_on: changed(self.attended_on, old.attended_on),
            start: changed(self.start, old.start),
            end: changed(self.end, old.end),
            ends_next_day: changed(self.ends_next_day, old.ends_next_day),
            time_zone: changed(self.time_zone, old.time_zone),
            group_kind: changed(self.group_kind, old.group_kind),
            group_name: patched(self.group_name, old.group_name),
            meeting_id: patched(self.meeting_id, old.meeting_id),
            partnership_id,
            area_id: changed(self.area_id, old.area_id),
            role: changed(self.role, old.role),
            counts: changed(self.counts, old.counts),
            summary: changed(self.summary, old.summary),
            topics: replaced(self.topics, old.topics),
            concerns: replaced(self.concerns, old.concerns),
            commitments: replaced(self.commitments, old.commitments),
            follow_ups: replaced(self.follow_ups, old.follow_ups),
            handouts: patched(self.handouts, old.handouts),
            language: patched(self.language, old.language),
            next_date: patched(self.next_date, old.next_date),
        };
        let number = |patch: Patch<i32>, old| patched(patch, old);
        let internal = LogInternal {
            referrals: replaced(self.referrals, internal.referrals),
            prep_minutes: number(plain(self.prep_minutes), internal.prep_minutes),
            travel_minutes: number(plain(self.travel_minutes), internal.travel_minutes),
            mood: number(plain(self.mood), internal.mood),
            media: replaced(self.media, internal.media),
        };
        LogText { content, internal }
    }
}
impl Check for AmendOfficerLog {
    fn check(&self, errors: &mut Vec<FieldError>) {
        if let Some(referrals) = self.referrals.value() {
            demand_notes(referrals.as_slice().iter().map(AmendedReferral::is_told), errors);
        }
        if self.given().is_empty() {
            errors.push(wrong("", FieldCode::Required, "change at least one field"));
        }
    }
}

fn changed<T: Into<U>, U>(change: Change<T>, old: U) -> U {
    change.changeset(Into::into).unwrap_or(old)
}

fn patched<T: Into<U>, U>(patch: Patch<T>, old: Option<U>) -> Option<U> {
    patch.changeset(Into::into).unwrap_or(old)
}

fn replaced<T: Into<U>, U, const MIN: usize, const MAX: usize>(
    change: Change<List<T, MIN, MAX>>,
    old: Vec<U>,
) -> Vec<U> {
    change.changeset(stored).unwrap_or(old)
}

fn plain<const MIN: i32, const MAX: i32>(patch: Patch<Whole<MIN, MAX>>) -> Patch<i32> {
    match patch {
        Patch::Keep => Patch::Keep,
        Patch::Clear => Patch::Clear,
        Patch::Set(number) => Patch::Set(number.get()),
    }
}

/// Why a log is disputed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisputeOfficerLog {
    /// What was otherwise; whoever reads the log reads it.
    reason: Prose<3, 1000>,
}
impl Check for DisputeOfficerLog {}

/// Amends your log: what it said before is kept, and civilian leaders are asked anew.
///
/// The same rules hold as for a new one. Whether it was late stays as it was. An entry of a list that names its part (`id`, from
/// `parts`) says that part otherwise: the commitment or the task that it became is the same one, and says so too. What the list
/// has no more is taken back, with the reason: you are released from the commitment, the task is cancelled. What was kept,
/// broken or done stays in the list, and so does a promise that is late. Linked to another partnership, or to none, it takes back
/// likewise what became of it there; a log that was ever confirmed or disputed stays with the partnership whose leaders did.
#[utoipa::path(post, path = "/officer-logs/{officer_log_id}/amend",
    tag = "officer-logs", security(("bearer" = [])),
    params(("officer_log_id" = OfficerLogId, Path, description = "The log."), IfMatchParam),
    request_body = AmendOfficerLog, responses((status = 200, body = OfficerLogDetail)))]
pub async fn amend_officer_log(
    ctx: Ctx,
    id: Path<OfficerLogId>,
    if_match: IfMatch,
    body: Valid<AmendOfficerLog>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let me = actor.person()?.id;
        // Partnerships, officer and visits before the log, as a new log takes them.
        let before = rows::find(tx, id.0)?.filter(|row| row.officer_id == me);
        let partnerships = [before.as_ref().and_then(|row| row.partnership_id), body.0.partnership_id.value().copied()];
        let of_meeting = linked(tx, body.0.meeting_id.value().copied(), None)?;
        let visits = before.as_ref().map(|row| body.0.visits(row)).into_iter().flatten();
        hold(tx, me, partnerships.into_iter().flatten().chain(of_meeting), visits)?;
        let (row, face) = find_for(tx, actor, id.0, LogAction::AmendOfficerLog, true, now)?;
        if_match.demand(row.version)?;
        if before.is_some_and(|before| before.version != row.version) {
            // What is held is of what it said before.
            return Err(Error::unavailable(1, "the log was amended at this very moment"));
        }
        row.state.demand(OfficerLogState::Submitted)?;
        let given = body.0.given();
        let reason = body.0.reason.to_string();
        let meant = body.0.meant();
        let pointer = if body.0.partnership_id.is_given() { "/partnership_id" } else { "/meeting_id" };
        let old = row.text()?;
        let mut text = body.0.apply(old.clone());
        text.content.partnership_id = linked(tx, text.content.meeting_id, text.content.partnership_id)?;
        let mut errors = Vec::new();
        let left = old.content.partnership_id.is_some() && old.content.partnership_id != text.content.partnership_id;
        if left && has_happened(tx, row.id.0, &[events::LOG_CONFIRMED, events::LOG_DISPUTED])? {
            let message = "must stay the partnership whose leaders confirmed or disputed the log";
            errors.push(wrong(pointer, FieldCode::Refused, message));
        }
        log_rules::check(&text.content, &mut errors);
        let is_inside = demand_references(tx, actor, &text.content, Some(&old.content), now, &mut errors)?;
        let span = time_of(&text.content, now, errors)?;
        let mut near = rows::find_near(tx, row.officer_id, row.client_uuid, span.starts_at)?;
        near.retain(|near| near.id != row.id);
        demand_new(&near, &text.content)?;
        let number = rows::next_number(tx, row.id)?;
        let row = row.amended(text.clone(), span, now);
        rows::update(tx, &row)?;
        rows::insert_version(tx, &version_of(&row, text.clone(), number, Some(reason.clone())))?;
        let place = visits::place_of(tx, row.area_id)?;
        visits::join(tx, &row, place, now)?;
        let at_work = is_at_work(tx, &text.content)?;
        let saying = Saying { text: &text, meant, reason: Some(&reason), left, at_work, is_inside };
        parts::put_down(tx, &row, saying, now)?;
        let entry = on_log(events::LOG_AMENDED, &row).fact("number", number).changed(given).because(reason);
        let shown = one(tx, row, face)?;
        tx.recorded(entry, shown)
    })
    .await
}

async fn answer(
    ctx: Ctx,
    id: OfficerLogId,
    if_match: IfMatch,
    action: LogAction,
    to: OfficerLogState,
    kind: Kind,
    reason: Option<String>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let (row, face) = find_for(tx, actor, id, action, true, now)?;
        if_match.demand(row.version)?;
        row.state.demand(to)?;
        if !is_answerable(row.submitted_at, now) {
            return Err(Error::conflict("A log is confirmed or disputed within 14 days."));
        }
        let row = rows::decide(tx, id, to, by, reason.clone(), now)?;
        let entry = on_log(kind, &row);
        let entry = match reason {
            Some(reason) => entry.because(reason),
            None => entry,
        };
        let shown = one(tx, row, face)?;
        tx.recorded(entry, shown)
    })
    .await
}

/// Confirms that a log says what was so.
///
/// For a civilian leader of the partnership that it is linked to, within 14 days.
#[utoipa::path(post, path = "/officer-logs/{officer_log_id}/confirm",
    tag = "officer-logs", security(("bearer" = [])),
    params(("officer_log_id" = OfficerLogId, Path, description = "The log."), IfMatchParam),
    responses((status = 200, body = OfficerLogDetail)))]
pub async fn confirm_officer_log(ctx: Ctx, id: Path<OfficerLogId>, if_match: IfMatch) -> Result<Reply> {
    let (action, to) = (LogAction::ConfirmOfficerLog, OfficerLogState::Confirmed);
    answer(ctx, id.0, if_match, action, to, events::LOG_CONFIRMED, None).await
}

/// Says that a log does not say what was so, and why.
///
/// For a civilian leader of the partnership that it is linked to, within 14 days. The officer can amend it.
#[utoipa::path(post, path = "/officer-logs/{officer_log_id}/dispute",
    tag = "officer-logs", security(("bearer" = [])),
    params(("officer_log_id" = OfficerLogId, Path, description = "The log."), IfMatchParam),
    request_body = DisputeOfficerLog, responses((status = 200, body = OfficerLogDetail)))]
pub async fn dispute_officer_log(
    ctx: Ctx,
    id: Path<OfficerLogId>,
    if_match: IfMatch,
    body: Valid<DisputeOfficerLog>,
) -> Result<Reply> {
    let (action, to) = (LogAction::DisputeOfficerLog, OfficerLogState::Disputed);
    answer(ctx, id.0, if_match, action, to, events::LOG_DISPUTED, Some(body.0.reason.into())).await
}

crate::operations! {
    amend_officer_log,
    confirm_officer_log,
    dispute_officer_log,
}
