//! Useful links, in the source page's three groups.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{facts, given};
use crate::accounts::{Actor, Ctx};
use crate::directory::emergency::{each_once, tags};
use crate::directory::events;
use crate::directory::model::{LinkGroup, LinkStatus, ResourceLink, ResourceLinkId};
use crate::directory::policy::{self, Action, NOTHING};
use crate::directory::queries::links::{self, LinkChanges, Wanted};
use crate::directory::queries::{agencies, areas};
use crate::ids::{AgencyId, AreaId};
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, Json};
use crate::platform::error::{Code, Error, FieldCode, FieldError, Problem, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{
    API, Check, Created, IfMatch, Listing, NoContent, Page, PageParams, Path, Reply, Valid, Versioned,
};
use crate::platform::text::{Language, Line, Phone, WebAddress, fold};
use crate::platform::values::{Change, List, Patch};

/// A link to something useful.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResourceLinkDetail {
    /// The link.
    id: ResourceLinkId,
    /// The agency whose page it stands on.
    agency_id: AgencyId,
    /// The area that it is for; `null` when it is for everybody.
    area_id: Option<AreaId>,
    /// The group that it stands in.
    group: LinkGroup,
    /// What it is called.
    title: String,
    /// Where it leads.
    url: String,
    /// Telephone number (E.164).
    phone: Option<String>,
    /// Languages that are spoken there (BCP 47).
    languages: Vec<String>,
    /// What it costs, in words.
    cost: Option<String>,
    /// What the last look at the address found.
    status: LinkStatus,
    /// When the address was last looked at.
    checked_at: Option<Instant>,
    /// Changes with every change.
    version: i64,
    /// When it was added.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

impl ResourceLinkDetail {
    fn new(link: ResourceLink) -> Self {
        let ResourceLink {
            id,
            agency_id,
            area_id,
            link_group: group,
            title,
            title_key: _,
            url,
            phone,
            languages,
            cost,
            status,
            checked_at,
            retired_at: _,
            version,
            created_at,
            updated_at,
        } = link;
        Self {
            id,
            agency_id,
            area_id,
            group,
            title,
            url,
            phone,
            languages: languages.0,
            cost,
            status,
            checked_at,
            version,
            created_at,
            updated_at,
        }
    }

    fn versioned(link: ResourceLink) -> Versioned<Self> {
        let version = link.version;
        Versioned::new(Self::new(link), version)
    }
}

/// Which links to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ResourceLinkFilter {
    /// On this agency's page.
    #[param(inline)]
    agency_id: Option<AgencyId>,
    /// For this area.
    #[param(inline)]
    area_id: Option<AreaId>,
    /// In this group.
    #[param(inline)]
    group: Option<LinkGroup>,
    /// Whose title has this in it.
    #[param(inline)]
    q: Option<Line<1, 60>>,
}

/// A new link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateResourceLink {
    /// The agency whose page it stands on.
    agency_id: AgencyId,
    /// The area that it is for, one of the agency's; none when it is for everybody.
    area_id: Option<AreaId>,
    /// The group that it stands in.
    group: LinkGroup,
    /// What it is called.
    title: Line<2, 120>,
    /// Where it leads.
    url: WebAddress,
    /// Telephone number.
    phone: Option<Phone>,
    /// Languages that are spoken there; each once.
    #[serde(default)]
    languages: List<Language, 0, 20>,
    /// What it costs, in words.
    cost: Option<Line<1, 80>>,
}
impl Check for CreateResourceLink {
    fn check(&self, errors: &mut Vec<FieldError>) {
        each_once(self.languages.as_slice(), "/languages", errors);
    }
}

/// Changes to a link.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceLinkPatch {
    /// The area that it is for, one of the agency's.
    #[serde(default)]
    area_id: Patch<AreaId>,
    /// The group that it stands in.
    #[serde(default)]
    group: Change<LinkGroup>,
    /// What it is called.
    #[serde(default)]
    title: Change<Line<2, 120>>,
    /// Where it leads. A new address is unchecked.
    #[serde(default)]
    url: Change<WebAddress>,
    /// Telephone number.
    #[serde(default)]
    phone: Patch<Phone>,
    /// Languages that are spoken there; each once. They replace the whole list.
    #[serde(default)]
    languages: Change<List<Language, 0, 20>>,
    /// What it costs, in words.
    #[serde(default)]
    cost: Patch<Line<1, 80>>,
}
impl Check for ResourceLinkPatch {
    fn check(&self, errors: &mut Vec<FieldError>) {
        if let Some(languages) = self.languages.value() {
            each_once(languages.as_slice(), "/languages", errors);
        }
    }
}

/// The link, as this actor may have it; locked where it is to be changed. A retired one is gone for everybody.
fn load_for(conn: &mut Conn, actor: &Actor, id: ResourceLinkId, action: Action) -> Result<ResourceLink> {
    let link = match action {
        Action::UpdateResourceLink | Action::RetireResourceLink => {
            actor.person()?;
            links::find_locked(conn, id)?
        }
        _ => links::find(conn, id)?,
    };
    let link = link.ok_or_else(Error::not_found)?;
    policy::demand(actor, facts(actor, link.agency_id), action)?;
    if link.retired_at.is_some() {
        return Err(Error::new(Code::Gone, "The link was retired."));
    }
    Ok(link)
}

/// The area that a link is for is one of the agency's that is in use.
fn demand_area(conn: &mut Conn, agency: AgencyId, area: AreaId) -> Result<()> {
    let refuse = |code, message: &'static str| Err(Error::field("/area_id", code, message));
    match areas::find_area(conn, area)? {
        None => refuse(FieldCode::NotFound, "there is no such area"),
        Some(area) if area.agency_id != agency => refuse(FieldCode::Inconsistent, "is an area of another agency"),
        Some(area) if area.retired_at.is_some() => refuse(FieldCode::Inconsistent, "is retired"),
        Some(_) => Ok(()),
    }
}

/// Lists links, by title.
#[utoipa::path(get, path = "/resource-links",
    tag = "directory", security(()), params(ResourceLinkFilter, PageParams),
    responses((status = 200, body = Page<ResourceLinkDetail>)))]
pub async fn list_resource_links(ctx: Ctx, listing: Listing<ResourceLinkFilter>) -> Result<Reply> {
    ctx.read(move |conn, actor| {
        policy::demand(actor, NOTHING, Action::ListResourceLinks)?;
        let ResourceLinkFilter { agency_id, area_id, group, q } = &listing.filter;
        let wanted = Wanted { agency: *agency_id, area: *area_id, group: *group, q: q.as_ref().map(Line::as_str) };
        Ok(links::list(conn, &wanted, &listing)?.map(ResourceLinkDetail::new))
    })
    .await
}

/// Reads a link.
#[utoipa::path(get, path = "/resource-links/{resource_link_id}",
    tag = "directory", security(()),
    params(("resource_link_id" = ResourceLinkId, Path, description = "The link.")), responses(
    (status = 200, body = ResourceLinkDetail),
    (status = 410, description = "The link was retired.", body = Problem, content_type = "application/problem+json")))]
pub async fn get_resource_link(ctx: Ctx, id: Path<ResourceLinkId>) -> Result<Reply> {
    ctx.read(move |conn, actor| {
        Ok(ResourceLinkDetail::versioned(load_for(conn, actor, id.0, Action::GetResourceLink)?))
    })
    .await
}

/// Adds a link.
///
/// For the agency's commanders and for administrators.
#[utoipa::path(post, path = "/resource-links",
    tag = "directory", security(("bearer" = [])), request_body = CreateResourceLink,
    responses((status = 201, body = ResourceLinkDetail)))]
pub async fn create_resource_link(ctx: Ctx, body: Valid<CreateResourceLink>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let CreateResourceLink { agency_id, area_id, group, title, url, phone, languages, cost } = body.0;
        policy::demand(actor, facts(actor, agency_id), Action::CreateResourceLink)?;
        if agencies::find(tx, agency_id)?.is_none() {
            return Err(Error::field("/agency_id", FieldCode::NotFound, "there is no such agency"));
        }
        if let Some(area) = area_id {
            demand_area(tx, agency_id, area)?;
        }
        let now = tx.now();
        let link = ResourceLink {
            id: ResourceLinkId::new(),
            agency_id,
            area_id,
            link_group: group,
            title_key: fold(title.as_str()),
            title: title.into(),
            url: url.into(),
            phone: phone.map(Into::into),
            languages: Json(tags(languages)),
            cost: cost.map(Into::into),
            status: LinkStatus::Unchecked,
            checked_at: None,
            retired_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        links::insert(tx, &link)?;
        let event = events::LINK_CREATED.on(link.id.0).fact("group", group.as_str()).fact("agency_id", agency_id.0);
        let location = format!("{API}/resource-links/{}", link.id);
        tx.recorded(event, Created { value: ResourceLinkDetail::new(link), location, version: Some(1) })
    })
    .await
}

/// Changes a link.
///
/// For the agency's commanders and for administrators.
#[utoipa::path(patch, path = "/resource-links/{resource_link_id}",
    tag = "directory", security(("bearer" = [])),
    params(("resource_link_id" = ResourceLinkId, Path, description = "The link."), IfMatchParam),
    request_body = ResourceLinkPatch, responses(
    (status = 200, body = ResourceLinkDetail),
    (status = 410, description = "The link was retired.", body = Problem, content_type = "application/problem+json")))]
pub async fn update_resource_link(
    ctx: Ctx,
    id: Path<ResourceLinkId>,
    if_match: IfMatch,
    body: Valid<ResourceLinkPatch>,
) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let link = load_for(tx, actor, id.0, Action::UpdateResourceLink)?;
        if_match.demand(link.version)?;
        let ResourceLinkPatch { area_id, group, title, url, phone, languages, cost } = body.0;
        if let Some(area) = area_id.value() {
            demand_area(tx, link.agency_id, *area)?;
        }
        let changed = given([
            ("area_id", area_id.is_given()),
            ("group", group.is_given()),
            ("title", title.is_given()),
            ("url", url.is_given()),
            ("phone", phone.is_given()),
            ("languages", languages.is_given()),
            ("cost", cost.is_given()),
        ]);
        let moves = url.value().is_some_and(|url| url.as_str() != link.url);
        let changes = LinkChanges {
            area_id: area_id.changeset(|area| area),
            link_group: group.changeset(|group| group),
            title_key: title.value().map(|title| fold(title.as_str())),
            title: title.changeset(Into::into),
            url: url.changeset(Into::into),
            phone: phone.changeset(Into::into),
            languages: languages.changeset(|languages| Json(tags(languages))),
            cost: cost.changeset(Into::into),
            status: moves.then_some(LinkStatus::Unchecked),
            checked_at: moves.then_some(None),
            retired_at: None,
        };
        let now = tx.now();
        let link = links::update(tx, id.0, changes, now)?;
        tx.recorded(events::LINK_UPDATED.on(id.0.0).changed(changed), ResourceLinkDetail::versioned(link))
    })
    .await
}

/// Retires a link for good.
///
/// For the agency's commanders and for administrators. From then on it is 410.
#[utoipa::path(post, path = "/resource-links/{resource_link_id}/retire",
    tag = "directory", security(("bearer" = [])),
    params(("resource_link_id" = ResourceLinkId, Path, description = "The link."), IfMatchParam), responses(
    (status = 204),
    (status = 410, description = "The link was retired before.", body = Problem, content_type = "application/problem+json")))]
pub async fn retire_resource_link(ctx: Ctx, id: Path<ResourceLinkId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let link = load_for(tx, actor, id.0, Action::RetireResourceLink)?;
        if_match.demand(link.version)?;
        let now = tx.now();
        links::update(tx, id.0, LinkChanges { retired_at: Some(Some(now)), ..LinkChanges::default() }, now)?;
        tx.recorded(events::LINK_RETIRED.on(id.0.0), NoContent)
    })
    .await
}

crate::operations! {
    list_resource_links,
    get_resource_link,
    create_resource_link,
    update_resource_link,
    retire_resource_link,
}
