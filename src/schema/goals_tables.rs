//! What belongs to goals beside the goal and its objectives: contributors, amendments.

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Who works for a goal, by name.
    goal_contributors (id) {
        id -> Uid,
        goal_id -> Uid,
        account_id -> Uid,
        side -> Text,
        /// What the person does for it.
        part -> Nullable<Text>,
        named_by_id -> Uid,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Changes to an adopted goal and its objectives, beside the values that count until they are adopted.
    goal_amendments (id) {
        id -> Uid,
        goal_id -> Uid,
        number -> Integer,
        class -> Text,
        state -> Text,
        reason -> Text,
        /// What is to change and what it is to become.
        changes -> Doc,
        /// What was there before.
        before -> Doc,
        proposed_by_id -> Uid,
        decision_id -> Uid,
        /// When it was adopted or dropped.
        ended_at -> Nullable<Micros>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}
