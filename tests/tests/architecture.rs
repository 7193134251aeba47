//! The rules that the repository keeps for itself: who may use whom, what is banned where, and how
//! long things may be. Each rule is also shown a sample that it must find.

mod layers;
mod lengths;
mod source;
mod threats;
mod words;

use source::Source;

/// A rule says what is wrong with a file, one line a finding.
type Rule = fn(&Source) -> Vec<String>;

const RULES: &[(&str, Rule)] = &[
    ("layers of sync-core", layers::order),
    ("actix only on the HTTP side", layers::actix),
    ("diesel only in db and migrations", layers::diesel),
    ("uniffi only in ffi and mobile-bindings", layers::bindings),
    ("nobody depends on ffi", layers::nobody_uses_ffi),
    ("disclosure depends on nothing of ours and does no I/O", layers::disclosure),
    ("no clock and no randomness in sync-core", words::clocks),
    ("no hash maps in sync-core", words::hash_maps),
    ("nothing unfinished", words::unfinished),
    ("no paths of one machine, no registry hosts", words::places),
    ("files at most 500 lines", lengths::files),
    ("functions at most 70 lines", lengths::functions),
];

#[test]
fn the_repository_keeps_its_rules() {
    let sources = source::all();
    assert!(sources.len() > 30, "only {} files were found", sources.len());
    let mut found = Vec::new();
    for (name, rule) in RULES {
        for source in &sources {
            found.extend(
                rule(source).into_iter().map(|what| format!("{}: {what} ({name})", source.path)),
            );
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// (rule, path, a text that it must find, a text that it must let pass)
const SAMPLES: &[(&str, &str, &str, &str)] = &[
    (
        "layers of sync-core",
        "sync-core/src/record/kind.rs",
        "use crate::merge::fold;",
        "use crate::ids::CaseId; // not crate::merge",
    ),
    (
        "layers of sync-core",
        "sync-core/src/store/memory.rs",
        "use crate::record::kind::Kind;",
        "use crate::ids::CaseId; use crate::store::Store;",
    ),
    (
        "layers of sync-core",
        "sync-core/src/protocol/frame.rs",
        "fn f() -> crate::store::Row {}",
        "use crate::{gate::Gate, policy};",
    ),
    (
        "layers of sync-core",
        "sync-core/src/merge.rs",
        "use crate::{ids::CaseId, protocol::Page};",
        "use crate::record::schema::{Fact, Fold};",
    ),
    ("layers of sync-core", "sync-core/src/somewhere_new.rs", "fn f() {}", ""),
    (
        "layers of sync-core",
        "sync-core/src/gate.rs",
        "use crate::somewhere_new;",
        "#[cfg(test)]\nmod tests { use crate::engine::Hub; }",
    ),
    (
        "actix only on the HTTP side",
        "server/src/service/sync.rs",
        "use actix_web::web;",
        "// knows no actix\nfn practix() {}",
    ),
    ("actix only on the HTTP side", "migrations/src/lib.rs", "use actix_web::web;", ""),
    (
        "diesel only in db and migrations",
        "server/src/service/identity.rs",
        "use diesel::prelude::*;",
        "use crate::db::Conn;",
    ),
    (
        "uniffi only in ffi and mobile-bindings",
        "sync-core/src/lib.rs",
        "#[derive(uniffi::Record)] struct A;",
        "/// uniffi mirrors this",
    ),
    (
        "uniffi only in ffi and mobile-bindings",
        "server/Cargo.toml",
        "uniffi.workspace = true",
        "# no uniffi",
    ),
    (
        "nobody depends on ffi",
        "tests/Cargo.toml",
        "caseweave-ffi = { path = \"../ffi\" }",
        "caseweave.workspace = true",
    ),
    (
        "disclosure depends on nothing of ours and does no I/O",
        "disclosure/Cargo.toml",
        "sync-core.workspace = true",
        "serde.workspace = true # no sync-core",
    ),
    (
        "disclosure depends on nothing of ours and does no I/O",
        "disclosure/src/mask.rs",
        "let now = std::time::Instant::now();",
        "use crate::rules::Rules;",
    ),
    (
        "no clock and no randomness in sync-core",
        "sync-core/src/engine.rs",
        "let now = std::time::Instant::now();",
        "fn f(now: Timestamp) {}\n#[cfg(test)]\nmod tests { fn g() { Instant::now(); } }",
    ),
    (
        "no clock and no randomness in sync-core",
        "sync-core/src/device/sync.rs",
        "let now = SystemTime::now();",
        "fn f(now: Timestamp) {} // not Instant::now",
    ),
    (
        "no clock and no randomness in sync-core",
        "sync-core/src/ids.rs",
        "let n = rand::random();",
        "use strand::x; use rand_core::Rng;",
    ),
    (
        "no hash maps in sync-core",
        "sync-core/src/merge.rs",
        "use std::collections::HashMap;",
        "use std::collections::BTreeMap; // no HashMap",
    ),
    ("nothing unfinished", "server/src/app.rs", "fn f() { todo!() }", "let s = \"todo!\";"),
    ("nothing unfinished", "server/src/app.rs", "fn f() { unimplemented!() }", "fn todo() {}"),
    (
        "nothing unfinished",
        "tests/tests/sim.rs",
        "#[test]\n#[ignore = \"slow\"]\nfn f() {}",
        "#[must_use]\nfn ignore() {}",
    ),
    (
        "no paths of one machine, no registry hosts",
        "docs/operations.md",
        concat!("Look in /", "tmp/caseweave."),
        "Look in /var/lib/caseweave, work/here and a/tmp/b.",
    ),
    (
        "no paths of one machine, no registry hosts",
        "scripts/demo",
        concat!("cd \"/", "home/somebody\""),
        "cd \"$HOME\"",
    ),
    (
        "no paths of one machine, no registry hosts",
        "deny.toml",
        concat!("https://crates", ".io/x"),
        "https://example.org",
    ),
];

#[test]
fn each_rule_finds_its_sample_and_lets_the_other_pass() {
    for (name, path, bad, good) in SAMPLES {
        let (_, rule) = RULES.iter().find(|(it, _)| it == name).expect("a rule of that name");
        assert!(!rule(&Source::new(path, bad)).is_empty(), "{name} passed: {bad}");
        let found = if good.is_empty() { vec![] } else { rule(&Source::new(path, good)) };
        assert!(found.is_empty(), "{name} on {good}: {found:?}");
    }
}

#[test]
fn lengths_are_counted_at_the_border() {
    let file = |lines: usize| Source::new("server/src/a.rs", &"//\n".repeat(lines));
    assert!(lengths::files(&file(500)).is_empty());
    assert_eq!(lengths::files(&file(501)).len(), 1);

    let body = |lines: usize| {
        let braces = "    let s = \"{\"; let c = '{'; // {\n".repeat(lines - 2);
        Source::new("a/b.rs", &format!("fn first(a: [u8; 4]) {{}}\nfn second() {{\n{braces}}}\n"))
    };
    assert!(lengths::functions(&body(70)).is_empty());
    assert_eq!(lengths::functions(&body(71)).len(), 1);
}

#[test]
fn every_rule_has_a_sample() {
    for (name, _) in RULES {
        let measured = name.contains("at most");
        assert!(measured || SAMPLES.iter().any(|sample| sample.0 == *name), "{name}");
    }
}
