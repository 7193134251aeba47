//! That nothing without an answer is given up for erasure, whatever the server says.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};

use super::*;
use crate::device::TypedDraft;
use crate::device::testing::enrolled;
use crate::engine::client::held_key;
use crate::ids::CaseId;
use crate::limits::OPENINGS_TOLD;
use crate::protocol::frame::decode_push;
use crate::protocol::message::{Answer, Outcome};
use crate::record::envelope::Envelope;
use crate::record::kinds::attachment::AttachmentSort;
use crate::record::kinds::case::CaseFacts;
use crate::store::memory::MemoryStore;
use crate::store::{Place, Shelf};

const CLUSTER: ClusterId = ClusterId::from_bytes([1; 16]);
const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// A server that may be told to leave things out.
#[derive(Default)]
struct Office {
    /// Orders the phone to erase whatever is left, as a broken server might.
    hasty: bool,
    stolen: bool,
    judges_nothing: bool,
    keeps_nothing: bool,
    /// It was put back to a backup: no cursor is of its log.
    put_back: bool,
    /// What it says that the phone stands at, once it has taken what was brought.
    stands: Option<Vec<u8>>,
    kept: BTreeSet<u64>,
    pushed: usize,
    opened: BTreeSet<CaseId>,
}

impl Farewell for Office {
    fn surrender(&mut self, body: &[u8]) -> Result<Box<dyn Read>, TransportError> {
        let message = Sealed::unpack(body).unwrap().message().unwrap();
        let mut answered = Surrendered::default();
        self.opened.extend(message.request.openings.iter().map(|opening| opening.case));
        for pushed in message.request.batches.iter().flat_map(|it| decode_push(&it.frame).unwrap())
        {
            let record = Envelope::decode(&pushed.envelope).unwrap().id();
            self.pushed += pushed.changes.len();
            let outcome = || match self.judges_nothing {
                true => Outcome::NotYet,
                false => Outcome::Quarantined("from_retired_phone".into()),
            };
            let answers = (pushed.first_seq..).zip(&pushed.changes).map(|(seq, _)| Answer {
                record,
                actor: pushed.actor,
                seq,
                outcome: outcome(),
            });
            answered.answers.extend(answers);
        }
        if !self.keeps_nothing {
            answered.kept.extend(message.returned.iter().map(|piece| piece.id));
            self.kept.extend(&answered.kept);
        }
        let cursors = message.request.cursors.iter().filter(|_| self.put_back);
        let others = cursors.filter(|it| !(it.cursor.is_empty() && it.held.is_empty()));
        answered.anew = others.map(|it| it.cluster).collect();
        let brings = !message.request.batches.is_empty() || !message.returned.is_empty();
        let stands = self.stands.iter().filter(|_| brings).map(|cursor| ClusterCursor {
            cluster: CLUSTER,
            cursor: cursor.clone(),
            held: Vec::new(),
        });
        answered.stands = stands.collect();
        let order = EraseOrder { id: [9; 16], at_once: self.stolen };
        answered.erase = (self.hasty || self.stolen || message.left == 0).then_some(order);
        Ok(Box::new(Cursor::new(answered.pack().unwrap())))
    }
}

/// A phone with a case that only it knows.
fn phone() -> Device<MemoryStore> {
    let mut phone = Device::open(enrolled("practitioner", &[CLUSTER])).unwrap();
    let facts = CaseFacts { given_name: Some("Ailsa".into()), ..CaseFacts::default() };
    phone.begin_case(CLUSTER, facts.entries(), NOW).unwrap();
    phone
}

fn leave(phone: &mut Device<MemoryStore>, office: &mut Office) -> Result<Parting, SyncError> {
    phone.leave(office, &|| NOW, &mut || [7; 16])
}

#[test]
fn all_that_is_unsent_has_an_answer_before_the_phone_is_given_up() {
    let (mut phone, mut office) = (phone(), Office { hasty: true, ..Office::default() });
    let parting = leave(&mut phone, &mut office).unwrap();
    assert_eq!((parting.report.held, office.pushed), (1, 1));
    assert!(!parting.at_once);
    assert!(parting.receipt.is_signed_by(&phone.identity().key.verifying_key().to_bytes()));
}

#[test]
fn what_the_server_cannot_judge_is_handed_over_as_it_is() {
    let (mut phone, mut office) = (phone(), Office { judges_nothing: true, ..Office::default() });
    let parting = leave(&mut phone, &mut office).unwrap();
    assert_eq!((parting.handed_over, office.kept.len()), (1, 1));
    let why = &phone.returned().unwrap()[0].why;
    assert!(why.contains("You can read it at the server."), "{why}");
}

#[test]
fn what_the_server_does_not_keep_keeps_the_phone() {
    let mut phone = phone();
    let mut office =
        Office { judges_nothing: true, keeps_nothing: true, hasty: true, ..Office::default() };
    assert!(leave(&mut phone, &mut office).is_err(), "not even if it is ordered to erase");
    assert_eq!(phone.returned().unwrap().len(), 1);
}

#[test]
fn a_stolen_phone_gives_nothing_away() {
    let (mut phone, mut office) = (phone(), Office { stolen: true, ..Office::default() });
    note_openings(&mut phone, 1);
    let parting = leave(&mut phone, &mut office).unwrap();
    assert!(parting.at_once);
    assert_eq!((office.pushed, office.opened.len(), phone.untold().unwrap()), (0, 0, 1));
}

/// Notes that so many cases were opened on the phone.
fn note_openings(phone: &mut Device<MemoryStore>, cases: usize) {
    for n in 0..cases {
        let case = CaseId::from_bytes((n as u128).to_be_bytes());
        let writes = opened::note(&phone.store, (case, None), NOW).unwrap();
        phone.store.commit(&writes).unwrap();
    }
}

/// More than one message holds, on a phone that has nothing else to tell, and whatever it is ordered to do.
#[test]
fn what_was_opened_is_told_before_the_phone_is_given_up() {
    for hasty in [false, true] {
        let mut phone = Device::open(enrolled("practitioner", &[CLUSTER])).unwrap();
        note_openings(&mut phone, OPENINGS_TOLD + 1);
        let mut office = Office { hasty, ..Office::default() };
        assert!(!leave(&mut phone, &mut office).unwrap().at_once);
        assert_eq!((office.opened.len(), phone.untold().unwrap()), (OPENINGS_TOLD + 1, 0));
    }
}

#[test]
fn what_a_server_may_have_lost_is_sent_again_before_the_phone_is_given_up() {
    let cursor = || Write::Set(Shelf::Cursor, CLUSTER.as_bytes().to_vec(), vec![1]);
    let held = || Write::Set(Shelf::Meta, held_key(&CLUSTER), vec![1]);
    for (put_back, stands, sent) in [(false, cursor(), 0), (true, cursor(), 1), (true, held(), 1)] {
        let mut phone = phone();
        let rows = phone.store.unsent(0, 9).unwrap().into_iter();
        let taken = rows.map(|row| Write::Move {
            record: row.record,
            actor: row.actor,
            seq: row.seq,
            place: Place::Placed(1),
        });
        phone.store.commit(&taken.chain([stands]).collect::<Vec<_>>()).unwrap();
        let cursors = phone.store.items(Shelf::Cursor).unwrap();
        let mut office = Office { hasty: true, put_back, ..Office::default() };
        let parting = leave(&mut phone, &mut office).unwrap();
        assert_eq!((office.pushed, parting.report.held), (sent, sent));
        assert_eq!(phone.store.items(Shelf::Cursor).unwrap(), cursors, "a sync hears of it, too");
    }
}

/// It is put back again before the phone is erased: only by what it stands at now can the phone hear of that.
#[test]
fn where_the_phone_stands_is_written_down_with_what_is_answered() {
    let cursor = |at: u8| Write::Set(Shelf::Cursor, CLUSTER.as_bytes().to_vec(), vec![at]);
    for (put_back, stands, held) in [(false, vec![2], Some(vec![1])), (true, vec![1], None)] {
        let mut phone = phone();
        phone.store.commit(&[cursor(1)]).unwrap();
        let mut office = Office {
            judges_nothing: true,
            keeps_nothing: true,
            put_back,
            stands: Some(vec![2]),
            ..Office::default()
        };
        assert!(leave(&mut phone, &mut office).is_err());
        let kept = |shelf, key: &[u8]| phone.store.item(shelf, key).unwrap();
        assert_eq!(kept(Shelf::Cursor, CLUSTER.as_bytes()), Some(stands), "{put_back}");
        assert_eq!(kept(Shelf::Meta, &held_key(&CLUSTER)), held, "a part of a round may be here");
    }
}

#[test]
fn what_is_half_written_keeps_the_phone_until_its_user_has_seen_to_it() {
    let mut phone = Device::open(enrolled("practitioner", &[CLUSTER])).unwrap();
    let fields = vec![("narrative".to_owned(), "Ailsa sa".to_owned())];
    let draft = TypedDraft { screen: "visit 1".to_owned(), fields, at: NOW };
    phone.keep_draft(&draft).unwrap();
    let mut office = Office { hasty: true, ..Office::default() };
    let kept = leave(&mut phone, &mut office);
    assert!(matches!(kept, Err(SyncError::Device(DeviceError::DraftsLeft))), "{kept:?}");
    assert_eq!(phone.drafts().unwrap(), [draft]);
    let stolen = leave(&mut phone, &mut Office { stolen: true, ..Office::default() }).unwrap();
    assert!(stolen.at_once, "a thief keeps nothing");
    phone.discard_draft("visit 1").unwrap();
    assert!(!leave(&mut phone, &mut office).unwrap().at_once);
}

#[test]
fn bytes_that_only_this_phone_has_keep_it_and_say_what_helps() {
    let (mut phone, mut office) = (phone(), Office::default());
    let case = phone.store().cases().unwrap()[0];
    let visit = crate::device::tests::visit(&mut phone, case, "A graze on the left hand.");
    let marks = br#"{"figure":"left_hand","marks":[]}"#;
    phone.attach(&visit, AttachmentSort::BodyMap, marks, None, NOW).unwrap();
    let kept = leave(&mut phone, &mut office);
    assert!(matches!(kept, Err(SyncError::Device(DeviceError::AttachmentsLeft))), "{kept:?}");
    assert_eq!((office.pushed, phone.attachments_waiting().unwrap()), (3, 1));
    let stolen = leave(&mut phone, &mut Office { stolen: true, ..Office::default() }).unwrap();
    assert!(stolen.at_once, "a thief keeps nothing");
}
