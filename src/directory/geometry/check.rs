//! What makes a geometry unfit, each with its place.

use chrono::{NaiveDate, TimeZone};
use chrono_tz::OffsetComponents;
use geo::algorithm::validation::{InvalidMultiPolygon, InvalidPolygon, RingRole, Validation};
use geo::kernels::{Kernel, Orientation, RobustKernel};

use super::{BoundingBox, Geometry, Position, Ring, Rings, line_string, polygon};
use crate::platform::error::{FieldCode, FieldError};
use crate::platform::http::wrong;
use crate::platform::text::Zone;

/// Positions in all.
pub const MAX_POSITIONS: usize = 1_000;
/// Outlines and holes in all.
pub const MAX_RINGS: usize = 100;
/// Polygons of a `MultiPolygon`.
pub const MAX_POLYGONS: usize = 50;
/// Faults that are told one by one.
const MAX_FAULTS: usize = 50;

/// No agency is responsible for more than so many degrees from edge to edge.
const WIDEST: f64 = 10.0;

const SWAPPED: &str = "the axes look swapped: a position is [longitude, latitude]";

impl Geometry {
    /// Adds everything that is wrong to `errors`, with pointers below `pointer`, the geometry's own place in the body. Of
    /// more than 50 faults the rest is counted.
    ///
    /// Whether rings cross is looked at once each by itself is closed and in range, because it means nothing before.
    pub fn check(&self, pointer: &str, errors: &mut Vec<FieldError>) {
        let mut faults = self.faults(&format!("{pointer}/coordinates"));
        if let Some(rest) = faults.len().checked_sub(MAX_FAULTS).filter(|rest| *rest > 0) {
            faults.truncate(MAX_FAULTS);
            faults.push(wrong(pointer, FieldCode::Refused, format!("has {rest} more faults")));
        }
        errors.extend(faults);
    }

    /// Refuses a geometry that lies on another side of the globe than its agency's time zone, and says so if it would not
    /// with its axes swapped: where a longitude happens to be a possible latitude, nothing else tells (New York is at `[-74, 40.7]`, and
    /// `[40.7, -74]` exists as well).
    pub fn check_place(&self, zone: Zone, today: NaiveDate, pointer: &str, errors: &mut Vec<FieldError>) {
        let Some(around) = self.bounding_box() else { return };
        let offset = zone.0.offset_from_utc_date(&today).base_utc_offset();
        // The sun moves 15° an hour; zones stray from it by 47° at most (China's west).
        let meridian = offset.num_minutes() as f64 / 4.0;
        let away = |degrees: f64| {
            let turned = (degrees - meridian).rem_euclid(360.0);
            turned.min(360.0 - turned)
        };
        let (lon, lat) = ((around.min_lon + around.max_lon) / 2.0, (around.min_lat + around.max_lat) / 2.0);
        if away(lon) > 60.0 {
            let swapped = if away(lat) < 45.0 { format!("; {SWAPPED}") } else { String::new() };
            let message = format!("lies far from the time zone {zone}{swapped}");
            errors.push(wrong(format!("{pointer}/coordinates"), FieldCode::Inconsistent, message));
        }
    }

    fn faults(&self, place: &str) -> Vec<FieldError> {
        let polygons = self.polygons();
        let rings: usize = polygons.iter().map(Vec::len).sum();
        let positions: usize = polygons.iter().flatten().map(Vec::len).sum();
        let too_many = |n: usize, most: usize, what: &str| {
            let message = format!("must have at most {most} {what} in all, not {n}");
            (n > most).then(|| wrong(place, FieldCode::TooMany, message))
        };
        let sizes: Vec<FieldError> = [
            too_many(polygons.len(), MAX_POLYGONS, "polygons"),
            too_many(rings, MAX_RINGS, "rings"),
            too_many(positions, MAX_POSITIONS, "positions"),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !sizes.is_empty() {
            return sizes;
        }
        let mut faults = Vec::new();
        if polygons.is_empty() {
            faults.push(wrong(place, FieldCode::TooFew, "must have at least one polygon"));
        }
        for (n, rings) in polygons.iter().enumerate() {
            form(rings, &self.place_of(place, n), &mut faults);
        }
        if faults.is_empty() {
            self.each_ring(place, &mut faults);
        }
        if faults.is_empty() && rings > 1 {
            self.between_rings(place, &mut faults);
        }
        let is_wide = |b: BoundingBox| b.max_lon - b.min_lon > WIDEST || b.max_lat - b.min_lat > WIDEST;
        if faults.is_empty() && self.bounding_box().is_some_and(is_wide) {
            let message = format!("must not span more than {WIDEST} degrees");
            faults.push(wrong(place, FieldCode::OutOfRange, message));
        }
        faults
    }

    fn place_of(&self, place: &str, n: usize) -> String {
        match self {
            Self::Polygon { .. } => place.to_owned(),
            Self::MultiPolygon { .. } => format!("{place}/{n}"),
        }
    }

    /// Rings that cross themselves.
    fn each_ring(&self, place: &str, faults: &mut Vec<FieldError>) {
        for (n, rings) in self.polygons().iter().enumerate() {
            for (m, ring) in rings.iter().enumerate() {
                if !polygon(std::slice::from_ref(ring)).is_valid() {
                    let place = format!("{}/{m}", self.place_of(place, n));
                    faults.push(wrong(place, FieldCode::Refused, "must not cross or touch itself"));
                }
            }
        }
    }

    /// Rings that cross each other; holes outside of their outline; polygons that overlap.
    fn between_rings(&self, place: &str, faults: &mut Vec<FieldError>) {
        let mut tell = |polygon: usize, ring: Option<usize>, message: String| {
            let place = self.place_of(place, polygon);
            let place = ring.map_or_else(|| place.clone(), |ring| format!("{place}/{ring}"));
            if !faults.iter().any(|told| told.pointer == place) {
                faults.push(wrong(place, FieldCode::Refused, message));
            }
        };
        let index = |role: RingRole| match role {
            RingRole::Exterior => 0,
            RingRole::Interior(n) => n + 1,
        };
        for error in self.shape().validation_errors() {
            match error {
                InvalidMultiPolygon::InvalidPolygon(n, why) => match why {
                    InvalidPolygon::TooFewPointsInRing(ring) | InvalidPolygon::NonFiniteCoord(ring, _) => {
                        tell(n.0, Some(index(ring)), "must have at least three different positions".into());
                    }
                    InvalidPolygon::SelfIntersection(ring) => {
                        tell(n.0, Some(index(ring)), "must not cross or touch itself".into());
                    }
                    InvalidPolygon::InteriorRingNotContainedInExteriorRing(ring) => {
                        tell(n.0, Some(index(ring)), "is a hole and must lie within the first ring".into());
                    }
                    InvalidPolygon::IntersectingRingsOnALine(one, other)
                    | InvalidPolygon::IntersectingRingsOnAnArea(one, other) => {
                        let (one, other) = (index(one), index(other));
                        tell(n.0, Some(other), format!("must not share an edge or an area with ring {one}"));
                    }
                },
                InvalidMultiPolygon::ElementsOverlaps(one, other) => {
                    tell(other.0, None, format!("must not overlap polygon {}", one.0));
                }
                InvalidMultiPolygon::ElementsTouchOnALine(one, other) => {
                    tell(other.0, None, format!("shares an edge with polygon {}; make them one", one.0));
                }
            }
        }
    }
}

/// What is wrong with each ring by itself.
fn form(rings: &Rings, place: &str, faults: &mut Vec<FieldError>) {
    if rings.is_empty() {
        faults.push(wrong(place, FieldCode::TooFew, "must have at least one ring, the outline"));
    }
    for (n, ring) in rings.iter().enumerate() {
        let place = format!("{place}/{n}");
        let before = faults.len();
        if ring.len() < 4 {
            faults.push(wrong(&place, FieldCode::TooFew, "must have at least 4 positions, the last like the first"));
        } else if ring.first() != ring.last() {
            faults.push(wrong(&place, FieldCode::Inconsistent, "must be closed: the last position like the first"));
        }
        ring.iter().enumerate().for_each(|(n, position)| in_range(*position, &format!("{place}/{n}"), faults));
        if faults.len() == before && is_flat(ring) {
            faults.push(wrong(&place, FieldCode::Refused, "must enclose an area"));
        }
    }
}

fn in_range(Position { lon, lat }: Position, place: &str, faults: &mut Vec<FieldError>) {
    let (lon_fits, lat_fits) = ((-180.0..=180.0).contains(&lon), (-90.0..=90.0).contains(&lat));
    if !lon_fits {
        faults.push(wrong(format!("{place}/0"), FieldCode::OutOfRange, "must be a longitude from -180 to 180"));
    }
    if !lat_fits {
        let would_fit = (-180.0..=180.0).contains(&lat) && (-90.0..=90.0).contains(&lon);
        let message = "must be a latitude from -90 to 90";
        let message = if would_fit { format!("{message}; {SWAPPED}") } else { message.to_owned() };
        faults.push(wrong(format!("{place}/1"), FieldCode::OutOfRange, message));
    }
}

/// Whether all positions lie on one line.
fn is_flat(ring: &Ring) -> bool {
    let corners = line_string(ring).0;
    let Some(first) = corners.first() else { return true };
    let Some(second) = corners.iter().find(|corner| *corner != first) else { return true };
    corners.iter().all(|third| RobustKernel::orient2d(*first, *second, *third) == Orientation::Collinear)
}
