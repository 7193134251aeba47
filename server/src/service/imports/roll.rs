//! The roll: who is at which school.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use super::apply::{Came, Run, Seen};
use super::ctf::Ctf;
use super::row::{PupilRow, Reason};
use super::sheet::{PupilColumns, Sheet};
use super::{Format, ImportError, Job, Outcome, Said};
use crate::db::roll::{Pupil, RowId, School};
use crate::db::roll_import::{self, Known};
use crate::db::{self, Conn};
use crate::ingest::extract;
use crate::limits::imports::CASES;

/// What a line of the report is about.
const WHAT: &str = "pupil";
/// Days of the youngest and the oldest pupil: two and twenty-one years.
const AGES: std::ops::Range<i32> = 730..7_670;

/// Takes a file over.
///
/// # Errors
/// [`ImportError`]
pub fn run(run: &mut Run<'_, '_, '_>, file: &mut dyn Read) -> Result<(), ImportError> {
    let job = run.job;
    let mut roll = Roll::open(run.conn, job)?;
    let mut take = |conn: &mut Conn, rows: &[(u64, PupilRow)]| roll.take(conn, rows);
    match job.format {
        Format::Csv => {
            let mut sheet = Sheet::open(file, job)?;
            let columns = PupilColumns::of(&sheet.columns, job)?;
            let mut next = || sheet.next(|line| columns.read(line, job));
            run.pump(WHAT, &mut next, &mut take)?;
        }
        Format::Ctf => {
            let mut ctf = Ctf::open(file, job)?;
            run.pump(WHAT, &mut || ctf.pupil(), &mut take)?;
        }
    }
    roll.tell_missing(run)?;
    link_cases(run)
}

/// Cases that named a number before it was on the roll are linked now.
fn link_cases(run: &mut Run<'_, '_, '_>) -> Result<(), ImportError> {
    let job = run.job;
    if job.dry {
        return Ok(());
    }
    let cases = db::extracts::unlinked(run.conn, &job.cluster.id)?;
    for some in cases.chunks(CASES) {
        run.commit(&mut |conn| {
            let place = (&job.cluster.id, some);
            extract::link_those_without(conn, job.rules, place, job.now)?;
            Ok(Came::default())
        })?;
    }
    Ok(())
}

struct Roll<'a> {
    job: &'a Job<'a>,
    schools: BTreeMap<String, School>,
    /// Schools that are not written yet.
    fresh: BTreeSet<RowId>,
    /// Schools that the file names.
    named: BTreeSet<RowId>,
    seen: Seen<String>,
}

impl<'a> Roll<'a> {
    fn open(conn: &mut Conn, job: &'a Job<'a>) -> Result<Self, ImportError> {
        let schools = roll_import::schools_of(conn, &job.cluster.id)?;
        let schools = schools.into_iter().map(|school| (school.name.clone(), school)).collect();
        let (fresh, named) = (BTreeSet::new(), BTreeSet::new());
        Ok(Self { job, schools, fresh, named, seen: Seen::new() })
    }

    fn take(&mut self, conn: &mut Conn, rows: &[(u64, PupilRow)]) -> Result<Came, ImportError> {
        let numbers: Vec<&str> = rows.iter().map(|(_, row)| row.number.as_str()).collect();
        let mut known = roll_import::by_numbers(conn, &self.job.mapping.scheme, &numbers)?;
        let (mut came, mut write) = (Came::default(), Vec::new());
        for (line, row) in rows {
            if let Err(why) = self.check(*line, row) {
                came.refuse(*line, WHAT, &why);
                continue;
            }
            let school = match self.school(row)? {
                Ok(school) => school,
                Err(why) => {
                    came.refuse(*line, WHAT, &why);
                    continue;
                }
            };
            self.named.insert(school);
            let before = known.remove(&row.number);
            let now = self.known(row, school, before.as_ref())?;
            compare(*line, (before.as_ref(), &now), &mut came);
            if before.as_ref() != Some(&now) {
                write.push(now);
            }
        }
        self.write(conn, &write)?;
        Ok(came)
    }

    /// What the file alone shows to be wrong.
    fn check(&mut self, line: u64, row: &PupilRow) -> Result<(), Reason> {
        let today = self.job.now.date().unwrap_or(row.born);
        if !AGES.contains(&today.days_since(row.born)) {
            return Err(Reason::Age);
        }
        self.seen.note(row.number.clone(), line)
    }

    /// The school of a row; one that is not there yet is made if its sort is known.
    fn school(&mut self, row: &PupilRow) -> Result<Result<RowId, Reason>, ImportError> {
        if let Some(school) = self.schools.get(&row.school) {
            return Ok(Ok(school.id));
        }
        let Some(sector) = row.sector else {
            return Ok(Err(Reason::UnknownSchool));
        };
        let (id, cluster, name) =
            (self.job.entropy.bytes()?, self.job.cluster.id, row.school.clone());
        self.schools.insert(name.clone(), School { id, cluster, name, sector });
        self.fresh.insert(id);
        Ok(Ok(id))
    }

    fn known(
        &self,
        row: &PupilRow,
        school: RowId,
        before: Option<&Known>,
    ) -> Result<Known, ImportError> {
        let id = match before {
            Some(before) => before.pupil.id,
            None => self.job.entropy.bytes()?,
        };
        let pupil = Pupil {
            id,
            school,
            scheme: self.job.mapping.scheme.clone(),
            number: row.number.clone(),
            given_name: row.given_name.clone(),
            family_name: row.family_name.clone(),
            born: row.born,
            year_group: row.year_group.clone(),
        };
        let was = before.is_some_and(|before| before.looked_after);
        let looked_after = row.looked_after.unwrap_or(was);
        Ok(Known { pupil, looked_after, cluster: self.job.cluster.id })
    }

    fn write(&mut self, conn: &mut Conn, pupils: &[Known]) -> Result<(), ImportError> {
        if self.job.dry {
            return Ok(());
        }
        let used: BTreeSet<RowId> = pupils.iter().map(|it| it.pupil.school).collect();
        for school in self.schools.values().filter(|it| used.contains(&it.id)) {
            if self.fresh.remove(&school.id) {
                db::roll::insert_school(conn, school)?;
            }
        }
        Ok(roll_import::put_pupils(conn, pupils, self.job.now)?)
    }

    /// Who is at a school of the file and not in it. Nothing is done to them: a file may be cut short.
    fn tell_missing(&self, run: &mut Run<'_, '_, '_>) -> Result<(), ImportError> {
        let schools: Vec<RowId> = self.named.iter().copied().collect();
        let all = roll_import::numbers_at(run.conn, &schools, &self.job.mapping.scheme)?;
        for number in all.iter().filter(|number| !self.seen.has(number.as_str())) {
            let why = "stays on the roll as it is".to_owned();
            let what = format!("{WHAT} {number}");
            run.say(&Said { line: None, what, outcome: Outcome::Missing, why })?;
        }
        Ok(())
    }
}

/// Says what is new of a pupil, and whether cases may be about somebody else by it.
fn compare(line: u64, (before, now): (Option<&Known>, &Known), came: &mut Came) {
    let Some(before) = before else {
        came.say(line, WHAT, Outcome::Added, String::new());
        return;
    };
    let (was, is) = (&before.pupil, &now.pupil);
    let names = |it: &Pupil| (it.given_name.clone(), it.family_name.clone());
    let (moved, reborn) = (before.cluster != now.cluster, was.born != is.born);
    let parts = [
        (moved, "cluster"),
        (was.school != is.school, "school"),
        (names(was) != names(is), "name"),
        (reborn, "day of birth"),
        (was.year_group != is.year_group, "year group"),
        (before.looked_after != now.looked_after, "looked after"),
    ];
    let changed: Vec<&str> = parts.iter().filter(|it| it.0).map(|it| it.1).collect();
    let outcome = if changed.is_empty() { Outcome::Unchanged } else { Outcome::Changed };
    came.say(line, WHAT, outcome, changed.join(", "));
    if moved || reborn {
        came.renamed.push(is.id);
    } else if was.school != is.school
        || was.year_group != is.year_group
        || before.looked_after != now.looked_after
    {
        came.renewed.push(is.id);
    }
}
