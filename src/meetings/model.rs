//! Rows and words of meetings, their answers, attendance and action items.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::Side;
use crate::ids::{AccountId, AreaId, MeetingId, PartnershipId, TaskId};
use crate::partnerships::Sector;
use crate::platform::clock::Instant;
use crate::platform::db::Json;
use crate::schema::{action_items, attendances, head_counts, meetings, rsvps};
use crate::{id_type, text_enum};

id_type! {
    /// Somebody's answer to a meeting.
    RsvpId,
    /// Somebody's entry in the attendance.
    AttendanceId,
    /// What somebody took on at a meeting.
    ActionItemId,
    /// What the meetings of a partnership are known by, until one of them changes.
    MeetingStamp,
}

text_enum! {
    /// What kind of meeting it is (`domain/60` 6.22).
    pub enum MeetingKind {
        /// One of the usual ones.
        Regular = "regular",
        /// Called for a reason of its own.
        Special = "special",
        /// The partnership's first.
        First = "first",
        /// Once a year.
        Annual = "annual",
        /// Of a committee.
        Committee = "committee",
        /// Of a neighborhood watch.
        Watch = "watch",
        /// Of a business or merchant association.
        BusinessAssociation = "business_association",
        /// To learn something together.
        Training = "training",
        /// To follow cases in court.
        CourtWatch = "court_watch",
        /// For everybody in the area.
        TownHall = "town_hall",
    }
}

text_enum! {
    /// How people take part.
    pub enum MeetingFormat {
        /// In one place.
        InPerson = "in_person",
        /// Through the net only.
        Online = "online",
        /// In one place, and through the net.
        Hybrid = "hybrid",
    }
}

text_enum! {
    /// What kind of place it is.
    pub enum PlaceKind {
        /// A place that is open to the public.
        Public = "public",
        /// Somebody's home: its address is told to few.
        PrivateHome = "private_home",
        /// The net.
        Online = "online",
    }
}

text_enum! {
    /// Who sees that the meeting takes place.
    pub enum MeetingVisibility {
        /// Everybody: the meeting is open.
        Public = "public",
        /// Members and officials.
        Members = "members",
        /// Leaders and officials.
        Leaders = "leaders",
    }
}

text_enum! {
    /// Where a meeting stands.
    pub enum MeetingState {
        /// To come.
        Scheduled = "scheduled",
        /// Under way.
        InSession = "in_session",
        /// Over; the minutes are being written.
        Adjourned = "adjourned",
        /// Over, with approved minutes.
        Minuted = "minuted",
        /// Does not take place.
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// Where a meeting stands in the words of `domain/60` 6.22: computed from its state and from what has become of it.
    pub enum MeetingStage {
        /// To come; no notice of it is given yet. A meeting that is not open to everybody stays here: whoever may come sees it.
        Scheduled = "scheduled",
        /// To come; notice of it as it stands was given.
        Noticed = "noticed",
        /// To come, at another time or place than notice was given of; notice of that is still to be given. It is the same
        /// meeting: whatever is moved keeps its id, its answers and its agenda.
        Rescheduled = "rescheduled",
        /// Under way.
        InSession = "in_session",
        /// Under way, and recessed into an executive session.
        Recessed = "recessed",
        /// Over; the minutes are being written.
        Adjourned = "adjourned",
        /// Over, with approved minutes.
        Minuted = "minuted",
        /// Over, with minutes that are published: nothing of it is left to do.
        Closed = "closed",
        /// Does not take place.
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// What somebody answers.
    pub enum RsvpAnswer {
        /// Will come.
        Yes = "yes",
        /// Will not.
        No = "no",
        /// Doesn't know yet; holds no place.
        Maybe = "maybe",
    }
}

impl RsvpAnswer {
    /// The places that it takes, with so many guests.
    pub const fn places(self, guests: i32) -> i32 {
        match self {
            Self::Yes => 1 + guests,
            Self::No | Self::Maybe => 0,
        }
    }
}

text_enum! {
    /// Where an action item stands.
    pub enum ActionItemState {
        /// To be done.
        Open = "open",
        /// Done.
        Done = "done",
        /// Given up, for a reason.
        Dropped = "dropped",
    }
}

text_enum! {
    /// Where somebody learns the address of a meeting's place.
    pub enum AddressTold {
        /// In this answer, where the place has one.
        Here = "here",
        /// Here, once your yes was taken.
        AfterYes = "after_yes",
        /// From leaders of the partnership, who know the host: it is somebody's home, and told to members who said yes alone.
        /// Join the partnership, or ask them.
        ByLeaders = "by_leaders",
        /// When you read the meeting by itself.
        InTheMeeting = "in_the_meeting",
    }
}

/// How many answered what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AnswerCounts {
    /// People who come, without their guests.
    pub yes: i64,
    /// People who don't know yet.
    pub maybe: i64,
    /// People who don't come.
    pub no: i64,
}

impl AnswerCounts {
    /// As they are when one person's answer has taken the place of the one `before`.
    #[must_use]
    pub fn answered(mut self, before: Option<RsvpAnswer>, now: RsvpAnswer) -> Self {
        if let Some(before) = before {
            self = self.without(before);
        }
        *self.of(now) += 1;
        self
    }
    /// As they are when one person's answer is taken back.
    #[must_use]
    pub const fn without(mut self, before: RsvpAnswer) -> Self {
        *self.of(before) -= 1;
        self
    }
    const fn of(&mut self, answer: RsvpAnswer) -> &mut i64 {
        match answer {
            RsvpAnswer::Yes => &mut self.yes,
            RsvpAnswer::Maybe => &mut self.maybe,
            RsvpAnswer::No => &mut self.no,
        }
    }
}

/// What one person answered to a meeting.
#[derive(Debug, Clone, Queryable)]
pub struct OwnAnswer {
    pub answer: RsvpAnswer,
    pub guests: i32,
    pub updated_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = meetings, treat_none_as_default_value = false)]
pub struct Meeting {
    pub id: MeetingId,
    pub partnership_id: PartnershipId,
    pub area_id: AreaId,
    pub kind: MeetingKind,
    pub format: MeetingFormat,
    pub title: String,
    pub title_key: String,
    pub purpose: Option<String>,
    pub starts_local: String,
    pub ends_local: String,
    pub time_zone: String,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub place_kind: PlaceKind,
    pub place_name: String,
    pub place_address: Option<String>,
    pub visibility: MeetingVisibility,
    pub capacity: Option<i32>,
    pub places_taken: i32,
    pub languages: Json<Vec<String>>,
    pub accessibility: Option<String>,
    pub state: MeetingState,
    pub sequence: i32,
    pub cancel_reason: Option<String>,
    pub started_at: Option<Instant>,
    pub adjourned_at: Option<Instant>,
    pub scheduled_by_id: AccountId,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    /// How many answered what: counted where somebody answers, so that nobody who reads has to.
    pub answers: Json<AnswerCounts>,
    /// The sequence that notice was given of last.
    pub noticed_sequence: Option<i32>,
}

/// What of a meeting is read of each in a list: what may change while it has the same version, what hangs on who reads it, and
/// what says whether the rest is known already.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = meetings)]
pub struct MeetingHead {
    pub id: MeetingId,
    pub partnership_id: PartnershipId,
    pub area_id: AreaId,
    pub starts_at: Instant,
    pub place_kind: PlaceKind,
    pub capacity: Option<i32>,
    pub places_taken: i32,
    pub state: MeetingState,
    pub sequence: i32,
    pub scheduled_by_id: AccountId,
    pub version: i64,
    pub updated_at: Instant,
    pub answers: Json<AnswerCounts>,
    pub noticed_sequence: Option<i32>,
}

impl From<&Meeting> for MeetingHead {
    fn from(row: &Meeting) -> Self {
        Self {
            id: row.id,
            partnership_id: row.partnership_id,
            area_id: row.area_id,
            starts_at: row.starts_at,
            place_kind: row.place_kind,
            capacity: row.capacity,
            places_taken: row.places_taken,
            state: row.state,
            sequence: row.sequence,
            scheduled_by_id: row.scheduled_by_id,
            version: row.version,
            updated_at: row.updated_at,
            answers: row.answers.clone(),
            noticed_sequence: row.noticed_sequence,
        }
    }
}

impl MeetingHead {
    /// Where it stands, where it is known whether it is recessed and whether its minutes are published.
    pub fn stage(&self, is_recessed: bool, is_published: bool) -> MeetingStage {
        match (self.state, self.noticed_sequence) {
            (MeetingState::Scheduled, None) => MeetingStage::Scheduled,
            (MeetingState::Scheduled, Some(noticed)) if noticed < self.sequence => MeetingStage::Rescheduled,
            (MeetingState::Scheduled, Some(_)) => MeetingStage::Noticed,
            (MeetingState::InSession, _) if is_recessed => MeetingStage::Recessed,
            (MeetingState::InSession, _) => MeetingStage::InSession,
            (MeetingState::Adjourned, _) => MeetingStage::Adjourned,
            (MeetingState::Minuted, _) if is_published => MeetingStage::Closed,
            (MeetingState::Minuted, _) => MeetingStage::Minuted,
            (MeetingState::Cancelled, _) => MeetingStage::Cancelled,
        }
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = rsvps, treat_none_as_default_value = false)]
pub struct Rsvp {
    pub id: RsvpId,
    pub meeting_id: MeetingId,
    pub account_id: AccountId,
    pub answer: RsvpAnswer,
    pub guests: i32,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = attendances, treat_none_as_default_value = false)]
pub struct Attendance {
    pub id: AttendanceId,
    pub meeting_id: MeetingId,
    pub account_id: AccountId,
    pub side: Side,
    pub recorded_by_id: AccountId,
    pub created_at: Instant,
    pub arrived_at: Option<Instant>,
    pub left_at: Option<Instant>,
    /// Whether whoever keeps the attendance recorded it, or the person gave the code that was shown there: whoever only says
    /// that they were there counts in no quorum.
    pub is_vouched: bool,
}

impl Attendance {
    /// Whether the person was there at `at`, as it is recorded.
    pub fn covers(&self, at: Instant) -> bool {
        self.arrived_at.is_none_or(|arrived| arrived <= at) && self.left_at.is_none_or(|left| left > at)
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = head_counts, treat_none_as_default_value = false)]
pub struct HeadCount {
    pub meeting_id: MeetingId,
    pub side: Side,
    pub organisation_kind: Sector,
    pub heads: i32,
    pub recorded_by_id: AccountId,
    pub created_at: Instant,
    pub updated_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = action_items, treat_none_as_default_value = false)]
pub struct ActionItem {
    pub id: ActionItemId,
    pub meeting_id: MeetingId,
    pub what: String,
    pub assignee_id: Option<AccountId>,
    pub due_on: NaiveDate,
    pub no_owner_found: bool,
    pub state: ActionItemState,
    pub drop_reason: Option<String>,
    pub closed_at: Option<Instant>,
    pub created_by_id: AccountId,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub task_id: Option<TaskId>,
}

/// Rows for tests of rules.
#[cfg(test)]
pub mod tests_support {
    use super::*;

    /// An open meeting to come that begins then.
    pub fn meeting(starts_at: Instant) -> Meeting {
        Meeting {
            id: MeetingId::new(),
            partnership_id: PartnershipId::new(),
            area_id: AreaId::new(),
            kind: MeetingKind::Regular,
            format: MeetingFormat::InPerson,
            title: "Light the alleys".into(),
            title_key: "light the alleys".into(),
            purpose: None,
            starts_local: "2027-03-20T18:30".into(),
            ends_local: "2027-03-20T20:00".into(),
            time_zone: "America/Chicago".into(),
            starts_at,
            ends_at: starts_at.plus(crate::platform::clock::minutes(90)),
            place_kind: PlaceKind::Public,
            place_name: "Library".into(),
            place_address: None,
            visibility: MeetingVisibility::Public,
            capacity: None,
            places_taken: 0,
            answers: Json(AnswerCounts::default()),
            languages: Json(Vec::new()),
            accessibility: None,
            state: MeetingState::Scheduled,
            sequence: 0,
            cancel_reason: None,
            started_at: None,
            adjourned_at: None,
            scheduled_by_id: AccountId::new(),
            version: 1,
            created_at: Instant::EPOCH,
            updated_at: Instant::EPOCH,
            noticed_sequence: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::tests_support::meeting;
    use super::*;

    #[test]
    fn a_meeting_stands_where_its_state_and_what_became_of_it_say() {
        use MeetingStage as G;
        use MeetingState as S;
        for (state, sequence, noticed, is_recessed, is_published, expected) in [
            (S::Scheduled, 3, None, false, false, G::Scheduled),
            (S::Scheduled, 3, Some(3), false, false, G::Noticed),
            (S::Scheduled, 3, Some(2), false, false, G::Rescheduled),
            (S::InSession, 3, Some(2), false, false, G::InSession),
            (S::InSession, 0, None, true, false, G::Recessed),
            (S::Adjourned, 0, Some(0), false, false, G::Adjourned),
            (S::Minuted, 0, Some(0), false, false, G::Minuted),
            (S::Minuted, 0, None, false, true, G::Closed),
            (S::Cancelled, 2, Some(1), false, false, G::Cancelled),
        ] {
            let meeting = Meeting { state, sequence, noticed_sequence: noticed, ..meeting(Instant::EPOCH) };
            assert_eq!(MeetingHead::from(&meeting).stage(is_recessed, is_published), expected, "{state} {noticed:?}");
        }
    }
}
