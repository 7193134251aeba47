//! Handing one's caseload over: what whoever takes it should know, from what the phone has.

use clap::Args;
use sync_core::device::{CaseToHandOver, Handover as Caseload};
use sync_core::time::Date;

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::{Home, items};
use crate::names;
use crate::output::Answer;

#[derive(Args)]
pub(crate) struct Handover {
    /// Who takes over.
    colleague: String,
}

impl Act for Handover {
    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let phone = home.open()?;
        let taker = names::user(&phone, &self.colleague)?;
        if taker == phone.device.identity().principal.user {
            return Err(Failure::unclear("name whoever takes over, not yourself"));
        }
        let people = names::names_of_users(&phone)?;
        let name = people.get(&taker).cloned().unwrap_or_else(|| self.colleague.clone());
        let caseload = phone.device.handover(&taker)?;
        let text = words(&caseload, &name, phone.now.date());
        Answer::new(&caseload, text)
    }
}

fn words(caseload: &Caseload, taker: &str, today: Option<Date>) -> String {
    let only_here: usize = caseload.cases.iter().map(|case| case.only_here).sum();
    let mut text = format!("{} open cases, for {taker}\n", caseload.cases.len());
    if only_here > 0 {
        text.push_str(&format!("sync first: {}\n", items(only_here as u64)));
    }
    if caseload.returned > 0 {
        text.push_str(&format!("{} came back: see `phone returned`\n", caseload.returned));
    }
    caseload.cases.iter().for_each(|case| text.push_str(&of_case(case, taker, today)));
    text
}

fn of_case(case: &CaseToHandOver, taker: &str, today: Option<Date>) -> String {
    let header = &case.header;
    let role = if case.leads { "you lead" } else { "you are in the team" };
    let stage = match header.stage.is_empty() {
        true => "no stage".to_owned(),
        false => format!("stage {}", header.stage.join(" / ")),
    };
    let mut text = format!("\n{}, {}: {role}, {stage}\n", header.name, header.school);
    let mut line = |words: String| text.push_str(&format!("  {words}\n"));
    for conflict in &case.conflicts {
        line(format!("in dispute: {} {}", conflict.fact.name(), conflict.subject));
    }
    for due in &case.due {
        let late = today.is_some_and(|today| due.is_overdue(today));
        line(format!("{} {}: {}", if late { "overdue" } else { "due" }, due.on, due.what()));
    }
    for notice in &case.unread {
        line(format!("unread: your {} does not hold", notice.notice.fact.name()));
    }
    if case.only_here > 0 {
        line(items(case.only_here as u64));
    }
    if case.unreadable > 0 {
        line(format!("{} records cannot be read on this phone", case.unreadable));
    }
    if !case.taker_is_member {
        line(format!("{taker} is not in the team yet"));
    }
    text
}
