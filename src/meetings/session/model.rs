//! Rows and words of meetings in session.

use diesel::prelude::*;

use crate::ids::{AccountId, MeetingId};
use crate::platform::clock::Instant;
use crate::schema::executive_sessions;
use crate::{id_type, text_enum};

id_type! {
    /// An executive session.
    ExecutiveSessionId,
}

/// Which edition of the table of justifications counts; kept with each session, so that a later table changes nothing of it.
pub const EDITION: i32 = 1;

text_enum! {
    /// What an executive session is for: each is one paragraph of K.S.A. 75-4319(b) and no more than that, as they are numbered
    /// since 2017. Paragraphs (7) to (11) and those behind (12) are for racing, children in need of care, deaths of children,
    /// health care and gaming, and no partnership has cause for them.
    pub enum Justification {
        /// (b)(1): personnel matters of nonelected personnel.
        NonelectedPersonnel = "nonelected_personnel",
        /// (b)(2): consultation with an attorney for the public body that is deemed privileged in the attorney-client
        /// relationship.
        AttorneyClient = "attorney_client",
        /// (b)(3): employer-employee negotiations.
        EmploymentNegotiations = "employment_negotiations",
        /// (b)(4): data relating to financial affairs or trade secrets of corporations, partnerships, trusts, and individual
        /// proprietorships.
        TradeSecrets = "trade_secrets",
        /// (b)(5): actions adversely or favorably affecting a person as a student, patient or resident of a public institution,
        /// who can ask for a public hearing.
        PersonsInPublicInstitutions = "persons_in_public_institutions",
        /// (b)(6): preliminary discussion of the acquisition of real property.
        RealProperty = "real_property",
        /// (b)(12): security measures that would be jeopardized by being discussed in an open meeting.
        SecurityMeasures = "security_measures",
    }
}

impl Justification {
    /// The number of the paragraph of K.S.A. 75-4319(b) that it is.
    pub const fn paragraph(self) -> u8 {
        match self {
            Self::NonelectedPersonnel => 1,
            Self::AttorneyClient => 2,
            Self::EmploymentNegotiations => 3,
            Self::TradeSecrets => 4,
            Self::PersonsInPublicInstitutions => 5,
            Self::RealProperty => 6,
            Self::SecurityMeasures => 12,
        }
    }

    /// The paragraph as the law is cited.
    pub fn statute(self) -> String {
        format!("K.S.A. 75-4319(b)({})", self.paragraph())
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = executive_sessions, treat_none_as_default_value = false)]
pub struct ExecutiveSession {
    pub id: ExecutiveSessionId,
    pub meeting_id: MeetingId,
    pub motion: String,
    pub mover_id: AccountId,
    pub seconder_id: AccountId,
    pub justification: Justification,
    pub justification_edition: i32,
    pub subjects: String,
    pub resumes_at: Instant,
    pub resume_place: String,
    pub recorded_by_id: AccountId,
    pub resumed_at: Option<Instant>,
    pub resumed_by_id: Option<AccountId>,
    pub late_minutes: Option<i32>,
    pub created_at: Instant,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_justification_is_one_paragraph_of_its_own() {
        let paragraphs: Vec<u8> = Justification::ALL.iter().map(|one| one.paragraph()).collect();
        assert_eq!(paragraphs, [1, 2, 3, 4, 5, 6, 12]);
        assert_eq!(Justification::AttorneyClient.statute(), "K.S.A. 75-4319(b)(2)");
    }
}
