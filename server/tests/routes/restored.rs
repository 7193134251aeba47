//! A server that was put back to a backup: numbers are given a second time, and phones notice.

use caseweave::db;
use caseweave::db::write_tx;
use caseweave::ingest::commit::refresh_cluster;
use caseweave::role::Role;
use sync_core::gate::refusal::REVIEW_LOST;
use sync_core::ids::ClusterId;
use sync_core::limits::CHANGES_PER_BATCH;
use sync_core::record::kind::Compartment;
use sync_core::record::schema::Fact;
use sync_core::store::Store as _;

use crate::support::{START, TestServer, servers};
use crate::worker::Worker;

fn cluster(server: &TestServer) -> ClusterId {
    db::clusters::list(&mut server.conn()).unwrap()[0].id
}

/// The number that the log gives next.
fn next(server: &TestServer) -> i64 {
    db::log::head(&mut server.conn(), &cluster(server)).unwrap().0
}

/// As the database was before the log gave a number, without whoever came since.
fn put_back(server: &TestServer, number: i64, came: &str) {
    let who = format!("(SELECT id FROM users WHERE sign_in = '{came}')");
    for sql in [
        format!("DELETE FROM memberships WHERE user_id = {who}"),
        format!("DELETE FROM access WHERE since >= {number}"),
        format!("DELETE FROM log_marks WHERE number >= {number}"),
        format!("UPDATE clusters SET next_number = {number}"),
    ] {
        server.tamper(&sql).unwrap();
    }
}

#[actix_web::test]
async fn what_ended_under_a_number_of_a_lost_log_is_heard_of() {
    for server in servers() {
        let mut lena = Worker::new(&server, "Lena", "health", Role::ClusterLead).await;
        let mut mairi = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let case = mairi.begin("Isla", "Kerr");
        mairi.sync(&server).await;
        lena.sync(&server).await;
        let before = next(&server);
        // No change of a record took these numbers, so the chain does not tell of them.
        server.add_worker("Coll", "coll", "police", Role::Deputy);
        assert!(next(&server) > before, "a deputy may read it, too");
        lena.sync(&server).await;
        assert!(!lena.phone().store().records_of_case(&case).unwrap().is_empty());

        put_back(&server, before, "coll");
        let moved = "UPDATE memberships SET role = 'practitioner' WHERE role = 'cluster_lead'";
        server.tamper(moved).unwrap();
        let cluster = cluster(&server);
        write_tx(&mut server.conn(), |conn| refresh_cluster(conn, &cluster, START)).unwrap();
        assert!(next(&server) > before);
        lena.sync(&server).await;
        assert!(
            lena.phone().store().records_of_case(&case).unwrap().is_empty(),
            "not hers to read"
        );
    }
}

#[actix_web::test]
async fn a_log_that_went_on_is_told_from_one_that_gave_the_same_numbers() {
    for server in servers() {
        let mut lena = Worker::new(&server, "Lena", "health", Role::ClusterLead).await;
        lena.begin("Isla", "Kerr");
        lena.sync(&server).await;
        let (before, cluster) = (next(&server), cluster(&server));
        let state = |number| db::log::state_at(&mut server.conn(), &cluster, number).unwrap();
        let unmoved = state(before - 1);
        server.add_worker("Coll", "coll", "police", Role::Deputy);
        let (last, lost) = (next(&server) - 1, state(next(&server) - 1));
        assert_eq!(state(before - 1), unmoved);
        assert_ne!(lost, unmoved);

        put_back(&server, before, "coll");
        assert_eq!(state(last), unmoved);
        server.add_worker("Una", "una", "police", Role::Deputy);
        assert_eq!(next(&server) - 1, last, "the same number");
        assert_ne!(state(last), lost);
    }
}

#[actix_web::test]
async fn what_was_answered_before_anything_else_came_is_sent_again_to_a_log_that_lost_it() {
    for server in servers() {
        let mut lena = Worker::new(&server, "Lena", "health", Role::ClusterLead).await;
        let case = lena.begin("Isla", "Kerr");
        lena.sync(&server).await;
        let before = next(&server);
        let visits = CHANGES_PER_BATCH + 9;
        for n in 0..visits {
            lena.visit(case, &format!("Visit {n}"), START);
        }
        lena.exchange_cut_after(&server, 1).await;
        let unsent = |lena: &mut Worker| lena.phone().store().unsent(0, usize::MAX).unwrap().len();
        assert_eq!(unsent(&mut lena), 9, "the rest is to be sent");

        // The log is shorter; what it has beyond that is as good as sent again.
        server.tamper(&format!("UPDATE clusters SET next_number = {before}")).unwrap();
        let report = lena.exchange(&server).await;
        assert!(report.accepted > CHANGES_PER_BATCH, "{} were sent again", report.accepted);
        assert_eq!(unsent(&mut lena), 0);
    }
}

/// Nothing of it is in the log, and nothing else came since the backup.
#[actix_web::test]
async fn work_in_review_that_was_lost_with_a_log_is_known_to_be_lost() {
    for server in servers() {
        let mut lena = Worker::new(&server, "Lena", "education", Role::ClusterLead).await;
        let mut mairi = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let case = lena.begin("Isla", "Kerr");
        lena.say_of(case, Compartment::Team, (Fact::Member, mairi.user), "member");
        lena.sync(&server).await;
        mairi.sync(&server).await;
        mairi.visit(case, "The door was open.", START);
        lena.say_of(case, Compartment::Team, (Fact::Member, mairi.user), "left");
        lena.sync(&server).await;
        let before = next(&server);
        assert_eq!(mairi.exchange(&server).await.held, 1);

        crate::leaving::put_back(&server, before);
        server.tamper("DELETE FROM quarantine").unwrap();
        mairi.exchange(&server).await;
        let returned = mairi.phone().store().returned().unwrap();
        let reasons: Vec<_> = returned.iter().map(|row| row.reason.as_str()).collect();
        assert_eq!(reasons, [REVIEW_LOST]);
    }
}

#[actix_web::test]
async fn who_has_more_than_a_batch_hears_first_that_the_log_is_another() {
    for server in servers() {
        let mut lena = Worker::new(&server, "Lena", "education", Role::ClusterLead).await;
        let mut mairi = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        lena.begin("Rory", "Bain");
        lena.sync(&server).await;
        let before = next(&server);
        let case = lena.begin("Isla", "Kerr");
        lena.say_of(case, Compartment::Team, (Fact::Member, mairi.user), "member");
        lena.sync(&server).await;
        mairi.sync(&server).await;
        for n in 0..=CHANGES_PER_BATCH {
            mairi.visit(case, &format!("Visit {n}."), START);
        }
        crate::leaving::put_back(&server, before);
        let report = mairi.exchange(&server).await;
        assert_eq!(report.returned, 0, "whoever began the case may send it again");
        assert_eq!(mairi.phone().only_here().unwrap().changes, CHANGES_PER_BATCH as u64 + 1);
        lena.sync(&server).await;
        mairi.sync(&server).await;
        assert_eq!(mairi.phone().only_here().unwrap().changes, 0);
    }
}
