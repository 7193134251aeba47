//! What is done with a whole record: signing it, copying it for the team, correcting it.

use clap::Args;
use sha2::{Digest as _, Sha256};
use sync_core::ids::RecordId;
use sync_core::record::change::NewEntry;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::schema::{AMENDMENTS, COPIES, FACTS, Fact, SIGNATURES, fact_field};
use sync_core::record::value::Value;
use sync_core::view::{EntryView, RecordView};

use crate::cli::Act;
use crate::commands::show::entry_text;
use crate::entries::{entry, first};
use crate::failure::Failure;
use crate::home::{Home, Phone};
use crate::names;
use crate::output::Answer;

#[derive(Args)]
pub(crate) struct Sign {
    record: String,
    /// As what: author, co-ordinator, parent...
    #[arg(long)]
    role: Option<String>,
}

#[derive(Args)]
pub(crate) struct Share {
    record: String,
    #[arg(long)]
    reason: String,
}

#[derive(Args)]
pub(crate) struct Amend {
    record: String,
    /// The entry that is corrected.
    entry: String,
    /// The correction; `-` reads it from the input.
    #[arg(long, allow_hyphen_values = true)]
    text: String,
    #[arg(long)]
    reason: String,
}

impl Act for Sign {
    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let view = read(&phone, &names::record(&phone, &self.record)?)?;
        let signed = view.entries.iter().filter(|it| it.collection != "signatures");
        let text = signed.map(entry_text).collect::<Vec<_>>().join("\n");
        let signature = entry(SIGNATURES)
            .with(1, text.as_str())
            .with(2, digest(&text))
            .maybe(3, self.role.clone())
            .done();
        let envelope = phone.device.envelope(&view.id)?;
        let saved = phone.device.add(&envelope, vec![signature], phone.now)?;
        phone.saved(&saved, &format!("signed:\n{text}"))
    }
}

impl Act for Share {
    fn typed(&mut self) -> Vec<&mut String> {
        vec![&mut self.reason]
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let view = read(&phone, &names::record(&phone, &self.record)?)?;
        match view.compartment {
            Compartment::Agency(_) => {}
            Compartment::Team => return Err(Failure::unclear("the team has this record already")),
            Compartment::Protection => {
                return Err(Failure::unclear("protection records are not shared this way"));
            }
        }
        let entries = self.copies(&view)?;
        let framework = phone.framework(view.case, None)?;
        let (team, now) = (Compartment::Team, phone.now);
        let saved = phone.device.make(view.case, view.kind, team, &framework, entries, now)?;
        phone.saved(&saved, "")
    }
}

impl Share {
    /// Each contribution by itself, under the name of who wrote it. A concern keeps what it says of
    /// harm.
    fn copies(&self, view: &RecordView) -> Result<Vec<NewEntry>, Failure> {
        let mut entries = Vec::new();
        if view.kind == Kind::Concern {
            entries.push(with_reason(first(Fact::HarmSuspected, says_harm(view)), &self.reason));
        }
        let words =
            view.entries.iter().filter(|it| !matches!(it.collection, "facts" | "signatures"));
        entries.extend(words.map(|it| self.copy(view, it)));
        if entries.iter().all(|it| it.collection == FACTS) {
            return Err(Failure::unclear("this record says nothing yet"));
        }
        Ok(entries)
    }

    fn copy(&self, view: &RecordView, original: &EntryView) -> NewEntry {
        let text = entry_text(original);
        entry(COPIES)
            .with(1, Value::Bytes(view.id.as_bytes().to_vec()))
            .with(2, digest(&text))
            .with(3, text)
            .with(4, Value::Bytes(original.by.as_bytes().to_vec()))
            .with(5, original.at.0)
            .with(6, self.reason.as_str())
            .done()
    }
}

impl Act for Amend {
    fn typed(&mut self) -> Vec<&mut String> {
        vec![&mut self.text, &mut self.reason]
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let record = names::record(&phone, &self.record)?;
        let of = names::entry(&phone.device.record(&record)?, &self.entry)?;
        let amendment = entry(AMENDMENTS)
            .with(1, of.to_string())
            .with(2, self.text.as_str())
            .with(3, self.reason.as_str())
            .done();
        let envelope = phone.device.envelope(&record)?;
        let saved = phone.device.add(&envelope, vec![amendment], phone.now)?;
        phone.saved(&saved, "")
    }
}

fn read(phone: &Phone, record: &RecordId) -> Result<RecordView, Failure> {
    let case = phone.device.envelope(record)?.case;
    let mut records = phone.device.case(case, false)?.records.into_iter();
    let unreadable = || Failure::unclear("this record cannot be read by this version");
    records.find(|view| view.id == *record).ok_or_else(unreadable)
}

fn says_harm(view: &RecordView) -> bool {
    let facts = view.facts.as_array().map(Vec::as_slice).unwrap_or_default();
    let harm = facts.iter().find(|it| it["fact"] == Fact::HarmSuspected.name());
    harm.is_some_and(|it| it["in_force"]["value"]["value"] == true)
}

fn with_reason(mut assertion: NewEntry, reason: &str) -> NewEntry {
    assertion.fields.push((fact_field::REASON, reason.into()));
    assertion
}

fn digest(text: &str) -> Value {
    Value::Bytes(Sha256::digest(text).to_vec())
}
