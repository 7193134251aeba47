//! Two phones' work in one record, judged at the same state and committed one after the other: the second
//! is judged again where the first wrote, and comes to what it would have come to had it arrived later.

use std::collections::BTreeSet;
use std::io::Read;

use caseweave::db;
use caseweave::ingest::Arrival;
use caseweave::ingest::commit::commit_group;
use caseweave::ingest::judge::{Verdict, again, judge};
use caseweave::role::Role;
use sync_core::device::Session;
use sync_core::device::sync::SyncControl;
use sync_core::device::transport::{Transport, TransportError};
use sync_core::ids::{CaseId, DeviceId, RecordId};
use sync_core::limits::REQUEST_INFLATED_BYTES;
use sync_core::protocol::message::Outcome;
use sync_core::protocol::stream::decode_request;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::case::CaseFacts;
use sync_core::record::kinds::plan::{PlanDraft, PlanRow};
use sync_core::record::kinds::{Contribution as _, Draft as _};
use sync_core::time::Timestamp;
use system_tests::sim::checkers::verified;
use system_tests::sim::coverage::Coverage;
use system_tests::sim::dice::Dice;
use system_tests::sim::model::Model;
use system_tests::sim::network::Line;
use system_tests::sim::phone::Phone;
use system_tests::sim::promise::Violation;
use system_tests::sim::server::{Person, Server};

pub(crate) const START: Timestamp = Timestamp(1_795_300_000_000);
pub(crate) const PEOPLE: [Person; 2] = [
    Person { name: "ada", agency: "health", role: Role::Practitioner },
    Person { name: "bea", agency: "education", role: Role::ClusterLead },
];

/// A line on which requests are heard and never answered.
#[derive(Default)]
struct Overheard(Vec<u8>);

impl Transport for Overheard {
    fn exchange(&mut self, _: &str, body: &[u8]) -> Result<Box<dyn Read>, TransportError> {
        self.0 = body.to_vec();
        Err(TransportError::Offline)
    }

    fn refresh(&mut self, _: &str, _: &DeviceId, _: &[u8; 64]) -> Result<Session, TransportError> {
        Err(TransportError::SignedOut)
    }
}

/// What a phone would push now, as it arrives.
pub(crate) fn push(server: &mut Server, phone: &mut Phone, id: u8) -> Result<Arrival, Violation> {
    let (mut line, mut dice) = (Overheard::default(), Dice::new(id.into(), 4));
    let control = SyncControl::new();
    let tried = phone.device.sync(&mut line, &|| START, &mut || dice.bytes(), control);
    assert!(tried.is_err(), "nobody answers");
    let request = decode_request(line.0.as_slice(), REQUEST_INFLATED_BYTES)?;
    let identity = phone.device.identity();
    let row = db::devices::by_id(&mut server.conn, &identity.device)?.ok_or(db::Error::Missing)?;
    Ok(Arrival {
        principal: server.principal(row.user)?,
        device: row.id,
        actor: row.actor,
        public_key: row.public_key,
        batch: request.batches.into_iter().next().ok_or(db::Error::Missing)?,
        at: START,
        id: [id; 16],
        acknowledged: 0,
        leaving: false,
        meter: Default::default(),
    })
}

fn commit(server: &mut Server, arrival: Arrival, verdict: Verdict) -> Result<(), Violation> {
    let group = [(arrival, verdict)];
    for answers in commit_group(&mut server.conn, &server.rules, &server.cluster, &group)? {
        let taken = answers?.into_iter().all(|answer| answer.outcome == Outcome::Accepted);
        assert!(taken, "all of it is taken");
    }
    Ok(())
}

pub(crate) fn synced(server: &mut Server, phone: &mut Phone) -> Result<(), Violation> {
    let (identity, mut dice) = (phone.device.identity().clone(), Dice::new(3, 4));
    let mut line = Line {
        server,
        device: identity.device,
        now: START,
        mishap: None,
        meanwhile: None,
        strays: &mut phone.strays,
        model: &mut Model::new(2),
        who: identity.principal,
        coverage: &mut Coverage::default(),
        happened: None,
        broken: None,
    };
    let control = SyncControl::new();
    let synced = phone.device.sync(&mut line, &|| START, &mut || dice.bytes(), control);
    line.broken.map_or(Ok(()), Err)?;
    Ok(synced.map(drop)?)
}

pub(crate) fn add_row(phone: &mut Phone, plan: &RecordId, what: &str) -> Result<(), Violation> {
    let envelope = phone.device.envelope(plan)?;
    phone.device.add(&envelope, vec![PlanRow::new(what, "done").entry()], START)?;
    Ok(())
}

/// What a verdict says, in words that can be compared.
fn told(verdict: &Verdict) -> Vec<String> {
    let answers = verdict.answers.iter().map(|answer| format!("{answer:?}"));
    let taken = verdict.records.iter().map(|taken| {
        let changes: Vec<_> = taken.changes.iter().map(|(admitted, ..)| admitted).collect();
        format!("{:?} {} {changes:?}", taken.envelope.id(), taken.history.links().len())
    });
    answers.chain(taken).collect()
}

/// A plan that a phone begins in a case, and brings.
pub(crate) fn bring_plan(
    server: &mut Server,
    phone: &mut Phone,
    case: CaseId,
    id: u8,
) -> Result<RecordId, Violation> {
    let rows = vec![PlanRow::new("swim", "swims")];
    let draft = PlanDraft { rows, review_date: None, copy_holders: Vec::new() };
    let (kind, team, framework) = (Kind::Plan, Compartment::Team, "east-lothian");
    let plan = phone.device.make(case, kind, team, framework, draft.entries(), START)?.record;
    let first = push(server, phone, id)?;
    let verdict = judge(&mut server.conn, &server.rules, &first)?;
    commit(server, first, verdict)?;
    synced(server, phone)?;
    Ok(plan)
}

/// A case that a phone begins.
pub(crate) fn begin(server: &Server, phone: &mut Phone) -> Result<CaseId, Violation> {
    let facts = CaseFacts { given_name: Some("Rowan".into()), ..CaseFacts::default() };
    Ok(phone.device.begin_case(server.cluster, facts.entries(), START)?.case)
}

fn run() -> Result<(), Violation> {
    let mut server = Server::new(Dice::new(1, 2), &PEOPLE, None, START)?;
    let mut ada = Phone::enrolled(&server.enrol("ada", START)?, false)?;
    let mut bea = Phone::enrolled(&server.enrol("bea", START)?, false)?;
    let case = begin(&server, &mut ada)?;
    let plan = bring_plan(&mut server, &mut ada, case, 1)?;
    synced(&mut server, &mut bea)?;

    add_row(&mut ada, &plan, "read")?;
    add_row(&mut bea, &plan, "ride")?;
    let (early, late) = (push(&mut server, &mut ada, 2)?, push(&mut server, &mut bea, 3)?);
    let judged = [
        judge(&mut server.conn, &server.rules, &early)?,
        judge(&mut server.conn, &server.rules, &late)?,
    ];
    let [early_judged, late_judged] = judged;
    commit(&mut server, early, early_judged)?;
    let grown = BTreeSet::from([plan]);
    let in_part = again(&mut server.conn, &server.rules, &late, &late_judged, &grown)?;
    let whole = judge(&mut server.conn, &server.rules, &late)?;
    assert_eq!(in_part.as_ref().map(told), Some(told(&whole)));
    assert_ne!(told(&late_judged), told(&whole), "what is old would have been another history");
    commit(&mut server, late, late_judged)?;

    for phone in [&mut ada, &mut bea] {
        synced(&mut server, phone)?;
        assert_eq!(phone.device.only_here()?.changes, 0);
        assert_eq!(phone.device.record(&plan)?.entries_of(PlanRow::COLLECTION).count(), 3);
    }
    verified(&mut server, START, None)
}

#[test]
fn what_is_judged_again_in_part_comes_to_what_all_of_it_would() {
    let done = run();
    assert!(done.is_ok(), "{}", done.err().map(|it| it.to_string()).unwrap_or_default());
}
