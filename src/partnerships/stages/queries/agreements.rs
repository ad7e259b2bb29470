//! Agreements and their signatures.

use diesel::prelude::*;

use crate::ids::{AccountId, PartnershipId};
use crate::partnerships::formation::{Evidence, FormationItem, Waived};
use crate::partnerships::stages::model::{Agreement, AgreementId, AgreementKind, AgreementSignature, AgreementState};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, OnConflict, Unique, among, row_lt};
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{agreement_signatures, agreements};

/// An item is waived once.
pub const ONE_WAIVER: Unique =
    Unique { index: "agreements_one_waiver", columns: "agreements.partnership_id, agreements.item" };
/// One of each other kind waits for signatures at a time.
pub const ONE_PROPOSED: Unique =
    Unique { index: "agreements_one_proposed", columns: "agreements.partnership_id, agreements.kind" };
/// Each side signs once.
pub const ONE_PER_SIDE: Unique = Unique {
    index: "agreement_signatures_one_per_side",
    columns: "agreement_signatures.agreement_id, agreement_signatures.side",
};

pub fn find(conn: &mut Conn, id: AgreementId) -> Result<Option<Agreement>> {
    Ok(agreements::table.find(id).select(Agreement::as_select()).first(conn).optional()?)
}

/// Inserts an agreement that waits for signatures.
///
/// # Errors
/// A conflict when one of its kind waits already, or the item was waived.
pub fn insert(conn: &mut Conn, agreement: &Agreement) -> Result<()> {
    let inserted = diesel::insert_into(agreements::table).values(agreement).execute(conn).map(|_| ());
    let again = || Error::conflict("One of its kind waits for signatures already; sign it, or take it back.");
    match inserted {
        Err(error) if ONE_PROPOSED.is_violated_by(&error) => Err(again()),
        inserted => inserted.on_conflict(&ONE_WAIVER, || {
            Error::conflict("The item is waived, or a waiver waits for signatures already.")
        }),
    }
}

/// Moves an agreement on that waits for signatures; the row as it is then.
///
/// # Errors
/// A conflict when somebody else was faster.
pub fn update(
    conn: &mut Conn,
    agreement: &Agreement,
    to: AgreementState,
    administrator: Option<AccountId>,
    now: Instant,
) -> Result<Agreement> {
    let ended = (to != AgreementState::Proposed).then_some(now);
    diesel::update(agreements::table.find(agreement.id).filter(agreements::state.eq(AgreementState::Proposed)))
        .set((
            agreements::state.eq(to),
            agreements::administrator_id.eq(administrator),
            agreements::ended_at.eq(ended),
            agreements::version.eq(agreements::version + 1),
            agreements::updated_at.eq(now),
        ))
        .returning(Agreement::columns())
        .get_result(conn)
        .optional()?
        .ok_or_else(|| Error::conflict("The agreement has changed meanwhile."))
}

/// Puts a side's name under an agreement.
///
/// # Errors
/// 409 when the side has signed already.
pub fn sign(conn: &mut Conn, signature: &AgreementSignature) -> Result<()> {
    diesel::insert_into(agreement_signatures::table)
        .values(signature)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_PER_SIDE, || {
            Error::new(Code::AlreadySigned, format!("The {} side has signed already.", signature.side))
        })
}

/// The signatures under these agreements.
pub fn signatures(conn: &mut Conn, ids: &[AgreementId]) -> Result<Vec<AgreementSignature>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(agreement_signatures::table
        .filter(among(agreement_signatures::agreement_id, ids.to_vec()))
        .order((agreement_signatures::created_at, agreement_signatures::id))
        .select(AgreementSignature::as_select())
        .load(conn)?)
}

/// Which agreements to list.
pub struct Wanted {
    pub kind: Option<AgreementKind>,
    pub state: Option<AgreementState>,
}

pub fn list<F>(conn: &mut Conn, of: PartnershipId, wanted: &Wanted, listing: &Listing<F>) -> Result<Page<Agreement>> {
    let filtered = || {
        let mut query = agreements::table.filter(agreements::partnership_id.eq(of)).into_boxed();
        if let Some(kind) = wanted.kind {
            query = query.filter(agreements::kind.eq(kind));
        }
        if let Some(state) = wanted.state {
            query = query.filter(agreements::state.eq(state));
        }
        query
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, AgreementId)>()? {
        query = query.filter(row_lt((agreements::created_at, agreements::id), after));
    }
    let rows = query
        .order((agreements::created_at.desc(), agreements::id.desc()))
        .limit(listing.fetch())
        .select(Agreement::as_select())
        .load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}

/// An agreed waiver: which, of what, why, since when.
type Waiver = (AgreementId, Option<FormationItem>, Option<String>, Option<Instant>);

/// Items of the checklist that leaders of both sides agreed to do without, at most two.
pub fn waived(conn: &mut Conn, of: PartnershipId) -> Result<Vec<Waived>> {
    let rows: Vec<Waiver> = agreements::table
        .filter(
            agreements::partnership_id
                .eq(of)
                .and(agreements::kind.eq(AgreementKind::Waiver))
                .and(agreements::state.eq(AgreementState::Agreed)),
        )
        .select((agreements::id, agreements::item, agreements::statement, agreements::ended_at))
        .load(conn)?;
    let waived = |(id, item, reason, at): Waiver| {
        Some(Waived { item: item?, by: Evidence { reference: id.0, at }, reason: reason.unwrap_or_default() })
    };
    Ok(rows.into_iter().filter_map(waived).collect())
}
