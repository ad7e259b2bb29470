//! What is on record of a meeting, for the draft of its minutes.

use super::draft::{FirstTimers, Held, ITEMS, Item};
use super::queries;
use crate::accounts::{Side, people};
use crate::meetings::model::{Meeting, PlaceKind};
use crate::meetings::queries::attendance;
use crate::meetings::schedule::written;
use crate::platform::db::Conn;
use crate::platform::error::Result;

/// All that is on record, in few statements.
pub fn held(conn: &mut Conn, meeting: &Meeting) -> Result<Held> {
    let first = queries::first_timers(conn, meeting)?;
    let of = |side: Side| first.iter().find(|(of, _)| *of == side).map_or(0, |(_, count)| *count);
    let limit = i64::try_from(ITEMS).unwrap_or(i64::MAX);
    let (items, all) = queries::items(conn, meeting.id, limit)?;
    let names = people(conn, items.iter().filter_map(|item| item.assignee_id))?;
    let told = i64::try_from(items.len()).unwrap_or(i64::MAX);
    Ok(Held {
        title: meeting.title.clone(),
        when: written(&meeting.starts_local),
        place: match meeting.place_kind {
            PlaceKind::Public | PlaceKind::Online => meeting.place_name.clone(),
            // The minutes may be for everybody.
            PlaceKind::PrivateHome => "at a private home".to_owned(),
        },
        presence: attendance::count(conn, meeting.id)?,
        first_timers: FirstTimers { civilian: of(Side::Civilian), police: of(Side::Police), agency: of(Side::Agency) },
        heads: attendance::list_heads(conn, meeting.id)?
            .into_iter()
            .map(|count| (count.side, count.organisation_kind, count.heads))
            .collect(),
        items: items
            .into_iter()
            .map(|item| Item {
                who: item.assignee_id.and_then(|id| names.get(&id)).map(|person| person.display_name.clone()),
                what: item.what,
                due_on: item.due_on,
            })
            .collect(),
        more_items: all - told,
        ..Held::default()
    })
}
