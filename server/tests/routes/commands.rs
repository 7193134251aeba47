use std::process::{Command, Output};

use caseweave::role::Role;
use serde_json::{Value as Json, json};

use crate::pages::Browser;
use crate::support::{PASSWORD, TestServer, servers};
use crate::worker::Worker;

fn run(server: &TestServer, args: &[&str]) -> (Option<i32>, String, String) {
    // The command reads the machine's clock, by which the test's rows of the audit are old.
    crate::audit::link(server);
    let folder = tempfile::tempdir().unwrap();
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_caseweave"))
        .args(["--data", folder.path().to_str().unwrap()])
        .args(["--database-url", &server.database_url()])
        .args(args)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

fn json_of(server: &TestServer, args: &[&str]) -> Json {
    let args: Vec<_> = args.iter().copied().chain(["--json"]).collect();
    let (code, out, err) = run(server, &args);
    assert_eq!(code, Some(0), "{args:?}: {out}{err}");
    // One line a cluster; the first one's.
    serde_json::from_str(out.lines().next().unwrap()).unwrap()
}

#[actix_web::test]
async fn damage_is_found_named_and_where_it_follows_from_the_log_mended() {
    for server in servers() {
        let mut member = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let case = member.begin("Rowan", "Kerr");
        member.visit(case, "Rowan was at school today.", crate::support::START);
        member.sync(&server).await;
        let verified = json_of(&server, &["verify"]);
        assert_eq!(verified["findings"]["changes"], 2);
        assert_eq!(verified["findings"]["wrong"], json!([]));
        assert_eq!(run(&server, &["rebuild", "--check"]).0, Some(0));

        server.tamper("UPDATE case_views SET name = 'Somebody Else'").unwrap();
        server.tamper("UPDATE record_views SET safety_conflicts = 7").unwrap();
        server.tamper("DELETE FROM access").unwrap();
        let (code, out, err) = run(&server, &["rebuild", "--check"]);
        assert_eq!(code, Some(1), "{out}{err}");
        for found in ["case", "record", "access"] {
            assert!(out.contains(found), "{out}");
        }
        assert!(err.contains("not in order") && !out.contains("Rowan"));
        assert_eq!(run(&server, &["rebuild"]).0, Some(0));
        assert_eq!(run(&server, &["rebuild", "--check"]).0, Some(0));
        assert_eq!(run(&server, &["verify"]).0, Some(0));

        // As if another phone had signed what the log says this one did.
        server
            .tamper(
                "UPDATE devices SET public_key = (SELECT salted FROM log_proofs WHERE number = 1)",
            )
            .unwrap();
        let (code, out, _) = run(&server, &["verify"]);
        assert_eq!(code, Some(1));
        assert!(out.contains("no batch signed by its phone holds it"), "{out}");

        server.tamper("UPDATE log SET arrived_at = arrived_at + 1 WHERE number = 1").unwrap();
        let (code, out, _) = run(&server, &["verify", "--cluster", "Preston Lodge"]);
        assert_eq!(code, Some(1));
        assert!(out.contains("the chain breaks"), "{out}");
        let (code, _, err) = run(&server, &["verify", "--cluster", "Nowhere"]);
        assert_eq!(code, Some(2), "{err}");
    }
}

#[test]
fn a_mistyped_folder_is_no_database_in_good_order() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["verify", "rebuild"] {
        let output = Command::new(env!("CARGO_BIN_EXE_caseweave"))
            .args(["--data", folder.path().to_str().unwrap(), command])
            .env_remove("DATABASE_URL")
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{err}");
        assert!(err.contains("there is no database at"), "{err}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{command}");
    }
}

#[test]
fn frameworks_are_listed_and_shown_as_written() {
    for server in servers() {
        let listed = json_of(&server, &["framework", "list"]);
        let ids: Vec<_> = listed.as_array().unwrap().iter().map(|it| &it["id"]).collect();
        assert!(ids.contains(&&json!("east-lothian")) && ids.contains(&&json!("england-caf")));
        let (code, text, _) = run(&server, &["framework", "show", "east-lothian"]);
        assert_eq!(code, Some(0));
        assert!(text.contains("[[stages]]"));
        assert_eq!(json_of(&server, &["framework", "show", "east-lothian"])["id"], "east-lothian");
        assert_eq!(run(&server, &["framework", "show", "nowhere"]).0, Some(2));
    }
}

#[test]
fn a_period_is_closed_once_and_shown_for_ever() {
    for server in servers() {
        let closed = json_of(&server, &["edition", "close", "--period", "Autumn"]);
        assert_eq!(closed["authority"], "East Lothian");
        let shown = json_of(&server, &["edition", "show", "--period", "Autumn"]);
        assert_eq!(shown, json!([closed]));
        let (code, _, err) = run(&server, &["edition", "close", "--period", "Autumn"]);
        assert_eq!(code, Some(2));
        assert!(err.contains("stays as it is"), "{err}");
        assert_eq!(run(&server, &["edition", "show", "--period", "Winter"]).0, Some(2));
        let without = ["edition", "close", "--period", "Winter", "--without", "East"];
        let (code, _, err) = run(&server, &without);
        assert!(code == Some(2) && err.contains("is no server that is late"), "{err}");
        let elsewhere = ["edition", "show", "--authority", "Nowhere"];
        assert_eq!(run(&server, &elsewhere).0, Some(2));
    }
}

#[actix_web::test]
async fn an_operator_gives_passwords_takes_apps_away_and_links_accounts() {
    for server in servers() {
        let mut browser = Browser::of(&server, "Ada").await;
        let made = json_of(&server, &["user", "password", "--sign-in", "ada"]);
        let made = made["password"].as_str().unwrap();
        assert_eq!(browser.get("/").await.status, 303, "her browser is signed out");
        assert_eq!(browser.sign_in("ada", PASSWORD).await.status, 422);
        assert_eq!(browser.sign_in("ada", made).await.status, 303);

        let reset = ["user", "second-factor", "--sign-in", "ada"];
        assert_eq!(run(&server, &reset).0, Some(2), "it must be said what is to be done");
        let reset = [&reset[..], &["--reset"]].concat();
        assert_eq!(json_of(&server, &reset)["had"], false);

        let mut link =
            vec!["user", "link", "--sign-in", "ada", "--issuer", "https://shire.example"];
        link.extend(["--subject", "ada-1"]);
        assert_eq!(run(&server, &link).0, Some(0));
        let (code, _, err) = run(&server, &link);
        assert_eq!(code, Some(2));
        assert!(err.contains("it is linked") && !err.contains("ada-1"), "{err}");
        *link.last_mut().unwrap() = "ada-2";
        link.push("--only");
        assert_eq!(run(&server, &link).0, Some(0));
        assert_eq!(browser.sign_in("ada", made).await.status, 422, "no password of hers is good");
        let unlink = ["user", "unlink", "--sign-in", "ada"];
        assert_eq!((run(&server, &unlink).0, run(&server, &unlink).0), (Some(0), Some(2)));
    }
}

#[actix_web::test]
async fn a_command_ends_one_post_and_adds_somebody_without_a_password() {
    for server in servers() {
        let end = ["user", "end-post", "--sign-in", "ada", "--cluster", "Preston Lodge"];
        let end = |role| [&end[..], &["--role", role]].concat();
        assert_eq!(run(&server, &end("duty")).0, Some(2), "she does not hold it");
        assert_eq!(run(&server, &end("practitioner")).0, Some(0));
        let listed = json_of(&server, &["user", "list"]);
        assert_eq!((&listed[0]["sign_in"], &listed[0]["posts"]), (&json!("ada"), &json!([])));

        let mut add = vec!["user", "add", "--name", "Iona Reid", "--sign-in", "iona"];
        add.extend(["--cluster", "Preston Lodge", "--agency", "health", "--no-password"]);
        assert_eq!(json_of(&server, &add)["password"], Json::Null);
        let mut browser = Browser::new(&server);
        for password in ["none", ""] {
            assert_eq!(browser.sign_in("iona", password).await.status, 422);
        }
    }
}
