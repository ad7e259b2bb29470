//! What changed from one version of a text to another, word by word (Myers' algorithm). Pure.

use serde::Serialize;
use similar::{ChangeTag, TextDiff};
use utoipa::ToSchema;

use crate::text_enum;

text_enum! {
    /// What became of a part of the text.
    pub enum DiffOp {
        /// It stayed.
        Kept = "kept",
        /// It was taken out.
        Removed = "removed",
        /// It was put in.
        Added = "added",
    }
}

/// A part of the text, and what became of it. All parts that are not `added` make up the old text, all that are not
/// `removed` the new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DiffPart {
    /// What became of it.
    pub op: DiffOp,
    /// The part.
    pub text: String,
}

/// What changed from `old` to `new`.
pub fn diff(old: &str, new: &str) -> Vec<DiffPart> {
    let compared = TextDiff::from_words(old, new);
    let mut parts: Vec<DiffPart> = Vec::new();
    for change in compared.iter_all_changes() {
        let op = match change.tag() {
            ChangeTag::Equal => DiffOp::Kept,
            ChangeTag::Delete => DiffOp::Removed,
            ChangeTag::Insert => DiffOp::Added,
        };
        match parts.last_mut() {
            Some(last) if last.op == op => last.text.push_str(change.value()),
            _ => parts.push(DiffPart { op, text: change.value().to_owned() }),
        }
    }
    parts
}

/// Whether two texts differ by typing errors alone: the same number of words, each the same but for two letters or a quarter
/// of them, and every word with a digit in it the same. What adds, drops or exchanges a word changes what is meant.
pub fn is_slight(before: &str, after: &str) -> bool {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.split_whitespace().collect(), after.split_whitespace().collect());
    let alike = |old: &str, new: &str| {
        let has_digit = |word: &str| word.chars().any(|c| c.is_ascii_digit());
        let apart = TextDiff::from_chars(old, new).iter_all_changes().filter(|c| c.tag() != ChangeTag::Equal).count();
        // A letter in place of another one is two changes.
        old == new || !has_digit(old) && !has_digit(new) && apart <= 2.max(old.chars().count() / 2)
    };
    old.len() == new.len() && old.iter().zip(&new).all(|(old, new)| alike(old, new))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_that_changed_are_told() {
        let parts = diff("Every alley is lit from dusk.", "Every alley is swept and lit from dusk.");
        assert_eq!(
            parts.iter().filter(|p| p.op == DiffOp::Added).map(|p| p.text.as_str()).collect::<String>(),
            "swept and "
        );
        assert!(parts.iter().all(|p| p.op != DiffOp::Removed));
    }

    proptest! {
        #[test]
        fn the_parts_make_up_both_texts(old in "[a-c \\n]{0,60}", new in "[a-c \\n]{0,60}") {
            let without = |op: DiffOp| -> String {
                diff(&old, &new).into_iter().filter(|p| p.op != op).map(|p| p.text).collect()
            };
            prop_assert_eq!(without(DiffOp::Added), old.clone());
            prop_assert_eq!(without(DiffOp::Removed), new.clone());
        }
    }

    #[test]
    fn typing_errors_are_slight_and_other_words_are_not() {
        let slight = |before, after| is_slight(before, after);
        assert!(slight("We ask teh city.", "We ask the city."));
        assert!(slight("Lamps  in the aleys", "Lamps in the alleys"));
        assert!(!slight("We meet every Monday.", "We never meet at all."));
        assert!(!slight("We meet on Monday.", "We do not meet on Monday."));
        assert!(!slight("Ten lamps by May", "Ten benches by May"));
        assert!(!slight("From 7 to 8 pm", "From 7 to 9 pm"));
    }
}
