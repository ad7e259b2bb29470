//! The words that a group has for skills.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::Ctx;
use crate::ids::PartnershipId;
use crate::partnerships::standing::{Purpose, Scoped};
use crate::partnerships::tasks::events;
use crate::partnerships::tasks::model::{GroupSkill, GroupSkillId};
use crate::partnerships::tasks::policy::{self, Action, WHOLE};
use crate::partnerships::tasks::queries::skills as rows;
use crate::platform::clock::Instant;
use crate::platform::error::Result;
use crate::platform::http::{API, Check, Created, Listing, Page, PageParams, Path, Reply, Valid};
use crate::platform::record::timeline::NoFilter;
use crate::platform::text::{Line, fold};

/// A skill for the group's list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"skill": "Reading meeting minutes aloud"}))]
pub struct AddSkill {
    /// What.
    skill: Line<1, 60>,
}
impl Check for AddSkill {}

/// A skill that the group has a word for.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupSkillShown {
    /// Its entry.
    id: GroupSkillId,
    /// What.
    skill: String,
    /// When it was added.
    created_at: Instant,
}

fn shown(row: GroupSkill) -> GroupSkillShown {
    GroupSkillShown { id: row.id, skill: row.skill, created_at: row.created_at }
}

/// Lists the skills that a group has words for.
///
/// They grow with the tasks that require them; any member can add one.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/skills",
    tag = "tasks", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), PageParams),
    responses((status = 200, body = Page<GroupSkillShown>)))]
pub async fn list_skills(ctx: Ctx, id: Path<PartnershipId>, listing: Listing<NoFilter>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        actor.person()?;
        let scoped = Scoped::load(conn, actor, id.0, Purpose::Read, now)?;
        policy::demand(actor, &scoped.standing, WHOLE, Action::ListSkills)?;
        Ok(rows::list(conn, id.0, &listing)?.map(shown))
    })
    .await
}

/// Adds a skill to a group's list.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/skills",
    tag = "tasks", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    request_body = AddSkill, responses((status = 201, body = GroupSkillShown)))]
pub async fn add_skill(ctx: Ctx, id: Path<PartnershipId>, body: Valid<AddSkill>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let scoped = Scoped::load(tx, actor, id.0, Purpose::Change, now)?;
        policy::demand(actor, &scoped.standing, WHOLE, Action::AddSkill)?;
        scoped.demand_live()?;
        let skill = GroupSkill {
            id: GroupSkillId::new(),
            partnership_id: id.0,
            skill_key: fold(body.0.skill.as_str()),
            skill: body.0.skill.into(),
            added_by_id: by,
            created_at: now,
        };
        rows::insert(tx, &skill)?;
        let entry = events::SKILL_ADDED.on(skill.id.0).within(id.0.0);
        let location = format!("{API}/partnerships/{}/skills", id.0);
        tx.recorded(entry, Created { value: shown(skill), location, version: None })
    })
    .await
}

crate::operations! {
    list_skills,
    add_skill,
}
