//! Processes that are killed at any moment.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::time::Duration;

use system_tests::live::{Failed, Phone, Server, Staff};

use super::database::on_each;

const IONA: Staff = Staff { name: "iona", agency: "health", role: "practitioner" };
const ROUNDS: u64 = 25;

/// One phone with a case of its own.
fn begin(server: &Server) -> Result<(Phone, String), Failed> {
    let phone = server.staff(&[IONA])?.remove(0);
    let begun = phone.run(&["case", "begin", "--given-name", "Eilidh", "--family-name", "Ross"])?;
    Ok((phone, begun["case"].as_str().ok_or("no case")?.to_owned()))
}

/// The numbers of the visits that a phone shows.
fn visits(phone: &Phone, case: &str, shared: bool) -> Result<Vec<u64>, Failed> {
    let shown = if shared {
        phone.run(&["show", case, "--shared"])?
    } else {
        phone.run(&["show", case])?
    };
    let records = shown["records"].as_array().ok_or("no records")?.iter();
    let texts = records.filter(|record| record["kind"] == "visit").flat_map(|record| {
        let entries = record["entries"].as_array().cloned().unwrap_or_default();
        entries.into_iter().filter_map(|entry| entry["says"]["text"].as_str().map(str::to_owned))
    });
    let numbers = texts.filter_map(|text| text.strip_prefix("visit ")?.parse().ok());
    let mut numbers: Vec<u64> = numbers.collect();
    numbers.sort_unstable();
    Ok(numbers)
}

fn visit<'a>(case: &'a str, text: &'a str) -> [&'a str; 6] {
    ["visit", case, "--at", "2026-11-20T10:00:00Z", "--text", text]
}

#[test]
fn a_phone_killed_while_writing_or_syncing_loses_nothing_it_called_saved() -> Result<(), Failed> {
    on_each(|server| {
        let (phone, case) = begin(&server)?;
        let mut saved = BTreeSet::new();
        for round in 0..ROUNDS {
            let text = format!("visit {round}");
            let mut writing = phone.spawn(&visit(&case, &text))?;
            std::thread::sleep(Duration::from_millis(round * 3 % 40));
            writing.kill()?;
            writing.wait()?;
            let mut said = String::new();
            if let Some(mut out) = writing.stdout.take() {
                out.read_to_string(&mut said)?;
            }
            if said.contains("record") {
                saved.insert(round);
            }
            let mut syncing = phone.spawn(&["sync"])?;
            std::thread::sleep(Duration::from_millis(round * 7 % 60));
            syncing.kill()?;
            syncing.wait()?;
        }
        phone.run(&["sync"])?;
        let shown = visits(&phone, &case, true)?;
        let once: BTreeSet<u64> = shown.iter().copied().collect();
        assert!(saved.is_subset(&once), "lost: {:?}", saved.difference(&once));
        assert_eq!(once.len(), shown.len(), "nothing is there twice: {shown:?}");
        assert_eq!(phone.run(&["unsent"])?["changes"], 0);
        server.check()
    })
}

#[test]
fn a_server_killed_in_mid_commit_loses_nothing_acknowledged() -> Result<(), Failed> {
    on_each(|mut server| {
        let (phone, case) = begin(&server)?;
        for round in 0..12 {
            for n in 0..4 {
                phone.run(&visit(&case, &format!("visit {}", round * 4 + n)))?;
            }
            let mut syncing = phone.spawn(&["sync"])?;
            std::thread::sleep(Duration::from_millis(20 + round * 5));
            server.kill()?;
            syncing.wait()?;
            server.serve()?;
        }
        phone.run(&["sync"])?;
        let shown = visits(&phone, &case, true)?;
        assert_eq!(shown, (0..48).collect::<Vec<_>>(), "each visit is there, once");
        assert_eq!(phone.run(&["unsent"])?["changes"], 0);
        server.check()
    })
}
