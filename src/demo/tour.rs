//! What whoever started the demonstration is shown: where everything is, who can sign in, and what to try first.

use std::fmt;

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::people::{self, Character};
use super::stories;
use super::world::{World, named};
use crate::accounts::seed;
use crate::ids::OfficerLogId;
use crate::platform::crypto;
use crate::platform::error::Error;
use crate::platform::http::API;

/// Who of them is shown, and as what.
const SHOWN: &[(&str, &str)] = &[
    ("admin", "administrator"),
    ("captain_south", "commander of the South District"),
    ("officer_south", "officer, leads Armourdale Lights for the police"),
    ("inspector", "agency staff, code enforcement"),
    ("rosa", "citizen, leads Armourdale Lights for the neighbors"),
    ("tom", "citizen, member of Armourdale Lights"),
    ("joe", "citizen, member of nothing"),
];

/// An account that is shown.
#[derive(Debug)]
struct Shown {
    role: &'static str,
    email: String,
    password: String,
    /// The secret of the authenticator, of those who need one.
    seed: Option<String>,
}

/// What to show.
#[derive(Debug)]
pub struct Tour {
    base_url: String,
    /// Folder in which letters are put, where there is no mail server.
    spool: Option<String>,
    accounts: Vec<Shown>,
    /// This program, to be called in commands.
    program: String,
    goal: String,
    /// The partnership that is shown first.
    partnership: String,
    district: String,
    /// The visit of the first command: its group and its day. Another one once it was logged.
    visit: (String, NaiveDate),
}

/// Gives the shown accounts new passwords and authenticators.
///
/// # Errors
/// When the demonstration is not whole.
pub async fn prepare(world: &mut World) -> Result<Tour, String> {
    let mut accounts = Vec::new();
    for (key, role) in SHOWN {
        let who = people::find(key)?;
        let (password, seed) = renew(world, who).await?;
        accounts.push(Shown { role, email: who.email(), password, seed });
    }
    people::sign_in(world, "rosa").await?;
    let first = |page: Value| page.pointer("/items/0/id").and_then(Value::as_str).map(str::to_owned);
    let own = world.read("rosa", "/partnerships?mine=true&limit=100").await?;
    let lights = named(&own, "name", stories::SHOWN).ok_or("The shown partnership is gone.")?.to_owned();
    let goal = world.read("rosa", &format!("/partnerships/{lights}/goals?state=in_progress")).await?;
    let goal = match first(goal) {
        Some(goal) => goal,
        None => {
            first(world.read("rosa", &format!("/partnerships/{lights}/goals")).await?).ok_or("Its goal is gone.")?
        }
    };
    let district = world.read("rosa", "/areas?kind=district&q=South").await?;
    let district = first(district).ok_or("The South District is gone.")?;
    people::sign_in(world, "officer_south").await?;
    let logs = world.read("officer_south", "/officer-logs?limit=1&include=total").await?;
    let logged = logs.get("total").and_then(Value::as_u64).unwrap_or_default();
    let visit = (format!("Elm Street Watch, block {}", logged + 1), world.day(-1));
    world.end_sessions().await?;
    let state = world.state();
    Ok(Tour {
        base_url: state.base_url.to_string(),
        spool: state.config.mail_spool().map(|dir| dir.display().to_string()),
        accounts,
        program: std::env::current_exe().map_or_else(|_| "threekeys".into(), |path| path.display().to_string()),
        goal,
        partnership: lights,
        district,
        visit,
    })
}

async fn renew(world: &World, who: Character) -> Result<(String, Option<String>), String> {
    let random = crypto::hex(&crypto::random().map_err(Error::into_reason)?);
    let words: Vec<&str> = (0..4).filter_map(|i| random.get(i * 6..i * 6 + 6)).collect();
    let password = words.join("-");
    let state = world.state();
    let (hash, now) = (
        state.hasher.hash_new(password.as_str().into(), Vec::new(), "").await.map_err(Error::into_reason)?,
        state.clock.now(),
    );
    let account = people::account(world, who.key).await?;
    let asked = state.clone();
    let seed = state
        .db
        .write(move |conn| seed::renew(conn, &asked.secrets, account, hash, now), |_, _| Ok(()))
        .await
        .map_err(Error::into_reason)?;
    Ok((password, seed.map(|seed| seed.to_string())))
}

impl Tour {
    /// A command that signs somebody in and gives the access token.
    fn token(&self, who: &str) -> String {
        let Some(account) = self.accounts.iter().find(|shown| shown.email.split('@').next() == Some(who)) else {
            return String::new();
        };
        let mut body = json!({"email": account.email, "password": account.password}).to_string();
        if let Some(seed) = &account.seed {
            // Out of the quotes for a moment: the shell asks what the authenticator shows now.
            body.truncate(body.len() - 1);
            body = format!("{body},\"code\":\"'\"$('{}' code {seed})\"'\"}}", self.program);
        }
        format!(
            "$(curl -sS {}{API}/sessions -H 'Content-Type: application/json' -d '{body}' | sed -n \
             's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/p')",
            self.base_url
        )
    }
}

impl fmt::Display for Tour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let api = format!("{}{API}", self.base_url);
        writeln!(f, "The demonstration: Kansas City, Kansas. People and groups are invented.")?;
        if let Some(spool) = &self.spool {
            writeln!(f, "  letters          {spool} (.eml files; nothing is sent)")?;
        }
        writeln!(f, "\nAccounts, with passwords that hold until the next start:")?;
        for Shown { role, email, password, .. } in &self.accounts {
            writeln!(f, "  {email:28} {password:29} {role}")?;
        }
        writeln!(
            f,
            "\nTheir authenticators: put the secret into an app, or ask `threekeys code SECRET`. A code counts once: wait half\na minute before the same account signs in again."
        )?;
        for Shown { email, seed, .. } in &self.accounts {
            if let Some(seed) = seed {
                writeln!(f, "  {email:28} {seed}")?;
            }
        }
        let log = json!({
            "client_uuid": OfficerLogId::new(), "attended_on": self.visit.1, "start": "18:30", "end": "19:40",
            "group_kind": "neighborhood_watch", "group_name": self.visit.0, "area_id": self.district,
            "role": "attended", "counts": {"community": 12, "police": 1, "agency": 0},
            "summary": "Lamps behind the laundry, and cars without plates.", "no_cji_attestation": true
        });
        writeln!(f, "\nThe officer logs a meeting (sent again, it is still one log):")?;
        writeln!(
            f,
            "curl -sS {api}/officer-logs -H \"Authorization: Bearer {}\" -H 'Content-Type: application/json' -d '{log}'",
            self.token("officer_south")
        )?;
        writeln!(f, "\nA citizen reads how far the goal of {} is:", stories::SHOWN)?;
        writeln!(f, "curl -sS {api}/goals/{}/progress -H \"Authorization: Bearer {}\"", self.goal, self.token("tom"))?;
        writeln!(f, "\nAnyone reads the public meetings:")?;
        writeln!(f, "curl -sS {api}/meetings")?;
        writeln!(f, "\nAnyone has those of {} in a calendar program that subscribes to this address:", stories::SHOWN)?;
        writeln!(f, "curl -sS {api}/partnerships/{}/calendar.ics", self.partnership)?;
        writeln!(f, "\nA citizen gets a secret address of the own calendar:")?;
        write!(f, "curl -sS -X POST {api}/account/calendar-address -H \"Authorization: Bearer {}\"", self.token("tom"))
    }
}
