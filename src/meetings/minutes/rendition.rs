//! What everybody reads of minutes and their corrections.

use super::model::{MinutesRedaction, MinutesVersion, Redaction};
use super::redaction::{Flaw, Mask, checked, covered, masks};
use crate::platform::error::{Error, FieldCode, Result};
use crate::platform::http::wrong;

/// Everything that is masked in the text of minutes, and in that of each of their corrections beside its own.
#[derive(Debug, Clone, Default)]
pub struct Masks(Vec<Mask>);

impl Masks {
    /// What was masked when the version was written, and what was since it was published.
    pub fn of(version: &MinutesVersion, later: &[MinutesRedaction]) -> Self {
        let since = later.iter().flat_map(|entry| entry.redactions.0.iter().map(Mask::whole));
        let Self(own) = Self::in_text(&version.text, &version.redactions.0);
        Self(own.into_iter().chain(since).collect())
    }

    /// What is masked in a text by redactions of its own.
    pub fn in_text(text: &str, redactions: &[Redaction]) -> Self {
        Self(masks(text, redactions))
    }

    /// With more, each of which stands in one of the texts as whole words.
    ///
    /// # Errors
    /// A field error for each that doesn't, or that could be read in a mark.
    pub fn with(&self, texts: &[&str], redactions: &[Redaction]) -> Result<Self> {
        let one = |flaw| match flaw {
            Flaw::Absent(n) => wrong(
                format!("/redactions/{n}/passage"),
                FieldCode::Inconsistent,
                "must stand in the text, as whole words",
            ),
            Flaw::Survives(n) => wrong(
                format!("/redactions/{n}/passage"),
                FieldCode::Refused,
                "could still be read in a mark that stands for a passage; take more of the text around it",
            ),
        };
        checked(texts, self.0.clone(), redactions)
            .map(Self)
            .map_err(|flaws| Error::fields(flaws.into_iter().map(one).collect()))
    }

    /// What everybody reads of the text of minutes.
    pub fn text(&self, text: &str) -> String {
        covered(text, &self.0)
    }

    /// What everybody reads of a text of a correction that has redactions of its own.
    pub fn of_correction(&self, own: &[Redaction], text: &str) -> String {
        let own = own.iter().map(Mask::whole);
        covered(text, &self.0.iter().cloned().chain(own).collect::<Vec<_>>())
    }
}
