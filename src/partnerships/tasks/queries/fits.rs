//! How people stand to a task: what its score and what its obstacles are made from, for a page of people at once.

use std::collections::{HashMap, HashSet};

use chrono::Datelike as _;
use diesel::dsl::{count_star, sum};
use diesel::prelude::*;

use super::{assignments, offers};
use crate::accounts::AccountKind;
use crate::ids::{AccountId, PartnershipId};
use crate::partnerships::tasks::feasibility::{ASK_AGAIN_AFTER, Circumstances, Window};
use crate::partnerships::tasks::matching::{Fit, MENTOR_LEVEL, RECENT, SkillNeeded};
use crate::partnerships::tasks::model::{Task, TaskSkill, TaskTopic};
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, among};
use crate::platform::error::Result;
use crate::schema::{
    account_availability as availability, account_growth as growth, account_interests as interests,
    account_languages as languages, account_preferences as preferences, account_skills as skills,
    accounts as accounts_table, task_assignments,
};

/// A task with what it asks for.
pub struct Asked<'t> {
    pub task: &'t Task,
    pub skills: &'t [TaskSkill],
    pub topics: &'t [TaskTopic],
}

/// How each of these fits: a fixed number of statements, whoever they are and however many members there are.
pub fn fits(conn: &mut Conn, of: &Asked<'_>, people: &[AccountId], now: Instant) -> Result<HashMap<AccountId, Fit>> {
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    let keys: Vec<String> = of.skills.iter().map(|skill| skill.skill_key.clone()).collect();
    let topics: Vec<String> = of.topics.iter().map(|topic| topic.topic_key.clone()).collect();
    // The mentor's own skills come with everybody's.
    let with_mentor: Vec<AccountId> = people.iter().copied().chain(of.task.mentor_id).collect();
    let (mut levels, mut wanted) = (HashMap::new(), HashSet::new());
    if !keys.is_empty() {
        let rows: Vec<(AccountId, String, i32)> = skills::table
            .filter(among(skills::account_id, with_mentor).and(among(skills::skill_key, keys.clone())))
            .select((skills::account_id, skills::skill_key, skills::level))
            .load(conn)?;
        levels.extend(rows.into_iter().map(|(account, key, level)| ((account, key), level)));
        let rows: Vec<(AccountId, String)> = growth::table
            .filter(among(growth::account_id, people.to_vec()).and(among(growth::skill_key, keys)))
            .select((growth::account_id, growth::skill_key))
            .load(conn)?;
        wanted.extend(rows);
    }
    let mut strengths: HashMap<AccountId, i32> = HashMap::new();
    if !topics.is_empty() {
        let rows: Vec<(AccountId, i32)> = interests::table
            .filter(among(interests::account_id, people.to_vec()).and(among(interests::topic_key, topics)))
            .select((interests::account_id, interests::strength))
            .load(conn)?;
        for (account, strength) in rows {
            let strongest = strengths.entry(account).or_default();
            *strongest = strength.max(*strongest);
        }
    }
    let accepted = counted(conn, of.task.partnership_id, people, Some(now.minus(RECENT)))?;
    let led = counted(conn, of.task.partnership_id, people, None)?;
    let level = |who: AccountId, key: &str| levels.get(&(who, key.to_owned())).copied().unwrap_or(0);
    let fit = |who: AccountId| Fit {
        skills: of
            .skills
            .iter()
            .map(|skill| SkillNeeded {
                min_level: skill.min_level,
                essential: skill.essential,
                mentored: of.task.mentor_id.is_some_and(|mentor| level(mentor, &skill.skill_key) >= MENTOR_LEVEL),
                level: level(who, &skill.skill_key),
                wanted: wanted.contains(&(who, skill.skill_key.clone())),
            })
            .collect(),
        strength: strengths.get(&who).copied().unwrap_or(0),
        accepted_recently: accepted.get(&who).copied().unwrap_or(0),
        led: led.get(&who).copied().unwrap_or(0),
        leads_others: of.task.leads_others,
    };
    Ok(people.iter().map(|who| (*who, fit(*who))).collect())
}

/// Tasks that each accepted in the partnership since then; without a time, those ever in which they lead others.
fn counted(
    conn: &mut Conn,
    of: PartnershipId,
    people: &[AccountId],
    since: Option<Instant>,
) -> Result<HashMap<AccountId, i64>> {
    let query = task_assignments::table
        .filter(among(task_assignments::account_id, people.to_vec()).and(task_assignments::partnership_id.eq(of)))
        .group_by(task_assignments::account_id)
        .select((task_assignments::account_id, count_star()))
        .into_boxed();
    let query = match since {
        Some(since) => query.filter(task_assignments::accepted_at.gt(since)),
        None => query.filter(task_assignments::leads_others.eq(true)),
    };
    let rows: Vec<(AccountId, i64)> = query.load(conn)?;
    Ok(rows.into_iter().collect())
}

/// What beside skills and interests is known of each.
pub fn circumstances(
    conn: &mut Conn,
    task: &Task,
    people: &[AccountId],
    now: Instant,
) -> Result<HashMap<AccountId, (Circumstances, Option<Instant>)>> {
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    let mut found: HashMap<AccountId, (Circumstances, Option<Instant>)> = HashMap::new();
    let rows: Vec<(AccountId, AccountKind, Option<i32>)> = accounts_table::table
        .filter(among(accounts_table::id, people.to_vec()))
        .select((accounts_table::id, accounts_table::kind, accounts_table::max_hours_month))
        .load(conn)?;
    for (account, kind, max_hours_month) in rows {
        found.insert(account, (Circumstances { side: kind.side(), max_hours_month, ..Circumstances::default() }, None));
    }
    let rows: Vec<(AccountId, i32, String, String)> = availability::table
        .filter(among(availability::account_id, people.to_vec()))
        .select((availability::account_id, availability::weekday, availability::starts, availability::ends))
        .load(conn)?;
    for (account, weekday, starts, ends) in rows {
        if let Some((person, _)) = found.get_mut(&account) {
            person.windows.push(Window { weekday, starts, ends });
        }
    }
    let rows: Vec<(AccountId, String)> = languages::table
        .filter(among(languages::account_id, people.to_vec()))
        .select((languages::account_id, languages::language))
        .load(conn)?;
    for (account, language) in rows {
        if let Some((person, _)) = found.get_mut(&account) {
            person.languages.push(language);
        }
    }
    let wanting: Vec<AccountId> = preferences::table
        .filter(among(preferences::account_id, people.to_vec()).and(preferences::wants_more_offers.eq(true)))
        .select(preferences::account_id)
        .load(conn)?;
    let busy = match task.slot() {
        Some(slot) => assignments::busy(conn, people, slot)?,
        None => Vec::new(),
    };
    let hours = hours_this_month(conn, people, now)?;
    let asked = offers::last_asked(conn, people)?;
    for (account, (person, last_asked_at)) in &mut found {
        person.wants_more_offers = wanting.contains(account);
        person.is_busy = busy.contains(account);
        person.hours_this_month = hours.get(account).copied().unwrap_or(0);
        *last_asked_at = asked.get(account).copied();
        person.asked_recently = last_asked_at.is_some_and(|at| at > now.minus(ASK_AGAIN_AFTER));
    }
    Ok(found)
}

/// Estimated hours of the tasks that each accepted in this calendar month (UTC), in all partnerships.
fn hours_this_month(conn: &mut Conn, people: &[AccountId], now: Instant) -> Result<HashMap<AccountId, i64>> {
    let first = now.date().with_day(1).and_then(|day| day.and_hms_opt(0, 0, 0)).map(|day| day.and_utc().into());
    let rows: Vec<(AccountId, Option<i64>)> = task_assignments::table
        .filter(among(task_assignments::account_id, people.to_vec()))
        .filter(task_assignments::accepted_at.ge(first.unwrap_or(now)))
        .group_by(task_assignments::account_id)
        .select((task_assignments::account_id, sum(task_assignments::effort_hours)))
        .load(conn)?;
    Ok(rows.into_iter().map(|(account, hours)| (account, hours.unwrap_or(0))).collect())
}

/// The same for one person.
pub fn fit_of(conn: &mut Conn, of: &Asked<'_>, person: AccountId, now: Instant) -> Result<Fit> {
    Ok(fits(conn, of, &[person], now)?.remove(&person).unwrap_or_default())
}

/// When somebody was last asked for anything, where that is too recently to ask again.
pub fn asked_too_recently(conn: &mut Conn, person: AccountId, now: Instant) -> Result<Option<Instant>> {
    let last = offers::last_asked(conn, &[person])?.remove(&person).filter(|at| *at > now.minus(ASK_AGAIN_AFTER));
    let Some(last) = last else { return Ok(None) };
    let wants_more: Option<bool> =
        preferences::table.find(person).select(preferences::wants_more_offers).first(conn).optional()?;
    Ok((wants_more != Some(true)).then_some(last))
}
