//! Rows of calendars.

use std::borrow::Cow;
use std::str::FromStr;

use diesel::prelude::*;
use serde::{Deserialize, Deserializer};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use zeroize::Zeroizing;

use crate::id_type;
use crate::ids::AccountId;
use crate::platform::clock::Instant;
use crate::platform::crypto::{OneTimeToken, Purpose, Secrets};
use crate::platform::text::{Rejected, deserialize_str, inline_name, rejected, string};
use crate::schema::calendar_addresses;

id_type! {
    /// The secret address of somebody's own calendar.
    CalendarAddressId
}

/// What tokens in addresses of calendars begin with.
pub const TOKEN: &str = "tkc_";

/// The secret of an address, as somebody sends it; never shown.
pub struct CalendarToken(Zeroizing<String>);

impl CalendarToken {
    /// What is stored of it.
    pub fn digest(&self, secrets: &Secrets) -> [u8; 32] {
        secrets.mac(Purpose::Calendar, &[self.0.as_bytes()])
    }
}
impl From<OneTimeToken> for CalendarToken {
    fn from(token: OneTimeToken) -> Self {
        Self(token.text)
    }
}
impl FromStr for CalendarToken {
    type Err = Rejected;
    fn from_str(text: &str) -> Result<Self, Rejected> {
        match OneTimeToken::digest_of(TOKEN, text) {
            Some(_) => Ok(Self(Zeroizing::new(text.to_owned()))),
            None => rejected("is no such secret"),
        }
    }
}
impl<'de> Deserialize<'de> for CalendarToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_str(deserializer)
    }
}
impl PartialSchema for CalendarToken {
    fn schema() -> RefOr<Schema> {
        string().min_length(Some(47)).max_length(Some(47)).pattern(Some("^tkc_[A-Za-z0-9_-]{43}$")).into()
    }
}
impl ToSchema for CalendarToken {
    fn name() -> Cow<'static, str> {
        inline_name("CalendarToken")
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = calendar_addresses, treat_none_as_default_value = false)]
pub struct CalendarAddress {
    pub id: CalendarAddressId,
    pub account_id: AccountId,
    pub token_digest: Vec<u8>,
    pub created_at: Instant,
}
