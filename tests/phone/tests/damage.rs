//! Refusals, no server, a full disk, kills and haste: what was called saved is there, and what was
//! not is given back.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::support::{TestPhone, command, done};

const KILLS: u32 = 30;

fn visit(text: &str) -> [&str; 6] {
    ["visit", "Ailsa Todd", "--at", "2026-11-20", "--text", text]
}

/// The narratives of all visits of the one case, in no order.
fn narratives(phone: &TestPhone) -> Vec<String> {
    let view = phone.json(&["show", "Ailsa Todd"]);
    let records = view["records"].as_array().unwrap().iter();
    let entries = records.flat_map(|record| record["entries"].as_array().unwrap());
    let narratives = entries.filter(|entry| entry["collection"] == "narratives");
    narratives.map(|entry| entry["says"]["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_refused_write_prints_the_words_again() {
    let phone = TestPhone::practitioner();
    phone.case("Ailsa Todd");
    let stage = phone.run(&["stage", "Ailsa Todd", "2", "--reason", "two services now"]);
    assert_eq!(stage.code, Some(5));
    let expected = "Only the lead professional or the cluster lead can decide this.\n\
                    Not saved:\ntwo services now\n";
    assert_eq!(stage.err, expected);
    let long = format!("It was a long day. {}", "é".repeat(40_000));
    let refused = phone.run_with(&visit("-"), &long);
    assert_eq!(refused.code, Some(5));
    assert!(refused.err.ends_with(&format!("Not saved:\n{long}\n")));
    assert!(!refused.err.contains("panicked"));
    let nowhere = phone.run_with(&["visit", "?", "--at", "0", "--text", "-"], "she was asleep");
    assert_eq!(nowhere.code, Some(2));
    assert!(nowhere.err.ends_with("Not saved:\nshe was asleep\n"), "{}", nowhere.err);
    assert_eq!(phone.json(&["unsent"])["changes"], 1, "the case alone");
}

#[test]
fn without_a_server_everything_stays() {
    let phone = TestPhone::practitioner();
    phone.case("Ailsa Todd");
    let sync = phone.run(&["sync", "--stats"]);
    assert_eq!((sync.code, sync.out.as_str()), (Some(3), ""));
    assert!(sync.err.starts_with("no connection to the server"), "{}", sync.err);
    let status = phone.json(&["status"]);
    assert_eq!((&status["only_here"], &status["last_sync"]), (&1.into(), &serde_json::Value::Null));
    assert_eq!(
        (&status["name"], phone.json(&["returned"])),
        (&"Iona Blair".into(), serde_json::json!([]))
    );
    assert_eq!(phone.run(&["returned", "--forget", "1"]).code, Some(2));
}

#[test]
fn a_failed_enrolment_leaves_a_locked_folder_that_is_nobodys() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("new");
    let enrol = ["enrol", "--server", "https://127.0.0.1:1", "--code", "X"];
    let enrol = [enrol.as_slice(), &["--sign-in", "iona", "--password-stdin"]].concat();
    let failed = done(&mut command(&home, &enrol), "secret words\n");
    assert_eq!(failed.code, Some(3));
    assert!(!failed.err.contains("secret"), "{}", failed.err);
    let mode = |file: &str| home.join(file).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("phone.key"), mode(".")), (0o600, 0o700));
    let list = done(&mut command(&home, &["list"]), "");
    assert_eq!(list.err, "nobody has enrolled on this phone yet\n");
    std::fs::remove_file(home.join("phone.key")).unwrap();
    let keyless = done(&mut command(&home, &["list"]), "");
    assert_eq!(keyless.code, Some(2));
    assert!(!home.join("phone.key").exists(), "a new key would open nothing: {}", keyless.err);
}

#[test]
fn a_full_disk_loses_nothing_and_gives_the_words_back() {
    let phone = TestPhone::practitioner();
    phone.case("Ailsa Todd");
    phone.text(&visit("before"));
    let words = "x".repeat(60_000);
    let exe = phone.command(&visit("-"));
    let mut full = Command::new("sh");
    // A file may not pass 64 blocks; the signal that would say so is ignored, so the write fails.
    full.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\""]);
    full.arg(exe.get_program()).args(exe.get_args());
    let refused = done(&mut full, &words);
    assert_eq!(refused.code, Some(2), "{}", refused.err.chars().take(200).collect::<String>());
    assert!(refused.err.ends_with(&format!("Not saved:\n{words}\n")));
    assert_eq!(narratives(&phone), ["before"]);
    phone.text(&visit("after"));
    assert_eq!(narratives(&phone).len(), 2);
}

#[test]
fn commands_in_haste_wait_for_each_other() {
    let phone = TestPhone::practitioner();
    phone.case("Ailsa Todd");
    let texts: Vec<String> = (0..8).map(|n| format!("visit {n}")).collect();
    let spawn = |text: &String| phone.command(&visit(text)).stdout(Stdio::null()).spawn().unwrap();
    let children: Vec<_> = texts.iter().map(spawn).collect();
    assert!(children.into_iter().all(|mut child| child.wait().unwrap().success()));
    let mut found = narratives(&phone);
    found.sort();
    assert_eq!(found, texts);
}

#[test]
fn a_kill_loses_nothing_that_was_called_saved() {
    let phone = TestPhone::practitioner();
    phone.case("Ailsa Todd");
    let began = Instant::now();
    phone.text(&visit("the first"));
    let usual = began.elapsed().as_micros() as u64;
    let mut rng = ChaCha8Rng::seed_from_u64(30);
    let mut saved = vec!["the first".to_owned()];
    for n in 0..KILLS {
        let text = format!("visit {n} {}", "words ".repeat(n as usize * 50));
        let mut child = phone.command(&visit(&text)).stdout(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(rng.next_u64() % (usual * 3 / 2)));
        child.kill().unwrap();
        let said = child.wait_with_output().unwrap().stdout;
        if String::from_utf8_lossy(&said).starts_with("saved on this phone") {
            saved.push(text);
        }
        // The phone still writes, and in the same record of the case.
        phone.text(&["fact", "Ailsa Todd", "classroom", &format!("P{n}")]);
    }
    let found = narratives(&phone);
    assert!(saved.iter().all(|text| found.contains(text)), "{} of {}", found.len(), saved.len());
    let whole = |text: &String| {
        let n = text.strip_prefix("visit ").and_then(|it| it.split_once(' ')?.0.parse().ok());
        n.is_none_or(|n: usize| *text == format!("visit {n} {}", "words ".repeat(n * 50)))
    };
    assert!(found.iter().all(whole), "what is there beyond that is whole");
}
