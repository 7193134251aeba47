//! A `phone` of the test's own.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use sync_core::device::Device;
use sync_core::store::sqlite::{Key, SqliteStore};

use super::{Failed, binary};

/// A phone in a folder of its own; each command is a process.
#[derive(Clone, Debug)]
pub struct Phone {
    home: PathBuf,
    largest_file: Option<u32>,
    /// Whose it is.
    pub name: String,
}

impl Phone {
    /// The phone in `home`.
    #[must_use]
    pub fn new(home: PathBuf, name: &str) -> Self {
        Self { home, largest_file: None, name: name.to_owned() }
    }

    /// Its folder.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    fn command(&self, arguments: &[&str]) -> Result<Command, Failed> {
        let mut command = match self.largest_file {
            None => Command::new(binary("phone")?),
            Some(blocks) => limited(&binary("phone")?, blocks),
        };
        command.arg("--home").arg(&self.home).arg("--json").args(arguments);
        Ok(command)
    }

    /// The same phone where no file may grow past so many KB: a disk that is full for it.
    #[must_use]
    pub fn limited_to(&self, kb: u32) -> Self {
        Self { largest_file: Some(kb), ..self.clone() }
    }

    /// Runs a command with words on its input and reads its JSON.
    ///
    /// # Errors
    /// What the phone said.
    pub fn ask(&self, arguments: &[&str], input: &str) -> Result<Value, Failed> {
        output(&mut self.command(arguments)?, input)
    }

    /// Runs a command and reads its JSON.
    ///
    /// # Errors
    /// What the phone said.
    pub fn run(&self, arguments: &[&str]) -> Result<Value, Failed> {
        self.ask(arguments, "")
    }

    /// Runs a command and reads its output as it is.
    ///
    /// # Errors
    /// What the phone said.
    pub fn text(&self, arguments: &[&str]) -> Result<String, Failed> {
        text(&mut self.command(arguments)?, "")
    }

    /// Runs a command that must fail; gives its exit code and what it said.
    ///
    /// # Errors
    /// If it succeeded.
    pub fn refuse(&self, arguments: &[&str]) -> Result<(i32, String), Failed> {
        let done = self.command(arguments)?.stdin(Stdio::null()).output()?;
        match done.status.code() {
            Some(0) | None => Err(format!("{arguments:?} was not refused").into()),
            Some(code) => Ok((code, String::from_utf8_lossy(&done.stderr).into_owned())),
        }
    }

    /// Begins a command and does not wait for it.
    ///
    /// # Errors
    /// If it cannot be begun.
    pub fn spawn(&self, arguments: &[&str]) -> Result<Child, Failed> {
        let mut command = self.command(arguments)?;
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        Ok(command.spawn()?)
    }

    /// The same phone's data opened by the test itself: for what would take too many processes.
    ///
    /// # Errors
    /// If it does not open.
    pub fn device(&self) -> Result<Device<SqliteStore>, Failed> {
        let key = fs::read(self.home.join("phone.key"))?;
        let key: [u8; 32] = key.try_into().map_err(|_| "the key is of another size")?;
        let store = SqliteStore::open(&self.home.join("phone.db"), &Key::new(key))?;
        Ok(Device::open(store)?)
    }
}

/// A program whose files may not pass so many KB. The signal that would say so is ignored, so that
/// the write fails.
fn limited(program: &Path, kb: u32) -> Command {
    let mut shell = Command::new("bash");
    shell.args(["-c", "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"", "limited"]);
    shell.arg(kb.to_string()).arg(program);
    shell
}

/// Runs a command and reads its JSON.
pub(super) fn output(command: &mut Command, input: &str) -> Result<Value, Failed> {
    let text = text(command, input)?;
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    Ok(serde_json::from_str(&text)?)
}

/// Runs a command and reads what it prints.
pub(super) fn text(command: &mut Command, input: &str) -> Result<String, Failed> {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that reads nothing may be gone already.
        let _ = stdin.write_all(input.as_bytes());
    }
    let done = child.wait_with_output()?;
    if done.status.success() {
        return Ok(String::from_utf8(done.stdout)?);
    }
    let (said, asked) = (String::from_utf8_lossy(&done.stderr), command.get_args());
    let out = String::from_utf8_lossy(&done.stdout);
    Err(format!("{:?}: {}: {said}{out}", asked.collect::<Vec<_>>(), done.status).into())
}
