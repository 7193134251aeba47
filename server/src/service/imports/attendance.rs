//! Half days: a term's or a year's totals, or every mark of a register.

use std::collections::VecDeque;
use std::io::Read;

use sync_core::time::Date;

use super::apply::{Came, Lined, Run, Seen};
use super::ctf::Ctf;
use super::row::{Reason, TermRow};
use super::sheet::{MarkColumns, Sheet, TermColumns};
use super::{Format, ImportError, Job, Outcome, marks};
use crate::db::Conn;
use crate::db::roll_import;

/// What a line of the report is about where the row does not say.
const WHAT: &str = "attendance";

/// Takes a file over.
///
/// # Errors
/// [`ImportError`]
pub fn run(run: &mut Run<'_, '_, '_>, file: &mut dyn Read) -> Result<(), ImportError> {
    let job = run.job;
    let mut terms = Terms::new(job, false);
    match job.format {
        Format::Csv => {
            let mut sheet = Sheet::open(file, job)?;
            if let Some(columns) = MarkColumns::of(&sheet.columns)? {
                return marks::run(run, &mut sheet, &columns);
            }
            let columns = TermColumns::of(&sheet.columns)?;
            let mut next = || sheet.next(|line| columns.read(line, job.mapping));
            run.pump(WHAT, &mut next, &mut |conn, rows| terms.take(conn, rows))
        }
        Format::Ctf => {
            let mut ctf = Ctf::open(file, job)?;
            let mut next = flat(|| ctf.years());
            run.pump(WHAT, &mut next, &mut |conn, rows| terms.take(conn, rows))
        }
    }
}

/// The rows of one pupil after the other's.
pub fn flat<T>(
    mut more: impl FnMut() -> Result<Option<VecDeque<Lined<T>>>, ImportError>,
) -> impl FnMut() -> Result<Option<Lined<T>>, ImportError> {
    let mut waiting = VecDeque::new();
    move || loop {
        if let Some(row) = waiting.pop_front() {
            return Ok(Some(row));
        }
        match more()? {
            None => return Ok(None),
            Some(rows) => waiting = rows,
        }
    }
}

/// Compares and writes totals of terms.
pub struct Terms<'a> {
    job: &'a Job<'a>,
    /// Whether fewer half days than are known are refused: a register that was cut short looks like that.
    guarded: bool,
    seen: Seen<(String, Date)>,
}

impl<'a> Terms<'a> {
    /// Nothing was taken yet.
    #[must_use]
    pub fn new(job: &'a Job<'a>, guarded: bool) -> Self {
        Self { job, guarded, seen: Seen::new() }
    }

    /// Takes some.
    ///
    /// # Errors
    /// [`ImportError`]
    pub fn take(&mut self, conn: &mut Conn, rows: &[(u64, TermRow)]) -> Result<Came, ImportError> {
        let numbers: Vec<&str> = rows.iter().map(|(_, row)| row.number.as_str()).collect();
        let known = roll_import::by_numbers(conn, &self.job.mapping.scheme, &numbers)?;
        let ids: Vec<_> = known.values().map(|it| it.pupil.id).collect();
        let before = roll_import::terms_of(conn, &ids)?;
        let (mut came, mut write) = (Came::default(), Vec::new());
        for (line, TermRow { number, term }) in rows {
            let what = &term.term;
            let here = known.get(number).filter(|it| it.cluster == self.job.cluster.id);
            let Some(pupil) = here.map(|it| it.pupil.id) else {
                came.refuse(*line, what, &Reason::NotOnRoll);
                continue;
            };
            if let Err(why) = self.seen.note((number.clone(), term.from), *line) {
                came.refuse(*line, what, &why);
                continue;
            }
            let was = before.get(&(pupil, term.from));
            let outcome = match was {
                None => Outcome::Added,
                Some(was) if was == term => Outcome::Unchanged,
                Some(was) if self.guarded && was.possible > term.possible => {
                    let (now, before) = (term.possible, was.possible);
                    came.refuse(*line, what, &Reason::Fewer { now, before });
                    continue;
                }
                Some(_) => Outcome::Changed,
            };
            came.say(*line, what, outcome, String::new());
            if outcome != Outcome::Unchanged {
                came.renewed.push(pupil);
                write.push((pupil, term.clone()));
            }
        }
        came.renewed.dedup();
        if !self.job.dry {
            roll_import::put_terms(conn, &write)?;
            roll_import::touch(conn, &came.renewed, self.job.now)?;
        }
        Ok(came)
    }
}
