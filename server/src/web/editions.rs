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
use crate::service::editions::{self, Edition, Figures};

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
    let editions = published(&state, &visitor).await?;
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
    let editions = published(&state, &visitor).await?;
    let asked: Asked = forms::query(request.query_string()).map_err(|_| PageError::not_open())?;
    let wanted = |it: &Edition| it.authority == asked.authority && it.period == asked.period;
    let edition = editions.into_iter().find(wanted).ok_or(PageError::not_open())?;
    let file = ("content-disposition", "attachment; filename=\"children-by-stage.csv\"");
    let answer = HttpResponse::Ok()
        .insert_header(file)
        .content_type("text/csv; charset=utf-8")
        .body(csv(&edition));
    Ok(answer)
}

/// What the person may read; an error for whoever reads none.
async fn published(state: &AppState, visitor: &Visitor) -> Result<Vec<Edition>, PageError> {
    let principal = visitor.person.principal();
    let read = ClusterAction::ReadSummaries(Summaries::PublishedEditions);
    let may = |cluster: &ClusterId| decide_in_cluster(&principal, *cluster, &read).is_ok();
    let mut clusters: Vec<_> =
        principal.memberships.iter().map(|it| it.cluster).filter(may).collect();
    clusters.dedup();
    if clusters.is_empty() {
        return Err(PageError::not_open());
    }
    Ok(state.db.read(move |conn| editions::of_clusters(conn, &clusters)).await?)
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
fn csv(edition: &Edition) -> String {
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
    let line = |cells: [String; 2]| cells.map(|cell| quoted(&cell)).join(",") + "\r\n";
    lines.into_iter().map(line).collect()
}

/// A cell that no spreadsheet takes for a formula.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_cell_is_one_cell_and_no_formula() {
        assert_eq!(quoted("Stage 1, \"low\""), "\"Stage 1, \"\"low\"\"\"");
        assert_eq!(quoted("=1+1"), "\"'=1+1\"");
    }
}
