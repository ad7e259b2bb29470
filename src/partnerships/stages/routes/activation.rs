//! Becoming active.

use crate::accounts::{Actor, Ctx};
use crate::ids::PartnershipId;
use crate::partnerships::formation::formation;
use crate::partnerships::model::PartnershipState;
use crate::partnerships::queries::formation::facts;
use crate::partnerships::routes::{PartnershipDetail, detail};
use crate::partnerships::stages::policy::{self, Action, WHOLE};
use crate::partnerships::stages::queries::life_cycles;
use crate::partnerships::stages::{events, reconsider};
use crate::partnerships::standing::{Purpose, Scoped};
use crate::platform::clock::Instant;
use crate::platform::db::Conn;
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::extract::IfMatchParam;
use crate::platform::http::{IfMatch, Path, Reply};
use crate::platform::lifecycle::Lifecycle as _;

/// The partnership as this actor may have it for `action`.
pub fn load_for(
    conn: &mut Conn,
    actor: &Actor,
    id: PartnershipId,
    action: Action,
    purpose: Purpose,
    now: Instant,
) -> Result<Scoped> {
    actor.person()?;
    let scoped = Scoped::load(conn, actor, id, purpose, now)?;
    policy::demand(actor, &scoped.standing, WHOLE, action)?;
    Ok(scoped)
}

/// Makes a partnership active whose formation checklist is complete.
///
/// It becomes active by itself with the last item, so that this is seldom needed: where members' profiles were the last
/// item, it need not wait for the next look. While something is missing, the answer says what, in the order of the
/// checklist, and what the next step is. An active partnership stays as it is.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/activate",
    tag = "partnerships", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership."), IfMatchParam),
    responses((status = 200, body = PartnershipDetail)))]
pub async fn activate_partnership(ctx: Ctx, id: Path<PartnershipId>, if_match: IfMatch) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let scoped = load_for(tx, actor, id.0, Action::ActivatePartnership, Purpose::Change, now)?;
        if_match.demand(scoped.partnership.version)?;
        if scoped.partnership.state == PartnershipState::Active {
            let shown = detail(tx, scoped, now)?;
            return Ok(tx.unchanged(shown));
        }
        if scoped.partnership.state == PartnershipState::Dormant {
            return Err(Error::conflict("A dormant partnership begins anew by an agreement of both sides."));
        }
        scoped.partnership.state.demand(PartnershipState::Active)?;
        let formed = formation(&facts(tx, &scoped.partnership, now.date())?);
        if !formed.missing.is_empty() {
            let next = formed.next_step.map_or_else(String::new, |step| format!(" The next step is {step}."));
            let detail = format!("The formation checklist has open items.{next}");
            let missing = formed.missing.iter().map(|item| item.as_str()).collect();
            return Err(Error::new(Code::FormationIncomplete, detail).with_missing(missing));
        }
        let changes = reconsider::awake(&life_cycles::find(tx, id.0)?, now);
        reconsider::enter(tx, id.0, scoped.partnership.state, &changes, now)?;
        let scoped = Scoped::load(tx, actor, id.0, Purpose::Read, now)?;
        let shown = detail(tx, scoped, now)?;
        tx.recorded(events::ACTIVATED.on(id.0.0).within(id.0.0), shown)
    })
    .await
}

crate::operations! {
    activate_partnership,
}
