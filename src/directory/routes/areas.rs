//! Areas: the tree from a city to its neighborhoods.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{facts, given};
use crate::accounts::{Actor, Ctx};
use crate::directory::duty::local_day;
use crate::directory::events;
use crate::directory::geometry::Geometry;
use crate::directory::model::{Area, AreaKind, AreaRef, AreaRow};
use crate::directory::policy::{self, Action, NOTHING};
use crate::directory::queries::agencies::{self, read_zone, zone_of_agency};
use crate::directory::queries::areas::{self, AreaChanges, Wanted};
use crate::directory::tree;
use crate::ids::{AgencyId, AreaId};
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, Json};
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{API, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Valid, Versioned};
use crate::platform::text::{Line, Zone, fold};
use crate::platform::values::{Change, Patch, Whole};

/// How many things that are in the way of retiring are named, of each kind.
const NAMED: i64 = 10;

/// An area without its geometry.
#[derive(Debug, Serialize, ToSchema)]
pub struct AreaSummary {
    /// The area.
    id: AreaId,
    /// Whose area it is.
    agency_id: AgencyId,
    /// What it lies in; `null` for a city.
    parent_id: Option<AreaId>,
    /// What it is.
    kind: AreaKind,
    /// Its name.
    name: String,
    /// The agency's own short name for it, like a beat's number.
    code: Option<String>,
    /// How many households it has.
    households: Option<i32>,
    /// The box around its geometry: west, south, east, north, in degrees (RFC 7946 5).
    #[schema(min_items = 4, max_items = 4)]
    bbox: Option<Vec<f64>>,
    /// Since when it is not used any more.
    retired_at: Option<Instant>,
    /// Changes with every change.
    version: i64,
    /// When it was made.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

impl AreaSummary {
    /// As the row says.
    pub fn new(area: Area) -> Self {
        let bbox = area.bounding_box().map(|b| vec![b.min_lon, b.min_lat, b.max_lon, b.max_lat]);
        let Area {
            id,
            agency_id,
            parent_id,
            kind,
            name,
            name_key: _,
            code,
            min_lon: _,
            min_lat: _,
            max_lon: _,
            max_lat: _,
            households,
            retired_at,
            version,
            created_at,
            updated_at,
        } = area;
        Self {
            id,
            agency_id,
            parent_id,
            kind,
            name,
            code,
            households,
            bbox,
            retired_at,
            version,
            created_at,
            updated_at,
        }
    }
}

/// An area with its geometry.
#[derive(Debug, Serialize, ToSchema)]
pub struct AreaDetail {
    /// The area.
    id: AreaId,
    /// Whose area it is.
    agency_id: AgencyId,
    /// What it lies in; `null` for a city.
    parent_id: Option<AreaId>,
    /// Everything that it lies in, the widest first.
    lies_in: Vec<AreaRef>,
    /// What it is.
    kind: AreaKind,
    /// Its name.
    name: String,
    /// The agency's own short name for it, like a beat's number.
    code: Option<String>,
    /// How many households it has.
    households: Option<i32>,
    /// Where it is.
    geometry: Option<Geometry>,
    /// Since when it is not used any more.
    retired_at: Option<Instant>,
    /// Changes with every change.
    version: i64,
    /// When it was made.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

impl AreaDetail {
    fn new(area: Area, lies_in: Vec<AreaRef>, geometry: Option<Geometry>) -> Self {
        let Area {
            id,
            agency_id,
            parent_id,
            kind,
            name,
            name_key: _,
            code,
            min_lon: _,
            min_lat: _,
            max_lon: _,
            max_lat: _,
            households,
            retired_at,
            version,
            created_at,
            updated_at,
        } = area;
        Self {
            id,
            agency_id,
            parent_id,
            lies_in,
            kind,
            name,
            code,
            households,
            geometry,
            retired_at,
            version,
            created_at,
            updated_at,
        }
    }

    /// Names of what it lies in change without a new version of the area itself.
    fn read(conn: &mut Conn, area: Area) -> Result<Versioned<Self>> {
        let version = area.version;
        let lies_in = areas::find_ancestors(conn, area.id)?;
        let geometry = areas::find_geometry(conn, area.id)?;
        Ok(Versioned::volatile(Self::new(area, lies_in, geometry), version))
    }
}

/// Which areas to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AreaFilter {
    /// Of this agency.
    #[param(inline)]
    agency_id: Option<AgencyId>,
    /// Of this kind.
    #[param(inline)]
    kind: Option<AreaKind>,
    /// Directly within this area.
    #[param(inline)]
    parent_id: Option<AreaId>,
    /// Whose name has this in it.
    #[param(inline)]
    q: Option<Line<1, 60>>,
}

/// A new area.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateArea {
    /// Whose area it is.
    agency_id: AgencyId,
    /// What it is.
    kind: AreaKind,
    /// What it lies in: an area of the same agency and of a wider kind. None for a city.
    parent_id: Option<AreaId>,
    /// Its name; no other area of this kind and agency that is in use has it.
    name: Line<1, 80>,
    /// The agency's own short name for it, like a beat's number.
    code: Option<Line<1, 20>>,
    /// Where it is. It need not lie within its parent's geometry.
    geometry: Option<Geometry>,
    /// How many households it has.
    households: Option<Whole<0, 10_000_000>>,
}
impl Check for CreateArea {
    fn check(&self, errors: &mut Vec<FieldError>) {
        errors.extend(tree::without_parent(self.kind, self.parent_id.is_some()));
        if let Some(geometry) = &self.geometry {
            geometry.check("/geometry", errors);
        }
    }
}

/// Changes to an area. What it is and lies in stays: a new cut of districts makes new areas.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaPatch {
    /// Its name; no other area of this kind and agency that is in use has it.
    #[serde(default)]
    name: Change<Line<1, 80>>,
    /// The agency's own short name for it, like a beat's number.
    #[serde(default)]
    code: Patch<Line<1, 20>>,
    /// Where it is.
    #[serde(default)]
    geometry: Patch<Geometry>,
    /// How many households it has.
    #[serde(default)]
    households: Patch<Whole<0, 10_000_000>>,
}
impl Check for AreaPatch {
    fn check(&self, errors: &mut Vec<FieldError>) {
        if let Some(geometry) = self.geometry.value() {
            geometry.check("/geometry", errors);
        }
    }
}

/// The area, as this actor may have it; locked where it is to be changed.
pub fn load_for(conn: &mut Conn, actor: &Actor, id: AreaId, action: Action) -> Result<Area> {
    let area = match action {
        Action::UpdateArea | Action::RetireArea | Action::CreateAssignment => {
            actor.person()?;
            areas::find_locked(conn, id)?
        }
        _ => areas::find_area(conn, id)?,
    };
    let area = area.ok_or_else(Error::not_found)?;
    policy::demand(actor, facts(actor, area.agency_id), action)?;
    Ok(area)
}

/// Refuses to change anything about an area that is retired.
///
/// # Errors
/// A conflict.
pub fn in_use(area: &Area) -> Result<()> {
    if area.retired_at.is_some() { Err(Error::conflict("The area is retired.")) } else { Ok(()) }
}

fn demand_place(geometry: Option<&Geometry>, zone: Zone, now: Instant) -> Result<()> {
    let mut errors = Vec::new();
    if let Some(geometry) = geometry {
        geometry.check_place(zone, now.date(), "/geometry", &mut errors);
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::fields(errors)) }
}

/// Lists areas in use, by name, without their geometry.
#[utoipa::path(get, path = "/areas",
    tag = "directory", security(()), params(AreaFilter, PageParams),
    responses((status = 200, body = Page<AreaSummary>)))]
pub async fn list_areas(ctx: Ctx, listing: Listing<AreaFilter>) -> Result<Reply> {
    ctx.read(move |conn, actor| {
        policy::demand(actor, NOTHING, Action::ListAreas)?;
        let AreaFilter { agency_id, kind, parent_id, q } = &listing.filter;
        let wanted = Wanted { agency: *agency_id, kind: *kind, parent: *parent_id, q: q.as_ref().map(Line::as_str) };
        Ok(areas::list(conn, &wanted, &listing)?.map(AreaSummary::new))
    })
    .await
}

/// Reads an area with its geometry.
///
/// Retired areas can still be read: what was done in them stays.
#[utoipa::path(get, path = "/areas/{area_id}",
    tag = "directory", security(()), params(("area_id" = AreaId, Path, description = "The area.")),
    responses((status = 200, body = AreaDetail)))]
pub async fn get_area(ctx: Ctx, id: Path<AreaId>) -> Result<Reply> {
    ctx.read(move |conn, actor| {
        let area = load_for(conn, actor, id.0, Action::GetArea)?;
        AreaDetail::read(conn, area)
    })
    .await
}

/// Adds an area.
///
/// For the agency's commanders and for administrators.
#[utoipa::path(post, path = "/areas",
    tag = "directory", security(("bearer" = [])), request_body = CreateArea,
    responses((status = 201, body = AreaDetail)))]
pub async fn create_area(ctx: Ctx, body: Valid<CreateArea>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let CreateArea { agency_id, kind, parent_id, name, code, geometry, households } = body.0;
        policy::demand(actor, facts(actor, agency_id), Action::CreateArea)?;
        let agency = agencies::find(tx, agency_id)?
            .ok_or_else(|| Error::field("/agency_id", FieldCode::NotFound, "there is no such agency"))?;
        if let Some(parent_id) = parent_id {
            let parent = areas::find_locked(tx, parent_id)?;
            if let Some(error) = tree::misplaced(kind, agency_id, parent.as_ref()) {
                return Err(Error::fields(vec![error]));
            }
        }
        let now = tx.now();
        demand_place(geometry.as_ref(), read_zone(&agency.time_zone)?, now)?;
        let around = geometry.as_ref().and_then(Geometry::bounding_box);
        let row = AreaRow {
            id: AreaId::new(),
            agency_id,
            parent_id,
            kind,
            name_key: fold(name.as_str()),
            name: name.into(),
            code: code.map(Into::into),
            geometry: geometry.map(Json),
            min_lon: around.map(|b| b.min_lon),
            min_lat: around.map(|b| b.min_lat),
            max_lon: around.map(|b| b.max_lon),
            max_lat: around.map(|b| b.max_lat),
            households: households.map(Whole::get),
            retired_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let area = areas::insert(tx, &row)?;
        let lies_in = areas::find_ancestors(tx, area.id)?;
        let event = events::AREA_CREATED.on(area.id.0).fact("kind", kind.as_str()).fact("agency_id", agency_id.0);
        let location = format!("{API}/areas/{}", area.id);
        let value = AreaDetail::new(area, lies_in, row.geometry.map(|json| json.0));
        tx.recorded(event, Created { value, location, version: Some(1) })
    })
    .await
}

/// Changes an area.
///
/// For the agency's commanders and for administrators. A geometry is replaced as a whole.
#[utoipa::path(patch, path = "/areas/{area_id}",
    tag = "directory", security(("bearer" = [])),
    params(("area_id" = AreaId, Path, description = "The area."), IfMatchParam),
    request_body = AreaPatch, responses((status = 200, body = AreaDetail)))]
pub async fn update_area(ctx: Ctx, id: Path<AreaId>, if_match: IfMatch, body: Valid<AreaPatch>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let area = load_for(tx, actor, id.0, Action::UpdateArea)?;
        if_match.demand(area.version)?;
        in_use(&area)?;
        let AreaPatch { name, code, geometry, households } = body.0;
        let changed = given([
            ("name", name.is_given()),
            ("code", code.is_given()),
            ("geometry", geometry.is_given()),
            ("households", households.is_given()),
        ]);
        let now = tx.now();
        if let Some(geometry) = geometry.value() {
            demand_place(Some(geometry), zone_of_agency(tx, area.agency_id)?, now)?;
        }
        let around = geometry.value().and_then(Geometry::bounding_box);
        let side = |degrees: Option<f64>| geometry.is_given().then_some(degrees);
        let changes = AreaChanges {
            min_lon: side(around.map(|b| b.min_lon)),
            min_lat: side(around.map(|b| b.min_lat)),
            max_lon: side(around.map(|b| b.max_lon)),
            max_lat: side(around.map(|b| b.max_lat)),
            geometry: geometry.changeset(Json),
            name_key: name.value().map(|name| fold(name.as_str())),
            name: name.changeset(Into::into),
            code: code.changeset(Into::into),
            households: households.changeset(Whole::get),
            retired_at: None,
        };
        let area = areas::update(tx, id.0, changes, now)?;
        let detail = AreaDetail::read(tx, area)?;
        tx.recorded(events::AREA_UPDATED.on(id.0.0).changed(changed), detail)
    })
    .await
}

/// Retires an area.
///
/// It vanishes from lists and from `locate`; what refers to it can still read it. Refused with the addresses of what is in
/// the way while areas within it are in use or people are assigned to it.
#[utoipa::path(post, path = "/areas/{area_id}/retire",
    tag = "directory", security(("bearer" = [])),
    params(("area_id" = AreaId, Path, description = "The area."), IfMatchParam),
    responses((status = 200, body = AreaDetail)))]
pub async fn retire_area(ctx: Ctx, id: Path<AreaId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let area = load_for(tx, actor, id.0, Action::RetireArea)?;
        if_match.demand(area.version)?;
        in_use(&area)?;
        let now = tx.now();
        let today = local_day(zone_of_agency(tx, area.agency_id)?, now);
        let children = areas::find_children(tx, id.0, NAMED)?;
        let assigned = areas::find_live_assignments(tx, id.0, today, NAMED)?;
        let in_the_way = children
            .iter()
            .map(|child| format!("{API}/areas/{child}"))
            .chain(assigned.iter().map(|assignment| format!("{API}/assignments/{assignment}")));
        let refusal = Error::conflict("Areas within it retire first, and assignments to it end first.");
        if !children.is_empty() || !assigned.is_empty() {
            return Err(in_the_way.fold(refusal, Error::with_conflict));
        }
        let changes = AreaChanges { retired_at: Some(Some(now)), ..AreaChanges::default() };
        let area = areas::update(tx, id.0, changes, now)?;
        let detail = AreaDetail::read(tx, area)?;
        tx.recorded(events::AREA_RETIRED.on(id.0.0), detail)
    })
    .await
}

crate::operations! {
    list_areas,
    get_area,
    create_area,
    update_area,
    retire_area,
}
