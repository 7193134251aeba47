//! That a phone which is told to go goes wholly, wherever it was interrupted.

use std::cell::RefCell;

use super::*;
use crate::device::sync::SyncReport;
use crate::ids::{AgencyId, ClusterId, UserId};

fn enrolled() -> Enrolled {
    Enrolled {
        server: "https://127.0.0.1:9".into(),
        authority: Some("PEM".into()),
        user: UserId::from_bytes([2; 16]),
        name: "Iona".into(),
        agency: AgencyId::from_slug("health"),
        device: DeviceId::from_bytes([3; 16]),
        actor: Actor::from_bytes([4; 16]),
        key: [5; 32],
        clusters: vec![(ClusterId::from_bytes([1; 16]), "Glen".into())],
        roles: Vec::new(),
        certificate: None,
    }
}

fn parting(at_once: bool) -> Parting {
    let mut signature = [0; 64];
    signature.iter_mut().zip(0..).for_each(|(byte, n)| *byte = n);
    let receipt = Receipt { device: DeviceId::from_bytes([3; 16]), order: [9; 16], signature };
    let mut report = SyncReport::default();
    report.held = 2;
    Parting { report, handed_over: 1, at_once, receipt }
}

/// A phone's remains that are interrupted at a step; what was done, in order.
#[derive(Default)]
struct Phone {
    done: RefCell<Vec<&'static str>>,
    fails_at: Option<&'static str>,
}

impl Phone {
    fn step(&self, name: &'static str) -> Result<(), StoreError> {
        if self.fails_at == Some(name) {
            return Err(StoreError::Io("interrupted".into()));
        }
        self.done.borrow_mut().push(name);
        Ok(())
    }
}

struct Files<'a>(&'a Phone);

impl Remains for Files<'_> {
    fn erase_key(&mut self) -> Result<(), StoreError> {
        self.0.step("key")
    }

    fn erase_data(&mut self) -> Result<(), StoreError> {
        self.0.step("data")
    }
}

fn tells(phone: &Phone) -> impl FnMut(&Address, &Receipt) -> Result<(), TransportError> {
    |to, receipt| {
        assert!(*to == Address::of(&enrolled()));
        assert_eq!(*receipt, parting(false).receipt);
        phone.step("tell").map_err(|_| TransportError::Offline)
    }
}

#[test]
fn the_key_goes_first_and_an_interrupted_parting_goes_on_at_each_step() {
    for fails_at in [None, Some("key"), Some("data"), Some("tell")] {
        let folder = tempfile::tempdir().unwrap();
        let note = folder.path().join("phone.erased");
        let phone = Phone { fails_at, ..Phone::default() };
        let mut tell = tells(&phone);
        let parted = part(&note, (&enrolled(), &parting(false)), &mut Files(&phone), &mut tell);
        match fails_at {
            None => assert!(parted.as_ref().unwrap().heard),
            Some("tell") => assert!(!parted.as_ref().unwrap().heard),
            Some(_) => assert!(matches!(parted, Err(PartError::Erase(_)))),
        }
        assert_eq!(note.exists(), fails_at.is_some(), "{fails_at:?}");
        let phone = Phone::default();
        let resumed = resume(&note, &mut Files(&phone), &mut tells(&phone)).unwrap();
        assert_eq!(resumed.is_some(), fails_at.is_some());
        if let Some(parted) = resumed {
            assert!(parted.heard && parted.words.contains("2 wait for a reviewer"));
            assert_eq!(*phone.done.borrow(), ["key", "data", "tell"]);
        }
        let again = resume(&note, &mut Files(&phone), &mut tells(&phone)).unwrap();
        assert_eq!(again, None, "it is over");
    }
}

#[test]
fn nothing_is_erased_without_the_note() {
    let folder = tempfile::tempdir().unwrap();
    let note = folder.path().join("not there").join("phone.erased");
    let phone = Phone::default();
    let parted = part(&note, (&enrolled(), &parting(true)), &mut Files(&phone), &mut tells(&phone));
    assert!(matches!(parted, Err(PartError::Note(_))));
    assert!(phone.done.borrow().is_empty());
    fs::write(folder.path().join("phone.erased"), "half a no").unwrap();
    let note = folder.path().join("phone.erased");
    let parted = resume(&note, &mut Files(&phone), &mut tells(&phone));
    assert!(matches!(parted, Err(PartError::Damaged)));
    assert!(phone.done.borrow().is_empty());
}

#[test]
fn who_holds_a_stolen_phone_learns_nothing_of_its_work() {
    let folder = tempfile::tempdir().unwrap();
    let (note, phone) = (folder.path().join("phone.erased"), Phone::default());
    let both = (&enrolled(), &parting(true));
    let parted = part(&note, both, &mut Files(&phone), &mut tells(&phone)).unwrap();
    assert_eq!(
        parted.to_string(),
        "This phone was erased. If it is yours, please ring your office."
    );
}
