//! Work that the server did not take. Nothing but its author deletes it.

use clap::Args;
use serde_json::json;

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::Home;
use crate::output::Answer;

#[derive(Args)]
pub(crate) struct Returned {
    /// This piece of work is dealt with.
    #[arg(long, value_name = "ID")]
    forget: Option<u64>,
}

impl Act for Returned {
    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let all = phone.device.returned()?;
        if let Some(id) = self.forget {
            let unknown = || Failure::unclear(format!("there is no returned work {id}"));
            let work = all.iter().find(|it| it.id == id).ok_or_else(unknown)?;
            phone.device.forget_returned(id)?;
            return Answer::new(&json!({ "forgotten": work }), format!("{id} is dealt with"));
        }
        let mut text = String::new();
        for it in &all {
            let kind = it.kind.map_or_else(|| "record".to_owned(), |kind| kind.to_string());
            text.push_str(&format!("{}  {kind} {}\n  {}\n", it.id, it.record, it.why));
            it.words.iter().for_each(|words| text.push_str(&format!("  | {words}\n")));
        }
        if all.is_empty() {
            text.push_str("Nothing came back: the server has, or will be sent, all you wrote.");
        }
        Answer::new(&all, text)
    }
}
