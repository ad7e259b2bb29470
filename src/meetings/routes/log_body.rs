//! What an officer tells of a meeting, as it is sent.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::ids::{AccountId, AreaId, MeetingId, PartnershipId};
use crate::meetings::log_model::{
    GroupKind, LogCommitment, LogContent, LogCounts, LogFollowUp, LogInternal, LogReferral, LogRole, LogText,
    ReferralKind,
};
use crate::meetings::parts::LogPartId;
use crate::meetings::visits::name_of;
use crate::platform::db::AnyId;
use crate::platform::error::{FieldCode, FieldError};
use crate::platform::http::{Check, wrong};
use crate::platform::text::{Day, Language, Line, Prose, TimeOfDay, Zone};
use crate::platform::values::{Affirmed, List, Whole};

/// How many people of each side were there.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLogCounts {
    /// Residents and their groups.
    community: Whole<0, 10_000>,
    /// Officers, yourself among them.
    police: Whole<0, 10_000>,
    /// City, school and service partners.
    agency: Whole<0, 10_000>,
}
impl From<NewLogCounts> for LogCounts {
    fn from(new: NewLogCounts) -> Self {
        Self { community: new.community.get(), police: new.police.get(), agency: new.agency.get() }
    }
}

/// Something that you promised.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLogCommitment {
    /// What.
    what: Prose<1, 500>,
    /// By when.
    due_on: Day,
}
impl From<NewLogCommitment> for LogCommitment {
    fn from(new: NewLogCommitment) -> Self {
        Self { what: new.what.into(), due_on: new.due_on }
    }
}

/// Something to be done next.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLogFollowUp {
    /// What.
    what: Prose<1, 500>,
    /// By when.
    due_on: Day,
    /// The member of the partnership who is to do it; where nobody is named, it is open to all of them.
    assignee_id: Option<AccountId>,
}
impl From<NewLogFollowUp> for LogFollowUp {
    fn from(new: NewLogFollowUp) -> Self {
        Self { what: new.what.into(), due_on: Some(new.due_on), assignee_id: new.assignee_id }
    }
}

/// Something that you passed on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLogReferral {
    /// Where to.
    kind: ReferralKind,
    /// What else is to be known; for kind `other`, where to.
    note: Option<Prose<1, 500>>,
}
impl NewLogReferral {
    /// Whether it says where to.
    pub const fn is_told(&self) -> bool {
        says_where(self.kind, self.note.is_some())
    }
}
impl From<NewLogReferral> for LogReferral {
    fn from(new: NewLogReferral) -> Self {
        Self { kind: new.kind, note: new.note.map(Into::into) }
    }
}

/// Something that you promised, as it is to be said now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendedCommitment {
    /// The part of the log that it is; where nothing is said, the one that says the same, or a new one.
    pub id: Option<LogPartId>,
    /// What.
    what: Prose<1, 500>,
    /// By when.
    due_on: Day,
}
impl From<AmendedCommitment> for LogCommitment {
    fn from(amended: AmendedCommitment) -> Self {
        let AmendedCommitment { id: _, what, due_on } = amended;
        NewLogCommitment { what, due_on }.into()
    }
}

/// Something to be done next, as it is to be said now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendedFollowUp {
    /// The part of the log that it is; where nothing is said, the one that says the same, or a new one.
    pub id: Option<LogPartId>,
    /// What.
    what: Prose<1, 500>,
    /// By when.
    due_on: Day,
    /// The member of the partnership who is to do it; where nobody is named, it is open to all of them.
    assignee_id: Option<AccountId>,
}
impl From<AmendedFollowUp> for LogFollowUp {
    fn from(amended: AmendedFollowUp) -> Self {
        let AmendedFollowUp { id: _, what, due_on, assignee_id } = amended;
        NewLogFollowUp { what, due_on, assignee_id }.into()
    }
}

/// Something that you passed on, as it is to be said now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendedReferral {
    /// The part of the log that it is; where nothing is said, the one that says the same, or a new one.
    pub id: Option<LogPartId>,
    /// Where to.
    kind: ReferralKind,
    /// What else is to be known; for kind `other`, where to.
    note: Option<Prose<1, 500>>,
}
impl AmendedReferral {
    /// Whether it says where to.
    pub const fn is_told(&self) -> bool {
        says_where(self.kind, self.note.is_some())
    }
}
impl From<AmendedReferral> for LogReferral {
    fn from(amended: AmendedReferral) -> Self {
        let AmendedReferral { id: _, kind, note } = amended;
        NewLogReferral { kind, note }.into()
    }
}

const fn says_where(kind: ReferralKind, has_note: bool) -> bool {
    has_note || !matches!(kind, ReferralKind::Other)
}

/// Refuses what was passed on to somewhere else without a word where that is.
pub fn demand_notes(told: impl Iterator<Item = bool>, errors: &mut Vec<FieldError>) {
    for (n, _) in told.enumerate().filter(|(_, is_told)| !is_told) {
        errors.push(wrong(format!("/referrals/{n}/note"), FieldCode::Required, "must say where, for kind other"));
    }
}

/// Entries as they are stored.
pub fn stored<T: Into<U>, U, const MIN: usize, const MAX: usize>(list: List<T, MIN, MAX>) -> Vec<U> {
    list.into_vec().into_iter().map(Into::into).collect()
}

/// A meeting that you attended. Of `group_name` and `meeting_id` exactly one is given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "client_uuid": "3f0c8f6e-58b0-4a4c-9d0e-0d9c6c1f6a11", "attended_on": "2027-03-01", "start": "10:00", "end": "11:15",
    "group_kind": "neighborhood_watch", "group_name": "Elm Street Watch",
    "area_id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d13", "role": "attended",
    "counts": {"community": 12, "police": 1, "agency": 0},
    "summary": "Lamps behind the laundry, and cars without plates.", "no_cji_attestation": true
}))]
pub struct LogMeeting {
    /// An id that your device made: the same log sent again is the same log.
    pub client_uuid: AnyId,
    /// The day, where it took place.
    attended_on: Day,
    /// When it began, on the clock there.
    start: TimeOfDay,
    /// When it ended, on the clock there: not before the start, at most 16 hours after it, and at most 15 minutes from now.
    end: TimeOfDay,
    /// `true` where it ended on the day after `attended_on`: the visit went on over midnight.
    #[serde(default)]
    ends_next_day: bool,
    /// What kind of group met.
    group_kind: GroupKind,
    /// The district or beat.
    pub area_id: AreaId,
    /// What you did there.
    role: LogRole,
    /// How many people were there.
    counts: NewLogCounts,
    /// What happened.
    summary: Prose<1, 2000>,
    /// You say that nothing in this log is criminal justice information: no names of suspects, no case details.
    #[expect(dead_code, reason = "that it was said is all there is to know")]
    no_cji_attestation: Affirmed,
    /// The group's name, where the meeting is not one of ours.
    group_name: Option<Line<2, 120>>,
    /// The meeting, where it is one of ours: not cancelled, on that day, and still there after it began, or there within an hour
    /// after its end.
    pub meeting_id: Option<MeetingId>,
    /// The partnership that it is linked to; needed where a partnership met and no meeting is given.
    pub partnership_id: Option<PartnershipId>,
    /// The zone of the clock there; that of the area's agency where nothing is said.
    pub time_zone: Option<Zone>,
    /// What was talked about.
    #[serde(default)]
    topics: List<Line<1, 80>, 0, 20>,
    /// What people were worried about.
    #[serde(default)]
    concerns: List<Prose<1, 500>, 0, 20>,
    /// What you promised.
    #[serde(default)]
    commitments: List<NewLogCommitment, 0, 20>,
    /// What is to be done next: tasks of the partnership that the log is linked to, or your own.
    #[serde(default)]
    follow_ups: List<NewLogFollowUp, 0, 20>,
    /// What you passed on; for officers only.
    #[serde(default)]
    referrals: List<NewLogReferral, 0, 20>,
    /// What was handed out.
    handouts: Option<Prose<1, 500>>,
    /// The language that was spoken.
    language: Option<Language>,
    /// Minutes of preparation; for officers only.
    prep_minutes: Option<Whole<0, 1440>>,
    /// Minutes of travel; for officers only.
    travel_minutes: Option<Whole<0, 1440>>,
    /// When the group meets next.
    next_date: Option<Day>,
    /// How it felt, from 1 (bad) to 5 (good); for officers only.
    mood: Option<Whole<1, 5>>,
    /// Photos and recordings: what they show, and where they are kept; for officers only.
    #[serde(default)]
    media: List<Line<3, 500>, 0, 10>,
}
impl Check for LogMeeting {
    fn check(&self, errors: &mut Vec<FieldError>) {
        demand_notes(self.referrals.as_slice().iter().map(NewLogReferral::is_told), errors);
    }
}

impl LogMeeting {
    /// What puts several logs in an order that does not depend on how they were sent.
    pub fn place(&self) -> (Day, TimeOfDay, AnyId) {
        (self.attended_on, self.start, self.client_uuid)
    }

    /// The name of the visit that it tells of, where that was to a group that is not one of ours.
    pub fn visit(&self) -> Option<i64> {
        name_of(self.group_kind, self.group_name.as_ref().map(Line::as_str), self.attended_on.0)
    }

    /// What the log says.
    pub fn text(self, time_zone: Zone, partnership_id: Option<PartnershipId>) -> LogText {
        let content = LogContent {
            attended_on: self.attended_on,
            start: self.start,
            end: self.end,
            ends_next_day: self.ends_next_day,
            time_zone,
            group_kind: self.group_kind,
            group_name: self.group_name.map(Into::into),
            meeting_id: self.meeting_id,
            partnership_id,
            area_id: self.area_id,
            role: self.role,
            counts: self.counts.into(),
            summary: self.summary.into(),
            topics: stored(self.topics),
            concerns: stored(self.concerns),
            commitments: stored(self.commitments),
            follow_ups: stored(self.follow_ups),
            handouts: self.handouts.map(Into::into),
            language: self.language.map(Into::into),
            next_date: self.next_date,
        };
        let internal = LogInternal {
            referrals: stored(self.referrals),
            prep_minutes: self.prep_minutes.map(Whole::get),
            travel_minutes: self.travel_minutes.map(Whole::get),
            mood: self.mood.map(Whole::get),
            media: stored(self.media),
        };
        LogText { content, internal }
    }
}
