//! Agendas of meetings.

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Who chairs a meeting, in which order its items are gone through, and since when that is fixed.
    agendas (meeting_id) {
        meeting_id -> Uid,
        civilian_chair_id -> Nullable<Uid>,
        police_chair_id -> Nullable<Uid>,
        item_order -> Doc,
        locked_at -> Nullable<Micros>,
        locked_by_id -> Nullable<Uid>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// What is to be talked about at a meeting.
    agenda_items (id) {
        id -> Uid,
        meeting_id -> Uid,
        title -> Text,
        kind -> Text,
        presenter_id -> Nullable<Uid>,
        minutes -> Integer,
        links -> Doc,
        state -> Text,
        decline_reason -> Nullable<Text>,
        proposed_by_id -> Uid,
        decided_by_id -> Nullable<Uid>,
        decided_at -> Nullable<Micros>,
        deferred_from_id -> Nullable<Uid>,
        changed_after_lock_at -> Nullable<Micros>,
        changed_by_id -> Nullable<Uid>,
        change_reason -> Nullable<Text>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// What a meeting came back to under item 1: as it was when it began, and how each of it stood when it ended.
    meeting_follow_ups (meeting_id) {
        meeting_id -> Uid,
        /// The first of it, each with its outcome once the meeting has ended.
        items -> Doc,
        /// How much there was.
        count -> BigInt,
        created_at -> Micros,
        settled_at -> Nullable<Micros>,
    }
}
