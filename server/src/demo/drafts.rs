//! What was invented, as the records that a phone makes of it. No word is added here that a person
//! would have written.

use jiff::civil::Date as Day;
use sync_core::ids::AgencyId;
use sync_core::record::change::NewEntry;
use sync_core::record::kind::Kind;
use sync_core::record::kinds::assessment::{AssessmentDraft, Conclusion, Finding, FindingSort};
use sync_core::record::kinds::case::{CaseFacts, Identifier, Person};
use sync_core::record::kinds::concern::{ConcernDraft, Indicator};
use sync_core::record::kinds::meeting::{Attendance, MeetingDecision, MeetingDraft};
use sync_core::record::kinds::plan::{ActionStatus, PlanRow, Rating};
use sync_core::record::kinds::request::RequestDraft;
use sync_core::record::kinds::significant_event::SignificantEventDraft;
use sync_core::record::kinds::views::{How, ViewsDraft, WhatChanged};
use sync_core::record::kinds::visit::VisitDraft;
use sync_core::record::kinds::{AnyDraft, Assert, Contribution, Draft};
use sync_core::record::schema::Fact;
use sync_core::time::{Date, Timestamp};

use super::Area;
use super::event::{self, Event, Visit, What};

/// In whose words stages are said.
pub const FRAMEWORK: &str = "east-lothian";
/// The scheme of the roll's own numbers.
pub const SCHEME: &str = "SCN";

/// The collection of a case's persons.
pub(super) const PERSONS: u8 = Person::COLLECTION;

/// A pupil's number on the roll: invented, and of no form that a real one has.
#[must_use]
pub fn number(pupil: u32) -> String {
    format!("LH{pupil:06}")
}

/// What is known of a child when a case begins: facts, then the grown-ups at home.
#[must_use]
pub fn child(area: &Area, pupil: u32) -> Vec<NewEntry> {
    let Some(child) = area.pupils.get(pupil as usize) else { return Vec::new() };
    let home = &area.families[child.home];
    let persons = home.guardians.iter().map(|guardian| Person {
        name: format!("{} {}", guardian.given, guardian.family),
        relation: guardian.relation.to_owned(),
        born: day(guardian.born),
    });
    let facts = CaseFacts {
        given_name: Some(child.given.to_owned()),
        family_name: Some(child.family_name.clone()),
        birth_date: day(child.born),
        school: Some(area.schools[child.school].name.clone()),
        classroom: area.year_of(child).map(|year| year.to_string()),
        language: Some(home.language.to_owned()),
        identifiers: vec![Identifier { scheme: SCHEME.to_owned(), number: number(pupil) }],
        persons: persons.collect(),
        ..CaseFacts::default()
    };
    let mut entries =
        vec![Assert::new(Fact::Address, home.address.as_str()).about("child").entry()];
    entries.extend(facts.entries());
    entries
}

/// Kind and entries of the record that an event makes; nothing for one that only adds to a record.
#[must_use]
pub fn record(area: &Area, event: &Event) -> Option<(Kind, Vec<NewEntry>)> {
    let mut more = None;
    let draft = match &event.what {
        What::Concern { indicator, seen, harm, action } => {
            concern(event.at, indicator, seen, *harm, action)
        }
        What::Assessment { findings, conclusion, review } => {
            assessment(findings, conclusion, *review)
        }
        What::Visit(it) => visit(event.at, it),
        What::Meeting { invited, notes, decisions, next } => {
            meeting(area, event.at, invited, notes, decisions, *next)
        }
        What::Views { of_child, how, alone, words, changed } => {
            let text = changed.clone();
            more = text.map(|text| WhatChanged { text }.entry());
            views(*of_child, how, *alone, words)
        }
        What::Request { to, reason, due } => RequestDraft {
            to: AgencyId::from_slug(to.slug()),
            reason: reason.clone(),
            to_name: None,
            response_due: day(*due),
        }
        .into(),
        What::SignificantEvent { on, what, impact } => SignificantEventDraft {
            on: day(*on)?,
            what: what.clone(),
            impact: Some(impact.clone()),
            source: None,
        }
        .into(),
        _ => return None,
    };
    let mut entries = draft.entries();
    entries.extend(more);
    Some((draft.kind(), entries))
}

fn concern(at: Timestamp, indicator: &str, seen: &str, harm: bool, action: &str) -> AnyDraft {
    ConcernDraft {
        seen: seen.to_owned(),
        action: Some(action.to_owned()),
        place: None,
        when: Some(at),
        harm_suspected: Some(harm),
        indicators: vec![Indicator { code: indicator.to_owned(), framework: None }],
        told: Vec::new(),
    }
    .into()
}

fn assessment(findings: &[event::Finding], conclusion: &str, review: Day) -> AnyDraft {
    let finding = |it: &event::Finding| Finding {
        element: it.element.to_owned(),
        sort: if it.sort == "need" { FindingSort::Need } else { FindingSort::Strength },
        text: Some(it.text.clone()),
    };
    AssessmentDraft {
        framework: FRAMEWORK.to_owned(),
        form: "wellbeing".to_owned(),
        form_version: Some("1".to_owned()),
        texts: Vec::new(),
        findings: findings.iter().map(finding).collect(),
        conclusions: vec![Conclusion { text: conclusion.to_owned() }],
        review_point: day(review),
    }
    .into()
}

fn visit(written: Timestamp, visit: &Visit) -> AnyDraft {
    let minutes = u32::try_from(visit.minutes).unwrap_or_default();
    VisitDraft {
        at: written.plus_ms(-i64::from(minutes) * 60_000),
        planned: day(visit.planned).map(Date::start),
        minutes: Some(minutes),
        place: None,
        sort: None,
        purpose: None,
        present: None,
        child_seen: Some(visit.child_seen),
        seen_alone: Some(visit.seen_alone),
        next_contact: day(visit.next),
        visit_group: None,
        reference: None,
        narrative: Some(visit.narrative.clone()),
    }
    .into()
}

fn meeting(
    area: &Area,
    at: Timestamp,
    invited: &[(u32, bool)],
    notes: &str,
    decisions: &[String],
    next: Day,
) -> AnyDraft {
    let invited = invited.iter().map(|(who, present)| {
        let person = &area.practitioners[*who as usize];
        Attendance { who: person.name(), role: Some(person.job.to_owned()), present: *present }
    });
    let decision = |text: &String| MeetingDecision { text: text.clone() };
    MeetingDraft {
        at,
        sort: None,
        outcome: None,
        attendance: invited.collect(),
        notes: Some(notes.to_owned()),
        decisions: decisions.iter().map(decision).collect(),
        actions: Vec::new(),
        next_review: day(next),
    }
    .into()
}

fn views(of_child: bool, how: &str, alone: bool, words: &str) -> AnyDraft {
    let known = How::ALL.iter().copied().find(|it| it.word() == how);
    ViewsDraft {
        whose: if of_child { "child" } else { "parent" }.to_owned(),
        how: known.unwrap_or(How::Spoken),
        language: None,
        interpreter: None,
        alone: Some(alone),
        with: None,
        words: Some(words.to_owned()),
    }
    .into()
}

/// A row of a plan as it begins.
#[must_use]
pub fn plan_row(row: &event::PlanRow) -> PlanRow {
    PlanRow {
        outcome: Some(row.outcome.clone()),
        evidence: Some(row.evidence.clone()),
        agency: Some(AgencyId::from_slug(row.agency.slug())),
        due: day(row.due),
        status: Some(ActionStatus::Open),
        rating: Some(Rating::Amber),
        ..PlanRow::new(row.need.as_str(), row.action.as_str())
    }
}

/// The same day in the records' calendar.
pub(super) fn day(day: Day) -> Option<Date> {
    day.to_string().parse().ok()
}
