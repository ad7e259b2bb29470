//! Meetings in session, and the open meetings law.

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Executive sessions: the motion as it was made, for ever.
    executive_sessions (id) {
        id -> Uid,
        meeting_id -> Uid,
        motion -> Text,
        mover_id -> Uid,
        seconder_id -> Uid,
        justification -> Text,
        justification_edition -> Integer,
        subjects -> Text,
        resumes_at -> Micros,
        resume_place -> Text,
        recorded_by_id -> Uid,
        resumed_at -> Nullable<Micros>,
        resumed_by_id -> Nullable<Uid>,
        late_minutes -> Nullable<Integer>,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Decisions that were called in a meeting, with the quorum then.
    meeting_decisions (id) {
        id -> Uid,
        decision_id -> Uid,
        meeting_id -> Uid,
        agenda_item_id -> Nullable<Uid>,
        civilian_present -> Integer,
        civilian_eligible -> Integer,
        civilian_needed -> Integer,
        police_present -> Integer,
        police_eligible -> Integer,
        police_needed -> Integer,
        called_by_id -> Uid,
        by_voice -> Bool,
        recorded_by_id -> Nullable<Uid>,
        ending -> Nullable<Text>,
        ended_at -> Nullable<Micros>,
        created_at -> Micros,
        spoken -> Nullable<Doc>,
        confirmed_by_id -> Nullable<Uid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// When a meeting was last given another time.
    meeting_times (meeting_id) {
        meeting_id -> Uid,
        set_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Since when the open meetings law binds a partnership, and why. Ended ones stay.
    open_meetings_policies (id) {
        id -> Uid,
        partnership_id -> Uid,
        reason -> Text,
        set_by_id -> Uid,
        ending_reason -> Nullable<Text>,
        ended_by_id -> Nullable<Uid>,
        ended_at -> Nullable<Micros>,
        version -> BigInt,
        created_at -> Micros,
    }
}
