//! Deadlines of minutes, and what is missing to their approval (`domain/60` 6.22). Pure.

use std::time::Duration;

use super::model::{Minutes, MinutesStage, MinutesState};
use crate::accounts::Side;
use crate::partnerships::missing_sides;
use crate::platform::clock::{Instant, days};

/// Minutes are circulated within so long after the meeting.
pub const CIRCULATED_WITHIN: Duration = days(7);
/// Approved minutes are published within so long.
pub const PUBLISHED_WITHIN: Duration = days(3);

/// Whoever asked for a correction that was declined can maintain it within so long; until then silence approves nothing.
pub const MAINTAINED_WITHIN: Duration = days(5);

/// Whether something was done after it was due, or is due and not done by `now`.
pub fn is_late(done_at: Option<Instant>, due_by: Instant, now: Instant) -> bool {
    done_at.unwrap_or(now) > due_by
}

/// What is told of where minutes stand.
pub const fn stage(state: MinutesState, open_requests: i32) -> MinutesStage {
    match state {
        MinutesState::Draft => MinutesStage::Draft,
        MinutesState::Circulated if open_requests > 0 => MinutesStage::Corrections,
        MinutesState::Circulated => MinutesStage::Circulated,
        MinutesState::Proposed => MinutesStage::Proposed,
        MinutesState::Approved => MinutesStage::Approved,
        MinutesState::Published => MinutesStage::Published,
    }
}

/// When silence approves circulated minutes, where nothing else is missing: once their time is over, and the time in which
/// the last request that was declined can be maintained.
pub fn consents_at(circulated_at: Instant, declined_at: Option<Instant>, silence: Duration) -> Instant {
    let over = circulated_at.plus(silence);
    declined_at.map_or(over, |at| over.max(at.plus(MAINTAINED_WITHIN)))
}

/// What silent consent depends on.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Where the minutes stand.
    pub state: MinutesState,
    /// When the text as it is now was circulated.
    pub circulated_at: Option<Instant>,
    /// Requests to correct it that nobody has answered.
    pub open_requests: i32,
    /// Requests that were declined and are maintained.
    pub maintained_requests: i32,
    /// When one was last declined.
    pub declined_at: Option<Instant>,
    /// The sides whose leaders have assented.
    pub assented: Vec<Side>,
}

impl Facts {
    /// Of minutes to which leaders of these sides have assented.
    pub fn of(row: &Minutes, assented: Vec<Side>) -> Self {
        Self {
            state: row.state,
            circulated_at: row.circulated_at,
            open_requests: row.open_requests,
            maintained_requests: row.maintained_requests,
            declined_at: row.declined_at,
            assented,
        }
    }
}

/// Everything that is missing to approval by silent consent at `now`, in the words of a problem's `missing`; nothing where the
/// minutes are approved.
pub fn missing(facts: &Facts, silence: Duration, now: Instant) -> Vec<&'static str> {
    if facts.state.is_approved() {
        return Vec::new();
    }
    let sides = missing_sides(facts.assented.iter().copied());
    let is_over = facts.circulated_at.is_some_and(|at| at.plus(silence) <= now);
    let is_final = facts.declined_at.is_none_or(|at| at.plus(MAINTAINED_WITHIN) <= now);
    [
        ("circulation", facts.state != MinutesState::Draft),
        ("decision", facts.state != MinutesState::Proposed),
        ("civilian", !sides.contains(&Side::Civilian)),
        ("police", !sides.contains(&Side::Police)),
        ("correction_requests", facts.open_requests == 0),
        ("maintained_requests", facts.maintained_requests == 0),
        ("declined_requests", is_final),
        ("silence", is_over),
    ]
    .into_iter()
    .filter_map(|(what, there)| (!there).then_some(what))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn something_is_late_when_it_was_done_or_is_missing_after_it_was_due() {
        let (due, before, after) = (at("2027-03-10T12:00:00Z"), at("2027-03-10T11:59:59Z"), at("2027-03-10T12:00:01Z"));
        for (done, now, late) in [
            (None, due, false),
            (None, after, true),
            (Some(before), after, false),
            (Some(due), after, false),
            (Some(after), after, true),
        ] {
            assert_eq!(is_late(done, due, now), late, "{done:?} {now}");
        }
    }

    #[test]
    fn corrections_are_a_stage_of_what_is_circulated() {
        use MinutesState as M;
        for (state, open, told) in [
            (M::Draft, 0, MinutesStage::Draft),
            (M::Circulated, 0, MinutesStage::Circulated),
            (M::Circulated, 2, MinutesStage::Corrections),
            (M::Proposed, 0, MinutesStage::Proposed),
            (M::Approved, 0, MinutesStage::Approved),
            (M::Published, 0, MinutesStage::Published),
        ] {
            assert_eq!(stage(state, open), told, "{state} {open}");
        }
    }

    #[test]
    fn silent_consent_wants_both_sides_no_open_request_and_its_time() {
        let silence = days(14);
        let circulated = at("2027-03-10T12:00:00Z");
        let over = circulated.plus(silence);
        let early = over.minus(Duration::from_micros(1));
        let (both, one) = (vec![Side::Police, Side::Civilian], vec![Side::Police, Side::Police]);
        let facts = |state, circulated_at, open_requests, assented: &[Side]| Facts {
            state,
            circulated_at,
            open_requests,
            maintained_requests: 0,
            declined_at: None,
            assented: assented.to_vec(),
        };
        use MinutesState as M;
        for (facts, now, expected) in [
            (facts(M::Circulated, Some(circulated), 0, &both), over, &[][..]),
            (facts(M::Circulated, Some(circulated), 0, &both), early, &["silence"]),
            (facts(M::Circulated, Some(circulated), 1, &both), over, &["correction_requests"]),
            (facts(M::Circulated, Some(circulated), 0, &one), over, &["civilian"]),
            (facts(M::Proposed, Some(circulated), 0, &both), over, &["decision"]),
            (facts(M::Draft, None, 0, &[]), over, &["circulation", "civilian", "police", "silence"]),
            (facts(M::Approved, None, 0, &[]), over, &[]),
            (facts(M::Published, None, 3, &[]), early, &[]),
        ] {
            assert_eq!(missing(&facts, silence, now), expected, "{facts:?}");
        }
        let declined_at = over.minus(MAINTAINED_WITHIN);
        let later = declined_at.plus(Duration::from_micros(1));
        for (maintained_requests, declined_at, expected) in [
            (0, Some(declined_at), &[][..]),
            (0, Some(later), &["declined_requests"]),
            (1, Some(declined_at), &["maintained_requests"]),
        ] {
            let facts = Facts { maintained_requests, declined_at, ..facts(M::Circulated, Some(circulated), 0, &both) };
            assert_eq!(missing(&facts, silence, over), expected, "{facts:?}");
        }
        assert_eq!(consents_at(circulated, None, silence), over);
        assert_eq!(consents_at(circulated, Some(declined_at), silence), over);
        assert_eq!(consents_at(circulated, Some(over), silence), over.plus(MAINTAINED_WITHIN));
    }
}
