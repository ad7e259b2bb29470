//! Which meetings the law leaves.

use super::queries::is_on;
use crate::ids::PartnershipId;
use crate::meetings::model::{Meeting, MeetingVisibility, PlaceKind};
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::wrong;

/// What keeps people out of a meeting. Pure.
fn shut(visibility: MeetingVisibility, place: PlaceKind) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if visibility != MeetingVisibility::Public {
        let why = "must be public: the open meetings law binds the partnership";
        errors.push(wrong("/visibility", FieldCode::Refused, why));
    }
    if place == PlaceKind::PrivateHome {
        let why = "must be a place that everybody can go to: the open meetings law binds the partnership";
        errors.push(wrong("/place/kind", FieldCode::Refused, why));
    }
    errors
}

/// Refuses a meeting that is not open to everybody, where the law has it so.
///
/// # Errors
/// 422 with the fields.
pub fn demand_public(
    conn: &mut Conn,
    of: PartnershipId,
    visibility: MeetingVisibility,
    place: PlaceKind,
) -> Result<()> {
    let errors = shut(visibility, place);
    if errors.is_empty() || !is_on(conn, of)? { Ok(()) } else { Err(Error::fields(errors)) }
}

/// Refuses to begin a meeting that is not open to everybody, whichever way it was put down.
///
/// # Errors
/// A conflict.
pub fn demand_open(conn: &mut Conn, meeting: &Meeting) -> Result<()> {
    let errors = shut(meeting.visibility, meeting.place_kind);
    if errors.is_empty() || !is_on(conn, meeting.partnership_id)? {
        return Ok(());
    }
    Err(Error::conflict("The open meetings law binds the partnership: open the meeting to everybody, or cancel it."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_meetings_in_public_places_and_on_the_net_are_left() {
        for visibility in MeetingVisibility::ALL {
            for place in PlaceKind::ALL {
                let open = *visibility == MeetingVisibility::Public && *place != PlaceKind::PrivateHome;
                assert_eq!(shut(*visibility, *place).is_empty(), open, "{visibility} {place}");
            }
        }
        assert_eq!(shut(MeetingVisibility::Leaders, PlaceKind::PrivateHome).len(), 2);
    }
}
