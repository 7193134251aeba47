//! `caseweave agency`

use serde_json::{Value, json};

use super::{Failure, open, output};
use crate::config::Config;
use crate::db::agencies::Agency;
use crate::db::{self, write_tx};
use crate::service::accounts;

/// Agencies.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Add an agency.
    Add {
        /// What it is called in files: lower-case letters, digits and hyphens, "social-work".
        #[arg(long)]
        slug: String,
        /// What it is called on screens.
        #[arg(long)]
        name: String,
        /// Shown as "another service" without consent.
        #[arg(long)]
        sensitive: bool,
    },
    /// List the agencies.
    List,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] in an operator's words.
pub fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let (mut conn, state) = open(config)?;
    match command {
        Command::Add { slug, name, sensitive } => {
            let input = (slug.as_str(), name.as_str(), sensitive);
            let now = state.clock.now();
            let agency = write_tx(&mut conn, |conn| accounts::add_agency(conn, now, input))?;
            output::answer(config.json, &view(&agency), &agency.id.to_string());
        }
        Command::List => {
            let rows: Vec<Value> = db::agencies::list(&mut conn)?.iter().map(view).collect();
            output::list(config.json, &rows, &["id", "slug", "name", "sensitive"]);
        }
    }
    Ok(())
}

fn view(agency: &Agency) -> Value {
    let Agency { id, slug, name, sensitive } = agency;
    json!({ "id": id, "slug": slug, "name": name, "sensitive": sensitive })
}
