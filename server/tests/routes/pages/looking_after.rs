//! What an administrator looks after: people, phones, agencies, teams, frameworks, and how long records
//! are kept. No page of theirs shows a child.

use caseweave::db::write_tx;
use caseweave::role::Role;
use caseweave::service::accounts::{self, NewCluster, Post};
use caseweave::service::posts::{self, Ending};
use sync_core::ids::UserId;
use sync_core::record::schema::Fact;

use super::browser::Browser;
use crate::audit::rows;
use crate::support::{START, TestServer, servers};
use crate::worker::{Worker, assert_in_order};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// An administrator, a lead with a case, somebody who left and somebody whose one post ended.
async fn area(server: &TestServer) -> (Worker, UserId, UserId) {
    server.add_user("Adam", "adam", Role::Admin);
    let mut lead = Worker::new(server, "Lena", "education", Role::ClusterLead).await;
    let case = lead.begin("Rowan", "Kerr");
    lead.say(case, Fact::School, "Glen Primary");
    lead.sync(server).await;
    let gone = server.add_worker("Greta", "greta", "police", Role::Practitioner);
    let moved = server.add_worker("Moira", "moira", "police", Role::AgencyLead);
    write_tx(&mut server.conn(), |conn| accounts::leave(conn, START, &gone)).unwrap();
    let ending = Ending { sign_in: "moira", cluster: "Preston Lodge", role: Role::AgencyLead };
    let later = START.plus_ms(3 * DAY_MS);
    write_tx(&mut server.conn(), |conn| posts::end(conn, later, None, ending)).unwrap();
    (lead, gone, moved)
}

/// Another cluster, that nobody of the first looks after, with somebody in it.
fn add_elsewhere(server: &TestServer) -> UserId {
    let cluster = NewCluster {
        name: "Musselburgh",
        jurisdiction: "scotland",
        authority: None,
        fresh: ([3; 16], [4; 16]),
    };
    let user = server.add_worker("Olaf", "olaf", "health", Role::Practitioner);
    let there = Post { cluster: "Musselburgh", agency: "health", role: Role::Practitioner };
    let here = Ending { sign_in: "olaf", cluster: "Preston Lodge", role: Role::Practitioner };
    write_tx(&mut server.conn(), |conn| {
        accounts::add_cluster(conn, START, &cluster)?;
        accounts::add_post(conn, START, &user, there)?;
        posts::end(conn, START, None, here)
    })
    .unwrap();
    user
}

#[actix_web::test]
async fn an_administrator_sees_people_with_posts_ended_posts_and_who_has_no_second_factor() {
    for server in servers() {
        let (lead, gone, moved) = area(&server).await;
        let mut adam = Browser::of(&server, "Adam").await;
        let mut other = Browser::of(&server, "Lena").await;
        let shown = adam.get("/people").await;
        shown.says(&["3 people", "3 of them have no second factor."]);
        shown.says(&["Ada Morrison", "Adam", "Lena", "education", "Cluster lead, Preston Lodge"]);
        shown.says_nothing_of(&["Greta", "Moira", "Rowan", "Glen Primary"]);
        let sql = format!(
            "INSERT INTO second_factors (user_id, sealed, begun_at, confirmed_at, last_step, wrong, wrong_at)
             SELECT id, {}, 1, 1, 0, 0, 0 FROM users WHERE sign_in = 'lena'",
            if server.database_url().starts_with("postgres") { "'\\x00'::bytea" } else { "x'00'" }
        );
        server.tamper(&sql).unwrap();
        adam.get("/people").await.says(&["2 of them have no second factor.", "Codes from an app"]);
        adam.get("/people?factor=on").await.says_nothing_of(&["Lena"]);
        let ended = adam.get("/people?ended=on").await;
        ended.says(&["2 people", "Greta", "Left", "Cannot sign in", "Moira", "None now"]);
        adam.get("/people?name=LEN").await.says(&["1 person", "Lena"]);
        adam.get("/people?name=nobody").await.says(&["Nobody fits what you asked for."]);
        assert_eq!(adam.get("/people?cluster=here").await.status, 404);

        let one = adam.get(&format!("/people/{}", lead.user)).await;
        one.says(&["Lena", "Signs in as", "lena", "Codes from an app", "Posts"]);
        one.says(&[
            "Cluster lead",
            "Preston Lodge",
            "18 November 2026",
            "Posts that ended",
            "None.",
        ]);
        let one = adam.get(&format!("/people/{moved}")).await;
        one.says(&["They hold no post", "Posts that ended", "Agency lead", "21 November 2026"]);
        let one = adam.get(&format!("/people/{gone}")).await;
        one.says(&["They cannot sign in", "Posts that ended", "Practitioner"]);
        assert_eq!(adam.get(&format!("/people/{}", UserId::from_bytes([9; 16]))).await.status, 404);

        let seen = rows(&server).into_iter().filter(|row| row.act == "people");
        assert!(seen.into_iter().any(|row| row.subject == Some(*moved.as_bytes())));
        for path in ["/people".to_owned(), format!("/people/{moved}")] {
            assert_eq!(other.get(&path).await.status, 404, "{path}");
        }
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn nobody_of_a_cluster_that_somebody_else_looks_after_is_shown() {
    for server in servers() {
        let (..) = area(&server).await;
        let olaf = add_elsewhere(&server);
        let mut adam = Browser::of(&server, "Adam").await;
        // His post here ended at once; that he works elsewhere is not said.
        let shown = adam.get(&format!("/people/{olaf}")).await;
        shown.says(&["They hold no post in a cluster that you look after."]);
        shown.says_nothing_of(&["Musselburgh"]);
        for path in ["/people", "/people?ended=on", "/teams", "/agencies", "/frameworks"] {
            adam.get(path).await.says_nothing_of(&["Musselburgh", "Rowan", "Glen Primary"]);
        }
    }
}

#[actix_web::test]
async fn teams_and_agencies_say_what_is_missing() {
    for server in servers() {
        let (..) = area(&server).await;
        server.add_worker("Agnes", "agnes", "health", Role::AgencyLead);
        let mut adam = Browser::of(&server, "Adam").await;
        let teams = adam.get("/teams").await;
        teams.says(&["Preston Lodge", "Nobody is: Deputy of the cluster lead, Duty officer"]);
        teams.says(&["Designated officer, Information governance."]);
        teams.says(&["Agency lead", "Agnes", "NHS Lothian", "Cluster lead", "Lena"]);
        teams.says(&["Agencies", "education: 1 person", "Nobody leads it here"]);
        teams.says(&["NHS Lothian: 3 people"]);
        teams.says_nothing_of(&["police: ", "Rowan"]);
        let agencies = adam.get("/agencies").await;
        agencies.says(&["education", "Nobody leads it in Preston Lodge"]);
        agencies.says(&["NHS Lothian", "health"]);
        agencies.says_nothing_of(&["Rowan", "another service"]);
        server.tamper("UPDATE agencies SET sensitive = TRUE WHERE slug = 'health'").unwrap();
        adam.get("/agencies").await.says(&["Shown to others as \"another service\""]);
    }
}

#[actix_web::test]
async fn a_phone_is_marked_at_a_page_by_who_may_and_by_nobody_else() {
    for server in servers() {
        let (..) = area(&server).await;
        let mut member = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let phone = format!("/devices/{}", member.phone().identity().device);
        let mut adam = Browser::of(&server, "Adam").await;
        adam.get("/devices").await.says(&["2 phones and browsers", "Lena", "Mairi", "In use"]);
        adam.get("/devices?owner=mairi").await.says(&["1 phone or browser"]);
        adam.get("/devices?state=stolen").await.says(&["There is none."]);
        let shown = adam.get(&phone).await;
        shown.says(&["Mairi", "In use", "Last contact", "18 November 2026"]);
        shown.says(&["Handed back", "hands over what only it has", "Lost or stolen"]);
        let form_code = shown.form_code();

        let none = adam.post(&phone, &[("form_code", &form_code)]).await;
        assert_eq!(none.status, 422);
        none.says(&["Error: Phone", "There is a problem", "#state-1", "Choose what became of it"]);
        let odd = adam.post(&phone, &[("form_code", &form_code), ("state", "eaten")]).await;
        assert_eq!(odd.status, 422);
        let foreign = "00".repeat(32);
        let foreign = adam.post(&phone, &[("form_code", &foreign), ("state", "stolen")]).await;
        assert_eq!(foreign.status, 403);

        let stolen = adam.post(&phone, &[("form_code", &form_code), ("state", "stolen")]).await;
        assert_eq!((stolen.status, stolen.location()), (303, format!("{phone}?done").as_str()));
        adam.get(&format!("{phone}?done")).await.says(&[
            "It is marked.",
            "Lost or stolen",
            "How it was marked",
        ]);
        let answer = member.get(&server, "/v1/me").await;
        crate::support::assert_refused(answer, 403, "device_stolen");
        let marked = rows(&server).into_iter().find(|row| row.act == "change_device").unwrap();
        assert_eq!(marked.detail, "stolen");

        // Its own user sees it, and cannot say that it was not stolen after all.
        let mut own = Browser::of(&server, "Mairi").await;
        own.get("/devices").await.says(&["1 phone or browser", "Mairi", "Lost or stolen"]);
        let form_code = own.get(&phone).await.form_code();
        let back = own.post(&phone, &[("form_code", &form_code), ("state", "active")]).await;
        assert_eq!(back.status, 403);
        back.says(&["There is a problem", "Ask your lead or an administrator"]);

        // To others it is not there.
        server.add_worker("Coll", "coll", "police", Role::Practitioner);
        let mut coll = Browser::of(&server, "Coll").await;
        coll.get("/devices").await.says_nothing_of(&["Mairi"]);
        let nothing = coll.get(&format!("/devices/{}", "0e".repeat(16))).await;
        let hidden = coll.get(&phone).await;
        assert_eq!((hidden.status, &hidden.body), (404, &nothing.body));
        let form_code = coll.get("/password").await.form_code();
        let tried = coll.post(&phone, &[("form_code", &form_code), ("state", "retired")]).await;
        assert_eq!(tried.status, 404);
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn frameworks_are_shown_and_another_edition_is_previewed_and_not_kept() {
    for server in servers() {
        let (..) = area(&server).await;
        let mut adam = Browser::of(&server, "Adam").await;
        let list = adam.get("/frameworks").await;
        list.says(&["East Lothian: staged assessment", "1 September 2006", "Preston Lodge"]);
        let one = adam.get("/frameworks/east-lothian").await;
        one.says(&["What is shown holds from 1 September 2006 on", "Preston Lodge", "In force"]);
        one.says(&["Stage 1", "Rank 1", "Nobody has checked it.", "How long things may take"]);
        one.says(&["What it changed", "It is the first edition."]);
        assert_eq!(adam.get("/frameworks/no-such").await.status, 404);

        let newest = server.state.rules.catalogue.editions("east-lothian").next().unwrap();
        let text = newest.source_text();
        let new = text
            .replace("effective_from = \"2006-09-01\"", "effective_from = \"2027-08-01\"")
            .replace("name = \"Stage 3\"", "name = \"Third stage\"")
            .replace("offline_lease_days = 14", "offline_lease_days = 10");
        let form_code = list.form_code();
        let form = [("form_code", form_code.as_str()), ("text", new.as_str())];
        let shown = adam.post("/frameworks/preview", &form).await;
        assert_eq!(shown.status, 200, "{}", shown.body);
        shown.says(&["Preview", "It would hold from 1 August 2027 on", "the edition in force"]);
        shown.says(&["Nothing was changed, and nothing of it was kept."]);
        shown.says(&["Third stage", "Changed", "Stage 3: Rank 3."]);
        shown.says(&["What else differs", "How long a phone reads without contact"]);
        adam.get("/frameworks/east-lothian").await.says_nothing_of(&["Third stage", "2027"]);
        let same = [("form_code", form_code.as_str()), ("text", text)];
        let same = adam.post("/frameworks/preview", &same).await;
        same.says(&["There is an edition that begins on this day", "Nothing differs."]);

        for (text, wrong) in [
            ("", "Paste the text of a framework"),
            ("id = ", "Line 1 cannot be read"),
            ("<script>", "Line 1 cannot be read"),
        ] {
            let form = [("form_code", form_code.as_str()), ("text", text)];
            let again = adam.post("/frameworks/preview", &form).await;
            assert_eq!(again.status, 422, "{text}");
            again.says(&["Error: Frameworks", "There is a problem", wrong]);
            again.says_nothing_of(&["<script>"]);
        }
        let foreign = [("form_code", "00"), ("text", text)];
        assert_eq!(adam.post("/frameworks/preview", &foreign).await.status, 403);
        let mut lead = Browser::of(&server, "Lena").await;
        assert_eq!(lead.get("/frameworks").await.status, 404);
        let form_code = lead.get("/password").await.form_code();
        let form = [("form_code", form_code.as_str()), ("text", text)];
        assert_eq!(lead.post("/frameworks/preview", &form).await.status, 404);
    }
}

#[actix_web::test]
async fn retention_is_shown_to_administrators_and_governance_and_invents_no_period() {
    for server in servers() {
        let (..) = area(&server).await;
        server.add_user("Gavin", "gavin", Role::Governance);
        let mut adam = Browser::of(&server, "Adam").await;
        let shown = adam.get("/retention").await;
        shown.says(&["Nothing is erased yet.", "A child&#39;s case", "Not set: kept", "Visit"]);
        shown.says(&["Training record (still to come)", "Your role shows no case."]);
        shown.says_nothing_of(&["Rowan", "access-requests"]);
        let mut gavin = Browser::of(&server, "Gavin").await;
        gavin.get("/retention").await.says(&["Legal holds", "No case is held.", "Find a case"]);
        let mut lead = Browser::of(&server, "Lena").await;
        assert_eq!(lead.get("/retention").await.status, 404);
    }
}
