//! What is being typed: kept every few seconds beside the records, never sent, and gone only when it was
//! saved as a record or thrown away.

use minicbor::{Decode, Encode};

use crate::device::{Device, DeviceError};
use crate::limits::{DRAFT_BYTES, DRAFTS};
use crate::store::{Shelf, Store, StoreError, Write};
use crate::time::Timestamp;

/// What is being typed on one screen.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct TypedDraft {
    /// The screen and what it is about, in the app's own words: `visit 0f3a...`.
    #[n(0)]
    pub screen: String,
    /// What stands in each field, by the app's own names.
    #[n(1)]
    pub fields: Vec<(String, String)>,
    /// When it was last kept.
    #[n(2)]
    pub at: Timestamp,
}

/// The draft of a screen goes with what is saved, until this is dropped: also where an app lives on after a panic.
struct Saving<'a, S: Store>(&'a mut Device<S>);

impl<S: Store> Drop for Saving<'_, S> {
    fn drop(&mut self) {
        self.0.saving = None;
    }
}

impl<S: Store> Device<S> {
    /// Keeps what is being typed on a screen, in place of what was kept of it before. Durable when this
    /// returns.
    ///
    /// # Errors
    /// [`DeviceError::DraftTooLarge`], [`DeviceError::TooManyDrafts`]; [`DeviceError::Store`]. What was kept
    /// before stays.
    pub fn keep_draft(&mut self, draft: &TypedDraft) -> Result<(), DeviceError> {
        let bytes = minicbor::to_vec(draft).map_err(|_| DeviceError::DraftTooLarge)?;
        if bytes.len() > DRAFT_BYTES {
            return Err(DeviceError::DraftTooLarge);
        }
        let key = draft.screen.as_bytes();
        let known = self.store.item(Shelf::Draft, key)?.is_some();
        if !known && self.store.items(Shelf::Draft)?.len() >= DRAFTS {
            return Err(DeviceError::TooManyDrafts);
        }
        Ok(self.store.commit(&[Write::Set(Shelf::Draft, key.to_vec(), bytes)])?)
    }

    /// What was being typed on a screen.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn draft(&self, screen: &str) -> Result<Option<TypedDraft>, StoreError> {
        let bytes = self.store.item(Shelf::Draft, screen.as_bytes())?;
        Ok(bytes.and_then(|bytes| minicbor::decode(&bytes).ok()))
    }

    /// Everything that was being typed, newest first: what the app offers to go on with.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn drafts(&self) -> Result<Vec<TypedDraft>, StoreError> {
        let rows = self.store.items(Shelf::Draft)?;
        let mut drafts: Vec<TypedDraft> =
            rows.iter().filter_map(|(_, bytes)| minicbor::decode(bytes).ok()).collect();
        drafts.sort_by(|a, b| (b.at, &a.screen).cmp(&(a.at, &b.screen)));
        Ok(drafts)
    }

    /// Throws away what was being typed on a screen, as its user asked. Does nothing if there is nothing.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn discard_draft(&mut self, screen: &str) -> Result<(), StoreError> {
        self.store.commit(&[Write::Remove(Shelf::Draft, screen.as_bytes().to_vec())])
    }

    /// Does `work`, with which the draft of a screen goes: what it saves first takes the draft away in the
    /// same transaction. If it fails, the draft stays.
    ///
    /// # Errors
    /// What `work` says.
    pub fn saving_draft<T, E>(
        &mut self,
        screen: &str,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.saving = Some(screen.to_owned());
        let saving = Saving(self);
        work(&mut *saving.0)
    }

    /// What takes the draft away that is being saved.
    pub(super) fn draft_goes(&self) -> Option<Write> {
        let screen = self.saving.as_ref()?;
        Some(Write::Remove(Shelf::Draft, screen.as_bytes().to_vec()))
    }
}
