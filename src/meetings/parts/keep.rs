//! Making the parts of a log together with it.

use super::diff::{Diff, Said, diff, said};
use super::model::{LogPartId, LogPartKind, LogPartRow};
use super::queries;
use crate::ids::{AccountId, CommitmentId, TaskId};
use crate::meetings::commitments;
use crate::meetings::log_model::{LogContent, LogText, OfficerLog};
use crate::partnerships::{Origin, TaskPurpose, active_members, create_from, task_events, title_of};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{FieldCode, FieldError, Result};
use crate::platform::http::{Tx, wrong};

/// Refuses people who are asked to do something and are no members of the partnership that the log is linked to; those who
/// were named before stay.
pub fn demand_assignees(
    conn: &mut Conn,
    content: &LogContent,
    before: Option<&LogContent>,
    errors: &mut Vec<FieldError>,
) -> Result<()> {
    let known: Vec<AccountId> =
        before.into_iter().flat_map(|old| old.follow_ups.iter().filter_map(|next| next.assignee_id)).collect();
    let named: Vec<(usize, AccountId)> = content
        .follow_ups
        .iter()
        .enumerate()
        .filter_map(|(n, next)| next.assignee_id.map(|id| (n, id)))
        .filter(|(_, id)| !known.contains(id))
        .collect();
    if named.is_empty() {
        return Ok(());
    }
    let ids: Vec<AccountId> = named.iter().map(|(_, id)| *id).collect();
    let members: Vec<AccountId> = match content.partnership_id {
        Some(of) => active_members(conn, of, &ids)?.into_iter().map(|(id, _)| id).collect(),
        None => Vec::new(),
    };
    for (n, id) in named {
        if !members.contains(&id) {
            let message = "is not a member of the partnership that the log is linked to";
            errors.push(wrong(format!("/follow_ups/{n}/assignee_id"), FieldCode::NotFound, message));
        }
    }
    Ok(())
}

/// Puts down the parts that a log has now, in place of those that it had. `at_work`: it is linked to a partnership in which
/// tasks can be made, which the caller holds. Each task has a record of its own.
pub fn put_down(tx: &mut Tx<'_>, log: &OfficerLog, text: &LogText, at_work: bool, now: Instant) -> Result<()> {
    let Diff { stay, gone, new } = diff(queries::live_of(tx, &[log.id])?, said(text));
    for (part, position) in stay.into_iter().filter(|(part, position)| part.position != *position) {
        queries::move_to(tx, part.id, position, now)?;
    }
    let gone: Vec<LogPartId> = gone.into_iter().map(|part| part.id).collect();
    queries::remove(tx, gone, now)?;
    if let Some(partnership) = log.partnership_id {
        commitments::link(tx, log.id, partnership, now)?;
    }
    let mut rows = Vec::with_capacity(new.len());
    for said in new {
        let id = LogPartId::new();
        let commitment_id = match said.kind {
            LogPartKind::Commitment => Some(promise(tx, log, &said, now)?),
            _ => None,
        };
        let task_id = match (said.kind, log.partnership_id) {
            (LogPartKind::FollowUp, Some(of)) if at_work => {
                let origin = Origin {
                    purpose: TaskPurpose::ActionItem,
                    reference: id.0,
                    title: title_of(&said.what),
                    description: said.what.clone(),
                    due_on: said.due_on,
                    assignee: said.assignee,
                };
                let task: TaskId = create_from(tx, log.officer_id, of, origin, now)?;
                tx.also(task_events::CREATED.on(task.0).within(of.0))?;
                Some(task)
            }
            _ => None,
        };
        let Said { kind, position, what, due_on, assignee, referred_to } = said;
        rows.push(LogPartRow {
            id,
            officer_log_id: log.id,
            officer_id: log.officer_id,
            kind,
            position,
            what,
            due_on,
            assignee_id: assignee,
            referred_to,
            commitment_id,
            task_id,
            done_at: None,
            removed_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        });
    }
    queries::insert(tx, &rows)
}

fn promise(tx: &mut Tx<'_>, log: &OfficerLog, said: &Said, now: Instant) -> Result<CommitmentId> {
    let due_on = said.due_on.unwrap_or(log.attended_on);
    commitments::make_of_log(tx, log, said.what.clone(), due_on, now)
}
