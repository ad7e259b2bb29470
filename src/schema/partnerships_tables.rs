//! Partnerships: members, leaders, mission, goal.

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    partnerships (id) {
        id -> Uid,
        name -> Text,
        name_key -> Text,
        state -> Text,
        area_id -> Uid,
        host_agency_id -> Uid,
        /// Its own GeoJSON Polygon or MultiPolygon within or across areas, and the bounding box of that.
        geometry -> Nullable<Doc>,
        min_lon -> Nullable<Double>,
        min_lat -> Nullable<Double>,
        max_lon -> Nullable<Double>,
        max_lat -> Nullable<Double>,
        catalyst_type -> Text,
        catalyst_statement -> Text,
        /// How anybody can reach the partnership.
        public_contact -> Nullable<Text>,
        proposed_by_id -> Uid,
        /// Who accepted or declined it, when, why.
        decided_by_id -> Nullable<Uid>,
        decided_at -> Nullable<Micros>,
        decision_reason -> Nullable<Text>,
        /// When an unanswered proposal was escalated to the next contact.
        escalated_at -> Nullable<Micros>,
        /// The first meeting with both sides and approved minutes, and when it was held. No foreign key: meetings stand on
        /// partnerships, and a partnership only remembers which one counted.
        first_meeting -> Nullable<Uid>,
        first_meeting_at -> Nullable<Micros>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Who started it: more than one person or group.
    founders (id) {
        id -> Uid,
        partnership_id -> Uid,
        position -> Integer,
        kind -> Text,
        name -> Text,
        sector -> Nullable<Text>,
        account_id -> Nullable<Uid>,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    memberships (id) {
        id -> Uid,
        partnership_id -> Uid,
        account_id -> Uid,
        /// Computed from the account's kind when the membership began.
        side -> Text,
        role -> Text,
        state -> Text,
        /// What the person wrote with the request.
        message -> Nullable<Text>,
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

    membership_invitations (id) {
        id -> Uid,
        partnership_id -> Uid,
        email -> Text,
        email_key -> Text,
        state -> Text,
        invited_by_id -> Uid,
        membership_id -> Nullable<Uid>,
        expires_at -> Micros,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Leadership seats: per side a primary and a deputy.
    leadership_seats (id) {
        id -> Uid,
        partnership_id -> Uid,
        membership_id -> Uid,
        account_id -> Uid,
        side -> Text,
        kind -> Text,
        state -> Text,
        selection_method -> Text,
        /// Length of an acting term, where one was wanted.
        acting_days -> Nullable<Integer>,
        nominated_by_id -> Uid,
        accepted_at -> Nullable<Micros>,
        term_starts_on -> Nullable<Date>,
        term_ends_on -> Nullable<Date>,
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

    /// Versions of the mission text.
    missions (id) {
        id -> Uid,
        partnership_id -> Uid,
        number -> Integer,
        text -> Text,
        state -> Text,
        proposed_by_id -> Uid,
        /// The decision by which it is, or was, adopted.
        decision_id -> Nullable<Uid>,
        adopted_at -> Nullable<Micros>,
        review_on -> Nullable<Date>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Of missions that were adopted by signatures, before decisions adopted them.
    mission_signatures (id) {
        id -> Uid,
        mission_id -> Uid,
        side -> Text,
        seat_id -> Uid,
        account_id -> Uid,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    goals (id) {
        id -> Uid,
        partnership_id -> Uid,
        title -> Text,
        description -> Text,
        state -> Text,
        target_on -> Date,
        created_by_id -> Uid,
        proposed_at -> Nullable<Micros>,
        adopted_at -> Nullable<Micros>,
        started_at -> Nullable<Micros>,
        closed_at -> Nullable<Micros>,
        /// The result that a leader put up for signing, with the assessment that says why.
        closing_result -> Nullable<Text>,
        assessment -> Nullable<Text>,
        evidence -> Nullable<Text>,
        /// Whether members and partners can influence it, as its author says, and why.
        within_influence -> Nullable<Bool>,
        influence_reason -> Nullable<Text>,
        /// The plan by which what is needed is got.
        resources_plan -> Nullable<Text>,
        /// Why it is tried although it does not pass the achievability test.
        override_reason -> Nullable<Text>,
        /// The current goal whose place it is to take, or took.
        replaces_id -> Nullable<Uid>,
        /// The decision by which it is, or was, adopted.
        decision_id -> Nullable<Uid>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    goal_signatures (id) {
        id -> Uid,
        goal_id -> Uid,
        purpose -> Text,
        side -> Text,
        seat_id -> Uid,
        account_id -> Uid,
        /// When the text that it stands under was taken back.
        voided_at -> Nullable<Micros>,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    objectives (id) {
        id -> Uid,
        goal_id -> Uid,
        position -> Integer,
        title -> Text,
        indicator -> Text,
        unit -> Text,
        source -> Text,
        direction -> Text,
        baseline -> Nullable<Double>,
        baseline_on -> Nullable<Date>,
        target -> Nullable<Double>,
        tolerance -> Nullable<Double>,
        due_on -> Date,
        weight -> Integer,
        owner_id -> Nullable<Uid>,
        side -> Nullable<Text>,
        withdrawn_at -> Nullable<Micros>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Append-only; a correction is a new row that points at the old one.
    measurements (id) {
        id -> Uid,
        objective_id -> Uid,
        value -> Double,
        measured_on -> Date,
        source -> Text,
        measured_by_id -> Uid,
        corrects_id -> Nullable<Uid>,
        created_at -> Micros,
    }
}
