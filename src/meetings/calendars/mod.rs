//! Meetings as calendars (RFC 5545): one authoritative feed of each partnership and each area, a feed of one's own under a
//! secret address, and each meeting by itself (`domain/60` 6.22, `domain/90` 3.3).
//!
//! Invariants:
//! * A series is one event with its rule; what differs from it is an override under the time by which the rule has it, and
//!   what does not take place stays, cancelled. Each event's sequence only ever rises.
//! * Feeds for everybody have open meetings only, and of a private home not even its name. The secret address tells what its
//!   owner may see at the moment, but no address that is not public: an address of that kind lives on in others' programs
//!   (`design/security.md` 5.12). No feed names anybody.
//! * A feed is named by a digest over the versions of what shapes it, before it is made
//!   ([`rendered`](crate::platform::http::rendered)), and nothing in it tells when it was read: the same meetings are
//!   the same bytes. Nor is anything in the digest that its readers don't see: a name that changes would tell of it.
//! * Escaping and folding are the `icalendar` crate's; no text gets into a line of its own.
//!
//! What is in a feed and how it reads is decided in `feed`, from rows; `ics` writes it, `zones` writes time zones.

mod addresses;
mod feed;
mod gather;
mod ics;
mod model;
pub(crate) mod policy;
mod queries;
mod routes;
mod zones;

pub use addresses::end_calendar_address;

use crate::event_kinds;
use crate::platform::http::Operations;

/// Operations of this part.
pub const OPERATIONS: Operations = Operations::all(&[routes::OPERATIONS, addresses::OPERATIONS]);

event_kinds! {
    /// What happens to secret addresses of calendars.
    pub mod events {
        MADE = "calendar_address"."made", Restricted, "A secret address of one's own calendar was made";
        REVOKED = "calendar_address"."revoked", Restricted, "The secret address of one's own calendar was revoked";
    }
}
