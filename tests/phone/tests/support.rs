//! A phone that a test owns: enrolled without a server, and what the server would have brought.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;
use sync_core::device::{Device, Enrolled, Session};
use sync_core::ids::{Actor, AgencyId, CaseId, ClusterId, DeviceId, RecordId, UserId};
use sync_core::protocol::message::{DirectoryLine, PersonLine};
use sync_core::record::change::{Change, Edit, NewEntry};
use sync_core::record::schema::{FACTS, Fact, fact_field};
use sync_core::record::value::Value;
use sync_core::store::sqlite::{Key, SqliteStore};
use sync_core::store::{ChangeRow, Place, Shelf, Store, Write};
use sync_core::time::Timestamp;

/// The colleague whose values contradict the user's.
pub(crate) const COLLEAGUE: UserId = UserId::from_bytes([0xc0; 16]);
const COLLEAGUES_ACTOR: Actor = Actor::from_bytes([0xca; 16]);
const CLUSTER: ClusterId = ClusterId::from_bytes([0xee; 16]);
const KEY: [u8; 32] = [9; 32];
/// Nobody listens there.
const NO_SERVER: &str = "https://127.0.0.1:1";

/// An enrolled phone in a folder of its own.
pub(crate) struct TestPhone {
    dir: tempfile::TempDir,
}

/// What a command came to.
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl TestPhone {
    /// The phone of somebody with these roles in one cluster.
    pub(crate) fn of(roles: &[&str]) -> Self {
        let phone = Self { dir: tempfile::tempdir().unwrap() };
        std::fs::write(phone.path("phone.key"), KEY).unwrap();
        let enrolled = Enrolled {
            server: NO_SERVER.into(),
            authority: None,
            user: UserId::from_bytes([0xaa; 16]),
            name: "Iona Blair".into(),
            agency: AgencyId::from_slug("education"),
            device: DeviceId::from_bytes([0xdd; 16]),
            actor: Actor::from_bytes([0xab; 16]),
            key: [3; 32],
            clusters: vec![(CLUSTER, "Preston Lodge".into())],
            roles: roles.iter().map(|role| (CLUSTER, (*role).to_owned())).collect(),
            certificate: None,
        };
        let mut store = phone.store();
        enrolled.save(&Session::default(), &mut store).unwrap();
        store.commit(&[set(Shelf::Person, COLLEAGUE.as_bytes(), &colleague())]).unwrap();
        phone
    }

    pub(crate) fn practitioner() -> Self {
        Self::of(&["practitioner"])
    }

    /// A case with a name, begun by command.
    pub(crate) fn case(&self, name: &str) -> CaseId {
        let (given, family) = name.split_once(' ').unwrap();
        let begun = self.json(&["case", "begin", "--given-name", given, "--family-name", family]);
        begun["case"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }

    pub(crate) fn store(&self) -> SqliteStore {
        SqliteStore::open(&self.path("phone.db"), &Key::new(KEY)).unwrap()
    }

    pub(crate) fn device(&self) -> Device<SqliteStore> {
        Device::open(self.store()).unwrap()
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        command(self.dir.path(), args)
    }

    pub(crate) fn run(&self, args: &[&str]) -> Done {
        self.run_with(args, "")
    }

    /// Runs a command with something on its input.
    pub(crate) fn run_with(&self, args: &[&str], input: &str) -> Done {
        done(&mut self.command(args), input)
    }

    /// What a command that must succeed says, in lines for people.
    pub(crate) fn text(&self, args: &[&str]) -> String {
        let done = self.run(args);
        assert_eq!(done.code, Some(0), "{args:?}: {}", done.err);
        done.out
    }

    /// What a command that must succeed says, in JSON.
    pub(crate) fn json(&self, args: &[&str]) -> Json {
        let args: Vec<_> = args.iter().copied().chain(["--json"]).collect();
        serde_json::from_str(&self.text(&args)).unwrap()
    }

    /// As if the server had put everything of the user's in order.
    pub(crate) fn all_delivered(&self) {
        let mut store = self.store();
        let mut next = std::collections::BTreeMap::new();
        let writes: Vec<_> = store
            .unsent(0, 1_000)
            .unwrap()
            .into_iter()
            .map(|row| {
                let before = store.changes(&row.record).unwrap().len() as u32;
                let unsent = store.changes(&row.record).unwrap();
                let unsent = unsent.iter().filter(|it| matches!(it.place, Place::Unsent(_)));
                let first = before - unsent.count() as u32 + 1;
                let place = next.entry(row.record).or_insert(first);
                *place += 1;
                let ChangeRow { record, actor, seq, .. } = row;
                Write::Move { record, actor, seq, place: Place::Placed(*place - 1) }
            })
            .collect();
        store.commit(&writes).unwrap();
    }

    /// As if the server had brought what a colleague asserted, without sight of the user's value.
    pub(crate) fn colleague_says(&self, record: &RecordId, fact: Fact, value: impl Into<Value>) {
        let mut store = self.store();
        let rows = store.changes(record).unwrap();
        let own = rows.iter().filter(|row| row.actor == COLLEAGUES_ACTOR).count();
        let fields = vec![
            (fact_field::FACT, i64::from(fact.code()).into()),
            (fact_field::VALUE, value.into()),
            (fact_field::FRAMEWORK, "east-lothian".into()),
        ];
        let change = Change {
            actor: COLLEAGUES_ACTOR,
            by: COLLEAGUE,
            at: Timestamp(1_790_000_000_000),
            clock_ahead_ms: 0,
            edits: vec![Edit::Add(NewEntry { collection: FACTS, fields, ..NewEntry::default() })],
        };
        let row = ChangeRow {
            record: *record,
            actor: COLLEAGUES_ACTOR,
            seq: own as u32 + 1,
            deps: None,
            body: change.encode_body(),
            place: Place::Placed(rows.len() as u32 + 1),
        };
        let author = COLLEAGUE.as_bytes().to_vec();
        let author = Write::Set(Shelf::Author, COLLEAGUES_ACTOR.as_bytes().to_vec(), author);
        store.commit(&[author, Write::PutChange(row)]).unwrap();
    }

    /// As if the server had brought a line of the directory.
    pub(crate) fn in_directory(&self, case: CaseId, name: &str) {
        let line = DirectoryLine {
            case,
            cluster: CLUSTER,
            name: name.into(),
            school: "Cockenzie Primary".into(),
            ring: Some(COLLEAGUE),
            harm_since: None,
        };
        self.store().commit(&[set(Shelf::Directory, case.as_bytes(), &line)]).unwrap();
    }
}

pub(crate) fn command(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_phone"));
    command.env_remove("PHONE_HOME").arg("--home").arg(home).args(args);
    command
}

/// Runs a command to its end.
pub(crate) fn done(command: &mut Command, input: &str) -> Done {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that reads no input closes its end.
    let _closed = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Done { code: status.code(), out: text(stdout), err: text(stderr) }
}

fn set(shelf: Shelf, key: &[u8; 16], thing: &impl minicbor::Encode<()>) -> Write {
    Write::Set(shelf, key.to_vec(), minicbor::to_vec(thing).unwrap())
}

fn colleague() -> PersonLine {
    PersonLine {
        user: COLLEAGUE,
        name: "Ruaridh Munro".into(),
        agency: AgencyId::from_slug("health"),
        agency_name: "Health".into(),
        role: "practitioner".into(),
        phone: "01632 960020".into(),
        cluster: CLUSTER,
        gone: false,
    }
}
