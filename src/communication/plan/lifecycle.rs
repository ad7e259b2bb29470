//! Which state of a plan may follow which.

use super::model::CommunicationPlanState;
use crate::platform::lifecycle::Lifecycle;

impl Lifecycle for CommunicationPlanState {
    const OF: &'static str = "communication plan";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Proposed, Self::Withdrawn],
            Self::Proposed => &[Self::Draft, Self::Adopted],
            Self::Adopted => &[Self::Superseded],
            Self::Superseded | Self::Withdrawn => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::lifecycle::exhaust;

    #[test]
    fn a_plan_takes_its_steps_and_no_other() {
        use CommunicationPlanState as P;
        exhaust(
            P::ALL,
            &[
                (P::Draft, P::Proposed),
                (P::Draft, P::Withdrawn),
                (P::Proposed, P::Draft),
                (P::Proposed, P::Adopted),
                (P::Adopted, P::Superseded),
            ],
        );
    }
}
