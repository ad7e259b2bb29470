//! Rows and words of officers' logs of meetings (`domain/60` 6.23).

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::log_rules::{Told, Visited};
use super::schedule::{Span, wall_clock};
use crate::ids::{AccountId, AgencyId, AreaId, MeetingId, OfficerLogId, PartnershipId};
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Json};
use crate::platform::error::{Error, Result};
use crate::platform::text::{Day, TimeOfDay, Zone};
use crate::schema::{officer_log_versions, officer_logs};
use crate::{id_type, text_enum};

id_type! {
    /// A log as it was submitted or amended.
    OfficerLogVersionId
}

text_enum! {
    /// What kind of group met.
    pub enum GroupKind {
        /// A neighborhood watch.
        NeighborhoodWatch = "neighborhood_watch",
        /// A business or merchant association.
        BusinessMerchantAssociation = "business_merchant_association",
        /// Citizen activists.
        CitizenActivist = "citizen_activist",
        /// A church or another community of faith.
        Faith = "faith",
        /// A public service agency.
        PublicServiceAgency = "public_service_agency",
        /// A school.
        School = "school",
        /// Tenants of a house or estate.
        Tenant = "tenant",
        /// One of the partnerships here.
        Partnership = "partnership",
        /// Any other.
        Other = "other",
    }
}

text_enum! {
    /// What the officer did there.
    pub enum LogRole {
        /// Was there.
        Attended = "attended",
        /// Presented something.
        Presented = "presented",
        /// Chaired it together with somebody.
        CoChaired = "co_chaired",
        /// Helped the group decide.
        Facilitated = "facilitated",
    }
}

text_enum! {
    /// Where something was passed on to.
    pub enum ReferralKind {
        /// Code enforcement.
        Code = "code",
        /// The city's service line.
        ServiceLine = "311",
        /// The bicycle unit.
        Bike = "bike",
        /// Selective enforcement.
        Selective = "selective",
        /// Somewhere else; the note says where.
        Other = "other",
    }
}

text_enum! {
    /// Where a log stands.
    pub enum OfficerLogState {
        /// Logged; where it is linked to a partnership, it waits for a civilian leader's answer.
        Submitted = "submitted",
        /// A civilian leader says that it was so.
        Confirmed = "confirmed",
        /// A civilian leader says that it was not, and why.
        Disputed = "disputed",
        /// No civilian leader answered in time.
        Unconfirmed = "unconfirmed",
    }
}

/// How many people of each side were there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogCounts {
    /// Residents and their groups.
    pub community: i32,
    /// Officers.
    pub police: i32,
    /// City, school and service partners.
    pub agency: i32,
}

/// Something that the officer promised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogCommitment {
    /// What.
    pub what: String,
    /// By when.
    pub due_on: Day,
}

/// Something to be done next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(from = "StoredFollowUp")]
pub struct LogFollowUp {
    /// What.
    pub what: String,
    /// By when; `null` only in logs from before days were asked for.
    pub due_on: Option<Day>,
    /// The member of the partnership who is to do it.
    pub assignee_id: Option<AccountId>,
}

/// A follow-up as it was stored: before it had parts, it was a sentence.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredFollowUp {
    Words(String),
    Whole { what: String, due_on: Option<Day>, assignee_id: Option<AccountId> },
}

impl From<StoredFollowUp> for LogFollowUp {
    fn from(stored: StoredFollowUp) -> Self {
        match stored {
            StoredFollowUp::Words(what) => Self { what, due_on: None, assignee_id: None },
            StoredFollowUp::Whole { what, due_on, assignee_id } => Self { what, due_on, assignee_id },
        }
    }
}

/// Something that the officer passed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogReferral {
    /// Where to.
    pub kind: ReferralKind,
    /// What else is to be known.
    pub note: Option<String>,
}

/// What a log says, to everybody who may read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogContent {
    /// The day, where it took place.
    pub attended_on: Day,
    /// When it began, on the clock there.
    pub start: TimeOfDay,
    /// When it ended, on the clock there.
    pub end: TimeOfDay,
    /// Whether that was on the day after.
    #[serde(default)]
    pub ends_next_day: bool,
    /// The zone of that clock.
    pub time_zone: Zone,
    /// What kind of group met.
    pub group_kind: GroupKind,
    /// The group's name, where the meeting is not one of ours.
    pub group_name: Option<String>,
    /// The meeting, where it is one of ours.
    pub meeting_id: Option<MeetingId>,
    /// The partnership that it is linked to; its civilian leaders confirm or dispute it.
    pub partnership_id: Option<PartnershipId>,
    /// The district or beat.
    pub area_id: AreaId,
    /// What the officer did there.
    pub role: LogRole,
    /// How many people were there.
    pub counts: LogCounts,
    /// What happened.
    pub summary: String,
    /// What was talked about.
    pub topics: Vec<String>,
    /// What people were worried about.
    pub concerns: Vec<String>,
    /// What the officer promised.
    pub commitments: Vec<LogCommitment>,
    /// What is to be done next.
    pub follow_ups: Vec<LogFollowUp>,
    /// What was handed out.
    pub handouts: Option<String>,
    /// The language that was spoken (BCP 47).
    pub language: Option<String>,
    /// When the group meets next.
    pub next_date: Option<Day>,
}

impl LogContent {
    /// From when to when the officer was there.
    pub fn told(&self) -> Told {
        Told {
            on: self.attended_on,
            start: self.start,
            end: self.end,
            ends_next_day: self.ends_next_day,
            zone: self.time_zone,
        }
    }
}

/// What a log says to officers only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogInternal {
    /// What was passed on.
    pub referrals: Vec<LogReferral>,
    /// Minutes of preparation.
    pub prep_minutes: Option<i32>,
    /// Minutes of travel.
    pub travel_minutes: Option<i32>,
    /// How it felt, from 1 (bad) to 5 (good).
    pub mood: Option<i32>,
    /// Photos and recordings: what they show, and where they are kept.
    #[serde(default)]
    pub media: Vec<String>,
}

/// All that a log says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogText {
    pub content: LogContent,
    pub internal: LogInternal,
}

/// The parts of a log that are read and written whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogDetails {
    pub topics: Vec<String>,
    pub concerns: Vec<String>,
    pub commitments: Vec<LogCommitment>,
    pub follow_ups: Vec<LogFollowUp>,
    pub referrals: Vec<LogReferral>,
    pub handouts: Option<String>,
    pub language: Option<String>,
    pub next_date: Option<Day>,
    #[serde(default)]
    pub media: Vec<String>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = officer_logs, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct OfficerLog {
    pub id: OfficerLogId,
    pub officer_id: AccountId,
    pub agency_id: AgencyId,
    pub client_uuid: AnyId,
    pub attended_on: NaiveDate,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub time_zone: String,
    pub group_kind: GroupKind,
    pub group_name: Option<String>,
    pub meeting_id: Option<MeetingId>,
    pub partnership_id: Option<PartnershipId>,
    pub area_id: AreaId,
    pub role: LogRole,
    pub community_count: i32,
    pub police_count: i32,
    pub agency_count: i32,
    pub summary: String,
    pub details: Json<LogDetails>,
    pub prep_minutes: Option<i32>,
    pub travel_minutes: Option<i32>,
    pub mood: Option<i32>,
    pub is_late: bool,
    pub state: OfficerLogState,
    pub decided_by_id: Option<AccountId>,
    pub decided_at: Option<Instant>,
    pub dispute_reason: Option<String>,
    pub submitted_at: Instant,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// A log as it was submitted or amended, whole.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = officer_log_versions, treat_none_as_default_value = false)]
pub struct OfficerLogVersion {
    pub id: OfficerLogVersionId,
    pub officer_log_id: OfficerLogId,
    pub number: i32,
    pub content: Json<LogText>,
    pub reason: Option<String>,
    pub created_at: Instant,
}

impl OfficerLog {
    /// Whom the log is about.
    pub fn visited(&self) -> Visited {
        Visited::new(self.group_name.as_deref(), self.area_id, self.meeting_id, self.partnership_id)
    }

    /// All that the log says.
    ///
    /// # Errors
    /// A fault when its time zone is not known any more.
    pub fn text(&self) -> Result<LogText> {
        let zone: Zone = self
            .time_zone
            .parse()
            .map_err(|_| Error::fault(format!("unknown time zone {:?} in the database", self.time_zone)))?;
        let clock = |at: Instant| TimeOfDay(wall_clock(at, zone).time());
        let LogDetails { topics, concerns, commitments, follow_ups, referrals, handouts, language, next_date, media } =
            self.details.0.clone();
        let content = LogContent {
            attended_on: Day(self.attended_on),
            start: clock(self.starts_at),
            end: clock(self.ends_at),
            ends_next_day: wall_clock(self.ends_at, zone).date() > self.attended_on,
            time_zone: zone,
            group_kind: self.group_kind,
            group_name: self.group_name.clone(),
            meeting_id: self.meeting_id,
            partnership_id: self.partnership_id,
            area_id: self.area_id,
            role: self.role,
            counts: LogCounts { community: self.community_count, police: self.police_count, agency: self.agency_count },
            summary: self.summary.clone(),
            topics,
            concerns,
            commitments,
            follow_ups,
            handouts,
            language,
            next_date,
        };
        let internal = LogInternal {
            referrals,
            prep_minutes: self.prep_minutes,
            travel_minutes: self.travel_minutes,
            mood: self.mood,
            media,
        };
        Ok(LogText { content, internal })
    }

    /// A log that was just submitted. `span` is what the times in `text` come to.
    pub fn new(head: LogHead, text: LogText, span: Span, now: Instant) -> Self {
        let LogHead { id, officer_id, agency_id, client_uuid, is_late } = head;
        let LogText { content, internal } = text;
        let LogInternal { referrals, prep_minutes, travel_minutes, mood, media } = internal;
        let LogContent {
            attended_on,
            start: _,
            end: _,
            ends_next_day: _,
            time_zone,
            group_kind,
            group_name,
            meeting_id,
            partnership_id,
            area_id,
            role,
            counts,
            summary,
            topics,
            concerns,
            commitments,
            follow_ups,
            handouts,
            language,
            next_date,
        } = content;
        let details =
            LogDetails { topics, concerns, commitments, follow_ups, referrals, handouts, language, next_date, media };
        Self {
            id,
            officer_id,
            agency_id,
            client_uuid,
            attended_on: attended_on.0,
            starts_at: span.starts_at,
            ends_at: span.ends_at,
            time_zone: time_zone.to_string(),
            group_kind,
            group_name,
            meeting_id,
            partnership_id,
            area_id,
            role,
            community_count: counts.community,
            police_count: counts.police,
            agency_count: counts.agency,
            summary,
            details: Json(details),
            prep_minutes,
            travel_minutes,
            mood,
            is_late,
            state: OfficerLogState::Submitted,
            decided_by_id: None,
            decided_at: None,
            dispute_reason: None,
            submitted_at: now,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// The same log saying something else from now on; whatever was said of it before counts no more.
    pub fn amended(self, text: LogText, span: Span, now: Instant) -> Self {
        let Self { id, officer_id, agency_id, client_uuid, is_late, version, created_at, .. } = self;
        let head = LogHead { id, officer_id, agency_id, client_uuid, is_late };
        Self { version: version + 1, created_at, ..Self::new(head, text, span, now) }
    }
}

/// What of a log stays as it is through all amendments.
#[derive(Debug, Clone, Copy)]
pub struct LogHead {
    pub id: OfficerLogId,
    pub officer_id: AccountId,
    pub agency_id: AgencyId,
    pub client_uuid: AnyId,
    pub is_late: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follow_ups_from_before_they_had_parts_are_still_read() {
        let read = |text: &str| serde_json::from_str::<LogFollowUp>(text).unwrap();
        let old = read(r#""Call public works.""#);
        assert_eq!(old, LogFollowUp { what: "Call public works.".into(), due_on: None, assignee_id: None });
        let new = LogFollowUp { due_on: Some("2027-03-20".parse().unwrap()), ..old };
        assert_eq!(read(&serde_json::to_string(&new).unwrap()), new);
    }
}
