//! Beginning an assessment by a framework's form.

use clap::Args;
use sync_core::framework::{Form, Framework};
use sync_core::record::kinds::assessment::AssessmentDraft;

use crate::cli::Act;
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
        let version = Some(form.version.clone()).filter(|version| !version.is_empty());
        let draft = AssessmentDraft {
            framework: framework.clone(),
            form: form.code.clone(),
            form_version: version,
            texts: Vec::new(),
            findings: Vec::new(),
            conclusions: Vec::new(),
            review_point: None,
        };
        let elements =
            form.elements.iter().map(|it| format!("element {}  {}\n", it.code, it.label));
        let elements: String = elements.collect();
        let to = self.compartment.compartment(&phone);
        let saved = phone.make(case, to, Some(&framework), &draft)?;
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
