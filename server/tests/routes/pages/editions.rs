use caseweave::db::write_tx;
use caseweave::role::Role;
use caseweave::service::editions::{self, Closing};
use sync_core::record::schema::Fact;

use super::browser::Browser;
use crate::support::{START, TestServer, servers};
use crate::worker::Worker;

fn close(server: &TestServer, period: &str) {
    let catalogue = &server.state.rules.catalogue;
    let closing = Closing { authority: None, period, to: None, without: &[] };
    write_tx(&mut server.conn(), |conn| {
        editions::close(conn, START, catalogue, closing, &mut |_, _| ())
    })
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

        let newest = chief.get("/editions").await;
        newest.says(&["East Lothian: Winter", "Children at each stage", "Hidden", "Over time"]);
        newest.says_nothing_of(&["Child 0", ">3<"]);
        let query = "?authority=East+Lothian&period=Autumn+%26+%3Ci%3E";
        newest.says(&[&format!("/editions{}", query.replace('&', "&#38;"))]);
        let shown = chief.get(&format!("/editions{query}")).await;
        shown.says(&["East Lothian: Autumn &#38; &#60;i&#62;", "Stage 1", "All clusters", "7"]);
        let report = chief.get(&format!("/editions/report{query}")).await;
        report.says(&["Board report", "Children at each stage", "All clusters", "7"]);
        let autumn = format!("/editions.csv{query}&table=children-at-stage");
        shown.says(&[&autumn.replace('&', "&#38;")]);
        let csv = chief.get(&autumn).await;
        assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
        csv.says(&[
            "\"East Lothian\",\"Autumn & <i>\"\r\n",
            "\"Children at each stage\",\"Stage 1\"",
            "\"Preston Lodge\",\"7\",\"0\"",
            "\"All clusters\",\"7\"",
        ]);
        let winter = "/editions.csv?authority=East+Lothian&period=Winter&table=children-at-stage";
        let csv = chief.get(winter).await;
        csv.says(&["\"All clusters\",\"Hidden\"", "\"Not shown\""]);
        csv.says_nothing_of(&["\"3\""]);
        for elsewhere in ["period=Spring&table=children-at-stage", "period=Winter&table=none"] {
            let path = format!("/editions.csv?authority=East+Lothian&{elsewhere}");
            assert_eq!(chief.get(&path).await.status, 404);
        }
        let mut lead = Browser::of(&server, "Lena").await;
        assert_eq!(lead.get(&autumn).await.status, 404);
    }
}
