//! `caseweave contribution`

use serde_json::{Value, json};
use sync_core::ids::ClusterId;
use sync_core::time::Date;

use super::{Failure, act, open, output};
use crate::config::Config;
use crate::db::read_tx;
use crate::service::audit::{Act, Note};
use crate::service::contributions::{self, Contribution, ContributionError, Counting};

/// What this server counts for the authority's own server.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Let the authority's own server collect what is counted here; takes effect when this server starts.
    Allow {
        /// Its key, as `caseweave key` prints it there.
        #[arg(long)]
        key: String,
        /// What this server is called there.
        #[arg(long)]
        known_as: String,
        /// The authority; the server's only one by default.
        #[arg(long)]
        authority: Option<String>,
    },
    /// Let nobody collect any more, from now on.
    Forbid {
        /// The authority; the server's only one by default.
        #[arg(long)]
        authority: Option<String>,
    },
    /// Count a period, for good. Again for the same period, it shows what was counted.
    Make {
        /// The period's name, as everywhere in the authority: "2026 autumn term".
        #[arg(long)]
        period: String,
        /// The authority; the server's only one by default.
        #[arg(long)]
        authority: Option<String>,
        /// The period's last day, as everywhere in the authority; today by default.
        #[arg(long)]
        to: Option<Date>,
    },
    /// List what was counted, in order.
    List {
        /// The authority; the server's only one by default.
        #[arg(long)]
        authority: Option<String>,
    },
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] in an operator's words.
pub fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let (mut conn, state) = open(config)?;
    let now = state.clock.now();
    match command {
        Command::Allow { key, known_as, authority } => {
            act((&mut conn, &state), |conn| {
                let named = (key.as_str(), known_as.as_str());
                let clusters = contributions::allow(conn, now, authority.as_deref(), named)?;
                Ok::<_, ContributionError>(((), vec![change("allow", clusters)]))
            })?;
            output::answer(config.json, &json!({ "ok": true }), "done: start the server again");
        }
        Command::Forbid { authority } => {
            act((&mut conn, &state), |conn| {
                let clusters = contributions::forbid(conn, authority.as_deref())?;
                Ok::<_, ContributionError>(((), vec![change("forbid", clusters)]))
            })?;
            output::answer(config.json, &json!({ "ok": true }), "done");
        }
        Command::Make { period, authority, to } => {
            let made = act((&mut conn, &state), |conn| {
                let counting = Counting { authority: authority.as_deref(), period: &period, to };
                let made = contributions::make(conn, now, &state.secrets.figures_key, counting)?;
                let note = Note::of(Act::CountFigures).with(format!("number {}", made.number));
                let clusters = made.clusters.iter().map(|part| part.id);
                let note = clusters.fold(note, Note::in_cluster);
                Ok::<_, ContributionError>((made, vec![note]))
            })?;
            output::answer(config.json, &view(&made), &text(&made));
        }
        Command::List { authority } => {
            let all = read_tx(&mut conn, |conn| contributions::list(conn, authority.as_deref()))?;
            let rows: Vec<Value> = all.iter().map(view).collect();
            output::list(config.json, &rows, &["number", "period", "to", "clusters", "made_at"]);
        }
    }
    Ok(())
}

fn change(what: &str, clusters: Vec<ClusterId>) -> Note {
    let note = Note::of(Act::ChangeCollecting).with(what);
    clusters.into_iter().fold(note, Note::in_cluster)
}

/// Without its counts: they are for the authority's own server.
fn view(made: &Contribution) -> Value {
    let clusters: Vec<_> = made.clusters.iter().map(|part| part.name.as_str()).collect();
    json!({
        "number": made.number,
        "period": made.period,
        "to": made.to,
        "clusters": clusters,
        "made_at": made.made_at,
    })
}

fn text(made: &Contribution) -> String {
    let clusters: Vec<_> = made.clusters.iter().map(|part| part.name.as_str()).collect();
    let Contribution { number, period, to, .. } = made;
    format!("number {number}: {period}, to {to}, of {}", clusters.join(", "))
}
