//! Editing a text of which somebody deleted a part meanwhile.

use super::*;
use crate::device::{Enrolled, Session};
use crate::ids::{Actor, AgencyId, ClusterId, DeviceId, UserId};
use crate::record::change::Change;
use crate::record::history::encode_deps;
use crate::record::kind::{Compartment, Kind};
use crate::record::kinds::case::CaseFacts;
use crate::store::memory::MemoryStore;
use crate::store::{ChangeRow, Place, Shelf, Write};

const CLUSTER: ClusterId = ClusterId::from_bytes([1; 16]);
const NOW: Timestamp = Timestamp(1_790_000_000_000);
const COLLEAGUE: (Actor, UserId) = (Actor::from_bytes([7; 16]), UserId::from_bytes([8; 16]));

fn phone() -> Device<MemoryStore> {
    let enrolled = Enrolled {
        server: "https://127.0.0.1:9".into(),
        authority: None,
        certificate: None,
        user: UserId::from_bytes([2; 16]),
        name: "Iona".into(),
        agency: AgencyId::from_slug("health"),
        device: DeviceId::from_bytes([3; 16]),
        actor: Actor::from_bytes([4; 16]),
        key: [5; 32],
        clusters: vec![(CLUSTER, "Glen".into())],
        roles: vec![(CLUSTER, "practitioner".into())],
    };
    let mut store = MemoryStore::default();
    enrolled.save(&Session::default(), &mut store).unwrap();
    Device::open(store).unwrap()
}

/// A colleague's edit of the text arrives, after what the phone wrote.
fn arrives(
    phone: Device<MemoryStore>,
    record: &RecordId,
    entry: &EntryId,
    new: &str,
) -> Device<MemoryStore> {
    let history = phone.history(&phone.envelope(record).unwrap()).unwrap().history;
    let seen = vec![true; history.links().len()];
    let runs = text_seen(&history, entry, &seen).unwrap().edit_to(new);
    let (actor, by) = COLLEAGUE;
    let edits = vec![Edit::Splice { entry: *entry, runs }];
    let body = Change { actor, by, at: NOW, clock_ahead_ms: 0, edits }.encode_body();
    let deps = Some(encode_deps(&history.dep_names(&history.heads())));
    let mut store = phone.into_store();
    let mut rows = store.changes(record).unwrap();
    rows.push(ChangeRow { record: *record, actor, seq: 1, deps, body, place: Place::Placed(0) });
    for (position, row) in (1..).zip(rows) {
        store
            .commit(&[Write::PutChange(ChangeRow { place: Place::Placed(position), ..row })])
            .unwrap();
    }
    let author = Write::Set(Shelf::Author, actor.as_bytes().to_vec(), by.as_bytes().to_vec());
    store.commit(&[author]).unwrap();
    Device::open(store).unwrap()
}

/// Two people strike out the same words, one of whom had not seen that the other did: the edit is taken,
/// and the words are gone once.
#[test]
fn words_that_somebody_struck_out_meanwhile_are_not_struck_out_again() {
    let mut phone = phone();
    let facts: CaseFacts = serde_json::from_str(r#"{"given_name":"Ailsa"}"#).unwrap();
    let case = phone.begin_case(CLUSTER, facts.entries(), NOW).unwrap().case;
    let entry = NewEntry {
        collection: TEXTS,
        fields: vec![(1, "summary".into())],
        text: Some("Ailsa sleeps very very well.".into()),
        ..NewEntry::default()
    };
    let (kind, team) = (Kind::Assessment, Compartment::Team);
    let saved = phone.make(case, kind, team, "", vec![entry], NOW).unwrap();
    let (record, entry) = (saved.record, saved.entries[0]);
    let version = phone.version(&record).unwrap();
    let mut phone = arrives(phone, &record, &entry, "Ailsa sleeps well.");
    phone.edit_text(&record, &entry, "Ailsa sleeps.", &version, NOW).unwrap();
    let history = phone.history(&phone.envelope(&record).unwrap()).unwrap().history;
    let all = vec![true; history.links().len()];
    assert_eq!(text_seen(&history, &entry, &all).unwrap().text(), "Ailsa sleeps.");
    assert_eq!(history.links().len(), 3);
}
