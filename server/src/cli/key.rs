//! `caseweave key`

use serde_json::json;

use super::{Failure, open, output};
use crate::config::Config;
use crate::hex;

/// Prints the key by which other servers know this one.
///
/// # Errors
/// [`Failure`] in an operator's words.
pub fn run(config: &Config) -> Result<(), Failure> {
    let (_, state) = open(config)?;
    let key = hex::encode(state.secrets.figures_key.verifying_key().as_bytes());
    output::answer(config.json, &json!({ "key": key }), &key);
    Ok(())
}
