//! Processes of the system, by their number: only ever those that a test started.

use std::fs;
use std::process::Command;

use super::Failed;

/// What a process can be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Signal {
    /// To end at once.
    Kill,
    /// To hold still.
    Stop,
}

/// Tells a process something.
///
/// # Errors
/// If it is gone.
pub(super) fn signal(pid: u32, what: Signal) -> Result<(), Failed> {
    let name = match what {
        Signal::Kill => "-KILL",
        Signal::Stop => "-STOP",
    };
    let told = Command::new("kill").args([name, &pid.to_string()]).output()?;
    if told.status.success() { Ok(()) } else { Err(format!("process {pid} is gone").into()) }
}

/// The processes that a process started, and those that they started.
#[must_use]
pub(super) fn children(pid: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let all = all.filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok());
    let own: Vec<_> = all.filter(|it| parent(*it) == Some(pid)).collect();
    let theirs: Vec<_> = own.iter().flat_map(|it| children(*it)).collect();
    own.into_iter().chain(theirs).collect()
}

/// What a process calls itself; nothing if it is gone.
#[must_use]
pub(super) fn called(pid: u32) -> String {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).replace('\0', " ")
}

/// What a process is at, as the system's letter; `Z` has ended. None if it is gone.
#[must_use]
pub(super) fn state(pid: u32) -> Option<char> {
    after_name(pid)?.trim_start().chars().next()
}

fn parent(pid: u32) -> Option<u32> {
    after_name(pid)?.split_whitespace().nth(1)?.parse().ok()
}

/// The line of a process after its name, which may hold anything.
fn after_name(pid: u32) -> Option<String> {
    let line = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(line.rsplit_once(')')?.1.to_owned())
}
