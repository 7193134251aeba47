//! The audit for information governance: by person, case, act and time. An excluded person sees no row
//! of the case that they are excluded from, not even in this office.

use std::collections::BTreeMap;

use sync_core::ids::{CaseId, ClusterId};
use sync_core::policy::{ClusterAction, decide_in_cluster, sees_audit};
use sync_core::time::Timestamp;

use crate::db::audit::{AuditRow, OF_SERVER, Wanted};
use crate::db::{self, Conn, Error};
use crate::hex;
use crate::service::audit::{Act, Note, Seen};
use crate::service::histories;
use crate::service::reading::Reader;
use crate::service::reading::colleagues::Colleagues;

/// Rows read at once.
const ROWS: i64 = 500;

/// Some rows.
#[derive(Clone, Debug, Default)]
pub struct AuditPage {
    /// Newest first.
    pub rows: Vec<AuditRow>,
    /// Where to go on; none at the end.
    pub next: Option<Place>,
}

/// A place in the audit: after a row, by its time and name. Tells no number of rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    at: Timestamp,
    id: [u8; 16],
}

impl Place {
    /// As it stands in an address.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}.{}", self.at.0, hex::encode(&self.id))
    }

    /// Reads it back.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('.')?;
        Some(Self { at: Timestamp(at.parse().ok()?), id: hex::decode(id)? })
    }

    fn of(row: &AuditRow) -> Self {
        Self { at: row.at, id: row.id }
    }
}

/// The clusters whose audit the person may read.
#[must_use]
pub fn clusters(reader: &Reader) -> Vec<ClusterId> {
    let may = |it: &ClusterId| {
        decide_in_cluster(&reader.principal, *it, &ClusterAction::ReadAudit).is_ok()
    };
    reader.clusters().into_iter().filter(may).collect()
}

/// What is found with everybody's names, and what is written down of the question; none for whoever may
/// read no audit.
///
/// # Errors
/// The database's failure.
pub fn seen(
    conn: &mut Conn,
    reader: &Reader,
    (act, wanted, after): (Act, &Wanted, Option<Place>),
    limit: usize,
) -> Result<Seen<Option<(AuditPage, Colleagues)>>, Error> {
    let note = note(act, wanted);
    Ok(match find(conn, reader, (wanted, after), limit)? {
        Some(page) => {
            let people = Colleagues::of(conn, reader, clusters(reader))?;
            let note = note.counting(page.rows.len());
            Seen::new(Some((page, people)), note)
        }
        None => Seen::new(None, note.refused("not_your_role")),
    })
}

/// Whose rows were asked for, of which case, and the kinds of the rest.
fn note(act: Act, wanted: &Wanted) -> Note {
    let kinds = [
        ("act", wanted.act.is_some()),
        ("from", wanted.from.is_some()),
        ("to", wanted.to.is_some()),
    ];
    let asked: Vec<_> = kinds.into_iter().filter(|(_, asked)| *asked).map(|(it, _)| it).collect();
    let note = Note::of(act).with(format!("of the audit {}", asked.join(", ")).trim());
    let note = wanted.case.into_iter().fold(note, Note::in_case);
    wanted.user.iter().fold(note, |note, user| note.about(*user.as_bytes()))
}

/// At most `limit` wanted rows after a place, newest first; none for whoever may read no audit.
///
/// # Errors
/// The database's failure.
pub fn find(
    conn: &mut Conn,
    reader: &Reader,
    (wanted, after): (&Wanted, Option<Place>),
    limit: usize,
) -> Result<Option<AuditPage>, Error> {
    let mut clusters = clusters(reader);
    if clusters.is_empty() {
        return Ok(None);
    }
    // What nobody known did, such as guessing names, is every cluster's to see.
    clusters.push(OF_SERVER);
    let mut open = Open { reader, known: BTreeMap::new() };
    let (mut page, mut place) = (AuditPage::default(), after);
    loop {
        let before = place.map(|place| (place.at, place.id));
        let rows = db::audit::find(conn, &clusters, &Wanted { before, ..wanted.clone() }, ROWS)?;
        let last = rows.len() < ROWS as usize;
        for row in rows {
            place = Some(Place::of(&row));
            if !open.shows(conn, &row)? {
                continue;
            }
            // It goes on only to what is shown: else a page would tell that there is something that is not.
            if page.rows.len() == limit {
                return Ok(Some(page));
            }
            page.next = place;
            page.rows.push(row);
        }
        if last {
            return Ok(Some(AuditPage { next: None, ..page }));
        }
    }
}

/// Which cases' rows the person may see.
struct Open<'a> {
    reader: &'a Reader,
    known: BTreeMap<CaseId, bool>,
}

impl Open<'_> {
    fn shows(&mut self, conn: &mut Conn, row: &AuditRow) -> Result<bool, Error> {
        let Some(case) = row.case else { return Ok(true) };
        if let Some(known) = self.known.get(&case) {
            return Ok(*known);
        }
        let shows = match db::records::cluster_of(conn, &case)? {
            // A guessed id of nothing: an attempt that is worth seeing.
            None => true,
            Some(cluster) => {
                let world = self.reader.world(conn, &cluster)?;
                let state = histories::case_state(conn, &case, &cluster, &world, self.reader.now)?;
                state.is_none_or(|state| sees_audit(&self.reader.principal, &state.context))
            }
        };
        self.known.insert(case, shows);
        Ok(shows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back() {
        let place = Place { at: Timestamp(1_795_000_000_000), id: [7; 16] };
        assert_eq!(Place::parse(&place.text()), Some(place));
        assert_eq!(Place::parse("1.2"), None);
        assert_eq!(Place::parse(""), None);
    }
}
