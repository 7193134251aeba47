//! A server in this process with a cluster, an agency and people; a phone that can sign.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::{self, TestRequest};
use caseweave::app::{Clock, Entropy, Parts, ServerRole};
use caseweave::blobs::Files;
use caseweave::db::migrate::migrate;
use caseweave::db::{Address, Conn, write_tx};
use caseweave::passwords::PasswordCost;
use caseweave::role::Role;
use caseweave::service::accounts::{self, NewCluster, NewUser, Post};
use caseweave::service::codes;
use caseweave::{AppState, build_app};
use diesel::connection::SimpleConnection;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sync_core::ids::UserId;
use sync_core::time::Timestamp;

/// When every test begins.
pub(crate) const START: Timestamp = Timestamp(1_795_000_000_000);
/// Ada's password.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A server of one test, gone with it.
pub(crate) struct TestServer {
    pub(crate) state: AppState,
    pub(crate) ada: UserId,
    now: Arc<AtomicI64>,
    address: Address,
    home: Home,
    /// Where the bytes of attachments rest.
    pub(crate) files: tempfile::TempDir,
}

enum Home {
    Folder(tempfile::TempDir),
    Postgres { server: String, database: String },
}

/// A fresh server on the database there is to test with.
pub(crate) fn servers() -> Vec<TestServer> {
    let system = |home| TestServer::new(home, Entropy::system());
    homes().into_iter().map(system).collect()
}

/// Two servers on that database, alike to the last random byte as long as the same is done to both.
pub(crate) fn twins(seed: u64) -> Vec<[TestServer; 2]> {
    let pairs = homes().into_iter().zip(homes());
    pairs.map(|(one, other)| [one, other].map(|it| TestServer::new(it, seeded(seed)))).collect()
}

/// Bytes that look random and follow from a seed.
fn seeded(seed: u64) -> Entropy {
    let drawn = AtomicU64::new(0);
    Entropy::new(move |bytes| {
        for piece in bytes.chunks_mut(32) {
            let n = drawn.fetch_add(1, Ordering::SeqCst);
            let block = Sha256::digest([seed.to_be_bytes(), n.to_be_bytes()].concat());
            piece.copy_from_slice(&block[..piece.len()]);
        }
        Ok(())
    })
}

/// SQLite, or PostgreSQL where that is named: the suite without it runs first.
fn homes() -> Vec<Home> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let Ok(server) = std::env::var("CASEWEAVE_TEST_POSTGRES") else {
        return vec![Home::Folder(tempfile::tempdir().unwrap())];
    };
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    let database = format!("caseweave_{}_{n}", std::process::id());
    on_postgres(&server, &format!("CREATE DATABASE {database}"));
    vec![Home::Postgres { server, database }]
}

fn on_postgres(server: &str, sql: &str) {
    let Conn::Pg(mut conn) = Conn::open(&Address::Postgres(server.to_owned())).unwrap() else {
        panic!("CASEWEAVE_TEST_POSTGRES must be a postgres URL");
    };
    conn.batch_execute(sql).unwrap();
}

impl Home {
    fn address(&self) -> Address {
        match self {
            Self::Folder(folder) => Address::File(folder.path().join("test.sqlite")),
            Self::Postgres { server, database } => {
                let (base, query) = server.split_once('?').unwrap_or((server, ""));
                let base = base.rsplit_once('/').unwrap().0;
                Address::Postgres(format!("{base}/{database}?{query}"))
            }
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Home::Postgres { server, database } = &self.home {
            on_postgres(server, &format!("DROP DATABASE {database} WITH (FORCE)"));
        }
    }
}

impl TestServer {
    fn new(home: Home, entropy: Entropy) -> Self {
        let address = home.address();
        let mut conn = Conn::open(&address).unwrap();
        migrate(&mut conn).unwrap();
        let now = Arc::new(AtomicI64::new(START.0));
        let told = Arc::clone(&now);
        let files = tempfile::tempdir().unwrap();
        let parts = Parts {
            role: ServerRole::Cluster,
            clock: Clock::new(move || Timestamp(told.load(Ordering::SeqCst))),
            entropy,
            password_cost: PasswordCost::ForTests,
            connections: 4,
            stats: false,
            outside: None,
            blobs: Arc::new(Files::new(files.path().to_owned())),
        };
        let state = AppState::new(address.clone(), conn, parts).unwrap();
        let mut server =
            Self { state, ada: UserId::from_bytes([0; 16]), now, address, home, files };
        server.add_world();
        server.ada = server.add_user("Ada Morrison", "ada", Role::Practitioner);
        server
    }

    /// Changes the database behind the server's back.
    pub(crate) fn tamper(&self, sql: &str) -> diesel::QueryResult<()> {
        match &mut self.conn() {
            Conn::Sqlite(conn) => conn.batch_execute(sql),
            Conn::Pg(conn) => conn.batch_execute(sql),
        }
    }

    /// Where the database is, as a command takes it.
    pub(crate) fn database_url(&self) -> String {
        match &self.address {
            Address::File(path) => path.display().to_string(),
            Address::Postgres(url) => url.clone(),
            Address::Memory => unreachable!("tests have a file or a server"),
        }
    }

    pub(crate) fn conn(&self) -> Conn {
        Conn::open(&self.address).unwrap()
    }

    fn add_world(&self) {
        let cluster = NewCluster {
            name: "Preston Lodge",
            jurisdiction: "scotland",
            authority: Some("East Lothian"),
            fresh: ([1; 16], [2; 16]),
        };
        write_tx(&mut self.conn(), |conn| {
            accounts::add_cluster(conn, START, &cluster)?;
            accounts::add_agency(conn, START, ("health", "NHS Lothian", false))
        })
        .unwrap();
    }

    pub(crate) fn add_user(&self, name: &str, sign_in: &str, role: Role) -> UserId {
        self.add_worker(name, sign_in, "health", role)
    }

    /// Somebody of an agency, which is made if it is not there.
    pub(crate) fn add_worker(&self, name: &str, sign_in: &str, agency: &str, role: Role) -> UserId {
        // Taken the second time.
        let _ = write_tx(&mut self.conn(), |conn| {
            accounts::add_agency(conn, START, (agency, agency, false))
        });
        let user = NewUser {
            name,
            sign_in,
            password_hash: self.state.passwords.hash(PASSWORD, &[7; 16]).unwrap(),
            phone: None,
            fresh: self.state.entropy.bytes().unwrap(),
        };
        let post = Post { cluster: "Preston Lodge", agency, role };
        write_tx(&mut self.conn(), |conn| accounts::add_user(conn, START, &user, post)).unwrap().id
    }

    /// A fresh enrolment code for `user`.
    pub(crate) fn code(&self, user: &UserId) -> String {
        let fresh = self.state.entropy.bytes().unwrap();
        let (now, secrets) = (self.state.clock.now(), &self.state.secrets);
        write_tx(&mut self.conn(), |conn| codes::issue(conn, now, secrets, user, &fresh))
            .unwrap()
            .code
    }

    pub(crate) fn pass(&self, ms: i64) {
        self.now.fetch_add(ms, Ordering::SeqCst);
    }

    /// Posts JSON; the answer's status and JSON.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        self.send(TestRequest::post().uri(path).set_json(body)).await
    }

    /// Gets with an access token.
    pub(crate) async fn get(&self, path: &str, token: &str) -> (StatusCode, Value) {
        let header = ("Authorization", format!("Bearer {token}"));
        self.send(TestRequest::get().uri(path).insert_header(header)).await
    }

    pub(crate) async fn send(&self, request: TestRequest) -> (StatusCode, Value) {
        let (status, body) = self.send_raw(request).await;
        if body.is_empty() {
            return (status, Value::Null);
        }
        (status, serde_json::from_slice(&body).expect("the answer is JSON"))
    }

    pub(crate) async fn send_raw(&self, request: TestRequest) -> (StatusCode, Vec<u8>) {
        let (status, _, body) = self.send_whole(request).await;
        (status, body)
    }

    pub(crate) async fn send_whole(
        &self,
        request: TestRequest,
    ) -> (StatusCode, HeaderMap, Vec<u8>) {
        let app = test::init_service(build_app(self.state.clone())).await;
        let answer = test::call_service(&app, request.to_request()).await;
        let (status, headers) = (answer.status(), answer.headers().clone());
        (status, headers, test::read_body(answer).await.to_vec())
    }

    /// A phone of Ada's, enrolled.
    pub(crate) async fn enrolled(&self) -> (Phone, Value) {
        let phone = Phone::new(1);
        let (status, answer) = self.post("/v1/enrol", &phone.enrol(&self.code(&self.ada))).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        (phone, answer)
    }
}

/// A phone with its key.
pub(crate) struct Phone {
    pub(crate) key: SigningKey,
    pub(crate) actor: String,
}

impl Phone {
    pub(crate) fn new(n: u8) -> Self {
        Self { key: SigningKey::from_bytes(&[n; 32]), actor: format!("{n:02x}").repeat(16) }
    }

    pub(crate) fn enrol(&self, code: &str) -> Value {
        self.enrol_as("Ada", code)
    }

    pub(crate) fn enrol_as(&self, sign_in: &str, code: &str) -> Value {
        json!({
            "code": code,
            "sign_in": sign_in,
            "password": PASSWORD,
            "public_key": caseweave::hex::encode(self.key.verifying_key().as_bytes()),
            "actor": self.actor,
            "device_name": "Ada's phone",
        })
    }

    /// A refresh with the tokens of `answer`, as `device`.
    pub(crate) fn refresh(&self, token: &Value, device: &Value) -> Value {
        let token = token.as_str().unwrap();
        let bytes: [u8; 32] = caseweave::hex::decode(token).unwrap();
        let signed = [b"caseweave refresh v1".as_slice(), &bytes].concat();
        let signature = caseweave::hex::encode(&self.key.sign(&signed).to_bytes());
        json!({ "refresh_token": token, "device": device, "signature": signature })
    }
}

/// That a request was refused with this status and code.
#[track_caller]
pub(crate) fn assert_refused((status, body): (StatusCode, Value), expected: u16, code: &str) {
    assert_eq!((status.as_u16(), &body["error"]["code"]), (expected, &json!(code)), "{body}");
    assert!(body["error"]["detail"].as_str().is_some_and(|detail| detail.ends_with('.')));
}
