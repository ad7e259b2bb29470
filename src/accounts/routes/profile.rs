//! Skills, interests, wishes to learn and languages: tasks are given by interest and skill, not mere availability. When
//! somebody has time only filters.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::actor::{Ctx, hold_own};
use crate::accounts::events;
use crate::accounts::policy::{self, Action, NOBODY};
use crate::accounts::queries::accounts::{self, AccountChanges};
use crate::accounts::queries::profiles::{
    self, AvailabilityRow, GrowthRow, InterestRow, LanguageRow, ProfileRows, SkillRow,
};
use crate::ids::AccountId;
use crate::platform::error::{Error, FieldCode, FieldError, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{Check, IfMatch, Reply, Valid, Versioned, wrong};
use crate::platform::text::{Language, Line, TimeOfDay, fold};
use crate::platform::values::{Change, List, Whole};

/// A skill that somebody has.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"skill": "Spanish interpreting", "level": 4, "evidence": "Court interpreter for six years"}))]
pub struct SkillEntry {
    /// What.
    pub skill: Line<1, 60>,
    /// 1 aware, 2 can help, 3 can do alone, 4 can teach.
    pub level: Whole<1, 4>,
    /// Where it was shown.
    pub evidence: Option<Line<1, 200>>,
}

/// A topic that somebody likes to work on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"topic": "Street lighting", "strength": 3}))]
pub struct InterestEntry {
    /// What.
    pub topic: Line<1, 60>,
    /// 1 some, 2 much, 3 most.
    pub strength: Whole<1, 3>,
}

/// When somebody usually has time.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"weekday": 6, "starts": "09:00", "ends": "13:00"}))]
pub struct AvailabilityEntry {
    /// From Monday, 1, to Sunday, 7.
    pub weekday: Whole<1, 7>,
    /// From when, on the clock of the agency that hosts a partnership.
    pub starts: TimeOfDay,
    /// Until when, on the same day.
    pub ends: TimeOfDay,
}

/// What somebody can, likes, wants to learn and speaks.
#[derive(Debug, Serialize, ToSchema)]
pub struct Profile {
    /// The account.
    pub account_id: AccountId,
    /// What the person can.
    pub skills: Vec<SkillShown>,
    /// What the person likes to work on.
    pub interests: Vec<InterestShown>,
    /// Skills that the person wants to learn.
    pub growth: Vec<String>,
    /// Languages that the person speaks (BCP 47).
    pub languages: Vec<String>,
    /// When the person usually has time; empty means that nothing is said. Only filters: it never changes how well a task
    /// fits.
    pub availability: Vec<AvailabilityShown>,
    /// Whether the person wants to be asked more often than once in seven days.
    pub wants_more_offers: bool,
    /// The account's version.
    pub version: i64,
}

/// When somebody usually has time.
#[derive(Debug, Serialize, ToSchema)]
pub struct AvailabilityShown {
    /// From Monday, 1, to Sunday, 7.
    pub weekday: i32,
    /// From when.
    #[schema(value_type = TimeOfDay)]
    pub starts: String,
    /// Until when.
    #[schema(value_type = TimeOfDay)]
    pub ends: String,
}

/// A skill in a profile.
#[derive(Debug, Serialize, ToSchema)]
pub struct SkillShown {
    /// What.
    pub skill: String,
    /// 1 aware, 2 can help, 3 can do alone, 4 can teach.
    pub level: i32,
    /// Where it was shown.
    pub evidence: Option<String>,
}

/// An interest in a profile.
#[derive(Debug, Serialize, ToSchema)]
pub struct InterestShown {
    /// What.
    pub topic: String,
    /// 1 some, 2 much, 3 most.
    pub strength: i32,
}

/// Changes to a profile: each list that is given replaces the whole list.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileChanges {
    /// What you can; each skill once.
    #[serde(default)]
    skills: Change<List<SkillEntry, 0, 50>>,
    /// What you like to work on; each topic once.
    #[serde(default)]
    interests: Change<List<InterestEntry, 0, 50>>,
    /// Skills that you want to learn; each once.
    #[serde(default)]
    growth: Change<List<Line<1, 60>, 0, 50>>,
    /// Languages that you speak; each once.
    #[serde(default)]
    languages: Change<List<Language, 0, 20>>,
    /// When you usually have time; each weekday and start once.
    #[serde(default)]
    availability: Change<List<AvailabilityEntry, 0, 28>>,
    /// Whether you want to be asked more often than once in seven days.
    #[serde(default)]
    wants_more_offers: Change<bool>,
}

fn each_once(name: &str, keys: impl Iterator<Item = String>, errors: &mut Vec<FieldError>) {
    let mut seen = HashSet::new();
    for (n, key) in keys.enumerate() {
        if !seen.insert(key) {
            errors.push(wrong(format!("/{name}/{n}"), FieldCode::NotUnique, "stands in the list already"));
        }
    }
}

impl Check for ProfileChanges {
    fn check(&self, errors: &mut Vec<FieldError>) {
        if let Some(skills) = self.skills.value() {
            each_once("skills", skills.as_slice().iter().map(|s| fold(s.skill.as_str())), errors);
        }
        if let Some(interests) = self.interests.value() {
            each_once("interests", interests.as_slice().iter().map(|i| fold(i.topic.as_str())), errors);
        }
        if let Some(growth) = self.growth.value() {
            each_once("growth", growth.as_slice().iter().map(|g| fold(g.as_str())), errors);
        }
        if let Some(languages) = self.languages.value() {
            each_once("languages", languages.as_slice().iter().map(ToString::to_string), errors);
        }
        if let Some(windows) = self.availability.value() {
            let windows = windows.as_slice();
            each_once("availability", windows.iter().map(|w| format!("{} {}", w.weekday.get(), w.starts)), errors);
            for (n, window) in windows.iter().enumerate().filter(|(_, window)| window.ends <= window.starts) {
                let message = format!("must be after {}", window.starts);
                errors.push(wrong(format!("/availability/{n}/ends"), FieldCode::Inconsistent, message));
            }
        }
    }
}

fn shown(account_id: AccountId, version: i64, rows: ProfileRows) -> Versioned<Profile> {
    let skill = |s: SkillRow| SkillShown { skill: s.skill, level: s.level, evidence: s.evidence };
    let profile = Profile {
        account_id,
        skills: rows.skills.into_iter().map(skill).collect(),
        interests: rows.interests.into_iter().map(|i| InterestShown { topic: i.topic, strength: i.strength }).collect(),
        growth: rows.growth.into_iter().map(|g| g.skill).collect(),
        languages: rows.languages.into_iter().map(|l| l.language).collect(),
        availability: rows
            .availability
            .into_iter()
            .map(|a| AvailabilityShown { weekday: a.weekday, starts: a.starts, ends: a.ends })
            .collect(),
        wants_more_offers: rows.wants_more_offers,
        version,
    };
    Versioned::new(profile, version)
}

/// Reads your profile.
#[utoipa::path(get, path = "/account/profile",
    tag = "accounts", security(("bearer" = [])), responses((status = 200, body = Profile)))]
pub async fn get_own_profile(ctx: Ctx) -> Result<Reply> {
    ctx.read(|conn, actor| {
        policy::demand(actor, NOBODY, Action::GetOwnProfile)?;
        let id = actor.owner()?.id;
        let account = accounts::find(conn, id)?.ok_or_else(Error::unauthenticated)?;
        Ok(shown(id, account.version, profiles::find(conn, id)?))
    })
    .await
}

/// Changes your profile.
///
/// Tasks are offered by what you can and like; nothing here is ever a reason against you.
#[utoipa::path(patch, path = "/account/profile",
    tag = "accounts", security(("bearer" = [])), params(IfMatchParam), request_body = ProfileChanges,
    responses((status = 200, body = Profile)))]
pub async fn update_own_profile(ctx: Ctx, if_match: IfMatch, body: Valid<ProfileChanges>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        policy::demand(actor, NOBODY, Action::UpdateOwnProfile)?;
        let (account_id, now) = (actor.owner()?.id, tx.now());
        let held = hold_own(tx, actor.owner()?)?;
        if_match.demand(held.version)?;
        let ProfileChanges { skills, interests, growth, languages, availability, wants_more_offers } = body.0;
        let mut changed = Vec::new();
        if let Change::Set(skills) = skills {
            changed.push("skills");
            let rows = skills.into_vec().into_iter().map(|s| SkillRow {
                account_id,
                skill_key: fold(s.skill.as_str()),
                skill: s.skill.into(),
                level: s.level.get(),
                evidence: s.evidence.map(Into::into),
            });
            profiles::replace_skills(tx, account_id, rows.collect())?;
        }
        if let Change::Set(interests) = interests {
            changed.push("interests");
            let rows = interests.into_vec().into_iter().map(|i| InterestRow {
                account_id,
                topic_key: fold(i.topic.as_str()),
                topic: i.topic.into(),
                strength: i.strength.get(),
            });
            profiles::replace_interests(tx, account_id, rows.collect())?;
        }
        if let Change::Set(growth) = growth {
            changed.push("growth");
            let row = |g: Line<1, 60>| GrowthRow { account_id, skill_key: fold(g.as_str()), skill: g.into() };
            profiles::replace_growth(tx, account_id, growth.into_vec().into_iter().map(row).collect())?;
        }
        if let Change::Set(languages) = languages {
            changed.push("languages");
            let row = |l: Language| LanguageRow { account_id, language: l.into() };
            profiles::replace_languages(tx, account_id, languages.into_vec().into_iter().map(row).collect())?;
        }
        if let Change::Set(availability) = availability {
            changed.push("availability");
            let row = |a: AvailabilityEntry| AvailabilityRow {
                account_id,
                weekday: a.weekday.get(),
                starts: a.starts.to_string(),
                ends: a.ends.to_string(),
            };
            profiles::replace_availability(tx, account_id, availability.into_vec().into_iter().map(row).collect())?;
        }
        if let Change::Set(wants) = wants_more_offers {
            changed.push("wants_more_offers");
            profiles::replace_wants_more_offers(tx, account_id, wants)?;
        }
        let account = accounts::update(tx, &held, AccountChanges::default(), now)?;
        let rows = profiles::find(tx, account_id)?;
        let event = events::PROFILE_UPDATED.on(account_id.0).changed(changed);
        tx.recorded(event, shown(account_id, account.version, rows))
    })
    .await
}

crate::operations! {
    get_own_profile,
    update_own_profile,
}
