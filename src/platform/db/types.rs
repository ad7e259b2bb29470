//! SQL types that both engines store natively, and the Rust types that map to them.
//!
//! | SQL type | PostgreSQL | SQLite | Rust |
//! |---|---|---|---|
//! | [`sql::Uid`] | `uuid` | `BLOB` (16 bytes) | ids made with [`id_type!`](crate::id_type) |
//! | [`sql::Micros`] | `timestamptz` | `INTEGER` µs since 1970 | [`Instant`] |
//! | [`sql::Doc`] | `jsonb` | `TEXT` | [`Json`] |
//! | `Text` | `text` | `TEXT` | enums made with [`text_enum!`](crate::text_enum) |
//!
//! `ToSql` for the joint backend hands over the SQL type and a reference to the value; the connected engine then
//! writes it its own way.

use std::io::Write;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{HasSqlType, SqlOrd};
use diesel::sqlite::{Sqlite, SqliteValue};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::connection::{MultiBackend, MultiRawValue};
use crate::platform::clock::Instant;

/// SQL types beyond diesel's own that exist on both engines.
pub mod sql {
    use diesel::query_builder::QueryId;
    use diesel::sql_types::SqlType;

    use super::{HasSqlType, MultiBackend, SqlOrd};

    /// `uuid` on PostgreSQL, `BLOB` of 16 bytes on SQLite.
    #[derive(SqlType, QueryId, Debug, Clone, Copy, Default)]
    #[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
    pub struct Uid;

    /// `timestamptz` on PostgreSQL, `INTEGER` microseconds since 1970 on SQLite.
    #[derive(SqlType, QueryId, Debug, Clone, Copy, Default)]
    #[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Long"))]
    pub struct Micros;

    /// `jsonb` on PostgreSQL, `TEXT` on SQLite.
    #[derive(SqlType, QueryId, Debug, Clone, Copy, Default)]
    #[diesel(postgres_type(oid = 3802, array_oid = 3807), sqlite_type(name = "Text"))]
    pub struct Doc;

    impl SqlOrd for Uid {}
    impl SqlOrd for Micros {}

    macro_rules! has {
        ($($st:ident),*) => {$(
            impl HasSqlType<$st> for MultiBackend {
                fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                    Self::lookup_sql_type::<$st>(lookup)
                }
            }
        )*};
    }
    has!(Uid, Micros, Doc);
}

/// Bytes of a UUID as either engine hands them over.
pub fn uuid_from_pg(value: &PgValue<'_>) -> deserialize::Result<Uuid> {
    Ok(Uuid::from_slice(value.as_bytes())?)
}

/// See [`uuid_from_pg`].
pub fn uuid_from_sqlite(value: &mut SqliteValue<'_, '_, '_>) -> deserialize::Result<Uuid> {
    Ok(Uuid::from_slice(value.read_blob())?)
}

/// Declares an identifier: a UUID whose type says what it identifies, so that one can't be passed for another.
///
/// In JSON it is the hyphenated lower- or upper-case form and nothing else. `Name::now(instant)` makes a time-ordered
/// id (UUIDv7); `Name::random()` a v4, for what must not tell when it was made.
#[macro_export]
macro_rules! id_type {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord,
                 diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
        #[diesel(sql_type = $crate::platform::db::sql::Uid)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            /// A new time-ordered id (UUIDv7).
            pub fn new() -> Self {
                Self(uuid::Uuid::now_v7())
            }
            /// The bare UUID.
            pub const fn uuid(self) -> uuid::Uuid {
                self.0
            }
        }
        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::platform::text::Rejected;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::platform::text::parse_uuid(text).map(Self)
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::platform::text::deserialize_str(deserializer)
            }
        }
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                $crate::platform::text::uuid_schema()
            }
        }
        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                $crate::platform::text::inline_name(stringify!($name))
            }
        }
        impl diesel::serialize::ToSql<$crate::platform::db::sql::Uid, $crate::platform::db::MultiBackend> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, $crate::platform::db::MultiBackend>,
            ) -> diesel::serialize::Result {
                out.set_value(($crate::platform::db::sql::Uid, self));
                Ok(diesel::serialize::IsNull::No)
            }
        }
        impl diesel::deserialize::FromSql<$crate::platform::db::sql::Uid, $crate::platform::db::MultiBackend> for $name {
            fn from_sql(value: $crate::platform::db::MultiRawValue<'_>) -> diesel::deserialize::Result<Self> {
                value.from_sql::<Self, $crate::platform::db::sql::Uid>()
            }
        }
        impl diesel::serialize::ToSql<$crate::platform::db::sql::Uid, diesel::pg::Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>) -> diesel::serialize::Result {
                std::io::Write::write_all(out, self.0.as_bytes())?;
                Ok(diesel::serialize::IsNull::No)
            }
        }
        impl diesel::deserialize::FromSql<$crate::platform::db::sql::Uid, diesel::pg::Pg> for $name {
            fn from_sql(value: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                $crate::platform::db::types::uuid_from_pg(&value).map(Self)
            }
        }
        impl diesel::serialize::ToSql<$crate::platform::db::sql::Uid, diesel::sqlite::Sqlite> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::sqlite::Sqlite>,
            ) -> diesel::serialize::Result {
                out.set_value(self.0.as_bytes().as_slice());
                Ok(diesel::serialize::IsNull::No)
            }
        }
        impl diesel::deserialize::FromSql<$crate::platform::db::sql::Uid, diesel::sqlite::Sqlite> for $name {
            fn from_sql(mut value: diesel::sqlite::SqliteValue<'_, '_, '_>) -> diesel::deserialize::Result<Self> {
                $crate::platform::db::types::uuid_from_sqlite(&mut value).map(Self)
            }
        }
    )+};
}

id_type! {
    /// Any object's id, where its kind is told beside it (records, timelines).
    AnyId
}

// ------------------------------------------------------------------------------------------------ instants

/// 2000-01-01, PostgreSQL's own epoch, in microseconds since 1970.
const PG_EPOCH_MICROS: i64 = 946_684_800_000_000;

impl ToSql<sql::Micros, MultiBackend> for Instant {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        out.set_value((sql::Micros, self));
        Ok(IsNull::No)
    }
}
impl FromSql<sql::Micros, MultiBackend> for Instant {
    fn from_sql(value: MultiRawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, sql::Micros>()
    }
}
impl ToSql<sql::Micros, Pg> for Instant {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&(self.micros() - PG_EPOCH_MICROS).to_be_bytes())?;
        Ok(IsNull::No)
    }
}
impl FromSql<sql::Micros, Pg> for Instant {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let micros = i64::from_be_bytes(value.as_bytes().try_into()?);
        micros.checked_add(PG_EPOCH_MICROS).and_then(Self::from_micros).ok_or_else(|| "timestamp out of range".into())
    }
}
impl ToSql<sql::Micros, Sqlite> for Instant {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.micros());
        Ok(IsNull::No)
    }
}
impl FromSql<sql::Micros, Sqlite> for Instant {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Self::from_micros(value.read_long()).ok_or_else(|| "timestamp out of range".into())
    }
}

// ------------------------------------------------------------------------------------------------ documents

/// A typed JSON document in one column. For small things that are read and written whole, never searched.
#[derive(Debug, Clone, PartialEq, Default, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::Doc)]
pub struct Json<T: 'static>(pub T);

impl<T: 'static + Serialize + std::fmt::Debug + Send + Sync> ToSql<sql::Doc, MultiBackend> for Json<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        out.set_value((sql::Doc, self));
        Ok(IsNull::No)
    }
}
impl<T: 'static + DeserializeOwned> FromSql<sql::Doc, MultiBackend> for Json<T> {
    fn from_sql(value: MultiRawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, sql::Doc>()
    }
}
impl<T: 'static + Serialize + std::fmt::Debug> ToSql<sql::Doc, Pg> for Json<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        // The first byte is the version of jsonb's binary form.
        out.write_all(&[1])?;
        serde_json::to_writer(out, &self.0)?;
        Ok(IsNull::No)
    }
}
impl<T: 'static + DeserializeOwned> FromSql<sql::Doc, Pg> for Json<T> {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        match value.as_bytes() {
            [1, body @ ..] => Ok(Self(serde_json::from_slice(body)?)),
            _ => Err("unknown jsonb version".into()),
        }
    }
}
impl<T: 'static + Serialize + std::fmt::Debug> ToSql<sql::Doc, Sqlite> for Json<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(serde_json::to_string(&self.0)?);
        Ok(IsNull::No)
    }
}
impl<T: 'static + DeserializeOwned> FromSql<sql::Doc, Sqlite> for Json<T> {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(serde_json::from_str(value.read_text())?))
    }
}

// ------------------------------------------------------------------------------------------------ text enums

/// Declares a closed set of words, kept as text in the database and in JSON alike.
///
/// Gives `as_str()`, `ALL`, `Display`, `FromStr`, serde, the SQL mapping for both engines and the API schema.
#[macro_export]
macro_rules! text_enum {
    ($(#[doc = $doc:literal])* $vis:vis enum $name:ident {
        $($(#[doc = $vdoc:literal])* $variant:ident = $text:literal),+ $(,)?
    }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
                 diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
        #[diesel(sql_type = diesel::sql_types::Text)]
        $vis enum $name { $($(#[doc = $vdoc])* #[serde(rename = $text)] $variant),+ }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                $crate::platform::text::enum_schema(
                    &[$($doc),*],
                    &[$(($text, concat!("" $(, $vdoc)*))),+],
                )
            }
        }
        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed(stringify!($name))
            }
        }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The word used in JSON and in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl<DB> diesel::serialize::ToSql<diesel::sql_types::Text, DB> for $name
        where
            DB: diesel::backend::Backend,
            str: diesel::serialize::ToSql<diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, DB>) -> diesel::serialize::Result {
                <str as diesel::serialize::ToSql<diesel::sql_types::Text, DB>>::to_sql(self.as_str(), out)
            }
        }
        impl $name {
            // From where the engine keeps it, without a copy: rows have many of these.
            fn of_word(word: &[u8]) -> diesel::deserialize::Result<Self> {
                $(if word == $text.as_bytes() { return Ok(Self::$variant); })+
                Err(format!(concat!("unknown ", stringify!($name), " {:?}"), String::from_utf8_lossy(word)).into())
            }
        }
        impl diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn from_sql(value: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                Self::of_word(value.as_bytes())
            }
        }
        impl diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::sqlite::Sqlite> for $name {
            fn from_sql(mut value: diesel::sqlite::SqliteValue<'_, '_, '_>) -> diesel::deserialize::Result<Self> {
                Self::of_word(value.read_text().as_bytes())
            }
        }
        impl diesel::deserialize::FromSql<diesel::sql_types::Text, $crate::platform::db::MultiBackend> for $name {
            fn from_sql(value: $crate::platform::db::MultiRawValue<'_>) -> diesel::deserialize::Result<Self> {
                value.from_sql::<Self, diesel::sql_types::Text>()
            }
        }
    };
}
