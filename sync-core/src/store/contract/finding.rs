//! Words to find records by: none is found that its reader may not read any more.

use super::{Done, fill, record_id, scope_id, step};
use crate::ids::CaseId;
use crate::store::{Place, Store, Write};

fn case_of(case: u8) -> CaseId {
    CaseId::from_bytes([case; 16])
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// Gives every listed record the same words.
fn index_all(store: &mut impl Store, text: &str) -> Done {
    let listed = store.unindexed(100)?;
    let index = |(case, record)| Write::Index { case, record, words: text.to_owned() };
    store.commit(&listed.into_iter().map(index).collect::<Vec<_>>())
}

pub(super) fn words_are_found_until_their_record_changes(store: &mut impl Store) -> Done {
    fill(store)?;
    assert!(store.unindexed(100)?.len() > 1, "what is new is listed");
    assert_eq!(store.unindexed(1)?.len(), 1);
    index_all(store, "The dog slept; Mòrag \"laughed\"")?;
    assert_eq!(store.unindexed(100)?, []);
    for asked in ["DOG", "slep", "morag", "dog morag", "\"laughed\"", "dog; OR"] {
        let found = store.find(&words(asked), 10)?;
        assert_eq!(found.is_empty(), asked == "dog; OR", "{asked}: {found:?}");
    }
    assert_eq!(store.find(&words("cat"), 10)?, []);
    assert_eq!(store.find(&words("- *"), 10)?, [], "no word at all");
    assert_eq!(store.find(&words("dog"), 1)?.len(), 1);
    store.commit(&[step(1, 1, 3, Place::Placed(9))])?;
    assert_eq!(store.unindexed(100)?, [(case_of(1), record_id(1))]);
    assert!(!store.find(&words("dog"), 10)?.contains(&record_id(1)), "its words are old");
    store.commit(&[Write::Unindex(record_id(2))])?;
    assert!(!store.find(&words("dog"), 10)?.contains(&record_id(2)));
    assert_eq!(store.unindexed(100)?.len(), 2);
    index_all(store, "cat")?;
    assert!(store.find(&words("cat"), 10)?.contains(&record_id(2)));
    let (case, record) = (case_of(1), record_id(1));
    store.commit(&[Write::Index { case, record, words: String::new() }])?;
    assert!(!store.find(&words("cat"), 10)?.contains(&record), "nothing to find is no error");
    Ok(())
}

pub(super) fn what_is_dropped_is_found_no_more(store: &mut impl Store) -> Done {
    fill(store)?;
    index_all(store, "dog")?;
    let before = store.find(&words("dog"), 10)?;
    store.commit(&[Write::DropScope(scope_id(3)), Write::DropScope(scope_id(1))])?;
    for record in &before {
        let there = store.find(&words("dog"), 10)?.contains(record);
        let touched = store.unindexed(100)?.iter().any(|(_, it)| it == record);
        assert!(there != touched, "{record}: what was dropped in part is indexed anew");
    }
    index_all(store, "cat")?;
    assert_eq!(store.unindexed(100)?, [], "what is gone is listed no more");
    for record in store.find(&words("cat"), 10)? {
        assert!(store.record(&record)?.is_some(), "and never found");
    }
    Ok(())
}

pub(super) fn a_failing_batch_leaves_the_index(store: &mut impl Store) -> Done {
    fill(store)?;
    index_all(store, "dog")?;
    let before = (store.find(&words("dog"), 10)?, store.unindexed(100)?);
    let nowhere = super::change(200, 1, 1, Place::Unsent(9));
    let failed = store.commit(&[
        step(1, 1, 3, Place::Placed(9)),
        Write::Unindex(record_id(2)),
        Write::PutChange(nowhere),
    ]);
    assert!(failed.is_err());
    assert_eq!((store.find(&words("dog"), 10)?, store.unindexed(100)?), before);
    Ok(())
}
