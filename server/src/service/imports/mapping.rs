//! How one school system's files are to be read: which column is what, how days are written, what marks
//! and causes mean, and what schools are called here. Written by hand once, in TOML.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sync_core::time::Date;

use super::dates::Pattern;
use super::row::{Mark, Reason, needed, quoted};
use crate::limits::imports::TERMS;

/// How days are written if nobody says.
const DATES: [&str; 2] = ["%Y-%m-%d", "%d/%m/%Y"];

/// A mapping as its author writes it. Whatever is left out is as in the default.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Written {
    scheme: String,
    delimiter: Option<char>,
    encoding: Encoding,
    dates: Vec<String>,
    columns: BTreeMap<String, String>,
    marks: Option<Marks>,
    causes: BTreeMap<String, String>,
    schools: BTreeMap<String, Called>,
    terms: Vec<Term>,
    ctf_year: CtfYear,
}

/// The letters of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
pub enum Encoding {
    /// Everything's.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// Windows' for Western Europe.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

/// By which of its two calendar years the transfer file names a school year.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CtfYear {
    /// The one in which it ends.
    #[default]
    Ends,
    /// The one in which it begins.
    Begins,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Marks {
    present: Vec<String>,
    absent: Vec<String>,
    #[serde(default)]
    not_required: Vec<String>,
}

/// What a school of the file is called here.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Called {
    name: Option<String>,
    sector: Option<String>,
}

/// A school term.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// As in `2025-26 autumn`.
    pub name: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

/// A mapping, ready for use.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The scheme of the pupils' numbers, as cases name it.
    pub scheme: String,
    /// What parts cells.
    pub delimiter: u8,
    /// The letters.
    pub encoding: Encoding,
    /// Columns by our own words, as the mapping names them.
    pub columns: BTreeMap<String, String>,
    /// Terms, oldest first.
    pub terms: Vec<Term>,
    /// How the transfer file names a school year.
    pub ctf_year: CtfYear,
    dates: Vec<Pattern>,
    marks: BTreeMap<String, Mark>,
    causes: BTreeMap<String, String>,
    schools: BTreeMap<String, (String, Option<&'static str>)>,
}

impl Mapping {
    /// Reads a mapping; an empty text is the default. `scheme` is that of the numbers if the mapping
    /// names none.
    ///
    /// # Errors
    /// What is wrong with it, in its author's words.
    pub fn parse(text: &str, scheme: &str) -> Result<Self, String> {
        let it: Written = toml::from_str(text).map_err(|error| error.to_string())?;
        Ok(Self {
            scheme: if it.scheme.is_empty() { scheme.to_owned() } else { it.scheme },
            delimiter: delimiter(it.delimiter)?,
            encoding: it.encoding,
            columns: it.columns,
            terms: in_order(it.terms)?,
            ctf_year: it.ctf_year,
            dates: patterns(&it.dates)?,
            marks: marks(it.marks.unwrap_or_default())?,
            causes: it.causes,
            schools: it.schools.into_iter().map(called).collect::<Result<_, _>>()?,
        })
    }

    /// The day that a cell says.
    ///
    /// # Errors
    /// [`Reason::Empty`], [`Reason::NotADay`]
    pub fn day(&self, cell: &str, what: &'static str) -> Result<Date, Reason> {
        if cell.trim().is_empty() {
            return Err(Reason::Empty(what));
        }
        let read = self.dates.iter().find_map(|pattern| pattern.read(cell));
        read.ok_or_else(|| Reason::NotADay { what, said: quoted(cell.trim()) })
    }

    /// What a mark of a register means.
    ///
    /// # Errors
    /// [`Reason::UnknownMark`]
    pub fn mark(&self, cell: &str) -> Result<Mark, Reason> {
        let cell = cell.trim();
        let known = self.marks.get(cell).copied();
        known.ok_or_else(|| match cell.chars().count() {
            0 => Reason::Empty("mark"),
            1..=3 => Reason::UnknownMark(format!("'{cell}'")),
            _ => Reason::UnknownMark("in this row".to_owned()),
        })
    }

    /// A cause in words: a code's meaning, or the words of the file.
    ///
    /// # Errors
    /// [`Reason`]
    pub fn cause(&self, cell: &str) -> Result<String, Reason> {
        let cell = needed(cell, "cause")?;
        Ok(self.causes.get(&cell).cloned().unwrap_or(cell))
    }

    /// What a school is called here, and its sort if the mapping says.
    #[must_use]
    pub fn school<'a>(&'a self, name: &'a str) -> (&'a str, Option<&'static str>) {
        self.schools.get(name).map_or((name, None), |(name, sector)| (name.as_str(), *sector))
    }

    /// The term of a name.
    #[must_use]
    pub fn term_named(&self, name: &str) -> Option<&Term> {
        self.terms.iter().find(|term| term.name == name)
    }

    /// The term of a day.
    #[must_use]
    pub fn term_on(&self, day: Date) -> Option<&Term> {
        self.terms.iter().find(|term| (term.from..=term.to).contains(&day))
    }
}

impl Default for Marks {
    /// The attendance codes of England's registers, as schools may use them; `/` and `\` are everybody's.
    fn default() -> Self {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect();
        Self {
            present: words("/ \\ L B K P V W"),
            absent: words("C C1 C2 E G H I J1 M N O R S T U"),
            not_required: words("D J Q X Y Y1 Y2 Y3 Y4 Y5 Y6 Y7 Z # -"),
        }
    }
}

/// The sort of a school by a word that systems use for it.
#[must_use]
pub fn sector(word: &str) -> Option<&'static str> {
    match word.trim().to_lowercase().as_str() {
        "primary" | "p" | "infant" | "junior" | "nursery" | "first" => Some("primary"),
        "secondary" | "s" | "upper" | "high" => Some("secondary"),
        _ => None,
    }
}

fn delimiter(given: Option<char>) -> Result<u8, String> {
    let given = given.unwrap_or(',');
    let one = u8::try_from(given).ok().filter(|it| b",;\t|".contains(it));
    one.ok_or_else(|| "delimiter: one of , ; | or a tab is expected".to_owned())
}

fn patterns(given: &[String]) -> Result<Vec<Pattern>, String> {
    let all: Vec<&str> = given.iter().map(String::as_str).collect();
    let all = if all.is_empty() { DATES.to_vec() } else { all };
    let read = |text: &&str| {
        let problem = || format!("dates: '{text}' does not name %d, %m or %b, and %Y once each");
        Pattern::parse(text).ok_or_else(problem)
    };
    all.iter().map(read).collect()
}

fn marks(given: Marks) -> Result<BTreeMap<String, Mark>, String> {
    let Marks { present, absent, not_required } = given;
    let sorts = [(present, Mark::Present), (absent, Mark::Absent)];
    let mut known = BTreeMap::new();
    for (codes, mark) in sorts.into_iter().chain([(not_required, Mark::NotRequired)]) {
        for code in codes {
            if known.insert(code.clone(), mark).is_some_and(|before| before != mark) {
                return Err(format!("marks: '{code}' cannot mean two things"));
            }
        }
    }
    Ok(known)
}

type Renamed = (String, (String, Option<&'static str>));

fn called((theirs, called): (String, Called)) -> Result<Renamed, String> {
    let sort = match called.sector.as_deref() {
        None => None,
        Some(word) => Some(sector(word).ok_or_else(|| {
            format!("schools: the sector of '{theirs}' is neither primary nor secondary")
        })?),
    };
    let name = called.name.unwrap_or_else(|| theirs.clone());
    Ok((theirs, (name, sort)))
}

/// Terms in order, none of which reaches into another.
///
/// # Errors
/// Which do.
pub fn in_order(mut terms: Vec<Term>) -> Result<Vec<Term>, String> {
    terms.sort_by_key(|term| term.from);
    if terms.len() > TERMS {
        return Err(format!("terms: at most {TERMS} are read"));
    }
    if let Some(wrong) = terms.iter().find(|term| term.from > term.to) {
        return Err(format!("terms: '{}' ends before it begins", wrong.name));
    }
    match terms.windows(2).find(|pair| pair[0].to >= pair[1].from) {
        Some(pair) => Err(format!("terms: '{}' and '{}' overlap", pair[0].name, pair[1].name)),
        None => Ok(terms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_reads_what_most_systems_write() {
        let mapping = Mapping::parse("", "UPN").unwrap();
        let day = "2016-05-03".parse().unwrap();
        assert_eq!(mapping.day("03/05/2016", "day").unwrap(), day);
        assert_eq!(mapping.day("2016-05-03", "day").unwrap(), day);
        assert_eq!(mapping.mark("/").unwrap(), Mark::Present);
        assert_eq!(mapping.mark("E").unwrap(), Mark::Absent);
        assert_eq!(mapping.mark("#").unwrap(), Mark::NotRequired);
        assert_eq!(
            mapping.mark("?").unwrap_err().to_string(),
            "the mark '?' is not in the mapping"
        );
        assert_eq!(mapping.scheme, "UPN");
    }

    #[test]
    fn a_mapping_says_what_is_wrong_with_it() {
        for (text, problem) in [
            ("colour = 1", "unknown field"),
            ("delimiter = \"ab\"", "delimiter"),
            ("delimiter = \"x\"", "one of , ; |"),
            ("dates = [\"%d\"]", "'%d' does not name"),
            ("[marks]\npresent = [\"A\"]\nabsent = [\"A\"]", "two things"),
            ("[schools.\"Glen PS\"]\nsector = \"x\"", "'Glen PS' is neither"),
            (
                "terms = [{ name = \"a\", from = \"2026-01-01\", to = \"2026-02-01\" }, \
                 { name = \"b\", from = \"2026-02-01\", to = \"2026-03-01\" }]",
                "'a' and 'b' overlap",
            ),
        ] {
            let said = Mapping::parse(text, "UPN").unwrap_err();
            assert!(said.contains(problem), "{text}: {said}");
        }
    }

    #[test]
    fn schools_and_causes_have_names_of_their_own_there() {
        let text = "[causes]\nPP = \"hit a pupil\"\n[schools.GLENPS]\nname = \"Glen Primary\"\n\
                    sector = \"primary\"";
        let mapping = Mapping::parse(text, "UPN").unwrap();
        assert_eq!(mapping.school("GLENPS"), ("Glen Primary", Some("primary")));
        assert_eq!(mapping.school("Shore"), ("Shore", None));
        assert_eq!(mapping.cause(" PP ").unwrap(), "hit a pupil");
        assert_eq!(mapping.cause("shouting").unwrap(), "shouting");
    }
}
