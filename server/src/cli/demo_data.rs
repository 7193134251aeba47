//! `caseweave demo-data`

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use serde_json::{Value, json};
use sync_core::time::Timestamp;

use super::user::{made_password, read_password};
use super::{Failure, open, output};
use crate::app::{Clock, StartError};
use crate::config::Config;
use crate::demo::area::Size;
use crate::demo::load::{self, Job, Loaded, SignIn};
use crate::demo::{Area, drafts, imports, names};
use crate::service::audit::chain;

/// Between two lines of progress.
const PAUSE: Duration = Duration::from_secs(3);

/// Which area to invent, and how much of it to load.
#[derive(clap::Args)]
pub struct Args {
    /// The same number gives the same area on the same day.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Of a hundred children with a history, how many to load; the roll is always whole.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100))]
    scale: u32,
    /// How many clusters the area has; more than six make it larger than any council.
    #[arg(long, default_value_t = Size::default().clusters, hide = true, value_parser = clusters)]
    clusters: usize,
    /// Pupils on the roll.
    #[arg(long, default_value_t = Size::default().pupils, hide = true)]
    pupils: usize,
    /// Read everybody's password from standard input; without it one is made and printed.
    #[arg(long)]
    password_stdin: bool,
    /// Write the area's roll into this folder as files for `caseweave import`, and load nothing.
    #[arg(long)]
    imports: Option<PathBuf>,
}

/// Fills an empty database with an invented area.
///
/// # Errors
/// [`Failure`] in an operator's words.
pub fn run(config: &Config, args: &Args) -> Result<(), Failure> {
    if let Some(folder) = &args.imports {
        return write_imports(config, args.seed, folder);
    }
    let (mut conn, state) = open(config)?;
    let password = if args.password_stdin { read_password()? } else { made_password(&state)? };
    let salt = state.entropy.bytes().map_err(StartError::from)?;
    let now = state.clock.now();
    let size = Size { clusters: args.clusters, pupils: args.pupils };
    let area = Area::of_size(args.seed, today(now), size);
    let job = Job {
        address: &config.database,
        rules: &state.rules,
        entropy: &state.entropy,
        password_hash: &state.passwords.hash(&password, &salt).map_err(StartError::from)?,
        now,
        percent: args.scale,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
    };
    let began = Instant::now();
    output::complain(&"people, schools and the roll go in first");
    let (loaded, sign_ins) = load::load(&job, &area, &progress())?;
    chain::link_all(&mut conn, &state.secrets.audit_key, state.clock.now())?;
    let seconds = began.elapsed().as_secs();
    let value = json!({
        "authority": area.name, "loaded": loaded, "seconds": seconds,
        "password": password, "sign_ins": sign_ins, "newcomer": newcomer(&area),
    });
    output::answer(config.json, &value, &text(&area, loaded, seconds, (&password, &sign_ins)));
    Ok(())
}

fn clusters(said: &str) -> Result<usize, String> {
    let most = names::CLUSTERS_MAX;
    let count = said.parse().ok().filter(|count| (1..=most).contains(count));
    count.ok_or_else(|| format!("an area has 1 to {most} clusters"))
}

fn today(now: Timestamp) -> Date {
    now.date().and_then(|day| day.to_string().parse().ok()).unwrap_or_default()
}

/// Writes the area's roll as files. No database is opened.
fn write_imports(config: &Config, seed: u64, folder: &Path) -> Result<(), Failure> {
    let area = Area::invent(seed, today(Clock::system().now()));
    let unwritten = |reason| Failure::Unwritten { path: folder.to_owned(), reason };
    let marks = imports::write(&area, folder).map_err(unwritten)?;
    let pupils = area.pupils.len();
    let value = json!({ "pupils": pupils, "terms": area.attendance.len(), "marks": marks });
    let text = format!("{pupils} pupils, {} terms of theirs, {marks} marks", area.attendance.len());
    output::answer(config.json, &value, &text);
    Ok(())
}

/// A child to begin a case with.
fn newcomer(area: &Area) -> Option<Value> {
    let at = area.newcomer()?;
    let child = &area.pupils[at as usize];
    Some(json!({
        "given_name": child.given, "family_name": child.family_name,
        "born": child.born.to_string(), "number": drafts::number(at),
        "school": area.schools[child.school].name,
    }))
}

/// Says on standard error how far a load is, and how long it will take. People and roll go first:
/// the pace is that of the events since.
fn progress() -> impl Fn(u64, u64) + Sync {
    let first: OnceLock<(Instant, u64)> = OnceLock::new();
    let said: Mutex<Option<Instant>> = Mutex::new(None);
    move |done, all| {
        let (began, before) = *first.get_or_init(|| (Instant::now(), done));
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        if done < all && said.is_some_and(|at| at.elapsed() < PAUSE) {
            return;
        }
        *said = Some(Instant::now());
        let mut text = format!("{done} of {all} events are in the logs");
        if done > before {
            let pace = began.elapsed().as_secs_f64() / (done - before) as f64;
            text += &format!(", about {:.0} s left", pace * all.saturating_sub(done) as f64);
        }
        output::complain(&text);
    }
}

fn text(
    area: &Area,
    loaded: Loaded,
    seconds: u64,
    (password, people): (&str, &[SignIn]),
) -> String {
    let Loaded { cases, changes, batches } = loaded;
    let mut text = format!(
        "{}: {} clusters, {} schools, {} pupils on the roll; {cases} cases with {changes} changes in \
         {batches} signed batches, in {seconds} s\neverybody's password: {password}",
        area.name,
        area.clusters.len(),
        area.schools.len(),
        area.pupils.len(),
    );
    for SignIn { sign_in, name, job, cluster } in people {
        let place = cluster.as_deref().unwrap_or(area.name);
        text += &format!("\n{sign_in}\t{name}\t{job}\t{place}");
    }
    text
}
