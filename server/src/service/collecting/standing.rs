//! Who has delivered what, who is late since when, and what an edition is made from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sync_core::time::{Date, Timestamp};

use super::Trouble;
use crate::db::sources::{Collected, Source};
use crate::db::{self, Conn, Error};
use crate::measures::published;
use crate::service::contributions::{self, Contribution, Part};

/// What a server of clusters has delivered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// The server's name.
    pub server: String,
    /// Where it answers.
    pub address: String,
    /// The newest period that it delivered, and its last day.
    pub newest: Option<(String, Date)>,
    /// When that was taken.
    pub taken_at: Option<Timestamp>,
    /// How many were taken.
    pub taken: usize,
    /// Since which day it is late: the end of the first period that another delivered and it did not.
    pub late_since: Option<Date>,
    /// When it was asked last.
    pub asked_at: Option<Timestamp>,
    /// What was wrong then.
    pub trouble: Option<Trouble>,
}

/// A server whose figures of a period an edition does not have.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Late {
    /// The server's name.
    pub server: String,
    /// Its clusters, as far as they are known.
    pub clusters: Vec<String>,
    /// Until which day its figures are in the edition; none if it has delivered nothing yet.
    pub until: Option<Date>,
}

/// What an edition is made from.
pub struct Gathered {
    /// The period's last day.
    pub to: Option<Date>,
    /// The clusters' parts, by name.
    pub parts: Vec<Part>,
    /// Who is late.
    pub late: Vec<Late>,
    /// By server, the place of the contribution that is used.
    pub from: Places,
}

/// By server's name, the place of one of its contributions.
pub type Places = BTreeMap<String, i64>;

/// A contribution as it was taken, with what it says.
struct Read {
    row: Collected,
    says: Contribution,
}

fn reads(conn: &mut Conn, source: &Source) -> Result<Vec<Read>, Error> {
    let rows = db::sources::collected(conn, &source.id)?;
    rows.into_iter().map(|row| Ok(Read { says: contributions::read(&row.body)?, row })).collect()
}

/// How each server of an authority's clusters stands, by name.
///
/// # Errors
/// The database's failure.
pub fn standing(conn: &mut Conn, authority: &[u8; 16]) -> Result<Vec<Standing>, Error> {
    let mut all = Vec::new();
    for source in db::sources::of_authority(conn, authority)? {
        let reads = reads(conn, &source)?;
        all.push((source, reads));
    }
    let ends: Vec<Date> = all.iter().flat_map(|(_, reads)| reads).map(|it| it.says.to).collect();
    let one = |(source, reads): (Source, Vec<Read>)| {
        let newest = reads.last();
        let behind = |end: &&Date| newest.is_none_or(|it| **end > it.says.to);
        Standing {
            server: source.name,
            address: source.address,
            newest: newest.map(|it| (it.says.period.clone(), it.says.to)),
            taken_at: newest.map(|it| it.row.taken_at),
            taken: reads.len(),
            late_since: ends.iter().filter(behind).min().copied(),
            asked_at: source.asked_at,
            trouble: source.trouble.as_deref().and_then(Trouble::from_code),
        }
    };
    Ok(all.into_iter().map(one).collect())
}

/// What is there of a period, from each server the newest; `before` is what the edition before was made from. Of a server that has not delivered it, what it
/// delivered before: its clusters stand as they did then, and what came since counts once it is there. Nothing
/// where no servers are collected from.
///
/// # Errors
/// The database's failure.
pub fn gather(
    conn: &mut Conn,
    authority: &[u8; 16],
    (period, to): (&str, Option<Date>),
    before: &Places,
) -> Result<Option<Gathered>, Error> {
    let sources = db::sources::of_authority(conn, authority)?;
    if sources.is_empty() {
        return Ok(None);
    }
    let mut all = Vec::new();
    for source in sources {
        let reads = reads(conn, &source)?;
        all.push((source, reads));
    }
    let of_period = |it: &&Read| it.says.period == period;
    let to = to.or_else(|| all.iter().flat_map(|it| &it.1).find(of_period).map(|it| it.says.to));
    let (parts, late, from) = (Vec::new(), Vec::new(), Places::new());
    let mut gathered = Gathered { to, parts, late, from };
    for (source, reads) in all {
        let used = before.get(&source.name).copied();
        gathered.add(source, reads, (period, used));
    }
    gathered.parts.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Some(gathered))
}

impl Gathered {
    fn add(&mut self, source: Source, mut reads: Vec<Read>, (period, used): (&str, Option<i64>)) {
        let tables = published::version();
        reads.retain(|it| self.to.is_none_or(|to| it.says.to <= to));
        // What the edition before was made from stays what this one goes on from, whatever tables mean by now.
        reads.retain(|it| it.says.tables == tables || Some(it.row.place) == used);
        let in_time = |it: &Read| {
            let same = it.says.period == period && Some(it.says.to) == self.to;
            same && it.says.tables == tables
        };
        let of_period = reads.iter().position(in_time);
        let Some(at) = of_period.or(reads.len().checked_sub(1)) else {
            let late = Late { server: source.name, clusters: Vec::new(), until: None };
            self.late.push(late);
            return;
        };
        let Read { says, row } = reads.swap_remove(at);
        self.from.insert(source.name.clone(), row.place);
        if of_period.is_none() {
            self.late.push(Late {
                server: source.name,
                clusters: says.clusters.iter().map(|it| it.name.clone()).collect(),
                until: Some(says.to),
            });
        }
        self.parts.extend(says.clusters);
    }
}
