//! Writing: one method an action. Each is checked by policy and framework before it is written, and is
//! durable when it returns. `draft` names the screen whose draft goes with what was saved.

mod meetings;
mod records;
mod team;

use sync_core::device::{Device, DeviceError, Facts, Saved as CoreSaved};
use sync_core::ids::{CaseId, EntryId, RecordId};
use sync_core::record::change::NewEntry;
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::{Amendment, Contribution, Draft as Form, Signature};
use sync_core::store::sqlite::SqliteStore;
use sync_core::time::Timestamp;
use sync_core::view::kinds::signing_text;

use crate::error::PhoneError;
use crate::input::{bad, fact, parse, value, words};
use crate::phone::Phone;
use crate::records::forms::Place;
use crate::records::{Saved, SigningText};

type Core = Device<SqliteStore>;

#[uniffi::export]
impl Phone {
    /// Corrects an entry beside what it says. The corrected words stay.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    #[uniffi::method(default(draft = None))]
    pub fn add_amendment(
        &self,
        record_id: String,
        entry_id: String,
        text: String,
        reason: String,
        draft: Option<String>,
    ) -> Result<Saved, PhoneError> {
        let of: EntryId = parse(&entry_id, "entry")?;
        let (text, reason) = (words(text, "the correction")?, words(reason, "the reason")?);
        self.add(&record_id, Amendment { of, text, reason }.entry(), draft)
    }

    /// The words of a record as they stand now, for whoever signs to read: hand them back to
    /// [`Phone::sign`].
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn signing_text(&self, record_id: String) -> Result<SigningText, PhoneError> {
        let record: RecordId = parse(&record_id, "record")?;
        let folded = self.with(|device| device.record(&record))?;
        Ok(SigningText { record_id, text: signing_text(&folded) })
    }

    /// Signs the words that the signer saw.
    ///
    /// # Errors
    /// [`PhoneError::ChangedSince`] if the record says something else by now: show it again.
    #[uniffi::method(default(role = None))]
    pub fn sign(&self, seen: SigningText, role: Option<String>) -> Result<Saved, PhoneError> {
        let record: RecordId = parse(&seen.record_id, "record")?;
        self.saving(None, |device, now| {
            let text = signing_text(&device.record(&record)?);
            if text != seen.text {
                return Err(PhoneError::ChangedSince);
            }
            let envelope = device.envelope(&record)?;
            let entry = Signature { text, role: role.clone() }.entry();
            Ok(device.add(&envelope, vec![entry], now)?)
        })
    }

    /// Says a fact of a case's own record for the team: it replaces what stands in sight of it. Words of a
    /// framework are checked.
    ///
    /// # Errors
    /// [`PhoneError::BadInput`] with the words that there are; nothing was saved.
    #[uniffi::method(default(subject = None, reason = None, draft = None))]
    pub fn assert_fact(
        &self,
        case_id: String,
        name: String,
        text: String,
        subject: Option<String>,
        reason: Option<String>,
        draft: Option<String>,
    ) -> Result<Saved, PhoneError> {
        let case: CaseId = parse(&case_id, "case")?;
        let own = Envelope::of_case(case, Compartment::Team);
        self.assert(&own, &name, &text, (subject, reason), draft)
    }

    /// Says a fact of any record: the state of a concern, the score of an element, a review's day.
    ///
    /// # Errors
    /// As [`Phone::assert_fact`].
    #[uniffi::method(default(subject = None, reason = None, draft = None))]
    pub fn assert_in_record(
        &self,
        record_id: String,
        name: String,
        text: String,
        subject: Option<String>,
        reason: Option<String>,
        draft: Option<String>,
    ) -> Result<Saved, PhoneError> {
        let record: RecordId = parse(&record_id, "record")?;
        let envelope = self.with(|device| device.envelope(&record))?;
        self.assert(&envelope, &name, &text, (subject, reason), draft)
    }

    /// Settles a disagreement with a reason that everybody reads. All the values that this phone has give
    /// way to this one, and no other.
    ///
    /// # Errors
    /// [`PhoneError::NoConflict`], [`PhoneError::ReasonMissing`]; nothing was saved.
    pub fn settle(
        &self,
        record_id: String,
        name: String,
        subject: String,
        text: String,
        reason: String,
    ) -> Result<Saved, PhoneError> {
        let record: RecordId = parse(&record_id, "record")?;
        let fact = fact(&name)?;
        let value = value(fact, &text)?;
        self.saving(None, |device, now| {
            check_word(device, &device.envelope(&record)?, fact, &text, now)?;
            Ok(device.settle(&record, fact, &subject, value.clone(), &reason, now)?)
        })
    }

    /// Takes a settlement back: its rivals are rivals again.
    ///
    /// # Errors
    /// [`PhoneError::CannotUndo`] where somebody decided since.
    pub fn undo(
        &self,
        record_id: String,
        entry_id: String,
        reason: String,
    ) -> Result<Saved, PhoneError> {
        let record: RecordId = parse(&record_id, "record")?;
        let settlement: EntryId = parse(&entry_id, "entry")?;
        let reason = words(reason, "the reason")?;
        self.saving(None, |device, now| Ok(device.undo(&record, settlement, &reason, now)?))
    }
}

impl Phone {
    fn assert(
        &self,
        envelope: &Envelope,
        name: &str,
        text: &str,
        (subject, reason): (Option<String>, Option<String>),
        draft: Option<String>,
    ) -> Result<Saved, PhoneError> {
        let fact = fact(name)?;
        let said = Facts::new(fact, value(fact, text)?).of(subject.unwrap_or_default());
        let said = Facts { reason, ..said };
        self.saving(draft, |device, now| {
            let framework = check_word(device, envelope, fact, text, now)?;
            let said = Facts { framework, ..said.clone() };
            Ok(device.assert(envelope, &said, now)?)
        })
    }

    fn add(
        &self,
        record_id: &str,
        entry: NewEntry,
        draft: Option<String>,
    ) -> Result<Saved, PhoneError> {
        let record: RecordId = parse(record_id, "record")?;
        self.saving(draft, |device, now| {
            let envelope = device.envelope(&record)?;
            Ok(device.add(&envelope, vec![entry.clone()], now)?)
        })
    }

    fn make(
        &self,
        case_id: &str,
        to: Place,
        form: &dyn Form,
        draft: Option<String>,
    ) -> Result<Saved, PhoneError> {
        let case: CaseId = parse(case_id, "case")?;
        let (kind, entries) = (form.kind(), form.entries());
        self.saving(draft, |device, now| {
            let framework = framework_for(device, &case, kind);
            let to = compartment(device, to);
            Ok(device.make(case, kind, to, &framework, entries.clone(), now)?)
        })
    }

    /// Does `work` with the phone's clock; a draft goes with what it saves, and whoever watches is told.
    pub(crate) fn saving(
        &self,
        draft: Option<String>,
        work: impl FnOnce(&mut Core, Timestamp) -> Result<CoreSaved, PhoneError>,
    ) -> Result<Saved, PhoneError> {
        let now = self.now();
        let saved = self.with(|device| match draft {
            Some(screen) => device.saving_draft(&screen, |device| work(device, now)),
            None => work(device, now),
        })?;
        self.tell_changed([saved.case]);
        Ok(Saved::of(saved, self.only_here()?))
    }
}

/// The framework whose words a record of this kind is written in; most are in none.
fn framework_for(device: &Core, case: &CaseId, kind: Kind) -> String {
    let in_words = matches!(kind, Kind::Assessment | Kind::Concern);
    device.framework_in_use(case).filter(|_| in_words).unwrap_or_default()
}

/// Refuses a word that the case's framework does not have; says in whose words a fact is then.
fn check_word(
    device: &Core,
    envelope: &Envelope,
    fact: sync_core::record::schema::Fact,
    word: &str,
    now: Timestamp,
) -> Result<Option<String>, PhoneError> {
    if !sync_core::device::words::is_in_words(fact) {
        return Ok(None);
    }
    let framework = device.framework_in_use(&envelope.case);
    let Some(framework) = framework else {
        return Err(bad("nobody has said yet by whose words this case goes"));
    };
    device.check_word(&framework, fact, word, now).map_err(|error| bad(error.to_string()))?;
    Ok(Some(framework))
}

pub(crate) fn compartment(device: &Core, to: Place) -> Compartment {
    match to {
        Place::Team => Compartment::Team,
        Place::OwnAgency => Compartment::Agency(device.identity().principal.agency),
        Place::Protection => Compartment::Protection,
    }
}

/// What the core says when there is nothing at all to save.
pub(crate) fn nothing() -> PhoneError {
    DeviceError::UnknownCase.into()
}
