//! Blocks.

use diesel::dsl::exists;
use diesel::prelude::*;

use crate::ids::{DecisionId, PartnershipId};
use crate::partnerships::decisions::model::{Block, BlockId, BlockState, DecisionState, HolderId};
use crate::platform::clock::Instant;
use crate::platform::db::{Columns, Conn, OnConflict, Unique, among, row_gt};
use crate::platform::error::{Error, Result};
use crate::platform::http::{Listing, Page};
use crate::schema::{decision_blocks as blocks, decisions};

/// A person has one block that counts.
pub const ONE_EACH: Unique =
    Unique { index: "decision_blocks_one_each", columns: "decision_blocks.decision_id, decision_blocks.holder" };

pub fn find(conn: &mut Conn, id: BlockId) -> Result<Option<Block>> {
    Ok(blocks::table.find(id).select(Block::as_select()).first(conn).optional()?)
}

/// Inserts a block.
///
/// # Errors
/// A conflict when the person has another one that counts.
pub fn insert(conn: &mut Conn, block: &Block) -> Result<()> {
    diesel::insert_into(blocks::table)
        .values(block)
        .execute(conn)
        .map(|_| ())
        .on_conflict(&ONE_EACH, || Error::conflict("You have a block that counts already."))
}

/// Inserts blocks of several persons, none of whom has one that counts.
pub fn insert_all(conn: &mut Conn, rows: &[Block]) -> Result<()> {
    for some in rows.chunks(500) {
        crate::insert_all!(conn, blocks::table, some)?;
    }
    Ok(())
}

/// The person's block that counts.
pub fn counting_of(conn: &mut Conn, decision: DecisionId, holder: HolderId) -> Result<Option<Block>> {
    Ok(blocks::table
        .filter(blocks::decision_id.eq(decision).and(blocks::holder.eq(holder)))
        .filter(among(blocks::state, BlockState::COUNTING))
        .select(Block::as_select())
        .first(conn)
        .optional()?)
}

/// Blocks that count, of both sides together; what agency staff say is heard and not counted.
pub fn counting(conn: &mut Conn, decision: DecisionId) -> Result<i64> {
    Ok(blocks::table
        .filter(blocks::decision_id.eq(decision).and(blocks::side.ne(crate::accounts::Side::Agency)))
        .filter(among(blocks::state, BlockState::COUNTING))
        .count()
        .get_result(conn)?)
}

/// Whether a block counts in any final call of the partnership.
pub fn any_in_call(conn: &mut Conn, of: PartnershipId) -> Result<bool> {
    let called = decisions::table
        .filter(decisions::partnership_id.eq(of).and(decisions::state.eq(DecisionState::FinalCall)))
        .select(decisions::id);
    let counting =
        blocks::table.filter(blocks::decision_id.eq_any(called)).filter(among(blocks::state, BlockState::COUNTING));
    Ok(diesel::select(exists(counting)).get_result(conn)?)
}

/// What of a block can be changed.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = blocks)]
pub struct BlockChanges {
    pub state: Option<BlockState>,
    pub note: Option<Option<String>>,
    pub number: Option<i32>,
    pub principle: Option<crate::partnerships::decisions::model::Principle>,
    pub reason: Option<String>,
    pub remedy: Option<String>,
}

/// Changes a block that still stands where `block` does; the row as it is then.
///
/// # Errors
/// A conflict when it has moved on meanwhile.
pub fn update(conn: &mut Conn, block: &Block, changes: BlockChanges, now: Instant) -> Result<Block> {
    diesel::update(blocks::table.find(block.id).filter(blocks::state.eq(block.state)))
        .set((changes, blocks::version.eq(blocks::version + 1), blocks::updated_at.eq(now)))
        .returning(Block::columns())
        .get_result(conn)
        .optional()?
        .ok_or_else(|| Error::conflict("The block has changed meanwhile."))
}

/// Blocks of people who left count no more.
pub fn withdraw_of(conn: &mut Conn, decision: DecisionId, holders: &[HolderId], now: Instant) -> Result<()> {
    for some in holders.chunks(1000) {
        diesel::update(
            blocks::table
                .filter(blocks::decision_id.eq(decision))
                .filter(among(blocks::state, BlockState::COUNTING))
                .filter(among(blocks::holder, some.to_vec())),
        )
        .set((
            blocks::state.eq(BlockState::Withdrawn),
            blocks::version.eq(blocks::version + 1),
            blocks::updated_at.eq(now),
        ))
        .execute(conn)?;
    }
    Ok(())
}

pub fn list<F>(
    conn: &mut Conn,
    of: DecisionId,
    state: Option<BlockState>,
    listing: &Listing<F>,
) -> Result<Page<Block>> {
    let filtered = || {
        let query = blocks::table.filter(blocks::decision_id.eq(of)).into_boxed();
        match state {
            Some(state) => query.filter(blocks::state.eq(state)),
            None => query,
        }
    };
    let mut query = filtered();
    if let Some(after) = listing.after::<(Instant, BlockId)>()? {
        query = query.filter(row_gt((blocks::created_at, blocks::id), after));
    }
    let rows =
        query.order((blocks::created_at, blocks::id)).limit(listing.fetch()).select(Block::as_select()).load(conn)?;
    let total = if listing.total { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(listing.page(rows, |row| (row.created_at, row.id)).with_total(total))
}
