//! Who is let in, and what stays on the phone.

use super::*;
use crate::record::kinds::case::CaseFacts;
use crate::store::memory::MemoryStore;
use crate::time::Timestamp;

const CLUSTER: ClusterId = ClusterId::from_bytes([1; 16]);
const IONA: UserId = UserId::from_bytes([2; 16]);
const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// A server that may lose its answer, or say no.
struct Office {
    user: UserId,
    post: bool,
    refusals: Vec<EnrolError>,
    asked: Vec<(String, Actor)>,
}

impl Office {
    fn of(user: UserId) -> Self {
        Self { user, post: true, refusals: Vec::new(), asked: Vec::new() }
    }
}

impl Reception for Office {
    fn enrol(&mut self, asked: &EnrolAsk) -> Result<EnrolAnswer, EnrolError> {
        self.asked.push((asked.public_key.clone(), asked.actor));
        if let Some(refusal) = self.refusals.pop() {
            return Err(refusal);
        }
        let agency = AgencyAnswer { id: AgencyId::from_slug("health") };
        let roles = vec!["practitioner".to_owned()];
        Ok(EnrolAnswer {
            device: DeviceId::from_bytes([3; 16]),
            user: self.user,
            display_name: "Iona".into(),
            agency: self.post.then_some(agency),
            clusters: vec![ClusterAnswer { id: CLUSTER, name: "Glen".into(), roles }],
            access_token: format!("access {}", self.asked.len()),
            refresh_token: "refresh".into(),
        })
    }
}

fn address() -> Address {
    Address { server: "https://127.0.0.1:9".into(), authority: None, certificate: None }
}

fn credentials() -> Credentials {
    Credentials {
        code: "abcd-efgh".into(),
        sign_in: "iona".into(),
        password: "a long one".into(),
        app_code: None,
        device_name: "telephone".into(),
    }
}

fn try_enrol(
    store: &mut MemoryStore,
    office: &mut Office,
    seed: u8,
) -> Result<Enrolled, EnrolError> {
    let fresh = Fresh { key: [seed; 32], actor: [seed; 16] };
    enrol(store, office, &address(), &credentials(), fresh)
}

/// A phone with a case that only it knows.
fn phone(office: &mut Office) -> Device<MemoryStore> {
    let mut store = MemoryStore::default();
    try_enrol(&mut store, office, 5).unwrap();
    let mut phone = Device::open(store).unwrap();
    let facts = CaseFacts { given_name: Some("Ailsa".into()), ..CaseFacts::default() };
    phone.begin_case(CLUSTER, facts.entries(), NOW).unwrap();
    phone
}

#[test]
fn a_lost_answer_is_asked_for_under_the_same_key() {
    let (mut store, mut office) = (MemoryStore::default(), Office::of(IONA));
    office.refusals.push(TransportError::Offline.into());
    let lost = try_enrol(&mut store, &mut office, 5);
    assert_eq!(lost.err(), Some(EnrolError::Transport(TransportError::Offline)));
    assert!(Enrolled::load(&store).unwrap().is_none(), "nobody is enrolled yet");
    let enrolled = try_enrol(&mut store, &mut office, 6).unwrap();
    assert_eq!(office.asked[0], office.asked[1]);
    assert_eq!((enrolled.key, enrolled.user), ([5; 32], IONA));
    assert_eq!(enrolled.roles, [(CLUSTER, "practitioner".to_owned())]);
    assert!(store.item(Shelf::Meta, ENROLLING).unwrap().is_none());
}

#[test]
fn a_phone_is_not_given_to_another_person() {
    let mut office = Office::of(IONA);
    let mut phone = phone(&mut office);
    let mut other = Office::of(UserId::from_bytes([9; 16]));
    let refused = phone.sign_in_again(&mut other, &credentials());
    assert_eq!(refused, Err(EnrolError::AnothersPhone));
    let mut store = phone.into_store();
    let refused = try_enrol(&mut store, &mut other, 7);
    assert_eq!(refused.err(), Some(EnrolError::AnothersPhone));
    assert_eq!(Enrolled::load(&store).unwrap().unwrap().user, IONA);
    let session = Session::load(&store).unwrap().unwrap();
    assert_eq!(session.access_token, "access 1", "the other's session is not kept");
}

#[test]
fn who_signs_out_keeps_everything_but_the_session_and_is_let_in_again() {
    let mut office = Office::of(IONA);
    let mut phone = phone(&mut office);
    let before = (phone.identity().actor, phone.only_here().unwrap());
    assert!(phone.is_signed_in().unwrap());
    phone.sign_out().unwrap();
    assert!(!phone.is_signed_in().unwrap());
    let facts = CaseFacts { given_name: Some("Rory".into()), ..CaseFacts::default() };
    phone.begin_case(CLUSTER, facts.entries(), NOW).unwrap();
    assert_eq!(phone.caseload().unwrap().len(), 2, "writing and reading go on");
    let mut phone = Device::open(phone.into_store()).unwrap();
    assert!(!phone.is_signed_in().unwrap());
    phone.sign_in_again(&mut office, &credentials()).unwrap();
    assert!(phone.is_signed_in().unwrap());
    assert_eq!(office.asked[0], office.asked[1], "it is the same phone");
    assert_eq!(phone.identity().actor, before.0);
    assert_eq!(phone.only_here().unwrap().changes, before.1.changes + 1);
}

#[test]
fn what_the_server_says_no_to_changes_nothing() {
    let mut office = Office::of(IONA);
    let mut phone = phone(&mut office);
    let refusals =
        [EnrolError::SignIn, EnrolError::CodeUsed, EnrolError::TooOften, EnrolError::PhoneKnown];
    for refusal in refusals {
        office.refusals.push(refusal.clone());
        assert_eq!(phone.sign_in_again(&mut office, &credentials()), Err(refusal));
    }
    office.post = false;
    assert_eq!(phone.sign_in_again(&mut office, &credentials()), Err(EnrolError::NoPost));
    assert!(phone.is_signed_in().unwrap());
    assert_eq!(Session::load(phone.store()).unwrap().unwrap().access_token, "access 1");
}

#[test]
fn a_password_goes_to_the_server_and_nowhere_else() {
    let mut office = Office::of(IONA);
    let phone = phone(&mut office);
    let mut kept = Vec::new();
    for shelf in [Shelf::Meta, Shelf::Author, Shelf::Draft] {
        kept.extend(phone.store().items(shelf).unwrap().into_iter().map(|(_, value)| value));
    }
    let password = credentials().password.into_bytes();
    assert!(!kept.iter().any(|it| it.windows(password.len()).any(|part| part == password)));
}
