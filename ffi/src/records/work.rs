//! Work: what was saved, sent, returned, handed over.

use sync_core::device::{self, sync};
use sync_core::ids::Actor;
use sync_core::record::history::ChangeName;

use crate::error::PhoneError;
use crate::input::bad;
use crate::records::lists::{Due, Happening, VisitWarnings};
use crate::records::people::WhomToRing;

/// What was saved on this phone.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Saved {
    /// The case.
    pub case_id: String,
    /// The record.
    pub record_id: String,
    /// The entries that were added, for amendments and undo.
    pub entry_ids: Vec<String>,
    /// Changes that now exist only on this phone.
    pub only_here: u64,
}

/// A concern that was saved.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ConcernSaved {
    /// What was saved.
    pub saved: Saved,
    /// Whom to ring now, if harm is suspected.
    pub ring: Option<WhomToRing>,
}

/// The words that somebody is about to sign.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SigningText {
    /// The record.
    pub record_id: String,
    /// All that it says.
    pub text: String,
}

/// The version of a record that a screen showed. The app hands it back as it is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct TextVersion {
    /// Its newest changes.
    pub changes: Vec<String>,
}

/// One case as it was opened.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CasePage {
    /// The case.
    pub case_id: String,
    /// What a visitor must know before they knock: to be shown first.
    pub warnings: VisitWarnings,
    /// Whom to ring.
    pub ring: WhomToRing,
    /// What happened, newest first.
    pub chronology: Vec<Happening>,
    /// Records that are left out, and the screen must say so: a newer version of the app wrote in them (update it
    /// to read them), or they are damaged on this phone.
    pub unreadable: u64,
}

/// How far a record has come.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RecordState {
    /// Changes that only this phone has.
    pub only_here: u64,
    /// Changes that the server has and that come back in order with the next exchange.
    pub taken: u64,
    /// Changes that others have.
    pub with_others: u64,
    /// Why work of this record came back, in words.
    pub returned: Vec<String>,
}

/// Work that the server did not take.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Returned {
    /// Its name.
    pub returned_id: u64,
    /// The case.
    pub case_id: String,
    /// The record that it was meant for.
    pub record_id: String,
    /// What it was about.
    pub kind: Option<String>,
    /// A stable code.
    pub code: String,
    /// Why, in words.
    pub why: String,
    /// What was written, whole.
    pub words: Vec<String>,
}

/// The user's open cases for whoever takes them over.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Handover {
    /// The cases, by name.
    pub cases: Vec<HandoverCase>,
    /// Work that the server did not take and that only this phone has.
    pub returned: u64,
}

/// One case to hand over.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HandoverCase {
    /// The case.
    pub case_id: String,
    /// The child's name.
    pub name: String,
    /// Whether the user is its lead professional.
    pub leads: bool,
    /// Whether whoever takes over is in its team already.
    pub taker_is_member: bool,
    /// Disagreements that wait to be settled.
    pub conflicts: u64,
    /// What falls due, earliest first.
    pub due: Vec<Due>,
    /// What became of the user's values and they have not seen.
    pub unread: u64,
    /// Changes that only this phone has.
    pub only_here: u64,
    /// Records that are left out, and the screen must say so: as in [`CasePage`].
    pub unreadable: u64,
}

/// How far an exchange is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SyncProgress {
    /// Changes that came so far.
    pub received: u64,
    /// Changes that the server took so far.
    pub accepted: u64,
    /// Changes that are still to come, about.
    pub left: u64,
}

/// What an exchange did.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SyncSummary {
    /// Changes that the server took.
    pub accepted: u64,
    /// Changes that it did not take: see the returned work.
    pub returned: u64,
    /// Changes that it keeps apart for a reviewer: in the returned work, too.
    pub held: u64,
    /// Changes that came.
    pub received: u64,
    /// Changes that the phone keeps to send again later.
    pub waiting: u64,
    /// Requests made.
    pub exchanges: u32,
    /// Pages stored.
    pub pages: u32,
    /// Bytes of requests' bodies.
    pub bytes_up: u64,
    /// Bytes of answers' bodies.
    pub bytes_down: u64,
}

impl Saved {
    pub(crate) fn of(saved: device::Saved, only_here: u64) -> Self {
        Self {
            case_id: saved.case.to_string(),
            record_id: saved.record.to_string(),
            entry_ids: saved.entries.iter().map(ToString::to_string).collect(),
            only_here,
        }
    }
}

impl TextVersion {
    pub(crate) fn of(names: &[ChangeName]) -> Self {
        let name = |(actor, seq): &ChangeName| format!("{actor}-{seq}");
        Self { changes: names.iter().map(name).collect() }
    }

    pub(crate) fn names(&self) -> Result<Vec<ChangeName>, PhoneError> {
        let name = |text: &String| {
            let (actor, seq) = text.split_once('-')?;
            Some((actor.parse::<Actor>().ok()?, seq.parse().ok()?))
        };
        let names: Option<Vec<_>> = self.changes.iter().map(name).collect();
        names.ok_or_else(|| bad("this is no version that a screen showed"))
    }
}

impl From<device::RecordState> for RecordState {
    fn from(state: device::RecordState) -> Self {
        Self {
            only_here: state.only_here as u64,
            taken: state.taken as u64,
            with_others: state.with_others as u64,
            returned: state.returned,
        }
    }
}

impl From<device::Standing> for Returned {
    fn from(work: device::Standing) -> Self {
        Self {
            returned_id: work.id,
            case_id: work.case.to_string(),
            record_id: work.record.to_string(),
            kind: work.kind.map(|kind| kind.name().to_owned()),
            code: work.reason,
            why: work.why,
            words: work.words,
        }
    }
}

impl From<device::Handover> for Handover {
    fn from(handover: device::Handover) -> Self {
        let case = |case: device::CaseToHandOver| HandoverCase {
            case_id: case.case.to_string(),
            name: case.header.name,
            leads: case.leads,
            taker_is_member: case.taker_is_member,
            conflicts: case.conflicts.len() as u64,
            due: case.due.iter().map(Due::from).collect(),
            unread: case.unread.len() as u64,
            only_here: case.only_here as u64,
            unreadable: case.unreadable as u64,
        };
        Self {
            cases: handover.cases.into_iter().map(case).collect(),
            returned: handover.returned as u64,
        }
    }
}

impl SyncProgress {
    pub(crate) fn of(progress: &sync::Progress<'_>) -> Self {
        Self {
            received: progress.report.received as u64,
            accepted: progress.report.accepted as u64,
            left: progress.left,
        }
    }
}

impl From<sync::SyncReport> for SyncSummary {
    fn from(report: sync::SyncReport) -> Self {
        Self {
            accepted: report.accepted as u64,
            returned: report.returned as u64,
            held: report.held as u64,
            received: report.received as u64,
            waiting: report.waiting as u64,
            exchanges: report.exchanges,
            pages: report.pages,
            bytes_up: report.bytes_up,
            bytes_down: report.bytes_down,
        }
    }
}
