//! What is written down of a batch: how many changes of it came to what, and never what they say.

use std::collections::BTreeMap;

use sync_core::ids::CaseId;
use sync_core::protocol::message::{Answer, Outcome};

use crate::db::audit::AuditRow;
use crate::ingest::Arrival;
use crate::ingest::judge::Verdict;
use crate::service::audit::{Act, Note, Origin, Pen, Who};

/// The rows of a batch: one of the whole if anything of it was taken or kept or it could not be read,
/// and one of each case of which something was refused or built on what is not there, so that whoever
/// tries what there is of a case is found by it. A resend and what is for a newer server leave none.
pub(super) fn rows(arrival: &Arrival, verdict: &Verdict) -> Vec<AuditRow> {
    let who = Who::of(&arrival.principal, Some(arrival.device), Origin::Unknown);
    let (works, cluster) = (who.clusters.contains(&arrival.cluster()), arrival.cluster());
    let mut pen = Pen::new(who, arrival.at, arrival.id);
    notes(verdict)
        .into_iter()
        // A phone may name any cluster; only one that its user works in has a chain.
        .map(|note| if works { note.in_cluster(cluster) } else { note })
        .flat_map(|note| pen.rows(&note))
        .collect()
}

fn notes(verdict: &Verdict) -> Vec<Note> {
    let answers: Vec<_> = verdict.answers.iter().collect();
    let mut notes = Vec::new();
    match (answers.is_empty(), verdict.is_empty()) {
        (true, _) => notes.push(note(&answers).refused("malformed")),
        (false, false) => notes.push(note(&answers)),
        (false, true) => {}
    }
    for (case, answers) in by_case(verdict) {
        let Some(code) = why_not(&answers) else { continue };
        let note = note(&answers).refused(code).in_case(case);
        // Those who answer for the case find it where they look.
        let elsewhere = verdict.elsewhere.get(&case);
        notes.push(elsewhere.into_iter().fold(note, |note, cluster| note.in_cluster(*cluster)));
    }
    notes
}

fn note(answers: &[&Answer]) -> Note {
    Note::of(Act::Push).counting(answers.len()).with(counted(answers))
}

fn by_case(verdict: &Verdict) -> BTreeMap<CaseId, Vec<&Answer>> {
    let mut cases: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for answer in &verdict.answers {
        if let Some(case) = verdict.cases.get(&answer.record) {
            cases.entry(*case).or_default().push(answer);
        }
    }
    cases
}

/// The first code of what was refused; of what builds on something that is not there if nothing was.
fn why_not(answers: &[&Answer]) -> Option<String> {
    let refused = answers.iter().find_map(|answer| match &answer.outcome {
        Outcome::Refused(code) => Some(code.clone()),
        _ => None,
    });
    let needs = answers.iter().any(|answer| answer.outcome == Outcome::Needs);
    refused.or_else(|| needs.then(|| "needs".to_owned()))
}

fn counted(answers: &[&Answer]) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for answer in answers {
        let name = match &answer.outcome {
            Outcome::Accepted => "taken".to_owned(),
            Outcome::AlreadyHad => "known".to_owned(),
            Outcome::Needs => "needs others".to_owned(),
            Outcome::NotYet => "not yet".to_owned(),
            Outcome::DependsOnRefused => "depends on refused".to_owned(),
            Outcome::Refused(code) => format!("refused {code}"),
            Outcome::Quarantined(code) => format!("kept for review {code}"),
        };
        *counts.entry(name).or_default() += 1;
    }
    let counts: Vec<_> = counts.iter().map(|(name, count)| format!("{name}: {count}")).collect();
    counts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::ids::{Actor, ClusterId, RecordId};

    /// What is noted of answers about a record each, in as many cases: the outcomes of the rows.
    fn noted(outcomes: &[Outcome]) -> Vec<(bool, String)> {
        let mut verdict = Verdict::default();
        for (n, outcome) in (1..).zip(outcomes) {
            let (record, actor) = (RecordId::from_bytes([n; 16]), Actor::from_bytes([2; 16]));
            verdict.cases.insert(record, CaseId::from_bytes([n; 16]));
            verdict.answers.push(Answer { record, actor, seq: 1, outcome: outcome.clone() });
        }
        let who = Who { clusters: [ClusterId::from_bytes([1; 16])].into(), ..Who::default() };
        let mut pen = Pen::new(who, sync_core::time::Timestamp(1), [1; 16]);
        let rows = notes(&verdict).into_iter().flat_map(|note| pen.rows(&note));
        rows.map(|row| (row.case.is_some(), row.outcome)).collect()
    }

    #[test]
    fn each_case_that_was_tried_has_a_row_and_a_resend_has_none() {
        let refused = Outcome::Refused("unknown_case".into());
        let row = |code: &str| (true, code.to_owned());
        assert_eq!(
            noted(&[refused, Outcome::Needs, Outcome::AlreadyHad, Outcome::NotYet]),
            [row("unknown_case"), row("needs")]
        );
        assert_eq!(noted(&[]), [(false, "malformed".to_owned())]);
        assert_eq!(noted(&[Outcome::AlreadyHad, Outcome::NotYet]), []);
    }

    #[test]
    fn a_row_says_how_many_changes_came_to_what() {
        let (record, actor) = (RecordId::from_bytes([1; 16]), Actor::from_bytes([2; 16]));
        let answer = |outcome| Answer { record, actor, seq: 1, outcome };
        let refused = Outcome::Refused("unknown_case".into());
        let answers = [refused, Outcome::Accepted, Outcome::Accepted].map(answer);
        let all: Vec<_> = answers.iter().collect();
        assert_eq!(counted(&all), "refused unknown_case: 1, taken: 2");
    }
}
