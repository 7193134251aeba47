//! What phones that have synced must agree on: the values, the disagreements, and who is told.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use sync_core::device::NoticeLine;
use sync_core::ids::{CaseId, EntryId, RecordId};
use sync_core::merge::InForce;
use sync_core::record::schema::Fact;
use sync_core::view::{CaseView, RecordView};

use crate::sim::checkers::{Entitlement, readable};
use crate::sim::model::{Model, Said, standing};
use crate::sim::phone::Phone;
use crate::sim::plant::{Plant, by_clock, drop_rival, own_first};
use crate::sim::promise::{Promise, Violation};

/// A case as a phone shows it, with who else must show the same.
struct Shown {
    phone: usize,
    records: BTreeSet<RecordId>,
    view: CaseView,
}

/// P2 and P6 at quiescence, over every case.
///
/// # Errors
/// [`Promise::Converged`], [`Promise::Told`]; [`Promise::Working`] for what a phone cannot read.
pub fn agree(
    phones: &[Phone],
    model: &Model,
    allowed: &mut Entitlement<'_>,
    plant: Option<Plant>,
) -> Result<(), Violation> {
    let cases: BTreeSet<CaseId> = model.envelopes().values().map(|it| it.case).collect();
    let mut notices: Vec<Vec<NoticeLine>> =
        phones.iter().map(|phone| phone.device.notices()).collect::<Result<_, _>>()?;
    if plant == Some(Plant::NoticeSwallowed) {
        notices.iter_mut().for_each(|lines| drop(lines.pop()));
    }
    for case in cases {
        let shown = show(phones, case, model, allowed, plant)?;
        for (a, b) in shown.iter().zip(shown.iter().skip(1)) {
            same(a, b)?;
        }
        for it in &shown {
            for record in &it.view.records {
                let said = model.said(&record.id);
                for ((fact, subject), said) in &said {
                    nothing_dropped(it.phone, record, (*fact, subject), said)?;
                    told(&phones[it.phone], record, (*fact, subject), said, &notices[it.phone])?;
                }
            }
        }
    }
    Ok(())
}

fn show(
    phones: &[Phone],
    case: CaseId,
    model: &Model,
    allowed: &mut Entitlement<'_>,
    plant: Option<Plant>,
) -> Result<Vec<Shown>, Violation> {
    let mut all = Vec::new();
    for (phone, it) in phones.iter().enumerate() {
        let Some(records) = readable(it, case, model, allowed)? else { continue };
        let mut view = it.device.case(case, true)?;
        // A phone shows the rest beside what it cannot read; here everybody has the same version.
        if it.device.unreadable(case)? > 0 {
            let what = format!("phone {phone} cannot read all that it has of case {case}");
            return Err(Violation::of(Promise::Working, what));
        }
        match plant {
            Some(Plant::RivalDropped) if phone == 0 => drop_rival(&mut view),
            Some(Plant::ArrivalOrder) => own_first(&mut view, &it.device.identity().principal.user),
            _ => {}
        }
        all.push(Shown { phone, records, view });
    }
    // Neighbours of one entitlement are compared.
    all.sort_by(|a, b| (&a.records, a.phone).cmp(&(&b.records, b.phone)));
    Ok(all)
}

fn same(a: &Shown, b: &Shown) -> Result<(), Violation> {
    if a.records != b.records {
        return Ok(());
    }
    let (left, right) = (serde_json::to_string(&a.view)?, serde_json::to_string(&b.view)?);
    if left == right {
        return Ok(());
    }
    let at = left.bytes().zip(right.bytes()).take_while(|(l, r)| l == r).count();
    let from = at.saturating_sub(80);
    let part = |text: &str| text.get(from..(at + 60).min(text.len())).unwrap_or("").to_owned();
    let what = format!(
        "phones {} and {} differ about case {}: {:?} against {:?}",
        a.phone,
        b.phone,
        a.view.case,
        part(&left),
        part(&right)
    );
    Err(Violation::of(Promise::Converged, what))
}

/// Every assertion that nobody replaced is among the rivals, where they are not all alike.
fn nothing_dropped(
    phone: usize,
    record: &RecordView,
    (fact, subject): (Fact, &str),
    said: &[Said],
) -> Result<(), Violation> {
    let standing = standing(said);
    let values: BTreeSet<_> = standing.iter().map(|it| &it.value).collect();
    let found = record.conflicts.iter().find(|it| it.fact == fact && it.subject == subject);
    let rivals: BTreeSet<EntryId> =
        found.iter().flat_map(|it| it.rivals.iter().map(|rival| rival.entry)).collect();
    let expected: BTreeSet<EntryId> = standing.iter().map(|it| it.id).collect();
    if values.len() < 2 || rivals == expected {
        return Ok(());
    }
    let what = format!(
        "phone {phone} shows {} of {} rivals about {} in {}",
        rivals.len(),
        expected.len(),
        fact.name(),
        record.id
    );
    Err(Violation::of(Promise::Converged, what))
}

/// P6: the user of this phone has a notice for each of their assertions that stands and does not
/// hold, and for each that somebody else replaced with another value.
fn told(
    phone: &Phone,
    record: &RecordView,
    (fact, subject): (Fact, &str),
    said: &[Said],
    notices: &[NoticeLine],
) -> Result<(), Violation> {
    let user = phone.device.identity().principal.user;
    let has = notices
        .iter()
        .filter(|line| line.record == record.id)
        .any(|line| line.notice.fact == fact && line.notice.subject == subject);
    let own: Vec<&Said> = said.iter().filter(|it| it.by == user).collect();
    let conflict = record.conflicts.iter().find(|it| it.fact == fact && it.subject == subject);
    let loses = |it: &&Said| conflict.is_some_and(|found| !holds(&found.in_force, it));
    let standing_lost = standing(said).into_iter().filter(|it| it.by == user).any(|it| loses(&it));
    // Who has said something since has had their answer; only a single word of theirs is judged.
    let replaced = own.len() == 1
        && said.iter().any(|it| {
            it.by != user && it.replaces.contains(&own[0].id) && it.value != own[0].value
        });
    if (standing_lost || replaced) && !has {
        let what =
            format!("{user} is not told that {} in {} is not theirs", fact.name(), record.id);
        return Err(Violation::of(Promise::Told, what));
    }
    Ok(())
}

fn holds(in_force: &InForce, said: &Said) -> bool {
    if let InForce::Combined(scope) = in_force {
        return *scope == sync_core::merge::ConsentScope::of(&said.value.0);
    }
    in_force.held().iter().any(|held| held.value == said.value.0)
}

/// What holds, without a moment in it: two runs of one seed with other clocks must agree on this.
///
/// # Errors
/// A failure of the product.
pub fn outcome(phones: &[Phone], plant: Option<Plant>) -> Result<Json, Violation> {
    let mut outcome = Vec::new();
    for phone in phones {
        let mut cases = BTreeMap::new();
        for line in phone.device.caseload()? {
            let mut view = phone.device.case(line.case, false)?;
            if plant == Some(Plant::ClockDecides) {
                by_clock(&mut view);
            }
            let mut view = serde_json::to_value(view)?;
            // The chronology is ordered by what people's clocks said, and shows it.
            if let Some(fields) = view.as_object_mut() {
                fields.remove("chronology");
            }
            strip_moments(&mut view);
            cases.insert(line.case.to_string(), view);
        }
        outcome.push(serde_json::to_value(cases)?);
    }
    Ok(Json::Array(outcome))
}

fn strip_moments(json: &mut Json) {
    match json {
        Json::Object(fields) => {
            fields.remove("at");
            fields.remove("clock_ahead_ms");
            fields.values_mut().for_each(strip_moments);
        }
        Json::Array(items) => items.iter_mut().for_each(strip_moments),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}
