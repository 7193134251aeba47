//! The primary of a PostgreSQL that is kept three times dies while phones sync. Patroni makes another machine
//! the primary; the server and the phones find it by themselves, and nothing acknowledged is lost.
//! `make test-failover` runs it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use caseweave::db::{self, Address, Conn};
use clap::Parser;
use sync_core::ids::CaseId;
use sync_core::record::kind::Kind;
use sync_core::store::Store as _;
use system_tests::live::{Failed, Patroni, Phone, Server, Staff};

const STAFF: [Staff; 3] = [
    Staff { name: "lena", agency: "health", role: "cluster_lead" },
    Staff { name: "ross", agency: "education", role: "practitioner" },
    Staff { name: "mara", agency: "police", role: "practitioner" },
];
/// How long phones work before it dies.
const WORK: Duration = Duration::from_secs(3);
/// How long the other machines are held back before it: what only the primary has then is lost with it.
const HELD: Duration = Duration::from_millis(600);

#[derive(Parser)]
#[command(about = "Lets the primary die while phones sync")]
struct Arguments {
    /// How often.
    #[arg(long, default_value_t = 2)]
    times: usize,
    /// A bug on purpose, a primary that waits for no other machine: it must be found.
    #[arg(long)]
    planted: bool,
}

/// What phones were told.
#[derive(Default)]
struct Told {
    /// Each visit that a phone was told is in the log, and when, milliseconds.
    acknowledged: BTreeMap<String, i64>,
    written: usize,
    /// When syncs that went well were begun and over.
    well: Vec<(Instant, Instant)>,
    /// Why others did not.
    wrong: BTreeSet<String>,
}

struct House {
    server: Server,
    phones: Vec<Phone>,
    case: String,
    told: Mutex<Told>,
    over: AtomicBool,
}

impl House {
    fn over(patroni: &Patroni) -> Result<Self, Failed> {
        let server = Server::start(Some(patroni.url()))?;
        let phones = server.staff(&STAFF)?;
        let begun = phones[0].run(&["case", "begin", "--given-name", "Eilidh"])?;
        let case = begun["case"].as_str().ok_or("no case")?.to_owned();
        phones[0].run(&["sync"])?;
        for colleague in &STAFF[1..] {
            phones[0].run(&["member", &case, colleague.name, "member"])?;
        }
        for phone in phones.iter().chain(&phones) {
            phone.run(&["sync"])?;
        }
        let (told, over) = (Mutex::default(), AtomicBool::new(false));
        Ok(Self { server, phones, case, told, over })
    }

    fn told<T>(&self, read: impl FnOnce(&mut Told) -> T) -> T {
        read(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A phone's work: visits, each synced as well as that goes.
    fn work(&self, phone: &Phone) -> Result<(), Failed> {
        let mut unsent = Vec::new();
        while !self.over.load(Ordering::SeqCst) {
            let visit =
                ["visit", &self.case, "--at", "2026-11-20", "--text", "We talked about school."];
            let written = phone.run(&visit)?;
            unsent.push(written["record"].as_str().ok_or("no record")?.to_owned());
            self.told(|told| told.written += 1);
            self.sync(phone, &mut unsent);
        }
        Ok(())
    }

    fn sync(&self, phone: &Phone, unsent: &mut Vec<String>) {
        let began = Instant::now();
        match phone.run(&["sync"]) {
            Ok(said) if said["only_here"] == 0 => self.told(|told| {
                told.well.push((began, Instant::now()));
                let at = now_ms();
                told.acknowledged.extend(unsent.drain(..).map(|record| (record, at)));
            }),
            Ok(_) => {}
            Err(error) => {
                self.told(|told| told.wrong.insert(error.to_string()));
                thread::sleep(Duration::from_millis(200));
            }
        }
    }

    /// Visits that were acknowledged and are not in the log, or came there only later: whoever wrote them
    /// sent them again.
    fn lost(&self, patroni: &Patroni) -> Result<BTreeSet<String>, Failed> {
        let log = log(&patroni.url())?;
        let is_lost = |(record, at): (&String, &i64)| match log.get(record) {
            Some(arrived) if arrived <= at => None,
            _ => Some(record.clone()),
        };
        Ok(self.told(|told| told.acknowledged.iter().filter_map(is_lost).collect()))
    }

    /// Nobody works any more: everything is everywhere.
    fn agrees(&self) -> Result<(), Failed> {
        for phone in self.phones.iter().chain(&self.phones) {
            if phone.run(&["sync"])?["only_here"] != 0 {
                return Err("something is on one phone only".into());
            }
        }
        let written = self.told(|told| told.written);
        for phone in &self.phones {
            let (device, case) = (phone.device()?, self.case.parse::<CaseId>()?);
            let records = device.store().records_of_case(&case)?;
            let visits = records.iter().filter(|it| it.kind == Kind::Visit.code()).count();
            if visits != written {
                return Err(format!("{visits} visits on a phone, of {written}").into());
            }
        }
        Ok(())
    }
}

/// When each record of the log came there first.
fn log(url: &str) -> Result<BTreeMap<String, i64>, Failed> {
    let mut conn = Conn::open(&Address::parse(url))?;
    let mut arrived = BTreeMap::new();
    for cluster in db::clusters::list(&mut conn)? {
        for entry in db::log::from_number(&mut conn, &cluster.id, 0, i64::MAX)? {
            arrived.entry(entry.record.to_string()).or_insert(entry.arrived_at.0);
        }
    }
    Ok(arrived)
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// What deaths of the primary came to.
#[derive(Default)]
struct Deaths {
    /// How long no phone was answered, of each.
    silent: Vec<Duration>,
    lost: BTreeSet<String>,
}

/// While phones work, the primary dies so many times, or until something is lost: by turns its machine, and
/// its PostgreSQL only.
fn die(house: &House, patroni: &mut Patroni, times: usize) -> Result<Deaths, Failed> {
    let mut deaths = Deaths::default();
    for n in 0..times {
        thread::sleep(WORK);
        let primary = patroni.primary()?;
        patroni.hold_back(primary)?;
        thread::sleep(HELD);
        let died = Instant::now();
        let killed =
            if n % 2 == 0 { patroni.kill(primary) } else { patroni.kill_postgres(primary) };
        killed?;
        patroni.wait_for_another(primary)?;
        deaths.silent.push(answered(house, died)?);
        patroni.bring_back(primary)?;
        patroni.wait_until_whole()?;
        deaths.lost = house.lost(patroni)?;
        if !deaths.lost.is_empty() {
            break;
        }
    }
    Ok(deaths)
}

/// How long after a death the first sync that was begun after it went well.
fn answered(house: &House, died: Instant) -> Result<Duration, Failed> {
    for _ in 0..600 {
        let well = house.told(|told| told.well.iter().find(|(began, _)| *began > died).copied());
        if let Some((_, ended)) = well {
            return Ok(ended.duration_since(died));
        }
        thread::sleep(Duration::from_millis(100));
    }
    Err("no phone was answered in a minute".into())
}

/// Phones work while the primary dies.
fn while_they_work(house: &House, patroni: &mut Patroni, times: usize) -> Result<Deaths, Failed> {
    thread::scope(|scope| {
        let works: Vec<_> =
            house.phones.iter().map(|phone| scope.spawn(|| house.work(phone))).collect();
        let deaths = die(house, patroni, times);
        house.over.store(true, Ordering::SeqCst);
        for work in works {
            work.join().map_err(|_| "a phone's thread ended early")??;
        }
        deaths
    })
}

fn main() -> Result<(), Failed> {
    let Arguments { times, planted } = Arguments::parse();
    let mut patroni = Patroni::start(!planted)?;
    let house = House::over(&patroni)?;
    let deaths = while_they_work(&house, &mut patroni, times)?;
    // Whoever wrote what was lost has it, and sent it again.
    house.agrees()?;
    let lost = match planted {
        true => deaths.lost.len(),
        false => {
            house.server.check()?;
            house.lost(&patroni)?.len()
        }
    };
    let (acknowledged, written) = house.told(|told| (told.acknowledged.len(), told.written));
    if acknowledged <= times * 5 {
        return Err(format!("{acknowledged} visits are no load").into());
    }
    let mut silent: Vec<_> = deaths.silent.iter().map(Duration::as_millis).collect();
    silent.sort_unstable();
    let (half, most) = (silent.get(silent.len() / 2), silent.last());
    writeln!(
        std::io::stdout(),
        r#"{{"deaths":{},"planted":{planted},"visits":{written},"acknowledged":{acknowledged},"lost":{lost},"silent_ms_median":{},"silent_ms_most":{}}}"#,
        silent.len(),
        half.unwrap_or(&0),
        most.unwrap_or(&0),
    )?;
    match (planted, lost) {
        (true, 0) => Err("the planted bug was not found".into()),
        (false, 1..) => Err("acknowledged visits were lost".into()),
        _ => Ok(()),
    }
}
