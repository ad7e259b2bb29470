//! Rows and words of series.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::plan::{Plan, Slot, Wanted, plan};
use super::rule::Given;
use crate::ids::{AccountId, AreaId, MeetingId, MeetingSeriesId, PartnershipId};
use crate::meetings::model::{
    AnswerCounts, Meeting, MeetingFormat, MeetingKind, MeetingState, MeetingVisibility, PlaceKind,
};
use crate::platform::clock::Instant;
use crate::platform::db::Json;
use crate::platform::error::{Error, Result};
use crate::platform::text::{LocalTime, Zone, fold};
use crate::schema::{meeting_series, series_instances};
use crate::text_enum;

text_enum! {
    /// Where a series stands.
    pub enum SeriesState {
        /// Its meetings take place, or have taken place.
        Running = "running",
        /// All of its meetings are another series' now.
        Continued = "continued",
        /// Its meetings that were to come are cancelled.
        Cancelled = "cancelled",
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = meeting_series, treat_none_as_default_value = false)]
pub struct MeetingSeries {
    pub id: MeetingSeriesId,
    pub partnership_id: PartnershipId,
    pub area_id: AreaId,
    pub follows_id: Option<MeetingSeriesId>,
    pub kind: MeetingKind,
    pub format: MeetingFormat,
    pub title: String,
    pub purpose: Option<String>,
    pub rule: String,
    pub starts_local: String,
    pub ends_local: String,
    pub time_zone: String,
    pub last_local: String,
    pub last_starts_at: Instant,
    pub excluded: Json<Vec<NaiveDate>>,
    pub place_kind: PlaceKind,
    pub place_name: String,
    pub place_address: Option<String>,
    pub visibility: MeetingVisibility,
    pub capacity: Option<i32>,
    pub languages: Json<Vec<String>>,
    pub accessibility: Option<String>,
    pub state: SeriesState,
    pub cancel_reason: Option<String>,
    pub sequence: i32,
    pub planned_until: Instant,
    pub scheduled_by_id: AccountId,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = series_instances, treat_none_as_default_value = false)]
pub struct SeriesInstance {
    pub meeting_id: MeetingId,
    pub series_id: MeetingSeriesId,
    pub recurrence_local: String,
    pub is_changed: bool,
}

/// The place of a meeting in a series: by which time the rule has it, and whether it was changed by itself.
#[derive(Debug, Clone, Queryable)]
pub struct InSeries {
    pub series_id: MeetingSeriesId,
    pub recurrence_local: String,
    pub is_changed: bool,
}

fn stored<T: std::str::FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| Error::fault(format!("{text:?} in a series in the database")))
}

/// A local time as the database has it.
pub fn local(text: &str) -> Result<LocalTime> {
    stored(text)
}

impl MeetingSeries {
    /// The zone of its clock.
    pub fn zone(&self) -> Result<Zone> {
        stored(&self.time_zone)
    }

    /// Its rule as a request would write it, with its end.
    pub fn given(&self) -> Result<Given> {
        let last = local(&self.last_local)?;
        stored(&format!("{};UNTIL={}", self.rule, last.0.format("%Y%m%d")))
    }

    /// The days that are left out, up to and including this one.
    pub fn excluded_until(&self, last: NaiveDate) -> Json<Vec<NaiveDate>> {
        Json(self.excluded.0.iter().copied().filter(|day| *day <= last).collect())
    }

    /// The meetings that its rule has.
    pub fn plan(&self) -> Result<Plan> {
        let wanted = Wanted {
            starts: local(&self.starts_local)?,
            ends: local(&self.ends_local)?,
            zone: self.zone()?,
            except: &self.excluded.0,
        };
        plan(&self.given()?, wanted).map_err(|errors| Error::fault(format!("a stored series does not do: {errors:?}")))
    }

    /// A meeting of the series before it that goes on as its meeting at `slot`: the same one, with its answers, saying what
    /// this series says.
    pub fn going_on(&self, meeting: Meeting, slot: &Slot, now: Instant) -> Result<Meeting> {
        let (new, _) = self.meeting(slot, now)?;
        Ok(Meeting {
            id: meeting.id,
            places_taken: meeting.places_taken,
            answers: meeting.answers,
            state: meeting.state,
            noticed_sequence: meeting.noticed_sequence,
            sequence: meeting.sequence,
            scheduled_by_id: meeting.scheduled_by_id,
            version: meeting.version + 1,
            created_at: meeting.created_at,
            ..new
        })
    }

    /// Its meeting at `slot`, and what ties the two together.
    pub fn meeting(&self, slot: &Slot, now: Instant) -> Result<(Meeting, SeriesInstance)> {
        let lasts = local(&self.ends_local)?.0 - local(&self.starts_local)?.0;
        let starts = LocalTime(slot.local).to_string();
        let meeting = Meeting {
            id: MeetingId::new(),
            partnership_id: self.partnership_id,
            area_id: self.area_id,
            kind: self.kind,
            format: self.format,
            title: self.title.clone(),
            title_key: fold(&self.title),
            purpose: self.purpose.clone(),
            starts_local: starts.clone(),
            ends_local: LocalTime(slot.local + lasts).to_string(),
            time_zone: self.time_zone.clone(),
            starts_at: slot.span.starts_at,
            ends_at: slot.span.ends_at,
            place_kind: self.place_kind,
            place_name: self.place_name.clone(),
            place_address: self.place_address.clone(),
            visibility: self.visibility,
            capacity: self.capacity,
            places_taken: 0,
            answers: Json(AnswerCounts::default()),
            languages: Json(self.languages.0.clone()),
            accessibility: self.accessibility.clone(),
            state: MeetingState::Scheduled,
            sequence: 0,
            cancel_reason: None,
            started_at: None,
            adjourned_at: None,
            scheduled_by_id: self.scheduled_by_id,
            version: 1,
            created_at: now,
            updated_at: now,
            noticed_sequence: None,
        };
        let instance =
            SeriesInstance { meeting_id: meeting.id, series_id: self.id, recurrence_local: starts, is_changed: false };
        Ok((meeting, instance))
    }
}
