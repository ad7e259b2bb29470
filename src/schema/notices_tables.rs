//! Notice of meetings.

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Who wants notice of a partnership's meetings: anybody, without an account. Who left or did not renew is forgotten.
    notice_subscriptions (id) {
        id -> Uid,
        partnership_id -> Uid,
        email -> Nullable<Text>,
        email_key -> Nullable<Text>,
        state -> Text,
        /// Of the token by which its owner confirms, renews and leaves.
        token_digest -> Binary,
        confirmed_at -> Nullable<Micros>,
        /// It ends then unless it is renewed.
        renew_by -> Nullable<Micros>,
        /// When its owner was told so.
        warned_at -> Nullable<Micros>,
        ended_at -> Nullable<Micros>,
        version -> BigInt,
        created_at -> Micros,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Append-only but for how far it was passed on.
    notices (id) {
        id -> Uid,
        meeting_id -> Uid,
        number -> Integer,
        kind -> Text,
        /// The meeting's sequence that it tells of, and when that begins; where it is not open any more, as it was told last.
        sequence -> Integer,
        starts_at -> Micros,
        /// Whether it was given as long before the meeting as its kind demands.
        is_in_time -> Bool,
        /// The last subscription that it was passed on to; no foreign key, it is a place in an order.
        passed_on_to -> Nullable<Uid>,
        given_at -> Micros,
        passed_on_at -> Nullable<Micros>,
        /// What it told of time and place.
        told_digest -> Nullable<Binary>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Proof of sending: each notice to each subscription once.
    notice_deliveries (notice_id, subscription_id) {
        notice_id -> Uid,
        subscription_id -> Uid,
        mail_id -> Uid,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Meetings of which all members were reminded, as they were then.
    reminded_meetings (meeting_id, sequence) {
        meeting_id -> Uid,
        sequence -> Integer,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Each member is reminded of each sequence of a meeting once.
    meeting_reminders (meeting_id, sequence, account_id) {
        meeting_id -> Uid,
        sequence -> Integer,
        account_id -> Uid,
        mail_id -> Uid,
        created_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Who wants no reminders of meetings.
    stopped_reminders (account_id) {
        account_id -> Uid,
        created_at -> Micros,
    }
}
