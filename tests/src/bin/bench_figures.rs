//! What keeping figures and early warnings adds to a commit, processor time a case, and how many warnings leads
//! see today: a line of JSON each.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;
use std::sync::Arc;

use caseweave::app::Clock;
use caseweave::db::{self, Conn, backend::Address, read_tx, write_tx};
use caseweave::ingest::figures;
use caseweave::service::histories::{self, World};
use caseweave::service::reading::worklist::are_for_this_morning;
use clap::Parser;
use sync_core::framework::Catalogue;
use sync_core::ids::{CaseId, ClusterId};
use sync_core::time::Timestamp;
use system_tests::workload::measure::cpu_s;

#[derive(Parser)]
#[command(about = "Measures how dear figures are in a loaded database")]
struct Arguments {
    /// The database: a file or a PostgreSQL URL.
    database: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = Address::parse(&Arguments::parse().database);
    let mut conn = Conn::open(&address)?;
    let catalogue = Arc::new(Catalogue::shipped()?);
    let clusters = read_tx(&mut conn, db::clusters::list)?;
    let (mut cases, mut worlds) = (Vec::new(), BTreeMap::new());
    for cluster in clusters {
        let found = read_tx(&mut conn, |conn| db::records::cases_of(conn, &cluster.id))?;
        cases.extend(found.into_iter().map(|case| (case, cluster.id)));
        let world = read_tx(&mut conn, |conn| World::of(conn, &catalogue, &cluster.id))?;
        worlds.insert(cluster.id, world);
    }
    // What is as it was costs a reading; what changed is written too. A commit changes what one record adds;
    // the dearest that could be is a case of which everything is new.
    let mut signals = 0;
    let began = cpu_s();
    for (case, cluster) in &cases {
        write_tx(&mut conn, |conn| keep(conn, &worlds[cluster], (case, cluster)))?;
    }
    let unchanged = (cpu_s() - began) * 1000.0 / cases.len().max(1) as f64;
    let (mut one_record, mut all_new) = (0.0, 0.0);
    for (case, cluster) in &cases {
        let whole = read_tx(&mut conn, |conn| figures::kept(conn, case))?;
        signals += whole.signals.len();
        let (world, earlier) = (&worlds[cluster], without_a_record(&whole));
        one_record += kept_after(&mut conn, world, (case, cluster), &earlier)?;
        all_new += kept_after(&mut conn, world, (case, cluster), &figures::Part::default())?;
    }
    let mean = |sum: f64| sum * 1000.0 / cases.len().max(1) as f64;
    let (one_record, all_new) = (mean(one_record), mean(all_new));
    writeln!(
        std::io::stdout(),
        r#"{{"scenario":"figures_update","cases":{},"unchanged_cpu_ms":{unchanged:.3},"a_record_new_cpu_ms":{one_record:.3},"all_new_cpu_ms":{all_new:.3},"early_warnings":{signals}}}"#,
        cases.len()
    )?;
    Ok(writeln!(std::io::stdout(), "{}", warned(&mut conn, &cases)?)?)
}

/// What leads see of early warnings today: how many children have any, how many are to be looked at first, and
/// the longest such list of a cluster, of so many cases.
fn warned(conn: &mut Conn, cases: &[(CaseId, ClusterId)]) -> Result<String, Box<dyn Error>> {
    let today = Clock::system().now().date().ok_or("no day")?;
    let (mut any, mut lists) = (0, BTreeMap::<ClusterId, (usize, usize)>::new());
    for (case, cluster) in cases {
        let all = read_tx(conn, |conn| db::signals::of_case(conn, case))?;
        let holds = || all.iter().map(|kept| &kept.signal).filter(|it| it.holds_on(today));
        any += usize::from(holds().next().is_some());
        let list = lists.entry(*cluster).or_default();
        *list = (list.0 + usize::from(are_for_this_morning(holds())), list.1 + 1);
    }
    let first: usize = lists.values().map(|list| list.0).sum();
    let (longest, of) = lists.into_values().max().unwrap_or_default();
    Ok(format!(
        r#"{{"scenario":"early_warnings","cases":{},"with_any":{any},"to_look_at_first":{first},"longest_list":{longest},"of_cases":{of}}}"#,
        cases.len()
    ))
}

/// Brings a case to what its records say, as a commit does.
fn keep(
    conn: &mut Conn,
    world: &World,
    (case, cluster): (&CaseId, &ClusterId),
) -> Result<(), db::Error> {
    match histories::case_state(conn, case, cluster, world, Timestamp(0))? {
        Some(state) => figures::keep(conn, world, &state),
        None => Ok(()),
    }
}

/// Seconds of processor time to bring a case from some earlier part to what its records say.
fn kept_after(
    conn: &mut Conn,
    world: &World,
    of: (&CaseId, &ClusterId),
    earlier: &figures::Part,
) -> Result<f64, Box<dyn Error>> {
    write_tx(conn, |conn| figures::set(conn, of, earlier))?;
    let began = cpu_s();
    write_tx(conn, |conn| keep(conn, world, of))?;
    Ok(cpu_s() - began)
}

/// A case's part as it was before one of its records, the last in order, was there.
fn without_a_record(whole: &figures::Part) -> figures::Part {
    let last = whole.figures.iter().filter_map(|placed| placed.increment.record).max();
    let mut part = whole.clone();
    part.figures.retain(|placed| last.is_none() || placed.increment.record != last);
    part.signals.retain(|kept| last.is_none() || kept.signal.record != last);
    part
}
