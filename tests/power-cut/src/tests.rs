//! What may be lost and what may not, over many seeds each.

use std::fs;
use std::path::Path;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use tempfile::TempDir;

use crate::names::{self, Act};
use crate::{Disk, Twin};

const SEEDS: u64 = 60;

/// A folder that a program works in.
struct Scene {
    folder: TempDir,
    disk: Disk,
    twin: Twin,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (live, twin) = (folder.path().join("live"), folder.path().join("twin"));
        let disk = Disk::new(&live, &twin).unwrap();
        Self { disk, twin: Twin::new(&live, &twin).unwrap(), folder }
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.disk.folder().join(name), text).unwrap();
    }

    fn sync(&self, name: &str) {
        self.twin.synced(Path::new(name)).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        let [old, new] = [from, to].map(|name| self.disk.folder().join(name));
        let act = || fs::rename(old, new).is_ok();
        self.twin.renames(Path::new(from), Path::new(to), act).unwrap();
    }

    fn remove(&self, name: &str) {
        let path = self.disk.folder().join(name);
        self.twin.removes(Path::new(name), || fs::remove_file(path).is_ok()).unwrap();
    }

    fn read(&self, name: &str) -> Option<String> {
        fs::read(self.disk.folder().join(name))
            .ok()
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// What a file may say after the power was cut, each once.
fn outcomes(work: impl Fn(&Scene), name: &str) -> Vec<Option<String>> {
    let mut found = Vec::new();
    for seed in 0..SEEDS {
        let scene = Scene::new();
        work(&scene);
        scene.disk.cut(&mut ChaCha8Rng::seed_from_u64(seed)).unwrap();
        found.push(scene.read(name));
        assert!(scene.folder.path().exists());
    }
    found.sort();
    found.dedup();
    found
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<Option<String>> {
    texts.map(|text| Some(text.to_owned())).to_vec()
}

#[test]
fn what_was_synced_is_there() {
    let work = |scene: &Scene| {
        scene.write("a", "old");
        scene.sync("a");
        scene.write("a", "new");
        scene.sync("a");
    };
    assert_eq!(outcomes(work, "a"), texts(["new"]));
}

#[test]
fn what_was_not_synced_may_be_there_in_part() {
    let (old, new) = ("o".repeat(2_000), "n".repeat(2_000));
    let work = |scene: &Scene| {
        scene.write("a", &old);
        scene.sync("a");
        scene.write("a", &new);
    };
    let found: Vec<String> = outcomes(work, "a").into_iter().flatten().collect();
    assert!(found.contains(&old) && found.contains(&new));
    assert!(found.iter().any(|text| text.contains("on") || text.contains("no")), "torn");
    assert!(found.iter().all(|text| text.len() == 2_000));
}

#[test]
fn a_file_that_was_never_synced_may_not_be_there() {
    let found = outcomes(|scene| scene.write("a", "new"), "a");
    assert!(found.contains(&None) && found.contains(&Some("new".to_owned())), "{found:?}");
}

#[test]
fn a_renaming_may_be_lost_until_the_folder_is_synced() {
    let rename = |scene: &Scene| {
        scene.write("a", "old");
        scene.sync("a");
        scene.write("a-new", "new");
        scene.sync("a-new");
        scene.rename("a-new", "a");
    };
    assert_eq!(outcomes(rename, "a"), texts(["new", "old"]));
    let synced = |scene: &Scene| {
        rename(scene);
        scene.sync("");
    };
    assert_eq!(outcomes(synced, "a"), texts(["new"]));
    assert_eq!(outcomes(synced, "a-new"), [None]);
}

#[test]
fn a_renamed_file_may_be_empty_if_it_was_not_synced() {
    let work = |scene: &Scene| {
        scene.write("a", "old");
        scene.sync("a");
        scene.write("a-new", "new");
        scene.rename("a-new", "a");
        scene.sync("");
    };
    let found = outcomes(work, "a");
    assert!(found.contains(&Some(String::new())) && !found.contains(&Some("old".to_owned())));
}

#[test]
fn a_removed_file_may_come_back_until_the_folder_is_synced() {
    let remove = |scene: &Scene| {
        scene.write("a", "old");
        scene.sync("a");
        scene.remove("a");
    };
    assert_eq!(outcomes(remove, "a"), [None, Some("old".to_owned())]);
    let synced = |scene: &Scene| {
        remove(scene);
        scene.sync("");
    };
    assert_eq!(outcomes(synced, "a"), [None]);
}

#[test]
fn a_name_that_is_used_again_is_of_the_old_file_or_the_new_one() {
    let again = |scene: &Scene| {
        scene.write("a", "old");
        scene.sync("a");
        scene.remove("a");
        scene.write("a", "new");
    };
    let found: Vec<String> = outcomes(again, "a").into_iter().flatten().collect();
    assert!(found.contains(&"old".to_owned()) && found.contains(&"new".to_owned()), "{found:?}");
    let synced = |scene: &Scene| {
        again(scene);
        scene.sync("a");
    };
    assert_eq!(outcomes(synced, "a"), texts(["new"]));
}

#[test]
fn a_kill_between_word_and_deed_leaves_the_deed_undone() {
    let work = |scene: &Scene| {
        scene.write("a", "old");
        scene.sync("a");
        let act = Act::Remove { inode: inode(scene, "a"), name: "a".into() };
        names::begin(&scene.twin.list(), &act).unwrap();
    };
    assert_eq!(outcomes(work, "a"), texts(["old"]));
}

fn inode(scene: &Scene, name: &str) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(scene.disk.folder().join(name)).unwrap().ino()
}

#[test]
fn nothing_is_in_flux_after_the_cut() {
    let scene = Scene::new();
    scene.write("a", &"x".repeat(5_000));
    scene.write("b-shm", "gone");
    let mut dice = ChaCha8Rng::seed_from_u64(1);
    scene.disk.cut(&mut dice).unwrap();
    let left = scene.read("a");
    assert_eq!(scene.read("b-shm"), None, "memory that processes share");
    scene.disk.cut(&mut dice).unwrap();
    assert_eq!(scene.read("a"), left);
}
