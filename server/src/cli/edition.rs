//! `caseweave edition`

use std::io::Write as _;

use serde_json::json;
use sync_core::time::Date;

use super::{Failure, act, open, output};
use crate::config::Config;
use crate::db::read_tx;
use crate::service::audit::{Act, Note};
use crate::service::editions::{self, Closing, Edition, EditionError};

/// What chief officers see.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Close a period and publish its edition, for good.
    Close {
        /// The period's name: "2026 autumn term".
        #[arg(long)]
        period: String,
        /// The authority; the server's only one by default.
        #[arg(long)]
        authority: Option<String>,
        /// The period's last day; by default today, or where figures are collected, the day of those there.
        #[arg(long)]
        to: Option<Date>,
        /// Where figures are collected: a server that is late, to close without it.
        #[arg(long)]
        without: Vec<String>,
    },
    /// Show what was published, newest first.
    Show {
        /// One period only.
        #[arg(long)]
        period: Option<String>,
        /// The authority; the server's only one by default.
        #[arg(long)]
        authority: Option<String>,
    },
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] in an operator's words.
pub fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let (mut conn, state) = open(config)?;
    match command {
        Command::Close { period, authority, to, without } => {
            let (now, catalogue) = (state.clock.now(), &state.rules.catalogue);
            let edition = act((&mut conn, &state), |conn| {
                let authority = authority.as_deref();
                let closing = Closing { authority, period: &period, to, without: &without };
                let mut told = |done, all| {
                    let line = format_args!("masked {done} of {all} groups of tables");
                    let _ = writeln!(std::io::stderr().lock(), "{line}");
                };
                let edition = editions::close(conn, now, catalogue, closing, &mut told)?;
                let note = Note::of(Act::CloseEdition).with(edition.period.clone());
                let clusters = editions::clusters(conn, &edition.authority)?;
                let note = clusters.iter().fold(note, |note, it| note.in_cluster(*it));
                Ok::<_, EditionError>((edition, vec![note]))
            })?;
            output::answer(config.json, &json!(edition), &text(&edition));
        }
        Command::Show { period, authority } => {
            let all = read_tx(&mut conn, |conn| editions::list(conn, authority.as_deref()))?;
            let wanted = |it: &Edition| period.as_ref().is_none_or(|period| it.period == *period);
            let shown: Vec<_> = all.into_iter().filter(wanted).collect();
            if period.is_some() && shown.is_empty() {
                return Err(EditionError::NotClosed.into());
            }
            let texts: Vec<String> = shown.iter().map(text).collect();
            output::answer(config.json, &json!(shown), &texts.join("\n\n"));
        }
    }
    Ok(())
}

fn text(edition: &Edition) -> String {
    let closed = edition.closed_at.date().map(|day| day.to_string()).unwrap_or_default();
    let mut text =
        format!("{}: {} (closed {closed})\n{}", edition.authority, edition.period, edition.rule);
    for late in &edition.late {
        let until =
            late.until.map_or("nothing yet".to_owned(), |day| format!("nothing after {day}"));
        text += &format!("\nlate: {}: {until}", late.server);
    }
    for table in &edition.tables {
        text += &format!("\n\n{}\n{}", table.title, table.definition);
        text += &format!("\n\t{}", table.columns.join("\t"));
        for row in &table.rows {
            let cells: Vec<_> = row.cells.iter().map(|cell| cell.words()).collect();
            text += &format!("\n{}\t{}", row.label, cells.join("\t"));
        }
        text.extend(table.reasons.iter().map(|why| format!("\n{why}")));
    }
    text
}
