//! Somebody with the database's password changes the audit by hand, and each way is found.

use caseweave::db;
use caseweave::db::Conn;
use caseweave::service::audit::check::{self, Kept};
use sync_core::ids::ClusterId;

use super::{Area, cluster, link, rows};
use crate::support::{TestServer, servers};

/// What a check of the cluster's chain finds.
fn wrong(server: &TestServer, kept: Option<&Kept>) -> Vec<String> {
    let (key, now) = (server.state.secrets.audit_key.verifying_key(), server.state.clock.now());
    let place = (&cluster(server), kept);
    check::verify(&mut server.conn(), &key, place, now).unwrap().wrong
}

/// The database lets nobody change a row, so whoever does takes the guards away first.
fn unguarded(server: &TestServer) {
    let guards = match server.conn() {
        Conn::Sqlite(_) => "DROP TRIGGER audit_stays; DROP TRIGGER audit_is_kept",
        Conn::Pg(_) => "DROP TRIGGER audit_stays ON audit",
    };
    server.tamper(guards).unwrap();
}

/// An id as both databases write it.
fn literal(server: &TestServer, cluster: ClusterId) -> String {
    match server.conn() {
        Conn::Sqlite(_) => format!("x'{cluster}'"),
        Conn::Pg(_) => format!("'\\x{cluster}'"),
    }
}

async fn with_rows(server: &TestServer) -> i64 {
    let area = Area::new(server).await;
    for _ in 0..6 {
        area.lead.read(server, &area.path("")).await;
    }
    let count = rows(server).iter().filter(|row| row.cluster == cluster(server)).count();
    assert!(count > 10, "{count} rows");
    assert_eq!(wrong(server, None), Vec::<String>::new());
    i64::try_from(count).unwrap()
}

#[actix_web::test]
async fn the_database_itself_lets_nobody_change_or_delete_a_row() {
    for server in servers() {
        with_rows(&server).await;
        for sql in ["UPDATE audit SET outcome = 'done'", "DELETE FROM audit"] {
            assert!(server.tamper(sql).is_err(), "{sql}");
        }
        assert_eq!(wrong(&server, None), Vec::<String>::new());
    }
}

#[actix_web::test]
async fn each_way_of_changing_a_chain_is_found_and_named() {
    let ways: &[(&str, &str)] = &[
        ("UPDATE audit SET user_id = NULL WHERE number = 5", "audit row 5 is not what was linked"),
        ("UPDATE audit SET act = 'other' WHERE number = 5", "audit row 5 is not what was linked"),
        ("UPDATE audit SET at = at + 1 WHERE number = 5", "audit row 5 is not what was linked"),
        ("DELETE FROM audit WHERE number = 5", "audit row 5 is missing"),
        ("DELETE FROM audit WHERE number BETWEEN 4 AND 6", "audit rows 4 to 6 are missing"),
        (
            "UPDATE audit SET number = 1000 WHERE number = 5; \
             UPDATE audit SET number = 5 WHERE number = 6; \
             UPDATE audit SET number = 6 WHERE number = 1000",
            "audit row 5 is not what was linked",
        ),
        (
            "INSERT INTO audit SELECT LAST + 1, ID, cluster_id, at, user_id, device_id, origin, act, \
             outcome, case_id, record_id, subject, detail, amount, claimed_at, chain FROM audit \
             WHERE number = 5 AND cluster_id = CLUSTER",
            "audit rows after LAST were put in",
        ),
        ("DELETE FROM audit WHERE number > LAST - 2", "but rows up to LAST were signed"),
        (
            "DELETE FROM audit WHERE number > LAST - 2; \
             UPDATE audit_heads SET number = number - 2, chain = (SELECT a.chain FROM audit a \
             WHERE a.cluster_id = audit_heads.cluster_id AND a.number = LAST - 2)",
            "the audit's end is not signed by this server",
        ),
        ("DELETE FROM audit_heads", "audit rows after 0 were put in"),
    ];
    for (sql, found) in ways {
        for server in servers() {
            let last = with_rows(&server).await;
            unguarded(&server);
            let cluster = literal(&server, cluster(&server));
            let sql = sql.replace("CLUSTER", &cluster).replace("LAST", &last.to_string());
            // A name of its own for the row that is put in.
            let sql = sql.replace(" ID,", &format!(" {cluster},"));
            server.tamper(&sql).unwrap();
            let found = found.replace("LAST", &last.to_string());
            let wrong = wrong(&server, None);
            assert!(wrong.iter().any(|it| it.contains(&found)), "{sql}\n{wrong:?}");
        }
    }
}

/// Whoever kept an earlier signed end can put it back; what was kept outside the database tells.
#[actix_web::test]
async fn an_older_end_put_back_is_found_by_what_was_kept_elsewhere() {
    for server in servers() {
        let area = Area::new(&server).await;
        let cluster = cluster(&server);
        rows(&server);
        let early = db::audit::head(&mut server.conn(), &cluster).unwrap().unwrap();
        area.lead.read(&server, &area.path("")).await;
        link(&server);
        let late = db::audit::head(&mut server.conn(), &cluster).unwrap().unwrap();
        unguarded(&server);
        server.tamper(&format!("DELETE FROM audit WHERE number > {}", early.number)).unwrap();
        db::audit::set_head(&mut server.conn(), &cluster, &early).unwrap();
        assert_eq!(wrong(&server, None), Vec::<String>::new(), "the database alone says nothing");
        let kept = Kept { number: late.number, chain: late.chain };
        let found = wrong(&server, Some(&kept));
        assert!(found[0].contains(&format!("row {} was kept elsewhere", late.number)), "{found:?}");
    }
}

#[actix_web::test]
async fn the_reason_of_a_broken_glass_cannot_be_changed_unseen() {
    for server in servers() {
        let area = Area::new(&server).await;
        let body = serde_json::json!({ "reason": "Found alone at night." });
        let answer = area.duty.post(&server, &area.path("/glass"), &body).await;
        assert_eq!(answer.0, 200, "{}", answer.1);
        rows(&server);
        assert_eq!(wrong(&server, None), Vec::<String>::new());
        let guards = match server.conn() {
            Conn::Sqlite(_) => "DROP TRIGGER glasses_stay",
            Conn::Pg(_) => "DROP TRIGGER glasses_stay ON glasses",
        };
        assert!(server.tamper("UPDATE glasses SET reason = 'Routine.'").is_err());
        server.tamper(guards).unwrap();
        server.tamper("UPDATE glasses SET reason = 'Routine.'").unwrap();
        let found = wrong(&server, None);
        assert!(found[0].ends_with("the reason of this opening was changed"), "{found:?}");
    }
}

#[actix_web::test]
async fn rows_that_nobody_links_are_an_alarm_after_five_seconds() {
    for server in servers() {
        let area = Area::new(&server).await;
        rows(&server);
        area.lead.read(&server, &area.path("")).await;
        server.pass(5_000);
        assert_eq!(wrong(&server, None), Vec::<String>::new());
        server.pass(2_000);
        let found = wrong(&server, None);
        assert_eq!(found, ["audit rows wait to be linked, the oldest for 7 seconds"]);
        let metrics = actix_web::test::TestRequest::get().uri("/metrics");
        let (_, text) = server.send_raw(metrics).await;
        assert!(String::from_utf8(text).unwrap().contains("audit_tail_seconds 7"));
        link(&server);
        assert_eq!(wrong(&server, None), Vec::<String>::new());
    }
}

/// What the audit does not know of is not shown.
#[actix_web::test]
async fn nothing_is_shown_that_cannot_be_written_down() {
    for server in servers() {
        let area = Area::new(&server).await;
        server.tamper("ALTER TABLE audit_waiting RENAME TO elsewhere").unwrap();
        let paths = ["/v1/caseload", "/v1/notices", "/v1/directory?name=kerr"];
        for path in paths.map(str::to_owned).into_iter().chain([area.path("")]) {
            let (status, body) = area.lead.get(&server, &path).await;
            assert_eq!((status.as_u16(), &body["error"]["code"]), (503, &"not_noted".into()));
            assert!(!body.to_string().contains("Rowan"));
        }
        server.tamper("ALTER TABLE elsewhere RENAME TO audit_waiting").unwrap();
        area.lead.read(&server, &area.path("")).await;
    }
}
