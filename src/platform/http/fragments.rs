//! Parts of answers that are the same however often they are told: kept by slices as they are sent, because turning rows into JSON
//! is most of a list.

use actix_web::web::Bytes;
use serde::Serialize;

use crate::platform::error::{Error, Result};

/// What stands in the JSON object `whole` behind all that stands in `passing`, of which each field is the same there and comes
/// first.
///
/// # Errors
/// A fault when `whole` does not begin with `passing`.
pub fn lasting(whole: &impl Serialize, passing: &impl Serialize) -> Result<Bytes> {
    let (whole, passing) = (json(whole)?, json(passing)?);
    let lasting = passing.split_last().and_then(|(_, open)| whole.strip_prefix(open));
    let lasting = lasting.filter(|rest| rest.starts_with(b",") && rest.ends_with(b"}"));
    Ok(Bytes::copy_from_slice(lasting.ok_or_else(|| Error::fault("no fragment ends this object"))?))
}

fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|e| Error::fault(format!("a fragment can't be serialized: {e}")))
}

/// Writes the JSON object that begins with the fields of `passing` and ends with the fragment.
///
/// # Errors
/// A fault when `passing` can't be serialized.
pub fn join(out: &mut Vec<u8>, passing: &impl Serialize, fragment: &[u8]) -> Result<()> {
    serde_json::to_writer(&mut *out, passing)
        .map_err(|e| Error::fault(format!("an answer can't be serialized: {e}")))?;
    out.pop();
    out.extend_from_slice(fragment);
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Serialize)]
    struct Passing {
        id: u8,
        taken: u8,
    }
    #[derive(Serialize)]
    struct Whole {
        id: u8,
        taken: u8,
        title: &'static str,
    }

    #[test]
    fn what_lasts_is_joined_to_what_passes() {
        let whole = |taken, title| Whole { id: 1, taken, title };
        let kept = lasting(&whole(2, "Lamps"), &Passing { id: 1, taken: 2 }).unwrap();
        let mut out = b"[".to_vec();
        join(&mut out, &Passing { id: 1, taken: 3 }, &kept).unwrap();
        out.push(b']');
        let told: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(told, json!([{"id": 1, "taken": 3, "title": "Lamps"}]));
        // Of what passes, another value is told in the same way.
        assert_eq!(lasting(&whole(3, "Lamps"), &Passing { id: 1, taken: 3 }).unwrap(), kept);
        assert!(lasting(&whole(2, "Lamps"), &Passing { id: 1, taken: 4 }).is_err());
        assert!(lasting(&Passing { id: 1, taken: 4 }, &Passing { id: 1, taken: 4 }).is_err());
    }
}
