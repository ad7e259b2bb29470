//! Who may read what is put together from several slices. Pure: whoever sees the partnership reads its page, shaped by what
//! each slice shows.

use crate::accounts::Persona;
use crate::partnerships::Standing;
use crate::platform::error::Result;
use crate::platform::policy::Decision;
use crate::text_enum;

text_enum! {
    /// What can be asked of this slice, by operation id.
    pub enum Action {
        GetPartnershipHome = "get_partnership_home",
    }
}

/// Whether an action wants a fresh proof of who asks (`design/security.md` 5.4): none here.
pub const fn wants_fresh_proof(_: Action) -> bool {
    false
}

/// Decides.
pub const fn allows(standing: &Standing, action: Action) -> Decision {
    match action {
        Action::GetPartnershipHome => {
            if standing.sees() {
                Decision::Allow
            } else {
                Decision::Hide
            }
        }
    }
}

/// How the policy decides for a kind of caller: about a live partnership with leaders of both sides.
pub fn decide(persona: Persona, action: Action) -> Decision {
    allows(&Standing::of_persona(persona), action)
}

/// [`allows`], turned into the error that it stands for.
///
/// # Errors
/// 404.
pub fn demand(standing: &Standing, action: Action) -> Result<()> {
    allows(standing, action).demand()
}
