//! From what was typed to values.

use sync_core::device::words::{WordError, is_in_words};
use sync_core::ids::{AgencyId, CaseId};
use sync_core::merge::ConsentScope;
use sync_core::record::fold::Folded;
use sync_core::record::kind::Compartment;
use sync_core::record::schema::{Fact, FieldType, Subject};
use sync_core::record::value::Value;
use sync_core::time::{Date, Timestamp};

use crate::failure::Failure;
use crate::home::Phone;
use crate::names;

/// A moment: milliseconds since 1970, a day, or a time of day; without a zone, UTC.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(ms) = text.parse() {
        return Ok(Timestamp(ms));
    }
    if let Ok(stamp) = text.parse::<jiff::Timestamp>() {
        return Ok(Timestamp(stamp.as_millisecond()));
    }
    let local = text.parse::<jiff::civil::DateTime>();
    let zoned = local.and_then(|local| local.to_zoned(jiff::tz::TimeZone::UTC));
    zoned.map(|zoned| Timestamp(zoned.timestamp().as_millisecond())).map_err(|_| {
        "not a time: milliseconds since 1970 or 2026-11-22T09:30:00Z is expected".to_owned()
    })
}

/// One of a few words.
pub(crate) fn choice<T: Copy>(
    text: &str,
    all: &[T],
    word: impl Fn(T) -> &'static str,
) -> Result<T, String> {
    let found = all.iter().copied().find(|it| word(*it) == text);
    found.ok_or_else(|| {
        let known: Vec<_> = all.iter().map(|it| word(*it)).collect();
        format!("one of {} is expected", known.join(", "))
    })
}

/// Yes or no.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum YesNo {
    Yes,
    No,
}

impl YesNo {
    pub(crate) fn is_yes(self) -> bool {
        self == Self::Yes
    }
}

/// Who a new record is for.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Place {
    /// The team around the child.
    Team,
    /// One's own agency.
    Own,
    /// People named for protection.
    Protection,
}

impl Place {
    /// The compartment.
    pub(crate) fn compartment(self, phone: &Phone) -> Compartment {
        match self {
            Self::Team => Compartment::Team,
            Self::Own => Compartment::Agency(phone.device.identity().principal.agency),
            Self::Protection => Compartment::Protection,
        }
    }
}

/// A fact by its name.
pub(crate) fn fact(text: &str) -> Result<Fact, String> {
    let names = || Fact::ALL.iter().map(|fact| fact.name()).collect::<Vec<_>>().join(", ");
    let found = Fact::ALL.iter().find(|fact| fact.name() == text).copied();
    found.ok_or_else(|| format!("no such fact; there are {}", names()))
}

/// What a fact's value may be, from words.
pub(crate) fn value(phone: &Phone, fact: Fact, text: &str) -> Result<Value, Failure> {
    let wrong =
        |expected: &str| Failure::unclear(format!("{} is {expected}, not \"{text}\"", fact.name()));
    match (fact, fact.holds()) {
        (Fact::Consent, _) => Ok(scope(phone, text)?.to_string().into()),
        (Fact::LeadProfessional | Fact::NamedPerson, _) => {
            Ok(Value::Bytes(names::user(phone, text)?.as_bytes().to_vec()))
        }
        (Fact::RowAgency, _) => Ok(Value::Bytes(names::agency(phone, text)?.as_bytes().to_vec())),
        (_, FieldType::Int) => text.parse().map(Value::Int).map_err(|_| wrong("a whole number")),
        (_, FieldType::Date) => match text.parse::<Date>() {
            Ok(day) => Ok(day.to_string().into()),
            Err(_) => Err(wrong("a day, 2026-11-22")),
        },
        (_, FieldType::Bool) => match text {
            "yes" | "true" => Ok(true.into()),
            "no" | "false" => Ok(false.into()),
            _ => Err(wrong("yes or no")),
        },
        (_, FieldType::Choice(words)) if !words.contains(&text) => {
            Err(wrong(&format!("one of {}", words.join(", "))))
        }
        (_, _) => Ok(text.into()),
    }
}

/// A scope of consent in which agencies may be named by slug: `all except health,police`.
pub(crate) fn scope(phone: &Phone, text: &str) -> Result<ConsentScope, Failure> {
    let Some(agencies) = text.strip_prefix("all except ") else {
        return text.parse().map_err(|_| {
            Failure::unclear("consent is \"all\", \"none\" or \"all except AGENCY,AGENCY\"")
        });
    };
    let names = agencies.split(',').map(str::trim);
    let agencies: Result<Vec<AgencyId>, _> = names.map(|it| names::agency(phone, it)).collect();
    Ok(ConsentScope::all_except(agencies?))
}

/// A fact's subject, from words.
pub(crate) fn subject(
    phone: &Phone,
    record: Option<&Folded>,
    fact: Fact,
    text: Option<&str>,
) -> Result<String, Failure> {
    let missing = || Failure::unclear(format!("say of whom or what: {} --subject", fact.name()));
    match (fact.subject(), text, record) {
        (Subject::None, None, _) => Ok(String::new()),
        (Subject::None, Some(_), _) => {
            Err(Failure::unclear(format!("{} has no subject", fact.name())))
        }
        (_, None, _) => Err(missing()),
        (Subject::User, Some(text), _) => Ok(names::user(phone, text)?.to_string()),
        (Subject::Entry, Some(text), Some(record)) => Ok(names::entry(record, text)?.to_string()),
        (Subject::Entry | Subject::Word, Some(text), _) => Ok(text.to_owned()),
    }
}

/// The framework in whose words a fact speaks, if it does in any.
pub(crate) fn framework_of(
    phone: &Phone,
    case: CaseId,
    fact: Fact,
    asked: Option<&str>,
) -> Result<Option<String>, Failure> {
    if is_in_words(fact) { phone.framework(case, asked).map(Some) } else { Ok(None) }
}

/// Refuses a word that a framework does not have, naming those that it has.
pub(crate) fn check_word(
    phone: &Phone,
    framework: &str,
    fact: Fact,
    word: &str,
) -> Result<(), Failure> {
    let checked = phone.device.check_word(framework, fact, word, phone.now);
    checked.map_err(|error| wrong_word(error, word))
}

/// Refuses a word that the case's framework does not have in a list. A framework without the list
/// leaves people their own words.
pub(crate) fn check_listed(
    phone: &Phone,
    case: CaseId,
    list: &str,
    word: Option<&str>,
) -> Result<(), Failure> {
    let framework = phone.framework(case, None)?;
    let Some(word) = word else { return Ok(()) };
    let checked = phone.device.check_listed_in(&framework, list, word, phone.now);
    checked.map_err(|error| wrong_word(error, word))
}

/// Why a word is not to be written, with what was typed.
pub(crate) fn wrong_word(error: WordError, typed: &str) -> Failure {
    match error {
        WordError::UnknownFramework { known } => {
            let known = known.join(", ");
            Failure::unclear(format!("no framework is called {typed}; there are {known}"))
        }
        WordError::UnknownWord { framework, list, known } => {
            let known = known.join(", ");
            Failure::unclear(format!("{framework} has no {list} \"{typed}\"; it has {known}"))
        }
    }
}

/// The parts of a text with `|` between them; what is not said is empty, the first must be said.
pub(crate) fn parts<const N: usize>(text: &str, form: &str) -> Result<[String; N], Failure> {
    let mut parts: Vec<_> = text.split('|').map(|part| part.trim().to_owned()).collect();
    let said = parts.first().is_some_and(|first| !first.is_empty());
    if !said || parts.len() > N {
        return Err(Failure::unclear(format!("\"{text}\" is not of the form \"{form}\"")));
    }
    parts.resize(N, String::new());
    parts.try_into().map_err(|_| Failure::unclear(form))
}
