//! Minutes of meetings.

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// The minutes of a meeting; their text stands in their versions.
    minutes (id) {
        id -> Uid,
        meeting_id -> Uid,
        state -> Text,
        visibility -> Text,
        /// The version of the text that counts.
        number -> Integer,
        /// When members were first written to.
        first_circulated_at -> Nullable<Micros>,
        /// When members were written to about the text as it is now; the time of silent consent runs from then.
        circulated_at -> Nullable<Micros>,
        /// When the second of the two sides assented to the text as it is now.
        assented_at -> Nullable<Micros>,
        /// Requests to correct it that nobody has answered.
        open_requests -> Integer,
        /// The decision on the text, the last one.
        decision_id -> Nullable<Uid>,
        approved_at -> Nullable<Micros>,
        approval -> Nullable<Text>,
        published_at -> Nullable<Micros>,
        content_hash -> Nullable<Binary>,
        public_hash -> Nullable<Binary>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
        /// Requests that were declined and are maintained.
        maintained_requests -> Integer,
        /// When one was last declined.
        declined_at -> Nullable<Micros>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Append-only.
    minutes_versions (id) {
        id -> Uid,
        minutes_id -> Uid,
        number -> Integer,
        text -> Text,
        /// Passages that only members read, each with its reason.
        redactions -> Doc,
        visibility -> Text,
        written_by_id -> Uid,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    minutes_assents (id) {
        id -> Uid,
        minutes_id -> Uid,
        side -> Text,
        seat_id -> Uid,
        account_id -> Uid,
        /// When the text that it stands under was written anew, or a decision on it came to nothing.
        voided_at -> Nullable<Micros>,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// What members want to have otherwise in circulated minutes.
    correction_requests (id) {
        id -> Uid,
        minutes_id -> Uid,
        /// The version of the text that it is about.
        text_number -> Integer,
        passage -> Nullable<Text>,
        proposal -> Text,
        state -> Text,
        requested_by_id -> Uid,
        answered_by_id -> Nullable<Uid>,
        decline_reason -> Nullable<Text>,
        /// The version of the text that has it in.
        accepted_number -> Nullable<Integer>,
        closed_at -> Nullable<Micros>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
        /// When whoever asked said that they want it all the same, after it was declined.
        maintained_at -> Nullable<Micros>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// What was found wrong in published minutes: put beside them, never in place of anything.
    minutes_corrections (id) {
        id -> Uid,
        minutes_id -> Uid,
        number -> Integer,
        text -> Text,
        reason -> Text,
        written_by_id -> Uid,
        content_hash -> Binary,
        public_hash -> Binary,
        /// When leaders of both sides had assented: it counts since then.
        in_force_at -> Nullable<Micros>,
        created_at -> Micros,
        /// Passages of it that only members read, each with its reason.
        redactions -> Doc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    minutes_correction_assents (correction_id, side) {
        correction_id -> Uid,
        side -> Text,
        seat_id -> Uid,
        account_id -> Uid,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// What was masked in published minutes and their corrections afterwards: put beside them, never in place of anything.
    minutes_redactions (id) {
        id -> Uid,
        minutes_id -> Uid,
        number -> Integer,
        /// Passages, each with its reason.
        redactions -> Doc,
        /// Why they were not masked before.
        reason -> Text,
        /// What everybody reads otherwise since, each with its SHA-256 before and after.
        renditions -> Doc,
        redacted_by_id -> Uid,
        created_at -> Micros,
    }
}
