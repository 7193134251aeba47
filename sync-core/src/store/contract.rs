//! What every store must do, as checks that run against any of them: one check a promise of
//! [`crate::store`]. A check fails by a panic that names the promise.

mod attaching;
mod finding;
mod renaming;

use crate::ids::{Actor, CaseId, RecordId, ScopeId};
use crate::store::{
    ChangeRow, Item, Place, RecordRow, ReturnedRow, Shelf, Store, StoreError, UnsentCount, Write,
};

/// All that a store holds: two stores that have lived through the same are equal in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contents {
    /// Cases with their records and the records' changes.
    pub cases: Vec<(CaseId, Vec<Held>)>,
    /// Unsent changes in the order in which they were made.
    pub unsent: Vec<ChangeRow>,
    /// How many there are.
    pub count: UnsentCount,
    /// Returned work.
    pub returned: Vec<ReturnedRow>,
    /// Small things by shelf.
    pub items: Vec<(Shelf, Vec<Item>)>,
}

/// A record with its changes in reading order.
pub type Held = (RecordRow, Vec<ChangeRow>);

/// Every shelf.
pub const SHELVES: [Shelf; 15] = [
    Shelf::Meta,
    Shelf::Cursor,
    Shelf::Person,
    Shelf::Directory,
    Shelf::Notice,
    Shelf::Draft,
    Shelf::Framework,
    Shelf::Rename,
    Shelf::Frozen,
    Shelf::Author,
    Shelf::Extract,
    Shelf::Opened,
    Shelf::Warnings,
    Shelf::Line,
    Shelf::Read,
];

type Done = Result<(), StoreError>;

/// Runs every check, each on a store that `make` gives empty.
///
/// # Errors
/// [`StoreError`] where the store fails at what must succeed.
///
/// # Panics
/// If a promise is broken.
pub fn run<S: Store>(make: impl Fn() -> S) -> Done {
    an_empty_store_holds_nothing(&make())?;
    a_record_is_kept_once(&mut make())?;
    records_and_cases_come_by_id(&mut make())?;
    a_change_is_kept_whole(&mut make())?;
    changes_are_read_in_order(&mut make())?;
    a_change_needs_its_record(&mut make())?;
    putting_again_changes_the_place_only(&mut make())?;
    a_place_never_goes_back(&mut make())?;
    moving_what_is_not_there_does_nothing(&mut make())?;
    unsent_comes_as_it_was_made(&mut make())?;
    unsent_records_come_by_kind(&mut make())?;
    unsent_may_count_to_the_end(&mut make())?;
    a_returned_change_stays_whole(&mut make())?;
    renaming::only_unsent_work_takes_another_name(&mut make())?;
    renaming::a_displaced_change_says_what_it_builds_on(&mut make())?;
    a_returned_name_is_never_used_again(&mut make())?;
    a_dropped_scope_keeps_unsent_work(&mut make())?;
    a_dropped_record_keeps_unsent_work(&mut make())?;
    dropping_leaves_returned_work(&mut make())?;
    attaching::bytes_are_kept_by_their_digest(&mut make())?;
    attaching::bytes_go_with_the_last_record_that_has_them(&mut make())?;
    attaching::bytes_that_only_the_phone_has_stay(&mut make())?;
    attaching::bytes_follow_their_record_to_another_name(&mut make())?;
    attaching::a_failing_batch_leaves_bytes_as_before(&mut make())?;
    finding::words_are_found_until_their_record_changes(&mut make())?;
    finding::what_is_dropped_is_found_no_more(&mut make())?;
    finding::a_failing_batch_leaves_the_index(&mut make())?;
    items_come_by_key(&mut make())?;
    a_batch_is_applied_in_order(&mut make())?;
    a_failing_batch_leaves_all_as_before(&mut make())
}

/// Everything `store` holds, by its readers.
///
/// # Errors
/// [`StoreError`], as its readers.
pub fn contents(store: &impl Store) -> Result<Contents, StoreError> {
    let mut cases = Vec::new();
    for case in store.cases()? {
        let mut records = Vec::new();
        for row in store.records_of_case(&case)? {
            let changes = store.changes(&row.id)?;
            records.push((row, changes));
        }
        cases.push((case, records));
    }
    let items = SHELVES.into_iter().map(|shelf| Ok((shelf, store.items(shelf)?)));
    Ok(Contents {
        cases,
        unsent: store.unsent(0, usize::MAX)?,
        count: store.unsent_count()?,
        returned: store.returned()?,
        items: items.collect::<Result<_, StoreError>>()?,
    })
}

/// Puts something of every sort into an empty store.
///
/// # Errors
/// [`StoreError`], as its commit.
pub fn fill(store: &mut impl Store) -> Done {
    store.commit(&[
        Write::PutRecord(record(1, 1, 1)),
        Write::PutRecord(record(2, 1, 2)),
        Write::PutRecord(record(3, 2, 3)),
        Write::PutChange(change(1, 1, 1, Place::Placed(1))),
        Write::PutChange(change(1, 2, 1, Place::Placed(2))),
        Write::PutChange(change(1, 1, 2, Place::Accepted(4))),
        Write::PutChange(change(1, 1, 3, Place::Unsent(6))),
        Write::PutChange(change(2, 1, 1, Place::Unsent(5))),
        Write::PutChange(change(3, 1, 1, Place::Placed(1))),
        Write::PutChange(change(3, 1, 2, Place::Unsent(7))),
        back(3, 1, 2),
        Write::Set(Shelf::Meta, b"name".to_vec(), b"phone".to_vec()),
        Write::Set(Shelf::Draft, b"visit".to_vec(), Vec::new()),
    ])
}

/// Record `id` of `case` in `scope`, told apart by a byte each.
#[must_use]
pub fn record(id: u8, case: u8, scope: u8) -> RecordRow {
    RecordRow {
        id: record_id(id),
        case: CaseId::from_bytes([case; 16]),
        scope: scope_id(scope),
        kind: 200_u8.wrapping_add(id),
        envelope: vec![id; usize::from(id) * 3],
    }
}

/// Change `seq` of `actor` in `record`.
#[must_use]
pub fn change(record: u8, actor: u8, seq: u32, place: Place) -> ChangeRow {
    ChangeRow {
        record: record_id(record),
        actor: actor_id(actor),
        seq,
        deps: (seq.is_multiple_of(2)).then(|| vec![0, 255, actor]),
        body: format!("{record} {actor} {seq}").into_bytes(),
        place,
    }
}

fn record_id(id: u8) -> RecordId {
    RecordId::from_bytes([id; 16])
}

fn scope_id(scope: u8) -> ScopeId {
    ScopeId::from_bytes([scope; 16])
}

fn actor_id(actor: u8) -> Actor {
    Actor::from_bytes([actor; 16])
}

fn step(record: u8, actor: u8, seq: u32, place: Place) -> Write {
    Write::Move { record: record_id(record), actor: actor_id(actor), seq, place }
}

fn back(record: u8, actor: u8, seq: u32) -> Write {
    let reason = "not_in_team".to_owned();
    Write::Return { record: record_id(record), actor: actor_id(actor), seq, reason }
}

fn places(store: &impl Store, record: u8) -> Result<Vec<Place>, StoreError> {
    Ok(store.changes(&record_id(record))?.iter().map(|change| change.place).collect())
}

fn an_empty_store_holds_nothing(store: &impl Store) -> Done {
    assert_eq!(store.record(&record_id(1))?, None);
    assert_eq!(store.item(Shelf::Meta, b"name")?, None);
    let contents = contents(store)?;
    assert!(contents.cases.is_empty() && contents.unsent.is_empty());
    assert!(contents.returned.is_empty() && contents.items.iter().all(|(_, of)| of.is_empty()));
    assert_eq!(contents.count, UnsentCount::default());
    Ok(())
}

fn a_record_is_kept_once(store: &mut impl Store) -> Done {
    let other = RecordRow { kind: 1, envelope: vec![9], ..record(1, 2, 2) };
    store.commit(&[Write::PutRecord(record(1, 1, 1)), Write::PutRecord(other.clone())])?;
    store.commit(&[Write::PutRecord(other)])?;
    assert_eq!(store.record(&record_id(1))?, Some(record(1, 1, 1)), "the first one stays");
    let bare = RecordRow { envelope: Vec::new(), ..record(2, 1, 1) };
    store.commit(&[Write::PutRecord(bare.clone())])?;
    assert_eq!(store.record(&record_id(2))?, Some(bare), "a case's own record has no envelope");
    Ok(())
}

fn records_and_cases_come_by_id(store: &mut impl Store) -> Done {
    let rows = [record(9, 2, 1), record(3, 7, 1), record(1, 2, 2), record(5, 2, 3)];
    store.commit(&rows.map(Write::PutRecord))?;
    assert_eq!(store.cases()?, [2, 7].map(|case| CaseId::from_bytes([case; 16])));
    let of_two = store.records_of_case(&CaseId::from_bytes([2; 16]))?;
    assert_eq!(of_two, [record(1, 2, 2), record(5, 2, 3), record(9, 2, 1)]);
    assert_eq!(store.records_of_case(&CaseId::from_bytes([8; 16]))?, []);
    Ok(())
}

fn a_change_is_kept_whole(store: &mut impl Store) -> Done {
    let rows = [
        ChangeRow { deps: Some(Vec::new()), ..change(1, 1, 1, Place::Placed(1)) },
        ChangeRow { deps: None, body: Vec::new(), ..change(1, 1, 2, Place::Placed(2)) },
        ChangeRow { body: vec![0xa5; 256 * 1024], ..change(1, 1, u32::MAX, Place::Placed(3)) },
        change(1, 0xff, 1, Place::Placed(u32::MAX)),
    ];
    store.commit(&[Write::PutRecord(record(1, 1, 1))])?;
    store.commit(&rows.clone().map(Write::PutChange))?;
    assert_eq!(store.changes(&record_id(1))?, rows);
    Ok(())
}

fn changes_are_read_in_order(store: &mut impl Store) -> Done {
    let in_order = [
        change(1, 9, 1, Place::Placed(1)),
        change(1, 1, 1, Place::Placed(2)),
        change(1, 9, 2, Place::Placed(10)),
        change(1, 1, 2, Place::Accepted(3)),
        change(1, 1, 3, Place::Accepted(40)),
        change(1, 1, 4, Place::Unsent(2)),
        change(1, 1, 5, Place::Unsent(41)),
    ];
    store.commit(&[Write::PutRecord(record(1, 1, 1)), Write::PutRecord(record(2, 1, 1))])?;
    store.commit(&[Write::PutChange(change(2, 9, 1, Place::Placed(1)))])?;
    let shuffled = [5, 2, 6, 0, 4, 1, 3].map(|at: usize| Write::PutChange(in_order[at].clone()));
    store.commit(&shuffled)?;
    assert_eq!(store.changes(&record_id(1))?, in_order);
    assert_eq!(store.changes(&record_id(3))?, []);
    Ok(())
}

fn a_change_needs_its_record(store: &mut impl Store) -> Done {
    let orphan = Write::PutChange(change(1, 1, 1, Place::Unsent(1)));
    assert!(matches!(store.commit(&[orphan]), Err(StoreError::Damaged(_))));
    assert_eq!(store.unsent_count()?, UnsentCount::default());
    Ok(())
}

fn putting_again_changes_the_place_only(store: &mut impl Store) -> Done {
    let first = change(1, 1, 1, Place::Unsent(1));
    let other = ChangeRow { deps: Some(vec![1]), body: vec![1], ..first.clone() };
    let again = ChangeRow { place: Place::Placed(4), ..other };
    store.commit(&[Write::PutRecord(record(1, 1, 1)), Write::PutChange(first.clone())])?;
    store.commit(&[Write::PutChange(again.clone()), Write::PutChange(again)])?;
    assert_eq!(store.changes(&record_id(1))?, [ChangeRow { place: Place::Placed(4), ..first }]);
    Ok(())
}

fn a_place_never_goes_back(store: &mut impl Store) -> Done {
    let ways = [Place::Unsent(1), Place::Accepted(1), Place::Placed(1)];
    store.commit(&[Write::PutRecord(record(1, 1, 1)), Write::PutRecord(record(2, 1, 1))])?;
    for (held, new) in (0..3).flat_map(|held| (0..3).map(move |new| (held, new))) {
        let expected = [ways[held.max(new)]];
        for write in [Write::PutChange(change(1, 1, 1, ways[new])), step(1, 1, 1, ways[new])] {
            store.commit(&[Write::PutChange(change(1, 1, 1, ways[held])), write])?;
            assert_eq!(places(store, 1)?, expected, "{:?} over {:?}", ways[new], ways[held]);
            store.commit(&[back(1, 1, 1)])?;
        }
    }
    store.commit(&[Write::PutChange(change(2, 1, 1, Place::Placed(2)))])?;
    store.commit(&[step(2, 1, 1, Place::Placed(7))])?;
    assert_eq!(places(store, 2)?, [Place::Placed(2)], "where the server put it, it stays");
    Ok(())
}

fn moving_what_is_not_there_does_nothing(store: &mut impl Store) -> Done {
    fill(store)?;
    let before = contents(store)?;
    store.commit(&[
        step(1, 9, 1, Place::Placed(9)),
        step(9, 1, 1, Place::Placed(9)),
        back(1, 1, 9),
    ])?;
    assert_eq!(contents(store)?, before);
    Ok(())
}

fn unsent_comes_as_it_was_made(store: &mut impl Store) -> Done {
    let made = [
        change(2, 1, 1, Place::Unsent(1)),
        change(1, 1, 1, Place::Unsent(2)),
        change(2, 1, 2, Place::Unsent(3)),
        change(3, 1, 1, Place::Unsent(300)),
    ];
    store.commit(&[1, 2, 3].map(|id| Write::PutRecord(record(id, 1, 1))))?;
    store.commit(&[3, 0, 2, 1].map(|at: usize| Write::PutChange(made[at].clone())))?;
    store.commit(&[Write::PutChange(change(1, 2, 1, Place::Accepted(1)))])?;
    assert_eq!(store.unsent(0, 10)?, made);
    assert_eq!(store.unsent(1, 2)?, made[1..3]);
    assert_eq!((store.unsent(4, 10)?.len(), store.unsent(0, 0)?.len()), (0, 0));
    assert_eq!(store.unsent_count()?, UnsentCount { changes: 4, records: 3, attachments: 0 });
    store.commit(&[step(2, 1, 1, Place::Accepted(1)), step(1, 1, 1, Place::Placed(1))])?;
    assert_eq!(store.unsent(0, 10)?, made[2..]);
    assert_eq!(store.unsent_count()?, UnsentCount { changes: 2, records: 2, attachments: 0 });
    Ok(())
}

fn unsent_records_come_by_kind(store: &mut impl Store) -> Done {
    let of_kind = |id, kind| Write::PutRecord(RecordRow { kind, ..record(id, 1, 1) });
    store.commit(&[of_kind(1, 2), of_kind(2, 2), of_kind(3, 6), of_kind(4, 2)])?;
    let made = [(2, 1, 7), (1, 1, 5), (2, 2, 3), (3, 1, 1)];
    let put = |(id, seq, made)| Write::PutChange(change(id, 1, seq, Place::Unsent(made)));
    store.commit(&made.map(put))?;
    store.commit(&[Write::PutChange(change(4, 1, 1, Place::Placed(1)))])?;
    assert_eq!(store.unsent_records(2)?, [record_id(2), record_id(1)]);
    assert_eq!(store.unsent_records(6)?, [record_id(3)]);
    assert_eq!(store.unsent_records(9)?, []);
    Ok(())
}

fn unsent_may_count_to_the_end(store: &mut impl Store) -> Done {
    let ends = [1, 1 << 63, u64::MAX];
    let rows = [1, 2, 3].map(|seq| change(1, 1, seq, Place::Unsent(ends[seq as usize - 1])));
    store.commit(&[Write::PutRecord(record(1, 1, 1))])?;
    store.commit(&[2, 0, 1].map(|at: usize| Write::PutChange(rows[at].clone())))?;
    assert_eq!(store.unsent(0, 10)?, rows);
    assert_eq!(store.changes(&record_id(1))?, rows);
    Ok(())
}

fn a_returned_change_stays_whole(store: &mut impl Store) -> Done {
    let (first, second) = (change(1, 1, 2, Place::Unsent(8)), change(1, 1, 1, Place::Accepted(3)));
    store.commit(&[Write::PutRecord(record(1, 1, 1))])?;
    store.commit(&[first.clone(), second.clone()].map(Write::PutChange))?;
    store.commit(&[back(1, 1, 2), back(1, 1, 1)])?;
    let row = |id, change| {
        let reason = "not_in_team".to_owned();
        ReturnedRow { id, record: record(1, 1, 1), change, reason }
    };
    let returned = store.returned()?;
    assert_eq!(returned, [row(returned[0].id, first), row(returned[1].id, second)]);
    assert!(returned[0].id < returned[1].id, "oldest first");
    assert_eq!(store.changes(&record_id(1))?, []);
    assert_eq!(store.unsent_count()?, UnsentCount::default());
    assert_eq!(store.record(&record_id(1))?, Some(record(1, 1, 1)), "the record stays");
    Ok(())
}

fn a_returned_name_is_never_used_again(store: &mut impl Store) -> Done {
    store.commit(&[Write::PutRecord(record(1, 1, 1))])?;
    let mut last = None;
    for seq in 1..4 {
        let unsent = change(1, 1, seq, Place::Unsent(u64::from(seq)));
        store.commit(&[Write::PutChange(unsent), back(1, 1, seq)])?;
        let ids: Vec<u64> = store.returned()?.iter().map(|row| row.id).collect();
        assert!(ids.len() == 1 && Some(ids[0]) > last, "{ids:?} after {last:?}");
        last = Some(ids[0]);
        let rejudge = |id| Write::Rejudge { id, reason: "given_back".to_owned() };
        store.commit(&[rejudge(ids[0]), rejudge(u64::MAX), rejudge(ids[0] + 1)])?;
        let reasons: Vec<_> = store.returned()?.into_iter().map(|row| row.reason).collect();
        assert_eq!(reasons, ["given_back"]);
        store.commit(&[Write::ForgetReturned(u64::MAX), Write::ForgetReturned(ids[0])])?;
        assert_eq!(store.returned()?, [], "the user has dealt with it");
    }
    Ok(())
}

fn a_dropped_scope_keeps_unsent_work(store: &mut impl Store) -> Done {
    store.commit(&[1, 2, 3].map(|id| Write::PutRecord(record(id, 1, 1))))?;
    store.commit(&[Write::PutRecord(record(4, 1, 2))])?;
    let unsent = change(2, 1, 2, Place::Unsent(1));
    let rows = [change(1, 1, 1, Place::Placed(1)), change(1, 1, 2, Place::Accepted(1))];
    store.commit(&rows.map(Write::PutChange))?;
    let rows =
        [change(2, 1, 1, Place::Placed(1)), unsent.clone(), change(4, 1, 1, Place::Placed(1))];
    store.commit(&rows.map(Write::PutChange))?;
    store.commit(&[Write::DropScope(scope_id(1)), Write::DropScope(scope_id(9))])?;
    assert_eq!(store.record(&record_id(1))?, None, "nothing unsent, so it goes");
    assert_eq!(store.changes(&record_id(1))?, []);
    assert_eq!(store.changes(&record_id(2))?, [unsent]);
    assert_eq!(store.record(&record_id(2))?, Some(record(2, 1, 1)));
    assert_eq!(store.record(&record_id(3))?, None, "a record that has no change goes");
    assert_eq!(places(store, 4)?, [Place::Placed(1)], "another scope is untouched");
    Ok(())
}

fn a_dropped_record_keeps_unsent_work(store: &mut impl Store) -> Done {
    fill(store)?;
    store.commit(&[Write::DropRecord(record_id(1)), Write::DropRecord(record_id(9))])?;
    assert_eq!(places(store, 1)?, [Place::Unsent(6)]);
    assert_eq!(places(store, 2)?, [Place::Unsent(5)], "another record is untouched");
    store.commit(&[step(1, 1, 3, Place::Placed(9)), Write::DropRecord(record_id(1))])?;
    assert_eq!(store.record(&record_id(1))?, None);
    assert_eq!(store.records_of_case(&CaseId::from_bytes([1; 16]))?, [record(2, 1, 2)]);
    Ok(())
}

fn dropping_leaves_returned_work(store: &mut impl Store) -> Done {
    fill(store)?;
    let returned = store.returned()?;
    assert_eq!(returned.len(), 1);
    store.commit(&[Write::DropScope(scope_id(3)), Write::DropRecord(record_id(3))])?;
    assert_eq!(store.record(&record_id(3))?, None);
    assert_eq!(store.returned()?, returned, "nothing but the user deletes returned work");
    Ok(())
}

fn items_come_by_key(store: &mut impl Store) -> Done {
    let set = |shelf, key: &[u8], value: &[u8]| Write::Set(shelf, key.to_vec(), value.to_vec());
    let person = Shelf::Person;
    let mut writes =
        vec![set(person, b"b", b"2"), set(person, b"a\0", b"1"), set(person, b"", b"")];
    writes.extend([set(person, b"a", b"0"), set(person, b"\xff", b"3"), set(person, b"b", b"4")]);
    writes.extend(SHELVES.map(|shelf| set(shelf, b"own", &[shelf as u8])));
    store.commit(&writes)?;
    let pair = |key: &[u8], value: &[u8]| (key.to_vec(), value.to_vec());
    let mut expected = vec![pair(b"", b""), pair(b"a", b"0"), pair(b"a\0", b"1"), pair(b"b", b"4")];
    expected.extend([pair(b"own", &[person as u8]), pair(b"\xff", b"3")]);
    assert_eq!(store.items(person)?, expected);
    store
        .commit(&[Write::Remove(person, b"own".to_vec()), Write::Remove(person, b"no".to_vec())])?;
    assert_eq!(store.item(person, b"own")?, None);
    for shelf in SHELVES.into_iter().filter(|shelf| *shelf != person) {
        assert_eq!(store.items(shelf)?, [pair(b"own", &[shelf as u8])], "shelves are apart");
    }
    Ok(())
}

fn a_batch_is_applied_in_order(store: &mut impl Store) -> Done {
    store.commit(&[
        Write::PutRecord(record(1, 1, 1)),
        Write::PutChange(change(1, 1, 1, Place::Placed(1))),
        Write::DropRecord(record_id(1)),
        Write::PutRecord(record(1, 1, 1)),
        Write::PutChange(change(1, 1, 2, Place::Unsent(1))),
        step(1, 1, 2, Place::Accepted(1)),
        Write::Set(Shelf::Meta, vec![1], vec![1]),
        Write::Remove(Shelf::Meta, vec![1]),
        Write::Set(Shelf::Meta, vec![1], vec![2]),
    ])?;
    assert_eq!(places(store, 1)?, [Place::Accepted(1)]);
    assert_eq!(store.item(Shelf::Meta, &[1])?, Some(vec![2]));
    store.commit(&[])
}

fn a_failing_batch_leaves_all_as_before(store: &mut impl Store) -> Done {
    fill(store)?;
    let before = contents(store)?;
    let returned = before.returned[0].id;
    let failed = store.commit(&[
        Write::PutRecord(record(7, 7, 7)),
        Write::PutChange(change(7, 1, 1, Place::Unsent(9))),
        step(2, 1, 1, Place::Placed(1)),
        back(1, 1, 3),
        Write::ForgetReturned(returned),
        Write::DropScope(scope_id(1)),
        Write::DropRecord(record_id(3)),
        Write::Set(Shelf::Meta, b"name".to_vec(), b"other".to_vec()),
        Write::Set(Shelf::Notice, b"new".to_vec(), b"x".to_vec()),
        Write::Remove(Shelf::Draft, b"visit".to_vec()),
        Write::PutChange(change(3, 1, 9, Place::Placed(9))),
    ]);
    assert!(matches!(failed, Err(StoreError::Damaged(_))), "{failed:?}");
    assert_eq!(contents(store)?, before);
    store.commit(&[back(1, 1, 3)])?;
    assert_eq!(store.returned()?.len(), 2, "the store goes on");
    Ok(())
}
