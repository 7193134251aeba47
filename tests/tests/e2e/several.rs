//! Several server processes on one database, behind one address: nothing is taken twice, nothing is skipped,
//! one is told what another committed, and an update of one after the other is not noticed by a phone.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sync_core::device::https::Https;
use sync_core::device::sync::{Stop, wait};
use sync_core::device::{Device, Enrolled};
use sync_core::ids::CaseId;
use sync_core::record::kind::Kind;
use sync_core::store::Store as _;
use sync_core::store::sqlite::SqliteStore;
use system_tests::live::{Balancer, Failed, Phone, Server, Staff};

use super::database::on_postgres;

const STAFF: [Staff; 4] = [
    Staff { name: "lena", agency: "health", role: "cluster_lead" },
    Staff { name: "ross", agency: "education", role: "practitioner" },
    Staff { name: "mara", agency: "police", role: "practitioner" },
    Staff { name: "ines", agency: "health", role: "practitioner" },
];
/// Who only waits for news while the others work.
const WAITS: usize = 3;
/// How often each process is replaced while phones sync.
const UPDATES: usize = 2;
/// Two processes tell each other within a fifth of a second; a busy machine needs more.
const TOLD: Duration = Duration::from_secs(5);

struct House {
    servers: [Server; 2],
    balancer: Balancer,
    phones: Vec<Phone>,
    case: String,
}

impl House {
    fn of(mut first: Server) -> Result<Self, Failed> {
        let second = first.beside()?;
        let balancer = Balancer::start(&[first.address()?, second.address()?])?;
        first.stands_behind(balancer.address());
        let phones = first.staff(&STAFF)?;
        let begun = phones[0].run(&["case", "begin", "--given-name", "Eilidh"])?;
        let case = begun["case"].as_str().ok_or("no case")?.to_owned();
        // Who there is to add to a team comes with the first sync.
        phones[0].run(&["sync"])?;
        for colleague in &STAFF[1..] {
            phones[0].run(&["member", &case, colleague.name, "member"])?;
        }
        for phone in phones.iter().chain(&phones) {
            phone.run(&["sync"])?;
        }
        Ok(Self { servers: [first, second], balancer, phones, case })
    }

    /// Visits that a phone shows of the case, and how many of its changes it holds.
    fn shown(&self, phone: &Phone) -> Result<(BTreeSet<String>, usize), Failed> {
        let (device, case) = (phone.device()?, self.case.parse::<CaseId>()?);
        let (mut visits, mut changes) = (BTreeSet::new(), 0);
        for row in device.store().records_of_case(&case)? {
            changes += device.store().changes(&row.id)?.len();
            if row.kind == Kind::Visit.code() {
                visits.insert(row.id.to_string());
            }
        }
        Ok((visits, changes))
    }
}

/// One after the other, each process is taken out, asked to end, and started again.
fn update(servers: &mut [Server; 2], balancer: &Balancer) -> Result<(), Failed> {
    for server in servers {
        let address = server.address()?;
        balancer.take_out(address);
        server.end()?;
        server.serve()?;
        balancer.put_back(server.address()?);
        thread::sleep(Duration::from_millis(300));
    }
    Ok(())
}

/// Visits and syncs until the update is over; each sync must go well.
fn work(phone: &Phone, case: &str, over: &AtomicBool, written: &AtomicU32) -> Result<(), Failed> {
    while !over.load(Ordering::SeqCst) {
        phone.run(&["visit", case, "--at", "2026-11-20", "--text", "We talked about school."])?;
        written.fetch_add(1, Ordering::SeqCst);
        phone.run(&["sync"])?;
    }
    Ok(())
}

/// Waits for news again and again; each time must end well, with news or without. How often there was any.
fn wait_on(phone: &Phone, over: &AtomicBool) -> Result<u32, Failed> {
    let mut device = phone.device()?;
    let enrolled = Enrolled::load(device.store())?.ok_or("this phone is nobody's")?;
    let (mut line, mut heard) = (Https::of(&enrolled)?, 0);
    while !over.load(Ordering::SeqCst) {
        heard += u32::from(wait(&mut device, &mut line, &Stop::default(), 20)?);
        system_tests::bench::sync(&mut device, &mut line)?;
    }
    Ok(heard)
}

#[test]
fn an_update_of_one_process_after_the_other_is_not_noticed_by_any_phone() -> Result<(), Failed> {
    on_postgres(|first| {
        let mut house = House::of(first)?;
        let (over, written) = (AtomicBool::new(false), AtomicU32::new(0));
        let House { servers, balancer, phones, case } = &mut house;
        let went = thread::scope(|scope| -> Result<(), Failed> {
            let (waiting, working) = (&phones[WAITS], &phones[..WAITS]);
            let waits = scope.spawn(|| wait_on(waiting, &over));
            let works = working.iter().map(|it| scope.spawn(|| work(it, case, &over, &written)));
            let works: Vec<_> = works.collect();
            let updated = (0..UPDATES).try_for_each(|_| update(servers, balancer));
            over.store(true, Ordering::SeqCst);
            for work in works {
                work.join().map_err(|_| "a phone's thread ended early")??;
            }
            let heard = waits.join().map_err(|_| "the waiting thread ended early")??;
            assert!(heard > 0, "whoever waited heard nothing");
            updated
        });
        told_by_servers(went, &house.servers)?;
        let written = written.load(Ordering::SeqCst) as usize;
        assert!(written >= 6, "{written} visits are no load");
        for phone in house.phones.iter().chain(&house.phones) {
            assert_eq!(phone.run(&["sync"])?["only_here"], 0);
        }
        let shown = house.shown(&house.phones[0])?;
        assert_eq!(shown.0.len(), written, "every visit, once");
        for phone in &house.phones[1..] {
            assert_eq!(house.shown(phone)?, shown);
        }
        house.servers[0].check()
    })
}

/// What went wrong, and what the servers have to say of it.
fn told_by_servers(went: Result<(), Failed>, servers: &[Server]) -> Result<(), Failed> {
    let said = |server: &Server| server.said().unwrap_or_default();
    let wrong = |text: String| {
        text.lines().filter(|line| line.contains("ERROR")).map(str::to_owned).collect::<Vec<_>>()
    };
    went.map_err(|failed| {
        let said: Vec<_> = servers.iter().flat_map(|server| wrong(said(server))).collect();
        format!("{failed}; the servers said {said:?}").into()
    })
}

#[test]
fn who_waits_at_one_process_hears_of_what_another_took() -> Result<(), Failed> {
    on_postgres(|first| {
        let house = House::of(first)?;
        for n in 0..3 {
            let mut device = house.phones[1].device()?;
            let mut line = line_to(&device, &house.servers[1])?;
            let heard = thread::scope(|scope| -> Result<(bool, Duration), Failed> {
                let waits = scope.spawn(|| {
                    let news = wait(&mut device, &mut line, &Stop::default(), 20);
                    (news.unwrap_or(false), Instant::now())
                });
                thread::sleep(Duration::from_millis(700));
                let words = format!("Visit {n}");
                let visit = ["visit", &house.case, "--at", "2026-11-20", "--text", &words];
                house.phones[0].run(&visit)?;
                let pushed = pushed_at(&house.phones[0], &house.servers[0])?;
                let (news, at) = waits.join().map_err(|_| "the waiting thread ended early")?;
                Ok((news, at.saturating_duration_since(pushed)))
            })?;
            assert!(heard.0 && heard.1 < TOLD, "{heard:?}");
            drop(device);
            house.phones[1].run(&["sync"])?;
        }
        Ok(())
    })
}

/// Syncs a phone with one of the processes; when that was over.
fn pushed_at(phone: &Phone, server: &Server) -> Result<Instant, Failed> {
    let mut device = phone.device()?;
    let mut line = line_to(&device, server)?;
    system_tests::bench::sync(&mut device, &mut line)?;
    Ok(Instant::now())
}

/// A phone's way to one of the processes.
fn line_to(device: &Device<SqliteStore>, server: &Server) -> Result<Https, Failed> {
    let enrolled = Enrolled::load(device.store())?.ok_or("this phone is nobody's")?;
    let server = format!("https://{}", server.address()?);
    Ok(Https::of(&Enrolled { server, ..enrolled })?)
}
