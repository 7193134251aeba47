//! Work that goes on under another name, and work whose place in a log is gone.

use super::{Done, actor_id, change, contents, fill, record, record_id};
use crate::store::{ChangeRow, Place, Store, Write};

pub(super) fn only_unsent_work_takes_another_name(store: &mut impl Store) -> Done {
    fill(store)?;
    let before = contents(store)?;
    let new = |row: &ChangeRow| ChangeRow { actor: actor_id(99), seq: 1, ..row.clone() };
    let renamed = |row: &ChangeRow| Write::Rename {
        record: row.record,
        actor: row.actor,
        seq: row.seq,
        change: new(row),
    };
    let all = before.cases.iter().flat_map(|(_, records)| records).flat_map(|(_, rows)| rows);
    let sent: Vec<_> = all.filter(|row| !matches!(row.place, Place::Unsent(_))).collect();
    assert!(!sent.is_empty() && !before.unsent.is_empty(), "both are there");
    store.commit(&sent.iter().map(|row| renamed(row)).collect::<Vec<_>>())?;
    assert_eq!(contents(store)?, before, "what was sent keeps its name");
    let row = &before.unsent[0];
    store.commit(&[renamed(row)])?;
    assert!(store.unsent(0, 100)?.contains(&new(row)), "it is there under its new name");
    assert!(!store.changes(&row.record)?.contains(row), "and no more under the old one");
    assert_eq!(store.unsent_count()?.changes, before.count.changes, "as much as before");
    let gone = ChangeRow { record: record_id(250), ..new(row) };
    let (record, actor, seq) = (row.record, actor_id(99), 1);
    let nowhere = store.commit(&[Write::Rename { record, actor, seq, change: gone }]);
    assert!(nowhere.is_err(), "it is never renamed into a record that is not there");
    assert!(store.unsent(0, 100)?.contains(&new(row)), "and stays then");
    Ok(())
}

pub(super) fn a_displaced_change_says_what_it_builds_on(store: &mut impl Store) -> Done {
    store.commit(&[
        Write::PutRecord(record(1, 1, 1)),
        Write::PutChange(change(1, 7, 1, Place::Placed(1))),
    ])?;
    let row = store.changes(&record_id(1))?.remove(0);
    let place = Place::Unsent(5);
    let (record, actor, seq, deps) = (row.record, row.actor, row.seq, vec![9]);
    store.commit(&[Write::Displace { record, actor, seq, deps: deps.clone(), place }])?;
    let displaced = ChangeRow { deps: Some(deps), place, ..row };
    assert_eq!(store.unsent(0, 9)?, store.changes(&record)?, "it is to be sent");
    assert_eq!(store.unsent(0, 9)?, [displaced], "its place is gone, its words are not");
    Ok(())
}
