//! What every policy comes to. The policies themselves are the slices': pure functions, one per slice, default deny.

use super::error::{Code, Error, Result};
use super::faults::is_planted;

/// What a decision comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Decision {
    /// Go on.
    Allow,
    /// Seen, but not this person's to do; with the reason.
    Forbid(&'static str),
    /// For this person it does not exist.
    Hide,
    /// Nobody said who they are.
    SignIn,
    /// Theirs to do once they have proved anew, and with all their factors, who they are (RFC 9470).
    Prove,
    /// Theirs to do once the session has the second factor that rights of the account's kind need (RFC 9470).
    ProveMore,
}

impl Decision {
    /// What is allowed only to whoever has just proved who they are; `fresh` says whether this person has.
    #[must_use]
    pub const fn freshly(self, fresh: bool) -> Self {
        match self {
            Self::Allow if !fresh => Self::Prove,
            decided => decided,
        }
    }

    /// Go on, or the error that the decision stands for.
    ///
    /// # Errors
    /// 401, 403 or 404.
    pub fn demand(self) -> Result<()> {
        match self {
            Self::Forbid(_) if is_planted("forbids_nothing") => Ok(()),
            Self::Hide if is_planted("hides_nothing") => Ok(()),
            Self::Hide if is_planted("tells_the_hidden") => Err(Error::new(Code::NotFound, "Not for you.")),
            Self::Allow => Ok(()),
            Self::Forbid(why) => Err(Error::forbidden(why)),
            Self::Hide => Err(Error::not_found()),
            Self::SignIn => Err(Error::unauthenticated()),
            Self::Prove => Err(Error::unproven()),
            Self::ProveMore => Err(Error::half_proved()),
        }
    }
}
