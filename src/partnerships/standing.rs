//! How somebody stands towards a partnership: the facts that its policy decides by, loaded with the row itself.

use diesel::dsl::exists;
use diesel::prelude::*;

use super::model::{MemberRole, Partnership, PartnershipState, SeatKind};
use super::queries::partnerships::PartnershipRef;
use super::queries::places::{
    OwnMembership, OwnSeat, Place, commanded, find_place_of, find_places_of_member, find_places_on_duty,
};
use crate::accounts::{Actor, Person, Persona, Side};
use crate::directory::{assigned_areas, commanded_areas, duty_day};
use crate::ids::{AccountId, AreaId, MembershipId, PartnershipId, SeatId};
use crate::on_engine;
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, locked};
use crate::platform::error::{Error, Result};
use crate::schema::{areas, founders, partnerships};

/// Partnerships in which somebody has a place, looked at for what is theirs altogether.
const MOST_PLACES: i64 = 500;

/// A leadership seat that somebody holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldSeat {
    /// The seat.
    pub id: SeatId,
    /// The side that it leads.
    pub side: Side,
    /// Primary or deputy.
    pub kind: SeatKind,
}

/// A membership that is active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActiveMembership {
    /// The membership.
    pub id: MembershipId,
    /// The person's side.
    pub side: Side,
    /// What the person does.
    pub role: MemberRole,
}

/// How somebody stands towards a partnership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Where the partnership itself stands.
    pub state: PartnershipState,
    /// Whether the person proposed it or is one of its founders, while it is not public: later that is no place in it.
    pub is_founder: bool,
    /// The person's active membership.
    pub membership: Option<ActiveMembership>,
    /// The seat that the person holds.
    pub seat: Option<HeldSeat>,
    /// Whether the person is an officer on duty in its area.
    pub on_duty: bool,
    /// Whether the person commands its area, or stands in for who does.
    pub in_command: bool,
    /// Whether the person runs the installation.
    pub is_administrator: bool,
    /// Whether the civilian side has a leader, primary or deputy.
    pub civilians_led: bool,
    /// Whether the police side has a leader, primary or deputy.
    pub police_led: bool,
}

impl Standing {
    /// Of somebody who has nothing to do with it.
    pub const fn stranger(state: PartnershipState) -> Self {
        Self {
            state,
            is_founder: false,
            membership: None,
            seat: None,
            on_duty: false,
            in_command: false,
            is_administrator: false,
            civilians_led: false,
            police_led: false,
        }
    }
    /// Of a kind of caller, in a live partnership with leaders of both sides, for the permission table.
    pub fn of_persona(persona: Persona) -> Self {
        let stranger = Self {
            civilians_led: true,
            police_led: true,
            is_administrator: persona == Persona::Administrator,
            ..Self::stranger(PartnershipState::Forming)
        };
        let member = |side| Some(ActiveMembership { id: MembershipId::new(), side, role: MemberRole::Member });
        let seat = |side| Some(HeldSeat { id: SeatId::new(), side, kind: SeatKind::Primary });
        match persona {
            Persona::Member => Self { membership: member(Side::Civilian), ..stranger },
            Persona::CivilianLeader => {
                Self { membership: member(Side::Civilian), seat: seat(Side::Civilian), ..stranger }
            }
            Persona::PoliceLeader => {
                Self { membership: member(Side::Police), seat: seat(Side::Police), on_duty: true, ..stranger }
            }
            Persona::OfficerOnDuty => Self { on_duty: true, ..stranger },
            Persona::Commander => Self { on_duty: true, in_command: true, ..stranger },
            Persona::Anonymous
            | Persona::CitizenOutside
            | Persona::FormerMember
            | Persona::OfficerElsewhere
            | Persona::CommanderElsewhere
            | Persona::AgencyStaff
            | Persona::Administrator => stranger,
        }
    }
    /// Whether the person sees that the partnership exists.
    pub const fn sees(&self) -> bool {
        self.state.is_public() || self.is_founder || self.is_inside()
    }
    /// Whether the person sees what is for members.
    pub const fn is_inside(&self) -> bool {
        self.membership.is_some() || self.is_official()
    }
    /// Whether the person sees it by office.
    pub const fn is_official(&self) -> bool {
        self.on_duty || self.in_command || self.is_administrator
    }
    /// Whether the person sees what is for leaders.
    pub const fn sees_drafts(&self) -> bool {
        self.seat.is_some() || self.is_official()
    }
    /// Whether the person sees who asked to join and who was a member: leaders and officials do, and every member while
    /// neither side has a leader.
    pub const fn sees_requests(&self) -> bool {
        self.sees_drafts() || (self.membership.is_some() && !self.civilians_led && !self.police_led)
    }
    /// Whether a side has a leader.
    pub const fn is_led(&self, side: Side) -> bool {
        match side {
            Side::Civilian => self.civilians_led,
            Side::Police => self.police_led,
            Side::Agency => false,
        }
    }
    /// Whether the person leads this side.
    pub fn leads(&self, side: Side) -> bool {
        self.seat.is_some_and(|seat| seat.side == side)
    }
}

/// Whether somebody else may change the row before this transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Reading.
    Read,
    /// Changing: whoever else wants to change this partnership waits, so that what was decided here still holds when it
    /// is written.
    Change,
}

/// The partnership, whoever asks.
///
/// # Errors
/// When the database can't be asked.
pub fn find(conn: &mut Conn, id: PartnershipId, purpose: Purpose) -> Result<Option<Partnership>> {
    let query = || partnerships::table.find(id).select(Partnership::columns());
    let found = match purpose {
        Purpose::Read => on_engine!(conn, |conn| query().first(conn)),
        Purpose::Change => on_engine!(conn, |conn| locked(query()).get_result(conn)),
    };
    Ok(found.optional()?)
}

/// Holds those of these partnerships that nobody else holds, without waiting for any; which they are.
///
/// # Errors
/// When the database can't be asked.
pub fn hold_free(conn: &mut Conn, ids: Vec<PartnershipId>) -> Result<Vec<PartnershipId>> {
    let conn = match conn {
        // There is one writer.
        Conn::Sqlite(_) => return Ok(ids),
        Conn::Pg(conn) => conn,
    };
    let these = partnerships::table.filter(partnerships::id.eq_any(ids)).order(partnerships::id);
    Ok(these.select(partnerships::id).for_no_key_update().skip_locked().load(conn)?)
}

/// How `actor` stands towards the partnership.
///
/// # Errors
/// When the database can't be asked.
pub fn standing(conn: &mut Conn, actor: &Actor, partnership: &Partnership, now: Instant) -> Result<Standing> {
    let Actor::Person(person) = actor else { return Ok(Standing::stranger(partnership.state)) };
    let place = find_place_of(conn, person.id, partnership.id)?.ok_or_else(Error::not_found)?;
    of_place(conn, actor, &place, now)
}

/// How `actor` stands towards the partnership that this is their place in.
fn of_place(conn: &mut Conn, actor: &Actor, place: &Place, now: Instant) -> Result<Standing> {
    let Actor::Person(person) = actor else { return Ok(Standing::stranger(place.state)) };
    let (on_duty, in_command) = duty(conn, actor, place.area_id, now)?;
    let is_founder = is_founder(conn, place, person.id)?;
    Ok(of_person(person, place, is_founder, on_duty, in_command))
}

/// How a person stands towards the partnership that this is their place in.
fn of_person(person: &Person, place: &Place, is_founder: bool, on_duty: bool, in_command: bool) -> Standing {
    let membership = place.membership.map(|OwnMembership { id, side, role }| ActiveMembership { id, side, role });
    let seat = place.seat.filter(|seat| acts_for(person, seat.side));
    Standing {
        state: place.state,
        is_founder,
        membership,
        seat: seat.map(|OwnSeat { id, side, kind }| HeldSeat { id, side, kind }),
        on_duty,
        in_command,
        is_administrator: person.is_administrator(),
        civilians_led: place.civilians_led,
        police_led: place.police_led,
    }
}

/// The partnerships in which somebody has a place, as an active member or on duty in their areas, with how the person stands
/// towards each: in few statements, however many there are; 500 at most.
///
/// # Errors
/// When the database can't be asked.
pub fn own_places(conn: &mut Conn, actor: &Actor, now: Instant) -> Result<Vec<Named>> {
    let Actor::Person(person) = actor else { return Ok(Vec::new()) };
    let mut places = find_places_of_member(conn, person.id, MOST_PLACES)?;
    let (mut on_duty, mut in_command) = (Vec::new(), Vec::new());
    if person.is_police() {
        let today = duty_day(conn, actor, now)?;
        let areas = find_places_on_duty(conn, person.id, today, MOST_PLACES)?;
        on_duty = areas.iter().map(|place| place.id).collect();
        in_command = commanded(conn, person.id, today, &on_duty)?;
        places.extend(areas.into_iter().filter(|place| place.membership.is_none()));
    }
    let named = places.into_iter().map(|place| {
        let (duty, command) = (on_duty.contains(&place.id), in_command.contains(&place.id));
        let is_founder = proposed(&place, person.id);
        let standing = of_person(person, &place, is_founder, duty, command);
        Named { partnership: PartnershipRef { id: place.id, name: place.name }, standing }
    });
    Ok(named.collect())
}

/// A police seat counts for nothing while its holder's verification does not (`domain/10` 6.2).
fn acts_for(person: &Person, side: Side) -> bool {
    side != Side::Police || person.is_police()
}

/// Whether the person proposed it, while that matters: one that is public is its members', and whoever proposed it and
/// left sees of it what everybody does.
fn proposed(place: &Place, account: AccountId) -> bool {
    !place.state.is_public() && place.proposed_by_id == account
}

fn is_founder(conn: &mut Conn, place: &Place, account: AccountId) -> Result<bool> {
    // Only while it is not public does it matter who founded it.
    if place.state.is_public() || place.proposed_by_id == account {
        return Ok(proposed(place, account));
    }
    let named = founders::table.filter(founders::partnership_id.eq(place.id).and(founders::account_id.eq(account)));
    Ok(diesel::select(exists(named)).get_result(conn)?)
}

fn duty(conn: &mut Conn, actor: &Actor, area: AreaId, now: Instant) -> Result<(bool, bool)> {
    let Actor::Person(person) = actor else { return Ok((false, false)) };
    if !person.is_police() {
        return Ok((false, false));
    }
    let today = duty_day(conn, actor, now)?;
    let here = areas::table.filter(areas::id.eq(area));
    let on_duty =
        diesel::select(exists(here.filter(areas::id.eq_any(assigned_areas(person.id, today))))).get_result(conn)?;
    let in_command = on_duty
        && diesel::select(exists(here.filter(areas::id.eq_any(commanded_areas(person.id, today))))).get_result(conn)?;
    Ok((on_duty, in_command))
}

/// A partnership by its name, and how the actor stands towards it: all that is needed to read what belongs to it, in one
/// statement, because nearly every read waits for it.
#[derive(Debug, Clone)]
pub struct Named {
    /// The partnership as other objects name it.
    pub partnership: PartnershipRef,
    /// How the actor stands towards it.
    pub standing: Standing,
}

impl Named {
    /// From a place that was read already, which has to be the actor's.
    ///
    /// # Errors
    /// When the database can't be asked.
    pub fn of(conn: &mut Conn, actor: &Actor, place: Place, now: Instant) -> Result<Self> {
        let standing = of_place(conn, actor, &place, now)?;
        Ok(Self { partnership: PartnershipRef { id: place.id, name: place.name }, standing })
    }
}

/// A partnership as this actor may have it.
#[derive(Debug, Clone)]
pub struct Scoped {
    /// The row.
    pub partnership: Partnership,
    /// How the actor stands towards it.
    pub standing: Standing,
}

impl Scoped {
    /// The partnership as other objects name it.
    pub fn reference(&self) -> PartnershipRef {
        PartnershipRef { id: self.partnership.id, name: self.partnership.name.clone() }
    }

    /// What of it is needed to read what belongs to it.
    pub fn named(&self) -> Named {
        Named { partnership: self.reference(), standing: self.standing }
    }

    /// Loads both; absent is 404, like whatever the policy hides.
    ///
    /// # Errors
    /// 404, or when the database can't be asked.
    pub fn load(conn: &mut Conn, actor: &Actor, id: PartnershipId, purpose: Purpose, now: Instant) -> Result<Self> {
        let partnership = find(conn, id, purpose)?.ok_or_else(Error::not_found)?;
        Self::of(conn, actor, partnership, now)
    }

    /// A partnership that was read already, with how the actor stands towards it.
    ///
    /// # Errors
    /// When the database can't be asked.
    pub fn of(conn: &mut Conn, actor: &Actor, partnership: Partnership, now: Instant) -> Result<Self> {
        let standing = standing(conn, actor, &partnership, now)?;
        Ok(Self { partnership, standing })
    }

    /// Refuses to change anything in a partnership that has ended, not even what is taken back or given up.
    ///
    /// # Errors
    /// A conflict.
    pub fn demand_unclosed(&self) -> Result<()> {
        match self.partnership.state {
            PartnershipState::Closed => Err(Error::conflict("The partnership is closed; it can only be read.")),
            _ => Ok(()),
        }
    }

    /// Refuses to change what belongs to a partnership that is not at work.
    ///
    /// # Errors
    /// A conflict.
    pub fn demand_live(&self) -> Result<()> {
        if self.partnership.state.is_live() {
            Ok(())
        } else {
            Err(Error::conflict(format!(
                "The partnership is {}; nothing can be changed in it.",
                self.partnership.state
            )))
        }
    }
}
