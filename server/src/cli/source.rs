//! `caseweave source` and `caseweave collect`, on an authority's own server.

use std::io::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};
use sync_core::ids::ClusterId;

use super::{Failure, act, open, output};
use crate::app::StartError;
use crate::config::{Config, ConfigError};
use crate::db::sources::Source;
use crate::db::{self, Conn, read_tx};
use crate::outside::servers::{Step, collect_all};
use crate::service::audit::{Act, Note, Who, chain};
use crate::service::collecting::{self, CollectError, NewSource, Standing};

/// The servers of clusters from which an authority's own server collects.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Add a server, or say anew where it answers and by which key.
    Add(AddArgs),
    /// List the servers: what each has delivered, who is late since when, and what is wrong.
    List,
    /// Take what a server that was put back to a backup gives after a number of its own.
    GoOn {
        /// The server's name.
        #[arg(long)]
        name: String,
        /// The last number that it still knows; 0 if it knows none.
        #[arg(long)]
        from: i64,
        /// The authority; the server's only one by default.
        #[arg(long)]
        authority: Option<String>,
    },
}

/// A server to collect from.
#[derive(clap::Args)]
pub struct AddArgs {
    /// Its name, as `contribution allow --known-as` said it there.
    #[arg(long)]
    name: String,
    /// Where it answers: https://east.example:8443
    #[arg(long)]
    address: String,
    /// Its key, as `caseweave key` prints it there.
    #[arg(long)]
    key: String,
    /// File of the authorities that its certificate may be of, PEM.
    #[arg(long)]
    ca: PathBuf,
    /// The authority; the server's only one by default.
    #[arg(long)]
    authority: Option<String>,
}

/// What `collect` takes.
#[derive(clap::Args)]
pub struct CollectArgs {
    /// One server only.
    #[arg(long)]
    name: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] in an operator's words.
pub fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let (mut conn, state) = open(config)?;
    let source = match command {
        Command::Add(args) => {
            let failed = |reason| ConfigError::SettingFile { path: args.ca.clone(), reason };
            let trusted = std::fs::read_to_string(&args.ca).map_err(failed)?;
            let new = NewSource {
                authority: args.authority.as_deref(),
                name: &args.name,
                address: &args.address,
                trusted: &trusted,
                key: &args.key,
                fresh: state.entropy.bytes().map_err(StartError::from)?,
            };
            let now = state.clock.now();
            act((&mut conn, &state), |conn| {
                let (source, own) = collecting::add(conn, now, &new)?;
                let note = change(&source, "add", own);
                Ok::<_, CollectError>((source, vec![note]))
            })?
        }
        Command::GoOn { name, from, authority } => act((&mut conn, &state), |conn| {
            let named = (authority.as_deref(), name.as_str());
            let (source, own) = collecting::go_on(conn, named, from)?;
            let note = change(&source, "go on", own);
            Ok::<_, CollectError>((source, vec![note]))
        })?,
        Command::List => {
            let rows = read_tx(&mut conn, standing)?;
            let columns =
                ["name", "address", "taken", "period", "to", "late_since", "asked_at", "trouble"];
            output::list(config.json, &rows, &columns);
            return Ok(());
        }
    };
    let value = json!({ "name": source.name, "address": source.address });
    output::answer(config.json, &value, &source.name);
    Ok(())
}

fn change(source: &Source, what: &str, own: Vec<ClusterId>) -> Note {
    let note = Note::of(Act::ChangeCollecting).about(source.id).with(what);
    own.into_iter().fold(note, Note::in_cluster)
}

fn standing(conn: &mut Conn) -> Result<Vec<Value>, db::Error> {
    let mut rows = Vec::new();
    for (authority, _) in db::authorities::list(conn)? {
        rows.extend(collecting::standing(conn, &authority)?.iter().map(view));
    }
    Ok(rows)
}

fn view(standing: &Standing) -> Value {
    let (period, to) = standing.newest.clone().unzip();
    json!({
        "name": standing.server,
        "address": standing.address,
        "taken": standing.taken,
        "period": period,
        "to": to,
        "late_since": standing.late_since,
        "asked_at": standing.asked_at,
        "trouble": standing.trouble.map(|it| it.code()),
    })
}

/// Collects now: every server is asked, whatever is wrong with another.
///
/// # Errors
/// [`Failure`] in an operator's words.
pub fn collect(config: &Config, args: &CollectArgs) -> Result<(), Failure> {
    let (mut conn, state) = open(config)?;
    let mut pen = state.pen(Who::operator()).map_err(StartError::from)?;
    let (key, now) = (&state.secrets.figures_key, state.clock.now());
    let mut servers = Vec::new();
    let asked = (&mut pen, args.name.as_deref());
    let done = collect_all(&mut conn, (key, now), asked, &mut |source, step| {
        servers.extend(told(source, step));
    });
    chain::link_all(&mut conn, &state.secrets.audit_key, state.clock.now())?;
    let (all, wrong) = done?;
    if config.json {
        output::line(&Value::from(servers).to_string());
    }
    if wrong > 0 { Err(Failure::Collected { wrong, all }) } else { Ok(()) }
}

/// Says it where whoever waits reads it, and gives what is kept of it.
fn told(source: &Source, step: &Step<'_>) -> Option<Value> {
    let name = &source.name;
    let (line, kept) = match step {
        Step::Taken(it, last) => (
            format!("{name}: took number {} of {last}: {}, to {}", it.number, it.period, it.to),
            None,
        ),
        Step::Ended(Ok(took)) => {
            let line = format!("{name}: {} new, {} in all", took.new, took.all);
            (line, Some(json!({ "name": name, "new": took.new, "all": took.all })))
        }
        Step::Ended(Err(error)) => {
            let value = json!({ "name": name, "error": error.to_string() });
            (format!("{name}: {error}"), Some(value))
        }
    };
    let _ = writeln!(std::io::stderr().lock(), "{line}");
    kept
}
