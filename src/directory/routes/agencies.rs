//! Agencies, each with its emergency block.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{facts, given};
use crate::accounts::{Actor, Ctx};
use crate::directory::emergency::{EmergencyBlock, EmergencyBlockChanges, NewEmergencyBlock, each_once, tags};
use crate::directory::events;
use crate::directory::model::{Agency, AgencyKind};
use crate::directory::policy::{self, Action, Facts, NOTHING};
use crate::directory::queries::agencies::{self, AgencyChanges};
use crate::ids::AgencyId;
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, Json};
use crate::platform::error::{Error, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{API, Check, Created, IfMatch, Listing, Page, PageParams, Path, Reply, Valid, Versioned};
use crate::platform::text::{Line, WebAddress, Zone, fold};
use crate::platform::values::{Change, Patch};

/// An agency.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgencyDetail {
    /// The agency.
    id: AgencyId,
    /// Its name.
    name: String,
    /// What it is.
    kind: AgencyKind,
    /// The time zone that it lives in (IANA).
    time_zone: String,
    /// Its website.
    website: Option<String>,
    /// Where it can be visited.
    address: Option<String>,
    /// Whom to call.
    emergency: EmergencyBlock,
    /// Changes with every change.
    version: i64,
    /// When it was added.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

impl AgencyDetail {
    fn new(agency: Agency) -> Self {
        let emergency = EmergencyBlock::from(&agency);
        let Agency {
            id,
            name,
            name_key: _,
            kind,
            time_zone,
            website,
            address,
            emergency: _,
            text_to_911: _,
            non_emergency: _,
            tips: _,
            tty: _,
            languages: _,
            notice: _,
            version,
            created_at,
            updated_at,
        } = agency;
        Self { id, name, kind, time_zone, website, address, emergency, version, created_at, updated_at }
    }

    fn versioned(agency: Agency) -> Versioned<Self> {
        let version = agency.version;
        Versioned::new(Self::new(agency), version)
    }
}

/// Which agencies to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AgencyFilter {
    /// Of this kind.
    #[param(inline)]
    kind: Option<AgencyKind>,
    /// Whose name has this in it.
    #[param(inline)]
    q: Option<Line<1, 60>>,
}

/// A new agency.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAgency {
    /// Its name; no other agency has it.
    name: Line<2, 120>,
    /// What it is.
    kind: AgencyKind,
    /// The time zone that it lives in: its duties begin and end at this zone's midnight.
    time_zone: Zone,
    /// Its website.
    website: Option<WebAddress>,
    /// Where it can be visited.
    address: Option<Line<1, 200>>,
    /// Whom to call.
    emergency: NewEmergencyBlock,
}
impl Check for CreateAgency {
    fn check(&self, errors: &mut Vec<FieldError>) {
        each_once(self.emergency.languages.as_slice(), "/emergency/languages", errors);
    }
}

/// Changes to an agency.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgencyPatch {
    /// Its name; no other agency has it.
    #[serde(default)]
    name: Change<Line<2, 120>>,
    /// What it is; for administrators to change.
    #[serde(default)]
    kind: Change<AgencyKind>,
    /// The time zone that it lives in.
    #[serde(default)]
    time_zone: Change<Zone>,
    /// Its website.
    #[serde(default)]
    website: Patch<WebAddress>,
    /// Where it can be visited.
    #[serde(default)]
    address: Patch<Line<1, 200>>,
    /// Whom to call; what is absent in it stays.
    #[serde(default)]
    emergency: Change<EmergencyBlockChanges>,
}
impl Check for AgencyPatch {
    fn check(&self, errors: &mut Vec<FieldError>) {
        if let Some(languages) = self.emergency.value().and_then(|block| block.languages.value()) {
            each_once(languages.as_slice(), "/emergency/languages", errors);
        }
    }
}

/// The agency, as this actor may have it; locked where it is to be changed.
fn load_for(conn: &mut Conn, actor: &Actor, id: AgencyId, action: Action, changes_kind: bool) -> Result<Agency> {
    let agency = match action {
        Action::UpdateAgency => {
            actor.person()?;
            agencies::find_locked(conn, id)?
        }
        _ => agencies::find(conn, id)?,
    };
    let agency = agency.ok_or_else(Error::not_found)?;
    policy::demand(actor, Facts { changes_kind, ..facts(actor, id) }, action)?;
    Ok(agency)
}

/// Lists agencies, by name.
#[utoipa::path(get, path = "/agencies",
    tag = "directory", security(()), params(AgencyFilter, PageParams),
    responses((status = 200, body = Page<AgencyDetail>)))]
pub async fn list_agencies(ctx: Ctx, listing: Listing<AgencyFilter>) -> Result<Reply> {
    ctx.read(move |conn, actor| {
        policy::demand(actor, NOTHING, Action::ListAgencies)?;
        let AgencyFilter { kind, q } = &listing.filter;
        Ok(agencies::list(conn, *kind, q.as_ref().map(Line::as_str), &listing)?.map(AgencyDetail::new))
    })
    .await
}

/// Reads an agency.
#[utoipa::path(get, path = "/agencies/{agency_id}",
    tag = "directory", security(()), params(("agency_id" = AgencyId, Path, description = "The agency.")),
    responses((status = 200, body = AgencyDetail)))]
pub async fn get_agency(ctx: Ctx, id: Path<AgencyId>) -> Result<Reply> {
    ctx.read(move |conn, actor| Ok(AgencyDetail::versioned(load_for(conn, actor, id.0, Action::GetAgency, false)?)))
        .await
}

/// Adds an agency.
///
/// Administrators add agencies; their commanders keep them from then on.
#[utoipa::path(post, path = "/agencies",
    tag = "directory", security(("bearer" = [])), request_body = CreateAgency,
    responses((status = 201, body = AgencyDetail)))]
pub async fn create_agency(ctx: Ctx, body: Valid<CreateAgency>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        policy::demand(actor, NOTHING, Action::CreateAgency)?;
        let CreateAgency { name, kind, time_zone, website, address, emergency } = body.0;
        let NewEmergencyBlock { emergency, text_to_911, non_emergency, tips, tty, languages, notice } = emergency;
        let now = tx.now();
        let agency = Agency {
            id: AgencyId::new(),
            name_key: fold(name.as_str()),
            name: name.into(),
            kind,
            time_zone: time_zone.to_string(),
            website: website.map(Into::into),
            address: address.map(Into::into),
            emergency: emergency.to_string(),
            text_to_911,
            non_emergency: non_emergency.into(),
            tips: tips.map(|tips| tips.to_string()),
            tty: tty.map(Into::into),
            languages: Json(tags(languages)),
            notice: notice.map(Into::into),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        agencies::insert(tx, &agency)?;
        let event = events::AGENCY_CREATED.on(agency.id.0).fact("kind", kind.as_str());
        let location = format!("{API}/agencies/{}", agency.id);
        tx.recorded(event, Created { value: AgencyDetail::new(agency), location, version: Some(1) })
    })
    .await
}

/// Changes an agency.
///
/// For its commanders and for administrators.
#[utoipa::path(patch, path = "/agencies/{agency_id}",
    tag = "directory", security(("bearer" = [])),
    params(("agency_id" = AgencyId, Path, description = "The agency."), IfMatchParam),
    request_body = AgencyPatch, responses((status = 200, body = AgencyDetail)))]
pub async fn update_agency(ctx: Ctx, id: Path<AgencyId>, if_match: IfMatch, body: Valid<AgencyPatch>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let AgencyPatch { name, kind, time_zone, website, address, emergency } = body.0;
        let agency = load_for(tx, actor, id.0, Action::UpdateAgency, kind.is_given())?;
        if_match.demand(agency.version)?;
        let mut changed = given([
            ("name", name.is_given()),
            ("kind", kind.is_given()),
            ("time_zone", time_zone.is_given()),
            ("website", website.is_given()),
            ("address", address.is_given()),
        ]);
        let block = match emergency {
            Change::Set(block) => block,
            Change::Keep => EmergencyBlockChanges::default(),
        };
        let EmergencyBlockChanges { emergency, text_to_911, non_emergency, tips, tty, languages, notice } = block;
        changed.extend(given([
            ("emergency", emergency.is_given()),
            ("text_to_911", text_to_911.is_given()),
            ("non_emergency", non_emergency.is_given()),
            ("tips", tips.is_given()),
            ("tty", tty.is_given()),
            ("languages", languages.is_given()),
            ("notice", notice.is_given()),
        ]));
        let changes = AgencyChanges {
            name_key: name.value().map(|name| fold(name.as_str())),
            name: name.changeset(Into::into),
            kind: kind.changeset(|kind| kind),
            time_zone: time_zone.changeset(|zone| zone.to_string()),
            website: website.changeset(Into::into),
            address: address.changeset(Into::into),
            emergency: emergency.changeset(|number| number.to_string()),
            text_to_911: text_to_911.changeset(|is_answered| is_answered),
            non_emergency: non_emergency.changeset(Into::into),
            tips: tips.changeset(|tips| tips.to_string()),
            tty: tty.changeset(Into::into),
            languages: languages.changeset(|languages| Json(tags(languages))),
            notice: notice.changeset(Into::into),
        };
        let now = tx.now();
        let agency = agencies::update(tx, id.0, changes, now)?;
        tx.recorded(events::AGENCY_UPDATED.on(id.0.0).changed(changed), AgencyDetail::versioned(agency))
    })
    .await
}

crate::operations! {
    list_agencies,
    get_agency,
    create_agency,
    update_agency,
}
