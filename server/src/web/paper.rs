//! Records in words, for a spreadsheet and for paper.

use super::facts::{FactShown, ValueShown};
use super::record::{Block, Body};
use crate::csv;

/// The headings of a file of records.
pub(super) const HEADINGS: [&str; 11] = [
    "Case",
    "Child",
    "Record",
    "Kind",
    "For whom",
    "Begun",
    "Look at it before it leaves",
    "Part",
    "What",
    "Value",
    "By whom and when",
];

/// A record with the child that it is about.
pub(super) struct Placed {
    /// The case's id.
    pub(super) case: String,
    /// The child.
    pub(super) child: String,
    /// The record's id.
    pub(super) record: String,
    /// Why somebody must look at it before it is given away; may be empty.
    pub(super) review: String,
    /// What it says.
    pub(super) body: Body,
}

/// One thing that a record says.
struct Line {
    part: String,
    what: String,
    value: String,
    by: String,
}

impl Placed {
    /// Its lines of a spreadsheet: one for each value, at least one.
    pub(super) fn lines(&self) -> String {
        let mut lines = self.body.lines();
        if lines.is_empty() {
            lines.push(Line::of("", "", String::new(), String::new()));
        }
        lines.iter().map(|line| self.line(line)).collect()
    }

    fn line(&self, line: &Line) -> String {
        csv::line([
            self.case.as_str(),
            &self.child,
            &self.record,
            self.body.kind,
            &self.body.place,
            &self.body.begun,
            &self.review,
            &line.part,
            &line.what,
            &line.value,
            &line.by,
        ])
    }
}

impl Line {
    fn of(part: &str, what: &str, value: String, by: String) -> Self {
        Self { part: part.to_owned(), what: what.to_owned(), value, by }
    }
}

impl Body {
    fn lines(&self) -> Vec<Line> {
        let mut lines: Vec<_> =
            self.facts.iter().flat_map(|it| of_fact("What holds", it)).collect();
        if let Some(plan) = &self.plan {
            lines.extend(of_fact("The plan", &plan.review));
            for row in &plan.rows {
                lines.push(Line::of(
                    "Row of the plan",
                    "Need",
                    row.need.clone(),
                    row.begun.clone(),
                ));
                lines.extend(row.facts.iter().flat_map(|it| of_fact(&row.need, it)));
            }
        }
        lines.extend(self.blocks.iter().flat_map(of_block));
        lines
    }
}

/// Every value that stands; what nobody said is left out.
fn of_fact(part: &str, fact: &FactShown) -> Vec<Line> {
    let (part, values) = match fact.disputed {
        true => (format!("{part}, in dispute"), &fact.rivals),
        false => (part.to_owned(), &fact.holds),
    };
    let by = |it: &ValueShown| match &it.reason {
        Some(reason) => format!("{}, {}. Reason: {reason}", it.by, it.when),
        None if it.by.is_empty() => String::new(),
        None => format!("{}, {}", it.by, it.when),
    };
    values.iter().map(|it| Line::of(&part, &fact.name, it.value.clone(), by(it))).collect()
}

fn of_block(block: &Block) -> Vec<Line> {
    let by = format!("{}, {}", block.by, block.when);
    let said = block.lines.iter();
    let said = said.map(|(what, it)| Line::of(&block.title, what, it.clone(), by.clone()));
    let corrected = format!("Correction of: {}", block.title);
    let corrections = block.corrections.iter().flatten();
    let corrections =
        corrections.map(|(what, it)| Line::of(&corrected, what, it.clone(), String::new()));
    said.chain(corrections).collect()
}
