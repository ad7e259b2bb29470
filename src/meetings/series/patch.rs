//! What of a series can be changed, for all of its meetings or from one of them on.

use serde::Deserialize;
use utoipa::ToSchema;

use super::model::MeetingSeries;
use super::policy::{self, Action};
use super::queries::SeriesChanges;
use crate::accounts::Actor;
use crate::ids::AreaId;
use crate::meetings::model::{MeetingFormat, MeetingKind, MeetingVisibility};
use crate::meetings::open_meetings::demand_public;
use crate::meetings::queries::meetings::{MeetingChanges, differs};
use crate::meetings::routes::{PlaceChanges, demand_area, demand_purpose, each_once, fits, tags};
use crate::partnerships::Scoped;
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldError, Result};
use crate::platform::http::Check;
use crate::platform::text::{Language, Line, Prose, fold};
use crate::platform::values::{Change, List, Patch, Whole};

/// Changes to meetings of a series that are to come; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeetingSeriesPatch {
    /// What kind of meetings they are.
    #[serde(default)]
    kind: Change<MeetingKind>,
    /// How people take part.
    #[serde(default)]
    format: Change<MeetingFormat>,
    /// What they are called.
    #[serde(default)]
    title: Change<Line<3, 120>>,
    /// What they are for; of special meetings needed.
    #[serde(default)]
    purpose: Patch<Prose<1, 2000>>,
    /// Where they take place.
    #[serde(default)]
    place: Change<PlaceChanges>,
    /// Who sees that they take place.
    #[serde(default)]
    visibility: Change<MeetingVisibility>,
    /// How many people the place takes, not fewer than have said yes to one of them; `null` lets everybody come.
    #[serde(default)]
    capacity: Patch<Whole<1, 100_000>>,
    /// The area that they are for.
    #[serde(default)]
    area_id: Change<AreaId>,
    /// Languages that are spoken or interpreted; they replace the whole list.
    #[serde(default)]
    languages: Change<List<Language, 0, 20>>,
    /// What people with disabilities should know.
    #[serde(default)]
    accessibility: Patch<Prose<1, 1000>>,
}
impl Check for MeetingSeriesPatch {
    fn check(&self, errors: &mut Vec<FieldError>) {
        if let Some(languages) = self.languages.value() {
            each_once(languages.as_slice(), errors);
        }
    }
}

impl MeetingSeriesPatch {
    /// Names of the fields that it gives.
    pub fn given(&self) -> Vec<&'static str> {
        [
            ("kind", self.kind.is_given()),
            ("format", self.format.is_given()),
            ("title", self.title.is_given()),
            ("purpose", self.purpose.is_given()),
            ("place", self.place.is_given()),
            ("visibility", self.visibility.is_given()),
            ("capacity", self.capacity.is_given()),
            ("area_id", self.area_id.is_given()),
            ("languages", self.languages.is_given()),
            ("accessibility", self.accessibility.is_given()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect()
    }

    /// What it comes to, beside the series as it stands. Nobody makes of it a series that they could not have put down.
    /// `within` is the pointer to this patch in the request.
    ///
    /// # Errors
    /// 403 for who may not put down such meetings; 422 with the fields.
    pub fn changes(
        self,
        conn: &mut Conn,
        actor: &Actor,
        scoped: &Scoped,
        row: &MeetingSeries,
        within: &str,
    ) -> Result<SeriesChanges> {
        let place_given = self.place.is_given();
        let place = match self.place {
            Change::Keep => PlaceChanges::default(),
            Change::Set(place) => place,
        };
        let place_kind = place.kind.value().copied().unwrap_or(row.place_kind);
        let visibility = self.visibility.value().copied().unwrap_or(row.visibility);
        if visibility != row.visibility {
            policy::demand(actor, &scoped.standing, visibility, Action::CreateMeetingSeries)?;
        }
        if self.visibility.is_given() || place.kind.is_given() {
            demand_public(conn, row.partnership_id, visibility, place_kind).map_err(|error| error.within(within))?;
        }
        let mut errors = Vec::new();
        if self.kind.is_given() || self.purpose.is_given() {
            let says_why = if self.purpose.is_given() { self.purpose.value().is_some() } else { row.purpose.is_some() };
            demand_purpose(self.kind.value().copied().unwrap_or(row.kind), says_why, &mut errors);
        }
        let blamed = if place_given { "/place/kind" } else { "/format" };
        fits(self.format.value().copied().unwrap_or(row.format), place_kind, blamed, &mut errors);
        if !errors.is_empty() {
            return Err(Error::fields(errors).within(within));
        }
        if let Some(area) = self.area_id.value() {
            demand_area(conn, *area).map_err(|error| error.within(within))?;
        }
        Ok(SeriesChanges {
            area_id: self.area_id.changeset(|area| area),
            kind: self.kind.changeset(|kind| kind),
            format: self.format.changeset(|format| format),
            title: self.title.changeset(Into::into),
            purpose: self.purpose.changeset(Into::into),
            place_kind: place.kind.changeset(|kind| kind),
            place_name: place.name.changeset(Into::into),
            place_address: place.address.changeset(Into::into),
            visibility: self.visibility.changeset(|visibility| visibility),
            capacity: self.capacity.changeset(Whole::get),
            languages: self.languages.changeset(tags),
            accessibility: self.accessibility.changeset(Into::into),
            ..SeriesChanges::default()
        })
    }
}

/// Refuses less room than is taken at one of the meetings, `taken` at most.
///
/// # Errors
/// A conflict.
pub fn demand_room(capacity: Option<i32>, taken: i32) -> Result<()> {
    match capacity.filter(|capacity| *capacity < taken) {
        Some(capacity) => {
            Err(Error::conflict(format!("At one of the meetings {taken} places are taken; {capacity} are not enough.")))
        }
        None => Ok(()),
    }
}

impl SeriesChanges {
    /// Whether the meetings take place elsewhere, or otherwise, than those of `row`: calendars and subscribers are to notice.
    pub fn moves(&self, row: &MeetingSeries) -> bool {
        differs(self.format.as_ref(), &row.format)
            || differs(self.place_kind.as_ref(), &row.place_kind)
            || differs(self.place_name.as_ref(), &row.place_name)
            || differs(self.place_address.as_ref(), &row.place_address)
    }

    /// Whether those who may attend have to be told anew, as of a single meeting: of another place, of a kind of meeting that
    /// wants less notice, or because others may attend.
    pub fn is_given_anew(&self, row: &MeetingSeries) -> bool {
        self.moves(row) || differs(self.kind.as_ref(), &row.kind) || differs(self.visibility.as_ref(), &row.visibility)
    }

    /// The same for each of the meetings.
    pub fn of_each(&self) -> MeetingChanges {
        MeetingChanges {
            area_id: self.area_id,
            kind: self.kind,
            format: self.format,
            title_key: self.title.as_deref().map(fold),
            title: self.title.clone(),
            purpose: self.purpose.clone(),
            place_kind: self.place_kind,
            place_name: self.place_name.clone(),
            place_address: self.place_address.clone(),
            visibility: self.visibility,
            capacity: self.capacity,
            languages: self.languages.clone(),
            accessibility: self.accessibility.clone(),
            ..MeetingChanges::default()
        }
    }

    /// The series as it is with what of it a patch can change.
    pub fn applied(self, row: MeetingSeries) -> MeetingSeries {
        MeetingSeries {
            area_id: self.area_id.unwrap_or(row.area_id),
            kind: self.kind.unwrap_or(row.kind),
            format: self.format.unwrap_or(row.format),
            title: self.title.unwrap_or(row.title),
            purpose: self.purpose.unwrap_or(row.purpose),
            place_kind: self.place_kind.unwrap_or(row.place_kind),
            place_name: self.place_name.unwrap_or(row.place_name),
            place_address: self.place_address.unwrap_or(row.place_address),
            visibility: self.visibility.unwrap_or(row.visibility),
            capacity: self.capacity.unwrap_or(row.capacity),
            languages: self.languages.unwrap_or(row.languages),
            accessibility: self.accessibility.unwrap_or(row.accessibility),
            ..row
        }
    }
}
