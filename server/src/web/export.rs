//! An agency's own records for its own system: a table for a spreadsheet, and the same to print.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use sync_core::record::fold::Folded;
use sync_core::view::header;

use super::error::PageError;
use super::names::Names;
use super::page::{self, Frame};
use super::paper::{HEADINGS, Placed};
use super::record::Body;
use super::session::Visitor;
use super::{forms, period, today, words};
use crate::app::AppState;
use crate::csv;
use crate::db::{self, Conn};
use crate::error::ApiError;
use crate::limits::EXPORTED_RECORDS;
use crate::service::audit::{Act, Note, Seen};
use crate::service::reading::Reader;
use crate::service::reading::export::{self, Export, ExportedCase};
use crate::service::reading::figures::Period;

#[derive(Template)]
#[template(path = "export.html")]
struct ExportPage {
    frame: Frame,
    agency: String,
    from: String,
    to: String,
    most: usize,
}

#[derive(Template)]
#[template(path = "export_print.html")]
struct PrintPage {
    frame: Frame,
    agency: String,
    period: String,
    found: String,
    most: usize,
    more: bool,
    cases: Vec<CaseShown>,
}

/// One child's part, for a template.
struct CaseShown {
    child: String,
    records: Vec<Placed>,
}

/// What was read, in words.
struct Taken {
    cases: Vec<CaseShown>,
    more: bool,
}

/// What is asked for. A browser sends empty fields too.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

/// The form.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    if !page::exports(&visitor) {
        return Err(PageError::not_open());
    }
    let period = period(&state, &request)?;
    page::well(&ExportPage {
        frame: Frame::of(&visitor, "Your agency's own records", "/caseload"),
        agency: agency(&visitor),
        from: period.from.to_string(),
        to: period.to.to_string(),
        most: EXPORTED_RECORDS,
    })
}

/// The records, to print.
pub(super) async fn print(
    state: Data<AppState>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let period = period(&state, &request)?;
    let taken = taken(&state, &visitor, period).await?;
    let number = taken.cases.iter().map(|it| it.records.len()).sum();
    let children = words::count(taken.cases.len(), "child", "children");
    page::well(&PrintPage {
        frame: Frame::of(&visitor, "Your agency's own records, to print", "/caseload"),
        agency: agency(&visitor),
        period: format!("{} to {}", words::day(period.from), words::day(period.to)),
        found: format!("{} of {children}", words::count(number, "record", "records")),
        most: EXPORTED_RECORDS,
        more: taken.more,
        cases: taken.cases,
    })
}

/// The same for a spreadsheet.
pub(super) async fn download(
    state: Data<AppState>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let taken = taken(&state, &visitor, period(&state, &request)?).await?;
    let records = taken.cases.iter().flat_map(|it| &it.records);
    let mut table = csv::line(HEADINGS) + &records.map(Placed::lines).collect::<String>();
    if taken.more {
        table.push_str(&csv::line([
            "Older records of the period were left out: ask for a shorter one.",
        ]));
    }
    Ok(HttpResponse::Ok()
        .insert_header(("content-disposition", "attachment; filename=\"records.csv\""))
        .content_type("text/csv; charset=utf-8")
        .body(table))
}

fn period(state: &AppState, request: &HttpRequest) -> Result<Period, PageError> {
    let asked: Asked = forms::query(request.query_string())?;
    let today = words::today(state.clock.now()).ok_or(ApiError::bad_request())?;
    Ok(period::asked(&asked.from, &asked.to, today)?)
}

/// The name of the visitor's agency; nobody works for two.
fn agency(visitor: &Visitor) -> String {
    visitor.person.memberships.first().map(|it| it.agency_name.clone()).unwrap_or_default()
}

async fn taken(state: &AppState, visitor: &Visitor, period: Period) -> Result<Taken, PageError> {
    let work = move |conn: &mut Conn, reader: &Reader| read(conn, reader, period);
    visitor.show(state, work).await?.ok_or(PageError::not_open())
}

fn read(
    conn: &mut Conn,
    reader: &Reader,
    period: Period,
) -> Result<Seen<Option<Taken>>, db::Error> {
    let note = Note::of(Act::Export).with("own records");
    let Some(found) = export::of_agency(conn, reader, period)? else {
        return Ok(Seen::new(None, note.refused("not_your_role")));
    };
    let note = note.about(*found.agency.as_bytes()).counting(found.count());
    let mut cases: Vec<_> =
        found.cases.iter().map(|case| CaseShown::of(reader, &found, case)).collect();
    cases.sort_by(|a, b| a.child.cmp(&b.child));
    Ok(Seen::new(Some(Taken { cases, more: found.more }), note))
}

impl CaseShown {
    fn of(reader: &Reader, found: &Export, case: &ExportedCase) -> Self {
        let state = &case.brief.state;
        let merging = reader.merging(state);
        let team = state.team.as_ref().filter(|_| reader.reads_team(state));
        let child = today::named(team.map(|it| header(it, &merging).name).unwrap_or_default());
        // Who belongs to the child is named where the team's record is open to the reader.
        let known: Vec<_> = team.into_iter().chain(&case.records).cloned().collect();
        let names = Names::of(&found.people, &known);
        let placed = |folded: &Folded| Placed {
            case: state.context.case.to_string(),
            child: child.clone(),
            record: folded.envelope.id().to_string(),
            review: String::new(),
            body: Body::of(&names, folded, &merging),
        };
        let records = case.records.iter().map(placed).collect();
        Self { child, records }
    }
}
