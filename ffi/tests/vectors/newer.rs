//! What newer apps leave on a phone, as encrypted files that the tests of Kotlin and Swift open, too. No app
//! of this version writes such data, so it is made here by hand.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use caseweave_ffi::{Phone, PhoneError};
use sync_core::device::{Enrolled, Session};
use sync_core::ids::{Actor, AgencyId, CaseId, ClusterId, DeviceId, RecordId, UserId};
use sync_core::record::change::{Change, Edit, NewEntry};
use sync_core::record::envelope::{Envelope, Made, Origin};
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::schema::FACTS;
use sync_core::record::value::Value;
use sync_core::store::sqlite::{Key, SqliteStore};
use sync_core::store::{ChangeRow, Place, RecordRow, Shelf, Store as _, Write};
use sync_core::time::Timestamp;

/// What opens the files.
const KEY: [u8; 32] = [7; 32];
/// The code of a kind, and that of a field, that no version has yet.
const KIND: u8 = 99;
const FIELD: u8 = 200;
const CASE: [u8; 16] = [1; 16];
const USER: [u8; 16] = [2; 16];
const ACTOR: [u8; 16] = [3; 16];
const AT: Timestamp = Timestamp(1_790_000_000_000);

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(name)
}

/// A copy of a file, written anew before if somebody means it.
fn copy(name: &str, write: fn(&Path), folder: &Path) -> PathBuf {
    let copy = folder.join(name);
    if std::env::var("CASEWEAVE_VECTORS").as_deref() == Ok("write") {
        let fresh = folder.join("fresh.db");
        write(&fresh);
        std::fs::copy(fresh, file(name)).unwrap();
    }
    std::fs::copy(file(name), &copy).unwrap();
    copy
}

fn open(path: &Path) -> Result<Arc<Phone>, PhoneError> {
    Phone::open_with_key(path.display().to_string(), KEY.to_vec(), None)
}

/// A schema that this version does not know, and its number far ahead.
fn write_newer_data(path: &Path) {
    let conn = rusqlite::Connection::open(path).unwrap();
    let key: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    let schema = "PRAGMA journal_mode = WAL; CREATE TABLE to_come (id BLOB) STRICT;
        PRAGMA user_version = 1000000; PRAGMA wal_checkpoint(TRUNCATE);";
    conn.execute_batch(&format!("PRAGMA key = \"x'{key}'\"; {schema}")).unwrap();
}

/// A phone with a case of which it can read nothing: a record of a kind to come, and a visit with a field
/// to come that was never sent.
fn write_newer_record(path: &Path) {
    let mut store = SqliteStore::open(path, &Key::new(KEY)).unwrap();
    enrolled().save(&Session::default(), &mut store).unwrap();
    let author = Write::Set(Shelf::Author, ACTOR.to_vec(), USER.to_vec());
    let mut of_kind = put(&envelope(1), visit(false), Place::Placed(1));
    if let Write::PutRecord(row) = &mut of_kind[0] {
        row.kind = KIND;
        row.envelope[1] = KIND;
    }
    let with_field = put(&envelope(2), visit(true), Place::Unsent(1));
    store.commit(&[vec![author], of_kind.into(), with_field.into()].concat()).unwrap();
}

fn enrolled() -> Enrolled {
    Enrolled {
        server: "https://caseweave.example".into(),
        authority: None,
        user: UserId::from_bytes(USER),
        name: "iona".into(),
        agency: AgencyId::from_bytes([4; 16]),
        device: DeviceId::from_bytes([5; 16]),
        actor: Actor::from_bytes(ACTOR),
        key: [6; 32],
        clusters: vec![(ClusterId::from_bytes([7; 16]), "Glen".into())],
        roles: vec![(ClusterId::from_bytes([7; 16]), "practitioner".into())],
        certificate: None,
    }
}

fn envelope(n: u32) -> Envelope {
    let made = Made {
        kind: Kind::Visit,
        creator: Actor::from_bytes(ACTOR),
        n,
        user: UserId::from_bytes(USER),
        device: DeviceId::from_bytes([5; 16]),
        framework: String::new(),
        at: AT,
    };
    let case = CaseId::from_bytes(CASE);
    Envelope { case, compartment: Compartment::Team, origin: Origin::Made(made) }
}

fn visit(is_newer: bool) -> Vec<u8> {
    let mut entry = NewEntry { collection: FACTS, ..NewEntry::default() };
    entry.fields.extend(is_newer.then_some((FIELD, Value::Bool(true))));
    let (actor, by) = (Actor::from_bytes(ACTOR), UserId::from_bytes(USER));
    let edits = vec![Edit::Add(entry)];
    Change { actor, by, at: AT, clock_ahead_ms: 0, edits }.encode_body()
}

fn put(envelope: &Envelope, body: Vec<u8>, place: Place) -> [Write; 2] {
    let (id, case) = (envelope.id(), envelope.case);
    let scope = envelope.compartment.scope(&case);
    let row = RecordRow { id, case, scope, kind: Kind::Visit.code(), envelope: envelope.encode() };
    let actor = Actor::from_bytes(ACTOR);
    let change = ChangeRow { record: id, actor, seq: 1, deps: None, body, place };
    [Write::PutRecord(row), Write::PutChange(change)]
}

/// The names by which the tests of Kotlin and Swift ask for them.
const RECORDS: [&str; 2] = ["14cb5efb1391774615c4bd41074d89ec", "68c96fe3c1ca21b8ae17f48ab2652f03"];

#[test]
fn data_of_a_newer_app_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = copy("newer-data.db", write_newer_data, folder.path());
    assert!(matches!(open(&path), Err(PhoneError::NewerData)));
    assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(file("newer-data.db")).unwrap());
}

#[test]
fn records_of_a_newer_app_are_told_as_such_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = copy("newer-record.db", write_newer_record, folder.path());
    let phone = open(&path).unwrap();
    for (n, id) in (1..).zip(RECORDS) {
        assert_eq!(envelope(n).id(), id.parse::<RecordId>().unwrap());
        assert!(matches!(phone.open_record(id.into()), Err(PhoneError::NewerRecord)));
    }
    let case = CaseId::from_bytes(CASE).to_string();
    assert!(matches!(phone.open_case(case), Err(PhoneError::NewerRecord)));
    assert_eq!(phone.only_here().unwrap(), 1, "it is kept to be sent");
}
