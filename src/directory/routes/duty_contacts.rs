//! Who is on duty in an area, as the public sees it.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::{Ctx, PersonRef, people};
use crate::directory::duty::local_day;
use crate::directory::model::{AreaRef, Assignment, AssignmentId, DutyRole};
use crate::directory::policy::{self, Action, NOTHING};
use crate::directory::queries::agencies::zone_of_agency;
use crate::directory::queries::areas::{area_refs, find_area};
use crate::directory::queries::duty::{self, OnDuty};
use crate::ids::AreaId;
use crate::platform::db::Conn;
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page, PageParams, Path, Reply};
use crate::platform::record::timeline::NoFilter;
use crate::platform::text::Day;

/// An officer on duty in an area, with the contact data of the duty; never private ones, never where the officer is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DutyContact {
    /// The assignment.
    pub assignment_id: AssignmentId,
    /// Where the officer is on duty.
    pub area: AreaRef,
    /// As what.
    pub role: DutyRole,
    /// Who.
    pub person: PersonRef,
    /// Rank.
    pub rank: Option<String>,
    /// Badge number.
    pub badge_number: Option<String>,
    /// Telephone number of the duty (E.164).
    pub duty_phone: Option<String>,
    /// Mail address of the duty.
    pub duty_email: Option<String>,
    /// What the officer says about themselves.
    pub bio: Option<String>,
    /// The last day of the duty, where one is set.
    #[schema(value_type = Option<Day>)]
    pub ends_on: Option<NaiveDate>,
}

/// Adds names and areas to assignments; those whose area or person is gone are left out.
pub fn contacts(conn: &mut Conn, rows: &[OnDuty]) -> Result<Vec<DutyContact>> {
    let people = people(conn, rows.iter().map(|row| row.assignment.account_id))?;
    let areas = area_refs(conn, rows.iter().map(|row| row.assignment.area_id))?;
    Ok(rows
        .iter()
        .filter_map(|OnDuty { assignment, badge_number, rank }| {
            let Assignment { id, area_id, account_id, role, ends_on, duty_phone, duty_email, bio, .. } = assignment;
            Some(DutyContact {
                assignment_id: *id,
                area: areas.get(area_id)?.clone(),
                role: *role,
                person: people.get(account_id)?.clone(),
                rank: rank.clone(),
                badge_number: badge_number.clone(),
                duty_phone: duty_phone.clone(),
                duty_email: duty_email.clone(),
                bio: bio.clone(),
                ends_on: *ends_on,
            })
        })
        .collect())
}

/// Lists who is on duty in an area, and in what it lies in, today.
///
/// The area's own officers come first, then those of the area around it, and so on. Only duties that the agency shows.
#[utoipa::path(get, path = "/areas/{area_id}/duty-contacts",
    tag = "directory", security(()),
    params(("area_id" = AreaId, Path, description = "The area."), PageParams),
    responses((status = 200, body = Page<DutyContact>)))]
pub async fn list_duty_contacts(ctx: Ctx, id: Path<AreaId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        policy::demand(actor, NOTHING, Action::ListDutyContacts)?;
        let area = find_area(conn, id.0)?.ok_or_else(Error::not_found)?;
        let today = local_day(zone_of_agency(conn, area.agency_id)?, now);
        let page = duty::list_public(conn, id.0, today, &listing)?.map(|(_, row)| row);
        let items = contacts(conn, &page.items)?;
        Ok(Page { items, next_cursor: page.next_cursor, total: page.total, next: page.next })
    })
    .await
}

crate::operations! {
    list_duty_contacts,
}
