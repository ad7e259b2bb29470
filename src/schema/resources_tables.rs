//! Tables of needs, pledges and partners.

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// What a goal needs. State, pledged and delivered are what its pledges come to.
    needs (id) {
        id -> Uid,
        partnership_id -> Uid,
        kind -> Text,
        title -> Text,
        quantity -> Integer,
        unit -> Text,
        due_on -> Date,
        goal_id -> Uid,
        objective_id -> Nullable<Uid>,
        why -> Text,
        plan -> Nullable<Text>,
        state -> Text,
        pledged -> BigInt,
        delivered -> BigInt,
        requested_at -> Nullable<Micros>,
        first_pledged_at -> Nullable<Micros>,
        unmet_at -> Nullable<Micros>,
        withdrawn_at -> Nullable<Micros>,
        withdrawal_reason -> Nullable<Text>,
        created_by_id -> Uid,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
        task_id -> Nullable<Uid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// That somebody went through what is needed. Append-only.
    needs_reviews (id) {
        id -> Uid,
        partnership_id -> Uid,
        needs -> Integer,
        note -> Nullable<Text>,
        reviewed_by_id -> Uid,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Organisations that a partnership asked to join it.
    partners (id) {
        id -> Uid,
        partnership_id -> Uid,
        name -> Text,
        name_key -> Text,
        sector -> Text,
        state -> Text,
        contact_name -> Nullable<Text>,
        contact_email -> Text,
        contact_phone -> Nullable<Text>,
        asked_for_need_id -> Nullable<Uid>,
        answered_need_id -> Nullable<Uid>,
        representative_id -> Nullable<Uid>,
        joined_at -> Nullable<Micros>,
        ended_at -> Nullable<Micros>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Invitations of organisations.
    partner_invitations (id) {
        id -> Uid,
        partner_id -> Uid,
        email -> Text,
        digest -> Binary,
        state -> Text,
        invited_by_id -> Uid,
        answered_by_id -> Nullable<Uid>,
        answered_at -> Nullable<Micros>,
        expires_at -> Micros,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// What somebody, or an organisation, promises towards a need.
    pledges (id) {
        id -> Uid,
        need_id -> Uid,
        partner_id -> Nullable<Uid>,
        offered_by_id -> Uid,
        quantity -> Integer,
        note -> Nullable<Text>,
        state -> Text,
        delivered -> BigInt,
        answered_by_id -> Nullable<Uid>,
        answered_at -> Nullable<Micros>,
        reason -> Nullable<Text>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// What was brought of a pledge. Append-only.
    deliveries (id) {
        id -> Uid,
        pledge_id -> Uid,
        quantity -> Integer,
        delivered_on -> Date,
        note -> Nullable<Text>,
        recorded_by_id -> Uid,
        created_at -> Micros,
    }
}
