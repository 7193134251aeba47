//! Two cases about one child. Each lead professional says so in their own case; only when both have
//! does either team see the other's records.

use clap::{Args, Subcommand};
use serde_json::json;
use sync_core::ids::CaseId;
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::Contribution as _;
use sync_core::record::kinds::case::Alias;

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::{Home, Phone};
use crate::names;
use crate::output::{Answer, short};

#[derive(Args)]
pub(crate) struct Join {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Say in your case that another one is about the same child.
    Propose(Said),
    /// Say the same in yours, when the other's lead professional has told you.
    Agree(Said),
    /// Take it back: neither team sees the other's records any more.
    Undo(Said),
    /// What your phone knows of a case's joining.
    Show { case: String },
}

#[derive(Args)]
struct Said {
    /// Your case.
    case: String,
    /// The other one.
    other: String,
    /// How it is known.
    #[arg(long)]
    reason: String,
}

impl Act for Join {
    fn typed(&mut self) -> Vec<&mut String> {
        match &mut self.what {
            What::Propose(said) | What::Agree(said) | What::Undo(said) => vec![&mut said.reason],
            What::Show { .. } => Vec::new(),
        }
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        match &self.what {
            What::Propose(said) | What::Agree(said) => said.say(&mut phone, false),
            What::Undo(said) => said.say(&mut phone, true),
            What::Show { case } => show(&phone, names::case(&phone, case)?),
        }
    }
}

impl Said {
    fn say(&self, phone: &mut Phone, undone: bool) -> Result<Answer, Failure> {
        let case = names::case(phone, &self.case)?;
        let other = names::case(phone, &self.other)?;
        if case == other {
            return Err(Failure::unclear("these are one case already"));
        }
        if self.reason.trim().is_empty() {
            return Err(Failure::unclear("say how it is known: the others will read it"));
        }
        let reason = self.reason.clone();
        let alias = Alias { case: other, reason, undone: undone.then_some(true) };
        let envelope = Envelope::of_case(case, Compartment::Team);
        let saved = phone.device.add(&envelope, vec![alias.entry()], phone.now)?;
        let next = if undone { String::new() } else { ring(phone, case, other)? };
        phone.saved(&saved, &next)
    }
}

/// Nothing of a proposal travels to the other team: its lead is told by telephone.
fn ring(phone: &Phone, case: CaseId, other: CaseId) -> Result<String, Failure> {
    if phone.device.joined(case)?.contains(&other) {
        return Ok("both have said so: the cases are joined\n".to_owned());
    }
    let line = phone.device.directory()?.into_iter().find(|line| line.case == other);
    let whom = line.and_then(|line| line.ring);
    let people = phone.device.colleagues()?;
    let person = whom.and_then(|user| people.iter().find(|it| it.user == user));
    let who = person.map_or_else(|| "them".to_owned(), |it| format!("{} {}", it.name, it.phone));
    Ok(format!("the other lead professional must agree, too: ring {}\n", who.trim()))
}

fn show(phone: &Phone, case: CaseId) -> Result<Answer, Failure> {
    let (said, joined) = (phone.device.aliases(case)?, phone.device.joined(case)?);
    let names = names::names_of_cases(phone)?;
    let state = |other: &CaseId, yes: bool| match (joined.contains(other), yes) {
        (true, _) => "joined",
        (false, true) => "said here; the other side has not agreed, or this phone cannot see it",
        (false, false) => "taken back",
    };
    let rows: Vec<_> = said
        .iter()
        .map(|(other, yes)| json!({ "case": other, "state": state(other, *yes) }))
        .collect();
    let line = |(other, yes): (&CaseId, &bool)| {
        let name = names.get(other).map(String::as_str).unwrap_or_default();
        format!("{}  {name}: {}\n", short(other), state(other, *yes))
    };
    Answer::new(&rows, said.iter().map(line).collect::<String>())
}
