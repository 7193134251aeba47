//! A phone that signs what no honest one sends: a record twice in one batch, or work by nobody's name.

use actix_web::test::TestRequest;
use caseweave::db;
use caseweave::role::Role;
use caseweave::service::histories;
use sync_core::ids::{Actor, ClusterId};
use sync_core::protocol::VERSION;
use sync_core::protocol::batch::claim;
use sync_core::protocol::frame::{PushedChange, PushedRecord};
use sync_core::protocol::message::{Outcome, SyncRequest};
use sync_core::protocol::stream::{PageReader, encode_request};
use sync_core::record::change::{Change, Edit, NewEntry};
use sync_core::record::envelope::Envelope;
use sync_core::record::history::History;
use sync_core::record::kind::Compartment;
use sync_core::record::schema::{FACTS, Fact, fact_field};
use sync_core::record::value::Value;

use crate::support::{START, TestServer, servers};
use crate::worker::{Worker, assert_in_order, signed};

/// A change that says where the child goes to school, by an actor who has seen the whole record.
fn says(worker: &mut Worker, history: &History, (actor, school): (Actor, &str)) -> PushedRecord {
    let fields = vec![
        (fact_field::FACT, Value::Int(Fact::School.code().into())),
        (fact_field::VALUE, school.into()),
    ];
    let entry = NewEntry { collection: FACTS, fields, ..NewEntry::default() };
    let edits = vec![Edit::Add(entry)];
    let change = Change { actor, by: worker.user, at: START, clock_ahead_ms: 0, edits };
    let (body, mut after) = (change.encode_body(), history.clone());
    let (deps, first_seq) = (after.dep_names(&after.implied_deps(&actor)), after.next_seq(&actor));
    let hash = after.append(change, first_seq, Some(&deps)).unwrap().hash.prefix();
    let changes = vec![PushedChange { deps: Some(deps), hash, body }];
    PushedRecord { envelope: history.envelope().encode(), actor, first_seq, changes }
}

/// Pushes in one batch, signed as it should be, and claims an actor.
async fn push(
    server: &TestServer,
    worker: &mut Worker,
    (records, actor): (&[PushedRecord], Actor),
) -> Vec<Outcome> {
    let cluster: ClusterId = *worker.phone().clusters().keys().next().unwrap();
    let identity = worker.phone().identity().clone();
    let request = SyncRequest {
        version: VERSION,
        cursors: Vec::new(),
        batches: vec![signed(cluster, records, &identity.key)],
        now: START,
        more: true,
        whole: false,
        stats: false,
        openings: Vec::new(),
        actors: Some(claim(&identity.device, vec![actor], &identity.key)),
    };
    let header = ("Authorization", format!("Bearer {}", worker.token));
    let body = encode_request(&request).unwrap();
    let request = TestRequest::post().uri("/v1/sync").insert_header(header).set_payload(body);
    let (_, body) = server.send_raw(request).await;
    let mut reader = PageReader::new(std::io::Cursor::new(body)).unwrap();
    let mut outcomes = Vec::new();
    while let Some(page) = reader.page().unwrap() {
        outcomes.extend(page.answers.into_iter().map(|answer| answer.outcome));
    }
    outcomes
}

#[actix_web::test]
async fn a_record_that_comes_twice_in_a_batch_stays_readable() {
    for server in servers() {
        let mut mairi = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let mut lena = Worker::new(&server, "Lena", "education", Role::ClusterLead).await;
        let case = mairi.begin("Isla", "Kerr");
        mairi.sync(&server).await;
        lena.sync(&server).await;
        let envelope = Envelope::of_case(case, Compartment::Team);
        let history = histories::history_of(&mut server.conn(), &envelope).unwrap();
        let (own, other) = (mairi.phone().identity().actor, Actor::from_bytes([77; 16]));
        let first = says(&mut mairi, &history, (own, "Ardmore"));
        let second = says(&mut mairi, &history, (other, "Balmore"));
        let both = [first, second.clone()];
        let told = push(&server, &mut mairi, (&both, other)).await;
        assert_eq!(told, [Outcome::Accepted, Outcome::Needs]);
        lena.sync(&server).await;
        assert!(lena.shown(case).contains("Ardmore"));

        let told = push(&server, &mut mairi, (&[second], other)).await;
        assert_eq!(told, [Outcome::Accepted], "by itself it is as good as any");
        lena.sync(&server).await;
        let shown = lena.shown(case);
        assert!(shown.contains("Ardmore") && shown.contains("Balmore"), "{shown}");
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn nobody_writes_as_the_author_of_a_records_beginning() {
    for server in servers() {
        let mut mairi = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let mut lena = Worker::new(&server, "Lena", "education", Role::ClusterLead).await;
        let case = mairi.begin("Isla", "Kerr");
        mairi.sync(&server).await;
        let envelope = Envelope::of_case(case, Compartment::Team);
        let history = histories::history_of(&mut server.conn(), &envelope).unwrap();
        let nobody = envelope.genesis_actor();
        let pushed = says(&mut mairi, &history, (nobody, "Ardmore"));
        let told = push(&server, &mut mairi, (&[pushed], nobody)).await;
        assert_eq!(told, [Outcome::Refused("not_yours".to_owned())]);
        assert!(db::records::by_id(&mut server.conn(), &envelope.id()).unwrap().is_some());
        lena.sync(&server).await;
        assert_in_order(&server);
    }
}
