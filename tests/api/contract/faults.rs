//! No binary that is not built for it can have a fault planted.

#[test]
fn the_marker_is_in_binaries_that_can_be_made_wrong_and_in_no_other() {
    let marker = ["threekeys-can-", "be-made-wrong-on-purpose"].concat();
    let holds = |binary: &[u8]| binary.windows(marker.len()).any(|window| window == marker.as_bytes());
    let binary = std::fs::read(env!("CARGO_BIN_EXE_threekeys")).unwrap();
    assert_eq!(holds(&binary), cfg!(feature = "test-faults"));
    // Built by whoever is about to release; looked at wherever it is.
    let release = concat!(env!("CARGO_MANIFEST_DIR"), "/target/release/threekeys");
    if let Ok(binary) = std::fs::read(release) {
        assert!(!holds(&binary), "the release binary was built with test-faults");
    }
}
