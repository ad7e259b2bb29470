use super::*;
use crate::platform::error::FieldError;
#[test]
fn timing() {
    let circle = |n: usize, cx: f64, cy: f64, r: f64| -> Ring {
        let mut v: Ring = (0..n)
            .map(|i| {
                let a = i as f64 / n as f64 * std::f64::consts::TAU;
                Position { lon: rounded(cx + r * a.cos()), lat: rounded(cy + r * a.sin()) }
            })
            .collect();
        v.push(v[0]);
        v
    };
    let t = std::time::Instant::now();
    let g = Geometry::Polygon { coordinates: vec![circle(999, 0., 0., 10.)] };
    let mut e: Vec<FieldError> = vec![];
    g.check("/g", &mut e);
    eprintln!("ring {:?} {}", t.elapsed(), e.len());
    let mut rings = vec![circle(100, 0., 0., 10.)];
    for i in 0..99 {
        rings.push(circle(8, (i % 10) as f64 - 4.5, (i / 10) as f64 - 4.5, 0.4));
    }
    let t = std::time::Instant::now();
    let g = Geometry::Polygon { coordinates: rings };
    let mut e: Vec<FieldError> = vec![];
    g.check("/g", &mut e);
    eprintln!("holes {:?} {:?}", t.elapsed(), e);
    let t = std::time::Instant::now();
    let g = Geometry::MultiPolygon {
        coordinates: (0..50).map(|i| vec![circle(19, (i % 10) as f64 - 4.5, (i / 10) as f64 - 4.5, 0.4)]).collect(),
    };
    let mut e: Vec<FieldError> = vec![];
    g.check("/g", &mut e);
    eprintln!("multi {:?} {:?}", t.elapsed(), e);
    let t = std::time::Instant::now();
    // thin diagonals whose boxes all meet
    let g = Geometry::MultiPolygon {
        coordinates: (0..50)
            .map(|i| {
                let o = i as f64 * 0.01;
                let mut r: Ring = vec![];
                for k in 0..9 {
                    r.push(Position { lon: rounded(o + k as f64), lat: rounded(k as f64) });
                }
                for k in (0..9).rev() {
                    r.push(Position { lon: rounded(o + 0.004 + k as f64), lat: rounded(k as f64) });
                }
                r.push(r[0]);
                vec![r]
            })
            .collect(),
    };
    let mut e: Vec<FieldError> = vec![];
    g.check("/g", &mut e);
    eprintln!("diagonals {:?} {:?}", t.elapsed(), e);
}
