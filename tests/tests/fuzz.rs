//! Every reader of bytes from outside with its seeds, their bit flips and what a fuzzer once found;
//! `make fuzz` goes on from there.

use std::fs;
use std::path::PathBuf;

use system_tests::fuzz::{TARGETS, Target};

/// Places of a seed at which a bit is turned: enough to reach every field of a short one.
const FLIPS: usize = 300;

/// The files of a target in a folder beside the fuzzer.
fn files(kind: &str, target: &Target) -> Vec<(PathBuf, Vec<u8>)> {
    let folder =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(kind).join(target.name);
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

#[test]
fn honest_bytes_are_taken_by_every_reader() {
    for target in TARGETS {
        let kept = files("seeds", target);
        assert!(!kept.is_empty(), "{}: no seeds; cargo run --bin fuzz seeds", target.name);
        for (path, seed) in kept {
            assert!((target.read)(&seed), "{} is refused", path.display());
        }
        for seed in (target.seeds)() {
            assert!((target.read)(&seed), "{}: what the command makes is refused", target.name);
        }
    }
}

#[test]
fn no_turned_bit_breaks_a_law() {
    for target in TARGETS {
        // Judging a story costs a hundred times what reading a frame does.
        let few = if matches!(target.name, "gate" | "meaning") { FLIPS / 20 } else { FLIPS };
        for (_, seed) in files("seeds", target) {
            let step = (seed.len() * 8).div_ceil(few).max(1);
            for bit in (0..seed.len() * 8).step_by(step) {
                let mut bad = seed.clone();
                bad[bit / 8] ^= 1 << (bit % 8);
                target.try_with(&bad);
                target.try_with(&bad[..bit / 8]);
            }
        }
    }
}

#[test]
fn what_was_once_found_stays_mended() {
    for target in TARGETS {
        for (_, found) in files("findings", target) {
            target.try_with(&found);
        }
    }
}
