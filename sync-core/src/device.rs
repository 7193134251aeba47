//! A phone: one user's records on one installation, what they may do with them offline, and the
//! exchange that makes them everybody's. What the apps, the terminal phone and the simulator use.

mod access;
mod copy;
mod drafts;
mod early;
mod enrolment;
mod handover;
mod inbox;
mod lease;
mod leave;
mod lines;
mod named;
mod read;
mod returned;
mod search;
mod settle;
mod state;
mod text;
mod write;

pub mod attach;
pub mod enrol;
pub mod part;
pub mod ring;
pub mod sync;
pub mod transport;
pub mod words;

#[cfg(feature = "https")]
pub mod https;

use std::collections::BTreeMap;

use crate::engine::authors::{Authors, RecordError};
use crate::engine::client::{
    BatchRoom, ClientError, Identity, cluster_of, framework_key, fresh_actors,
};
use crate::engine::renames::Renames;
use crate::framework::{Catalogue, FrameworkError};
use crate::gate::media::MediaError;
use crate::gate::refusal::Refusal;
use crate::ids::{Actor, CaseId, ClusterId, RecordId};
use crate::merge::{Addresses, CannotUndo, Context};
use crate::store::{Shelf, Store, StoreError};
use crate::time::Timestamp;

pub use attach::Attached;
pub use drafts::TypedDraft;
pub use early::EarlyWarning;
pub use enrolment::{Address, Enrolled, OwnCertificate, Session};
pub use handover::{CaseToHandOver, Handover};
pub use inbox::{DueLine, Inbox, InboxConflict};
pub use lease::Lease;
pub use leave::Parting;
pub use lines::Tidied;
pub use read::{CaseloadLine, NoticeLine};
pub use returned::{Discarded, Standing};
pub use search::Hit;
pub use state::RecordState;
pub use write::{Facts, NewRecord, Saved};

/// One user's phone.
pub struct Device<S: Store> {
    store: S,
    identity: Identity,
    clusters: BTreeMap<ClusterId, String>,
    catalogue: Catalogue,
    /// The framework of each cluster's authority, as far as the server said.
    frameworks: BTreeMap<ClusterId, String>,
    authors: Authors,
    /// The actor of the enrolment; since then it may have had others.
    first_actor: Actor,
    /// The names that its work had before.
    renames: Renames,
    /// What was opened while there was no room to note it.
    without_room: Vec<(Looked, Timestamp)>,
    measured: bool,
    /// The screen whose draft goes with what is saved.
    saving: Option<String>,
    /// How much goes at once.
    room: BatchRoom,
}

/// A case, or one record of it, that somebody looked at.
type Looked = (CaseId, Option<RecordId>);

/// Why the phone did not do what was asked. Nothing was lost: what was typed is as it was.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The gate or the policy says no; the server would, too.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The exchange went wrong.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// No user has enrolled on this phone.
    #[error("nobody has enrolled on this phone yet")]
    NotEnrolled,
    /// The phone knows no such case.
    #[error("this case is not on this phone")]
    UnknownCase,
    /// The user works in no such cluster.
    #[error("you do not work in this cluster")]
    UnknownCluster,
    /// There is no such returned work.
    #[error("there is no such returned work")]
    NotReturned,
    /// It cannot be written again as it is.
    #[error("this cannot be written again as it is: copy its words into a new entry")]
    CopyTheWords,
    /// There is nothing to settle.
    #[error("people do not disagree about this here")]
    NoConflict,
    /// A decision needs its reason.
    #[error("say why: the others will read it")]
    ReasonMissing,
    /// What is being typed is longer than a record may be.
    #[error("this is too long to keep as a draft: save it in several parts")]
    DraftTooLarge,
    /// Nobody has so many screens open.
    #[error("too many drafts are open: save or discard some of them")]
    TooManyDrafts,
    /// The bytes cannot be attached.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The record is no attachment.
    #[error("there is no photo, voice note or body map here")]
    NotAttachment,
    /// Its bytes are on their author's phone still.
    #[error("this has not arrived from its author's phone yet: try again later")]
    NotArrived,
    /// The server shows it to this user no more.
    #[error("the server does not show this to you any more: sync to see what changed")]
    NotOpen,
    /// The bytes that came are not those of the record; none was kept.
    #[error("what came is not what was attached: nothing of it was kept, try again")]
    OtherBytes,
    /// A phone that is to be erased has what somebody began to write.
    #[error("there is something half written on this phone: save it or throw it away first")]
    DraftsLeft,
    /// A phone that is to be erased has bytes that were never sent, and no session to send them with.
    #[error(
        "photos or recordings exist only on this phone: nothing was erased. Ask whoever retired it to take \
         that back, synchronise, and have it retired again"
    )]
    AttachmentsLeft,
    /// A settlement cannot be taken back.
    #[error(transparent)]
    CannotUndo(#[from] CannotUndo),
    /// The shipped frameworks cannot be read.
    #[error(transparent)]
    Framework(#[from] FrameworkError),
}

impl<S: Store> Device<S> {
    /// Opens the phone's data of a user who has enrolled.
    ///
    /// # Errors
    /// [`DeviceError::NotEnrolled`] for an empty store; [`DeviceError::Store`].
    pub fn open(store: S) -> Result<Self, DeviceError> {
        let enrolled = Enrolled::load(&store)?.ok_or(DeviceError::NotEnrolled)?;
        let (authors, renames) = (Authors::load(&store)?, Renames::load(&store)?);
        let catalogue = Catalogue::shipped()?;
        let clusters = enrolled.clusters.iter().cloned().collect();
        let mut device = Self {
            identity: enrolled.identity(),
            clusters,
            catalogue,
            frameworks: BTreeMap::new(),
            authors,
            first_actor: enrolled.actor,
            renames,
            without_room: Vec::new(),
            measured: false,
            saving: None,
            room: BatchRoom::default(),
            store,
        };
        device.read_again()?;
        Ok(device)
    }

    /// From now on, asks the server what each exchange costs it; see
    /// [`sync::SyncReport::server_cpu_us`].
    pub fn ask_for_costs(&mut self) {
        self.measured = true;
    }

    /// From now on, sends so much at once: less than usual where a request takes long or is often cut.
    pub fn send_at_once(&mut self, room: BatchRoom) {
        self.room = room;
    }

    /// The user of this phone.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The clusters the user works in, with their names.
    #[must_use]
    pub fn clusters(&self) -> &BTreeMap<ClusterId, String> {
        &self.clusters
    }

    /// The frameworks the phone knows.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The phone's store, for reading.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Gives the store back, for instance to open it again.
    #[must_use]
    pub fn into_store(self) -> S {
        self.store
    }

    /// The framework of the authority that a case's cluster belongs to, as far as the server said.
    #[must_use]
    pub fn framework_of(&self, case: &CaseId) -> Option<&str> {
        let cluster = cluster_of(&self.store, case).ok().flatten()?;
        self.frameworks.get(&cluster).map(String::as_str)
    }

    /// How the phone merges what people wrote about a case. Who is named to its protection records
    /// sees what is withheld from others.
    fn merging(&self, case: &CaseId) -> Context<'_> {
        let withheld = || self.warnings(case).is_ok_and(|it| it.address_withheld);
        let addresses = match self.is_named(*case).unwrap_or(false) {
            true => Addresses::All,
            false if withheld() => Addresses::Withheld,
            false => Addresses::Open,
        };
        let framework = self.framework_of(case);
        Context { framework, addresses, ..Context::new(&self.catalogue) }
    }

    /// What is kept in memory, as the store has it now.
    fn read_again(&mut self) -> Result<(), StoreError> {
        self.authors = Authors::load(&self.store)?;
        self.renames = Renames::load(&self.store)?;
        let fresh = fresh_actors(&self.store)?.first().copied();
        self.identity.actor = fresh.unwrap_or(self.first_actor);
        self.read_frameworks()
    }

    fn read_frameworks(&mut self) -> Result<(), StoreError> {
        for cluster in self.clusters.keys() {
            let name = self.store.item(Shelf::Meta, &framework_key(cluster))?;
            if let Some(name) = name.and_then(|name| String::from_utf8(name).ok()) {
                self.frameworks.insert(*cluster, name);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
