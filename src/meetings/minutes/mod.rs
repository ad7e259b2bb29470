//! Minutes (`domain/60` 6.22): drafted, circulated, approved by both sides, published.
//!
//! Invariants:
//! * The text is written in versions that are never overwritten. A new version voids assents, is circulated anew where
//!   another was, and gives a decision that is open on it another text.
//! * Neither side approves minutes alone: they are approved by a decision of both sides, or, when they have been circulated
//!   for a while and nobody wants a correction any more, by the assent of a leader of each.
//! * Whoever declines a request does not end it alone: whoever asked is told, and can maintain it within five days. Until then
//!   silence approves nothing, and what is maintained is answered by a decision of both sides, by a text that has it in, or by
//!   whoever asked.
//! * What is redacted is read by members and officers alone: not in the text, nor in a version, a digest or a correction does
//!   anybody else find it ([`redaction`]).
//! * What is published stays as it is, with the digest of each rendition. What turns out to be wrong is put beside it, as a
//!   numbered correction that counts once a leader of each side has assented. What turns out to be not for everybody is put
//!   beside it as a numbered redaction: what members read, and its digest, stay; the public rendition gets another digest, and
//!   both are kept.
//! * Minutes are kept for ever.

mod approval;
mod correcting;
mod decided;
mod draft;
mod facts;
pub mod jobs;
mod letters;
mod model;
mod motions;
pub(crate) mod policy;
mod queries;
mod redacting;
mod redaction;
mod rendition;
mod requests;
mod routes;
mod rules;
mod shown;
mod steps;

pub use approval::REACTIONS;
pub use draft::FirstTimers;
pub use facts::first_timers;

use crate::event_kinds;
use crate::platform::http::Operations;

/// Operations of this part.
pub const OPERATIONS: Operations = Operations::all(&[
    routes::OPERATIONS,
    steps::OPERATIONS,
    correcting::OPERATIONS,
    redacting::OPERATIONS,
    requests::OPERATIONS,
]);

event_kinds! {
    /// What happens to minutes. Seen by whoever sees the meeting, at most.
    pub mod events {
        WRITTEN = "meeting"."minutes_written", Leaders, "Version {number} of the minutes was written";
        CIRCULATED = "meeting"."minutes_circulated", Members, "Version {number} of the minutes was circulated";
        SIGNED = "meeting"."minutes_signed", Members, "The {side} side signed the minutes";
        ASSENTED = "meeting"."minutes_assented", Members, "A leader of the {side} side assented to the minutes";
        PROPOSED = "meeting"."minutes_proposed", Members, "The minutes were put up for decision";
        RETURNED = "meeting"."minutes_returned", Members, "The minutes were not approved by decision and are circulated again: {outcome}";
        APPROVED = "meeting"."minutes_approved", Members, "The minutes are approved";
        PUBLISHED = "meeting"."minutes_published", Public, "The minutes were published";
        CORRECTION_REQUESTED = "meeting"."correction_requested", Members, "A correction of the minutes was asked for";
        CORRECTION_ACCEPTED = "meeting"."correction_accepted", Members, "A correction was accepted: version {number} has it in";
        CORRECTION_DECLINED = "meeting"."correction_declined", Members, "A correction of the minutes was declined";
        CORRECTION_MAINTAINED = "meeting"."correction_maintained", Members, "A correction of the minutes that was declined is maintained";
        CORRECTION_WITHDRAWN = "meeting"."correction_withdrawn", Members, "A request to correct the minutes was taken back";
        REDACTED = "meeting"."minutes_redacted", Public, "More of the published minutes was masked: redaction {number}";
        CORRECTION_WRITTEN = "meeting"."minutes_correction_written", Members, "Correction {number} of the published minutes waits for the other side";
        CORRECTED = "meeting"."minutes_corrected", Public, "Correction {number} of the published minutes counts";
    }
}
