//! What a phone shows of each case in the end, in the workload's words: every holder must show the
//! same line.

use serde_json::{Map, Value as Json, json};
use sync_core::device::Device;
use sync_core::merge::{Context, Resolved, resolve};
use sync_core::record::entry::{Assertion, Entry};
use sync_core::record::fold::Folded;
use sync_core::record::kind::Kind;
use sync_core::record::kinds::Contribution;
use sync_core::record::kinds::assessment::JointText;
use sync_core::record::kinds::meeting::{MeetingDetails, MeetingNote};
use sync_core::record::kinds::plan::PlanRow;
use sync_core::record::kinds::visit::{Narrative, VisitDetails};
use sync_core::record::schema::Fact;
use sync_core::record::value::Value;
use sync_core::store::Store;

use crate::workload::WorkloadError;
use crate::workload::area::Area;
use crate::workload::format::{Case, Day, What};
use crate::workload::script::{case_id, identity_fact};

const IDENTITY: [&str; 10] = [
    "givenName",
    "familyName",
    "birthDate",
    "sex",
    "school",
    "classroom",
    "language",
    "guardianName",
    "guardianPhone",
    "address",
];

/// A case as the phone shows it. A due day is given as its first millisecond.
///
/// # Errors
/// [`WorkloadError`]
pub fn line<S: Store>(area: &Area, phone: &Device<S>, case: &Case) -> Result<Json, WorkloadError> {
    let merging = Context::new(phone.catalogue());
    let mut line = Line::new(area, merging);
    for row in phone.store().records_of_case(&case_id(case)?)? {
        line.record(&phone.record(&row.id)?);
    }
    Ok(line.finish(case))
}

/// How many of a case's visits and rival risks are missing from a line, or are in it otherwise than
/// they were written. `played` are the days that were pushed.
#[must_use]
pub fn lost(line: &Json, case: &Case, played: &[&Day]) -> usize {
    let own = |day: &&Day| day.edits.clone().into_iter().filter(|it| it.case == Some(case.i));
    let day: Vec<_> = played.iter().flat_map(own).collect();
    let visits = line["visits"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut lost = 0;
    for edit in case.edits.iter().chain(&day) {
        if let What::Visit { v } = &edit.what {
            lost += usize::from(!visits.contains(&json!(v)));
        }
    }
    let risk = |edit: &crate::workload::format::Edit| match &edit.what {
        What::Risk { to } => Some(to.clone()),
        _ => None,
    };
    let rivals: Vec<String> = day.iter().filter_map(risk).collect();
    if rivals.iter().any(|rival| *rival != rivals[0]) {
        let shown = line["risk"]["disputed"].as_array().map(Vec::as_slice).unwrap_or_default();
        lost += rivals.iter().filter(|rival| !shown.contains(&json!(rival))).count();
    }
    lost
}

struct Line<'a> {
    area: &'a Area,
    merging: Context<'a>,
    identity: Map<String, Json>,
    stage: Json,
    risk: Json,
    assessments: Map<String, Json>,
    visits: Vec<Json>,
    actions: Map<String, Json>,
    reviews: Vec<Json>,
}

impl<'a> Line<'a> {
    fn new(area: &'a Area, merging: Context<'a>) -> Self {
        Self {
            area,
            merging,
            identity: Map::new(),
            stage: Json::Null,
            risk: Json::Null,
            assessments: Map::new(),
            visits: Vec::new(),
            actions: Map::new(),
            reviews: Vec::new(),
        }
    }

    fn record(&mut self, folded: &Folded) {
        match folded.envelope.kind() {
            Kind::Case => self.case(folded),
            Kind::Assessment => self.assessment(folded),
            Kind::Plan => self.plan(folded),
            Kind::Visit => self.visit(folded),
            Kind::Meeting => self.review(folded),
            _ => {}
        }
    }

    fn case(&mut self, folded: &Folded) {
        let held = |fact, subject: &str| self.resolved(folded, fact, subject, None);
        let known = IDENTITY.iter().filter_map(|key| {
            let (fact, subject) = identity_fact(key)?;
            Some(((*key).to_owned(), held(fact, subject)["value"].clone()))
        });
        let identity = known.collect();
        let stage = held(Fact::Stage, "")["value"].clone();
        let risk = held(Fact::Risk, "");
        self.stage = stage.as_str().and_then(|it| it.parse::<i64>().ok()).map_or(stage, Json::from);
        (self.identity, self.risk) = (identity, risk);
    }

    fn assessment(&mut self, folded: &Folded) {
        for text in folded.entries.iter().filter_map(JointText::read) {
            let score = self.resolved(folded, Fact::Score, &text.element, None);
            let shown = json!({ "score": score["value"], "text": text.text });
            self.assessments.insert(text.element, shown);
        }
    }

    fn plan(&mut self, folded: &Folded) {
        for entry in &folded.entries {
            let Some(row) = PlanRow::read(entry) else { continue };
            let status = self.row(folded, entry, Fact::RowStatus);
            let shown = json!({
                "title": self.row(folded, entry, Fact::RowAction)["value"],
                "owner": self.row(folded, entry, Fact::RowPerson)["value"],
                "due": row.due.map(|day| day.start().0),
                "status": status["value"],
                "disputed": status["disputed"],
            });
            self.actions.insert(row.need, shown);
        }
    }

    fn row(&self, folded: &Folded, row: &Entry, fact: Fact) -> Json {
        self.resolved(folded, fact, &row.id.to_string(), row.field(fact.code()))
    }

    fn visit(&mut self, folded: &Folded) {
        let Some((entry, visit)) = first::<VisitDetails>(folded) else { return };
        let record = folded.envelope.id();
        let words = first::<Narrative>(folded).map(|(_, narrative)| narrative.text);
        self.visits.push(json!({
            "id": self.area.names.visits.get(&record),
            "at": visit.at.0,
            "author": self.area.name_of(&entry.by),
            "kind": visit.sort,
            "minutes": visit.minutes,
            "text": words,
        }));
    }

    fn review(&mut self, folded: &Folded) {
        let Some((entry, meeting)) = first::<MeetingDetails>(folded) else { return };
        let words = first::<MeetingNote>(folded).map(|(_, note)| note.text);
        self.reviews.push(json!({
            "at": meeting.at.0,
            "author": self.area.name_of(&entry.by),
            "outcome": meeting.outcome,
            "text": words,
        }));
    }

    fn resolved(&self, folded: &Folded, fact: Fact, subject: &str, base: Option<&Value>) -> Json {
        let all: Vec<Assertion<'_>> = folded.entries.iter().filter_map(Entry::assertion).collect();
        held(&resolve(fact, subject, &all, base, &self.merging))
    }

    fn finish(mut self, case: &Case) -> Json {
        let key = |by: &'static str| {
            move |it: &Json| (it["at"].as_i64(), it[by].as_str().map(str::to_owned))
        };
        self.visits.sort_by_key(key("id"));
        self.reviews.sort_by_key(key("author"));
        json!({
            "i": case.i,
            "id": case.id,
            "identity": self.identity,
            "stage": self.stage,
            "risk": self.risk,
            "assessments": self.assessments,
            "visits": self.visits,
            "actions": self.actions,
            "reviews": self.reviews,
        })
    }
}

/// What is in force, and all values that stand if they are unlike.
fn held(resolved: &Resolved<'_>) -> Json {
    let mut values: Vec<&Value> = resolved.in_force.held().iter().map(|it| &it.value).collect();
    values.sort_unstable();
    let value = match values.as_slice() {
        [one] => json!(one),
        several => json!(several),
    };
    let mut disputed: Vec<&Value> =
        resolved.rivals.iter().filter_map(|rival| rival.value.as_ref()).collect();
    disputed.sort_unstable();
    disputed.dedup();
    disputed.retain(|_| resolved.disputed);
    json!({ "value": value, "disputed": disputed })
}

fn first<T: Contribution>(folded: &Folded) -> Option<(&Entry, T)> {
    folded.entries.iter().find_map(|entry| Some((entry, T::read(entry)?)))
}
