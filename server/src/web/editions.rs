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
use crate::service::collecting::{Late, Standing, Trouble};
use crate::service::editions::{self, Edition, Row, Shown, Table};
use crate::service::reading::Reader;

#[derive(Template)]
#[template(path = "editions.html")]
struct EditionsPage {
    frame: Frame,
    /// Every edition: its name, its address, whether it is the one that is shown.
    all: Vec<(String, String, bool)>,
    edition: Option<EditionShown>,
    /// The servers that figures are collected from: name, newest period, when it came, how it stands.
    servers: Vec<[String; 4]>,
}

#[derive(Template)]
#[template(path = "board_report.html")]
struct ReportPage {
    frame: Frame,
    edition: EditionShown,
}

/// An edition for a template.
struct EditionShown {
    heading: String,
    closed: String,
    period: String,
    rule: String,
    late: Vec<String>,
    report: String,
    tables: Vec<TableShown>,
}

struct TableShown {
    id: String,
    title: String,
    definition: String,
    day: String,
    sources: String,
    owner: String,
    columns: Vec<String>,
    rows: Vec<Line>,
    reasons: Vec<String>,
    csv: String,
    /// The authority's last column in every edition that has the table, oldest first.
    over_time: Vec<(String, String, Option<u64>)>,
}

struct Line {
    label: String,
    cells: Vec<String>,
    /// Length of the bar of the last column, of a hundred; none where that is hidden.
    bar: Option<u64>,
}

/// Which edition is wanted, and which table of it.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    authority: Option<String>,
    period: Option<String>,
    table: Option<String>,
}

/// An edition, the newest by default, with its tables.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let (editions, standing) = published(&state, &visitor, Act::Editions).await?;
    let asked: Asked = forms::query(request.query_string()).map_err(|_| PageError::not_open())?;
    let found = asked.find(&editions);
    if found.is_none() && (asked.period.is_some() || !editions.is_empty()) {
        return Err(PageError::not_open());
    }
    let link = |it: &Edition| {
        let heading = format!("{}: {}", it.authority, it.period);
        (heading, address("/editions", it, None), found == Some(it))
    };
    page::well(&EditionsPage {
        frame: Frame::of(&visitor, "Published figures", "/editions"),
        all: editions.iter().map(link).collect(),
        edition: found.map(|edition| EditionShown::of(edition, &editions)),
        servers: standing.iter().map(server).collect(),
    })
}

/// How a server stands that figures are collected from.
fn server(standing: &Standing) -> [String; 4] {
    let newest = standing.newest.as_ref();
    let period = newest.map(|(period, to)| format!("{period}, to {}", words::day(*to)));
    let mut stands = match standing.late_since {
        Some(day) => format!("Late since {}", words::day(day)),
        None if newest.is_some() => "Delivered".to_owned(),
        None => "Waited for".to_owned(),
    };
    if let Some(trouble) = standing.trouble {
        stands = format!("{stands}. When it was asked last, it {}", in_short(trouble));
    }
    [
        standing.server.clone(),
        period.unwrap_or_else(|| "Nothing yet".to_owned()),
        standing.taken_at.map(words::day_of).unwrap_or_default(),
        stands,
    ]
}

/// What an officer needs to know of it; the operator is told more.
const fn in_short(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Unreached | Trouble::Untrusted | Trouble::NotAllowed => "gave no answer",
        Trouble::Contradicts => "contradicted what it had given before: that was refused",
        Trouble::WentBack => {
            "knew less than it had given before: nothing more is taken until somebody looks"
        }
        _ => "gave figures that could not be taken: they were refused",
    }
}

/// The same to print, or to keep as a file: a report for a board.
pub(super) async fn report(
    state: Data<AppState>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let (editions, _) = published(&state, &visitor, Act::Export).await?;
    let asked: Asked = forms::query(request.query_string()).map_err(|_| PageError::not_open())?;
    let edition = asked.find(&editions).ok_or(PageError::not_open())?;
    let edition = EditionShown::of(edition, &editions);
    page::well(&ReportPage { frame: Frame::of(&visitor, "Board report", "/editions"), edition })
}

/// One table for a spreadsheet.
pub(super) async fn download(
    state: Data<AppState>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let (editions, _) = published(&state, &visitor, Act::Export).await?;
    let asked: Asked = forms::query(request.query_string()).map_err(|_| PageError::not_open())?;
    let edition = asked.find(&editions).ok_or(PageError::not_open())?;
    let wanted = |it: &&Table| asked.table.as_deref() == Some(it.id.as_str());
    let table = edition.tables.iter().find(wanted).ok_or(PageError::not_open())?;
    let file = format!("attachment; filename=\"{}.csv\"", table.id);
    let answer = HttpResponse::Ok()
        .insert_header(("content-disposition", file))
        .content_type("text/csv; charset=utf-8")
        .body(spreadsheet(edition, table));
    Ok(answer)
}

impl Asked {
    /// The edition that is meant: the newest if none is named.
    fn find<'a>(&self, editions: &'a [Edition]) -> Option<&'a Edition> {
        let is = |asked: &Option<String>, own: &str| asked.as_deref().is_none_or(|it| it == own);
        editions
            .iter()
            .find(|it| is(&self.authority, &it.authority) && is(&self.period, &it.period))
    }
}

/// What the person may read; an error for whoever reads none.
async fn published(
    state: &AppState,
    visitor: &Visitor,
    act: Act,
) -> Result<(Vec<Edition>, Vec<Standing>), PageError> {
    let work = move |conn: &mut Conn, reader: &Reader| {
        let read = ClusterAction::ReadSummaries(Summaries::PublishedEditions);
        let may = |it: &ClusterId| decide_in_cluster(&reader.principal, *it, &read).is_ok();
        let clusters: Vec<_> = reader.clusters().into_iter().filter(may).collect();
        if clusters.is_empty() {
            return Ok(Seen::list_if_any(None, act, |_: &(Vec<_>, _)| 0));
        }
        let editions = editions::of_clusters(conn, &clusters)?;
        let standing = editions::standing_for(conn, &clusters)?;
        Ok(Seen::list_if_any(Some((editions, standing)), act, |shown| shown.0.len()))
    };
    visitor.show(state, work).await?.ok_or(PageError::not_open())
}

fn address(path: &str, edition: &Edition, table: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("authority", &edition.authority).append_pair("period", &edition.period);
    if let Some(table) = table {
        query.append_pair("table", table);
    }
    format!("{path}?{}", query.finish())
}

impl EditionShown {
    fn of(edition: &Edition, all: &[Edition]) -> Self {
        let table = |table: &Table| TableShown::of(table, edition, all);
        let period = match (edition.after, edition.to) {
            (Some(after), Some(to)) => {
                format!("After {} to {}", words::day(after), words::day(to))
            }
            (None, Some(to)) => format!("Until {}", words::day(to)),
            _ => String::new(),
        };
        Self {
            heading: format!("{}: {}", edition.authority, edition.period),
            closed: words::day_of(edition.closed_at),
            period,
            rule: edition.rule.clone(),
            late: edition.late.iter().map(late).collect(),
            report: address("/editions/report", edition, None),
            tables: edition.tables.iter().map(table).collect(),
        }
    }
}

/// That a server is late, and what that means for the figures.
fn late(late: &Late) -> String {
    let (server, clusters) = (&late.server, late.clusters.join(", "));
    match late.until {
        None => format!(
            "Late: {server} has delivered nothing yet. Its clusters are not in this edition."
        ),
        Some(until) => format!(
            "Late: {clusters}. Nothing that {server} counted after {} is in this edition: it counts in the \
             next one. Children who had an open case there on that day are in the totals.",
            words::day(until)
        ),
    }
}

impl TableShown {
    fn of(table: &Table, edition: &Edition, all: &[Edition]) -> Self {
        let most = table.rows.iter().rev().skip(1).filter_map(last).map(size).max();
        let line = |row: &Row| Line {
            label: row.label.clone(),
            cells: row.cells.iter().map(|cell| cell.words()).collect(),
            bar: last(row).map(|cell| length(cell, most.unwrap_or_default())),
        };
        Self {
            id: table.id.clone(),
            title: table.title.clone(),
            definition: table.definition.clone(),
            day: table.day.clone(),
            sources: table.sources.clone(),
            owner: table.owner.clone(),
            columns: table.columns.clone(),
            rows: table.rows.iter().map(line).collect(),
            reasons: table.reasons.clone(),
            csv: address("/editions.csv", edition, Some(&table.id)),
            over_time: over_time(table, edition, all),
        }
    }
}

/// The authority's last column in every edition that has the table, oldest first.
fn over_time(
    table: &Table,
    edition: &Edition,
    all: &[Edition],
) -> Vec<(String, String, Option<u64>)> {
    let own = all.iter().rev().filter(|it| it.authority == edition.authority);
    let cell = |it: &Edition| {
        let same = it.tables.iter().find(|other| other.id == table.id)?;
        Some((it.period.clone(), *same.rows.last()?.cells.last()?))
    };
    let found: Vec<_> = own.filter_map(cell).collect();
    let most = found.iter().filter_map(|(_, cell)| told(*cell)).map(size).max().unwrap_or_default();
    let line = |(period, cell): (String, Shown)| {
        (period, cell.words(), told(cell).map(|cell| length(cell, most)))
    };
    found.into_iter().map(line).collect()
}

fn last(row: &Row) -> Option<Shown> {
    row.cells.last().copied().and_then(told)
}

fn told(cell: Shown) -> Option<Shown> {
    matches!(cell, Shown::Count(_) | Shown::Percent(_)).then_some(cell)
}

fn size(cell: Shown) -> u64 {
    match cell {
        Shown::Count(count) => count,
        Shown::Percent(percent) => percent.into(),
        Shown::Hidden | Shown::Nothing | Shown::Late => 0,
    }
}

/// Of a hundred: a share by itself, a count by the largest beside it.
fn length(cell: Shown, most: u64) -> u64 {
    match cell {
        Shown::Percent(percent) => u64::from(percent).min(100),
        cell => (size(cell) * 100 / most.max(1)).min(100),
    }
}

/// The table with what it means and when it was closed.
fn spreadsheet(edition: &Edition, table: &Table) -> String {
    let mut lines = vec![
        csv::line([edition.authority.as_str(), &edition.period]),
        csv::line(["Closed", &words::day_of(edition.closed_at)]),
        csv::line(["Definition", &table.definition]),
        csv::line(["Rule", &edition.rule]),
    ];
    lines.extend(edition.late.iter().map(|it| csv::line(["Late", &late(it)])));
    lines.push(csv::line(
        [table.title.as_str()].into_iter().chain(table.columns.iter().map(String::as_str)),
    ));
    for row in &table.rows {
        let cells: Vec<_> = row.cells.iter().map(|cell| cell.words()).collect();
        lines.push(csv::line(
            [row.label.as_str()].into_iter().chain(cells.iter().map(String::as_str)),
        ));
    }
    lines.extend(table.reasons.iter().map(|why| csv::line(["Not shown", why])));
    lines.concat()
}
