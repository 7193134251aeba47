//! Beginning an assessment by a framework's form.

use clap::Args;
use sync_core::framework::{Form, Framework};
use sync_core::record::kind::Kind;
use sync_core::record::schema::DETAILS;

use crate::cli::Act;
use crate::entries::entry;
use crate::failure::Failure;
use crate::home::Home;
use crate::names;
use crate::output::Answer;
use crate::values::Place;

#[derive(Args)]
pub(crate) struct Assessment {
    case: String,
    /// The form's code; the framework's first if none is said.
    #[arg(long)]
    form: Option<String>,
    /// The framework; the case's if none is said.
    #[arg(long)]
    framework: Option<String>,
    /// Whom the record is for.
    #[arg(long, default_value = "own")]
    compartment: Place,
}

impl Act for Assessment {
    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let case = names::case(&phone, &self.case)?;
        let framework = phone.framework(case, self.framework.as_deref())?;
        let missing = || Failure::unclear(format!("{framework} is not in force yet"));
        let form = self.form(phone.edition(&framework).ok_or_else(missing)?)?;
        let details = entry(DETAILS)
            .with(1, framework.as_str())
            .with(2, form.code.as_str())
            .maybe(3, Some(form.version.as_str()).filter(|version| !version.is_empty()))
            .done();
        let elements =
            form.elements.iter().map(|it| format!("element {}  {}\n", it.code, it.label));
        let elements: String = elements.collect();
        let (to, now) = (self.compartment.compartment(&phone), phone.now);
        let saved =
            phone.device.make(case, Kind::Assessment, to, &framework, vec![details], now)?;
        phone.saved(&saved, &elements)
    }
}

impl Assessment {
    fn form<'a>(&self, framework: &'a Framework) -> Result<&'a Form, Failure> {
        let found = match &self.form {
            Some(code) => framework.form(code),
            None => framework.forms.first(),
        };
        found.ok_or_else(|| {
            let known = framework.forms.iter().map(|form| form.code.as_str());
            let known = known.collect::<Vec<_>>().join(", ");
            Failure::unclear(format!("{} has no such form; it has {known}", framework.id))
        })
    }
}
