//! The library as an app calls it, without a server.

use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use sync_core::device::{Device, Enrolled, Session};
use sync_core::ids::{Actor, AgencyId, ClusterId, DeviceId, UserId};
use sync_core::store::sqlite::{Key, SqliteStore};

use crate::records::forms::*;
use crate::records::{CaseFilter, CaseSort, Saved};
use crate::{ChangeListener, Clock, Phone, PhoneError};

mod gaps;

const NOW: i64 = 1_795_600_000_000;
const KEY: [u8; 32] = [9; 32];

struct Hands(AtomicI64);

impl Clock for Hands {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

#[derive(Default)]
struct Ears(Mutex<Vec<String>>);

impl ChangeListener for Ears {
    fn changed(&self, case_ids: Vec<String>) {
        self.0.lock().unwrap().extend(case_ids);
    }
}

fn enrolled(path: &Path) {
    let cluster = ClusterId::from_bytes([1; 16]);
    let enrolled = Enrolled {
        server: "https://127.0.0.1:9".into(),
        authority: None,
        user: UserId::from_bytes([2; 16]),
        name: "Iona".into(),
        agency: AgencyId::from_slug("health"),
        device: DeviceId::from_bytes([3; 16]),
        actor: Actor::from_bytes([4; 16]),
        key: [5; 32],
        clusters: vec![(cluster, "Glen".into())],
        roles: vec![(cluster, "practitioner".into())],
        certificate: None,
    };
    let mut store = SqliteStore::open(path, &Key::new(KEY)).unwrap();
    enrolled.save(&Session::default(), &mut store).unwrap();
    Device::open(store).unwrap();
}

struct Scene {
    _folder: tempfile::TempDir,
    path: std::path::PathBuf,
    hands: Arc<Hands>,
    phone: Arc<Phone>,
}

fn open(path: &Path, hands: &Arc<Hands>) -> Result<Arc<Phone>, PhoneError> {
    Phone::open_with_key(path.display().to_string(), KEY.to_vec(), Some(hands.clone()))
}

fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("phone.db");
    enrolled(&path);
    let hands = Arc::new(Hands(AtomicI64::new(NOW)));
    let phone = open(&path, &hands).unwrap();
    Scene { _folder: folder, path, hands, phone }
}

fn begin(phone: &Phone, name: &str) -> Saved {
    let child = NewCase {
        cluster_id: None,
        given_name: Some(name.into()),
        family_name: None,
        born: Some("2019-05-03".into()),
        expected: None,
        school: Some("Glen Primary".into()),
    };
    phone.begin_case(child, None).unwrap()
}

fn visit(cases: &[&Saved], next: Option<&str>) -> NewVisit {
    let child = |case: &&Saved| VisitedChild {
        case_id: case.case_id.clone(),
        narrative: "Built a tower of bricks.".into(),
        seen: Some(true),
        seen_alone: None,
    };
    NewVisit {
        children: cases.iter().map(child).collect(),
        at_ms: NOW,
        planned_ms: None,
        minutes: Some(40),
        place: None,
        sort: None,
        purpose: None,
        present: None,
        next_contact: next.map(str::to_owned),
        to: Place::Team,
    }
}

#[test]
fn a_visit_to_siblings_takes_its_draft_with_it_and_is_there_after_the_app_was_closed() {
    let scene = scene();
    let phone = &scene.phone;
    let (ailsa, brodie) = (begin(phone, "Ailsa"), begin(phone, "Brodie"));
    let ears = Arc::new(Ears::default());
    phone.listen(ears.clone());
    let draft = Draft {
        screen: "visit".into(),
        fields: vec![DraftField { name: "narrative".into(), text: "Built a tow".into() }],
        at_ms: 0,
    };
    phone.keep_draft(draft).unwrap();
    let nobody =
        VisitedChild { narrative: " ".into(), ..visit(&[&ailsa], None).children.remove(0) };
    let empty = NewVisit { children: vec![nobody], ..visit(&[], None) };
    assert!(matches!(
        phone.record_visit(empty, Some("visit".into())),
        Err(PhoneError::BadInput { .. })
    ));
    assert_eq!(phone.drafts().unwrap().len(), 1, "a form that is not whole keeps its draft");
    let saved = phone.record_visit(visit(&[&ailsa, &brodie], None), Some("visit".into())).unwrap();
    assert_eq!((saved.len(), saved[0].only_here), (2, 4));
    assert_eq!(phone.drafts().unwrap(), []);
    let told = ears.0.lock().unwrap().clone();
    assert!(told.contains(&ailsa.case_id) && told.contains(&brodie.case_id), "{told:?}");
    phone.close();
    assert!(matches!(phone.only_here(), Err(PhoneError::Closed)));
    let again = open(&scene.path, &scene.hands).unwrap();
    assert_eq!(again.only_here().unwrap(), 4);
    let state = again.record_state(saved[1].record_id.clone()).unwrap();
    assert_eq!((state.only_here, state.with_others), (1, 0));
    assert!(matches!(
        again.sync(None, None, None),
        Err(PhoneError::Offline | PhoneError::SignedOut)
    ));
}

#[test]
fn what_waits_for_a_phone_that_is_handed_back_is_not_told_that_it_is_saved() {
    let scene = scene();
    let (case, waiting) = (begin(&scene.phone, "Ailsa"), scene.phone.clone());
    let failed: Result<(), _> = scene.phone.with_last(|_| Err(PhoneError::Offline));
    assert!(matches!(failed, Err(PhoneError::Offline)));
    let saving = scene.phone.with_last(|_| {
        let saving = std::thread::spawn(move || waiting.record_visit(visit(&[&case], None), None));
        // By now it waits; a slow machine's finds the phone closed a little later.
        std::thread::sleep(std::time::Duration::from_millis(50));
        Ok::<_, PhoneError>(saving)
    });
    let saved = saving.unwrap().join().unwrap();
    assert!(matches!(saved, Err(PhoneError::Closed)), "{saved:?}");
    let again = open(&scene.path, &scene.hands).unwrap();
    assert_eq!(again.only_here().unwrap(), 1, "the case alone");
}

#[test]
fn lists_are_filtered_and_sorted_and_a_case_opens_with_its_warnings_first() {
    let scene = scene();
    let phone = &scene.phone;
    let (ailsa, brodie) = (begin(phone, "Ailsa"), begin(phone, "Brodie"));
    phone.record_visit(visit(&[&brodie], Some("2026-01-01")), None).unwrap();
    let names = |filter, sort| {
        let lines = phone.caseload(filter, sort).unwrap();
        lines.into_iter().map(|line| line.name).collect::<Vec<_>>()
    };
    assert_eq!(names(None, None), ["Ailsa", "Brodie"]);
    assert_eq!(names(None, Some(CaseSort::NextDue)), ["Brodie", "Ailsa"]);
    let overdue = CaseFilter { overdue: true, ..CaseFilter::default() };
    assert_eq!(names(Some(overdue), None), ["Brodie"]);
    assert!(phone.due().unwrap()[0].overdue);
    phone
        .assert_fact(ailsa.case_id.clone(), "risk".into(), "high".into(), None, None, None)
        .unwrap();
    assert_eq!(names(None, Some(CaseSort::Risk)), ["Ailsa", "Brodie"]);
    let wrong =
        phone.assert_fact(ailsa.case_id.clone(), "risk".into(), "huge".into(), None, None, None);
    assert!(matches!(wrong, Err(PhoneError::BadInput { .. })));
    let closed = |case: &Saved, state: &str| {
        let (name, state) = ("case_state".into(), state.to_owned());
        phone.assert_fact(case.case_id.clone(), name, state, None, Some("moved".into()), None)
    };
    closed(&ailsa, "closed").unwrap();
    assert_eq!(names(None, None), ["Brodie"]);
    let page = phone.open_case(brodie.case_id.clone()).unwrap();
    assert_eq!(page.chronology[0].what, "Built a tower of bricks.");
    assert!(page.warnings.visit_risk.is_empty() && !page.ring.emergency.is_empty());
    assert_eq!(phone.search("tow brick".into(), 5).unwrap()[0].case_id, brodie.case_id);
    let sheets = phone.records(brodie.case_id).unwrap();
    assert_eq!(sheets.len(), 2);
    let nowhere = phone.open_case("00".repeat(16));
    assert!(matches!(nowhere, Err(PhoneError::UnknownCase)));
}

#[test]
fn suspected_harm_gives_the_numbers_to_ring_without_signal() {
    let scene = scene();
    let case = begin(&scene.phone, "Ailsa");
    let concern = |team_involved, harm_suspected| NewConcern {
        case_id: case.case_id.clone(),
        team_involved,
        seen: "A bruise on the arm.".into(),
        harm_suspected,
        action: None,
        place: None,
        when_ms: None,
    };
    let calm = scene.phone.raise_concern(concern(TeamInvolved::No, false), None).unwrap();
    assert_eq!(calm.ring, None);
    let alarming = scene.phone.raise_concern(concern(TeamInvolved::Perhaps, true), None).unwrap();
    assert_eq!(alarming.ring.unwrap().emergency[0].number, "999");
    let record = alarming.saved.record_id;
    scene.phone.add_told(record.clone(), "the duty social worker".into(), NOW).unwrap();
    assert_eq!(scene.phone.record_state(record).unwrap().only_here, 2);
}

#[test]
fn after_the_lease_reading_locks_and_writing_goes_on() {
    let scene = scene();
    let case = begin(&scene.phone, "Ailsa");
    scene.hands.0.fetch_add(60 * 24 * 3_600_000, Ordering::SeqCst);
    for locked in [
        scene.phone.caseload(None, None).err(),
        scene.phone.open_case(case.case_id.clone()).err(),
        scene.phone.search("ailsa".into(), 5).err(),
        scene.phone.inbox().err(),
        scene.phone.records(case.case_id.clone()).err(),
    ] {
        assert!(matches!(locked, Some(PhoneError::LeaseOver { .. })), "{locked:?}");
    }
    scene.phone.record_visit(visit(&[&case], None), None).unwrap();
    assert_eq!(scene.phone.only_here().unwrap(), 2);
    assert!(!scene.phone.whom_to_ring(case.case_id).unwrap().emergency.is_empty());
    scene.hands.0.fetch_add(-59 * 24 * 3_600_000, Ordering::SeqCst);
    assert!(
        matches!(scene.phone.inbox(), Err(PhoneError::LeaseOver { .. })),
        "no clock is set back"
    );
}

#[test]
fn what_is_signed_is_what_was_read() {
    let scene = scene();
    let case = begin(&scene.phone, "Ailsa");
    let row = NewPlanRow {
        need: "A safe way to school".into(),
        action: "A walking bus".into(),
        outcome: None,
        agency_id: None,
        person: None,
        due: Some("2026-12-01".into()),
    };
    let plan = scene.phone.begin_plan(case.case_id, vec![row], None, None).unwrap();
    let seen = scene.phone.signing_text(plan.record_id.clone()).unwrap();
    let row = plan.entry_ids[0].clone();
    let set = |field, text: &str| {
        scene.phone.set_plan_row(plan.record_id.clone(), row.clone(), field, text.into(), None)
    };
    set(RowField::Due, "2026-12-24").unwrap();
    assert!(matches!(set(RowField::Status, "later"), Err(PhoneError::BadInput { .. })));
    assert!(matches!(scene.phone.sign(seen, None), Err(PhoneError::ChangedSince)));
    let seen = scene.phone.signing_text(plan.record_id.clone()).unwrap();
    scene.phone.sign(seen, Some("co-ordinator".into())).unwrap();
    let sheet = scene.phone.open_record(plan.record_id).unwrap();
    assert_eq!((sheet.signatures.len(), sheet.signatures[0].changed_since), (1, false));
}

#[test]
fn a_joint_text_is_edited_from_the_version_that_was_shown() {
    let scene = scene();
    let phone = &scene.phone;
    let case = begin(phone, "Ailsa");
    let nobody_said = phone.draft_assessment(case.case_id.clone(), "my-world-triangle".into());
    assert!(matches!(nobody_said, Err(PhoneError::BadInput { .. })), "by whose form?");
    let views = NewViews {
        case_id: case.case_id,
        whose: "child".into(),
        how: HowHeard::Spoken,
        words: "I like the dog.".into(),
        language: None,
        interpreter: None,
        alone: None,
    };
    let views = phone.record_views(views, None).unwrap();
    phone.add_what_changed(views.record_id.clone(), "The dog stays.".into()).unwrap();
    let amended = phone.add_amendment(
        views.record_id.clone(),
        views.entry_ids[1].clone(),
        "I like the cat.".into(),
        "misheard".into(),
        None,
    );
    amended.unwrap();
    let sheet = phone.open_record(views.record_id.clone()).unwrap();
    let said = sheet.parts.iter().find(|part| !part.amendments.is_empty()).unwrap();
    assert_eq!(said.amendments[0].text, "I like the cat.");
    let version = phone.text_version(views.record_id).unwrap();
    assert!(version.names().is_ok() && !version.changes.is_empty());
}

#[test]
fn a_wrong_key_and_a_missing_id_are_errors_with_a_name() {
    let scene = scene();
    scene.phone.close();
    let path = scene.path.display().to_string();
    let wrong = Phone::open_with_key(path.clone(), vec![8; 32], None);
    assert!(matches!(wrong.err(), Some(PhoneError::WrongKey)));
    let short = Phone::open_with_key(path, vec![8; 3], None);
    assert!(matches!(short.err(), Some(PhoneError::BadInput { .. })));
    let phone = open(&scene.path, &scene.hands).unwrap();
    let nowhere = phone.open_record("no id".into());
    assert!(matches!(nowhere, Err(PhoneError::BadInput { .. })));
    let nobody = phone.assert_stage("00".repeat(16), "2".into(), None);
    assert!(nobody.is_err());
    assert!(matches!(phone.saw_notice("x".into()), Err(PhoneError::BadInput { .. })));
}

#[test]
fn the_library_links_no_server_and_no_postgresql() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree = ["tree", "--offline", "-p", "caseweave-ffi", "-e", "normal", "--prefix", "none"];
    let listed = std::process::Command::new(cargo).args(tree).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("sync-core"), "the list is there: {listed}");
    for name in ["pq-sys", "actix-web", "diesel", "tokio"] {
        assert!(!listed.lines().any(|line| line.starts_with(name)), "links {name}");
    }
}
