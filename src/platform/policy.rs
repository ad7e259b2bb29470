//! What every policy comes to. The policies themselves are the slices': pure functions, one per slice, default deny.

use super::error::{Error, Result};

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
}

impl Decision {
    /// Go on, or the error that the decision stands for.
    ///
    /// # Errors
    /// 401, 403 or 404.
    pub fn demand(self) -> Result<()> {
        match self {
            Self::Allow => Ok(()),
            Self::Forbid(why) => Err(Error::forbidden(why)),
            Self::Hide => Err(Error::not_found()),
            Self::SignIn => Err(Error::unauthenticated()),
        }
    }
}
