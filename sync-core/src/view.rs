//! What screens, lists and figures are made of: a case put together from its records, read only.

mod case;
mod context;
mod extract;
pub mod kinds;
mod record;

pub use case::{CaseHeader, CaseView, header, raises_harm_flag};
pub use context::{People, case_context, child_age_years};
pub use extract::{Excluded, Extract, ExtractView, TermAttendance, TermView};
pub use record::{ChronologyLine, EntryView, RecordView, chronology_line};
