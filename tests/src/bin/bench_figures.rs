//! What keeping figures and early warnings adds to a commit: processor time a case, as one line of JSON.

use std::error::Error;
use std::io::Write;

use caseweave::db::{self, Conn, backend::Address, read_tx, write_tx};
use caseweave::ingest::figures;
use clap::Parser;
use sync_core::framework::Catalogue;
use sync_core::merge::Context;
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
    let catalogue = Catalogue::shipped()?;
    let practice = Context { framework: Some("east-lothian"), ..Context::new(&catalogue) };
    let clusters = read_tx(&mut conn, db::clusters::list)?;
    let mut cases = Vec::new();
    for cluster in clusters {
        let found = read_tx(&mut conn, |conn| db::records::cases_of(conn, &cluster.id))?;
        cases.extend(found.into_iter().map(|case| (case, cluster.id)));
    }
    // What is as it was costs a reading; what changed is written too: each case is emptied first.
    let began = cpu_s();
    let mut signals = 0;
    for (case, cluster) in &cases {
        write_tx(&mut conn, |conn| figures::keep(conn, &practice, (case, cluster)))?;
        signals += read_tx(&mut conn, |conn| db::signals::of_case(conn, case))?.len();
    }
    let unchanged = (cpu_s() - began) * 1000.0 / cases.len().max(1) as f64;
    let mut changed = 0.0;
    for (case, cluster) in &cases {
        let whole = figures::Part::default();
        write_tx(&mut conn, |conn| figures::set(conn, (case, cluster), &whole))?;
        let began = cpu_s();
        write_tx(&mut conn, |conn| figures::keep(conn, &practice, (case, cluster)))?;
        changed += cpu_s() - began;
    }
    let changed = changed * 1000.0 / cases.len().max(1) as f64;
    writeln!(
        std::io::stdout(),
        r#"{{"scenario":"figures_update","cases":{},"unchanged_cpu_ms":{unchanged:.3},"all_new_cpu_ms":{changed:.3},"early_warnings":{signals}}}"#,
        cases.len()
    )?;
    Ok(())
}
