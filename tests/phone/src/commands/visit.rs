//! Recording a visit.

use clap::Args;
use sync_core::record::kind::Kind;
use sync_core::record::schema::DETAILS;
use sync_core::time::Timestamp;

use crate::cli::Act;
use crate::entries::entry;
use crate::failure::Failure;
use crate::home::Home;
use crate::names;
use crate::output::Answer;
use crate::values::{self, Place, YesNo};

/// What a person says of a visit in their own words.
const NARRATIVES: u8 = 17;

#[derive(Args)]
pub(crate) struct Visit {
    case: String,
    /// When it was.
    #[arg(long, value_name = "TIME", value_parser = values::moment, allow_hyphen_values = true)]
    at: Timestamp,
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
    #[arg(long, value_name = "DAY", value_parser = values::day)]
    next_contact: Option<String>,
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
        let details = entry(DETAILS)
            .with(1, self.at.0)
            .maybe(4, self.place.clone())
            .maybe(6, self.purpose.clone())
            .maybe(7, self.present.clone())
            .maybe(8, self.child_seen.map(YesNo::is_yes))
            .maybe(9, self.seen_alone.map(YesNo::is_yes))
            .maybe(10, self.next_contact.clone())
            .done();
        let narrative = entry(NARRATIVES).with(1, self.text.as_str()).done();
        let (to, now) = (self.compartment.compartment(&phone), phone.now);
        let framework = phone.framework(case, None)?;
        let entries = vec![details, narrative];
        let saved = phone.device.make(case, Kind::Visit, to, &framework, entries, now)?;
        phone.saved(&saved, "")
    }
}
