//! The gradients of agreement: their scores, what they count as, and the two shorter ways to say them (`domain/20` 6.6, after
//! Kaner's gradients). Pure.

use super::model::{Level, ShortForm};

/// What a level counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// For it, gladly or not.
    Support,
    /// Neither.
    Neutral,
    /// Not ready.
    Concern,
    /// Against it.
    Oppose,
    /// Against it on principle.
    Block,
}

impl Level {
    /// 8 for full support down to 1 for a block. For reports only: nothing is decided by it.
    pub const fn score(self) -> i32 {
        match self {
            Self::Endorse => 8,
            Self::AgreeMinor => 7,
            Self::Reservations => 6,
            Self::StandAside => 5,
            Self::MoreDiscussion => 4,
            Self::DislikeSupport => 3,
            Self::Disagree => 2,
            Self::Block => 1,
        }
    }
    /// What it counts as. Whoever does not like it and will support it, supports it.
    pub const fn group(self) -> Group {
        match self {
            Self::Endorse | Self::AgreeMinor | Self::Reservations | Self::DislikeSupport => Group::Support,
            Self::StandAside => Group::Neutral,
            Self::MoreDiscussion => Group::Concern,
            Self::Disagree => Group::Oppose,
            Self::Block => Group::Block,
        }
    }
    /// Whether whoever takes it says why.
    pub const fn needs_reason(self) -> bool {
        self.score() <= 4
    }
    /// The levels that count as support.
    pub const SUPPORT: [Self; 4] = [Self::Endorse, Self::AgreeMinor, Self::Reservations, Self::DislikeSupport];

    /// Fist to five: so many fingers, 0 to 5.
    pub const fn of_fingers(fingers: i32) -> Option<Self> {
        Some(match fingers {
            5 => Self::Endorse,
            4 => Self::AgreeMinor,
            3 => Self::Reservations,
            2 => Self::MoreDiscussion,
            1 => Self::Disagree,
            0 => Self::Block,
            _ => return None,
        })
    }
}

impl From<ShortForm> for Level {
    fn from(short: ShortForm) -> Self {
        match short {
            ShortForm::Agree => Self::Endorse,
            ShortForm::Reservations => Self::Reservations,
            ShortForm::StandAside => Self::StandAside,
            ShortForm::Block => Self::Block,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_has_the_score_group_and_reason_of_the_chapter() {
        use Group::{Block, Concern, Neutral, Oppose, Support};
        let table = [
            (Level::Endorse, 8, Support, false),
            (Level::AgreeMinor, 7, Support, false),
            (Level::Reservations, 6, Support, false),
            (Level::StandAside, 5, Neutral, false),
            (Level::MoreDiscussion, 4, Concern, true),
            (Level::DislikeSupport, 3, Support, true),
            (Level::Disagree, 2, Oppose, true),
            (Level::Block, 1, Block, true),
        ];
        assert_eq!(table.map(|(level, ..)| level).as_slice(), Level::ALL);
        for (level, score, group, reason) in table {
            assert_eq!((level.score(), level.group(), level.needs_reason()), (score, group, reason), "{level}");
            assert_eq!(Level::SUPPORT.contains(&level), group == Support, "{level}");
        }
    }

    #[test]
    fn fewer_words_and_fingers_mean_levels() {
        let scores: Vec<_> = (-1..=6).map(|n| Level::of_fingers(n).map(Level::score)).collect();
        assert_eq!(scores, [None, Some(1), Some(2), Some(4), Some(6), Some(7), Some(8), None]);
        let scores: Vec<_> = ShortForm::ALL.iter().map(|short| Level::from(*short).score()).collect();
        assert_eq!(scores, [8, 6, 5, 1]);
    }
}
