//! The row of the open meetings policy.

use diesel::prelude::*;

use crate::id_type;
use crate::ids::{AccountId, PartnershipId};
use crate::platform::clock::Instant;
use crate::schema::open_meetings_policies;

id_type! {
    /// That the open meetings law binds a partnership.
    OpenMeetingsPolicyId,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = open_meetings_policies, treat_none_as_default_value = false)]
pub struct OpenMeetingsPolicy {
    pub id: OpenMeetingsPolicyId,
    pub partnership_id: PartnershipId,
    pub reason: String,
    pub set_by_id: AccountId,
    pub ending_reason: Option<String>,
    pub ended_by_id: Option<AccountId>,
    pub ended_at: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
}
