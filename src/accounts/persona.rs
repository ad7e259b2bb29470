//! Kinds of callers, for the published permission table and the test that runs through it.
//!
//! A persona is not somebody, but a way to stand towards the thing that is asked for. Each slice says with which facts a
//! persona comes to its policy; the table is what the policy decides, and the test sees that the server does the same.

use super::actor::{Actor, Person};
use super::model::{AccountKind, SecondFactor};
use crate::ids::{AccountId, AgencyId, SessionId};
use crate::text_enum;

text_enum! {
    /// A kind of caller.
    pub enum Persona {
        /// Nobody who said who they are.
        Anonymous = "anonymous",
        /// A citizen who has nothing to do with it.
        CitizenOutside = "citizen_outside",
        /// A civilian member who leads nothing.
        Member = "member",
        /// The civilian side's primary leader.
        CivilianLeader = "civilian_leader",
        /// The police side's primary leader.
        PoliceLeader = "police_leader",
        /// A civilian who was a member once.
        FormerMember = "former_member",
        /// A verified officer on duty in the area, no member.
        OfficerOnDuty = "officer_on_duty",
        /// A verified officer on duty elsewhere.
        OfficerElsewhere = "officer_elsewhere",
        /// The commander of the area, no member.
        Commander = "commander",
        /// The commander of an area of another agency.
        CommanderElsewhere = "commander_elsewhere",
        /// Staff of another agency, no member.
        AgencyStaff = "agency_staff",
        /// Runs the installation.
        Administrator = "administrator",
    }
}

impl Persona {
    /// What the caller's account is.
    pub const fn kind(self) -> Option<AccountKind> {
        match self {
            Self::Anonymous => None,
            Self::CitizenOutside | Self::Member | Self::CivilianLeader | Self::FormerMember => {
                Some(AccountKind::Citizen)
            }
            Self::PoliceLeader | Self::OfficerOnDuty | Self::OfficerElsewhere => Some(AccountKind::Officer),
            Self::Commander | Self::CommanderElsewhere => Some(AccountKind::Commander),
            Self::AgencyStaff => Some(AccountKind::AgencyStaff),
            Self::Administrator => Some(AccountKind::Administrator),
        }
    }

    /// Whether the caller belongs to the agency that the thing belongs to.
    pub const fn same_agency(self) -> bool {
        matches!(self, Self::PoliceLeader | Self::OfficerOnDuty | Self::OfficerElsewhere | Self::Commander)
    }

    /// Somebody of this kind, with live rights.
    pub fn actor(self) -> Actor {
        match self.kind() {
            None => Actor::Anonymous,
            Some(kind) => Actor::Person(Person {
                id: AccountId::new(),
                session: SessionId::new(),
                kind,
                agency: (kind.side() != Some(super::Side::Civilian)).then(AgencyId::new),
                verified: true,
                fresh: true,
                second_factor: SecondFactor::Given,
            }),
        }
    }
}
