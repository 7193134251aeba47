//! A visit that is seen on another phone, whose screen is open.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::json;
use sync_core::device::Device;
use sync_core::device::https::Https;
use sync_core::device::sync::{Stop, wait};
use sync_core::ids::CaseId;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::Draft as _;
use sync_core::record::kinds::visit::VisitDraft;
use sync_core::store::Store;

use super::ground::open;
use super::line::Line;
use super::stage::Stage;
use crate::live::Failed;
use crate::workload::measure::{cpu_s, peak_rss_mb};
use crate::workload::script::case_id;

/// Between two visits: a server that hears of something all the time wakes nobody twice within a second.
const PAUSE: Duration = Duration::from_millis(1_100);
/// How long the other phone may take to see one before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// `visits` of one phone, seen by another that holds the case too. Cost and bytes are of one visit, both
/// phones together; the time is from its being saved on the one until it is stored on the other.
///
/// # Errors
/// If an exchange fails, or a visit does not come.
pub fn measure(stage: &mut Stage<'_>, visits: usize) -> Result<Line, Failed> {
    stage.again()?;
    let (writer, reader, case) = pair(stage).ok_or("no two phones hold the same case")?;
    let (mut phone, mut https) = open(&stage.phone(writer)?)?;
    let (mut other, mut others_https) = open(&stage.phone(reader)?)?;
    for _ in 0..2 {
        super::sync(&mut phone, &mut https)?;
        super::sync(&mut other, &mut others_https)?;
    }
    let server = &stage.ground.server;
    let before = (
        https.traffic().up() + others_https.traffic().up(),
        https.traffic().down() + others_https.traffic().down(),
    );
    let (server_cpu, began) = (server.cpu_s()?, Instant::now());
    let (seen, sees) = mpsc::channel();
    let (stop, traffic) = (Stop::default(), others_https.traffic().clone());
    let (mut times, mut exchanges, cpu) = (Vec::new(), 0, cpu_s());
    let mut last = Seen { at: began, came: 0, exchanges: 0, cpu_s: 0.0 };
    std::thread::scope(|scope| {
        let listening = stop.clone();
        scope.spawn(move || listen((&mut other, &mut others_https), &listening, &seen));
        let done = (0..visits).try_for_each(|n| {
            std::thread::sleep(PAUSE);
            save(&mut phone, case, n)?;
            let saved = Instant::now();
            exchanges += super::sync(&mut phone, &mut https)?.exchanges;
            loop {
                last = sees.recv_timeout(PATIENCE)?;
                if last.came > 0 {
                    times.push((last.at - saved).as_secs_f64() * 1e3);
                    return Ok::<_, Failed>(());
                }
            }
        });
        stop.now();
        done
    })?;
    times.sort_by(f64::total_cmp);
    let each = visits.max(1) as u64;
    let at = |part: f64| times.get(((times.len() as f64 * part) as usize).min(times.len() - 1));
    Ok(Line {
        cases: 1,
        devices: 2,
        wall_s: began.elapsed().as_secs_f64() / each as f64,
        server_cpu_s: (server.cpu_s()? - server_cpu) / each as f64,
        bytes_up: (https.traffic().up() + traffic.up() - before.0) / each,
        bytes_down: (https.traffic().down() + traffic.down() - before.1) / each,
        client_cpu_s: (cpu_s() - cpu + last.cpu_s) / each as f64,
        exchanges: (exchanges + last.exchanges) / each as u32,
        server_rss_mb: server.peak_mb()?,
        client_rss_mb: peak_rss_mb(),
        p50_ms: at(0.5).copied(),
        p99_ms: at(0.99).copied(),
        runs: times.len(),
        ..Line::new("live", stage.ground.database())
    })
}

/// What the other phone saw, and what listening came to so far.
struct Seen {
    at: Instant,
    came: usize,
    exchanges: u32,
    cpu_s: f64,
}

/// Waits for news and takes it until it is stopped; tells each time.
fn listen<S: Store>(
    (phone, https): (&mut Device<S>, &mut Https),
    stop: &Stop,
    seen: &mpsc::Sender<Seen>,
) {
    let (mut exchanges, cpu) = (0, cpu_s());
    while !stop.is_asked() {
        exchanges += 1;
        if !wait(phone, https, stop, 20).is_ok_and(|news| news) {
            continue;
        }
        let report = super::sync(phone, https).unwrap_or_default();
        exchanges += report.exchanges;
        let (at, came) = (Instant::now(), report.received);
        // Nobody may be waiting any more.
        let _ = seen.send(Seen { at, came, exchanges, cpu_s: cpu_s() - cpu });
    }
}

/// Two phones and a case that both hold.
fn pair(stage: &Stage<'_>) -> Option<(usize, usize, CaseId)> {
    let days = stage.days();
    (0..days.len()).find_map(|one| {
        let other = (one + 1..days.len()).find_map(|other| {
            let both = days[one].cases.iter().find(|case| days[other].cases.contains(case))?;
            Some((other, *both))
        });
        let (other, case) = other?;
        Some((one, other, case_id(stage.ground.workload.cases.get(case)?).ok()?))
    })
}

fn save<S: Store>(phone: &mut Device<S>, case: CaseId, n: usize) -> Result<(), Failed> {
    let words = format!(
        "Visit {n}: the child had breakfast before school and showed a drawing of the dog."
    );
    let at = super::now();
    let draft = json!({ "at": at, "narrative": words });
    let entries = serde_json::from_value::<VisitDraft>(draft)?.entries();
    phone.make(case, Kind::Visit, Compartment::Team, "", entries, at)?;
    Ok(())
}
