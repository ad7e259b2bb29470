//! An agenda as its readers see it, and the way to its items.

use serde::Serialize;
use utoipa::ToSchema;

use super::follow_up::{FollowUp, FollowUpAsked, gather, past};
use super::model::{Agenda, AgendaItem, AgendaItemKind, AgendaItemState, AgendaLink};
use super::policy::{self, Action, Subject};
use super::queries;
use super::reviewed::reviewed;
use crate::accounts::{Actor, PersonRef, Side, people};
use crate::ids::{AccountId, AgendaItemId, MeetingId};
use crate::meetings::commitments::reads_register;
use crate::meetings::model::{Meeting, MeetingState};
use crate::meetings::policy::{seen, takes_part};
use crate::meetings::routes::{Hold, load};
use crate::partnerships::Scoped;
use crate::platform::State;
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::Versioned;

/// An item of an agenda.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgendaItemDetail {
    /// The item.
    id: AgendaItemId,
    /// Of which meeting.
    meeting_id: MeetingId,
    /// Where it stands on the agenda, from 2; `null` where it is not on it.
    position: Option<i32>,
    /// What it is about.
    title: String,
    /// What it is for.
    kind: AgendaItemKind,
    /// Who presents it; told to members and officers.
    presenter: Option<PersonRef>,
    /// How long it takes.
    minutes: i32,
    /// What to read before.
    links: Vec<AgendaLink>,
    /// Where it stands.
    state: AgendaItemState,
    /// Why it is not talked about.
    decline_reason: Option<String>,
    /// Who proposed it; told to members and officers.
    proposed_by: Option<PersonRef>,
    /// The item of an earlier meeting that it goes on with.
    deferred_from_id: Option<AgendaItemId>,
    /// When it was last changed after the agenda was locked.
    changed_after_lock_at: Option<Instant>,
    /// Who changed it then; told to members and officers.
    changed_by: Option<PersonRef>,
    /// Why.
    change_reason: Option<String>,
    /// Changes with every change.
    version: i64,
    /// When it was proposed.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
}

/// The agenda of a meeting.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgendaDetail {
    /// Of which meeting.
    meeting_id: MeetingId,
    /// Item 1: what was promised and is still open, as of now; of a past meeting what it came back to, and how that stood when it
    /// ended. For members and officers.
    follow_up: Option<FollowUp>,
    /// The accepted items in their order; then, for members and officers, what is proposed, deferred and declined.
    items: Vec<AgendaItemDetail>,
    /// Who chairs for the civilian side; told to members and officers.
    civilian_chair: Option<PersonRef>,
    /// Who chairs for the police side; told to members and officers.
    police_chair: Option<PersonRef>,
    /// The sides that chair. Both are advised.
    chaired_by_sides: Vec<Side>,
    /// How long the accepted items take together, in minutes.
    minutes_planned: i32,
    /// Since when it is locked: by the notice of the meeting, or by a leader. Later changes say why.
    locked_at: Option<Instant>,
    /// Changes with every change of chairs, order and lock.
    version: i64,
}

/// Since when an agenda is locked. Pure.
pub fn locked_since(by_hand: Option<Instant>, noticed: Option<Instant>) -> Option<Instant> {
    [by_hand, noticed].into_iter().flatten().min()
}

/// Since when the agenda of a meeting is locked.
pub fn locked_at(conn: &mut Conn, agenda: Option<&Agenda>, of: MeetingId) -> Result<Option<Instant>> {
    Ok(locked_since(agenda.and_then(|agenda| agenda.locked_at), queries::noticed_at(conn, of)?))
}

/// The reason of a change, which a locked agenda demands.
pub fn demand_reason(is_locked: bool, reason: Option<String>) -> Result<Option<String>> {
    match (is_locked, reason) {
        (true, None) => Err(Error::field(
            "/reason",
            FieldCode::Required,
            "the agenda is locked: say why it is changed all the same",
        )),
        (true, reason) => Ok(reason),
        (false, _) => Ok(None),
    }
}

/// Refuses to change the agenda of a meeting that is over.
pub fn demand_ahead(meeting: &Meeting) -> Result<()> {
    match meeting.state {
        MeetingState::Scheduled | MeetingState::InSession => Ok(()),
        state => Err(Error::conflict(format!("The meeting is {state}; its agenda stays as it is."))),
    }
}

type People = std::collections::HashMap<AccountId, PersonRef>;

fn named(item: &AgendaItem) -> impl Iterator<Item = AccountId> + use<> {
    [Some(item.proposed_by_id), item.presenter_id, item.changed_by_id].into_iter().flatten()
}

fn item_shown(item: AgendaItem, position: Option<i32>, people: &People) -> AgendaItemDetail {
    let who = |id: Option<AccountId>| id.and_then(|id| people.get(&id).cloned());
    AgendaItemDetail {
        presenter: who(item.presenter_id),
        proposed_by: who(Some(item.proposed_by_id)),
        changed_by: who(item.changed_by_id),
        id: item.id,
        meeting_id: item.meeting_id,
        position,
        title: item.title,
        kind: item.kind,
        minutes: item.minutes,
        links: item.links.0,
        state: item.state,
        decline_reason: item.decline_reason,
        deferred_from_id: item.deferred_from_id,
        changed_after_lock_at: item.changed_after_lock_at,
        change_reason: item.change_reason,
        version: item.version,
        created_at: item.created_at,
        updated_at: item.updated_at,
    }
}

/// The agenda as the reader sees it, in a fixed number of statements.
pub fn agenda(conn: &mut Conn, state: &State, meeting: &Meeting, scoped: &Scoped) -> Result<Versioned<AgendaDetail>> {
    let inside = takes_part(&scoped.standing);
    let row = queries::find(conn, meeting.id)?;
    let locked_at = locked_at(conn, row.as_ref(), meeting.id)?;
    let standing = &scoped.standing;
    let sees_commitments = reads_register(standing);
    let follow_up = match (inside, MeetingState::AHEAD.contains(&meeting.state)) {
        (false, _) => None,
        (true, true) => {
            let seen = seen(standing);
            let (partnership, starts_at) = (meeting.partnership_id, meeting.starts_at);
            let asked = FollowUpAsked { partnership, starts_at, seen: &seen, sees_commitments };
            Some(gather(conn, state, &asked)?)
        }
        // What was promised then and is done now is no longer what a past meeting came back to.
        (true, false) => match reviewed(conn, state, meeting.id)? {
            Some(review) => Some(past(conn, review, sees_commitments)?),
            None => None,
        },
    };
    let agenda = row.unwrap_or_else(|| queries::untouched(meeting.id, meeting.created_at));
    let items = queries::in_order(queries::items(conn, meeting.id)?, &agenda.item_order.0);
    let (accepted, others): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|item| item.state == AgendaItemState::Accepted);
    let others = if inside { others } else { Vec::new() };
    let people = if inside {
        let chairs = [agenda.civilian_chair_id, agenda.police_chair_id].into_iter().flatten();
        people(conn, accepted.iter().chain(&others).flat_map(named).chain(chairs).collect::<Vec<_>>())?
    } else {
        People::new()
    };
    let who = |id: Option<AccountId>| id.and_then(|id| people.get(&id).cloned());
    let sides = [(Side::Civilian, agenda.civilian_chair_id), (Side::Police, agenda.police_chair_id)];
    let minutes_planned = accepted.iter().map(|item| item.minutes).sum();
    let version = agenda.version;
    let detail = AgendaDetail {
        meeting_id: meeting.id,
        follow_up,
        civilian_chair: who(agenda.civilian_chair_id),
        police_chair: who(agenda.police_chair_id),
        chaired_by_sides: sides.into_iter().filter(|(_, chair)| chair.is_some()).map(|(side, _)| side).collect(),
        minutes_planned,
        items: (2..)
            .zip(accepted)
            .map(|(position, item)| (Some(position), item))
            .chain(others.into_iter().map(|item| (None, item)))
            .map(|(position, item)| item_shown(item, position, &people))
            .collect(),
        locked_at,
        version,
    };
    Ok(Versioned::volatile(detail, version))
}

/// One item as a member or officer sees it.
pub fn one(conn: &mut Conn, item: AgendaItem) -> Result<Versioned<AgendaItemDetail>> {
    one_as(conn, item, true)
}

/// One item, with the names that are told `inside`.
pub fn one_as(conn: &mut Conn, item: AgendaItem, inside: bool) -> Result<Versioned<AgendaItemDetail>> {
    let people = if inside { people(conn, named(&item).collect::<Vec<_>>())? } else { People::new() };
    let position = match item.state {
        AgendaItemState::Accepted => {
            let accepted = queries::accepted(conn, item.meeting_id)?;
            (2..).zip(accepted).find(|(_, known)| known.id == item.id).map(|(position, _)| position)
        }
        _ => None,
    };
    let version = item.version;
    Ok(Versioned::volatile(item_shown(item, position, &people), version))
}

/// The item as this actor may have it for `action`, with its meeting, which is held.
pub fn item_for(
    conn: &mut Conn,
    actor: &Actor,
    id: AgendaItemId,
    action: Action,
    now: Instant,
) -> Result<(AgendaItem, Meeting, Scoped)> {
    let person = actor.person()?.id;
    let found = queries::find_item(conn, id)?.ok_or_else(Error::not_found)?;
    let (meeting, scoped) = load(conn, actor, found.meeting_id, Hold::Partnership, now)?;
    // Read again behind the lock: whoever held it may have changed the row.
    let item = queries::find_item(conn, id)?.ok_or_else(Error::not_found)?;
    let subject = Subject {
        visibility: meeting.visibility,
        is_accepted: item.state == AgendaItemState::Accepted,
        is_own: item.state == AgendaItemState::Proposed && item.proposed_by_id == person,
    };
    policy::demand(actor, &scoped.standing, subject, action)?;
    Ok((item, meeting, scoped))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_notice_and_leader_locks_it() {
        let (early, late) = (Instant::EPOCH, Instant::EPOCH.plus(crate::platform::clock::hours(1)));
        for (by_hand, noticed, since) in [
            (None, None, None),
            (Some(late), None, Some(late)),
            (None, Some(early), Some(early)),
            (Some(late), Some(early), Some(early)),
            (Some(early), Some(late), Some(early)),
        ] {
            assert_eq!(locked_since(by_hand, noticed), since);
        }
    }

    #[test]
    fn only_a_locked_agenda_wants_and_keeps_a_reason() {
        let why = || Some("The mayor comes.".to_owned());
        assert_eq!(demand_reason(false, None).ok(), Some(None));
        assert_eq!(demand_reason(false, why()).ok(), Some(None));
        assert_eq!(demand_reason(true, why()).ok(), Some(why()));
        assert!(demand_reason(true, None).is_err());
    }
}
