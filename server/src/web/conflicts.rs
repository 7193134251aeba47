//! What waits to be settled, and the form of each disagreement that the person may settle.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use sync_core::record::kind::Kind;

use super::error::PageError;
use super::facts::FactShown;
use super::names::Names;
use super::page::{self, Frame};
use super::session::Visitor;
use super::settle::{Again, FormShown};
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
    form_code: String,
    /// What is wrong with what was sent, and where.
    wrong: Option<Wrong>,
    /// Whether something was taken back just now.
    undone: bool,
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
    /// Its name on a page, and in addresses.
    pub(super) key: String,
    /// How the person settles it; none if they cannot.
    pub(super) form: Option<FormShown>,
    /// Who else can settle it.
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
    pub(super) fn of(names: &Names<'_>, open: &OpenConflict, again: Option<&Again>) -> Self {
        let kind = if open.kind == Kind::Case { "" } else { words::kind(open.kind) };
        let place = names.compartment(&open.compartment);
        let fact = FactShown::of_conflict(names, &open.conflict);
        let shown = open.conflict.rivals.iter().all(|rival| rival.value.is_some());
        let form =
            (open.may_settle && shown).then(|| FormShown::of(open, fact.rivals.clone(), again));
        Self {
            key: key(open),
            child: today::named(open.name.clone()),
            href: format!("/cases/{}", open.case),
            place: if kind.is_empty() { place } else { format!("{kind}. {place}") },
            fact,
            form,
            settle: if open.may_settle {
                "Somebody who is named for protection settles this: the values are for them only."
            } else {
                "Somebody who reviews these records settles this."
            },
        }
    }
}

/// One name a disagreement, of letters that stand in any address.
fn key(open: &OpenConflict) -> String {
    let subject = open.conflict.subject.chars().filter(char::is_ascii_alphanumeric);
    format!("{}-{}-{}", open.record, open.conflict.fact.name(), subject.collect::<String>())
}

/// What waits to be settled, as far as the person may know of it.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    filled(&state, &visitor, None, request.query_string() == "undone").await
}

/// The page again for somebody whose decision was not taken, with what they sent.
pub(super) async fn again(
    state: &AppState,
    visitor: &Visitor,
    again: Again,
) -> Result<HttpResponse, PageError> {
    filled(state, visitor, Some(again), false).await
}

async fn filled(
    state: &AppState,
    visitor: &Visitor,
    again: Option<Again>,
    undone: bool,
) -> Result<HttpResponse, PageError> {
    if !page::works_with_cases(visitor) {
        return Err(PageError::not_open());
    }
    let status = again.as_ref().map_or(StatusCode::OK, Again::status);
    let title = if again.is_some() { "Error: To settle" } else { "To settle" };
    let read = move |conn: &mut Conn, reader: &Reader| listed(conn, reader, again.as_ref());
    let (conflicts, counted, wrong) = visitor.show(state, read).await?;
    let page = ToSettlePage {
        frame: Frame::of(visitor, title, "/to-settle"),
        found: words::count(conflicts.len(), "disagreement", "disagreements"),
        conflicts,
        counted,
        form_code: visitor.form_code(),
        wrong,
        undone,
    };
    page::filled(status, &page)
}

type Wrong = (String, Option<String>);
type Listed = (Vec<ConflictShown>, Vec<CountShown>, Option<Wrong>);

fn listed(
    conn: &mut Conn,
    reader: &Reader,
    again: Option<&Again>,
) -> Result<Seen<Listed>, db::Error> {
    let inbox = conflicts::inbox(conn, reader)?;
    let people = Colleagues::of(conn, reader, reader.clusters())?;
    let names = Names::of(&people, &[]);
    let lines = inbox.open.len() + inbox.counted.len();
    let shown = inbox.open.iter().map(|open| ConflictShown::of(&names, open, again)).collect();
    let wrong = again.map(|again| {
        let open = inbox.open.iter().find(|open| again.is_about(open));
        (again.words(), open.map(|open| again.field(&key(open))))
    });
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
    Ok(Seen::list((shown, counted, wrong), Act::Inbox, lines))
}
