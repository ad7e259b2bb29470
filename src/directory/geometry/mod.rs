//! GeoJSON polygons (RFC 7946), checked: `[longitude, latitude]` in WGS84, closed rings, the right-hand rule, at most seven
//! decimals (about a centimetre), no `crs`, no altitude.
//!
//! A [`Geometry`] stands in requests and in answers alike. Reading it settles its form and rounds it; [`Geometry::check`]
//! names everything else that is wrong, each with its JSON pointer, and belongs into the request's
//! [`Check`](crate::platform::http::Check). Writing it, to a client or to the database, turns the rings the right way round.

mod check;
mod point;
mod schema;

use geo::winding_order::WindingOrder;
use geo::{Coord, Intersects, LineString, MultiPolygon, Relate, Winding};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use check::{MAX_POLYGONS, MAX_POSITIONS, MAX_RINGS};
pub use point::{Latitude, Longitude};

/// A place on a ring: longitude and latitude in degrees, rounded to seven decimals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    /// Degrees east.
    pub lon: f64,
    /// Degrees north.
    pub lat: f64,
}

/// Positions of which the last is the first again.
pub type Ring = Vec<Position>;

/// A polygon: its outline, then its holes.
pub type Rings = Vec<Ring>;

/// A GeoJSON `Polygon` or `MultiPolygon`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
pub enum Geometry {
    /// One outline with its holes.
    Polygon {
        /// The outline, then the holes.
        coordinates: Rings,
    },
    /// Several, which don't overlap.
    MultiPolygon {
        /// The polygons.
        coordinates: Vec<Rings>,
    },
}

/// The smallest box along the axes that holds a geometry, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundingBox {
    /// Western edge.
    pub min_lon: f64,
    /// Southern edge.
    pub min_lat: f64,
    /// Eastern edge.
    pub max_lon: f64,
    /// Northern edge.
    pub max_lat: f64,
}

impl BoundingBox {
    /// Whether the point lies within or on the edge.
    pub fn contains(&self, lon: f64, lat: f64) -> bool {
        (self.min_lon..=self.max_lon).contains(&lon) && (self.min_lat..=self.max_lat).contains(&lat)
    }
    /// Whether the two share a point.
    pub fn meets(&self, other: &Self) -> bool {
        self.min_lon <= other.max_lon
            && other.min_lon <= self.max_lon
            && self.min_lat <= other.max_lat
            && other.min_lat <= self.max_lat
    }
}

/// Positions to a degree: seven decimals are kept.
const SCALE: f64 = 1e7;

/// To the nearest of the seven decimals that are kept. Numbers far beyond any degree stay as they are and are refused later.
fn rounded(degrees: f64) -> f64 {
    if degrees.abs() > 1_000.0 {
        return degrees;
    }
    // Adding zero makes a negative zero positive.
    (degrees * SCALE).round() / SCALE + 0.0
}

/// In whole ten-millionths of a degree. Degrees have decimals that binary numbers only come close to; whole numbers are
/// exact, so that what lies on a line, or crosses it, does so as written.
fn whole(lon: f64, lat: f64) -> Coord<f64> {
    Coord { x: (lon * SCALE).round(), y: (lat * SCALE).round() }
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let [lon, lat] = <[f64; 2]>::deserialize(deserializer)?;
        Ok(Self { lon: rounded(lon), lat: rounded(lat) })
    }
}
impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        [self.lon, self.lat].serialize(serializer)
    }
}

fn line_string(ring: &[Position]) -> LineString<f64> {
    ring.iter().map(|position| whole(position.lon, position.lat)).collect()
}

fn polygon(rings: &[Ring]) -> geo::Polygon<f64> {
    let mut rings = rings.iter().map(|ring| line_string(ring));
    let outline = rings.next().unwrap_or_else(|| LineString::new(Vec::new()));
    geo::Polygon::new(outline, rings.collect())
}

/// Whether the ring runs counterclockwise. Exact, so that turning a ring round once is enough.
fn is_counterclockwise(ring: &[Position]) -> bool {
    line_string(ring).winding_order() == Some(WindingOrder::CounterClockwise)
}

/// A polygon as RFC 7946 3.1.6 wants it written: the outline counterclockwise, holes clockwise.
struct RightHanded<'a>(&'a [Ring]);

/// A ring, backwards where need be.
struct Directed<'a> {
    ring: &'a [Position],
    backwards: bool,
}

impl Serialize for Directed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.backwards { serializer.collect_seq(self.ring.iter().rev()) } else { serializer.collect_seq(self.ring) }
    }
}
impl Serialize for RightHanded<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            self.0
                .iter()
                .enumerate()
                .map(|(n, ring)| Directed { ring, backwards: is_counterclockwise(ring) != (n == 0) }),
        )
    }
}

impl Serialize for Geometry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Geometry", 2)?;
        match self {
            Self::Polygon { coordinates } => {
                object.serialize_field("type", "Polygon")?;
                object.serialize_field("coordinates", &RightHanded(coordinates))?;
            }
            Self::MultiPolygon { coordinates } => {
                object.serialize_field("type", "MultiPolygon")?;
                let all: Vec<_> = coordinates.iter().map(|rings| RightHanded(rings)).collect();
                object.serialize_field("coordinates", &all)?;
            }
        }
        object.end()
    }
}

impl Geometry {
    /// The polygons that it consists of.
    pub fn polygons(&self) -> &[Rings] {
        match self {
            Self::Polygon { coordinates } => std::slice::from_ref(coordinates),
            Self::MultiPolygon { coordinates } => coordinates,
        }
    }

    /// In whole ten-millionths of a degree.
    fn shape(&self) -> MultiPolygon<f64> {
        MultiPolygon::new(self.polygons().iter().map(|rings| polygon(rings)).collect())
    }

    /// The box around it; `None` when it has no position, which [`check`](Self::check) refuses.
    pub fn bounding_box(&self) -> Option<BoundingBox> {
        let mut positions = self.polygons().iter().flatten().flatten();
        let Position { lon, lat } = *positions.next()?;
        let first = BoundingBox { min_lon: lon, min_lat: lat, max_lon: lon, max_lat: lat };
        Some(positions.fold(first, |around, Position { lon, lat }| BoundingBox {
            min_lon: around.min_lon.min(*lon),
            min_lat: around.min_lat.min(*lat),
            max_lon: around.max_lon.max(*lon),
            max_lat: around.max_lat.max(*lat),
        }))
    }

    /// Whether the point, to seven decimals, lies within it or on its edge: between two beats, it belongs to both.
    pub fn contains(&self, lon: f64, lat: f64) -> bool {
        self.shape().intersects(&whole(lon, lat))
    }

    /// Whether the two have some area in common; neighbours that share an edge have none.
    pub fn overlaps(&self, other: &Self) -> bool {
        use geo::coordinate_position::CoordPos;
        use geo::dimensions::Dimensions;
        let meet = match (self.bounding_box(), other.bounding_box()) {
            (Some(a), Some(b)) => a.meets(&b),
            _ => false,
        };
        meet && self.shape().relate(&other.shape()).get(CoordPos::Inside, CoordPos::Inside) != Dimensions::Empty
    }
}

#[cfg(test)]
mod tests;
