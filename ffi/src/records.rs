//! Plain records that cross the boundary by value. Times are milliseconds since 1970 in UTC; ids are text
//! as the lists gave it.

pub mod attachments;
pub mod forms;
pub mod lists;
pub mod sheet;

mod filter;
mod people;
mod work;

pub use attachments::{AttachmentBytes, AttachmentLine, AttachmentSort};
pub use filter::{CaseFilter, CaseSort};
pub use people::{Colleague, EmergencyNumber, Enrolment, PersonToRing, SignIn, WhomToRing};
pub use work::{
    CasePage, ConcernSaved, Handover, HandoverCase, RecordState, Returned, Saved, SigningText,
    SyncProgress, SyncSummary, TextVersion,
};
