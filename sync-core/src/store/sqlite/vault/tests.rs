//! PINs that are right and wrong, locks that change, keys that change and are cut short, and what a
//! finder of the folder's files gets.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tempfile::TempDir;

use super::super::key;
use super::*;
use crate::limits::PIN_TRIES;
use crate::store::contract::{self, contents};

mod changing;
mod full;

const PIN: &str = "193728";
pub(in crate::store::sqlite) const USER: UserId = UserId::from_bytes([5; 16]);

fn place() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("phone.db");
    (dir, path)
}

fn secret(byte: u8) -> Secret {
    Secret::new([byte; 32])
}

fn pin(typed: &str) -> Lock {
    Lock::Pin(Pin::new(typed.to_owned()))
}

fn platform() -> Lock {
    Lock::Platform(secret(1))
}

fn both(byte: u8, typed: &str) -> Lock {
    Lock::Both { secret: secret(byte), pin: Pin::new(typed.to_owned()) }
}

fn fresh(byte: u8) -> Fresh {
    Fresh { salt: [byte; 16], nonce: [byte; 12] }
}

fn key_of(byte: u8) -> Key {
    Key::new(std::array::from_fn(|at| byte.wrapping_mul(31).wrapping_add(at as u8)))
}

pub(in crate::store::sqlite) fn contact() -> Contact {
    Contact { server: "https://server.example".into(), authority: Some("PEM".into()) }
}

fn create(path: &Path, lock: &Lock) {
    Vault::create(path, lock, &key_of(1), (&USER, &contact()), &fresh(1)).unwrap();
}

/// What opening says without showing a key.
fn said(path: &Path, lock: &Lock) -> Result<[u8; 32], VaultError> {
    Vault::open(path, lock).map(|key| *key.bytes())
}

/// How far a change of key has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::store::sqlite) enum Stage {
    /// There is one key.
    Settled,
    /// There are two, and the database has the old one.
    Begun,
    /// There are two, and the database has the new one.
    Written,
}

pub(in crate::store::sqlite) fn stage(path: &Path, lock: &Lock) -> Stage {
    match unlock(path, lock).unwrap().next {
        None => Stage::Settled,
        Some(next) if rekey::opens(path, &next).unwrap() => Stage::Written,
        Some(_) => Stage::Begun,
    }
}

/// Every file of the folder by its name.
fn files_of(dir: &TempDir) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(dir.path()).unwrap().map(|file| {
        let file = file.unwrap();
        (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap())
    });
    files.collect()
}

fn is_anywhere(dir: &TempDir, wanted: &[u8]) -> bool {
    let holds = |bytes: &Vec<u8>| bytes.windows(wanted.len()).any(|window| window == wanted);
    files_of(dir).values().any(holds)
}

#[test]
fn each_lock_opens_what_it_locked_and_more_than_is_needed_does_no_harm() {
    let (platform_only, pin_only) = (platform(), pin(PIN));
    for (lock, other) in [(&platform_only, None), (&pin_only, None), (&both(1, PIN), Some(()))] {
        let (_dir, path) = place();
        assert_eq!(said(&path, lock), Err(VaultError::Missing));
        create(&path, lock);
        assert!(Vault::exists(&path));
        assert_eq!(said(&path, lock).as_ref(), Ok(key_of(1).bytes()));
        assert_eq!(Vault::asks_for_pin(&path), Ok(lock.pin().is_some()));
        if other.is_none() {
            assert!(said(&path, &both(1, PIN)).is_ok());
        }
    }
}

#[test]
fn what_is_missing_from_a_lock_is_named_and_uses_up_no_try() {
    let (_dir, path) = place();
    create(&path, &both(1, PIN));
    for _ in 0..2 * PIN_TRIES {
        assert_eq!(said(&path, &platform()), Err(VaultError::PinNeeded));
        assert_eq!(said(&path, &pin(PIN)), Err(VaultError::WrongDevice));
        assert_eq!(said(&path, &both(2, PIN)), Err(VaultError::WrongDevice));
    }
    assert!(said(&path, &both(1, PIN)).is_ok());
    let (_dir, path) = place();
    create(&path, &platform());
    assert_eq!(said(&path, &Lock::Platform(secret(2))), Err(VaultError::WrongDevice));
    assert_eq!(said(&path, &pin(PIN)), Err(VaultError::WrongDevice));
}

#[test]
fn a_key_is_never_written_over() {
    let (dir, path) = place();
    create(&path, &platform());
    let before = files_of(&dir);
    let again =
        Vault::create(&path, &pin(PIN), &key_of(2), (&USER, &contact()), &fresh(2)).unwrap_err();
    assert_eq!(again, VaultError::Exists);
    assert_eq!(files_of(&dir), before);
}

#[test]
fn a_weak_pin_locks_nothing() {
    let (dir, path) = place();
    for typed in ["12345", "111111", "123456", "987654"] {
        let refused = Vault::create(&path, &pin(typed), &key_of(1), (&USER, &contact()), &fresh(1));
        assert_eq!(refused, Err(VaultError::WeakPin), "{typed}");
    }
    assert!(files_of(&dir).is_empty());
    create(&path, &platform());
    let refused = Vault::change_lock(&path, &platform(), &both(1, "000000"), &fresh(2));
    assert_eq!(refused, Err(VaultError::WeakPin));
    assert!(said(&path, &platform()).is_ok());
}

#[test]
fn wrong_pins_count_down_and_a_right_one_begins_anew() {
    let (dir, path) = place();
    create(&path, &pin(PIN));
    for left in [9, 8, 7] {
        assert_eq!(said(&path, &pin("193729")), Err(VaultError::WrongPin { left }));
    }
    assert!(files_of(&dir).contains_key("phone.db-tries"));
    assert!(said(&path, &pin(PIN)).is_ok());
    assert!(!files_of(&dir).contains_key("phone.db-tries"));
    assert_eq!(said(&path, &pin("193729")), Err(VaultError::WrongPin { left: 9 }));
}

#[test]
fn the_tenth_wrong_pin_locks_and_contact_unlocks() {
    let (_dir, path) = place();
    create(&path, &pin(PIN));
    for left in (1..PIN_TRIES).rev() {
        assert_eq!(said(&path, &pin("193729")), Err(VaultError::WrongPin { left }));
    }
    assert_eq!(said(&path, &pin("193729")), Err(VaultError::Locked));
    assert_eq!(said(&path, &pin(PIN)), Err(VaultError::Locked), "not even looked at");
    let changed = Vault::change_lock(&path, &pin(PIN), &pin("482915"), &fresh(2));
    assert_eq!(changed, Err(VaultError::Locked));

    assert_eq!(Vault::contact(&path), Ok(contact()));
    assert_eq!(Vault::belongs_to(&path, &USER), Ok(true));
    assert_eq!(Vault::belongs_to(&path, &UserId::from_bytes([6; 16])), Ok(false));
    Vault::unlock_after_contact(&path).unwrap();
    assert_eq!(said(&path, &pin("193729")), Err(VaultError::WrongPin { left: 9 }));
    assert!(said(&path, &pin(PIN)).is_ok());
}

#[test]
fn a_try_that_cannot_be_written_down_is_not_made() {
    let (_dir, path) = place();
    create(&path, &pin(PIN));
    // A folder stands where the new count would be written.
    let way = files::beside(&path, "-tries-new");
    fs::create_dir(&way).unwrap();
    assert!(matches!(said(&path, &pin(PIN)), Err(VaultError::Store(_))));
    fs::remove_dir(&way).unwrap();
    assert!(said(&path, &pin(PIN)).is_ok());
}

#[test]
fn a_try_that_was_cut_short_counts() {
    let (_dir, path) = place();
    create(&path, &pin(PIN));
    assert_eq!(tries::begin(&path), Ok(9));
    assert_eq!(said(&path, &pin("193729")), Err(VaultError::WrongPin { left: 8 }));
}

#[test]
fn a_count_that_nobody_wrote_is_the_highest() {
    for bytes in [&[][..], &[10], &[255], &[1, 0]] {
        let (_dir, path) = place();
        create(&path, &pin(PIN));
        fs::write(files::beside(&path, "-tries"), bytes).unwrap();
        assert_eq!(said(&path, &pin(PIN)), Err(VaultError::Locked), "{bytes:?}");
        Vault::unlock_after_contact(&path).unwrap();
        assert!(said(&path, &pin(PIN)).is_ok());
    }
}

#[test]
fn a_damaged_keys_file_is_named_and_left_as_it_is() {
    let (dir, path) = place();
    create(&path, &pin(PIN));
    let keys = keys_file::path_of(&path);
    let good = fs::read(&keys).unwrap();
    let flipped = (0..good.len()).map(|at| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    });
    let cut = [0, 1, 31, 32, 33, good.len() - 1].map(|len| good[..len].to_vec());
    for bytes in flipped.chain(cut) {
        fs::write(&keys, &bytes).unwrap();
        let before = files_of(&dir);
        assert_eq!(said(&path, &pin(PIN)), Err(VaultError::Damaged));
        let changed = Vault::change_lock(&path, &pin(PIN), &platform(), &fresh(2));
        assert_eq!(changed, Err(VaultError::Damaged));
        let rekeyed = Vault::rekey(&path, &pin(PIN), &key_of(2), &fresh(2));
        assert_eq!(rekeyed, Err(VaultError::Damaged));
        assert_eq!(Vault::contact(&path), Err(VaultError::Damaged));
        assert!(files_of(&dir) == before, "nothing is overwritten, no try is counted");
    }
    fs::write(&keys, &good).unwrap();
    assert!(said(&path, &pin(PIN)).is_ok());
}

/// A digest that a forger has made anew: the seal holds the header.
#[test]
fn a_header_that_was_changed_opens_nothing() {
    let (_dir, path) = place();
    create(&path, &platform());
    forge(&path, b"https://server.example", b"https://forger.example");
    assert_eq!(Vault::contact(&path).unwrap().server, "https://forger.example");
    assert_eq!(said(&path, &platform()), Err(VaultError::Damaged));
}

fn forge(path: &Path, from: &[u8], to: &[u8]) {
    use sha2::{Digest as _, Sha256};
    let keys = keys_file::path_of(path);
    let mut bytes = fs::read(&keys).unwrap();
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    bytes[at..at + from.len()].copy_from_slice(to);
    let body = bytes.len() - 32;
    let digest = Sha256::digest(&bytes[..body]);
    bytes[body..].copy_from_slice(&digest);
    fs::write(keys, bytes).unwrap();
}

#[test]
fn a_newer_apps_keys_file_is_left_to_it() {
    let (_dir, path) = place();
    create(&path, &platform());
    // The map's first pair: key 0, version 1.
    forge(&path, &[0x00, 0x01], &[0x00, 0x02]);
    let newer = StoreError::NewerSchema { found: 2, supported: 1 };
    assert_eq!(said(&path, &platform()), Err(newer.into()));
}

#[test]
fn changing_the_lock_keeps_the_data() {
    let (_dir, path) = place();
    create(&path, &pin(PIN));
    let mut store = Vault::open_store(&path, &pin(PIN)).unwrap();
    contract::fill(&mut store).unwrap();
    let before = contents(&store).unwrap();
    drop(store);
    let database = fs::read(&path).unwrap();
    for (at, (old, new)) in [
        (pin(PIN), pin("482915")),
        (pin("482915"), both(1, "a horse")),
        (both(1, "a horse"), platform()),
    ]
    .into_iter()
    .enumerate()
    {
        Vault::change_lock(&path, &old, &new, &fresh(2 + at as u8)).unwrap();
        assert!(fs::read(&path).unwrap() == database, "the data is not touched");
        assert!(said(&path, &new).is_ok());
    }
    assert_eq!(said(&path, &pin(PIN)), Err(VaultError::WrongDevice));
    assert_eq!(Vault::contact(&path), Ok(contact()));
    assert_eq!(Vault::belongs_to(&path, &USER), Ok(true));
    assert_eq!(contents(&Vault::open_store(&path, &platform()).unwrap()).unwrap(), before);
}

#[test]
fn the_old_pin_opens_nothing_after_a_change() {
    let (_dir, path) = place();
    create(&path, &pin(PIN));
    Vault::change_lock(&path, &pin(PIN), &pin("482915"), &fresh(2)).unwrap();
    assert_eq!(said(&path, &pin(PIN)), Err(VaultError::WrongPin { left: 9 }));
    assert!(said(&path, &pin("482915")).is_ok());
}

#[test]
fn no_file_holds_a_pin_a_key_a_secret_or_the_users_id() {
    let (dir, path) = place();
    create(&path, &both(1, PIN));
    let mut store = Vault::open_store(&path, &both(1, PIN)).unwrap();
    contract::fill(&mut store).unwrap();
    drop(said(&path, &both(1, "729318")));
    let key = key_of(1);
    let planted: [&[u8]; 5] = [PIN.as_bytes(), b"729318", key.bytes(), &[1; 32], USER.as_bytes()];
    for wanted in planted {
        assert!(!is_anywhere(&dir, wanted), "{wanted:?}");
    }
}

#[test]
fn a_copy_of_the_folder_is_of_no_use_without_the_phone() {
    let (_dir, path) = place();
    create(&path, &both(1, PIN));
    drop(Vault::open_store(&path, &both(1, PIN)).unwrap());
    let (_other, copy) = place();
    for end in ["", "-keys", "-check"] {
        fs::copy(files::beside(&path, end), files::beside(&copy, end)).unwrap();
    }
    assert_eq!(said(&copy, &pin(PIN)), Err(VaultError::WrongDevice));
    assert_eq!(said(&copy, &both(2, PIN)), Err(VaultError::WrongDevice));
}

#[test]
fn erasing_takes_the_key_first() {
    let (dir, path) = place();
    create(&path, &pin(PIN));
    drop(Vault::open_store(&path, &pin(PIN)).unwrap());
    drop(said(&path, &pin("193729")));
    fs::write(files::beside(&path, "-keys-new"), b"half").unwrap();
    // A folder where the check file should be: the erasure stops there.
    fs::remove_file(key::check_path(&path)).unwrap();
    fs::create_dir(key::check_path(&path)).unwrap();
    SqliteStore::erase(&path).unwrap_err();
    assert!(!Vault::exists(&path) && path.exists());
    assert!(!files_of_names(&dir).iter().any(|name| name.contains("-keys")));
    fs::remove_dir(key::check_path(&path)).unwrap();
    SqliteStore::erase(&path).unwrap();
    assert!(files_of(&dir).is_empty());
}

fn files_of_names(dir: &TempDir) -> Vec<String> {
    let files = fs::read_dir(dir.path()).unwrap();
    files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn what_is_said_helps_and_names_nobody() {
    let said = |left| VaultError::WrongPin { left }.to_string();
    assert_eq!(said(9), "this PIN is wrong: 9 tries are left");
    assert_eq!(said(1), "this PIN is wrong: one try is left");
    assert!(VaultError::WeakPin.to_string().contains("at least 6 characters"));
    assert!(VaultError::Locked.to_string().contains("nothing was deleted"));
}
