//! People, sessions, invitations; who is on duty where.

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

    /// Authenticator apps (RFC 6238): at most one in use per account, and at most one being set up.
    authenticators (id) {
        id -> Uid,
        account_id -> Uid,
        state -> Text,
        /// The shared secret, sealed for this row.
        seed -> Binary,
        /// The step of the last code that was taken: none counts twice.
        last_step -> Nullable<BigInt>,
        created_at -> Micros,
        confirmed_at -> Nullable<Micros>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// What to sign in with when the authenticator is lost; each once. By digest.
    recovery_codes (id) {
        id -> Uid,
        account_id -> Uid,
        digest -> Binary,
        used_at -> Nullable<Micros>,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Accounts whose authenticator was taken away: the next one is set up only with the code that was mailed.
    authenticator_resets (account_id) {
        account_id -> Uid,
        digest -> Binary,
        reset_by_id -> Uid,
        expires_at -> Micros,
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
