//! A city of any size, made in bulk for the load script (`tests/load/run`), which calls it as
//! `cargo test --test api load::seed -- --ignored --exact`. Not a test of anything, so it only runs when asked for.
//!
//! | variable | |
//! |---|---|
//! | `LOAD_DATABASE_URL` | where to; migrated here, and has to be empty |
//! | `LOAD_DIR` | folder for the server's data, and for the callers' tokens: `members.txt`, `officers.txt` |
//! | `LOAD_PARTNERSHIPS`, `LOAD_MEMBERS`, `LOAD_MEETINGS` | how many, in each the next |
//!
//! Ids are counted, so that the load script can name every row: see [`Sql::id`]. Of each partnership's members the first
//! leads the civilians; the last is an officer, on duty in the area, and leads the police. To each meeting four answered.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use diesel::connection::SimpleConnection as _;
use threekeys::app;
use threekeys::platform::clock::{Clock, Instant, hours};
use threekeys::platform::config::Config;
use threekeys::platform::db::Engine;
use uuid::Uuid;

use crate::support::people::PASSWORD;

/// Callers of each kind whose tokens are written down; as many as there are at most.
const CALLERS: usize = 400;
/// Who answered to a meeting, and what.
const RSVPS: usize = 4;
/// Logs that each officer has already.
const LOGS: usize = 20;
/// Partnerships to a district.
const PER_DISTRICT: usize = 10;

/// What each row of a table is called in its ids.
mod tag {
    pub const AGENCY: &str = "0a000000";
    pub const AREA: &str = "0b000000";
    pub const ACCOUNT: &str = "0c000000";
    pub const SESSION: &str = "0d000000";
    pub const PARTNERSHIP: &str = "0e000000";
    pub const MEMBERSHIP: &str = "0f000000";
    pub const SEAT: &str = "1a000000";
    pub const MEETING: &str = "1b000000";
    pub const RSVP: &str = "1c000000";
    pub const ASSIGNMENT: &str = "1d000000";
    pub const LOG: &str = "1e000000";
}

/// Spells what the engines spell differently.
struct Sql {
    postgres: bool,
}

impl Sql {
    /// The id of row `n` (any expression): the tag, then the number in the last 12 hexadecimal digits.
    fn id(&self, tag: &str, n: &str) -> String {
        if self.postgres {
            format!("('{tag}00007000' || '8000' || lpad(to_hex(({n})::bigint), 12, '0'))::uuid")
        } else {
            format!("unhex('{tag}00007000' || '8000' || printf('%012x', {n}))")
        }
    }
    /// An instant, from microseconds since 1970.
    fn at(&self, micros: &str) -> String {
        if self.postgres {
            format!("(timestamptz 'epoch' + ({micros}) * interval '1 microsecond')")
        } else {
            format!("({micros})")
        }
    }
    /// `n` counts from 0 up to `count`.
    fn each(&self, count: usize) -> String {
        if self.postgres {
            format!("generate_series(0::bigint, {count} - 1) AS s (n)")
        } else {
            format!(
                "(WITH RECURSIVE c (n) AS (SELECT 0 WHERE {count} > 0 UNION ALL SELECT n + 1 FROM c WHERE n + 1 < {count}) \
                 SELECT n FROM c) AS s"
            )
        }
    }
}

fn number(name: &str) -> usize {
    setting(name).parse().unwrap_or_else(|_| panic!("{name} is no number"))
}
fn setting(name: &str) -> String {
    std::env::var_os(name).and_then(|value| value.into_string().ok()).unwrap_or_else(|| panic!("{name} is not set"))
}

fn id(tag: &str, n: usize) -> Uuid {
    format!("{tag}000070008000{n:012x}").parse().unwrap()
}

#[actix_web::test]
#[ignore = "makes a database for the load script"]
async fn seed() {
    let (url, dir) = (setting("LOAD_DATABASE_URL"), setting("LOAD_DIR"));
    let (partnerships, members, meetings) =
        (number("LOAD_PARTNERSHIPS"), number("LOAD_MEMBERS"), number("LOAD_MEETINGS"));
    let mut config = Config::default();
    config.database.url = url.clone().into();
    config.data.dir = Path::new(&dir).join("data");
    config.server.base_url = setting("LOAD_BASE_URL");
    let engine = Engine::parse(&url).unwrap();
    let mut conn = engine.open().unwrap();
    conn.check().unwrap();
    conn.migrate().unwrap();
    let clock = Clock::System;
    let state = app::state(config, clock.clone()).unwrap();
    let hash = state.hasher.hash_new(PASSWORD.to_owned().into(), Vec::new(), "").await.unwrap();
    let sql = Sql { postgres: matches!(engine, Engine::Postgres { .. }) };
    if sql.postgres {
        conn.batch_execute("SET statement_timeout = 0").unwrap();
    }
    let began = std::time::Instant::now();
    conn.batch_execute("BEGIN").unwrap();
    for (what, statement) in statements(&sql, partnerships, members, meetings, &hash, clock.now()) {
        conn.batch_execute(&statement).unwrap_or_else(|why| panic!("{what}: {why}\n{statement}"));
        let _ = writeln!(std::io::stderr(), "{:>8.1} s  {what}", began.elapsed().as_secs_f64());
    }
    conn.batch_execute("COMMIT").unwrap();
    // What PostgreSQL does by itself after a while, and what SQLite leaves to the next opening.
    conn.batch_execute(if sql.postgres { "VACUUM ANALYZE" } else { "PRAGMA wal_checkpoint(TRUNCATE)" }).unwrap();
    for (file, which) in [("members.txt", 1), ("officers.txt", members - 1)] {
        let mut text = String::new();
        let callers = partnerships.min(CALLERS);
        for caller in 0..callers {
            // Spread over the whole city, however large it is.
            let partnership = caller * partnerships / callers;
            let n = partnership * members + which;
            let proofs = vec!["pwd".to_owned(), "otp".to_owned()];
            let claims = state.keys.claims(id(tag::ACCOUNT, n), id(tag::SESSION, n), clock.now(), proofs, hours(24));
            writeln!(text, "{partnership} {n} {}", state.keys.sign(&claims).unwrap()).unwrap();
        }
        std::fs::write(Path::new(&dir).join(file), text).unwrap();
    }
}

fn statements(
    sql: &Sql,
    partnerships: usize,
    members: usize,
    meetings: usize,
    hash: &str,
    now: Instant,
) -> Vec<(&'static str, String)> {
    let districts = partnerships.div_ceil(PER_DISTRICT);
    let now_micros = now.micros();
    let now = sql.at(&now_micros.to_string());
    let later = sql.at(&(now_micros + 30 * 24 * 3_600_000_000).to_string());
    let agency = sql.id(tag::AGENCY, "0");
    let area = sql.id(tag::AREA, "n");
    let (area_of_p, area_of_l) = (
        sql.id(tag::AREA, &format!("1 + n % {districts}")),
        sql.id(tag::AREA, &format!("1 + n / {LOGS} % {districts}")),
    );
    let accounts = partnerships * members;
    let is_officer = format!("n % {members} = {members} - 1");
    let last = format!("n * {members} + {members} - 1");
    let rows = |count: usize| sql.each(count);
    let account = |n: &str| sql.id(tag::ACCOUNT, n);
    let partnership = |n: &str| sql.id(tag::PARTNERSHIP, n);
    let starts = format!("{now_micros} - (n % {meetings} - 10) * 604800000000 - (n / {meetings} % 300) * 60000000");
    let visited = format!("{now_micros} - 86400000000 * (3 + n % {LOGS} * 2)");
    vec![
        (
            "agency and areas",
            format!(
                "INSERT INTO agencies (id, name, name_key, kind, time_zone, emergency, text_to_911, non_emergency, languages, version, created_at, updated_at)
                 VALUES ({agency}, 'Police Department', 'police department', 'police', 'America/Chicago', '911', TRUE, '+19135963000', '[\"en\",\"es\"]', 1, {now}, {now});
                 INSERT INTO areas (id, agency_id, parent_id, kind, name, name_key, version, created_at, updated_at)
                 SELECT {area}, {agency}, CASE n WHEN 0 THEN NULL ELSE {city} END, CASE n WHEN 0 THEN 'city' ELSE 'district' END,
                        'Area ' || n, 'area ' || n, 1, {now}, {now} FROM {each};
                 INSERT INTO area_ancestors (area_id, ancestor_id, depth) SELECT {area}, {area}, 0 FROM {each};
                 INSERT INTO area_ancestors (area_id, ancestor_id, depth) SELECT {area}, {city}, 1 FROM {each} WHERE n > 0",
                city = sql.id(tag::AREA, "0"),
                each = rows(districts + 1),
            ),
        ),
        (
            "accounts",
            format!(
                "INSERT INTO accounts (id, kind, state, email, email_key, display_name, name_key, shares_contact, password_hash, agency_id, verified_until, version, created_at, updated_at)
                 SELECT {id}, CASE WHEN {is_officer} THEN 'officer' ELSE 'citizen' END, 'active', 'u' || n || '@example.org', 'u' || n || '@example.org',
                        'Person ' || n, 'person ' || n, TRUE, '{hash}', CASE WHEN {is_officer} THEN {agency} END, {verified}, 1, {now}, {now} FROM {each}",
                id = account("n"),
                verified = if sql.postgres {
                    format!("CASE WHEN {is_officer} THEN date '2099-12-31' END")
                } else {
                    format!("CASE WHEN {is_officer} THEN '2099-12-31' END")
                },
                each = rows(accounts),
            ),
        ),
        (
            "sessions",
            format!(
                "INSERT INTO sessions (id, account_id, amr, authenticated_at, ip, refreshed_at, idle_expires_at, expires_at, created_at)
                 SELECT {id}, {account}, 'pwd otp mfa', {now}, '127.0.0.1', {now}, {later}, {later}, {now} FROM {each}",
                id = sql.id(tag::SESSION, "n"),
                account = account("n"),
                each = rows(accounts),
            ),
        ),
        (
            "assignments",
            format!(
                "INSERT INTO assignments (id, area_id, account_id, role, starts_on, is_public, version, created_at, updated_at)
                 SELECT {id}, {area_of_p}, {account}, 'officer', '2026-01-01', TRUE, 1, {now}, {now} FROM {each}",
                id = sql.id(tag::ASSIGNMENT, "n"),
                account = account(&last),
                each = rows(partnerships),
            ),
        ),
        (
            "partnerships",
            format!(
                "INSERT INTO partnerships (id, name, name_key, state, area_id, host_agency_id, catalyst_type, catalyst_statement, proposed_by_id, decided_by_id, decided_at, version, created_at, updated_at)
                 SELECT {id}, 'Lights ' || n, 'lights ' || n, 'active', {area_of_p}, {agency}, 'shared_problem', 'Dark alleys behind the avenue, and three break-ins since May.',
                        {leader}, {officer}, {now}, 1, {now}, {now} FROM {each}",
                id = partnership("n"),
                leader = account(&format!("n * {members}")),
                officer = account(&last),
                each = rows(partnerships),
            ),
        ),
        (
            "memberships",
            format!(
                "INSERT INTO memberships (id, partnership_id, account_id, side, role, state, joined_at, version, created_at, updated_at)
                 SELECT {id}, {of}, {account}, CASE WHEN {is_officer} THEN 'police' ELSE 'civilian' END, 'member', 'active', {now}, 1, {now}, {now} FROM {each}",
                id = sql.id(tag::MEMBERSHIP, "n"),
                of = partnership(&format!("n / {members}")),
                account = account("n"),
                each = rows(accounts),
            ),
        ),
        (
            "seats",
            ["civilian", "police"]
                .map(|side| {
                    let holder = if side == "police" { last.clone() } else { format!("n * {members}") };
                    format!(
                        "INSERT INTO leadership_seats (id, partnership_id, membership_id, account_id, side, kind, state, selection_method, nominated_by_id, accepted_at, term_starts_on, term_ends_on, version, created_at, updated_at)
                         SELECT {id}, {of}, {membership}, {account}, '{side}', 'primary', 'active', 'consensus', {account}, {now}, '2026-01-01', '2099-12-31', 1, {now}, {now} FROM {each};",
                        id = sql.id(tag::SEAT, &holder),
                        of = partnership("n"),
                        membership = sql.id(tag::MEMBERSHIP, &holder),
                        account = account(&holder),
                        each = rows(partnerships),
                    )
                })
                .concat(),
        ),
        (
            "meetings",
            format!(
                "INSERT INTO meetings (id, partnership_id, area_id, kind, format, title, title_key, purpose, starts_local, ends_local, time_zone, starts_at, ends_at,
                        place_kind, place_name, place_address, visibility, capacity, places_taken, languages, state, sequence, adjourned_at, scheduled_by_id, version, created_at, updated_at, answers)
                 SELECT {id}, {of}, {area}, 'regular', 'in_person', 'Lights on Kansas Avenue ' || n, 'lights on kansas avenue ' || n, 'Walk the alleys together, and see which lamps are out.',
                        '2027-03-09T18:30', '2027-03-09T20:00', 'America/Chicago', {starts_at}, {ends_at}, 'public', 'Armourdale Recreation Center', '730 Osage Ave',
                        CASE WHEN n % 10 < 6 THEN 'public' WHEN n % 10 < 9 THEN 'members' ELSE 'leaders' END, 40, 3, '[\"en\",\"es\"]',
                        CASE WHEN n % {meetings} < 10 THEN 'scheduled' ELSE 'adjourned' END, 0, CASE WHEN n % {meetings} < 10 THEN NULL ELSE {ends_at} END,
                        {leader}, 1, {now}, {now}, '{{\"yes\":2,\"maybe\":1,\"no\":1}}' FROM {each}",
                id = sql.id(tag::MEETING, "n"),
                of = partnership(&format!("n / {meetings}")),
                area = sql.id(tag::AREA, &format!("1 + n / {meetings} % {districts}")),
                starts_at = sql.at(&starts),
                ends_at = sql.at(&format!("{starts} + 5400000000")),
                leader = account(&format!("n / {meetings} * {members}")),
                each = rows(partnerships * meetings),
            ),
        ),
        (
            "answers",
            format!(
                "INSERT INTO rsvps (id, meeting_id, account_id, answer, guests, version, created_at, updated_at)
                 SELECT {id}, {meeting}, {account}, CASE n % {RSVPS} WHEN 0 THEN 'no' WHEN 3 THEN 'maybe' ELSE 'yes' END, CASE n % {RSVPS} WHEN 1 THEN 1 ELSE 0 END, 1, {now}, {now} FROM {each}",
                id = sql.id(tag::RSVP, "n"),
                meeting = sql.id(tag::MEETING, &format!("n / {RSVPS}")),
                account = account(&format!("n / {RSVPS} / {meetings} * {members} + n % {RSVPS}")),
                each = rows(partnerships * meetings * RSVPS),
            ),
        ),
        (
            "officers' logs",
            format!(
                "INSERT INTO officer_logs (id, officer_id, agency_id, client_uuid, attended_on, starts_at, ends_at, time_zone, group_kind, group_name, area_id, role,
                        community_count, police_count, agency_count, summary, details, is_late, state, submitted_at, version, created_at, updated_at)
                 SELECT {id}, {officer}, {agency}, {id}, '2026-11-01', {starts_at}, {ends_at}, 'America/Chicago', 'neighborhood_watch', 'Watch ' || (n % {LOGS}), {area_of_l}, 'attended',
                        12, 1, 0, 'Lamps behind the laundry, and cars without plates.',
                        '{{\"topics\":[],\"concerns\":[],\"commitments\":[],\"follow_ups\":[],\"referrals\":[],\"handouts\":null,\"language\":null,\"next_date\":null}}',
                        FALSE, 'submitted', {now}, 1, {now}, {now} FROM {each}",
                id = sql.id(tag::LOG, "n"),
                officer = account(&format!("n / {LOGS} * {members} + {members} - 1")),
                starts_at = sql.at(&visited),
                ends_at = sql.at(&format!("{visited} + 3600000000")),
                each = rows(partnerships * LOGS),
            ),
        ),
    ]
}
