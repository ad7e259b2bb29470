//! Skills, interests, wishes to learn, languages; when somebody has time, and how often they want to be asked.

use diesel::prelude::*;

use crate::ids::AccountId;
use crate::insert_all;
use crate::platform::db::Conn;
use crate::platform::error::Result;
use crate::schema::{
    account_availability, account_growth, account_interests, account_languages, account_preferences, account_skills,
};

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

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = account_availability, treat_none_as_default_value = false)]
pub struct AvailabilityRow {
    pub account_id: AccountId,
    pub weekday: i32,
    pub starts: String,
    pub ends: String,
}

/// Everything that a profile has.
#[derive(Debug, Clone, Default)]
pub struct ProfileRows {
    pub skills: Vec<SkillRow>,
    pub interests: Vec<InterestRow>,
    pub growth: Vec<GrowthRow>,
    pub languages: Vec<LanguageRow>,
    pub availability: Vec<AvailabilityRow>,
    pub wants_more_offers: bool,
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
        availability: account_availability::table
            .filter(account_availability::account_id.eq(id))
            .order((account_availability::weekday, account_availability::starts))
            .select(AvailabilityRow::as_select())
            .load(conn)?,
        wants_more_offers: account_preferences::table
            .find(id)
            .select(account_preferences::wants_more_offers)
            .first(conn)
            .optional()?
            .unwrap_or(false),
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

pub fn replace_availability(conn: &mut Conn, id: AccountId, rows: Vec<AvailabilityRow>) -> Result<()> {
    diesel::delete(account_availability::table.filter(account_availability::account_id.eq(id))).execute(conn)?;
    if !rows.is_empty() {
        insert_all!(conn, account_availability::table, &rows)?;
    }
    Ok(())
}

/// Keeps that somebody wants to be asked more often; that they do not is what is assumed of everybody.
pub fn replace_wants_more_offers(conn: &mut Conn, id: AccountId, wants: bool) -> Result<()> {
    diesel::delete(account_preferences::table.find(id)).execute(conn)?;
    if wants {
        let row = (account_preferences::account_id.eq(id), account_preferences::wants_more_offers.eq(true));
        diesel::insert_into(account_preferences::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// Removes everything that a profile has.
pub fn clear(conn: &mut Conn, id: AccountId) -> Result<()> {
    replace_skills(conn, id, Vec::new())?;
    replace_interests(conn, id, Vec::new())?;
    replace_growth(conn, id, Vec::new())?;
    replace_languages(conn, id, Vec::new())?;
    replace_availability(conn, id, Vec::new())?;
    replace_wants_more_offers(conn, id, false)
}
