//! A server on SQLite whose power is cut while a phone pushes: what it acknowledged is there, `verify` and
//! `rebuild --check` find nothing, and it starts.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, SystemTime};

use power_cut::Forget;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use rusqlite::{Connection, OpenFlags};
use sync_core::device::attach::send_attachments;
use sync_core::device::https::Https;
use sync_core::device::sync::{Remedy, Stop, SyncControl, SyncError};
use sync_core::device::{Device, Enrolled};
use sync_core::ids::{CaseId, RecordId};
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::Draft as _;
use sync_core::record::kinds::attachment::AttachmentSort;
use sync_core::record::kinds::visit::VisitDraft;
use sync_core::store::sqlite::SqliteStore;
use sync_core::store::{Bytes, Place, Store as _};
use sync_core::time::Timestamp;
use system_tests::live::{Failed, Server, Staff};

use super::{LIVES_PLANTED, lives, while_up_to};

const IONA: Staff = Staff { name: "iona", agency: "health", role: "practitioner" };
/// Servers that live at once: most of a life is waiting.
const AT_ONCE: u64 = 4;
/// Lives of one server, before another is begun: a young one still writes what it keeps for good.
const LIVES_OF_A_SERVER: u64 = 20;
/// How long a server may live after its first answer, most often.
const MOST: Duration = Duration::from_millis(120);
/// And now and then: so long that the audit's rows are linked meanwhile.
const MOST_AT_TIMES: Duration = Duration::from_millis(1_300);
/// How long the first answer may take.
const FIRST: Duration = Duration::from_secs(30);
/// Every so manieth visit has a photo.
const WITH_PHOTO: u64 = 2;

struct Office {
    server: Server,
    phone: Phone,
}

/// The phone that pushes; its own disk keeps its power.
struct Phone {
    device: Device<SqliteStore>,
    case: CaseId,
    dice: ChaCha8Rng,
    visits: u64,
    records: Vec<RecordId>,
}

impl Office {
    fn new(planted: Option<Forget>, seed: u64) -> Result<Self, Failed> {
        let server = Server::start_on_disk(planted)?;
        let phone = server.staff(&[IONA])?.pop().ok_or("no phone")?;
        let begun =
            phone.run(&["case", "begin", "--given-name", "Eilidh", "--family-name", "Ross"])?;
        let case = begun["case"].as_str().ok_or("no case")?.parse()?;
        let (device, dice) = (phone.device()?, ChaCha8Rng::seed_from_u64(seed));
        Ok(Self { server, phone: Phone { device, case, dice, visits: 0, records: Vec::new() } })
    }

    fn live(&mut self, dice: &mut ChaCha8Rng) -> Result<(), Failed> {
        let most = if dice.next_u32().is_multiple_of(5) { MOST_AT_TIMES } else { MOST };
        let wait = while_up_to(most, dice);
        let Self { server, phone } = self;
        std::thread::scope(|scope| {
            let (told, first) = channel();
            let working = scope.spawn(move || phone.work_on(&told));
            let answered = first.recv_timeout(FIRST);
            std::thread::sleep(wait);
            server.kill()?;
            working.join().map_err(|_| "the phone failed")??;
            answered.map_err(|_| Failed::from("the server took nothing"))
        })?;
        server.cut_power(dice)?;
        // A server links the audit's rows at its start: on a slow machine they would be too old before.
        server.serve()?;
        server.check()?;
        self.phone.is_answered_for(&Log::open(server.data())?)
    }
}

impl Phone {
    /// Writes and pushes until the server is gone; says each time that it was answered.
    fn work_on(&mut self, told: &Sender<()>) -> Result<(), Failed> {
        let enrolled = Enrolled::load(self.device.store())?.ok_or("not enrolled")?;
        let mut https = Https::of(&enrolled)?;
        loop {
            self.write()?;
            match self.push(&mut https) {
                Ok(()) => drop(told.send(())),
                Err(error) if error.remedy() == Remedy::Later => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn write(&mut self) -> Result<(), Failed> {
        let at = now()?;
        let words = format!("visit {} {}", self.visits, "saw the child ".repeat(40));
        let draft = serde_json::json!({ "at": at, "narrative": words });
        let entries = serde_json::from_value::<VisitDraft>(draft)?.entries();
        let (case, team) = (self.case, Compartment::Team);
        let visit = self.device.make(case, Kind::Visit, team, "", entries, at)?.record;
        self.records.push(visit);
        if self.visits.is_multiple_of(WITH_PHOTO) {
            let photo = photo(&mut self.dice);
            let saved = self.device.attach(&visit, AttachmentSort::Photo, &photo, None, at)?;
            self.records.push(saved.record);
        }
        self.visits += 1;
        Ok(())
    }

    fn push(&mut self, https: &mut Https) -> Result<(), SyncError> {
        let clock = || now().unwrap_or(Timestamp(0));
        let dice = &mut self.dice;
        let mut random = || {
            let mut bytes = [0; 16];
            dice.fill_bytes(&mut bytes);
            bytes
        };
        self.device.sync(https, &clock, &mut random, SyncControl::new())?;
        send_attachments(&mut self.device, https, &Stop::never()).map(drop)
    }

    /// The server has each change and each photo that it took from this phone.
    fn is_answered_for(&self, log: &Log) -> Result<(), Failed> {
        let store = self.device.store();
        let (mut changes, mut photos) = (0, 0);
        for record in &self.records {
            for change in store.changes(record)? {
                let taken = !matches!(change.place, Place::Unsent(_));
                changes += u32::from(taken);
                if taken && !log.has(record, change.actor.as_bytes(), change.seq)? {
                    return Err(format!("lost: change {} of {record}", change.seq).into());
                }
            }
            let attached = store.attached(record)?;
            photos += usize::from(attached.is_some_and(|row| row.bytes == Bytes::Here));
        }
        let there = log.whole_photos()?;
        if there < photos {
            return Err(format!("of {photos} photos that it took {there} are whole").into());
        }
        if changes == 0 { Err("it took nothing".into()) } else { Ok(()) }
    }
}

/// What a server has in its data folder.
struct Log {
    database: Connection,
    folder: PathBuf,
}

impl Log {
    fn open(folder: PathBuf) -> Result<Self, Failed> {
        let (file, flags) = (folder.join("caseweave.sqlite"), OpenFlags::SQLITE_OPEN_READ_ONLY);
        Ok(Self { database: Connection::open_with_flags(file, flags)?, folder })
    }

    fn has(&self, record: &RecordId, actor: &[u8], seq: u32) -> Result<bool, Failed> {
        let sql = "SELECT count(*) FROM log WHERE record_id = ?1 AND actor = ?2 AND seq = ?3";
        let mut statement = self.database.prepare_cached(sql)?;
        let found: u32 = statement.query_row((record.as_bytes(), actor, seq), |row| row.get(0))?;
        Ok(found == 1)
    }

    /// Files of attachments that were finished. They are sealed: where zeros are, nothing was written.
    fn whole_photos(&self) -> Result<usize, Failed> {
        let folder = self.folder.join("attachments");
        if !folder.exists() {
            return Ok(0);
        }
        let mut whole = 0;
        for below in fs::read_dir(folder)? {
            for file in fs::read_dir(below?.path())? {
                let path = file?.path();
                let bytes = fs::read(&path)?;
                let torn = bytes.is_empty() || bytes.windows(64).any(|part| part == [0; 64]);
                whole += usize::from(path.extension().is_none() && !torn);
            }
        }
        Ok(whole)
    }
}

fn now() -> Result<Timestamp, Failed> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(Timestamp(i64::try_from(since.as_millis())?))
}

/// A small JPEG that no other is like.
fn photo(dice: &mut ChaCha8Rng) -> Vec<u8> {
    let mut picture = vec![0; 9_000];
    dice.fill_bytes(&mut picture);
    picture.iter_mut().for_each(|byte| *byte %= 255);
    let segment = |marker: u8, inside: &[u8]| {
        let length = (inside.len() as u16 + 2).to_be_bytes();
        [&[0xFF, marker], length.as_slice(), inside].concat()
    };
    let head = [segment(0xDB, &[0; 65]), segment(0xDA, &[1, 1, 0, 0, 63, 0])].concat();
    [vec![0xFF, 0xD8], head, picture, vec![0xFF, 0xD9]].concat()
}

/// So many lives, of several servers at once; a failure names the first life in which something is lost.
fn live(planted: Option<Forget>, lives: u64) -> Result<(), Failed> {
    std::thread::scope(|scope| {
        let share = |n| lives / AT_ONCE + u64::from(n < lives % AT_ONCE);
        let begin = |n| scope.spawn(move || live_on(planted, share(n), 40 + n));
        let servers: Vec<_> = (0..AT_ONCE).map(begin).collect();
        let ended = servers.into_iter().map(|server| server.join().map_err(|_| "a test failed")?);
        ended.collect::<Result<Vec<()>, Failed>>().map(drop)
    })
}

fn live_on(planted: Option<Forget>, lives: u64, seed: u64) -> Result<(), Failed> {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut office = Office::new(planted, dice.next_u64())?;
    let mut visits = 0;
    for life in 0..lives {
        if life > 0 && life.is_multiple_of(LIVES_OF_A_SERVER) {
            visits += office.phone.visits;
            office = Office::new(planted, dice.next_u64())?;
        }
        let lived = office.live(&mut dice);
        lived.map_err(|error| format!("server, seed {seed}, life {life}: {error}"))?;
    }
    let _ = writeln!(
        std::io::stdout(),
        "power, server: {lives} lives, {} visits",
        visits + office.phone.visits
    );
    Ok(())
}

#[test]
fn a_power_cut_takes_nothing_that_a_server_acknowledged() -> Result<(), Failed> {
    live(None, lives()?)
}

#[test]
fn planted_bugs_of_a_server_are_found() {
    for planted in [Forget::Databases, Forget::Folders] {
        let found = live(Some(planted), LIVES_PLANTED);
        let _ = writeln!(std::io::stdout(), "{planted:?}: {found:?}");
        assert!(found.is_err(), "{planted:?}: nothing was found");
    }
}
