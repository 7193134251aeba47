//! Settling a conflict: the assertion with which a person decides.

use crate::ids::EntryId;
use crate::limits::REPLACES_PER_ENTRY;
use crate::merge::Conflict;
use crate::record::change::NewEntry;
use crate::record::entry::{Assertion, Entry};
use crate::record::schema::{FACTS, Fact, fact_field};
use crate::record::value::Value;

/// An assertion that is still to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// The fact.
    pub fact: Fact,
    /// Of whom or what; empty for the record as a whole.
    pub subject: String,
    /// The value.
    pub value: Value,
    /// The framework whose words it uses.
    pub framework: Option<String>,
    /// Whether only named people may see it.
    pub confidential: bool,
    /// Why.
    pub reason: Option<String>,
    /// What it replaces.
    pub replaces: Vec<EntryId>,
}

impl Draft {
    /// The fields of its entry, ascending.
    #[must_use]
    pub fn fields(&self) -> Vec<(u8, Value)> {
        let text = |text: &Option<String>| text.clone().map(Value::Text);
        [
            (fact_field::FACT, Some(Value::Int(self.fact.code().into()))),
            (
                fact_field::SUBJECT,
                Some(self.subject.as_str()).filter(|s| !s.is_empty()).map(Value::from),
            ),
            (fact_field::VALUE, Some(self.value.clone())),
            (fact_field::REASON, text(&self.reason)),
            (fact_field::FRAMEWORK, text(&self.framework)),
            (fact_field::CONFIDENTIAL, self.confidential.then_some(Value::Bool(true))),
        ]
        .into_iter()
        .filter_map(|(code, value)| Some((code, value?)))
        .collect()
    }

    /// Its entry, as a change adds it.
    #[must_use]
    pub fn entry(self) -> NewEntry {
        let fields = self.fields();
        let mut replaces = self.replaces;
        replaces.sort_unstable();
        NewEntry { collection: FACTS, fields, replaces, text: None }
    }
}

/// What a settling assertion must replace, oldest first.
///
/// At most [`REPLACES_PER_ENTRY`]: more rivals than that take a second settlement, of the rest and
/// the first.
#[must_use]
pub fn settles(conflict: &Conflict) -> Vec<EntryId> {
    conflict.rivals.iter().rev().map(|rival| rival.entry).take(REPLACES_PER_ENTRY).collect()
}

/// The assertion that settles a conflict with a value, in the words of whoever holds it already; a value
/// that is for named people only stays so.
#[must_use]
pub fn settlement(conflict: &Conflict, entries: &[Entry], value: Value, reason: &str) -> Draft {
    let replaces = settles(conflict);
    let replaced = entries.iter().filter(|entry| replaces.contains(&entry.id));
    let replaced: Vec<_> = replaced.filter_map(Entry::assertion).collect();
    let alike: Vec<_> = replaced.iter().filter(|it| *it.value == value).collect();
    // Nobody said this value before: it is no more open than the closest of what it replaces.
    let like: Vec<_> = if alike.is_empty() { replaced.iter().collect() } else { alike };
    let framework = conflict.rivals.iter().find(|rival| rival.value.as_ref() == Some(&value));
    let framework = framework.and_then(|rival| rival.framework.clone());
    let others = || conflict.rivals.iter().find_map(|rival| rival.framework.clone());
    Draft {
        fact: conflict.fact,
        subject: conflict.subject.clone(),
        framework: framework.or_else(others),
        confidential: like.into_iter().any(Assertion::is_confidential),
        value,
        reason: Some(reason.to_owned()),
        replaces,
    }
}
