//! Every table of the slices, once for both engines; columns name our SQL types, never an engine's. A test compares this
//! with what the migrations of both engines make.
#![expect(missing_docs, reason = "diesel's macro makes an item of each column")]

pub use crate::platform::db::schema::*;

// ------------------------------------------------------------------------------------------------ directory

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Agencies and their areas. Public to read.
    agencies (id) {
        id -> Uid,
        name -> Text,
        name_key -> Text,
        kind -> Text,
        time_zone -> Text,
        website -> Nullable<Text>,
        address -> Nullable<Text>,
        /// The emergency block, which everything that takes a report answers with.
        emergency -> Text,
        text_to_911 -> Bool,
        non_emergency -> Text,
        tips -> Nullable<Text>,
        tty -> Nullable<Text>,
        languages -> Doc,
        notice -> Nullable<Text>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// city → division → district → beat → neighborhood.
    areas (id) {
        id -> Uid,
        agency_id -> Uid,
        parent_id -> Nullable<Uid>,
        kind -> Text,
        name -> Text,
        name_key -> Text,
        code -> Nullable<Text>,
        /// GeoJSON Polygon or MultiPolygon, and its bounding box.
        geometry -> Nullable<Doc>,
        min_lon -> Nullable<Double>,
        min_lat -> Nullable<Double>,
        max_lon -> Nullable<Double>,
        max_lat -> Nullable<Double>,
        households -> Nullable<Integer>,
        retired_at -> Nullable<Micros>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Every area with all that it lies in, itself included (depth 0).
    area_ancestors (area_id, ancestor_id) {
        area_id -> Uid,
        ancestor_id -> Uid,
        depth -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Useful links in the three groups of the source page.
    resource_links (id) {
        id -> Uid,
        agency_id -> Uid,
        area_id -> Nullable<Uid>,
        link_group -> Text,
        title -> Text,
        title_key -> Text,
        url -> Text,
        phone -> Nullable<Text>,
        languages -> Doc,
        cost -> Nullable<Text>,
        status -> Text,
        checked_at -> Nullable<Micros>,
        retired_at -> Nullable<Micros>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

// ------------------------------------------------------------------------------------------------ accounts

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    accounts (id) {
        id -> Uid,
        kind -> Text,
        state -> Text,
        email -> Nullable<Text>,
        email_key -> Nullable<Text>,
        display_name -> Text,
        name_key -> Text,
        /// What other members see instead of the display name, if set.
        alias -> Nullable<Text>,
        phone -> Nullable<Text>,
        /// Whether members of one's partnerships see mail address and telephone number.
        shares_contact -> Bool,
        password_hash -> Nullable<Text>,
        agency_id -> Nullable<Uid>,
        badge_number -> Nullable<Text>,
        rank -> Nullable<Text>,
        unit -> Nullable<Text>,
        /// Last day on which an officer's or commander's verification counts.
        verified_until -> Nullable<Date>,
        max_hours_month -> Nullable<Integer>,
        closed_at -> Nullable<Micros>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// One login, from one device, until it ends. Access tokens name it; without it they count for nothing.
    sessions (id) {
        id -> Uid,
        account_id -> Uid,
        /// How and when the person last proved who they are (RFC 8176 names, separated by blanks).
        amr -> Text,
        authenticated_at -> Micros,
        device -> Nullable<Text>,
        ip -> Text,
        refreshed_at -> Micros,
        idle_expires_at -> Micros,
        expires_at -> Micros,
        ended_at -> Nullable<Micros>,
        end_reason -> Nullable<Text>,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// A family per session: each token has at most one successor.
    refresh_tokens (id) {
        id -> Uid,
        session_id -> Uid,
        parent_id -> Nullable<Uid>,
        digest -> Binary,
        used_at -> Nullable<Micros>,
        expires_at -> Micros,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Officers, staff and administrators come by invitation only.
    invitations (id) {
        id -> Uid,
        email -> Text,
        email_key -> Text,
        kind -> Text,
        agency_id -> Nullable<Uid>,
        badge_number -> Nullable<Text>,
        rank -> Nullable<Text>,
        digest -> Binary,
        state -> Text,
        invited_by_id -> Uid,
        account_id -> Nullable<Uid>,
        expires_at -> Micros,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// One-time tokens sent by mail.
    mail_tokens (id) {
        id -> Uid,
        account_id -> Uid,
        purpose -> Text,
        digest -> Binary,
        expires_at -> Micros,
        used_at -> Nullable<Micros>,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// What people can, like and want to learn: tasks are given by interest and skill.
    account_skills (account_id, skill_key) {
        account_id -> Uid,
        skill_key -> Text,
        skill -> Text,
        level -> Integer,
        evidence -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    account_interests (account_id, topic_key) {
        account_id -> Uid,
        topic_key -> Text,
        topic -> Text,
        strength -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    account_growth (account_id, skill_key) {
        account_id -> Uid,
        skill_key -> Text,
        skill -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    account_languages (account_id, language) {
        account_id -> Uid,
        language -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Who is on duty where: officers see the partnerships of the areas that they are assigned to, and all areas within.
    assignments (id) {
        id -> Uid,
        area_id -> Uid,
        account_id -> Uid,
        role -> Text,
        starts_on -> Date,
        ends_on -> Nullable<Date>,
        duty_phone -> Nullable<Text>,
        duty_email -> Nullable<Text>,
        bio -> Nullable<Text>,
        /// Whether the public directory shows it.
        is_public -> Bool,
        ended_at -> Nullable<Micros>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

// ------------------------------------------------------------------------------------------------ partnerships

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

    /// Until consensus decides, a leader of each side signs, and neither can alone.
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

// ------------------------------------------------------------------------------------------------ meetings

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

    /// The minutes of a meeting; their text stands in their versions.
    minutes (id) {
        id -> Uid,
        meeting_id -> Uid,
        state -> Text,
        visibility -> Text,
        /// The version of the text that counts.
        number -> Integer,
        approved_at -> Nullable<Micros>,
        published_at -> Nullable<Micros>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Append-only.
    minutes_versions (id) {
        id -> Uid,
        minutes_id -> Uid,
        number -> Integer,
        text -> Text,
        visibility -> Text,
        written_by_id -> Uid,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    minutes_signatures (id) {
        id -> Uid,
        minutes_id -> Uid,
        side -> Text,
        seat_id -> Uid,
        account_id -> Uid,
        /// When the text that it stands under was written anew.
        voided_at -> Nullable<Micros>,
        created_at -> Micros,
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

diesel::joinable!(sessions -> accounts (account_id));

diesel::allow_tables_to_appear_in_same_query!(
    agencies,
    areas,
    area_ancestors,
    resource_links,
    accounts,
    sessions,
    refresh_tokens,
    invitations,
    mail_tokens,
    account_skills,
    account_interests,
    account_growth,
    account_languages,
    assignments,
    partnerships,
    founders,
    memberships,
    membership_invitations,
    leadership_seats,
    missions,
    mission_signatures,
    goals,
    goal_signatures,
    objectives,
    measurements,
    meetings,
    rsvps,
    attendances,
    head_counts,
    minutes,
    minutes_versions,
    minutes_signatures,
    action_items,
    officer_logs,
    officer_log_versions,
);
