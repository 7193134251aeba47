//! Somebody's own words, as they said them.

use clap::Args;
use sync_core::record::kind::Kind;
use sync_core::record::schema::DETAILS;

use crate::cli::Act;
use crate::entries::entry;
use crate::failure::Failure;
use crate::home::Home;
use crate::names;
use crate::output::Answer;
use crate::values::{Place, YesNo};

const WORDS: u8 = 17;
const CHANGES: u8 = 18;

#[derive(Args)]
pub(crate) struct Views {
    case: String,
    /// The child's, or which parent's.
    #[arg(long)]
    whose: String,
    /// How the words were given.
    #[arg(long, value_parser = ["spoken", "drawn", "signed", "written", "observed"])]
    how: String,
    /// The words themselves; `-` reads them from the input.
    #[arg(long, allow_hyphen_values = true)]
    text: String,
    #[arg(long)]
    language: Option<String>,
    #[arg(long)]
    interpreter: Option<String>,
    #[arg(long)]
    alone: Option<YesNo>,
    /// Who was there.
    #[arg(long)]
    with: Option<String>,
    /// What changed because of them.
    #[arg(long)]
    changed: Option<String>,
    /// Whom the record is for.
    #[arg(long, default_value = "team")]
    compartment: Place,
}

impl Act for Views {
    fn typed(&mut self) -> Vec<&mut String> {
        let Self { text, changed, .. } = self;
        [text].into_iter().chain(changed).collect()
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let case = names::case(&phone, &self.case)?;
        let details = entry(DETAILS)
            .with(1, self.whose.as_str())
            .with(2, self.how.as_str())
            .maybe(3, self.language.clone())
            .maybe(4, self.interpreter.clone())
            .maybe(5, self.alone.map(YesNo::is_yes))
            .maybe(6, self.with.clone())
            .done();
        let mut entries = vec![details, entry(WORDS).with(1, self.text.as_str()).done()];
        entries.extend(self.changed.as_deref().map(|text| entry(CHANGES).with(1, text).done()));
        let (to, now) = (self.compartment.compartment(&phone), phone.now);
        let framework = phone.framework(case, None)?;
        let saved = phone.device.make(case, Kind::Views, to, &framework, entries, now)?;
        phone.saved(&saved, "")
    }
}
