//! What a phone says of where it stood. Nothing that it makes up and nothing that was sealed for it once tells it
//! of what was never its user's; and what was goes from it, however it asks.

use std::collections::BTreeSet;
use std::iter;

use actix_web::test::TestRequest;
use caseweave::db::{Conn, write_tx};
use caseweave::role::Role;
use caseweave::service::accounts::{self, NewCluster, Post};
use caseweave::service::posts::{self, Ending};
use caseweave::service::pull::{self, Puller, Round};
use sync_core::ids::{CaseId, ClusterId, RecordId, ScopeId, UserId};
use sync_core::protocol::VERSION;
use sync_core::protocol::frame::decode_pull;
use sync_core::protocol::message::{ClusterCursor, Page, SyncRequest};
use sync_core::protocol::stream::{PageReader, encode_request};
use sync_core::record::kind::Compartment;
use sync_core::record::schema::Fact;
use sync_core::store::{Shelf, Store as _};

use crate::support::{START, TestServer, servers};
use crate::worker::Worker;

/// Preston Lodge.
const HERE: ClusterId = ClusterId::from_bytes([1; 16]);
/// Bytes that no server sealed.
const GARBAGE: &[u8] = &[0x5A; 94];
/// Where a phone stands that says nothing of it.
const NOTHING: &[u8] = &[];
/// Bytes of a page that takes a change or two.
const SMALL: usize = 200;

/// A cursor and the one from before a phone asked for the whole.
type Says<'a> = (&'a [u8], &'a [u8]);

fn asked((cursor, held): Says<'_>) -> ClusterCursor {
    ClusterCursor { cluster: HERE, cursor: cursor.to_vec(), held: held.to_vec() }
}

/// What a phone is answered that says this.
async fn ask(server: &TestServer, worker: &Worker, says: Says<'_>) -> Vec<Page> {
    let request = SyncRequest {
        version: VERSION,
        cursors: vec![asked(says)],
        batches: Vec::new(),
        now: START,
        more: false,
        whole: false,
        stats: false,
        openings: Vec::new(),
        actors: None,
    };
    let header = ("Authorization", format!("Bearer {}", worker.token));
    let body = encode_request(&request).unwrap();
    let request = TestRequest::post().uri("/v1/sync").insert_header(header).set_payload(body);
    let (status, body) = server.send_raw(request).await;
    assert_eq!(status, 200);
    pages_of(&[body])
}

fn pages_of(answers: &[Vec<u8>]) -> Vec<Page> {
    let mut pages = Vec::new();
    for answer in answers {
        let mut reader = PageReader::new(std::io::Cursor::new(answer.clone())).unwrap();
        pages.extend(iter::from_fn(|| reader.page().unwrap()));
    }
    pages
}

/// Where a phone stands.
fn cursor_of(worker: &mut Worker) -> Vec<u8> {
    worker.phone().store().item(Shelf::Cursor, HERE.as_bytes()).unwrap().unwrap()
}

/// The cases that pages say are to be found no longer, and what copies they say go or freeze.
fn ended(pages: &[Page]) -> (BTreeSet<CaseId>, BTreeSet<ScopeId>) {
    let hidden = pages.iter().flat_map(|page| page.hidden.iter().copied()).collect();
    let gone = pages.iter().flat_map(|page| page.dropped.iter().chain(&page.frozen).copied());
    (hidden, gone.collect())
}

fn alone(record: RecordId) -> ScopeId {
    ScopeId::from_bytes(*record.as_bytes())
}

/// Pulls for a phone without the way between, in pages that are nearly empty.
fn puller(server: &TestServer, worker: &mut Worker) -> Puller {
    Puller {
        user: worker.user,
        device: worker.phone().identity().device,
        cursor_key: server.state.secrets.cursor_key,
        log_id: server.state.secrets.log_id,
        fresh: [6; 16],
        whole: false,
        works: true,
        catalogue: server.state.rules.catalogue.clone(),
        told: server.state.told.clone(),
        tails: server.state.tails.clone(),
        page_bytes: SMALL,
    }
}

fn begin(conn: &mut Conn, puller: &Puller, says: Says<'_>) -> Round {
    Round::begin(conn, puller.clone(), &asked(says), START).unwrap()
}

/// All pages of a round.
fn round(conn: &mut Conn, puller: &Puller, says: Says<'_>) -> Vec<Page> {
    let mut round = begin(conn, puller, says);
    iter::from_fn(|| round.page(conn, START).unwrap()).collect()
}

/// A lead with two cases, of which the first has so many visits.
async fn cases(server: &TestServer, visits: usize) -> (Worker, [CaseId; 2], Vec<RecordId>) {
    let mut lena = Worker::new(server, "Lena", "education", Role::ClusterLead).await;
    let [rowan, rory] = ["Rowan", "Rory"].map(|name| lena.begin(name, "Kerr"));
    let visit = |n| lena.visit(rowan, &format!("Rory drew {n} boats."), START);
    let visits = (0..visits).map(visit).collect();
    lena.sync(server).await;
    (lena, [rowan, rory], visits)
}

/// Says whether somebody is in the team of a case.
async fn team(server: &TestServer, lena: &mut Worker, case: CaseId, (who, how): (UserId, &str)) {
    lena.say_of(case, Compartment::Team, (Fact::Member, who), how);
    lena.sync(server).await;
}

/// Moves a visit to another child.
async fn rehome(server: &TestServer, lena: &mut Worker, visit: RecordId, case: CaseId) {
    lena.phone().rehome(&visit, case, Compartment::Team, "wrong child", START).unwrap();
    lena.sync(server).await;
}

/// A case that everybody may find at first, and nobody outside its team later.
async fn begin_to_shield(server: &TestServer, hilda: &mut Worker, name: &str) -> CaseId {
    let case = hilda.begin(name, "Kerr");
    hilda.sync(server).await;
    case
}

async fn shield(server: &TestServer, hilda: &mut Worker, case: CaseId) {
    hilda.say(case, Fact::Shielded, true);
    hilda.sync(server).await;
}

#[actix_web::test]
async fn nothing_that_a_phone_says_tells_it_what_is_hidden_from_its_user() {
    for server in servers() {
        let (mut lena, [rowan, rory], visits) = cases(&server, 1).await;
        let mut hilda = Worker::new(&server, "Hilda", "housing", Role::Practitioner).await;
        let iris = begin_to_shield(&server, &mut hilda, "Iris").await;
        shield(&server, &mut hilda, iris).await;
        rehome(&server, &mut lena, visits[0], rory).await;
        // Who joins after that is kept from both, under numbers that are later than theirs.
        let mut neil = Worker::new(&server, "Neil", "health", Role::Practitioner).await;
        let first = cursor_of(&mut neil);
        team(&server, &mut lena, rowan, (neil.user, "member")).await;
        neil.sync(&server).await;
        let nothing = (BTreeSet::new(), BTreeSet::new());
        assert_eq!(ended(&pages_of(&neil.answered)), nothing, "an honest phone");
        let newest = cursor_of(&mut neil);
        let words: [&[u8]; 4] = [NOTHING, GARBAGE, &first, &newest];
        for (n, cursor) in words.into_iter().enumerate() {
            for (m, held) in words.into_iter().enumerate() {
                let pages = ask(&server, &neil, (cursor, held)).await;
                assert_eq!(ended(&pages), nothing, "{n}, {m}");
                // What opens nothing is as good as from another log, but for what it proves.
                let anew = cursor == GARBAGE || (cursor.is_empty() && held == GARBAGE);
                assert_eq!(pages[0].anew, anew, "{n}, {m}");
            }
        }
    }
}

#[actix_web::test]
async fn what_ended_goes_from_a_phone_however_it_asks() {
    for server in servers() {
        let (mut lena, [rowan, rory], visits) = cases(&server, 2).await;
        let mut hilda = Worker::new(&server, "Hilda", "housing", Role::Practitioner).await;
        let iris = begin_to_shield(&server, &mut hilda, "Iris").await;
        let mut neil = Worker::new(&server, "Neil", "health", Role::Practitioner).await;
        team(&server, &mut lena, rowan, (neil.user, "member")).await;
        neil.sync(&server).await;
        // With the next contact the server knows that the last answer came.
        neil.sync(&server).await;
        let stood = cursor_of(&mut neil);
        shield(&server, &mut hilda, iris).await;
        rehome(&server, &mut lena, visits[0], rory).await;
        team(&server, &mut lena, rowan, (neil.user, "left")).await;
        let ways: [Says<'_>; 5] = [
            (&stood, NOTHING),
            (NOTHING, &stood),
            (GARBAGE, &stood),
            // As from a server that lost the key of its cursors.
            (GARBAGE, NOTHING),
            (NOTHING, GARBAGE),
        ];
        for (n, says) in ways.into_iter().enumerate() {
            let pages = ask(&server, &neil, says).await;
            let (hidden, gone) = ended(&pages);
            assert_eq!(hidden, BTreeSet::from([iris]), "{n}");
            assert!(gone.contains(&Compartment::Team.scope(&rowan)), "{n}: {gone:?}");
            assert!(gone.contains(&alone(visits[0])), "{n}: {gone:?}");
            // Once it has heard of that, it hears nothing of it again.
            let after = pages.last().unwrap().cursor.clone();
            let pages = ask(&server, &neil, (NOTHING, &after)).await;
            assert_eq!(ended(&pages), (BTreeSet::new(), BTreeSet::new()), "{n}");
        }
        // A phone of which nothing is noted had nothing.
        let who = ("Neil", "health", Role::Practitioner);
        let second = Worker::enrolled(&server, neil.user, who).await;
        let pages = ask(&server, &second, (GARBAGE, NOTHING)).await;
        assert_eq!(ended(&pages), (BTreeSet::new(), BTreeSet::new()));
        assert!(pages[0].anew);
    }
}

#[actix_web::test]
async fn a_round_that_was_cut_counts_for_what_it_had_begun_to_bring() {
    for server in servers() {
        let (mut lena, [rowan, _], _) = cases(&server, 6).await;
        let mut neil = Worker::new(&server, "Neil", "health", Role::Practitioner).await;
        let stood = cursor_of(&mut neil);
        team(&server, &mut lena, rowan, (neil.user, "member")).await;
        let (puller, mut conn) = (puller(&server, &mut neil), server.conn());
        let cut = begin(&mut conn, &puller, (&stood, NOTHING)).page(&mut conn, START);
        let cut = cut.unwrap().unwrap();
        assert!(cut.left > 0 && !cut.frame.is_empty(), "a part came");
        team(&server, &mut lena, rowan, (neil.user, "left")).await;
        let scope = Compartment::Team.scope(&rowan);
        // It may ask for the whole then, or go on and hear of it with the next round.
        let whole = round(&mut conn, &puller, (NOTHING, &cut.cursor));
        assert!(ended(&whole).1.contains(&scope));
        let rest = round(&mut conn, &puller, (&cut.cursor, NOTHING));
        let next = round(&mut conn, &puller, (&rest.last().unwrap().cursor, NOTHING));
        assert!(ended(&next).1.contains(&scope));
    }
}

#[actix_web::test]
async fn whoever_left_is_told_of_nothing_that_came_after() {
    for server in servers() {
        let mut hilda = Worker::new(&server, "Hilda", "housing", Role::Practitioner).await;
        let mut coll = Worker::new(&server, "Coll", "police", Role::Practitioner).await;
        let rowan = hilda.begin("Rowan", "Kerr");
        hilda.sync(&server).await;
        coll.sync(&server).await;
        let stood = cursor_of(&mut coll);
        move_elsewhere(&server, coll.user);
        let iris = begin_to_shield(&server, &mut hilda, "Iris").await;
        shield(&server, &mut hilda, iris).await;
        // As a phone is answered that has more to push.
        let puller = Puller { works: false, ..puller(&server, &mut coll) };
        let answered = pull::answered(&mut server.conn(), &puller, &asked((&stood, NOTHING)));
        let answered = answered.unwrap().unwrap();
        let ways: [Says<'_>; 6] = [
            (&stood, GARBAGE),
            (NOTHING, &stood),
            (GARBAGE, &stood),
            (&answered, NOTHING),
            (NOTHING, &answered),
            (&stood, &answered),
        ];
        for (n, says) in ways.into_iter().enumerate() {
            let (hidden, _) = ended(&ask(&server, &coll, says).await);
            assert_eq!(hidden, BTreeSet::from([rowan]), "{n}: what he could find");
        }

        let left = ask(&server, &coll, (&stood, NOTHING)).await;
        let left = left.last().unwrap().cursor.clone();
        let ivo = begin_to_shield(&server, &mut hilda, "Ivo").await;
        shield(&server, &mut hilda, ivo).await;
        let ways: [Says<'_>; 4] =
            [(&left, NOTHING), (NOTHING, &left), (&left, GARBAGE), (&left, &left)];
        for comes_back in [false, true] {
            if comes_back {
                post(&server, coll.user, "Preston Lodge");
            }
            for (n, says) in ways.into_iter().enumerate() {
                let (hidden, _) = ended(&ask(&server, &coll, says).await);
                assert_eq!(hidden, BTreeSet::new(), "{n}, back: {comes_back}");
            }
        }
    }
}

/// Ends a post in Preston Lodge; its holder has one in another cluster from then on.
fn move_elsewhere(server: &TestServer, user: UserId) {
    let fresh = ([3; 16], [4; 16]);
    let cluster =
        NewCluster { name: "Ross High", jurisdiction: "scotland", authority: None, fresh };
    write_tx(&mut server.conn(), |conn| accounts::add_cluster(conn, START, &cluster)).unwrap();
    post(server, user, "Ross High");
    let (cluster, role) = ("Preston Lodge", Role::Practitioner);
    let ending = Ending { sign_in: "coll", cluster, role };
    write_tx(&mut server.conn(), |conn| posts::end(conn, START, None, ending)).unwrap();
}

fn post(server: &TestServer, user: UserId, cluster: &str) {
    let post = Post { cluster, agency: "police", role: Role::Practitioner };
    write_tx(&mut server.conn(), |conn| accounts::add_post(conn, START, &user, post)).unwrap();
}

/// By what is left over at the end one could tell how much of a case was moved out of sight.
#[actix_web::test]
async fn what_a_page_says_is_left_is_what_comes() {
    for server in servers() {
        let (mut lena, [rowan, rory], visits) = cases(&server, 6).await;
        let mut neil = Worker::new(&server, "Neil", "health", Role::Practitioner).await;
        let stood = cursor_of(&mut neil);
        rehome(&server, &mut lena, visits[2], rory).await;
        team(&server, &mut lena, rowan, (neil.user, "member")).await;
        let (puller, mut conn) = (puller(&server, &mut neil), server.conn());
        for says in [(NOTHING, NOTHING), (&stood[..], NOTHING)] {
            let pages = round(&mut conn, &puller, says);
            let came: Vec<u64> = pages.iter().map(changes).collect();
            assert!(pages.len() > 3, "{came:?}");
            let left: Vec<u64> = pages.iter().map(|page| page.left).collect();
            let rest: Vec<u64> = (1..=came.len()).map(|n| came[n..].iter().sum::<u64>()).collect();
            assert_eq!(left, rest, "of {came:?}");
        }
    }
}

fn changes(page: &Page) -> u64 {
    if page.frame.is_empty() {
        return 0;
    }
    decode_pull(&page.frame).unwrap().iter().map(|record| record.changes.len() as u64).sum()
}
