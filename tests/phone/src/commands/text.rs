//! Co-written texts: what is typed is the whole new text and the version that it was based on.

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;
use sync_core::ids::{Actor, EntryId, RecordId, UserId};
use sync_core::record::history::ChangeName;

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::{Home, Phone, items};
use crate::names;
use crate::output::{Answer, short_entry};

#[derive(Args)]
pub(crate) struct Text {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Begin a text for an element of the form.
    Begin {
        record: String,
        /// The element's code.
        #[arg(long)]
        element: String,
        /// The text; `-` reads it from the input.
        #[arg(long, allow_hyphen_values = true)]
        text: String,
    },
    /// Hand over the whole new text.
    Edit {
        record: String,
        /// The text's entry, or its element if there is one text of it.
        entry: String,
        /// The whole new text; `-` reads it from the input.
        #[arg(long, allow_hyphen_values = true)]
        text: String,
        /// The version that it was based on; what this phone has now if none is said.
        #[arg(long)]
        based_on: Option<String>,
    },
    /// The texts as they stand, with the version to base an edit on.
    Show {
        record: String,
        /// One text only.
        entry: Option<String>,
    },
}

#[derive(Serialize)]
struct Shown {
    entry: EntryId,
    element: String,
    by: UserId,
    text: String,
}

impl Act for Text {
    fn typed(&mut self) -> Vec<&mut String> {
        match &mut self.what {
            What::Begin { text, .. } | What::Edit { text, .. } => vec![text],
            What::Show { .. } => Vec::new(),
        }
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        match &self.what {
            What::Begin { record, element, text } => begin(&mut phone, record, element, text),
            What::Edit { record, entry, text, based_on } => {
                edit(&mut phone, (record, entry), text, based_on.as_deref())
            }
            What::Show { record, entry } => show(&mut phone, record, entry.as_deref()),
        }
    }
}

fn begin(phone: &mut Phone, record: &str, element: &str, text: &str) -> Result<Answer, Failure> {
    let record = names::record(phone, record)?;
    let saved = phone.device.begin_text(&record, element, text, phone.now)?;
    let version = spell(&phone.device.version(&record)?);
    phone.saved(&saved, &format!("version {version}\n"))
}

fn edit(
    phone: &mut Phone,
    (record, entry): (&str, &str),
    text: &str,
    based_on: Option<&str>,
) -> Result<Answer, Failure> {
    let record = names::record(phone, record)?;
    let entry = names::entry(&phone.device.record(&record)?, entry)?;
    let version = match based_on {
        Some(spelt) => read_version(spelt)?,
        None => phone.device.version(&record)?,
    };
    phone.device.edit_text(&record, &entry, text, &version, phone.now)?;
    let only_here = phone.device.only_here().unwrap_or_default().changes;
    let version = spell(&phone.device.version(&record)?);
    let value =
        json!({ "record": record, "entry": entry, "version": version, "only_here": only_here });
    Answer::new(&value, format!("saved on this phone ({})\nversion {version}", items(only_here)))
}

fn show(phone: &mut Phone, record: &str, entry: Option<&str>) -> Result<Answer, Failure> {
    let record: RecordId = names::record(phone, record)?;
    let folded = phone.device.open_record(&record, phone.now)?;
    let only = entry.map(|entry| names::entry(&folded, entry)).transpose()?;
    let wanted = folded.entries.iter().filter(|it| only.is_none_or(|only| it.id == only));
    let texts: Vec<Shown> = wanted
        .filter_map(|it| {
            let element = it.text_of(1).unwrap_or_default().to_owned();
            Some(Shown { entry: it.id, element, by: it.by, text: it.text.clone()? })
        })
        .collect();
    let version = spell(&phone.device.version(&record)?);
    let mut text = String::new();
    for shown in &texts {
        text.push_str(&format!("{} ({})\n", shown.element, short_entry(&shown.entry)));
        text.push_str(&format!("{}\n\n", shown.text));
    }
    text.push_str(&format!("version {version}"));
    Answer::new(&json!({ "record": record, "version": version, "texts": texts }), text)
}

/// A version as one word.
fn spell(version: &[ChangeName]) -> String {
    let names = version.iter().map(|(actor, seq)| format!("{actor}-{seq}"));
    names.collect::<Vec<_>>().join("+")
}

fn read_version(spelt: &str) -> Result<Vec<ChangeName>, Failure> {
    let name = |word: &str| {
        let (actor, seq) = word.split_once('-')?;
        Some((actor.parse::<Actor>().ok()?, seq.parse().ok()?))
    };
    let names: Option<Vec<_>> = spelt.split('+').map(name).collect();
    names.ok_or_else(|| Failure::unclear("not a version: take it from `phone text show`"))
}
