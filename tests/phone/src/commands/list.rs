//! Lists: the caseload, the directory, the people.

use clap::Args;
use serde_json::json;
use sync_core::device::{CaseloadLine, EarlyWarning, ring};
use sync_core::time::Date;

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::Home;
use crate::names;
use crate::output::{Answer, short, table};

#[derive(Args)]
pub(crate) struct List {}

#[derive(Args)]
pub(crate) struct EarlyWarnings {}

#[derive(Args)]
pub(crate) struct Find {
    /// A part of the child's name.
    name: String,
}

#[derive(Args)]
pub(crate) struct People {}

impl Act for List {
    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let phone = home.open()?;
        let lines = phone.device.caseload()?;
        let people = names::names_of_users(&phone)?;
        let row = |line: &CaseloadLine| {
            let header = &line.header;
            let disputed = if header.stage_disputed { " (disputed)" } else { "" };
            let lead = header
                .lead_professional
                .map(|user| people.get(&user).cloned().unwrap_or_else(|| short(&user)));
            [
                short(&line.case),
                format!("{}{}", header.name, not_all(line.unreadable)),
                header.school.clone(),
                format!("{}{disputed}", header.stage.join(" / ")),
                lead.unwrap_or_else(|| "nobody".to_owned()),
                line.safety_conflicts.to_string(),
                line.only_here.to_string(),
            ]
        };
        let rows: Vec<_> = lines.iter().map(row).collect();
        let head = ["case", "name", "school", "stage", "lead", "to settle", "only here"];
        Answer::new(&lines, table(head, &rows))
    }
}

impl Act for EarlyWarnings {
    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let phone = home.open()?;
        // A clock gone wild shows no warning rather than an error.
        let today = home.now().date().or_else(|| Date::from_number(0));
        let warnings = today.map(|day| phone.device.early_warnings(day)).transpose()?;
        let warnings = warnings.unwrap_or_default();
        let row = |it: &EarlyWarning| {
            let heading = it.signal.sign.words().to_owned();
            [it.name.clone(), heading, it.signal.why.clone(), it.signal.from.to_string()]
        };
        let rows: Vec<_> = warnings.iter().map(row).collect();
        Answer::new(&warnings, table(["child", "what", "why", "since"], &rows))
    }
}

/// What a name is followed by where a part of the case cannot be read here.
fn not_all(unreadable: usize) -> &'static str {
    if unreadable > 0 { " (not all can be shown)" } else { "" }
}

impl Act for Find {
    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let phone = home.open()?;
        let people = phone.device.colleagues()?;
        let wanted = self.name.to_lowercase();
        let mut found = phone.device.directory()?;
        found.retain(|line| line.name.to_lowercase().contains(&wanted));
        let mut values = Vec::new();
        let mut rows = Vec::new();
        for line in found {
            let (who, number) = ring::of_line(&line, &people).map_or_else(
                || (String::new(), String::new()),
                |person| (person.name, person.phone),
            );
            let harm = line.harm_since.map(|at| format!("harm suspected {at}"));
            rows.push([
                short(&line.case),
                line.name.clone(),
                line.school.clone(),
                format!("{who} {number}").trim().to_owned(),
                harm.unwrap_or_default(),
            ]);
            values.push(json!({ "line": line, "ring_name": who, "ring_phone": number }));
        }
        Answer::new(&values, table(["case", "name", "school", "ring", ""], &rows))
    }
}

impl Act for People {
    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut people = home.open()?.device.colleagues()?;
        people.sort_by(|a, b| (&a.name, a.user).cmp(&(&b.name, b.user)));
        let values: Vec<_> = people
            .iter()
            .map(|line| {
                json!({
                    "user": line.user, "name": line.name, "agency": line.agency,
                    "agency_name": line.agency_name, "role": line.role, "phone": line.phone,
                    "cluster": line.cluster,
                })
            })
            .collect();
        let rows: Vec<_> = people
            .iter()
            .map(|line| {
                let [name, agency] = [&line.name, &line.agency_name].map(Clone::clone);
                [short(&line.user), name, agency, line.role.clone(), line.phone.clone()]
            })
            .collect();
        Answer::new(&values, table(["user", "name", "agency", "role", "phone"], &rows))
    }
}
