//! An invented cluster with a real server, as the tests of Kotlin and Swift have one.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use caseweave_ffi::records::{Enrolment, SignIn};
use caseweave_ffi::{KeyStore, KeyStoreError, Phone, PhoneError, PhoneHome};

/// A server that ends with the test.
pub struct Glen {
    pub folder: tempfile::TempDir,
    server: Child,
    address: String,
}

/// A key store that forgets everything with the test.
#[derive(Default)]
pub struct Keys(Mutex<HashMap<String, Vec<u8>>>);

impl KeyStore for Keys {
    fn load(&self, name: String) -> Result<Option<Vec<u8>>, KeyStoreError> {
        Ok(self.0.lock().unwrap().get(&name).cloned())
    }

    fn save(&self, name: String, secret: Vec<u8>) -> Result<(), KeyStoreError> {
        self.0.lock().unwrap().insert(name, secret);
        Ok(())
    }

    fn delete(&self, name: String) -> Result<(), KeyStoreError> {
        self.0.lock().unwrap().remove(&name);
        Ok(())
    }
}

impl Glen {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        manage(
            folder.path(),
            &["cluster", "add", "--name", "Glen", "--authority", "East Lothian"],
            "",
        );
        manage(folder.path(), &["agency", "add", "--slug", "health", "--name", "health"], "");
        let file = folder.path().join("address");
        let mut serve = program(folder.path());
        serve.args(["serve", "--listen", "127.0.0.1:0", "--address-file"]).arg(&file);
        let server = serve.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let end = Instant::now() + Duration::from_secs(60);
        let address = loop {
            match std::fs::read_to_string(&file) {
                Ok(address) => break address.trim().to_owned(),
                Err(_) => assert!(Instant::now() < end, "the server does not start"),
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        Self { folder, server, address }
    }

    /// Adds a practitioner of health.
    pub fn hire(&self, name: &str) {
        let mut add = vec!["user", "add", "--name", name, "--sign-in", name, "--cluster", "Glen"];
        add.extend(["--agency", "health", "--role", "practitioner", "--password-stdin"]);
        manage(self.folder.path(), &add, &password(name));
    }

    pub fn code(&self, name: &str) -> String {
        let answer = manage(self.folder.path(), &["device", "code", "--user", name], "");
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        answer["code"].as_str().unwrap().to_owned()
    }

    pub fn enrolment(&self, name: &str, code: &str) -> Enrolment {
        Enrolment {
            server: format!("https://{}", self.address),
            authority: Some(
                std::fs::read_to_string(self.folder.path().join("data/ca.pem")).unwrap(),
            ),
            code: code.to_owned(),
            sign_in: SignIn { name: name.to_owned(), password: password(name), app_code: None },
            device_name: "phone of a test".to_owned(),
        }
    }

    /// A new home in a folder of its own.
    pub fn home(&self, name: &str) -> Arc<PhoneHome> {
        home(&self.folder.path().join(name))
    }

    /// Somebody new with a phone that has met the server.
    pub fn phone(&self, home: &PhoneHome, name: &str) -> Result<Arc<Phone>, PhoneError> {
        self.hire(name);
        let phone = home.enrol(self.enrolment(name, &self.code(name)), None)?;
        phone.sync(None, None, None)?;
        Ok(phone)
    }
}

impl Drop for Glen {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

pub fn home(folder: &Path) -> Arc<PhoneHome> {
    let keys = Some(Arc::new(Keys::default()) as Arc<dyn KeyStore>);
    PhoneHome::new(folder.display().to_string(), keys, None, None).unwrap()
}

fn password(name: &str) -> String {
    format!("correct horse {name}")
}

fn program(folder: &Path) -> Command {
    let own = std::env::current_exe().unwrap();
    let programs: PathBuf = own.ancestors().nth(2).unwrap().to_owned();
    let mut command = Command::new(programs.join("caseweave"));
    command.env_remove("DATABASE_URL").arg("--data").arg(folder.join("data"));
    command
}

/// Runs a command of whoever looks after the server.
fn manage(folder: &Path, arguments: &[&str], input: &str) -> String {
    let mut command = program(folder);
    command.arg("--json").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut run = command.spawn().expect("`cargo build --workspace --lib --bins --tests` first");
    run.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = run.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?} failed");
    String::from_utf8(output.stdout).unwrap()
}
