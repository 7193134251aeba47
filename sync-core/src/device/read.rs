//! Reading: what the phone's screens show, offline.

use serde::Serialize;

use crate::device::{Device, DeviceError};
use crate::engine::authors;
use crate::engine::opened;
use crate::ids::{CaseId, RecordId, UserId};
use crate::merge::{Notice, NoticeId, notices_for};
use crate::protocol::message::{DirectoryLine, PersonLine};
use crate::record::fold::{Folded, fold, fold_seen};
use crate::record::kind::Compartment;
use crate::store::{RecordRow, Shelf, Store, StoreError, UnsentCount};
use crate::time::Timestamp;
use crate::view::{CaseHeader, CaseView, DueDate, Extract, Sheet, Warnings, header};

/// One case of the caseload.
#[derive(Clone, Debug, Serialize)]
pub struct CaseloadLine {
    /// The case.
    pub case: CaseId,
    /// What lists show of it.
    #[serde(flatten)]
    pub header: CaseHeader,
    /// Disagreements that a person must settle.
    pub safety_conflicts: usize,
    /// Others.
    pub routine_conflicts: usize,
    /// Changes that only this phone has.
    pub only_here: usize,
    /// Records that cannot be shown here: a newer version of the app wrote in them, or they are damaged on
    /// this phone.
    pub unreadable: usize,
    /// Changes by others since the user last opened the case.
    pub unread: usize,
    /// When harm was suspected, without content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub harm_since: Option<Timestamp>,
    /// Whether consent withholds what is new from the user's agency.
    pub frozen: bool,
    /// What falls due, earliest first.
    pub due: Vec<DueDate>,
}

/// Something that the user must be told.
#[derive(Clone, Debug, Serialize)]
pub struct NoticeLine {
    /// The case.
    pub case: CaseId,
    /// The record.
    pub record: RecordId,
    /// What happened to which value.
    #[serde(flatten)]
    pub notice: Notice,
    /// Whether the user has seen it.
    pub seen: bool,
}

impl<S: Store> Device<S> {
    /// The cases that the phone may read, by name. Made of lines that [`Device::tidy`] keeps ready; what
    /// changed since is read anew.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn caseload(&self) -> Result<Vec<CaseloadLine>, DeviceError> {
        let lines = self.lines()?.into_iter();
        let lines = lines.map(|(case, kept)| self.shown(case, kept));
        let mut lines = lines.collect::<Result<Vec<_>, _>>()?;
        lines.sort_by(|a, b| (&a.header.name, a.case).cmp(&(&b.header.name, b.case)));
        Ok(lines)
    }

    /// A case as the phone shows it. `shared` leaves out what only this phone has and is what two
    /// equally entitled phones agree on.
    ///
    /// # Errors
    /// [`DeviceError::UnknownCase`] if the phone has nothing of it.
    pub fn case(&self, case: CaseId, shared: bool) -> Result<CaseView, DeviceError> {
        let case = self.case_now(case)?;
        let (records, unreadable, _) = self.fold_case(case, shared)?;
        if records.is_empty() {
            return Err(self.why_nothing(case)?);
        }
        let moves = self.moves(case, shared)?;
        let view = CaseView::of(case, &records, &moves, &self.merging(&case));
        let view = CaseView { warnings: self.warnings(&case)?, unreadable, ..view };
        let Some(extract) = self.extract(case)? else { return Ok(view) };
        let (team, merging) = (self.shown_team(case)?, self.merging(&case));
        Ok(view.with(&extract, &header(&team, &merging), &merging))
    }

    /// Opens a case to look at it: as [`Device::case`], and the audit is told with the next exchange. A
    /// screen that shows a case calls this.
    ///
    /// A phone without room shows it all the same: whoever stands before a door must know of the dog
    /// behind it. The note is then kept in memory until there is room.
    ///
    /// # Errors
    /// As [`Device::case`]; and [`DeviceError::Store`] if it cannot be noted for another reason than
    /// want of room: then nothing is shown.
    pub fn open_case(&mut self, case: CaseId, now: Timestamp) -> Result<CaseView, DeviceError> {
        let view = self.case(case, false)?;
        self.note_opened((case, None), now)?;
        match self.now_read(view.case)?.map(|read| self.store.commit(&[read])) {
            // Whoever stands before a door without room on the phone is shown the case all the same.
            None | Some(Ok(()) | Err(StoreError::Full)) => Ok(view),
            Some(Err(error)) => Err(error.into()),
        }
    }

    /// Opens one record to look at it: as [`Device::record`], and the audit is told.
    ///
    /// # Errors
    /// As [`Device::record`] and [`Device::open_case`].
    pub fn open_record(
        &mut self,
        record: &RecordId,
        now: Timestamp,
    ) -> Result<Folded, DeviceError> {
        let folded = self.record(record)?;
        self.note_opened((folded.envelope.case, Some(*record)), now)?;
        Ok(folded)
    }

    fn note_opened(
        &mut self,
        what: (CaseId, Option<RecordId>),
        now: Timestamp,
    ) -> Result<(), DeviceError> {
        if !self.without_room.iter().any(|(known, _)| *known == what) {
            self.without_room.push((what, now));
        }
        self.note_what_waits()
    }

    /// Notes what was opened, as far as there is room.
    pub(super) fn note_what_waits(&mut self) -> Result<(), DeviceError> {
        while let Some((what, at)) = self.without_room.first().copied() {
            let writes = opened::note(&self.store, what, at)?;
            let noted = if writes.is_empty() { Ok(()) } else { self.store.commit(&writes) };
            match noted {
                Ok(()) => drop(self.without_room.remove(0)),
                Err(StoreError::Full) => return Ok(()),
                Err(error) => {
                    self.without_room.remove(0);
                    return Err(error.into());
                }
            }
        }
        Ok(())
    }

    /// How many openings of cases and records the audit has not been told yet.
    ///
    /// # Errors
    /// [`DeviceError::Store`]
    pub fn untold(&self) -> Result<usize, DeviceError> {
        Ok(opened::count(&self.store)?)
    }

    /// What a visitor must know before they knock, as the server said last. It also comes where consent
    /// is withheld and the case's records come no longer.
    ///
    /// # Errors
    /// [`DeviceError::Store`]
    pub fn warnings(&self, case: &CaseId) -> Result<Warnings, StoreError> {
        let scope = Compartment::Team.scope(case);
        let bytes = self.store.item(Shelf::Warnings, scope.as_bytes())?;
        Ok(bytes.and_then(|bytes| minicbor::decode(&bytes).ok()).unwrap_or_default())
    }

    /// What the pupil roll says of a case's child. Read only: it is the schools'.
    pub(super) fn extract(&self, case: CaseId) -> Result<Option<Extract>, DeviceError> {
        let scope = Compartment::Team.scope(&case);
        let bytes = self.store.item(Shelf::Extract, scope.as_bytes())?;
        Ok(bytes.and_then(|bytes| minicbor::decode(&bytes).ok()))
    }

    /// How many of a case's records hold something that a newer version of the app wrote, or are damaged on
    /// this phone: they are kept, and left out of what [`Device::case`] shows.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn unreadable(&self, case: CaseId) -> Result<usize, DeviceError> {
        Ok(self.fold_case(case, true)?.1)
    }

    /// Why nothing is shown of a case: there is nothing of it here, or nothing that can be read.
    fn why_nothing(&self, case: CaseId) -> Result<DeviceError, DeviceError> {
        for row in self.store.records_of_case(&case)? {
            if let Err(error) = authors::load_row(&self.store, &self.authors, &row) {
                return Ok(error.into());
            }
        }
        Ok(DeviceError::UnknownCase)
    }

    /// A case's records as they are read, how many cannot be, and how many changes only this phone has.
    pub(super) fn fold_case(
        &self,
        case: CaseId,
        shared: bool,
    ) -> Result<(Vec<Folded>, usize, usize), DeviceError> {
        let (mut records, mut unreadable, mut only_here) = (Vec::new(), 0, 0);
        for row in self.store.records_of_case(&case)? {
            match authors::load_row(&self.store, &self.authors, &row) {
                Ok(loaded) => {
                    only_here += loaded.rows.iter().filter(|row| row.is_unsent()).count();
                    let all = loaded.history.links().len();
                    let seen: Vec<bool> = (0..all).map(|i| !shared || i < loaded.placed).collect();
                    if seen.contains(&true) {
                        records.push(fold_seen(&loaded.history, loaded.placed, &seen));
                    }
                }
                Err(error) if error.is_of_one() => {
                    unreadable += 1;
                    let rows = self.store.changes(&row.id)?;
                    only_here += rows.iter().filter(|row| row.is_unsent()).count();
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok((records, unreadable, only_here))
    }

    /// One record as it is read.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn record(&self, record: &RecordId) -> Result<Folded, DeviceError> {
        let record = self.record_now(record)?;
        let loaded = authors::load(&self.store, &self.authors, &record)?;
        Ok(fold(&loaded.history, loaded.placed))
    }

    /// What the user must be told, by case.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn notices(&self) -> Result<Vec<NoticeLine>, DeviceError> {
        let mut lines = Vec::new();
        for case in self.store.cases()? {
            lines.extend(self.notices_of_case(&case)?);
        }
        Ok(lines)
    }

    pub(super) fn notices_of_case(&self, case: &CaseId) -> Result<Vec<NoticeLine>, DeviceError> {
        let user = self.identity.principal.user;
        let mut lines = Vec::new();
        for row in self.store.records_of_case(case)? {
            lines.extend(self.notices_of(&row, &user)?);
        }
        Ok(lines)
    }

    /// One record as a screen shows it.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn sheet(&self, record: &RecordId) -> Result<Sheet, DeviceError> {
        let folded = self.record(record)?;
        Ok(Sheet::of(&folded, &self.merging(&folded.envelope.case)))
    }

    /// A case's records as a screen shows them, by id; those that were moved are left out.
    ///
    /// # Errors
    /// [`DeviceError::UnknownCase`] if the phone has nothing of it.
    pub fn sheets(&self, case: CaseId) -> Result<Vec<Sheet>, DeviceError> {
        let case = self.case_now(case)?;
        let rows = self.folded_rows(&case)?;
        if rows.is_empty() {
            return Err(self.why_nothing(case)?);
        }
        let (moves, merging) = (self.moves(case, false)?, self.merging(&case));
        let stay = rows.iter().filter(|(row, _)| !moves.contains_key(&row.id));
        Ok(stay.map(|(_, folded)| Sheet::of(folded, &merging)).collect())
    }

    fn notices_of(&self, row: &RecordRow, user: &UserId) -> Result<Vec<NoticeLine>, DeviceError> {
        let Ok(loaded) = authors::load_row(&self.store, &self.authors, row) else {
            return Ok(Vec::new());
        };
        // Only what the server has put in order can have been overruled by somebody.
        let all = loaded.history.links().len();
        let seen: Vec<bool> = (0..all).map(|index| index < loaded.placed).collect();
        let folded = fold_seen(&loaded.history, loaded.placed, &seen);
        let notices = notices_for(user, &folded.entries, &self.merging(&row.case));
        let mut lines = Vec::with_capacity(notices.len());
        for notice in notices {
            let seen = self.store.item(Shelf::Notice, &notice.id.0)?.is_some();
            lines.push(NoticeLine { case: row.case, record: row.id, notice, seen });
        }
        Ok(lines)
    }

    /// The notice of this name; none if there is none.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn notice(&self, id: &str) -> Result<Option<NoticeLine>, DeviceError> {
        let is_it = |known: NoticeId| known.to_string() == id;
        let lines = self.lines()?;
        let named =
            lines.iter().find(|(_, line)| line.notices.iter().any(|it| is_it(NoticeId(*it))));
        let notices = match named {
            Some((case, _)) => self.notices_of_case(case)?,
            // The lines leave out what was moved: everything is looked through.
            None => self.notices()?,
        };
        Ok(notices.into_iter().find(|line| is_it(line.notice.id)))
    }

    /// Notes that the user has seen a notice.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn saw_notice(&mut self, notice: &Notice) -> Result<(), DeviceError> {
        let write = crate::store::Write::Set(Shelf::Notice, notice.id.0.to_vec(), Vec::new());
        Ok(self.store.commit(&[write])?)
    }

    /// How much exists only on this phone.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn only_here(&self) -> Result<UnsentCount, DeviceError> {
        Ok(self.store.unsent_count()?)
    }

    /// The directory: cases to find, with whom to ring.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn directory(&self) -> Result<Vec<DirectoryLine>, DeviceError> {
        let rows = self.store.items(Shelf::Directory)?;
        Ok(rows.iter().filter_map(|(_, bytes)| minicbor::decode(bytes).ok()).collect())
    }

    /// The people of the user's clusters.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn colleagues(&self) -> Result<Vec<PersonLine>, DeviceError> {
        Ok(self.person_lines()?.filter(|line| !line.gone).collect())
    }
}
