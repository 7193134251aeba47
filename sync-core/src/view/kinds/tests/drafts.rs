//! A draft of each kind, filled in fully or sparsely.

use super::entry_id;
use crate::ids::{AgencyId, RecordId};
use crate::record::kinds::assessment::{
    AssessmentDraft, Conclusion, Finding, FindingSort, JointText,
};
use crate::record::kinds::attachment::{AttachmentDraft, AttachmentSort};
use crate::record::kinds::concern::{ConcernDraft, Indicator, Told};
use crate::record::kinds::intervention::{InterventionDraft, Session};
use crate::record::kinds::meeting::{Attendance, MeetingAction, MeetingDecision, MeetingDraft};
use crate::record::kinds::plan::{ActionStatus, PlanDraft, PlanRow, Rating};
use crate::record::kinds::request::RequestDraft;
use crate::record::kinds::sharing_decision::{Basis, SharingDecisionDraft};
use crate::record::kinds::significant_event::SignificantEventDraft;
use crate::record::kinds::views::{How, ViewsDraft};
use crate::record::kinds::visit::VisitDraft;
use crate::record::kinds::{AnyDraft, Digest};
use crate::time::{Date, Timestamp};

const NOON: Timestamp = Timestamp(1_700_000_000_000);

/// One draft a kind with these words in it; what may be left open is, unless `full`.
pub(super) fn drafts(words: &str, full: bool) -> Vec<AnyDraft> {
    let text = || words.to_owned();
    let may = || full.then(text);
    let day: Option<Date> = full.then(|| "2026-12-01".parse().unwrap());
    vec![
        concern(words, full).into(),
        assessment(words, full).into(),
        PlanDraft {
            rows: rows(words, full),
            review_date: day,
            copy_holders: may().into_iter().filter(|it| !it.is_empty()).collect(),
        }
        .into(),
        intervention(words, full).into(),
        visit(words, full).into(),
        meeting(words, full).into(),
        ViewsDraft {
            whose: "child".into(),
            how: if full { How::Drawn } else { How::Observed },
            language: may(),
            interpreter: may(),
            alone: full.then_some(false),
            with: may(),
            words: may(),
        }
        .into(),
        RequestDraft {
            to: AgencyId::from_slug("health"),
            reason: text(),
            to_name: may(),
            response_due: day,
        }
        .into(),
        sharing_decision(words, full).into(),
        SignificantEventDraft {
            on: "2026-11-01".parse().unwrap(),
            what: text(),
            impact: may(),
            source: may(),
        }
        .into(),
        AttachmentDraft {
            parent: RecordId::from_bytes([3; 16]),
            sort: AttachmentSort::BodyMap,
            digest: Digest::of(words),
            bytes: u32::MAX,
            caption: may(),
        }
        .into(),
    ]
}

fn concern(words: &str, full: bool) -> ConcernDraft {
    let may = || full.then(|| words.to_owned());
    ConcernDraft {
        seen: words.into(),
        action: may(),
        place: may(),
        when: full.then_some(NOON),
        harm_suspected: full.then_some(true),
        indicators: may().map(|code| Indicator { code, framework: may() }).into_iter().collect(),
        told: may().map(|who| Told { who, when: NOON, how: may() }).into_iter().collect(),
    }
}

fn assessment(words: &str, full: bool) -> AssessmentDraft {
    let may = || full.then(|| words.to_owned());
    let finding = |sort: &FindingSort| Finding { element: "safe".into(), sort: *sort, text: may() };
    AssessmentDraft {
        framework: "el-2007".into(),
        form: "common".into(),
        form_version: may(),
        texts: may().map(|text| JointText { element: "safe".into(), text }).into_iter().collect(),
        findings: FindingSort::ALL.iter().filter(|_| full).map(finding).collect(),
        conclusions: may().map(|text| Conclusion { text }).into_iter().collect(),
        review_point: full.then(|| "2027-01-10".parse().unwrap()),
    }
}

fn rows(words: &str, full: bool) -> Vec<PlanRow> {
    let may = || full.then(|| words.to_owned());
    let row = |status, rating| PlanRow {
        outcome: may(),
        evidence: may(),
        agency: full.then(|| AgencyId::from_slug("education")),
        person: may(),
        due: full.then(|| "2026-12-24".parse().unwrap()),
        status: full.then_some(status),
        rating: full.then_some(rating),
        ..PlanRow::new(words, words)
    };
    let ratings = Rating::ALL.iter().cycle();
    ActionStatus::ALL.iter().zip(ratings).map(|(status, rating)| row(*status, *rating)).collect()
}

fn visit(words: &str, full: bool) -> VisitDraft {
    let may = || full.then(|| words.to_owned());
    VisitDraft {
        at: NOON,
        planned: full.then_some(Timestamp(-1)),
        minutes: full.then_some(50),
        place: may(),
        sort: may(),
        purpose: may(),
        present: may(),
        child_seen: full.then_some(true),
        seen_alone: full.then_some(false),
        next_contact: full.then(|| "2026-12-01".parse().unwrap()),
        visit_group: full.then_some([0xAB; 16]),
        reference: may(),
        narrative: may(),
    }
}

fn meeting(words: &str, full: bool) -> MeetingDraft {
    let may = || full.then(|| words.to_owned());
    MeetingDraft {
        at: NOON,
        sort: may(),
        outcome: may(),
        attendance: may()
            .map(|who| Attendance { who, role: may(), present: true })
            .into_iter()
            .collect(),
        notes: may(),
        decisions: may().map(|text| MeetingDecision { text }).into_iter().collect(),
        actions: may()
            .map(|what| MeetingAction { what, who: may(), by: None })
            .into_iter()
            .collect(),
        next_review: full.then(|| "2027-02-01".parse().unwrap()),
    }
}

fn intervention(words: &str, full: bool) -> InterventionDraft {
    let text = || words.to_owned();
    let may = || full.then(text);
    InterventionDraft {
        what: text(),
        plan: full.then(|| RecordId::from_bytes([3; 16])),
        row: full.then(|| entry_id(2, 1, 0)),
        from: full.then(|| "2026-12-01".parse().unwrap()),
        sessions: full
            .then(|| Session { at: NOON, minutes: Some(45), note: may() })
            .into_iter()
            .collect(),
        effect: full.then_some(2),
        cost_band: may(),
    }
}

fn sharing_decision(words: &str, full: bool) -> SharingDecisionDraft {
    let text = || words.to_owned();
    let may = || full.then(text);
    SharingDecisionDraft {
        what: text(),
        record: full.then(|| RecordId::from_bytes([3; 16])),
        to: text(),
        purpose: text(),
        basis: if full { Basis::SignificantHarm } else { Basis::Court },
        consent_sought: !full,
        why: may(),
        necessary_because: text(),
        shared: full,
        agency: full.then(|| AgencyId::from_slug("health")),
    }
}
