//! A record at its largest: whoever is sent it reads it and goes on syncing, what they wrote meanwhile
//! comes back to them, and nobody writes on.

use caseweave::db;
use caseweave::ingest::Arrival;
use caseweave::ingest::commit::commit_group;
use caseweave::ingest::judge::{Accepted, Verdict};
use caseweave::role::Role;
use caseweave::service::histories::history_of;
use sync_core::device::{DeviceError, Enrolled};
use sync_core::engine::admit::Admitted;
use sync_core::ids::{CaseId, RecordId};
use sync_core::limits::{CHANGES_PER_RECORD, OPERATIONS_PER_CHANGE, OPERATIONS_PER_RECORD};
use sync_core::protocol::message::Batch;
use sync_core::record::change::{Change, Edit, NewEntry};
use sync_core::record::envelope::Envelope;
use sync_core::record::history::History;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::case::CaseFacts;
use sync_core::record::schema::TEXTS;
use system_tests::sim::dice::Dice;
use system_tests::sim::phone::Phone;
use system_tests::sim::promise::Violation;
use system_tests::sim::server::{Person, Server};

use crate::together::{START, synced as sync};

const PEOPLE: [Person; 3] = [
    Person { name: "ada", agency: "health", role: Role::Practitioner },
    Person { name: "bea", agency: "education", role: Role::ClusterLead },
    Person { name: "cal", agency: "police", role: Role::Practitioner },
];
/// What an assessment found, element by element.
const FINDINGS: u8 = 17;

fn finding() -> NewEntry {
    let fields = vec![(1, "health".into()), (2, "need".into())];
    NewEntry { collection: FINDINGS, fields, ..NewEntry::default() }
}

fn text(characters: usize) -> NewEntry {
    let (fields, text) = (vec![(1, "summary".into())], Some("x".repeat(characters)));
    NewEntry { collection: TEXTS, fields, text, ..NewEntry::default() }
}

/// Somebody fills a record with entries, all in one batch as the log would hold those of many.
fn fill(
    server: &mut Server,
    author: &Enrolled,
    envelope: &Envelope,
    entries: &[NewEntry],
) -> Result<History, Violation> {
    let mut history = history_of(&mut server.conn, envelope)?;
    let (actor, by, mut changes) = (author.actor, author.user, Vec::new());
    for entry in entries {
        loop {
            let (seq, edits) = (history.next_seq(&actor), vec![Edit::Add(entry.clone())]);
            // Nobody says the same twice at one time.
            let at = START.plus_ms(i64::from(seq));
            let change = Change { actor, by, at, clock_ahead_ms: 0, edits };
            if history.room_for(&change).is_err() {
                break;
            }
            let body = change.encode_body();
            let hash = history.append(change, seq, None)?.hash;
            changes.push((Admitted { seq, hash, deps: None, body }, [1; 16], [2; 32]));
        }
    }
    let (envelope, full) = (envelope.clone(), history.clone());
    let records = vec![Accepted { envelope, actor, changes, history }];
    let verdict = Verdict { records, ..Verdict::default() };
    let batch =
        Batch { cluster: server.cluster, frame: Vec::new(), seed: [3; 16], signature: [4; 64] };
    let row = db::devices::by_id(&mut server.conn, &author.device)?.ok_or(db::Error::Missing)?;
    let arrival = Arrival {
        principal: server.principal(author.user)?,
        device: author.device,
        actor,
        public_key: row.public_key,
        batch,
        at: START,
        id: *full.envelope().id().as_bytes(),
        acknowledged: 0,
        leaving: false,
        meter: Default::default(),
    };
    let group = [(arrival, verdict)];
    for answers in commit_group(&mut server.conn, &server.rules, &server.cluster, &group)? {
        answers?;
    }
    Ok(full)
}

fn assess(phone: &mut Phone, case: CaseId) -> Result<RecordId, Violation> {
    let (kind, team) = (Kind::Assessment, Compartment::Team);
    Ok(phone.device.make(case, kind, team, "", vec![finding()], START)?.record)
}

/// What a phone shows of a record that is full, and that it writes no more in it.
fn shows_whole(phone: &mut Phone, full: &History) -> Result<(), Violation> {
    let envelope = full.envelope();
    assert_eq!(phone.device.record(&envelope.id())?.entries.len(), full.links().len());
    match phone.device.add(envelope, vec![finding()], START) {
        Err(DeviceError::Refused(refusal)) => assert_eq!(refusal.code(), "record_full"),
        other => panic!("{other:?}"),
    }
    Ok(())
}

fn run() -> Result<(), Violation> {
    let mut server = Server::new(Dice::new(1, 2), &PEOPLE, None, START)?;
    let (mut ada, mut bea) = (
        Phone::enrolled(&server.enrol("ada", START)?, false)?,
        Phone::enrolled(&server.enrol("bea", START)?, false)?,
    );
    let cal = server.enrol("cal", START)?;
    let facts = CaseFacts { given_name: Some("Rowan".into()), ..CaseFacts::default() };
    let case = ada.device.begin_case(server.cluster, facts.entries(), START)?.case;
    let (many, long) = (assess(&mut ada, case)?, assess(&mut ada, case)?);
    sync(&mut server, &mut ada)?;
    sync(&mut server, &mut bea)?;
    for record in [many, long] {
        let envelope = bea.device.envelope(&record)?;
        bea.device.add(&envelope, vec![finding()], START)?;
    }
    let mut full = Vec::new();
    let texts = [text(OPERATIONS_PER_CHANGE - 100), finding()];
    for (record, entries) in [(many, &texts[1..]), (long, &texts)] {
        let envelope = ada.device.envelope(&record)?;
        full.push(fill(&mut server, &cal, &envelope, entries)?);
    }
    assert_eq!(full[0].links().len(), CHANGES_PER_RECORD);
    let operations: u64 = full[1].links().iter().map(|link| link.operations).sum();
    assert!(operations + 5 > OPERATIONS_PER_RECORD, "{operations}");

    sync(&mut server, &mut bea)?;
    let reasons: Vec<_> = bea.device.returned()?.into_iter().map(|work| work.reason).collect();
    assert_eq!(reasons, ["record_full"; 2]);
    let mut new = Phone::enrolled(&server.enrol("bea", START)?, false)?;
    for phone in [&mut bea, &mut ada, &mut new] {
        sync(&mut server, phone)?;
        sync(&mut server, phone)?;
        assert_eq!(phone.device.only_here()?.changes, 0);
        full.iter().try_for_each(|full| shows_whole(phone, full))?;
    }
    Ok(())
}

#[test]
fn a_phone_pulls_a_record_at_its_largest_and_still_syncs() {
    let done = run();
    assert!(done.is_ok(), "{}", done.err().map(|it| it.to_string()).unwrap_or_default());
}
