//! What was said of decisions that have ended, for whoever tells of it afterwards.

use diesel::prelude::*;

use crate::accounts::Side;
use crate::ids::{AccountId, DecisionId};
use crate::partnerships::decisions::model::{Block, BlockState, Level};
use crate::platform::db::{Conn, among};
use crate::platform::error::Result;
use crate::schema::{decision_blocks as blocks, decision_roster as roster, decision_stances as stances};

/// What was said of some decisions. What was said of anonymous ones has nobody's name.
#[derive(Debug, Default)]
pub struct Said {
    /// Stances that counted in the end, of those who can be told.
    pub positions: Vec<(DecisionId, AccountId, Side, Level)>,
    /// Who was asked and said nothing.
    pub silent: Vec<(DecisionId, AccountId, Side)>,
    /// Blocks that were not taken back, the first one first.
    pub blocks: Vec<Block>,
}

/// What was said of these decisions, in three statements however many they are.
///
/// # Errors
/// When the database can't be asked.
pub fn said_of(conn: &mut Conn, decisions: &[DecisionId]) -> Result<Said> {
    if decisions.is_empty() {
        return Ok(Said::default());
    }
    let positions = stances::table
        .filter(among(stances::decision_id, decisions.to_vec()).and(stances::is_current.eq(true)))
        .filter(stances::account_id.is_not_null())
        .order((stances::created_at, stances::id))
        .select((stances::decision_id, stances::account_id.assume_not_null(), stances::side, stances::level))
        .load(conn)?;
    let silent = roster::table
        .filter(among(roster::decision_id, decisions.to_vec()))
        .filter(roster::has_cast.eq(false).and(roster::left_at.is_null()))
        .order(roster::account_id)
        .select((roster::decision_id, roster::account_id, roster::side))
        .load(conn)?;
    let blocks = blocks::table
        .filter(among(blocks::decision_id, decisions.to_vec()).and(blocks::state.ne(BlockState::Withdrawn)))
        .order((blocks::created_at, blocks::id))
        .select(Block::as_select())
        .load(conn)?;
    Ok(Said { positions, silent, blocks })
}
