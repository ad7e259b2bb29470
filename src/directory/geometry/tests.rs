//! What a geometry takes, refuses and tells.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::platform::error::{FieldCode, FieldError};
use crate::platform::text::Zone;

fn read(value: Value) -> Geometry {
    serde_json::from_value(value).unwrap()
}

fn write(geometry: &Geometry) -> Value {
    serde_json::to_value(geometry).unwrap()
}

fn faults(geometry: &Geometry) -> Vec<FieldError> {
    let mut errors = Vec::new();
    geometry.check("/geometry", &mut errors);
    errors
}

fn polygon_of(coordinates: Value) -> Geometry {
    read(json!({"type": "Polygon", "coordinates": coordinates}))
}

fn multi_of(coordinates: Value) -> Geometry {
    read(json!({"type": "MultiPolygon", "coordinates": coordinates}))
}

fn square(west: f64, south: f64, side: f64) -> Value {
    let (east, north) = (west + side, south + side);
    json!([[west, south], [east, south], [east, north], [west, north], [west, south]])
}

fn backwards(ring: &Value) -> Value {
    ring.as_array().unwrap().iter().rev().cloned().collect()
}

#[test]
fn what_is_fit_is_taken() {
    let inner = backwards(&square(1.0, 1.0, 1.0));
    for (name, geometry) in [
        ("square", polygon_of(json!([square(0.0, 0.0, 4.0)]))),
        ("clockwise", polygon_of(json!([backwards(&square(0.0, 0.0, 4.0))]))),
        ("hole", polygon_of(json!([square(0.0, 0.0, 4.0), inner]))),
        ("hole that touches the outline at a point", {
            polygon_of(json!([square(0.0, 0.0, 4.0), [[0, 2], [1, 1], [1, 3], [0, 2]]]))
        }),
        ("repeated position", polygon_of(json!([[[0, 0], [1, 0], [1, 0], [1, 1], [0, 0]]]))),
        ("two apart", multi_of(json!([[square(0.0, 0.0, 1.0)], [square(2.0, 0.0, 1.0)]]))),
        ("two that touch at a point", multi_of(json!([[square(0.0, 0.0, 1.0)], [square(1.0, 1.0, 1.0)]]))),
        ("island in a hole", {
            multi_of(json!([[square(0.0, 0.0, 9.0), square(1.0, 1.0, 7.0)], [square(3.0, 3.0, 1.0)]]))
        }),
    ] {
        assert_eq!(faults(&geometry), [], "{name}");
    }
    let world = polygon_of(json!([[[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]]));
    assert_eq!(faults(&world)[0].code, FieldCode::OutOfRange, "formed well, and nobody's area");
}

#[test]
fn what_is_unfit_is_named_with_its_place() {
    use FieldCode as C;
    let many = |n: usize| {
        let ring: Vec<Value> = (0..n).map(|i| json!([f64::from(u32::try_from(i % 7).unwrap()), 0])).collect();
        Value::from(ring)
    };
    let table = [
        ("no ring", polygon_of(json!([])), vec![("/geometry/coordinates", C::TooFew)]),
        ("no polygon", multi_of(json!([])), vec![("/geometry/coordinates", C::TooFew)]),
        ("a polygon without ring", multi_of(json!([[square(0.0, 0.0, 1.0)], []])), {
            vec![("/geometry/coordinates/1", C::TooFew)]
        }),
        (
            "three positions",
            polygon_of(json!([[[0, 0], [1, 1], [0, 0]]])),
            vec![("/geometry/coordinates/0", C::TooFew)],
        ),
        ("no position", polygon_of(json!([[]])), vec![("/geometry/coordinates/0", C::TooFew)]),
        ("open", polygon_of(json!([[[0, 0], [1, 0], [1, 1], [0, 1]]])), {
            vec![("/geometry/coordinates/0", C::Inconsistent)]
        }),
        ("open hole", polygon_of(json!([square(0.0, 0.0, 9.0), [[1, 1], [2, 1], [2, 2], [1, 2]]])), {
            vec![("/geometry/coordinates/1", C::Inconsistent)]
        }),
        ("bow tie", polygon_of(json!([[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]])), {
            vec![("/geometry/coordinates/0", C::Refused)]
        }),
        ("eight that touches itself", polygon_of(json!([[[0, 0], [2, 0], [1, 1], [2, 2], [0, 2], [1, 1], [0, 0]]])), {
            vec![("/geometry/coordinates/0", C::Refused)]
        }),
        ("spike", polygon_of(json!([[[0, 0], [4, 0], [4, 4], [4, 2], [0, 2], [0, 0]]])), {
            vec![("/geometry/coordinates/0", C::Refused)]
        }),
        ("line", polygon_of(json!([[[0, 0], [1, 1], [2, 2], [0, 0]]])), vec![("/geometry/coordinates/0", C::Refused)]),
        ("line in decimals", polygon_of(json!([[[-94.7, 39.0], [-94.6, 39.1], [-94.5, 39.2], [-94.7, 39.0]]])), {
            vec![("/geometry/coordinates/0", C::Refused)]
        }),
        ("spike in decimals", polygon_of(json!([[[0.1, 0.1], [0.4, 0.4], [0.3, 0.3], [0.1, 0.3], [0.1, 0.1]]])), {
            vec![("/geometry/coordinates/0", C::Refused)]
        }),
        ("point", polygon_of(json!([[[5, 5], [5, 5], [5, 5], [5, 5]]])), vec![("/geometry/coordinates/0", C::Refused)]),
        ("smaller than a centimetre", polygon_of(json!([[[0, 0], [1e-9, 0], [1e-9, 1e-9], [0, 0]]])), {
            vec![("/geometry/coordinates/0", C::Refused)]
        }),
        ("hole outside", polygon_of(json!([square(0.0, 0.0, 1.0), square(5.0, 5.0, 1.0)])), {
            vec![("/geometry/coordinates/1", C::Refused)]
        }),
        ("hole across the outline", polygon_of(json!([square(0.0, 0.0, 4.0), square(3.0, 1.0, 2.0)])), {
            vec![("/geometry/coordinates/1", C::Refused)]
        }),
        ("hole along the outline", polygon_of(json!([square(0.0, 0.0, 4.0), square(0.0, 1.0, 2.0)])), {
            vec![("/geometry/coordinates/1", C::Refused)]
        }),
        (
            "holes that overlap",
            { polygon_of(json!([square(0.0, 0.0, 9.0), square(1.0, 1.0, 2.0), square(2.0, 2.0, 2.0)])) },
            vec![("/geometry/coordinates/2", C::Refused)],
        ),
        ("polygons that overlap", multi_of(json!([[square(0.0, 0.0, 2.0)], [square(1.0, 1.0, 2.0)]])), {
            vec![("/geometry/coordinates/1", C::Refused)]
        }),
        ("polygons side by side", multi_of(json!([[square(0.0, 0.0, 1.0)], [square(1.0, 0.0, 1.0)]])), {
            vec![("/geometry/coordinates/1", C::Refused)]
        }),
        ("the same twice", multi_of(json!([[square(0.0, 0.0, 1.0)], [square(0.0, 0.0, 1.0)]])), {
            vec![("/geometry/coordinates/1", C::Refused)]
        }),
        (
            "bow tie in the second",
            { multi_of(json!([[square(5.0, 5.0, 1.0)], [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]])) },
            vec![("/geometry/coordinates/1/0", C::Refused)],
        ),
        (
            "swapped",
            polygon_of(json!([[[39.1, -94.6], [39.1, -94.5], [39.2, -94.5], [39.1, -94.6]]])),
            vec![
                ("/geometry/coordinates/0/0/1", C::OutOfRange),
                ("/geometry/coordinates/0/1/1", C::OutOfRange),
                ("/geometry/coordinates/0/2/1", C::OutOfRange),
                ("/geometry/coordinates/0/3/1", C::OutOfRange),
            ],
        ),
        (
            "beyond, and open",
            polygon_of(json!([[[0, 0], [181, 0], [1, 91], [1e300, 0]]])),
            vec![
                ("/geometry/coordinates/0", C::Inconsistent),
                ("/geometry/coordinates/0/1/0", C::OutOfRange),
                ("/geometry/coordinates/0/2/1", C::OutOfRange),
                ("/geometry/coordinates/0/3/0", C::OutOfRange),
            ],
        ),
        ("too many positions", polygon_of(json!([many(1001)])), vec![("/geometry/coordinates", C::TooMany)]),
        ("too many rings", polygon_of(vec![many(4); 101].into()), vec![("/geometry/coordinates", C::TooMany)]),
        ("too many polygons", multi_of(vec![json!([many(4)]); 51].into()), {
            vec![("/geometry/coordinates", C::TooMany)]
        }),
    ];
    for (name, geometry, expected) in table {
        let told = faults(&geometry);
        let told: Vec<(&str, FieldCode)> = told.iter().map(|e| (e.pointer.as_str(), e.code)).collect();
        assert_eq!(told, expected, "{name}");
    }
}

#[test]
fn swapped_axes_are_called_so() {
    let swapped = polygon_of(json!([[[39.1, -94.6], [39.1, -94.5], [39.2, -94.5], [39.1, -94.6]]]));
    assert!(faults(&swapped).iter().all(|e| e.message.contains("axes look swapped")));
    let beyond = polygon_of(json!([[[100, -94.6], [0, 0], [1, 1], [100, -94.6]]]));
    assert!(faults(&beyond).iter().all(|e| !e.message.contains("swapped")));
}

#[test]
fn axes_are_seen_to_be_swapped_where_both_would_be_possible() {
    let today = chrono::NaiveDate::from_ymd_opt(2027, 7, 1).unwrap();
    let told = |zone: &str, lon: f64, lat: f64| {
        let mut errors = Vec::new();
        let zone: Zone = zone.parse().unwrap();
        polygon_of(json!([square(lon, lat, 0.1)])).check_place(zone, today, "/geometry", &mut errors);
        errors.iter().map(|e| e.pointer.clone()).collect::<Vec<_>>() == ["/geometry/coordinates"]
    };
    for (zone, lon, lat) in [
        ("America/Chicago", -94.6, 39.1),
        ("America/New_York", -74.0, 40.7),
        ("America/Anchorage", -149.9, 61.2),
        ("Europe/Madrid", -8.5, 43.3),
        ("Asia/Shanghai", 76.0, 39.5),
        ("Pacific/Auckland", 174.8, -36.8),
        ("Pacific/Apia", -171.8, -13.8),
        ("UTC", 9.2, 48.8),
    ] {
        assert!(!told(zone, lon, lat), "{zone}");
    }
    for (zone, lon, lat) in
        [("America/New_York", 40.7, -74.0), ("America/Detroit", 42.3, -83.0), ("Asia/Dhaka", 23.8, 89.9)]
    {
        assert!(told(zone, lon, lat), "{zone}");
    }
}

#[test]
fn of_very_many_faults_the_rest_is_counted() {
    let ring: Vec<Value> = (0..400).map(|_| json!([500, 500])).collect();
    let told = faults(&polygon_of(json!([ring])));
    assert_eq!(told.len(), 51);
    assert_eq!(told.last().map(|e| e.message.as_str()), Some("has 750 more faults"));
}

#[test]
fn only_polygons_of_this_form_can_be_read() {
    for bad in [
        json!(null),
        json!([]),
        json!({}),
        json!({"type": "Polygon"}),
        json!({"type": "Point", "coordinates": [0, 0]}),
        json!({"type": "polygon", "coordinates": []}),
        json!({"type": "Polygon", "coordinates": [[[0, 0, 250]]]}),
        json!({"type": "Polygon", "coordinates": [[[0]]]}),
        json!({"type": "Polygon", "coordinates": [[["0", "0"]]]}),
        json!({"type": "Polygon", "coordinates": [[[null, 0]]]}),
        json!({"type": "Polygon", "coordinates": [[0, 0]]}),
        json!({"type": "MultiPolygon", "coordinates": [[[0, 0]]]}),
        json!({"type": "Polygon", "coordinates": [], "crs": {"type": "name"}}),
        json!({"type": "Polygon", "coordinates": [], "bbox": [0, 0, 1, 1]}),
    ] {
        assert!(serde_json::from_value::<Geometry>(bad.clone()).is_err(), "{bad}");
    }
    for twice in [
        r#"{"type":"Polygon","coordinates":[],"coordinates":[]}"#,
        r#"{"type":"Polygon","type":"Polygon","coordinates":[]}"#,
    ] {
        assert!(serde_json::from_str::<Geometry>(twice).is_err(), "{twice}");
    }
}

#[test]
fn it_is_written_the_right_way_round_and_to_seven_decimals() {
    let outline = json!([[0.12345678901, 0.0], [4.0, -0.000000001], [4.0, 4.0], [0.12345678901, 0.0]]);
    let written = write(&polygon_of(json!([backwards(&outline)])));
    assert_eq!(written["coordinates"][0], json!([[0.1234568, 0.0], [4.0, 0.0], [4.0, 4.0], [0.1234568, 0.0]]));
    let (outside, hole) = (square(0.0, 0.0, 4.0), square(1.0, 1.0, 1.0));
    let written = write(&polygon_of(json!([outside, hole])));
    assert_eq!(written, json!({"type": "Polygon", "coordinates": [outside, backwards(&hole)]}));
    let written = write(&multi_of(json!([[backwards(&outside)], [square(6.0, 6.0, 1.0)]])));
    assert_eq!(written, json!({"type": "MultiPolygon", "coordinates": [[outside], [square(6.0, 6.0, 1.0)]]}));
}

#[test]
fn points_lie_within_on_the_edge_or_outside() {
    let with_hole = polygon_of(json!([square(0.0, 0.0, 4.0), square(1.0, 1.0, 2.0)]));
    for (lon, lat, within) in [
        (0.5, 0.5, true),
        (2.0, 2.0, false),
        (0.0, 0.0, true),
        (0.0, 3.0, true),
        (1.0, 2.0, true),
        (4.1, 2.0, false),
        (-0.0000001, 2.0, false),
    ] {
        assert_eq!(with_hole.contains(lon, lat), within, "{lon} {lat}");
    }
    let two = multi_of(json!([[square(0.0, 0.0, 1.0)], [square(5.0, 5.0, 1.0)]]));
    assert!(two.contains(0.5, 0.5) && two.contains(5.5, 5.5) && !two.contains(3.0, 3.0));
    let around = BoundingBox { min_lon: 0.0, min_lat: 0.0, max_lon: 6.0, max_lat: 6.0 };
    assert_eq!(two.bounding_box(), Some(around));
}

#[test]
fn neighbours_do_not_overlap() {
    let at = |west, side| polygon_of(json!([square(west, 0.0, side)]));
    assert!(!at(0.0, 1.0).overlaps(&at(1.0, 1.0)), "they share an edge");
    assert!(!at(0.0, 1.0).overlaps(&at(5.0, 1.0)));
    assert!(at(0.0, 1.0).overlaps(&at(0.9, 1.0)));
    assert!(at(0.0, 4.0).overlaps(&at(1.0, 1.0)) && at(1.0, 1.0).overlaps(&at(0.0, 4.0)), "one lies in the other");
    let hole = polygon_of(json!([square(0.0, 0.0, 4.0), square(1.0, 1.0, 2.0)]));
    assert!(!hole.overlaps(&polygon_of(json!([square(1.5, 1.5, 1.0)]))), "it lies in the hole");
}

/// A ring around a point, every corner in sight of it: simple whatever its radii are.
fn star() -> impl Strategy<Value = (Position, Ring)> {
    let corner = (0.05..0.95_f64, 0.01..0.5_f64);
    (-170.0..170.0_f64, -80.0..80.0_f64, prop::collection::vec(corner, 3..40)).prop_map(|(lon, lat, corners)| {
        let step = std::f64::consts::TAU / corners.iter().map(|_| 1.0).sum::<f64>();
        let mut turn = 0.0;
        let mut ring: Ring = Vec::new();
        for (within, radius) in corners {
            // Fewer than 180° from corner to corner keeps the point inside.
            let angle: f64 = turn + step * (0.4 + within * 0.2);
            ring.push(Position { lon: rounded(lon + radius * angle.cos()), lat: rounded(lat + radius * angle.sin()) });
            turn += step;
        }
        ring.extend(ring.first().copied());
        (Position { lon, lat }, ring)
    })
}

/// Whether the point lies within: how often a ray from it crosses the ring.
fn crossed_oddly(ring: &Ring, at: Position) -> bool {
    let edges = ring.iter().zip(ring.iter().skip(1));
    edges.filter(|(a, b)| (a.lat > at.lat) != (b.lat > at.lat)).fold(false, |odd, (a, b)| {
        let lon = a.lon + (at.lat - a.lat) / (b.lat - a.lat) * (b.lon - a.lon);
        odd != (lon > at.lon)
    })
}

fn cross((ax, ay): (i64, i64), (bx, by): (i64, i64), (cx, cy): (i64, i64)) -> i64 {
    (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
}

/// Whether two edges have a point in common, by whole numbers.
fn meet((a, b): ((i64, i64), (i64, i64)), (c, d): ((i64, i64), (i64, i64))) -> bool {
    let within = |p: (i64, i64), q: (i64, i64), r: (i64, i64)| {
        (p.0.min(q.0)..=p.0.max(q.0)).contains(&r.0) && (p.1.min(q.1)..=p.1.max(q.1)).contains(&r.1)
    };
    let [c1, c2, c3, c4] = [cross(a, b, c), cross(a, b, d), cross(c, d, a), cross(c, d, b)].map(i64::signum);
    (c1 != c2 && c3 != c4)
        || (c1 == 0 && within(a, b, c))
        || (c2 == 0 && within(a, b, d))
        || (c3 == 0 && within(c, d, a))
        || (c4 == 0 && within(c, d, b))
}

/// Whether the ring neither crosses nor touches itself, edge by edge.
fn is_simple(ring: &[(i64, i64)]) -> bool {
    let mut corners = ring.to_vec();
    corners.dedup();
    corners.pop();
    let n = corners.len();
    let edge = |i: usize| (corners[i % n], corners[(i + 1) % n]);
    n >= 3
        && (0..n).all(|i| (i + 2..n).filter(|j| (j + 1) % n != i).all(|j| !meet(edge(i), edge(j))))
        && (0..n).all(|i| {
            let ((a, b), (_, c)) = (edge(i), edge(i + 1));
            // A corner that goes straight back lies along the edge before.
            cross(a, b, c) != 0 || (b.0 - a.0) * (c.0 - b.0) + (b.1 - a.1) * (c.1 - b.1) > 0
        })
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same_and_right_handed((_, ring) in star(), turned in any::<bool>()) {
        let as_given = Geometry::Polygon { coordinates: vec![ring.clone()] };
        prop_assert_eq!(faults(&as_given), []);
        let mut other = ring;
        if turned {
            other.reverse();
        }
        let written = write(&Geometry::Polygon { coordinates: vec![other] });
        prop_assert_eq!(&written, &write(&as_given), "whichever way round it came");
        prop_assert_eq!(&written, &write(&read(written.clone())), "writing once more changes nothing");
        let Geometry::Polygon { coordinates } = read(written) else { return Err(TestCaseError::fail("a polygon")) };
        let doubled: f64 = coordinates[0].windows(2).map(|w| w[0].lon * w[1].lat - w[1].lon * w[0].lat).sum();
        prop_assert!(doubled > 0.0, "counterclockwise");
        prop_assert_eq!(&as_given, &read(serde_json::from_str(&serde_json::to_string(&as_given).unwrap()).unwrap()));
    }

    #[test]
    fn what_is_within_is_within_the_box_and_crossed_oddly((centre, ring) in star(), dx in -0.6..0.6_f64, dy in -0.6..0.6_f64) {
        let geometry = Geometry::Polygon { coordinates: vec![ring.clone()] };
        let at = Position { lon: centre.lon + dx, lat: centre.lat + dy };
        let within = geometry.contains(at.lon, at.lat);
        prop_assert!(!within || geometry.bounding_box().unwrap().contains(at.lon, at.lat));
        prop_assert_eq!(within, crossed_oddly(&ring, at));
        for corner in &ring {
            prop_assert!(geometry.contains(corner.lon, corner.lat), "corners belong to it");
        }
        let far = Geometry::MultiPolygon { coordinates: vec![vec![ring.clone()], vec![ring.iter().map(|p| Position {
            lon: rounded(p.lon / 2.0 + if centre.lon > 0.0 { -90.0 } else { 90.0 }), lat: p.lat }).collect()]] };
        prop_assert!(!within || far.contains(at.lon, at.lat), "a part's points are the whole's");
    }

    #[test]
    fn overlapping_is_mutual((_, ring) in star(), dx in -1.2..1.2_f64, dy in -1.2..1.2_f64) {
        let moved: Ring = ring.iter().map(|p| Position { lon: rounded(p.lon + dx), lat: rounded(p.lat + dy) }).collect();
        let (one, other) = (Geometry::Polygon { coordinates: vec![ring] }, Geometry::Polygon { coordinates: vec![moved] });
        prop_assert!(one.overlaps(&one));
        prop_assert_eq!(one.overlaps(&other), other.overlaps(&one));
        let meet = one.bounding_box().unwrap().meets(&other.bounding_box().unwrap());
        prop_assert!(meet || !one.overlaps(&other));
    }

    #[test]
    fn rings_are_refused_exactly_when_they_are_not_simple(corners in prop::collection::vec((0_i64..5, 0_i64..5), 3..9)) {
        let mut ring = corners;
        ring.extend(ring.first().copied());
        let degrees = |n: i64| rounded(f64::from(i32::try_from(n).unwrap()) / 10.0);
        let positions = ring.iter().map(|(x, y)| Position { lon: degrees(*x), lat: degrees(*y) }).collect();
        let told = faults(&Geometry::Polygon { coordinates: vec![positions] });
        prop_assert_eq!(told.is_empty(), is_simple(&ring), "{:?}", told);
    }

    #[test]
    fn whatever_comes_is_answered(rings in prop::collection::vec(
        prop::collection::vec(prop::collection::vec((-4..4_i8, -4..4_i8), 0..7), 0..4), 0..4), closed in any::<bool>())
    {
        let coordinates = rings.into_iter().map(|rings| rings.into_iter().map(|ring| {
            let mut ring: Ring = ring.into_iter().map(|(x, y)| Position { lon: x.into(), lat: y.into() }).collect();
            if closed {
                ring.extend(ring.first().copied());
            }
            ring
        }).collect()).collect();
        let geometry = Geometry::MultiPolygon { coordinates };
        faults(&geometry);
        write(&geometry);
        geometry.contains(0.0, 0.0);
    }
}
