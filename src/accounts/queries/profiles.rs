//! Skills, interests, wishes to learn, languages.

use diesel::prelude::*;

use crate::ids::AccountId;
use crate::insert_all;
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::schema::{account_growth, account_interests, account_languages, account_skills};

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = account_skills, treat_none_as_default_value = false)]
pub struct SkillRow {
    pub account_id: AccountId,
    pub skill_key: String,
    pub skill: String,
    pub level: i32,
    pub evidence: Option<String>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = account_interests, treat_none_as_default_value = false)]
pub struct InterestRow {
    pub account_id: AccountId,
    pub topic_key: String,
    pub topic: String,
    pub strength: i32,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = account_growth, treat_none_as_default_value = false)]
pub struct GrowthRow {
    pub account_id: AccountId,
    pub skill_key: String,
    pub skill: String,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = account_languages, treat_none_as_default_value = false)]
pub struct LanguageRow {
    pub account_id: AccountId,
    pub language: String,
}

/// Everything that a profile has.
#[derive(Debug, Clone, Default)]
pub struct ProfileRows {
    pub skills: Vec<SkillRow>,
    pub interests: Vec<InterestRow>,
    pub growth: Vec<GrowthRow>,
    pub languages: Vec<LanguageRow>,
}

pub fn find(conn: &mut Conn, id: AccountId) -> Result<ProfileRows> {
    Ok(ProfileRows {
        skills: account_skills::table
            .filter(account_skills::account_id.eq(id))
            .order(account_skills::skill_key)
            .select(SkillRow::as_select())
            .load(conn)?,
        interests: account_interests::table
            .filter(account_interests::account_id.eq(id))
            .order(account_interests::topic_key)
            .select(InterestRow::as_select())
            .load(conn)?,
        growth: account_growth::table
            .filter(account_growth::account_id.eq(id))
            .order(account_growth::skill_key)
            .select(GrowthRow::as_select())
            .load(conn)?,
        languages: account_languages::table
            .filter(account_languages::account_id.eq(id))
            .order(account_languages::language)
            .select(LanguageRow::as_select())
            .load(conn)?,
    })
}

pub fn replace_skills(conn: &mut Conn, id: AccountId, rows: Vec<SkillRow>) -> Result<()> {
    diesel::delete(account_skills::table.filter(account_skills::account_id.eq(id))).execute(conn)?;
    if !rows.is_empty() {
        insert_all!(conn, account_skills::table, &rows)?;
    }
    Ok(())
}

pub fn replace_interests(conn: &mut Conn, id: AccountId, rows: Vec<InterestRow>) -> Result<()> {
    diesel::delete(account_interests::table.filter(account_interests::account_id.eq(id))).execute(conn)?;
    if !rows.is_empty() {
        insert_all!(conn, account_interests::table, &rows)?;
    }
    Ok(())
}

pub fn replace_growth(conn: &mut Conn, id: AccountId, rows: Vec<GrowthRow>) -> Result<()> {
    diesel::delete(account_growth::table.filter(account_growth::account_id.eq(id))).execute(conn)?;
    if !rows.is_empty() {
        insert_all!(conn, account_growth::table, &rows)?;
    }
    Ok(())
}

pub fn replace_languages(conn: &mut Conn, id: AccountId, rows: Vec<LanguageRow>) -> Result<()> {
    diesel::delete(account_languages::table.filter(account_languages::account_id.eq(id))).execute(conn)?;
    if !rows.is_empty() {
        insert_all!(conn, account_languages::table, &rows)?;
    }
    Ok(())
}

/// Removes everything that a profile has.
pub fn clear(conn: &mut Conn, id: AccountId) -> Result<()> {
    replace_skills(conn, id, Vec::new())?;
    replace_interests(conn, id, Vec::new())?;
    replace_growth(conn, id, Vec::new())?;
    replace_languages(conn, id, Vec::new())
}
