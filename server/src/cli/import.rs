//! `caseweave import`

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Failure, act, open, output};
use crate::app::AppState;
use crate::config::Config;
use crate::db::clusters::Cluster;
use crate::db::imports::{Counts, Import};
use crate::db::{self, Conn};
use crate::limits::imports::{HAND_BYTES, LISTED, SHOWN};
use crate::service::accounts::AccountError;
use crate::service::audit::{Act, Note};
use crate::service::imports::mapping::Mapping;
use crate::service::imports::{
    self, Format, ImportError, Job, Kind, Outcome, Said, Told, calendar,
};
use crate::{csv, hex};

/// Between two lines of progress.
const PAUSE: Duration = Duration::from_secs(2);

/// Roll, attendance and exclusions from schools' systems.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Take over who is at which school. Nobody is ever taken off the roll by a file.
    Roll(Args),
    /// Take over half days: totals of terms, or every mark of a register.
    Attendance(Args),
    /// Take over exclusions.
    Exclusions(Args),
    /// Give schools their own days: which are worked, and the terms they make.
    Calendar {
        /// The cluster, by name.
        #[arg(long)]
        cluster: String,
        /// The calendars, TOML.
        #[arg(long)]
        file: PathBuf,
    },
    /// List what was taken over and how far, newest first.
    List {
        /// One cluster's, by name; by default every cluster's.
        #[arg(long)]
        cluster: Option<String>,
    },
}

/// How a file is taken over.
#[derive(clap::Args)]
pub struct Args {
    /// The cluster, by name.
    #[arg(long)]
    cluster: String,
    /// The file.
    #[arg(long)]
    file: PathBuf,
    /// How the file is to be read, TOML: columns, days, marks, causes, schools, terms.
    #[arg(long)]
    mapping: Option<PathBuf>,
    /// How the file is written.
    #[arg(long, value_enum, default_value_t = Written::Csv)]
    format: Written,
    /// The school of every row, for files that do not say.
    #[arg(long)]
    school: Option<String>,
    /// Compare only; change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Import nothing if any row cannot be taken.
    #[arg(long)]
    strict: bool,
    /// Let a file of marks take half days away from a term.
    #[arg(long)]
    replace: bool,
    /// Write what became of each row to this file. It names nobody.
    #[arg(long)]
    report: Option<PathBuf>,
    /// Calendars to give to the schools first, as `import calendar` does.
    #[arg(long)]
    calendar: Option<PathBuf>,
}

/// How a file is written.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Written {
    /// A table of comma-separated values.
    Csv,
    /// The Common Transfer File.
    Ctf,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] in an operator's words.
pub fn run(config: &Config, command: Command) -> Result<(), Failure> {
    match command {
        Command::Roll(args) => import(config, Kind::Roll, &args),
        Command::Attendance(args) => import(config, Kind::Attendance, &args),
        Command::Exclusions(args) => import(config, Kind::Exclusions, &args),
        Command::Calendar { cluster, file } => {
            let (mut conn, state) = open(config)?;
            let cluster = find(&mut conn, &cluster)?;
            give((&mut conn, &state), &cluster, &file, Some(config.json))
        }
        Command::List { cluster } => list(config, cluster.as_deref()),
    }
}

fn import(config: &Config, kind: Kind, args: &Args) -> Result<(), Failure> {
    let (mut conn, state) = open(config)?;
    let cluster = find(&mut conn, &args.cluster)?;
    if let Some(file) = args.calendar.as_ref().filter(|_| !args.dry_run) {
        give((&mut conn, &state), &cluster, file, None)?;
    }
    let mapping = args.mapping.as_deref().map(by_hand).transpose()?.unwrap_or_default();
    let mapping = Mapping::parse(&mapping, imports::scheme(&cluster.jurisdiction));
    let mapping = mapping.map_err(ImportError::Mapping)?;
    let job = |dry| Job {
        cluster: &cluster,
        kind,
        format: args.format.into(),
        mapping: &mapping,
        school: args.school.as_deref(),
        replace: args.replace,
        dry,
        rules: &state.rules,
        entropy: &state.entropy,
        now: state.clock.now(),
        clock: &state.clock,
    };
    let digest = digest(&args.file)?;
    let began = Instant::now();
    let tried = (args.strict || args.dry_run).then(|| take(&mut conn, &job(true), args, None));
    let done = match tried.transpose()? {
        Some(tried) if args.strict && tried.counts.refused > 0 => {
            return Err(ImportError::Strict(tried.counts.refused).into());
        }
        Some(tried) if args.dry_run => tried,
        _ => {
            let import = begin((&mut conn, &state), &job(false), digest)?;
            take(&mut conn, &job(false), args, Some(import))?
        }
    };
    let text = text(&done, args.dry_run, began.elapsed().as_secs_f64());
    output::answer(config.json, &view(&cluster.name, &done), &text);
    Ok(())
}

impl From<Written> for Format {
    fn from(written: Written) -> Self {
        match written {
            Written::Csv => Self::Csv,
            Written::Ctf => Self::Ctf,
        }
    }
}

/// Writes down that an import begins.
fn begin(
    place: (&mut Conn, &AppState),
    job: &Job<'_>,
    digest: [u8; 32],
) -> Result<Import, Failure> {
    act(place, |conn| {
        let import = imports::begin(conn, job, digest)?;
        let note = Note::of(Act::Import).with(job.kind.word()).in_cluster(job.cluster.id);
        Ok::<_, ImportError>((import, vec![note]))
    })
}

/// Reads the file once. Without an import nothing is kept of it.
fn take(
    conn: &mut Conn,
    job: &Job<'_>,
    args: &Args,
    import: Option<Import>,
) -> Result<Import, Failure> {
    let mut import = match import {
        Some(import) => import,
        None => imports::begin(conn, job, [0; 32])?,
    };
    let mut file = File::open(&args.file).map_err(ImportError::Read)?;
    let mut report = Report::open(args.report.as_deref()).map_err(ImportError::Report)?;
    let mut progress = progress();
    let mut row = |said: &Said| report.row(said);
    let mut told = Told { row: &mut row, progress: &mut progress };
    imports::run(conn, job, &mut file, (&mut import, &mut told))?;
    report.end().map_err(ImportError::Report)?;
    Ok(import)
}

/// Where rows' outcomes go: a file, or for the first that are refused the operator's screen.
struct Report {
    file: Option<BufWriter<File>>,
    shown: u64,
}

impl Report {
    fn open(path: Option<&Path>) -> std::io::Result<Self> {
        let mut file = path.map(File::create).transpose()?.map(BufWriter::new);
        if let Some(file) = &mut file {
            file.write_all(csv::line(["line", "what", "result", "why"]).as_bytes())?;
        }
        Ok(Self { file, shown: 0 })
    }

    fn row(&mut self, said: &Said) -> std::io::Result<()> {
        let line = said.line.map(|line| line.to_string()).unwrap_or_default();
        if let Some(file) = &mut self.file {
            let cells = [line.as_str(), &said.what, said.outcome.word(), &said.why];
            return file.write_all(csv::line(cells).as_bytes());
        }
        if said.outcome == Outcome::Refused {
            self.shown += 1;
            if self.shown <= SHOWN {
                output::complain(&format!("line {line}: {}", said.why));
            } else if self.shown == SHOWN + 1 {
                output::complain(&"more rows are refused: --report FILE keeps all of them");
            }
        }
        Ok(())
    }

    fn end(self) -> std::io::Result<()> {
        self.file.map_or(Ok(()), |mut file| file.flush())
    }
}

/// Says on standard error how far an import is.
fn progress() -> impl FnMut(u64, u64) {
    let mut said = Instant::now();
    move |line, rows| {
        if said.elapsed() >= PAUSE {
            said = Instant::now();
            output::complain(&format!("at line {line}; seen to: {rows}"));
        }
    }
}

fn find(conn: &mut Conn, name: &str) -> Result<Cluster, Failure> {
    Ok(db::clusters::by_name(conn, name)?.ok_or(AccountError::Unknown("cluster"))?)
}

/// A file that somebody wrote by hand.
fn by_hand(path: &Path) -> Result<String, ImportError> {
    let file = File::open(path).map_err(|error| unread(path, &error.to_string()))?;
    let mut text = String::new();
    let read = file.take(HAND_BYTES + 1).read_to_string(&mut text);
    read.map_err(|error| unread(path, &error.to_string()))?;
    if text.len() as u64 > HAND_BYTES {
        return Err(unread(path, "the file is too long"));
    }
    Ok(text)
}

fn unread(path: &Path, problem: &str) -> ImportError {
    ImportError::Mapping(format!("{}: {problem}", path.display()))
}

fn digest(path: &Path) -> Result<[u8; 32], ImportError> {
    let mut file = File::open(path).map_err(ImportError::Read)?;
    let (mut digest, mut part) = (Sha256::new(), vec![0; 256 * 1024]);
    loop {
        match file.read(&mut part).map_err(ImportError::Read)? {
            0 => return Ok(digest.finalize().into()),
            count => digest.update(&part[..count]),
        }
    }
}

fn give(
    (conn, state): (&mut Conn, &AppState),
    cluster: &Cluster,
    file: &Path,
    json: Option<bool>,
) -> Result<(), Failure> {
    let text = by_hand(file)?;
    let now = state.clock.now();
    let given = act((conn, state), |conn| {
        let given = calendar::give(conn, &state.rules, (cluster, &text), now)?;
        let note = Note::of(Act::Import).with("calendar").in_cluster(cluster.id);
        Ok::<_, ImportError>((given, vec![note]))
    })?;
    let calendar::Given { changed, unchanged } = given;
    let text =
        format!("schools with other days than before: {changed}; with the same: {unchanged}");
    match json {
        Some(json) => output::answer(json, &json!(given), &text),
        None => output::complain(&text),
    }
    Ok(())
}

fn list(config: &Config, cluster: Option<&str>) -> Result<(), Failure> {
    let (mut conn, _) = open(config)?;
    let only = cluster.map(|name| find(&mut conn, name)).transpose()?;
    let clusters = db::clusters::list(&mut conn)?;
    let all = db::imports::list(&mut conn, only.as_ref().map(|it| &it.id), LISTED)?;
    let name = |import: &Import| {
        let cluster = clusters.iter().find(|it| it.id == import.cluster);
        cluster.map(|it| it.name.as_str()).unwrap_or_default()
    };
    let rows: Vec<Value> = all.iter().map(|import| view(name(import), import)).collect();
    let columns = [
        "cluster",
        "kind",
        "file",
        "began",
        "ended",
        "line",
        "added",
        "changed",
        "unchanged",
        "refused",
        "missing",
    ];
    output::list(config.json, &rows, &columns);
    Ok(())
}

fn view(cluster: &str, import: &Import) -> Value {
    let Counts { added, changed, unchanged, refused, missing } = import.counts;
    json!({
        "cluster": cluster,
        "kind": import.kind,
        "file": hex::encode(&import.digest[..8]),
        "began": import.began_at.to_string(),
        "ended": import.ended_at.map(|at| at.to_string()),
        "line": import.line,
        "added": added,
        "changed": changed,
        "unchanged": unchanged,
        "refused": refused,
        "missing": missing,
    })
}

fn text(import: &Import, dry: bool, seconds: f64) -> String {
    let Counts { added, changed, unchanged, refused, missing } = import.counts;
    let would = if dry { "nothing was written; it would be: " } else { "" };
    let mut text = format!(
        "{}: {would}{added} added, {changed} changed, {unchanged} unchanged, {refused} refused, \
         in {seconds:.1} s",
        import.kind
    );
    if missing > 0 {
        text += &format!("\non the roll but not in the file, and left as they are: {missing}");
    }
    text
}
