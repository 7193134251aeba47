//! Editions: what is published about the whole authority when a period closes. Here one table,
//! children by stage, withheld as a whole if any count is so small that it could point at a child.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sync_core::framework::Catalogue;
use sync_core::ids::ClusterId;
use sync_core::time::Timestamp;

use super::accounts::AccountError;
use super::histories::{World, case_state};
use super::reading::summary::{NO_STAGE, SEVERAL_STAGES, label};
use crate::db::editions::EditionRow;
use crate::db::views::CaseViewRow;
use crate::db::{self, Conn, Error};

/// Counts from 1 to this are not published.
pub const SMALL: u64 = 5;
/// Longest name of a period, bytes.
const PERIOD_BYTES: usize = 100;

/// What was published when a period closed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Edition {
    /// The authority's name.
    pub authority: String,
    /// The period's name.
    pub period: String,
    /// When it was closed.
    pub closed_at: Timestamp,
    /// Children by stage.
    pub children_by_stage: Table,
}

/// A published table.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Table {
    /// What a screen shows above it.
    pub title: String,
    /// What is counted.
    pub definition: String,
    /// The figures, or why there are none.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Figures, or why there are none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figures {
    /// The rows, a total among them.
    Rows(Vec<Row>),
    /// Why nothing of the table is published.
    Withheld(String),
}

/// A published count.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Row {
    /// What is counted.
    pub label: String,
    /// Children.
    pub children: u64,
}

/// Why an edition cannot be closed or shown.
#[derive(Debug, thiserror::Error)]
pub enum EditionError {
    /// Which authority is meant.
    #[error(transparent)]
    Authority(#[from] AccountError),
    /// The period was closed before.
    #[error("this period is closed: what was published stays as it is")]
    Closed,
    /// There is no edition of this period.
    #[error("no edition of this period was published")]
    NotClosed,
    /// A name of a period that is empty, too long or has signs it must not have.
    #[error("the period's name is empty, too long or has signs that are not allowed")]
    BadPeriod,
    /// The database's failure.
    #[error(transparent)]
    Db(#[from] Error),
}

/// Closes a period of an authority (the server's only one if none is named) and publishes its
/// edition. Call it in one transaction.
///
/// # Errors
/// [`EditionError`] in an administrator's words; nothing was published.
pub fn close(
    conn: &mut Conn,
    now: Timestamp,
    catalogue: &std::sync::Arc<Catalogue>,
    authority: Option<&str>,
    period: &str,
) -> Result<Edition, EditionError> {
    let period = period.trim();
    if period.is_empty() || period.len() > PERIOD_BYTES || period.chars().any(char::is_control) {
        return Err(EditionError::BadPeriod);
    }
    let (id, name) = find_authority(conn, authority)?;
    let counts = count(conn, now, catalogue, &id)?;
    let edition = Edition {
        children_by_stage: by_stage(catalogue, &name, &counts),
        authority: name,
        period: period.to_owned(),
        closed_at: now,
    };
    let figures = serde_json::to_string(&edition).map_err(|_| Error::Corrupt("edition"))?;
    let row = EditionRow { authority: id, period: period.to_owned(), closed_at: now, figures };
    match db::editions::insert(conn, &row) {
        Err(Error::Taken) => Err(EditionError::Closed),
        other => Ok(other.map(|()| edition)?),
    }
}

/// What an authority published, newest first.
///
/// # Errors
/// [`EditionError`] in an administrator's words.
pub fn list(conn: &mut Conn, authority: Option<&str>) -> Result<Vec<Edition>, EditionError> {
    let (id, _) = find_authority(conn, authority)?;
    Ok(published(conn, &id)?)
}

/// The clusters of an authority, by its name.
///
/// # Errors
/// [`EditionError`] in an administrator's words.
pub fn clusters(conn: &mut Conn, authority: &str) -> Result<Vec<ClusterId>, EditionError> {
    let (id, _) = find_authority(conn, Some(authority))?;
    let clusters = db::clusters::of_authority(conn, &id)?;
    Ok(clusters.into_iter().map(|cluster| cluster.id).collect())
}

/// What the authorities of these clusters published, newest first.
///
/// # Errors
/// The database's failure.
pub fn of_clusters(conn: &mut Conn, clusters: &[ClusterId]) -> Result<Vec<Edition>, Error> {
    let mut authorities = Vec::new();
    for cluster in clusters {
        authorities.push(db::clusters::authority_of(conn, cluster)?);
    }
    authorities.sort_unstable();
    authorities.dedup();
    let mut editions = Vec::new();
    for authority in authorities {
        editions.extend(published(conn, &authority)?);
    }
    Ok(editions)
}

fn published(conn: &mut Conn, authority: &[u8; 16]) -> Result<Vec<Edition>, Error> {
    let rows = db::editions::of_authority(conn, authority)?;
    let read = |row: EditionRow| serde_json::from_str(&row.figures);
    rows.into_iter().map(|row| read(row).map_err(|_| Error::Corrupt("edition"))).collect()
}

fn find_authority(conn: &mut Conn, name: Option<&str>) -> Result<([u8; 16], String), AccountError> {
    let all = db::authorities::list(conn)?;
    match (name, all.as_slice()) {
        (None, [only]) => Ok(only.clone()),
        (None, [_, _, ..]) => Err(AccountError::WhichAuthority),
        (name, _) => {
            let found = all.iter().find(|(_, known)| Some(known.as_str()) == name);
            found.cloned().ok_or(AccountError::Unknown("authority"))
        }
    }
}

/// Where a child is: the framework and stage in force, or that there is none or more than one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum At {
    Stage(String, String),
    Nowhere,
    Several,
}

impl At {
    fn of(view: &CaseViewRow) -> Self {
        match (view.stage.is_empty(), view.stage_disputed) {
            (false, _) => Self::Stage(view.framework.clone(), view.stage.clone()),
            (true, true) => Self::Several,
            (true, false) => Self::Nowhere,
        }
    }
}

/// Open cases by stage. A shielded case is in no figure outside its named people.
fn count(
    conn: &mut Conn,
    now: Timestamp,
    catalogue: &std::sync::Arc<Catalogue>,
    authority: &[u8; 16],
) -> Result<BTreeMap<At, u64>, Error> {
    let mut counts = BTreeMap::new();
    for cluster in db::clusters::of_authority(conn, authority)? {
        let world = World::of(conn, catalogue, &cluster.id)?;
        for view in db::views::cases(conn, &cluster.id)? {
            let state = case_state(conn, &view.case, &cluster.id, &world, now)?;
            let shown = state.is_some_and(|state| !state.context.shielded);
            if view.is_open && shown {
                *counts.entry(At::of(&view)).or_default() += 1;
            }
        }
    }
    Ok(counts)
}

fn by_stage(catalogue: &Catalogue, authority: &str, counts: &BTreeMap<At, u64>) -> Table {
    let rows = rows(catalogue, authority, counts);
    let small = rows.iter().any(|row| (1..=SMALL).contains(&row.children));
    let why = format!(
        "Withheld: one of its counts is between 1 and {SMALL}, which could point at a child."
    );
    Table {
        title: "Children by stage".to_owned(),
        definition: "Open cases at the close of the period by the stage in force; while people \
                     disagree, the highest. Shielded children are not counted."
            .to_owned(),
        figures: if small { Figures::Withheld(why) } else { Figures::Rows(rows) },
    }
}

/// The stages of the authority's own framework, nobody at them or not, then whatever else is in
/// force somewhere, then the total.
fn rows(catalogue: &Catalogue, authority: &str, counts: &BTreeMap<At, u64>) -> Vec<Row> {
    let mut left = counts.clone();
    let mut rows = Vec::new();
    for framework in catalogue.ids().filter_map(|id| catalogue.editions(id).next()) {
        for stage in framework.stages.iter().filter(|_| framework.authority == authority) {
            let at = At::Stage(framework.id.clone(), stage.code.clone());
            let children = left.remove(&at).unwrap_or_default();
            rows.push(Row { label: stage.name.clone(), children });
        }
    }
    rows.extend(left.into_iter().map(|(at, children)| {
        let label = match at {
            At::Stage(framework, stage) => {
                format!("{} ({framework})", label(catalogue, Some(&framework), &stage))
            }
            At::Nowhere => NO_STAGE.to_owned(),
            At::Several => SEVERAL_STAGES.to_owned(),
        };
        Row { label, children }
    }));
    rows.push(Row { label: "All".to_owned(), children: counts.values().sum() });
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(counts: &[(At, u64)]) -> Figures {
        let catalogue = Catalogue::shipped().unwrap();
        by_stage(&catalogue, "East Lothian", &counts.iter().cloned().collect()).figures
    }

    fn at(stage: &str) -> At {
        let catalogue = Catalogue::shipped().unwrap();
        let framework = catalogue.editions("east-lothian").next().unwrap();
        let found = framework.stages.iter().find(|it| it.name == stage).unwrap();
        At::Stage(framework.id.clone(), found.code.clone())
    }

    #[test]
    fn one_small_count_anywhere_withholds_the_whole_table() {
        for small in 1..=SMALL {
            for where_ in [at("Stage 3"), At::Nowhere, At::Several] {
                let figures = table(&[(at("Stage 1"), 40), (where_, small)]);
                assert!(matches!(figures, Figures::Withheld(why) if !why.contains("40")));
            }
        }
    }

    #[test]
    fn large_counts_and_empty_stages_are_published_with_their_total() {
        let Figures::Rows(rows) = table(&[(at("Stage 1"), 40), (at("Stage 2"), 6)]) else {
            panic!("published")
        };
        let shown: Vec<_> = rows.iter().map(|row| (row.label.as_str(), row.children)).collect();
        assert_eq!(shown, [("Stage 1", 40), ("Stage 2", 6), ("Stage 3", 0), ("All", 46)]);
    }

    #[test]
    fn no_child_at_all_can_be_published() {
        assert!(matches!(table(&[]), Figures::Rows(_)));
    }
}
