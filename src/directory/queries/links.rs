//! Resource links.

use diesel::prelude::*;

use crate::directory::model::{LinkGroup, LinkStatus, ResourceLink, ResourceLinkId};
use crate::ids::{AgencyId, AreaId};
use crate::platform::clock::Instant;
use crate::platform::db::nodes::containing;
use crate::platform::db::{Columns, Conn, Json, locked, row_gt};
use crate::platform::error::Result;
use crate::platform::http::{Listing, Page};
use crate::schema::resource_links;

pub fn find(conn: &mut Conn, id: ResourceLinkId) -> Result<Option<ResourceLink>> {
    Ok(resource_links::table.find(id).select(ResourceLink::as_select()).first(conn).optional()?)
}

/// The link, which stays as it is until the transaction ends.
pub fn find_locked(conn: &mut Conn, id: ResourceLinkId) -> Result<Option<ResourceLink>> {
    Ok(locked(resource_links::table.find(id).select(ResourceLink::columns())).get_result(conn).optional()?)
}

pub fn insert(conn: &mut Conn, link: &ResourceLink) -> Result<()> {
    diesel::insert_into(resource_links::table).values(link).execute(conn)?;
    Ok(())
}

/// What of a link can be changed.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = resource_links)]
pub struct LinkChanges {
    pub area_id: Option<Option<AreaId>>,
    pub link_group: Option<LinkGroup>,
    pub title: Option<String>,
    pub title_key: Option<String>,
    pub url: Option<String>,
    pub phone: Option<Option<String>>,
    pub languages: Option<Json<Vec<String>>>,
    pub cost: Option<Option<String>>,
    pub status: Option<LinkStatus>,
    pub checked_at: Option<Option<Instant>>,
    pub retired_at: Option<Option<Instant>>,
}

/// Changes a link; the row as it is then.
pub fn update(conn: &mut Conn, id: ResourceLinkId, changes: LinkChanges, now: Instant) -> Result<ResourceLink> {
    Ok(diesel::update(resource_links::table.find(id))
        .set((changes, resource_links::version.eq(resource_links::version + 1), resource_links::updated_at.eq(now)))
        .returning(ResourceLink::columns())
        .get_result(conn)?)
}

/// Which links to list.
pub struct Wanted<'a> {
    pub agency: Option<AgencyId>,
    pub area: Option<AreaId>,
    pub group: Option<LinkGroup>,
    pub q: Option<&'a str>,
}

/// Links in use, by title.
pub fn list<F>(conn: &mut Conn, wanted: &Wanted<'_>, listing: &Listing<F>) -> Result<Page<ResourceLink>> {
    let filtered = || {
        let mut query = resource_links::table.filter(resource_links::retired_at.is_null()).into_boxed();
        if let Some(agency) = wanted.agency {
            query = query.filter(resource_links::agency_id.eq(agency));
        }
        if let Some(area) = wanted.area {
            query = query.filter(resource_links::area_id.eq(area));
        }
        if let Some(group) = wanted.group {
            query = query.filter(resource_links::link_group.eq(group));
        }
        if let Some(q) = wanted.q {
            query = query.filter(resource_links::title_key.like(containing(q)).escape('\\'));
        }
        query
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(String, ResourceLinkId)>()? {
        query = query.filter(row_gt((resource_links::title_key, resource_links::id), after));
    }
    let rows = query
        .order((resource_links::title_key, resource_links::id))
        .limit(listing.fetch())
        .select(ResourceLink::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row: &ResourceLink| (row.title_key.clone(), row.id)).with_total(total))
}
