use std::time::{Duration, Instant};

use caseweave::db::{self, write_tx};
use caseweave::role::Role;
use caseweave::service::accounts::{self, Post};
use caseweave::service::posts::{self, Ending};
use serde_json::json;
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::concern::ConcernDraft;
use sync_core::record::schema::Fact;
use sync_core::store::{Shelf, Store};

use crate::support::{START, TestServer, assert_refused, servers};
use crate::worker::Worker;

/// Whether a wait that begins before `work` told of news, and how long it took.
async fn waits(
    server: &TestServer,
    waiter: &Worker,
    seconds: u64,
    work: impl Future<Output = ()>,
) -> (bool, Duration) {
    let path = format!("/v1/sync/wait?seconds={seconds}");
    let started = Instant::now();
    let wait = async { (waiter.read(server, &path).await, started.elapsed()) };
    let work = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        work.await;
    };
    let ((answer, took), ()) = futures_util::future::join(wait, work).await;
    (answer["news"].as_bool().unwrap(), took)
}

#[actix_web::test]
async fn a_wait_ends_for_what_is_the_users_and_for_nothing_else() {
    for server in servers() {
        let mut member = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let lead = Worker::new(&server, "Lena", "education", Role::ClusterLead).await;
        let outside = Worker::new(&server, "Coll", "police", Role::Practitioner).await;
        let case = member.begin("Rowan", "Kerr");
        member.sync(&server).await;
        tokio::time::sleep(Duration::from_millis(1_100)).await;

        member.visit(case, "Rowan was at school today.", START);
        let (news, took) = waits(&server, &lead, 20, member.sync(&server)).await;
        assert!(news && took < Duration::from_secs(10), "{news} {took:?}");
        member.visit(case, "Rowan was at home today.", START);
        let (news, took) = waits(&server, &outside, 3, member.sync(&server)).await;
        assert!(!news && took >= Duration::from_secs(3), "{news} {took:?}");
    }
}

#[actix_web::test]
async fn nothing_that_came_between_exchange_and_wait_is_missed_and_a_busy_server_paces() {
    for server in servers() {
        let mut member = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let mut lead = Worker::new(&server, "Lena", "education", Role::ClusterLead).await;
        let case = member.begin("Rowan", "Kerr");
        member.sync(&server).await;
        lead.sync(&server).await;
        let path = standing(&mut lead);
        assert_eq!(lead.read(&server, &path).await, json!({ "news": false }));

        member.visit(case, "Rowan was at school today.", START);
        member.sync(&server).await;
        let started = Instant::now();
        assert_eq!(lead.read(&server, &path).await, json!({ "news": true }));
        // The commit was a moment ago: the answer to a phone takes its second.
        assert!(started.elapsed() >= Duration::from_millis(900), "{:?}", started.elapsed());
        tokio::time::sleep(Duration::from_secs(1)).await;
        let started = Instant::now();
        assert_eq!(lead.read(&server, &path).await, json!({ "news": true }));
        assert!(started.elapsed() < Duration::from_millis(900), "{:?}", started.elapsed());

        lead.sync(&server).await;
        let caught_up = standing(&mut lead);
        assert_eq!(lead.read(&server, &caught_up).await, json!({ "news": false }));
        let nonsense = lead.get(&server, "/v1/sync/wait?cursors=what").await;
        assert_refused(nonsense, 400, "bad_request");
    }
}

/// A process that shares its database hears of other processes by asking it: of its own commits it has told
/// already, and a second beat for one would look like a busy server, which paces whoever waits.
#[actix_web::test]
async fn a_process_tells_of_its_own_commits_once() {
    for server in servers() {
        let mut member = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let case = member.begin("Rowan", "Kerr");
        member.sync(&server).await;
        // Long enough for it to have asked.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let mut pulse = server.state.committer().pulse();
        for n in 0..3 {
            member.visit(case, &format!("Rowan was at school on day {n}."), START);
            member.sync(&server).await;
            assert!(pulse.has_changed().unwrap(), "{n}");
            pulse.borrow_and_update();
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert!(!pulse.has_changed().unwrap(), "{n}: told twice");
        }
    }
}

/// Where a visit is written and moved to another child before anybody has had it, those who may not see where
/// it went hear nothing of it.
#[actix_web::test]
async fn what_was_moved_away_before_it_came_wakes_nobody() {
    for server in servers() {
        let mut lena = Worker::new(&server, "Lena", "education", Role::ClusterLead).await;
        let mut neil = Worker::new(&server, "Neil", "health", Role::Practitioner).await;
        let [rowan, rory] = ["Rowan", "Rory"].map(|name| lena.begin(name, "Kerr"));
        lena.say_of(rowan, Compartment::Team, (Fact::Member, neil.user), "member");
        lena.sync(&server).await;
        neil.sync(&server).await;
        let path = standing(&mut neil);
        let visit = lena.visit(rowan, "Rory drew a boat.", START);
        lena.phone().rehome(&visit, rory, Compartment::Team, "wrong child", START).unwrap();
        lena.sync(&server).await;
        assert_eq!(neil.read(&server, &path).await, json!({ "news": false }));
        assert_eq!(neil.exchange(&server).await.received, 0);
        lena.visit(rowan, "Rowan was at school today.", START);
        lena.sync(&server).await;
        assert_eq!(neil.read(&server, &path).await, json!({ "news": true }));
        assert_eq!(neil.exchange(&server).await.received, 1);
    }
}

/// The session is asked about again: that something came is nothing for whoever was taken off meanwhile.
#[actix_web::test]
async fn whoever_is_taken_off_while_they_wait_is_not_told_that_something_came() {
    for server in servers() {
        let mut member = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let lead = Worker::new(&server, "Lena", "education", Role::ClusterLead).await;
        let case = member.begin("Rowan", "Kerr");
        member.sync(&server).await;
        let waits = lead.get(&server, "/v1/sync/wait?seconds=20");
        let works = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let leave = |conn: &mut db::Conn| accounts::leave(conn, START, &lead.user);
            write_tx(&mut server.conn(), leave).unwrap();
            member.visit(case, "Rowan was at school today.", START);
            member.sync(&server).await;
        };
        let (answer, ()) = futures_util::future::join(waits, works).await;
        assert_refused(answer, 403, "device_retired");
    }
}

/// What somebody may hear follows from the posts of the moment, also of those that ended while they waited.
#[actix_web::test]
async fn a_wait_goes_by_the_posts_of_the_moment() {
    for server in servers() {
        let mut member = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let mut lead = Worker::new(&server, "Lena", "education", Role::ClusterLead).await;
        let duncan = Worker::new(&server, "Duncan", "social-work", Role::Duty).await;
        let cluster = "Preston Lodge";
        let post = Post { cluster, agency: "social-work", role: Role::Practitioner };
        let give = |conn: &mut db::Conn| accounts::add_post(conn, START, &duncan.user, post);
        write_tx(&mut server.conn(), give).unwrap();
        let case = member.begin("Rowan", "Kerr");
        member.sync(&server).await;
        lead.sync(&server).await;
        lead.say_of(case, Compartment::Team, (Fact::Member, member.user), "member");
        lead.sync(&server).await;
        member.sync(&server).await;
        for ends in [false, true] {
            let harm = json!({ "seen": "A bruise on the arm.", "harm_suspected": true });
            let harm: ConcernDraft = serde_json::from_value(harm).unwrap();
            member.make(case, Compartment::Protection, &harm);
            let alarms = async {
                if ends {
                    let ending = Ending { sign_in: "duncan", cluster, role: Role::Duty };
                    let end = |conn: &mut db::Conn| posts::end(conn, START, None, ending);
                    write_tx(&mut server.conn(), end).unwrap();
                }
                member.exchange(&server).await;
            };
            let (news, _) = waits(&server, &duncan, 5, alarms).await;
            assert_eq!(news, !ends, "an alarm is a duty officer's to hear");
        }
    }
}

/// The address of a wait for what comes after where a phone stands.
pub(crate) fn standing(worker: &mut Worker) -> String {
    let cluster = *worker.phone().clusters().keys().next().unwrap();
    let cursor = worker.phone().store().item(Shelf::Cursor, cluster.as_bytes()).unwrap().unwrap();
    format!("/v1/sync/wait?seconds=2&cursors={cluster}:{}", caseweave::hex::encode(&cursor))
}
