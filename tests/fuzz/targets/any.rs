//! Every target in one program: linking the server once is enough. `CASEWEAVE_FUZZ` names the target.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use system_tests::fuzz::{Target, target};

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    // The gate contains panics of the document engine; only one that gets out is a finding.
    std::panic::set_hook(Box::new(|panic| {
        if std::env::var_os("CASEWEAVE_FUZZ_SAY").is_some() {
            eprintln!("{panic}");
        }
    }));
    let name = std::env::var("CASEWEAVE_FUZZ").unwrap_or_default();
    target(&name).unwrap_or_else(|| {
        eprintln!("CASEWEAVE_FUZZ names no target: {name}");
        std::process::exit(2)
    })
});

fuzz_target!(|bytes: &[u8]| {
    let target = *TARGET;
    if let Some(cost) = target.try_with(bytes) {
        eprintln!("dear: {:.0} ms for {} bytes", cost * 1e3, bytes.len());
    }
});
