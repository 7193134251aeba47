//! A case put together from the records that the reader has.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use serde::Serialize;

use crate::ids::{CaseId, RecordId, UserId};
use crate::merge::{Context, InForce, resolve_of};
use crate::record::fold::Folded;
use crate::record::kind::Kind;
use crate::record::schema::Fact;
use crate::record::value::Value;
use crate::view::extract::{Extract, ExtractView};
use crate::view::record::{ChronologyLine, RecordView, chronology_line};
use crate::view::warnings::Warnings;

/// A case for reading.
#[derive(Clone, Debug, Serialize)]
pub struct CaseView {
    /// The case.
    pub case: CaseId,
    /// Its records by id.
    pub records: Vec<RecordView>,
    /// What happened, newest first.
    pub chronology: Vec<ChronologyLine>,
    /// What the pupil roll says, where the reader may see the team's records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extract: Option<ExtractView>,
    /// What a visitor must know before they knock, as the server said last: newer than the records where
    /// those come no longer.
    #[serde(skip_serializing_if = "Warnings::is_empty")]
    pub warnings: Warnings,
    /// Records that are left out: a newer version of the app wrote in them, or they are damaged on the phone.
    #[serde(skip_serializing_if = "is_none")]
    pub unreadable: usize,
}

const fn is_none(count: &usize) -> bool {
    *count == 0
}

impl CaseView {
    /// Puts a case together. `moves` says which records were re-homed, and to which: they are shown
    /// as they were, marked, and count for nothing.
    #[must_use]
    pub fn of(
        case: CaseId,
        records: &[Folded],
        moves: &BTreeMap<RecordId, RecordId>,
        context: &Context<'_>,
    ) -> Self {
        let mut views: Vec<_> = records.iter().map(|it| RecordView::of(it, context)).collect();
        views.sort_by_key(|view| view.id);
        for view in &mut views {
            if let Some(target) = moves.get(&view.id) {
                view.moved_to = Some(*target);
                view.conflicts.clear();
            }
        }
        let stays = |it: &&Folded| !moves.contains_key(&it.envelope.id());
        let stay = records.iter().filter(stays);
        let mut chronology: Vec<_> = stay.filter_map(chronology_line).collect();
        chronology.sort_by_key(|line| (std::cmp::Reverse(line.at), line.record));
        let (extract, warnings, unreadable) = (None, Warnings::default(), 0);
        Self { case, records: views, chronology, extract, warnings, unreadable }
    }

    /// The case with what the pupil roll says, by the framework that its stage is in the words of.
    #[must_use]
    pub fn with(self, extract: &Extract, team: &CaseHeader, context: &Context<'_>) -> Self {
        let framework = team.framework.as_deref();
        let extract = ExtractView::of(extract, context.catalogue, framework);
        Self { extract: Some(extract), ..self }
    }
}

/// What lists and the directory show of a case.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Encode, Decode)]
#[cbor(map)]
pub struct CaseHeader {
    /// The child's name, as far as recorded.
    #[n(0)]
    pub name: String,
    /// School or nursery.
    #[n(1)]
    pub school: String,
    /// The stage in force, or the stages that stand side by side.
    #[n(2)]
    pub stage: Vec<String>,
    /// The stage's framework, if one is in force.
    #[n(3)]
    pub framework: Option<String>,
    /// Whether people disagree about the stage.
    #[n(4)]
    pub stage_disputed: bool,
    /// Risk in force.
    #[n(5)]
    pub risk: Option<String>,
    /// Risk to a visitor in force.
    #[n(6)]
    pub visit_risk: Option<String>,
    /// The lead professional in force.
    #[n(7)]
    pub lead_professional: Option<UserId>,
    /// Whether work goes on.
    #[n(8)]
    pub open: bool,
}

/// What a header is made of.
const HEADER: [Fact; 8] = [
    Fact::GivenName,
    Fact::FamilyName,
    Fact::School,
    Fact::Stage,
    Fact::Risk,
    Fact::VisitRisk,
    Fact::LeadProfessional,
    Fact::CaseState,
];

/// Reads the header from a case's own record for the team.
#[must_use]
pub fn header(team: &Folded, context: &Context<'_>) -> CaseHeader {
    let facts = resolve_of(&HEADER, &team.entries, context);
    let find = |fact: Fact| facts.iter().find(|resolved| resolved.fact == fact);
    let words =
        |fact: Fact| find(fact).map(|resolved| texts(&resolved.in_force)).unwrap_or_default();
    let first = |fact: Fact| words(fact).into_iter().next();
    let name = [first(Fact::GivenName), first(Fact::FamilyName)];
    let stage = find(Fact::Stage);
    let lead = find(Fact::LeadProfessional).and_then(|resolved| resolved.in_force.one());
    CaseHeader {
        name: name.into_iter().flatten().collect::<Vec<_>>().join(" "),
        school: first(Fact::School).unwrap_or_default(),
        stage: words(Fact::Stage),
        framework: stage.and_then(|s| s.in_force.one()).and_then(|held| held.framework.clone()),
        stage_disputed: stage.is_some_and(|stage| stage.disputed),
        risk: first(Fact::Risk),
        visit_risk: first(Fact::VisitRisk),
        lead_professional: lead
            .and_then(|held| held.value.as_bytes())
            .and_then(|bytes| UserId::from_slice(bytes).ok()),
        open: first(Fact::CaseState).is_none_or(|state| state == "open"),
    }
}

fn texts(in_force: &InForce) -> Vec<String> {
    let held = match in_force {
        InForce::One(held) => std::slice::from_ref(held),
        other => other.held(),
    };
    held.iter().filter_map(|held| held.value.as_text().map(str::to_owned)).collect()
}

/// Whether a concern suspects harm and is not settled: it raises the harm flag.
#[must_use]
pub fn raises_harm_flag(concern: &Folded, context: &Context<'_>) -> bool {
    if concern.envelope.kind() != Kind::Concern {
        return false;
    }
    let said = [Fact::HarmSuspected, Fact::ConcernState];
    let facts = resolve_of(&said, &concern.entries, context);
    let one = |fact: Fact| {
        facts.iter().find(|resolved| resolved.fact == fact)?.in_force.one().map(|held| &held.value)
    };
    one(Fact::HarmSuspected) == Some(&Value::Bool(true))
        && one(Fact::ConcernState).and_then(Value::as_text) != Some("closed")
}
