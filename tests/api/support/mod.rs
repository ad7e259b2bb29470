//! What tests stand on: an application over a database of its own, a client, persons.

pub mod app;
pub mod authenticators;
pub mod client;
pub mod counting;
pub mod deciding;
pub mod engines;
pub mod examples;
pub mod forming;
pub mod order;
pub mod people;
pub mod places;
pub mod spec;
pub mod trouble;
pub mod twins;
pub mod world;

pub use app::App;
pub use client::{Answer, page_through};
pub use people::Person;
pub use world::World;

/// What whoever runs the tests sets for one of them: its size, another binary.
#[expect(clippy::disallowed_methods, reason = "a test's setting, and no configuration")]
pub fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Runs each named test on both engines. A test that is not named here is unused, which the lints refuse.
#[macro_export]
macro_rules! both_engines {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { $crate::support::engines::run($crate::support::engines::Engine::Sqlite, super::$name); })+
        }
        mod postgres {
            $(#[test] fn $name() { $crate::support::engines::run($crate::support::engines::Engine::Postgres, super::$name); })+
        }
    };
}
