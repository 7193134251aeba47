//! What can be typed.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use sync_core::time::Timestamp;

use crate::commands::{
    access, assessment, attach, case, concern, conflicts, enrol, event, facts, handover,
    intervention, join, list, meeting, plan, request, returned, share, sharing_decision, show,
    sign, status, sync, text, views, visit,
};
use crate::failure::Failure;
use crate::home::Home;
use crate::output::Answer;
use crate::values;

/// A phone in a terminal. Everything but `enrol` and `sync` works offline. Exit codes: 0 done, 2 not
/// understood or not possible, 3 no connection, 4 signed out, 5 refused, 6 this phone was erased.
#[derive(Parser)]
#[command(name = "phone", version)]
pub(crate) struct Cli {
    /// The folder that holds the phone's data and its key.
    #[arg(long, global = true, env = "PHONE_HOME", default_value = "phone", value_name = "DIR")]
    pub(crate) home: PathBuf,
    /// Print one line of JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// What the phone's clock says: milliseconds since 1970 or 2026-11-22T09:30:00Z.
    #[arg(long, global = true, value_name = "TIME", value_parser = values::moment, allow_hyphen_values = true)]
    pub(crate) now: Option<Timestamp>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// One action.
pub(crate) trait Act {
    /// The words that a person typed: read from the input where they are `-`, and given back if the
    /// action fails.
    fn typed(&mut self) -> Vec<&mut String> {
        Vec::new()
    }

    /// Does it.
    fn run(&self, home: &Home) -> Result<Answer, Failure>;
}

macro_rules! commands {
    ($($(#[$attribute:meta])* $name:ident($arguments:ty),)*) => {
        #[derive(Subcommand)]
        pub(crate) enum Command {
            $($(#[$attribute])* $name($arguments),)*
        }

        impl Command {
            /// The action to take.
            pub(crate) fn act(self) -> Box<dyn Act> {
                match self {
                    $(Self::$name(arguments) => Box::new(arguments),)*
                }
            }
        }
    };
}

commands! {
    /// Make this folder a person's phone.
    Enrol(enrol::Enrol),
    /// Exchange with the server.
    Sync(sync::Sync),
    /// Who, which phone, how much exists only here.
    Status(status::Status),
    /// How much exists only on this phone.
    Unsent(status::Unsent),

    /// The caseload.
    List(list::List),
    /// What asks for attention in one's cases, and why.
    EarlyWarnings(list::EarlyWarnings),
    /// Find a case in the directory.
    Find(list::Find),
    /// The people of one's clusters.
    People(list::People),
    /// A case.
    Show(show::Show),
    /// What happened in a case, newest first.
    Chronology(show::Chronology),

    /// What whoever takes one's cases over should know.
    Handover(handover::Handover),

    /// Begin a case.
    Case(case::Case),
    /// Record a visit.
    Visit(visit::Visit),
    /// Record a concern.
    Concern(concern::Concern),
    /// Begin an assessment.
    Assessment(assessment::Assessment),
    /// Write an assessment's text together.
    Text(text::Text),
    /// Sign a record as this phone shows it.
    Sign(sign::Sign),
    /// Make a plan.
    Plan(plan::Plan),
    /// A plan's rows.
    Row(plan::Row),
    /// What is delivered against a plan's row.
    Intervention(intervention::Intervention),
    /// Review and planning meetings.
    Meeting(meeting::Meeting),
    /// Ask another agency for help, and answer such a request.
    Request(request::Request),
    /// Record why something was shared, or was not.
    SharingDecision(sharing_decision::SharingDecision),
    /// Record a significant event: a line of the chronology.
    Event(event::Event),
    /// Record somebody's own words.
    Views(views::Views),
    /// Record what changed because of somebody's views.
    Changed(views::Changed),
    /// Copy a record for the team or an agency, attested.
    Share(share::Share),
    /// Move a record to where it belongs: to another child, or to fewer people.
    Rehome(share::Rehome),
    /// Correct a record beside what it says.
    Amend(sign::Amend),
    /// Attach a photo, a voice note or a body map to a record; where it was made is taken out.
    Attach(attach::Attach),
    /// Write an attachment to a file.
    Attachment(attach::Attachment),

    /// Say which stage a case is at.
    Stage(facts::Stage),
    /// Say who the lead professional is.
    Lead(facts::Lead),
    /// Add somebody to the team or say that they left.
    Member(facts::Member),
    /// Record what a giver of consent allows.
    Consent(facts::Consent),
    /// Record any fact of a case.
    Fact(facts::AnyFact),
    /// Two cases about one child: each lead professional says so, then both teams see both.
    Join(join::Join),
    /// Exclude somebody from a case (in its protection record).
    Exclude(access::Exclude),
    /// Name somebody for a case's protection records.
    Name(access::Name),

    /// What people disagree about.
    Conflicts(conflicts::Conflicts),
    /// Settle a disagreement.
    Settle(conflicts::Settle),
    /// Take a settlement back.
    Undo(conflicts::Undo),
    /// What became of one's own values.
    Notices(conflicts::Notices),
    /// Work that the server did not take.
    Returned(returned::Returned),
}
