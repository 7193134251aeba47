//! Plain records that cross the boundary by value. Times are milliseconds since 1970 in UTC; ids are text
//! as the lists gave it.

pub mod attachments;
pub mod forms;
pub mod lists;
pub mod meetings;
pub mod sheet;

mod choices;
mod filter;
mod me;
mod people;
mod work;

pub use attachments::{AttachmentBytes, AttachmentLine, AttachmentSort};
pub use choices::{Choice, FactAbout, FactAsks, FactField, Form, FormElement};
pub use filter::{CaseFilter, CaseSort};
pub use me::{Myself, OnlyHere, OwnCluster};
pub use meetings::{AgreedAction, Attendee, Minutes, NewIntervention, NewMeeting, NewSession};
pub use people::{Colleague, EmergencyNumber, Enrolment, PersonToRing, SignIn, WhomToRing};
pub use work::{
    CasePage, ConcernSaved, Handover, HandoverCase, RecordState, Returned, Saved, SigningText,
    SyncProgress, SyncSummary, TextVersion,
};
