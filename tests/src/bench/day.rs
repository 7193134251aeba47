//! One phone's day: it brings what its user wrote without signal, and takes what the others wrote.

use std::time::Instant;

use super::ground::open;
use super::line::Line;
use super::stage::Stage;
use crate::live::Failed;
use crate::workload::finals;
use crate::workload::format::Day;
use crate::workload::measure::cpu_s;

/// The days of the phones with most cases, each after everybody who shares one with it has synced.
///
/// # Errors
/// If an exchange fails.
pub fn measure(stage: &mut Stage<'_>, times: usize) -> Result<Option<Line>, Failed> {
    let mut order: Vec<usize> = (0..stage.days().len()).collect();
    order.sort_by_key(|n| {
        std::cmp::Reverse((stage.days()[*n].cases.len(), stage.days()[*n].edits.len()))
    });
    let times = if stage.can_repeat() { times } else { 1 };
    let mut runs = Vec::new();
    for own in order.into_iter().take(times) {
        stage.again()?;
        runs.push(one(stage, own)?);
    }
    Ok(Line::median(&runs))
}

fn one(stage: &Stage<'_>, own: usize) -> Result<Line, Failed> {
    let days = stage.days();
    let shares = |day: &Day| day.cases.iter().any(|case| days[own].cases.contains(case));
    for n in (0..days.len()).filter(|n| *n != own && shares(&days[*n])) {
        let (mut phone, mut https) = open(&stage.phone(n)?)?;
        super::sync(&mut phone, &mut https)?;
    }
    let (mut phone, mut https) = open(&stage.phone(own)?)?;
    let server = &stage.ground.server;
    let (server_cpu, cpu, began) = (server.cpu_s()?, cpu_s(), Instant::now());
    let report = super::sync(&mut phone, &mut https)?;
    let line = Line {
        cases: days[own].cases.len(),
        wall_s: began.elapsed().as_secs_f64(),
        server_cpu_s: server.cpu_s()? - server_cpu,
        client_cpu_s: cpu_s() - cpu,
        bytes_up: https.traffic().up(),
        bytes_down: https.traffic().down(),
        exchanges: report.exchanges,
        server_rss_mb: server.peak_mb()?,
        ..Line::new("day", stage.ground.database())
    };
    let played: Vec<&Day> = days.iter().filter(|day| shares(day)).collect();
    let mut lost = 0;
    for case in days[own].cases.iter().filter_map(|case| stage.ground.workload.cases.get(*case)) {
        lost += finals::lost(&finals::line(&stage.ground.area, &phone, case)?, case, &played);
    }
    Ok(Line { lost, ..line })
}
