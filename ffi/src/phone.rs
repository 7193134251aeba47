//! One user's phone.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use sync_core::device::https::Https;
use sync_core::device::sync::{SyncControl, SyncError};
use sync_core::device::{Device, Enrolled};
use sync_core::ids::CaseId;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::Draft as _;
use sync_core::record::kinds::visit::VisitDraft;
use sync_core::store::sqlite::{Key, SqliteStore};
use sync_core::time::Timestamp;

use crate::error::PhoneError;
use crate::records::{CaseLine, NewVisit, Saved, SyncSummary};

/// One user's phone. Keep one; it is safe to call from any thread, one call at a time.
#[derive(uniffi::Object)]
pub struct Phone {
    device: Mutex<Device<SqliteStore>>,
}

#[uniffi::export]
impl Phone {
    /// Opens the encrypted data of a user who has enrolled. `key` is 32 bytes from the platform's key
    /// store.
    ///
    /// # Errors
    /// [`PhoneError::Storage`] for a wrong key, a damaged, full or newer file; nothing is overwritten.
    #[uniffi::constructor]
    pub fn open(path: String, key: Vec<u8>) -> Result<Arc<Self>, PhoneError> {
        let key: [u8; 32] = key.try_into().map_err(|_| bad("the key must have 32 bytes"))?;
        let store = SqliteStore::open(Path::new(&path), &Key::new(key))?;
        Ok(Arc::new(Self { device: Mutex::new(Device::open(store)?) }))
    }

    /// The cases on this phone, by name.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn caseload(&self) -> Result<Vec<CaseLine>, PhoneError> {
        Ok(self.with(|device| device.caseload())?.into_iter().map(CaseLine::from).collect())
    }

    /// How many changes exist only on this phone.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn only_here(&self) -> Result<u64, PhoneError> {
        Ok(self.with(|device| device.only_here())?.changes)
    }

    /// Records a visit for the team; durable when this returns.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    pub fn record_visit(&self, visit: NewVisit, now_ms: i64) -> Result<Saved, PhoneError> {
        let case: CaseId = visit.case_id.parse().map_err(|_| bad("this is no case"))?;
        let draft = VisitDraft {
            at: Timestamp(visit.at_ms),
            planned: None,
            minutes: None,
            place: visit.place,
            sort: None,
            purpose: None,
            present: None,
            child_seen: visit.child_seen,
            seen_alone: None,
            next_contact: None,
            visit_group: None,
            reference: None,
            narrative: Some(visit.narrative),
        };
        let (entries, now) = (draft.entries(), Timestamp(now_ms));
        let saved = self
            .with(|device| device.make(case, Kind::Visit, Compartment::Team, "", entries, now))?;
        Ok(Saved { record_id: saved.record.to_string(), only_here: self.only_here()? })
    }

    /// Exchanges with the server. Blocks: call it from a background thread.
    ///
    /// # Errors
    /// [`PhoneError::Offline`] and others; what was stored is stored, the next one goes on.
    pub fn sync(&self, now_ms: i64) -> Result<SyncSummary, PhoneError> {
        let mut salts = salts()?;
        self.with(|device| -> Result<SyncSummary, PhoneError> {
            let enrolled = Enrolled::load(device.store())?.ok_or(PhoneError::NotEnrolled)?;
            let mut https = Https::of(&enrolled).map_err(SyncError::from)?;
            let clock = || Timestamp(now_ms);
            let report = device.sync(&mut https, &clock, &mut salts, SyncControl::new())?;
            Ok(SyncSummary::from(report))
        })
    }
}

impl Phone {
    fn with<T, E>(
        &self,
        work: impl FnOnce(&mut Device<SqliteStore>) -> Result<T, E>,
    ) -> Result<T, PhoneError>
    where
        PhoneError: From<E>,
    {
        // A panic left the device as it was before: its state is the store's.
        let mut device = self.device.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(work(&mut device)?)
    }
}

fn bad(reason: &str) -> PhoneError {
    PhoneError::BadInput { reason: reason.to_owned() }
}

/// Random bytes for each batch's salts, drawn before anything is sent. Should the system fail later,
/// the last ones are counted on: still unknown to anybody and never the same twice.
fn salts() -> Result<impl FnMut() -> [u8; 16], PhoneError> {
    let mut last = [0; 16];
    let none = |_| PhoneError::Other { reason: "this phone gives no random bytes".to_owned() };
    getrandom::fill(&mut last).map_err(none)?;
    Ok(move || {
        let mut next = u128::from_be_bytes(last).wrapping_add(1).to_be_bytes();
        // On failure the counted-on bytes stand.
        let _ = getrandom::fill(&mut next);
        last = next;
        next
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::device::Session;
    use sync_core::ids::{Actor, AgencyId, ClusterId, DeviceId, UserId};
    use sync_core::record::kinds::case::CaseFacts;

    fn enrolled(path: &Path) -> ClusterId {
        let cluster = ClusterId::from_bytes([1; 16]);
        let enrolled = Enrolled {
            server: "https://127.0.0.1:9".into(),
            authority: None,
            user: UserId::from_bytes([2; 16]),
            name: "Iona".into(),
            agency: AgencyId::from_slug("health"),
            device: DeviceId::from_bytes([3; 16]),
            actor: Actor::from_bytes([4; 16]),
            key: [5; 32],
            clusters: vec![(cluster, "Glen".into())],
            roles: vec![(cluster, "practitioner".into())],
            certificate: None,
        };
        let mut store = SqliteStore::open(path, &Key::new([9; 32])).unwrap();
        enrolled.save(&Session::default(), &mut store).unwrap();
        let mut device = Device::open(store).unwrap();
        let facts: CaseFacts =
            serde_json::from_str(r#"{"given_name":"Ailsa","family_name":"Muir"}"#).unwrap();
        device.begin_case(cluster, facts.entries(), Timestamp(1)).unwrap();
        cluster
    }

    #[test]
    fn a_visit_recorded_without_signal_is_there_after_the_app_was_closed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("phone.db");
        enrolled(&path);
        let open = |key: u8| Phone::open(path.display().to_string(), vec![key; 32]);
        let phone = open(9).unwrap();
        let case = phone.caseload().unwrap().remove(0);
        assert_eq!((case.name.as_str(), case.only_here), ("Ailsa Muir", 1));
        let visit = NewVisit {
            case_id: case.case_id.clone(),
            at_ms: 5,
            place: None,
            child_seen: Some(true),
            narrative: "Saw Ailsa.".into(),
        };
        assert_eq!(phone.record_visit(visit.clone(), 6).unwrap().only_here, 2);
        assert!(matches!(phone.sync(7), Err(PhoneError::Offline)));
        drop(phone);
        assert!(matches!(open(8), Err(PhoneError::Storage { .. })));
        assert_eq!(open(9).unwrap().only_here().unwrap(), 2);
        let nowhere = NewVisit { case_id: "no id".into(), ..visit };
        let refused = open(9).unwrap().record_visit(nowhere, 8);
        assert!(matches!(refused, Err(PhoneError::BadInput { .. })));
    }

    #[test]
    fn the_library_links_no_server_and_no_postgresql() {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let tree = ["tree", "--offline", "-p", "caseweave-ffi", "-e", "normal", "--prefix", "none"];
        let listed = std::process::Command::new(cargo).args(tree).output().unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        assert!(listed.contains("sync-core"), "the list is there: {listed}");
        for name in ["pq-sys", "actix-web", "diesel", "tokio"] {
            assert!(!listed.lines().any(|line| line.starts_with(name)), "links {name}");
        }
    }
}
