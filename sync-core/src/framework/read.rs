//! From a file's text to a [`Framework`], with errors that name the item.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::framework::clock::RawClock;
use crate::framework::{
    Calendar, Clock, Contact, FRAMEWORK_BYTES, Form, Framework, FrameworkError, ITEMS_PER_LIST,
    Origin, OutcomeSet, Stage, Threshold, WordList,
};
use crate::limits::OFFLINE_LEASE_DAYS;
use crate::time::Date;

/// The longest clock, days: a childhood.
const CLOCK_DAYS: u32 = 18 * 366;

pub(super) fn framework(text: &str) -> Result<Framework, FrameworkError> {
    if text.len() > FRAMEWORK_BYTES {
        return Err(FrameworkError::TooLong);
    }
    let table: Table = text.parse().map_err(|error| not_toml(text, &error))?;
    let mut file = Sections(table);
    let mut framework = Framework {
        id: file.line("id")?,
        name: file.line("name")?,
        authority: file.line("authority")?,
        jurisdiction: file.line("jurisdiction")?,
        effective_from: file.must("effective_from")?,
        stages: file.list::<Stage>("stages")?,
        outcome_sets: file.list("outcome_sets")?,
        forms: file.list("forms")?,
        lists: file.named("lists")?,
        consent: file.may("consent")?,
        clocks: file.list::<RawClock>("clocks")?.into_iter().map(Clock::from).collect(),
        calendars: file.list("calendars")?,
        contacts: file.list("contacts")?,
        offline_lease_days: file.may("offline_lease_days")?.unwrap_or(OFFLINE_LEASE_DAYS),
        disclosure: file.may("disclosure")?,
        thresholds: file.list("thresholds")?,
        other: file.0,
        source_text: text.to_owned(),
    };
    check(&framework)?;
    framework.stages.sort_by_key(|stage| stage.rank);
    Ok(framework)
}

fn not_toml(text: &str, error: &toml::de::Error) -> FrameworkError {
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = 1 + text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count();
    FrameworkError::NotToml { line, problem: error.message().to_owned() }
}

/// What of the file is still unread: in the end, what this version does not know.
struct Sections(Table);

impl Sections {
    fn may<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, FrameworkError> {
        self.0.remove(name).map(|value| read(name, value)).transpose()
    }

    fn must<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, FrameworkError> {
        self.may(name)?.ok_or_else(|| fault(name, "is missing"))
    }

    fn line(&mut self, name: &str) -> Result<String, FrameworkError> {
        let line: String = self.must(name)?;
        if line.trim().is_empty() || line.len() > 200 {
            return Err(fault(name, "must have between 1 and 200 bytes"));
        }
        Ok(line)
    }

    fn list<T: DeserializeOwned>(&mut self, name: &str) -> Result<Vec<T>, FrameworkError> {
        let items: Vec<Value> = self.may(name)?.unwrap_or_default();
        bounded(name, items.len())?;
        items
            .into_iter()
            .enumerate()
            .map(|(place, item)| read(&item_name(name, place, &item), item))
            .collect()
    }

    fn named<T: DeserializeOwned>(
        &mut self,
        name: &str,
    ) -> Result<BTreeMap<String, T>, FrameworkError> {
        let items: Table = self.may(name)?.unwrap_or_default();
        bounded(name, items.len())?;
        items
            .into_iter()
            .map(|(key, item)| Ok((key.clone(), read(&format!("{name}.{key}"), item)?)))
            .collect()
    }
}

fn read<T: DeserializeOwned>(item: &str, value: Value) -> Result<T, FrameworkError> {
    value.try_into().map_err(|error: toml::de::Error| fault(item, error.message()))
}

fn item_name(section: &str, place: usize, item: &Value) -> String {
    let code = item.get("code").and_then(Value::as_str).unwrap_or("without a code");
    format!("{section}, item {} ({code})", place + 1)
}

fn fault(item: impl Into<String>, problem: impl Into<String>) -> FrameworkError {
    FrameworkError::Item { item: item.into(), problem: problem.into() }
}

fn bounded(item: &str, count: usize) -> Result<(), FrameworkError> {
    if count > ITEMS_PER_LIST {
        return Err(fault(item, format!("has {count} items; at most {ITEMS_PER_LIST} are read")));
    }
    Ok(())
}

fn check(framework: &Framework) -> Result<(), FrameworkError> {
    check_stages(&framework.stages)?;
    check_outcomes(&framework.outcome_sets)?;
    check_forms(&framework.forms)?;
    for (name, list) in &framework.lists {
        check_list(&format!("lists.{name}"), list)?;
    }
    check_clocks(framework)?;
    check_calendars(&framework.calendars)?;
    check_contacts(&framework.contacts)?;
    check_thresholds(&framework.thresholds)?;
    for (name, origin) in [
        ("consent", framework.consent.as_ref().map(|rule| &rule.origin)),
        ("disclosure", framework.disclosure.as_ref().map(|rule| &rule.origin)),
    ] {
        origin.map_or(Ok(()), |origin| check_origin(name, "", origin))?;
    }
    Ok(())
}

fn check_stages(stages: &[Stage]) -> Result<(), FrameworkError> {
    unique("stages", stages.iter().map(|stage| stage.code.as_str()))?;
    let mut ranks = BTreeSet::new();
    for stage in stages {
        check_origin("stages", &stage.code, &stage.origin)?;
        if !ranks.insert(stage.rank) {
            return Err(fault(
                format!("stages ({})", stage.code),
                format!("another stage has rank {} too", stage.rank),
            ));
        }
    }
    Ok(())
}

fn check_outcomes(sets: &[OutcomeSet]) -> Result<(), FrameworkError> {
    unique("outcome_sets", sets.iter().map(|set| set.code.as_str()))?;
    for set in sets {
        check_origin("outcome_sets", &set.code, &set.origin)?;
        let item = format!("outcome_sets ({})", set.code);
        unique(&item, set.outcomes.iter().map(|outcome| outcome.code.as_str()))?;
    }
    Ok(())
}

fn check_forms(forms: &[Form]) -> Result<(), FrameworkError> {
    unique("forms", forms.iter().map(|form| form.code.as_str()))?;
    for form in forms {
        check_origin("forms", &form.code, &form.origin)?;
        let item = format!("forms ({})", form.code);
        unique(&item, form.elements.iter().map(|element| element.code.as_str()))?;
    }
    Ok(())
}

fn check_list(item: &str, list: &WordList) -> Result<(), FrameworkError> {
    check_origin(item, "", &list.origin)?;
    unique(item, list.words.iter().map(|word| word.code.as_str()))
}

fn check_clocks(framework: &Framework) -> Result<(), FrameworkError> {
    use crate::framework::Counting::Working;
    unique("clocks", framework.clocks.iter().map(Clock::code))?;
    for clock in &framework.clocks {
        check_origin("clocks", clock.code(), clock.origin())?;
        let Clock::Days { days, counting, .. } = clock else { continue };
        let item = || format!("clocks ({})", clock.code());
        if *days > CLOCK_DAYS {
            return Err(fault(item(), format!("runs for more than {CLOCK_DAYS} days")));
        }
        if let Working(calendar) = counting
            && framework.calendar(calendar).is_none()
        {
            let problem = "counts working days of a calendar that the framework does not have";
            return Err(fault(item(), problem));
        }
    }
    Ok(())
}

fn check_calendars(calendars: &[Calendar]) -> Result<(), FrameworkError> {
    unique("calendars", calendars.iter().map(|calendar| calendar.code.as_str()))?;
    for calendar in calendars {
        check_origin("calendars", &calendar.code, &calendar.origin)?;
        let item = format!("calendars ({})", calendar.code);
        bounded(&item, calendar.holidays.len())?;
        if calendar.covers_to < calendar.covers_from {
            return Err(fault(item, "ends before it begins"));
        }
        for holiday in &calendar.holidays {
            if holiday.to.is_some_and(|to| to < holiday.from) {
                return Err(fault(item, format!("{} ends before it begins", holiday.name)));
            }
        }
    }
    Ok(())
}

fn check_contacts(contacts: &[Contact]) -> Result<(), FrameworkError> {
    unique("contacts", contacts.iter().map(|contact| contact.code.as_str()))?;
    contacts.iter().try_for_each(|contact| check_origin("contacts", &contact.code, &contact.origin))
}

fn check_thresholds(thresholds: &[Threshold]) -> Result<(), FrameworkError> {
    let mut seen: BTreeSet<(&str, Option<Date>)> = BTreeSet::new();
    for threshold in thresholds {
        check_origin("thresholds", &threshold.code, &threshold.origin)?;
        let item = || format!("thresholds ({})", threshold.code);
        if !threshold.value.is_finite() {
            return Err(fault(item(), "its value is not a number"));
        }
        if !seen.insert((&threshold.code, threshold.effective_from)) {
            return Err(fault(item(), "two of this code begin on one day"));
        }
    }
    Ok(())
}

fn unique<'a>(item: &str, codes: impl Iterator<Item = &'a str>) -> Result<(), FrameworkError> {
    let mut seen = BTreeSet::new();
    for code in codes {
        if code.is_empty() || code.len() > 120 {
            return Err(fault(item, "every code must have between 1 and 120 bytes"));
        }
        if !seen.insert(code) {
            return Err(fault(item, format!("the code {code} is there twice")));
        }
        bounded(item, seen.len())?;
    }
    Ok(())
}

fn check_origin(section: &str, code: &str, origin: &Origin) -> Result<(), FrameworkError> {
    if origin.verified && origin.source.trim().is_empty() {
        let item = if code.is_empty() { section.into() } else { format!("{section} ({code})") };
        return Err(fault(item, "is marked verified but names no source"));
    }
    Ok(())
}
