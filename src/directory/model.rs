//! Rows and words of the directory.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use super::geometry::{BoundingBox, Geometry};
use crate::ids::{AccountId, AgencyId, AreaId};
use crate::platform::clock::Instant;
use crate::platform::db::Json;
use crate::schema::{agencies, area_ancestors, areas, assignments, resource_links};
use crate::{id_type, text_enum};

id_type! {
    /// A resource link.
    ResourceLinkId,
    /// Somebody's duty in an area.
    AssignmentId,
}

text_enum! {
    /// What an agency is.
    pub enum AgencyKind {
        /// A police department or sheriff's office.
        Police = "police",
        /// Code enforcement.
        CodeEnforcement = "code_enforcement",
        /// A city's or county's government.
        LocalGovernment = "local_government",
        /// A school or school district.
        School = "school",
        /// Any other.
        Other = "other",
    }
}

text_enum! {
    /// What an area is, from the widest to the narrowest. Each but a city lies in an area of a wider kind.
    pub enum AreaKind {
        /// The whole of a city or county.
        City = "city",
        /// A police division, or a group of districts.
        Division = "division",
        /// A district, sector or precinct.
        District = "district",
        /// A beat.
        Beat = "beat",
        /// A neighborhood.
        Neighborhood = "neighborhood",
    }
}

text_enum! {
    /// The groups in which a community policing page keeps its links (`domain/source-page.txt`).
    pub enum LinkGroup {
        /// Local government.
        LocalGovernment = "local_government",
        /// Organizations and local partnerships.
        OrganizationsPartners = "organizations_partners",
        /// Crime prevention.
        CrimePrevention = "crime_prevention",
    }
}

text_enum! {
    /// What the last look at a link's address found.
    pub enum LinkStatus {
        /// Nobody has looked since the address was given.
        Unchecked = "unchecked",
        /// It answers.
        Ok = "ok",
        /// It leads elsewhere for good.
        Moved = "moved",
        /// It does not answer.
        Broken = "broken",
    }
}

text_enum! {
    /// What somebody is on duty as.
    pub enum DutyRole {
        /// One of the officers of the area.
        Officer = "officer",
        /// Answers for the area; one at a time.
        Commander = "commander",
        /// Stands in for the commander.
        Delegate = "delegate",
    }
}

/// An agency as it stands in the database.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = agencies, treat_none_as_default_value = false)]
pub struct Agency {
    pub id: AgencyId,
    pub name: String,
    pub name_key: String,
    pub kind: AgencyKind,
    pub time_zone: String,
    pub website: Option<String>,
    pub address: Option<String>,
    pub emergency: String,
    pub text_to_911: bool,
    pub non_emergency: String,
    pub tips: Option<String>,
    pub tty: Option<String>,
    pub languages: Json<Vec<String>>,
    pub notice: Option<String>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// An area as it stands in the database, without its geometry.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = areas)]
pub struct Area {
    /// The area.
    pub id: AreaId,
    /// Whose area it is.
    pub agency_id: AgencyId,
    /// What it lies in; none for a city.
    pub parent_id: Option<AreaId>,
    /// What it is.
    pub kind: AreaKind,
    /// Its name.
    pub name: String,
    /// The key under which the name is searched and sorted.
    pub name_key: String,
    /// The agency's own short name for it.
    pub code: Option<String>,
    /// Western edge of its geometry, in degrees; all four sides or none.
    pub min_lon: Option<f64>,
    /// Southern edge.
    pub min_lat: Option<f64>,
    /// Eastern edge.
    pub max_lon: Option<f64>,
    /// Northern edge.
    pub max_lat: Option<f64>,
    /// How many households it has.
    pub households: Option<i32>,
    /// Since when it is not used any more.
    pub retired_at: Option<Instant>,
    /// Changes with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

impl Area {
    /// The box around its geometry.
    pub fn bounding_box(&self) -> Option<BoundingBox> {
        match (self.min_lon, self.min_lat, self.max_lon, self.max_lat) {
            (Some(min_lon), Some(min_lat), Some(max_lon), Some(max_lat)) => {
                Some(BoundingBox { min_lon, min_lat, max_lon, max_lat })
            }
            _ => None,
        }
    }
}

/// A new area with its geometry.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = areas, treat_none_as_default_value = false)]
pub struct AreaRow {
    pub id: AreaId,
    pub agency_id: AgencyId,
    pub parent_id: Option<AreaId>,
    pub kind: AreaKind,
    pub name: String,
    pub name_key: String,
    pub code: Option<String>,
    pub geometry: Option<Json<Geometry>>,
    pub min_lon: Option<f64>,
    pub min_lat: Option<f64>,
    pub max_lon: Option<f64>,
    pub max_lat: Option<f64>,
    pub households: Option<i32>,
    pub retired_at: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// That an area lies in another, `depth` steps up; every area lies in itself at depth 0.
#[derive(Debug, Clone, Copy, Queryable, Selectable, Insertable)]
#[diesel(table_name = area_ancestors)]
pub struct AreaAncestor {
    pub area_id: AreaId,
    pub ancestor_id: AreaId,
    pub depth: i32,
}

/// A resource link as it stands in the database.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = resource_links, treat_none_as_default_value = false)]
pub struct ResourceLink {
    pub id: ResourceLinkId,
    pub agency_id: AgencyId,
    pub area_id: Option<AreaId>,
    pub link_group: LinkGroup,
    pub title: String,
    pub title_key: String,
    pub url: String,
    pub phone: Option<String>,
    pub languages: Json<Vec<String>>,
    pub cost: Option<String>,
    pub status: LinkStatus,
    pub checked_at: Option<Instant>,
    pub retired_at: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// Somebody's duty in an area, as it stands in the database.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = assignments, treat_none_as_default_value = false)]
pub struct Assignment {
    pub id: AssignmentId,
    pub area_id: AreaId,
    pub account_id: AccountId,
    pub role: DutyRole,
    pub starts_on: NaiveDate,
    pub ends_on: Option<NaiveDate>,
    pub duty_phone: Option<String>,
    pub duty_email: Option<String>,
    pub bio: Option<String>,
    pub is_public: bool,
    pub ended_at: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// An area as other objects name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d11", "kind": "district", "name": "Midtown"}))]
pub struct AreaRef {
    /// The area.
    pub id: AreaId,
    /// What it is.
    pub kind: AreaKind,
    /// Its name.
    pub name: String,
}
