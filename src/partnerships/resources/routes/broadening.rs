//! How needs broaden the partnership, and where to look for more.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use utoipa::ToSchema;

use super::needs::load_for;
use crate::accounts::Ctx;
use crate::ids::PartnershipId;
use crate::partnerships::model::Sector;
use crate::partnerships::resources::broadening::{PROMPT_AFTER_DAYS, absent, index, median, present, prompts};
use crate::partnerships::resources::model::{NeedId, NeedKind};
use crate::partnerships::resources::policy::{Action, sees_drafts};
use crate::partnerships::resources::queries::broadening;
use crate::partnerships::resources::queries::needs::Seen;
use crate::partnerships::standing::Purpose;
use crate::partnerships::{PartnershipRef, partnership_refs};
use crate::platform::clock::days;
use crate::platform::error::Result;
use crate::platform::http::{Found, Path, Reply};

/// Needs that prompt, at most; the oldest.
const PROMPTS: i64 = 20;
/// Partners of neighboring partnerships that are named for one need at most.
const NAMED: usize = 10;
/// Of all of them, that are looked at.
const LOOKED_AT: i64 = 200;

/// A partner of a neighboring partnership, by what everybody may know of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NeighborPartner {
    /// Its name.
    name: String,
    /// What kind of organisation it is.
    sector: Sector,
    /// Of which partnership.
    partnership: Option<PartnershipRef>,
}

/// A need for which to look further.
#[derive(Debug, Serialize, ToSchema)]
pub struct BroadeningPrompt {
    /// The need.
    need_id: NeedId,
    /// What is needed, in a line.
    title: String,
    /// What kind of thing.
    kind: NeedKind,
    /// For how many days nobody has pledged.
    days_waiting: i64,
    /// Partners of neighboring partnerships who have pledged something of the kind.
    neighbors: Vec<NeighborPartner>,
}

/// How needs broaden a partnership.
#[derive(Debug, Serialize, ToSchema)]
pub struct Broadening {
    /// Of which partnership.
    partnership_id: PartnershipId,
    /// Half the share of the eleven sectors that are present, and half the share of partners who answered a need: 0 to 1.
    broadening_index: f64,
    /// Sectors that are present, by partners or founding groups; "other" does not count.
    sectors_present: Vec<Sector>,
    /// Sectors that are not.
    sectors_absent: Vec<Sector>,
    /// Organisations that have joined.
    partners: u32,
    /// Those of them that answered a need.
    partners_answering: u32,
    /// From a need to the first pledge for it, in hours: the median over the newest thousand needs with a pledge. `null`
    /// while there is none.
    median_hours_to_first_pledge: Option<f64>,
    /// Needs that have waited for 14 days or more without a pledge, the oldest first; at most 20.
    prompts: Vec<BroadeningPrompt>,
}

/// Tells how needs broaden a partnership, and where to look for more.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/broadening",
    tag = "partners", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    responses((status = 200, body = Broadening)))]
pub async fn get_broadening(ctx: Ctx, id: Path<PartnershipId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        let reader = actor.person()?.id;
        let scoped = load_for(conn, actor, id.0, Action::GetBroadening, Purpose::Read, now)?;
        let of_sector = broadening::partners_of(conn, id.0)?;
        let founding = broadening::founding_sectors(conn, id.0)?;
        let sectors = present(of_sector.iter().map(|(sector, ..)| *sector).chain(founding));
        let count = |part: fn(&(Sector, i64, i64)) -> i64| -> u32 {
            u32::try_from(of_sector.iter().map(part).sum::<i64>()).unwrap_or(u32::MAX)
        };
        let (all, answering) = (count(|(_, all, _)| *all), count(|(.., answering)| *answering));
        let seen = if sees_drafts(&scoped.standing) { Seen::All } else { Seen::ByMember(reader) };
        let times = broadening::first_pledges(conn, id.0, seen)?;
        let times = times.into_iter().map(|(made, pledged)| pledged.since(made)).collect();
        let before = now.minus(days(PROMPT_AFTER_DAYS));
        let mut waiting = broadening::unanswered(conn, id.0, seen, before, PROMPTS)?;
        waiting.retain(|need| prompts(need.state, need.created_at, need.first_pledged_at, now));
        let kinds: BTreeSet<NeedKind> = waiting.iter().map(|need| need.kind).collect();
        let kinds: Vec<NeedKind> = kinds.into_iter().collect();
        let neighbors = broadening::neighbors(conn, &scoped.partnership, &kinds, LOOKED_AT)?;
        let partnerships = partnership_refs(conn, neighbors.iter().map(|neighbor| neighbor.partnership))?;
        let mut by_kind: HashMap<NeedKind, Vec<NeighborPartner>> = HashMap::new();
        for neighbor in neighbors {
            let named = by_kind.entry(neighbor.kind).or_default();
            if named.len() < NAMED {
                let partnership = partnerships.get(&neighbor.partnership).cloned();
                named.push(NeighborPartner { name: neighbor.name, sector: neighbor.sector, partnership });
            }
        }
        Ok(Found(Broadening {
            partnership_id: id.0,
            broadening_index: index(&sectors, all, answering),
            sectors_absent: absent(&sectors),
            sectors_present: sectors.into_iter().collect(),
            partners: all,
            partners_answering: answering,
            median_hours_to_first_pledge: median(times).map(|time| time.as_secs_f64() / 3600.0),
            prompts: waiting
                .into_iter()
                .map(|need| BroadeningPrompt {
                    need_id: need.id,
                    title: need.title,
                    kind: need.kind,
                    days_waiting: i64::try_from(now.since(need.created_at).as_secs() / 86_400).unwrap_or(i64::MAX),
                    neighbors: by_kind.get(&need.kind).cloned().unwrap_or_default(),
                })
                .collect(),
        }))
    })
    .await
}

crate::operations! {
    get_broadening,
}
