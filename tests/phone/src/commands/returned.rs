//! Work that the server did not take. Nothing but its author deletes it, and its author can take that
//! back.

use clap::Args;
use serde_json::json;
use sync_core::device::{DeviceError, Standing};
use sync_core::gate::refusal::{IN_REVIEW, RELEASED};

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::{Home, Phone};
use crate::output::Answer;

#[derive(Args)]
#[group(multiple = false)]
pub(crate) struct Returned {
    /// Write this piece of work again as it was, by what is allowed now.
    #[arg(long, value_name = "ID")]
    again: Option<u64>,
    /// This piece of work is dealt with: throw it away. For thirty days --keep gets it back.
    #[arg(long, value_name = "ID")]
    forget: Option<u64>,
    /// Get back what was thrown away.
    #[arg(long, value_name = "ID")]
    keep: Option<u64>,
    /// Show what was thrown away.
    #[arg(long)]
    forgotten: bool,
}

impl Act for Returned {
    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        match (self.again, self.forget, self.keep) {
            (Some(id), ..) => {
                let now = phone.now;
                let saved =
                    phone.device.write_again(id, now).map_err(|error| unknown(id, error))?;
                phone.saved(&saved, "")
            }
            (_, Some(id), _) => forget(&mut phone, id),
            (_, _, Some(id)) => {
                phone.device.keep(id).map_err(|error| unknown(id, error))?;
                Answer::new(
                    &json!({ "kept": id }),
                    format!("{id} is among the returned work again"),
                )
            }
            _ if self.forgotten => forgotten(&phone),
            _ => all(&phone),
        }
    }
}

fn forget(phone: &mut Phone, id: u64) -> Result<Answer, Failure> {
    let all = phone.device.returned()?;
    let work = all.into_iter().find(|it| it.id == id);
    let work = work.ok_or_else(|| unknown(id, DeviceError::NotReturned))?;
    phone.device.discard(id, phone.now)?;
    let text = format!("{id} is dealt with; for thirty days `returned --keep {id}` gets it back");
    Answer::new(&json!({ "forgotten": work }), text)
}

fn all(phone: &Phone) -> Result<Answer, Failure> {
    let all = phone.device.returned()?;
    let mut text = String::new();
    for it in &all {
        text.push_str(&words(it));
        text.push_str(&match it.reason.as_str() {
            IN_REVIEW | RELEASED => String::new(),
            _ => format!(
                "  to write it again as it is: returned --again {0}; or copy its words into a new \
                 entry, then: returned --forget {0}\n",
                it.id
            ),
        });
    }
    if all.is_empty() {
        text.push_str("Nothing came back: the server has, or will be sent, all you wrote.");
    }
    Answer::new(&all, text)
}

fn forgotten(phone: &Phone) -> Result<Answer, Failure> {
    let all = phone.device.discarded()?;
    let line =
        |it: &Standing| format!("{}  to get it back: returned --keep {}\n", words(it), it.id);
    let text: String = all.iter().map(|it| line(&it.work)).collect();
    Answer::new(&all, text)
}

fn words(it: &Standing) -> String {
    let kind = it.kind.map_or_else(|| "record".to_owned(), |kind| kind.to_string());
    let mut text = format!("{}  {kind} {}\n  {}\n", it.id, it.record, it.why);
    it.words.iter().for_each(|words| text.push_str(&format!("  | {words}\n")));
    text
}

fn unknown(id: u64, error: DeviceError) -> Failure {
    match error {
        DeviceError::NotReturned => Failure::unclear(format!("there is no returned work {id}")),
        error => error.into(),
    }
}
