//! Tables of the ground floor. The slices' own are in [`crate::schema`].
#![expect(missing_docs, reason = "diesel's macro makes an item of each column")]

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// The append-only record: what was done, by whom, when. `actor`, `session`, `object` and `partnership` are plain
    /// ids and no foreign keys: a record outlives what it names.
    records (id) {
        id -> Uid,
        at -> Micros,
        actor -> Nullable<Uid>,
        session -> Nullable<Uid>,
        side -> Nullable<Text>,
        ip -> Nullable<Text>,
        client -> Nullable<Text>,
        action -> Text,
        object_type -> Text,
        object -> Nullable<Uid>,
        partnership -> Nullable<Uid>,
        outcome -> Text,
        visibility -> Text,
        reason -> Nullable<Text>,
        request -> Nullable<Text>,
        changed -> Doc,
        facts -> Doc,
        /// Place in the chain, without gaps, given by the sealer.
        seq -> Nullable<BigInt>,
        /// SHA-256 of the hash before it and this record's canonical bytes.
        hash -> Nullable<Binary>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// How far each consumer of the record has read.
    record_consumers (name) {
        name -> Text,
        seq -> BigInt,
        updated_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Answers kept for repeats.
    idempotency_keys (caller, operation, key) {
        caller -> Text,
        operation -> Text,
        key -> Text,
        request_hash -> Binary,
        status -> Integer,
        headers -> Doc,
        body -> Binary,
        created_at -> Micros,
        expires_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Who does the background work, until when.
    leases (name) {
        name -> Text,
        holder -> Uid,
        expires_at -> Micros,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Mail that waits to be sent. Text is sealed and wiped once it is out: it may hold one-time tokens.
    mails (id) {
        id -> Uid,
        recipient -> Text,
        subject -> Text,
        body -> Nullable<Binary>,
        state -> Text,
        attempts -> Integer,
        next_attempt_at -> Micros,
        created_at -> Micros,
        sent_at -> Nullable<Micros>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Facts about this installation, one row each.
    installation (name) {
        name -> Text,
        value -> Binary,
        expires_at -> Nullable<Micros>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::platform::db::sql::*;

    /// Attempts counted across processes and restarts. Keys are digests, never addresses.
    throttles (key) {
        key -> Binary,
        /// When the bucket will be empty again (GCRA's theoretical arrival time).
        arrival_at -> Micros,
    }
}
