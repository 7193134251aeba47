//! Changes of the database's key, whole and cut short after each step.

use super::*;

/// A vault with data under key 1, and what the data is.
fn filled(path: &Path) -> contract::Contents {
    create(path, &platform());
    let mut store = Vault::open_store(path, &platform()).unwrap();
    contract::fill(&mut store).unwrap();
    contents(&store).unwrap()
}

/// The change to key 2, cut short after the keys file names both.
fn begin(path: &Path) -> Opened {
    let Opened { file, kek, current, .. } = unlock(path, &platform()).unwrap();
    file.with_next(&kek, &key_of(2), &fresh(2)).unwrap().write(path).unwrap();
    drop(current);
    unlock(path, &platform()).unwrap()
}

fn rewrite(path: &Path, old: &Key) {
    let conn = rekey::alone(path, old).unwrap().unwrap();
    rekey::rewrite(path, conn, &key_of(2)).unwrap();
}

/// After whatever happened, the vault opens under key 2 alone and the data is whole.
fn finishes(path: &Path, before: &contract::Contents) {
    let store = Vault::open_store(path, &platform()).unwrap();
    assert_eq!(contents(&store).unwrap(), *before);
    drop(store);
    assert_eq!(said(path, &platform()).as_ref(), Ok(key_of(2).bytes()));
    assert!(unlock(path, &platform()).unwrap().next.is_none());
    assert_eq!(key::judge(path, &key_of(2)), key::Verdict::Right);
    assert_eq!(SqliteStore::open(path, &key_of(1)).err(), Some(StoreError::WrongKey));
}

#[test]
fn a_changed_key_opens_the_same_data_and_the_old_one_nothing() {
    let (dir, path) = place();
    let before = filled(&path);
    Vault::rekey(&path, &platform(), &key_of(2), &fresh(2)).unwrap();
    finishes(&path, &before);
    for byte in [1, 2] {
        assert!(!is_anywhere(&dir, key_of(byte).bytes()));
    }
    let mut store = Vault::open_store(&path, &platform()).unwrap();
    contract::fill(&mut store).unwrap();
}

#[test]
fn a_file_that_is_larger_than_the_cache_is_changed_too() {
    use crate::store::contract::{change, record};
    use crate::store::{ChangeRow, Place, Store as _, Write};
    let (_dir, path) = place();
    create(&path, &platform());
    let mut store = Vault::open_store(&path, &platform()).unwrap();
    store.commit(&[Write::PutRecord(record(1, 1, 1))]).unwrap();
    let large = |seq| ChangeRow { body: vec![1; 60_000], ..change(1, 1, seq, Place::Placed(seq)) };
    store.commit(&(1..=200).map(|seq| Write::PutChange(large(seq))).collect::<Vec<_>>()).unwrap();
    let before = contents(&store).unwrap();
    drop(store);
    Vault::rekey(&path, &platform(), &key_of(2), &fresh(2)).unwrap();
    assert_eq!(fs::metadata(files::beside(&path, "-wal")).map_or(0, |file| file.len()), 0);
    finishes(&path, &before);
}

#[test]
fn what_a_killed_app_left_in_its_log_is_changed_too() {
    let (_dir, path) = place();
    create(&path, &platform());
    let mut store = Vault::open_store(&path, &platform()).unwrap();
    contract::fill(&mut store).unwrap();
    let (_other, killed) = place();
    for end in ["", "-wal", "-check", "-keys"] {
        fs::copy(files::beside(&path, end), files::beside(&killed, end)).unwrap();
    }
    assert!(fs::metadata(files::beside(&killed, "-wal")).unwrap().len() > 0);
    let before = contents(&store).unwrap();
    Vault::rekey(&killed, &platform(), &key_of(2), &fresh(2)).unwrap();
    finishes(&killed, &before);
}

#[test]
fn without_data_only_the_key_changes() {
    let (_dir, path) = place();
    create(&path, &platform());
    Vault::rekey(&path, &platform(), &key_of(2), &fresh(2)).unwrap();
    assert_eq!(said(&path, &platform()).as_ref(), Ok(key_of(2).bytes()));
    drop(Vault::open_store(&path, &platform()).unwrap());
}

#[test]
fn cut_short_before_the_data_it_is_finished() {
    let (_dir, path) = place();
    let before = filled(&path);
    begin(&path);
    finishes(&path, &before);
}

#[test]
fn cut_short_after_the_check_file_went_it_is_finished() {
    let (_dir, path) = place();
    let before = filled(&path);
    begin(&path);
    key::forget(&path).unwrap();
    finishes(&path, &before);
}

#[test]
fn cut_short_after_the_data_was_written_it_is_finished() {
    let (_dir, path) = place();
    let before = filled(&path);
    let opened = begin(&path);
    rewrite(&path, &opened.current);
    assert_eq!(SqliteStore::open(&path, &key_of(1)).err(), Some(StoreError::WrongKey));
    finishes(&path, &before);
}

/// The log as a kill leaves it: cut at every page's border and within, up to the whole of it.
#[test]
fn cut_short_within_the_log_it_is_finished() {
    let (dir, path) = place();
    let before = filled(&path);
    let opened = begin(&path);
    key::forget(&path).unwrap();
    let log = files::beside(&path, "-wal");
    let conn = rekey::alone(&path, &opened.current).unwrap().unwrap();
    conn.execute_batch(&key_of(2).rekey_statement()).unwrap();
    let as_killed = files_of(&dir);
    let whole = fs::metadata(&log).unwrap().len();
    assert!(whole > 4_096);
    drop(conn);
    for cut in (0..=whole).step_by(2_048).chain([whole - 1, whole]) {
        let (_other, killed) = place();
        for (name, bytes) in &as_killed {
            let len = if name.ends_with("-wal") { cut as usize } else { bytes.len() };
            fs::write(killed.with_file_name(name), &bytes[..len]).unwrap();
        }
        finishes(&killed, &before);
    }
}

#[test]
fn cut_short_before_the_check_file_it_opens() {
    let (_dir, path) = place();
    let before = filled(&path);
    Vault::rekey(&path, &platform(), &key_of(2), &fresh(2)).unwrap();
    assert_eq!(key::judge(&path, &key_of(1)), key::Verdict::Unknown);
    finishes(&path, &before);
}

#[test]
fn another_change_first_finishes_the_one_under_way() {
    let (_dir, path) = place();
    let before = filled(&path);
    begin(&path);
    Vault::rekey(&path, &platform(), &key_of(3), &fresh(3)).unwrap();
    assert_eq!(said(&path, &platform()).as_ref(), Ok(key_of(3).bytes()));
    assert_eq!(contents(&Vault::open_store(&path, &platform()).unwrap()).unwrap(), before);
    assert_eq!(SqliteStore::open(&path, &key_of(2)).err(), Some(StoreError::WrongKey));
}

#[test]
fn a_lock_changed_half_way_locks_both_keys() {
    let (_dir, path) = place();
    let before = filled(&path);
    let opened = begin(&path);
    Vault::change_lock(&path, &platform(), &pin(PIN), &fresh(4)).unwrap();
    rewrite(&path, &opened.current);
    Vault::change_lock(&path, &pin(PIN), &platform(), &fresh(5)).unwrap();
    finishes(&path, &before);
}

#[test]
fn while_a_store_is_open_nothing_changes() {
    let (_dir, path) = place();
    let before = filled(&path);
    let store = Vault::open_store(&path, &platform()).unwrap();
    let refused = Vault::rekey(&path, &platform(), &key_of(2), &fresh(2));
    assert_eq!(refused, Err(StoreError::Busy.into()));
    drop(store);
    assert_eq!(said(&path, &platform()).as_ref(), Ok(key_of(1).bytes()));
    let store = Vault::open_store(&path, &platform()).unwrap();
    assert_eq!(contents(&store).unwrap(), before);
}

/// A folder where the check file should be: the data cannot be written anew, but can be read.
#[test]
fn what_cannot_be_changed_now_is_read_under_its_old_key() {
    let (_dir, path) = place();
    let before = filled(&path);
    let (check, in_the_way) = (key::check_path(&path), key::check_path(&path).join("x"));
    fs::remove_file(&check).unwrap();
    fs::create_dir_all(&in_the_way).unwrap();
    Vault::rekey(&path, &platform(), &key_of(2), &fresh(2)).unwrap_err();
    assert!(unlock(&path, &platform()).unwrap().next.is_none(), "taken back");
    begin(&path);
    assert_eq!(said(&path, &platform()).as_ref(), Ok(key_of(1).bytes()));
    assert!(unlock(&path, &platform()).unwrap().next.is_some(), "for the next time");
    fs::remove_dir_all(&check).unwrap();
    finishes(&path, &before);
}

#[test]
fn damaged_data_is_named_while_its_key_changes() {
    let (_dir, path) = place();
    filled(&path);
    begin(&path);
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let opened = Vault::open_store(&path, &platform());
    assert!(matches!(opened.err(), Some(VaultError::Store(StoreError::Damaged(_)))));
    assert!(fs::read(&path).unwrap() == bytes, "nothing was written");
    assert!(unlock(&path, &platform()).unwrap().next.is_some());
}

#[test]
fn data_that_went_while_its_key_changed_is_not_begun_anew() {
    let (_dir, path) = place();
    filled(&path);
    begin(&path);
    key::forget(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let opened = Vault::open_store(&path, &platform());
    assert!(matches!(opened.err(), Some(VaultError::Store(StoreError::Damaged(_)))));
    assert!(!path.exists());
}

#[test]
fn data_of_another_vault_is_damage_and_no_wrong_key() {
    let (_dir, path) = place();
    filled(&path);
    fs::remove_file(keys_file::path_of(&path)).unwrap();
    Vault::create(&path, &platform(), &key_of(9), (&USER, &contact()), &fresh(9)).unwrap();
    let opened = Vault::open_store(&path, &platform());
    assert!(matches!(opened.err(), Some(VaultError::Store(StoreError::Damaged(_)))));
}
