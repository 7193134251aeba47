//! Plans and their rows.

use clap::{Args, Subcommand};
use sync_core::device::Facts;
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::Contribution as _;
use sync_core::record::kinds::plan::{ActionStatus, PlanDraft, PlanRow, Rating};
use sync_core::record::schema::Fact;
use sync_core::time::Date;

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::{Home, Phone};
use crate::names;
use crate::output::Answer;
use crate::values;

#[derive(Args)]
pub(crate) struct Plan {
    case: String,
    /// When it is reviewed. A plan begins with its review or its first row.
    #[arg(long, value_name = "DAY")]
    review: Option<Date>,
    /// The first row's need.
    #[arg(long, requires = "action")]
    need: Option<String>,
    /// What the first row will do about it.
    #[arg(long, requires = "need")]
    action: Option<String>,
}

#[derive(Args)]
pub(crate) struct Row {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Add a row.
    Add(Add),
    /// Say how a row stands now.
    Set {
        record: String,
        /// The row's entry.
        row: String,
        /// need, action, outcome, evidence, agency, person, due, status, rating or effect.
        #[arg(value_parser = field)]
        field: Fact,
        value: String,
        #[arg(long)]
        reason: Option<String>,
    },
}

#[derive(Args)]
struct Add {
    record: String,
    #[arg(long)]
    need: String,
    #[arg(long)]
    action: String,
    #[arg(long)]
    outcome: Option<String>,
    /// How one will know.
    #[arg(long)]
    evidence: Option<String>,
    /// The agency that commits to it.
    #[arg(long)]
    agency: Option<String>,
    #[arg(long)]
    person: Option<String>,
    #[arg(long, value_name = "DAY")]
    due: Option<Date>,
    #[arg(long, value_parser = status)]
    status: Option<ActionStatus>,
    #[arg(long, value_parser = rating)]
    rating: Option<Rating>,
}

impl Act for Plan {
    fn typed(&mut self) -> Vec<&mut String> {
        self.need.iter_mut().chain(&mut self.action).collect()
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let case = names::case(&phone, &self.case)?;
        let first = self.need.clone().zip(self.action.clone());
        let rows = first.map(|(need, action)| PlanRow::new(need, action)).into_iter().collect();
        let draft = PlanDraft { rows, review_date: self.review, copy_holders: Vec::new() };
        let saved = phone.make(case, Compartment::Team, None, &draft)?;
        phone.saved(&saved, "")
    }
}

impl Act for Row {
    fn typed(&mut self) -> Vec<&mut String> {
        match &mut self.what {
            What::Add(Add { need, action, outcome, evidence, person, .. }) => {
                let optional = [outcome, evidence, person].into_iter().flatten();
                [need, action].into_iter().chain(optional).collect()
            }
            What::Set { value, reason, .. } => [value].into_iter().chain(reason).collect(),
        }
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        match &self.what {
            What::Add(add) => add.run(&mut phone),
            What::Set { record, row, field, value, reason } => {
                set(&mut phone, (record, row), *field, value, reason.as_deref())
            }
        }
    }
}

impl Add {
    fn run(&self, phone: &mut Phone) -> Result<Answer, Failure> {
        let record = names::record(phone, &self.record)?;
        let envelope = phone.device.envelope(&record)?;
        let row = self.row(phone)?;
        let saved = phone.device.add(&envelope, vec![row.entry()], phone.now)?;
        phone.saved(&saved, "")
    }

    fn row(&self, phone: &Phone) -> Result<PlanRow, Failure> {
        let agency = self.agency.as_deref().map(|name| names::agency(phone, name)).transpose()?;
        Ok(PlanRow {
            need: self.need.clone(),
            action: self.action.clone(),
            outcome: self.outcome.clone(),
            evidence: self.evidence.clone(),
            agency,
            person: self.person.clone(),
            due: self.due,
            status: self.status,
            rating: self.rating,
        })
    }
}

fn set(
    phone: &mut Phone,
    (record, row): (&str, &str),
    fact: Fact,
    value: &str,
    reason: Option<&str>,
) -> Result<Answer, Failure> {
    let record = names::record(phone, record)?;
    let row = names::entry(&phone.device.record(&record)?, row)?;
    let value = values::value(phone, fact, value)?;
    let facts = Facts { reason: reason.map(str::to_owned), ..Facts::new(fact, value) };
    let envelope = phone.device.envelope(&record)?;
    let saved = phone.device.assert(&envelope, &facts.of(row.to_string()), phone.now)?;
    phone.saved(&saved, "")
}

fn field(text: &str) -> Result<Fact, String> {
    values::fact(&format!("row_{text}")).map_err(|_| {
        "a row has need, action, outcome, evidence, agency, person, due, status, rating, effect"
            .to_owned()
    })
}

fn status(text: &str) -> Result<ActionStatus, String> {
    values::choice(text, ActionStatus::ALL, ActionStatus::word)
}

fn rating(text: &str) -> Result<Rating, String> {
    values::choice(text, Rating::ALL, Rating::word)
}
