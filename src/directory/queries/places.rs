//! Which areas a point lies in.

use diesel::prelude::*;

use crate::directory::geometry::{Geometry, Latitude, Longitude};
use crate::directory::model::Area;
use crate::ids::AreaId;
use crate::platform::db::{Conn, Json, among};
use crate::platform::error::Result;
use crate::schema::{area_ancestors, areas};

/// The areas in use that the point lies in, the widest kind first: those whose geometry has it within, and, of what these
/// lie in, what has no geometry of its own. The index on the boxes leaves few to look at
/// exactly.
pub fn list_areas_at(conn: &mut Conn, lon: Longitude, lat: Latitude) -> Result<Vec<Area>> {
    let (lon, lat) = (lon.get(), lat.get());
    // The ids alone first: they stand in the index, and the rows, which are long, are read for few.
    let candidates: Vec<AreaId> = areas::table
        .filter(
            areas::retired_at
                .is_null()
                .and(areas::min_lat.le(lat))
                .and(areas::max_lat.ge(lat))
                .and(areas::min_lon.le(lon))
                .and(areas::max_lon.ge(lon)),
        )
        .select(areas::id)
        .load(conn)?;
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let outlines: Vec<(AreaId, Option<Json<Geometry>>)> =
        areas::table.filter(among(areas::id, candidates)).select((areas::id, areas::geometry)).load(conn)?;
    let around: Vec<AreaId> = outlines
        .into_iter()
        .filter(|(_, geometry)| geometry.as_ref().is_some_and(|json| json.0.contains(lon, lat)))
        .map(|(id, _)| id)
        .collect();
    if around.is_empty() {
        return Ok(Vec::new());
    }
    let above = area_ancestors::table
        .filter(among(area_ancestors::area_id, around.clone()))
        .select(area_ancestors::ancestor_id);
    let mut found: Vec<Area> = areas::table
        .filter(among(areas::id, around).or(areas::geometry.is_null().and(areas::id.eq_any(above))))
        .select(Area::as_select())
        .load(conn)?;
    found.sort_by(|a, b| (a.kind, &a.name_key, a.id).cmp(&(b.kind, &b.name_key, b.id)));
    Ok(found)
}
