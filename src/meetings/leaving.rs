//! What a member leaves behind in meetings to come.

use super::queries::{meetings, rsvps};
use crate::ids::{AccountId, PartnershipId};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;

/// Takes back what a former member answered to meetings to come that are not for everybody, and to those in private homes, and
/// gives the places back: the person knows of them no more, or is no guest by being a member. Other answers stand.
///
/// The membership has ended before, in this transaction: whoever answers holds theirs, and so has answered by now or finds
/// that they are a member no more.
///
/// # Errors
/// When the database can't do it.
pub fn withdraw_answers(conn: &mut Conn, of: PartnershipId, person: AccountId, now: Instant) -> Result<()> {
    for id in rsvps::to_inner(conn, of, person, now)? {
        let Some(meeting) = meetings::find_locked(conn, id)? else { continue };
        // It may have changed before the meeting was held.
        if let Some(before) = rsvps::find(conn, id, person)? {
            rsvps::delete(conn, before.id)?;
            let answers = meeting.answers.0.without(before.answer);
            meetings::update_answers(conn, id, -before.answer.places(before.guests), answers)?;
        }
    }
    Ok(())
}
