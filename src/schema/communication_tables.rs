//! Communication: the plan with its techniques, procedures and individuals.

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Versions of a partnership's communication plan.
    communication_plans (id) {
        id -> Uid,
        partnership_id -> Uid,
        number -> Integer,
        state -> Text,
        visibility -> Text,
        /// Classes of decisions on which members are consulted first.
        shared_decision_rule -> Doc,
        confidentiality_note -> Nullable<Text>,
        review_on -> Nullable<Date>,
        written_by_id -> Uid,
        proposed_at -> Nullable<Micros>,
        adopted_at -> Nullable<Micros>,
        /// When it was superseded or withdrawn.
        ended_at -> Nullable<Micros>,
        decision_id -> Nullable<Uid>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// How messages go out.
    plan_techniques (id) {
        id -> Uid,
        plan_id -> Uid,
        position -> Integer,
        kind -> Text,
        purpose -> Text,
        audience -> Text,
        owner_id -> Nullable<Uid>,
        frequency -> Text,
        /// Members who are to be reached, percent.
        reach_target -> Nullable<Integer>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// What is done when something happens.
    plan_procedures (id) {
        id -> Uid,
        plan_id -> Uid,
        position -> Integer,
        trigger -> Text,
        steps -> Doc,
        response_time_hours -> Integer,
        approver_id -> Nullable<Uid>,
        /// What is done where there is no network.
        fallback_offline -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// By whom messages are carried.
    plan_individuals (id) {
        id -> Uid,
        plan_id -> Uid,
        position -> Integer,
        account_id -> Uid,
        /// Computed from the membership.
        side -> Text,
        scope -> Text,
        languages -> Doc,
        backup_id -> Nullable<Uid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Under plans that were adopted before decisions were: a leader of each side.
    plan_signatures (id) {
        id -> Uid,
        plan_id -> Uid,
        side -> Text,
        seat_id -> Uid,
        account_id -> Uid,
        /// When the text that it stands under was taken back.
        voided_at -> Nullable<Micros>,
        created_at -> Micros,
    }
}
