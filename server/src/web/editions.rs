//! What was published: for chief officers, who see nothing else.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use sync_core::ids::ClusterId;
use sync_core::policy::{ClusterAction, Summaries, decide_in_cluster};

use super::error::PageError;
use super::page::{self, Frame};
use super::session::Visitor;
use super::{forms, words};
use crate::app::AppState;
use crate::csv;
use crate::db::Conn;
use crate::service::audit::{Act, Seen};
use crate::service::editions::{self, Edition, Figures};
use crate::service::reading::Reader;

#[derive(Template)]
#[template(path = "editions.html")]
struct EditionsPage {
    frame: Frame,
    editions: Vec<EditionShown>,
}

struct EditionShown {
    heading: String,
    closed: String,
    title: String,
    definition: String,
    rows: Vec<(String, u64)>,
    withheld: Option<String>,
    csv: String,
}

/// Which edition is wanted.
#[derive(Deserialize)]
pub(super) struct Asked {
    authority: String,
    period: String,
}

/// Every edition, newest first.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
) -> Result<HttpResponse, PageError> {
    let editions = published(&state, &visitor, Act::Editions).await?;
    page::well(&EditionsPage {
        frame: Frame::of(&visitor, "Published figures", "/editions"),
        editions: editions.into_iter().map(EditionShown::of).collect(),
    })
}

/// One edition's table for a spreadsheet.
pub(super) async fn download(
    state: Data<AppState>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let editions = published(&state, &visitor, Act::Export).await?;
    let asked: Asked = forms::query(request.query_string()).map_err(|_| PageError::not_open())?;
    let wanted = |it: &Edition| it.authority == asked.authority && it.period == asked.period;
    let edition = editions.into_iter().find(wanted).ok_or(PageError::not_open())?;
    let file = ("content-disposition", "attachment; filename=\"children-by-stage.csv\"");
    let answer = HttpResponse::Ok()
        .insert_header(file)
        .content_type("text/csv; charset=utf-8")
        .body(table(&edition));
    Ok(answer)
}

/// What the person may read; an error for whoever reads none.
async fn published(
    state: &AppState,
    visitor: &Visitor,
    act: Act,
) -> Result<Vec<Edition>, PageError> {
    let work = move |conn: &mut Conn, reader: &Reader| {
        let read = ClusterAction::ReadSummaries(Summaries::PublishedEditions);
        let may = |it: &ClusterId| decide_in_cluster(&reader.principal, *it, &read).is_ok();
        let clusters: Vec<_> = reader.clusters().into_iter().filter(may).collect();
        let any = (!clusters.is_empty()).then(|| editions::of_clusters(conn, &clusters));
        Ok(Seen::list_if_any(any.transpose()?, act, Vec::len))
    };
    visitor.show(state, work).await?.ok_or(PageError::not_open())
}

impl EditionShown {
    fn of(edition: Edition) -> Self {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("authority", &edition.authority).append_pair("period", &edition.period);
        let table = edition.children_by_stage;
        let (rows, withheld) = match table.figures {
            Figures::Rows(rows) => (rows, None),
            Figures::Withheld(why) => (Vec::new(), Some(why)),
        };
        Self {
            heading: format!("{}: {}", edition.authority, edition.period),
            closed: words::day_of(edition.closed_at),
            title: table.title,
            definition: table.definition,
            rows: rows.into_iter().map(|row| (row.label, row.children)).collect(),
            withheld,
            csv: format!("/editions/children-by-stage.csv?{}", query.finish()),
        }
    }
}

/// The table with what it means and when it was closed.
fn table(edition: &Edition) -> String {
    let table = &edition.children_by_stage;
    let mut lines = vec![
        [edition.authority.clone(), edition.period.clone()],
        ["Closed".into(), words::day_of(edition.closed_at)],
        ["Definition".into(), table.definition.clone()],
        [table.title.clone(), "Children".into()],
    ];
    match &table.figures {
        Figures::Rows(rows) => {
            lines.extend(rows.iter().map(|row| [row.label.clone(), row.children.to_string()]));
        }
        Figures::Withheld(why) => lines.push(["Withheld".into(), why.clone()]),
    }
    let line = |cells: &[String; 2]| csv::line(cells.iter().map(String::as_str));
    lines.iter().map(line).collect()
}
