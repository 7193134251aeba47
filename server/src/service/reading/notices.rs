//! What a person must be told: their values that do not hold.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use sync_core::ids::{CaseId, RecordId};
use sync_core::merge::{Notice, notices_for};

use super::Reader;
use crate::db::{self, Conn, Error};
use crate::service::histories::CaseState;

/// A notice and where it belongs.
#[derive(Clone, Debug)]
pub struct PlacedNotice {
    /// The case.
    pub case: CaseId,
    /// The record.
    pub record: RecordId,
    /// What happened to which value.
    pub notice: Notice,
}

/// What the person must be told, of the records that are open to them, by record.
///
/// # Errors
/// The database's failure.
pub fn for_reader(conn: &mut Conn, reader: &Reader) -> Result<Vec<PlacedNotice>, Error> {
    let mut notices = Vec::new();
    let user = reader.principal.user;
    for cluster in reader.clusters() {
        let world = reader.world(conn, &cluster)?;
        let mut cases: BTreeMap<CaseId, Option<CaseState>> = BTreeMap::new();
        for record in db::log::records_of_author(conn, &user, &cluster)? {
            let Some(row) = db::records::by_id(conn, &record)? else { continue };
            let state = match cases.entry(row.case) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    new.insert(reader.visible(conn, &world, &row.case, &cluster)?)
                }
            };
            let Some(state) = state else { continue };
            let Some(folded) = reader.record(conn, state, &row)? else { continue };
            let (case, merging) = (row.case, reader.merging(state));
            let told = notices_for(&user, &folded.entries, &merging);
            notices.extend(told.into_iter().map(|notice| PlacedNotice { case, record, notice }));
        }
    }
    Ok(notices)
}
