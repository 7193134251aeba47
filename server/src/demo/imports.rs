//! The area's roll as files of a school system: what `caseweave import` reads.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use jiff::civil::Date;

use super::attendance::{Attendance, Term};
use super::{Area, SchoolSort, drafts, later, working_day};

/// Terms of a school year: those of which every mark is written.
const A_YEAR: usize = 4;

/// Writes roll, totals of terms, every mark of the newest four terms, exclusions, a mapping with the
/// terms, and the roll as a Common Transfer File. Says how many marks there are.
///
/// # Errors
/// A file cannot be written.
pub fn write(area: &Area, folder: &Path) -> io::Result<u64> {
    fs::create_dir_all(folder)?;
    let file = |name: &str| File::create(folder.join(name)).map(BufWriter::new);
    roll(area, file("roll.csv")?)?;
    terms(area, file("terms.csv")?)?;
    exclusions(area, file("exclusions.csv")?)?;
    mapping(area, file("mapping.toml")?)?;
    transfer(area, file("roll.xml")?)?;
    marks(area, file("marks.csv")?)
}

fn sector(sort: SchoolSort) -> &'static str {
    match sort {
        SchoolSort::Primary => "primary",
        SchoolSort::Secondary => "secondary",
    }
}

fn roll(area: &Area, mut file: impl Write) -> io::Result<()> {
    writeln!(file, "number,forename,surname,date of birth,year group,school,sector")?;
    for (at, pupil) in (0..).zip(&area.pupils) {
        let school = &area.schools[pupil.school];
        let year = area.year_of(pupil).map(|year| year.to_string()).unwrap_or_default();
        let (given, family, born) = (pupil.given, &pupil.family_name, written(pupil.born));
        let (number, name, sector) = (drafts::number(at), &school.name, sector(school.sort));
        writeln!(file, "{number},{given},{family},{born},{year},\"{name}\",{sector}")?;
    }
    file.flush()
}

/// As most systems write a day.
fn written(day: Date) -> String {
    format!("{:02}/{:02}/{}", day.day(), day.month(), day.year())
}

fn terms(area: &Area, mut file: impl Write) -> io::Result<()> {
    writeln!(file, "number,term,start date,sessions possible,sessions attended")?;
    for it in &area.attendance {
        let term = &area.terms[usize::from(it.term)];
        let (number, name, from) = (drafts::number(it.pupil), &term.name, written(term.from));
        writeln!(file, "{number},{name},{from},{},{}", it.possible, it.attended)?;
    }
    file.flush()
}

fn exclusions(area: &Area, mut file: impl Write) -> io::Result<()> {
    writeln!(file, "number,start date,half days,reason")?;
    for it in &area.exclusions {
        let (number, from) = (drafts::number(it.pupil), written(it.from));
        writeln!(file, "{number},{from},{},{}", it.half_days, it.cause)?;
    }
    file.flush()
}

fn mapping(area: &Area, mut file: impl Write) -> io::Result<()> {
    writeln!(file, "scheme = \"{}\"", drafts::SCHEME)?;
    for term in &area.terms {
        let Term { name, from, to, .. } = term;
        writeln!(file, "\n[[terms]]\nname = \"{name}\"\nfrom = \"{from}\"\nto = \"{to}\"")?;
    }
    file.flush()
}

fn transfer(area: &Area, mut file: impl Write) -> io::Result<()> {
    let authority = area.name;
    writeln!(file, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<CTfile>\n<Header>")?;
    writeln!(file, "<DocumentName>Common Transfer File</DocumentName>")?;
    writeln!(file, "<SourceSchool><SchoolName>{authority}</SchoolName></SourceSchool>")?;
    writeln!(file, "</Header>\n<CTFpupilData>")?;
    for (at, pupil) in (0..).zip(&area.pupils) {
        let year = area.year_of(pupil).map(|year| year.to_string()).unwrap_or_default();
        let (given, family, born) = (pupil.given, &pupil.family_name, pupil.born);
        let number = drafts::number(at);
        writeln!(
            file,
            "<Pupil><UPN>{number}</UPN><Surname>{family}</Surname><Forename>{given}</Forename>\
             <DOB>{born}</DOB><BasicDetails><NCyearActual>{year}</NCyearActual></BasicDetails></Pupil>"
        )?;
    }
    writeln!(file, "</CTFpupilData>\n</CTfile>")?;
    file.flush()
}

fn marks(area: &Area, mut file: impl Write) -> io::Result<u64> {
    writeln!(file, "number,date,session,mark")?;
    let first = area.terms.len().saturating_sub(A_YEAR);
    let days: Vec<Vec<String>> = area.terms.iter().map(school_days).collect();
    let mut count = 0;
    for it in area.attendance.iter().filter(|it| usize::from(it.term) >= first) {
        count += of_term(&mut file, it, &days[usize::from(it.term)])?;
    }
    file.flush()?;
    Ok(count)
}

fn school_days(term: &Term) -> Vec<String> {
    let days = (term.to - term.from).get_days();
    let all = (0..=days).map(|since| later(term.from, since));
    all.filter(|day| working_day(*day) == *day).map(|day| day.to_string()).collect()
}

/// The half days missed are spread evenly over the term.
fn of_term(file: &mut impl Write, it: &Attendance, days: &[String]) -> io::Result<u64> {
    let number = drafts::number(it.pupil);
    let (possible, missed) = (u32::from(it.possible), u32::from(it.possible - it.attended));
    let halves = days.iter().flat_map(|day| [(day, "AM", '/'), (day, "PM", '\\')]);
    let mut count = 0;
    for (n, (day, half, came)) in (0..possible).zip(halves) {
        let misses = (n + 1) * missed / possible != n * missed / possible;
        let mark = if misses { 'O' } else { came };
        writeln!(file, "{number},{day},{half},{mark}")?;
        count += 1;
    }
    Ok(count)
}
