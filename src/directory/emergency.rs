//! The emergency block: whom to call, in every answer to somebody who reports something
//! (`domain/70-directory-and-moderation.md` 6.24).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::Agency;
use crate::platform::error::{FieldCode, FieldError};
use crate::platform::http::wrong;
use crate::platform::text::{Language, Phone, Prose, Rejected, WebAddress, rejected, string};
use crate::platform::values::{Change, List, Patch};
use crate::text_json;

/// A number that any telephone in the area can dial in an emergency: 2 to 6 digits, like `911` or `112`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmergencyNumber(String);

impl fmt::Display for EmergencyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl FromStr for EmergencyNumber {
    type Err = Rejected;
    fn from_str(text: &str) -> Result<Self, Rejected> {
        if (2..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            rejected("must be 2 to 6 digits, like 911")
        }
    }
}
text_json!([] EmergencyNumber, "EmergencyNumber",
    string().min_length(Some(2)).max_length(Some(6)).pattern(Some("^[0-9]{2,6}$")).into());

/// Where tips are taken: a telephone number (E.164) or a web address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TipLine(String);

impl fmt::Display for TipLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl FromStr for TipLine {
    type Err = Rejected;
    fn from_str(text: &str) -> Result<Self, Rejected> {
        let phone = text.parse::<Phone>().map(|phone| phone.to_string());
        match phone.or_else(|_| text.parse::<WebAddress>().map(|address| address.to_string())) {
            Ok(text) => Ok(Self(text)),
            Err(_) => rejected("must be a telephone number in E.164 form or a web address"),
        }
    }
}
text_json!([] TipLine, "TipLine", string().min_length(Some(9)).max_length(Some(2000))
    .pattern(Some(r"^(\+[1-9][0-9]{7,14}|https?://[!-~]+)$")).into());

/// Whom to call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "emergency": "911", "text_to_911": true, "non_emergency": "+19135963000", "tips": "+18164748477", "tty": null,
    "languages": ["en", "es"], "notice": "In case of emergency dial 911."
}))]
pub struct EmergencyBlock {
    /// For what is in progress or dangerous.
    pub emergency: String,
    /// Whether a text message to that number is answered.
    pub text_to_911: bool,
    /// For everything else (E.164).
    pub non_emergency: String,
    /// Where tips are taken: a telephone number (E.164) or a web address.
    pub tips: Option<String>,
    /// For text telephones (E.164).
    pub tty: Option<String>,
    /// Languages in which calls are answered (BCP 47).
    pub languages: Vec<String>,
    /// What else callers should know.
    pub notice: Option<String>,
}

impl From<&Agency> for EmergencyBlock {
    fn from(agency: &Agency) -> Self {
        Self {
            emergency: agency.emergency.clone(),
            text_to_911: agency.text_to_911,
            non_emergency: agency.non_emergency.clone(),
            tips: agency.tips.clone(),
            tty: agency.tty.clone(),
            languages: agency.languages.0.clone(),
            notice: agency.notice.clone(),
        }
    }
}

/// Whom to call, of a new agency.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEmergencyBlock {
    /// For what is in progress or dangerous.
    pub emergency: EmergencyNumber,
    /// Whether a text message to that number is answered.
    pub text_to_911: bool,
    /// For everything else.
    pub non_emergency: Phone,
    /// Where tips are taken: a telephone number (E.164) or a web address.
    pub tips: Option<TipLine>,
    /// For text telephones.
    pub tty: Option<Phone>,
    /// Languages in which calls are answered; each once.
    pub languages: List<Language, 1, 20>,
    /// What else callers should know.
    pub notice: Option<Prose<1, 500>>,
}

/// Changes to whom to call; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmergencyBlockChanges {
    /// For what is in progress or dangerous.
    #[serde(default)]
    pub emergency: Change<EmergencyNumber>,
    /// Whether a text message to that number is answered.
    #[serde(default)]
    pub text_to_911: Change<bool>,
    /// For everything else.
    #[serde(default)]
    pub non_emergency: Change<Phone>,
    /// Where tips are taken: a telephone number (E.164) or a web address.
    #[serde(default)]
    pub tips: Patch<TipLine>,
    /// For text telephones.
    #[serde(default)]
    pub tty: Patch<Phone>,
    /// Languages in which calls are answered; each once. They replace the whole list.
    #[serde(default)]
    pub languages: Change<List<Language, 1, 20>>,
    /// What else callers should know.
    #[serde(default)]
    pub notice: Patch<Prose<1, 500>>,
}

/// Refuses languages that stand twice in the list at `pointer`.
pub fn each_once(languages: &[Language], pointer: &str, errors: &mut Vec<FieldError>) {
    for (n, language) in languages.iter().enumerate() {
        if languages.iter().take(n).any(|earlier| earlier == language) {
            errors.push(wrong(format!("{pointer}/{n}"), FieldCode::NotUnique, "stands in the list already"));
        }
    }
}

/// The tags of languages, as they are stored.
pub fn tags<const MIN: usize, const MAX: usize>(languages: List<Language, MIN, MAX>) -> Vec<String> {
    languages.into_vec().into_iter().map(Into::into).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_tip_lines_take_what_they_should_and_nothing_else() {
        for good in ["911", "112", "08", "116117"] {
            assert!(good.parse::<EmergencyNumber>().is_ok(), "{good}");
        }
        for bad in ["", "9", "9 1 1", "+911", "9111111", "９１１"] {
            assert!(bad.parse::<EmergencyNumber>().is_err(), "{bad}");
        }
        assert!("+18164748477".parse::<TipLine>().is_ok() && "https://tips.example.org/kc".parse::<TipLine>().is_ok());
        assert!("474-TIPS".parse::<TipLine>().is_err() && "javascript:alert(1)".parse::<TipLine>().is_err());
    }
}
