//! Early warnings on a phone: what asks for attention in the user's cases, as far as the phone can see.

use serde::Serialize;

use crate::device::{Device, DeviceError};
use crate::ids::{CaseId, RecordId};
use crate::merge::Context;
use crate::record::fold::Folded;
use crate::store::Store;
use crate::time::Date;
use crate::view::gist::{CaseInBrief, Gist};
use crate::view::signals::{Rules, Signal};

/// An early warning in one of the user's cases.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct EarlyWarning {
    /// What, from when, and why.
    #[serde(flatten)]
    pub signal: Signal,
    /// The child's name.
    pub name: String,
    /// The case.
    pub case: CaseId,
}

impl<S: Store> Device<S> {
    /// What asks for attention in the user's open cases today, the most pressing first. What other
    /// agencies keep to themselves is not seen here: their views of a child, say.
    ///
    /// # Errors
    /// [`DeviceError`]
    ///
    /// ```no_run
    /// # use sync_core::device::Device;
    /// # fn show(device: &Device<sync_core::store::memory::MemoryStore>) -> Result<(), Box<dyn std::error::Error>> {
    /// for warning in device.early_warnings("2026-11-26".parse()?)? {
    ///     println!("{}: {}. {}", warning.name, warning.signal.sign.words(), warning.signal.why);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn early_warnings(&self, today: Date) -> Result<Vec<EarlyWarning>, DeviceError> {
        let mut all = Vec::new();
        for (case, line) in self.lines()?.into_iter().filter(|(_, line)| line.is_open()) {
            let mut signals = line.signals.clone();
            if let Some(extract) = self.extract(case)? {
                let framework = self.merging(&case).framework;
                signals.extend(Signal::of_roll(&extract, &self.warning_rules(framework, today)));
            }
            signals.retain(|signal| signal.holds_on(today));
            let name = line.name();
            all.extend(signals.into_iter().map(|signal| EarlyWarning {
                signal,
                name: name.clone(),
                case,
            }));
        }
        all.sort();
        Ok(all)
    }

    fn warning_rules(&self, framework: Option<&str>, day: Date) -> Rules {
        Rules::of(&self.catalogue, framework, day)
    }
}

/// What asks for attention by a case's records alone.
pub(super) fn of_records(records: &[Folded], merging: &Context<'_>) -> Vec<Signal> {
    let gist = |it: &Folded| Some((it.envelope.id(), Gist::of(it, merging)?));
    let gists: Vec<(RecordId, Gist)> = records.iter().filter_map(gist).collect();
    let team = gists.iter().find_map(|(_, gist)| match gist {
        Gist::Case(case) => case.team.as_ref(),
        _ => None,
    });
    let Some(team) = team else { return Vec::new() };
    let (catalogue, framework) = (merging.catalogue, merging.framework);
    let case = CaseInBrief { team, records: &gists, extract: None, catalogue, framework };
    Signal::of(&case, &Rules::of(catalogue, framework, team.begun))
}
