//! A co-written text: every character ever inserted, in an order on which all agree.
//!
//! The order is the document engine's: a character stands right after the one it was inserted
//! after, later insertions at the same spot first. Insertions and deletions only, so it needs no
//! document: equal to the engine's by property test, concurrency included.

use crate::ids::Actor;
use crate::record::change::{ElementId, Run};
use crate::record::difference::difference;

/// A co-written text.
#[derive(Clone, Debug, Default)]
pub struct CoText {
    elements: Vec<Element>,
}

#[derive(Clone, Debug)]
struct Element {
    id: ElementId,
    character: char,
    deleted: bool,
}

impl CoText {
    /// The text as it stands.
    #[must_use]
    pub fn text(&self) -> String {
        self.standing().map(|element| element.character).collect()
    }

    /// Inserts `text` after an element; the first character's operation is `counter`.
    pub fn insert(&mut self, after: Option<ElementId>, text: &str, counter: u64, actor: Actor) {
        let first = ElementId { counter, actor };
        let Some(start) = self.place(after, first) else { return };
        let new = text.chars().zip(counter..).map(|(character, counter)| Element {
            id: ElementId { counter, actor },
            character,
            deleted: false,
        });
        self.elements.splice(start..start, new);
    }

    /// Deletes `count` elements that one actor inserted one after the other.
    pub fn delete(&mut self, from: ElementId, count: u64) {
        let range = from.counter..from.counter.saturating_add(count);
        let mut left = count;
        let start = self.find(&from).unwrap_or(0);
        let (before, after) = self.elements.split_at_mut(start);
        for element in after.iter_mut().chain(before) {
            if element.id.actor == from.actor && range.contains(&element.id.counter) {
                element.deleted = true;
                left -= 1;
                if left == 0 {
                    return;
                }
            }
        }
    }

    /// Applies one run whose first operation is `counter`.
    pub fn apply(&mut self, run: &Run, counter: u64, actor: Actor) {
        match run {
            Run::Insert { after, text } => self.insert(*after, text, counter, actor),
            Run::Delete { from, count } => self.delete(*from, *count),
        }
    }

    /// The runs that turn the text into `new`: what a person changed, not the whole text.
    #[must_use]
    pub fn edit_to(&self, new: &str) -> Vec<Run> {
        let old = self.text();
        let standing: Vec<&Element> = self.standing().collect();
        let mut runs = Vec::new();
        let mut position = 0;
        for chunk in difference(&old, new) {
            match chunk {
                dissimilar::Chunk::Equal(text) => position += text.chars().count(),
                dissimilar::Chunk::Delete(text) => {
                    let end = position + text.chars().count();
                    runs.extend(deletions(&standing[position..end]));
                    position = end;
                }
                dissimilar::Chunk::Insert(text) => runs.push(Run::Insert {
                    after: position.checked_sub(1).map(|before| standing[before].id),
                    text: text.to_owned(),
                }),
            }
        }
        runs
    }

    /// The runs without what is deleted here already: somebody may have done so since the version on
    /// which they were written.
    #[must_use]
    pub fn without_deleted(&self, runs: Vec<Run>) -> Vec<Run> {
        let standing = |run| match run {
            Run::Delete { from, count } => {
                let range = from.counter..from.counter.saturating_add(count);
                let named =
                    |it: &&Element| it.id.actor == from.actor && range.contains(&it.id.counter);
                deletions(&self.standing().filter(named).collect::<Vec<_>>())
            }
            insertion @ Run::Insert { .. } => vec![insertion],
        };
        runs.into_iter().flat_map(standing).collect()
    }

    fn standing(&self) -> impl Iterator<Item = &Element> {
        self.elements.iter().filter(|element| !element.deleted)
    }

    fn find(&self, id: &ElementId) -> Option<usize> {
        self.elements.iter().position(|element| element.id == *id)
    }

    /// Where an insertion goes: after its element, past those inserted there later.
    fn place(&self, after: Option<ElementId>, first: ElementId) -> Option<usize> {
        let start = match after {
            None => 0,
            Some(after) => self.find(&after)? + 1,
        };
        let later = self.elements[start..].iter().take_while(|element| element.id > first);
        Some(start + later.count())
    }
}

/// Runs of elements that one actor inserted one after the other.
fn deletions(elements: &[&Element]) -> Vec<Run> {
    let mut runs: Vec<(ElementId, u64)> = Vec::new();
    for element in elements {
        match runs.last_mut() {
            Some((from, count))
                if from.actor == element.id.actor
                    && from.counter + *count == element.id.counter =>
            {
                *count += 1;
            }
            _ => runs.push((element.id, 1)),
        }
    }
    runs.into_iter().map(|(from, count)| Run::Delete { from, count }).collect()
}
