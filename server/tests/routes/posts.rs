//! Posts that take two people.

use caseweave::db;
use caseweave::db::audit::AuditRow;
use caseweave::role::Role;
use caseweave::service::accounts::{AccountError, Post};
use caseweave::service::posts::{self, Ending, Given};
use caseweave::service::sessions;
use serde_json::{Value as Json, json};
use sync_core::ids::UserId;

use crate::audit::{rows, since};
use crate::support::{START, TestServer, assert_refused, servers};
use crate::worker::Worker;

fn by_command(server: &TestServer, user: UserId, role: Role, n: u8) -> Given {
    let post = Post { cluster: "Preston Lodge", agency: "health", role };
    let give = |conn: &mut _| posts::give_by_command(conn, START, &user, post, [n; 16]);
    db::write_tx(&mut server.conn(), give).unwrap()
}

fn roles(server: &TestServer, user: UserId) -> Vec<Role> {
    let posts = db::memberships::of_user(&mut server.conn(), &user).unwrap();
    posts.into_iter().map(|post| post.role).collect()
}

async fn propose(server: &TestServer, by: &Worker, role: &str) -> (u16, Json) {
    let body = json!({
        "sign_in": "ada", "cluster": "Preston Lodge", "agency": "health", "role": role,
    });
    let (status, answer) = by.post(server, "/v1/posts", &body).await;
    (status.as_u16(), answer)
}

#[actix_web::test]
async fn the_command_makes_the_first_ones_and_proposes_once_two_could_agree() {
    for server in servers() {
        let ada = server.ada;
        assert_eq!(by_command(&server, ada, Role::Duty, 1), Given::Held);
        let one = Worker::desk(&server, "Ailie", Role::Admin).await;
        assert_eq!(by_command(&server, ada, Role::Deputy, 2), Given::Held, "one is not two");
        let _two = Worker::desk(&server, "Bruce", Role::Admin).await;
        assert_eq!(by_command(&server, ada, Role::AgencyLead, 3), Given::Proposed([3; 16]));
        let given = by_command(&server, ada, Role::ClusterLead, 4);
        assert_eq!(given, Given::Proposed([4; 16]));
        assert!(!roles(&server, ada).contains(&Role::ClusterLead));
        let waiting = one.read(&server, "/v1/posts/proposals").await;
        assert_eq!(waiting["proposals"].as_array().unwrap().len(), 2);
        let waiting = &waiting["proposals"][1];
        assert_eq!(
            (&waiting["person"], &waiting["proposed_by"]),
            (&json!("Ada Morrison"), &Json::Null)
        );
        let confirm = format!("/v1/posts/proposals/{}/confirm", "04".repeat(16));
        assert_eq!(one.post(&server, &confirm, &json!({})).await.0, 204);
        assert!(roles(&server, ada).contains(&Role::ClusterLead));
    }
}

#[actix_web::test]
async fn one_administrator_proposes_and_another_confirms() {
    for server in servers() {
        let ada = server.ada;
        let one = Worker::desk(&server, "Ailie", Role::Admin).await;
        let two = Worker::desk(&server, "Bruce", Role::Admin).await;
        let lead = Worker::desk(&server, "Lena", Role::ClusterLead).await;
        assert_eq!(propose(&server, &lead, "deputy").await.0, 404, "not a lead's to give");
        for role in
            ["agency_lead", "cluster_lead", "deputy", "duty", "chief", "governance", "admin"]
        {
            let (status, proposed) = propose(&server, &one, role).await;
            assert_eq!((status, &proposed["held"]), (200, &json!(false)), "{role}");
            assert_eq!(propose(&server, &two, role).await.0, 409, "it is proposed already");
            let id = proposed["proposal"].as_str().unwrap();
            let path = |what: &str| format!("/v1/posts/proposals/{id}/{what}");
            let none = json!({});
            assert_refused(one.post(&server, &path("confirm"), &none).await, 404, "not_found");
            assert_refused(lead.post(&server, &path("confirm"), &none).await, 404, "not_found");
            assert!(!roles(&server, ada).iter().any(|held| held.as_str() == role));
            assert_eq!(two.post(&server, &path("confirm"), &none).await.0, 204);
            assert_refused(two.post(&server, &path("confirm"), &none).await, 409, "decided");
            assert!(roles(&server, ada).iter().any(|held| held.as_str() == role), "{role}");
        }
        let body = json!({
            "sign_in": "lena", "cluster": "Preston Lodge", "agency": "health", "role": "practitioner",
        });
        let (_, given) = one.post(&server, "/v1/posts", &body).await;
        assert_eq!(given["held"], true, "one is enough for what opens little");
    }
}

#[actix_web::test]
async fn a_proposal_can_be_declined_and_nobody_confirms_their_own_post() {
    for server in servers() {
        let one = Worker::desk(&server, "Ailie", Role::Admin).await;
        let two = Worker::desk(&server, "Bruce", Role::Admin).await;
        let body = json!({
            "sign_in": "bruce", "cluster": "Preston Lodge", "agency": "health", "role": "duty",
        });
        let before = rows(&server);
        let (_, proposed) = one.post(&server, "/v1/posts", &body).await;
        let id = proposed["proposal"].as_str().unwrap();
        let path = |what: &str| format!("/v1/posts/proposals/{id}/{what}");
        let own = two.post(&server, &path("confirm"), &json!({})).await;
        assert_refused(own, 404, "not_found");
        assert_eq!(one.post(&server, &path("decline"), &json!({})).await.0, 204);
        assert_eq!(roles(&server, two.user), [Role::Admin]);
        let nothing = one.read(&server, "/v1/posts/proposals").await;
        assert_eq!(nothing, json!({ "proposals": [] }));

        // Who is to have it, and what became of which proposal.
        let body = json!({
            "sign_in": "bruce", "cluster": "Preston Lodge", "agency": "health",
            "role": "practitioner",
        });
        assert_eq!(one.post(&server, "/v1/posts", &body).await.1["held"], true);
        let cluster = db::clusters::list(&mut server.conn()).unwrap()[0].id;
        let written = since(&server, &before);
        let about = |detail: &str| {
            let is = |row: &&AuditRow| row.detail == detail && row.outcome == "done";
            let row = written.iter().find(is).unwrap();
            assert_eq!((row.act.as_str(), row.cluster), ("change_role", cluster), "{detail}");
            row.subject.map(|subject| caseweave::hex::encode(&subject))
        };
        let bruce = Some(caseweave::hex::encode(two.user.as_bytes()));
        assert_eq!(about(&format!("propose duty {id}")), bruce);
        assert_eq!(about("give practitioner"), bruce);
        assert_eq!(about("decline").as_deref(), Some(id));
    }
}

/// Who may end posts, too, could give themselves a practitioner's and end what keeps them from every case.
#[actix_web::test]
async fn nobody_gives_themselves_a_post() {
    for server in servers() {
        let one = Worker::desk(&server, "Ailie", Role::Admin).await;
        let two = Worker::desk(&server, "Bruce", Role::Admin).await;
        let body = |role: &str| {
            json!({
                "sign_in": " Ailie ", "cluster": "Preston Lodge", "agency": "health", "role": role,
            })
        };
        for role in ["practitioner", "duty"] {
            let refused = one.post(&server, "/v1/posts", &body(role)).await;
            assert_refused(refused, 403, "own_post");
        }
        assert_eq!(roles(&server, one.user), [Role::Admin]);
        assert_eq!(one.read(&server, "/v1/posts/proposals").await, json!({ "proposals": [] }));
        let tried = rows(&server).into_iter();
        assert_eq!(tried.filter(|row| row.outcome == "refused").count(), 2);
        let (status, given) = two.post(&server, "/v1/posts", &body("practitioner")).await;
        assert_eq!((status.as_u16(), &given["held"]), (200, &json!(true)), "another one gives it");
    }
}

/// Between proposal and confirmation a person may come to work for another agency.
#[actix_web::test]
async fn a_proposal_for_another_agency_than_the_persons_is_not_confirmed() {
    for server in servers() {
        let one = Worker::desk(&server, "Ailie", Role::Admin).await;
        let two = Worker::desk(&server, "Bruce", Role::Admin).await;
        server.add_worker("Kirsty", "kirsty", "education", Role::Practitioner);
        let user = |conn: &mut _| db::users::by_sign_in(conn, "kirsty").unwrap().unwrap().id;
        let kirsty = user(&mut server.conn());
        let end = |role| json!({ "sign_in": "kirsty", "cluster": "Preston Lodge", "role": role });
        assert_eq!(one.post(&server, "/v1/posts/end", &end("practitioner")).await.0, 204);
        let body = |agency: &str, role: &str| {
            json!({
                "sign_in": "kirsty", "cluster": "Preston Lodge", "agency": agency, "role": role,
            })
        };
        let (_, proposed) = one.post(&server, "/v1/posts", &body("education", "duty")).await;
        let (_, held) = one.post(&server, "/v1/posts", &body("health", "practitioner")).await;
        assert_eq!(held["held"], true);
        let id = proposed["proposal"].as_str().unwrap();
        let confirm = format!("/v1/posts/proposals/{id}/confirm");
        let refused = two.post(&server, &confirm, &json!({})).await;
        assert_refused(refused, 409, "other_agency");
        assert_eq!(roles(&server, kirsty), [Role::Practitioner]);
        let still = two.read(&server, "/v1/posts/proposals").await;
        assert_eq!(still["proposals"].as_array().unwrap().len(), 1, "it waits as before");
    }
}

#[actix_web::test]
async fn an_administrator_ends_a_post_and_what_it_opened_is_closed() {
    for server in servers() {
        let one = Worker::desk(&server, "Ailie", Role::Admin).await;
        let lead = Worker::desk(&server, "Lena", Role::ClusterLead).await;
        let mut member = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let case = member.begin("Rowan", "Kerr");
        member.sync(&server).await;
        let path = format!("/v1/cases/{case}");
        assert!(lead.read(&server, &path).await.is_object());
        let body = json!({ "sign_in": "lena", "cluster": "Preston Lodge", "role": "cluster_lead" });
        for stranger in [&lead, &member] {
            let refused = stranger.post(&server, "/v1/posts/end", &body).await;
            assert_refused(refused, 404, "not_found");
        }
        assert_eq!(one.post(&server, "/v1/posts/end", &body).await.0, 204);
        assert_refused(one.post(&server, "/v1/posts/end", &body).await, 400, "unknown");
        assert_eq!(roles(&server, lead.user), []);
        assert_refused(server.get(&path, &lead.token).await, 404, "not_found");
        let end = json!({ "sign_in": "mairi", "cluster": "Preston Lodge", "role": "practitioner" });
        assert_eq!(one.post(&server, "/v1/posts/end", &end).await.0, 204);
        assert_refused(server.get(&path, &member.token).await, 404, "not_found");

        // While the log stands still a post may end and be given again.
        assert_eq!(by_command(&server, member.user, Role::Practitioner, 9), Given::Held);
        assert!(member.read(&server, &path).await.is_object());
    }
}

#[actix_web::test]
async fn the_last_administrator_of_a_cluster_cannot_end_their_own_post() {
    for server in servers() {
        let one = Worker::desk(&server, "Ailie", Role::Admin).await;
        let own = json!({ "sign_in": "ailie", "cluster": "Preston Lodge", "role": "admin" });
        let refused = one.post(&server, "/v1/posts/end", &own).await;
        assert_refused(refused, 404, "not_found");
        assert_eq!(roles(&server, one.user), [Role::Admin]);
        let two = Worker::desk(&server, "Bruce", Role::Admin).await;
        assert_eq!(one.post(&server, "/v1/posts/end", &own).await.0, 204);
        assert_eq!(
            (roles(&server, one.user), roles(&server, two.user)),
            (vec![], vec![Role::Admin])
        );
    }
}

/// As if both had asked before either was answered.
#[actix_web::test]
async fn of_two_administrators_who_end_each_others_posts_one_is_left() {
    for server in servers() {
        let one = Worker::desk(&server, "Ailie", Role::Admin).await;
        let two = Worker::desk(&server, "Bruce", Role::Admin).await;
        let asked = [&one, &two].map(|who| {
            let person = sessions::person(&mut server.conn(), &who.user).unwrap().unwrap();
            person.principal()
        });
        let end = |by, sign_in| {
            let ending = Ending { sign_in, cluster: "Preston Lodge", role: Role::Admin };
            let end = |conn: &mut _| posts::end(conn, START, Some(by), ending);
            db::write_tx(&mut server.conn(), end)
        };
        assert!(end(&asked[0], "bruce").is_ok());
        assert!(matches!(end(&asked[1], "ailie"), Err(AccountError::NotYours)));
        assert_eq!(roles(&server, one.user), [Role::Admin]);
    }
}

#[actix_web::test]
async fn who_held_which_post_is_remembered_by_the_log() {
    for server in servers() {
        let ada = server.ada;
        let mut conn = server.conn();
        let cluster = db::clusters::by_name(&mut conn, "Preston Lodge").unwrap().unwrap().id;
        let mut member = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        member.begin("Rowan", "Kerr");
        member.sync(&server).await;
        let then = db::log::head(&mut conn, &cluster).unwrap().0;
        by_command(&server, ada, Role::Deputy, 1);
        member.begin("Innes", "Bain");
        member.sync(&server).await;
        let now = db::log::head(&mut conn, &cluster).unwrap().0;
        let leave = |conn: &mut _| caseweave::service::accounts::leave(conn, START, &ada);
        db::write_tx(&mut server.conn(), leave).unwrap();
        let mut held = |number| db::posts::held_at(&mut conn, &ada, &cluster, number).unwrap();
        assert_eq!(held(then - 1), [Role::Practitioner]);
        assert_eq!(held(now - 1), [Role::Deputy, Role::Practitioner]);
        assert_eq!(held(now + 10), []);
    }
}
