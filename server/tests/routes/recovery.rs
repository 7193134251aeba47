//! Nothing is lost and nothing is there twice when a phone was put back to an older copy of itself, and
//! one entry that is not taken takes nothing else with it.

use caseweave::role::Role;
use serde_json::json;
use sync_core::device::Facts;
use sync_core::gate::refusal::IN_REVIEW;
use sync_core::ids::CaseId;
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::intervention::InterventionDraft;
use sync_core::record::kinds::plan::{PlanDraft, PlanRow};
use sync_core::record::kinds::{Contribution, Draft};
use sync_core::record::schema::Fact;

use crate::support::{START, TestServer, servers};
use crate::worker::{Worker, assert_in_order};

/// A lead, a worker and a case of theirs.
async fn area(server: &TestServer) -> (Worker, Worker, CaseId) {
    let mut lead = Worker::new(server, "Lena", "education", Role::ClusterLead).await;
    let mut worker = Worker::new(server, "Mairi", "health", Role::Practitioner).await;
    let case = worker.begin("Rowan", "Kerr");
    worker.sync(server).await;
    lead.sync(server).await;
    (lead, worker, case)
}

fn times(text: &str, words: &str) -> usize {
    text.matches(&format!("\"text\":\"{words}\"")).count()
}

#[actix_web::test]
async fn both_what_a_lost_phone_sent_and_what_its_copy_wrote_stand_once() {
    for server in servers() {
        let (mut lead, mut worker, case) = area(&server).await;
        let copy = worker.copy();
        worker.visit(case, "The first visit.", START.plus_ms(1));
        worker.say(case, Fact::School, "Glen Primary");
        worker.sync(&server).await;
        worker.restore(&copy);
        worker.visit(case, "The second visit.", START.plus_ms(2));
        worker.say(case, Fact::School, "Loch Primary");
        worker.say(case, Fact::Risk, "high");
        let report = worker.exchange(&server).await;
        assert_eq!((report.returned, report.held, report.waiting), (0, 0, 0), "{report:?}");
        assert_eq!(report.rewritten, 3, "{report:?}");
        lead.sync(&server).await;
        for shown in [worker.shown(case), lead.shown(case)] {
            for words in ["The first visit.", "The second visit."] {
                assert_eq!(times(&shown, words), 1, "{words} in {shown}");
            }
            for words in ["Glen Primary", "Loch Primary", "high"] {
                assert!(shown.contains(words), "{words} in {shown}");
            }
        }
        assert_eq!(worker.shown(case), lead.shown(case));
        assert_eq!(worker.phone().only_here().unwrap().changes, 0);
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn a_copy_that_was_put_back_twice_sends_nothing_twice() {
    for server in servers() {
        let (mut lead, mut worker, case) = area(&server).await;
        let copy = worker.copy();
        worker.visit(case, "The first visit.", START.plus_ms(1));
        worker.sync(&server).await;
        worker.restore(&copy);
        worker.visit(case, "The second visit.", START.plus_ms(2));
        let unsent = worker.copy();
        worker.exchange(&server).await;
        worker.visit(case, "The third visit.", START.plus_ms(3));
        worker.exchange(&server).await;
        worker.restore(&unsent);
        worker.visit(case, "The fourth visit.", START.plus_ms(4));
        worker.exchange(&server).await;
        lead.sync(&server).await;
        for shown in [worker.shown(case), lead.shown(case)] {
            for words in ["first", "second", "third", "fourth"] {
                assert_eq!(times(&shown, &format!("The {words} visit.")), 1, "{words} in {shown}");
            }
        }
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn a_child_begun_on_the_copy_is_never_the_child_begun_on_the_lost_phone() {
    for server in servers() {
        let (mut lead, mut worker, _) = area(&server).await;
        let copy = worker.copy();
        let one = worker.begin("Ailsa", "Muir");
        worker.visit(one, "Ailsa was at home.", START.plus_ms(1));
        worker.sync(&server).await;
        worker.restore(&copy);
        let other = worker.begin("Fergus", "Reid");
        assert_eq!(one, other, "the copy counts from where it was");
        let visit = worker.visit(other, "Fergus was at school.", START.plus_ms(2));
        let report = worker.exchange(&server).await;
        assert_eq!((report.returned, report.waiting), (0, 0), "{report:?}");
        lead.sync(&server).await;
        let cases: Vec<_> = lead.phone().caseload().unwrap();
        let of = |name: &str| cases.iter().find(|it| it.header.name.contains(name)).unwrap().case;
        let (ailsa, fergus) = (of("Ailsa"), of("Fergus"));
        assert_ne!(ailsa, fergus);
        assert_eq!(ailsa, one);
        for who in [&mut worker, &mut lead] {
            let (shown, others) = (who.shown(ailsa), who.shown(fergus));
            assert!(shown.contains("Ailsa was at home.") && !shown.contains("Fergus"), "{shown}");
            assert!(
                others.contains("Fergus was at school.") && !others.contains("Ailsa"),
                "{others}"
            );
        }
        // What was made before the copy was put back keeps its own words under its own name.
        assert!(format!("{:?}", worker.phone().record(&visit).unwrap()).contains("Ailsa"));
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn a_phone_that_only_lost_what_it_had_sent_goes_on_under_another_actor() {
    for server in servers() {
        let (mut lead, mut worker, case) = area(&server).await;
        let copy = worker.copy();
        worker.visit(case, "The first visit.", START.plus_ms(1));
        worker.sync(&server).await;
        worker.restore(&copy);
        let before = worker.phone().identity().actor;
        worker.sync(&server).await;
        assert_ne!(worker.phone().identity().actor, before);
        worker.visit(case, "The second visit.", START.plus_ms(2));
        let report = worker.exchange(&server).await;
        assert_eq!((report.accepted, report.rewritten), (1, 0), "its numbers are its own at once");
        lead.sync(&server).await;
        assert!(lead.shown(case).contains("The first visit."));
        assert!(lead.shown(case).contains("The second visit."));
        assert_in_order(&server);
    }
}

/// A plan of three rows, and what is delivered against the last, written without signal.
#[actix_web::test]
async fn what_names_a_renamed_record_names_it_anew() {
    for server in servers() {
        let (mut lead, mut worker, case) = area(&server).await;
        let copy = worker.copy();
        worker.make(case, Compartment::Team, &plan("Sleep"));
        worker.sync(&server).await;
        worker.restore(&copy);
        let record = worker.make(case, Compartment::Team, &plan("Breakfast"));
        let row = worker.phone().record(&record).unwrap();
        let row = row.entries_of(PlanRow::COLLECTION).next().unwrap().id;
        let delivered: InterventionDraft = serde_json::from_value(json!({
            "what": "A place in the breakfast club.", "plan": record, "row": row,
        }))
        .unwrap();
        worker.make(case, Compartment::Team, &delivered);
        let rated = Facts::new(Fact::RowRating, "amber").of(row.to_string());
        let envelope = worker.phone().envelope(&record).unwrap();
        worker.phone().assert(&envelope, &rated, START).unwrap();
        let report = worker.exchange(&server).await;
        assert_eq!((report.rewritten, report.returned), (3, 0), "{report:?}");
        lead.sync(&server).await;
        let shown: serde_json::Value = serde_json::from_str(&lead.shown(case)).unwrap();
        let records = shown["records"].as_array().unwrap();
        let with =
            |words: &str| records.iter().find(|it| it.to_string().contains(words)).unwrap().clone();
        let (new, delivered) = (with("Breakfast need"), with("breakfast club"));
        assert_ne!(new["id"], json!(record));
        assert!(delivered.to_string().contains(new["id"].as_str().unwrap()), "{delivered}");
        assert!(new.to_string().contains("amber"));
        assert!(!with("Sleep need").to_string().contains("amber"));
        assert_in_order(&server);
    }
}

fn plan(name: &str) -> PlanDraft {
    let rows = vec![PlanRow::new(format!("{name} need"), format!("{name} action"))];
    PlanDraft { rows, review_date: None, copy_holders: Vec::new() }
}

#[actix_web::test]
async fn one_refused_entry_takes_only_what_speaks_of_it() {
    for server in servers() {
        let (mut lead, _worker, case) = area(&server).await;
        let mut other = Worker::new(&server, "Iain", "education", Role::Practitioner).await;
        lead.say_of(case, Compartment::Team, (Fact::Member, other.user), "member");
        lead.sync(&server).await;
        other.sync(&server).await;
        // A phone that was tampered with: the lead professional is not this worker's to name.
        let envelope = Envelope::of_case(case, Compartment::Team);
        let mut copy = other.copy();
        other.say(case, Fact::Risk, "high");
        forge_stage(&mut other, case, &mut copy);
        other.restore(&copy);
        let loaded = other.phone().record(&envelope.id()).unwrap();
        assert!(format!("{loaded:?}").contains("forged"));
        other.say(case, Fact::School, "Glen Primary");
        other.say(case, Fact::School, "Loch Primary");
        let report = other.exchange(&server).await;
        assert_eq!((report.returned, report.rewritten), (1, 2), "{report:?}");
        let returned = other.phone().returned().unwrap();
        assert!(returned[0].words.iter().any(|words| words == "forged"), "{returned:?}");
        lead.sync(&server).await;
        let shown = lead.shown(case);
        assert!(shown.contains("Loch Primary") && !shown.contains("forged"), "{shown}");
        assert_in_order(&server);
    }
}

/// Puts an assertion into the phone's data that its policy would not let pass.
fn forge_stage(
    worker: &mut Worker,
    case: CaseId,
    copy: &mut sync_core::store::memory::MemoryStore,
) {
    use sync_core::record::change::{Change, Edit, NewEntry};
    use sync_core::record::schema::{FACTS, fact_field};
    use sync_core::store::{Store as _, Write};
    let envelope = Envelope::of_case(case, Compartment::Team);
    let rows = worker.phone().store().changes(&envelope.id()).unwrap();
    let mut row = rows.last().unwrap().clone();
    let who = worker.phone().identity().clone();
    let fields = vec![
        (fact_field::FACT, i64::from(Fact::LeadProfessional.code()).into()),
        (
            fact_field::VALUE,
            sync_core::record::value::Value::Bytes(worker.user.as_bytes().to_vec()),
        ),
        (fact_field::REASON, "forged".into()),
    ];
    let edits = vec![Edit::Add(NewEntry { collection: FACTS, fields, ..NewEntry::default() })];
    let change =
        Change { actor: who.actor, by: who.principal.user, at: START, clock_ahead_ms: 0, edits };
    row.body = change.encode_body();
    let counters = worker.phone().store().items(sync_core::store::Shelf::Meta).unwrap();
    let mut writes: Vec<_> = counters
        .into_iter()
        .map(|(key, value)| Write::Set(sync_core::store::Shelf::Meta, key, value))
        .collect();
    let author = (who.actor.as_bytes().to_vec(), who.principal.user.as_bytes().to_vec());
    writes.push(Write::Set(sync_core::store::Shelf::Author, author.0, author.1));
    writes.push(Write::PutChange(row));
    copy.commit(&writes).unwrap();
}

#[actix_web::test]
async fn a_worker_whose_entry_waits_for_a_reviewer_writes_on_in_the_record() {
    for server in servers() {
        let (mut lead, mut worker, case) = area(&server).await;
        let record = worker.visit(case, "The first visit.", START);
        worker.sync(&server).await;
        lead.sync(&server).await;
        lead.say_of(case, Compartment::Team, (Fact::Member, worker.user), "left");
        lead.sync(&server).await;
        let words = |words: &str| {
            let visit: sync_core::record::kinds::visit::VisitDraft =
                serde_json::from_value(json!({ "at": START, "narrative": words })).unwrap();
            visit.entries().into_iter().skip(1).collect::<Vec<_>>()
        };
        let envelope = worker.phone().envelope(&record).unwrap();
        worker.phone().add(&envelope, words("Written late."), START).unwrap();
        assert_eq!(worker.exchange(&server).await.held, 1);
        lead.say_of(case, Compartment::Team, (Fact::Member, worker.user), "member");
        lead.sync(&server).await;
        worker.exchange(&server).await;
        assert_eq!(worker.phone().returned().unwrap()[0].reason, IN_REVIEW);
        worker.phone().add(&envelope, words("Written after."), START).unwrap();
        assert_eq!(worker.exchange(&server).await.accepted, 1);
        lead.sync(&server).await;
        assert!(lead.shown(case).contains("Written after."));
        assert_in_order(&server);
    }
}
