//! The best people for a task, picked by the database.
//!
//! Only members, but for the task's own mentor, with a required skill, a wish to learn one with the task's mentor, or an interest in a topic come into it:
//! the indexes on skill, growth and topic lead to them, and the index on membership keeps those of the partnership. Their
//! scores are counted there with the whole numbers of [`Fit::score`](super::super::matching::Fit::score), put in order,
//! and cut to the page. So the cost is that of who fits, however many members there are, and what comes back is a page.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::ids::AccountId;
use crate::on_engine;
use crate::partnerships::tasks::matching::RECENT;
use crate::partnerships::tasks::model::Task;
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, sql};
use crate::platform::error::Result;
use crate::platform::http::{Listing, Page};

/// A place in the order: score from the highest, then fewer tasks in which the person led others, then longer since they
/// were last asked (never is longest: 1970), then the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Candidate {
    #[diesel(sql_type = sql::Uid)]
    pub account_id: AccountId,
    #[diesel(sql_type = BigInt)]
    pub score: i64,
    #[diesel(sql_type = BigInt)]
    pub led: i64,
    #[diesel(sql_type = sql::Micros)]
    pub last_asked: Instant,
}

/// Both engines take numbered places for values, each first named in the order of the numbers. What is measured in units of
/// a skill that is fully met (60; 36 where it is learned) is explained in `matching`. Each step is kept (`MATERIALIZED`), so that
/// nothing is counted twice, and `CROSS JOIN` has SQLite go from those who fit to the members, never the other way.
const BEST: &str = "
WITH wanted AS MATERIALIZED (
    SELECT r.skill_key, r.min_level, r.essential, EXISTS (
        SELECT 1 FROM tasks t JOIN account_skills m ON m.account_id = t.mentor_id
        WHERE t.id = r.task_id AND m.skill_key = r.skill_key AND m.level >= 3
    ) AS mentored
    FROM task_skills r WHERE r.task_id = $1
), topics AS MATERIALIZED (
    SELECT t.topic_key FROM task_topics t WHERE t.task_id = $1
), fitting AS MATERIALIZED (
    SELECT s.account_id FROM wanted w JOIN account_skills s ON s.skill_key = w.skill_key
    UNION SELECT g.account_id FROM wanted w JOIN account_growth g ON g.skill_key = w.skill_key WHERE w.mentored
    UNION SELECT i.account_id FROM topics t JOIN account_interests i ON i.topic_key = t.topic_key
), candidates AS MATERIALIZED (
    SELECT m.account_id FROM fitting f CROSS JOIN memberships m
    WHERE m.account_id = f.account_id AND m.partnership_id = $2 AND m.state = 'active'
        AND m.account_id IS DISTINCT FROM (SELECT t.mentor_id FROM tasks t WHERE t.id = $1)
), skilled AS MATERIALIZED (
    SELECT c.account_id,
        sum(CASE
            WHEN coalesce(s.level, 0) >= w.min_level THEN 60
            WHEN w.mentored AND g.account_id IS NOT NULL AND coalesce(s.level, 0) * 60 / w.min_level < 36 THEN 36
            ELSE coalesce(s.level, 0) * 60 / w.min_level END) AS units,
        max(CASE
            WHEN w.essential AND coalesce(s.level, 0) < w.min_level AND NOT (w.mentored AND g.account_id IS NOT NULL) THEN 1
            ELSE 0 END) AS missing
    FROM candidates c CROSS JOIN wanted w
    LEFT JOIN account_skills s ON s.account_id = c.account_id AND s.skill_key = w.skill_key
    LEFT JOIN account_growth g ON g.account_id = c.account_id AND g.skill_key = w.skill_key
    GROUP BY c.account_id
), liking AS MATERIALIZED (
    SELECT c.account_id, max(i.strength) AS strength
    FROM candidates c CROSS JOIN topics t
    JOIN account_interests i ON i.account_id = c.account_id AND i.topic_key = t.topic_key
    GROUP BY c.account_id
), fits AS MATERIALIZED (
    SELECT c.account_id, CASE WHEN k.missing = 0 THEN k.units ELSE 0 END AS units, coalesce(l.strength, 0) AS strength
    FROM candidates c LEFT JOIN skilled k ON k.account_id = c.account_id LEFT JOIN liking l ON l.account_id = c.account_id
    WHERE k.missing = 0 AND k.units > 0 OR l.strength > 0
), facts AS MATERIALIZED (
    SELECT f.account_id, f.units, f.strength,
        1 + (SELECT count(*) FROM task_assignments a WHERE a.account_id = f.account_id AND a.partnership_id = $2
            AND a.accepted_at > $3) AS times,
        (SELECT count(*) FROM task_assignments a WHERE a.account_id = f.account_id AND a.partnership_id = $2
            AND a.leads_others) AS led,
        coalesce((SELECT max(o.created_at) FROM task_offers o WHERE o.account_id = f.account_id), $4) AS last_asked,
        (SELECT count(*) FROM wanted) AS needed,
        (SELECT CASE WHEN t.leads_others THEN 1 ELSE 0 END FROM tasks t WHERE t.id = $1) AS leads
    FROM fits f
), fractions AS MATERIALIZED (
    SELECT account_id, led, last_asked,
        CASE WHEN needed = 0 THEN 65 * strength * times + 63 + 42 * (CASE WHEN leads = 1 AND led = 0 THEN 1 ELSE 0 END) * times
            ELSE 9 * units * times
                + needed * (140 * strength * times + 144 + 96 * (CASE WHEN leads = 1 AND led = 0 THEN 1 ELSE 0 END) * times)
            END AS numerator,
        CASE WHEN needed = 0 THEN 3 * times ELSE 12 * needed * times END AS denominator
    FROM facts
), scored AS (
    SELECT account_id, led, last_asked,
        CAST((2 * numerator + denominator) / (2 * denominator) AS bigint) AS score
    FROM fractions
)
SELECT account_id, score, led, last_asked FROM scored
WHERE (-score, led, last_asked, account_id) > ($5, $6, $7, $8)
ORDER BY -score, led, last_asked, account_id LIMIT $9";

/// The best candidates behind `after`, at most `limit`.
pub fn best(
    conn: &mut Conn,
    task: &Task,
    after: Option<Candidate>,
    limit: i64,
    now: Instant,
) -> Result<Vec<Candidate>> {
    // Before every place.
    let first = Candidate { account_id: AccountId(uuid::Uuid::nil()), score: 101, led: 0, last_asked: Instant::EPOCH };
    let after = after.unwrap_or(first);
    Ok(on_engine!(conn, |conn| diesel::sql_query(BEST)
        .bind::<sql::Uid, _>(task.id)
        .bind::<sql::Uid, _>(task.partnership_id)
        .bind::<sql::Micros, _>(now.minus(RECENT))
        .bind::<sql::Micros, _>(Instant::EPOCH)
        .bind::<BigInt, _>(-after.score)
        .bind::<BigInt, _>(after.led)
        .bind::<sql::Micros, _>(after.last_asked)
        .bind::<sql::Uid, _>(after.account_id)
        .bind::<BigInt, _>(limit)
        .load(conn))?)
}

/// A page of candidates, the best first.
pub fn list<F>(conn: &mut Conn, task: &Task, listing: &Listing<F>, now: Instant) -> Result<Page<Candidate>> {
    // Never is told apart: it is no instant that a client could send.
    let after = listing.after::<(i64, i64, Option<Instant>, AccountId)>()?;
    let after = after.map(|(score, led, last_asked, account_id)| {
        let last_asked = last_asked.unwrap_or(Instant::EPOCH);
        Candidate { account_id, score, led, last_asked }
    });
    let rows = best(conn, task, after, listing.fetch(), now)?;
    let total = if listing.total { Some(count(conn, task, now)?) } else { None };
    Ok(listing
        .page(rows, |row| {
            let last_asked = (row.last_asked != Instant::EPOCH).then_some(row.last_asked);
            (row.score, row.led, last_asked, row.account_id)
        })
        .with_total(total))
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How many candidates there are.
fn count(conn: &mut Conn, task: &Task, now: Instant) -> Result<i64> {
    let (all, _) = BEST.split_once("\nSELECT account_id, score").unwrap_or((BEST, ""));
    let counted: Counted =
        on_engine!(conn, |conn| diesel::sql_query(format!("{all}\nSELECT count(*) AS count FROM scored"))
            .bind::<sql::Uid, _>(task.id)
            .bind::<sql::Uid, _>(task.partnership_id)
            .bind::<sql::Micros, _>(now.minus(RECENT))
            .bind::<sql::Micros, _>(Instant::EPOCH)
            .get_result(conn))?;
    Ok(counted.count)
}
