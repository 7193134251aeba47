//! What is done with a whole record: signing it, copying it for the team, correcting it.

use clap::Args;
use sync_core::ids::{CaseId, RecordId};
use sync_core::record::change::NewEntry;
use sync_core::record::envelope::Made;
use sync_core::record::fold::Folded;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::{Amendment, Assert, AttestedCopy, Contribution as _, Signature};
use sync_core::record::schema::Fact;
use sync_core::view::kinds::signing_text;

use crate::cli::Act;
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
        let record = names::record(&phone, &self.record)?;
        let text = words(&phone.device.record(&record)?)?;
        let signature = Signature { text: text.clone(), role: self.role.clone() };
        let envelope = phone.device.envelope(&record)?;
        let saved = phone.device.add(&envelope, vec![signature.entry()], phone.now)?;
        phone.saved(&saved, &format!("signed:\n{text}"))
    }
}

impl Act for Share {
    fn typed(&mut self) -> Vec<&mut String> {
        vec![&mut self.reason]
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let record = names::record(&phone, &self.record)?;
        let folded = phone.device.record(&record)?;
        let (case, made) = shareable(&folded)?;
        let mut entries = Vec::new();
        if made.kind == Kind::Concern && says_harm(&phone, &record)? {
            let harm = Assert::new(Fact::HarmSuspected, true).because(self.reason.as_str());
            entries.push(harm.entry());
        }
        entries.push(self.copy(record, &folded, made)?);
        let (team, now) = (Compartment::Team, phone.now);
        let framework = phone.framework(case, None)?;
        let saved = phone.device.make(case, made.kind, team, &framework, entries, now)?;
        phone.saved(&saved, "")
    }
}

impl Share {
    fn copy(&self, from: RecordId, folded: &Folded, made: &Made) -> Result<NewEntry, Failure> {
        let copy = AttestedCopy {
            from,
            text: words(folded)?,
            original_by: made.user,
            original_at: made.at,
            reason: Some(self.reason.clone()),
        };
        Ok(copy.entry())
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
        let amendment = Amendment { of, text: self.text.clone(), reason: self.reason.clone() };
        let envelope = phone.device.envelope(&record)?;
        let saved = phone.device.add(&envelope, vec![amendment.entry()], phone.now)?;
        phone.saved(&saved, "")
    }
}

/// The record's words in one text: what is signed, and what is copied.
fn words(folded: &Folded) -> Result<String, Failure> {
    let text = signing_text(folded);
    if text.is_empty() { Err(Failure::unclear("this record says nothing yet")) } else { Ok(text) }
}

/// Who made a record that an agency may share, and of which case it is.
fn shareable(folded: &Folded) -> Result<(CaseId, &Made), Failure> {
    let envelope = &folded.envelope;
    let whole = || Failure::unclear("a case's own record is not shared as a whole");
    match envelope.compartment {
        Compartment::Agency(_) => Ok((envelope.case, envelope.made().ok_or_else(whole)?)),
        Compartment::Team => Err(Failure::unclear("the team has this record already")),
        Compartment::Protection => {
            Err(Failure::unclear("protection records are not shared this way"))
        }
    }
}

/// Whether harm is suspected by what is in force in a concern.
fn says_harm(phone: &Phone, record: &RecordId) -> Result<bool, Failure> {
    let case = phone.device.envelope(record)?.case;
    let view = phone.device.case(case, false)?.records.into_iter().find(|it| it.id == *record);
    let facts = view.map(|view| view.facts).unwrap_or_default();
    let mut facts = facts.as_array().into_iter().flatten();
    let harm = facts.find(|it| it["fact"] == Fact::HarmSuspected.name());
    Ok(harm.is_some_and(|it| it["in_force"]["value"]["value"] == true))
}
