//! Bytes of attachments: they go with the last record that has them, and never unsent.

use super::{Done, change, record, record_id, scope_id};
use crate::store::{AttachedRow, Bytes, BytesId, Place, Store, UnsentCount, Write};

const PHOTO: BytesId = [7; 32];
const OTHER: BytesId = [8; 32];

fn row(id: u8, digest: BytesId, bytes: Bytes) -> AttachedRow {
    AttachedRow { record: record_id(id), digest, length: 5, bytes }
}

fn chunk(digest: BytesId, n: u32) -> Write {
    Write::PutChunk { digest, n, bytes: vec![n as u8; 3] }
}

/// Three records that are with others; the first two have the same photo.
fn attach(store: &mut impl Store) -> Done {
    for id in [1, 2, 3] {
        let placed = change(id, 1, 1, Place::Placed(1));
        store.commit(&[Write::PutRecord(record(id, 1, id)), Write::PutChange(placed)])?;
    }
    store.commit(&[
        chunk(PHOTO, 0),
        chunk(PHOTO, 1),
        chunk(PHOTO, 3),
        chunk(OTHER, 0),
        Write::Attach(row(1, PHOTO, Bytes::Here)),
        Write::Attach(row(2, PHOTO, Bytes::Coming)),
        Write::Attach(row(3, OTHER, Bytes::Unsent)),
    ])
}

pub(super) fn bytes_are_kept_by_their_digest(store: &mut impl Store) -> Done {
    attach(store)?;
    assert_eq!(store.attached(&record_id(1))?, Some(row(1, PHOTO, Bytes::Here)));
    assert_eq!(store.attached(&record_id(9))?, None);
    assert_eq!(store.unsent_attached()?, [row(3, OTHER, Bytes::Unsent)]);
    let count = UnsentCount { attachments: 1, ..UnsentCount::default() };
    assert_eq!(store.unsent_count()?, count);
    assert_eq!(store.chunks(&PHOTO)?, 2, "up to the first that is missing");
    assert_eq!(store.chunk(&PHOTO, 3)?, Some(vec![3; 3]));
    assert_eq!((store.chunk(&PHOTO, 2)?, store.chunks(&[9; 32])?), (None, 0));
    store.commit(&[chunk(PHOTO, 2), Write::PutChunk { digest: PHOTO, n: 0, bytes: vec![1] }])?;
    assert_eq!((store.chunks(&PHOTO)?, store.chunk(&PHOTO, 0)?), (4, Some(vec![1])));
    Ok(())
}

pub(super) fn bytes_go_with_the_last_record_that_has_them(store: &mut impl Store) -> Done {
    attach(store)?;
    store.commit(&[Write::DropScope(scope_id(1))])?;
    assert_eq!(store.attached(&record_id(1))?, None);
    assert_eq!(store.chunks(&PHOTO)?, 2, "another record has it");
    store.commit(&[Write::DropRecord(record_id(2))])?;
    assert_eq!((store.chunks(&PHOTO)?, store.chunk(&PHOTO, 3)?), (0, None));
    store.commit(&[Write::Attach(row(3, PHOTO, Bytes::Unsent))])?;
    assert_eq!(store.chunks(&OTHER)?, 0, "other bytes took their place");
    Ok(())
}

pub(super) fn bytes_that_only_the_phone_has_stay(store: &mut impl Store) -> Done {
    attach(store)?;
    store.commit(&[Write::DropRecord(record_id(3))])?;
    assert_eq!(store.record(&record_id(3))?, None);
    assert_eq!(store.unsent_attached()?.len(), 1);
    assert_eq!(store.chunks(&OTHER)?, 1);
    store.commit(&[Write::Deliver(record_id(3)), Write::Deliver(record_id(9))])?;
    assert_eq!(store.unsent_attached()?, []);
    assert_eq!((store.attached(&record_id(3))?, store.chunks(&OTHER)?), (None, 0));
    store.commit(&[Write::Deliver(record_id(2))])?;
    assert_eq!(store.attached(&record_id(2))?, Some(row(2, PHOTO, Bytes::Here)));
    Ok(())
}

pub(super) fn bytes_follow_their_record_to_another_name(store: &mut impl Store) -> Done {
    attach(store)?;
    let name = |from, to| Write::Reattach { from: record_id(from), to: record_id(to) };
    store.commit(&[name(3, 4), name(9, 1), name(1, 1)])?;
    assert_eq!(store.attached(&record_id(3))?, None);
    assert_eq!(store.unsent_attached()?, [row(4, OTHER, Bytes::Unsent)]);
    assert_eq!(store.attached(&record_id(1))?, Some(row(1, PHOTO, Bytes::Here)));
    assert_eq!(store.chunks(&OTHER)?, 1);
    store.commit(&[Write::Detach(record_id(4)), name(2, 1)])?;
    assert_eq!((store.chunks(&OTHER)?, store.chunks(&PHOTO)?), (0, 2));
    assert_eq!(store.attached(&record_id(2))?, None);
    Ok(())
}

pub(super) fn a_failing_batch_leaves_bytes_as_before(store: &mut impl Store) -> Done {
    attach(store)?;
    let nowhere = change(200, 1, 1, Place::Unsent(9));
    let failed = store.commit(&[
        Write::Detach(record_id(3)),
        Write::DropScope(scope_id(1)),
        chunk(PHOTO, 0),
        Write::Attach(row(2, OTHER, Bytes::Here)),
        Write::PutChange(nowhere),
    ]);
    assert!(failed.is_err());
    assert_eq!(store.attached(&record_id(1))?, Some(row(1, PHOTO, Bytes::Here)));
    assert_eq!(store.attached(&record_id(2))?, Some(row(2, PHOTO, Bytes::Coming)));
    assert_eq!(store.unsent_attached()?, [row(3, OTHER, Bytes::Unsent)]);
    assert_eq!((store.chunks(&PHOTO)?, store.chunks(&OTHER)?), (2, 1));
    Ok(())
}
