//! Reminders of meetings (`domain/60` 6.22): members who have not said no are written to a day before, or as long before as
//! the installation says, and answer by a link, without signing in.
//!
//! Invariants:
//! * Each member is reminded of each sequence of a meeting once: that it was is kept with the letter, in one transaction, so
//!   that nothing is lost or sent twice when the server dies. What is moved is reminded of anew; what is cancelled is not.
//! * A link is for one member and one meeting, and ends with it ([`token`]). What it says stands behind the `#` of its
//!   address, which no browser sends: reading it changes nothing, and no log has it.
//! * Letters tell no address that is not public; those of a private home say where it is told.
//! * Whoever wants none gets none: switched off in the account, or by the unsubscribe button of a letter, which needs no signing
//!   in and does nothing else.

pub mod jobs;
mod letters;
mod page;
mod queries;
mod routes;
mod settings;
mod token;

pub use page::{PAGE, SCRIPT};

use crate::event_kinds;
use crate::platform::http::Operations;

/// Operations of this part.
pub const OPERATIONS: Operations = Operations::all(&[routes::OPERATIONS, settings::OPERATIONS]);

event_kinds! {
    /// What happens to one's own reminders.
    pub mod events {
        SWITCHED_OFF = "meeting_reminders"."switched_off", Restricted, "Reminders of meetings were switched off";
        SWITCHED_ON = "meeting_reminders"."switched_on", Restricted, "Reminders of meetings were switched on";
    }
}
