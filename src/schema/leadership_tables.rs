//! Tables of succession and of the leadership pipeline.

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Nominations for a seat that is held: accepting one ends the other's term.
    seat_successions (id) {
        id -> Uid,
        seat_id -> Uid,
        succeeds_id -> Uid,
        end_reason -> Text,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Police leaders whom the agency appointed are presented to the members at the next meeting.
    seat_presentations (id) {
        id -> Uid,
        seat_id -> Uid,
        partnership_id -> Uid,
        meeting -> Nullable<Uid>,
        met_at -> Nullable<Micros>,
        acknowledged_by_id -> Nullable<Uid>,
        acknowledged_at -> Nullable<Micros>,
        note -> Nullable<Text>,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Who could take a seat over.
    seat_candidates (id) {
        id -> Uid,
        seat_id -> Uid,
        membership_id -> Uid,
        position -> Integer,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Appointments of kind shadow: learning a seat at the side of whoever holds it.
    shadowings (id) {
        id -> Uid,
        partnership_id -> Uid,
        membership_id -> Uid,
        account_id -> Uid,
        side -> Text,
        seat_kind -> Text,
        state -> Text,
        months -> Integer,
        assigned_by_id -> Uid,
        starts_on -> Nullable<Date>,
        ends_on -> Nullable<Date>,
        ended_at -> Nullable<Micros>,
        end_reason -> Nullable<Text>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// What members say of their own readiness to lead.
    readiness (id) {
        id -> Uid,
        membership_id -> Uid,
        willing_to_lead -> Bool,
        willing_to_mentor -> Bool,
        orientation_done_on -> Nullable<Date>,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Steps of members along the pipeline.
    promotions (id) {
        id -> Uid,
        partnership_id -> Uid,
        membership_id -> Uid,
        account_id -> Uid,
        side -> Text,
        stage -> Text,
        state -> Text,
        facts -> Doc,
        confirmed_by_id -> Nullable<Uid>,
        confirmed_at -> Nullable<Micros>,
        answered_at -> Nullable<Micros>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Append-only: each step of a promotion.
    promotion_changes (id) {
        id -> Uid,
        promotion_id -> Uid,
        from_state -> Nullable<Text>,
        to_state -> Text,
        by_id -> Nullable<Uid>,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// What a member wants to learn, and how.
    development_plans (id) {
        id -> Uid,
        partnership_id -> Uid,
        membership_id -> Uid,
        account_id -> Uid,
        side -> Text,
        state -> Text,
        aims -> Text,
        opportunities -> Doc,
        mentorship_id -> Nullable<Uid>,
        mentor_id -> Nullable<Uid>,
        mentoring -> Nullable<Text>,
        review_on -> Date,
        created_by_id -> Uid,
        ended_at -> Nullable<Micros>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Append-only: looking at a plan together.
    development_reviews (id) {
        id -> Uid,
        plan_id -> Uid,
        reviewed_by_id -> Uid,
        note -> Text,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Who facilitated which item of an agenda; the item stands in a table above.
    facilitations (agenda_item) {
        agenda_item -> Uid,
        partnership_id -> Uid,
        account_id -> Uid,
        created_at -> Micros,
    }
}
