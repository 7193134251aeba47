//! What lists show of a case, kept beside its records: made again only where a record changed, so that a
//! caseload of hundreds opens at once.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use crate::device::early;
use crate::device::read::CaseloadLine;
use crate::device::{Device, DeviceError};
use crate::engine::authors;
use crate::ids::{Actor, CaseId, RecordId};
use crate::merge::{conflicts, notices_for};
use crate::protocol::message::DirectoryLine;
use crate::record::fold::{Folded, fold};
use crate::record::kind::{Compartment, Kind};
use crate::record::schema::Fact;
use crate::store::{ChangeRow, Place, RecordRow, Shelf, Store, StoreError, Write};
use crate::time::Date;
use crate::view::signals::Signal;
use crate::view::{CaseHeader, DueDate, due_dates, header, words_of};

/// Grows when a line is made otherwise: those of an older app are then made again.
const VERSION: u32 = 3;

/// Records made ready between two looks at whether to go on, and in one commit: well under a second on a
/// cheap phone.
const AT_ONCE: usize = 256;

/// How far the lists and the search have come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tidied {
    /// Records made ready.
    pub done: usize,
    /// Whether there is more to do.
    pub more: bool,
}

/// A case's line as it is kept.
#[derive(Clone, PartialEq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub(super) struct Kept {
    #[n(0)]
    version: u32,
    #[n(1)]
    header: CaseHeader,
    #[n(2)]
    pub(super) safety: u32,
    #[n(3)]
    routine: u32,
    #[n(4)]
    only_here: u32,
    #[n(5)]
    unreadable: u32,
    #[n(6)]
    due: Vec<KeptDue>,
    /// What its user must be told, seen or not.
    #[n(7)]
    pub(super) notices: Vec<[u8; 16]>,
    /// How many changes each record has that others wrote.
    #[n(8)]
    others: BTreeMap<RecordId, u32>,
    /// Early warnings by its records, those that begin later too.
    #[n(9)]
    pub(super) signals: Vec<Signal>,
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
struct KeptDue {
    #[n(0)]
    on: Date,
    #[n(1)]
    fact: u8,
    #[n(2)]
    record: RecordId,
    #[n(3)]
    kind: u8,
}

/// A case as it was read for its line.
#[derive(Default)]
struct ReadCase {
    /// Whether the phone has any change of it.
    has_any: bool,
    records: Vec<Folded>,
    unreadable: usize,
    only_here: usize,
    /// How many changes each record has that others wrote.
    others: BTreeMap<RecordId, u32>,
}

impl<S: Store> Device<S> {
    /// Makes lists and search ready for what changed since, a few records at a time, until `go_on` says
    /// no or nothing is left. An app calls it after an exchange and before a list; stopping it anywhere
    /// loses nothing.
    ///
    /// # Errors
    /// [`DeviceError`]; what was made ready stays so.
    pub fn tidy(&mut self, go_on: &mut dyn FnMut(Tidied) -> bool) -> Result<(), DeviceError> {
        let mut done = 0;
        loop {
            let listed = self.store.unindexed(AT_ONCE)?;
            if listed.is_empty() {
                return Ok(());
            }
            done += self.tidy_some(listed)?;
            let more = !self.store.unindexed(1)?.is_empty();
            if !go_on(Tidied { done, more }) {
                return Ok(());
            }
        }
    }

    /// Makes some records ready, and the lines of their cases; a case that goes on after them waits for
    /// the next round.
    fn tidy_some(&mut self, mut listed: Vec<(CaseId, RecordId)>) -> Result<usize, DeviceError> {
        let last = listed.last().map(|(case, _)| *case);
        if listed.len() == AT_ONCE && listed.first().map(|(case, _)| *case) != last {
            listed.retain(|(case, _)| Some(*case) != last);
        }
        let mut writes = Vec::with_capacity(listed.len() + 1);
        let mut by_case: BTreeMap<CaseId, Vec<RecordId>> = BTreeMap::new();
        for (case, record) in &listed {
            by_case.entry(*case).or_default().push(*record);
        }
        for (case, records) in by_case {
            self.tidy_case(case, records, &mut writes)?;
        }
        self.store.commit(&writes)?;
        Ok(listed.len())
    }

    /// What makes a case's line and some of its records' words ready: each record is read once.
    fn tidy_case(
        &self,
        case: CaseId,
        records: Vec<RecordId>,
        writes: &mut Vec<Write>,
    ) -> Result<(), DeviceError> {
        let (read, merging) = (self.read_case(case)?, self.merging(&case));
        for record in records {
            let folded = read.records.iter().find(|it| it.envelope.id() == record);
            let words = folded.map(|it| words_of(it, &merging)).unwrap_or_default();
            writes.push(Write::Index { case, record, words });
        }
        let key = case.as_bytes().to_vec();
        writes.push(match self.make_line(case, read)? {
            Some(line) => Write::Set(Shelf::Line, key, encode(&line)?),
            None => Write::Remove(Shelf::Line, key),
        });
        Ok(())
    }

    fn read_case(&self, case: CaseId) -> Result<ReadCase, DeviceError> {
        let own = self.identity.principal.user;
        let mut read = ReadCase::default();
        for row in self.store.records_of_case(&case)? {
            match authors::load_row(&self.store, &self.authors, &row) {
                // All of it came back to its author: it is in the returned work.
                Ok(loaded) if loaded.rows.is_empty() => {}
                Ok(loaded) => {
                    read.has_any = true;
                    read.count(row.id, &loaded.rows, |actor| self.authors.user(actor) == Some(own));
                    read.records.push(fold(&loaded.history, loaded.placed));
                }
                Err(error) if error.is_of_one() => {
                    let rows = self.store.changes(&row.id)?;
                    read.count(row.id, &rows, |actor| self.authors.user(actor) == Some(own));
                    read.has_any = true;
                    read.unreadable += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(read)
    }

    /// What a record is found by; nothing for one that is gone, or that cannot be read here.
    pub(super) fn words_of(&self, record: &RecordId) -> Result<String, DeviceError> {
        let Some(row) = self.store.record(record)? else { return Ok(String::new()) };
        match authors::load_row(&self.store, &self.authors, &row) {
            Ok(loaded) => {
                let folded = fold(&loaded.history, loaded.placed);
                Ok(words_of(&folded, &self.merging(&row.case)))
            }
            Err(error) if error.is_of_one() => Ok(String::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// Every case's line, kept or made anew where something changed.
    pub(super) fn lines(&self) -> Result<Vec<(CaseId, Kept)>, DeviceError> {
        let stale: BTreeSet<_> = self.store.unindexed(usize::MAX)?.into_iter().collect();
        let stale: BTreeSet<CaseId> = stale.into_iter().map(|(case, _)| case).collect();
        let kept: BTreeMap<_, _> = self.store.items(Shelf::Line)?.into_iter().collect();
        let mut lines = Vec::new();
        for case in self.store.cases()? {
            let line = kept.get(case.as_bytes().as_slice()).filter(|_| !stale.contains(&case));
            let line = line.and_then(|bytes| minicbor::decode::<Kept>(bytes).ok());
            let line = match line.filter(|line| line.version == VERSION) {
                Some(line) => Some(line),
                None => self.make_line(case, self.read_case(case)?)?,
            };
            lines.extend(line.map(|line| (case, line)));
        }
        Ok(lines)
    }

    fn make_line(&self, case: CaseId, read: ReadCase) -> Result<Option<Kept>, DeviceError> {
        if !read.has_any {
            return Ok(None);
        }
        let ReadCase { mut records, unreadable, only_here, others, .. } = read;
        let moves = self.moves(case, false)?;
        records.retain(|folded| !moves.contains_key(&folded.envelope.id()));
        let (merging, user) = (self.merging(&case), self.identity.principal.user);
        let open: Vec<_> = records.iter().flat_map(|it| conflicts(&it.entries, &merging)).collect();
        let safety = open.iter().filter(|conflict| conflict.fact.is_safety()).count();
        let own = Compartment::Team.case_record(&case);
        let team = records.iter().find(|folded| folded.envelope.id() == own);
        let told = records.iter().flat_map(|it| notices_for(&user, &it.entries, &merging));
        Ok(Some(Kept {
            version: VERSION,
            header: match team {
                Some(team) => header(team, &merging),
                None => header(&self.shown_team(case)?, &merging),
            },
            safety: count(safety),
            routine: count(open.len() - safety),
            only_here: count(only_here),
            unreadable: count(unreadable),
            due: due_dates(&records, &merging).iter().map(KeptDue::of).collect(),
            notices: told.map(|notice| notice.id.0).collect(),
            others,
            signals: early::of_records(&records, &merging),
        }))
    }

    /// A line as a list shows it, with what may move without a record's changing.
    pub(super) fn shown(&self, case: CaseId, kept: Kept) -> Result<CaseloadLine, DeviceError> {
        let scope = Compartment::Team.scope(&case);
        let frozen = self.store.item(Shelf::Frozen, scope.as_bytes())?.is_some();
        let line = self.line_to_find(&case)?;
        let mut header = kept.header;
        if header.name.is_empty()
            && let Some(line) = line.as_ref().filter(|_| kept.unreadable > 0)
        {
            // Where the case's own record cannot be read, the child still has a name.
            header.name.clone_from(&line.name);
        }
        if frozen {
            header.visit_risk = self.warnings(&case)?.visit_risk.into_iter().next();
        }
        let unread = self.unread(&case, &kept.others)?;
        Ok(CaseloadLine {
            case,
            header,
            safety_conflicts: kept.safety as usize,
            routine_conflicts: kept.routine as usize,
            only_here: kept.only_here as usize,
            unreadable: kept.unreadable as usize,
            unread,
            harm_since: line.and_then(|line| line.harm_since),
            frozen,
            due: kept.due.iter().filter_map(KeptDue::shown).collect(),
        })
    }

    /// By what a case is found in the directory; none of one that is not there.
    pub(super) fn line_to_find(&self, case: &CaseId) -> Result<Option<DirectoryLine>, StoreError> {
        let line = self.store.item(Shelf::Directory, case.as_bytes())?;
        Ok(line.and_then(|bytes| minicbor::decode(&bytes).ok()))
    }

    /// How many changes of others came since the user last opened the case.
    fn unread(&self, case: &CaseId, others: &BTreeMap<RecordId, u32>) -> Result<usize, StoreError> {
        let read = self.store.item(Shelf::Read, case.as_bytes())?;
        let read: BTreeMap<RecordId, u32> =
            read.and_then(|bytes| minicbor::decode(&bytes).ok()).unwrap_or_default();
        let seen = |record: &RecordId| read.get(record).copied().unwrap_or(0);
        let unread = others.iter().map(|(record, now)| now.saturating_sub(seen(record)) as usize);
        Ok(unread.sum())
    }

    /// What says that the user has read a case as it stands; nothing if they had.
    pub(super) fn now_read(&self, case: CaseId) -> Result<Option<Write>, DeviceError> {
        let own = self.identity.principal.user;
        let mut read = ReadCase::default();
        for row in self.store.records_of_case(&case)? {
            let rows = self.store.changes(&row.id)?;
            read.count(row.id, &rows, |actor| self.authors.user(actor) == Some(own));
        }
        let bytes = minicbor::to_vec(read.others).map_err(|_| DeviceError::UnknownCase)?;
        let key = case.as_bytes().to_vec();
        let same = self.store.item(Shelf::Read, &key)?.as_ref() == Some(&bytes);
        Ok((!same).then_some(Write::Set(Shelf::Read, key, bytes)))
    }

    /// The rows of a case's records that are folded, by row.
    pub(super) fn folded_rows(
        &self,
        case: &CaseId,
    ) -> Result<Vec<(RecordRow, Folded)>, DeviceError> {
        let mut folded = Vec::new();
        for row in self.store.records_of_case(case)? {
            match authors::load_row(&self.store, &self.authors, &row) {
                Ok(loaded) => {
                    let record = fold(&loaded.history, loaded.placed);
                    folded.push((row, record));
                }
                Err(error) if error.is_of_one() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(folded)
    }
}

impl ReadCase {
    /// Counts a record's changes: what only this phone has, and what others wrote.
    fn count(&mut self, record: RecordId, rows: &[ChangeRow], is_own: impl Fn(&Actor) -> bool) {
        let theirs =
            |row: &&ChangeRow| matches!(row.place, Place::Placed(_)) && !is_own(&row.actor);
        self.only_here += rows.iter().filter(|row| row.is_unsent()).count();
        let others = count(rows.iter().filter(theirs).count());
        if others > 0 {
            self.others.insert(record, others);
        }
    }
}

impl Kept {
    /// Whether work goes on in the case.
    pub(super) const fn is_open(&self) -> bool {
        self.header.open
    }

    /// The child's name.
    pub(super) fn name(&self) -> String {
        self.header.name.clone()
    }
}

impl KeptDue {
    fn of(due: &DueDate) -> Self {
        Self { on: due.on, fact: due.fact.code(), record: due.record, kind: due.kind.code() }
    }

    fn shown(&self) -> Option<DueDate> {
        let (fact, kind) = (Fact::from_code(self.fact.into())?, Kind::from_code(self.kind)?);
        Some(DueDate { on: self.on, fact, record: self.record, kind })
    }
}

fn encode(line: &Kept) -> Result<Vec<u8>, DeviceError> {
    minicbor::to_vec(line).map_err(|_| DeviceError::UnknownCase)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
