//! The files of a workload: a case a line in `cases.jsonl`, a phone's day a line in `day.jsonl`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Longest line that is read, bytes: a case of 150 edits is about 60 KB.
const LINE_BYTES: u64 = 4 * 1024 * 1024;

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The file.
    #[error("{file}: {source}")]
    Io {
        /// Which.
        file: String,
        /// What went wrong.
        source: std::io::Error,
    },
    /// A line that is not of the format.
    #[error("{file}, line {line}: {why}")]
    Line {
        /// Which file.
        file: String,
        /// Which line, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
}

/// A whole workload.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Workload {
    /// Cases with two years of history; a case's index is its place.
    pub cases: Vec<Case>,
    /// A day of each phone.
    pub days: Vec<Day>,
}

/// A case and its history.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Case {
    /// Its index.
    pub i: usize,
    /// Its id, as a UUID.
    pub id: String,
    /// The phones that hold it.
    pub holders: Vec<u32>,
    /// What was done, in time order.
    pub edits: Vec<Edit>,
}

/// A phone's day without signal.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Day {
    /// The phone.
    pub device: u32,
    /// Its user.
    pub by: String,
    /// The cases on it.
    pub cases: Vec<usize>,
    /// What its user did, in time order; each names its case.
    pub edits: Vec<Edit>,
}

/// One thing that somebody did.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Edit {
    /// The case's index; in a day only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<usize>,
    /// When, milliseconds UTC.
    pub t: i64,
    /// Who, as `w000`.
    pub by: String,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What somebody did.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum What {
    /// Began the case.
    Create {
        /// With what was known.
        v: Begun,
    },
    /// Assessed one domain.
    Assess {
        /// The domain.
        domain: String,
        /// The assessment.
        v: Assessed,
    },
    /// Visited.
    Visit {
        /// The visit.
        v: Visited,
    },
    /// Agreed an action.
    Action {
        /// Its name within the case.
        id: String,
        /// The action.
        v: Action,
    },
    /// Changed an action's status.
    Status {
        /// The action.
        id: String,
        /// To what.
        to: String,
    },
    /// Edited an assessment's text.
    Text {
        /// The domain.
        domain: String,
        /// Position, how much to delete, what to insert: one after the other.
        sp: Vec<(usize, usize, String)>,
    },
    /// Reviewed the case.
    Review {
        /// The review.
        v: Review,
    },
    /// Moved the case to a stage.
    Stage {
        /// Which.
        to: i64,
    },
    /// Judged the risk.
    Risk {
        /// To be what.
        to: String,
    },
    /// Corrected something about the child.
    Field {
        /// Which part of the identity.
        key: String,
        /// To what.
        to: String,
    },
}

/// What a case begins with.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Begun {
    /// The authority's number.
    pub case_no: String,
    /// About the child.
    pub identity: BTreeMap<String, String>,
    /// The risk.
    pub risk_level: String,
    /// The stage.
    pub stage: i64,
}

/// An assessment of one domain.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Assessed {
    /// From 1 to 5.
    pub score: i64,
    /// When.
    pub at: i64,
    /// Who.
    pub author: String,
    /// In words.
    pub text: String,
}

/// A visit.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Visited {
    /// Its id.
    pub id: String,
    /// When.
    pub at: i64,
    /// Who.
    pub author: String,
    /// At home, at school...
    pub kind: String,
    /// How long.
    pub minutes: u32,
    /// In words.
    pub text: String,
}

/// An agreed action.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Action {
    /// In words.
    pub title: String,
    /// Who does it.
    pub owner: String,
    /// By when, milliseconds UTC.
    pub due: i64,
    /// How far it is.
    pub status: String,
}

/// A review.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Review {
    /// When.
    pub at: i64,
    /// Who.
    pub author: String,
    /// What came of it.
    pub outcome: String,
    /// In words.
    pub text: String,
}

impl Workload {
    /// Reads the first `cases` cases of a folder and what its days say of them.
    ///
    /// # Errors
    /// [`FormatError`] with file and line.
    pub fn read(folder: &Path, cases: usize) -> Result<Self, FormatError> {
        let found: Vec<Case> = lines(&folder.join("cases.jsonl"), cases)?;
        if let Some((at, _)) = found.iter().enumerate().find(|(at, case)| case.i != *at) {
            let why = "cases must be numbered from 0 in order".to_owned();
            return Err(FormatError::Line { file: "cases.jsonl".into(), line: at + 1, why });
        }
        let days = lines(&folder.join("day.jsonl"), usize::MAX)?;
        let mut workload = Self { cases: found, days };
        workload.keep_to_own_cases();
        Ok(workload)
    }

    /// A day has only what is about the cases that were read.
    fn keep_to_own_cases(&mut self) {
        let count = self.cases.len();
        for day in &mut self.days {
            day.cases.retain(|case| *case < count);
            day.edits.retain(|edit| edit.case.is_some_and(|case| case < count));
        }
        self.days.retain(|day| !day.cases.is_empty());
    }
}

fn lines<T: DeserializeOwned>(path: &Path, at_most: usize) -> Result<Vec<T>, FormatError> {
    let file = path.display().to_string();
    let io = |source| FormatError::Io { file: file.clone(), source };
    let mut reader = BufReader::new(File::open(path).map_err(io)?);
    let (mut found, mut text) = (Vec::new(), String::new());
    while found.len() < at_most {
        text.clear();
        let read = (&mut reader).take(LINE_BYTES).read_line(&mut text).map_err(io)?;
        if read == 0 {
            break;
        }
        let bad = |why| FormatError::Line { file: file.clone(), line: found.len() + 1, why };
        if read as u64 == LINE_BYTES {
            return Err(bad("the line is too long".into()));
        }
        found.push(serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_not_of_the_format_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let good =
            r#"{"i":0,"id":"a","holders":[1],"edits":[{"t":1,"by":"w001","op":"stage","to":2}]}"#;
        std::fs::write(folder.path().join("cases.jsonl"), format!("{good}\n{{\"i\":1}}\n"))
            .unwrap();
        std::fs::write(folder.path().join("day.jsonl"), "").unwrap();
        let read = Workload::read(folder.path(), 1).unwrap();
        assert_eq!(read.cases[0].edits[0].what, What::Stage { to: 2 });
        let error = Workload::read(folder.path(), 2).unwrap_err().to_string();
        assert!(error.contains("line 2: missing field"), "{error}");
    }
}
