//! A change as it reads when some of what it names has other names, or is gone.

use crate::ids::{Actor, CaseId, EntryId, RecordId};
use crate::record::change::{Change, Edit, ElementId, NewEntry, Run};
use crate::record::value::Value;

/// The names that a change's own are replaced by.
pub(crate) trait Names {
    /// An entry of a record; none if it is not there any more.
    fn entry(&self, record: &RecordId, id: &EntryId) -> Option<EntryId>;
    /// A record.
    fn record(&self, id: &RecordId) -> RecordId;
    /// A case.
    fn case(&self, id: &CaseId) -> CaseId;
    /// A character of a text of the change's own record; none if it is not there any more.
    fn element(&self, id: &ElementId) -> Option<ElementId>;
}

/// The change under these names; none if it says something about what is gone.
pub(super) fn map(change: &Change, record: &RecordId, names: &impl Names) -> Option<Change> {
    let edits = change.edits.iter().map(|edit| map_edit(edit, record, names));
    Some(Change { edits: edits.collect::<Option<_>>()?, ..change.clone() })
}

/// The same of one edit.
pub(crate) fn map_edit(edit: &Edit, record: &RecordId, names: &impl Names) -> Option<Edit> {
    Some(match edit {
        Edit::Add(entry) => Edit::Add(map_entry(entry, record, names)?),
        Edit::Splice { entry, runs } => {
            let entry = names.entry(record, entry)?;
            Edit::Splice { entry, runs: map_runs(runs, names)? }
        }
    })
}

fn map_entry(entry: &NewEntry, record: &RecordId, names: &impl Names) -> Option<NewEntry> {
    let replaces = entry.replaces.iter().map(|id| names.entry(record, id));
    let mut replaces: Vec<_> = replaces.collect::<Option<_>>()?;
    replaces.sort_unstable();
    // What an entry says of a row of a plan stands beside the plan's own name.
    let beside = entry.fields.iter().filter_map(|(_, value)| record_named(value));
    let mut of: Vec<RecordId> = beside.collect();
    of.push(*record);
    let fields =
        entry.fields.iter().map(|(code, value)| Some((*code, map_value(value, &of, names)?)));
    Some(NewEntry { fields: fields.collect::<Option<_>>()?, replaces, ..entry.clone() })
}

fn record_named(value: &Value) -> Option<RecordId> {
    RecordId::from_slice(value.as_bytes()?).ok()
}

fn map_value(value: &Value, of: &[RecordId], names: &impl Names) -> Option<Value> {
    if let Some(id) = value.as_text().and_then(|text| text.parse::<EntryId>().ok()) {
        let mut mapped = id;
        for record in of {
            mapped = names.entry(record, &id)?;
            if mapped != id {
                break;
            }
        }
        return Some(mapped.to_string().into());
    }
    let Some(record) = record_named(value) else { return Some(value.clone()) };
    let renamed = names.record(&record);
    if renamed != record {
        return Some(Value::Bytes(renamed.as_bytes().to_vec()));
    }
    let case = names.case(&CaseId::from_bytes(*record.as_bytes()));
    Some(Value::Bytes(case.as_bytes().to_vec()))
}

fn map_runs(runs: &[Run], names: &impl Names) -> Option<Vec<Run>> {
    let mut mapped = Vec::with_capacity(runs.len());
    for run in runs {
        match run {
            Run::Insert { after, text } => {
                let after = match after {
                    Some(after) => Some(names.element(after)?),
                    None => None,
                };
                mapped.push(Run::Insert { after, text: text.clone() });
            }
            Run::Delete { from, count } => map_delete(from, *count, names, &mut mapped)?,
        }
    }
    Some(mapped)
}

/// Characters that one actor wrote one after the other may be two actors' now.
fn map_delete(
    from: &ElementId,
    count: u64,
    names: &impl Names,
    mapped: &mut Vec<Run>,
) -> Option<()> {
    let mut open: Option<(ElementId, u64)> = None;
    for counter in from.counter..from.counter.saturating_add(count) {
        let new = names.element(&ElementId { counter, actor: from.actor })?;
        open = match open {
            Some((first, length)) if follows(&first, length, &new) => Some((first, length + 1)),
            Some((from, count)) => {
                mapped.push(Run::Delete { from, count });
                Some((new, 1))
            }
            None => Some((new, 1)),
        };
    }
    mapped.extend(open.map(|(from, count)| Run::Delete { from, count }));
    Some(())
}

fn follows(first: &ElementId, length: u64, next: &ElementId) -> bool {
    first.actor == next.actor && first.counter + length == next.counter
}

/// Where the operations of a change are now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// Who wrote it.
    pub(super) actor: Actor,
    /// Its first operation.
    pub(super) first: u64,
    /// How many it has.
    pub(super) count: u64,
    /// The same under its new name; none if it is gone.
    pub(super) now: Option<ElementId>,
}

/// A character by the spans that moved; others are where they were.
pub(super) fn element(spans: &[Span], id: &ElementId) -> Option<ElementId> {
    let holds = |span: &&Span| {
        span.actor == id.actor && (span.first..span.first + span.count).contains(&id.counter)
    };
    match spans.iter().find(holds) {
        None => Some(*id),
        Some(span) => span.now.map(|now| ElementId {
            counter: now.counter + (id.counter - span.first),
            actor: now.actor,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(n: u8) -> Actor {
        Actor::from_bytes([n; 16])
    }

    fn at(n: u8, counter: u64) -> ElementId {
        ElementId { counter, actor: actor(n) }
    }

    /// Characters 10 to 14 of actor 1 are 30 to 34 of actor 2 now, and 15 and 16 are gone.
    struct Moved;

    impl Names for Moved {
        fn entry(&self, _: &RecordId, id: &EntryId) -> Option<EntryId> {
            Some(*id)
        }

        fn record(&self, id: &RecordId) -> RecordId {
            *id
        }

        fn case(&self, id: &CaseId) -> CaseId {
            *id
        }

        fn element(&self, id: &ElementId) -> Option<ElementId> {
            let moved = Span { actor: actor(1), first: 10, count: 5, now: Some(at(2, 30)) };
            let gone = Span { actor: actor(1), first: 15, count: 2, now: None };
            element(&[moved, gone], id)
        }
    }

    #[test]
    fn a_deletion_over_characters_that_moved_is_cut_where_they_did() {
        let cut = map_runs(&[Run::Delete { from: at(1, 8), count: 6 }], &Moved);
        let first = Run::Delete { from: at(1, 8), count: 2 };
        assert_eq!(cut, Some(vec![first, Run::Delete { from: at(2, 30), count: 4 }]));
    }

    #[test]
    fn what_touches_characters_that_are_gone_goes_too() {
        let insert = |after| Run::Insert { after: Some(after), text: "x".into() };
        assert_eq!(map_runs(&[Run::Delete { from: at(1, 14), count: 2 }], &Moved), None);
        assert_eq!(map_runs(&[insert(at(1, 16))], &Moved), None);
        assert_eq!(map_runs(&[insert(at(1, 17))], &Moved), Some(vec![insert(at(1, 17))]));
        assert_eq!(map_runs(&[insert(at(1, 12))], &Moved), Some(vec![insert(at(2, 32))]));
        assert_eq!(map_runs(&[insert(at(3, 12))], &Moved), Some(vec![insert(at(3, 12))]));
    }
}
