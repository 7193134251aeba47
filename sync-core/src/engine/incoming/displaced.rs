//! The server was restored from an older backup: places in its log mean nothing any more. Nothing
//! that the phone has goes; its own work is sent again, and what the server has comes with new places.

use super::Incoming;
use crate::engine::authors::{self, Authors, Loaded};
use crate::engine::client::{ClientError, WHOLE, cluster_of, fresh_actors, ordinal, put_back_key};
use crate::engine::own::{NEXT_ORDINAL, Own, counted, counter};
use crate::gate::refusal::{IN_REVIEW, REVIEW_LOST};
use crate::ids::Actor;
use crate::protocol::message::Page;
use crate::record::history::encode_deps;
use crate::record::kind::Kind;
use crate::store::{AttachedRow, Bytes, ChangeRow, Place, RecordRow, Shelf, Store, Write};

/// A change with the moment of writing, by which what is sent again is put in order.
type Resent = (i64, bool, ChangeRow);

impl Incoming {
    pub(super) fn displace(
        &mut self,
        store: &dyn Store,
        page: &Page,
        own: &Own,
    ) -> Result<(), ClientError> {
        let authors = Authors::load(store)?;
        let mut actors = fresh_actors(store)?;
        actors.push(own.first);
        let mut resent: Vec<Resent> = Vec::new();
        for case in store.cases()? {
            if cluster_of(store, &case)? != Some(page.cluster) {
                continue;
            }
            for row in store.records_of_case(&case)? {
                self.displace_record(store, &authors, (&row, &actors), &mut resent)?;
            }
        }
        self.put_before_unsent(store, resent)?;
        for row in store.returned()? {
            let here = cluster_of(store, &row.record.case)? == Some(page.cluster);
            if here && row.reason == IN_REVIEW {
                let (id, reason) = (row.id, REVIEW_LOST.to_owned());
                self.writes.push(Write::Rejudge { id, reason });
            }
        }
        self.writes.push(Write::Set(Shelf::Meta, WHOLE.to_vec(), Vec::new()));
        let (key, now) = (put_back_key(&page.cluster), page.now.0.to_be_bytes().to_vec());
        self.writes.push(Write::Set(Shelf::Meta, key, now));
        self.again = true;
        Ok(())
    }

    /// Others' changes lose their places only. A record that this app cannot read waits as it is.
    fn displace_record(
        &mut self,
        store: &dyn Store,
        authors: &Authors,
        (record, actors): (&RecordRow, &[Actor]),
        resent: &mut Vec<Resent>,
    ) -> Result<(), ClientError> {
        let Ok(loaded) = authors::load_row(store, authors, record) else { return Ok(()) };
        self.bytes_again(store, &loaded, actors)?;
        let mut at = i64::MIN;
        for (row, link) in loaded.rows.iter().zip(loaded.history.links()) {
            at = at.max(link.change.at.0);
            let deps = encode_deps(&loaded.history.dep_names(&link.deps));
            let position = match row.place {
                Place::Placed(position) => u64::from(position),
                other => ordinal(other),
            };
            let (id, actor, seq) = (row.record, row.actor, row.seq);
            if matches!(row.place, Place::Unsent(_)) {
                continue;
            }
            if actors.contains(&actor) {
                let row = ChangeRow { deps: Some(deps), ..row.clone() };
                resent.push((at, record.kind != Kind::Case.code(), row));
            } else {
                let place = Place::Accepted(position);
                self.writes.push(Write::Displace { record: id, actor, seq, deps, place });
            }
        }
        Ok(())
    }

    /// The server may have lost the bytes of own attachments, too: it is asked how far it has them.
    fn bytes_again(
        &mut self,
        store: &dyn Store,
        loaded: &Loaded,
        actors: &[Actor],
    ) -> Result<(), ClientError> {
        let envelope = loaded.history.envelope();
        let own = envelope.made().is_some_and(|made| actors.contains(&made.creator));
        let row = store.attached(&envelope.id())?.filter(|row| own && row.bytes == Bytes::Here);
        let unsent = row.map(|row| Write::Attach(AttachedRow { bytes: Bytes::Unsent, ..row }));
        self.writes.extend(unsent);
        Ok(())
    }

    /// What is sent again was written before what was never sent.
    fn put_before_unsent(
        &mut self,
        store: &dyn Store,
        mut resent: Vec<Resent>,
    ) -> Result<(), ClientError> {
        // Stable: a record's changes stay in their order.
        resent.sort_by_key(|(at, not_case, _)| (*at, *not_case));
        let before = resent.len() as u64;
        let numbered = (1_u64..).zip(resent).map(|(n, (_, _, row))| (n, row));
        let unsent = store.unsent(0, usize::MAX)?.into_iter().map(|row| self.renamed(row));
        let later: Vec<_> = unsent.map(|row| (ordinal(row.place) + before, row)).collect();
        for (n, row) in numbered.chain(later) {
            let (record, actor, seq, place) = (row.record, row.actor, row.seq, Place::Unsent(n));
            let deps = row.deps.unwrap_or_else(|| encode_deps(&[]));
            self.writes.push(Write::Displace { record, actor, seq, deps, place });
        }
        let next = counter(store, NEXT_ORDINAL)? + before;
        self.writes.push(counted(NEXT_ORDINAL, next));
        Ok(())
    }

    /// An unsent change as it is after what was written again on account of this page.
    fn renamed(&self, row: ChangeRow) -> ChangeRow {
        let found = self.writes.iter().find_map(|write| match write {
            Write::Rename { record, actor, seq, change } => {
                let is_it = (*record, *actor, *seq) == (row.record, row.actor, row.seq);
                is_it.then(|| change.clone())
            }
            _ => None,
        });
        found.unwrap_or(row)
    }
}
