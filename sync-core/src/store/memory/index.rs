//! Words to find records by, and which records are still to be indexed.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{CaseId, RecordId};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    stale: BTreeSet<(CaseId, RecordId)>,
    words: BTreeMap<RecordId, String>,
}

/// How one record stood in the index.
pub(super) struct Indexed {
    record: RecordId,
    listed: Option<CaseId>,
    words: Option<String>,
    marks: Option<CaseId>,
}

impl Index {
    pub(super) fn stale(&self, limit: usize) -> Vec<(CaseId, RecordId)> {
        self.stale.iter().take(limit).copied().collect()
    }

    pub(super) fn find(&self, words: &[String], limit: usize) -> Vec<RecordId> {
        let wanted: Vec<String> = words.iter().flat_map(|word| parts(word)).collect();
        if wanted.is_empty() {
            return Vec::new();
        }
        let holds = |text: &String| {
            let said = parts(text);
            wanted.iter().all(|word| said.iter().any(|it| it.starts_with(word.as_str())))
        };
        let found = self.words.iter().filter(|(_, text)| holds(text));
        found.map(|(record, _)| *record).take(limit).collect()
    }

    /// Lists a record as to be indexed and takes its words away.
    pub(super) fn mark(&mut self, case: CaseId, record: RecordId) -> Indexed {
        let listed = self.stale.contains(&(case, record)).then_some(case);
        self.stale.insert((case, record));
        Indexed { record, listed, words: self.words.remove(&record), marks: Some(case) }
    }

    /// A record's words, which are up to date now.
    pub(super) fn put(&mut self, (case, record): (CaseId, RecordId), words: String) -> Indexed {
        let listed = self.stale.remove(&(case, record)).then_some(case);
        let before = self.words.remove(&record);
        if !words.is_empty() {
            self.words.insert(record, words);
        }
        Indexed { record, listed, words: before, marks: None }
    }

    pub(super) fn put_back(&mut self, before: Indexed) {
        if let Some(case) = before.marks {
            self.stale.remove(&(case, before.record));
        }
        self.stale.extend(before.listed.map(|case| (case, before.record)));
        self.words.remove(&before.record);
        self.words.extend(before.words.map(|words| (before.record, words)));
    }
}

/// The words of a text, small and without accents as far as it takes to find them.
fn parts(text: &str) -> Vec<String> {
    let small = text.to_lowercase();
    let small: String = small.chars().map(plain).collect();
    let words = small.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Gaelic's accented vowels as the phone's own index takes them.
const fn plain(letter: char) -> char {
    match letter {
        'à' | 'á' => 'a',
        'è' | 'é' => 'e',
        'ì' | 'í' => 'i',
        'ò' | 'ó' => 'o',
        'ù' | 'ú' => 'u',
        other => other,
    }
}
