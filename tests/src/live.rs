//! Real processes: the server on loopback with real TLS, phones in folders of their own.

mod balancer;
mod desk;
pub mod newer;
mod patroni;
mod phone;
mod processes;
pub mod provider;
mod proxy;
pub mod raw;
mod server;

pub use balancer::Balancer;
pub use desk::Desk;
pub use patroni::Patroni;
pub use phone::Phone;
pub use proxy::CuttingProxy;
pub use server::{Server, Staff};

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// What went wrong in a test's own machinery, with what the process said.
pub type Failed = Box<dyn std::error::Error + Send + Sync>;

/// A binary of the workspace, built as it is now. A program that is itself no test, such as a
/// benchmark, takes what lies beside it: whoever built it built that as well.
///
/// # Errors
/// If it does not build.
pub fn binary(name: &str) -> Result<PathBuf, Failed> {
    let beside = std::env::current_exe()?.with_file_name(name);
    if beside.is_file() {
        return Ok(beside);
    }
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let folder = BUILT.get_or_init(|| build().map_err(|error| error.to_string()));
    Ok(folder.as_ref().map_err(Clone::clone)?.join(name))
}

/// The library to load before others in a program whose power will be cut, built as it is now.
///
/// # Errors
/// If it does not build.
pub fn preload() -> Result<PathBuf, Failed> {
    binary("libpower_cut_preload.so")
}

/// The folder that the workspace's binaries were built into. The whole workspace is selected, as in
/// `make test`: another selection has other features and would build everything again.
fn build() -> Result<PathBuf, Failed> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    // What cargo tells this test of itself would make some build scripts run again, and all that
    // stands on them.
    for (name, _) in std::env::vars_os() {
        let told = name.to_string_lossy();
        if told.starts_with("CARGO_PKG_") || told.starts_with("CARGO_MANIFEST") {
            build.env_remove(&name);
        }
    }
    let built =
        build.args(["build", "--quiet", "--workspace", "--lib", "--bins", "--tests"]).status()?;
    if !built.success() {
        return Err("the server and the phone do not build".into());
    }
    let own = std::env::current_exe()?;
    let folder = own.ancestors().nth(2).ok_or("a test lies in no folder")?;
    Ok(folder.to_owned())
}
