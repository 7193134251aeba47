//! Access requests: finding the child, and everything that is held about one in a bundle with an index,
//! to print and for a spreadsheet.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use sync_core::ids::CaseId;
use sync_core::policy::may_hold;
use sync_core::protocol::message::DirectoryLine;

use super::error::PageError;
use super::names::Names;
use super::page::{self, Frame};
use super::paper::{HEADINGS, Placed};
use super::record::Body;
use super::session::Visitor;
use super::{forms, today, words};
use crate::app::AppState;
use crate::csv;
use crate::db::{self, Conn};
use crate::service::audit::{Act, Note, Seen};
use crate::service::reading::Reader;
use crate::service::reading::bundle::{self, Bundle, Released, Review};
use crate::service::reading::directory::{self, LINES};

/// Letters of a name that must be typed.
const LETTERS: usize = 2;

#[derive(Template)]
#[template(path = "requests.html")]
struct FindPage {
    frame: Frame,
    name: String,
    wrong: bool,
    /// What was found; none before anything was looked for.
    found: Option<Vec<Found>>,
    most: usize,
}

/// A child who was found.
struct Found {
    name: String,
    school: String,
    case: String,
}

#[derive(Template)]
#[template(path = "bundle.html")]
struct BundlePage {
    frame: Frame,
    case: String,
    day: String,
    taken: Taken,
}

#[derive(Template)]
#[template(path = "bundle_closed.html")]
struct ClosedPage {
    frame: Frame,
    case: String,
}

/// A bundle in words.
struct Taken {
    child: String,
    reference: String,
    until: String,
    withheld: usize,
    to_review: usize,
    records: Vec<Placed>,
}

/// What somebody looks for.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    name: Option<String>,
}

/// Finds a child by name.
pub(super) async fn find(
    state: Data<AppState>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let asked: Asked = forms::query(request.query_string())?;
    let name = asked.name.as_deref().map(str::trim).unwrap_or_default().to_owned();
    let long_enough = name.chars().count() >= LETTERS;
    let governs = page::reads_audit(&visitor);
    let wanted = name.clone();
    let work = move |conn: &mut Conn, reader: &Reader| {
        let lines = match governs && long_enough {
            true => directory::find(conn, reader, &wanted)?,
            false => Vec::new(),
        };
        // The name that was looked for is a child's: its length says enough.
        let letters = format!("by {} letters", wanted.chars().count());
        let note = Note::of(Act::Directory).counting(lines.len()).with(letters);
        let note = if governs { note } else { note.refused("not_your_role") };
        Ok(Seen::new(Some(lines).filter(|_| governs), note))
    };
    let lines = visitor.show(&state, work).await?.ok_or(PageError::not_open())?;
    let wrong = asked.name.is_some() && !long_enough;
    let found =
        (asked.name.is_some() && !wrong).then(|| lines.into_iter().map(Found::of).collect());
    let title = if wrong { "Error: Access requests" } else { "Access requests" };
    let page = FindPage {
        frame: Frame::of(&visitor, title, "/access-requests"),
        name,
        wrong,
        found,
        most: LINES,
    };
    page::filled(if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page)
}

impl Found {
    fn of(line: DirectoryLine) -> Self {
        Self { name: today::named(line.name), school: line.school, case: line.case.to_string() }
    }
}

/// What is read of a case: whether it is the visitor's to know of, and its bundle if it was opened.
enum Read {
    Closed,
    Open(Taken),
}

/// The bundle, to print; before the case was opened on a request, how to open it.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
    path: Path<String>,
) -> Result<HttpResponse, PageError> {
    let case: CaseId = path.parse().map_err(|_| PageError::not_open())?;
    let day = words::day_of(state.clock.now());
    match taken(&state, &visitor, case).await? {
        Read::Closed => page::well(&ClosedPage {
            frame: Frame::of(&visitor, "Access request", "/access-requests"),
            case: case.to_string(),
        }),
        Read::Open(taken) => page::well(&BundlePage {
            frame: Frame::of(
                &visitor,
                format!("Access request: {}", taken.child),
                "/access-requests",
            ),
            case: case.to_string(),
            day,
            taken,
        }),
    }
}

/// The bundle for a spreadsheet.
pub(super) async fn download(
    state: Data<AppState>,
    visitor: Visitor,
    path: Path<String>,
) -> Result<HttpResponse, PageError> {
    let case: CaseId = path.parse().map_err(|_| PageError::not_open())?;
    let Read::Open(taken) = taken(&state, &visitor, case).await? else {
        return Err(PageError::not_open());
    };
    // That anything is withheld is for whoever made the bundle, not for whoever is given the file.
    let mut table = csv::line(HEADINGS);
    table.extend(taken.records.iter().map(Placed::lines));
    Ok(HttpResponse::Ok()
        .insert_header(("content-disposition", "attachment; filename=\"access-request.csv\""))
        .content_type("text/csv; charset=utf-8")
        .body(table))
}

async fn taken(state: &AppState, visitor: &Visitor, case: CaseId) -> Result<Read, PageError> {
    let work = move |conn: &mut Conn, reader: &Reader| read(conn, reader, &case);
    visitor.show(state, work).await?.ok_or(PageError::not_open())
}

fn read(conn: &mut Conn, reader: &Reader, case: &CaseId) -> Result<Seen<Option<Read>>, db::Error> {
    let place = db::records::cluster_of(conn, case)?;
    let note = Note::of(Act::AccessRequest).in_case(*case);
    let note = place.iter().fold(note, |note, cluster| note.in_cluster(*cluster));
    let state = reader.case(conn, case)?;
    let knows = state.is_some_and(|it| may_hold(&reader.principal, &it.context).is_ok());
    if !knows {
        return Ok(Seen::new(None, note.refused("not_found")));
    }
    let Some(bundle) = bundle::of_case(conn, reader, case)? else {
        return Ok(Seen::new(Some(Read::Closed), note.refused("on_request_only")));
    };
    let opening = bundle.open.glass.as_ref().map(|it| it.id);
    let note = opening.into_iter().fold(note, Note::about).counting(bundle.records.len());
    Ok(Seen::new(Some(Read::Open(Taken::of(reader, &bundle))), note))
}

impl Taken {
    fn of(reader: &Reader, bundle: &Bundle) -> Self {
        let open = &bundle.open;
        let names = Names::of(&open.people, &open.records);
        let merging = reader.merging(&open.state);
        let child = today::named(open.line.header.name.clone());
        let placed = |it: &Released| Placed {
            case: open.state.context.case.to_string(),
            child: child.clone(),
            record: it.folded.envelope.id().to_string(),
            review: it.review.iter().map(in_words).collect::<Vec<_>>().join(" "),
            body: Body::of(&names, &it.folded, &merging),
        };
        Self {
            reference: open.glass.as_ref().map(|it| it.reason.clone()).unwrap_or_default(),
            until: open.glass.as_ref().map(|it| words::moment(it.ends_at)).unwrap_or_default(),
            withheld: bundle.withheld,
            to_review: bundle.records.iter().filter(|it| !it.review.is_empty()).count(),
            records: bundle.records.iter().map(placed).collect(),
            child,
        }
    }
}

fn in_words(review: &Review) -> String {
    match review {
        Review::Family => "It says who belongs to the child.".into(),
        Review::Source => "Somebody raised it, who may have to be protected.".into(),
        Review::OthersViews => "These are another person's own words.".into(),
        Review::Present => "It says who was there.".into(),
        Review::Media => "Pictures and voices show others.".into(),
        Review::Agency => "It was written for one agency: ask that agency.".into(),
        Review::Names(who) => format!("The words may name {who}."),
    }
}
