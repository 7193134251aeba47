//! Beginning a case.

use clap::{Args, Subcommand};
use sync_core::record::kinds::case::{CaseFacts, Identifier};
use sync_core::time::Date;

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::Home;
use crate::names;
use crate::output::Answer;

#[derive(Args)]
pub(crate) struct Case {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Begin a case; one can begin before the child is born.
    Begin(Begin),
}

#[derive(Args)]
struct Begin {
    /// The cluster, by name or id; needed by those who work in several.
    #[arg(long)]
    cluster: Option<String>,
    #[arg(long)]
    given_name: Option<String>,
    #[arg(long)]
    family_name: Option<String>,
    #[arg(long, value_name = "DAY")]
    birth_date: Option<Date>,
    #[arg(long, value_name = "DAY")]
    expected_date: Option<Date>,
    /// School or nursery.
    #[arg(long)]
    school: Option<String>,
    /// The number by which the schools know the child: with the day of birth it brings an extract
    /// of the pupil roll.
    #[arg(long, value_name = "NUMBER")]
    scn: Option<String>,
    /// Home language.
    #[arg(long)]
    language: Option<String>,
}

impl Act for Case {
    fn typed(&mut self) -> Vec<&mut String> {
        let What::Begin(Begin { given_name, family_name, school, scn, language, .. }) =
            &mut self.what;
        [given_name, family_name, school, scn, language].into_iter().flatten().collect()
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let What::Begin(begin) = &self.what;
        let mut phone = home.open()?;
        let cluster = names::cluster(&phone, begin.cluster.as_deref())?;
        let entries = begin.facts().entries();
        if entries.is_empty() {
            return Err(Failure::unclear("say something of the child: a name, a day, a school"));
        }
        let now = phone.now;
        let saved = phone.device.begin_case(cluster, entries, now)?;
        phone.saved(&saved, "")
    }
}

impl Begin {
    fn facts(&self) -> CaseFacts {
        CaseFacts {
            given_name: self.given_name.clone(),
            family_name: self.family_name.clone(),
            birth_date: self.birth_date,
            expected_date: self.expected_date,
            school: self.school.clone(),
            language: self.language.clone(),
            identifiers: self.scn.as_deref().map(identifier).into_iter().collect(),
            ..CaseFacts::default()
        }
    }
}

fn identifier(number: &str) -> Identifier {
    Identifier { scheme: "SCN".to_owned(), number: number.to_owned() }
}
