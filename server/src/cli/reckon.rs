//! `caseweave verify` and `caseweave rebuild`

use std::collections::BTreeMap;

use serde_json::json;
use sync_core::ids::ClusterId;

use super::{Failure, open_existing, output};
use crate::app::AppState;
use crate::config::Config;
use crate::db::audit::OF_SERVER;
use crate::db::clusters::Cluster;
use crate::db::{self, Conn, read_tx, write_tx};
use crate::ingest::sequencer;
use crate::service::accounts::AccountError;
use crate::service::audit::check::{self, AuditFindings, Kept};
use crate::service::reckon::{self, Findings};

/// Steps between two lines of progress.
const STEPS: u64 = 5_000;

/// Whose log to check.
#[derive(clap::Args)]
pub struct VerifyArgs {
    /// One cluster's, by name; by default every cluster's.
    #[arg(long)]
    cluster: Option<String>,
    /// The database is an older copy, such as a backup: it may end before what was kept of the audit.
    #[arg(long)]
    copy: bool,
}

/// What to make again.
#[derive(clap::Args)]
pub struct RebuildArgs {
    /// One cluster's, by name; by default every cluster's.
    #[arg(long)]
    cluster: Option<String>,
    /// Compare only; change nothing.
    #[arg(long)]
    check: bool,
}

/// Verifies logs: hashes, chain, salts, batches, and that each record can be opened; and the audit.
///
/// # Errors
/// [`Failure::Wrong`] if something is not as it should be; it was printed.
pub fn verify(config: &Config, args: &VerifyArgs) -> Result<(), Failure> {
    let (mut conn, state) = open_existing(config)?;
    // An older copy rightly ends before what was kept since.
    let kept = if args.copy { BTreeMap::new() } else { kept(config)? };
    let mut wrong = 0;
    for cluster in clusters(&mut conn, args.cluster.as_deref())? {
        let mut progress = progress(&cluster.name, "verified");
        let findings = read_tx(&mut conn, |conn| reckon::verify(conn, &cluster.id, &mut progress))?;
        let audit = audit((&mut conn, &state), &cluster.id, &kept)?;
        wrong += findings.wrong.len() + audit.wrong.len();
        let text = format!("{}\n{}", text(&cluster, &findings), audit_text(&cluster.name, &audit));
        let value = json!({ "cluster": cluster.name, "findings": findings, "audit": audit });
        output::answer(config.json, &value, &text);
    }
    if args.cluster.is_none() {
        let audit = audit((&mut conn, &state), &OF_SERVER, &kept)?;
        wrong += audit.wrong.len();
        let value = json!({ "cluster": null, "audit": audit });
        output::answer(config.json, &value, &audit_text(OF_NO_CLUSTER, &audit));
    }
    end(wrong)
}

/// What the chain of acts that belong to no cluster is called.
const OF_NO_CLUSTER: &str = "this server";

fn kept(config: &Config) -> Result<BTreeMap<ClusterId, Kept>, Failure> {
    sequencer::kept(&config.data).map_err(Failure::Kept)
}

/// Verifies one chain of the audit.
fn audit(
    (conn, state): (&mut Conn, &AppState),
    cluster: &ClusterId,
    kept: &BTreeMap<ClusterId, Kept>,
) -> Result<AuditFindings, Failure> {
    let (key, now) = (state.secrets.audit_key.verifying_key(), state.clock.now());
    let place = (cluster, kept.get(cluster));
    Ok(read_tx(conn, |conn| check::verify(conn, &key, place, now))?)
}

fn audit_text(name: &str, AuditFindings { rows, wrong }: &AuditFindings) -> String {
    format!("{name}: {rows} rows of the audit{}", in_order(wrong))
}

fn in_order(wrong: &[String]) -> String {
    let order = if wrong.is_empty() { ": in order" } else { ": NOT in order" };
    let lines = wrong.iter().map(|finding| format!("\n  {finding}"));
    std::iter::once(order.to_owned()).chain(lines).collect()
}

/// Makes read models, directory and access again from the log, and compares or mends.
///
/// # Errors
/// [`Failure::Wrong`] if something is not as the log says and, without `--check`, could not be
/// mended; it was printed.
pub fn rebuild(config: &Config, args: &RebuildArgs) -> Result<(), Failure> {
    let (mut conn, state) = open_existing(config)?;
    let mut wrong = 0;
    for cluster in clusters(&mut conn, args.cluster.as_deref())? {
        if !args.check {
            let mended = run(&mut conn, &state, &cluster, true)?;
            note_mended(&cluster.name, mended.wrong.len());
        }
        let findings = run(&mut conn, &state, &cluster, false)?;
        wrong += print(config, &cluster, &findings);
    }
    end(wrong)
}

fn run(
    conn: &mut Conn,
    state: &AppState,
    cluster: &Cluster,
    mend: bool,
) -> Result<Findings, db::Error> {
    let mut progress = progress(&cluster.name, if mend { "rebuilt" } else { "compared" });
    let (rules, now, id): (_, _, &ClusterId) = (&state.rules, state.clock.now(), &cluster.id);
    if !mend {
        return read_tx(conn, |conn| reckon::rebuild(conn, rules, id, now, false, &mut progress));
    }
    write_tx(conn, |conn| {
        db::log::lock(conn, id)?;
        reckon::rebuild(conn, rules, id, now, true, &mut progress)
    })
}

fn clusters(conn: &mut Conn, name: Option<&str>) -> Result<Vec<Cluster>, Failure> {
    match name {
        None => Ok(db::clusters::list(conn)?),
        Some(name) => {
            let found = db::clusters::by_name(conn, name)?;
            Ok(vec![found.ok_or(AccountError::Unknown("cluster"))?])
        }
    }
}

/// Says on standard error how far a long run is.
fn progress(cluster: &str, what: &'static str) -> impl FnMut(u64, u64) {
    let cluster = cluster.to_owned();
    let mut next = STEPS;
    move |done, all| {
        if done >= next {
            next = done + STEPS;
            output::complain(&format!("{cluster}: {what} {done} of {all}"));
        }
    }
}

fn note_mended(cluster: &str, count: usize) {
    if count > 0 {
        output::complain(&format!("{cluster}: mended what was not of the log: {count}"));
    }
}

/// Prints what was found and says how much of it is wrong.
fn print(config: &Config, cluster: &Cluster, findings: &Findings) -> usize {
    let value = json!({ "cluster": cluster.name, "findings": findings });
    output::answer(config.json, &value, &text(cluster, findings));
    findings.wrong.len()
}

fn text(cluster: &Cluster, findings: &Findings) -> String {
    let Findings { changes, records, cases, wrong } = findings;
    let name = &cluster.name;
    format!("{name}: {changes} changes, {records} records, {cases} cases{}", in_order(wrong))
}

fn end(wrong: usize) -> Result<(), Failure> {
    if wrong == 0 { Ok(()) } else { Err(Failure::Wrong(wrong)) }
}
