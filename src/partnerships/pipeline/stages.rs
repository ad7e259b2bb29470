//! The stages of the leadership pipeline and what each of them takes (`domain/20` 6.9). Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::platform::lifecycle::Lifecycle;
use crate::text_enum;

text_enum! {
    /// How far somebody has come on the way to leading.
    pub enum Stage {
        /// Takes part.
        Participant = "participant",
        /// Has done a task that was verified.
        Contributor = "contributor",
        /// Has led others in a task, or facilitated at a meeting.
        TaskLead = "task_lead",
        /// Could stand in for a leader.
        DeputyReady = "deputy_ready",
        /// Holds a leadership seat.
        Leader = "leader",
        /// Has held a seat and helps others on their way.
        Mentor = "mentor",
    }
}

text_enum! {
    /// What a stage still takes.
    pub enum Requirement {
        /// A task of theirs that was verified.
        VerifiedTask = "verified_task",
        /// A task done in which they led others, or an agenda item that they facilitated.
        LedTaskOrFacilitatedItem = "led_task_or_facilitated_item",
        /// Two tasks in which they led others.
        TwoLedTasks = "two_led_tasks",
        /// The orientation.
        OrientationDone = "orientation_done",
        /// That they say they are willing to lead.
        WillingToLead = "willing_to_lead",
        /// A leadership seat.
        HoldsSeat = "holds_seat",
        /// A leadership seat that has ended.
        EndedSeat = "ended_seat",
        /// That they say they are willing to mentor.
        WillingToMentor = "willing_to_mentor",
    }
}

/// Led tasks that make somebody ready to deputise (`domain/20` 6.9).
pub const LED_TASKS: u32 = 2;

/// What a member has done in a partnership, as the slices that know of it count it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServiceFacts {
    /// Tasks of theirs that were verified.
    pub verified_tasks: u32,
    /// Tasks done in which they led others.
    pub led_tasks: u32,
    /// Agenda items of meetings that they facilitated.
    pub facilitated_items: u32,
}

/// All that the rules look at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PipelineFacts {
    /// What they have done.
    pub service: ServiceFacts,
    /// Whether they say that the orientation is done.
    pub orientation_done: bool,
    /// Whether they say that they are willing to lead.
    pub willing_to_lead: bool,
    /// Whether they say that they are willing to mentor.
    pub willing_to_mentor: bool,
    /// Whether they hold a leadership seat.
    pub holds_seat: bool,
    /// Whether they have held one that ended.
    pub held_seat: bool,
}

impl Lifecycle for Stage {
    const OF: &'static str = "stage";
    /// Any later stage: whoever leads others before their first own task is verified skips nothing that matters.
    fn next(self) -> &'static [Self] {
        use Stage as S;
        match self {
            S::Participant => &[S::Contributor, S::TaskLead, S::DeputyReady, S::Leader, S::Mentor],
            S::Contributor => &[S::TaskLead, S::DeputyReady, S::Leader, S::Mentor],
            S::TaskLead => &[S::DeputyReady, S::Leader, S::Mentor],
            S::DeputyReady => &[S::Leader, S::Mentor],
            // The seat ends before the mentor begins, and a mentor can be elected again.
            S::Leader => &[S::Mentor],
            S::Mentor => &[S::Leader],
        }
    }
}

impl Stage {
    /// The stages that come by suggestion, lowest first; the others come with joining and with a seat.
    pub const SUGGESTED: [Self; 4] = [Self::Contributor, Self::TaskLead, Self::DeputyReady, Self::Mentor];

    /// Whether somebody at this stage could take a seat over now.
    pub const fn is_ready(self) -> bool {
        matches!(self, Self::DeputyReady | Self::Leader | Self::Mentor)
    }

    /// What this stage still takes of somebody; nothing where its rule is met (`domain/20` 6.9).
    pub fn unmet(self, facts: &PipelineFacts) -> Vec<Requirement> {
        use Requirement as R;
        let ServiceFacts { verified_tasks, led_tasks, facilitated_items } = facts.service;
        let all: &[(R, bool)] = match self {
            Self::Participant => &[],
            Self::Contributor => &[(R::VerifiedTask, verified_tasks >= 1)],
            Self::TaskLead => &[(R::LedTaskOrFacilitatedItem, led_tasks >= 1 || facilitated_items >= 1)],
            Self::DeputyReady => &[
                (R::TwoLedTasks, led_tasks >= LED_TASKS),
                (R::OrientationDone, facts.orientation_done),
                (R::WillingToLead, facts.willing_to_lead),
            ],
            Self::Leader => &[(R::HoldsSeat, facts.holds_seat)],
            Self::Mentor => {
                &[(R::EndedSeat, facts.held_seat && !facts.holds_seat), (R::WillingToMentor, facts.willing_to_mentor)]
            }
        };
        all.iter().filter(|(_, met)| !met).map(|(requirement, _)| *requirement).collect()
    }
}

/// Where somebody stands: leading with a seat, otherwise at the furthest stage that they agreed to.
pub fn current(holds_seat: bool, agreed: impl IntoIterator<Item = Stage>) -> Stage {
    if holds_seat {
        return Stage::Leader;
    }
    let furthest = |a: Stage, b: Stage| if a.next().contains(&b) && b != Stage::Leader { b } else { a };
    agreed.into_iter().fold(Stage::Participant, furthest)
}

/// The stage to suggest to somebody at `current`: the furthest whose rule is met, and that follows.
///
/// Never `leader`: that comes by seat. Nobody is asked to go back.
pub fn suggestion(current: Stage, facts: &PipelineFacts) -> Option<Stage> {
    if current == Stage::Leader {
        return None;
    }
    Stage::SUGGESTED.into_iter().rev().find(|stage| current.next().contains(stage) && stage.unmet(facts).is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::platform::lifecycle::exhaust;

    #[test]
    fn stages_follow_each_other_upwards_and_a_mentor_can_lead_again() {
        use Stage as S;
        exhaust(
            S::ALL,
            &[
                (S::Participant, S::Contributor),
                (S::Participant, S::TaskLead),
                (S::Participant, S::DeputyReady),
                (S::Participant, S::Leader),
                (S::Participant, S::Mentor),
                (S::Contributor, S::TaskLead),
                (S::Contributor, S::DeputyReady),
                (S::Contributor, S::Leader),
                (S::Contributor, S::Mentor),
                (S::TaskLead, S::DeputyReady),
                (S::TaskLead, S::Leader),
                (S::TaskLead, S::Mentor),
                (S::DeputyReady, S::Leader),
                (S::DeputyReady, S::Mentor),
                (S::Leader, S::Mentor),
                (S::Mentor, S::Leader),
            ],
        );
    }

    #[test]
    fn each_rule_holds_at_its_edge() {
        let none = PipelineFacts::default();
        let did = |verified_tasks, led_tasks, facilitated_items| PipelineFacts {
            service: ServiceFacts { verified_tasks, led_tasks, facilitated_items },
            ..none
        };
        let ready = |led| PipelineFacts { orientation_done: true, willing_to_lead: true, ..did(0, led, 0) };
        for (facts, expected) in [
            (none, None),
            (did(1, 0, 0), Some(Stage::Contributor)),
            (did(1, 1, 0), Some(Stage::TaskLead)),
            (did(0, 0, 1), Some(Stage::TaskLead)),
            (did(9, 2, 9), Some(Stage::TaskLead)),
            (ready(1), Some(Stage::TaskLead)),
            (ready(2), Some(Stage::DeputyReady)),
            (PipelineFacts { willing_to_lead: false, ..ready(2) }, Some(Stage::TaskLead)),
            (PipelineFacts { orientation_done: false, ..ready(2) }, Some(Stage::TaskLead)),
            (PipelineFacts { held_seat: true, ..none }, None),
            (PipelineFacts { held_seat: true, willing_to_mentor: true, ..none }, Some(Stage::Mentor)),
            (PipelineFacts { held_seat: true, willing_to_mentor: true, holds_seat: true, ..none }, None),
            (PipelineFacts { held_seat: true, willing_to_mentor: true, ..ready(2) }, Some(Stage::Mentor)),
        ] {
            assert_eq!(suggestion(Stage::Participant, &facts), expected, "{facts:?}");
        }
        assert_eq!(suggestion(Stage::TaskLead, &did(5, 1, 0)), None, "nobody is asked to go back");
        assert_eq!(Stage::DeputyReady.unmet(&none).len(), 3);
    }

    #[test]
    fn where_somebody_stands_is_the_furthest_stage_agreed_to() {
        use Stage as S;
        assert_eq!(current(false, []), S::Participant);
        assert_eq!(current(false, [S::TaskLead, S::Contributor]), S::TaskLead);
        assert_eq!(current(false, [S::Mentor, S::DeputyReady]), S::Mentor);
        assert_eq!(current(true, [S::Mentor]), S::Leader);
    }

    fn facts() -> impl Strategy<Value = PipelineFacts> {
        let flags = proptest::array::uniform5(any::<bool>());
        (0..4_u32, 0..4_u32, 0..4_u32, flags).prop_map(|(verified_tasks, led_tasks, facilitated_items, flags)| {
            let [orientation_done, willing_to_lead, willing_to_mentor, holds_seat, held_seat] = flags;
            let service = ServiceFacts { verified_tasks, led_tasks, facilitated_items };
            PipelineFacts { service, orientation_done, willing_to_lead, willing_to_mentor, holds_seat, held_seat }
        })
    }

    /// The rules once more, as a person would read them out.
    fn naive(at: Stage, facts: &PipelineFacts) -> Option<Stage> {
        let s = facts.service;
        let mentor = facts.held_seat && !facts.holds_seat && facts.willing_to_mentor;
        let deputy = s.led_tasks >= 2 && facts.orientation_done && facts.willing_to_lead;
        let lead = s.led_tasks > 0 || s.facilitated_items > 0;
        match at {
            Stage::Leader | Stage::Mentor => None,
            _ if mentor => Some(Stage::Mentor),
            Stage::Participant | Stage::Contributor | Stage::TaskLead if deputy => Some(Stage::DeputyReady),
            Stage::Participant | Stage::Contributor if lead => Some(Stage::TaskLead),
            Stage::Participant if s.verified_tasks > 0 => Some(Stage::Contributor),
            _ => None,
        }
    }

    proptest! {
        #[test]
        fn suggestions_are_what_the_rules_say(facts in facts(), at in 0..Stage::ALL.len()) {
            let at = Stage::ALL[at];
            let suggested = suggestion(at, &facts);
            prop_assert_eq!(suggested, naive(at, &facts));
            if let Some(stage) = suggested {
                prop_assert!(at.demand(stage).is_ok() && stage.unmet(&facts).is_empty() && stage != Stage::Leader);
                prop_assert_eq!(suggestion(stage, &facts), None, "once agreed, nothing is left to suggest");
            }
        }

        #[test]
        fn doing_more_never_takes_a_stage_away(facts in facts(), more in 0..3_u32) {
            let mut later = facts;
            later.service.verified_tasks += more;
            later.service.led_tasks += more;
            let furthest = |facts: &PipelineFacts| Stage::SUGGESTED.iter().rposition(|stage| stage.unmet(facts).is_empty());
            prop_assert!(furthest(&later) >= furthest(&facts));
        }
    }
}
