//! Requests for another agency's help: asking, deciding, and telling whoever asked what came of it.

use clap::{Args, Subcommand};
use serde::Serialize;
use sync_core::device::Saved;
use sync_core::ids::RecordId;
use sync_core::record::change::NewEntry;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::Contribution as _;
use sync_core::record::kinds::request::{Feedback, RequestDecision, RequestDraft};
use sync_core::time::Date;

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::{Home, Phone, items};
use crate::names;
use crate::output::Answer;
use crate::values;

#[derive(Args)]
pub(crate) struct Request {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Ask another agency for help. It is kept with your own agency; the agency asked gets an
    /// attested copy, in which you see what it decides.
    Make(Make),
    /// Say what your agency decided about a request to it.
    Decide {
        /// The request as your agency has it.
        record: String,
        /// The decision: accepted, declined...
        decision: String,
        #[arg(long)]
        reasons: Option<String>,
    },
    /// Tell whoever asked what came of it.
    Feedback {
        /// The request as your agency has it.
        record: String,
        /// What they are told; `-` reads it from the input.
        #[arg(long, allow_hyphen_values = true)]
        text: String,
    },
}

#[derive(Args)]
struct Make {
    case: String,
    /// The agency asked, with or without a sign-in here.
    #[arg(long)]
    to: String,
    /// Its name, or a person's there.
    #[arg(long)]
    to_name: Option<String>,
    /// Why help is asked for; `-` reads it from the input.
    #[arg(long, allow_hyphen_values = true)]
    reason: String,
    /// When an answer is due.
    #[arg(long, value_name = "DAY")]
    due: Option<Date>,
}

impl Act for Request {
    fn typed(&mut self) -> Vec<&mut String> {
        match &mut self.what {
            What::Make(Make { to_name, reason, .. }) => {
                to_name.iter_mut().chain([reason]).collect()
            }
            What::Decide { decision, reasons, .. } => {
                [decision].into_iter().chain(reasons).collect()
            }
            What::Feedback { text, .. } => vec![text],
        }
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        match &self.what {
            What::Make(make) => make.run(&mut phone),
            What::Decide { record, decision, reasons } => {
                let case = names::record_of(&phone, record, Kind::Request)?.case;
                values::check_listed(&phone, case, "request_decision", Some(decision))?;
                let (decision, reasons) = (decision.clone(), reasons.clone());
                add(&mut phone, record, RequestDecision { decision, reasons }.entry())
            }
            What::Feedback { record, text } => {
                add(&mut phone, record, Feedback { text: text.clone() }.entry())
            }
        }
    }
}

impl Make {
    fn run(&self, phone: &mut Phone) -> Result<Answer, Failure> {
        let case = names::case(phone, &self.case)?;
        let own = phone.device.identity().principal.agency;
        let to = names::agency(phone, &self.to)?;
        if to == own {
            return Err(Failure::unclear("this is your own agency: ask it, or plan it in a row"));
        }
        let draft = RequestDraft {
            to,
            reason: self.reason.clone(),
            to_name: self.to_name.clone(),
            response_due: self.due,
        };
        let saved = phone.make(case, Compartment::Agency(own), None, &draft)?;
        let asked = Compartment::Agency(to);
        // It is saved: what goes wrong from here on must not say that it is not.
        let copy = phone.device.share(&saved.record, asked, "asked for help", phone.now);
        let copy = copy.map(|copy| copy.record).map_err(|error| error.to_string());
        answer(phone, &saved, copy)
    }
}

#[derive(Serialize)]
struct Made<'a> {
    #[serde(flatten)]
    saved: &'a Saved,
    only_here: u64,
    /// The agency's copy.
    copy: Option<RecordId>,
}

fn answer(phone: &Phone, saved: &Saved, copy: Result<RecordId, String>) -> Result<Answer, Failure> {
    let only_here = phone.device.only_here().unwrap_or_default().changes;
    let made = Made { saved, only_here, copy: copy.as_ref().ok().copied() };
    let copied = match &copy {
        Ok(record) => format!("copy {record}, for the agency asked"),
        Err(why) => format!("the agency asked has no copy yet ({why}): share it"),
    };
    let (items, record) = (items(only_here), saved.record);
    Answer::new(&made, format!("saved on this phone ({items})\nrecord {record}\n{copied}"))
}

fn add(phone: &mut Phone, record: &str, entry: NewEntry) -> Result<Answer, Failure> {
    let envelope = names::record_of(phone, record, Kind::Request)?;
    let saved = phone.device.add(&envelope, vec![entry], phone.now)?;
    phone.saved(&saved, "")
}
