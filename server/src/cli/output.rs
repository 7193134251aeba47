//! The only place that prints.

use std::fmt::Display;
use std::io::Write;

use serde_json::Value;

/// One line on standard output. A reader that went away is no failure of the command.
pub fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// What went wrong, on standard error.
pub fn complain(failure: &dyn Display) {
    let _ = writeln!(std::io::stderr().lock(), "caseweave: {failure}");
}

/// The answer as JSON if that was asked for, else as text.
pub fn answer(json: bool, value: &Value, text: &str) {
    if json { line(&value.to_string()) } else { line(text) }
}

/// A list as one JSON array if that was asked for, else one line a row, fields apart by tabs.
pub fn list(json: bool, rows: &[Value], columns: &[&str]) {
    if json {
        line(&Value::from(rows).to_string());
        return;
    }
    for row in rows {
        let cells: Vec<String> = columns.iter().map(|column| cell(&row[*column])).collect();
        line(&cells.join("\t"));
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}
