//! The common workload in small: history through the gate, phones, a day with rivals, and one final
//! line a case on every holder.

use caseweave::db::Address;
use serde_json::{Value, json};
use sync_core::device::Device;
use sync_core::store::memory::MemoryStore;
use sync_core::time::Timestamp;
use system_tests::workload::area::Area;
use system_tests::workload::format::{Case, Day, What, Workload};
use system_tests::workload::{day, finals, generate, load, wire};

const CASES: usize = 30;
const DEVICES: u32 = 6;

/// An area with history loaded, and every phone after its day.
struct Evening {
    _folder: tempfile::TempDir,
    workload: Workload,
    area: Area,
    phones: Vec<Device<MemoryStore>>,
}

impl Evening {
    fn begin() -> Self {
        let workload = generate::generate(7, CASES, DEVICES);
        let folder = tempfile::tempdir().unwrap();
        let last = workload.cases.iter().flat_map(|case| &case.edits).map(|edit| edit.t).max();
        let now = Timestamp(last.unwrap());
        let file = folder.path().join("server.db");
        let mut area = Area::begin(&Address::File(file), load::people(&workload), now).unwrap();
        let loaded = load::load(&mut area, &workload.cases, &mut |_| {}).unwrap();
        let edits: usize = workload.cases.iter().map(|case| case.edits.len()).sum();
        assert!(loaded.changes >= edits, "{loaded:?} of {edits} edits");
        Self { _folder: folder, workload, area, phones: Vec::new() }
    }

    /// Each phone takes its first copy, has its day offline, then all come back, twice.
    fn live(&mut self) {
        for day in &self.workload.days {
            let mut phone = self.area.enrol(&day.by, MemoryStore::default()).unwrap();
            let (report, _) = wire::sync(&mut self.area, &mut phone).unwrap();
            assert_eq!((report.exchanges, report.returned), (1, 0));
            self.phones.push(phone);
        }
        for (phone, day) in self.phones.iter_mut().zip(&self.workload.days) {
            day::play(&mut self.area, phone, &self.workload.cases, day).unwrap();
        }
        let evening = self.workload.days.iter().flat_map(|day| &day.edits).map(|edit| edit.t).max();
        self.area.now = Timestamp(evening.unwrap() + 1);
        for _ in 0..2 {
            for phone in &mut self.phones {
                let (report, _) = wire::sync(&mut self.area, phone).unwrap();
                assert_eq!(report.returned, 0, "{:?}", phone.returned().unwrap());
                assert_eq!(phone.only_here().unwrap().changes, 0);
            }
        }
    }

    fn holders(&self, case: &Case) -> Vec<Value> {
        let own = self.workload.days.iter().zip(&self.phones);
        own.filter(|(day, _)| day.cases.contains(&case.i))
            .map(|(_, phone)| finals::line(&self.area, phone, case).unwrap())
            .collect()
    }
}

#[test]
fn every_holder_shows_the_same_and_nothing_is_lost() {
    let mut evening = Evening::begin();
    evening.live();
    let played: Vec<&Day> = evening.workload.days.iter().collect();
    for case in &evening.workload.cases {
        let lines = evening.holders(case);
        assert_eq!(lines.len(), case.holders.len());
        assert!(lines.iter().all(|line| *line == lines[0]), "holders of case {} differ", case.i);
        assert_eq!(finals::lost(&lines[0], case, &played), 0, "case {}", case.i);
        compare_with_history(case, &lines[0]);
        if case.i.is_multiple_of(20) {
            compare_rivals(&evening.workload, case, &lines[0]);
        }
    }
}

/// What nobody touched in the day is as history left it.
fn compare_with_history(case: &Case, line: &Value) {
    let mut identity = Value::Null;
    for edit in &case.edits {
        match &edit.what {
            What::Create { v } => identity = json!(v.identity),
            What::Field { key, to } => identity[key.as_str()] = json!(to),
            What::Stage { to } => assert_eq!(line["stage"], json!(to)),
            What::Assess { domain, v } => {
                assert_eq!(line["assessments"][domain]["score"], json!(v.score));
            }
            What::Action { id, v } => assert_eq!(line["actions"][id]["title"], json!(v.title)),
            _ => {}
        }
    }
    assert_eq!(line["identity"], identity);
    let reviews = case.edits.iter().filter_map(|edit| match &edit.what {
        What::Review { v } => Some(json!(v)),
        _ => None,
    });
    assert!(reviews.clone().all(|it| line["reviews"].as_array().unwrap().contains(&it)));
}

/// Both values are there, and the higher is in force.
fn compare_rivals(workload: &Workload, case: &Case, line: &Value) {
    let order = ["low", "moderate", "high", "critical"];
    let edits = workload.days.iter().flat_map(|day| &day.edits);
    let mut rivals: Vec<usize> = edits
        .filter(|edit| edit.case == Some(case.i))
        .filter_map(|edit| match &edit.what {
            What::Risk { to } => order.iter().position(|it| it == to),
            _ => None,
        })
        .collect();
    rivals.sort_unstable();
    assert_eq!(rivals.len(), 2);
    assert_eq!(line["risk"]["value"], json!(order[rivals[1]]));
    let shown = line["risk"]["disputed"].as_array().unwrap();
    assert!(rivals.iter().all(|rival| shown.contains(&json!(order[*rival]))) && shown.len() == 2);
}

#[test]
fn texts_hold_what_history_left_before_the_day() {
    let mut evening = Evening::begin();
    let case = evening.workload.cases[0].clone();
    let by = load::holder(case.holders[0]);
    let mut phone = evening.area.enrol(&by, MemoryStore::default()).unwrap();
    wire::sync(&mut evening.area, &mut phone).unwrap();
    let line = finals::line(&evening.area, &phone, &case).unwrap();
    let mut texts = std::collections::BTreeMap::new();
    for edit in &case.edits {
        match &edit.what {
            What::Assess { domain, v } => drop(texts.insert(domain.clone(), v.text.clone())),
            What::Text { domain, sp } => {
                let new = system_tests::workload::script::spliced(&texts[domain], sp);
                texts.insert(domain.clone(), new);
            }
            _ => {}
        }
    }
    assert!(!texts.is_empty());
    for (domain, text) in texts {
        assert_eq!(line["assessments"][&domain]["text"], json!(text), "{domain}");
    }
}
