//! Persons: accounts with a live session, made directly.

use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::NaiveDate;
use diesel::prelude::*;
use threekeys::accounts::AccountKind;
use threekeys::ids::{AccountId, AgencyId, SessionId};
use threekeys::platform::clock::{Instant, hours, minutes};
use threekeys::platform::db::Json;
use threekeys::schema::{accounts, agencies, sessions};

use super::App;

/// The password of everybody whom [`App::person`] makes.
pub const PASSWORD: &str = "violet tram under quiet maples";

/// Somebody with a live session.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: AccountId,
    pub email: String,
    pub name: String,
    pub kind: AccountKind,
    pub session: SessionId,
    pub token: String,
}

fn number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl App {
    pub async fn citizen(&self) -> Person {
        self.person(AccountKind::Citizen, None).await
    }
    pub async fn administrator(&self) -> Person {
        self.person(AccountKind::Administrator, None).await
    }
    pub async fn officer(&self, agency: AgencyId) -> Person {
        self.person(AccountKind::Officer, Some(agency)).await
    }
    pub async fn commander(&self, agency: AgencyId) -> Person {
        self.person(AccountKind::Commander, Some(agency)).await
    }
    pub async fn staff(&self, agency: AgencyId) -> Person {
        self.person(AccountKind::AgencyStaff, Some(agency)).await
    }

    /// An active account, verified where its kind needs it, with a session.
    pub async fn person(&self, kind: AccountKind, agency: Option<AgencyId>) -> Person {
        let n = number();
        let now = self.now();
        let (id, email, name) =
            (AccountId::new(), format!("{kind}{n}@example.org"), format!("{kind} {n}").replace('_', " "));
        let hash = self.state.hasher.hash_new(PASSWORD.to_owned().into(), Vec::new(), "").await.unwrap();
        let verified = matches!(kind, AccountKind::Officer | AccountKind::Commander)
            .then(|| NaiveDate::from_ymd_opt(2028, 1, 31).unwrap());
        let row = (
            (
                accounts::id.eq(id),
                accounts::kind.eq(kind),
                accounts::state.eq("active"),
                accounts::email.eq(email.clone()),
                accounts::email_key.eq(email.clone()),
                accounts::display_name.eq(name.clone()),
                accounts::name_key.eq(name.clone()),
                accounts::shares_contact.eq(false),
                accounts::password_hash.eq(hash),
            ),
            (
                accounts::agency_id.eq(agency),
                accounts::badge_number.eq(verified.map(|_| format!("B{n}"))),
                accounts::rank.eq(verified.map(|_| "Officer".to_owned())),
                accounts::verified_until.eq(verified),
                accounts::version.eq(1_i64),
                accounts::created_at.eq(now),
                accounts::updated_at.eq(now),
            ),
        );
        self.db(move |conn| diesel::insert_into(accounts::table).values(row).execute(conn)).await;
        let (session, token) = self.session(id).await;
        Person { id, email, name, kind, session, token }
    }

    /// One more live session of an account, and an access token for it. Proved with two factors, and freshly whenever it is
    /// looked at.
    pub async fn session(&self, id: AccountId) -> (SessionId, String) {
        self.session_proved(id, "pwd otp mfa", self.now().plus(hours(24 * 400))).await
    }

    /// The same, proved so and then.
    pub async fn session_proved(&self, id: AccountId, amr: &'static str, when: Instant) -> (SessionId, String) {
        let now = self.now();
        let session = SessionId::new();
        let row = (
            sessions::id.eq(session),
            sessions::account_id.eq(id),
            sessions::amr.eq(amr),
            sessions::authenticated_at.eq(when),
            sessions::ip.eq("127.0.0.1"),
            sessions::refreshed_at.eq(now),
            sessions::idle_expires_at.eq(now.plus(hours(24 * 400))),
            sessions::expires_at.eq(now.plus(hours(24 * 400))),
            sessions::created_at.eq(now),
        );
        self.db(move |conn| diesel::insert_into(sessions::table).values(row).execute(conn)).await;
        // Long enough for tests that let days pass; how long real ones live is tested where they are made.
        let claims = self.state.keys.claims(
            id.0,
            session.0,
            now,
            amr.split(' ').map(str::to_owned).collect(),
            minutes(60 * 24 * 400),
        );
        (session, self.state.keys.sign(&claims).unwrap())
    }

    /// A police department.
    pub async fn agency(&self) -> AgencyId {
        let (id, now, n) = (AgencyId::new(), self.now(), number());
        let row = (
            agencies::id.eq(id),
            agencies::name.eq(format!("Police Department {n}")),
            agencies::name_key.eq(format!("police department {n}")),
            agencies::kind.eq("police"),
            agencies::time_zone.eq("America/Chicago"),
            agencies::emergency.eq("911"),
            agencies::text_to_911.eq(true),
            agencies::non_emergency.eq("+19135963000"),
            agencies::languages.eq(Json(vec!["en".to_owned(), "es".to_owned()])),
            agencies::version.eq(1_i64),
            agencies::created_at.eq(now),
            agencies::updated_at.eq(now),
        );
        self.db(move |conn| diesel::insert_into(agencies::table).values(row).execute(conn)).await;
        id
    }
}
