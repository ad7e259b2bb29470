//! The whole record in order, for auditors.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::accounts::actor::Ctx;
use crate::accounts::policy::{self, Action, NOBODY};
use crate::platform::clock::Instant;
use crate::platform::crypto::hex;
use crate::platform::db::AnyId;
use crate::platform::error::Result;
use crate::platform::http::{Listing, Page, PageParams, Reply};
use crate::platform::record::seal::head;
use crate::platform::record::timeline::read_after;
use crate::platform::record::{Fact, Outcome, Record};

/// A sealed record.
#[derive(Debug, Serialize, ToSchema)]
pub struct SealedRecord {
    /// Its place in the chain, without gaps.
    seq: i64,
    /// Stable id of the event.
    id: AnyId,
    /// When.
    at: Instant,
    /// Who.
    actor_id: Option<AnyId>,
    /// In which session.
    session_id: Option<AnyId>,
    /// On which side.
    side: Option<String>,
    /// From which network address.
    ip: Option<String>,
    /// With which program.
    client: Option<String>,
    /// What.
    action: String,
    /// To what kind of object.
    object_type: String,
    /// To which object.
    object_id: Option<AnyId>,
    /// In which partnership.
    partnership_id: Option<AnyId>,
    /// How it ended.
    outcome: Outcome,
    /// Why, where a reason was given.
    reason: Option<String>,
    /// In which request.
    request_id: Option<String>,
    /// Names of the fields that changed.
    changed: Vec<String>,
    /// What else is to be known; never what a person typed.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    facts: BTreeMap<String, Fact>,
    /// SHA-256 of the hash before it and the record, hexadecimal.
    hash: String,
}

/// From where on.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RecordFilter {
    /// Only records after this place in the chain.
    #[param(minimum = 0)]
    after_seq: Option<u32>,
}

/// Lists the record in the order of its chain.
///
/// Records appear here about a second after they were written, once they are sealed.
#[utoipa::path(get, path = "/records",
    tag = "installation", security(("bearer" = [])), params(RecordFilter, PageParams),
    responses((status = 200, body = Page<SealedRecord>)))]
pub async fn list_records(ctx: Ctx, listing: Listing<RecordFilter>) -> Result<Reply> {
    ctx.read(move |conn, actor| {
        policy::demand(actor, NOBODY, Action::ListRecords)?;
        let asked = listing.filter.after_seq.map_or(0, i64::from);
        let rows = read_after(conn, listing.after::<i64>()?.unwrap_or(asked), listing.fetch())?;
        // Numbers have no gaps.
        let total = if listing.total { Some((head(conn)?.0 - asked).max(0)) } else { None };
        Ok(listing.page(rows, |row: &Record| row.seq).with_total(total).map(|row| SealedRecord {
            seq: row.seq.unwrap_or(0),
            id: row.id,
            at: row.at,
            actor_id: row.actor,
            session_id: row.session,
            side: row.side,
            ip: row.ip,
            client: row.client,
            action: row.action,
            object_type: row.object_type,
            object_id: row.object,
            partnership_id: row.partnership,
            outcome: row.outcome,
            reason: row.reason,
            request_id: row.request,
            changed: row.changed.0,
            facts: row.facts.0,
            hash: hex(&row.hash.unwrap_or_default()),
        }))
    })
    .await
}

crate::operations! {
    list_records,
}
