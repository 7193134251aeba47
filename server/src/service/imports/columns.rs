//! Which column of a table is what: as the mapping says, or by the names that systems use.

use super::ImportError;
use super::mapping::Mapping;
use super::table::Cells;

/// What a row may hold. The word is what a mapping calls it; then what errors call it; then names by
/// which a column is known without a mapping, without spaces and in small letters.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// In a mapping.
    pub word: &'static str,
    /// In an error.
    pub what: &'static str,
    known: &'static [&'static str],
}

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident $word:literal $what:literal [$($known:literal),*];)*) => {
        $($(#[$doc])* pub const $name: Field =
            Field { word: $word, what: $what, known: &[$($known),*] };)*
        /// Every field.
        pub const ALL: &[Field] = &[$($name),*];
    };
}

fields! {
    /// By which schools know the pupil.
    NUMBER "number" "pupil's number" ["upn", "scn", "pupilnumber", "candidatenumber", "pupilid"];
    /// First name.
    GIVEN "given_name" "first name" ["forename", "firstname", "legalforename"];
    /// Family name.
    FAMILY "family_name" "family name" ["surname", "lastname", "legalsurname"];
    /// Day of birth.
    BORN "born" "day of birth" ["dob", "dateofbirth", "birthdate"];
    /// Year group.
    YEAR "year_group" "year group" ["year", "ncyear", "ncyearactual", "stage"];
    /// School.
    SCHOOL "school" "school" ["schoolname", "establishment"];
    /// Sort of school.
    SECTOR "sector" "sector" ["phase", "schooltype"];
    /// Looked after.
    LOOKED_AFTER "looked_after" "word for looked after" ["lookedafter", "incare", "lac"];
    /// A term's name.
    TERM "term" "term" ["termname"];
    /// First day of a term or an exclusion.
    FROM "from" "first day" ["startdate", "start", "termstart", "firstday"];
    /// Half days possible.
    POSSIBLE "possible" "number of possible half days" ["sessionspossible", "possiblesessions"];
    /// Half days attended.
    ATTENDED "attended" "number of half days attended" ["sessionsattended", "attendances"];
    /// A day of a register.
    DAY "day" "day" ["date", "markdate", "attendancedate"];
    /// Half of a day.
    SESSION "session" "session" ["ampm", "halfday"];
    /// A register's mark.
    MARK "mark" "mark" ["code", "attendancecode"];
    /// The mark of the morning.
    MORNING "morning" "morning's mark" ["am", "ammark"];
    /// The mark of the afternoon.
    AFTERNOON "afternoon" "afternoon's mark" ["pm", "pmmark"];
    /// Half days of an exclusion.
    HALF_DAYS "half_days" "number of half days" ["sessions", "halfdays"];
    /// Days of an exclusion.
    DAYS "days" "number of days" ["lengthindays", "schooldays"];
    /// Why.
    CAUSE "cause" "cause" ["reason", "exclusionreason", "reasoncode"];
}

/// A table's columns.
#[derive(Clone, Debug)]
pub struct Columns {
    found: Vec<String>,
    named: Vec<(&'static str, usize)>,
    lacking: Vec<(&'static str, String)>,
}

impl Columns {
    /// The columns that a first row names.
    ///
    /// # Errors
    /// [`ImportError::NoHeader`] if none of them is known: it may be no row of names at all.
    pub fn of(header: Cells<'_>, mapping: &Mapping) -> Result<Self, ImportError> {
        let cell = |at| String::from_utf8_lossy(header.get(at)).trim().to_owned();
        let found: Vec<String> = (0..header.len()).map(cell).collect();
        let (mut named, mut lacking) = (Vec::new(), Vec::new());
        for field in ALL {
            let given = mapping.columns.get(field.word);
            match found.iter().position(|name| is_it(field, given, name)) {
                Some(at) => named.push((field.word, at)),
                None => lacking.push((field.word, given.cloned().unwrap_or_default())),
            }
        }
        if let Some(word) = mapping.columns.keys().find(|it| ALL.iter().all(|f| f.word != **it)) {
            return Err(ImportError::Mapping(format!("columns: '{word}' is nothing we read")));
        }
        if named.is_empty() {
            Err(ImportError::NoHeader)
        } else {
            Ok(Self { found, named, lacking })
        }
    }

    /// Where a field stands, if it is there.
    #[must_use]
    pub fn at(&self, field: Field) -> Option<usize> {
        self.named.iter().find(|(word, _)| *word == field.word).map(|(_, at)| *at)
    }

    /// Where a field stands that must be there.
    ///
    /// # Errors
    /// [`ImportError::NoColumn`] with the columns that are.
    pub fn need(&self, field: Field) -> Result<usize, ImportError> {
        self.at(field).ok_or_else(|| {
            let given = self.lacking.iter().find(|(word, _)| *word == field.word);
            let given = given.map(|(_, given)| given.clone()).unwrap_or_default();
            let wanted = if given.is_empty() {
                format!("name it in the mapping as columns.{}", field.word)
            } else {
                format!("the mapping says '{given}'")
            };
            ImportError::NoColumn { what: field.what, wanted, found: self.found.join(", ") }
        })
    }
}

/// Whether a column is a field's: by the name that the mapping gives, else by a known one.
fn is_it(field: &Field, given: Option<&String>, name: &str) -> bool {
    match given {
        Some(given) => plain(given) == plain(name),
        None => {
            let name = plain(name);
            name == plain(field.word) || field.known.contains(&name.as_str())
        }
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::imports::table::{Next, Table};

    fn columns(header: &str, mapping: &str) -> Result<Columns, ImportError> {
        let mapping = Mapping::parse(mapping, "UPN").unwrap();
        let mut table = Table::new(header.as_bytes(), b',');
        let Next::Row(_, cells) = table.next_row().unwrap() else { panic!("a row") };
        Columns::of(cells, &mapping)
    }

    #[test]
    fn columns_are_known_by_the_names_that_systems_use_or_by_the_mapping() {
        let known = columns("UPN,Legal Surname,Date of birth,NC Year\n", "").unwrap();
        assert_eq!(known.at(NUMBER), Some(0));
        assert_eq!(known.at(FAMILY), Some(1));
        assert_eq!(known.at(BORN), Some(2));
        assert_eq!(known.at(YEAR), Some(3));
        let given = columns("UPN,Ref\n", "[columns]\nnumber = \"Ref\"").unwrap();
        assert_eq!(given.at(NUMBER), Some(1));
    }

    #[test]
    fn a_column_that_is_not_there_is_named_with_those_that_are() {
        let known = columns("UPN,Legal Surname\n", "").unwrap();
        let said = known.need(BORN).unwrap_err().to_string();
        assert!(said.contains("day of birth") && said.contains("UPN, Legal Surname"), "{said}");
        assert!(said.contains("columns.born"), "{said}");
        let known = columns("UPN\n", "[columns]\nborn = \"Birth\"").unwrap();
        assert!(known.need(BORN).unwrap_err().to_string().contains("says 'Birth'"));
        assert!(matches!(columns("Ailsa,Muir\n", ""), Err(ImportError::NoHeader)));
        let wrong = columns("UPN\n", "[columns]\ncolour = \"x\"").unwrap_err().to_string();
        assert!(wrong.contains("'colour'"), "{wrong}");
    }
}
