use caseweave::db::write_tx;
use caseweave::role::Role;
use caseweave::service::editions;
use sync_core::record::schema::Fact;

use super::browser::Browser;
use crate::support::{START, TestServer, servers};
use crate::worker::Worker;

fn close(server: &TestServer, period: &str) {
    let catalogue = &server.state.rules.catalogue;
    write_tx(&mut server.conn(), |conn| editions::close(conn, START, catalogue, None, period))
        .unwrap();
}

#[actix_web::test]
async fn a_chief_officer_reads_what_was_published_and_takes_it_away() {
    for server in servers() {
        server.add_user("Chiara", "chiara", Role::Chief);
        let mut chief = Browser::of(&server, "Chiara").await;
        assert_eq!(chief.get("/").await.location(), "/editions");
        chief.get("/editions").await.says(&["Nothing has been published yet."]);

        let mut lead = Worker::new(&server, "Lena", "education", Role::ClusterLead).await;
        let cases: Vec<_> = (0..7).map(|n| lead.begin(&format!("Child {n}"), "Kerr")).collect();
        for case in &cases {
            lead.say(*case, Fact::Stage, "1");
        }
        lead.sync(&server).await;
        close(&server, "Autumn & <i>");
        for case in &cases[..4] {
            lead.say(*case, Fact::CaseState, "closed");
        }
        lead.sync(&server).await;
        close(&server, "Winter");

        let shown = chief.get("/editions").await;
        shown.says(&["East Lothian: Autumn &#38; &#60;i&#62;", "Stage 1", "7", "All", "7"]);
        shown.says(&["East Lothian: Winter", "Withheld: one of its counts is between 1 and 5"]);
        shown.says_nothing_of(&["Child 0", ">3<"]);
        let autumn =
            "/editions/children-by-stage.csv?authority=East+Lothian&period=Autumn+%26+%3Ci%3E";
        shown.says(&[&autumn.replace('&', "&#38;")]);
        let csv = chief.get(autumn).await;
        assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
        csv.says(&[
            "\"East Lothian\",\"Autumn & <i>\"\r\n",
            "\"Stage 1\",\"7\"\r\n",
            "\"All\",\"7\"\r\n",
        ]);
        let winter = "/editions/children-by-stage.csv?authority=East+Lothian&period=Winter";
        let csv = chief.get(winter).await;
        csv.says(&["\"Withheld\",\"Withheld: one of its counts"]);
        csv.says_nothing_of(&["\"3\""]);
        let spring = "/editions/children-by-stage.csv?authority=East+Lothian&period=Spring";
        assert_eq!(chief.get(spring).await.status, 404);
        let mut lead = Browser::of(&server, "Lena").await;
        assert_eq!(lead.get(autumn).await.status, 404);
    }
}
