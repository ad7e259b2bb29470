//! Areas and what they lie in.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::directory::emergency::EmergencyBlock;
use crate::directory::geometry::Geometry;
use crate::directory::model::{Agency, Area, AreaAncestor, AreaKind, AreaRef, AreaRow, AssignmentId};
use crate::directory::queries::agencies::read_zone;
use crate::ids::{AgencyId, AreaId};
use crate::insert_all;
use crate::on_engine;
use crate::platform::clock::Instant;
use crate::platform::db::nodes::containing;
use crate::platform::db::{Columns, Conn, Json, OnConflict, Unique, among, locked, row_gt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::platform::text::Zone;
use crate::schema::{agencies, area_ancestors, areas, assignments};

/// Of an agency's areas of one kind that are in use, each has its own name.
pub const ONE_NAME: Unique = Unique { index: "areas_one_name", columns: "areas.agency_id, areas.kind, areas.name_key" };

fn name_taken() -> Error {
    Error::conflict("The agency has an area of this kind and name already.")
}

/// An area, whether it is still in use or not.
///
/// # Errors
/// When the database can't be asked.
pub fn find_area(conn: &mut Conn, id: AreaId) -> Result<Option<Area>> {
    Ok(areas::table.find(id).select(Area::as_select()).first(conn).optional()?)
}

/// An area with what its agency says of it.
pub struct AreaOfAgency {
    /// The area, whether it is still in use or not.
    pub area: Area,
    /// The time zone of its agency.
    pub zone: Zone,
    /// Whom to call there.
    pub emergency: EmergencyBlock,
    /// The district that it is or lies in.
    pub district: Option<AreaId>,
}

/// The district that an area is or lies in, as a value of a statement: the nearest.
macro_rules! district {
    ($id:expr) => {{
        let around = diesel::alias!(areas as around);
        area_ancestors::table
            .inner_join(around.on(around.field(areas::id).eq(area_ancestors::ancestor_id)))
            .filter(area_ancestors::area_id.eq($id).and(around.field(areas::kind).eq(AreaKind::District)))
            .order(area_ancestors::depth)
            .select(area_ancestors::ancestor_id)
            .limit(1)
            .single_value()
    }};
}

/// An area with what its agency says of it.
///
/// # Errors
/// When the database can't be asked.
pub fn find_area_of_agency(conn: &mut Conn, id: AreaId) -> Result<Option<AreaOfAgency>> {
    let found: Option<(Area, Agency, Option<AreaId>)> = on_engine!(conn, |conn| areas::table
        .inner_join(agencies::table.on(agencies::id.eq(areas::agency_id)))
        .filter(areas::id.eq(id))
        .select((Area::as_select(), Agency::as_select(), district!(id)))
        .first(conn))
    .optional()?;
    let Some((area, agency, district)) = found else { return Ok(None) };
    let (zone, emergency) = (read_zone(&agency.time_zone)?, EmergencyBlock::from(&agency));
    Ok(Some(AreaOfAgency { area, zone, emergency, district }))
}

/// The area, which stays as it is until the transaction ends: nobody retires it meanwhile.
pub fn find_locked(conn: &mut Conn, id: AreaId) -> Result<Option<Area>> {
    Ok(locked(areas::table.find(id).select(Area::columns())).get_result(conn).optional()?)
}

pub fn find_geometry(conn: &mut Conn, id: AreaId) -> Result<Option<Geometry>> {
    let geometry: Option<Option<Json<Geometry>>> =
        areas::table.find(id).select(areas::geometry).first(conn).optional()?;
    Ok(geometry.flatten().map(|json| json.0))
}

/// Areas as other objects name them, in one query; ids that no area has are left out.
///
/// # Errors
/// When the database can't be asked.
pub fn area_refs(conn: &mut Conn, ids: impl IntoIterator<Item = AreaId>) -> Result<HashMap<AreaId, AreaRef>> {
    let mut ids: Vec<AreaId> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(AreaId, AreaKind, String)> = on_engine!(conn, |conn| areas::table
        .filter(among(areas::id, ids))
        .select((areas::id, areas::kind, areas::name))
        .load(conn))?;
    Ok(rows.into_iter().map(|(id, kind, name)| (id, AreaRef { id, kind, name })).collect())
}

/// What an area lies in, the widest first, without itself.
pub fn find_ancestors(conn: &mut Conn, id: AreaId) -> Result<Vec<AreaRef>> {
    let rows: Vec<(AreaId, AreaKind, String)> = area_ancestors::table
        .inner_join(areas::table.on(areas::id.eq(area_ancestors::ancestor_id)))
        .filter(area_ancestors::area_id.eq(id).and(area_ancestors::depth.gt(0)))
        .order(area_ancestors::depth.desc())
        .select((areas::id, areas::kind, areas::name))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, kind, name)| AreaRef { id, kind, name }).collect())
}

/// The district that an area is or lies in.
///
/// # Errors
/// When the database can't be asked.
pub fn district_of(conn: &mut Conn, id: AreaId) -> Result<Option<AreaId>> {
    Ok(on_engine!(conn, |conn| diesel::select(district!(id)).get_result(conn))?)
}

/// Inserts an area into the tree.
///
/// # Errors
/// A conflict when the agency has one of this kind and name in use.
pub fn insert(conn: &mut Conn, row: &AreaRow) -> Result<Area> {
    let area: Area = diesel::insert_into(areas::table)
        .values(row)
        .returning(Area::columns())
        .get_result(conn)
        .on_conflict(&ONE_NAME, name_taken)?;
    let mut above = vec![AreaAncestor { area_id: area.id, ancestor_id: area.id, depth: 0 }];
    if let Some(parent) = area.parent_id {
        let of_parent: Vec<AreaAncestor> = area_ancestors::table
            .filter(area_ancestors::area_id.eq(parent))
            .select(AreaAncestor::as_select())
            .load(conn)?;
        above.extend(of_parent.into_iter().map(|step| AreaAncestor {
            area_id: area.id,
            ancestor_id: step.ancestor_id,
            depth: step.depth + 1,
        }));
    }
    insert_all!(conn, area_ancestors::table, &above)?;
    Ok(area)
}

/// What of an area can be changed.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = areas)]
pub struct AreaChanges {
    pub name: Option<String>,
    pub name_key: Option<String>,
    pub code: Option<Option<String>>,
    pub geometry: Option<Option<Json<Geometry>>>,
    pub min_lon: Option<Option<f64>>,
    pub min_lat: Option<Option<f64>>,
    pub max_lon: Option<Option<f64>>,
    pub max_lat: Option<Option<f64>>,
    pub households: Option<Option<i32>>,
    pub retired_at: Option<Option<Instant>>,
}

/// Changes an area; the row as it is then.
///
/// # Errors
/// A conflict when the agency has one of this kind and the new name in use.
pub fn update(conn: &mut Conn, id: AreaId, changes: AreaChanges, now: Instant) -> Result<Area> {
    diesel::update(areas::table.find(id))
        .set((changes, areas::version.eq(areas::version + 1), areas::updated_at.eq(now)))
        .returning(Area::columns())
        .get_result(conn)
        .on_conflict(&ONE_NAME, name_taken)
}

/// Areas in use that lie directly in this one; `limit` at most.
pub fn find_children(conn: &mut Conn, id: AreaId, limit: i64) -> Result<Vec<AreaId>> {
    Ok(areas::table
        .filter(areas::parent_id.eq(id).and(areas::retired_at.is_null()))
        .order((areas::name_key, areas::id))
        .limit(limit)
        .select(areas::id)
        .load(conn)?)
}

/// Assignments to this area that are not over on `today`, also those that are still to begin; `limit` at most.
pub fn find_live_assignments(conn: &mut Conn, id: AreaId, today: NaiveDate, limit: i64) -> Result<Vec<AssignmentId>> {
    Ok(assignments::table
        .filter(
            assignments::area_id
                .eq(id)
                .and(assignments::ended_at.is_null())
                .and(assignments::ends_on.is_null().or(assignments::ends_on.ge(today))),
        )
        .order(assignments::id)
        .limit(limit)
        .select(assignments::id)
        .load(conn)?)
}

/// Which areas to list.
pub struct Wanted<'a> {
    pub agency: Option<AgencyId>,
    pub kind: Option<AreaKind>,
    pub parent: Option<AreaId>,
    pub q: Option<&'a str>,
}

/// Areas in use, by name.
pub fn list<F>(conn: &mut Conn, wanted: &Wanted<'_>, listing: &Listing<F>) -> Result<Page<Area>> {
    let filtered = || {
        let mut query = areas::table.filter(areas::retired_at.is_null()).into_boxed();
        if let Some(agency) = wanted.agency {
            query = query.filter(areas::agency_id.eq(agency));
        }
        if let Some(kind) = wanted.kind {
            query = query.filter(areas::kind.eq(kind));
        }
        if let Some(parent) = wanted.parent {
            query = query.filter(areas::parent_id.eq(parent));
        }
        if let Some(q) = wanted.q {
            query = query.filter(areas::name_key.like(containing(q)).escape('\\'));
        }
        query
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(String, AreaId)>()? {
        query = query.filter(row_gt((areas::name_key, areas::id), after));
    }
    let rows = query.order((areas::name_key, areas::id)).limit(listing.fetch()).select(Area::as_select()).load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row: &Area| (row.name_key.clone(), row.id)).with_total(total))
}
