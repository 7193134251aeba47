//! From what an app hands over to the core's own types: parsed once, at the door.

use std::str::FromStr;

use sync_core::ids::{AgencyId, UserId};
use sync_core::record::schema::{Fact, FieldType};
use sync_core::record::value::Value;
use sync_core::time::Date;

use crate::error::PhoneError;

/// An id or other word of a known form.
pub(crate) fn parse<T: FromStr>(text: &str, what: &str) -> Result<T, PhoneError> {
    text.parse().map_err(|_| bad(format!("this is no {what}")))
}

/// The same where it may be left out.
pub(crate) fn parse_some<T: FromStr>(
    text: Option<&str>,
    what: &str,
) -> Result<Option<T>, PhoneError> {
    text.map(|text| parse(text, what)).transpose()
}

/// A day.
pub(crate) fn day(text: Option<&str>) -> Result<Option<Date>, PhoneError> {
    parse_some(text, "day: 2026-11-26 is expected")
}

/// Words that must be there.
pub(crate) fn words(text: String, what: &str) -> Result<String, PhoneError> {
    match text.trim().is_empty() {
        true => Err(bad(format!("{what} is missing"))),
        false => Ok(text),
    }
}

/// A fact by its name.
pub(crate) fn fact(name: &str) -> Result<Fact, PhoneError> {
    let found = Fact::ALL.iter().find(|fact| fact.name() == name).copied();
    found.ok_or_else(|| bad("there is no such fact"))
}

/// What a fact's value may be, from text: yes or no, a day, an id, a choice, words.
pub(crate) fn value(fact: Fact, text: &str) -> Result<Value, PhoneError> {
    let wrong = |expected: &str| bad(format!("{} is {expected}", fact.name().replace('_', " ")));
    match (fact, fact.holds()) {
        (Fact::LeadProfessional | Fact::NamedPerson, _) => {
            let user: UserId = parse(text, "person")?;
            Ok(Value::Bytes(user.as_bytes().to_vec()))
        }
        (Fact::RowAgency, _) => {
            let agency: AgencyId = parse(text, "agency")?;
            Ok(Value::Bytes(agency.as_bytes().to_vec()))
        }
        (_, FieldType::Int) => text.parse().map(Value::Int).map_err(|_| wrong("a whole number")),
        (_, FieldType::Date) => {
            let day: Date = text.parse().map_err(|_| wrong("a day, as in 2026-11-26"))?;
            Ok(day.to_string().into())
        }
        (_, FieldType::Bool) => match text {
            "yes" | "true" => Ok(true.into()),
            "no" | "false" => Ok(false.into()),
            _ => Err(wrong("yes or no")),
        },
        (_, FieldType::Choice(words)) if !words.contains(&text) => {
            Err(wrong(&format!("one of: {}", words.join(", ").replace('_', " "))))
        }
        _ => Ok(text.into()),
    }
}

pub(crate) fn bad(reason: impl Into<String>) -> PhoneError {
    PhoneError::BadInput { reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_what_its_fact_may_hold_or_a_reason_why_not() {
        assert_eq!(value(Fact::Shielded, "yes").unwrap(), Value::Bool(true));
        assert_eq!(value(Fact::NextContact, "2026-11-26").unwrap(), "2026-11-26".into());
        let reason = value(Fact::VisitRisk, "lion").unwrap_err().to_string();
        assert!(reason.contains("visit in pairs"), "{reason}");
        for (fact, text) in [
            (Fact::Shielded, "perhaps"),
            (Fact::NextContact, "soon"),
            (Fact::LeadProfessional, "Iona"),
            (Fact::Effect, "good"),
        ] {
            assert!(matches!(value(fact, text), Err(PhoneError::BadInput { .. })), "{text}");
        }
        assert!(words(" \n".into(), "the reason").is_err());
    }
}
