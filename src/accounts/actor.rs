//! Who asks: the person behind a session, loaded afresh for every request.

use std::time::Duration;

use chrono::NaiveDate;
use diesel::prelude::*;
use uuid::Uuid;

use super::model::{AccountKind, AccountState, SecondFactor, Side};
use super::queries::accounts::{Held, find, find_held};
use crate::ids::{AccountId, AgencyId, SessionId};
use crate::on_engine;
use crate::platform::clock::{Instant, minutes};
use crate::platform::db::{Conn, Given, shaped, with_any};
use crate::platform::error::{Error, Result};
use crate::platform::faults::is_planted;
use crate::platform::http;
use crate::platform::http::Attribution;
use crate::platform::http::idempotency::{Kept, Key, kept};
use crate::platform::keys::Claims;
use crate::platform::policy::Decision;
use crate::schema::{accounts, sessions};

/// The context of a request.
pub type Ctx = http::ctx::Ctx<Actor>;

/// What is found of something for whoever asks, together with their session, one statement for several.
pub type AskedFor<T> = http::ctx::AskedFor<Live, T>;

/// How long a proof of who somebody is counts as fresh (`design/security.md` 5.4).
pub const FRESH: Duration = minutes(5);

/// Whoever asks.
#[derive(Debug, Clone)]
pub enum Actor {
    /// Nobody who said who they are.
    Anonymous,
    /// Somebody with a live session who lacks the second factor that rights of the account's kind need: nobody, but for
    /// the own account.
    Halfway(Person),
    /// A person with a live session.
    Person(Person),
}

/// A person with a live session.
#[derive(Debug, Clone)]
pub struct Person {
    /// The account.
    pub id: AccountId,
    /// The session.
    pub session: SessionId,
    /// What the account is.
    pub kind: AccountKind,
    /// The agency that it belongs to.
    pub agency: Option<AgencyId>,
    /// Whether rights that need verification count: for officers and commanders, while their verification lasts; for all
    /// others always.
    pub verified: bool,
    /// Whether the person proved in the last five minutes who they are, with all factors that the session has.
    pub fresh: bool,
    /// What the session has of a second factor.
    pub second_factor: SecondFactor,
}

impl Person {
    /// The side that the person is on.
    pub const fn side(&self) -> Option<Side> {
        self.kind.side()
    }
    /// Whether the person acts with an officer's rights: an officer or commander whose verification has not run out.
    pub const fn is_police(&self) -> bool {
        self.kind.is_police() && self.verified
    }
    /// Whether the person acts with a commander's rights.
    pub fn is_commander(&self) -> bool {
        self.kind == AccountKind::Commander && self.verified
    }
    /// Whether the person runs the installation.
    pub fn is_administrator(&self) -> bool {
        self.kind == AccountKind::Administrator
    }
}

impl Actor {
    /// For tests: somebody of a kind, signed in and nothing else.
    #[cfg(test)]
    pub fn of_kind(kind: AccountKind, verified: bool) -> Self {
        let (id, session) = (AccountId::new(), SessionId::new());
        let second_factor = SecondFactor::Given;
        Self::Person(Person { id, session, kind, agency: None, verified, fresh: true, second_factor })
    }
    /// The owner of an account who is not there: for what a secret address of theirs tells, with the rights that they have at
    /// this moment. Nobody where the account is not active. Good for reading and nothing else: there is no session.
    ///
    /// # Errors
    /// When the database can't be asked.
    pub fn absent(conn: &mut Conn, id: AccountId, now: Instant) -> Result<Option<Self>> {
        type Row = (AccountKind, AccountState, Option<AgencyId>, Option<NaiveDate>);
        let row: Option<Row> = on_engine!(conn, |conn| accounts::table
            .find(id)
            .select((accounts::kind, accounts::state, accounts::agency_id, accounts::verified_until))
            .first(conn))
        .optional()?;
        let live = row.filter(|(_, state, ..)| *state == AccountState::Active);
        Ok(live.map(|(kind, _, agency, verified_until)| {
            Self::Person(Person {
                id,
                session: SessionId(uuid::Uuid::nil()),
                kind,
                agency,
                verified: is_verified(kind, verified_until, now.date()),
                fresh: false,
                second_factor: SecondFactor::NotNeeded,
            })
        }))
    }
    /// The person who asks, or what a policy says to anybody who is none.
    ///
    /// # Errors
    /// [`Decision::SignIn`], or [`Decision::ProveMore`] where the second factor is missing.
    pub const fn signed_in(&self) -> Result<&Person, Decision> {
        match self {
            Self::Anonymous => Err(Decision::SignIn),
            Self::Halfway(_) => Err(Decision::ProveMore),
            Self::Person(person) => Ok(person),
        }
    }
    /// The person who asks.
    ///
    /// # Errors
    /// 401 when nobody said who they are, or the second factor is missing.
    pub fn person(&self) -> Result<&Person> {
        match self {
            Self::Anonymous => Err(Error::unauthenticated()),
            Self::Halfway(_) => Err(Error::half_proved()),
            Self::Person(person) => Ok(person),
        }
    }
    /// The owner of the session, whatever it is good for: for what one does with one's own account.
    ///
    /// # Errors
    /// 401 when nobody said who they are.
    pub fn owner(&self) -> Result<&Person> {
        match self {
            Self::Anonymous => Err(Error::unauthenticated()),
            Self::Halfway(person) | Self::Person(person) => Ok(person),
        }
    }
    /// The account that asks, if any.
    pub const fn id(&self) -> Option<AccountId> {
        match self {
            Self::Anonymous | Self::Halfway(_) => None,
            Self::Person(person) => Some(person.id),
        }
    }
}

/// Whether officer's rights count on `today`: up to and including the last day of the verification.
pub fn is_verified(kind: AccountKind, verified_until: Option<NaiveDate>, today: NaiveDate) -> bool {
    !kind.is_police() || verified_until.is_some_and(|last| today <= last)
}

/// A session and its account, as far as they say who asks.
#[derive(Debug, Queryable)]
pub struct Live {
    kind: AccountKind,
    state: AccountState,
    agency: Option<AgencyId>,
    verified_until: Option<NaiveDate>,
    authenticated_at: Instant,
    amr: String,
    idle_expires_at: Instant,
    expires_at: Instant,
    ended_at: Option<Instant>,
}

/// The session that claims name: [`Live`], to be asked for alone or together with what it is to be used for.
#[diesel::dsl::auto_type(no_type_alias)]
pub fn live(session: Given, account: Given) -> _ {
    sessions::table.inner_join(accounts::table).filter(sessions::id.eq(session).and(accounts::id.eq(account))).select((
        accounts::kind,
        accounts::state,
        accounts::agency_id,
        accounts::verified_until,
        sessions::authenticated_at,
        sessions::amr,
        sessions::idle_expires_at,
        sessions::expires_at,
        sessions::ended_at,
    ))
}

impl http::Actor for Actor {
    type Session = Live;

    fn load(conn: &mut Conn, claims: Option<&Claims>, now: Instant) -> Result<Self> {
        let Some(claims) = claims else { return Ok(Self::Anonymous) };
        let live: Option<Live> = on_engine!(conn, |conn| shaped::<Live, _>(live(claims.sid.into(), claims.sub.into()))
            .get_result(conn))
        .optional()?;
        Self::of(live.ok_or_else(Error::unauthenticated)?, claims, now)
    }

    fn load_with(conn: &mut Conn, claims: &Claims, key: &Key, now: Instant) -> Result<(Self, Option<Kept>)> {
        let both = || with_any(live(claims.sid.into(), claims.sub.into()), kept(key));
        let found: Option<(Live, Option<Kept>)> =
            on_engine!(conn, |conn| shaped::<(Live, Kept), _>(both()).get_result(conn)).optional()?;
        let (live, kept) = found.ok_or_else(Error::unauthenticated)?;
        Ok((Self::of(live, claims, now)?, kept))
    }

    fn of(live: Live, claims: &Claims, now: Instant) -> Result<Self> {
        let (session, id) = (SessionId(claims.sid), AccountId(claims.sub));
        let over = live.ended_at.is_some() || live.expires_at <= now || live.idle_expires_at <= now;
        if over || live.state != AccountState::Active {
            return Err(Error::unauthenticated());
        }
        let second_factor = match is_planted("second_factor_is_not_missed") {
            true => SecondFactor::Given,
            false => SecondFactor::of(live.kind, &live.amr),
        };
        let person = Person {
            id,
            session,
            kind: live.kind,
            agency: live.agency,
            verified: is_verified(live.kind, live.verified_until, now.date()),
            fresh: now.since(live.authenticated_at) <= FRESH || is_planted("every_proof_is_fresh"),
            second_factor,
        };
        Ok(match second_factor {
            SecondFactor::Missing => Self::Halfway(person),
            SecondFactor::Given | SecondFactor::NotNeeded => Self::Person(person),
        })
    }

    fn may_be_told_again(&self) -> Result<()> {
        match self {
            Self::Halfway(_) => Err(Error::half_proved()),
            Self::Anonymous | Self::Person(_) => Ok(()),
        }
    }

    fn attribution(&self) -> Attribution {
        match self {
            Self::Anonymous => Attribution::default(),
            Self::Halfway(person) | Self::Person(person) => Attribution {
                account: Some(person.id.0),
                session: Some(person.session.0),
                side: person.side().map(Side::as_str),
                is_unseen: false,
            },
        }
    }
}

/// Refuses who has been signed out or stopped since their request began: for what they must not do any more by then, behind
/// whatever they had to wait for.
///
/// # Errors
/// 401.
pub fn demand_still(conn: &mut Conn, person: &Person) -> Result<()> {
    let live: Option<Live> =
        on_engine!(conn, |conn| shaped::<Live, _>(live(person.session.0.into(), person.id.0.into())).get_result(conn))
            .optional()?;
    match live {
        Some(live) if live.ended_at.is_none() && live.state == AccountState::Active => Ok(()),
        _ => Err(Error::unauthenticated()),
    }
}

/// Holds the account of whoever asks, for what goes with it when it is recovered or closed.
///
/// # Errors
/// 401 for who has been signed out or stopped meanwhile.
pub fn hold_own(conn: &mut Conn, person: &Person) -> Result<Held> {
    let held = find_held(conn, person.id)?.ok_or_else(Error::unauthenticated)?;
    demand_still(conn, person)?;
    Ok(held)
}

/// Whoever did something earlier that counts later, as somebody who did it now, with all factors: what they have no right to any
/// more is not done in their name either. Nobody where the account is not active.
///
/// # Errors
/// When the database can't be asked.
pub fn acting(conn: &mut Conn, id: AccountId, now: Instant) -> Result<Option<Actor>> {
    let account = find(conn, id)?.filter(|account| account.state == AccountState::Active);
    Ok(account.map(|account| {
        Actor::Person(Person {
            id,
            session: SessionId(Uuid::nil()),
            kind: account.kind,
            agency: account.agency_id,
            verified: is_verified(account.kind, account.verified_until, now.date()),
            fresh: true,
            second_factor: SecondFactor::Given,
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verification_counts_through_its_last_day() {
        let day = |d| NaiveDate::from_ymd_opt(2027, 3, d).unwrap();
        assert!(is_verified(AccountKind::Officer, Some(day(5)), day(5)));
        assert!(!is_verified(AccountKind::Officer, Some(day(5)), day(6)));
        assert!(!is_verified(AccountKind::Commander, None, day(1)));
        assert!(is_verified(AccountKind::Citizen, None, day(1)));
    }

    #[test]
    fn sides_follow_from_the_kind_alone() {
        let sides: Vec<_> = AccountKind::ALL.iter().map(|kind| kind.side()).collect();
        assert_eq!(sides, [Some(Side::Civilian), Some(Side::Police), Some(Side::Police), Some(Side::Agency), None]);
    }
}
