//! The server was restored from an older backup: places in its log mean nothing any more. Nothing
//! that the phone has goes; its own work is sent again, and what the server has comes with new places.

use super::days::{self, Moments};
use crate::engine::authors::{self, Authors, Loaded};
use crate::engine::client::{ClientError, WHOLE, home_of, ordinal, own_actors};
use crate::engine::own::{NEXT_ORDINAL, Own, counted, counter};
use crate::gate::refusal::{IN_REVIEW, RELEASED, REVIEW_LOST, before_handed_over};
use crate::ids::{Actor, CaseId, ClusterId};
use crate::record::history::encode_deps;
use crate::record::kind::Kind;
use crate::store::{AttachedRow, Bytes, ChangeRow, Place, RecordRow, Shelf, Store, Write};

/// A change with what it is put in order by when it is sent again: whether it attaches something, which goes
/// after everything that it may belong to; the moment of writing; whether it is of no case's own record.
type Resent = ((bool, i64, bool), ChangeRow);

/// What a page means that begins another log of a cluster ([`Page::anew`]), before anything of it is taken: what it
/// brings is judged against own work as what is to be sent. From `now` on the days are counted in which lost work
/// may come ([`super::count_days`]).
///
/// [`Page::anew`]: crate::protocol::message::Page::anew
///
/// # Errors
/// [`ClientError`]; nothing is to be written then.
pub fn displaced(
    store: &dyn Store,
    (cluster, now): (&ClusterId, Moments),
    own: &Own,
) -> Result<Vec<Write>, ClientError> {
    let actors = own_actors(store, own.first)?;
    let mut displacing = Displacing {
        store,
        authors: Authors::load(store)?,
        actors,
        resent: Vec::new(),
        writes: Vec::new(),
    };
    for case in store.cases()? {
        if is_here(store, cluster, &case)? {
            for row in store.records_of_case(&case)? {
                displacing.record(&row)?;
            }
        }
    }
    displacing.put_before_unsent()?;
    let mut writes = displacing.writes;
    for row in store.returned()? {
        let reason = match row.reason.as_str() {
            // What a reviewer released is in no record here yet, and may be nowhere else now.
            IN_REVIEW | RELEASED => REVIEW_LOST,
            handed => match before_handed_over(handed) {
                Some(code) => code,
                None => continue,
            },
        };
        if is_here(store, cluster, &row.record.case)? {
            writes.push(Write::Rejudge { id: row.id, reason: reason.to_owned() });
        }
    }
    writes.push(Write::Set(Shelf::Meta, WHOLE.to_vec(), Vec::new()));
    writes.push(days::begin(cluster, now));
    Ok(writes)
}

struct Displacing<'a> {
    store: &'a dyn Store,
    authors: Authors,
    /// Whose work is this phone's own.
    actors: Vec<Actor>,
    resent: Vec<Resent>,
    writes: Vec<Write>,
}

impl Displacing<'_> {
    /// Others' changes lose their places only. A record that this app cannot read waits as it is.
    fn record(&mut self, record: &RecordRow) -> Result<(), ClientError> {
        let loaded = authors::load_row(self.store, &self.authors, record);
        let Ok(loaded) = loaded else { return Ok(()) };
        self.bytes_again(&loaded)?;
        let is = |kind: Kind| record.kind == kind.code();
        let mut at = i64::MIN;
        for (row, link) in loaded.rows.iter().zip(loaded.history.links()) {
            let deps = encode_deps(&loaded.history.dep_names(&link.deps));
            let position = match row.place {
                Place::Placed(position) => u64::from(position),
                other => ordinal(other),
            };
            let (id, actor, seq) = (row.record, row.actor, row.seq);
            if matches!(row.place, Place::Unsent(_)) {
                continue;
            }
            if self.actors.contains(&actor) {
                // Others' clocks have no say in what this phone sends first.
                at = at.max(link.change.at.0);
                let row = ChangeRow { deps: Some(deps), ..row.clone() };
                self.resent.push(((is(Kind::Attachment), at, !is(Kind::Case)), row));
            } else {
                let place = Place::Accepted(position);
                self.writes.push(Write::Displace { record: id, actor, seq, deps, place });
            }
        }
        Ok(())
    }

    /// The server may have lost the bytes of own attachments, too: it is asked how far it has them.
    fn bytes_again(&mut self, loaded: &Loaded) -> Result<(), ClientError> {
        let envelope = loaded.history.envelope();
        let own = envelope.made().is_some_and(|made| self.actors.contains(&made.creator));
        let row =
            self.store.attached(&envelope.id())?.filter(|row| own && row.bytes == Bytes::Here);
        let unsent = row.map(|row| Write::Attach(AttachedRow { bytes: Bytes::Unsent, ..row }));
        self.writes.extend(unsent);
        Ok(())
    }

    /// What is sent again was written before what was never sent.
    fn put_before_unsent(&mut self) -> Result<(), ClientError> {
        let mut resent = std::mem::take(&mut self.resent);
        // Stable: a record's changes stay in their order.
        resent.sort_by_key(|(order, _)| *order);
        let before = resent.len() as u64;
        let numbered = (1_u64..).zip(resent).map(|(n, (_, row))| (n, row));
        let unsent = self.store.unsent(0, usize::MAX)?.into_iter();
        let later: Vec<_> = unsent.map(|row| (ordinal(row.place) + before, row)).collect();
        for (n, row) in numbered.chain(later) {
            let (record, actor, seq, place) = (row.record, row.actor, row.seq, Place::Unsent(n));
            let deps = row.deps.unwrap_or_else(|| encode_deps(&[]));
            self.writes.push(Write::Displace { record, actor, seq, deps, place });
        }
        let next = counter(self.store, NEXT_ORDINAL)? + before;
        self.writes.push(counted(NEXT_ORDINAL, next));
        Ok(())
    }
}

/// Whether a case is a cluster's, as far as the phone knows.
fn is_here(store: &dyn Store, cluster: &ClusterId, case: &CaseId) -> Result<bool, ClientError> {
    Ok(home_of(store, case)?.is_none_or(|its| its == *cluster))
}
