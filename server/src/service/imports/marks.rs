//! A register's marks, counted into terms as they stream by. Of each pupil a bit is kept for each half
//! day, so that one that comes twice counts once.

use std::collections::HashMap;

use sync_core::time::Date;

use super::apply::Run;
use super::attendance::Terms;
use super::calendar::SchoolDays;
use super::mapping::{Mapping, Term};
use super::row::{self, Half, Mark, Reason, TermRow};
use super::sheet::{Line, MarkColumns, Sheet};
use super::{ImportError, Job, Outcome, Said};
use crate::db::roll::RowId;
use crate::db::roll_import;
use crate::limits::imports::{DAYS, TERMS};

/// Rows between two lines of progress.
const TOLD: u64 = 100_000;

/// Counts a table of marks and takes the terms over.
///
/// # Errors
/// [`ImportError`]
pub fn run(
    run: &mut Run<'_, '_, '_>,
    sheet: &mut Sheet<'_>,
    columns: &MarkColumns,
) -> Result<(), ImportError> {
    let job = run.job;
    let mut register = Register::open(run, job)?;
    let mut rows = 0;
    while let Some((line, came)) = sheet.next(|line| register.count(line, columns))? {
        match came {
            Ok(at) => register.place(line, at),
            Err(why) => {
                let (what, why) = ("mark".to_owned(), why.to_string());
                run.say(&Said { line: Some(line), what, outcome: Outcome::Refused, why })?;
            }
        }
        rows += 1;
        if rows % TOLD == 0 {
            run.tell(line);
        }
    }
    let mut totals = register.totals();
    let mut terms = Terms::new(job, !job.replace);
    let mut next = || Ok(totals.next().map(|(line, row)| (line, Ok(row))));
    run.pump("term", &mut next, &mut |conn, rows| terms.take(conn, rows))
}

/// The days of some schools: which term each is in.
struct Days {
    terms: Vec<Term>,
    /// By day since the register's first: the term, [`NONE`] or [`CLOSED`].
    of: Vec<u8>,
}

/// A day in no term.
const NONE: u8 = u8::MAX;
/// A day of a term on which the school was closed.
const CLOSED: u8 = u8::MAX - 1;

/// One pupil's half days in one term.
#[derive(Clone, Copy, Default)]
struct Cell {
    possible: u16,
    attended: u16,
    line: u64,
}

/// Where a row counts.
#[derive(Clone, Copy)]
struct At {
    pupil: usize,
    term: usize,
}

struct Register<'a> {
    mapping: &'a Mapping,
    first: Date,
    calendars: Vec<Days>,
    pupils: HashMap<String, usize>,
    /// By pupil: whose days.
    calendar_of: Vec<usize>,
    /// By pupil and term.
    cells: Vec<Cell>,
    /// By pupil and half day.
    seen: Vec<u64>,
    words: usize,
    /// The day that was read last: most rows have that of the row before.
    last: (Vec<u8>, Date),
}

impl<'a> Register<'a> {
    fn open(run: &mut Run<'_, '_, '_>, job: &'a Job<'a>) -> Result<Self, ImportError> {
        let own = roll_import::calendars(run.conn, &job.cluster.id)?;
        let own: Vec<(RowId, SchoolDays)> = own
            .into_iter()
            .map(|(school, text)| Ok((school, SchoolDays::stored(&text)?)))
            .collect::<Result<_, crate::db::Error>>()?;
        let all = own.iter().flat_map(|(_, days)| &days.terms).chain(&job.mapping.terms);
        let first = all.clone().map(|term| term.from).min().ok_or(ImportError::NoTerms)?;
        let last = all.map(|term| term.to).max().unwrap_or(first);
        let days = usize::try_from(last.days_since(first)).unwrap_or_default() + 1;
        if days > DAYS {
            let problem = format!("the terms reach over {days} days, and at most {DAYS} are read");
            return Err(ImportError::Mapping(problem));
        }
        let mut calendars = vec![Days::of(&job.mapping.terms, None, (first, days))];
        let mut by_school = HashMap::new();
        for (school, own) in &own {
            let terms = if own.terms.is_empty() { &job.mapping.terms } else { &own.terms };
            by_school.insert(*school, calendars.len());
            calendars.push(Days::of(terms, Some(own), (first, days)));
        }
        let on_roll = roll_import::pupils_in(run.conn, &job.cluster.id, &job.mapping.scheme)?;
        let calendar_of: Vec<usize> =
            on_roll.iter().map(|(_, school)| by_school.get(school).copied().unwrap_or(0)).collect();
        let count = on_roll.len();
        let words = (2 * days).div_ceil(64);
        Ok(Self {
            mapping: job.mapping,
            first,
            calendars,
            pupils: on_roll.into_iter().zip(0..).map(|((number, _), at)| (number, at)).collect(),
            calendar_of,
            cells: vec![Cell::default(); count * TERMS],
            seen: vec![0; count * words],
            words,
            last: (Vec::new(), first),
        })
    }

    /// Counts the marks of a row; says where.
    fn count(&mut self, line: &Line<'_>, columns: &MarkColumns) -> Result<At, Reason> {
        let number = line.bytes(columns.number).trim_ascii();
        let number = std::str::from_utf8(number).map_err(|_| Reason::NotOnRoll)?;
        let pupil = *self.pupils.get(number).ok_or(match number {
            "" => Reason::Empty("pupil's number"),
            _ => Reason::NotOnRoll,
        })?;
        let marks = columns.marks(line, self.mapping)?;
        let day = self.day(line, columns)?;
        let since = usize::try_from(day.days_since(self.first)).map_err(|_| Reason::NoTerm(day))?;
        let days = &self.calendars[self.calendar_of[pupil]];
        let term = days.of.get(since).copied().unwrap_or(NONE);
        let came = marks.iter().flatten().any(|(_, mark)| *mark != Mark::NotRequired);
        match term {
            NONE => return Err(Reason::NoTerm(day)),
            CLOSED if came => return Err(Reason::Closed(day)),
            _ => {}
        }
        let at = At { pupil, term: usize::from(term) };
        for (half, mark) in marks.into_iter().flatten() {
            self.one(at, 2 * since + usize::from(half == Half::Afternoon), mark)?;
        }
        Ok(at)
    }

    fn day(&mut self, line: &Line<'_>, columns: &MarkColumns) -> Result<Date, Reason> {
        let cell = line.bytes(columns.day);
        if self.last.0 != cell {
            let text = std::str::from_utf8(cell).map_err(|_| Reason::Encoding("day"))?;
            let day = self.mapping.day(text, "day")?;
            self.last.0.clear();
            self.last.0.extend_from_slice(cell);
            self.last.1 = day;
        }
        Ok(self.last.1)
    }

    fn one(&mut self, at: At, half_day: usize, mark: Mark) -> Result<(), Reason> {
        let word = &mut self.seen[at.pupil * self.words + half_day / 64];
        let bit = 1 << (half_day % 64);
        if *word & bit != 0 {
            return Err(Reason::HalfDayRepeated);
        }
        *word |= bit;
        if mark != Mark::NotRequired {
            let cell = &mut self.cells[at.pupil * TERMS + at.term];
            cell.possible += 1;
            cell.attended += u16::from(mark == Mark::Present);
        }
        Ok(())
    }

    /// Notes the line of what was counted.
    fn place(&mut self, line: u64, at: At) {
        if let Some(cell) = self.cells.get_mut(at.pupil * TERMS + at.term) {
            cell.line = line;
        }
    }

    /// What was counted, in the order of the lines that were last of each.
    fn totals(self) -> impl Iterator<Item = (u64, TermRow)> {
        let Self { calendars, pupils, calendar_of, cells, .. } = self;
        let mut numbers: Vec<(String, usize)> = pupils.into_iter().collect();
        numbers.sort_unstable_by_key(|(_, at)| *at);
        numbers.into_iter().flat_map(move |(number, at)| {
            let terms = &calendars[calendar_of[at]].terms;
            let of_pupil = &cells[at * TERMS..(at + 1) * TERMS];
            let counted = terms.iter().zip(of_pupil).filter(|(_, cell)| cell.possible > 0);
            let row = |(term, cell): (&Term, &Cell)| {
                let place = (term.name.clone(), term.from);
                let term = row::term(place, (cell.possible, cell.attended)).ok()?;
                Some((cell.line, TermRow { number: number.clone(), term }))
            };
            counted.filter_map(row).collect::<Vec<_>>()
        })
    }
}

impl Days {
    fn of(terms: &[Term], own: Option<&SchoolDays>, (first, days): (Date, usize)) -> Self {
        let one = |since: usize| {
            let day = i32::try_from(since).ok().and_then(|since| first.plus_days(since))?;
            let term = terms.iter().position(|it| (it.from..=it.to).contains(&day))?;
            let open = own.and_then(|own| own.calendar.is_working_day(day)).unwrap_or(true);
            if open { u8::try_from(term).ok() } else { Some(CLOSED) }
        };
        let of = (0..days).map(|since| one(since).unwrap_or(NONE)).collect();
        Self { terms: terms.to_vec(), of }
    }
}
