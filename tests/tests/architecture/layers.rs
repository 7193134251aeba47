//! Who may use whom.

use super::source::{Source, is_word, positions};

/// Modules of sync-core, lowest first; a module may use those of its own row and of rows above.
const ROWS: &[&[&str]] = &[
    &["ids", "time", "limits", "codec"],
    &["record", "framework"],
    &["merge", "policy"],
    &["view"],
    &["gate"],
    &["protocol"],
    &["engine"],
    &["device"],
];

/// What the store may use, and who may use the store.
const STORE_USES: &[&str] = &["ids", "limits", "store"];
/// The engine reads and writes rows through the trait; it names no implementation.
const STORE_USERS: &[&str] = &["store", "engine", "device"];

/// Modules of the server that speak HTTP.
const HTTP_SIDE: &[&str] =
    &["main", "cli", "router", "openapi", "error", "api", "web", "app", "telemetry"];

/// The layer order of sync-core.
pub(super) fn order(source: &Source) -> Vec<String> {
    let Some(module) = source.module_of("sync-core/src/") else { return vec![] };
    if !source.is_rust() || module == "lib" {
        return vec![];
    }
    if module != "store" && rank(module).is_none() {
        return vec![format!("`{module}` has no place in the layer order")];
    }
    let used = used_modules(&source.shipped).into_iter();
    used.filter(|used| !may_use(module, used)).map(|used| format!("uses crate::{used}")).collect()
}

fn rank(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

fn may_use(module: &str, used: &str) -> bool {
    match (module, used) {
        ("store", _) => STORE_USES.contains(&used),
        (_, "store") => STORE_USERS.contains(&module),
        _ => rank(used).is_some_and(|used| rank(module).is_some_and(|own| used <= own)),
    }
}

/// Top modules named after `crate::`, also within braces.
fn used_modules(code: &str) -> Vec<String> {
    let mut modules = Vec::new();
    for at in positions(code, "crate::") {
        let after = code[at..].strip_prefix("crate::").unwrap_or_default();
        if let Some(group) = after.strip_prefix('{') {
            modules.extend(first_words(group));
        } else {
            modules.push(word(after));
        }
    }
    // Macros and items of the root are not modules: they begin like none or are not lower case.
    modules.retain(|name| name.chars().next().is_some_and(char::is_lowercase));
    modules
}

/// The first word of each member of a brace group, without what nests in it.
fn first_words(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut words) = (0_usize, true, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => start = true,
            c if start && is_word(c) => {
                words.push(word(&group[at..]));
                start = false;
            }
            _ => {}
        }
    }
    words
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| is_word(*c)).collect()
}

/// actix stays on the HTTP side of the server.
pub(super) fn actix(source: &Source) -> Vec<String> {
    let http_side = source.module_of("server/src/").is_some_and(|it| HTTP_SIDE.contains(&it));
    if http_side || !is_shipped_rust(source) { vec![] } else { names(source, "actix") }
}

/// SQL stays in the server's `db` and in the migrations.
pub(super) fn diesel(source: &Source) -> Vec<String> {
    let sql_side =
        source.module_of("server/src/") == Some("db") || source.path.starts_with("migrations/");
    if sql_side || !is_shipped_rust(source) { vec![] } else { names(source, "diesel") }
}

/// Sources of what is shipped, not of tests.
fn is_shipped_rust(source: &Source) -> bool {
    source.is_rust() && source.path.contains("src/")
}

/// The mobile languages' library stays at the border.
pub(super) fn bindings(source: &Source) -> Vec<String> {
    let manifest = source.path.ends_with("/Cargo.toml");
    let border = ["ffi/", "mobile-bindings/"].iter().any(|it| source.path.starts_with(it));
    if border || !(source.is_rust() || manifest) {
        return vec![];
    }
    if manifest {
        names_in(&manifest_lines(&source.text), "uniffi")
    } else {
        names(source, "uniffi")
    }
}

/// The library for phones is a leaf.
pub(super) fn nobody_uses_ffi(source: &Source) -> Vec<String> {
    if !source.path.ends_with("/Cargo.toml") || source.path.starts_with("ffi/") {
        return vec![];
    }
    names_in(&manifest_lines(&source.text), "caseweave-ffi")
}

/// Disclosure control is mathematics: figures in, figures out.
pub(super) fn disclosure(source: &Source) -> Vec<String> {
    let (code, banned): (_, &[&str]) = match &*source.path {
        "disclosure/Cargo.toml" => (manifest_lines(&source.text), &["sync-core", "caseweave"]),
        path if path.starts_with("disclosure/src/") => {
            (source.shipped.clone(), &["std::fs", "std::net", "std::time", "std::env", "rand::"])
        }
        _ => return vec![],
    };
    banned.iter().flat_map(|word| names_in(&code, word)).collect()
}

fn manifest_lines(text: &str) -> String {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

fn names(source: &Source, word: &str) -> Vec<String> {
    names_in(&source.shipped, word)
}

fn names_in(code: &str, word: &str) -> Vec<String> {
    let lines = positions(code, word).map(|at| code[..at].lines().count().max(1));
    lines.map(|line| format!("names {word} near line {line}")).collect()
}
