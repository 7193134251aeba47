//! A case on the screen.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::Value as Json;
use sync_core::ids::UserId;
use sync_core::view::{ChronologyLine, EntryView, ExtractView, RecordView, Warnings};

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::Home;
use crate::names;
use crate::output::{Answer, short, short_entry, table};

#[derive(Args)]
pub(crate) struct Show {
    case: String,
    /// Leave out what only this phone has: two phones that may see the same print the same.
    #[arg(long)]
    shared: bool,
}

#[derive(Args)]
pub(crate) struct Chronology {
    case: String,
}

impl Act for Show {
    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let case = names::case(&phone, &self.case)?;
        let opened = phone.device.open_case(case, phone.now)?;
        let view = if self.shared { phone.device.case(case, true)? } else { opened };
        let people = names::names_of_users(&phone)?;
        let name = names::names_of_cases(&phone)?.remove(&case).unwrap_or_default();
        let mut text = format!("{name}\ncase {case}\n");
        text.push_str(&warned(&view.warnings));
        view.extract.iter().for_each(|extract| text.push_str(&schooling(extract)));
        if view.unreadable > 0 {
            let count = view.unreadable;
            text.push_str(&format!(
                "NOT ALL IS SHOWN: {count} of its records cannot be read here. Update the app; if \
                 that does not help, they are damaged on this phone.\n"
            ));
        }
        view.records.iter().for_each(|record| text.push_str(&shown(record, &people)));
        Answer::new(&view, text)
    }
}

impl Act for Chronology {
    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let case = names::case(&phone, &self.case)?;
        let lines = phone.device.open_case(case, phone.now)?.chronology;
        let people = names::names_of_users(&phone)?;
        let row = |line: &ChronologyLine| {
            let what = line.what.replace('\n', " ");
            let (at, kind) = (line.at.to_string(), line.kind.to_string());
            [at, short(&line.record), kind, who(&line.by, &people), what]
        };
        let rows: Vec<_> = lines.iter().map(row).collect();
        Answer::new(&lines, table(["when", "record", "kind", "by", "what"], &rows))
    }
}

/// What the schools say, which nobody here can change.
/// What a visitor must know, before anything else.
fn warned(warnings: &Warnings) -> String {
    let mut text = String::new();
    for risk in &warnings.visit_risk {
        text.push_str(&format!("BEFORE YOU VISIT: {}\n", risk.replace('_', " ")));
    }
    for contact in &warnings.contact {
        let how = contact.restriction.join("; or: ");
        text.push_str(&format!("CONTACT WITH {} IS RESTRICTED: {how}\n", contact.person));
    }
    if warnings.address_withheld {
        text.push_str("ADDRESSES ARE WITHHELD: one is confidential. Ask the lead professional.\n");
    }
    text
}

fn schooling(extract: &ExtractView) -> String {
    let ExtractView { school, year_group, as_of, .. } = extract;
    let mut text = format!("\nfrom the pupil roll  {school}, {year_group}, as of {as_of}\n");
    for term in &extract.terms {
        let flag = if term.persistent_absence == Some(true) { "  PERSISTENT ABSENCE" } else { "" };
        let (attended, possible) = (term.attended, term.possible);
        text.push_str(&format!("  {}: {attended} of {possible} half days{flag}\n", term.term));
    }
    for excluded in &extract.exclusions {
        let (from, half_days, cause) = (excluded.from, excluded.half_days, &excluded.cause);
        text.push_str(&format!("  excluded from {from} for {half_days} half days: {cause}\n"));
        if let Some(day) = excluded.education_from {
            text.push_str(&format!("    to be taught from {day}\n"));
        }
    }
    text
}

fn shown(record: &RecordView, people: &BTreeMap<UserId, String>) -> String {
    let mut text = format!("\n{} {}  for {}\n", record.kind, record.id, record.compartment);
    if let Some(target) = &record.moved_to {
        text.push_str(&format!("  moved to {target}: it counts there, not here\n"));
    }
    for fact in record.facts.as_array().into_iter().flatten() {
        text.push_str(&fact_line(fact, people));
    }
    for entry in record.entries.iter().filter(|entry| entry.collection != "facts") {
        let unsent = if entry.position.is_none() { "  only on this phone" } else { "" };
        let by = who(&entry.by, people);
        text.push_str(&format!("  {}  {by}, {}{unsent}\n", short_entry(&entry.id), entry.at));
        let said = entry_text(entry);
        let lines = said.lines().map(|line| with_names(entry, line, people));
        lines.for_each(|line| text.push_str(&format!("    {line}\n")));
    }
    text
}

/// What a fact is, and who says otherwise.
fn fact_line(fact: &Json, people: &BTreeMap<UserId, String>) -> String {
    let in_force = &fact["in_force"];
    let held = match in_force["kind"].as_str() {
        Some("one") => value(&in_force["value"], people),
        Some("several") => {
            let all = in_force["value"].as_array().into_iter().flatten();
            all.map(|held| value(held, people)).collect::<Vec<_>>().join(" / ")
        }
        Some("combined") => plain(&in_force["value"]),
        Some(other) => other.to_owned(),
        None => String::new(),
    };
    let of = fact["subject"].as_str().filter(|subject| !subject.is_empty());
    let of = of.map(|of| format!(" of {}", named(of, people))).unwrap_or_default();
    let mut line = format!("  {}{of}: {held}\n", plain(&fact["fact"]));
    if fact["disputed"] == true {
        for rival in fact["rivals"].as_array().into_iter().flatten() {
            let by = rival["by"].as_str().map(|by| named(by, people)).unwrap_or_default();
            line.push_str(&format!("    disputed: {} says {}\n", by, value(rival, people)));
        }
    }
    line
}

/// A value with its framework's name for it; people by their names.
fn value(held: &Json, people: &BTreeMap<UserId, String>) -> String {
    let shown = plain(&held["value"]);
    match held["label"].as_str() {
        Some(label) => format!("{label} ({shown})"),
        None => named(&shown, people),
    }
}

fn named(text: &str, people: &BTreeMap<UserId, String>) -> String {
    let known = text.parse().ok().and_then(|user: UserId| people.get(&user));
    known.cloned().unwrap_or_else(|| text.to_owned())
}

fn who(user: &UserId, people: &BTreeMap<UserId, String>) -> String {
    people.get(user).cloned().unwrap_or_else(|| short(user))
}

/// A line of a copy says by whom it is with an id: here with the name.
fn with_names(entry: &EntryView, line: &str, people: &BTreeMap<UserId, String>) -> String {
    let by = line.split_once("  by: ").filter(|_| entry.collection == "copies");
    match by {
        Some((before, user)) => format!("{before}  by: {}", named(user, people)),
        None => line.to_owned(),
    }
}

/// Everything that an entry says.
fn entry_text(entry: &EntryView) -> String {
    let mut lines = vec![format!("[{}]", entry.collection)];
    lines.extend(entry.says.iter().map(|(field, value)| format!("{field}: {}", plain(value))));
    lines.extend(entry.text.clone());
    lines.join("\n")
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
