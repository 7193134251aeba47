//! Editions: what is published about the whole authority when a period closes, masked in one batch and
//! never changed after. Each thing is counted in one period only: what arrives late counts in the period
//! in which it arrives.

mod counting;
mod shown;
mod stored;

use serde::{Deserialize, Serialize};
use sync_core::framework::{Catalogue, Disclosure};
use sync_core::ids::ClusterId;
use sync_core::time::{Date, Timestamp};

use super::accounts::AccountError;
use super::collecting::{self, Gathered, Late, Places, Standing};
use super::contributions::Part;
use crate::db::editions::EditionRow;
use crate::db::{self, Conn, Error};
use counting::Exact;
use stored::Kept;

/// Longest name of a period, bytes.
const PERIOD_BYTES: usize = 100;

/// What was published when a period closed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Edition {
    /// The authority's name.
    pub authority: String,
    /// The period's name.
    pub period: String,
    /// The day after which it begins: the last of the period before; none of the first.
    pub after: Option<Date>,
    /// Its last day.
    pub to: Option<Date>,
    /// When it was closed.
    pub closed_at: Timestamp,
    /// By which rule small counts are hidden, in words.
    pub rule: String,
    /// Servers of clusters that had not delivered the period, where it was collected.
    #[serde(default)]
    pub late: Vec<Late>,
    /// The tables.
    pub tables: Vec<Table>,
}

/// A published table: a line a cluster.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Table {
    /// Its name in addresses: a measure's.
    pub id: String,
    /// What a screen shows above it.
    pub title: String,
    /// What is counted.
    pub definition: String,
    /// On which day each is counted.
    pub day: String,
    /// From which records it comes.
    pub sources: String,
    /// Who answers for the definition.
    pub owner: String,
    /// What its columns are called.
    pub columns: Vec<String>,
    /// Its lines, the authority's total last.
    pub rows: Vec<Row>,
    /// Why something is not shown.
    pub reasons: Vec<String>,
}

/// A line of a published table.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Row {
    /// The cluster, or that it is all of them.
    pub label: String,
    /// A cell a column.
    pub cells: Vec<Shown>,
}

/// A cell as it was published.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// A count.
    Count(u64),
    /// A share, in whole per cent.
    Percent(u32),
    /// Not shown, so that no child can be made out.
    Hidden,
    /// There is nothing of which to tell a share.
    Nothing,
    /// Its server had not delivered the period.
    Late,
}

impl Shown {
    /// What a screen shows.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Count(count) => count.to_string(),
            Self::Percent(percent) => format!("{percent}%"),
            Self::Hidden => "Hidden".to_owned(),
            Self::Nothing => "None".to_owned(),
            Self::Late => "Late".to_owned(),
        }
    }
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
    /// The period's last day is before that of the period before, or still to come.
    #[error("the period must not end before the one before it, nor in the future")]
    BadDay,
    /// The rules of disclosure cannot be kept.
    #[error("nothing was published: {0}")]
    Rules(#[from] disclosure::Invalid),
    /// What was published could be worked out together with this edition.
    #[error("nothing was published: with it, a count that an edition hides could be worked out")]
    Unsafe,
    /// Servers have not delivered the period, and nobody said to close without them.
    #[error(
        "not delivered by {}: wait, or close without it, --without NAME each: what it counts is in the next \
         edition then",
        .0.join(", ")
    )]
    Late(Vec<String>),
    /// A server that is not late was left out.
    #[error("{0} is no server that is late: leave --without out")]
    NotLate(String),
    /// Nothing of the period is there.
    #[error("no server has delivered anything of this period: collect first")]
    NothingDelivered,
    /// The database's failure.
    #[error(transparent)]
    Db(#[from] Error),
}

/// What is to be closed.
#[derive(Clone, Copy, Debug)]
pub struct Closing<'a> {
    /// The authority; the server's only one if none is named.
    pub authority: Option<&'a str>,
    /// The period's name.
    pub period: &'a str,
    /// Its last day. If none is named: where figures are collected, the day of those that are there; else today.
    pub to: Option<Date>,
    /// Servers that are late, and without whom it is closed.
    pub without: &'a [String],
}

/// Told which table is being masked, of how many.
pub type Progress<'a> = dyn FnMut(usize, usize) + 'a;

/// Closes a period of an authority and publishes its edition. Call it in one transaction.
///
/// # Errors
/// [`EditionError`] in an administrator's words; nothing was published.
pub fn close(
    conn: &mut Conn,
    now: Timestamp,
    catalogue: &Catalogue,
    closing: Closing<'_>,
    progress: &mut Progress<'_>,
) -> Result<Edition, EditionError> {
    let period = period_of(closing.period).ok_or(EditionError::BadPeriod)?;
    let (id, name) = find_authority(conn, closing.authority)?;
    let past = stored::past(conn, &id)?;
    if past.iter().any(|it| it.edition.period == period) {
        return Err(EditionError::Closed);
    }
    let last = past.last();
    let after = last.and_then(|it| it.edition.to);
    let today = now.date().ok_or(EditionError::BadDay)?;
    let gathered = gathered(conn, &id, &Closing { period, ..closing }, (today, last))?;
    let to = gathered.to.unwrap_or(today);
    if to > today || after.is_some_and(|after| to < after) {
        return Err(EditionError::BadDay);
    }
    let framework = catalogue.of_authority(&name, &jurisdiction(conn, &id)?).map(str::to_owned);
    let rules = rules(catalogue, framework.as_deref());
    let practice = (catalogue, framework.as_deref());
    let exact = Exact::count(&gathered, period, practice, last)?;
    let parts = counting::mask(&exact, &past, &rules, progress)?;
    let edition = Edition {
        tables: shown::tables(practice, period, &parts, &gathered.late),
        authority: name,
        period: period.to_owned(),
        after,
        to: Some(to),
        closed_at: now,
        rule: in_words(&rules),
        late: gathered.late,
    };
    stored::keep(conn, &id, &edition, &parts, &exact)?;
    Ok(edition)
}

/// What the edition is made from: what servers of clusters delivered, where figures are collected, and else what
/// is counted here.
fn gathered(
    conn: &mut Conn,
    authority: &[u8; 16],
    closing: &Closing<'_>,
    (today, last): (Date, Option<&Kept>),
) -> Result<Gathered, EditionError> {
    let period = (closing.period, closing.to);
    let before = last.and_then(|it| it.exact.as_ref()).map(|it| it.from.clone());
    let gathered = collecting::gather(conn, authority, period, &before.unwrap_or_default())?;
    let gathered = match gathered {
        Some(gathered) => gathered,
        None => counted_here(conn, authority, closing.to.unwrap_or(today))?,
    };
    let is_late = |name: &&String| gathered.late.iter().any(|it| it.server == **name);
    if let Some(name) = closing.without.iter().find(|name| !is_late(name)) {
        return Err(EditionError::NotLate(name.clone()));
    }
    if gathered.to.is_none() {
        return Err(EditionError::NothingDelivered);
    }
    let missing = gathered.late.iter().map(|it| it.server.clone());
    let missing: Vec<_> = missing.filter(|name| !closing.without.contains(name)).collect();
    if missing.is_empty() { Ok(gathered) } else { Err(EditionError::Late(missing)) }
}

fn counted_here(conn: &mut Conn, authority: &[u8; 16], to: Date) -> Result<Gathered, Error> {
    let (parts, late) = (Part::of_authority(conn, authority, to)?, Vec::new());
    Ok(Gathered { to: Some(to), parts, late, from: Places::new() })
}

/// A period's name, if it is one.
pub(super) fn period_of(given: &str) -> Option<&str> {
    let given = given.trim();
    let fits = !given.is_empty() && given.len() <= PERIOD_BYTES;
    Some(given).filter(|it| fits && !it.chars().any(char::is_control))
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
    let mut editions = Vec::new();
    for authority in authorities_of(conn, clusters)? {
        editions.extend(published(conn, &authority)?);
    }
    Ok(editions)
}

/// How the servers stand from which the authorities of these clusters collect.
///
/// # Errors
/// The database's failure.
pub fn standing_for(conn: &mut Conn, clusters: &[ClusterId]) -> Result<Vec<Standing>, Error> {
    let mut standing = Vec::new();
    for authority in authorities_of(conn, clusters)? {
        standing.extend(collecting::standing(conn, &authority)?);
    }
    Ok(standing)
}

fn authorities_of(conn: &mut Conn, clusters: &[ClusterId]) -> Result<Vec<[u8; 16]>, Error> {
    let mut authorities = Vec::new();
    for cluster in clusters {
        authorities.push(db::clusters::authority_of(conn, cluster)?);
    }
    authorities.sort_unstable();
    authorities.dedup();
    Ok(authorities)
}

fn published(conn: &mut Conn, authority: &[u8; 16]) -> Result<Vec<Edition>, Error> {
    let rows = db::editions::of_authority(conn, authority)?;
    rows.iter().map(|row: &EditionRow| Ok(stored::read(row)?.0)).collect()
}

fn jurisdiction(conn: &mut Conn, authority: &[u8; 16]) -> Result<String, Error> {
    let clusters = db::clusters::of_authority(conn, authority)?;
    Ok(clusters.into_iter().next().map(|it| it.jurisdiction).unwrap_or_default())
}

/// The rules of an authority's framework, or this software's own.
fn rules(catalogue: &Catalogue, framework: Option<&str>) -> disclosure::Rules {
    let newest = framework.and_then(|id| catalogue.editions(id).next());
    let own = disclosure::Rules::default();
    let Some(set) = newest.and_then(|it| it.disclosure.as_ref()) else { return own };
    let Disclosure { hide_counts_to, hide_zero, protection_width, round_to, .. } = set;
    disclosure::Rules {
        threshold: *hide_counts_to,
        zeros: if *hide_zero { disclosure::Zeros::Hidden } else { own.zeros },
        width: *protection_width,
        rounding: (*round_to > 1).then_some(*round_to),
        ..own
    }
}

fn in_words(rules: &disclosure::Rules) -> String {
    let least = if rules.zeros == disclosure::Zeros::Hidden { 0 } else { 1 };
    format!(
        "Counts from {least} to {} are hidden, and others beside them, so that nobody can work them out: \
         each hidden count could still be at least {} different numbers.",
        rules.threshold, rules.width
    )
}

/// The authority of this name; the only one if none is named.
pub(super) fn find_authority(
    conn: &mut Conn,
    name: Option<&str>,
) -> Result<([u8; 16], String), AccountError> {
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
