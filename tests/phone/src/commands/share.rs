//! What is done with a whole record by an attested copy: sharing it, or moving it to where it
//! belongs.

use clap::Args;
use sync_core::ids::RecordId;
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::Compartment;

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::{Home, Phone};
use crate::names;
use crate::output::Answer;
use crate::values::Place;

#[derive(Args)]
pub(crate) struct Share {
    record: String,
    /// The agency that it is for; the team around the child if none is said.
    #[arg(long, value_name = "AGENCY")]
    to: Option<String>,
    /// The others will read it.
    #[arg(long)]
    reason: String,
}

#[derive(Args)]
pub(crate) struct Rehome {
    record: String,
    /// The child whose record it is; the same one if none is said.
    #[arg(long)]
    case: Option<String>,
    /// Whom it is for; the same people if nothing is said.
    #[arg(long)]
    compartment: Option<Place>,
    /// The others will read it.
    #[arg(long)]
    reason: String,
}

impl Act for Share {
    fn typed(&mut self) -> Vec<&mut String> {
        vec![&mut self.reason]
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let record = names::record(&phone, &self.record)?;
        let to = self.compartment(&phone)?;
        shareable(&phone.device.envelope(&record)?, to)?;
        let saved = phone.device.share(&record, to, &self.reason, phone.now)?;
        phone.saved(&saved, "")
    }
}

impl Share {
    fn compartment(&self, phone: &Phone) -> Result<Compartment, Failure> {
        match &self.to {
            Some(agency) => Ok(Compartment::Agency(names::agency(phone, agency)?)),
            None => Ok(Compartment::Team),
        }
    }
}

/// Refuses in plainer words than a rule could what is never shared.
fn shareable(envelope: &Envelope, to: Compartment) -> Result<(), Failure> {
    let why = match envelope.compartment {
        _ if envelope.made().is_none() => "a case's own record is not shared as a whole",
        Compartment::Protection => "protection records are not shared this way",
        Compartment::Team if to == Compartment::Team => "the team has this record already",
        here if here == to => "this agency has this record already",
        _ => return Ok(()),
    };
    Err(Failure::unclear(why))
}

impl Act for Rehome {
    fn typed(&mut self) -> Vec<&mut String> {
        vec![&mut self.reason]
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let record = names::record(&phone, &self.record)?;
        let envelope = phone.device.envelope(&record)?;
        let case = match &self.case {
            Some(case) => names::case(&phone, case)?,
            None => envelope.case,
        };
        let to = self.compartment.map(|place| place.compartment(&phone));
        let to = to.unwrap_or(envelope.compartment);
        if (case, to) == (envelope.case, envelope.compartment) {
            return Err(Failure::unclear(
                "say where it belongs: to another child (--case), to other people (--compartment)",
            ));
        }
        let saved = phone.device.rehome(&record, case, to, &self.reason, phone.now)?;
        phone.saved(&saved, &gone(&record))
    }
}

fn gone(record: &RecordId) -> String {
    format!(
        "record {record} is withdrawn from whoever may not see the new one, once this is sent\n"
    )
}
