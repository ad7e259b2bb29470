//! Rate limits per caller and class of request (GCRA, the `governor` crate), told in `RateLimit` headers
//! (draft-ietf-httpapi-ratelimit-headers). Kept in memory: they shield this process. What must hold across processes and
//! restarts, failed logins, is counted in the database by the accounts slice.

use std::net::IpAddr;
use std::num::NonZeroU32;

use actix_web::http::header::{HeaderName, HeaderValue};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use uuid::Uuid;

use crate::platform::config::RateLimits;
use crate::platform::error::{Code, Error, Result};

/// Classes of requests that are counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Anything without a valid token.
    Anonymous,
    /// Reads of an account.
    Read,
    /// Writes of an account.
    Write,
    /// Opening and refreshing sessions, per address.
    Login,
    /// Whatever makes the server send mail to somebody who is not signed in, per address.
    Registration,
    /// Health checks and keys: not counted.
    Free,
}

/// Who is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Who {
    /// An account.
    Account(Uuid),
    /// An address; of IPv6 the first 64 bits, which is what one household has.
    Address([u8; 16]),
}

impl Who {
    /// Counts an address.
    pub fn address(ip: IpAddr) -> Self {
        let v6 = match ip {
            IpAddr::V4(v4) => return Self::Address(v4.to_ipv6_mapped().octets()),
            IpAddr::V6(v6) => v6,
        };
        match v6.to_ipv4_mapped() {
            Some(v4) => Self::Address(v4.to_ipv6_mapped().octets()),
            None => Self::Address((u128::from(v6) & !u128::from(u64::MAX)).to_be_bytes()),
        }
    }
}

type Limiter = RateLimiter<Who, DashMapStateStore<Who>, DefaultClock, StateInformationMiddleware>;

struct Policy {
    name: &'static str,
    quota: u32,
    window: u32,
    limiter: Limiter,
}

impl Policy {
    fn new(name: &'static str, quota: u32, window: u32, burst: u32) -> Self {
        let at_least_one = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        let per_window = match window {
            60 => Quota::per_minute(at_least_one(quota)),
            _ => Quota::per_hour(at_least_one(quota)),
        };
        let limiter = RateLimiter::dashmap(per_window.allow_burst(at_least_one(burst))).with_middleware();
        Self { name, quota, window, limiter }
    }
}

/// The limits of this process.
pub struct Limits {
    anonymous: Policy,
    read: Policy,
    write: Policy,
    login: Policy,
    registration: Policy,
}

/// What a caller is told of its quota.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    policy: String,
    state: String,
}

impl Standing {
    /// `RateLimit-Policy` and `RateLimit`.
    pub fn headers(&self) -> [(HeaderName, HeaderValue); 2] {
        let value = |text: &str| HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""));
        [
            (HeaderName::from_static("ratelimit-policy"), value(&self.policy)),
            (HeaderName::from_static("ratelimit"), value(&self.state)),
        ]
    }
}

impl Limits {
    /// From the configuration. Bursts are a sixth to a half of the quota, as `design/security.md` 5.13 has them.
    pub fn new(config: &RateLimits) -> Self {
        Self {
            anonymous: Policy::new(
                "anonymous",
                config.anonymous_per_minute,
                60,
                config.anonymous_per_minute.div_ceil(2),
            ),
            read: Policy::new("read", config.reads_per_minute, 60, config.reads_per_minute.div_ceil(6)),
            write: Policy::new("write", config.writes_per_minute, 60, config.writes_per_minute.div_ceil(4)),
            login: Policy::new("login", config.logins_per_minute, 60, config.logins_per_minute),
            registration: Policy::new(
                "registration",
                config.registrations_per_hour,
                3600,
                config.registrations_per_hour,
            ),
        }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// 429 when the quota is used up, with the standing for its headers.
    pub fn count(&self, class: Class, who: Who) -> Result<Option<Standing>, (Error, Standing)> {
        let policy = match class {
            Class::Anonymous => &self.anonymous,
            Class::Read => &self.read,
            Class::Write => &self.write,
            Class::Login => &self.login,
            Class::Registration => &self.registration,
            Class::Free => return Ok(None),
        };
        let standing = |remaining: u32, seconds: u64| Standing {
            policy: format!("\"{}\";q={};w={}", policy.name, policy.quota, policy.window),
            state: format!("\"{}\";r={remaining};t={seconds}", policy.name),
        };
        match policy.limiter.check_key(&who) {
            Ok(snapshot) => {
                let remaining = snapshot.remaining_burst_capacity();
                let used = u64::from(snapshot.quota().burst_size().get().saturating_sub(remaining));
                let until_full = (used * u64::from(policy.window)).div_ceil(u64::from(policy.quota).max(1));
                Ok(Some(standing(remaining, until_full)))
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
                let seconds = u32::try_from(wait).unwrap_or(u32::MAX);
                let error = Error::new(
                    Code::QuotaExceeded,
                    format!("The quota of {} requests in {} seconds is used up.", policy.quota, policy.window),
                );
                Err((error.with_retry_after(seconds), standing(0, wait)))
            }
        }
    }

    /// Forgets callers whose quota is full again, so that memory stays bounded by the callers of a window.
    pub fn forget_the_rested(&self) {
        for policy in [&self.anonymous, &self.read, &self.write, &self.login, &self.registration] {
            policy.limiter.retain_recent();
            policy.limiter.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_and_caller_has_its_own_quota() {
        let limits = Limits::new(&RateLimits { logins_per_minute: 2, ..RateLimits::default() });
        let (a, b) = (Who::address(IpAddr::from([10, 0, 0, 1])), Who::address(IpAddr::from([10, 0, 0, 2])));
        assert!(limits.count(Class::Login, a).is_ok() && limits.count(Class::Login, a).is_ok());
        let (error, standing) = limits.count(Class::Login, a).err().unwrap_or_else(|| panic!("a third"));
        assert_eq!(error.code(), Code::QuotaExceeded);
        assert!(standing.state.starts_with("\"login\";r=0;t="));
        assert!(limits.count(Class::Login, b).is_ok() && limits.count(Class::Anonymous, a).is_ok());
    }

    #[test]
    fn an_ipv6_household_is_one_caller() {
        let address = |text: &str| text.parse().map(Who::address).unwrap_or_else(|_| panic!("{text}"));
        assert_eq!(address("2001:db8:1:2::1"), address("2001:db8:1:2:ffff::9"));
        assert_ne!(address("2001:db8:1:2::1"), address("2001:db8:1:3::1"));
        assert_eq!(address("::ffff:10.0.0.1"), address("10.0.0.1"));
    }
}
