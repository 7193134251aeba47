//! A change of key without room for it: in a child whose files may not grow.

use std::process::Command;

use super::*;
use crate::store::contract::{change, record};
use crate::store::{ChangeRow, Place, Store as _, Write};

const FILE: &str = "CASEWEAVE_FULL_TEST_FILE";
const CHILD: &str = "store::sqlite::vault::tests::full::the_child_has_no_room";

/// Two megabytes in the file itself, none of it in the log.
fn fill(path: &Path) -> usize {
    create(path, &both(1, PIN));
    for first in [1, 11, 21, 31] {
        let mut store = Vault::open_store(path, &both(1, PIN)).unwrap();
        let large = |seq| change(1, 1, seq, Place::Placed(seq));
        let large = |seq| ChangeRow { body: vec![seq as u8; 50_000], ..large(seq) };
        store.commit(&[Write::PutRecord(record(1, 1, 1))]).unwrap();
        let writes: Vec<_> = (first..first + 10).map(|seq| Write::PutChange(large(seq))).collect();
        store.commit(&writes).unwrap();
    }
    fs::metadata(path).unwrap().len().try_into().unwrap()
}

#[test]
fn the_child_has_no_room() {
    let Some(path) = std::env::var_os(FILE).map(PathBuf::from) else { return };
    for _ in 0..2 {
        let changed = Vault::rekey(&path, &both(1, PIN), &key_of(2), &fresh(2));
        assert_eq!(changed, Err(StoreError::Full.into()));
        assert!(unlock(&path, &both(1, PIN)).unwrap().next.is_none(), "taken back");
        let store = Vault::open_store(&path, &both(1, PIN)).unwrap();
        assert_eq!(contents(&store).unwrap().cases[0].1[0].1.len(), 40);
    }
    // Cut short before, and still no room: it stays under way, and everything can be read.
    let Opened { file, kek, .. } = unlock(&path, &both(1, PIN)).unwrap();
    file.with_next(&kek, &key_of(2), &fresh(3)).unwrap().write(&path).unwrap();
    assert_eq!(said(&path, &both(1, PIN)).as_ref(), Ok(key_of(1).bytes()));
    drop(Vault::open_store(&path, &both(1, PIN)).unwrap());
}

#[test]
fn without_room_the_old_key_goes_on_and_with_room_the_change_is_finished() {
    let (_dir, path) = place();
    let len = fill(&path);
    let before = contents(&Vault::open_store(&path, &both(1, PIN)).unwrap()).unwrap();
    // The log of a change is longer than the file by what stands before each page.
    let limit = (len / 1024 + 2).to_string();
    let mut child = Command::new("bash");
    child.args(["-c", "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"", "limited", &limit]);
    child.arg(std::env::current_exe().unwrap()).args(["--exact", CHILD]);
    let out = child.env(FILE, &path).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));

    let store = Vault::open_store(&path, &both(1, PIN)).unwrap();
    assert_eq!(contents(&store).unwrap(), before);
    assert_eq!(said(&path, &both(1, PIN)).as_ref(), Ok(key_of(2).bytes()));
}
