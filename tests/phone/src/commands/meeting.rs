//! Review and planning meetings: who was asked and who came, what was said and decided, who does what.

use clap::{Args, Subcommand};
use sync_core::record::change::NewEntry;
use sync_core::record::kind::Kind;
use sync_core::record::kinds::Contribution as _;
use sync_core::record::kinds::meeting::{
    Attendance, MeetingAction, MeetingDecision, MeetingDraft, MeetingNote,
};
use sync_core::time::{Date, Timestamp};

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::Home;
use crate::names;
use crate::output::Answer;
use crate::values::{self, Place};

#[derive(Args)]
pub(crate) struct Meeting {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Record a meeting.
    Record(Record),
    /// Add to a meeting's record.
    Add(Add),
}

#[derive(Args)]
struct Record {
    case: String,
    /// When it began.
    #[arg(long, value_name = "TIME", value_parser = values::moment, allow_hyphen_values = true)]
    at: Timestamp,
    /// Planning, review, core group...
    #[arg(long)]
    sort: Option<String>,
    /// What came of it, in a word or two.
    #[arg(long)]
    outcome: Option<String>,
    #[command(flatten)]
    minutes: Minutes,
    /// When things are next reviewed.
    #[arg(long, value_name = "DAY")]
    next_review: Option<Date>,
    /// Whom the record is for.
    #[arg(long, default_value = "team")]
    compartment: Place,
}

#[derive(Args)]
struct Add {
    record: String,
    #[command(flatten)]
    minutes: Minutes,
}

/// What a meeting's record holds beside when it was.
#[derive(Args)]
struct Minutes {
    /// Who came: "NAME" or "NAME | AS WHAT". The child and the parents, too.
    #[arg(long, value_name = "WHO")]
    present: Vec<String>,
    /// Who was asked and did not come: "NAME" or "NAME | AS WHAT".
    #[arg(long, value_name = "WHO")]
    absent: Vec<String>,
    /// What was said; `-` reads it from the input.
    #[arg(long, allow_hyphen_values = true)]
    notes: Option<String>,
    /// What was decided; say it once for each.
    #[arg(long, value_name = "TEXT")]
    decision: Vec<String>,
    /// What somebody will do: "WHAT", "WHAT | WHO" or "WHAT | WHO | DAY".
    #[arg(long, value_name = "TEXT")]
    action: Vec<String>,
}

impl Act for Meeting {
    fn typed(&mut self) -> Vec<&mut String> {
        let (minutes, more) = match &mut self.what {
            What::Record(Record { minutes, sort, outcome, .. }) => (minutes, [sort, outcome]),
            What::Add(add) => return add.minutes.typed(),
        };
        more.into_iter().flatten().chain(minutes.typed()).collect()
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        match &self.what {
            What::Record(record) => record.run(home),
            What::Add(add) => add.run(home),
        }
    }
}

impl Record {
    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let case = names::case(&phone, &self.case)?;
        values::check_listed(&phone, case, "meeting_sort", self.sort.as_deref())?;
        let to = self.compartment.compartment(&phone);
        let draft = self.draft()?;
        let saved = phone.make(case, to, None, &draft)?;
        phone.saved(&saved, "")
    }

    fn draft(&self) -> Result<MeetingDraft, Failure> {
        Ok(MeetingDraft {
            at: self.at,
            sort: self.sort.clone(),
            outcome: self.outcome.clone(),
            attendance: self.minutes.attendance()?,
            notes: self.minutes.notes.clone(),
            decisions: self.minutes.decisions(),
            actions: self.minutes.actions()?,
            next_review: self.next_review,
        })
    }
}

impl Add {
    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let envelope = names::record_of(&phone, &self.record, Kind::Meeting)?;
        let saved = phone.device.add(&envelope, self.minutes.entries()?, phone.now)?;
        phone.saved(&saved, "")
    }
}

impl Minutes {
    fn typed(&mut self) -> Vec<&mut String> {
        let Self { present, absent, notes, decision, action } = self;
        let people = present.iter_mut().chain(absent);
        people.chain(notes).chain(decision).chain(action).collect()
    }

    fn attendance(&self) -> Result<Vec<Attendance>, Failure> {
        let came = |who: &String| attendance(who, true);
        let stayed_away = |who: &String| attendance(who, false);
        self.present.iter().map(came).chain(self.absent.iter().map(stayed_away)).collect()
    }

    fn decisions(&self) -> Vec<MeetingDecision> {
        self.decision.iter().map(|text| MeetingDecision { text: text.clone() }).collect()
    }

    fn actions(&self) -> Result<Vec<MeetingAction>, Failure> {
        self.action.iter().map(|text| action(text)).collect()
    }

    fn entries(&self) -> Result<Vec<NewEntry>, Failure> {
        let notes = self.notes.clone().map(|text| MeetingNote { text });
        let mut entries: Vec<_> = self.attendance()?.iter().map(Attendance::entry).collect();
        entries.extend(notes.map(|note| note.entry()));
        entries.extend(self.decisions().iter().map(MeetingDecision::entry));
        entries.extend(self.actions()?.iter().map(MeetingAction::entry));
        match entries.is_empty() {
            true => {
                Err(Failure::unclear("say what to add: who came, a note, a decision, an action"))
            }
            false => Ok(entries),
        }
    }
}

fn attendance(text: &str, present: bool) -> Result<Attendance, Failure> {
    let [who, role] = values::parts(text, "NAME | AS WHAT")?;
    Ok(Attendance { who, role: some(role), present })
}

fn action(text: &str) -> Result<MeetingAction, Failure> {
    let [what, who, by] = values::parts(text, "WHAT | WHO | DAY")?;
    let by = some(by).map(|day| day.parse::<Date>());
    let by = by.transpose().map_err(|error| Failure::unclear(format!("\"{text}\": {error}")))?;
    Ok(MeetingAction { what, who: some(who), by })
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
