//! A visit, as whoever reads some of its logs sees it.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::queries;
use crate::accounts::{Ctx, PersonRef, people};
use crate::directory::{AreaRef, area_refs};
use crate::ids::{AccountId, MeetingId, OfficerVisitId, PartnershipId};
use crate::meetings::log_model::{GroupKind, LogCounts, OfficerLog};
use crate::meetings::log_policy::{self, Action as LogAction, LogFace, LogFacts};
use crate::meetings::routes::{OfficerLogDetail, log_faces, logs_shown};
use crate::platform::clock::Instant;
use crate::platform::error::{Error, Result};
use crate::platform::http::{Found, Path, Reply};
use crate::platform::text::Day;

/// A meeting of anybody's that officers attended, however many of them logged it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfficerVisitDetail {
    /// The visit.
    id: OfficerVisitId,
    /// What kind of group met.
    group_kind: GroupKind,
    /// The group's name, where the meeting is not one of ours.
    group_name: Option<String>,
    /// The meeting, where it is one of ours.
    meeting_id: Option<MeetingId>,
    /// The district that it took place in, or the area where that lies in none.
    area: Option<AreaRef>,
    /// The day, where it took place.
    #[schema(value_type = Day)]
    attended_on: NaiveDate,
    /// When it began, by the log that came first.
    starts_at: Instant,
    /// Who logged it first, as far as you read it.
    first_logged_by: Option<PersonRef>,
    /// How many people were there: of each side the most that a log says. Nobody is counted twice.
    counts: LogCounts,
    /// Its logs, as far as you read them, the first first; 200 at most.
    logs: Vec<OfficerLogDetail>,
}

/// Of each side the most that one of these logs says.
fn counted(logs: &[(OfficerLog, LogFace)]) -> LogCounts {
    let most = |of: fn(&OfficerLog) -> i32| logs.iter().map(|(log, _)| of(log)).max().unwrap_or(0);
    LogCounts {
        community: most(|log| log.community_count),
        police: most(|log| log.police_count),
        agency: most(|log| log.agency_count),
    }
}

/// Reads a meeting that officers attended, with their logs of it.
///
/// For whoever reads at least one of the logs; of the others nothing is told.
#[utoipa::path(get, path = "/officer-visits/{officer_visit_id}",
    tag = "officer-logs", security(("bearer" = [])),
    params(("officer_visit_id" = OfficerVisitId, Path, description = "The visit.")),
    responses((status = 200, body = OfficerVisitDetail)))]
pub async fn get_officer_visit(ctx: Ctx, id: Path<OfficerVisitId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let me = actor.person()?.id;
        let visit = queries::find(conn, id.0)?.ok_or_else(Error::not_found)?;
        let rows = queries::logs(conn, id.0)?;
        let linked: BTreeSet<PartnershipId> = rows.iter().filter_map(|row| row.partnership_id).collect();
        let mut led = queries::find_led(conn, me, linked.into_iter().collect())?;
        led.retain(|_, side| actor.signed_in().is_ok_and(|person| person.side() == Some(*side)));
        let logs = log_faces(conn, actor, rows, &led, now)?;
        // Whoever reads none of them sees no visit.
        let facts = LogFacts { is_author: !logs.is_empty(), ..LogFacts::default() };
        log_policy::demand(actor, facts, LogAction::GetOfficerVisit)?;
        let counts = counted(&logs);
        let told: Vec<AccountId> = logs.iter().map(|(log, _)| log.officer_id).collect();
        let knows_all = logs.iter().any(|(_, face)| *face == LogFace::Full);
        let first = visit.first_logged_by_id;
        let first = (knows_all || told.contains(&first)).then_some(first);
        let first_logged_by = people(conn, first)?.into_values().next();
        let area = area_refs(conn, [visit.area_id])?.remove(&visit.area_id);
        Ok(Found(OfficerVisitDetail {
            id: visit.id,
            group_kind: visit.group_kind,
            group_name: visit.group_name,
            meeting_id: visit.meeting_id,
            area,
            attended_on: visit.attended_on,
            starts_at: visit.starts_at,
            first_logged_by,
            counts,
            logs: logs_shown(conn, logs)?,
        }))
    })
    .await
}

crate::operations! {
    get_officer_visit,
}
