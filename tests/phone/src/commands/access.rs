//! Who is named for a case's protection records, and who may not know of the case: in its own
//! record for named people.

use clap::Args;
use sync_core::device::Facts;
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::Compartment;
use sync_core::record::schema::Fact;

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::Home;
use crate::names;
use crate::output::Answer;
use crate::values::YesNo;

#[derive(Args)]
pub(crate) struct Exclude {
    #[command(flatten)]
    who: Who,
}

#[derive(Args)]
pub(crate) struct Name {
    #[command(flatten)]
    who: Who,
}

#[derive(Args)]
struct Who {
    case: String,
    user: String,
    /// `no` takes it back.
    #[arg(default_value = "yes")]
    yes: YesNo,
    #[arg(long)]
    reason: Option<String>,
}

impl Who {
    fn assert(&self, home: &Home, fact: Fact) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let case = names::case(&phone, &self.case)?;
        let user = names::user(&phone, &self.user)?;
        let facts = Facts::new(fact, self.yes.is_yes()).of(user.to_string());
        let facts = Facts { reason: self.reason.clone(), ..facts };
        let envelope = Envelope::of_case(case, Compartment::Protection);
        let saved = phone.device.assert(&envelope, &facts, phone.now)?;
        phone.saved(&saved, "")
    }
}

impl Act for Exclude {
    fn typed(&mut self) -> Vec<&mut String> {
        self.who.reason.iter_mut().collect()
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        self.who.assert(home, Fact::Excluded)
    }
}

impl Act for Name {
    fn typed(&mut self) -> Vec<&mut String> {
        self.who.reason.iter_mut().collect()
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        self.who.assert(home, Fact::Named)
    }
}
