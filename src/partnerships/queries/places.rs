//! Somebody's place in a partnership: what their standing towards it is made of, as one row.

use chrono::NaiveDate;
use diesel::expression::{AppearsOnTable, AsExpression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::Bool;

use crate::accounts::Side;
use crate::directory::{assigned_areas, commanded_areas};
use crate::ids::{AccountId, AreaId, MembershipId, PartnershipId, SeatId};
use crate::on_engine;
use crate::partnerships::model::{MemberRole, MembershipState, PartnershipState, SeatKind, SeatState};
use crate::platform::db::{Conn, among, shaped, sql};
use crate::platform::error::Result;
use crate::schema::{leadership_seats, memberships, partnerships};

/// The person's own active membership.
#[derive(Debug, Clone, Copy, Queryable)]
pub struct OwnMembership {
    pub id: MembershipId,
    pub side: Side,
    pub role: MemberRole,
}

/// The seat that the person holds.
#[derive(Debug, Clone, Copy, Queryable)]
pub struct OwnSeat {
    pub id: SeatId,
    pub side: Side,
    pub kind: SeatKind,
}

/// Somebody's place in a partnership.
#[derive(Debug, Clone, Queryable)]
pub struct Place {
    /// The partnership.
    pub id: PartnershipId,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub state: PartnershipState,
    /// Its area.
    pub area_id: AreaId,
    /// Who proposed it.
    pub proposed_by_id: AccountId,
    /// The person's own membership.
    pub membership: Option<OwnMembership>,
    /// The person's own seat.
    pub seat: Option<OwnSeat>,
    /// Whether the civilian side has a leader.
    pub civilians_led: bool,
    /// Whether the police side has a leader.
    pub police_led: bool,
}

/// Whether a side of the partnership that is read has a leader. By a word in the text and not by a value, so that the index
/// of active seats alone answers it.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct Led<S>(S);

/// A side, in a [`Led`].
pub trait LedSide {
    /// The condition.
    const SQL: &'static str;
}
/// The civilian side.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct CivilianSide;
/// The police side.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct PoliceSide;
impl LedSide for CivilianSide {
    const SQL: &'static str = "EXISTS (SELECT 1 FROM leadership_seats AS led WHERE led.state = 'active' \
                               AND led.side = 'civilian' AND led.partnership_id = ";
}
impl LedSide for PoliceSide {
    const SQL: &'static str = "EXISTS (SELECT 1 FROM leadership_seats AS led WHERE led.state = 'active' \
                               AND led.side = 'police' AND led.partnership_id = ";
}
impl<S> Expression for Led<S> {
    type SqlType = Bool;
}
impl<S, QS> AppearsOnTable<QS> for Led<S> where partnerships::id: AppearsOnTable<QS> {}
impl<S, QS> SelectableExpression<QS> for Led<S> where partnerships::id: SelectableExpression<QS> {}
impl<S> ValidGrouping<()> for Led<S> {
    type IsAggregate = is_aggregate::No;
}
impl<S: LedSide, DB: diesel::backend::Backend> QueryFragment<DB> for Led<S>
where
    partnerships::id: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(S::SQL);
        partnerships::id.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}

/// What a [`Place`] is made of, to be selected where `partnerships` is joined with [`own_membership`] and [`own_seat`].
#[diesel::dsl::auto_type(no_type_alias)]
pub fn place() -> _ {
    let civilians_led: Led<CivilianSide> = Led(CivilianSide);
    let police_led: Led<PoliceSide> = Led(PoliceSide);
    (
        partnerships::id,
        partnerships::name,
        partnerships::state,
        partnerships::area_id,
        partnerships::proposed_by_id,
        (memberships::id, memberships::side, memberships::role).nullable(),
        (leadership_seats::id, leadership_seats::side, leadership_seats::kind).nullable(),
        civilians_led,
        police_led,
    )
}

/// Joins the person's active membership to `partnerships`.
#[diesel::dsl::auto_type(no_type_alias)]
pub fn own_membership<P: AsExpression<sql::Uid>>(person: P) -> _ {
    let active: MembershipState = MembershipState::Active;
    memberships::partnership_id
        .eq(partnerships::id)
        .and(memberships::account_id.eq(person))
        .and(memberships::state.eq(active))
}

/// Joins the person's active seat to `partnerships`: a person has one at most.
#[diesel::dsl::auto_type(no_type_alias)]
pub fn own_seat<P: AsExpression<sql::Uid>>(person: P) -> _ {
    let active: SeatState = SeatState::Active;
    leadership_seats::partnership_id
        .eq(partnerships::id)
        .and(leadership_seats::account_id.eq(person))
        .and(leadership_seats::state.eq(active))
}

/// The query for a person's place in a partnership.
macro_rules! place_in {
    ($id:expr, $person:expr) => {
        partnerships::table
            .left_join(memberships::table.on(own_membership($person)))
            .left_join(leadership_seats::table.on(own_seat($person)))
            .filter(partnerships::id.eq($id))
            .select(place())
    };
}

/// The person's place in the partnership, if there is such a partnership.
pub fn find_place_of(conn: &mut Conn, person: AccountId, id: PartnershipId) -> Result<Option<Place>> {
    Ok(on_engine!(conn, |conn| shaped::<Place, _>(place_in!(id, person)).get_result(conn)).optional()?)
}

/// The places of an active member, the partnerships in the order of their making; `most`.
pub fn find_places_of_member(conn: &mut Conn, person: AccountId, most: i64) -> Result<Vec<Place>> {
    Ok(on_engine!(conn, |conn| partnerships::table
        .inner_join(memberships::table.on(own_membership(person)))
        .left_join(leadership_seats::table.on(own_seat(person)))
        .order(partnerships::id)
        .limit(most)
        .select(place())
        .load(conn))?)
}

/// The places of whoever is on duty on `today`, in all partnerships of their areas, in the order of their making; `most`.
pub fn find_places_on_duty(conn: &mut Conn, person: AccountId, today: NaiveDate, most: i64) -> Result<Vec<Place>> {
    Ok(on_engine!(conn, |conn| partnerships::table
        .left_join(memberships::table.on(own_membership(person)))
        .left_join(leadership_seats::table.on(own_seat(person)))
        .filter(partnerships::area_id.eq_any(assigned_areas(person, today)))
        .order(partnerships::id)
        .limit(most)
        .select(place())
        .load(conn))?)
}

/// Those of the partnerships whose areas the account answers for on `today`.
pub fn commanded(
    conn: &mut Conn,
    person: AccountId,
    today: NaiveDate,
    of: &[PartnershipId],
) -> Result<Vec<PartnershipId>> {
    if of.is_empty() {
        return Ok(Vec::new());
    }
    Ok(on_engine!(conn, |conn| partnerships::table
        .filter(among(partnerships::id, of.iter().copied()))
        .filter(partnerships::area_id.eq_any(commanded_areas(person, today)))
        .select(partnerships::id)
        .load(conn))?)
}
