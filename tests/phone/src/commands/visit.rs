//! Recording a visit.

use clap::Args;
use sync_core::record::kinds::visit::VisitDraft;
use sync_core::time::{Date, Timestamp};

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::Home;
use crate::names;
use crate::output::Answer;
use crate::values::{self, Place, YesNo};

#[derive(Args)]
pub(crate) struct Visit {
    case: String,
    /// When it was.
    #[arg(long, value_name = "TIME", value_parser = values::moment, allow_hyphen_values = true)]
    at: Timestamp,
    /// How long it took.
    #[arg(long)]
    minutes: Option<u32>,
    /// Where.
    #[arg(long)]
    place: Option<String>,
    #[arg(long)]
    purpose: Option<String>,
    /// Who was there.
    #[arg(long)]
    present: Option<String>,
    #[arg(long)]
    child_seen: Option<YesNo>,
    #[arg(long)]
    seen_alone: Option<YesNo>,
    /// What happened; `-` reads it from the input.
    #[arg(long, allow_hyphen_values = true)]
    text: String,
    /// When the child is next seen.
    #[arg(long, value_name = "DAY")]
    next_contact: Option<Date>,
    /// Whom the record is for.
    #[arg(long, default_value = "team")]
    compartment: Place,
}

impl Act for Visit {
    fn typed(&mut self) -> Vec<&mut String> {
        let Self { place, purpose, present, text, .. } = self;
        [place, purpose, present].into_iter().flatten().chain([text]).collect()
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let case = names::case(&phone, &self.case)?;
        let to = self.compartment.compartment(&phone);
        let saved = phone.make(case, to, None, &self.draft())?;
        phone.saved(&saved, "")
    }
}

impl Visit {
    fn draft(&self) -> VisitDraft {
        VisitDraft {
            at: self.at,
            planned: None,
            minutes: self.minutes,
            place: self.place.clone(),
            sort: None,
            purpose: self.purpose.clone(),
            present: self.present.clone(),
            child_seen: self.child_seen.map(YesNo::is_yes),
            seen_alone: self.seen_alone.map(YesNo::is_yes),
            next_contact: self.next_contact,
            visit_group: None,
            reference: None,
            narrative: Some(self.text.clone()),
        }
    }
}
