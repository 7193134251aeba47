//! Roll, attendance and exclusions from schools' systems.
//!
//! A file is read row by row. A row becomes something typed or a reason; rows that cannot be taken never
//! stop those that can. Rows are compared with what is known and written by the thousand, each thousand
//! in a transaction with what phones must be sent of it and with how far the import is. The same file
//! again changes nothing, so that whatever was stopped goes on with the same command. Nobody is ever
//! taken off the roll because a file does not name them.

pub mod apply;
pub mod attendance;
pub mod calendar;
pub mod columns;
pub mod ctf;
pub mod dates;
pub mod exclusions;
pub mod mapping;
pub mod marks;
pub mod roll;
pub mod row;
pub mod sheet;
pub mod table;
pub mod xml;

use std::io::{self, Read};

use sync_core::time::Timestamp;

use crate::app::{Clock, Entropy, NoEntropy};
use crate::db::clusters::Cluster;
use crate::db::imports::{Counts, Import};
use crate::db::{self, Conn};
use crate::ingest::Rules;
use mapping::Mapping;

/// What a file holds for us.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Who is at which school.
    Roll,
    /// Half days.
    Attendance,
    /// Exclusions.
    Exclusions,
}

impl Kind {
    /// As it is stored and typed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Roll => "roll",
            Self::Attendance => "attendance",
            Self::Exclusions => "exclusions",
        }
    }
}

/// How a file is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// A table of comma-separated values.
    Csv,
    /// The Common Transfer File.
    Ctf,
}

/// What became of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It was not known before.
    Added,
    /// It was known otherwise.
    Changed,
    /// It was known like this.
    Unchanged,
    /// It could not be taken.
    Refused,
    /// It is known and not in the file: nothing was done.
    Missing,
}

impl Outcome {
    /// As a report says it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
            Self::Missing => "not in the file",
        }
    }

    fn count(self, counts: &mut Counts) {
        *match self {
            Self::Added => &mut counts.added,
            Self::Changed => &mut counts.changed,
            Self::Unchanged => &mut counts.unchanged,
            Self::Refused => &mut counts.refused,
            Self::Missing => &mut counts.missing,
        } += 1;
    }
}

/// A line of the report. It names nobody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// The line of the file; none for what is not in it.
    pub line: Option<u64>,
    /// What it is about: `pupil`, a term, an exclusion's first day.
    pub what: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, or what of it changed.
    pub why: String,
}

/// What stops an import as a whole.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file.
    #[error("the file cannot be read: {0}")]
    Read(io::Error),
    /// The report.
    #[error("the report cannot be written: {0}")]
    Report(io::Error),
    /// The mapping.
    #[error("the mapping cannot be used: {0}")]
    Mapping(String),
    /// The file of calendars.
    #[error("the calendars cannot be used: {0}")]
    Calendar(String),
    /// No name of a column is known.
    #[error(
        "the first line names no column that is known: is it the line with the columns' names?"
    )]
    NoHeader,
    /// A column is not there.
    #[error("there is no column for the {what} ({wanted}); the file has: {found}")]
    NoColumn {
        /// Of what.
        what: &'static str,
        /// How it would be found.
        wanted: String,
        /// Those that are there.
        found: String,
    },
    /// A file that is no transfer file.
    #[error("line {line}: {problem}")]
    Xml {
        /// Where.
        line: u64,
        /// What is wrong.
        problem: &'static str,
    },
    /// Marks without terms.
    #[error("marks of days need terms: give [[terms]] in the mapping or in the schools' calendars")]
    NoTerms,
    /// A whole file was asked for.
    #[error("rows that cannot be taken: {0}; with --strict nothing is imported")]
    Strict(i64),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// The database.
    #[error(transparent)]
    Db(#[from] db::Error),
}

/// What an import is given besides the file.
pub struct Job<'a> {
    /// Into which cluster.
    pub cluster: &'a Cluster,
    /// What the file holds.
    pub kind: Kind,
    /// How it is written.
    pub format: Format,
    /// How it is to be read.
    pub mapping: &'a Mapping,
    /// The school of every row, for files that do not say.
    pub school: Option<&'a str>,
    /// Whether a term may lose half days by a file of marks.
    pub replace: bool,
    /// Whether nothing is to be written.
    pub dry: bool,
    /// Local practice, for what cases say.
    pub rules: &'a Rules,
    /// Ids of new schools and pupils.
    pub entropy: &'a Entropy,
    /// When it was begun.
    pub now: Timestamp,
    /// Tells when it ends.
    pub clock: &'a Clock,
}

/// What an import tells of itself on the way.
pub struct Told<'a> {
    /// Each row's outcome.
    pub row: &'a mut dyn FnMut(&Said) -> io::Result<()>,
    /// The line that was reached, and how many rows were seen to; marks are once their terms are.
    pub progress: &'a mut dyn FnMut(u64, u64),
}

/// Takes a file over. `import` is the row that keeps how far it is; it is brought up to date.
///
/// # Errors
/// [`ImportError`]; what was committed before stays.
pub fn run(
    conn: &mut Conn,
    job: &Job<'_>,
    file: &mut dyn Read,
    (import, told): (&mut Import, &mut Told<'_>),
) -> Result<(), ImportError> {
    let mut run = apply::Run::new(conn, job, import, told);
    match job.kind {
        Kind::Roll => roll::run(&mut run, file)?,
        Kind::Attendance => attendance::run(&mut run, file)?,
        Kind::Exclusions => exclusions::run(&mut run, file)?,
    }
    run.end()
}

/// The import of a file: the one that was stopped on its way, or a new one. Writes it unless it is dry.
///
/// # Errors
/// [`ImportError`]
pub fn begin(conn: &mut Conn, job: &Job<'_>, digest: [u8; 32]) -> Result<Import, ImportError> {
    let place = (&job.cluster.id, job.kind.word());
    if let Some(mut stopped) = db::imports::stopped(conn, place, &digest)?.filter(|_| !job.dry) {
        let Counts { added, changed, .. } = stopped.counts;
        stopped.counts = Counts { added, changed, ..Counts::default() };
        return Ok(stopped);
    }
    let import = Import {
        id: job.entropy.bytes()?,
        cluster: job.cluster.id,
        kind: job.kind.word().to_owned(),
        digest,
        began_at: job.now,
        ended_at: None,
        line: 0,
        counts: Counts::default(),
    };
    if !job.dry {
        db::imports::insert(conn, &import)?;
    }
    Ok(import)
}

/// The scheme of pupils' numbers where a mapping names none: what workers write beside a number.
#[must_use]
pub fn scheme(jurisdiction: &str) -> &'static str {
    match jurisdiction {
        "england" | "wales" => "UPN",
        _ => "SCN",
    }
}
