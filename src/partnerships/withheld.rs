//! What slices above leave out of a partnership's timeline, handed down by the roof: the record says for whom something
//! was when it happened, and what it happened to may be for fewer now.

use super::standing::Standing;
use crate::ids::PartnershipId;
use crate::platform::record::timeline::Told;

/// The timeline of a partnership without what whoever stands so does not see of a slice.
pub type Withhold = fn(Told, PartnershipId, &Standing) -> Told;

/// What all slices above leave out; handed down by the roof.
pub struct Withheld(pub Vec<Withhold>);

impl Withheld {
    /// What is left of the partnership's timeline for whoever stands so.
    pub fn left(&self, told: Told, of: PartnershipId, standing: &Standing) -> Told {
        self.0.iter().fold(told, |told, withhold| withhold(told, of, standing))
    }
}
