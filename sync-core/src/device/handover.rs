//! A caseload for whoever takes it over: what is unread, due, in dispute, or only on this phone.

use serde::Serialize;

use crate::device::{Device, DeviceError, NoticeLine};
use crate::ids::{CaseId, UserId};
use crate::merge::{Conflict, Severity, conflicts};
use crate::record::kind::Compartment;
use crate::store::Store;
use crate::view::{CaseHeader, DueDate, due_dates, header, is_member};

/// The user's open cases, and what must be seen to first.
#[derive(Clone, Debug, Serialize)]
pub struct Handover {
    /// The cases that the user leads or in whose team they are, by name.
    pub cases: Vec<CaseToHandOver>,
    /// Work that the server did not take and that only this phone has.
    pub returned: usize,
}

/// One case to hand over.
#[derive(Clone, Debug, Serialize)]
pub struct CaseToHandOver {
    /// The case.
    pub case: CaseId,
    /// What lists show of it.
    #[serde(flatten)]
    pub header: CaseHeader,
    /// Whether the user is its lead professional.
    pub leads: bool,
    /// Whether whoever takes over is in its team already.
    pub taker_is_member: bool,
    /// What waits to be settled.
    pub conflicts: Vec<Conflict>,
    /// What falls due, earliest first.
    pub due: Vec<DueDate>,
    /// What became of the user's values and they have not seen.
    pub unread: Vec<NoticeLine>,
    /// Changes that only this phone has.
    pub only_here: usize,
    /// Records that cannot be shown here: a newer version of the app wrote in them, or they are damaged on
    /// this phone.
    pub unreadable: usize,
}

impl<S: Store> Device<S> {
    /// What `taker` should know who takes the user's cases over. Answered from what the phone has.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn handover(&self, taker: &UserId) -> Result<Handover, DeviceError> {
        let mut cases = Vec::new();
        for case in self.store.cases()? {
            cases.extend(self.case_to_hand_over(case, taker)?);
        }
        cases.sort_by(|a, b| (&a.header.name, a.case).cmp(&(&b.header.name, b.case)));
        Ok(Handover { cases, returned: self.store.returned()?.len() })
    }

    fn case_to_hand_over(
        &self,
        case: CaseId,
        taker: &UserId,
    ) -> Result<Option<CaseToHandOver>, DeviceError> {
        let merging = self.merging(&case);
        // Who is in the team of a case whose own record is damaged nobody knows here: it is handed over all the same.
        let (team, damaged) = match self.own_record(case, Compartment::Team) {
            Err(DeviceError::Record(error)) if error.is_of_one() => (self.shown_team(case)?, true),
            team => (team?, false),
        };
        let mut header = header(&team, &merging);
        if damaged && let Some(line) = self.line_to_find(&case)? {
            header.name = line.name;
        }
        let user = self.identity.principal.user;
        let leads = header.lead_professional == Some(user);
        let is_theirs = damaged || leads || is_member(&team, &user, &merging);
        if !is_theirs || !(header.open || damaged) {
            return Ok(None);
        }
        let (mut records, unreadable, only_here) = self.fold_case(case, false)?;
        let moves = self.moves(case, false)?;
        records.retain(|folded| !moves.contains_key(&folded.envelope.id()));
        let unread = self.notices_of_case(&case)?.into_iter().filter(|line| !line.seen);
        let open = records.iter().flat_map(|folded| conflicts(&folded.entries, &merging));
        Ok(Some(CaseToHandOver {
            case,
            leads,
            taker_is_member: is_member(&team, taker, &merging),
            conflicts: open.filter(|it| it.severity == Severity::Safety).collect(),
            due: due_dates(&records, &merging),
            unread: unread.collect(),
            only_here,
            unreadable,
            header,
        }))
    }
}
