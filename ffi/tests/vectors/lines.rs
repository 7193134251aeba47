//! Reading the files, comparing, and writing them anew where somebody means it.

use std::path::PathBuf;

use caseweave_ffi::{PhoneError, explain, name_of};
use serde_json::{Map, Value};

const HOW: &str = "Kotlin and Swift have promised this to apps. If the change is meant, write it down with \
    `CASEWEAVE_VECTORS=write cargo test --workspace --test vectors` and say so in CHANGELOG.md";

/// One line of a file.
#[derive(Clone)]
pub struct Line(Map<String, Value>);

impl Line {
    /// A text; empty if there is none.
    pub fn text(&self, name: &str) -> &str {
        self.some(name).unwrap_or_default()
    }

    pub fn some(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    pub fn number(&self, name: &str) -> i64 {
        self.0[name].as_i64().unwrap()
    }

    pub fn yes(&self, name: &str) -> bool {
        self.0[name].as_bool().unwrap()
    }
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/vectors/{name}.json"))
}

pub fn read(name: &str) -> Vec<Line> {
    let text = std::fs::read_to_string(file(name)).unwrap();
    let lines: Vec<Map<String, Value>> = serde_json::from_str(&text).unwrap();
    lines.into_iter().map(Line).collect()
}

/// Compares what each line gives with what it gave.
pub fn check(name: &str, asked: &dyn Fn(&Line) -> Result<String, PhoneError>) {
    let (was, mut now) = (read(name), read(name));
    for line in &mut now {
        let gives = asked(line).unwrap_or_else(said);
        line.0.insert("gives".to_owned(), gives.into());
    }
    if std::env::var("CASEWEAVE_VECTORS").as_deref() == Ok("write") {
        return write(name, &now);
    }
    for (was, now) in was.iter().zip(&now) {
        assert_eq!(was.some("gives"), now.some("gives"), "{name}: {:?}\n{HOW}", now.0);
    }
}

/// An error, as the files have it.
pub fn said(error: PhoneError) -> String {
    let code = match &error {
        PhoneError::Refused { code, .. } => format!(" {code}"),
        _ => String::new(),
    };
    let words = explain(again(&error));
    format!("{}{code}: {words}", name_of(error))
}

/// The same words in an error that can be given away.
fn again(error: &PhoneError) -> PhoneError {
    PhoneError::Other { reason: error.to_string() }
}

/// One line of the file a line, for people to compare.
fn write(name: &str, lines: &[Line]) {
    let lines: Vec<_> =
        lines.iter().map(|line| format!("  {}", Value::from(line.0.clone()))).collect();
    std::fs::write(file(name), format!("[\n{}\n]\n", lines.join(",\n"))).unwrap();
}
