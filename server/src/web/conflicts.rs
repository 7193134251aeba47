//! What waits to be settled.

use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;
use sync_core::record::kind::Kind;

use super::error::PageError;
use super::facts::FactShown;
use super::names::Names;
use super::page::{self, Frame};
use super::session::Visitor;
use super::{today, words};
use crate::app::AppState;
use crate::db::{self, Conn};
use crate::service::audit::{Act, Seen};
use crate::service::reading::colleagues::Colleagues;
use crate::service::reading::conflicts::{self, CountedConflicts, OpenConflict};
use crate::service::reading::{Reader, worklist};

#[derive(Template)]
#[template(path = "to_settle.html")]
struct ToSettlePage {
    frame: Frame,
    found: String,
    conflicts: Vec<ConflictShown>,
    counted: Vec<CountShown>,
}

/// A disagreement for a template.
pub(super) struct ConflictShown {
    /// The child.
    pub(super) child: String,
    /// The case's address.
    pub(super) href: String,
    /// In which record.
    pub(super) place: String,
    /// What it is about, with every value.
    pub(super) fact: FactShown,
    /// Who can settle it.
    pub(super) settle: &'static str,
}

/// Disagreements of which the person knows the number.
struct CountShown {
    child: String,
    href: String,
    count: String,
    since: String,
}

impl ConflictShown {
    /// A disagreement in words.
    pub(super) fn of(names: &Names<'_>, open: &OpenConflict) -> Self {
        let kind = if open.kind == Kind::Case { "" } else { words::kind(open.kind) };
        let place = names.compartment(&open.compartment);
        Self {
            child: today::named(open.name.clone()),
            href: format!("/cases/{}", open.case),
            place: if kind.is_empty() { place } else { format!("{kind}. {place}") },
            fact: FactShown::of_conflict(names, &open.conflict),
            settle: if open.may_settle {
                "You can settle this, with a reason, on your phone."
            } else {
                "Somebody who reviews these records settles this."
            },
        }
    }
}

/// What waits to be settled, as far as the person may know of it.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
) -> Result<HttpResponse, PageError> {
    if !page::works_with_cases(&visitor) {
        return Err(PageError::not_open());
    }
    let (conflicts, counted) = visitor.show(&state, listed).await?;
    page::well(&ToSettlePage {
        frame: Frame::of(&visitor, "To settle", "/to-settle"),
        found: words::count(conflicts.len(), "disagreement", "disagreements"),
        conflicts,
        counted,
    })
}

type Listed = (Vec<ConflictShown>, Vec<CountShown>);

fn listed(conn: &mut Conn, reader: &Reader) -> Result<Seen<Listed>, db::Error> {
    let inbox = conflicts::inbox(conn, reader)?;
    let people = Colleagues::of(conn, reader, reader.clusters())?;
    let names = Names::of(&people, &[]);
    let lines = inbox.open.len() + inbox.counted.len();
    let shown = inbox.open.iter().map(|open| ConflictShown::of(&names, open)).collect();
    let cases = if inbox.counted.is_empty() { None } else { worklist::of_reader(conn, reader)? };
    let cases = cases.unwrap_or_default();
    let count = |it: &CountedConflicts| CountShown {
        child: today::named(worklist::name_of(&cases, &it.case)),
        href: format!("/cases/{}", it.case),
        count: format!(
            "{} {}",
            words::count(it.count, "disagreement", "disagreements"),
            names.compartment(&it.compartment).to_lowercase()
        ),
        since: it.since.map(words::day_of).unwrap_or_default(),
    };
    let counted = inbox.counted.iter().map(count).collect();
    Ok(Seen::list((shown, counted), Act::Inbox, lines))
}
