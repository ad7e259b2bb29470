//! The public rendition of a text: every passage that is not for everybody stands there as its reason alone. Pure.
//!
//! A passage is masked wherever it stands as whole words, however it is written: capital and small letters, accents, the forms
//! of quotation marks and dashes, the width of white space and characters that show nothing make no difference.
//! All places where a passage stands are covered, also where they overlap, and places that touch or overlap become one mark. No
//! passage is left in what comes out: where one could be read in the marks themselves, it is refused.

use std::ops::Range;

use unicode_normalization::char::decompose_compatible;

use super::model::{Redaction, RedactionReason};
use crate::platform::text::is_blank;

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

/// A text as passages are looked for in it: letters without case and accents (NFKD, marks of U+0300 to U+036F left out), one
/// space for any white space, one form of quotation mark and dash, nothing for what shows nothing.
#[derive(Debug, Default)]
struct Folded {
    chars: Vec<char>,
    /// Where each of them comes from, in bytes of the text.
    places: Vec<Range<usize>>,
}

impl Folded {
    fn of(text: &str) -> Self {
        let mut out = Self::default();
        for (at, c) in text.char_indices() {
            let place = at..at + c.len_utf8();
            let before = out.chars.len();
            match c {
                _ if c.is_whitespace() => out.push(' ', &place),
                _ if is_blank(c) => {}
                '\'' | '`' | '\u{B4}' | '\u{2BC}' | '\u{2018}'..='\u{201B}' | '\u{2032}' => out.push('\'', &place),
                '"' | '\u{AB}' | '\u{BB}' | '\u{201C}'..='\u{201F}' | '\u{2033}' => out.push('"', &place),
                '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' => out.push('-', &place),
                // Twice, so that letters with several small forms have one.
                _ => decompose_compatible(c, |part| {
                    part.to_uppercase().flat_map(char::to_lowercase).for_each(|one| out.push(one, &place));
                }),
            }
            // What folds to nothing belongs to what it stands behind.
            if out.chars.len() == before
                && let Some(last) = out.places.last_mut()
            {
                last.end = place.end;
            }
        }
        out
    }

    fn push(&mut self, c: char, place: &Range<usize>) {
        let is_accent = ('\u{300}'..='\u{36F}').contains(&c);
        let is_run = c.is_whitespace() && self.chars.last() == Some(&' ');
        if is_accent || is_run {
            return;
        }
        self.chars.push(if c.is_whitespace() { ' ' } else { c });
        self.places.push(place.clone());
    }

    /// The same of a passage, which has no white space around it.
    fn of_passage(passage: &str) -> Vec<char> {
        let chars = Self::of(passage).chars;
        let trimmed = chars.strip_prefix(&[' ']).unwrap_or(&chars);
        trimmed.strip_suffix(&[' ']).unwrap_or(trimmed).to_vec()
    }

    /// Whether a word goes on at `at`: there, and right before.
    fn is_within_word(&self, at: usize) -> bool {
        let is_of_word = |at: usize| self.chars.get(at).is_some_and(|c| c.is_alphanumeric());
        at.checked_sub(1).is_some_and(is_of_word) && is_of_word(at)
    }

    /// Where the passage stands, in bytes of the text: as whole words, or anywhere.
    fn find(&self, passage: &[char], within_words: bool) -> Vec<Range<usize>> {
        occurrences(&self.chars, passage)
            .into_iter()
            .filter(|found| within_words || !(self.is_within_word(found.start) || self.is_within_word(found.end)))
            .filter_map(|found| {
                let places = self.places.get(found)?;
                Some(places.first()?.start..places.last()?.end)
            })
            .collect()
    }
}

/// A passage that is masked.
#[derive(Debug, Clone)]
pub struct Mask {
    passage: Vec<char>,
    reason: RedactionReason,
    within_words: bool,
}

impl Mask {
    /// Of a passage that is masked where it stands as whole words.
    pub fn whole(redaction: &Redaction) -> Self {
        Self { passage: Folded::of_passage(&redaction.passage), reason: redaction.reason, within_words: false }
    }
    fn find(&self, text: &Folded) -> Vec<Range<usize>> {
        text.find(&self.passage, self.within_words)
    }
}

/// The passages of a text that are masked. One that stands in it within words alone, as could be said once, is masked within
/// words.
pub fn masks(text: &str, redactions: &[Redaction]) -> Vec<Mask> {
    if redactions.is_empty() {
        return Vec::new();
    }
    let text = Folded::of(text);
    let one = |redaction| {
        let mask = Mask::whole(redaction);
        let within_words = mask.find(&text).is_empty();
        Mask { within_words, ..mask }
    };
    redactions.iter().map(one).collect()
}

/// Those of the passages of a text that stand in another one as well.
pub fn kept(before: &str, redactions: Vec<Redaction>, text: &str) -> Vec<Redaction> {
    let (masks, text) = (masks(before, &redactions), Folded::of(text));
    redactions.into_iter().zip(masks).filter(|(_, mask)| !mask.find(&text).is_empty()).map(|(one, _)| one).collect()
}

/// Where `passage` stands in `text`, from each place on where it begins: also where two overlap. In one pass, whatever they
/// are made of (Knuth, Morris and Pratt).
fn occurrences(text: &[char], passage: &[char]) -> Vec<Range<usize>> {
    let longer = |known: &[usize], mut matched: usize, c: char| {
        while matched > 0 && passage.get(matched) != Some(&c) {
            matched = known.get(matched - 1).copied().unwrap_or(0);
        }
        if passage.get(matched) == Some(&c) { matched + 1 } else { 0 }
    };
    if passage.is_empty() {
        return Vec::new();
    }
    // How long a beginning of the passage ends at each of its places.
    let mut known: Vec<usize> = vec![0];
    let mut matched = 0;
    for c in passage.iter().skip(1) {
        matched = longer(&known, matched, *c);
        known.push(matched);
    }
    let (mut found, mut matched) = (Vec::new(), 0);
    for (at, c) in text.iter().enumerate() {
        matched = longer(&known, matched, *c);
        if matched == passage.len() {
            found.push(at + 1 - matched..at + 1);
        }
    }
    found
}

/// The text with a mark in every place where one of the passages stands.
pub fn covered(text: &str, masks: &[Mask]) -> String {
    if masks.is_empty() {
        return text.to_owned();
    }
    let folded = Folded::of(text);
    let mut places: Vec<(Range<usize>, RedactionReason)> =
        masks.iter().flat_map(|mask| mask.find(&folded).into_iter().map(|place| (place, mask.reason))).collect();
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

/// The passages of some texts that are to be masked beside those that are, each of which stands in one of the texts as whole
/// words; all the masks.
///
/// # Errors
/// The passages that can't be redacted, all of them.
pub fn checked(texts: &[&str], mut masks: Vec<Mask>, redactions: &[Redaction]) -> Result<Vec<Mask>, Vec<Flaw>> {
    let given: Vec<Mask> = redactions.iter().map(Mask::whole).collect();
    masks.extend(given.iter().cloned());
    let before: Vec<Folded> = texts.iter().map(|text| Folded::of(text)).collect();
    let after: Vec<Folded> = texts.iter().map(|text| Folded::of(&covered(text, &masks))).collect();
    let stands = |mask: &Mask, texts: &[Folded]| texts.iter().any(|text| !mask.find(text).is_empty());
    let flaws: Vec<Flaw> = given
        .iter()
        .enumerate()
        .filter_map(|(n, mask)| match (stands(mask, &before), stands(mask, &after)) {
            (false, _) => Some(Flaw::Absent(n)),
            (true, true) => Some(Flaw::Survives(n)),
            (true, false) => None,
        })
        .collect();
    if flaws.is_empty() { Ok(masks) } else { Err(flaws) }
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
    fn public(text: &str, redactions: &[Redaction]) -> Result<String, Vec<Flaw>> {
        checked(&[text], Vec::new(), redactions).map(|masks| covered(text, &masks))
    }

    #[test]
    fn every_place_is_covered_also_where_passages_overlap_or_touch() {
        for (text, passages, expected) in [
            ("Ann Lee of 12 Elm spoke.", &["Ann Lee"][..], "[redacted: privacy] of 12 Elm spoke."),
            ("Lee, and Lee again", &["Lee"], "[redacted: privacy], and [redacted: privacy] again"),
            ("x a a a x", &["a a"], "x [redacted: privacy] x"),
            ("x b c d e x", &["c d", "b c"], "x [redacted: privacy] e x"),
            ("x (Lee)(Ann) x", &["(Lee)", "(Ann)"], "x [redacted: privacy] x"),
            ("a b c d", &["a b c d", "b c"], "[redacted: privacy]"),
            ("La señora Ñ vive aquí", &["señora Ñ"], "La [redacted: privacy] vive aquí"),
            ("nothing", &[], "nothing"),
        ] {
            let redactions: Vec<Redaction> = passages.iter().map(|passage| private(passage)).collect();
            assert_eq!(public(text, &redactions).as_deref(), Ok(expected), "{text}");
        }
        let both = [redaction("a b c", RedactionReason::Victim), redaction("c d", RedactionReason::Safety)];
        assert_eq!(
            public("a b c d", &both).as_deref(),
            Ok("[redacted: victim]"),
            "the first of those that overlap says why"
        );
    }

    #[test]
    fn a_passage_is_masked_however_it_is_written_and_never_within_a_word() {
        const HERE: &str = "[redacted: privacy]";
        for (text, passage, expected) in [
            ("ORTIZ, ortiz and Ortiz's car", "Ortiz", format!("{HERE}, {HERE} and {HERE}'s car")),
            ("Ann at the Annual; Joann, Ann2", "ann", format!("{HERE} at the Annual; Joann, Ann2")),
            ("Ms.  Ortiz\n of\u{A0}12\tElm.", "Ms. Ortiz of 12 Elm", format!("{HERE}.")),
            ("José, Jose and Jose\u{301}!", "JOSE", format!("{HERE}, {HERE} and {HERE}!")),
            ("Jose and O\u{2019}Brien\u{2013}Lee", "O'Brien-Lee", format!("Jose and {HERE}")),
            ("Or\u{AD}tiz\u{200B} came", "Ortiz", format!("{HERE} came")),
            ("Ｏｒｔｉｚ, STRASSE and the ofﬁce", "straße", format!("Ｏｒｔｉｚ, {HERE} and the ofﬁce")),
            ("Ｏｒｔｉｚ in the ofﬁce", "Ortiz in the office", HERE.to_owned()),
            ("12 Elm, 112 Elm, 12 Elmwood", "12 Elm", format!("{HERE}, 112 Elm, 12 Elmwood")),
            ("She (A. B.) and A. B.", "A. B.", format!("She ({HERE}) and {HERE}")),
            ("Οδυσσεύς and ΟΔΥΣΣΕΥΣ", "οδυσσευσ", format!("{HERE} and {HERE}")),
        ] {
            assert_eq!(public(text, &[private(passage)]).as_deref(), Ok(expected.as_str()), "{text}");
        }
        assert_eq!(public("The Annual meeting", &[private("Ann")]), Err(vec![Flaw::Absent(0)]));
    }

    #[test]
    fn what_could_be_said_once_within_words_stays_masked() {
        let text = "Ortizes came.";
        let told = [private("Ortiz")];
        assert_eq!(covered(text, &masks(text, &told)), "[redacted: privacy]es came.");
        assert_eq!(kept(text, told.to_vec(), "No Ortizes any more"), told);
        assert_eq!(kept("Ortiz came.", told.to_vec(), "No Ortizes any more"), []);
        assert_eq!(kept("Ortiz came.", told.to_vec(), "No ORTIZ any more"), told);
    }

    #[test]
    fn what_is_not_there_or_would_be_read_in_a_mark_is_refused() {
        let text = "The victim told of it. A safety plan was made.";
        let redactions = [
            private("told of it"),
            private("burglar"),
            redaction("Victim", RedactionReason::Victim),
            private("redacted"),
        ];
        assert_eq!(public(text, &redactions), Err(vec![Flaw::Absent(1), Flaw::Survives(2), Flaw::Absent(3)]));
        let texts = ["Nobody is in the first.", "Lee is in the second."];
        let masks = checked(&texts, vec![Mask::whole(&private("second"))], &[private("lee")]).unwrap();
        assert_eq!(covered(texts[1], &masks), "[redacted: privacy] is in the [redacted: privacy].");
        assert_eq!(covered(texts[0], &masks), texts[0]);
    }

    #[test]
    fn a_long_text_of_one_letter_is_covered_in_no_time() {
        let text = "a ".repeat(25_000);
        let redactions: Vec<Redaction> = (0..50).map(|n| private("a ".repeat(200 + n).trim())).collect();
        assert_eq!(public(text.trim(), &redactions).as_deref(), Ok("[redacted: privacy]"));
    }

    proptest! {
        #[test]
        fn no_passage_survives_and_whatever_is_no_passage_does(
            text in "[aBñ\u{301}, \n]{0,60}",
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
            // As they would be masked that were kept before whole words were asked for.
            let all = masks(&text, &redactions);
            let out = covered(&text, &all);
            let plain = RedactionReason::ALL.iter().fold(out.clone(), |out, reason| out.replace(&mark(*reason), "\u{0}"));
            let are_whole = all.iter().all(|mask| !mask.within_words);
            for (one, mask) in redactions.iter().zip(&all) {
                // Of what is cut out of a word, the rest of the word is left, as a word.
                let left = if are_whole || mask.within_words { mask.find(&Folded::of(&plain)) } else { Vec::new() };
                prop_assert!(left.is_empty(), "{out:?} still has {:?}", one.passage);
            }
            // Cut at the marks, what is left stands in the text, in its order.
            let mut at = 0;
            for piece in plain.split('\u{0}') {
                let found = text[at..].find(piece);
                prop_assert!(found.is_some(), "{piece:?} is not of the text");
                at += found.unwrap_or(0) + piece.len();
            }
            if redactions.is_empty() {
                prop_assert_eq!(out, text);
            }
        }

        #[test]
        fn what_is_taken_is_masked_and_nothing_else_is(text in "[aA ,]{0,30}", passage in "[aA ,]{1,6}") {
            let redactions = [private(passage.trim())];
            if let Ok(out) = public(&text, &redactions) {
                prop_assert_ne!(&out, &text);
                prop_assert!(Mask::whole(&redactions[0]).find(&Folded::of(&out)).is_empty());
            }
        }

        #[test]
        fn places_are_those_that_a_slow_search_finds(text in "[ab]{0,40}", passage in "[ab]{1,5}") {
            let slow: Vec<_> = (0..text.len())
                .filter(|at| text[*at..].starts_with(&passage))
                .map(|at| at..at + passage.len())
                .collect();
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(occurrences(&chars(&text), &chars(&passage)), slow);
        }
    }
}
