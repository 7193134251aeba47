//! What waits for the user: disagreements to settle, and what became of their own values.

use serde::Serialize;

use crate::device::read::NoticeLine;
use crate::device::{Device, DeviceError};
use crate::gate::permission::{may_settle, record_facts};
use crate::ids::{CaseId, RecordId};
use crate::merge::{Conflict, Severity, conflicts};
use crate::record::fold::Folded;
use crate::record::kind::Compartment;
use crate::store::{Shelf, Store};
use crate::time::{Date, Timestamp};
use crate::view::DueDate;

/// What waits for the user.
#[derive(Clone, Debug, Serialize)]
pub struct Inbox {
    /// Disagreements about what keeps a child safe, by child: what holds meanwhile, and why.
    pub conflicts: Vec<InboxConflict>,
    /// What became of the user's own values and they have not seen.
    pub notices: Vec<NoticeLine>,
}

/// A disagreement about what keeps a child safe.
#[derive(Clone, Debug, Serialize)]
pub struct InboxConflict {
    /// The case.
    pub case: CaseId,
    /// The child's name.
    pub name: String,
    /// The record.
    pub record: RecordId,
    /// Who it is for.
    pub compartment: Compartment,
    /// Both values and more.
    #[serde(flatten)]
    pub conflict: Conflict,
    /// Whether the user may settle it, as far as the phone knows.
    pub may_settle: bool,
}

/// Something that falls due.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct DueLine {
    /// What, when and where.
    #[serde(flatten)]
    pub due: DueDate,
    /// The child's name.
    pub name: String,
    /// The case.
    pub case: CaseId,
    /// Whether its day has passed.
    pub overdue: bool,
}

impl<S: Store> Device<S> {
    /// What waits for the user.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn inbox(&self, now: Timestamp) -> Result<Inbox, DeviceError> {
        let (mut waiting, mut notices) = (Vec::new(), Vec::new());
        for (case, line) in self.lines()? {
            if line.safety > 0 {
                self.conflicts_of(case, now, &mut waiting)?;
            }
            let mut unseen = false;
            for id in &line.notices {
                unseen |= self.store.item(Shelf::Notice, id)?.is_none();
            }
            if unseen {
                let all = self.notices_of_case(&case)?;
                notices.extend(all.into_iter().filter(|notice| !notice.seen));
            }
        }
        waiting.sort_by(|a, b| (&a.name, a.case).cmp(&(&b.name, b.case)));
        Ok(Inbox { conflicts: waiting, notices })
    }

    fn conflicts_of(
        &self,
        case: CaseId,
        now: Timestamp,
        waiting: &mut Vec<InboxConflict>,
    ) -> Result<(), DeviceError> {
        let merging = self.merging(&case);
        let team = self.shown_team(case)?;
        let name = crate::view::header(&team, &merging).name;
        let moves = self.moves(case, false)?;
        for (row, folded) in self.folded_rows(&case)? {
            if moves.contains_key(&row.id) {
                continue;
            }
            let open = conflicts(&folded.entries, &merging).into_iter();
            for conflict in open.filter(|it| it.severity == Severity::Safety) {
                waiting.push(InboxConflict {
                    case,
                    name: name.clone(),
                    record: row.id,
                    compartment: folded.envelope.compartment,
                    may_settle: self.may_settle(&folded, &conflict, now)?,
                    conflict,
                });
            }
        }
        Ok(())
    }

    fn may_settle(
        &self,
        folded: &Folded,
        conflict: &Conflict,
        now: Timestamp,
    ) -> Result<bool, DeviceError> {
        let context = match self.context(folded.envelope.case, now) {
            // Who is at the case is not known here then.
            Err(DeviceError::Record(error)) if error.is_of_one() => return Ok(false),
            context => context?,
        };
        let record = record_facts(&folded.envelope);
        Ok(may_settle(&self.identity.principal, &context, &record, conflict))
    }

    /// What falls due in the user's open cases, earliest first.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn due(&self, today: Date) -> Result<Vec<DueLine>, DeviceError> {
        let mut lines = Vec::new();
        for line in self.caseload()?.into_iter().filter(|line| line.header.open) {
            let (name, case) = (line.header.name, line.case);
            lines.extend(line.due.into_iter().map(|due| DueLine {
                overdue: due.is_overdue(today),
                name: name.clone(),
                case,
                due,
            }));
        }
        lines.sort();
        Ok(lines)
    }
}
