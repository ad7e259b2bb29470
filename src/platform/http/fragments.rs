//! Parts of answers that are the same however often they are told: kept as they are sent, because turning rows into JSON is most
//! of a list.
//!
//! What is kept is found by the id of its row, the row's version and the moment of its last change, all read anew each time, so
//! that no other process and no change can make it wrong: what has changed has another version.

use actix_web::web::Bytes;
use quick_cache::sync::Cache;
use serde::Serialize;
use uuid::Uuid;

use super::rendered::BySize;
use crate::platform::clock::Instant;
use crate::platform::error::{Error, Result};
use crate::platform::faults::is_planted;

/// Bytes that are kept at most.
const KEPT: u64 = 12 << 20;
/// About how many fragments that is.
const FRAGMENTS: usize = 12_000;

/// Which fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Which {
    /// Of which row; ids are of one table only.
    pub id: Uuid,
    /// The row's version.
    pub version: i64,
    /// When it got that: versions that were lost with a restored backup are given again.
    pub updated_at: Instant,
    /// For which kind of reader, where several are told differently.
    pub reader: u8,
}

impl Which {
    fn planted(self) -> Self {
        match is_planted("fragments_outlive_versions") {
            true => Self { version: 0, updated_at: Instant::EPOCH, ..self },
            false => self,
        }
    }
}

/// Fragments that were told before, the ones that are asked for most.
pub struct Fragments(Cache<Which, Bytes, BySize>);

impl Default for Fragments {
    fn default() -> Self {
        Self(Cache::with_weighter(FRAGMENTS, KEPT, BySize))
    }
}

impl Fragments {
    /// The fragment, if it was kept.
    pub fn find(&self, which: Which) -> Option<Bytes> {
        self.0.get(&which.planted())
    }

    /// Keeps what stands in the JSON object `whole` behind all that stands in `passing`, of which each field is the same there
    /// and comes first; returns it. Debug builds demand that it is what was kept before, if anything was.
    ///
    /// # Errors
    /// A fault when `whole` does not begin with `passing`.
    pub fn keep(&self, which: Which, whole: &impl Serialize, passing: &impl Serialize) -> Result<Bytes> {
        let which = which.planted();
        let (whole, passing) = (json(whole)?, json(passing)?);
        let lasting = passing.split_last().and_then(|(_, open)| whole.strip_prefix(open));
        let lasting = lasting.filter(|rest| rest.starts_with(b",") && rest.ends_with(b"}"));
        let lasting = Bytes::copy_from_slice(lasting.ok_or_else(|| Error::fault("no fragment ends this object"))?);
        if cfg!(debug_assertions)
            && let Some(before) = self.0.get(&which)
            && before != lasting
        {
            return Err(Error::fault(format!("{which:?} is told in two ways: {before:?} and {lasting:?}")));
        }
        self.0.insert(which, lasting.clone());
        Ok(lasting)
    }
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
    fn what_lasts_is_kept_and_joined_to_what_passes() {
        let fragments = Fragments::default();
        let which = |version| Which { id: Uuid::nil(), version, updated_at: Instant::EPOCH, reader: 0 };
        let whole = |taken, title| Whole { id: 1, taken, title };
        assert_eq!(fragments.find(which(1)), None);
        let kept = fragments.keep(which(1), &whole(2, "Lamps"), &Passing { id: 1, taken: 2 }).unwrap();
        assert_eq!(fragments.find(which(1)), Some(kept.clone()));
        assert_eq!(fragments.find(which(2)), None);
        let mut out = b"[".to_vec();
        join(&mut out, &Passing { id: 1, taken: 3 }, &kept).unwrap();
        out.push(b']');
        let told: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(told, json!([{"id": 1, "taken": 3, "title": "Lamps"}]));
        // Of what passes, another value is told in the same way.
        fragments.keep(which(1), &whole(3, "Lamps"), &Passing { id: 1, taken: 3 }).unwrap();
        let differs = fragments.keep(which(1), &whole(2, "Alleys"), &Passing { id: 1, taken: 2 });
        assert_eq!(differs.is_err(), cfg!(debug_assertions));
        assert!(fragments.keep(which(3), &whole(2, "Lamps"), &Passing { id: 1, taken: 4 }).is_err());
        assert!(fragments.keep(which(3), &Passing { id: 1, taken: 4 }, &Passing { id: 1, taken: 4 }).is_err());
    }
}
