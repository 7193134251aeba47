//! What exchanges cost a real phone and a real server, on the common workload.

use serde_json::Value;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::Draft as _;
use sync_core::record::kinds::visit::VisitDraft;
use sync_core::time::Timestamp;
use system_tests::live::{Failed, Phone, Server, Staff};
use system_tests::workload::area::{Area, CLUSTER};
use system_tests::workload::{generate, load};

const LENA: Staff = Staff { name: "lena", agency: "social-work", role: "cluster_lead" };
const IONA: Staff = Staff { name: "iona", agency: "social-work", role: "practitioner" };
/// Cases of the test; `workload first-sync` takes any number.
const CASES: usize = 80;
/// Visits of a long day.
const DAY: i64 = 12;
/// What an exchange with nothing new may take each way, headers and all, bytes above TLS.
const NOTHING_NEW: u64 = 600;

/// A measured server over a caseload of two years.
fn with_caseload() -> Result<Server, Failed> {
    let workload = generate::generate(11, CASES, 6);
    Server::over(CLUSTER, None, |file| {
        let edits = workload.cases.iter().flat_map(|case| &case.edits);
        let last = Timestamp(edits.map(|edit| edit.t).max().unwrap_or_default());
        let mut area = Area::begin(file, load::people(&workload), last)?;
        load::load(&mut area, &workload.cases, &mut |_| {})?;
        Ok(())
    })
}

/// A worker's day: a new case and visits to its child.
fn day(phone: &Phone) -> Result<(), Failed> {
    let begun = phone.run(&["case", "begin", "--given-name", "Eilidh", "--family-name", "Ross"])?;
    let case = begun["case"].as_str().ok_or("no case")?.parse()?;
    let mut device = phone.device()?;
    for n in 0..DAY {
        let at = Timestamp(1_790_000_000_000 + n);
        let words = format!("Visit {n}: breakfast was on the table and both children were up.");
        let draft = serde_json::json!({ "at": at, "narrative": words });
        let entries = serde_json::from_value::<VisitDraft>(draft)?.entries();
        device.make(case, Kind::Visit, Compartment::Team, "", entries, at)?;
    }
    Ok(())
}

fn stats(phone: &Phone) -> Result<impl Fn(&str) -> u64, Failed> {
    let stats = phone.run(&["sync", "--stats"])?;
    Ok(move |key: &str| stats.get(key).and_then(Value::as_u64).unwrap_or(u64::MAX))
}

#[test]
fn a_first_sync_a_day_and_nothing_new_are_one_exchange_each() -> Result<(), Failed> {
    let server = with_caseload()?;
    let phones = server.staff(&[LENA, IONA])?;
    let first = stats(&phones[0])?;
    assert_eq!(first("exchanges"), 1);
    assert!(first("pages") > 7 && first("pages") < 1_000, "{} pages", first("pages"));
    assert_eq!((first("first_page"), first("last_page")), (1, first("pages")));
    assert!(first("server_cpu_us") > 0 && first("server_cpu_us") < 60_000_000);
    assert!(first("bytes_down") < first("wire_down") && first("wire_down") < u64::MAX);
    assert_eq!(phones[0].run(&["list"])?.as_array().map(Vec::len), Some(CASES));
    let none = stats(&phones[0])?;
    assert_eq!((none("exchanges"), none("pages"), none("received")), (1, 1, 0));
    assert!(none("wire_up") <= NOTHING_NEW, "{} up", none("wire_up"));
    assert!(none("wire_down") <= NOTHING_NEW, "{} down", none("wire_down"));
    phones[1].run(&["sync"])?;
    day(&phones[1])?;
    let sent = stats(&phones[1])?;
    assert_eq!((sent("exchanges"), sent("accepted")), (1, DAY as u64 + 1));
    let came = stats(&phones[0])?;
    assert_eq!((came("exchanges"), came("received")), (1, DAY as u64 + 1));
    server.check()
}

#[test]
fn a_server_that_is_not_measured_tells_nobody_what_an_exchange_cost() -> Result<(), Failed> {
    let server = Server::start(None)?;
    let phone = server.staff(&[IONA])?.remove(0);
    let stats = phone.run(&["sync", "--stats"])?;
    assert_eq!(stats["server_cpu_us"], Value::Null, "{stats}");
    Ok(())
}
