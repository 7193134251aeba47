//! An attachment is beside its parent or nowhere.

use super::*;
use crate::ids::{Actor, AgencyId, DeviceId, UserId};
use crate::limits::{BODY_MAP_BYTES, PHOTO_BYTES, VOICE_NOTE_BYTES};
use crate::record::envelope::{Made, Origin};
use crate::record::kinds::attachment::{AttachmentDraft, AttachmentSort};
use crate::record::kinds::{Digest, Draft as _};
use crate::record::value::Value;
use crate::time::Timestamp;

const TEAM: Place = (CaseId::from_bytes([1; 16]), Compartment::Team);

fn record(kind: Kind) -> Envelope {
    let made = Made {
        kind,
        creator: Actor::from_bytes([2; 16]),
        n: 1,
        user: UserId::from_bytes([3; 16]),
        device: DeviceId::from_bytes([4; 16]),
        framework: String::new(),
        at: Timestamp(5),
    };
    Envelope { case: TEAM.0, compartment: TEAM.1, origin: Origin::Made(made) }
}

fn photo(sort: AttachmentSort, bytes: u32) -> Change {
    let parent = RecordId::from_bytes([6; 16]);
    let digest = Digest::of("a photo");
    let draft = AttachmentDraft { parent, sort, digest, bytes, caption: None };
    Change {
        actor: Actor::from_bytes([2; 16]),
        by: UserId::from_bytes([3; 16]),
        at: Timestamp(5),
        clock_ahead_ms: 0,
        edits: draft.entries().into_iter().map(Edit::Add).collect(),
    }
}

fn code(change: &Change, parent: Option<Place>) -> String {
    let checked = check(&record(Kind::Attachment), change, parent, &Sources::new());
    checked.map_or_else(|refusal| refusal.0, |()| "taken".to_owned())
}

#[test]
fn what_is_attached_is_beside_its_parent() {
    let change = photo(AttachmentSort::Photo, 1_000);
    assert_eq!(parent_of(Kind::Attachment, &change), Some(RecordId::from_bytes([6; 16])));
    assert_eq!(parent_of(Kind::Visit, &change), None);
    let other = CaseId::from_bytes([9; 16]);
    let agency = Compartment::Agency(AgencyId::from_slug("health"));
    for (parent, expected) in [
        (Some(TEAM), "taken"),
        (None, "wrong_parent"),
        (Some((other, Compartment::Team)), "wrong_parent"),
        (Some((TEAM.0, agency)), "wrong_parent"),
        (Some((TEAM.0, Compartment::Protection)), "wrong_parent"),
    ] {
        assert_eq!(code(&change, parent), expected, "{parent:?}");
    }
}

#[test]
fn each_sort_has_its_size() {
    for (sort, most) in [
        (AttachmentSort::Photo, PHOTO_BYTES),
        (AttachmentSort::VoiceNote, VOICE_NOTE_BYTES),
        (AttachmentSort::BodyMap, BODY_MAP_BYTES),
    ] {
        assert_eq!(code(&photo(sort, 0), Some(TEAM)), "wrong_size");
        assert_eq!(code(&photo(sort, most), Some(TEAM)), "taken");
        assert_eq!(code(&photo(sort, most + 1), Some(TEAM)), "wrong_size");
    }
}

#[test]
fn a_size_that_cannot_be_read_is_no_way_round() {
    let mut change = photo(AttachmentSort::Photo, 1);
    let Edit::Add(entry) = &mut change.edits[0] else { panic!("an entry") };
    entry.fields[3].1 = Value::Int(-1);
    assert_eq!(code(&change, Some(TEAM)), "wrong_field");
}

#[test]
fn other_records_attach_nothing() {
    let change = photo(AttachmentSort::Photo, 0);
    assert_eq!(check(&record(Kind::Visit), &change, None, &Sources::new()), Ok(()));
}
