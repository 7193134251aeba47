//! A phone's day without signal: what its user does, by the actions that the app offers.

use sync_core::device::{Device, Facts};
use sync_core::ids::{CaseId, EntryId, RecordId};
use sync_core::record::entry::Entry;
use sync_core::record::fold::Folded;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::Contribution;
use sync_core::record::kinds::Draft;
use sync_core::record::kinds::assessment::JointText;
use sync_core::record::kinds::plan::PlanRow;
use sync_core::record::schema::Fact;
use sync_core::store::Store;
use sync_core::time::Timestamp;

use crate::workload::WorkloadError;
use crate::workload::area::Area;
use crate::workload::format::{Case, Day, Edit, What};
use crate::workload::script::{case_id, spliced, visit_draft};

/// Plays a day on its phone, which has no signal meanwhile.
///
/// # Errors
/// [`WorkloadError`]
pub fn play<S: Store>(
    area: &mut Area,
    phone: &mut Device<S>,
    cases: &[Case],
    day: &Day,
) -> Result<(), WorkloadError> {
    for edit in &day.edits {
        let case = edit.case.and_then(|case| cases.get(case));
        let case = case.ok_or_else(|| unknown(edit, "its case"))?;
        play_one(area, phone, case_id(case)?, edit)?;
    }
    Ok(())
}

fn play_one<S: Store>(
    area: &mut Area,
    phone: &mut Device<S>,
    case: CaseId,
    edit: &Edit,
) -> Result<(), WorkloadError> {
    let now = Timestamp(edit.t);
    match &edit.what {
        What::Visit { v } => {
            let entries = visit_draft(v).entries();
            let saved = phone.make(case, Kind::Visit, Compartment::Team, "", entries, now)?;
            area.names.visits.insert(saved.record, v.id.clone());
        }
        What::Text { domain, sp } => {
            let is = |entry: &Entry| JointText::read(entry).is_some_and(|it| it.element == *domain);
            let (record, entry) =
                find(phone, case, Kind::Assessment, is)?.ok_or_else(|| unknown(edit, domain))?;
            let folded = phone.record(&record)?;
            let text = folded.entry(&entry).and_then(|entry| entry.text.clone());
            let new = spliced(&text.unwrap_or_default(), sp);
            let version = phone.version(&record)?;
            phone.edit_text(&record, &entry, &new, &version, now)?;
        }
        What::Status { id, to } => {
            let is = |entry: &Entry| PlanRow::read(entry).is_some_and(|row| row.need == *id);
            let (record, row) =
                find(phone, case, Kind::Plan, is)?.ok_or_else(|| unknown(edit, id))?;
            let status = Facts::new(Fact::RowStatus, to.as_str()).of(row.to_string());
            let envelope = phone.envelope(&record)?;
            phone.assert(&envelope, &status, now)?;
        }
        What::Risk { to } => {
            let team = Compartment::Team.case_record(&case);
            let envelope = phone.envelope(&team)?;
            phone.assert(&envelope, &Facts::new(Fact::Risk, to.as_str()), now)?;
        }
        _ => return Err(unknown(edit, "an edit of history")),
    }
    Ok(())
}

/// The first entry of a case's records of a kind for which `is` says yes.
fn find<S: Store>(
    phone: &Device<S>,
    case: CaseId,
    kind: Kind,
    is: impl Fn(&Entry) -> bool,
) -> Result<Option<(RecordId, EntryId)>, WorkloadError> {
    for row in phone.store().records_of_case(&case)? {
        if row.kind != kind.code() {
            continue;
        }
        let folded: Folded = phone.record(&row.id)?;
        if let Some(entry) = folded.entries.iter().find(|entry| is(entry)) {
            return Ok(Some((row.id, entry.id)));
        }
    }
    Ok(None)
}

fn unknown(edit: &Edit, what: &str) -> WorkloadError {
    WorkloadError::Unknown { case: edit.case.unwrap_or_default(), what: what.to_owned() }
}
