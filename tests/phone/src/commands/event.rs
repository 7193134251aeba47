//! A line of the chronology that derives from no other record.

use clap::Args;
use sync_core::record::kinds::significant_event::SignificantEventDraft;
use sync_core::time::Date;

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::Home;
use crate::names;
use crate::output::Answer;
use crate::values::Place;

#[derive(Args)]
pub(crate) struct Event {
    case: String,
    /// On which day.
    #[arg(long, value_name = "DAY")]
    on: Date,
    /// What happened; `-` reads it from the input.
    #[arg(long, allow_hyphen_values = true)]
    what: String,
    /// What it did to the child.
    #[arg(long)]
    impact: Option<String>,
    /// Who says so.
    #[arg(long)]
    source: Option<String>,
    /// Whom the record is for.
    #[arg(long, default_value = "team")]
    compartment: Place,
}

impl Act for Event {
    fn typed(&mut self) -> Vec<&mut String> {
        let Self { what, impact, source, .. } = self;
        [what].into_iter().chain(impact).chain(source).collect()
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let case = names::case(&phone, &self.case)?;
        let to = self.compartment.compartment(&phone);
        let draft = SignificantEventDraft {
            on: self.on,
            what: self.what.clone(),
            impact: self.impact.clone(),
            source: self.source.clone(),
        };
        let saved = phone.make(case, to, None, &draft)?;
        phone.saved(&saved, "")
    }
}
