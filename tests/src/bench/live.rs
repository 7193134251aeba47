//! A visit that is seen on another phone, whose screen is open.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::json;
use sync_core::device::sync::{Stop, wait};
use sync_core::ids::CaseId;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::Draft as _;
use sync_core::record::kinds::visit::VisitDraft;

use super::ground::open;
use super::line::Line;
use super::stage::Stage;
use crate::live::Failed;
use crate::workload::measure::peak_rss_mb;
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
    let mut times = Vec::new();
    std::thread::scope(|scope| {
        let listening = stop.clone();
        scope.spawn(move || {
            while !listening.is_asked() {
                let news = wait(&mut other, &mut others_https, &listening, 20);
                if news.is_ok_and(|news| news) {
                    let came =
                        super::sync(&mut other, &mut others_https).map_or(0, |it| it.received);
                    let _ = seen.send((Instant::now(), came));
                }
            }
        });
        let done = (0..visits).try_for_each(|n| {
            std::thread::sleep(PAUSE);
            save(&mut phone, case, n)?;
            let saved = Instant::now();
            super::sync(&mut phone, &mut https)?;
            loop {
                let (at, came) = sees.recv_timeout(PATIENCE)?;
                if came > 0 {
                    times.push((at - saved).as_secs_f64() * 1e3);
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
        exchanges: 3,
        server_rss_mb: server.peak_mb()?,
        client_rss_mb: peak_rss_mb(),
        p50_ms: at(0.5).copied(),
        p99_ms: at(0.99).copied(),
        runs: times.len(),
        ..Line::new("live", stage.ground.database())
    })
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

fn save<S: sync_core::store::Store>(
    phone: &mut sync_core::device::Device<S>,
    case: CaseId,
    n: usize,
) -> Result<(), Failed> {
    let words = format!(
        "Visit {n}: the child had breakfast before school and showed a drawing of the dog."
    );
    let at = super::now();
    let draft = json!({ "at": at, "narrative": words });
    let entries = serde_json::from_value::<VisitDraft>(draft)?.entries();
    phone.make(case, Kind::Visit, Compartment::Team, "", entries, at)?;
    Ok(())
}
