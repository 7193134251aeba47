//! Finding records by their words, offline.

use serde::Serialize;

use crate::device::{Device, DeviceError};
use crate::engine::authors::RecordError;
use crate::ids::{CaseId, RecordId};
use crate::record::kind::{Compartment, Kind};
use crate::store::Store;
use crate::time::Timestamp;
use crate::view::{chronology_line, header};

/// Letters shown before and after the first word that was found.
const AROUND: usize = 60;

/// A record that says what was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Hit {
    /// Its case.
    pub case: CaseId,
    /// The child's name.
    pub name: String,
    /// The record.
    pub record: RecordId,
    /// What it is about.
    pub kind: Kind,
    /// Who it is for.
    pub compartment: Compartment,
    /// When it happened; a case's own record has no day.
    pub at: Option<Timestamp>,
    /// Its words around the first that was found.
    pub words: String,
}

impl<S: Store> Device<S> {
    /// Records on this phone whose words hold every word of `query`, whole or as a beginning, whatever the
    /// case of letters and their accents: at most `limit`, those first that say it more. Records that were
    /// moved are found where they are now. Nothing leaves the phone for it.
    ///
    /// Searches what [`Device::tidy`] has made ready, and makes the rest ready first.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn search(&mut self, query: &str, limit: usize) -> Result<Vec<Hit>, DeviceError> {
        let words: Vec<String> = query.split_whitespace().map(str::to_owned).collect();
        if words.is_empty() {
            return Ok(Vec::new());
        }
        self.tidy(&mut |_| true)?;
        let mut hits = Vec::new();
        for record in self.store.find(&words, limit)? {
            if self.moved_to(&record)?.is_none() {
                hits.extend(self.hit(&record, &words)?);
            }
        }
        Ok(hits)
    }

    fn hit(&self, record: &RecordId, words: &[String]) -> Result<Option<Hit>, DeviceError> {
        let folded = match self.record(record) {
            Ok(folded) => folded,
            Err(DeviceError::Record(RecordError::Unknown)) => return Ok(None),
            Err(DeviceError::Record(error)) if error.is_of_one() => return Ok(None),
            Err(error) => return Err(error),
        };
        let envelope = &folded.envelope;
        let team = self.shown_team(envelope.case)?;
        Ok(Some(Hit {
            case: envelope.case,
            name: header(&team, &self.merging(&envelope.case)).name,
            record: *record,
            kind: envelope.kind(),
            compartment: envelope.compartment,
            at: chronology_line(&folded).map(|line| line.at),
            words: around(&self.words_of(record)?, words),
        }))
    }
}

/// The text around the first place where one of the words stands.
fn around(text: &str, words: &[String]) -> String {
    let small = text.to_lowercase();
    let found = words.iter().filter_map(|word| small.find(&word.to_lowercase())).min();
    // Lower case may be longer or shorter: count letters, not bytes.
    let at = small[..found.unwrap_or(0)].chars().count();
    let from = at.saturating_sub(AROUND);
    let mut shown: String = text.chars().skip(from).take(2 * AROUND).collect();
    if from > 0 {
        shown.insert(0, '…');
    }
    if text.chars().count() > from + 2 * AROUND {
        shown.push('…');
    }
    shown.replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_shown_around_what_was_found() {
        let long = format!("{} The dog slept. {}", "before ".repeat(30), "after ".repeat(30));
        let shown = around(&long, &["DOG".to_owned()]);
        assert!(shown.contains("The dog slept.") && shown.starts_with('…') && shown.ends_with('…'));
        assert!(shown.chars().count() <= 2 * AROUND + 2);
        assert_eq!(around("İstanbul dog", &["dog".to_owned()]), "İstanbul dog");
        assert_eq!(around("nothing here", &["dog".to_owned()]), "nothing here");
    }
}
