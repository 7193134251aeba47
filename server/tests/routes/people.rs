//! What phones are told of the people of a cluster: remembered between exchanges, and read again whenever
//! anybody comes or is called something else.

use caseweave::db::{self, write_tx};
use caseweave::ingest::commit::refresh_cluster;
use caseweave::role::Role;
use sync_core::device::Facts;
use sync_core::ids::AgencyId;
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::Compartment;
use sync_core::record::schema::Fact;
use sync_core::store::{RecordRow, Store as _};

use crate::support::{START, TestServer, servers};
use crate::worker::Worker;

/// Everybody that a phone knows after an exchange, with their agencies' names.
async fn told(worker: &mut Worker, server: &TestServer) -> Vec<(String, String)> {
    worker.sync(server).await;
    let colleagues = worker.phone().colleagues().unwrap();
    colleagues.into_iter().map(|line| (line.name, line.agency_name)).collect()
}

#[actix_web::test]
async fn whoever_comes_or_is_renamed_is_told_of_at_the_next_exchange() {
    for server in servers() {
        let mut mairi = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let before = told(&mut mairi, &server).await;
        assert_eq!(told(&mut mairi, &server).await, before, "nothing moved");

        server.add_worker("Coll", "coll", "police", Role::Practitioner);
        let name = |all: &[(String, String)], name: &str| all.iter().any(|(it, _)| it == name);
        let came = told(&mut mairi, &server).await;
        assert!(name(&came, "Coll") && came.len() == before.len() + 1, "{came:?}");

        server.tamper("UPDATE users SET display_name = 'Colla' WHERE sign_in = 'coll'").unwrap();
        let renamed = told(&mut mairi, &server).await;
        assert!(name(&renamed, "Colla") && !name(&renamed, "Coll"), "{renamed:?}");

        server.tamper("UPDATE agencies SET name = 'The police' WHERE slug = 'police'").unwrap();
        let agency = told(&mut mairi, &server).await;
        assert!(agency.iter().any(|(_, agency)| agency == "The police"), "{agency:?}");
    }
}

#[actix_web::test]
async fn whoever_leaves_is_no_colleague_any_more_and_stays_known_by_name() {
    for server in servers() {
        let mut mairi = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        server.add_worker("Coll", "coll", "police", Role::Practitioner);
        let came = told(&mut mairi, &server).await;
        assert!(came.iter().any(|(name, _)| name == "Coll"), "{came:?}");
        let coll = "(SELECT id FROM users WHERE sign_in = 'coll')";
        server.tamper(&format!("DELETE FROM memberships WHERE user_id = {coll}")).unwrap();
        let left = told(&mut mairi, &server).await;
        assert!(left.iter().all(|(name, _)| name != "Coll"), "{left:?}");
        assert_eq!(left.len() + 1, came.len(), "nobody else left");
        assert_eq!(told(&mut mairi, &server).await, left);
    }
}

#[actix_web::test]
async fn whoever_works_with_cases_no_more_keeps_nothing_of_them_and_has_it_again_on_return() {
    for server in servers() {
        let mut mairi = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let mut lena = Worker::new(&server, "Lena", "health", Role::ClusterLead).await;
        let case = mairi.begin("Isla", "Kerr");
        mairi.sync(&server).await;
        lena.sync(&server).await;
        let holds = |worker: &mut Worker| {
            let records = worker.phone().store().records_of_case(&case).unwrap().len();
            let found = worker.phone().directory().unwrap().len();
            (records > 0, found > 0, worker.phone().colleagues().unwrap().len() > 1)
        };
        assert_eq!(holds(&mut lena), (true, true, true));
        turn_into(&server, "lena", "chief");
        lena.sync(&server).await;
        assert_eq!(holds(&mut lena), (false, false, false));
        lena.sync(&server).await;
        mairi.sync(&server).await;
        assert_eq!(holds(&mut mairi), (true, true, true), "others are told nothing");
        turn_into(&server, "lena", "cluster_lead");
        lena.sync(&server).await;
        assert_eq!(holds(&mut lena), (true, true, true));
    }
}

#[actix_web::test]
async fn whoever_leaves_keeps_no_copy_that_consent_had_frozen() {
    // Consent may have been given again, too, without the phone having heard of it.
    for (server, again) in servers()
        .into_iter()
        .map(|it| (it, false))
        .chain(servers().into_iter().map(|it| (it, true)))
    {
        let mut mairi = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let mut nora = Worker::new(&server, "Nora", "social-work", Role::Practitioner).await;
        let mut lena = Worker::new(&server, "Lena", "education", Role::ClusterLead).await;
        let case = nora.begin("Isla", "Kerr");
        nora.sync(&server).await;
        lena.sync(&server).await;
        lena.say_of(case, Compartment::Team, (Fact::Member, mairi.user), "member");
        lena.sync(&server).await;
        mairi.sync(&server).await;
        let records = |worker: &mut Worker| worker.phone().store().records_of_case(&case).unwrap();
        assert_eq!(records(&mut mairi).len(), 1);
        let own = Envelope::of_case(case, Compartment::Team);
        let but_health = format!("all except {}", AgencyId::from_slug("health"));
        let consent = Facts::new(Fact::Consent, but_health.as_str()).of("child");
        nora.phone().assert(&own, &consent, START).unwrap();
        nora.sync(&server).await;
        mairi.sync(&server).await;
        assert_eq!(records(&mut mairi).len(), 1, "frozen");
        if again {
            let consent = Facts::new(Fact::Consent, "all").of("child");
            nora.phone().assert(&own, &consent, START).unwrap();
            nora.sync(&server).await;
        }
        turn_into(&server, "mairi", "chief");
        mairi.sync(&server).await;
        assert_eq!(records(&mut mairi), []);
    }
}

#[actix_web::test]
async fn consent_freezes_nothing_that_is_in_protection() {
    for server in servers() {
        let mut mairi = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let mut lena = Worker::new(&server, "Lena", "education", Role::ClusterLead).await;
        let case = lena.begin("Isla", "Kerr");
        lena.say_of(case, Compartment::Team, (Fact::Member, mairi.user), "member");
        lena.say_of(case, Compartment::Protection, (Fact::Named, mairi.user), true);
        let but_health = format!("all except {}", AgencyId::from_slug("health"));
        let consent = Facts::new(Fact::Consent, but_health.as_str()).of("child");
        let own = Envelope::of_case(case, Compartment::Team);
        lena.sync(&server).await;
        mairi.sync(&server).await;
        lena.phone().assert(&own, &consent, START).unwrap();
        lena.sync(&server).await;
        mairi.sync(&server).await;
        let places = |worker: &mut Worker| {
            let rows = worker.phone().store().records_of_case(&case).unwrap();
            let place = |row: RecordRow| Envelope::decode(&row.envelope).unwrap().compartment;
            rows.into_iter().map(place).collect::<Vec<_>>()
        };
        assert_eq!(
            places(&mut mairi).len(),
            2,
            "what is in protection is open to who is named there"
        );
        let herself = mairi.user;
        mairi.say_of(case, Compartment::Protection, (Fact::Named, herself), false);
        mairi.sync(&server).await;
        assert_eq!(places(&mut mairi), [Compartment::Team], "what the team shared is frozen");
    }
}

#[actix_web::test]
async fn whoever_leaves_keeps_no_copy_of_what_they_wrote_while_consent_was_withheld() {
    for server in servers() {
        let mut mairi = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let case = mairi.begin("Isla", "Kerr");
        let but_health = format!("all except {}", AgencyId::from_slug("health"));
        let consent = Facts::new(Fact::Consent, but_health.as_str()).of("child");
        let own = Envelope::of_case(case, Compartment::Team);
        mairi.phone().assert(&own, &consent, START).unwrap();
        mairi.sync(&server).await;
        let records = |worker: &mut Worker| worker.phone().store().records_of_case(&case).unwrap();
        assert_eq!(records(&mut mairi).len(), 1);
        turn_into(&server, "mairi", "chief");
        mairi.sync(&server).await;
        assert_eq!(records(&mut mairi), []);
    }
}

/// Gives somebody another role in the first cluster.
fn turn_into(server: &TestServer, sign_in: &str, role: &str) {
    let cluster = db::clusters::list(&mut server.conn()).unwrap()[0].id;
    let user = format!("(SELECT id FROM users WHERE sign_in = '{sign_in}')");
    let sql = format!("UPDATE memberships SET role = '{role}' WHERE user_id = {user}");
    server.tamper(&sql).unwrap();
    write_tx(&mut server.conn(), |conn| refresh_cluster(conn, &cluster, START)).unwrap();
}
