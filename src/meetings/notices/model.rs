//! Rows and words of notice.

use diesel::prelude::*;

use crate::ids::{MeetingId, PartnershipId};
use crate::platform::clock::Instant;
use crate::platform::lifecycle::Lifecycle;
use crate::schema::{notice_subscriptions, notices};
use crate::{id_type, text_enum};

id_type! {
    /// Somebody's wish for notice of a partnership's meetings.
    NoticeSubscriptionId,
    /// A notice of a meeting.
    NoticeId,
}

text_enum! {
    /// Where a subscription stands.
    pub enum SubscriptionState {
        /// Somebody asked for it; the address is not confirmed.
        Requested = "requested",
        /// Its owner gets notices.
        Active = "active",
        /// Its owner left.
        Left = "left",
        /// It was not confirmed or renewed in time.
        Lapsed = "lapsed",
    }
}

impl Lifecycle for SubscriptionState {
    const OF: &'static str = "subscription";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Requested => &[Self::Active, Self::Left, Self::Lapsed],
            Self::Active => &[Self::Left, Self::Lapsed],
            Self::Left | Self::Lapsed => &[],
        }
    }
}

text_enum! {
    /// What a notice tells.
    pub enum NoticeKind {
        /// That the meeting takes place, when and where.
        Scheduled = "scheduled",
        /// That time or place are others than were told.
        Changed = "changed",
        /// That it is not open to all any more: to whoever was told that it is.
        NotOpen = "not_open",
        /// That it does not take place.
        Cancelled = "cancelled",
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = notice_subscriptions, treat_none_as_default_value = false)]
pub struct NoticeSubscription {
    pub id: NoticeSubscriptionId,
    pub partnership_id: PartnershipId,
    pub email: Option<String>,
    pub email_key: Option<String>,
    pub state: SubscriptionState,
    pub token_digest: Vec<u8>,
    pub confirmed_at: Option<Instant>,
    pub renew_by: Option<Instant>,
    pub warned_at: Option<Instant>,
    pub ended_at: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = notices, treat_none_as_default_value = false)]
pub struct Notice {
    pub id: NoticeId,
    pub meeting_id: MeetingId,
    pub number: i32,
    pub kind: NoticeKind,
    pub sequence: i32,
    pub starts_at: Instant,
    pub is_in_time: bool,
    pub passed_on_to: Option<NoticeSubscriptionId>,
    pub given_at: Instant,
    pub passed_on_at: Option<Instant>,
    pub told_digest: Option<Vec<u8>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::lifecycle::exhaust;

    #[test]
    fn a_subscription_is_confirmed_and_ends_once() {
        use SubscriptionState as S;
        exhaust(
            S::ALL,
            &[
                (S::Requested, S::Active),
                (S::Requested, S::Left),
                (S::Requested, S::Lapsed),
                (S::Active, S::Left),
                (S::Active, S::Lapsed),
            ],
        );
    }
}
