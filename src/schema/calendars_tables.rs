//! Calendars.

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Secret addresses of people's own calendars. Whoever makes another one, or wants none, ends the one before: its row
    /// goes.
    calendar_addresses (id) {
        id -> Uid,
        account_id -> Uid,
        /// Keyed, of the token in the address; the token itself is nowhere.
        token_digest -> Binary,
        created_at -> Micros,
    }
}
