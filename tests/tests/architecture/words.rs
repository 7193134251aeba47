//! What may not be named where.

use super::source::{Source, positions};

/// Time and randomness are arguments. Only what talks to a server asks a clock: for how long it has waited.
pub(super) fn clocks(source: &Source) -> Vec<String> {
    let in_core = source.path.starts_with("sync-core/src/");
    if !in_core || source.path.starts_with("sync-core/src/device/https/") {
        return vec![];
    }
    found(&source.shipped, &["SystemTime::now", "Instant::now", "rand::", "getrandom"])
}

/// Their order differs from run to run.
pub(super) fn hash_maps(source: &Source) -> Vec<String> {
    if !source.path.starts_with("sync-core/src/") {
        return vec![];
    }
    found(&source.code, &["HashMap", "HashSet"])
}

/// Nothing is left open, and no test is switched off.
pub(super) fn unfinished(source: &Source) -> Vec<String> {
    if !source.is_rust() {
        return vec![];
    }
    let mut found = found(&source.code, &["todo!", "unimplemented!"]);
    if source.code.contains("#[ignore") {
        found.push("a test that is ignored".to_owned());
    }
    found
}

/// Folders that are somebody's machine, spelt in two so that this file passes.
const FOLDERS: &[&str] = &[
    concat!("/", "tmp/"),
    concat!("/", "home/"),
    concat!("/", "root/"),
    concat!("/", "work/"),
    concat!("/", "Users/"),
];
/// Registries are reached through their clients and named by nobody.
const HOSTS: &[&str] = &[
    concat!("crates", ".io"),
    concat!("//docs", ".rs"),
    concat!("registry.npmjs", ".org"),
    concat!("repo.maven.apache", ".org"),
    concat!("pypi", ".org"),
    concat!("deb.debian", ".org"),
    concat!("static.rust", "-lang.org"),
];

/// Lock files are their tools' own.
pub(super) fn places(source: &Source) -> Vec<String> {
    if source.path.ends_with("Cargo.lock") || source.path.ends_with("package-lock.json") {
        return vec![];
    }
    let folders = FOLDERS.iter().filter(|folder| begins_a_path(&source.text, folder));
    let hosts = HOSTS.iter().filter(|host| source.text.contains(**host));
    folders.chain(hosts).map(|it| format!("names {it}")).collect()
}

/// Whether `folder` stands at the start of a path, not within one.
fn begins_a_path(text: &str, folder: &str) -> bool {
    let within = |c: char| c.is_alphanumeric() || "._-/}~)".contains(c);
    text.match_indices(folder).any(|(at, _)| !text[..at].chars().next_back().is_some_and(within))
}

fn found(code: &str, words: &[&str]) -> Vec<String> {
    let hits = words.iter().filter(|word| positions(code, word).next().is_some());
    hits.map(|word| format!("names {word}")).collect()
}
