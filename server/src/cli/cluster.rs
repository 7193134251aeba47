//! `caseweave cluster`

use serde_json::{Value, json};

use super::{Failure, open, output};
use crate::app::StartError;
use crate::config::Config;
use crate::db::clusters::Cluster;
use crate::db::{self, write_tx};
use crate::service::accounts::{self, NewCluster};

/// Clusters.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Add a cluster with an empty log.
    Add {
        /// What it is called.
        #[arg(long)]
        name: String,
        /// Whose law holds: scotland, england...
        #[arg(long, default_value = "scotland")]
        jurisdiction: String,
        /// Its authority, made if it is not there.
        #[arg(long)]
        authority: Option<String>,
    },
    /// List the clusters.
    List,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] in an operator's words.
pub fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let (mut conn, state) = open(config)?;
    match command {
        Command::Add { name, jurisdiction, authority } => {
            let bytes = || state.entropy.bytes().map_err(StartError::from);
            let input = NewCluster {
                name: &name,
                jurisdiction: &jurisdiction,
                authority: authority.as_deref(),
                fresh: (bytes()?, bytes()?),
            };
            let now = state.clock.now();
            let cluster = write_tx(&mut conn, |conn| accounts::add_cluster(conn, now, &input))?;
            output::answer(config.json, &view(&cluster), &cluster.id.to_string());
        }
        Command::List => {
            let rows: Vec<Value> = db::clusters::list(&mut conn)?.iter().map(view).collect();
            output::list(config.json, &rows, &["id", "name", "jurisdiction"]);
        }
    }
    Ok(())
}

fn view(cluster: &Cluster) -> Value {
    json!({ "id": cluster.id, "name": cluster.name, "jurisdiction": cluster.jurisdiction })
}
