//! The tables of every edition, as data: a fixed list, so that what is published does not depend on what
//! there is to tell.

use sha2::{Digest, Sha256};
use sync_core::framework::Catalogue;

use super::bands::BANDS;
use super::catalogue as measures;
use super::catalogue::Measure;
use crate::hex;

/// A table of every edition, a line a cluster.
#[derive(Clone, Copy, Debug)]
pub struct Published {
    /// The measure's code.
    pub measure: i16,
    /// What its columns are.
    pub columns: Columns,
}

/// What the columns of a table are. What is in no column is counted in the last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Columns {
    /// One count.
    One,
    /// What is counted, of how many, and the share.
    Share,
    /// The stages of the authority's framework.
    Stages,
    /// The words of a list of the framework.
    Words(&'static str),
    /// These cells, with what a screen calls them.
    Cells(&'static [(&'static str, &'static str)]),
    /// How long something took.
    Bands,
}

/// What is in no column of its own.
pub const OTHER: &str = "Other or not recorded";

const TIMELY: &[(&str, &str)] =
    &[("in-time", "In time"), ("late", "Late"), ("no-day", "No day agreed")];

const fn table(measure: i16, columns: Columns) -> Published {
    Published { measure, columns }
}

/// The tables, in the order of a report. Those of [`LINKED`] come first.
pub const TABLES: &[Published] = &[
    table(measures::AT_STAGE, Columns::Stages),
    table(measures::LEAD_NAMED, Columns::Share),
    table(measures::LOOKED_AFTER, Columns::Words("looked_after")),
    table(measures::OPENED, Columns::One),
    table(measures::CLOSED, Columns::One),
    table(measures::STEPS, Columns::Cells(&[("up", "Up"), ("down", "Down")])),
    table(measures::WAITED, Columns::Bands),
    table(measures::TO_ASSESSMENT, Columns::Bands),
    table(measures::TO_INTERVENTION, Columns::Bands),
    table(
        measures::CONCERNS,
        Columns::Cells(&[("harm", "Harm suspected"), ("no-harm", "No harm suspected")]),
    ),
    table(measures::VISITS, Columns::Cells(TIMELY)),
    table(measures::SEEN, Columns::Share),
    table(measures::ALONE, Columns::Share),
    table(measures::VIEWS, Columns::Share),
    table(measures::ACTIONS_DONE, Columns::Cells(TIMELY)),
    table(measures::ANSWERED, Columns::Share),
    table(measures::FED_BACK, Columns::Share),
];

/// How many of the first tables count the same children: what one hides must not follow from another.
pub const LINKED: usize = 5;

/// Which tables there are and how each is defined, as one word: sums of two servers are put together only if
/// both mean the same by them.
#[must_use]
pub fn version() -> String {
    let mut digest = Sha256::new();
    for table in TABLES {
        let Some(Measure { id, counts, of, day, .. }) = table.measure() else { continue };
        digest.update(format!("{id}\n{counts}\n{of:?}\n{day}\n{:?}\n", table.columns));
    }
    hex::encode(&digest.finalize()[..8])
}

impl Published {
    /// What the table counts.
    #[must_use]
    pub fn measure(&self) -> Option<&'static Measure> {
        measures::measure_of(self.measure)
    }

    /// The columns: cell and what a screen calls it. Of one count or a share there are none.
    #[must_use]
    pub fn cells(&self, catalogue: &Catalogue, framework: Option<&str>) -> Vec<(String, String)> {
        let framework = framework.unwrap_or_default();
        let latest = catalogue.editions(framework).next();
        let owned = |(cell, name): (&str, &str)| (cell.to_owned(), name.to_owned());
        let mut cells: Vec<_> = match self.columns {
            Columns::One | Columns::Share => return Vec::new(),
            Columns::Stages => {
                let stages = latest.iter().flat_map(|it| &it.stages);
                stages.map(|it| (format!("{framework}:{}", it.code), it.name.clone())).collect()
            }
            Columns::Words(list) => {
                let words = latest.and_then(|it| it.lists.get(list));
                let words = words.iter().flat_map(|list| &list.words);
                words.map(|it| (it.code.clone(), it.name.clone())).collect()
            }
            Columns::Cells(cells) => return cells.iter().copied().map(owned).collect(),
            Columns::Bands => {
                return BANDS.iter().map(|band| owned((band.code, band.words))).collect();
            }
        };
        cells.push((String::new(), OTHER.to_owned()));
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_counts_something_and_has_its_columns() {
        let catalogue = Catalogue::shipped().unwrap();
        for table in TABLES {
            let measure = table.measure().unwrap();
            assert_eq!(table.columns == Columns::Share, measure.of.is_some(), "{}", measure.id);
            let cells = table.cells(&catalogue, Some("east-lothian"));
            let one = matches!(table.columns, Columns::One | Columns::Share);
            assert_eq!(cells.is_empty(), one, "{}", measure.id);
        }
        let stages = TABLES[0].cells(&catalogue, Some("east-lothian"));
        assert_eq!(stages[0], ("east-lothian:1".to_owned(), "Stage 1".to_owned()));
        assert_eq!(stages.len(), 4);
    }
}
