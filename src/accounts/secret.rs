//! Secrets that people send: never shown, never logged, wiped from memory.

use std::borrow::Cow;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use unicode_normalization::UnicodeNormalization;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, Schema, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

use crate::platform::text::{Rejected, deserialize_str, inline_name, string};

/// Fewest characters of a password (NIST SP 800-63B-4 3.1.1.1, where it is the only factor).
pub const PASSWORD_MIN: usize = 15;
/// Most characters of a password.
pub const PASSWORD_MAX: usize = 128;

macro_rules! secret {
    ($(#[$meta:meta])* $name:ident, $min:expr, $max:expr, $normalized:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// The text.
            pub fn expose(&self) -> &str {
                self.0.expose_secret()
            }
        }
        impl FromStr for $name {
            type Err = Rejected;
            fn from_str(text: &str) -> Result<Self, Rejected> {
                let text: String = if $normalized { text.nfc().collect() } else { text.to_owned() };
                let chars = text.chars().count();
                if chars < $min {
                    return Err(Rejected(Cow::Owned(format!("must have at least {} characters", $min))));
                }
                if chars > $max {
                    return Err(Rejected(Cow::Owned(format!("must have at most {} characters", $max))));
                }
                if text.contains('\0') {
                    return Err(Rejected(Cow::Borrowed("must not have NUL characters")));
                }
                Ok(Self(SecretString::from(text)))
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserialize_str(deserializer)
            }
        }
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                string()
                    .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
                    .min_length(Some($min))
                    .max_length(Some($max))
                    .write_only(true)
                    .pattern(Some(r"^[^\u0000]*$"))
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

impl NewPassword {
    /// The text, still wrapped.
    pub fn into_secret(self) -> SecretString {
        self.0
    }
}

impl GivenPassword {
    /// The text, still wrapped.
    pub fn into_secret(self) -> SecretString {
        self.0
    }
}

secret! {
    /// A password that somebody chooses: 15 to 128 characters of any kind, spaces included, not trimmed.
    NewPassword, PASSWORD_MIN, PASSWORD_MAX, true
}
secret! {
    /// A password that somebody claims to have.
    GivenPassword, 1, PASSWORD_MAX, true
}
secret! {
    /// The present code of an authenticator, or a recovery code; blanks and hyphens don't matter.
    GivenCode, 6, 40, false
}
secret! {
    /// A one-time token, as it was mailed or handed over.
    GivenToken, 1, 200, false
}
