//! Logs that were made without a network, sent together once there is one (`domain/60` 6.23).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::Ctx;
use crate::directory::{EmergencyBlock, emergency_of_agency};
use crate::ids::OfficerLogId;
use crate::meetings::log_model::OfficerLog;
use crate::meetings::log_policy::Action as LogAction;
use crate::meetings::routes::log_body::LogMeeting;
use crate::meetings::routes::logs::{Kept, address, hold, keep, linked, logs_for, submitted};
use crate::platform::db::AnyId;
use crate::platform::error::{Error, Problem, Result};
use crate::platform::http::{Check, Envelope, Found, Reply, Unread, Valid};
use crate::platform::values::List;

/// Logs of meetings that you attended, in any order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogMeetings {
    /// The logs, each as it would be sent alone.
    logs: List<Unread<LogMeeting>, 1, 100>,
}
impl Check for LogMeetings {
    /// A hundred logs with all that can be told.
    const LARGEST: usize = 2 << 20;
    const PARTS: Option<&'static str> = Some("/logs");
}

/// What became of a log.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogResult {
    /// Its place among those that were sent, from 0.
    index: usize,
    /// Its `client_uuid`, as far as it could be read.
    client_uuid: Option<AnyId>,
    /// The status that it would have had alone: 201 for a new log, 200 for one that was there, or that of the problem.
    status: u16,
    /// The log.
    id: Option<OfficerLogId>,
    /// Where it is read.
    location: Option<String>,
    /// Whether it was logged more than 72 hours after the end.
    is_late: Option<bool>,
    /// Why it was not taken. Pointers begin at the log.
    problem: Option<Problem>,
}

/// What became of each log.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoggedMeetings {
    /// In the order in which they were sent.
    results: Vec<LogResult>,
    /// How many are new.
    created: usize,
    /// How many were there already.
    known: usize,
    /// How many were not taken.
    refused: usize,
    /// Whom to call: what is in progress or dangerous is not for logs.
    emergency: EmergencyBlock,
}

impl LoggedMeetings {
    fn new(mut results: Vec<LogResult>, emergency: EmergencyBlock) -> Self {
        results.sort_by_key(|result| result.index);
        let count = |is: fn(u16) -> bool| results.iter().filter(|result| is(result.status)).count();
        let (created, known) = (count(|status| status == 201), count(|status| status == 200));
        Self { created, known, refused: results.len() - created - known, results, emergency }
    }
}

impl LogResult {
    fn taken(index: usize, status: u16, row: &OfficerLog) -> Self {
        Self {
            index,
            client_uuid: Some(row.client_uuid),
            status,
            id: Some(row.id),
            location: Some(address(row.id)),
            is_late: Some(row.is_late),
            problem: None,
        }
    }
    fn refused(index: usize, client_uuid: Option<AnyId>, error: &Error, envelope: &Envelope) -> Self {
        let mut problem = error.problem(&envelope.base_url, &envelope.path, &envelope.request_id);
        if let [one] = problem.errors.as_slice()
            && one.pointer.is_empty()
        {
            // Here the body is another one.
            problem.detail = format!("The log {}.", one.message).into();
        }
        Self {
            index,
            client_uuid,
            status: problem.status,
            id: None,
            location: None,
            is_late: None,
            problem: Some(problem),
        }
    }
}

/// Logs up to 100 meetings that you attended.
///
/// For officers and commanders whose device had no network. Each log has its own result, as if it had been sent alone: what
/// is wrong with one is no reason to refuse the others. The order in which they are sent does not matter, and the whole can
/// be sent again as often as needed: a log that is there (same `client_uuid`, same content) is found again. Of two logs of
/// one visit the one that began first is taken. The body may have 2 MiB here.
#[utoipa::path(post, path = "/officer-logs/batch",
    tag = "officer-logs", security(("bearer" = [])), request_body = LogMeetings,
    responses((status = 200, body = LoggedMeetings)))]
pub async fn log_meetings(ctx: Ctx, body: Valid<LogMeetings>) -> Result<Reply> {
    let state = ctx.state.clone();
    ctx.write(move |tx, actor| {
        let agency = logs_for(actor, LogAction::LogMeetings)?;
        let officer = actor.person()?.id;
        let mut results = Vec::new();
        let mut readable = Vec::new();
        for (index, log) in body.0.logs.into_vec().into_iter().enumerate() {
            match log.read(&state.schemas) {
                Ok(read) => readable.push((read.place(), log, index, read)),
                Err(error) => {
                    results.push(LogResult::refused(index, log.field("client_uuid"), &error, tx.envelope()));
                }
            }
        }
        readable.sort_by(|(place, log, ..), (other, text, ..)| (place, log.text()).cmp(&(other, text.text())));
        // All at once and in one order, so that two batches never wait for each other.
        let (mut partnerships, mut visits) = (Vec::new(), Vec::new());
        for (.., log) in &readable {
            partnerships.extend(linked(tx, log.meeting_id, log.partnership_id)?);
            visits.extend(log.visit());
        }
        hold(tx, officer, partnerships, visits)?;
        for ((_, _, client_uuid), _, index, log) in readable {
            let result = tx.attempt(|tx| match keep(tx, actor, agency, log)? {
                Kept::Before(first) => Ok(LogResult::taken(index, 200, &first)),
                Kept::Now(new) => tx.also(submitted(&new)).map(|()| LogResult::taken(index, 201, &new.row)),
            })?;
            results.push(match result {
                Ok(result) => result,
                Err(error) => LogResult::refused(index, Some(client_uuid), &error, tx.envelope()),
            });
        }
        let emergency = emergency_of_agency(tx, agency)?;
        Ok(tx.unchanged(Found(LoggedMeetings::new(results, emergency))))
    })
    .await
}

crate::operations! {
    log_meetings,
}
