//! Somebody's own words, as they said them.

use clap::Args;
use sync_core::record::kinds::Contribution as _;
use sync_core::record::kinds::views::{How, ViewsDraft, WhatChanged};

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::Home;
use crate::names;
use crate::output::Answer;
use crate::values::{self, Place, YesNo};

#[derive(Args)]
pub(crate) struct Views {
    case: String,
    /// The child's, or which parent's.
    #[arg(long)]
    whose: String,
    /// How the words were given.
    #[arg(long, value_parser = how)]
    how: How,
    /// The words themselves; `-` reads them from the input.
    #[arg(long, allow_hyphen_values = true)]
    text: String,
    #[arg(long)]
    language: Option<String>,
    #[arg(long)]
    interpreter: Option<String>,
    #[arg(long)]
    alone: Option<YesNo>,
    /// Who was there.
    #[arg(long)]
    with: Option<String>,
    /// Whom the record is for.
    #[arg(long, default_value = "team")]
    compartment: Place,
}

#[derive(Args)]
pub(crate) struct Changed {
    /// The record of the views.
    record: String,
    /// What changed because of them; `-` reads it from the input.
    #[arg(long, allow_hyphen_values = true)]
    text: String,
}

impl Act for Views {
    fn typed(&mut self) -> Vec<&mut String> {
        vec![&mut self.text]
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let case = names::case(&phone, &self.case)?;
        let to = self.compartment.compartment(&phone);
        let saved = phone.make(case, to, None, &self.draft())?;
        phone.saved(&saved, "")
    }
}

impl Act for Changed {
    fn typed(&mut self) -> Vec<&mut String> {
        vec![&mut self.text]
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let record = names::record(&phone, &self.record)?;
        let envelope = phone.device.envelope(&record)?;
        let changed = WhatChanged { text: self.text.clone() };
        let saved = phone.device.add(&envelope, vec![changed.entry()], phone.now)?;
        phone.saved(&saved, "")
    }
}

impl Views {
    fn draft(&self) -> ViewsDraft {
        ViewsDraft {
            whose: self.whose.clone(),
            how: self.how,
            language: self.language.clone(),
            interpreter: self.interpreter.clone(),
            alone: self.alone.map(YesNo::is_yes),
            with: self.with.clone(),
            words: Some(self.text.clone()),
        }
    }
}

fn how(text: &str) -> Result<How, String> {
    values::choice(text, How::ALL, How::word)
}
