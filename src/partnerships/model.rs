//! Rows and words of partnerships.

mod goals;

use chrono::NaiveDate;
use diesel::prelude::*;

pub use goals::*;

use crate::accounts::Side;
use crate::directory::Geometry;
use crate::ids::{AccountId, AgencyId, AreaId, MembershipId, PartnershipId, SeatId};
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Json};
use crate::schema::{founders, leadership_seats, membership_invitations, memberships, partnerships};
use crate::{id_type, text_enum};

id_type! {
    /// A founder's entry.
    FounderId,
    /// An invitation to become a member.
    MembershipInvitationId,
}

text_enum! {
    /// Where a partnership stands (`domain/20` 6.3).
    pub enum PartnershipState {
        /// Waits for the district's commander.
        Proposed = "proposed",
        /// The commander said no.
        Declined = "declined",
        /// Accepted; works through its formation checklist.
        Forming = "forming",
        /// Fully formed.
        Active = "active",
        /// Nothing qualifying has happened for long.
        Dormant = "dormant",
        /// Stopped by an administrator or commander, for review.
        Suspended = "suspended",
        /// Ended.
        Closed = "closed",
    }
}

impl PartnershipState {
    /// Whether everybody may know that it exists.
    pub const fn is_public(self) -> bool {
        matches!(self, Self::Forming | Self::Active | Self::Dormant | Self::Suspended | Self::Closed)
    }
    /// Whether its members can change anything.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Forming | Self::Active | Self::Dormant)
    }
    /// Those states.
    pub const LIVE: [Self; 3] = [Self::Forming, Self::Active, Self::Dormant];
    /// The states that everybody may know of.
    pub const PUBLIC: [Self; 5] = [Self::Forming, Self::Active, Self::Dormant, Self::Suspended, Self::Closed];
}

text_enum! {
    /// What brought people together: the catalyst of a partnership.
    pub enum CatalystType {
        /// A goal that all want to reach.
        CommonGoal = "common_goal",
        /// A problem that all have.
        SharedProblem = "shared_problem",
        /// A task that needs doing.
        SpecificTask = "specific_task",
    }
}

text_enum! {
    /// Whether a founder is a person or a group.
    pub enum FounderKind {
        /// Somebody.
        Person = "person",
        /// A group with a name.
        Group = "group",
    }
}

text_enum! {
    /// The kind of an organisation (`domain/20` 6.7).
    pub enum Sector {
        /// Residents of a place.
        ResidentsGroup = "residents_group",
        /// Neighborhood watch.
        NeighborhoodWatch = "neighborhood_watch",
        /// Businesses or merchants.
        BusinessOrMerchantAssociation = "business_or_merchant_association",
        /// Citizen activists.
        CitizenActivistGroup = "citizen_activist_group",
        /// Churches and other communities of faith.
        Faith = "faith",
        /// Schools and youth work.
        SchoolOrYouth = "school_or_youth",
        /// Health and social services.
        HealthOrSocialService = "health_or_social_service",
        /// Public service agencies.
        PublicServiceAgency = "public_service_agency",
        /// Local government.
        LocalGovernment = "local_government",
        /// Foundations and donors.
        Philanthropy = "philanthropy",
        /// Press, radio, neighborhood media.
        Media = "media",
        /// Any other.
        Other = "other",
    }
}

text_enum! {
    /// What a member does beside taking part. Leaders are told by their seats.
    pub enum MemberRole {
        /// Takes part.
        Member = "member",
        /// Helps the group decide.
        Facilitator = "facilitator",
        /// Writes the minutes.
        Secretary = "secretary",
        /// Carries messages.
        Communicator = "communicator",
        /// Coordinates citizen patrols.
        PatrolCoordinator = "patrol_coordinator",
        /// Keeps in touch with the households of a block.
        BlockCaptain = "block_captain",
        /// Keeps track of needs and pledges.
        ResourceSteward = "resource_steward",
        /// Listens and reads.
        Observer = "observer",
    }
}

text_enum! {
    /// Where a membership stands.
    pub enum MembershipState {
        /// The person asked to join.
        Requested = "requested",
        /// The person is a member.
        Active = "active",
        /// The request was declined.
        Declined = "declined",
        /// The person left.
        Left = "left",
        /// A leader removed the person.
        Removed = "removed",
    }
}

text_enum! {
    /// Where an invitation to become a member stands. An open one whose time is over can't be accepted any more.
    pub enum MembershipInvitationState {
        /// Waits for an answer.
        Open = "open",
        /// Became a membership.
        Accepted = "accepted",
        /// Was declined.
        Declined = "declined",
        /// Was taken back.
        Revoked = "revoked",
    }
}

text_enum! {
    /// Which seat on its side.
    pub enum SeatKind {
        /// Leads.
        Primary = "primary",
        /// Stands in for the primary.
        Deputy = "deputy",
    }
}

text_enum! {
    /// Where a seat stands (`domain/20` 6.4).
    pub enum SeatState {
        /// Somebody was proposed and has not answered.
        Nominated = "nominated",
        /// The nomination was declined, or taken back.
        Declined = "declined",
        /// Held.
        Active = "active",
        /// Held once.
        Ended = "ended",
    }
}

text_enum! {
    /// How a leader was found.
    pub enum SelectionMethod {
        /// The members agree.
        Consensus = "consensus",
        /// The agency appointed; presented to the members at the next meeting.
        AppointedByAgency = "appointed_by_agency",
        /// For the time being, at most 90 days.
        Acting = "acting",
    }
}

text_enum! {
    /// Why a seat ended.
    pub enum SeatEndReason {
        /// Its term was over.
        Term = "term",
        /// The holder stepped down.
        Resigned = "resigned",
        /// The holder was removed.
        Removed = "removed",
        /// The holder moved away or to another post.
        Moved = "moved",
        /// The holder's verification as an officer ran out, or the account was stopped.
        VerificationLost = "verification_lost",
        /// The nominee said no.
        Declined = "declined",
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = partnerships, treat_none_as_default_value = false)]
pub struct Partnership {
    pub id: PartnershipId,
    pub name: String,
    pub name_key: String,
    pub state: PartnershipState,
    pub area_id: AreaId,
    pub host_agency_id: AgencyId,
    pub geometry: Option<Json<Geometry>>,
    pub min_lon: Option<f64>,
    pub min_lat: Option<f64>,
    pub max_lon: Option<f64>,
    pub max_lat: Option<f64>,
    pub catalyst_type: CatalystType,
    pub catalyst_statement: String,
    pub public_contact: Option<String>,
    pub proposed_by_id: AccountId,
    pub decided_by_id: Option<AccountId>,
    pub decided_at: Option<Instant>,
    pub decision_reason: Option<String>,
    pub escalated_at: Option<Instant>,
    pub first_meeting: Option<AnyId>,
    pub first_meeting_at: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = founders, treat_none_as_default_value = false)]
pub struct Founder {
    pub id: FounderId,
    pub partnership_id: PartnershipId,
    pub position: i32,
    pub kind: FounderKind,
    pub name: String,
    pub sector: Option<Sector>,
    pub account_id: Option<AccountId>,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = memberships, treat_none_as_default_value = false)]
pub struct Membership {
    pub id: MembershipId,
    pub partnership_id: PartnershipId,
    pub account_id: AccountId,
    pub side: Side,
    pub role: MemberRole,
    pub state: MembershipState,
    pub message: Option<String>,
    pub joined_at: Option<Instant>,
    pub ended_at: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

impl Membership {
    /// Whether it was asked for and never was one: the request is open, was declined or was taken back.
    pub const fn is_request(&self) -> bool {
        self.joined_at.is_none()
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = membership_invitations, treat_none_as_default_value = false)]
pub struct MembershipInvitation {
    pub id: MembershipInvitationId,
    pub partnership_id: PartnershipId,
    pub email: String,
    pub email_key: String,
    pub state: MembershipInvitationState,
    pub invited_by_id: AccountId,
    pub membership_id: Option<MembershipId>,
    pub expires_at: Instant,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = leadership_seats, treat_none_as_default_value = false)]
pub struct Seat {
    pub id: SeatId,
    pub partnership_id: PartnershipId,
    pub membership_id: MembershipId,
    pub account_id: AccountId,
    pub side: Side,
    pub kind: SeatKind,
    pub state: SeatState,
    pub selection_method: SelectionMethod,
    pub acting_days: Option<i32>,
    pub nominated_by_id: AccountId,
    pub accepted_at: Option<Instant>,
    pub term_starts_on: Option<NaiveDate>,
    pub term_ends_on: Option<NaiveDate>,
    pub ended_at: Option<Instant>,
    pub end_reason: Option<SeatEndReason>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}
