//! Signing a record, and correcting it beside what it says.

use clap::Args;
use sync_core::record::fold::Folded;
use sync_core::record::kinds::{Amendment, Contribution as _, Signature};
use sync_core::view::kinds::signing_text;

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::Home;
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
        let text = words(&phone.device.open_record(&record, phone.now)?)?;
        let signature = Signature { text: text.clone(), role: self.role.clone() };
        let envelope = phone.device.envelope(&record)?;
        let saved = phone.device.add(&envelope, vec![signature.entry()], phone.now)?;
        phone.saved(&saved, &format!("signed:\n{text}"))
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

/// The record's words in one text: what is signed.
fn words(folded: &Folded) -> Result<String, Failure> {
    let text = signing_text(folded);
    if text.is_empty() { Err(Failure::unclear("this record says nothing yet")) } else { Ok(text) }
}
