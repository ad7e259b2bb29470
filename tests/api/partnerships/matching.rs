//! Candidates for tasks: the database picks the same people in the same order as the formula does over everybody, nothing
//! but skill, interest and chances counts, and it costs those who fit, not all members.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant as Stopwatch;

use diesel::connection::{Connection as _, InstrumentationEvent};
use diesel::prelude::*;
use serde_json::{Value, json};
use threekeys::ids::{AccountId, MembershipId, PartnershipId, TaskId};
use threekeys::insert_all;
use threekeys::platform::clock::{Instant, days};
use threekeys::platform::db::AnyId;
use threekeys::schema::{
    account_availability, account_growth, account_interests, account_skills, accounts, memberships, task_assignments,
    task_offers, tasks,
};

use super::tasks::task_body;
use crate::support::forming::Formed;
use crate::support::{Answer, App, Person};

/// Numbers that are the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
    fn number(&mut self, sides: i32) -> i32 {
        i32::try_from(self.below(u64::try_from(sides).unwrap())).unwrap()
    }
    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// What is known of a member here.
#[derive(Debug, Clone, Default)]
struct Known {
    id: Option<AccountId>,
    /// Skill → level.
    skills: Vec<(String, i32)>,
    growth: Vec<String>,
    /// Topic → strength.
    interests: Vec<(String, i32)>,
    /// When each task was accepted, and whether one leads others in it.
    accepted: Vec<(Instant, bool)>,
    asked: Vec<Instant>,
}

/// Civilians who are members of the partnership, made in bulk.
async fn members(app: &App, of: PartnershipId, people: Vec<Known>) -> Vec<Known> {
    let now = app.now();
    let people: Vec<Known> = people.into_iter().map(|person| Known { id: Some(AccountId::new()), ..person }).collect();
    let given = people.clone();
    app.db(move |conn| {
        for some in given.chunks(500) {
            let rows: Vec<_> = some
                .iter()
                .map(|person| {
                    let id = person.id.unwrap();
                    (
                        accounts::id.eq(id),
                        accounts::kind.eq("citizen"),
                        accounts::state.eq("active"),
                        accounts::email.eq(format!("{id}@example.org")),
                        accounts::email_key.eq(format!("{id}@example.org")),
                        accounts::display_name.eq(format!("Neighbor {id}")),
                        accounts::name_key.eq(format!("neighbor {id}")),
                        accounts::shares_contact.eq(false),
                        accounts::password_hash.eq("none"),
                        accounts::version.eq(1_i64),
                        accounts::created_at.eq(now),
                        accounts::updated_at.eq(now),
                    )
                })
                .collect();
            insert_all!(conn, accounts::table, &rows)?;
            let rows: Vec<_> = some
                .iter()
                .map(|person| {
                    (
                        memberships::id.eq(MembershipId::new()),
                        memberships::partnership_id.eq(of),
                        memberships::account_id.eq(person.id.unwrap()),
                        memberships::side.eq("civilian"),
                        memberships::role.eq("member"),
                        memberships::state.eq("active"),
                        memberships::joined_at.eq(now),
                        memberships::version.eq(1_i64),
                        memberships::created_at.eq(now),
                        memberships::updated_at.eq(now),
                    )
                })
                .collect();
            insert_all!(conn, memberships::table, &rows)?;
            let skills: Vec<_> = some
                .iter()
                .flat_map(|person| person.skills.iter().map(|(skill, level)| (person.id.unwrap(), skill, level)))
                .map(|(id, skill, level)| {
                    (
                        account_skills::account_id.eq(id),
                        account_skills::skill_key.eq(skill.clone()),
                        account_skills::skill.eq(skill.clone()),
                        account_skills::level.eq(*level),
                    )
                })
                .collect();
            insert_all!(conn, account_skills::table, &skills)?;
            let growth: Vec<_> = some
                .iter()
                .flat_map(|person| person.growth.iter().map(|skill| (person.id.unwrap(), skill)))
                .map(|(id, skill)| {
                    (
                        account_growth::account_id.eq(id),
                        account_growth::skill_key.eq(skill.clone()),
                        account_growth::skill.eq(skill.clone()),
                    )
                })
                .collect();
            insert_all!(conn, account_growth::table, &growth)?;
            let interests: Vec<_> = some
                .iter()
                .flat_map(|person| {
                    person.interests.iter().map(|(topic, strength)| (person.id.unwrap(), topic, strength))
                })
                .map(|(id, topic, strength)| {
                    (
                        account_interests::account_id.eq(id),
                        account_interests::topic_key.eq(topic.clone()),
                        account_interests::topic.eq(topic.clone()),
                        account_interests::strength.eq(*strength),
                    )
                })
                .collect();
            insert_all!(conn, account_interests::table, &interests)?;
            for person in some {
                for (at, leads) in &person.accepted {
                    history(conn, of, person.id.unwrap(), *at, *leads)?;
                }
                for at in &person.asked {
                    asked(conn, of, person.id.unwrap(), *at)?;
                }
            }
        }
        Ok(())
    })
    .await;
    people
}

type Conn = threekeys::platform::db::Conn;

fn plain_task(conn: &mut Conn, of: PartnershipId, by: AccountId, at: Instant) -> QueryResult<TaskId> {
    let id = TaskId::new();
    diesel::insert_into(tasks::table)
        .values((
            tasks::id.eq(id),
            tasks::partnership_id.eq(of),
            tasks::title.eq("Of old"),
            tasks::description.eq("Of old"),
            tasks::state.eq("in_progress"),
            tasks::purpose.eq("partnership"),
            tasks::effort_hours.eq(2),
            tasks::police_role.eq("none"),
            tasks::leads_others.eq(false),
            tasks::created_by_id.eq(by),
            tasks::version.eq(1_i64),
            tasks::created_at.eq(at),
            tasks::updated_at.eq(at),
        ))
        .execute(conn)?;
    Ok(id)
}

fn history(conn: &mut Conn, of: PartnershipId, who: AccountId, at: Instant, leads: bool) -> QueryResult<usize> {
    let task = plain_task(conn, of, who, at)?;
    diesel::insert_into(task_assignments::table)
        .values((
            task_assignments::task_id.eq(task),
            task_assignments::partnership_id.eq(of),
            task_assignments::account_id.eq(who),
            task_assignments::side.eq("civilian"),
            task_assignments::basis.eq("volunteered"),
            task_assignments::leads_others.eq(leads),
            task_assignments::effort_hours.eq(2),
            task_assignments::overlap_allowed.eq(false),
            task_assignments::accepted_at.eq(at),
        ))
        .execute(conn)
}

fn asked(conn: &mut Conn, of: PartnershipId, who: AccountId, at: Instant) -> QueryResult<usize> {
    let task = plain_task(conn, of, who, at)?;
    diesel::insert_into(task_offers::table)
        .values((
            task_offers::id.eq(AnyId::new()),
            task_offers::task_id.eq(task),
            task_offers::account_id.eq(who),
            task_offers::offered_by_id.eq(who),
            task_offers::basis.eq("skill"),
            task_offers::state.eq("ended"),
            task_offers::expires_at.eq(at.plus(days(5))),
            task_offers::created_at.eq(at),
        ))
        .execute(conn)
}

const SKILLS: [&str; 5] = ["spanish", "lamps", "first aid", "minutes", "driving"];
const TOPICS: [&str; 4] = ["lights", "children", "lots", "dogs"];

fn anybody(dice: &mut Dice, now: Instant) -> Known {
    let mut person = Known::default();
    for skill in SKILLS {
        if dice.chance(35) {
            person.skills.push((skill.into(), 1 + dice.number(4)));
        }
        if dice.chance(20) {
            person.growth.push(skill.into());
        }
    }
    for topic in TOPICS {
        if dice.chance(25) {
            person.interests.push((topic.into(), 1 + dice.number(3)));
        }
    }
    for _ in 0..dice.below(4) {
        person.accepted.push((now.minus(days(dice.below(200))), dice.chance(30)));
    }
    for _ in 0..dice.below(2) {
        person.asked.push(now.minus(days(dice.below(60))));
    }
    person
}

/// What a task asks for.
struct Asked {
    skills: Vec<(&'static str, i32, bool)>,
    topics: Vec<&'static str>,
    leads: bool,
    mentor: Option<Known>,
}

fn anything(dice: &mut Dice, people: &[Known]) -> Asked {
    let mut asked = Asked { skills: Vec::new(), topics: Vec::new(), leads: dice.chance(50), mentor: None };
    for skill in SKILLS {
        if dice.chance(40) {
            asked.skills.push((skill, 1 + dice.number(4), dice.chance(40)));
        }
    }
    asked.topics.extend(TOPICS.into_iter().filter(|_| dice.chance(40)));
    let mentor = usize::try_from(dice.below(u64::try_from(people.len()).unwrap())).unwrap();
    asked.mentor = dice.chance(60).then(|| people[mentor].clone());
    asked
}

impl Asked {
    fn body(&self) -> Value {
        let skills = self.skills.iter();
        let skills: Vec<Value> = skills
            .map(|(s, level, essential)| json!({"skill": s, "min_level": level, "essential": essential}))
            .collect();
        let mentor = self.mentor.as_ref().map(|mentor| mentor.id.unwrap());
        task_body(json!({
            "required_skills": skills, "topics": self.topics, "leads_others": self.leads, "mentor_id": mentor
        }))
    }

    /// The formula of the chapter, over one person, in exact thousandths of what is rounded: `None` who does not fit.
    fn score(&self, person: &Known, now: Instant) -> Option<i64> {
        let level = |of: &Known, skill: &str| of.skills.iter().find(|(s, _)| s == skill).map_or(0, |(_, level)| *level);
        let (mut sum, mut unmet) = (0.0, false);
        for (skill, least, essential) in &self.skills {
            let mentored = self.mentor.as_ref().is_some_and(|mentor| level(mentor, skill) >= 3);
            let learns = mentored && person.growth.iter().any(|s| s == skill);
            let able = f64::from(level(person, skill).min(*least)) / f64::from(*least);
            sum += if learns { able.max(0.6) } else { able };
            unmet |= *essential && level(person, skill) < *least && !learns;
        }
        let n = f64::from(u32::try_from(self.skills.len()).unwrap());
        let skill_fit = if self.skills.is_empty() || unmet { 0.0 } else { sum / n };
        let strength =
            person.interests.iter().filter(|(topic, _)| self.topics.contains(&topic.as_str())).map(|(_, s)| *s).max();
        let interest_fit = f64::from(strength.unwrap_or(0)) / 3.0;
        if skill_fit == 0.0 && interest_fit == 0.0 {
            return None;
        }
        let recent = person.accepted.iter().filter(|(at, _)| *at > now.minus(days(90))).count();
        let first = self.leads && !person.accepted.iter().any(|(_, leads)| *leads);
        let opportunity = 0.6 / f64::from(u32::try_from(1 + recent).unwrap()) + if first { 0.4 } else { 0.0 };
        let score = match self.skills.is_empty() {
            true => 65.0 * interest_fit + 35.0 * opportunity,
            false => 45.0 * skill_fit + 35.0 * interest_fit + 20.0 * opportunity,
        };
        // Halves go up, however doubles miss them.
        let whole = (0..=100_u8).rev().find(|whole| f64::from(*whole) <= score + 0.5 + 1e-9);
        whole.map(i64::from)
    }

    /// Everybody who fits, in order: the naive way.
    fn ranked(&self, people: &[Known], now: Instant) -> Vec<(AccountId, i64)> {
        let mut all: Vec<_> = people
            .iter()
            .filter(|person| self.mentor.as_ref().is_none_or(|mentor| mentor.id != person.id))
            .filter_map(|person| {
                let led = person.accepted.iter().filter(|(_, leads)| *leads).count();
                let last = person.asked.iter().max().copied();
                self.score(person, now).map(|score| (std::cmp::Reverse(score), led, last, person.id.unwrap()))
            })
            .collect();
        all.sort_unstable();
        all.into_iter().map(|(score, _, _, id)| (id, score.0)).collect()
    }
}

async fn candidates(app: &App, by: &Person, task: &str, limit: usize) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/tasks/{task}/candidates?limit={limit}&include=total{cursor}");
        let page = app.get(path).by(by).send().await.expect(200);
        found.extend(page.items().iter().cloned());
        let Some(next) = page.body["next_cursor"].as_str() else {
            assert_eq!(page.body["total"], json!(found.len()));
            return found;
        };
        cursor = format!("&cursor={next}");
    }
}

fn partnership(p: &Formed) -> PartnershipId {
    p.id.parse().unwrap()
}

async fn the_database_ranks_as_the_formula_does(app: App) {
    let (p, other) = (app.led().await, app.led().await);
    let mut dice = Dice(0x5eed_cafe);
    let now = app.now();
    let crowd = (0..90).map(|_| anybody(&mut dice, now)).collect();
    let people = members(&app, partnership(&p), crowd).await;
    // Members of another partnership fit as well, and are none of ours.
    let crowd = (0..30).map(|_| anybody(&mut dice, now)).collect();
    members(&app, partnership(&other), crowd).await;
    for round in 0..25 {
        let asked = anything(&mut dice, &people);
        let task = app.post(p.path("/tasks")).by(&p.resident).json(asked.body()).send().await.expect(201).id();
        let found = candidates(&app, &p.resident, &task, 1 + usize::try_from(dice.below(40)).unwrap()).await;
        let ours: Vec<(AccountId, i64)> = found
            .iter()
            .map(|item| (item["id"].as_str().unwrap().parse().unwrap(), item["match"]["score"].as_i64().unwrap()))
            .collect();
        assert_eq!(ours, asked.ranked(&people, now), "round {round}: {:#}", asked.body());
        for item in &found {
            let of = |name: &str| item["match"][name].as_f64().unwrap();
            let sum = of("skill_points") + of("interest_points") + of("opportunity_points");
            assert!((sum - of("score")).abs() <= 0.5 + 1e-9, "{item:#}");
        }
    }
}

async fn availability_filters_and_never_scores(app: App) {
    let p = app.led().await;
    let mut dice = Dice(7);
    let now = app.now();
    let crowd = (0..40).map(|_| anybody(&mut dice, now)).collect();
    let people = members(&app, partnership(&p), crowd).await;
    let mut asked = anything(&mut dice, &people);
    asked.topics = TOPICS.to_vec();
    let mut body = asked.body();
    // A Tuesday evening in Kansas City.
    (body["starts_at"], body["ends_at"]) = (json!("2027-03-03T00:00:00Z"), json!("2027-03-03T02:00:00Z"));
    body["language"] = json!("es");
    let task = app.post(p.path("/tasks")).by(&p.resident).json(body).send().await.expect(201).id();
    let before = candidates(&app, &p.resident, &task, 50).await;
    assert!(before.len() > 10);
    let ids: Vec<AccountId> = people.iter().map(|person| person.id.unwrap()).collect();
    app.db(move |conn| {
        for (n, id) in ids.iter().enumerate() {
            let weekday = if n % 2 == 0 { 2 } else { 4 };
            diesel::insert_into(account_availability::table)
                .values((
                    account_availability::account_id.eq(id),
                    account_availability::weekday.eq(weekday),
                    account_availability::starts.eq("18:00"),
                    account_availability::ends.eq("20:00"),
                ))
                .execute(conn)?;
            diesel::update(accounts::table.find(id))
                .set(accounts::max_hours_month.eq(i32::try_from(n % 3).unwrap()))
                .execute(conn)?;
        }
        Ok(())
    })
    .await;
    let after = candidates(&app, &p.resident, &task, 50).await;
    let fits = |found: &[Value]| -> Vec<Value> { found.iter().map(|c| json!([c["id"], c["match"]])).collect() };
    assert_eq!(fits(&before), fits(&after), "neither order nor score nor any part of it");
    let feasible = |found: &[Value]| found.iter().filter(|c| c["feasible"] == true).count();
    assert!(feasible(&after) < feasible(&before), "{} of {}", feasible(&after), feasible(&before));
    let why = json!(after).to_string();
    assert!(why.contains("unavailable") && why.contains("hours_full"), "{why}");
    for candidate in &after {
        assert_eq!(candidate["feasible"], json!(candidate["why"].as_array().unwrap().is_empty()));
    }
}

async fn ten_thousand_members_cost_as_a_hundred_do(app: App) {
    let app = app.reconfigured(|config| config.database.readers = 1).await;
    let (small, large) = (app.led().await, app.led().await);
    let mut found = Vec::new();
    let statements = Arc::new(AtomicUsize::new(0));
    let counter = statements.clone();
    app.state
        .db
        .read(move |conn| {
            conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
                if matches!(event, InstrumentationEvent::StartQuery { .. }) {
                    counter.fetch_add(1, Ordering::Relaxed);
                }
            });
            Ok(())
        })
        .await
        .unwrap();
    for (p, size) in [(&small, 100), (&large, 10_000)] {
        let mut dice = Dice(99);
        // Sixty fit in each; the others can other things and like other things.
        let crowd = (0..size)
            .map(|n| {
                let mut person = Known::default();
                let own = format!("{} {}", p.id, n % 400);
                let skill = if n < 60 { p.id.clone() } else { own.clone() };
                person.skills.push((skill, 1 + dice.number(4)));
                person.skills.push(("walking".into(), 1 + dice.number(4)));
                person.interests.push((if n < 60 { "lights".into() } else { own }, 1 + dice.number(3)));
                person
            })
            .collect();
        members(&app, partnership(p), crowd).await;
        let body = task_body(json!({
            "required_skills": [{"skill": p.id, "min_level": 3}], "topics": ["Unheard of"], "leads_others": true
        }));
        found.push(app.post(p.path("/tasks")).by(&p.resident).json(body).send().await.expect(201).id());
    }
    app.db(|conn| match conn {
        threekeys::platform::db::Conn::Pg(conn) => diesel::sql_query("ANALYZE").execute(conn),
        threekeys::platform::db::Conn::Sqlite(_) => Ok(0),
    })
    .await;
    let mut costs = Vec::new();
    for (p, task) in [(&small, &found[0]), (&large, &found[1])] {
        let ask = || app.get(format!("/tasks/{task}/candidates?limit=20")).by(&p.resident).unchecked().send();
        let first: Answer = ask().await.expect(200);
        assert_eq!(first.items().len(), 20);
        let before = statements.load(Ordering::Relaxed);
        ask().await.expect(200);
        let asked = statements.load(Ordering::Relaxed) - before;
        let mut times = Vec::new();
        for _ in 0..31 {
            let watch = Stopwatch::now();
            ask().await.expect(200);
            times.push(watch.elapsed());
        }
        times.sort_unstable();
        costs.push((asked, times[10]));
    }
    let [(few, quick), (many, slow)] = costs[..] else { panic!("two partnerships") };
    assert_eq!(few, many, "as many statements");
    assert!(many <= 30 && many > 5, "{many} statements");
    assert!(slow < quick * 4, "{slow:?} among ten thousand, {quick:?} among a hundred");
    // Where all of them fit, all of them are ranked, by the database; what comes back is a page all the same.
    let body = task_body(json!({"required_skills": [{"skill": "Walking", "min_level": 2}]}));
    let all = app.post(large.path("/tasks")).by(&large.resident).json(body).send().await.expect(201).id();
    let before = statements.load(Ordering::Relaxed);
    let watch = Stopwatch::now();
    let page = app.get(format!("/tasks/{all}/candidates?limit=20")).by(&large.resident).unchecked().send().await;
    let time = watch.elapsed();
    assert_eq!(page.expect(200).items().len(), 20);
    assert!(statements.load(Ordering::Relaxed) - before <= many, "no more statements");
    assert!(time.as_secs_f64() < 2.0, "{time:?} where ten thousand fit");
}

both_engines![
    the_database_ranks_as_the_formula_does,
    availability_filters_and_never_scores,
    ten_thousand_members_cost_as_a_hundred_do
];
