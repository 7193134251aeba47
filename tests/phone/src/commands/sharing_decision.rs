//! Why something was shared, or was not: kept either way.

use clap::Args;
use sync_core::record::kinds::sharing_decision::{Basis, SharingDecisionDraft};

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::{Home, Phone};
use crate::names;
use crate::output::Answer;
use crate::values::{self, Place, YesNo};

#[derive(Args)]
pub(crate) struct SharingDecision {
    case: String,
    /// What it is about.
    #[arg(long)]
    what: String,
    /// The record that it opens.
    #[arg(long)]
    record: Option<String>,
    /// With whom, in words.
    #[arg(long)]
    to: String,
    /// The agency that it opens the record to.
    #[arg(long)]
    agency: Option<String>,
    /// What for.
    #[arg(long)]
    purpose: String,
    /// What it rests on.
    #[arg(long, value_parser = basis)]
    basis: Basis,
    /// Whether consent was sought.
    #[arg(long)]
    consent_sought: YesNo,
    /// Why consent was not sought, or what was answered.
    #[arg(long)]
    why: Option<String>,
    /// Why it is necessary and no more than is needed.
    #[arg(long)]
    necessary_because: String,
    /// Whether it was shared.
    #[arg(long)]
    shared: YesNo,
    /// Whom the decision is for.
    #[arg(long, default_value = "own")]
    compartment: Place,
}

impl Act for SharingDecision {
    fn typed(&mut self) -> Vec<&mut String> {
        let Self { what, to, purpose, why, necessary_because, .. } = self;
        [what, to, purpose, necessary_because].into_iter().chain(why).collect()
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let case = names::case(&phone, &self.case)?;
        self.check()?;
        let (to, draft) = (self.compartment.compartment(&phone), self.draft(&phone)?);
        let saved = phone.make(case, to, None, &draft)?;
        phone.saved(&saved, "")
    }
}

impl SharingDecision {
    /// A decision must be able to stand before whoever asks about it later.
    fn check(&self) -> Result<(), Failure> {
        let sought = self.consent_sought.is_yes();
        if self.basis == Basis::Consent && !sought {
            return Err(Failure::unclear(
                "consent cannot be the basis if nobody was asked: choose another basis, or --consent-sought yes",
            ));
        }
        if !sought && self.why.is_none() {
            return Err(Failure::unclear("say why consent was not sought (--why)"));
        }
        Ok(())
    }

    fn draft(&self, phone: &Phone) -> Result<SharingDecisionDraft, Failure> {
        let agency = self.agency.as_deref().map(|name| names::agency(phone, name)).transpose()?;
        let record = self.record.as_deref().map(|it| names::record(phone, it)).transpose()?;
        Ok(SharingDecisionDraft {
            what: self.what.clone(),
            record,
            to: self.to.clone(),
            purpose: self.purpose.clone(),
            basis: self.basis,
            consent_sought: self.consent_sought.is_yes(),
            why: self.why.clone(),
            necessary_because: self.necessary_because.clone(),
            shared: self.shared.is_yes(),
            agency,
        })
    }
}

fn basis(text: &str) -> Result<Basis, String> {
    values::choice(text, Basis::ALL, Basis::word)
}
