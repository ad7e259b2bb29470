//! How organisations come and go (`domain/20-key1-partnerships.md` 6.7). Pure tables.

use super::model::{PartnerInvitationState, PartnerState};
use crate::platform::lifecycle::Lifecycle;

impl Lifecycle for PartnerState {
    const OF: &'static str = "organisation";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Invited => &[Self::Joined, Self::NotJoined],
            Self::Joined => &[Self::Left],
            Self::NotJoined | Self::Left => &[Self::Invited],
        }
    }
}

impl Lifecycle for PartnerInvitationState {
    const OF: &'static str = "invitation";
    fn next(self) -> &'static [Self] {
        match self {
            Self::Sent => &[Self::Accepted, Self::Declined, Self::Expired, Self::Revoked],
            Self::Accepted | Self::Declined | Self::Expired | Self::Revoked => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::lifecycle::exhaust;

    #[test]
    fn each_machine_takes_its_steps_and_no_other() {
        use PartnerState as P;
        exhaust(
            P::ALL,
            &[
                (P::Invited, P::Joined),
                (P::Invited, P::NotJoined),
                (P::Joined, P::Left),
                (P::NotJoined, P::Invited),
                (P::Left, P::Invited),
            ],
        );
        use PartnerInvitationState as I;
        exhaust(
            I::ALL,
            &[(I::Sent, I::Accepted), (I::Sent, I::Declined), (I::Sent, I::Expired), (I::Sent, I::Revoked)],
        );
    }
}
