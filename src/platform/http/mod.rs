//! HTTP: how every endpoint behaves (`design/api.md`), so that slices only say what they do.
//!
//! * [`shell`]: around every request: id, limits, deadline, headers, problems. [`connections`]: around all of them.
//!   [`routes`]: to its operation.
//! * [`ctx`]: from a handler to the database and back, as the caller.
//! * [`extract`]: checked bodies, ids, preconditions; [`leftover`]: bodies that nobody reads. [`paging`]: filters, cursors, pages.
//! * [`reply`]: what goes back. [`rendered`]: what went back before and still holds; [`fragments`]: parts of answers that slices keep. [`idempotency`]: the same answer again. [`limits`]: requests per caller.

/// Where the API begins.
pub const API: &str = "/api/v1";

pub mod connections;
pub mod ctx;
pub mod envelope;
pub mod extract;
pub mod fragments;
pub mod idempotency;
pub mod leftover;
pub mod limits;
pub mod paging;
pub mod rendered;
pub mod reply;
pub mod routes;
pub mod shell;

pub use ctx::{Actor, Attribution, Recorded, Tx};
pub use envelope::Envelope;
pub use extract::{Check, IfMatch, Path, Unread, Valid, wrong};
pub use paging::{DEFAULT_LIMIT, Filter, Listing, PageParams, demand_range};
pub use rendered::Known;
pub use reply::{Accepted, Answer, Created, Found, NoContent, Page, Reply, Versioned, WrittenPage};
pub use routes::Operations;
