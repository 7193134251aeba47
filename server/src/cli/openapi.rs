//! `caseweave openapi`

use super::output;

/// Prints the description of the interface as JSON.
pub fn run() {
    output::line(&crate::openapi::document().to_pretty_json().unwrap_or_default());
}
