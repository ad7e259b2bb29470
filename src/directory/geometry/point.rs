//! Degrees as query parameters and fields have them.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use super::rounded;
use crate::platform::text::inline_name;

macro_rules! degrees {
    ($(#[$meta:meta])* $name:ident, $most:literal, $message:literal) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
        #[serde(transparent)]
        pub struct $name(f64);

        impl $name {
            /// The degrees, if they lie within the bounds.
            pub fn new(degrees: f64) -> Option<Self> {
                (-$most..=$most).contains(&degrees).then(|| Self(rounded(degrees)))
            }
            /// The degrees.
            pub const fn get(self) -> f64 {
                self.0
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                f64::deserialize(deserializer).ok().and_then(Self::new).ok_or_else(|| serde::de::Error::custom($message))
            }
        }
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(SchemaType::Type(Type::Number))
                    .format(Some(SchemaFormat::KnownFormat(KnownFormat::Double)))
                    .minimum(Some(-$most))
                    .maximum(Some($most))
                    .into()
            }
        }
        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                inline_name(stringify!($name))
            }
        }
    };
}

degrees! {
    /// Degrees north, −90 to 90 (WGS84), rounded to seven decimals.
    Latitude, 90.0, "must be degrees north from -90 to 90"
}
degrees! {
    /// Degrees east, −180 to 180 (WGS84), rounded to seven decimals.
    Longitude, 180.0, "must be degrees east from -180 to 180"
}
