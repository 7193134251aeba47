//! One phone that never stops pushing does not keep another one waiting.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sync_core::ids::CaseId;
use sync_core::protocol::frame::PushedRecord;
use sync_core::record::change::{Change, Edit};
use sync_core::record::kind::Kind;
use sync_core::record::kinds::Draft as _;
use sync_core::record::kinds::visit::VisitDraft;
use sync_core::time::Timestamp;
use system_tests::live::raw::Raw;
use system_tests::live::{Failed, Staff};

use super::database::on_each;

const STAFF: [Staff; 2] = [
    Staff { name: "iona", agency: "health", role: "practitioner" },
    Staff { name: "ross", agency: "education", role: "practitioner" },
];
const AT: Timestamp = Timestamp(1_790_000_000_000);
/// Connections of the phone that floods.
const LINES: usize = 24;
/// How long another phone's exchange may take meanwhile, on a busy machine.
const BOUND: Duration = Duration::from_secs(5);

#[test]
fn another_phone_syncs_in_time_while_one_floods() -> Result<(), Failed> {
    on_each(|server| {
        let phones = server.staff(&STAFF)?;
        let begun =
            phones[0].run(&["case", "begin", "--given-name", "Eilidh", "--family-name", "Ross"])?;
        let case: CaseId = begun["case"].as_str().ok_or("no case")?.parse()?;
        phones.iter().try_for_each(|phone| phone.run(&["sync"]).map(drop))?;
        let mut lines = (0..LINES).map(|_| Raw::of(&phones[0])).collect::<Result<Vec<_>, _>>()?;
        let (over, taken, turned) = (AtomicBool::new(false), AtomicU32::new(0), AtomicU32::new(0));
        let mut slowest = Duration::ZERO;
        thread::scope(|scope| -> Result<(), Failed> {
            for (n, line) in lines.iter_mut().enumerate() {
                let (over, taken, turned) = (&over, &taken, &turned);
                scope.spawn(move || flood(line, case, n as u32, over, (taken, turned)));
            }
            let synced = (0..5).try_for_each(|n| -> Result<(), Failed> {
                let given = format!("Child {n}");
                phones[1].run(&["case", "begin", "--given-name", &given])?;
                let began = Instant::now();
                let synced = phones[1].run(&["sync"])?;
                slowest = slowest.max(began.elapsed());
                assert_eq!(synced["only_here"], 0);
                Ok(())
            });
            over.store(true, Ordering::SeqCst);
            synced
        })?;
        println!(
            "slowest {slowest:?}; of the flood {} taken, {} told to come again",
            taken.load(Ordering::SeqCst),
            turned.load(Ordering::SeqCst)
        );
        assert!(slowest < BOUND, "{slowest:?}");
        assert!(turned.load(Ordering::SeqCst) > 0, "the flood was turned away");
        server.check()
    })
}

/// Pushes new visits without a pause.
fn flood(
    line: &mut Raw,
    case: CaseId,
    n: u32,
    over: &AtomicBool,
    (taken, turned): (&AtomicU32, &AtomicU32),
) {
    let Ok(cluster) = line.cluster() else { return };
    let mut made = 1_000 * (n + 1);
    while !over.load(Ordering::SeqCst) {
        made += 1;
        let Ok(record) = visit(line, case, made) else { return };
        let request = line.push(cluster, &[record]);
        let count = if line.exchange(&request).is_ok() { taken } else { turned };
        count.fetch_add(1, Ordering::SeqCst);
    }
}

fn visit(line: &Raw, case: CaseId, n: u32) -> Result<PushedRecord, Failed> {
    let draft = serde_json::json!({ "at": AT, "narrative": "Again." });
    let entries = serde_json::from_value::<VisitDraft>(draft)?.entries();
    let edits = entries.into_iter().map(Edit::Add).collect();
    let (actor, by) = (line.enrolled.actor, line.enrolled.user);
    let change = Change { actor, by, at: AT, clock_ahead_ms: 0, edits };
    Ok(line.first(&line.envelope(case, Kind::Visit, n), change))
}
