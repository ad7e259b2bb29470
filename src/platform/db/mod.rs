//! The database: one connection type over two engines, one text for every query.
//!
//! * [`connection`]: opening, checking and migrating either engine; [`Conn`] is what every query takes.
//! * [`executor`]: the threads that own the connections. Readers share a queue; on SQLite one writer commits whatever
//!   requests are waiting as one transaction, each in its own savepoint; on PostgreSQL several writers commit one by one.
//!   What a thread holds is opened again after it was lost (`held`); who waits for one gives up in time (`waiting`).
//! * [`asked`] and [`gathered`]: what several ask in the same way at about the same time, and one statement answers.
//! * [`types`]: SQL types that both engines store natively.
//! * [`nodes`]: the few query parts that diesel's joint backend lacks; [`inserts`]: inserting rows;
//!   [`shapes`]: statements that stay prepared.
//! * [`constraint`]: which unique index or exclusion was violated, on either engine.
//!
//! No slice ever branches on the engine; what needs that lives here.
//!
//! On SQLite a table that is asked or written often keeps its rows in the order in which they come, with an index of their ids;
//! `WITHOUT ROWID`, which keeps them in the order of the ids, is for tables that consist of little more than their keys: whole
//! rows stand in the inner pages of such a tree, which gets deep, and every index repeats the id.

pub mod asked;
pub mod connection;
pub mod constraint;
mod desk;
pub mod executor;
pub mod gathered;
mod held;
pub mod inserts;
pub mod nodes;
pub mod schema;
pub mod shapes;
pub mod types;
mod waiting;

pub use asked::{Asked, ForEach, Given, Givens, Several, placed};
pub use connection::{Conn, Engine, MultiBackend, MultiRawValue, tables};
pub use constraint::{Exclusion, OnConflict, Unique};
pub(super) use executor::savepoint;
pub use executor::{Db, give_way};
pub use gathered::Gathered;
pub use inserts::Both;
pub use nodes::{
    Columns, PortableExt, among, beside, by_backend, hold, hold_names, in_query, locked, name_to_hold, nulls_last,
    row_gt, row_lt, together, with_any,
};
pub use shapes::{run, shaped};
pub use types::{AnyId, Json, sql};
