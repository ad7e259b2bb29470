//! What slices above leave out of a partnership's timeline, handed down by the roof: the record says for whom something
//! was when it happened, and what it happened to may be for fewer now.

use diesel::dsl::not;
use diesel::prelude::*;

use super::decisions;
use super::standing::Standing;
use crate::ids::PartnershipId;
use crate::platform::db::in_query;
use crate::platform::record::timeline::Told;
use crate::schema::{decisions as of_decisions, needs, records, tasks};

/// The timeline of a partnership without what whoever stands so does not see of a slice.
pub type Withhold = fn(Told, PartnershipId, &Standing) -> Told;

/// What all slices above leave out; handed down by the roof.
pub struct Withheld(pub Vec<Withhold>);

impl Withheld {
    /// What is left of the partnership's timeline for whoever stands so.
    pub fn left(&self, told: Told, of: PartnershipId, standing: &Standing) -> Told {
        self.0.iter().fold(told, |told, withhold| withhold(told, of, standing))
    }
}

/// A timeline of the partnership without tasks and decisions that were never put before the group, and needs that were not asked
/// for openly, for whoever stands so that they don't see them: what was recorded of them before that was kept apart was for more
/// people.
pub fn withhold_private(mut told: Told, of: PartnershipId, standing: &Standing) -> Told {
    if standing.seat.is_none() {
        let private = tasks::table
            .filter(tasks::partnership_id.eq(of).and(tasks::opened_at.is_null()))
            .select(tasks::id.nullable());
        told = told.filter(records::object.is_null().or(not(in_query(records::object, private))));
    }
    if !standing.is_inside() {
        let unasked = needs::table
            .filter(needs::partnership_id.eq(of).and(needs::requested_at.is_null()))
            .select(needs::id.nullable());
        told = told.filter(records::object.is_null().or(not(in_query(records::object, unasked))));
    }
    if !decisions::policy::sees_drafts(standing) {
        let drafts = of_decisions::table
            .filter(of_decisions::partnership_id.eq(of).and(of_decisions::discussion_at.is_null()))
            .select(of_decisions::id.nullable());
        told = told.filter(records::object.is_null().or(not(in_query(records::object, drafts))));
    }
    told
}
