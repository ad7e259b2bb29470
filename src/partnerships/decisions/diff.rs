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
}
