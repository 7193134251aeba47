//! Exact figures of a cluster for whoever leads it: each with its definition, a plot, a table, and the
//! cases behind it.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use sync_core::ids::ClusterId;

use super::error::PageError;
use super::page::{self, Frame};
use super::session::Visitor;
use super::{forms, period, today, words};
use crate::app::AppState;
use crate::csv;
use crate::db::Conn;
use crate::db::text::column;
use crate::error::ApiError;
use crate::measures::{self, Measure, Sort};
use crate::service::audit::{Act, Note, Seen};
use crate::service::reading::Reader;
use crate::service::reading::figures::{self, BEHIND, Figure, Period, Row};

#[derive(Template)]
#[template(path = "figures.html")]
struct FiguresPage {
    frame: Frame,
    cluster: String,
    clusters: Vec<(String, String, bool)>,
    schools: Vec<(String, bool)>,
    from: String,
    to: String,
    csv: String,
    figures: Vec<Shown>,
}

#[derive(Template)]
#[template(path = "figure_behind.html")]
struct BehindPage {
    frame: Frame,
    name: &'static str,
    row: String,
    definition: Definition,
    period: String,
    most: usize,
    back: String,
    cases: Vec<(String, String, String, Option<String>)>,
}

/// A measure for the page.
struct Shown {
    id: &'static str,
    name: &'static str,
    definition: Definition,
    /// What the numbers are of: a day or the period.
    when: String,
    by: &'static str,
    share: bool,
    rows: Vec<Line>,
}

/// What a figure means.
struct Definition {
    counts: &'static str,
    of: Option<&'static str>,
    day: &'static str,
    sources: &'static str,
    owner: &'static str,
}

/// A row with its bar.
struct Line {
    label: String,
    counted: i64,
    of_all: i64,
    /// Length of the bar, of a hundred.
    bar: i64,
    percent: Option<String>,
    /// The cases behind it.
    href: String,
}

/// What is asked for. A browser sends empty fields too.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    cluster: Option<String>,
    school: Option<String>,
    from: Option<String>,
    to: Option<String>,
    row: Option<String>,
}

/// What is asked for, read.
#[derive(Clone)]
struct Wanted {
    cluster: ClusterId,
    name: String,
    school: Option<String>,
    period: Period,
    row: String,
}

/// Every measure of a cluster.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let wanted = Wanted::read(&state, &visitor, &request)?;
    let (figures, schools) = read(&state, &visitor, &wanted, Act::Figures).await?;
    let link = |measure: &Measure, row: &Row| {
        wanted.address(&format!("/figures/{}", measure.id), &row.cell)
    };
    let chosen = |school: &String| wanted.school.as_ref() == Some(school);
    let led = led(&visitor).into_iter();
    let clusters: Vec<_> =
        led.map(|(id, name)| (id.to_string(), name, id == wanted.cluster)).collect();
    page::well(&FiguresPage {
        frame: Frame::of(&visitor, "Figures", "/figures"),
        clusters: if clusters.len() > 1 { clusters } else { Vec::new() },
        schools: schools.into_iter().map(|it| (it.clone(), chosen(&it))).collect(),
        from: wanted.period.from.to_string(),
        to: wanted.period.to.to_string(),
        csv: wanted.address("/figures.csv", ""),
        figures: figures.iter().map(|figure| Shown::of(figure, &wanted, &link)).collect(),
        cluster: wanted.name.clone(),
    })
}

/// The same for a spreadsheet, each with its definition.
pub(super) async fn download(
    state: Data<AppState>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let wanted = Wanted::read(&state, &visitor, &request)?;
    let (figures, _) = read(&state, &visitor, &wanted, Act::Export).await?;
    let school = wanted.school.as_deref();
    let mut lines = vec![
        csv::line([wanted.name.as_str(), &wanted.in_words()].into_iter().chain(school)),
        csv::line(["Measure", "Row", "Counted", "Of", "What is counted"]),
    ];
    for figure in &figures {
        for row in &figure.rows {
            let (counted, of_all) = (row.counted.to_string(), row.of_all.to_string());
            let of_all = figure.measure.of.map_or("", |_| of_all.as_str());
            let cells = [figure.measure.name, &row.label, &counted, of_all, figure.measure.counts];
            lines.push(csv::line(cells));
        }
    }
    let file = ("content-disposition", "attachment; filename=\"figures.csv\"");
    let answer = HttpResponse::Ok()
        .insert_header(file)
        .content_type("text/csv; charset=utf-8")
        .body(lines.concat());
    Ok(answer)
}

/// The cases behind a row.
pub(super) async fn behind(
    state: Data<AppState>,
    visitor: Visitor,
    request: HttpRequest,
    measure: Path<String>,
) -> Result<HttpResponse, PageError> {
    let wanted = Wanted::read(&state, &visitor, &request)?;
    let measure = measures::measure(&measure).ok_or(PageError::not_open())?;
    let asked = wanted.clone();
    let work = move |conn: &mut Conn, reader: &Reader| {
        let row = (measure, asked.row.as_str(), asked.school.as_deref());
        let found = figures::behind(conn, reader, &asked.cluster, row, asked.period)?;
        Ok(Seen::list_if_any(found, Act::Figures, Vec::len))
    };
    let found = visitor.show(&state, work).await?.ok_or(PageError::not_open())?;
    let case = |it: figures::Behind| {
        let record = it.record.map(|record| format!("/cases/{}/records/{record}", it.case));
        (today::named(it.name), format!("/cases/{}", it.case), words::day(it.day), record)
    };
    page::well(&BehindPage {
        frame: Frame::of(&visitor, measure.name, "/figures"),
        name: measure.name,
        row: measures::catalogue::word(&wanted.row).unwrap_or_default().to_owned(),
        definition: Definition::of(measure),
        period: wanted.place_and_time(),
        most: BEHIND,
        back: wanted.address("/figures", ""),
        cases: found.into_iter().map(case).collect(),
    })
}

async fn read(
    state: &AppState,
    visitor: &Visitor,
    wanted: &Wanted,
    act: Act,
) -> Result<(Vec<Figure>, Vec<String>), PageError> {
    let wanted = wanted.clone();
    let work = move |conn: &mut Conn, reader: &Reader| {
        let school = wanted.school.as_deref();
        let found = figures::of_cluster(conn, reader, &wanted.cluster, wanted.period, school)?;
        let note = Note::of(act).counting(found.as_ref().map_or(0, Vec::len));
        let note = if found.is_none() { note.refused("not_your_role") } else { note };
        let schools = figures::schools(conn, reader, &wanted.cluster)?;
        Ok(Seen::new(found.map(|found| (found, schools)), note))
    };
    visitor.show(state, work).await?.ok_or(PageError::not_open())
}

/// The clusters that the visitor leads, with their names.
fn led(visitor: &Visitor) -> Vec<(ClusterId, String)> {
    let posts = visitor.person.memberships.iter();
    let led = posts.filter(|it| page::leads_cluster(visitor, it.cluster));
    let mut led: Vec<_> = led.map(|it| (it.cluster, it.cluster_name.clone())).collect();
    led.sort();
    led.dedup();
    led
}

impl Wanted {
    fn read(state: &AppState, visitor: &Visitor, request: &HttpRequest) -> Result<Self, PageError> {
        let asked: Asked = forms::query(request.query_string())?;
        let given = |field: &Option<String>| {
            field.as_deref().filter(|text| !text.is_empty()).map(|text| column(text).into_owned())
        };
        let now = words::today(state.clock.now()).ok_or(ApiError::bad_request())?;
        let days = [&asked.from, &asked.to].map(|field| field.as_deref().unwrap_or_default());
        let period = period::asked(days[0], days[1], now)?;
        let named = given(&asked.cluster).map(|id| id.parse::<ClusterId>()).transpose();
        let named = named.map_err(|_| PageError::not_open())?;
        let led = led(visitor).into_iter();
        let mut led = led.filter(|(id, _)| named.is_none_or(|named| named == *id));
        let (cluster, name) = led.next().ok_or(PageError::not_open())?;
        let (school, row) = (given(&asked.school), given(&asked.row).unwrap_or_default());
        Ok(Self { cluster, name, school, period, row })
    }

    fn in_words(&self) -> String {
        format!("{} to {}", words::day(self.period.from), words::day(self.period.to))
    }

    /// The same, with the school if it is about one.
    fn place_and_time(&self) -> String {
        let school = self.school.iter().map(|school| format!("{school}, "));
        school.chain([self.in_words()]).collect()
    }

    /// The address of something else about the same.
    fn address(&self, path: &str, row: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("cluster", &self.cluster.to_string());
        query.append_pair("from", &self.period.from.to_string());
        query.append_pair("to", &self.period.to.to_string());
        if let Some(school) = &self.school {
            query.append_pair("school", school);
        }
        if !row.is_empty() {
            query.append_pair("row", row);
        }
        format!("{path}?{}", query.finish())
    }
}

impl Shown {
    fn of(figure: &Figure, wanted: &Wanted, link: &dyn Fn(&Measure, &Row) -> String) -> Self {
        let measure = figure.measure;
        let share = measure.of.is_some();
        let most = figure.rows.iter().map(|row| row.counted).max().unwrap_or_default().max(1);
        let line = |row: &Row| Line {
            label: if row.label == "All" { wanted.name.clone() } else { row.label.clone() },
            counted: row.counted,
            of_all: row.of_all,
            bar: if share {
                hundredths(row.counted, row.of_all)
            } else {
                hundredths(row.counted, most)
            },
            percent: (share && row.of_all > 0)
                .then(|| format!("{}%", hundredths(row.counted, row.of_all))),
            href: link(measure, row),
        };
        Self {
            id: measure.id,
            name: measure.name,
            definition: Definition::of(measure),
            when: match measure.sort {
                Sort::Flow => wanted.in_words(),
                Sort::Now => "As things stand now".into(),
                _ => format!("On {}", words::day(wanted.period.to)),
            },
            by: if measure.by.is_empty() { "Where" } else { measure.by },
            share,
            rows: figure.rows.iter().map(line).collect(),
        }
    }
}

impl Definition {
    const fn of(measure: &Measure) -> Self {
        Self {
            counts: measure.counts,
            of: measure.of,
            day: measure.day,
            sources: measure.sources,
            owner: measure.owner,
        }
    }
}

/// A share in whole hundredths.
fn hundredths(part: i64, whole: i64) -> i64 {
    if whole <= 0 { 0 } else { ((part * 200 + whole) / (whole * 2)).clamp(0, 100) }
}
