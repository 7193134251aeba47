//! Whoever is taken off while something is under way gets no more of it; nobody keeps others from the
//! database by asking.

use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use actix_web::body::MessageBody as _;
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::test::{self, TestRequest};
use actix_web::web::Bytes;
use caseweave::build_app;
use caseweave::db::devices::DeviceState;
use caseweave::db::{self, write_tx};
use caseweave::ingest::sequencer;
use caseweave::ingest::taken_off::TakenOff;
use caseweave::role::Role;
use caseweave::service::accounts::{self, NewCluster, Post};
use caseweave::service::devices;
use caseweave::service::posts::{self, Ending};
use ed25519_dalek::SigningKey;
use futures_util::future::{join, join_all};
use futures_util::stream::{self, Stream};
use sync_core::ids::{CaseId, DeviceId, UserId};
use sync_core::limits::READS_PER_PERSON;
use sync_core::protocol::message::{ClusterCursor, SyncRequest};
use sync_core::protocol::stream::{PageReader, encode_request};
use sync_core::record::kind::Compartment;
use sync_core::record::schema::Fact;

use crate::support::{START, TestServer, servers};
use crate::worker::{Worker, assert_in_order};

/// Visits of 8 KB: more than two pages of them.
const VISITS: u64 = 100;

struct Scene {
    lead: Worker,
    member: Worker,
    case: CaseId,
}

impl Scene {
    /// A member whose first sync takes several pages.
    async fn new(server: &TestServer) -> Self {
        let mut lead = Worker::new(server, "Lena", "education", Role::ClusterLead).await;
        let member = Worker::new(server, "Mairi", "health", Role::Practitioner).await;
        let case = lead.begin("Rowan", "Kerr");
        lead.say_of(case, Compartment::Team, (Fact::Member, member.user), "member");
        for n in 0..VISITS {
            lead.visit(case, &noise(n), START);
        }
        lead.sync(server).await;
        Self { lead, member, case }
    }

    fn device(&mut self) -> DeviceId {
        self.member.phone().identity().device
    }

    /// The member's request for everything, and its body.
    fn request(&mut self) -> (TestRequest, Vec<u8>) {
        let cluster = *self.member.phone().clusters().keys().next().unwrap();
        let cursors = vec![ClusterCursor { cluster, cursor: Vec::new(), held: Vec::new() }];
        let request = SyncRequest {
            version: sync_core::protocol::VERSION,
            cursors,
            batches: Vec::new(),
            now: START,
            more: false,
            whole: true,
            stats: false,
            openings: Vec::new(),
            actors: None,
        };
        let header = ("Authorization", format!("Bearer {}", self.member.token));
        let body = encode_request(&request).unwrap();
        (TestRequest::post().uri("/v1/sync").insert_header(header), body)
    }
}

/// Words that no compressor makes shorter.
fn noise(seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut text = String::new();
    while text.len() < 8_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text += &format!("{state:x} ");
    }
    text
}

fn mark(server: &TestServer, device: &DeviceId) {
    write_tx(&mut server.conn(), |conn| {
        let device = db::devices::by_id(conn, device)?.unwrap();
        devices::set_state(conn, &device, DeviceState::Stolen, None, START)
    })
    .unwrap()
    .unwrap();
}

#[actix_web::test]
async fn a_thief_who_keeps_the_last_byte_back_is_turned_away_when_it_comes() {
    for server in servers() {
        let mut scene = Scene::new(&server).await;
        let device = scene.device();
        let (request, body) = scene.request();
        let (first, last) = body.split_at(body.len() - 1);
        let parts = [Bytes::copy_from_slice(first), Bytes::copy_from_slice(last)];
        let (mut parts, server) = (parts.into_iter().enumerate(), Rc::new(server));
        let marking = Rc::clone(&server);
        let slow = stream::poll_fn(move |_| {
            let next = parts.next();
            if matches!(next, Some((1, _))) {
                mark(&marking, &device);
            }
            Poll::Ready(next.map(|(_, part)| Ok::<_, PayloadError>(part)))
        });
        let payload: Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>> = Box::pin(slow);
        let (request, _) = request.to_request().replace_payload(Payload::Stream { payload });
        let app = test::init_service(build_app(server.state.clone())).await;
        assert_eq!(test::call_service(&app, request).await.status(), 403);
    }
}

/// As a command of the operator does that links the audit: no row waits that would tell of a change.
#[actix_web::test]
async fn who_is_taken_off_is_kept_outside_the_database_whatever_waits_in_the_audit() {
    for server in servers() {
        let mut scene = Scene::new(&server).await;
        let (folder, key) = (tempfile::tempdir().unwrap(), SigningKey::from_bytes(&[1; 32]));
        let kept = || TakenOff::kept(folder.path()).unwrap();
        let ticks = || sequencer::tick(&server.state.db, &key, START, Some(folder.path()));
        ticks().await.unwrap();
        assert_eq!(kept(), TakenOff::default());
        mark(&server, &scene.device());
        ticks().await.unwrap();
        assert_ne!(kept(), TakenOff::default());
        server.tamper("UPDATE devices SET state = 'active'").unwrap();
        ticks().await.unwrap();
        assert_eq!(kept(), TakenOff::default());
    }
}

#[actix_web::test]
async fn an_answer_under_way_ends_where_the_phone_was_marked() {
    for server in servers() {
        let mut scene = Scene::new(&server).await;
        let app = test::init_service(build_app(server.state.clone())).await;
        let mut pages = Vec::new();
        for marked in [false, true] {
            let (request, body) = scene.request();
            let request = request.set_payload(body).to_request();
            let mut answer = Box::pin(test::call_service(&app, request).await.into_body());
            let mut bytes = Vec::new();
            while let Some(Ok(part)) = poll_fn(|cx| answer.as_mut().poll_next(cx)).await {
                if marked && bytes.is_empty() {
                    mark(&server, &scene.device());
                }
                bytes.extend(part);
            }
            let mut reader = PageReader::new(bytes.as_slice()).unwrap();
            pages.push(std::iter::from_fn(|| reader.page().ok().flatten()).count());
        }
        assert!(pages[0] > 2, "{pages:?}");
        assert_eq!(pages[1], 1, "what was made before the mark, and no more");
    }
}

#[actix_web::test]
async fn a_role_elsewhere_that_bars_from_cases_takes_every_copy() {
    for server in servers() {
        let mut scene = Scene::new(&server).await;
        let case = scene.case;
        scene.member.sync(&server).await;
        assert!(!scene.member.shown(case).is_empty());
        let (user, lead) = (scene.member.user, scene.lead.user);
        write_tx(&mut server.conn(), |conn| {
            let name = "Ross High";
            let fresh = ([8; 16], [9; 16]);
            let jurisdiction = "scotland";
            let authority = Some("East Lothian");
            let cluster = NewCluster { name, jurisdiction, authority, fresh };
            accounts::add_cluster(conn, START, &cluster)?;
            let post = Post { cluster: name, agency: "health", role: Role::Admin };
            accounts::add_post(conn, START, &user, post)?;
            // One that bars from nothing changes nothing.
            let post = Post { cluster: name, agency: "education", role: Role::Practitioner };
            accounts::add_post(conn, START, &lead, post)
        })
        .unwrap();
        assert_eq!(open_scopes(&server, &user, case), 0);
        assert!(open_scopes(&server, &lead, case) > 0);
        let (_, body) = scene.member.get(&server, &format!("/v1/cases/{case}")).await;
        assert_eq!(body["error"]["code"], "not_found");
        let header = ("Authorization", format!("Bearer {}", scene.member.token));
        let (request, body) = scene.request();
        let answer = server.send_raw(request.insert_header(header).set_payload(body)).await.1;
        let mut reader = PageReader::new(answer.as_slice()).unwrap();
        assert!(reader.page().unwrap().is_none(), "nothing at all is sent");
        assert_in_order(&server);
    }
}

fn open_scopes(server: &TestServer, user: &UserId, case: CaseId) -> usize {
    let all = db::access::of_case(&mut server.conn(), &case).unwrap();
    all.iter().filter(|it| it.user == *user && it.until.is_none()).count()
}

#[actix_web::test]
async fn a_sensitive_service_is_another_service_on_every_phone() {
    for server in servers() {
        write_tx(&mut server.conn(), |conn| {
            accounts::add_agency(conn, START, ("harbour", "Harbour addiction service", true))
        })
        .unwrap();
        let mut own = Worker::new(&server, "Hamish", "harbour", Role::Practitioner).await;
        let mut other = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        own.sync(&server).await;
        let named = |worker: &mut Worker| {
            let all = worker.phone().colleagues().unwrap();
            all.into_iter().find(|it| it.name == "Hamish").unwrap().agency_name
        };
        assert_eq!(named(&mut own), "Harbour addiction service");
        assert_eq!(named(&mut other), "Another service");
    }
}

#[actix_web::test]
async fn who_asks_without_end_keeps_nobody_waiting() {
    for server in servers() {
        let scene = Scene::new(&server).await;
        let app = test::init_service(build_app(server.state.clone())).await;
        let ask = |token: &str| {
            let header = ("Authorization", format!("Bearer {token}"));
            let path = "/v1/caseload";
            test::call_service(
                &app,
                TestRequest::get().uri(path).insert_header(header).to_request(),
            )
        };
        let flood: Vec<_> = (0..60).map(|_| ask(&scene.lead.token)).collect();
        let (answers, other) = join(join_all(flood), ask(&scene.member.token)).await;
        assert_eq!(other.status(), 200);
        let busy = answers.iter().filter(|answer| answer.status() == 503).count();
        let well = answers.iter().filter(|answer| answer.status() == 200).count();
        // Some are answered before the last one comes.
        assert_eq!(well + busy, 60);
        assert!(well >= READS_PER_PERSON && busy > 0, "{well} answered, {busy} told to come again");
    }
}

#[actix_web::test]
async fn what_a_role_elsewhere_took_comes_back_once_it_ends() {
    for server in servers() {
        let mut scene = Scene::new(&server).await;
        let (case, user, elsewhere) = (scene.case, scene.member.user, "Ross High");
        scene.member.sync(&server).await;
        write_tx(&mut server.conn(), |conn| {
            let (jurisdiction, authority) = ("scotland", Some("East Lothian"));
            let fresh = ([8; 16], [9; 16]);
            let cluster = NewCluster { name: elsewhere, jurisdiction, authority, fresh };
            accounts::add_cluster(conn, START, &cluster)?;
            let post = Post { cluster: elsewhere, agency: "health", role: Role::Admin };
            accounts::add_post(conn, START, &user, post)
        })
        .unwrap();
        scene.member.sync(&server).await;
        assert!(scene.member.shown(case).is_empty());
        let ending = Ending { sign_in: "mairi", cluster: elsewhere, role: Role::Admin };
        write_tx(&mut server.conn(), |conn| posts::end(conn, START, None, ending)).unwrap();
        assert!(open_scopes(&server, &user, case) > 0);
        scene.member.sync(&server).await;
        assert!(!scene.member.shown(case).is_empty(), "the case is back");
        assert_in_order(&server);
    }
}
