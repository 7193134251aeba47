//! What somebody holds to be so: an assertion of one fact.

use serde::Deserialize;

use crate::ids::{EntryId, RecordId};
use crate::record::change::NewEntry;
use crate::record::kinds::Digest;
use crate::record::kinds::field::{Scalar, entry_ids};
use crate::record::schema::{FACTS, Fact, FieldType, fact_field};
use crate::record::value::Value;

/// An assertion to add. Its [`Assert::entry`] replaces what its author had seen and names.
///
/// In JSON the fact has its name, ids are hexadecimal text, and what is not said is left out:
/// `{"fact": "stage", "value": "2", "framework": "el-2007", "reason": "agreed today"}`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "Spelled")]
pub struct Assert {
    /// What it is about.
    pub fact: Fact,
    /// Of whom or what; none for the record as a whole.
    pub subject: Option<String>,
    /// What the author holds.
    pub value: Value,
    /// Why.
    pub reason: Option<String>,
    /// The framework whose words the value uses.
    pub framework: Option<String>,
    /// Whether all but named people are kept from the value.
    pub confidential: bool,
    /// Assertions of the same fact that the author had seen and replaces.
    pub replaces: Vec<EntryId>,
}

impl Assert {
    /// An assertion about the record as a whole, with nothing but its value.
    pub fn new(fact: Fact, value: impl Into<Value>) -> Self {
        Self {
            fact,
            subject: None,
            value: value.into(),
            reason: None,
            framework: None,
            confidential: false,
            replaces: Vec::new(),
        }
    }

    /// The same about somebody or something.
    #[must_use]
    pub fn about(self, subject: impl Into<String>) -> Self {
        Self { subject: Some(subject.into()), ..self }
    }

    /// The same with a reason.
    #[must_use]
    pub fn because(self, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }

    /// The same in a framework's words.
    #[must_use]
    pub fn in_words_of(self, framework: impl Into<String>) -> Self {
        Self { framework: Some(framework.into()), ..self }
    }

    /// The same in place of what the author had seen.
    #[must_use]
    pub fn replacing(self, seen: impl IntoIterator<Item = EntryId>) -> Self {
        Self { replaces: seen.into_iter().collect(), ..self }
    }

    /// The same, kept from all but named people.
    #[must_use]
    pub fn in_confidence(self) -> Self {
        Self { confidential: true, ..self }
    }

    /// The entry to add: fields and replaced assertions ascending, each once.
    #[must_use]
    pub fn entry(&self) -> NewEntry {
        let mut fields = vec![(fact_field::FACT, Value::Int(self.fact.code().into()))];
        let mut may = |code: u8, text: &Option<String>| {
            fields.extend(text.as_ref().map(|text| (code, text.as_str().into())));
        };
        may(fact_field::SUBJECT, &self.subject);
        may(fact_field::REASON, &self.reason);
        may(fact_field::FRAMEWORK, &self.framework);
        fields.push((fact_field::VALUE, self.value.clone()));
        if self.confidential {
            fields.push((fact_field::CONFIDENTIAL, true.into()));
        }
        fields.sort_by_key(|(code, _)| *code);
        let mut replaces = self.replaces.clone();
        replaces.sort_unstable();
        replaces.dedup();
        NewEntry { collection: FACTS, fields, replaces, text: None }
    }
}

/// The entry of an assertion that is not confidential.
#[must_use]
pub fn assert(
    fact: Fact,
    subject: Option<&str>,
    value: impl Into<Value>,
    reason: Option<&str>,
    framework: Option<&str>,
    replaces: &[EntryId],
) -> NewEntry {
    let assert = Assert {
        subject: subject.map(str::to_owned),
        reason: reason.map(str::to_owned),
        framework: framework.map(str::to_owned),
        replaces: replaces.to_vec(),
        ..Assert::new(fact, value)
    };
    assert.entry()
}

/// JSON that is no assertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAssertion {
    /// No fact has that name.
    #[error("no fact has that name")]
    NoSuchFact,
    /// The fact cannot hold that value.
    #[error("{0} cannot have that value")]
    WrongValue(&'static str),
}

/// An assertion as JSON spells it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spelled {
    fact: String,
    #[serde(default)]
    subject: Option<String>,
    value: serde_json::Value,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    framework: Option<String>,
    #[serde(default)]
    confidential: bool,
    #[serde(default, deserialize_with = "entry_ids")]
    replaces: Vec<EntryId>,
}

impl TryFrom<Spelled> for Assert {
    type Error = NotAnAssertion;

    fn try_from(spelled: Spelled) -> Result<Self, NotAnAssertion> {
        let fact = Fact::ALL.iter().copied().find(|fact| fact.name() == spelled.fact);
        let fact = fact.ok_or(NotAnAssertion::NoSuchFact)?;
        let value = value_of(fact.holds(), &spelled.value).filter(|it| fact.holds().accepts(it));
        Ok(Self {
            fact,
            subject: spelled.subject,
            value: value.ok_or(NotAnAssertion::WrongValue(fact.name()))?,
            reason: spelled.reason,
            framework: spelled.framework,
            confidential: spelled.confidential,
            replaces: spelled.replaces,
        })
    }
}

fn value_of(holds: FieldType, json: &serde_json::Value) -> Option<Value> {
    match holds {
        FieldType::Bool => json.as_bool().map(Value::Bool),
        FieldType::Int | FieldType::Time => json.as_i64().map(Value::Int),
        FieldType::Bytes(16) => Some(json.as_str()?.parse::<RecordId>().ok()?.to_value()),
        FieldType::Bytes(_) => Some(json.as_str()?.parse::<Digest>().ok()?.to_value()),
        _ => json.as_str().map(Value::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Assert, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn json_names_the_fact_and_its_value_must_fit() {
        let user = "0123456789abcdef0123456789abcdef";
        let lead = parse(&format!(r#"{{"fact": "lead_professional", "value": "{user}"}}"#));
        let user: crate::ids::UserId = user.parse().unwrap();
        assert_eq!(lead, Ok(Assert::new(Fact::LeadProfessional, user.to_value())));
        let due = parse(r#"{"fact": "review_date", "value": "22/11/2026"}"#).unwrap_err();
        assert!(due.contains("review_date cannot have that value"), "{due}");
        assert!(parse(r#"{"fact": "weather", "value": "rain"}"#).is_err());
        assert!(parse(r#"{"fact": "risk", "value": "high", "because": "x"}"#).is_err());
    }

    #[test]
    fn an_entry_has_its_fields_and_what_it_replaces_ascending_and_once() {
        let seen = |seq| EntryId { actor: crate::ids::Actor::from_bytes([1; 16]), seq, n: 0 };
        let entry = Assert::new(Fact::Address, "12 Sràid Àrd")
            .about("child")
            .because("moved")
            .in_confidence()
            .replacing([seen(3), seen(1), seen(3)])
            .entry();
        let codes: Vec<u8> = entry.fields.iter().map(|(code, _)| *code).collect();
        assert_eq!(codes, [1, 2, 3, 4, 6]);
        assert_eq!(entry.replaces, [seen(1), seen(3)]);
    }
}
