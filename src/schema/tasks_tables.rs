//! Tasks: what is to be done, who is asked, who does it, and thanks for it.

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Wishes of people about being asked.
    account_preferences (account_id) {
        account_id -> Uid,
        wants_more_offers -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// When somebody usually has time: filters only.
    account_availability (account_id, weekday, starts) {
        account_id -> Uid,
        /// From Monday, 1, to Sunday, 7.
        weekday -> Integer,
        starts -> Text,
        ends -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// The skills that a group has words for.
    group_skills (id) {
        id -> Uid,
        partnership_id -> Uid,
        skill_key -> Text,
        skill -> Text,
        added_by_id -> Uid,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    tasks (id) {
        id -> Uid,
        partnership_id -> Uid,
        title -> Text,
        description -> Text,
        state -> Text,
        purpose -> Text,
        /// What it serves, in whichever table that stands.
        purpose_ref -> Nullable<Uid>,
        effort_hours -> Integer,
        due_on -> Nullable<Date>,
        starts_at -> Nullable<Micros>,
        ends_at -> Nullable<Micros>,
        place -> Nullable<Text>,
        language -> Nullable<Text>,
        police_role -> Text,
        leads_others -> Bool,
        mentor_id -> Nullable<Uid>,
        created_by_id -> Uid,
        overlap_reason -> Nullable<Text>,
        overlap_allowed_by_id -> Nullable<Uid>,
        cancel_reason -> Nullable<Text>,
        closed_at -> Nullable<Micros>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
        /// When it was put before the group; never, for a draft that is one still or was cancelled as one, and for what was
        /// taken on at a meeting of leaders.
        opened_at -> Nullable<Micros>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    task_skills (task_id, skill_key) {
        task_id -> Uid,
        skill_key -> Text,
        skill -> Text,
        min_level -> Integer,
        essential -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    task_topics (task_id, topic_key) {
        task_id -> Uid,
        topic_key -> Text,
        topic -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Who was asked, and when; never why an offer ended.
    task_offers (id) {
        id -> Uid,
        task_id -> Uid,
        account_id -> Uid,
        offered_by_id -> Uid,
        basis -> Text,
        basis_reason -> Nullable<Text>,
        state -> Text,
        expires_at -> Micros,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Who has a task; gone when it is given back.
    task_assignments (task_id) {
        task_id -> Uid,
        partnership_id -> Uid,
        account_id -> Uid,
        side -> Text,
        basis -> Text,
        basis_reason -> Nullable<Text>,
        leads_others -> Bool,
        effort_hours -> Integer,
        starts_at -> Nullable<Micros>,
        ends_at -> Nullable<Micros>,
        overlap_allowed -> Bool,
        accepted_at -> Micros,
        started_at -> Nullable<Micros>,
        done_at -> Nullable<Micros>,
        /// Quarters of an hour.
        quarters_claimed -> Nullable<Integer>,
        quarters_confirmed -> Nullable<Integer>,
        verified_by_id -> Nullable<Uid>,
        verified_at -> Nullable<Micros>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    commendations (id) {
        id -> Uid,
        partnership_id -> Uid,
        account_id -> Uid,
        given_by_id -> Uid,
        reason -> Text,
        task_id -> Nullable<Uid>,
        text -> Text,
        /// Whether all members read it.
        is_public -> Bool,
        withdrawn_at -> Nullable<Micros>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}
