//! What a partnership's timeline does not tell of meetings: what happened to one that was for more people than it is.
//! Only meetings to come change in that, so that what is said and done in them was never for more than it is.

use diesel::dsl::not;
use diesel::prelude::*;

use super::model::MeetingVisibility;
use super::policy;
use crate::ids::PartnershipId;
use crate::partnerships::Standing;
use crate::platform::db::{among, in_query};
use crate::platform::record::timeline::Told;
use crate::schema::{meeting_series, meetings, records};

/// A timeline of the partnership without meetings and series that whoever stands so does not see.
pub fn withhold_unseen(told: Told, of: PartnershipId, standing: &Standing) -> Told {
    let all = MeetingVisibility::ALL.iter().copied();
    let unseen: Vec<MeetingVisibility> = all.filter(|visibility| !policy::sees(standing, *visibility)).collect();
    if unseen.is_empty() {
        return told;
    }
    let of_meetings = meetings::table
        .filter(meetings::partnership_id.eq(of))
        .filter(among(meetings::visibility, unseen.clone()))
        .select(meetings::id.nullable());
    let of_series = meeting_series::table
        .filter(meeting_series::partnership_id.eq(of))
        .filter(among(meeting_series::visibility, unseen))
        .select(meeting_series::id.nullable());
    let hidden = in_query(records::object, of_meetings).or(in_query(records::object, of_series));
    told.filter(records::object.is_null().or(not(hidden)))
}
