//! Rows and words of communication plans (`domain/30` 6.10).

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::accounts::Side;
use crate::ids::{AccountId, DecisionId, PartnershipId, SeatId};
use crate::partnerships::DecisionClass;
use crate::platform::clock::Instant;
use crate::platform::db::Json;
use crate::schema::{communication_plans, plan_individuals, plan_procedures, plan_signatures, plan_techniques};
use crate::{id_type, text_enum};

id_type! {
    /// A version of a communication plan.
    CommunicationPlanId,
    /// A technique in a plan.
    TechniqueId,
    /// A procedure in a plan.
    ProcedureId,
    /// An individual in a plan.
    IndividualId,
    /// A signature under a plan.
    PlanSignatureId,
}

text_enum! {
    /// Where a version of a communication plan stands.
    pub enum CommunicationPlanState {
        /// Being written.
        Draft = "draft",
        /// Being decided on.
        Proposed = "proposed",
        /// The one that counts.
        Adopted = "adopted",
        /// Counted once.
        Superseded = "superseded",
        /// Given up.
        Withdrawn = "withdrawn",
    }
}

text_enum! {
    /// Who may read a plan once it is adopted.
    pub enum PlanVisibility {
        /// Everybody; persons are not named to them.
        Public = "public",
        /// Members and officials.
        Members = "members",
    }
}

text_enum! {
    /// How messages go out.
    pub enum TechniqueKind {
        /// In a meeting.
        Meeting = "meeting",
        /// By e-mail.
        Email = "email",
        /// By text message.
        Sms = "sms",
        /// By a notice of the app.
        AppPush = "app_push",
        /// By a call.
        PhoneCall = "phone_call",
        /// By calls that are passed on.
        PhoneTree = "phone_tree",
        /// From door to door.
        DoorToDoor = "door_to_door",
        /// By a flyer.
        Flyer = "flyer",
        /// By a newsletter.
        Newsletter = "newsletter",
        /// On a notice board.
        NoticeBoard = "notice_board",
        /// On a website.
        Website = "website",
        /// In a feed that people subscribe to.
        Feed = "feed",
        /// On social media.
        SocialMedia = "social_media",
        /// By radio and press.
        RadioPress = "radio_press",
        /// In other languages.
        Translated = "translated",
        /// From one person to another.
        OneToOne = "one_to_one",
    }
}

text_enum! {
    /// What a technique is for: the spectrum of public participation (IAP2).
    pub enum Purpose {
        /// People get to know.
        Inform = "inform",
        /// People are asked.
        Consult = "consult",
        /// People's concerns are worked with.
        Involve = "involve",
        /// People decide together.
        Collaborate = "collaborate",
        /// People decide themselves.
        Empower = "empower",
    }
}

text_enum! {
    /// How often a technique is used.
    pub enum Frequency {
        /// Whenever there is something to say.
        AsNeeded = "as_needed",
        /// Every day.
        Daily = "daily",
        /// Every week.
        Weekly = "weekly",
        /// Every two weeks.
        Fortnightly = "fortnightly",
        /// Every month.
        Monthly = "monthly",
        /// Every quarter.
        Quarterly = "quarterly",
        /// Every year.
        Yearly = "yearly",
    }
}

text_enum! {
    /// What somebody does for the communication.
    pub enum Scope {
        /// Speaks for the partnership.
        Spokesperson = "spokesperson",
        /// Keeps in touch with the other side.
        Liaison = "liaison",
        /// Keeps in touch with the households of a block.
        BlockCaptain = "block_captain",
        /// Carries messages into another language.
        Translator = "translator",
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = communication_plans, treat_none_as_default_value = false)]
pub struct CommunicationPlan {
    pub id: CommunicationPlanId,
    pub partnership_id: PartnershipId,
    pub number: i32,
    pub state: CommunicationPlanState,
    pub visibility: PlanVisibility,
    pub shared_decision_rule: Json<Vec<DecisionClass>>,
    pub confidentiality_note: Option<String>,
    pub review_on: Option<NaiveDate>,
    pub written_by_id: AccountId,
    pub proposed_at: Option<Instant>,
    pub adopted_at: Option<Instant>,
    pub ended_at: Option<Instant>,
    pub decision_id: Option<DecisionId>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = plan_techniques, treat_none_as_default_value = false)]
pub struct Technique {
    pub id: TechniqueId,
    pub plan_id: CommunicationPlanId,
    pub position: i32,
    pub kind: TechniqueKind,
    pub purpose: Purpose,
    pub audience: String,
    pub owner_id: Option<AccountId>,
    pub frequency: Frequency,
    pub reach_target: Option<i32>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = plan_procedures, treat_none_as_default_value = false)]
pub struct Procedure {
    pub id: ProcedureId,
    pub plan_id: CommunicationPlanId,
    pub position: i32,
    pub trigger: String,
    pub steps: Json<Vec<String>>,
    pub response_time_hours: i32,
    pub approver_id: Option<AccountId>,
    pub fallback_offline: Option<String>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = plan_individuals, treat_none_as_default_value = false)]
pub struct Individual {
    pub id: IndividualId,
    pub plan_id: CommunicationPlanId,
    pub position: i32,
    pub account_id: AccountId,
    pub side: Side,
    pub scope: Scope,
    pub languages: Json<Vec<String>>,
    pub backup_id: Option<AccountId>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = plan_signatures, treat_none_as_default_value = false)]
pub struct PlanSignature {
    pub id: PlanSignatureId,
    pub plan_id: CommunicationPlanId,
    pub side: Side,
    pub seat_id: SeatId,
    pub account_id: AccountId,
    pub voided_at: Option<Instant>,
    pub created_at: Instant,
}
