//! What members say of their own readiness.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::ids::MembershipId;
use crate::partnerships::pipeline::model::{Readiness, ReadinessId};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn};
use crate::platform::error::Result;
use crate::schema::readiness;

/// What a member says.
pub struct Said {
    pub willing_to_lead: bool,
    pub willing_to_mentor: bool,
    pub orientation_done_on: Option<NaiveDate>,
}

/// Keeps what the member says now, whose partnership the caller holds.
pub fn put(conn: &mut Conn, of: MembershipId, said: Said, now: Instant) -> Result<Readiness> {
    let Said { willing_to_lead, willing_to_mentor, orientation_done_on } = said;
    let updated = diesel::update(readiness::table.filter(readiness::membership_id.eq(of)))
        .set((
            readiness::willing_to_lead.eq(willing_to_lead),
            readiness::willing_to_mentor.eq(willing_to_mentor),
            readiness::orientation_done_on.eq(orientation_done_on),
            readiness::updated_at.eq(now),
        ))
        .returning(Readiness::columns())
        .get_result(conn)
        .optional()?;
    if let Some(row) = updated {
        return Ok(row);
    }
    let row = Readiness {
        id: ReadinessId::new(),
        membership_id: of,
        willing_to_lead,
        willing_to_mentor,
        orientation_done_on,
        created_at: now,
        updated_at: now,
    };
    diesel::insert_into(readiness::table).values(&row).execute(conn)?;
    Ok(row)
}
