//! Partnerships and their founders.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::Actor;
use crate::directory::{Geometry, assigned_areas};
use crate::ids::{AccountId, AgencyId, AreaId, PartnershipId};
use crate::on_engine;
use crate::partnerships::model::{Founder, MembershipState, Partnership, PartnershipState};
use crate::partnerships::stages::reconsider;
use crate::platform::clock::Instant;
use crate::platform::db::nodes::containing;
use crate::platform::db::{AnyId, Columns, Conn, Json, MultiBackend, among, row_gt};
use crate::platform::error::Result;
use crate::platform::http::{Listing, Page};
use crate::schema::{area_ancestors, founders, memberships, partnerships};
use crate::{insert_all, platform};

/// A partnership as other objects name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"id": "0199d2c8-7c5e-7a41-b0a5-5b8f5a1f8d11", "name": "Armourdale Lights"}))]
pub struct PartnershipRef {
    /// The partnership.
    pub id: PartnershipId,
    /// Its name.
    pub name: String,
}

/// Partnerships by id, in one query.
///
/// # Errors
/// When the database can't be asked.
pub fn partnership_refs(
    conn: &mut Conn,
    ids: impl IntoIterator<Item = PartnershipId>,
) -> Result<HashMap<PartnershipId, PartnershipRef>> {
    let mut ids: Vec<PartnershipId> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(PartnershipId, String)> = on_engine!(conn, |conn| partnerships::table
        .filter(among(partnerships::id, ids))
        .select((partnerships::id, partnerships::name))
        .load(conn))?;
    Ok(rows.into_iter().map(|(id, name)| (id, PartnershipRef { id, name })).collect())
}

type Condition<'a> = Box<dyn BoxableExpression<partnerships::table, MultiBackend, SqlType = Bool> + 'a>;

/// The partnerships that exist for `actor`: public ones for everybody; others for founders, members, officers on duty in
/// their area and administrators. To be joined into a query, never applied afterwards.
pub fn visible_partnerships(actor: &Actor, today: NaiveDate) -> Condition<'static> {
    let public = among(partnerships::state, PartnershipState::PUBLIC.to_vec());
    let Actor::Person(person) = actor else { return Box::new(public) };
    if person.is_administrator() {
        return Box::new(among(partnerships::state, PartnershipState::ALL.to_vec()));
    }
    let own = public
        .or(partnerships::proposed_by_id.eq(person.id))
        .or(partnerships::id
            .eq_any(founders::table.filter(founders::account_id.eq(person.id)).select(founders::partnership_id)))
        .or(partnerships::id.eq_any(active_of(person.id)));
    if person.is_police() {
        Box::new(own.or(partnerships::area_id.eq_any(assigned_areas(person.id, today))))
    } else {
        Box::new(own)
    }
}

/// Ids of the partnerships that an account is a member of.
#[diesel::dsl::auto_type(no_type_alias)]
pub fn active_of(account: AccountId) -> _ {
    let active: MembershipState = MembershipState::Active;
    memberships::table
        .filter(memberships::account_id.eq(account).and(memberships::state.eq(active)))
        .select(memberships::partnership_id)
}

/// Which partnerships to list.
pub struct Wanted {
    pub state: Option<PartnershipState>,
    pub area: Option<AreaId>,
    pub agency: Option<AgencyId>,
    pub member: Option<AccountId>,
    pub q: Option<String>,
}

pub fn list<F>(
    conn: &mut Conn,
    actor: &Actor,
    wanted: &Wanted,
    today: NaiveDate,
    listing: &Listing<F>,
) -> Result<Page<Partnership>> {
    let filtered = || {
        let mut query = partnerships::table.filter(visible_partnerships(actor, today)).into_boxed();
        if let Some(state) = wanted.state {
            query = query.filter(partnerships::state.eq(state));
        }
        if let Some(area) = wanted.area {
            let within =
                area_ancestors::table.filter(area_ancestors::ancestor_id.eq(area)).select(area_ancestors::area_id);
            query = query.filter(partnerships::area_id.eq_any(within));
        }
        if let Some(agency) = wanted.agency {
            query = query.filter(partnerships::host_agency_id.eq(agency));
        }
        if let Some(member) = wanted.member {
            query = query.filter(partnerships::id.eq_any(active_of(member)));
        }
        if let Some(q) = &wanted.q {
            query = query.filter(partnerships::name_key.like(containing(q)).escape('\\'));
        }
        query
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(String, PartnershipId)>()? {
        query = query.filter(row_gt((partnerships::name_key, partnerships::id), after));
    }
    let rows = query
        .order((partnerships::name_key, partnerships::id))
        .limit(listing.fetch())
        .select(Partnership::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.name_key.clone(), row.id)).with_total(total))
}

pub fn insert(conn: &mut Conn, partnership: &Partnership, with: &[Founder]) -> Result<()> {
    diesel::insert_into(partnerships::table).values(partnership).execute(conn)?;
    insert_all!(conn, founders::table, with)?;
    Ok(())
}

/// What of a partnership can be changed.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = partnerships)]
pub struct PartnershipChanges {
    pub name: Option<String>,
    pub name_key: Option<String>,
    pub state: Option<PartnershipState>,
    pub geometry: Option<Option<Json<Geometry>>>,
    pub min_lon: Option<Option<f64>>,
    pub min_lat: Option<Option<f64>>,
    pub max_lon: Option<Option<f64>>,
    pub max_lat: Option<Option<f64>>,
    pub catalyst_statement: Option<String>,
    pub public_contact: Option<Option<String>>,
    pub decided_by_id: Option<Option<AccountId>>,
    pub decided_at: Option<Option<Instant>>,
    pub decision_reason: Option<Option<String>>,
    pub escalated_at: Option<Option<Instant>>,
    pub first_meeting: Option<Option<AnyId>>,
    pub first_meeting_at: Option<Option<Instant>>,
}

pub fn update(conn: &mut Conn, id: PartnershipId, changes: PartnershipChanges, now: Instant) -> Result<Partnership> {
    Ok(diesel::update(partnerships::table.find(id))
        .set((changes, partnerships::version.eq(partnerships::version + 1), partnerships::updated_at.eq(now)))
        .returning(Partnership::columns())
        .get_result(conn)?)
}

pub fn founders_of(conn: &mut Conn, id: PartnershipId) -> Result<Vec<Founder>> {
    Ok(founders::table
        .filter(founders::partnership_id.eq(id))
        .order(founders::position)
        .select(Founder::as_select())
        .load(conn)?)
}

/// Public partnerships whose own geometry may overlap this one, by bounding box: candidates for an exact test.
pub fn near(conn: &mut Conn, geometry: &Geometry, except: PartnershipId) -> Result<Vec<(PartnershipRef, Geometry)>> {
    let Some(bounds) = geometry.bounding_box() else { return Ok(Vec::new()) };
    let rows: Vec<(PartnershipId, String, Option<Json<Geometry>>)> = partnerships::table
        .filter(
            partnerships::min_lat
                .le(bounds.max_lat)
                .and(partnerships::max_lat.ge(bounds.min_lat))
                .and(partnerships::min_lon.le(bounds.max_lon))
                .and(partnerships::max_lon.ge(bounds.min_lon))
                .and(among(partnerships::state, PartnershipState::PUBLIC.to_vec()))
                .and(partnerships::id.ne(except)),
        )
        .order((partnerships::name_key, partnerships::id))
        .limit(100)
        .select((partnerships::id, partnerships::name, partnerships::geometry))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(id, name, geometry)| Some((PartnershipRef { id, name }, geometry?.0))).collect())
}

/// Of these partnerships, those that everybody may know of.
pub fn public_of(conn: &mut Conn, ids: &[PartnershipId]) -> Result<Vec<PartnershipId>> {
    Ok(partnerships::table
        .filter(among(partnerships::id, ids.to_vec()))
        .filter(among(partnerships::state, PartnershipState::PUBLIC.to_vec()))
        .select(partnerships::id)
        .load(conn)?)
}

/// Remembers the first meeting that counts for the checklist (F7); later ones change nothing. Called by the meetings slice
/// when a meeting with both sides has approved minutes; the partnership is active by that if nothing else was missing.
///
/// # Errors
/// When the database can't do it.
pub fn note_first_meeting(
    conn: &mut Conn,
    id: PartnershipId,
    meeting: AnyId,
    held_at: Instant,
    now: platform::clock::Instant,
) -> Result<()> {
    diesel::update(partnerships::table.find(id).filter(partnerships::first_meeting.is_null()))
        .set((
            partnerships::first_meeting.eq(meeting),
            partnerships::first_meeting_at.eq(held_at),
            partnerships::version.eq(partnerships::version + 1),
            partnerships::updated_at.eq(now),
        ))
        .execute(conn)?;
    reconsider(conn, id, now)
}

/// Proposals that nobody has answered since before `before` and that were not escalated.
pub fn unanswered(conn: &mut Conn, before: Instant, limit: i64) -> Result<Vec<Partnership>> {
    Ok(partnerships::table
        .filter(
            partnerships::state
                .eq(PartnershipState::Proposed)
                .and(partnerships::created_at.le(before))
                .and(partnerships::escalated_at.is_null()),
        )
        .order(partnerships::created_at)
        .limit(limit)
        .select(Partnership::as_select())
        .load(conn)?)
}
