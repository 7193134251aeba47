//! `caseweave framework`

use serde_json::{Value, json};
use sync_core::framework::{Catalogue, Framework};

use super::{Failure, output};
use crate::app::StartError;
use crate::config::Config;
use crate::service::accounts::AccountError;

/// Local practice.
#[derive(clap::Subcommand)]
pub enum Command {
    /// List the frameworks with their editions.
    List,
    /// Show a framework's newest edition as its author wrote it.
    Show {
        /// Its id, as `framework list` gives it.
        id: String,
    },
}

/// Runs the command. No database is opened.
///
/// # Errors
/// [`Failure`] in an operator's words.
pub fn run(config: &Config, command: &Command) -> Result<(), Failure> {
    let catalogue = Catalogue::shipped().map_err(StartError::from)?;
    match command {
        Command::List => {
            let ids: Vec<_> = catalogue.ids().collect();
            let editions = ids.iter().flat_map(|id| catalogue.editions(id));
            let rows: Vec<Value> = editions.map(view).collect();
            let columns = ["id", "effective_from", "jurisdiction", "authority", "name"];
            output::list(config.json, &rows, &columns);
        }
        Command::Show { id } => {
            let newest = catalogue.editions(id).next();
            let newest = newest.ok_or(AccountError::Unknown("framework"))?;
            let value = serde_json::to_value(newest).unwrap_or_default();
            output::answer(config.json, &value, newest.source_text().trim_end());
        }
    }
    Ok(())
}

fn view(framework: &Framework) -> Value {
    json!({
        "id": framework.id,
        "name": framework.name,
        "authority": framework.authority,
        "jurisdiction": framework.jurisdiction,
        "effective_from": framework.effective_from,
        "stages": framework.stages.iter().map(|stage| &stage.code).collect::<Vec<_>>(),
    })
}
