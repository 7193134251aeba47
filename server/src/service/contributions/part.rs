//! One cluster's part: for each published measure, the sums of everything until a day.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sync_core::ids::ClusterId;
use sync_core::time::Date;

use crate::db::{self, Conn, Error};
use crate::measures::catalogue as measures;
use crate::measures::published::{Columns, Published, TABLES};

/// More is no number of children: sums of sums stay far within their type.
const MOST: u64 = 1_000_000_000;

/// What a cluster counts. Editions are made of these, whether they were counted here or collected.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The cluster.
    pub id: ClusterId,
    /// Its name.
    pub name: String,
    /// Its sums, until the day for which it was asked.
    pub lines: Vec<Line>,
}

/// A sum over all days until that one. Since it goes back to the beginning, whatever was not delivered in time
/// is in the next one, and counted once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The measure's name in addresses.
    pub measure: String,
    /// The row of the measure.
    pub cell: String,
    /// What is counted.
    pub counted: i64,
    /// Of how many.
    pub of_all: i64,
}

impl Part {
    /// The parts of an authority's clusters on this server, by name.
    ///
    /// # Errors
    /// The database's failure.
    pub fn of_authority(
        conn: &mut Conn,
        authority: &[u8; 16],
        to: Date,
    ) -> Result<Vec<Self>, Error> {
        let clusters = db::clusters::of_authority(conn, authority)?;
        let part = |it: db::clusters::Cluster| {
            Ok(Self { lines: lines(conn, &it.id, to)?, id: it.id, name: it.name })
        };
        clusters.into_iter().map(part).collect()
    }

    /// The sums of a measure.
    pub(in crate::service) fn of(&self, measure: &str) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.measure == measure)
    }

    /// Whether the counts can be those of one set of children: each table of those with an open case counts
    /// all of them, and they are those who came and did not leave. Whoever signs otherwise would make every
    /// other cluster's figures impossible to publish.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        let bounded =
            |line: &Line| line.counted.unsigned_abs() <= MOST && line.of_all.unsigned_abs() <= MOST;
        let named: BTreeSet<_> = self.lines.iter().map(|it| (&it.measure, &it.cell)).collect();
        if !self.lines.iter().all(bounded) || named.len() != self.lines.len() {
            return false;
        }
        let counted = |code| self.sum(code, |line| line.counted);
        let open = self.sum(measures::LEAD_NAMED, |line| line.of_all);
        let came_and_stayed = counted(measures::OPENED) - counted(measures::CLOSED);
        [counted(measures::AT_STAGE), counted(measures::LOOKED_AFTER), came_and_stayed]
            .iter()
            .all(|sum| *sum == open)
            && TABLES.iter().all(|table| self.has_room(table))
    }

    /// Nobody is counted twice in a share, and nobody less than once in a stock.
    fn has_room(&self, table: &Published) -> bool {
        let Some(measure) = table.measure() else { return true };
        let counts = self.of(measure.id);
        match table.columns {
            Columns::Share => {
                let part = self.sum(table.measure, |line| line.counted);
                (0..=self.sum(table.measure, |line| line.of_all)).contains(&part)
            }
            _ => counts.into_iter().all(|line| line.counted >= 0),
        }
    }

    fn sum(&self, code: i16, of: impl Fn(&Line) -> i64) -> i64 {
        let id = measures::measure_of(code).map_or("", |measure| measure.id);
        self.of(id).map(of).sum()
    }
}

/// The sums of every published measure, over all schools.
fn lines(conn: &mut Conn, cluster: &ClusterId, to: Date) -> Result<Vec<Line>, Error> {
    let mut all = Vec::new();
    for measure in TABLES.iter().filter_map(Published::measure) {
        let mut cells = BTreeMap::<String, (i64, i64)>::new();
        for sum in db::figures::sums(conn, cluster, measure.code, (i32::MIN, to.number()))? {
            let cell = cells.entry(sum.cell).or_default();
            *cell = (cell.0 + sum.counted, cell.1 + sum.of_all);
        }
        let line = |(cell, (counted, of_all))| Line {
            measure: measure.id.to_owned(),
            cell,
            counted,
            of_all,
        };
        all.extend(cells.into_iter().filter(|(_, sums)| *sums != (0, 0)).map(line));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seven children with an open case, five of them with a lead professional; two left.
    fn part() -> Part {
        let line = |code: i16, cell: &str, (counted, of_all): (i64, i64)| Line {
            measure: measures::measure_of(code).unwrap().id.to_owned(),
            cell: cell.to_owned(),
            counted,
            of_all,
        };
        let lines = vec![
            line(measures::AT_STAGE, "east-lothian:1", (4, 0)),
            line(measures::AT_STAGE, "east-lothian:2", (3, 0)),
            line(measures::LEAD_NAMED, "", (5, 7)),
            line(measures::LOOKED_AFTER, "no", (7, 0)),
            line(measures::OPENED, "", (9, 0)),
            line(measures::CLOSED, "", (2, 0)),
        ];
        Part { id: ClusterId::from_bytes([1; 16]), name: "Glen".into(), lines }
    }

    #[test]
    fn counts_of_one_set_of_children_add_up_and_others_do_not() {
        assert!(part().adds_up());
        let empty = Part { lines: Vec::new(), ..part() };
        assert!(empty.adds_up(), "a cluster without a case");
        for at in 0..part().lines.len() {
            for wrong in [1, 2_000_000_000, i64::MAX, i64::MIN, -8] {
                let mut lying = part();
                lying.lines[at].counted = wrong;
                let told = (at == 2 && wrong == 1) || lying == part();
                assert_eq!(lying.adds_up(), told, "line {at}: {wrong}");
            }
        }
        let mut twice = part();
        twice.lines.push(Line { counted: 0, ..twice.lines[0].clone() });
        assert!(!twice.adds_up(), "a cell that is named twice");
    }
}
