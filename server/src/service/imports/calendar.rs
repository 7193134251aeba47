//! The schools' own days: which are worked, and which terms they make.

use serde::{Deserialize, Serialize};
use sync_core::framework::Calendar;
use sync_core::time::Timestamp;

use super::ImportError;
use super::mapping::{Term, in_order};
use crate::db::clusters::Cluster;
use crate::db::{self, Conn, Error, roll_import};
use crate::ingest::{Rules, extract};

/// A school's days.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SchoolDays {
    /// Terms, oldest first; none: as the mapping has them.
    #[serde(default)]
    pub terms: Vec<Term>,
    /// Which days are worked.
    #[serde(flatten)]
    pub calendar: Calendar,
}

/// A file of calendars, each for some schools.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    calendars: Vec<OfSchools>,
}

#[derive(Deserialize)]
struct OfSchools {
    /// Their names; none: every school that no other calendar of the file names.
    #[serde(default)]
    schools: Vec<String>,
    #[serde(flatten)]
    days: SchoolDays,
}

impl SchoolDays {
    /// As [`give`] stored it.
    ///
    /// # Errors
    /// [`Error::Corrupt`]
    pub fn stored(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|_| Error::Corrupt("calendar"))
    }
}

/// What a file of calendars came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct Given {
    /// Schools of which the days are others now.
    pub changed: usize,
    /// Schools of which they were these.
    pub unchanged: usize,
}

/// Gives schools of a cluster their calendars. Phones are told anew from when excluded pupils are to be
/// taught. Call it in a transaction.
///
/// # Errors
/// [`ImportError::Calendar`] in the author's words; then nothing is to be kept.
pub fn give(
    conn: &mut Conn,
    rules: &Rules,
    (cluster, text): (&Cluster, &str),
    now: Timestamp,
) -> Result<Given, ImportError> {
    let calendars = parse(text)?;
    let schools = roll_import::schools_of(conn, &cluster.id)?;
    let known = |name: &String| schools.iter().any(|school| school.name == *name);
    let named = calendars.iter().flat_map(|it| &it.schools);
    if let Some(name) = named.clone().find(|name| !known(name)) {
        return Err(ImportError::Calendar(format!("there is no school '{name}' in this cluster")));
    }
    let before: std::collections::BTreeMap<_, _> =
        roll_import::calendars(conn, &cluster.id)?.into_iter().collect();
    let mut given = Given::default();
    for school in &schools {
        let own = calendars.iter().find(|it| it.schools.contains(&school.name));
        let Some(of) = own.or_else(|| calendars.iter().find(|it| it.schools.is_empty())) else {
            continue;
        };
        let json = serde_json::to_string(&of.days);
        let json = json.map_err(|error| ImportError::Calendar(error.to_string()))?;
        if before.get(&school.id) == Some(&json) {
            given.unchanged += 1;
            continue;
        }
        given.changed += 1;
        db::log::lock(conn, &cluster.id)?;
        roll_import::put_calendar(conn, &school.id, &json)?;
        let excluded = roll_import::excluded_at(conn, &school.id)?;
        extract::renew(conn, rules, (&excluded, &[]), now)?;
    }
    Ok(given)
}

fn parse(text: &str) -> Result<Vec<OfSchools>, ImportError> {
    let written: Written =
        toml::from_str(text).map_err(|error| ImportError::Calendar(error.to_string()))?;
    let mut calendars = written.calendars;
    for it in &mut calendars {
        let terms = std::mem::take(&mut it.days.terms);
        it.days.terms = in_order(terms).map_err(ImportError::Calendar)?;
        if it.days.calendar.covers_from > it.days.calendar.covers_to {
            let name = &it.days.calendar.name;
            return Err(ImportError::Calendar(format!("'{name}' ends before it begins")));
        }
    }
    Ok(calendars)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
[[calendars]]
schools = ["Glen Primary"]
code = "schools"
name = "Glen"
covers_from = "2026-08-01"
covers_to = "2027-07-31"
holidays = [{ from = "2026-10-26", to = "2026-10-30", name = "Half term" }]
terms = [{ name = "2026-27 autumn", from = "2026-09-01", to = "2026-12-18" }]
"#;

    #[test]
    fn a_calendar_is_stored_whole() {
        let read = parse(TEXT).unwrap();
        let stored = serde_json::to_string(&read[0].days).unwrap();
        assert_eq!(SchoolDays::stored(&stored).unwrap(), read[0].days);
        assert_eq!(read[0].days.terms.len(), 1);
        assert!(SchoolDays::stored("{}").is_err());
    }

    #[test]
    fn a_calendar_says_what_is_wrong_with_it() {
        for (from, to, problem) in [
            ("2027-07-31", "2025-07-31", "'Glen' ends before it begins"),
            ("2026-12-18", "2026-08-18", "'2026-27 autumn' ends before it begins"),
            ("covers_to", "covers_too", "covers_to"),
        ] {
            let said = parse(&TEXT.replace(from, to)).err().map(|it| it.to_string());
            assert!(said.as_ref().is_some_and(|said| said.contains(problem)), "{said:?}");
        }
    }
}
