//! The facts of a case, in its own record for the team.

use clap::Args;
use sync_core::device::Facts;
use sync_core::ids::CaseId;
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::Compartment;
use sync_core::record::schema::{Fact, facts_of};

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::{Home, Phone};
use crate::names;
use crate::output::Answer;
use crate::values;

#[derive(Args)]
pub(crate) struct Stage {
    case: String,
    /// The stage's code in the framework.
    value: String,
    #[arg(long)]
    reason: Option<String>,
    /// The framework; the case's if none is said.
    #[arg(long)]
    framework: Option<String>,
}

#[derive(Args)]
pub(crate) struct Lead {
    case: String,
    /// The lead professional.
    user: String,
    #[arg(long)]
    reason: Option<String>,
}

#[derive(Args)]
pub(crate) struct Member {
    case: String,
    user: String,
    #[arg(value_parser = ["member", "left", "provisional"])]
    state: String,
    #[arg(long)]
    reason: Option<String>,
}

#[derive(Args)]
pub(crate) struct Consent {
    case: String,
    /// Whose consent: child, mother...
    giver: String,
    /// all, none, or "all except health,police".
    scope: String,
    #[arg(long)]
    reason: Option<String>,
}

#[derive(Args)]
pub(crate) struct AnyFact {
    case: String,
    #[arg(value_parser = values::fact)]
    fact: Fact,
    /// Of whom or what, where a case has several.
    #[arg(long)]
    subject: Option<String>,
    #[arg(allow_hyphen_values = true)]
    value: String,
    #[arg(long)]
    reason: Option<String>,
    /// The framework; the case's if none is said.
    #[arg(long)]
    framework: Option<String>,
    /// For named people only: an address that nobody else may see, or any other address of the case.
    #[arg(long)]
    confidential: bool,
}

/// A fact as it was typed.
struct Said<'a> {
    case: &'a str,
    fact: Fact,
    subject: Option<&'a str>,
    value: &'a str,
    reason: Option<&'a str>,
    framework: Option<&'a str>,
    confidential: bool,
}

impl Said<'_> {
    fn assert(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let case = names::case(&phone, self.case)?;
        let place = if self.confidential { Compartment::Protection } else { Compartment::Team };
        let envelope = Envelope::of_case(case, place);
        if !facts_of(envelope.kind()).contains(&self.fact) {
            let fact = self.fact.name();
            return Err(Failure::unclear(format!("{fact} is not a fact of a case")));
        }
        let facts = self.facts(&phone, case)?;
        let saved = phone.device.assert(&envelope, &facts, phone.now)?;
        phone.saved(&saved, "")
    }

    fn facts(&self, phone: &Phone, case: CaseId) -> Result<Facts, Failure> {
        let fact = self.fact;
        let record = phone.device.record(&Compartment::Team.case_record(&case)).ok();
        let framework = values::framework_of(phone, case, fact, self.framework)?;
        if let Some(framework) = &framework {
            values::check_word(phone, framework, fact, self.value)?;
        }
        Ok(Facts {
            fact,
            subject: values::subject(phone, record.as_ref(), fact, self.subject)?,
            value: values::value(phone, fact, self.value)?,
            reason: self.reason.map(str::to_owned),
            framework,
            confidential: self.confidential,
        })
    }
}

impl Act for Stage {
    fn typed(&mut self) -> Vec<&mut String> {
        self.reason.iter_mut().collect()
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        Said {
            case: &self.case,
            fact: Fact::Stage,
            subject: None,
            value: &self.value,
            reason: self.reason.as_deref(),
            framework: self.framework.as_deref(),
            confidential: false,
        }
        .assert(home)
    }
}

impl Act for Lead {
    fn typed(&mut self) -> Vec<&mut String> {
        self.reason.iter_mut().collect()
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        Said {
            case: &self.case,
            fact: Fact::LeadProfessional,
            subject: None,
            value: &self.user,
            reason: self.reason.as_deref(),
            framework: None,
            confidential: false,
        }
        .assert(home)
    }
}

impl Act for Member {
    fn typed(&mut self) -> Vec<&mut String> {
        self.reason.iter_mut().collect()
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        Said {
            case: &self.case,
            fact: Fact::Member,
            subject: Some(&self.user),
            value: &self.state,
            reason: self.reason.as_deref(),
            framework: None,
            confidential: false,
        }
        .assert(home)
    }
}

impl Act for Consent {
    fn typed(&mut self) -> Vec<&mut String> {
        self.reason.iter_mut().collect()
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        Said {
            case: &self.case,
            fact: Fact::Consent,
            subject: Some(&self.giver),
            value: &self.scope,
            reason: self.reason.as_deref(),
            framework: None,
            confidential: false,
        }
        .assert(home)
    }
}

impl Act for AnyFact {
    fn typed(&mut self) -> Vec<&mut String> {
        [&mut self.value].into_iter().chain(&mut self.reason).collect()
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        Said {
            case: &self.case,
            fact: self.fact,
            subject: self.subject.as_deref(),
            value: &self.value,
            reason: self.reason.as_deref(),
            framework: self.framework.as_deref(),
            confidential: self.confidential,
        }
        .assert(home)
    }
}
