//! Ids of everything that more than one slice names.

use crate::id_type;

id_type! {
    /// An agency: police department, code enforcement, city, school.
    AgencyId,
    /// An area: city, division, district, beat or neighborhood.
    AreaId,
    /// An account.
    AccountId,
    /// A session.
    SessionId,
    /// A partnership.
    PartnershipId,
    /// A person's membership in a partnership.
    MembershipId,
    /// A leadership seat.
    SeatId,
    /// A goal.
    GoalId,
    /// A decision.
    DecisionId,
    /// A task.
    TaskId,
    /// A meeting.
    MeetingId,
    /// An item of a meeting's agenda.
    AgendaItemId,
    /// A series of meetings.
    MeetingSeriesId,
    /// An officer's log of a meeting.
    OfficerLogId,
    /// A meeting that officers attended, however many of them logged it.
    OfficerVisitId,
    /// Something that somebody promised.
    CommitmentId,
}

impl AccountId {
    /// No account has it: for queries that are about whoever asks, where nobody does.
    pub const NOBODY: Self = Self(uuid::Uuid::nil());
}
