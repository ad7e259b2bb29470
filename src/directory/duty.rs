//! When a duty counts. The same rule stands in SQL, where it chooses rows (`queries::duty`).

use chrono::NaiveDate;

use super::queries::agencies::zone_of_agency;
use super::queries::assignments::Assigned;
use crate::accounts::{AccountState, Actor, Person};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::platform::text::Zone;

/// The calendar day in a time zone: duties begin and end at an agency's own midnight.
pub fn local_day(zone: Zone, now: Instant) -> NaiveDate {
    now.utc().with_timezone(&zone.0).date_naive()
}

/// The calendar day by which somebody's own duties count: their agency's; for whoever has none, the day in UTC.
///
/// # Errors
/// When the database can't be asked.
pub fn duty_day(conn: &mut Conn, actor: &Actor, now: Instant) -> Result<NaiveDate> {
    match actor {
        Actor::Person(Person { agency: Some(agency), .. }) => Ok(local_day(zone_of_agency(conn, *agency)?, now)),
        Actor::Person(_) | Actor::Halfway(_) | Actor::Anonymous => Ok(now.date()),
    }
}

/// Whether an assignment counts on `today`: from its first day through its last, unless it was ended, and while the account
/// is active and its verification has not run out.
pub fn counts(assigned: &Assigned, today: NaiveDate) -> bool {
    let assignment = &assigned.on_duty.assignment;
    assignment.ended_at.is_none()
        && assignment.starts_on <= today
        && assignment.ends_on.is_none_or(|last| last >= today)
        && assigned.state == AccountState::Active
        && assigned.verified_until.is_some_and(|last| last >= today)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::model::{Assignment, AssignmentId, DutyRole};
    use crate::directory::queries::duty::OnDuty;
    use crate::ids::{AccountId, AgencyId, AreaId};

    fn day(d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2027, 3, d).unwrap()
    }

    fn assigned() -> Assigned {
        let at = Instant::from_micros(0).unwrap();
        let assignment = Assignment {
            id: AssignmentId::new(),
            area_id: AreaId::new(),
            account_id: AccountId::new(),
            role: DutyRole::Officer,
            starts_on: day(5),
            ends_on: Some(day(9)),
            duty_phone: None,
            duty_email: None,
            bio: None,
            is_public: true,
            ended_at: None,
            version: 1,
            created_at: at,
            updated_at: at,
        };
        Assigned {
            on_duty: OnDuty { assignment, badge_number: None, rank: None },
            agency: AgencyId::new(),
            state: AccountState::Active,
            verified_until: Some(day(20)),
        }
    }

    #[test]
    fn a_duty_counts_from_its_first_day_through_its_last() {
        let days: Vec<u32> = (1..=31).filter(|d| counts(&assigned(), day(*d))).collect();
        assert_eq!(days, [5, 6, 7, 8, 9]);
        let mut open = assigned();
        open.on_duty.assignment.ends_on = None;
        let days: Vec<u32> = (1..=31).filter(|d| counts(&open, day(*d))).collect();
        assert_eq!(days, (5..=20).collect::<Vec<_>>(), "the verification runs out on the 20th");
        let mut ended = assigned();
        ended.on_duty.assignment.ended_at = Instant::from_micros(1);
        assert!(!counts(&ended, day(7)));
        let mut suspended = assigned();
        suspended.state = AccountState::Suspended;
        assert!(!counts(&suspended, day(7)));
    }

    #[test]
    fn a_day_lasts_until_the_agencys_own_midnight() {
        let zone: Zone = "America/Chicago".parse().unwrap();
        assert_eq!(local_day(zone, "2027-03-06T05:59:59Z".parse().unwrap()), day(5));
        assert_eq!(local_day(zone, "2027-03-06T06:00:00Z".parse().unwrap()), day(6));
    }
}
