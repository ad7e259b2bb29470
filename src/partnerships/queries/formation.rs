//! The facts of the formation checklist.

use chrono::NaiveDate;
use diesel::dsl::exists;
use diesel::prelude::*;

use super::{goals, missions, objectives, seats};
use crate::accounts::{AccountState, Side};
use crate::partnerships::formation::{Evidence, Facts};
use crate::partnerships::model::{MembershipState, Objective, Partnership, SeatKind};
use crate::partnerships::stages::queries::{agreements, life_cycles};
use crate::platform::db::{AnyId, Conn};
use crate::platform::error::Result;
use crate::schema::{account_interests, account_skills, accounts, memberships};

/// Whether an objective has all that F5 asks for.
pub fn is_complete(objective: &Objective) -> bool {
    objective.baseline.is_some() && objective.target.is_some()
}

pub fn facts(conn: &mut Conn, partnership: &Partnership, today: NaiveDate) -> Result<Facts> {
    let id = partnership.id;
    let active = seats::active(conn, id)?;
    let (_, police_counts) = seats::primaries(conn, id, today)?;
    let leader = |side: Side| {
        let seat = active.iter().find(|seat| seat.side == side && seat.kind == SeatKind::Primary)?;
        Some(Evidence { reference: seat.id.0, at: seat.accepted_at })
    };
    let mission = missions::adopted(conn, id)?.map(|m| Evidence { reference: m.id.0, at: m.adopted_at });
    let goal = goals::current(conn, id)?.filter(|goal| goal.state.is_pursued());
    let measured = match &goal {
        Some(goal) => objectives::of_goal(conn, goal.id)?,
        None => Vec::new(),
    };
    let members = || {
        memberships::table
            .filter(memberships::partnership_id.eq(id).and(memberships::state.eq(MembershipState::Active)))
            .inner_join(accounts::table.on(accounts::id.eq(memberships::account_id)))
            .filter(accounts::state.eq(AccountState::Active))
    };
    let profiled = members()
        .filter(exists(account_skills::table.filter(account_skills::account_id.eq(memberships::account_id))))
        .filter(exists(account_interests::table.filter(account_interests::account_id.eq(memberships::account_id))));
    let life = life_cycles::find(conn, id)?;
    let remembered = |reference: Option<AnyId>, at| Some(Evidence { reference: reference?.0, at });
    Ok(Facts {
        civilian_leader: leader(Side::Civilian),
        police_leader: leader(Side::Police).filter(|_| police_counts),
        mission,
        goal: goal.as_ref().map(|goal| Evidence { reference: goal.id.0, at: goal.adopted_at }),
        objectives: (measured.len(), measured.iter().filter(|o| is_complete(o)).count()),
        communication_plan: remembered(life.communication_plan, life.communication_plan_at),
        first_meeting: remembered(partnership.first_meeting, partnership.first_meeting_at),
        resources_reviewed: remembered(life.resources_review, life.resources_review_at),
        members: members().count().get_result(conn)?,
        profiled: profiled.count().get_result(conn)?,
        waived: agreements::waived(conn, id)?,
    })
}
