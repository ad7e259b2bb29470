//! That somebody went through what is needed (`domain/20` 6.3, F8).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::needs::load_for;
use crate::accounts::{Ctx, PersonRef, people};
use crate::ids::PartnershipId;
use crate::partnerships::note_resources_review;
use crate::partnerships::resources::events;
use crate::partnerships::resources::model::{NeedsReview, NeedsReviewId};
use crate::partnerships::resources::policy::Action;
use crate::partnerships::resources::queries::needs::{self, Seen};
use crate::partnerships::standing::Purpose;
use crate::platform::clock::Instant;
use crate::platform::db::{AnyId, Conn};
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::{Check, Found, Path, Reply, Valid};
use crate::platform::text::Prose;

/// That what is needed was gone through.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"nothing_needed": false, "note": "Lamps, and somebody who may climb the poles."}))]
pub struct ReviewNeeds {
    /// Whether nothing is needed: an empty list has to be meant.
    nothing_needed: bool,
    /// What was considered.
    note: Option<Prose<1, 1000>>,
}
impl Check for ReviewNeeds {}

/// The newest review of what is needed.
#[derive(Debug, Serialize, ToSchema)]
pub struct NeedsReviewDetail {
    /// The review; `null` while there is none.
    id: Option<NeedsReviewId>,
    /// Whether what is needed was gone through, if only to find that nothing is.
    is_reviewed: bool,
    /// How many needs there were that every member sees: those of goals in the making are not counted.
    needs: Option<i32>,
    /// What was considered.
    note: Option<String>,
    /// Who did.
    reviewed_by: Option<PersonRef>,
    /// When.
    reviewed_at: Option<Instant>,
}

fn shown(conn: &mut Conn, row: Option<NeedsReview>) -> Result<NeedsReviewDetail> {
    let by = row.as_ref().map(|review| review.reviewed_by_id);
    let reviewed_by = by.map_or_else(|| Ok(None), |id| people(conn, [id]).map(|mut people| people.remove(&id)))?;
    Ok(NeedsReviewDetail {
        is_reviewed: row.is_some(),
        id: row.as_ref().map(|review| review.id),
        needs: row.as_ref().map(|review| review.needs),
        reviewed_at: row.as_ref().map(|review| review.created_at),
        note: row.and_then(|review| review.note),
        reviewed_by,
    })
}

/// Records that what is needed was gone through.
///
/// An empty list has to be meant: `nothing_needed` must be true where there are no needs, and false where there are some.
#[utoipa::path(post, path = "/partnerships/{partnership_id}/needs/review",
    tag = "needs", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    request_body = ReviewNeeds, responses((status = 200, body = NeedsReviewDetail)))]
pub async fn review_needs(ctx: Ctx, id: Path<PartnershipId>, body: Valid<ReviewNeeds>) -> Result<Reply> {
    ctx.write(move |tx, actor| {
        let now = tx.now();
        let by = actor.person()?.id;
        let scoped = load_for(tx, actor, id.0, Action::ReviewNeeds, Purpose::Change, now)?;
        scoped.demand_live()?;
        let ReviewNeeds { nothing_needed, note } = body.0;
        let written = needs::count(tx, id.0, Seen::All)?;
        if nothing_needed != (written == 0) {
            let message = match written {
                0 => "no needs are written down; say that nothing is needed, or write down what is".to_owned(),
                n => format!("{n} needs are written down; withdraw them first if nothing is needed"),
            };
            return Err(Error::field("/nothing_needed", FieldCode::Inconsistent, message));
        }
        // All members read it, and it is not to tell them of goals in the making.
        let count = i32::try_from(needs::count(tx, id.0, Seen::ByAllMembers)?).unwrap_or(i32::MAX);
        let review = NeedsReview {
            id: NeedsReviewId::new(),
            partnership_id: id.0,
            needs: count,
            note: note.map(Into::into),
            reviewed_by_id: by,
            created_at: now,
        };
        needs::insert_review(tx, &review)?;
        note_resources_review(tx, id.0, AnyId(review.id.0), now)?;
        let event = events::NEEDS_REVIEWED.on(review.id.0).within(id.0.0).fact("needs", count);
        let shown = shown(tx, Some(review))?;
        tx.recorded(event, Found(shown))
    })
    .await
}

/// Reads when what is needed was last gone through.
#[utoipa::path(get, path = "/partnerships/{partnership_id}/needs/review",
    tag = "needs", security(("bearer" = [])),
    params(("partnership_id" = PartnershipId, Path, description = "The partnership.")),
    responses((status = 200, body = NeedsReviewDetail)))]
pub async fn get_needs_review(ctx: Ctx, id: Path<PartnershipId>) -> Result<Reply> {
    let now = ctx.now();
    ctx.read(move |conn, actor| {
        actor.person()?;
        load_for(conn, actor, id.0, Action::GetNeedsReview, Purpose::Read, now)?;
        let review = needs::last_review(conn, id.0)?;
        shown(conn, review).map(Found)
    })
    .await
}

crate::operations! {
    review_needs,
    get_needs_review,
}
