//! The skills that a group has words for.

use diesel::prelude::*;

use crate::ids::{AccountId, PartnershipId};
use crate::insert_all;
use crate::partnerships::tasks::model::{GroupSkill, GroupSkillId, TaskSkill};
use crate::platform::clock::Instant;
use crate::platform::db::{Conn, OnConflict, Unique, among};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::group_skills;

/// Each skill stands in a group's list once.
pub const ONE_EACH: Unique =
    Unique { index: "group_skills_one_each", columns: "group_skills.partnership_id, group_skills.skill_key" };

/// Adds a skill.
///
/// # Errors
/// A conflict when it is there already.
pub fn insert(conn: &mut Conn, skill: &GroupSkill) -> Result<()> {
    diesel::insert_into(group_skills::table)
        .values(skill)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_EACH, || Error::conflict("The group's list has that skill already."))
}

/// Adds what a task requires and the list does not have. The caller holds the partnership.
pub fn extend(conn: &mut Conn, of: PartnershipId, skills: &[TaskSkill], by: AccountId, now: Instant) -> Result<()> {
    if skills.is_empty() {
        return Ok(());
    }
    let known: Vec<String> = group_skills::table
        .filter(group_skills::partnership_id.eq(of))
        .filter(among(group_skills::skill_key, skills.iter().map(|skill| skill.skill_key.clone())))
        .select(group_skills::skill_key)
        .load(conn)?;
    let new: Vec<GroupSkill> = skills
        .iter()
        .filter(|skill| !known.contains(&skill.skill_key))
        .map(|skill| GroupSkill {
            id: GroupSkillId::new(),
            partnership_id: of,
            skill_key: skill.skill_key.clone(),
            skill: skill.skill.clone(),
            added_by_id: by,
            created_at: now,
        })
        .collect();
    if !new.is_empty() {
        insert_all!(conn, group_skills::table, &new)?;
    }
    Ok(())
}

/// A group's skills, in the order of their words.
pub fn list<F>(conn: &mut Conn, of: PartnershipId, listing: &Listing<F>) -> Result<Page<GroupSkill>> {
    let mut query = group_skills::table.filter(group_skills::partnership_id.eq(of)).into_boxed();
    if let Some(after) = listing.after::<String>()? {
        query = query.filter(group_skills::skill_key.gt(after));
    }
    let rows =
        query.order(group_skills::skill_key).limit(listing.fetch()).select(GroupSkill::as_select()).load(conn)?;
    let all = group_skills::table.filter(group_skills::partnership_id.eq(of));
    let total = if listing.total { Some(all.count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| row.skill_key.clone()).with_total(total))
}
