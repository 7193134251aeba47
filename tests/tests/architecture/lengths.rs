//! How long files and functions may be.

use super::source::{Source, block_end, positions};

const FILE_LINES: usize = 500;
const FUNCTION_LINES: usize = 70;
const MEASURED: &[&str] = &[".rs", ".kt", ".swift", ".sql", ".js", ".css", ".html"];

/// Files that somebody writes; what a tool writes is not measured.
pub(super) fn files(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    let measured = MEASURED.iter().any(|ending| source.path.ends_with(ending));
    if measured && lines > FILE_LINES { vec![format!("{lines} lines")] } else { vec![] }
}

/// Functions in Rust, with signature and closing brace.
pub(super) fn functions(source: &Source) -> Vec<String> {
    if !source.is_rust() {
        return vec![];
    }
    let code = &source.code;
    let bodies = positions(code, "fn ").filter_map(|at| Some((at, body(&code[at..])?)));
    let long = bodies.map(|(at, len)| (at, code[at..at + len].lines().count()));
    let long = long.filter(|(_, lines)| *lines > FUNCTION_LINES);
    long.map(|(at, lines)| format!("{} has {lines} lines", name(&code[at..]))).collect()
}

/// How long the function is; none for a signature or a type without a body.
fn body(function: &str) -> Option<usize> {
    let mut nested = 0_usize;
    for (at, c) in function.char_indices() {
        match c {
            '(' | '[' => nested += 1,
            ')' | ']' if nested == 0 => return None,
            ')' | ']' => nested -= 1,
            ';' | ',' | '=' if nested == 0 && !in_where_clause(&function[..at]) => return None,
            '{' if nested == 0 => return Some(at + block_end(&function[at..])),
            _ => {}
        }
    }
    None
}

/// Commas and equals signs belong to generics and bounds until the body begins.
fn in_where_clause(signature: &str) -> bool {
    let opened = signature.matches('<').count();
    let closed = signature.matches('>').count() - signature.matches("->").count();
    opened > closed || signature.contains("where ") || signature.contains("where\n")
}

fn name(function: &str) -> &str {
    let after = function.trim_start_matches("fn ");
    after.split(['(', '<']).next().unwrap_or(after)
}
