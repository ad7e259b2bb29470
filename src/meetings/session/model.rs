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
    /// What an executive session is for: one of K.S.A. 75-4319(b), in our words, as far as a partnership may have cause for it.
    pub enum Justification {
        /// Personnel matters of nonelected personnel.
        NonelectedPersonnel = "nonelected_personnel",
        /// Consultation with an attorney, deemed privileged.
        AttorneyClient = "attorney_client",
        /// Employer and employee negotiations.
        EmploymentNegotiations = "employment_negotiations",
        /// Confidential data on financial affairs or trade secrets of businesses and individuals.
        TradeSecrets = "trade_secrets",
        /// What affects a person as a student, patient or resident of a public institution.
        PersonsInPublicInstitutions = "persons_in_public_institutions",
        /// Preliminary discussions on acquiring real property.
        RealProperty = "real_property",
        /// Security measures, whose discussion in the open would jeopardize them.
        SecurityMeasures = "security_measures",
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
