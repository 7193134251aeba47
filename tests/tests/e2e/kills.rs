//! Processes that are killed at any moment.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use system_tests::live::{Failed, Phone, Server, Staff};

use super::database::on_each;

const IONA: Staff = Staff { name: "iona", agency: "health", role: "practitioner" };
const LENA: Staff = Staff { name: "lena", agency: "education", role: "cluster_lead" };
const ROUNDS: u32 = 25;

/// A phone with a case of its own, and the lead's.
fn begin(server: &Server) -> Result<(Phone, Phone, String), Failed> {
    let [phone, lead] = <[Phone; 2]>::try_from(server.staff(&[IONA, LENA])?).map_err(|_| "two")?;
    let begun = phone.run(&["case", "begin", "--given-name", "Eilidh", "--family-name", "Ross"])?;
    Ok((phone, lead, begun["case"].as_str().ok_or("no case")?.to_owned()))
}

/// The numbers of the visits that the server gives to another phone, which has nothing of its own.
fn visits_on(lead: &Phone, case: &str) -> Result<Vec<u64>, Failed> {
    lead.run(&["sync"])?;
    let shown = lead.run(&["show", case, "--shared"])?;
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

/// Runs a command and kills it after the `round`th part of one and a half times what it usually takes;
/// gives what it said.
fn killed(phone: &Phone, command: &[&str], usual: Duration, round: u32) -> Result<String, Failed> {
    let mut child = phone.spawn(command)?;
    std::thread::sleep(usual * 3 * round / (2 * ROUNDS));
    child.kill()?;
    Ok(String::from_utf8(child.wait_with_output()?.stdout)?)
}

fn timed(phone: &Phone, command: &[&str]) -> Result<Duration, Failed> {
    let began = Instant::now();
    phone.run(command)?;
    Ok(began.elapsed())
}

#[test]
fn a_phone_killed_while_writing_or_syncing_loses_nothing_it_called_saved() -> Result<(), Failed> {
    on_each(|server| {
        let (phone, lead, case) = begin(&server)?;
        let to_sync = timed(&phone, &["sync"])?;
        let to_write = timed(&phone, &visit(&case, "visit 1000"))?;
        let mut saved = BTreeSet::from([1000]);
        for round in 0..ROUNDS {
            let text = format!("visit {round}");
            let said = killed(&phone, &visit(&case, &text), to_write, round)?;
            saved.extend(said.contains("record").then_some(u64::from(round)));
            killed(&phone, &["sync"], to_sync, round)?;
        }
        let cut_off = ROUNDS as usize + 1 - saved.len();
        assert!(saved.len() > 1 && cut_off > 0, "{} saved, {cut_off} cut off", saved.len());
        phone.run(&["sync"])?;
        let shown = visits_on(&lead, &case)?;
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
        let (phone, lead, case) = begin(&server)?;
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
        let shown = visits_on(&lead, &case)?;
        assert_eq!(shown, (0..48).collect::<Vec<_>>(), "each visit is there, once");
        assert_eq!(phone.run(&["unsent"])?["changes"], 0);
        server.check()
    })
}
