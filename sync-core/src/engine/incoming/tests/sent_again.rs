//! A server was put back to a backup: in which order own work goes again, for how long it waits for others', and
//! what becomes of work that a reviewer had.

use super::put_back::{OTHER, anew, case, later, phone, reasons, school, take};
use super::*;
use crate::gate::refusal::{LOST, handed_over};
use crate::limits::LOST_WORK_MS;
use crate::record::kinds::attachment::{AttachmentDraft, AttachmentSort};
use crate::record::kinds::{Digest, Draft as _};

#[test]
fn work_that_a_reviewer_had_or_released_stays_with_its_author() {
    let own = somebody();
    let handed = handed_over("not_in_team");
    let all = [(IN_REVIEW, REVIEW_LOST), (RELEASED, REVIEW_LOST), (&handed, "not_in_team")];
    for (reason, then) in all {
        let mut store = phone(&own);
        let (record, actor, why) = (case().id(), own.actor, reason.to_owned());
        store.commit(&[Write::Return { record, actor, seq: 3, reason: why }]).unwrap();
        take(&mut store, &anew(), &own);
        take(&mut store, &later(1), &own);
        assert_eq!(reasons(&store), [((actor, 3), then.to_owned())], "{reason}");
    }
}

/// A record that this phone made, and its only change.
fn made(own: &Own, (kind, n): (Kind, u32), entry: NewEntry, at: Timestamp) -> (Envelope, Change) {
    let (creator, user, device) = (own.actor, own.user, own.device);
    let made = Made { kind, creator, n, user, device, framework: String::new(), at };
    let edits = vec![Edit::Add(entry)];
    let change = Change { actor: own.actor, by: own.user, at, clock_ahead_ms: 0, edits };
    (Envelope { origin: Origin::Made(made), ..case() }, change)
}

/// The phone's clock was ahead when the visit was written, and had been put right when the photo was taken.
#[test]
fn what_is_attached_goes_again_after_what_it_may_belong_to() {
    let own = somebody();
    let mut store = phone(&own);
    let details = visit(vec![(1, Value::Int(AT.0 - 5))]);
    let seen = made(&own, (Kind::Visit, 1), details, AT.plus_ms(9));
    let (parent, digest) = (seen.0.id(), Digest::of("a photo"));
    let sort = AttachmentSort::Photo;
    let draft = AttachmentDraft { parent, sort, digest, bytes: 9, caption: None };
    let photo = made(&own, (Kind::Attachment, 2), draft.entries().remove(0), AT.plus_ms(-9));
    for (envelope, change) in [&seen, &photo] {
        let (record, actor, body) = (envelope.id(), own.actor, change.encode_body());
        let place = Place::Placed(1);
        let row = ChangeRow { record, actor, seq: 1, deps: None, body, place };
        let record = crate::engine::own::row_of(envelope);
        store.commit(&[Write::PutRecord(record), Write::PutChange(row)]).unwrap();
    }
    take(&mut store, &anew(), &own);
    let again: Vec<_> = store.unsent(0, 9).unwrap().iter().map(|row| row.record).collect();
    assert_eq!((again.len(), again.last()), (5, Some(&photo.0.id())));
}

#[test]
fn a_clock_that_was_ahead_at_the_restore_keeps_nothing_waiting() {
    let own = somebody();
    let mut store = phone(&own);
    let ahead = AT.plus_ms(365 * Timestamp::DAY_MS);
    take(&mut store, &Page { now: ahead, ..anew() }, &own);
    take(&mut store, &later(0), &own);
    take(&mut store, &later(LOST_WORK_MS - 1), &own);
    assert!(reasons(&store).is_empty(), "it may still come");
    take(&mut store, &later(LOST_WORK_MS), &own);
    let expected = [((OTHER, 1), LOST), ((own.actor, 3), "depends_on_refused")];
    assert_eq!(reasons(&store), expected.map(|(name, reason)| (name, reason.to_owned())));
}

#[test]
fn a_colleagues_clock_that_was_ahead_does_not_put_later_work_first() {
    let own = somebody();
    let mut store = phone(&own);
    let (by, ahead) = (UserId::from_bytes([2; 16]), AT.plus_ms(6 * 365 * Timestamp::DAY_MS));
    let edits = vec![school("Balmore", &[])];
    let theirs = Change { actor: OTHER, by, at: ahead, clock_ahead_ms: 0, edits };
    let details = visit(vec![(1, Value::Int(AT.0))]);
    let (seen, ours) = made(&own, (Kind::Visit, 1), details, AT.plus_ms(9));
    let row = |record, actor, position, change: &Change| {
        let (body, place) = (change.encode_body(), Place::Placed(position));
        Write::PutChange(ChangeRow { record, actor, seq: 1, deps: None, body, place })
    };
    let seen_row = Write::PutRecord(crate::engine::own::row_of(&seen));
    let writes =
        [row(case().id(), OTHER, 2, &theirs), seen_row, row(seen.id(), own.actor, 1, &ours)];
    store.commit(&writes).unwrap();
    take(&mut store, &anew(), &own);
    let again: Vec<_> = store.unsent(0, 9).unwrap().iter().map(|row| row.record).collect();
    assert_eq!(again, [case().id(), case().id(), case().id(), seen.id()]);
}
