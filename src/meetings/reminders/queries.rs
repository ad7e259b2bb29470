//! Which meetings and members to remind, and who was.

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use crate::accounts::AccountState;
use crate::ids::{AccountId, MeetingId};
use crate::insert_all;
use crate::meetings::model::{Meeting, MeetingState, MeetingVisibility, RsvpAnswer};
use crate::partnerships::leading_accounts;
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, PortableExt, among};
use crate::platform::error::Result;
use crate::platform::mail::MailId;
use crate::schema::{accounts, meeting_reminders, meetings, memberships, reminded_meetings, rsvps, stopped_reminders};

#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = meeting_reminders)]
pub struct Reminder {
    pub meeting_id: MeetingId,
    pub sequence: i32,
    pub account_id: AccountId,
    pub mail_id: MailId,
    pub created_at: Instant,
}

/// Meetings to come that begin by `until` and of which members were not reminded as they are now, the soonest first.
pub fn due(conn: &mut Conn, now: Instant, until: Instant, limit: i64) -> Result<Vec<MeetingId>> {
    let reminded = reminded_meetings::table
        .filter(reminded_meetings::meeting_id.eq(meetings::id).and(reminded_meetings::sequence.eq(meetings::sequence)));
    Ok(meetings::table
        .filter(meetings::state.eq(MeetingState::Scheduled))
        .filter(meetings::starts_at.gt(now).and(meetings::starts_at.le(until)))
        .filter(not(exists(reminded)))
        .order(meetings::starts_at)
        .limit(limit)
        .select(meetings::id)
        .load(conn)?)
}

/// The sequence of which members of a meeting, which the caller holds, were reminded last.
pub fn reminded_sequence(conn: &mut Conn, of: MeetingId) -> Result<Option<i32>> {
    Ok(reminded_meetings::table
        .filter(reminded_meetings::meeting_id.eq(of))
        .order(reminded_meetings::sequence.desc())
        .select(reminded_meetings::sequence)
        .first(conn)
        .optional()?)
}

/// The last member, in their order, who was reminded of the meeting as it is now.
pub fn last(conn: &mut Conn, meeting: &Meeting) -> Result<Option<AccountId>> {
    Ok(meeting_reminders::table
        .filter(meeting_reminders::meeting_id.eq(meeting.id).and(meeting_reminders::sequence.eq(meeting.sequence)))
        .order(meeting_reminders::account_id.desc())
        .select(meeting_reminders::account_id)
        .first(conn)
        .optional()?)
}

/// The next members who get letters, want reminders and have not said no, behind `after` in their order; of leaders' meetings,
/// leaders.
pub fn readers(
    conn: &mut Conn,
    meeting: &Meeting,
    after: Option<AccountId>,
    limit: i64,
) -> Result<Vec<(AccountId, String)>> {
    let query = memberships::table
        .inner_join(accounts::table.on(accounts::id.eq(memberships::account_id)))
        .left_join(rsvps::table.on(rsvps::meeting_id.eq(meeting.id).and(rsvps::account_id.eq(memberships::account_id))))
        .filter(memberships::partnership_id.eq(meeting.partnership_id).and(memberships::state.eq("active")))
        .filter(memberships::account_id.gt(after.unwrap_or(AccountId::NOBODY)))
        .filter(accounts::state.eq(AccountState::Active).and(accounts::email.is_not_null()))
        .filter(rsvps::answer.nullable().is_null().or(rsvps::answer.nullable().ne(RsvpAnswer::No)))
        .filter(not(exists(stopped_reminders::table.find(memberships::account_id))))
        .order(memberships::account_id)
        .limit(limit)
        .select((memberships::account_id, accounts::email.assume_not_null()));
    Ok(match meeting.visibility {
        MeetingVisibility::Public | MeetingVisibility::Members => query.load(conn)?,
        MeetingVisibility::Leaders => {
            let leaders = leading_accounts(conn, meeting.partnership_id)?;
            query.filter(among(memberships::account_id, leaders)).load(conn)?
        }
    })
}

pub fn insert(conn: &mut Conn, rows: Vec<Reminder>) -> Result<()> {
    if !rows.is_empty() {
        insert_all!(conn, meeting_reminders::table, &rows)?;
    }
    Ok(())
}

/// Since when the account gets no reminders.
pub fn stopped_at(conn: &mut Conn, account: AccountId) -> Result<Option<Instant>> {
    Ok(stopped_reminders::table.find(account).select(stopped_reminders::created_at).first(conn).optional()?)
}

/// The account gets no reminders; whether it did until now.
pub fn stop(conn: &mut Conn, account: AccountId, now: Instant) -> Result<bool> {
    let stopped = diesel::insert_into(stopped_reminders::table)
        .values((stopped_reminders::account_id.eq(account), stopped_reminders::created_at.eq(now)))
        .on_conflict(stopped_reminders::account_id)
        .do_nothing()
        .portable()
        .execute(conn)?;
    Ok(stopped > 0)
}

/// The account gets reminders again; whether it did not until now.
pub fn go_on(conn: &mut Conn, account: AccountId) -> Result<bool> {
    Ok(diesel::delete(stopped_reminders::table.find(account)).execute(conn)? > 0)
}

/// How many members were reminded of the meeting as it is now.
pub fn count(conn: &mut Conn, meeting: &Meeting) -> Result<i64> {
    Ok(meeting_reminders::table
        .filter(meeting_reminders::meeting_id.eq(meeting.id).and(meeting_reminders::sequence.eq(meeting.sequence)))
        .count()
        .get_result(conn)?)
}

/// Everybody was reminded of the meeting as it is now.
pub fn note_reminded(conn: &mut Conn, meeting: &Meeting, now: Instant) -> Result<()> {
    diesel::insert_into(reminded_meetings::table)
        .values((
            reminded_meetings::meeting_id.eq(meeting.id),
            reminded_meetings::sequence.eq(meeting.sequence),
            reminded_meetings::created_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}
