//! Exclusions, with what follows from each: from when the pupil is to be taught, and whether the year's
//! limit is passed.

use std::collections::HashMap;
use std::io::Read;

use sync_core::time::Date;
use sync_core::view::Excluded;

use super::apply::{Came, Run, Seen};
use super::attendance::flat;
use super::calendar::SchoolDays;
use super::ctf::Ctf;
use super::row::{ExclusionRow, Reason};
use super::sheet::{ExclusionColumns, Sheet};
use super::{Format, ImportError, Job, Outcome};
use crate::db::roll::RowId;
use crate::db::roll_import::{self, Exclusions as Before, Known};
use crate::db::{self, Conn};
use crate::service::roll::Practice;

/// What a line of the report is about where the row does not say.
const WHAT: &str = "exclusion";

/// Takes a file over.
///
/// # Errors
/// [`ImportError`]
pub fn run(run: &mut Run<'_, '_, '_>, file: &mut dyn Read) -> Result<(), ImportError> {
    let job = run.job;
    let mut all = Exclusions::open(run.conn, job)?;
    let mut take = |conn: &mut Conn, rows: &[(u64, ExclusionRow)]| all.take(conn, rows);
    match job.format {
        Format::Csv => {
            let mut sheet = Sheet::open(file, job)?;
            let columns = ExclusionColumns::of(&sheet.columns)?;
            let mut next = || sheet.next(|line| columns.read(line, job.mapping));
            run.pump(WHAT, &mut next, &mut take)
        }
        Format::Ctf => {
            let mut ctf = Ctf::open(file, job)?;
            run.pump(WHAT, &mut flat(|| ctf.exclusions()), &mut take)
        }
    }
}

struct Exclusions<'a> {
    job: &'a Job<'a>,
    practice: Option<Practice<'a>>,
    calendars: HashMap<RowId, SchoolDays>,
    seen: Seen<(String, Date)>,
}

impl<'a> Exclusions<'a> {
    fn open(conn: &mut Conn, job: &'a Job<'a>) -> Result<Self, ImportError> {
        let cluster = &job.cluster.id;
        let practice = Practice::of(conn, &job.rules.catalogue, cluster)?;
        let calendars = roll_import::calendars(conn, cluster)?;
        let read = |(school, text): (RowId, String)| Ok((school, SchoolDays::stored(&text)?));
        let calendars = calendars.into_iter().map(read).collect::<Result<_, db::Error>>()?;
        Ok(Self { job, practice, calendars, seen: Seen::new() })
    }

    fn take(&mut self, conn: &mut Conn, rows: &[(u64, ExclusionRow)]) -> Result<Came, ImportError> {
        let numbers: Vec<&str> = rows.iter().map(|(_, row)| row.number.as_str()).collect();
        let known = roll_import::by_numbers(conn, &self.job.mapping.scheme, &numbers)?;
        let ids: Vec<_> = known.values().map(|it| it.pupil.id).collect();
        let mut before = roll_import::exclusions_of(conn, &ids)?;
        let mut came = Came::default();
        for (line, row) in rows {
            let what = format!("{WHAT} from {}", row.from);
            let here = known.get(&row.number).filter(|it| it.cluster == self.job.cluster.id);
            let checked = here.ok_or(Reason::NotOnRoll).and_then(|known| {
                self.seen.note((row.number.clone(), row.from), *line).map(|()| known)
            });
            match checked {
                Err(why) => came.refuse(*line, what, &why),
                Ok(known) => {
                    let outcome = self.one(conn, (known, row), &mut before)?;
                    came.say(*line, what, outcome, self.follows(known, row, &before));
                    if outcome != Outcome::Unchanged {
                        came.renewed.push(known.pupil.id);
                    }
                }
            }
        }
        if !self.job.dry {
            roll_import::touch(conn, &came.renewed, self.job.now)?;
        }
        Ok(came)
    }

    fn one(
        &self,
        conn: &mut Conn,
        (known, row): (&Known, &ExclusionRow),
        before: &mut Before,
    ) -> Result<Outcome, ImportError> {
        let now = (row.half_days, row.cause.clone());
        let outcome = match before.insert((known.pupil.id, row.from), now.clone()) {
            None => Outcome::Added,
            Some(was) if was == now => return Ok(Outcome::Unchanged),
            Some(_) => Outcome::Changed,
        };
        if !self.job.dry {
            let (from, (half_days, cause)) = (row.from, now);
            let it = Excluded { from, half_days, cause, education_from: None };
            roll_import::put_exclusion(conn, &known.pupil.id, &it)?;
        }
        Ok(outcome)
    }

    /// What local practice says of an exclusion, for the report.
    fn follows(&self, known: &Known, row: &ExclusionRow, all: &Before) -> String {
        let Some(practice) = &self.practice else { return String::new() };
        let own = self.calendars.get(&known.pupil.school).map(|days| &days.calendar);
        let span = (row.from, row.half_days);
        let mut said = Vec::new();
        if let Some(day) = practice.education_from(span, known.looked_after, own) {
            said.push(format!("to be taught from {day}"));
        }
        let own = all.iter().filter(|((pupil, _), _)| *pupil == known.pupil.id);
        let spans: Vec<_> = own.map(|((_, from), (half_days, _))| (*from, *half_days)).collect();
        if practice.is_over_a_year(&spans, row.from) == Some(true) {
            said.push("more days of the school year than are allowed".to_owned());
        }
        said.join("; ")
    }
}
