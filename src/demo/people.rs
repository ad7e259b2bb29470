//! Who lives and works in the demonstration. All of them are invented.

use actix_web::http::Method;
use serde_json::{Value, json};

use super::world::{Step, World, step};
use crate::accounts::seed::{self, Seed};
use crate::accounts::{self, AccountKind};
use crate::ids::{AccountId, AgencyId};
use crate::platform::State;
use crate::platform::crypto;
use crate::platform::error::Error;
use crate::platform::record::write_unattended;

/// Somebody in the demonstration.
#[derive(Debug, Clone, Copy)]
pub struct Character {
    /// What the steps of the stories call the person.
    pub key: &'static str,
    /// The name that the person shows.
    pub name: &'static str,
    /// Badge and rank; for officers and commanders.
    pub badge: Option<(&'static str, &'static str)>,
    kind: AccountKind,
    /// The name under which the agency is remembered.
    agency: Option<&'static str>,
}

impl Character {
    /// The person's address.
    pub fn email(&self) -> String {
        format!("{}@example.org", self.key)
    }
}

const fn citizen(key: &'static str, name: &'static str) -> Character {
    Character { key, name, badge: None, kind: AccountKind::Citizen, agency: None }
}
const fn police(
    key: &'static str,
    name: &'static str,
    kind: AccountKind,
    badge: &'static str,
    rank: &'static str,
) -> Character {
    Character { key, name, badge: Some((badge, rank)), kind, agency: Some("kckpd") }
}

/// Runs the installation.
pub const ADMINISTRATOR: Character =
    Character { key: "admin", name: "Threekeys Desk", badge: None, kind: AccountKind::Administrator, agency: None };

/// Everybody else.
pub const EVERYBODY: &[Character] = &[
    police("captain_east", "Capt. Denise Okafor", AccountKind::Commander, "K101", "Captain"),
    police("captain_midtown", "Capt. Paul Lindqvist", AccountKind::Commander, "K102", "Captain"),
    police("captain_south", "Capt. Marta Reyes", AccountKind::Commander, "K103", "Captain"),
    police("captain_west", "Capt. James Whitfield", AccountKind::Commander, "K104", "Captain"),
    police("officer_east", "Ofc. Liam Novak", AccountKind::Officer, "K211", "Officer"),
    police("officer_midtown", "Ofc. Tanisha Boyd", AccountKind::Officer, "K221", "Officer"),
    police("officer_south", "Ofc. Daniel Tran", AccountKind::Officer, "K231", "Officer"),
    police("sergeant_south", "Sgt. Ana Whitehorse", AccountKind::Officer, "K232", "Sergeant"),
    police("officer_west", "Ofc. Grace Mbeki", AccountKind::Officer, "K241", "Officer"),
    Character {
        key: "inspector",
        name: "Helen Park, Code Enforcement",
        badge: None,
        kind: AccountKind::AgencyStaff,
        agency: Some("code_enforcement"),
    },
    citizen("rosa", "Rosa Delgado"),
    citizen("marcus", "Marcus Bell"),
    citizen("ines", "Inés Castillo"),
    citizen("walter", "Walter Kowalski"),
    citizen("amina", "Amina Yusuf"),
    citizen("tom", "Tom Brandt"),
    citizen("lucia", "Lucía Ortega"),
    citizen("petra", "Petra Novosel"),
    citizen("george", "George Mihalic"),
    citizen("shirley", "Shirley Hayes"),
    citizen("ben", "Ben Carver"),
    citizen("mei", "Mei Lin"),
    citizen("dwayne", "Dwayne Foster"),
    citizen("carol", "Carol Jensen"),
    citizen("hector", "Héctor Ruiz"),
    citizen("nadia", "Nadia Haddad"),
    citizen("joe", "Joe Turner"),
];

/// The hash of a password that nobody knows.
///
/// # Errors
/// When there is no randomness, or no thread to hash with.
pub async fn unknown_password(state: &State) -> Result<String, String> {
    let password = crypto::hex(&crypto::random().map_err(Error::into_reason)?);
    state.hasher.hash_new(password.into(), Vec::new(), "").await.map_err(Error::into_reason)
}

/// Who can do what, and would like to: key, languages, skills with their level, interests.
type Profile = (&'static str, &'static [&'static str], &'static [(&'static str, i32)], &'static [&'static str]);

const PROFILES: &[Profile] = &[
    ("rosa", &["en", "es"], &[("Chairing meetings", 3), ("Spanish interpreting", 4)], &["Street lighting"]),
    ("tom", &["en"], &[("Electrical repair", 4), ("First aid", 2)], &["Street lighting", "Youth"]),
    ("ines", &["es", "en"], &[("Door-to-door surveys", 3)], &["Safe streets"]),
    ("walter", &["en"], &[("Night walks", 3)], &["Street lighting"]),
    ("shirley", &["en"], &[("Taking minutes", 4)], &["History of Armourdale"]),
    ("officer_south", &["en", "vi"], &[("Crime analysis", 3), ("Bike patrol", 3)], &["Street lighting", "Youth"]),
];

/// What people tell of themselves.
pub fn profiles() -> Vec<Step> {
    let profile = |(who, languages, skills, interests): &Profile| {
        let skills: Vec<Value> = skills.iter().map(|(skill, level)| json!({"skill": skill, "level": level})).collect();
        let interests: Vec<Value> = interests.iter().map(|topic| json!({"topic": topic, "strength": 2})).collect();
        let body = json!({"languages": languages, "skills": skills, "interests": interests});
        step(-240, "20:00", who, Method::PATCH, "/account/profile", body).matching("/account/profile")
    };
    PROFILES.iter().map(profile).collect()
}

/// Opens the person's account, long ago, with a password that nobody knows, and lets the person act.
///
/// # Errors
/// When the address is taken.
pub async fn open_account(world: &mut World, who: Character, password_hash: &str) -> Result<(), String> {
    let agency: Option<AgencyId> = match who.agency {
        None => None,
        Some(name) => Some(world.id(name)?.parse().map_err(|_| format!("{name} is no agency"))?),
    };
    let state = world.state().clone();
    let seed = Seed {
        kind: who.kind,
        email: who.email(),
        display_name: who.name.to_owned(),
        agency,
        badge_number: who.badge.map(|(number, _)| number.to_owned()),
        rank: who.badge.map(|(_, rank)| rank.to_owned()),
        password_hash: password_hash.to_owned(),
    };
    let now = state.clock.now();
    // Counted from today, so that whoever tries the demonstration has a year.
    let verified_from = world.instant(0, chrono::NaiveTime::MIN)?;
    let account = state
        .db
        .write(
            move |conn| {
                let id = seed::account(conn, seed, now, verified_from)?;
                write_unattended(conn, accounts::events::REGISTERED.on(id.0), now)?;
                Ok(id)
            },
            |_, _| Ok(()),
        )
        .await
        .map_err(Error::into_reason)?;
    world.sign_in(who.key, account).await
}

/// The character of that key.
///
/// # Errors
/// When there is none.
pub fn find(key: &str) -> Result<Character, String> {
    let mut all = EVERYBODY.iter().chain([&ADMINISTRATOR]);
    all.find(|who| who.key == key).copied().ok_or_else(|| format!("nobody is called {key}"))
}

/// The account of the character of that key.
///
/// # Errors
/// When it is gone.
pub async fn account(world: &World, key: &str) -> Result<AccountId, String> {
    let email = find(key)?.email();
    let found = world.state().db.read(move |conn| seed::find(conn, &email)).await.map_err(Error::into_reason)?;
    found.ok_or_else(|| format!("the account of {key} is gone"))
}

/// Lets somebody act who has an account already.
///
/// # Errors
/// When the account is gone.
pub async fn sign_in(world: &mut World, key: &'static str) -> Result<(), String> {
    let account = account(world, key).await?;
    world.sign_in(key, account).await
}
