//! The floors of the house, read from the sources: `platform` ← slices ← the roof, and nothing around the corner.

use std::collections::{BTreeMap, BTreeSet};

use super::sources::{Source, Token, Used, sources};

/// The ground floor, which knows nothing that stands on it.
const GROUND: &str = "platform";
/// Beside it, for every slice: ids and tables.
const BASEMENT: [&str; 2] = ["ids", "schema"];
/// What knows every slice and is known by none: these folders, and the files directly in `src/`.
const ROOF: [&str; 3] = ["app", "cli", "demo"];
/// Slices from the bottom up: each may use those before it. A slice that is not named here may stand anywhere, as long as
/// there is no circle.
const ORDER: [&str; 6] = ["accounts", "directory", "partnerships", "communication", "meetings", "reports"];
/// Lines that a file may have. About 500 is the aim.
const LINES: usize = 600;

struct House {
    files: Vec<Source>,
    /// Slices: folders under `src/`, without the ground floor and the roof.
    slices: BTreeSet<String>,
    roof: BTreeSet<String>,
    /// Macros of the crate, which stand at its root wherever they are written.
    macros: BTreeSet<String>,
}

fn house() -> House {
    let files = sources();
    let tops = |folders: bool| -> BTreeSet<String> {
        let files = files.iter().filter(|file| (file.path.matches('/').count() > 1) == folders);
        files.map(|file| floor_of(file).to_owned()).collect()
    };
    let mut slices = tops(true);
    slices.retain(|top| top != GROUND && !ROOF.contains(&top.as_str()));
    let mut roof: BTreeSet<String> = tops(false).into_iter().filter(|top| !slices.contains(top)).collect();
    roof.retain(|top| !BASEMENT.contains(&top.as_str()));
    roof.extend(ROOF.map(ToOwned::to_owned));
    assert!(
        slices.contains("accounts") && slices.contains("partnerships") && roof.contains("app"),
        "{slices:?} {roof:?}"
    );
    let mut macros = BTreeSet::new();
    for file in &files {
        for (n, token) in file.tokens.iter().enumerate() {
            if let (Token::Word(word), Some(Token::Word(name))) = (token, file.tokens.get(n + 2))
                && word == "macro_rules"
            {
                macros.insert(name.clone());
            }
        }
    }
    House { files, slices, roof, macros }
}

impl House {
    /// What a file uses beyond its own slice.
    fn used_by<'f>(&'f self, file: &'f Source) -> impl Iterator<Item = Used> + 'f {
        let own = file.module.first().cloned().unwrap_or_default();
        file.uses()
            .into_iter()
            .filter(move |path| path.first().is_some_and(|top| *top != own && !self.macros.contains(top)))
    }
    /// Whether `name` is a file or a folder directly in the slice.
    fn is_submodule(&self, slice: &str, name: &str) -> bool {
        self.files.iter().any(|file| file.module.len() >= 2 && file.module[0] == slice && file.module[1] == name)
    }
}

/// The first part of a file's module; the crate's root and the program stand above all.
fn floor_of(file: &Source) -> &str {
    file.module.first().map_or("lib", String::as_str)
}

#[test]
fn the_ground_floor_uses_nothing_that_stands_on_it() {
    let house = house();
    let mut faults = Vec::new();
    for file in house.files.iter().filter(|file| floor_of(file) == GROUND) {
        faults.extend(house.used_by(file).map(|path| format!("{} uses crate::{}", file.path, path.join("::"))));
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn slices_use_what_stands_below_them_and_only_what_its_mod_offers() {
    let house = house();
    let (mut faults, mut edges) = (BTreeSet::new(), BTreeMap::<&str, BTreeSet<String>>::new());
    for file in &house.files {
        let own = floor_of(file);
        if own == GROUND || house.roof.contains(own) {
            continue;
        }
        for path in house.used_by(file) {
            let told = format!("{} uses crate::{}", file.path, path.join("::"));
            let top = path[0].as_str();
            if house.roof.contains(top) {
                faults.insert(format!("{told}: nothing uses the roof"));
            }
            if !house.slices.contains(top) {
                continue;
            }
            if !house.slices.contains(own) {
                faults.insert(format!("{told}: what every slice uses can't use a slice"));
                continue;
            }
            let place = |slice: &str| ORDER.iter().position(|name| *name == slice);
            if let (Some(from), Some(to)) = (place(own), place(top))
                && from < to
            {
                faults.insert(format!("{told}: {top} stands above {own}"));
            }
            if path.get(1).is_some_and(|name| house.is_submodule(top, name)) {
                faults.insert(format!("{told}: only what {top}/mod.rs offers"));
            }
            edges.entry(own).or_default().insert(top.to_owned());
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    // What is left after taking away, again and again, whatever uses nothing that is left, goes in circles.
    let mut left: BTreeSet<&str> = edges.keys().copied().collect();
    while let Some(free) =
        left.iter().copied().find(|slice| !edges[slice].iter().any(|used| left.contains(used.as_str())))
    {
        left.remove(free);
    }
    assert!(left.is_empty(), "these slices use each other in a circle: {left:?}");
}

#[test]
fn files_stay_short_enough_to_read() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|file| file.lines > LINES)
        .map(|file| format!("{} has {} lines", file.path, file.lines))
        .collect();
    assert!(long.is_empty(), "more than {LINES} lines: {long:#?}");
}

#[test]
fn time_comes_from_the_clock() {
    for file in sources().iter().filter(|file| file.path != "src/platform/clock.rs") {
        for source in ["Utc", "Local", "SystemTime"] {
            assert!(!file.has(&[source, ":", ":", "now"]), "{} reads the system's time: {source}::now", file.path);
        }
    }
}

#[test]
fn every_route_goes_through_the_description() {
    for file in &sources() {
        assert!(!file.has(&[".", "route", "("]), "{}: .route() makes a route that is not described", file.path);
    }
}

#[test]
fn every_migration_has_its_twin_and_its_way_back() {
    let folders = |engine: &str| -> BTreeSet<String> {
        let dir = super::sources::root().join("migrations").join(engine);
        std::fs::read_dir(dir)
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                for file in ["up.sql", "down.sql"] {
                    let text = std::fs::read_to_string(path.join(file)).unwrap_or_default();
                    assert!(!text.trim().is_empty(), "{}: no {file}", path.display());
                }
                path.file_name().unwrap().to_string_lossy().into_owned()
            })
            .collect()
    };
    assert_eq!(folders("sqlite"), folders("postgres"));
}
