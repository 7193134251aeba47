//! That nothing without an answer is given up for erasure, whatever the server says.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};

use super::*;
use crate::device::testing::enrolled;
use crate::protocol::frame::decode_push;
use crate::protocol::message::{Answer, Outcome};
use crate::record::envelope::Envelope;
use crate::record::kinds::attachment::AttachmentSort;
use crate::record::kinds::case::CaseFacts;
use crate::store::memory::MemoryStore;

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
    kept: BTreeSet<u64>,
    pushed: usize,
}

impl Farewell for Office {
    fn surrender(&mut self, body: &[u8]) -> Result<Box<dyn Read>, TransportError> {
        let message = Sealed::unpack(body).unwrap().message().unwrap();
        let mut answered = Surrendered::default();
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
    let parting = leave(&mut phone, &mut office).unwrap();
    assert!(parting.at_once);
    assert_eq!(office.pushed, 0);
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
