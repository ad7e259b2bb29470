//! What follows from officers' logs: visits, commitments, parts of logs, and when groups meet.

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// A meeting of anybody's that officers attended, once, however many of them logged it.
    officer_visits (id) {
        id -> Uid,
        /// The district that it took place in; the area that was named where that lies in none.
        area_id -> Uid,
        group_kind -> Text,
        group_name -> Nullable<Text>,
        /// Folded: by it, the kind, the place and the time a colleague's log finds the visit.
        group_key -> Nullable<Text>,
        /// One of our meetings: by it alone.
        meeting_id -> Nullable<Uid>,
        attended_on -> Date,
        starts_at -> Micros,
        first_logged_by_id -> Uid,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Which visit a log tells of.
    officer_visit_logs (officer_log_id) {
        officer_log_id -> Uid,
        visit_id -> Uid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// What somebody promised. Append-only but for how it ends: a new day for it is a new commitment that points at the old
    /// one.
    commitments (id) {
        id -> Uid,
        partnership_id -> Nullable<Uid>,
        source -> Text,
        officer_log_id -> Nullable<Uid>,
        made_by_id -> Uid,
        side -> Text,
        what -> Text,
        due_on -> Date,
        state -> Text,
        /// The one whose place it took when another day was agreed on.
        follows_id -> Nullable<Uid>,
        /// Of a renegotiated one: whether another day was asked for before it was due.
        asked_before_due -> Nullable<Bool>,
        /// When whoever promised said that it was kept.
        claimed_at -> Nullable<Micros>,
        closed_by_id -> Nullable<Uid>,
        closed_at -> Nullable<Micros>,
        close_reason -> Nullable<Text>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// The parts of an officer's log that others work with: what each says, and what became of it.
    officer_log_parts (id) {
        id -> Uid,
        officer_log_id -> Uid,
        officer_id -> Uid,
        kind -> Text,
        /// Its place among those of its kind, from 0.
        position -> Integer,
        what -> Text,
        due_on -> Nullable<Date>,
        assignee_id -> Nullable<Uid>,
        referred_to -> Nullable<Text>,
        commitment_id -> Nullable<Uid>,
        /// The task that a follow-up became; the officer's own where there is none.
        task_id -> Nullable<Uid>,
        done_at -> Nullable<Micros>,
        /// When the log was amended and did not have it any more.
        removed_at -> Nullable<Micros>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// When a group that is not one of ours meets, as far as an officer or a commander knows: what attendance is compared
    /// with.
    group_schedules (id) {
        id -> Uid,
        area_id -> Uid,
        /// The district of the area, as visits have it.
        place_id -> Uid,
        group_kind -> Text,
        group_name -> Text,
        group_key -> Text,
        /// Complete (RFC 5545), without its end.
        rule -> Text,
        /// When the first and the last meeting of the rule begin, on the clock there.
        starts_local -> Text,
        last_local -> Text,
        time_zone -> Text,
        put_down_by_id -> Uid,
        /// The last day on which it counts, where it was ended.
        ended_on -> Nullable<Date>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}
