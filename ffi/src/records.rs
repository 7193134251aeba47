//! Plain records that cross the boundary by value. Times are milliseconds since 1970 in UTC; ids are
//! 32 hexadecimal digits.

use sync_core::device::CaseloadLine;
use sync_core::device::sync::SyncReport;

/// One case of the caseload.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CaseLine {
    /// The case.
    pub case_id: String,
    /// The child's name.
    pub name: String,
    /// School or nursery.
    pub school: String,
    /// The stage in force; several while frameworks differ.
    pub stages: Vec<String>,
    /// Whether people disagree about the stage.
    pub stage_disputed: bool,
    /// Disagreements that a person must settle.
    pub safety_conflicts: u64,
    /// Changes that only this phone has.
    pub only_here: u64,
}

impl From<CaseloadLine> for CaseLine {
    fn from(line: CaseloadLine) -> Self {
        Self {
            case_id: line.case.to_string(),
            name: line.header.name,
            school: line.header.school,
            stages: line.header.stage,
            stage_disputed: line.header.stage_disputed,
            safety_conflicts: line.safety_conflicts as u64,
            only_here: line.only_here as u64,
        }
    }
}

/// A visit to record.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NewVisit {
    /// The case.
    pub case_id: String,
    /// When it was.
    pub at_ms: i64,
    /// Where.
    pub place: Option<String>,
    /// Whether the child was seen.
    pub child_seen: Option<bool>,
    /// What the worker wrote.
    pub narrative: String,
}

/// What was saved on this phone.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Saved {
    /// The record.
    pub record_id: String,
    /// Changes that now exist only on this phone.
    pub only_here: u64,
}

/// What an exchange did.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SyncSummary {
    /// Changes that the server took.
    pub accepted: u64,
    /// Changes that it did not take: see the returned work.
    pub returned: u64,
    /// Changes that came.
    pub received: u64,
    /// Requests made.
    pub exchanges: u32,
}

impl From<SyncReport> for SyncSummary {
    fn from(report: SyncReport) -> Self {
        Self {
            accepted: report.accepted as u64,
            returned: report.returned as u64,
            received: report.received as u64,
            exchanges: report.exchanges,
        }
    }
}
