//! What screens, lists and figures are made of: a case put together from its records, read only.

mod case;
mod context;
mod due;
mod extract;
pub mod gist;
mod join;
pub mod kinds;
mod record;
mod sheet;
pub mod signals;
mod warnings;

pub use case::{CaseHeader, CaseView, header, raises_harm_flag};
pub use context::{People, case_context, child_age_years};
pub use due::{
    DueDate, due_dates, due_in_record, ends_the_last, is_member, is_superseded_by_the_next,
};
pub use extract::{Excluded, Extract, ExtractView, TermAttendance, TermView};
pub use join::{aliases, are_joined, join};
pub use record::{ChronologyLine, EntryView, RecordView, chronology_line};
pub use sheet::{
    Sheet, SheetAmendment, SheetFact, SheetLine, SheetPart, SheetSignature, SheetValue, Shown,
    words_of,
};
pub use warnings::{RestrictedContact, Warnings};
