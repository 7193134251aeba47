//! What is delivered against a plan's row, session by session, and how it works.

use clap::{Args, Subcommand};
use sync_core::device::Facts;
use sync_core::ids::{CaseId, EntryId, RecordId};
use sync_core::record::kind::Kind;
use sync_core::record::kinds::Contribution as _;
use sync_core::record::kinds::intervention::{InterventionDraft, Session};
use sync_core::record::schema::Fact;
use sync_core::record::value::Value;
use sync_core::time::{Date, Timestamp};

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::{Home, Phone};
use crate::names;
use crate::output::Answer;
use crate::values::{self, Place};

#[derive(Args)]
pub(crate) struct Intervention {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Record that something is delivered.
    Begin(Begin),
    /// Record a session.
    Session(Held),
    /// Say how it works, as a number on the framework's scale.
    Effect {
        record: String,
        #[arg(allow_hyphen_values = true)]
        value: i64,
        #[arg(long)]
        reason: Option<String>,
    },
    /// Say what it costs, as a band.
    Cost {
        record: String,
        band: String,
        #[arg(long)]
        reason: Option<String>,
    },
}

#[derive(Args)]
struct Begin {
    case: String,
    /// What is delivered.
    #[arg(long)]
    what: String,
    /// The plan that it serves.
    #[arg(long, value_name = "RECORD")]
    plan: Option<String>,
    /// The row of that plan.
    #[arg(long, value_name = "ENTRY", requires = "plan")]
    row: Option<String>,
    /// The first day.
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// What it costs, as a band.
    #[arg(long)]
    cost_band: Option<String>,
    /// Whom the record is for.
    #[arg(long, default_value = "team")]
    compartment: Place,
}

#[derive(Args)]
struct Held {
    record: String,
    /// When it began.
    #[arg(long, value_name = "TIME", value_parser = values::moment, allow_hyphen_values = true)]
    at: Timestamp,
    /// How long it took.
    #[arg(long)]
    minutes: Option<u32>,
    /// What happened; `-` reads it from the input.
    #[arg(long, allow_hyphen_values = true)]
    note: Option<String>,
}

impl Act for Intervention {
    fn typed(&mut self) -> Vec<&mut String> {
        match &mut self.what {
            What::Begin(Begin { what, .. }) => vec![what],
            What::Session(held) => held.note.iter_mut().collect(),
            What::Effect { reason, .. } | What::Cost { reason, .. } => reason.iter_mut().collect(),
        }
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        match &self.what {
            What::Begin(begin) => begin.run(&mut phone),
            What::Session(held) => held.run(&mut phone),
            What::Effect { record, value, reason } => {
                assert(&mut phone, record, Fact::Effect, Value::Int(*value), reason.as_ref())
            }
            What::Cost { record, band, reason } => {
                let case = names::record_of(&phone, record, Kind::Intervention)?.case;
                values::check_listed(&phone, case, "cost_band", Some(band))?;
                let band = band.as_str().into();
                assert(&mut phone, record, Fact::CostBand, band, reason.as_ref())
            }
        }
    }
}

impl Begin {
    fn run(&self, phone: &mut Phone) -> Result<Answer, Failure> {
        let case = names::case(phone, &self.case)?;
        values::check_listed(phone, case, "cost_band", self.cost_band.as_deref())?;
        let (plan, row) = self.serves(phone, case)?;
        let to = self.compartment.compartment(phone);
        let draft = InterventionDraft {
            what: self.what.clone(),
            plan,
            row,
            from: self.from,
            sessions: Vec::new(),
            effect: None,
            cost_band: self.cost_band.clone(),
        };
        let saved = phone.make(case, to, None, &draft)?;
        phone.saved(&saved, "")
    }

    /// The plan and its row, which must be of the same child.
    fn serves(
        &self,
        phone: &Phone,
        case: CaseId,
    ) -> Result<(Option<RecordId>, Option<EntryId>), Failure> {
        let Some(plan) = &self.plan else { return Ok((None, None)) };
        let envelope = names::record_of(phone, plan, Kind::Plan)?;
        if envelope.case != case {
            return Err(Failure::unclear("this plan is another child's"));
        }
        let folded = phone.device.record(&envelope.id())?;
        let row = self.row.as_deref().map(|row| names::entry(&folded, row)).transpose()?;
        Ok((Some(envelope.id()), row))
    }
}

impl Held {
    fn run(&self, phone: &mut Phone) -> Result<Answer, Failure> {
        let envelope = names::record_of(phone, &self.record, Kind::Intervention)?;
        let session = Session { at: self.at, minutes: self.minutes, note: self.note.clone() };
        let saved = phone.device.add(&envelope, vec![session.entry()], phone.now)?;
        phone.saved(&saved, "")
    }
}

fn assert(
    phone: &mut Phone,
    record: &str,
    fact: Fact,
    value: Value,
    reason: Option<&String>,
) -> Result<Answer, Failure> {
    let envelope = names::record_of(phone, record, Kind::Intervention)?;
    let facts = Facts { reason: reason.cloned(), ..Facts::new(fact, value) };
    let saved = phone.device.assert(&envelope, &facts, phone.now)?;
    phone.saved(&saved, "")
}
