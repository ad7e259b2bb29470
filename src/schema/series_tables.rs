//! Series of meetings.

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Series of meetings. The rule (RFC 5545) is kept in local time with its zone; its meetings are rows of their own.
    meeting_series (id) {
        id -> Uid,
        partnership_id -> Uid,
        area_id -> Uid,
        /// The series that it goes on with, from a certain meeting on.
        follows_id -> Nullable<Uid>,
        kind -> Text,
        format -> Text,
        title -> Text,
        purpose -> Nullable<Text>,
        /// Complete, without its end.
        rule -> Text,
        starts_local -> Text,
        ends_local -> Text,
        time_zone -> Text,
        /// When the last meeting of the rule begins, on the clock and as a moment.
        last_local -> Text,
        last_starts_at -> Micros,
        /// Days that are left out (EXDATE).
        excluded -> Doc,
        place_kind -> Text,
        place_name -> Text,
        place_address -> Nullable<Text>,
        visibility -> Text,
        capacity -> Nullable<Integer>,
        languages -> Doc,
        accessibility -> Nullable<Text>,
        state -> Text,
        cancel_reason -> Nullable<Text>,
        sequence -> Integer,
        /// Meetings that begin until then have been put down.
        planned_until -> Micros,
        scheduled_by_id -> Uid,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Which meetings are of a series, and by which time its rule has them (RECURRENCE-ID).
    series_instances (meeting_id) {
        meeting_id -> Uid,
        series_id -> Uid,
        recurrence_local -> Text,
        /// Changed or cancelled by itself: changes of the whole series leave it as it is.
        is_changed -> Bool,
    }
}
