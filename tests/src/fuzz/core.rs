//! Bytes that phone and server read: the wire form and what stands around it.

use sync_core::framework::Framework;
use sync_core::gate::shape;
use sync_core::ids::{Actor, UserId};
use sync_core::limits::REQUEST_INFLATED_BYTES;
use sync_core::protocol::frame::{decode_pull, decode_push, encode_pull, encode_push};
use sync_core::protocol::message::{Page, SyncRequest};
use sync_core::protocol::stream::{PageReader, decode_request};
use sync_core::record::change::Change;
use sync_core::record::envelope::{Envelope, Head};
use sync_core::record::kind::Kind;

/// Who says it.
pub(super) const AUTHOR: (Actor, UserId) =
    (Actor::from_bytes([1; 16]), UserId::from_bytes([0xA0; 16]));

/// The kind's place in [`Kind::ALL`], and a body.
pub(super) fn change_body(bytes: &[u8]) -> bool {
    let Some((kind, body)) = bytes.split_first() else { return false };
    let kind = Kind::ALL[usize::from(*kind) % Kind::ALL.len()];
    let Ok(change) = Change::decode_body(kind, AUTHOR.0, AUTHOR.1, body) else { return false };
    assert_eq!(change.encode_body(), body, "a change has one spelling");
    let _ = shape::check(kind, &change);
    true
}

pub(super) fn push_frame(bytes: &[u8]) -> bool {
    let Ok(records) = decode_push(bytes) else { return false };
    assert_eq!(encode_push(&records), bytes, "a push has one spelling");
    records.iter().for_each(|record| {
        envelope(&record.envelope);
    });
    true
}

pub(super) fn pull_frame(bytes: &[u8]) -> bool {
    let Ok(records) = decode_pull(bytes) else { return false };
    let Ok(again) = encode_pull(&records) else { panic!("what was read can be written") };
    assert_eq!(decode_pull(&again).as_ref(), Ok(&records), "a frame says the same again");
    true
}

pub(super) fn page(bytes: &[u8]) -> bool {
    let Ok(page) = minicbor::decode::<Page>(bytes) else { return false };
    let Ok(again) = minicbor::to_vec(&page) else { panic!("what was read can be written") };
    assert_eq!(minicbor::decode::<Page>(&again).ok().as_ref(), Some(&page));
    pull_frame(&page.frame);
    true
}

/// Whether anything came whole.
pub(super) fn page_stream(bytes: &[u8]) -> bool {
    let Ok(mut reader) = PageReader::new(bytes) else { return false };
    let mut came = false;
    while let Ok(Some(_)) = reader.page() {
        came = true;
    }
    came
}

pub(super) fn request(bytes: &[u8]) -> bool {
    let Ok(request) = minicbor::decode::<SyncRequest>(bytes) else { return false };
    let Ok(again) = minicbor::to_vec(&request) else { panic!("what was read can be written") };
    assert_eq!(minicbor::decode::<SyncRequest>(&again).ok().as_ref(), Some(&request));
    request.batches.iter().for_each(|batch| {
        push_frame(&batch.frame);
    });
    true
}

pub(super) fn request_stream(bytes: &[u8]) -> bool {
    decode_request(bytes, REQUEST_INFLATED_BYTES).is_ok()
}

pub(super) fn envelope(bytes: &[u8]) -> bool {
    let head = Head::read(bytes);
    let Ok(envelope) = Envelope::decode(bytes) else { return false };
    assert_eq!(envelope.encode(), bytes, "an envelope has one spelling");
    let Ok(head) = head else { panic!("what reads whole has a beginning") };
    assert_eq!((head.id, head.scope), (envelope.id(), envelope.scope()));
    let _ = envelope.genesis();
    true
}

pub(super) fn framework(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(framework) = Framework::parse(text) else { return false };
    assert_eq!(framework.source_text(), text, "nothing of a framework is lost");
    true
}
