//! Making the parts of a log together with it.

use super::diff::{Diff, Meant, Said, diff, said};
use super::model::{LogPartId, LogPartKind, LogPartRow};
use super::queries;
use crate::ids::{AccountId, CommitmentId, TaskId};
use crate::meetings::commitments;
use crate::meetings::log_model::{LogContent, LogText, OfficerLog};
use crate::meetings::model::MeetingVisibility;
use crate::meetings::queries::meetings;
use crate::partnerships::{
    Follow, Origin, TaskPurpose, TaskState, active_members, create_from, follow, followed, settle, task_events,
    task_told, title_of,
};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::{Tx, wrong};

/// What is wrong with a person who is asked to do something at this place of the log.
fn no_member(at: &str) -> FieldError {
    let message = "is not a member of the partnership that the log is linked to";
    wrong(format!("{at}/assignee_id"), FieldCode::NotFound, message)
}

/// Refuses people who are asked to do something and are no members of the partnership that the log is linked to; those
/// who were named before stay, as long as it is linked to the same. For whoever is not inside that partnership nobody is a
/// member, because who is one is not theirs to know.
pub fn demand_assignees(
    conn: &mut Conn,
    content: &LogContent,
    before: Option<&LogContent>,
    is_inside: bool,
    errors: &mut Vec<FieldError>,
) -> Result<()> {
    let known: Vec<AccountId> = before
        .filter(|old| old.partnership_id == content.partnership_id)
        .into_iter()
        .flat_map(|old| old.follow_ups.iter().filter_map(|next| next.assignee_id))
        .collect();
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
        Some(of) if is_inside => active_members(conn, of, &ids)?.into_iter().map(|(id, _)| id).collect(),
        _ => Vec::new(),
    };
    for (n, id) in named {
        if !members.contains(&id) {
            errors.push(no_member(&format!("{}/{n}", LogPartKind::FollowUp.pointer())));
        }
    }
    Ok(())
}

/// Refuses to ask anybody anew, not even those who were named before: whether they are asked would tell whether they still
/// are members.
fn demand_nobody_asked(diff: &Diff) -> Result<()> {
    let others = diff.changed.iter().filter(|(part, said)| said.assignee != part.assignee_id).map(|(_, said)| said);
    let asked = others.chain(&diff.new).filter(|said| said.assignee.is_some());
    let errors: Vec<FieldError> = asked.map(|said| no_member(&said.pointer())).collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::fields(errors)) }
}

/// What a log says now, and why it says it.
#[derive(Debug)]
pub struct Saying<'a> {
    /// What it says.
    pub text: &'a LogText,
    /// The parts that the entries are, where that was told.
    pub meant: Meant,
    /// Why it was amended; nothing of a new log, which has no parts yet.
    pub reason: Option<&'a str>,
    /// It is not linked to the partnership any more that it was linked to.
    pub left: bool,
    /// It is linked to a partnership in which tasks can be made, which the caller holds.
    pub at_work: bool,
    /// The officer is inside the partnership that it is linked to, and so can ask its members.
    pub is_inside: bool,
}

/// Puts down the parts that a log has now, in place of those that it had. Each task and each commitment that is made, changed or
/// ended with them has a record of its own. Returns the parts that were not there before.
///
/// # Errors
/// Parts that can't be changed or taken back any more.
pub fn put_down(tx: &mut Tx<'_>, log: &OfficerLog, saying: Saying<'_>, now: Instant) -> Result<Vec<LogPartRow>> {
    let Saying { text, meant, reason, left, at_work, is_inside } = saying;
    let before = match reason {
        // Held: the officer may be saying at this very moment that one of them is done.
        Some(_) => queries::live_locked(tx, log.id)?,
        None => Vec::new(),
    };
    let diff = diff(before, said(text, &meant)).map_err(Error::fields)?;
    let diff = if left { diff.elsewhere() } else { diff };
    if !is_inside {
        demand_nobody_asked(&diff)?;
    }
    let Diff { stay, changed, gone, new } = diff;
    let follows = |kind| kind == LogPartKind::FollowUp;
    let stays = stay.iter().any(|(part, _)| follows(part.kind));
    let asks = stays || new.iter().any(|said| follows(said.kind)) || changed.iter().any(|(part, _)| follows(part.kind));
    let is_private = match log.meeting_id.filter(|_| asks) {
        Some(meeting) => meetings::find(tx, meeting)?.is_some_and(|row| row.visibility == MeetingVisibility::Leaders),
        None => false,
    };
    for (part, position) in stay {
        if let Some(task) = part.task_id.filter(|_| is_private) {
            hide(tx, log, task, now)?;
        }
        if part.position != position {
            queries::move_to(tx, part.id, position, now)?;
        }
    }
    for (part, said) in changed {
        change(tx, log, &part, &said, is_private, now)?;
        queries::change(tx, part.id, said, now)?;
    }
    for part in &gone {
        take_back(tx, log, part, reason.unwrap_or_default(), now)?;
    }
    let gone: Vec<LogPartId> = gone.into_iter().map(|part| part.id).collect();
    queries::remove(tx, gone, now)?;
    if let (Some(partnership), Some(_)) = (log.partnership_id, reason) {
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
                    is_private,
                };
                let task: TaskId = create_from(tx, log.officer_id, of, origin, now)?;
                let entry = match is_private {
                    true => task_told(tx, task_events::CREATED, task)?,
                    false => task_events::CREATED.on(task.0).within(of.0),
                };
                tx.also(entry)?;
                Some(task)
            }
            _ => None,
        };
        let Said { id: _, kind, position, what, due_on, assignee, referred_to } = said;
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
    queries::insert(tx, &rows)?;
    Ok(rows)
}

fn promise(tx: &mut Tx<'_>, log: &OfficerLog, said: &Said, now: Instant) -> Result<CommitmentId> {
    let due_on = said.due_on.unwrap_or(log.attended_on);
    commitments::make_of_log(tx, log, said.what.clone(), due_on, now)
}

/// Why nothing becomes of what an officer has done: that it was done stays so.
const DONE: &str = "was done, and stays as it was said";

/// Changes what a part became together with it: the same commitment, the same task. What is said of a meeting of leaders is
/// theirs from then on.
fn change(
    tx: &mut Tx<'_>,
    log: &OfficerLog,
    part: &LogPartRow,
    said: &Said,
    is_private: bool,
    now: Instant,
) -> Result<()> {
    if let Some(commitment) = part.commitment_id {
        let due_on = said.due_on.unwrap_or(log.attended_on);
        return commitments::amend(tx, commitment, said.what.clone(), due_on, said.pointer(), now);
    }
    if part.done_at.is_some() {
        return Err(Error::field(said.pointer(), FieldCode::Refused, DONE));
    }
    let Some(task) = part.task_id else { return Ok(()) };
    demand_undone(tx, task, said.pointer())?;
    let changes = Follow {
        what: (said.what != part.what).then(|| said.what.clone()),
        due_on: said.due_on.filter(|_| said.due_on != part.due_on),
        assignee: (said.assignee != part.assignee_id).then_some(said.assignee),
        is_private,
    };
    follow(tx, log.officer_id, task, changes, now)?;
    let entry = task_told(tx, task_events::UPDATED, task)?;
    tx.also(entry)
}

/// Leaves a task that is not over to leaders, and whoever has it: the meeting that the log is of is theirs. Nothing, where it is
/// so already.
fn hide(tx: &mut Tx<'_>, log: &OfficerLog, task: TaskId, now: Instant) -> Result<()> {
    match followed(tx, vec![task])?.remove(&task) {
        Some(found) if TaskState::UNDONE.contains(&found.state) && !found.is_private => {
            follow(tx, log.officer_id, task, Follow { is_private: true, ..Follow::default() }, now)?;
            let entry = task_told(tx, task_events::UPDATED, task)?;
            tx.also(entry)
        }
        _ => Ok(()),
    }
}

/// Ends what a part became that the log has no more, for the reason for which the log was amended.
fn take_back(tx: &mut Tx<'_>, log: &OfficerLog, part: &LogPartRow, reason: &str, now: Instant) -> Result<()> {
    let pointer = part.kind.pointer();
    if let Some(commitment) = part.commitment_id {
        return commitments::take_back(tx, commitment, log.officer_id, reason, pointer, now);
    }
    let stays = |why: &str| Err(Error::field(pointer, FieldCode::Refused, format!("{:?} {why}", part.what)));
    if part.done_at.is_some() {
        return stays(DONE);
    }
    let Some(task) = part.task_id else { return Ok(()) };
    match followed(tx, vec![task])?.remove(&task).map(|task| task.state) {
        Some(state) if TaskState::UNDONE.contains(&state) => {
            settle(tx, task, Some(reason), now)?;
            let entry = task_told(tx, task_events::CANCELLED, task)?.because(reason);
            tx.also(entry)
        }
        Some(TaskState::Cancelled) | None => Ok(()),
        Some(_) => stays(DONE),
    }
}

/// Refuses to say a task otherwise that is over.
fn demand_undone(conn: &mut Conn, task: TaskId, pointer: String) -> Result<()> {
    match followed(conn, vec![task])?.remove(&task) {
        Some(found) if !TaskState::UNDONE.contains(&found.state) => {
            let message = format!("is a task that is {}, and stays as it was said", found.state);
            Err(Error::field(pointer, FieldCode::Refused, message))
        }
        _ => Ok(()),
    }
}
