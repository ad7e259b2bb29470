//! The public rendition of a text: every passage that is not for everybody stands there as its reason alone. Pure.
//!
//! All places where a passage stands are covered, also where they overlap, and places that touch or overlap become one mark. No
//! passage is left in what comes out: where one could be read in the marks themselves, it is refused.

use std::ops::Range;

use super::model::{Redaction, RedactionReason};

/// Why a passage can't be redacted; its place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It does not stand in the text.
    Absent(usize),
    /// It could still be read in the public rendition, as part of a mark.
    Survives(usize),
}

/// What stands in place of a passage.
pub fn mark(reason: RedactionReason) -> String {
    format!("[redacted: {reason}]")
}

/// Where `passage` stands in `text`, from each place on where it begins: also where two overlap. In one pass, whatever they
/// are made of (Knuth, Morris and Pratt).
fn occurrences(text: &[u8], passage: &[u8]) -> Vec<Range<usize>> {
    let longer = |known: &[usize], mut matched: usize, byte: u8| {
        while matched > 0 && passage.get(matched) != Some(&byte) {
            matched = known.get(matched - 1).copied().unwrap_or(0);
        }
        if passage.get(matched) == Some(&byte) { matched + 1 } else { 0 }
    };
    if passage.is_empty() {
        return Vec::new();
    }
    // How long a beginning of the passage ends at each of its places.
    let mut known: Vec<usize> = vec![0];
    let mut matched = 0;
    for byte in passage.iter().skip(1) {
        matched = longer(&known, matched, *byte);
        known.push(matched);
    }
    let (mut found, mut matched) = (Vec::new(), 0);
    for (at, byte) in text.iter().enumerate() {
        matched = longer(&known, matched, *byte);
        if matched == passage.len() {
            found.push(at + 1 - matched..at + 1);
        }
    }
    found
}

/// The text with a mark in every place where one of the passages stands.
pub fn covered(text: &str, redactions: &[Redaction]) -> String {
    let mut places: Vec<(Range<usize>, RedactionReason)> = redactions
        .iter()
        .flat_map(|one| {
            let places = occurrences(text.as_bytes(), one.passage.as_bytes());
            places.into_iter().map(|place| (place, one.reason))
        })
        .collect();
    places.sort_by_key(|(place, _)| (place.start, std::cmp::Reverse(place.end)));
    let mut merged: Vec<(Range<usize>, RedactionReason)> = Vec::new();
    for (place, reason) in places {
        match merged.last_mut() {
            Some((last, _)) if place.start <= last.end => last.end = last.end.max(place.end),
            _ => merged.push((place, reason)),
        }
    }
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for (place, reason) in merged {
        out.push_str(text.get(at..place.start).unwrap_or_default());
        out.push_str(&mark(reason));
        at = place.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// The public rendition of a text.
///
/// # Errors
/// The passages that can't be redacted, all of them.
pub fn public_rendition(text: &str, redactions: &[Redaction]) -> Result<String, Vec<Flaw>> {
    let out = covered(text, redactions);
    let flaws: Vec<Flaw> = redactions
        .iter()
        .enumerate()
        .filter_map(|(n, one)| match (text.contains(&one.passage), out.contains(&one.passage)) {
            (false, _) => Some(Flaw::Absent(n)),
            (true, true) => Some(Flaw::Survives(n)),
            (true, false) => None,
        })
        .collect();
    if flaws.is_empty() { Ok(out) } else { Err(flaws) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn redaction(passage: &str, reason: RedactionReason) -> Redaction {
        Redaction { passage: passage.into(), reason }
    }
    fn private(passage: &str) -> Redaction {
        redaction(passage, RedactionReason::Privacy)
    }

    #[test]
    fn every_place_is_covered_also_where_passages_overlap_or_touch() {
        for (text, passages, expected) in [
            ("Ann Lee of 12 Elm spoke.", &["Ann Lee"][..], "[redacted: privacy] of 12 Elm spoke."),
            ("Lee, and Lee again", &["Lee"], "[redacted: privacy], and [redacted: privacy] again"),
            ("xaaax", &["aa"], "x[redacted: privacy]x"),
            ("x-abcde-x", &["bcd", "abc"], "x-[redacted: privacy]e-x"),
            ("x-abcd-x", &["ab", "cd"], "x-[redacted: privacy]-x"),
            ("abcd", &["abcd", "bc"], "[redacted: privacy]"),
            ("Señora Ñ vive aquí", &["ñora Ñ"], "Se[redacted: privacy] vive aquí"),
            ("nothing", &[], "nothing"),
        ] {
            let redactions: Vec<Redaction> = passages.iter().map(|passage| private(passage)).collect();
            assert_eq!(public_rendition(text, &redactions).as_deref(), Ok(expected), "{text}");
        }
        let both = [redaction("abc", RedactionReason::Victim), redaction("cd", RedactionReason::Safety)];
        assert_eq!(covered("abcd", &both), "[redacted: victim]", "the first of those that overlap says why");
    }

    #[test]
    fn what_is_not_there_or_would_be_read_in_a_mark_is_refused() {
        let text = "The victim told of it. A safety plan was made.";
        let redactions = [
            private("told of it"),
            private("burglar"),
            redaction("victim", RedactionReason::Victim),
            private("redacted"),
        ];
        assert_eq!(public_rendition(text, &redactions), Err(vec![Flaw::Absent(1), Flaw::Survives(2), Flaw::Absent(3)]));
    }

    #[test]
    fn a_long_text_of_one_letter_is_covered_in_no_time() {
        let text = "a".repeat(50_000);
        let redactions: Vec<Redaction> = (0..50).map(|n| private(&"a".repeat(400 + n))).collect();
        assert_eq!(public_rendition(&text, &redactions).as_deref(), Ok("[redacted: privacy]"));
    }

    proptest! {
        #[test]
        fn no_passage_survives_and_whatever_is_no_passage_does(
            text in "[abñ \n]{0,60}",
            cuts in proptest::collection::vec((0usize..60, 1usize..8, 0usize..6), 0..6),
        ) {
            let chars: Vec<char> = text.chars().collect();
            let redactions: Vec<Redaction> = cuts
                .into_iter()
                .filter(|(from, ..)| *from < chars.len())
                .map(|(from, long, why)| {
                    let passage: String = chars.iter().skip(from).take(long).collect();
                    redaction(&passage, RedactionReason::ALL[why])
                })
                .collect();
            match public_rendition(&text, &redactions) {
                Ok(out) => {
                    for one in &redactions {
                        prop_assert!(!out.contains(&one.passage), "{out:?} still has {:?}", one.passage);
                    }
                    // Cut at the marks, what is left stands in the text, in its order.
                    let mut at = 0;
                    let mut bare = out.clone();
                    for reason in RedactionReason::ALL {
                        bare = bare.replace(&mark(*reason), "\u{0}");
                    }
                    for piece in bare.split('\u{0}') {
                        let found = text[at..].find(piece);
                        prop_assert!(found.is_some(), "{piece:?} is not of the text");
                        at += found.unwrap_or(0) + piece.len();
                    }
                    if redactions.is_empty() {
                        prop_assert_eq!(out, text);
                    }
                }
                Err(flaws) => {
                    for flaw in flaws {
                        let Flaw::Survives(n) = flaw else { panic!("{flaw:?}") };
                        let passage = redactions[n].passage.as_str();
                        let in_a_mark = RedactionReason::ALL.iter().any(|reason| mark(*reason).contains(passage));
                        prop_assert!(in_a_mark, "{passage:?}");
                    }
                }
            }
        }

        #[test]
        fn places_are_those_that_a_slow_search_finds(text in "[ab]{0,40}", passage in "[ab]{1,5}") {
            let slow: Vec<_> = (0..text.len())
                .filter(|at| text[*at..].starts_with(&passage))
                .map(|at| at..at + passage.len())
                .collect();
            prop_assert_eq!(occurrences(text.as_bytes(), passage.as_bytes()), slow);
        }
    }
}
