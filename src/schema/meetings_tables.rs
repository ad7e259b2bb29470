//! Meetings and officers' logs.

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Meetings of partnerships. The wall-clock times are the rule; the instants are computed from them and the zone.
    meetings (id) {
        id -> Uid,
        partnership_id -> Uid,
        area_id -> Uid,
        kind -> Text,
        format -> Text,
        title -> Text,
        title_key -> Text,
        purpose -> Nullable<Text>,
        starts_local -> Text,
        ends_local -> Text,
        time_zone -> Text,
        starts_at -> Micros,
        ends_at -> Micros,
        place_kind -> Text,
        place_name -> Text,
        place_address -> Nullable<Text>,
        visibility -> Text,
        capacity -> Nullable<Integer>,
        /// Persons whose yes was taken, with their guests.
        places_taken -> Integer,
        languages -> Doc,
        accessibility -> Nullable<Text>,
        state -> Text,
        /// Rises when time or place change or the meeting is cancelled, for calendars (RFC 5545).
        sequence -> Integer,
        cancel_reason -> Nullable<Text>,
        started_at -> Nullable<Micros>,
        adjourned_at -> Nullable<Micros>,
        scheduled_by_id -> Uid,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
        /// The sequence of which notice was given last; NULL where none was.
        noticed_sequence -> Nullable<Integer>,
        /// How many answered yes, maybe and no, kept with each answer: whoever reads a meeting wants to know.
        answers -> Doc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// What the meetings of a partnership are known by: another one with every change of any of them. Triggers on `meetings` write
    /// it: a migration that makes that table anew makes them anew as well.
    meeting_stamps (partnership_id) {
        partnership_id -> Uid,
        stamp -> Uid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    rsvps (id) {
        id -> Uid,
        meeting_id -> Uid,
        account_id -> Uid,
        answer -> Text,
        guests -> Integer,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Who was there, by person. What was recorded by mistake goes; the record keeps that it did.
    attendances (id) {
        id -> Uid,
        meeting_id -> Uid,
        account_id -> Uid,
        /// The member's side when it was recorded.
        side -> Text,
        recorded_by_id -> Uid,
        created_at -> Micros,
        /// Since when the person was there; from the beginning where nothing is said.
        arrived_at -> Nullable<Micros>,
        /// Until when; to the end where nothing is said.
        left_at -> Nullable<Micros>,
        /// Whether whoever keeps the attendance recorded it, or the person gave the code.
        is_vouched -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Who was there, counted: whoever is not recorded by person.
    head_counts (meeting_id, side, organisation_kind) {
        meeting_id -> Uid,
        side -> Text,
        organisation_kind -> Text,
        heads -> Integer,
        recorded_by_id -> Uid,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// What somebody took on at a meeting.
    action_items (id) {
        id -> Uid,
        meeting_id -> Uid,
        what -> Text,
        assignee_id -> Nullable<Uid>,
        due_on -> Date,
        /// Said by whoever writes the minutes: nobody wanted to take it on.
        no_owner_found -> Bool,
        state -> Text,
        drop_reason -> Nullable<Text>,
        closed_at -> Nullable<Micros>,
        created_by_id -> Uid,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
        /// The task that it is; items from before tasks have none.
        task_id -> Nullable<Uid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// What officers log of meetings that they attended, anybody's.
    officer_logs (id) {
        id -> Uid,
        officer_id -> Uid,
        agency_id -> Uid,
        /// Made by the officer's device: the same log again is the same log.
        client_uuid -> Uid,
        attended_on -> Date,
        starts_at -> Micros,
        ends_at -> Micros,
        time_zone -> Text,
        group_kind -> Text,
        group_name -> Nullable<Text>,
        meeting_id -> Nullable<Uid>,
        partnership_id -> Nullable<Uid>,
        area_id -> Uid,
        role -> Text,
        community_count -> Integer,
        police_count -> Integer,
        agency_count -> Integer,
        summary -> Text,
        /// Topics, concerns, commitments, follow-ups, referrals, handouts, language, next date.
        details -> Doc,
        prep_minutes -> Nullable<Integer>,
        travel_minutes -> Nullable<Integer>,
        mood -> Nullable<Integer>,
        is_late -> Bool,
        state -> Text,
        /// The civilian leader who confirmed or disputed it.
        decided_by_id -> Nullable<Uid>,
        decided_at -> Nullable<Micros>,
        dispute_reason -> Nullable<Text>,
        /// When it was logged or last amended; answers are taken for a while from then on.
        submitted_at -> Micros,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Append-only: the log as it was submitted and after each amendment, whole.
    officer_log_versions (id) {
        id -> Uid,
        officer_log_id -> Uid,
        number -> Integer,
        content -> Doc,
        /// Why it was amended.
        reason -> Nullable<Text>,
        created_at -> Micros,
    }
}
