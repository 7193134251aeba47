//! Recording a concern. Suspected harm is a telephone call first: the numbers are shown at once,
//! whether or not anything can be saved.

use clap::Args;
use serde::Serialize;
use sync_core::device::Saved;
use sync_core::framework::Contact;
use sync_core::record::kinds::concern::{ConcernDraft, Told};
use sync_core::time::Timestamp;

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::{FIRST_FRAMEWORK, Home};
use crate::names;
use crate::output::{self, Answer};
use crate::values::{self, Place, YesNo};

#[derive(Args)]
pub(crate) struct Concern {
    case: String,
    /// What was seen; `-` reads it from the input.
    #[arg(long, allow_hyphen_values = true)]
    seen: String,
    /// Whether harm is suspected.
    #[arg(long)]
    harm: YesNo,
    /// What was done at once.
    #[arg(long)]
    action: Option<String>,
    /// Where it was seen.
    #[arg(long)]
    place: Option<String>,
    /// When it was seen.
    #[arg(long, value_name = "TIME", value_parser = values::moment, allow_hyphen_values = true)]
    at: Option<Timestamp>,
    /// Who was told by telephone.
    #[arg(long)]
    told: Option<String>,
    /// Whom the record is for. Could anyone on this team be involved? Then protection.
    #[arg(long, default_value = "own")]
    compartment: Place,
}

#[derive(Serialize)]
struct WithNumbers<'a> {
    #[serde(flatten)]
    saved: &'a Saved,
    only_here: u64,
    ring: &'a [Contact],
}

impl Act for Concern {
    fn typed(&mut self) -> Vec<&mut String> {
        let Self { seen, action, place, told, .. } = self;
        [action, place, told].into_iter().flatten().chain([seen]).collect()
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let case = names::case(&phone, &self.case);
        let framework = match &case {
            Ok(case) => phone.framework(*case, None)?,
            Err(_) => FIRST_FRAMEWORK.to_owned(),
        };
        let ring = match self.harm {
            YesNo::Yes => phone.device.numbers_of(&framework, phone.now),
            YesNo::No => Vec::new(),
        };
        show(&ring);
        let to = self.compartment.compartment(&phone);
        let draft = self.draft(phone.now);
        let saved = phone.make(case?, to, Some(&framework), &draft)?;
        if ring.is_empty() {
            return phone.saved(&saved, "");
        }
        let only_here = phone.device.only_here().unwrap_or_default().changes;
        let text = format!(
            "saved on this phone ({})\nrecord {}",
            crate::home::items(only_here),
            saved.record
        );
        Answer::new(&WithNumbers { saved: &saved, only_here, ring: &ring }, text)
    }
}

impl Concern {
    fn draft(&self, now: Timestamp) -> ConcernDraft {
        let by_telephone = || Some("telephone".to_owned());
        let told = self.told.iter();
        let told = told.map(|who| Told { who: who.clone(), when: now, how: by_telephone() });
        ConcernDraft {
            seen: self.seen.clone(),
            action: self.action.clone(),
            place: self.place.clone(),
            when: self.at,
            harm_suspected: Some(self.harm.is_yes()),
            indicators: Vec::new(),
            told: told.collect(),
        }
    }
}

fn show(ring: &[Contact]) {
    for contact in ring {
        let Contact { name, number, hours, .. } = contact;
        output::note(&format!("RING NOW  {number}  {name} ({hours})"));
    }
}
