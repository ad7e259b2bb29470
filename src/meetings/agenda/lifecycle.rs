//! Which state of an agenda item may follow which. A pure table.

use super::model::AgendaItemState;
use crate::platform::lifecycle::Lifecycle;

impl Lifecycle for AgendaItemState {
    const OF: &'static str = "agenda item";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Proposed => &[Self::Accepted, Self::Deferred, Self::Declined],
            Self::Accepted => &[Self::Deferred, Self::Declined],
            // What was declined can be taken up after all; what was deferred stands on another agenda.
            Self::Declined => &[Self::Accepted],
            Self::Deferred => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::lifecycle::exhaust;

    #[test]
    fn items_are_accepted_deferred_or_declined() {
        use AgendaItemState as S;
        exhaust(
            S::ALL,
            &[
                (S::Proposed, S::Accepted),
                (S::Proposed, S::Deferred),
                (S::Proposed, S::Declined),
                (S::Accepted, S::Deferred),
                (S::Accepted, S::Declined),
                (S::Declined, S::Accepted),
            ],
        );
    }
}
