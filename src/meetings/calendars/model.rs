//! Rows of calendars.

use diesel::prelude::*;

use crate::id_type;
use crate::ids::AccountId;
use crate::platform::clock::Instant;
use crate::schema::calendar_addresses;

id_type! {
    /// The secret address of somebody's own calendar.
    CalendarAddressId
}

/// What tokens in addresses of calendars begin with.
pub const TOKEN: &str = "tkc_";

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = calendar_addresses, treat_none_as_default_value = false)]
pub struct CalendarAddress {
    pub id: CalendarAddressId,
    pub account_id: AccountId,
    pub token_digest: Vec<u8>,
    pub created_at: Instant,
}
