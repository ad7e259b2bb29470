//! Rows of visits.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::ids::{AccountId, AreaId, MeetingId, OfficerLogId, OfficerVisitId};
use crate::meetings::log_model::GroupKind;
use crate::platform::clock::Instant;
use crate::schema::{officer_visit_logs, officer_visits};

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = officer_visits, treat_none_as_default_value = false)]
pub struct OfficerVisit {
    pub id: OfficerVisitId,
    pub area_id: AreaId,
    pub group_kind: GroupKind,
    pub group_name: Option<String>,
    pub group_key: Option<String>,
    pub meeting_id: Option<MeetingId>,
    pub attended_on: NaiveDate,
    pub starts_at: Instant,
    pub first_logged_by_id: AccountId,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Copy, Queryable, Selectable, Insertable)]
#[diesel(table_name = officer_visit_logs, treat_none_as_default_value = false)]
pub struct VisitLog {
    pub officer_log_id: OfficerLogId,
    pub visit_id: OfficerVisitId,
}
