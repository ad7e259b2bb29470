//! Endpoints of decisions, one file per part of their life.

mod awaiting;
mod blocks;
mod corrections;
mod decisions;
mod ending;
mod outcome;
mod reading;
mod shown;
mod stances;
mod steps;
mod texts;

use crate::platform::http::Routes;
pub use awaiting::{AwaitedDecision, awaiting_decisions};

/// Adds this slice's endpoints.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(decisions::create_decision)
        .service(decisions::list_decisions)
        .service(decisions::get_decision)
        .service(decisions::update_decision)
        .service(steps::open_discussion)
        .service(steps::start_sense_check)
        .service(steps::open_final_call)
        .service(texts::amend_decision)
        .service(texts::list_decision_versions)
        .service(texts::get_decision_diff)
        .service(corrections::propose_correction)
        .service(corrections::approve_correction)
        .service(stances::cast_stance)
        .service(stances::reaffirm_stance)
        .service(reading::list_stances)
        .service(reading::list_stance_history)
        .service(reading::get_decision_result)
        .service(reading::list_decision_timeline)
        .service(blocks::list_decision_blocks)
        .service(blocks::get_decision_block)
        .service(blocks::challenge_block)
        .service(blocks::sustain_block)
        .service(blocks::dismiss_block)
        .service(blocks::address_block)
        .service(blocks::withdraw_block)
        .service(ending::withdraw_decision)
        .service(ending::close_decision)
        .service(ending::decide_by_advice)
        .service(outcome::put_decision_outcome)
        .service(outcome::review_decision)
        .service(outcome::reaffirm_decision)
        .service(outcome::rescind_decision);
}
