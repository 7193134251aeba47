//! Local practice for whoever looks after it: which framework holds where, and what another edition would
//! change.

use sync_core::framework::{Clock, Counting, Direction, Framework, Stage, Threshold};
use sync_core::time::Date;

use super::histories::framework_of;
use super::people::administered;
use super::reading::Reader;
use crate::db::{Conn, Error};

/// A framework with its editions and the clusters whose practice it is.
#[derive(Clone, Debug)]
pub struct InUse {
    /// Its id.
    pub id: String,
    /// Its editions, newest first.
    pub editions: Vec<Framework>,
    /// Names of the clusters that work by it, of those that the reader looks after.
    pub clusters: Vec<String>,
}

impl InUse {
    /// The edition in force on a day.
    #[must_use]
    pub fn on(&self, day: Date) -> Option<&Framework> {
        self.editions.iter().find(|it| it.effective_from <= day)
    }
}

/// Every framework that the server knows; none for whoever looks after no cluster.
///
/// # Errors
/// The database's failure.
pub fn of_reader(conn: &mut Conn, reader: &Reader) -> Result<Option<Vec<InUse>>, Error> {
    let clusters = administered(conn, reader)?;
    if clusters.is_empty() {
        return Ok(None);
    }
    let catalogue = &reader.catalogue;
    let in_use = |id: &str| InUse {
        id: id.to_owned(),
        editions: catalogue.editions(id).cloned().collect(),
        clusters: Vec::new(),
    };
    let mut all: Vec<_> = catalogue.ids().map(in_use).collect();
    for cluster in clusters {
        let own = framework_of(conn, catalogue, &cluster.id)?;
        let known = all.iter_mut().find(|it| Some(&it.id) == own.as_ref());
        if let Some(known) = known {
            known.clusters.push(cluster.name);
        }
    }
    Ok(Some(all))
}

/// What became of an item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// Only the new edition has it.
    Added {
        /// Its name.
        name: String,
        /// What it says.
        now: String,
    },
    /// Only the old one has it. Records that name it keep its meaning.
    Removed {
        /// Its name.
        name: String,
        /// What it said.
        before: String,
    },
    /// Both have it, and it says something else.
    Changed {
        /// Its name.
        name: String,
        /// What it said.
        before: String,
        /// What it says.
        now: String,
    },
}

/// What another edition would change.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Changes {
    /// Of the stages.
    pub stages: Vec<Change>,
    /// Of how long things may take.
    pub clocks: Vec<Change>,
    /// Of the limits that figures compare with.
    pub thresholds: Vec<Change>,
    /// Sections that differ otherwise, by what a screen calls them.
    pub others: Vec<&'static str>,
}

impl Changes {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What `new` would change of `old`.
#[must_use]
pub fn changes(old: &Framework, new: &Framework) -> Changes {
    let others = [
        ("Outcome sets", old.outcome_sets != new.outcome_sets),
        ("Assessment forms", old.forms != new.forms),
        ("Words with a rank", old.lists != new.lists),
        ("Consent", old.consent != new.consent),
        ("Calendars", old.calendars != new.calendars),
        ("Whom to ring", old.contacts != new.contacts),
        (
            "How long a phone reads without contact",
            old.offline_lease_days != new.offline_lease_days,
        ),
        ("How published figures are protected", old.disclosure != new.disclosure),
        ("Sections that this version does not know", old.other != new.other),
    ];
    Changes {
        stages: differ(&old.stages, &new.stages, |it| {
            (it.code.clone(), it.name.clone(), stage(it))
        }),
        clocks: differ(&old.clocks, &new.clocks, |it| {
            (it.code().to_owned(), it.name().to_owned(), clock(it))
        }),
        thresholds: differ(&old.thresholds, &new.thresholds, |it| {
            let from = it.effective_from.map(|day| day.to_string()).unwrap_or_default();
            (format!("{} {from}", it.code), it.name.clone(), threshold(it))
        }),
        others: others.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect(),
    }
}

/// Compares items by their code; `of` gives code, name and what it says.
fn differ<T>(old: &[T], new: &[T], of: impl Fn(&T) -> (String, String, String)) -> Vec<Change> {
    let (old, new): (Vec<_>, Vec<_>) =
        (old.iter().map(&of).collect(), new.iter().map(&of).collect());
    let mut found = Vec::new();
    for (code, name, now) in &new {
        let (name, now) = (name.clone(), now.clone());
        match old.iter().find(|it| it.0 == *code) {
            None => found.push(Change::Added { name, now }),
            Some((_, before_name, before)) if (before_name, before) != (&name, &now) => {
                let before = if *before_name == name {
                    before.clone()
                } else {
                    format!("{before_name}: {before}")
                };
                found.push(Change::Changed { name, before, now });
            }
            Some(_) => {}
        }
    }
    let gone = old.into_iter().filter(|it| !new.iter().any(|other| other.0 == it.0));
    found.extend(gone.map(|(_, name, before)| Change::Removed { name, before }));
    found
}

/// What a stage is, in words.
#[must_use]
pub fn stage(stage: &Stage) -> String {
    let meaning = if stage.meaning.is_empty() { "No meaning is given." } else { &stage.meaning };
    format!("Rank {}. {meaning} {}", stage.rank, checked(stage.origin.verified))
}

/// What a clock says, in words.
#[must_use]
pub fn clock(clock: &Clock) -> String {
    let words = match clock {
        Clock::AskForDate { from, .. } => {
            format!("From {}: a person sets the date.", start(from))
        }
        Clock::Days { from, days, counting, direction, .. } => {
            let sort = match counting {
                Counting::Calendar => "calendar",
                Counting::Working(_) => "working",
            };
            let side = match direction {
                Direction::After => "after",
                Direction::Before => "before",
            };
            format!("{days} {sort} days {side} {}.", start(from))
        }
    };
    format!("{words} {}", checked(clock.origin().verified))
}

fn start(from: &str) -> &str {
    if from.is_empty() { "its start" } else { from }
}

/// What a threshold says, in words.
#[must_use]
pub fn threshold(threshold: &Threshold) -> String {
    let since = threshold.effective_from.map(|day| format!(" from {} on", day.in_words()));
    let since = since.unwrap_or_default();
    let checked = checked(threshold.origin.verified);
    format!("{} {}{since}. {checked}", threshold.value, threshold.unit)
}

const fn checked(verified: bool) -> &'static str {
    if verified { "Checked against its source." } else { "Nobody has checked it." }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EAST_LOTHIAN: &str = include_str!("../../../frameworks/east-lothian.toml");

    #[test]
    fn another_edition_is_told_by_what_it_adds_changes_and_takes_away() {
        let old = Framework::parse(EAST_LOTHIAN).unwrap();
        assert!(changes(&old, &old).is_empty());
        let mut new = old.clone();
        new.stages[1].name = "Stage two".into();
        new.stages.pop();
        new.thresholds[0].value += 5.0;
        let gone = new.clocks.remove(0);
        new.offline_lease_days += 1;
        let found = changes(&old, &new);
        assert!(matches!(&found.stages[..], [
            Change::Changed { name, before, .. },
            Change::Removed { .. },
        ] if name == "Stage two" && before.starts_with("Stage 2: Rank 2.")));
        assert_eq!(
            found.clocks,
            [Change::Removed { name: gone.name().to_owned(), before: clock(&gone) }]
        );
        assert_eq!(found.thresholds.len(), 1);
        assert_eq!(found.others, ["How long a phone reads without contact"]);
        let back = changes(&new, &old);
        assert!(matches!(&back.clocks[..], [Change::Added { .. }]));
    }
}
