//! Planted faults: ways to be wrong on purpose, so that every check under fire can be shown to see what it looks for.
//!
//! They exist only with the feature `test-faults`, which no release has; without it [`is_planted`] is `false` at compile time
//! and its callers' branches are gone, with their names. `tests/faults.sh` plants one after the other (the table is
//! `tests/faults.list`) and demands that the named check fails.

/// Whether the fault of this name was planted, by `THREEKEYS_FAULT`.
#[cfg(not(feature = "test-faults"))]
#[inline(always)]
pub const fn is_planted(_name: &'static str) -> bool {
    false
}

/// Found in every binary that can have faults planted, and in no other.
#[cfg(feature = "test-faults")]
pub const MARKER: &str = concat!("threekeys-can-", "be-made-wrong-on-purpose");

/// Whether the fault of this name was planted, by `THREEKEYS_FAULT`; in a server under test by `PLANTED_FAULT`, for
/// its configuration refuses names of its own kind that it does not know.
#[cfg(feature = "test-faults")]
pub fn is_planted(name: &'static str) -> bool {
    static PLANTED: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    #[expect(clippy::disallowed_methods, reason = "a test's switch, and no configuration")]
    let planted = PLANTED.get_or_init(|| {
        let planted = ["THREEKEYS_FAULT", "PLANTED_FAULT"].into_iter().find_map(|name| std::env::var(name).ok());
        let planted = planted.unwrap_or_default();
        tracing::warn!(%planted, "{MARKER}");
        planted
    });
    planted == name
}
