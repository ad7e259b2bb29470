//! Lays the functions that starting and the common requests run side by side in a release build.
//!
//! The program has some 50 MiB of code, of which a start needs less than a tenth, strewn over all of it; whatever is touched
//! comes into memory with its surroundings, so that most of the code did. `functions.order` names those functions, the most
//! used first, as `tests/load/run --order` found them; names that are no more, because a dependency or the compiler is another,
//! have no effect. Only lld, which current Rust links with on this platform, knows how to: for every other linker nothing is
//! done.

#![expect(clippy::disallowed_methods, reason = "cargo tells a build script everything by its environment")]

use std::path::Path;
use std::process::Command;

const PLATFORM: &str = "x86_64-unknown-linux-gnu";
const ORDER: &str = ".cargo/functions.order";

fn main() {
    println!("cargo::rerun-if-changed={ORDER}");
    println!("cargo::rerun-if-changed=.cargo/build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    println!("cargo::rerun-if-env-changed=RUSTFLAGS");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|is| is == value);
    let other_linker = std::env::var_os("RUSTC_LINKER").is_some()
        || std::env::var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|flags| flags.contains("link"));
    if is("PROFILE", "release") && is("TARGET", PLATFORM) && is("HOST", PLATFORM) && !other_linker && brings_lld() {
        // Linking is done in the folder of Cargo.toml.
        println!("cargo::rustc-link-arg-bins=-Wl,--symbol-ordering-file={ORDER}");
        println!("cargo::rustc-link-arg-bins=-Wl,--no-warn-symbol-ordering");
    }
}

/// Whether the compiler has its own lld, which it then links with; those that distributions build may do without.
fn brings_lld() -> bool {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let root = Command::new(rustc).args(["--print", "sysroot"]).output().ok();
    let root = root.and_then(|output| String::from_utf8(output.stdout).ok());
    root.is_some_and(|root| {
        Path::new(root.trim()).join("lib/rustlib").join(PLATFORM).join("bin/gcc-ld/ld.lld").is_file()
    })
}
