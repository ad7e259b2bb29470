//! Where a point lies, and who is there for it.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::areas::AreaSummary;
use super::duty_contacts::{DutyContact, contacts};
use crate::accounts::Ctx;
use crate::directory::duty::local_day;
use crate::directory::emergency::EmergencyBlock;
use crate::directory::geometry::{Latitude, Longitude};
use crate::directory::model::{Agency, AgencyKind, Area, DutyRole};
use crate::directory::policy::{self, Action, NOTHING};
use crate::directory::queries::{agencies, duty, places};
use crate::ids::{AgencyId, AreaId};
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::{Filter, Found, Reply, wrong};

/// Officers that a place is told of at most.
const MOST_CONTACTS: usize = 100;
/// Officers that are looked at for it at most, before the nearest are chosen.
const MOST_ON_DUTY: i64 = 1_000;

/// A point.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Point {
    /// Degrees north (WGS84).
    #[param(inline, required = true, example = 39.1141)]
    lat: Option<Latitude>,
    /// Degrees east (WGS84).
    #[param(inline, required = true, example = -94.6275)]
    lon: Option<Longitude>,
}

impl Point {
    /// Both coordinates, or everything that is missing.
    fn both(&self) -> Result<(Longitude, Latitude)> {
        let required = |name: &str| wrong(name, FieldCode::Required, "is required");
        match (self.lon, self.lat) {
            (Some(lon), Some(lat)) => Ok((lon, lat)),
            (lon, lat) => {
                let missing = [lat.is_none().then(|| required("?lat")), lon.is_none().then(|| required("?lon"))];
                Err(Error::fields(missing.into_iter().flatten().collect()))
            }
        }
    }
}

/// An agency as other objects name it.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgencyRef {
    /// The agency.
    id: AgencyId,
    /// Its name.
    name: String,
    /// What it is.
    kind: AgencyKind,
}

/// What there is at a point.
#[derive(Debug, Serialize, ToSchema)]
pub struct Place {
    /// The areas that the point lies in, the widest first. A point on the line between two beats lies in both.
    areas: Vec<AreaSummary>,
    /// The agency of the narrowest of them; the police before all others.
    agency: Option<AgencyRef>,
    /// Who is on duty in these areas today, those of the narrowest first; at most 100.
    duty_contacts: Vec<DutyContact>,
    /// Who answers for the place: the commander of the narrowest area of the agency that shows one, or who stands in.
    commander: Option<DutyContact>,
    /// Whom to call: as the agency says, or, outside of all areas, as the police says where there is one police agency.
    emergency: Option<EmergencyBlock>,
}

/// The agency of the narrowest of these areas, which come widest first; the police before all others.
pub fn agency_among(conn: &mut Conn, areas: &[Area]) -> Result<Option<Agency>> {
    if areas.is_empty() {
        return Ok(None);
    }
    let mut agencies = agencies::find_all(conn, areas.iter().map(|area| area.agency_id).collect())?;
    let narrowest_first = || areas.iter().rev().map(|area| area.agency_id);
    let police = |id: &AgencyId| agencies.get(id).is_some_and(|agency| agency.kind == AgencyKind::Police);
    let chosen = narrowest_first().find(police).or_else(|| narrowest_first().next());
    Ok(chosen.and_then(|id| agencies.remove(&id)))
}

/// Nearest first: by the place of their areas in `areas`, from the end; in an area its commander, then who stands in.
fn nearest_first(contacts: &mut [DutyContact], areas: &[Area]) {
    let place = |id: AreaId| areas.iter().rev().position(|area| area.id == id);
    let role = |role| match role {
        DutyRole::Commander => 0,
        DutyRole::Delegate => 1,
        DutyRole::Officer => 2,
    };
    contacts.sort_by_key(|contact| (place(contact.area.id), role(contact.role), contact.assignment_id));
}

/// Tells the areas that a point lies in, their agency, who is on duty there, who answers for it and whom to call.
///
/// Areas without a geometry are found through the areas within them.
#[utoipa::path(get, path = "/locate",
    tag = "directory", security(()), params(Point), responses((status = 200, body = Place)))]
pub async fn locate_place(ctx: Ctx, point: Filter<Point>) -> Result<Reply> {
    let now = ctx.now();
    let (lon, lat) = point.0.both()?;
    ctx.read(move |conn, actor| {
        policy::demand(actor, NOTHING, Action::LocatePlace)?;
        let areas = places::list_areas_at(conn, lon, lat)?;
        let Some(agency) = agency_among(conn, &areas)? else {
            let emergency = agencies::find_only_police(conn)?.as_ref().map(EmergencyBlock::from);
            return Ok(Found(Place {
                areas: Vec::new(),
                agency: None,
                duty_contacts: Vec::new(),
                commander: None,
                emergency,
            }));
        };
        let today = local_day(agencies::read_zone(&agency.time_zone)?, now);
        let ids = areas.iter().map(|area| area.id).collect();
        let on_duty = duty::list_public_of(conn, ids, today, MOST_ON_DUTY)?;
        let mut duty_contacts = contacts(conn, &on_duty)?;
        nearest_first(&mut duty_contacts, &areas);
        let of_agency = |contact: &&DutyContact| {
            contact.role != DutyRole::Officer
                && areas.iter().any(|area| area.id == contact.area.id && area.agency_id == agency.id)
        };
        let commander = duty_contacts.iter().find(of_agency).cloned();
        duty_contacts.truncate(MOST_CONTACTS);
        Ok(Found(Place {
            emergency: Some(EmergencyBlock::from(&agency)),
            agency: Some(AgencyRef { id: agency.id, name: agency.name, kind: agency.kind }),
            areas: areas.into_iter().map(AreaSummary::new).collect(),
            duty_contacts,
            commander,
        }))
    })
    .await
}

crate::operations! {
    locate_place,
}
