//! Counting attempts across processes and restarts: GCRA with its one instant per key in the database, keyed by digest
//! so that no address is stored (`design/security.md` 5.2). Existing and unknown accounts are counted alike.

use std::time::Duration;

use diesel::prelude::*;

use crate::platform::clock::{Instant, minutes};
use crate::platform::crypto::{Purpose, Secrets};
use crate::platform::db::schema::throttles;
use crate::platform::db::{Conn, PortableExt, hold_names, name_to_hold};
use crate::platform::error::{Code, Error, Result};

/// How many attempts are let through in which time: all at once, then one each time the share of one has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// What is counted; part of the key.
    pub name: &'static str,
    /// Attempts.
    pub attempts: u32,
    /// The time they are spread over.
    pub per: Duration,
}

impl Bucket {
    /// Failed logins of one address.
    pub const fn login_failures(attempts: u32) -> Self {
        Self { name: "login", attempts, per: minutes(15) }
    }
    /// Logins from one network address.
    pub const fn logins_from(attempts: u32) -> Self {
        Self { name: "login-from", attempts, per: minutes(1) }
    }
    /// Failed logins from one device that is known.
    pub const fn device_failures(attempts: u32) -> Self {
        Self { name: "login-device", attempts, per: minutes(15) }
    }
    /// Wrong recovery codes of one account.
    pub const fn wrong_recovery_codes(attempts: u32) -> Self {
        Self { name: "recovery-code", attempts, per: minutes(15) }
    }
    /// Wrong second factors of one account.
    pub const fn wrong_codes(attempts: u32) -> Self {
        Self { name: "second-factor", attempts, per: minutes(15) }
    }
    /// Wrong codes that one account says in meetings.
    pub const fn wrong_check_ins(attempts: u32) -> Self {
        Self { name: "check-in", attempts, per: minutes(15) }
    }
    /// Mails that somebody who is not signed in makes us send to one address.
    pub const fn mails(attempts: u32) -> Self {
        Self { name: "mail", attempts, per: minutes(60) }
    }

    fn share(self) -> Duration {
        self.per / self.attempts.max(1)
    }

    /// Whether one more attempt fits; otherwise how long until it does.
    pub fn admits(self, arrival: Option<Instant>, now: Instant) -> Result<(), Duration> {
        let tolerance = self.share() * self.attempts.saturating_sub(1);
        match arrival {
            Some(arrival) if arrival > now.plus(tolerance) => Err(arrival.since(now.plus(tolerance))),
            _ => Ok(()),
        }
    }

    /// The instant to store after an attempt.
    pub fn after(self, arrival: Option<Instant>, now: Instant) -> Instant {
        arrival.unwrap_or(now).max(now).plus(self.share())
    }

    /// The key under which `subject` is counted.
    pub fn key(self, secrets: &Secrets, subject: &str) -> Vec<u8> {
        secrets.mac(Purpose::Throttle, &[self.name.as_bytes(), subject.as_bytes()]).to_vec()
    }
}

fn arrival(conn: &mut Conn, key: &[u8]) -> Result<Option<Instant>> {
    Ok(throttles::table.find(key).select(throttles::arrival_at).first(conn).optional()?)
}

/// Refuses when the bucket is full.
///
/// # Errors
/// 429 with the time until it is not.
pub fn demand(conn: &mut Conn, bucket: Bucket, key: &[u8], now: Instant) -> Result<()> {
    bucket.admits(arrival(conn, key)?, now).map_err(|wait| {
        let seconds = u32::try_from(wait.as_secs() + 1).unwrap_or(u32::MAX);
        Error::new(Code::QuotaExceeded, "Too many attempts. Wait, and try again then.").with_retry_after(seconds)
    })
}

/// Whether one more fits; if so it is counted.
///
/// # Errors
/// When the database can't be asked.
pub fn try_count(conn: &mut Conn, bucket: Bucket, key: &[u8], now: Instant) -> Result<bool> {
    let before = arrival_held(conn, key)?;
    let admitted = bucket.admits(before, now).is_ok();
    if admitted {
        store(conn, key, bucket.after(before, now))?;
    }
    Ok(admitted)
}

/// Counts an attempt.
///
/// # Errors
/// When the database can't take it.
pub fn count(conn: &mut Conn, bucket: Bucket, key: &[u8], now: Instant) -> Result<()> {
    let before = arrival_held(conn, key)?;
    store(conn, key, bucket.after(before, now))
}

/// What was counted so far, to which nobody adds until this transaction ends: of two who count at once each has to be counted.
fn arrival_held(conn: &mut Conn, key: &[u8]) -> Result<Option<Instant>> {
    hold_names(conn, [name_to_hold(&[b"attempts\0", key])])?;
    arrival(conn, key)
}

fn store(conn: &mut Conn, key: &[u8], after: Instant) -> Result<()> {
    diesel::insert_into(throttles::table)
        .values((throttles::key.eq(key), throttles::arrival_at.eq(after)))
        .on_conflict(throttles::key)
        .do_update()
        .set(throttles::arrival_at.eq(after))
        .portable()
        .execute(conn)?;
    Ok(())
}

/// Forgets what was counted.
///
/// # Errors
/// When the database can't do it.
pub fn clear(conn: &mut Conn, key: &[u8]) -> Result<()> {
    diesel::delete(throttles::table.find(key)).execute(conn)?;
    Ok(())
}

/// Buckets that are dropped at once.
pub const RESTED: i64 = 10_000;

/// Drops buckets that are empty again, but for those that somebody is at, who may wait for another. Returns how many.
///
/// # Errors
/// When the database can't do it.
pub fn forget_the_rested(conn: &mut Conn, now: Instant) -> Result<usize> {
    let rested = throttles::table.filter(throttles::arrival_at.le(now));
    Ok(match conn {
        Conn::Sqlite(conn) => diesel::delete(rested).execute(conn)?,
        Conn::Pg(conn) => {
            let free = rested.select(throttles::key).limit(RESTED).for_update().skip_locked();
            let keys: Vec<Vec<u8>> = free.load(conn)?;
            diesel::delete(throttles::table.filter(throttles::key.eq_any(keys))).execute(conn)?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_in_a_quarter_of_an_hour_and_then_one_each_three_minutes() {
        let bucket = Bucket::login_failures(5);
        let start = Instant::from_micros(1_800_000_000_000_000).unwrap();
        let mut arrival = None;
        for n in 0..5 {
            assert_eq!(bucket.admits(arrival, start), Ok(()), "attempt {n}");
            arrival = Some(bucket.after(arrival, start));
        }
        assert_eq!(bucket.admits(arrival, start), Err(minutes(3)));
        assert_eq!(bucket.admits(arrival, start.plus(minutes(2))), Err(minutes(1)));
        assert_eq!(bucket.admits(arrival, start.plus(minutes(3))), Ok(()));
        arrival = Some(bucket.after(arrival, start.plus(minutes(3))));
        assert!(bucket.admits(arrival, start.plus(minutes(3))).is_err());
        assert_eq!(bucket.admits(arrival, start.plus(minutes(60))), Ok(()));
    }
}
