//! The files of the repository, as rules read them.

use std::fs;
use std::path::Path;

/// Folders that hold nothing of ours.
const FOREIGN: &[&str] =
    &["target", ".git", "node_modules", "caseweave-data", "corpus", ".build", "Generated"];

/// A text file of the repository.
pub(super) struct Source {
    /// From the repository's root, with `/`.
    pub(super) path: String,
    /// As it is.
    pub(super) text: String,
    /// Rust without comments and without what strings say; of other files, the text.
    pub(super) code: String,
    /// [`Source::code`] without what only tests compile.
    pub(super) shipped: String,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let is_rust = path.ends_with(".rs");
        let code = if is_rust { mask(text) } else { text.to_owned() };
        let shipped = if is_rust { without_tests(&code) } else { code.clone() };
        Self { path: path.to_owned(), text: text.to_owned(), code, shipped }
    }

    pub(super) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The first component below `folder`, without its ending: a crate's top module.
    pub(super) fn module_of(&self, folder: &str) -> Option<&str> {
        let inside = self.path.strip_prefix(folder)?;
        let first = inside.split('/').next()?;
        Some(first.strip_suffix(".rs").unwrap_or(first))
    }

    /// Modules of this file that are declared for tests only.
    fn test_modules(&self) -> impl Iterator<Item = String> {
        let folder = self.path.strip_suffix("/lib.rs").map(str::to_owned);
        let folder = folder.unwrap_or_else(|| self.path.trim_end_matches(".rs").to_owned());
        let declared = self.code.split("#[cfg(test)]").skip(1);
        let names = declared.filter_map(|after| after.trim_start().strip_prefix("mod "));
        let names =
            names.filter_map(|after| after.split_once(';').map(|(name, _)| name.to_owned()));
        let names: Vec<_> = names.filter(|name| !name.contains('{')).collect();
        names.into_iter().map(move |name| format!("{folder}/{name}"))
    }
}

/// Every text file of the repository, in order of path.
pub(super) fn all() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut sources = Vec::new();
    walk(&root, "", &mut sources);
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    let tests: Vec<_> = sources.iter().flat_map(Source::test_modules).collect();
    for source in &mut sources {
        let stem = source.path.trim_end_matches(".rs");
        if tests.iter().any(|test| stem == test || stem.starts_with(&format!("{test}/"))) {
            source.shipped.clear();
        }
    }
    sources
}

fn walk(folder: &Path, prefix: &str, sources: &mut Vec<Source>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if FOREIGN.contains(&name.as_str()) {
            continue;
        }
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(&entry.path(), &format!("{path}/"), sources);
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            sources.push(Source::new(&path, &text));
        }
    }
}

/// Blanks comments and the contents of strings and characters; lines stay where they are.
fn mask(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = skipped(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// Where the comment, string or character that begins at `at` ends; `at` if none does.
fn skipped(chars: &[char], at: usize) -> usize {
    let next = |n: usize| chars.get(at + n).copied().unwrap_or(' ');
    match (chars[at], next(1)) {
        ('/', '/') => find(chars, at, &['\n']),
        ('/', '*') => block_comment(chars, at),
        ('"', _) => string(chars, at + 1),
        ('r', '"' | '#') if !at.checked_sub(1).is_some_and(|before| is_word(chars[before])) => {
            raw_string(chars, at)
        }
        ('\'', '\\') => find(chars, at + 3, &['\'']) + 1,
        ('\'', _) if next(2) == '\'' => at + 3,
        _ => at,
    }
}

fn block_comment(chars: &[char], at: usize) -> usize {
    let (mut depth, mut end) = (0_usize, at);
    while end + 1 < chars.len() {
        match (chars[end], chars[end + 1]) {
            ('/', '*') => (depth, end) = (depth + 1, end + 2),
            ('*', '/') => (depth, end) = (depth - 1, end + 2),
            _ => end += 1,
        }
        if depth == 0 {
            return end;
        }
    }
    chars.len()
}

fn string(chars: &[char], mut at: usize) -> usize {
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

/// `at` itself for a raw identifier such as `r#type`.
fn raw_string(chars: &[char], at: usize) -> usize {
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    if chars.get(at + 1 + hashes) != Some(&'"') {
        return at;
    }
    let mut end = at + 2 + hashes;
    while end < chars.len() {
        let closing = chars[end + 1..].iter().take_while(|c| **c == '#').count();
        end += 1;
        if chars[end - 1] == '"' && closing >= hashes {
            return end + hashes;
        }
    }
    chars.len()
}

fn find(chars: &[char], from: usize, wanted: &[char]) -> usize {
    (from..chars.len()).find(|at| wanted.contains(&chars[*at])).unwrap_or(chars.len())
}

/// Drops each `#[cfg(test)]` item that has a body.
fn without_tests(code: &str) -> String {
    let Some((before, after)) = code.split_once("#[cfg(test)]") else { return code.to_owned() };
    let body = after.find('{');
    let declared =
        after.find(';').is_some_and(|semicolon| body.is_none_or(|body| semicolon < body));
    let end = match body {
        Some(body) if !declared => body + block_end(&after[body..]),
        _ => after.find(';').map_or(after.len(), |semicolon| semicolon + 1),
    };
    format!("{before}{}", without_tests(&after[end..]))
}

/// How long the block is that masked code begins with.
pub(super) fn block_end(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

/// Where `word` stands in `code` with no letter, digit or underscore before it.
pub(super) fn positions<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let starts = code.match_indices(word).map(|(at, _)| at);
    starts.filter(|at| !code[..*at].chars().next_back().is_some_and(is_word))
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
