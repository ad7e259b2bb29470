//! States and the steps between them, which every slice has.

use super::error::{Error, Result};

/// A closed set of states with the steps between them.
pub trait Lifecycle: Copy + PartialEq + std::fmt::Display + 'static {
    /// What it is a state of, for messages.
    const OF: &'static str;
    /// The states that may follow.
    fn next(self) -> &'static [Self];

    /// Refuses a step that the table does not have.
    ///
    /// # Errors
    /// A conflict that names both states.
    fn demand(self, to: Self) -> Result<()> {
        if self.next().contains(&to) {
            Ok(())
        } else {
            Err(Error::conflict(format!("The {} is {self} and can't become {to}.", Self::OF)))
        }
    }
}

#[cfg(test)]
/// For tests: every pair of states: allowed exactly when it is listed.
pub fn exhaust<S: Lifecycle>(all: &[S], steps: &[(S, S)]) {
    for from in all {
        for to in all {
            assert_eq!(from.demand(*to).is_ok(), steps.contains(&(*from, *to)), "{from} to {to}");
        }
    }
}
