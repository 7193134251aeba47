//! What is written down of a batch: how many changes of it came to what, and never what they say.

use std::collections::BTreeMap;

use sync_core::protocol::message::{Answer, Outcome};

use crate::db::audit::AuditRow;
use crate::ingest::Arrival;
use crate::service::audit::{Act, Note, Origin, Pen, Who};

/// The rows of a batch by what it was answered.
pub(super) fn rows(arrival: &Arrival, answers: &[Answer]) -> Vec<AuditRow> {
    let cluster = arrival.cluster();
    let who = Who::of(&arrival.principal, Some(arrival.device), Origin::Unknown);
    let note = Note::of(Act::Push).counting(answers.len()).with(counted(answers));
    // A phone may name any cluster; only one that its user works in has a chain.
    let works = who.clusters.contains(&cluster);
    let note = if works { note.in_cluster(cluster) } else { note };
    let note = match refused(answers) {
        Some(code) => note.refused(code),
        None => note,
    };
    Pen::new(who, arrival.at, arrival.id).rows(&note)
}

/// Whether a batch that changes nothing is worth a row: a resend and what must wait are not.
pub(super) fn is_refused(answers: &[Answer]) -> bool {
    refused(answers).is_some()
}

/// The code of a batch of which nothing was taken or kept; none of others.
fn refused(answers: &[Answer]) -> Option<String> {
    let mut code = None;
    for answer in answers {
        match &answer.outcome {
            Outcome::Refused(why) => code = code.or(Some(why.clone())),
            Outcome::DependsOnRefused => {}
            Outcome::Accepted
            | Outcome::AlreadyHad
            | Outcome::Needs
            | Outcome::Quarantined(_)
            | Outcome::NotYet => return None,
        }
    }
    if answers.is_empty() { Some("malformed".to_owned()) } else { code }
}

fn counted(answers: &[Answer]) -> String {
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
    use sync_core::ids::{Actor, RecordId};

    fn answers(outcomes: &[Outcome]) -> Vec<Answer> {
        let (record, actor) = (RecordId::from_bytes([1; 16]), Actor::from_bytes([2; 16]));
        let answer = |outcome: &Outcome| Answer { record, actor, seq: 1, outcome: outcome.clone() };
        outcomes.iter().map(answer).collect()
    }

    #[test]
    fn a_batch_is_refused_if_nothing_of_it_was_taken_or_kept() {
        let refused = Outcome::Refused("unknown_case".into());
        let all = answers(&[refused.clone(), Outcome::DependsOnRefused]);
        assert!(is_refused(&all) && is_refused(&[]));
        assert_eq!(counted(&all), "depends on refused: 1, refused unknown_case: 1");
        let some = answers(&[refused, Outcome::Accepted, Outcome::Accepted]);
        assert!(!is_refused(&some) && !is_refused(&answers(&[Outcome::AlreadyHad])));
        assert_eq!(counted(&some), "refused unknown_case: 1, taken: 2");
    }
}
