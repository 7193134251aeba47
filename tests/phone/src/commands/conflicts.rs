//! What people disagree about, and what became of one's own values.

use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;
use sync_core::device::NoticeLine;
use sync_core::ids::{AgencyId, CaseId, RecordId, UserId};
use sync_core::merge::{Conflict, ConsentScope, NoticeCause, Rival};
use sync_core::record::kind::Kind;
use sync_core::record::schema::Fact;
use sync_core::store::Store as _;
use sync_core::view::RecordView;

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::Home;
use crate::names;
use crate::output::{Answer, short};
use crate::values;

#[derive(Args)]
pub(crate) struct Conflicts {
    /// One case only.
    case: Option<String>,
}

#[derive(Args)]
pub(crate) struct Settle {
    /// The record, or a case for its own record.
    record: String,
    #[arg(value_parser = values::fact)]
    fact: Fact,
    /// Of whom or what, where the record has several.
    #[arg(long)]
    subject: Option<String>,
    value: String,
    /// The others will read it.
    #[arg(long)]
    reason: String,
}

#[derive(Args)]
pub(crate) struct Undo {
    /// The record, or a case for its own record.
    record: String,
    /// The settlement's entry.
    entry: String,
    #[arg(long)]
    reason: String,
}

#[derive(Args)]
pub(crate) struct Notices {
    /// Note that these were seen.
    #[arg(long)]
    seen: bool,
}

#[derive(Serialize)]
struct InRecord {
    case: CaseId,
    record: RecordId,
    kind: Kind,
    #[serde(flatten)]
    conflict: Conflict,
}

impl Act for Conflicts {
    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let phone = home.open()?;
        let cases = match &self.case {
            Some(text) => vec![names::case(&phone, text)?],
            None => phone.device.store().cases()?,
        };
        let mut found = Vec::new();
        for case in cases {
            for record in phone.device.case(case, false)?.records {
                found.extend(in_record(case, record));
            }
        }
        found.sort_by_key(|it| it.conflict.severity);
        let people = names::names_of_users(&phone)?;
        let agencies = names::names_of_agencies(&phone)?;
        let mut text: String = found.iter().map(|it| it.words(&people, &agencies)).collect();
        if found.is_empty() {
            text.push_str("Nobody disagrees about anything that this phone knows.");
        }
        Answer::new(&found, text)
    }
}

fn in_record(case: CaseId, view: RecordView) -> impl Iterator<Item = InRecord> {
    let (record, kind) = (view.id, view.kind);
    view.conflicts.into_iter().map(move |conflict| InRecord { case, record, kind, conflict })
}

impl InRecord {
    fn words(
        &self,
        people: &BTreeMap<UserId, String>,
        agencies: &BTreeMap<AgencyId, String>,
    ) -> String {
        let Self { record, kind, conflict, .. } = self;
        let (fact, subject) = (conflict.fact.name(), &conflict.subject);
        let mut text = format!("{kind} {}  {fact} {subject}\n", short(record));
        text.push_str(&format!("  {}\n", conflict.why.words()));
        for rival in &conflict.rivals {
            let by = people.get(&rival.by).cloned().unwrap_or_else(|| short(&rival.by));
            text.push_str(&format!("  {by}: {}\n", rival_words(rival, agencies)));
        }
        text
    }
}

fn rival_words(rival: &Rival, agencies: &BTreeMap<AgencyId, String>) -> String {
    let value = rival.value.as_ref().and_then(|value| serde_json::to_value(value).ok());
    let value = value.map_or_else(
        || "withheld".to_owned(),
        |value| value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    );
    let value = match value.parse() {
        Ok(ConsentScope::AllExcept(ids)) => {
            let names = ids.iter().map(|id| agencies.get(id).cloned().unwrap_or_else(|| short(id)));
            format!("all except {}", names.collect::<Vec<_>>().join(", "))
        }
        _ => value,
    };
    let value = rival.label.as_ref().map_or(value.clone(), |label| format!("{label} ({value})"));
    let reason = rival.reason.as_deref().map(|reason| format!(", because: {reason}"));
    let unsent = if rival.unsent { ", only on this phone" } else { "" };
    format!("{value}{}{unsent}", reason.unwrap_or_default())
}

impl Act for Settle {
    fn typed(&mut self) -> Vec<&mut String> {
        vec![&mut self.value, &mut self.reason]
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let record = names::record_or_case(&phone, &self.record)?;
        let folded = phone.device.record(&record)?;
        let subject = values::subject(&phone, Some(&folded), self.fact, self.subject.as_deref())?;
        let value = values::value(&phone, self.fact, &self.value)?;
        let (fact, reason, now) = (self.fact, &self.reason, phone.now);
        let saved = phone.device.settle(&record, fact, &subject, value, reason, now)?;
        phone.saved(&saved, "")
    }
}

impl Act for Undo {
    fn typed(&mut self) -> Vec<&mut String> {
        vec![&mut self.reason]
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let record = names::record_or_case(&phone, &self.record)?;
        let settlement = names::entry(&phone.device.record(&record)?, &self.entry)?;
        let saved = phone.device.undo(&record, settlement, &self.reason, phone.now)?;
        phone.saved(&saved, "")
    }
}

impl Act for Notices {
    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let lines = phone.device.notices()?;
        let cases = names::names_of_cases(&phone)?;
        let mut text: String = lines.iter().map(|line| notice_words(line, &cases)).collect();
        if lines.is_empty() {
            text.push_str("No notices: all you wrote is in force.");
        }
        if self.seen {
            for line in lines.iter().filter(|line| !line.seen) {
                phone.device.saw_notice(&line.notice)?;
            }
        }
        Answer::new(&lines, text)
    }
}

fn notice_words(line: &NoticeLine, cases: &BTreeMap<CaseId, String>) -> String {
    let notice = &line.notice;
    let mark = if line.seen { " " } else { "*" };
    let case = cases.get(&line.case).map(String::as_str).unwrap_or_default();
    let theirs = serde_json::to_value(&notice.theirs).unwrap_or_default();
    let theirs = theirs.as_str().map_or_else(|| theirs.to_string(), str::to_owned);
    let cause = match notice.cause {
        NoticeCause::NotInForce => "stands beside others and does not hold",
        NoticeCause::Settled => "was settled otherwise",
        NoticeCause::Overtaken => "was followed by another",
    };
    let why = notice.reason.as_ref().map(|why| format!(", because: {why}")).unwrap_or_default();
    format!("{mark} {case}  {}: your \"{theirs}\" {cause}{why}\n", notice.fact.name())
}
