//! Rows and words of minutes.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::Side;
use crate::ids::{AccountId, DecisionId, MeetingId, SeatId};
use crate::platform::clock::Instant;
use crate::platform::db::Json;
use crate::platform::lifecycle::Lifecycle;
use crate::schema::{
    correction_requests, minutes, minutes_assents, minutes_correction_assents, minutes_corrections, minutes_redactions,
    minutes_versions,
};
use crate::{id_type, text_enum};

id_type! {
    /// The minutes of a meeting.
    MinutesId,
    /// A version of the minutes' text.
    MinutesVersionId,
    /// A leader's assent to minutes.
    MinutesAssentId,
    /// A member's request to correct circulated minutes.
    CorrectionRequestId,
    /// A correction of published minutes.
    MinutesCorrectionId,
    /// What was masked in published minutes afterwards.
    MinutesRedactionId,
}

text_enum! {
    /// Where minutes stand, as they are stored; [`MinutesStage`] is what is told.
    pub enum MinutesState {
        /// Being written.
        Draft = "draft",
        /// Members were written to, and can ask for corrections.
        Circulated = "circulated",
        /// Being decided on.
        Proposed = "proposed",
        /// Approved by both sides.
        Approved = "approved",
        /// Put out for their readers.
        Published = "published",
    }
}

impl Lifecycle for MinutesState {
    const OF: &'static str = "minutes' text";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Circulated],
            Self::Circulated => &[Self::Proposed, Self::Approved],
            Self::Proposed => &[Self::Circulated, Self::Approved],
            Self::Approved => &[Self::Published],
            Self::Published => &[],
        }
    }
}

impl MinutesState {
    /// Whether the text can be written anew.
    pub const fn takes_text(self) -> bool {
        matches!(self, Self::Draft | Self::Circulated | Self::Proposed)
    }
    /// Whether both sides have approved them.
    pub const fn is_approved(self) -> bool {
        matches!(self, Self::Approved | Self::Published)
    }
}

text_enum! {
    /// Where the minutes of a meeting stand.
    pub enum MinutesStage {
        /// There are none.
        NotStarted = "not_started",
        /// Being written.
        Draft = "draft",
        /// Members were written to, and nobody wants a correction.
        Circulated = "circulated",
        /// Members were written to, and somebody wants a correction that nobody has answered.
        Corrections = "corrections",
        /// Being decided on.
        Proposed = "proposed",
        /// Approved by both sides.
        Approved = "approved",
        /// Put out for their readers.
        Published = "published",
    }
}

text_enum! {
    /// How minutes were approved.
    pub enum MinutesApproval {
        /// By the signatures of a leader of each side, as it was done once.
        Signatures = "signatures",
        /// They had been circulated for a while, nobody wanted a correction any more, and a leader of each side assented.
        SilentConsent = "silent_consent",
        /// By a decision of both sides.
        Decision = "decision",
    }
}

text_enum! {
    /// Who may read minutes once they are published.
    pub enum MinutesVisibility {
        /// Whoever sees the meeting.
        Public = "public",
        /// Members and officials.
        Members = "members",
    }
}

text_enum! {
    /// Why a passage is read by members and officers alone.
    pub enum RedactionReason {
        /// It is about somebody's private life.
        Privacy = "privacy",
        /// It tells of a victim.
        Victim = "victim",
        /// It tells of somebody under age.
        Juvenile = "juvenile",
        /// It is what a lawyer advised.
        LegalAdvice = "legal_advice",
        /// Knowing it would put somebody at risk.
        Safety = "safety",
        /// Another reason.
        Other = "other",
    }
}

text_enum! {
    /// Where a request to correct minutes stands.
    pub enum CorrectionRequestState {
        /// Nobody has answered it.
        Open = "open",
        /// A newer version of the text has it in.
        Accepted = "accepted",
        /// It was declined, for a reason.
        Declined = "declined",
        /// It was declined, and whoever asked wants it all the same: the minutes are approved by decision alone.
        Maintained = "maintained",
        /// Whoever asked took it back.
        Withdrawn = "withdrawn",
    }
}

impl Lifecycle for CorrectionRequestState {
    const OF: &'static str = "request";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Open => &[Self::Accepted, Self::Declined, Self::Withdrawn],
            Self::Declined => &[Self::Maintained],
            Self::Maintained => &[Self::Accepted, Self::Withdrawn],
            Self::Accepted | Self::Withdrawn => &[],
        }
    }
}

/// A passage that members and officers alone read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Redaction {
    /// The passage. Wherever it stands in the text as whole words, others read `[redacted: reason]`: also where it is written
    /// with other capital letters, accents, quotation marks, dashes or white space. A part of a word is not masked.
    pub passage: String,
    /// Why.
    pub reason: RedactionReason,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = minutes, treat_none_as_default_value = false)]
pub struct Minutes {
    pub id: MinutesId,
    pub meeting_id: MeetingId,
    pub state: MinutesState,
    pub visibility: MinutesVisibility,
    pub number: i32,
    pub first_circulated_at: Option<Instant>,
    pub circulated_at: Option<Instant>,
    pub assented_at: Option<Instant>,
    pub open_requests: i32,
    pub decision_id: Option<DecisionId>,
    pub approved_at: Option<Instant>,
    pub approval: Option<MinutesApproval>,
    pub published_at: Option<Instant>,
    pub content_hash: Option<Vec<u8>>,
    pub public_hash: Option<Vec<u8>>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub maintained_requests: i32,
    pub declined_at: Option<Instant>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = minutes_versions, treat_none_as_default_value = false)]
pub struct MinutesVersion {
    pub id: MinutesVersionId,
    pub minutes_id: MinutesId,
    pub number: i32,
    pub text: String,
    pub redactions: Json<Vec<Redaction>>,
    pub visibility: MinutesVisibility,
    pub written_by_id: AccountId,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = minutes_assents, treat_none_as_default_value = false)]
pub struct MinutesAssent {
    pub id: MinutesAssentId,
    pub minutes_id: MinutesId,
    pub side: Side,
    pub seat_id: SeatId,
    pub account_id: AccountId,
    pub voided_at: Option<Instant>,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = correction_requests, treat_none_as_default_value = false)]
pub struct CorrectionRequest {
    pub id: CorrectionRequestId,
    pub minutes_id: MinutesId,
    pub text_number: i32,
    pub passage: Option<String>,
    pub proposal: String,
    pub state: CorrectionRequestState,
    pub requested_by_id: AccountId,
    pub answered_by_id: Option<AccountId>,
    pub decline_reason: Option<String>,
    pub accepted_number: Option<i32>,
    pub closed_at: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub maintained_at: Option<Instant>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = minutes_corrections, treat_none_as_default_value = false)]
pub struct MinutesCorrection {
    pub id: MinutesCorrectionId,
    pub minutes_id: MinutesId,
    pub number: i32,
    pub text: String,
    pub reason: String,
    pub written_by_id: AccountId,
    pub content_hash: Vec<u8>,
    pub public_hash: Vec<u8>,
    pub in_force_at: Option<Instant>,
    pub created_at: Instant,
    pub redactions: Json<Vec<Redaction>>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = minutes_correction_assents, treat_none_as_default_value = false)]
pub struct MinutesCorrectionAssent {
    pub correction_id: MinutesCorrectionId,
    pub side: Side,
    pub seat_id: SeatId,
    pub account_id: AccountId,
    pub created_at: Instant,
}

/// A text of minutes that everybody reads otherwise since something was masked in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendition {
    /// The number of the correction whose text it is; none for that of the minutes.
    pub correction: Option<i32>,
    /// SHA-256 of what everybody read before, in lower-case hexadecimal.
    pub previous: String,
    /// The same of what everybody reads since.
    pub public: String,
}

/// What was masked in published minutes and their corrections afterwards.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = minutes_redactions, treat_none_as_default_value = false)]
pub struct MinutesRedaction {
    pub id: MinutesRedactionId,
    pub minutes_id: MinutesId,
    pub number: i32,
    pub redactions: Json<Vec<Redaction>>,
    pub reason: String,
    pub renditions: Json<Vec<Rendition>>,
    pub redacted_by_id: AccountId,
    pub created_at: Instant,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::lifecycle::exhaust;

    #[test]
    fn each_machine_takes_its_steps_and_no_other() {
        use MinutesState as M;
        exhaust(
            M::ALL,
            &[
                (M::Draft, M::Circulated),
                (M::Circulated, M::Proposed),
                (M::Circulated, M::Approved),
                (M::Proposed, M::Circulated),
                (M::Proposed, M::Approved),
                (M::Approved, M::Published),
            ],
        );
        for state in M::ALL {
            assert_ne!(state.takes_text(), state.is_approved(), "{state}");
        }
        use CorrectionRequestState as R;
        exhaust(
            R::ALL,
            &[
                (R::Open, R::Accepted),
                (R::Open, R::Declined),
                (R::Open, R::Withdrawn),
                (R::Declined, R::Maintained),
                (R::Maintained, R::Accepted),
                (R::Maintained, R::Withdrawn),
            ],
        );
    }
}
