//! Taking a stance, and blocking.

use serde::{Deserialize, Serialize};

use super::events;
use super::holders::{holder, mark, named};
use super::model::{Block, BlockId, BlockState, Decision, DecisionState, Level, Phase, Principle, Stance, StanceId};
use super::queries::blocks::{self, BlockChanges};
use super::queries::{in_meetings, roster, stances};
use super::steps::demand_in_time;
use crate::accounts::Side;
use crate::ids::AccountId;
use crate::partnerships::model::MemberRole;
use crate::partnerships::standing::ActiveMembership;
use crate::platform::crypto::Secrets;
use crate::platform::error::{Code, Error, Result};
use crate::platform::http::{Attribution, Tx};
use crate::platform::record::Entry;

/// What a block stands on, and what would remedy it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Grounds {
    pub principle: Principle,
    pub remedy: String,
}

/// What somebody says.
#[derive(Debug, Clone)]
pub(super) struct Said {
    /// About which version of the text.
    pub number: i32,
    pub level: Level,
    pub reason: Option<String>,
    /// Of a block.
    pub grounds: Option<Grounds>,
}

/// Refuses what is about a text that does not count any more, and whatever comes too late.
pub(super) fn demand_current(tx: &Tx<'_>, decision: &Decision, number: i32) -> Result<()> {
    if !decision.state.takes_stances() {
        return Err(Error::conflict(format!("The decision is {}; no stances are taken now.", decision.state)));
    }
    if number != decision.text_number {
        let why =
            format!("The text has version {} now, and the stance is about version {number}.", decision.text_number);
        return Err(Error::new(Code::StanceStale, why));
    }
    demand_in_time(decision, tx.now())
}

/// The side on which the person's voice counts in this phase; agency members are heard and counted on none.
fn side_in(tx: &mut Tx<'_>, decision: &Decision, person: AccountId, member: ActiveMembership) -> Result<Side> {
    if member.side == Side::Agency || decision.state == DecisionState::SenseCheck {
        return match member.role {
            MemberRole::Observer => Err(Error::forbidden("Stances are taken by members who are no observers.")),
            _ => Ok(member.side),
        };
    }
    match roster::entry(tx, decision.id, person)? {
        Some(entry) => Ok(entry.side),
        None if in_meetings::open_of(tx, decision.id)?.is_some() => Err(Error::conflict(
            "A call in a meeting asks those who were recorded there, by the code or by whoever keeps the attendance, when it was \
             opened.",
        )),
        None => Err(Error::conflict("The final call asks those who were members when it was opened.")),
    }
}

/// Writes down where somebody stands, in place of where they stood before. Saying the same again changes nothing: `None`.
pub(super) fn take(
    tx: &mut Tx<'_>,
    secrets: &Secrets,
    decision: &Decision,
    person: AccountId,
    member: ActiveMembership,
    said: Said,
) -> Result<(Stance, Option<Entry>)> {
    let now = tx.now();
    demand_current(tx, decision, said.number)?;
    let side = side_in(tx, decision, person, member)?;
    let who = holder(secrets, decision, person);
    let before = stances::current(tx, decision.id, who)?;
    let Said { number, level, reason, grounds } = said;
    let standing_block = blocks::counting_of(tx, decision.id, who)?;
    let blocks_as_before = match (&standing_block, &grounds) {
        (None, None) => true,
        (Some(block), Some(new)) => block.principle == new.principle && block.remedy == new.remedy,
        _ => false,
    };
    if let Some(same) = before.as_ref().filter(|s| s.level == level && s.reason == reason && blocks_as_before) {
        return Ok((same.clone(), None));
    }
    if let Some(before) = &before {
        stances::supersede(tx, before.id)?;
    }
    let (id, created_at) = mark(decision, now);
    let stance = Stance {
        id: StanceId(id),
        decision_id: decision.id,
        number,
        phase: if decision.state == DecisionState::FinalCall { Phase::FinalCall } else { Phase::SenseCheck },
        side,
        level,
        reason: reason.clone(),
        account_id: named(decision, person),
        holder: who,
        is_current: true,
        stale_at: None,
        created_at,
    };
    stances::insert(tx, &stance)?;
    if side != Side::Agency {
        let mut rows = roster::sides(tx, decision.id)?;
        if let Some(row) = rows.iter_mut().find(|row| row.side == side) {
            if let Some(before) = &before {
                *row.at(before.level) -= 1;
            }
            *row.at(level) += 1;
            roster::save(tx, row)?;
        }
        if decision.state == DecisionState::FinalCall && before.is_none() {
            roster::mark_cast(tx, decision.id, person)?;
        }
    }
    let raised = block(tx, decision, &stance, standing_block, grounds, reason, person)?;
    if decision.is_anonymous {
        // The record says that somebody did, and not who.
        tx.act_as(Attribution { is_unseen: true, ..Attribution::default() });
    }
    let entry = match raised {
        Some(principle) => events::BLOCK_RAISED.on(decision.id.0).fact("principle", principle.as_str()),
        None => events::STANCE_TAKEN.on(decision.id.0),
    };
    Ok((stance, Some(entry.within(decision.partnership_id.0))))
}

/// Raises, restates or takes back the person's block, as the new stance has it. The principle of a block that was raised.
fn block(
    tx: &mut Tx<'_>,
    decision: &Decision,
    stance: &Stance,
    standing: Option<Block>,
    grounds: Option<Grounds>,
    reason: Option<String>,
    person: AccountId,
) -> Result<Option<Principle>> {
    let now = tx.now();
    match (standing, grounds) {
        (None, None) => Ok(None),
        (Some(block), None) => {
            let changes =
                BlockChanges { state: Some(BlockState::Withdrawn), note: Some(None), ..BlockChanges::default() };
            blocks::update(tx, &block, changes, now)?;
            Ok(None)
        }
        (Some(block), Some(Grounds { principle, remedy })) => {
            // What was done about it is not enough for the blocker.
            let state = if block.state == BlockState::Addressed { BlockState::Sustained } else { block.state };
            let changes = BlockChanges {
                state: Some(state),
                note: None,
                number: Some(stance.number),
                principle: Some(principle),
                reason,
                remedy: Some(remedy),
            };
            blocks::update(tx, &block, changes, now)?;
            Ok(None)
        }
        (None, Some(Grounds { principle, remedy })) => {
            let (id, created_at) = mark(decision, now);
            let block = Block {
                id: BlockId(id),
                decision_id: decision.id,
                number: stance.number,
                side: stance.side,
                principle,
                reason: reason.unwrap_or_default(),
                remedy,
                state: BlockState::Raised,
                note: None,
                account_id: named(decision, person),
                holder: stance.holder,
                version: 1,
                created_at,
                updated_at: created_at,
            };
            blocks::insert(tx, &block)?;
            Ok(Some(principle))
        }
    }
}
