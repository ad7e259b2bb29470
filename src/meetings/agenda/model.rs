//! Rows and words of agendas.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{AccountId, AgendaItemId, MeetingId};
use crate::platform::clock::Instant;
use crate::platform::db::Json;
use crate::schema::{agenda_items, agendas};
use crate::text_enum;

text_enum! {
    /// What an item is for.
    pub enum AgendaItemKind {
        /// To tell something.
        Inform = "inform",
        /// To talk about something.
        Discuss = "discuss",
        /// To decide something.
        Decide = "decide",
        /// To plan something.
        Plan = "plan",
        /// To look back at something.
        Review = "review",
    }
}

text_enum! {
    /// Where an item stands.
    pub enum AgendaItemState {
        /// Somebody wants it to be talked about.
        Proposed = "proposed",
        /// It is on the agenda.
        Accepted = "accepted",
        /// It is for the next meeting.
        Deferred = "deferred",
        /// It is not talked about, for a reason.
        Declined = "declined",
    }
}

/// Something to read before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgendaLink {
    /// What it is.
    pub title: String,
    /// Where it is.
    pub url: String,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = agendas, treat_none_as_default_value = false)]
pub struct Agenda {
    pub meeting_id: MeetingId,
    pub civilian_chair_id: Option<AccountId>,
    pub police_chair_id: Option<AccountId>,
    pub item_order: Json<Vec<AgendaItemId>>,
    pub locked_at: Option<Instant>,
    pub locked_by_id: Option<AccountId>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = agenda_items, treat_none_as_default_value = false)]
pub struct AgendaItem {
    pub id: AgendaItemId,
    pub meeting_id: MeetingId,
    pub title: String,
    pub kind: AgendaItemKind,
    pub presenter_id: Option<AccountId>,
    pub minutes: i32,
    pub links: Json<Vec<AgendaLink>>,
    pub state: AgendaItemState,
    pub decline_reason: Option<String>,
    pub proposed_by_id: AccountId,
    pub decided_by_id: Option<AccountId>,
    pub decided_at: Option<Instant>,
    pub deferred_from_id: Option<AgendaItemId>,
    pub changed_after_lock_at: Option<Instant>,
    pub changed_by_id: Option<AccountId>,
    pub change_reason: Option<String>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}
