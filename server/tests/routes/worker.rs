//! Somebody with a phone of their own: the library that the apps use, in memory, and its exchanges
//! with the server in this process.

use std::io::{Cursor, Read};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use caseweave::db;
use caseweave::role::Role;
use caseweave::service::audit::check;
use caseweave::service::reckon;
use ed25519_dalek::SigningKey;
use serde_json::Value as Json;
use sync_core::device::sync::{SyncControl, SyncError, SyncReport};
use sync_core::device::transport::{Farewell, Transport, TransportError};
use sync_core::device::{Device, Enrolled, Facts, Parting, Session};
use sync_core::ids::{AgencyId, CaseId, ClusterId, DeviceId, RecordId, UserId};
use sync_core::protocol::batch::BatchDigest;
use sync_core::protocol::frame::{PushedRecord, encode_push};
use sync_core::protocol::message::Batch;
use sync_core::protocol::surrender::Receipt;
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::Draft;
use sync_core::record::kinds::case::CaseFacts;
use sync_core::record::kinds::visit::VisitDraft;
use sync_core::record::schema::Fact;
use sync_core::record::value::Value;
use sync_core::store::Store as _;
use sync_core::store::memory::MemoryStore;
use sync_core::time::Timestamp;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::support::{Phone, START, TestServer};

/// The framework of the test's authority.
pub(crate) const FRAMEWORK: &str = "east-lothian";

/// Somebody with a phone and a session.
pub(crate) struct Worker {
    pub(crate) user: UserId,
    pub(crate) token: String,
    device: Option<Device<MemoryStore>>,
    /// What the server answered at the last exchange.
    pub(crate) answered: Vec<Vec<u8>>,
}

impl Worker {
    /// A new person of an agency, enrolled.
    pub(crate) async fn new(server: &TestServer, name: &str, agency: &str, role: Role) -> Self {
        let user = server.add_worker(name, &name.to_lowercase(), agency, role);
        Self::enrolled(server, user, (name, agency, role)).await
    }

    /// Somebody who is there, with a new phone.
    pub(crate) async fn enrolled(
        server: &TestServer,
        user: UserId,
        (name, agency, role): (&str, &str, Role),
    ) -> Self {
        static COUNT: AtomicU8 = AtomicU8::new(10);
        let phone = Phone::new(COUNT.fetch_add(1, Ordering::Relaxed));
        Self::enrolled_with(server, phone, user, (name, agency, role)).await
    }

    /// The same with a phone that the caller chose.
    pub(crate) async fn enrolled_with(
        server: &TestServer,
        phone: Phone,
        user: UserId,
        (name, agency, role): (&str, &str, Role),
    ) -> Self {
        let sign_in = name.to_lowercase();
        let code = server.code(&user);
        let (status, answer) = server.post("/v1/enrol", &phone.enrol_as(&sign_in, &code)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let text = |field: &str| answer[field].as_str().unwrap().to_owned();
        let cluster: ClusterId = answer["clusters"][0]["id"].as_str().unwrap().parse().unwrap();
        let enrolled = Enrolled {
            server: "in this process".into(),
            authority: None,
            user,
            name: name.into(),
            agency: AgencyId::from_slug(agency),
            device: text("device").parse::<DeviceId>().unwrap(),
            actor: phone.actor.parse().unwrap(),
            key: phone.key.to_bytes(),
            clusters: vec![(cluster, "Preston Lodge".into())],
            roles: vec![(cluster, role.as_str().into())],
            certificate: None,
        };
        let token = text("access_token");
        let mut store = MemoryStore::default();
        let session = Session { access_token: token.clone(), refresh_token: text("refresh_token") };
        enrolled.save(&session, &mut store).unwrap();
        let mut worker =
            Self { user, token, device: Some(Device::open(store).unwrap()), answered: Vec::new() };
        worker.sync(server).await;
        worker
    }

    pub(crate) fn phone(&mut self) -> &mut Device<MemoryStore> {
        self.device.as_mut().unwrap()
    }

    /// Begins a case.
    pub(crate) fn begin(&mut self, given: &str, family: &str) -> CaseId {
        let facts = CaseFacts {
            given_name: Some(given.into()),
            family_name: Some(family.into()),
            ..CaseFacts::default()
        };
        let cluster = *self.phone().clusters().keys().next().unwrap();
        self.phone().begin_case(cluster, facts.entries(), START).unwrap().case
    }

    /// Asserts a fact of the case's own record for the team.
    pub(crate) fn say(&mut self, case: CaseId, fact: Fact, value: impl Into<Value>) -> RecordId {
        self.assert(case, Compartment::Team, Facts::new(fact, value).in_words_of(FRAMEWORK))
    }

    /// The same about somebody.
    pub(crate) fn say_of(
        &mut self,
        case: CaseId,
        place: Compartment,
        (fact, user): (Fact, UserId),
        value: impl Into<Value>,
    ) -> RecordId {
        self.assert(case, place, Facts::new(fact, value).of(user.to_string()))
    }

    fn assert(&mut self, case: CaseId, place: Compartment, facts: Facts) -> RecordId {
        let envelope = Envelope::of_case(case, place);
        self.phone().assert(&envelope, &facts, START).unwrap().record
    }

    /// Records a visit for the team, written at some time.
    pub(crate) fn visit(&mut self, case: CaseId, narrative: &str, at: Timestamp) -> RecordId {
        let mut visit: VisitDraft =
            serde_json::from_value(serde_json::json!({ "at": at })).unwrap();
        visit.narrative = Some(narrative.into());
        let entries = visit.entries();
        let made = self.phone().make(case, Kind::Visit, Compartment::Team, "", entries, at);
        made.unwrap().record
    }

    /// Records anything else.
    pub(crate) fn make(&mut self, case: CaseId, place: Compartment, draft: &dyn Draft) -> RecordId {
        self.make_at(case, place, draft, START)
    }

    /// The same, written at some time.
    pub(crate) fn make_at(
        &mut self,
        case: CaseId,
        place: Compartment,
        draft: &dyn Draft,
        at: Timestamp,
    ) -> RecordId {
        let (kind, entries) = (draft.kind(), draft.entries());
        self.phone().make(case, kind, place, FRAMEWORK, entries, at).unwrap().record
    }

    /// A new access token, for somebody without a phone.
    pub(crate) fn renew(&mut self, server: &TestServer) {
        let tokens = &server.state.secrets.tokens;
        let claims = tokens.check(&self.token, START).unwrap();
        self.token = tokens.issue(&claims, server.state.clock.now()).unwrap().token;
    }

    /// A new access token in the place of one that has run out.
    pub(crate) fn go_on(&mut self, server: &TestServer) {
        self.renew(server);
        let mut store = self.device.take().unwrap().into_store();
        let session = Session::load(&store).unwrap().unwrap();
        let session = Session { access_token: self.token.clone(), ..session };
        store.commit(&[session.write().unwrap()]).unwrap();
        self.device = Some(Device::open(store).unwrap());
    }

    /// A copy of the phone's data, as a backup has it.
    pub(crate) fn copy(&mut self) -> MemoryStore {
        self.phone().store().clone()
    }

    /// Puts a copy back.
    pub(crate) fn restore(&mut self, copy: &MemoryStore) {
        self.device = Some(Device::open(copy.clone()).unwrap());
    }

    /// Every sentence of a case as this phone shows it, unsent ones left out.
    pub(crate) fn shown(&mut self, case: CaseId) -> String {
        let view = self.phone().case(case, true).ok();
        view.map(|view| serde_json::to_string(&view).unwrap()).unwrap_or_default()
    }

    /// Exchanges until nothing is unsent; nothing may come back.
    pub(crate) async fn sync(&mut self, server: &TestServer) {
        let report = self.exchange(server).await;
        assert_eq!(report.returned, 0, "the server took everything");
    }

    /// An exchange whose answer is lost on the way.
    pub(crate) async fn exchange_cut(&mut self, server: &TestServer) {
        let report = self.exchange_with(server, |_| Vec::new()).await;
        assert!(report.is_err(), "the answer was cut");
    }

    /// The same after so many answers that came.
    pub(crate) async fn exchange_cut_after(&mut self, server: &TestServer, answers: usize) {
        let came = std::cell::Cell::new(0);
        let arrives = |body| {
            came.set(came.get() + 1);
            if came.get() > answers { Vec::new() } else { body }
        };
        assert!(self.exchange_with(server, arrives).await.is_err(), "the answer was cut");
    }

    /// Exchanges until nothing is unsent.
    pub(crate) async fn exchange(&mut self, server: &TestServer) -> SyncReport {
        self.exchange_with(server, |body| body).await.unwrap()
    }

    /// The same with what arrives of each answer.
    async fn exchange_with(
        &mut self,
        server: &TestServer,
        arrives: impl Fn(Vec<u8>) -> Vec<u8>,
    ) -> Result<SyncReport, SyncError> {
        let mut device = self.device.take().unwrap();
        let (ask, mut asked) = unbounded_channel::<Asked>();
        let now = server.state.clock.now();
        let exchange = tokio::task::spawn_blocking(move || {
            let mut random = || {
                let mut bytes = [0; 16];
                getrandom::fill(&mut bytes).unwrap();
                bytes
            };
            let control = SyncControl::new();
            let report = device.sync(&mut Wire { ask }, &|| now, &mut random, control);
            (device, report)
        });
        self.answered = pass_on(server, &mut asked, arrives).await;
        let (device, report) = exchange.await.unwrap();
        self.device = Some(device);
        report
    }

    /// Leaves, as a phone does that is told to.
    pub(crate) async fn leave(&mut self, server: &TestServer) -> Parting {
        let mut device = self.device.take().unwrap();
        let (ask, mut asked) = unbounded_channel::<Asked>();
        let now = server.state.clock.now();
        let leaving = tokio::task::spawn_blocking(move || {
            let mut random = || {
                let mut bytes = [0; 16];
                getrandom::fill(&mut bytes).unwrap();
                bytes
            };
            let parting = device.leave(&mut Wire { ask }, &|| now, &mut random);
            (device, parting.unwrap())
        });
        pass_on(server, &mut asked, |body| body).await;
        let (device, parting) = leaving.await.unwrap();
        self.device = Some(device);
        parting
    }

    /// Says that the phone was erased.
    pub(crate) async fn confirm(&self, server: &TestServer, receipt: &Receipt) -> StatusCode {
        let body = serde_json::json!({
            "device": receipt.device,
            "order": caseweave::hex::encode(&receipt.order),
            "signature": caseweave::hex::encode(&receipt.signature),
        });
        server.post("/v1/erased", &body).await.0
    }

    pub(crate) async fn get(&self, server: &TestServer, path: &str) -> (StatusCode, Json) {
        server.get(path, &self.token).await
    }

    /// Posts as this person.
    pub(crate) async fn post(
        &self,
        server: &TestServer,
        path: &str,
        body: &Json,
    ) -> (StatusCode, Json) {
        let header = ("Authorization", format!("Bearer {}", self.token));
        let request = TestRequest::post().uri(path).insert_header(header).set_json(body);
        server.send(request).await
    }

    /// The JSON of an answer that must be well.
    pub(crate) async fn read(&self, server: &TestServer, path: &str) -> Json {
        let (status, answer) = self.get(server, path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    }

    /// A signed-in person without a phone.
    pub(crate) async fn desk(server: &TestServer, name: &str, role: Role) -> Self {
        let sign_in = name.to_lowercase();
        let user = server.add_user(name, &sign_in, role);
        let body = serde_json::json!({ "sign_in": sign_in, "password": crate::support::PASSWORD });
        let (_, answer) = server.post("/v1/sign-in", &body).await;
        let token = answer["access_token"].as_str().unwrap().to_owned();
        Self { user, token, device: None, answered: Vec::new() }
    }
}

/// A path, a token, a body and where the answer goes.
type Asked = (&'static str, String, Vec<u8>, mpsc::Sender<(StatusCode, Vec<u8>)>);

/// Passes requests on to the server; `arrives` is what comes of each answer.
async fn pass_on(
    server: &TestServer,
    asked: &mut UnboundedReceiver<Asked>,
    arrives: impl Fn(Vec<u8>) -> Vec<u8>,
) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while let Some((path, token, body, answer)) = asked.recv().await {
        let header = ("Authorization", format!("Bearer {token}"));
        let request = TestRequest::post().uri(path).insert_header(header).set_payload(body);
        let (status, body) = server.send_raw(request).await;
        all.push(body.clone());
        answer.send((status, arrives(body))).unwrap();
    }
    all
}

struct Wire {
    ask: UnboundedSender<Asked>,
}

impl Transport for Wire {
    fn exchange(&mut self, token: &str, body: &[u8]) -> Result<Box<dyn Read>, TransportError> {
        let (answer, answered) = mpsc::channel();
        self.ask.send(("/v1/sync", token.to_owned(), body.to_vec(), answer)).unwrap();
        let (status, body) = answered.recv().unwrap();
        assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&body));
        Ok(Box::new(Cursor::new(body)))
    }

    fn refresh(&mut self, _: &str, _: &DeviceId, _: &[u8; 64]) -> Result<Session, TransportError> {
        Err(TransportError::SignedOut)
    }
}

impl Farewell for Wire {
    fn surrender(&mut self, body: &[u8]) -> Result<Box<dyn Read>, TransportError> {
        let (answer, answered) = mpsc::channel();
        self.ask.send(("/v1/surrender", String::new(), body.to_vec(), answer)).unwrap();
        let (status, body) = answered.recv().unwrap();
        assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&body));
        Ok(Box::new(Cursor::new(body)))
    }
}

/// A batch as a phone with this key signs it, whatever is in it.
pub(crate) fn signed(cluster: ClusterId, records: &[PushedRecord], key: &SigningKey) -> Batch {
    let seed = [9; 16];
    let mut digest = BatchDigest::new(&cluster, seed);
    for record in records {
        digest.record(&record.envelope);
        for change in &record.changes {
            digest.change(&change.hash);
        }
    }
    Batch { cluster, frame: encode_push(records), seed, signature: digest.sign(key) }
}

/// What `verify` and `rebuild --check` find must be nothing.
pub(crate) fn assert_in_order(server: &TestServer) {
    crate::audit::link(server);
    let mut conn = server.conn();
    for cluster in db::clusters::list(&mut conn).unwrap() {
        let (now, rules) = (server.state.clock.now(), &server.state.rules);
        let quiet = &mut |_, _| {};
        let verified = reckon::verify(&mut conn, &cluster.id, quiet).unwrap();
        assert_eq!(verified.wrong, Vec::<String>::new());
        let rebuilt = reckon::rebuild(&mut conn, rules, &cluster.id, now, false, quiet).unwrap();
        assert_eq!(rebuilt.wrong, Vec::<String>::new());
        let key = server.state.secrets.audit_key.verifying_key();
        let audit = check::verify(&mut conn, &key, (&cluster.id, None), now).unwrap();
        assert_eq!(audit.wrong, Vec::<String>::new());
    }
}
