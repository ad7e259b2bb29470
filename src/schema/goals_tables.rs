//! What belongs to goals beside the goal and its objectives: contributors.

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
