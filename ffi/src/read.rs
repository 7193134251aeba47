//! Reading: what screens show, offline.

use sync_core::device::TypedDraft;
use sync_core::ids::{CaseId, RecordId};
use sync_core::time::Timestamp;

use crate::error::PhoneError;
use crate::input::{bad, parse};
use crate::phone::Phone;
use crate::records::forms::{Draft, DraftField};
use crate::records::lists::{
    CaseLine, DueLine, EarlyWarning, Happening, Hit, Inbox, VisitWarnings,
};
use crate::records::sheet::Sheet;
use crate::records::{
    CaseFilter, CasePage, CaseSort, Colleague, Handover, RecordState, Returned, WhomToRing,
};

/// Hits of a search at most: a person reads no more.
const HITS: u32 = 200;

#[uniffi::export]
impl Phone {
    /// The cases on this phone: those that pass the filter, sorted.
    ///
    /// # Errors
    /// [`PhoneError`]; [`PhoneError::LeaseOver`] on a phone that was without contact for too long.
    #[uniffi::method(default(filter = None, sort = None))]
    pub fn caseload(
        &self,
        filter: Option<CaseFilter>,
        sort: Option<CaseSort>,
    ) -> Result<Vec<CaseLine>, PhoneError> {
        let lines = self.show(|device| device.caseload())?;
        let today = self.now().date();
        let filter = filter.unwrap_or_default();
        let mut lines: Vec<_> = lines.into_iter().filter(|line| filter.lets(line, today)).collect();
        sort.unwrap_or(CaseSort::Name).apply(&mut lines);
        Ok(lines.into_iter().map(CaseLine::from).collect())
    }

    /// Opens a case to look at it: whom to ring, warnings, and what happened, newest first. The audit is
    /// told with the next exchange, and what was unread is read.
    ///
    /// # Errors
    /// As [`Phone::caseload`]; [`PhoneError::UnknownCase`].
    pub fn open_case(&self, case_id: String) -> Result<CasePage, PhoneError> {
        let case: CaseId = parse(&case_id, "case")?;
        let now = self.now();
        self.show(|device| {
            let view = device.open_case(case, now)?;
            Ok::<_, PhoneError>(CasePage {
                case_id: view.case.to_string(),
                warnings: VisitWarnings::from(view.warnings),
                ring: WhomToRing::from(device.whom_to_ring(&case, now)),
                chronology: view.chronology.into_iter().map(Happening::from).collect(),
                unreadable: view.unreadable as u64,
            })
        })
    }

    /// A case's records, typed. Call [`Phone::open_case`] first: that is what the audit notes.
    ///
    /// # Errors
    /// As [`Phone::open_case`].
    pub fn records(&self, case_id: String) -> Result<Vec<Sheet>, PhoneError> {
        let case: CaseId = parse(&case_id, "case")?;
        let sheets = self.show(|device| device.sheets(case))?;
        Ok(sheets.into_iter().map(Sheet::from).collect())
    }

    /// Opens one record to look at it; the audit is told with the next exchange.
    ///
    /// # Errors
    /// As [`Phone::open_case`].
    pub fn open_record(&self, record_id: String) -> Result<Sheet, PhoneError> {
        let record: RecordId = parse(&record_id, "record")?;
        let now = self.now();
        self.show(|device| {
            device.open_record(&record, now)?;
            device.sheet(&record)
        })
        .map(Sheet::from)
    }

    /// Records on this phone that hold every word, whole or as a beginning; at most `limit`.
    ///
    /// # Errors
    /// As [`Phone::caseload`].
    pub fn search(&self, words: String, limit: u32) -> Result<Vec<Hit>, PhoneError> {
        let limit = limit.min(HITS) as usize;
        let hits = self.show(|device| device.search(&words, limit))?;
        Ok(hits.into_iter().map(Hit::from).collect())
    }

    /// What falls due in the user's open cases, earliest first.
    ///
    /// # Errors
    /// As [`Phone::caseload`].
    pub fn due(&self) -> Result<Vec<DueLine>, PhoneError> {
        let today = self.now().date().ok_or_else(|| bad("this phone's clock shows no day"))?;
        let lines = self.show(|device| device.due(today))?;
        Ok(lines.into_iter().map(DueLine::from).collect())
    }

    /// What asks for attention in the user's open cases today, the most pressing first, each with its
    /// reason.
    ///
    /// # Errors
    /// As [`Phone::caseload`].
    pub fn early_warnings(&self) -> Result<Vec<EarlyWarning>, PhoneError> {
        let today = self.now().date().ok_or_else(|| bad("this phone's clock shows no day"))?;
        let warnings = self.show(|device| device.early_warnings(today))?;
        Ok(warnings.into_iter().map(EarlyWarning::from).collect())
    }

    /// What waits for the user: disagreements to settle, and what became of their own values.
    ///
    /// # Errors
    /// As [`Phone::caseload`].
    pub fn inbox(&self) -> Result<Inbox, PhoneError> {
        let now = self.now();
        Ok(Inbox::from(self.show(|device| device.inbox(now))?))
    }

    /// Notes that the user has seen a notice.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn saw_notice(&self, notice_id: String) -> Result<(), PhoneError> {
        let notice = self.with(|device| device.notice(&notice_id))?;
        let notice = notice.ok_or_else(|| bad("there is no such notice"))?;
        self.with(|device| device.saw_notice(&notice.notice))?;
        self.tell_changed([notice.case]);
        Ok(())
    }

    /// Whom to ring about a case, and the numbers for when harm is suspected. Never refused: not without
    /// signal, not on a phone whose lease is over.
    ///
    /// # Errors
    /// [`PhoneError::Closed`]
    pub fn whom_to_ring(&self, case_id: String) -> Result<WhomToRing, PhoneError> {
        let case: CaseId = parse(&case_id, "case")?;
        let now = self.now();
        let ring = self.with(|device| Ok::<_, PhoneError>(device.whom_to_ring(&case, now)))?;
        Ok(WhomToRing::from(ring))
    }

    /// The people of the user's clusters.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn colleagues(&self) -> Result<Vec<Colleague>, PhoneError> {
        let lines = self.with(|device| device.colleagues())?;
        Ok(lines.into_iter().map(Colleague::from).collect())
    }

    /// How many changes exist only on this phone: to be seen at all times.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn only_here(&self) -> Result<u64, PhoneError> {
        Ok(self.with(|device| device.only_here())?.changes)
    }

    /// How far a record has come.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn record_state(&self, record_id: String) -> Result<RecordState, PhoneError> {
        let record: RecordId = parse(&record_id, "record")?;
        Ok(RecordState::from(self.with(|device| device.state(&record))?))
    }

    /// What the server did not take and why, in words. Nothing deletes it but its user.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn returned(&self) -> Result<Vec<Returned>, PhoneError> {
        let returned = self.with(|device| device.returned())?;
        Ok(returned.into_iter().map(Returned::from).collect())
    }

    /// Writes returned work again, as new work of today.
    ///
    /// # Errors
    /// [`PhoneError`]; it stays among the returned work.
    pub fn write_again(&self, returned_id: u64) -> Result<crate::records::Saved, PhoneError> {
        self.saving(None, |device, now| Ok(device.write_again(returned_id, now)?))
    }

    /// Throws returned work away; it can be had back for some weeks.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn discard_returned(&self, returned_id: u64) -> Result<(), PhoneError> {
        let now = self.now();
        self.with(|device| device.discard(returned_id, now))
    }

    /// What somebody should know who takes the user's cases over.
    ///
    /// # Errors
    /// As [`Phone::caseload`].
    pub fn handover(&self, to_user_id: String) -> Result<Handover, PhoneError> {
        let taker = parse(&to_user_id, "person")?;
        Ok(Handover::from(self.show(|device| device.handover(&taker))?))
    }

    /// Keeps what is being typed on a screen; durable when it returns. An app calls it every two seconds.
    ///
    /// # Errors
    /// [`PhoneError`]; what was kept before stays.
    pub fn keep_draft(&self, draft: Draft) -> Result<(), PhoneError> {
        let fields = draft.fields.into_iter().map(|field| (field.name, field.text)).collect();
        let draft = TypedDraft { screen: draft.screen, fields, at: self.now() };
        self.with(|device| device.keep_draft(&draft))
    }

    /// Everything that was being typed and was neither saved nor thrown away, newest first.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn drafts(&self) -> Result<Vec<Draft>, PhoneError> {
        Ok(self.with(|device| device.drafts())?.into_iter().map(shown).collect())
    }

    /// What was being typed on one screen.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn draft(&self, screen: String) -> Result<Option<Draft>, PhoneError> {
        Ok(self.with(|device| device.draft(&screen))?.map(shown))
    }

    /// Throws away what was being typed on a screen.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn discard_draft(&self, screen: String) -> Result<(), PhoneError> {
        self.with(|device| device.discard_draft(&screen))
    }
}

fn shown(draft: TypedDraft) -> Draft {
    let field = |(name, text)| DraftField { name, text };
    let Timestamp(at_ms) = draft.at;
    Draft { screen: draft.screen, fields: draft.fields.into_iter().map(field).collect(), at_ms }
}
