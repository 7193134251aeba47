//! Local practice: which framework holds where and since when, what it says, and a preview of what
//! another edition would change. Nothing is changed here.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use sync_core::framework::{FRAMEWORK_BYTES, Framework};
use sync_core::time::Date;

use super::error::PageError;
use super::page::{self, Frame};
use super::session::Visitor;
use super::{forms, words};
use crate::app::AppState;
use crate::db::Conn;
use crate::error::ApiError;
use crate::service::audit::{Act, Note, Seen};
use crate::service::practice::{self, Change, Changes, InUse};
use crate::service::reading::Reader;

#[derive(Template)]
#[template(path = "frameworks.html")]
struct FrameworksPage {
    frame: Frame,
    form_code: String,
    frameworks: Vec<Line>,
    /// What was typed, and what is wrong with it.
    text: String,
    wrong: String,
}

/// A framework in a list.
struct Line {
    name: String,
    href: String,
    authority: String,
    since: String,
    clusters: String,
}

#[derive(Template)]
#[template(path = "framework.html")]
struct FrameworkPage {
    frame: Frame,
    name: String,
    authority: String,
    clusters: Vec<String>,
    editions: Vec<EditionLine>,
    /// From when what is shown holds.
    since: String,
    parts: Vec<Part>,
    unchecked: String,
    /// What this edition changed of the one before.
    changed: Option<ChangesShown>,
}

#[derive(Template)]
#[template(path = "framework_preview.html")]
struct PreviewPage {
    frame: Frame,
    name: String,
    from: String,
    /// What it is compared with.
    compared: String,
    /// What somebody should know before they have it put into force.
    warnings: Vec<String>,
    changed: Option<ChangesShown>,
}

/// An edition in a list.
struct EditionLine {
    from: String,
    href: String,
    state: &'static str,
    shown: bool,
}

/// Items under a heading.
struct Part {
    id: &'static str,
    heading: &'static str,
    lines: Vec<(String, String)>,
}

/// Changes for a template.
struct ChangesShown {
    none: bool,
    parts: Vec<ChangedPart>,
    others: Vec<&'static str>,
}

/// Changes under a heading.
struct ChangedPart {
    heading: &'static str,
    rows: Vec<ChangeShown>,
}

/// One change.
struct ChangeShown {
    what: &'static str,
    name: String,
    before: String,
    now: String,
}

/// Which edition is wanted.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    from: String,
}

/// Every framework.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
) -> Result<HttpResponse, PageError> {
    listed(&state, &visitor, (StatusCode::OK, String::new(), String::new())).await
}

async fn listed(
    state: &AppState,
    visitor: &Visitor,
    (status, text, wrong): (StatusCode, String, String),
) -> Result<HttpResponse, PageError> {
    let all = read(state, visitor).await?;
    let today = today(state)?;
    let title = if wrong.is_empty() { "Frameworks" } else { "Error: Frameworks" };
    let page = FrameworksPage {
        frame: Frame::of(visitor, title, "/frameworks"),
        form_code: visitor.form_code(),
        frameworks: all.iter().filter_map(|it| Line::of(it, today)).collect(),
        text,
        wrong,
    };
    page::filled(status, &page)
}

/// One framework in one edition.
pub(super) async fn show_one(
    state: Data<AppState>,
    visitor: Visitor,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let asked: Asked = forms::query(request.query_string())?;
    let all = read(&state, &visitor).await?;
    let found = all.iter().find(|it| it.id == *path).ok_or(PageError::not_open())?;
    let today = today(&state)?;
    let wanted = asked.from.parse::<Date>().ok();
    let by_day = |day: Date| found.editions.iter().find(|it| it.effective_from == day);
    let shown = wanted.and_then(by_day).or(found.on(today)).or(found.editions.last());
    let shown = shown.ok_or(PageError::not_open())?;
    let before = found.editions.iter().find(|it| it.effective_from < shown.effective_from);
    let unchecked = unchecked(shown);
    page::well(&FrameworkPage {
        frame: Frame::of(&visitor, format!("Framework: {}", shown.name), "/frameworks"),
        name: shown.name.clone(),
        authority: format!("{}, {}", shown.authority, words::plain(&shown.jurisdiction)),
        clusters: found.clusters.clone(),
        editions: editions(found, shown, today),
        since: words::day(shown.effective_from),
        parts: parts(shown),
        unchecked: words::count(unchecked, "item was", "items were"),
        changed: before.map(|before| ChangesShown::of(&practice::changes(before, shown))),
    })
}

/// What a file that somebody typed or pasted would change. Nothing of it is kept.
pub(super) async fn preview(
    state: Data<AppState>,
    visitor: Visitor,
    body: Bytes,
) -> Result<HttpResponse, PageError> {
    let (form_code, text) = sent(&body)?;
    forms::check(Some(&visitor.token), &form_code)?;
    let new = match Framework::parse(&text) {
        Ok(new) => new,
        Err(error) => {
            let wrong = if text.trim().is_empty() {
                "Paste the text of a framework".to_owned()
            } else {
                words::plain(&error.to_string())
            };
            return listed(&state, &visitor, (StatusCode::UNPROCESSABLE_ENTITY, text, wrong)).await;
        }
    };
    let all = read(&state, &visitor).await?;
    let today = today(&state)?;
    let known = all.iter().find(|it| it.id == new.id);
    let current = known.and_then(|it| it.on(today));
    page::well(&PreviewPage {
        frame: Frame::of(&visitor, format!("Preview: {}", new.name), "/frameworks"),
        name: new.name.clone(),
        from: words::day(new.effective_from),
        compared: match current {
            Some(it) => format!("the edition in force, of {}", words::day(it.effective_from)),
            None => "nothing: no edition of it is in force".into(),
        },
        warnings: warnings(&new, known, today),
        changed: current.map(|current| ChangesShown::of(&practice::changes(current, &new))),
    })
}

/// A form larger than those of other pages: a framework's text.
fn sent(body: &[u8]) -> Result<(String, String), PageError> {
    // A letter may take three signs in a form.
    if body.len() > FRAMEWORK_BYTES * 3 {
        return Err(ApiError::too_large().into());
    }
    let field = |name: &str| {
        let mut pairs = form_urlencoded::parse(body);
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let form_code = field("form_code").ok_or(ApiError::bad_request())?;
    Ok((form_code, field("text").unwrap_or_default()))
}

fn warnings(new: &Framework, known: Option<&InUse>, today: Date) -> Vec<String> {
    let mut warnings = Vec::new();
    let same_day =
        |it: &InUse| it.editions.iter().any(|it| it.effective_from == new.effective_from);
    if known.is_none() {
        warnings.push("No framework of this id is known: it would be a new one.".to_owned());
    }
    if known.is_some_and(same_day) {
        warnings.push("There is an edition that begins on this day: another day is needed.".into());
    }
    if new.effective_from < today {
        warnings.push(
            "It would hold from a day in the past: clocks that ran since then would be counted anew."
                .into(),
        );
    }
    let unchecked = unchecked(new);
    if unchecked > 0 {
        let items = words::count(unchecked, "item is", "items are");
        warnings.push(format!(
            "{items} not checked against a source. A clock among them asks a person for the date."
        ));
    }
    warnings
}

fn unchecked(framework: &Framework) -> usize {
    let stages = framework.stages.iter().map(|it| &it.origin);
    let clocks = framework.clocks.iter().map(sync_core::framework::Clock::origin);
    let thresholds = framework.thresholds.iter().map(|it| &it.origin);
    stages.chain(clocks).chain(thresholds).filter(|it| !it.verified).count()
}

fn today(state: &AppState) -> Result<Date, PageError> {
    Ok(words::today(state.clock.now()).ok_or(ApiError::bad_request())?)
}

async fn read(state: &AppState, visitor: &Visitor) -> Result<Vec<InUse>, PageError> {
    let work = |conn: &mut Conn, reader: &Reader| {
        let found = practice::of_reader(conn, reader)?;
        let note = Note::of(Act::Practice).with("frameworks");
        Ok(match found {
            Some(found) => {
                let lines = found.len();
                Seen::new(Some(found), note.counting(lines))
            }
            None => Seen::new(None, note.refused("not_your_role")),
        })
    };
    visitor.show(state, work).await?.ok_or(PageError::not_open())
}

fn editions(found: &InUse, shown: &Framework, today: Date) -> Vec<EditionLine> {
    let in_force = found.on(today).map(|it| it.effective_from);
    let line = |it: &Framework| EditionLine {
        from: words::day(it.effective_from),
        href: format!("/frameworks/{}?from={}", it.id, it.effective_from),
        state: match in_force {
            Some(day) if day == it.effective_from => "In force",
            _ if it.effective_from > today => "To come",
            _ => "Earlier",
        },
        shown: it.effective_from == shown.effective_from,
    };
    found.editions.iter().map(line).collect()
}

fn parts(framework: &Framework) -> Vec<Part> {
    let stages = framework.stages.iter().map(|it| (it.name.clone(), practice::stage(it)));
    let clocks = framework.clocks.iter().map(|it| (it.name().to_owned(), practice::clock(it)));
    let limits = framework.thresholds.iter().map(|it| (it.name.clone(), practice::threshold(it)));
    vec![
        Part { id: "stages", heading: "Stages", lines: stages.collect() },
        Part { id: "clocks", heading: "How long things may take", lines: clocks.collect() },
        Part { id: "limits", heading: "Limits that figures compare with", lines: limits.collect() },
    ]
}

impl Line {
    fn of(it: &InUse, today: Date) -> Option<Self> {
        let newest = it.on(today).or(it.editions.first())?;
        Some(Self {
            name: newest.name.clone(),
            href: format!("/frameworks/{}", it.id),
            authority: newest.authority.clone(),
            since: words::day(newest.effective_from),
            clusters: it.clusters.join(", "),
        })
    }
}

impl ChangesShown {
    fn of(changes: &Changes) -> Self {
        let parts = [
            ("Stages", &changes.stages),
            ("How long things may take", &changes.clocks),
            ("Limits that figures compare with", &changes.thresholds),
        ];
        let part = |(heading, rows): (&'static str, &Vec<Change>)| ChangedPart {
            heading,
            rows: rows.iter().map(ChangeShown::of).collect(),
        };
        Self {
            none: changes.is_empty(),
            parts: parts.into_iter().map(part).collect(),
            others: changes.others.clone(),
        }
    }
}

impl ChangeShown {
    fn of(change: &Change) -> Self {
        let (what, name, before, now) = match change {
            Change::Added { name, now } => ("New", name, "", now.as_str()),
            Change::Removed { name, before } => ("Gone", name, before.as_str(), ""),
            Change::Changed { name, before, now } => {
                ("Changed", name, before.as_str(), now.as_str())
            }
        };
        Self { what, name: name.clone(), before: before.to_owned(), now: now.to_owned() }
    }
}
