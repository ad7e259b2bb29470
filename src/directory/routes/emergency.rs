//! Whom to call, here.

use serde::Deserialize;
use utoipa::IntoParams;

use super::locate::agency_among;
use crate::accounts::Ctx;
use crate::directory::emergency::EmergencyBlock;
use crate::directory::geometry::{Latitude, Longitude};
use crate::directory::policy::{self, Action, NOTHING};
use crate::directory::queries::{agencies, places};
use crate::ids::AgencyId;
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, FieldError, Problem, Result};
use crate::platform::http::{Filter, Found, Reply, wrong};

/// Whose emergency block: an agency's, or that of the agency at a point.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EmergencyQuery {
    /// Of this agency.
    #[param(inline)]
    agency_id: Option<AgencyId>,
    /// Of the agency at this point: degrees north (WGS84).
    #[param(inline)]
    lat: Option<Latitude>,
    /// Of the agency at this point: degrees east (WGS84).
    #[param(inline)]
    lon: Option<Longitude>,
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Whose {
    Agency(AgencyId),
    Point(Longitude, Latitude),
    Only,
}

impl EmergencyQuery {
    fn whose(&self) -> Result<Whose, Vec<FieldError>> {
        let required = |name: &str| wrong(name, FieldCode::Required, "is required with the other coordinate");
        let either = |name: &str| wrong(name, FieldCode::Inconsistent, "give an agency or a point, not both");
        match (self.agency_id, self.lon, self.lat) {
            (None, None, None) => Ok(Whose::Only),
            (Some(agency), None, None) => Ok(Whose::Agency(agency)),
            (None, Some(lon), Some(lat)) => Ok(Whose::Point(lon, lat)),
            (None, Some(_), None) => Err(vec![required("?lat")]),
            (None, None, Some(_)) => Err(vec![required("?lon")]),
            (Some(_), lon, lat) => {
                Err([lat.map(|_| either("?lat")), lon.map(|_| either("?lon"))].into_iter().flatten().collect())
            }
        }
    }
}

fn only_agency(conn: &mut Conn) -> Result<EmergencyBlock> {
    agencies::find_only_police(conn)?.as_ref().map(EmergencyBlock::from).ok_or_else(Error::not_found)
}

/// Tells whom to call.
///
/// Of an agency, of the agency at a point, or, without either, of the police where there is exactly one police agency; so
/// too for a point that lies in no area. 404 where none of these names an agency: in an emergency call 911 all the same.
#[utoipa::path(get, path = "/emergency",
    tag = "directory", security(()), params(EmergencyQuery), responses(
    (status = 200, body = EmergencyBlock),
    (status = 404, description = "No agency is known here.", body = Problem, content_type = "application/problem+json")))]
pub async fn get_emergency(ctx: Ctx, query: Filter<EmergencyQuery>) -> Result<Reply> {
    let whose = query.0.whose().map_err(Error::fields)?;
    ctx.read(move |conn, actor| {
        policy::demand(actor, NOTHING, Action::GetEmergency)?;
        let block = match whose {
            Whose::Only => only_agency(conn)?,
            Whose::Agency(id) => match agencies::find(conn, id)? {
                Some(agency) => EmergencyBlock::from(&agency),
                None => return Err(Error::field("?agency_id", FieldCode::NotFound, "there is no such agency")),
            },
            Whose::Point(lon, lat) => {
                let areas = places::list_areas_at(conn, lon, lat)?;
                match agency_among(conn, &areas)? {
                    Some(agency) => EmergencyBlock::from(&agency),
                    None => only_agency(conn)?,
                }
            }
        };
        Ok(Found(block))
    })
    .await
}

crate::operations! {
    get_emergency,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agency_or_a_point_or_neither() {
        let id = AgencyId::new();
        let (lat, lon) = (Latitude::new(39.1).unwrap(), Longitude::new(-94.6).unwrap());
        let whose = |agency_id, lat, lon| {
            let errors = |errors: Vec<FieldError>| errors.into_iter().map(|e| e.pointer).collect::<Vec<_>>();
            EmergencyQuery { agency_id, lat, lon }.whose().map_err(errors)
        };
        assert_eq!(whose(None, None, None), Ok(Whose::Only));
        assert_eq!(whose(Some(id), None, None), Ok(Whose::Agency(id)));
        assert_eq!(whose(None, Some(lat), Some(lon)), Ok(Whose::Point(lon, lat)));
        assert_eq!(whose(None, Some(lat), None), Err(vec!["?lon".into()]));
        assert_eq!(whose(None, None, Some(lon)), Err(vec!["?lat".into()]));
        assert_eq!(whose(Some(id), Some(lat), Some(lon)), Err(vec!["?lat".into(), "?lon".into()]));
    }
}
