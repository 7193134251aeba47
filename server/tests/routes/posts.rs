//! Posts that take two people.

use caseweave::db;
use caseweave::role::Role;
use caseweave::service::accounts::Post;
use caseweave::service::posts::{self, Given};
use serde_json::{Value as Json, json};
use sync_core::ids::UserId;

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
        assert_eq!(by_command(&server, ada, Role::AgencyLead, 3), Given::Held);
        let given = by_command(&server, ada, Role::ClusterLead, 4);
        assert_eq!(given, Given::Proposed([4; 16]));
        assert!(!roles(&server, ada).contains(&Role::ClusterLead));
        let waiting = one.read(&server, "/v1/posts/proposals").await;
        let waiting = &waiting["proposals"][0];
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
        for role in ["cluster_lead", "deputy", "duty", "governance", "admin"] {
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
        let (_, given) = propose(&server, &one, "agency_lead").await;
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
        let (_, proposed) = one.post(&server, "/v1/posts", &body).await;
        let id = proposed["proposal"].as_str().unwrap();
        let path = |what: &str| format!("/v1/posts/proposals/{id}/{what}");
        let own = two.post(&server, &path("confirm"), &json!({})).await;
        assert_refused(own, 404, "not_found");
        assert_eq!(one.post(&server, &path("decline"), &json!({})).await.0, 204);
        assert_eq!(roles(&server, two.user), [Role::Admin]);
        let nothing = one.read(&server, "/v1/posts/proposals").await;
        assert_eq!(nothing, json!({ "proposals": [] }));
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
