//! Everything that is printed: answers on the standard output, failures on the standard error.

use std::io::{self, Write as _};
use std::process::ExitCode;

use serde::Serialize;

use crate::failure::Failure;

/// What a command has to say: for people and for scripts.
pub(crate) struct Answer {
    text: String,
    json: String,
}

impl Answer {
    /// An answer. Its JSON keeps the order of the value's own fields.
    pub(crate) fn new(value: &impl Serialize, text: impl Into<String>) -> Result<Self, Failure> {
        let json = serde_json::to_string(value);
        let json = json.map_err(|_| Failure::unclear("the answer cannot be written as JSON"))?;
        Ok(Self { text: text.into(), json })
    }
}

/// Prints an answer.
pub(crate) fn answer(answer: &Answer, json: bool) -> ExitCode {
    let line = if json { &answer.json } else { &answer.text };
    // Whoever stopped reading has stopped reading: what was done is done.
    let mut out = io::stdout().lock();
    let _stopped = writeln!(out, "{}", line.trim_end()).and_then(|()| out.flush());
    ExitCode::SUCCESS
}

/// Prints why nothing was done, with the words that would else be lost.
pub(crate) fn failure(failure: &Failure, typed: &[String]) -> ExitCode {
    let mut lines = vec![failure.to_string()];
    if !typed.is_empty() {
        lines.push("Not saved:".to_owned());
        lines.extend_from_slice(typed);
    }
    note(&lines.join("\n"));
    ExitCode::from(failure.exit_code())
}

/// Prints something beside the answer, at once.
pub(crate) fn note(text: &str) {
    let _stopped = writeln!(io::stderr().lock(), "{text}");
}

/// Rows as a table with aligned columns. Empty without rows.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |cells: [&str; N]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(head)];
    lines.extend(rows.iter().map(|row| line(std::array::from_fn(|at| row[at].as_str()))));
    lines.join("\n")
}

/// The first digits of an id: enough to type.
pub(crate) fn short(id: &impl ToString) -> String {
    id.to_string().chars().take(8).collect()
}

/// The short spelling of an entry's name, which commands take.
pub(crate) fn short_entry(id: &sync_core::ids::EntryId) -> String {
    format!("{}-{}-{}", short(&id.actor), id.seq, id.n)
}
