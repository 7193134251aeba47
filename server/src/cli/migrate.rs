//! `caseweave migrate`

use serde_json::json;

use super::{Failure, output};
use crate::config::Config;
use crate::db::Conn;
use crate::db::migrate::migrate;

/// Brings the database to this version.
///
/// # Errors
/// [`Failure`] in an operator's words.
pub fn run(config: &Config) -> Result<(), Failure> {
    let steps = migrate(&mut Conn::open(&config.database)?)?;
    let text = match steps {
        0 => "the database is at this version already".to_owned(),
        n => format!("the database was brought to this version; steps applied: {n}"),
    };
    output::answer(config.json, &json!({ "steps": steps }), &text);
    Ok(())
}
