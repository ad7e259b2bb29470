//! Rust sources as tokens: enough to see who uses whom, without comments and texts in the way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A piece of source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// A name or a number.
    Word(String),
    /// A text, without its quotes.
    Text(String),
    /// Any other character.
    Sign(char),
}

/// A file under `src/`.
pub struct Source {
    /// Its path below the crate, like `src/accounts/mod.rs`.
    pub path: String,
    /// Its module, like `["accounts", "queries", "people"]`.
    pub module: Vec<String>,
    /// Lines in it.
    pub lines: usize,
    /// Its content.
    pub tokens: Vec<Token>,
}

/// A path in the sources that begins at the crate's root, like `["accounts", "Person"]`.
pub type Used = Vec<String>;

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under `src/`, in the order of their paths.
pub fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    collect(&root().join("src"), &mut files);
    files.sort();
    let below = |file: &Path| file.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
    files
        .iter()
        .map(|file| {
            let path = below(file);
            let text = std::fs::read_to_string(file).unwrap();
            let bare = path.trim_start_matches("src/").trim_end_matches(".rs");
            let bare = bare.strip_suffix("/mod").unwrap_or(bare);
            let module = match bare {
                "lib" | "main" => Vec::new(),
                bare => bare.split('/').map(ToOwned::to_owned).collect(),
            };
            Source { path, module, lines: text.lines().count(), tokens: tokens(&text) }
        })
        .collect()
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Cuts Rust into tokens and drops comments.
pub fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let at = |n: usize| chars.get(n).copied().unwrap_or('\0');
    let (mut out, mut n) = (Vec::new(), 0);
    while n < chars.len() {
        let raw = raw_text_starts(&chars, n);
        match at(n) {
            '/' if at(n + 1) == '/' => n += chars[n..].iter().take_while(|c| **c != '\n').count(),
            '/' if at(n + 1) == '*' => {
                let mut depth = 0;
                loop {
                    match (at(n), at(n + 1)) {
                        ('/', '*') => (depth, n) = (depth + 1, n + 2),
                        ('*', '/') => (depth, n) = (depth - 1, n + 2),
                        _ => n += 1,
                    }
                    if depth == 0 || n >= chars.len() {
                        break;
                    }
                }
            }
            _ if raw.is_some() => {
                let (start, hashes) = raw.unwrap();
                let end = (start..chars.len())
                    .find(|end| at(*end) == '"' && (1..=hashes).all(|h| at(end + h) == '#'))
                    .expect("an unfinished raw text");
                out.push(Token::Text(chars[start..end].iter().collect()));
                n = end + 1 + hashes;
            }
            '"' => {
                let mut inner = String::new();
                n += 1;
                while at(n) != '"' {
                    if at(n) == '\\' {
                        n += 1;
                    }
                    inner.push(at(n));
                    n += 1;
                }
                out.push(Token::Text(inner));
                n += 1;
            }
            // A character, and not a lifetime.
            '\'' if at(n + 1) == '\\' || at(n + 2) == '\'' => {
                n += if at(n + 1) == '\\' { 3 } else { 2 };
                while at(n) != '\'' {
                    n += 1;
                }
                n += 1;
            }
            c if c.is_alphanumeric() || c == '_' => {
                let word: String = chars[n..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').collect();
                n += word.chars().count();
                out.push(Token::Word(word));
            }
            c if c.is_whitespace() => n += 1,
            c => {
                out.push(Token::Sign(c));
                n += 1;
            }
        }
    }
    out
}

/// Where the content of `r"…"`, `br#"…"#` begins, and how many `#` there are.
fn raw_text_starts(chars: &[char], n: usize) -> Option<(usize, usize)> {
    let at = |n: usize| chars.get(n).copied().unwrap_or('\0');
    if n > 0 && (at(n - 1).is_alphanumeric() || at(n - 1) == '_') {
        return None;
    }
    let r = match (at(n), at(n + 1)) {
        ('r', _) => n + 1,
        ('b' | 'c', 'r') => n + 2,
        _ => return None,
    };
    let hashes = chars[r.min(chars.len())..].iter().take_while(|c| **c == '#').count();
    (at(r + hashes) == '"').then_some((r + hashes + 1, hashes))
}

impl Source {
    fn word(&self, n: usize) -> Option<&str> {
        match self.tokens.get(n) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }
    fn sign(&self, n: usize, sign: char) -> bool {
        self.tokens.get(n) == Some(&Token::Sign(sign))
    }
    /// Whether these tokens follow each other somewhere; words and single signs.
    pub fn has(&self, wanted: &[&str]) -> bool {
        self.tokens.windows(wanted.len()).any(|window| {
            window.iter().zip(wanted).all(|(token, wanted)| match token {
                Token::Word(word) => word == wanted,
                Token::Sign(sign) => sign.to_string() == **wanted,
                Token::Text(_) => false,
            })
        })
    }

    /// Every path that begins with `crate`, or with `super` and leads out of the file, from the crate's root.
    /// `{…}` in a `use` is written out.
    pub fn uses(&self) -> Vec<Used> {
        let mut used = Vec::new();
        // Modules within the file deepen what `super` means.
        let mut braces: Vec<Option<String>> = Vec::new();
        let mut n = 0;
        while n < self.tokens.len() {
            if self.sign(n, '{') {
                let named = n >= 2 && self.word(n - 2) == Some("mod");
                braces.push(named.then(|| self.word(n - 1).unwrap_or_default().to_owned()));
            } else if self.sign(n, '}') {
                braces.pop();
            }
            let path_begins = n == 0 || !(self.sign(n - 1, ':') && n >= 2 && self.sign(n - 2, ':'));
            let goes_on = self.sign(n + 1, ':') && self.sign(n + 2, ':');
            let base = match self.word(n) {
                Some("crate") if goes_on && path_begins => Some(Vec::new()),
                Some("super") if goes_on && path_begins => {
                    let mut base = self.module.clone();
                    base.extend(braces.iter().flatten().cloned());
                    base.pop();
                    Some(base)
                }
                _ => None,
            };
            n += 1;
            if let Some(base) = base {
                self.paths(n + 2, &base, &mut used);
            }
        }
        used
    }

    /// Reads a path or a tree of paths from token `n` on; returns where it ends.
    fn paths(&self, mut n: usize, base: &[String], used: &mut Vec<Used>) -> usize {
        let mut path = base.to_vec();
        loop {
            if self.sign(n, '{') {
                n += 1;
                while !self.sign(n, '}') && n < self.tokens.len() {
                    n = self.paths(n, &path, used);
                    // Past a new name and the comma.
                    while !self.sign(n, ',') && !self.sign(n, '}') && n < self.tokens.len() {
                        n += 1;
                    }
                    if self.sign(n, ',') {
                        n += 1;
                    }
                }
                return n + 1;
            }
            match self.word(n) {
                Some("super") => drop(path.pop()),
                Some("self") => {}
                Some(word) => path.push(word.to_owned()),
                None if self.sign(n, '*') => path.push("*".into()),
                None => return n,
            }
            if self.sign(n + 1, ':') && self.sign(n + 2, ':') && !self.sign(n + 3, '<') {
                n += 3;
            } else {
                used.push(path);
                return n + 1;
            }
        }
    }
}

/// Values of `field: "…"` in every `Name { … }`, where all of them are texts.
pub fn literals(source: &Source, name: &str) -> Vec<BTreeMap<String, String>> {
    let mut found = Vec::new();
    for n in 0..source.tokens.len() {
        if source.word(n) != Some(name) || !source.sign(n + 1, '{') {
            continue;
        }
        let (mut fields, mut m) = (BTreeMap::new(), n + 2);
        while let (Some(field), true, Some(Token::Text(text))) =
            (source.word(m), source.sign(m + 1, ':'), source.tokens.get(m + 2))
        {
            fields.insert(field.to_owned(), text.clone());
            m += if source.sign(m + 3, ',') { 4 } else { 3 };
        }
        if source.sign(m, '}') && !fields.is_empty() {
            found.push(fields);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(module: &[&str], text: &str) -> Source {
        Source {
            path: String::new(),
            module: module.iter().map(|part| (*part).to_owned()).collect(),
            lines: 0,
            tokens: tokens(text),
        }
    }
    fn uses(module: &[&str], text: &str) -> Vec<String> {
        source(module, text).uses().iter().map(|path| path.join("::")).collect()
    }

    #[test]
    fn trees_of_imports_are_written_out() {
        let text = "use crate::{accounts::{self, Person as P, policy::Action}, ids::*};\n\
                    // crate::no::comment\nconst A: &str = \"crate::no::text\"; const B: &str = r#\"crate::no::raw\"#;\n\
                    fn f<'a>(c: &'a char) -> bool { *c == '\"' && *c != '\\'' && crate::directory::find::<u8>() }";
        assert_eq!(
            uses(&["meetings"], text),
            ["accounts", "accounts::Person", "accounts::policy::Action", "ids::*", "directory::find"]
        );
    }

    #[test]
    fn super_leads_to_where_it_stands() {
        let text = "use super::model; mod tests { use super::*; use super::super::super::meetings::Log; }";
        assert_eq!(
            uses(&["partnerships", "policy"], text),
            ["partnerships::model", "partnerships::policy::*", "meetings::Log"]
        );
    }

    #[test]
    fn literals_are_read_whatever_their_layout() {
        let text = "const A: Unique = Unique { index: \"a\", columns: \"t.a\" }; struct Unique { index: String }\n\
                    const B: Unique = Unique {\n    index: \"b\",\n    columns: \"t.b, t.c\",\n};";
        let found = literals(&source(&[], text), "Unique");
        assert_eq!(found.len(), 2);
        assert_eq!((&*found[0]["index"], &*found[1]["columns"]), ("a", "t.b, t.c"));
    }
}
