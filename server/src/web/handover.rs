//! A worker's caseload for whoever takes it over, to be read on a screen or on paper.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use sync_core::ids::UserId;
use sync_core::time::Date;

use super::error::PageError;
use super::page::{self, Frame};
use super::session::Visitor;
use super::{forms, today, words};
use crate::app::AppState;
use crate::db::Conn;
use crate::error::ApiError;
use crate::service::audit::{Act, Note, Seen};
use crate::service::reading::Reader;
use crate::service::reading::colleagues::Colleagues;
use crate::service::reading::handover::{self, Between, CaseToHandOver};

/// Records named of what a worker has not seen; the rest is counted.
const NAMED: usize = 8;

#[derive(Template)]
#[template(path = "handover.html")]
struct HandoverPage {
    frame: Frame,
    from: Vec<Choice>,
    to: Vec<Choice>,
    /// Whether somebody is to take over from themselves.
    same: bool,
    handed: Option<Handed>,
}

/// A person to choose.
struct Choice {
    id: String,
    name: String,
    chosen: bool,
}

/// What is handed over.
struct Handed {
    title: String,
    sums: Vec<String>,
    cases: Vec<CaseShown>,
}

/// A case for a template.
struct CaseShown {
    name: String,
    href: String,
    about: String,
    harm: bool,
    parts: Vec<Part>,
    /// Of what there is nothing.
    nothing: String,
}

/// Lines under one heading, each with the record that it is about.
struct Part {
    heading: String,
    lines: Vec<(String, String)>,
    more: String,
}

/// What is asked for. A browser sends empty fields too.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

impl Asked {
    fn between(&self) -> Result<Option<Between>, PageError> {
        let given = |text: &str| Some(text.to_owned()).filter(|it| !it.is_empty());
        let read = |text: String| text.parse::<UserId>().map_err(|_| PageError::not_open());
        let from = given(&self.from).map(read).transpose()?;
        let to = given(&self.to).map(read).transpose()?;
        Ok(from.map(|from| Between { from, to }))
    }
}

/// Whose cases, and the cases.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let asked: Asked = forms::query(request.query_string())?;
    let between = asked.between()?;
    let today = words::today(state.clock.now()).ok_or(ApiError::bad_request())?;
    let same = between.is_some_and(|it| it.to == Some(it.from));
    let wanted = between.filter(|_| !same);
    let work = move |conn: &mut Conn, reader: &Reader| read(conn, reader, wanted);
    let (cases, people) = visitor.show(&state, work).await?.ok_or(PageError::not_open())?;
    let handed = wanted.map(|it| Handed::of(&cases, &people, it, today));
    let title = if same { "Error: Hand a caseload over" } else { "Hand a caseload over" };
    let page = HandoverPage {
        frame: Frame::of(&visitor, title, "/caseload"),
        from: choices(&people, between.map(|it| it.from)),
        to: choices(&people, between.and_then(|it| it.to)),
        same,
        handed,
    };
    page::filled(if same { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page)
}

type Found = (Vec<CaseToHandOver>, Colleagues);

fn read(
    conn: &mut Conn,
    reader: &Reader,
    between: Option<Between>,
) -> Result<Seen<Option<Found>>, crate::db::Error> {
    let led = handover::led(reader);
    if led.is_empty() {
        return Ok(Seen::new(None, Note::of(Act::Handover).refused("not_your_role")));
    }
    let people = Colleagues::of(conn, reader, led)?;
    let cases = match between {
        Some(between) => handover::of_worker(conn, reader, between)?.unwrap_or_default(),
        None => Vec::new(),
    };
    let note = Note::of(Act::Handover).counting(cases.len());
    let note = between.into_iter().fold(note, |note, it| note.about(*it.from.as_bytes()));
    Ok(Seen::new(Some((cases, people)), note))
}

fn choices(people: &Colleagues, chosen: Option<UserId>) -> Vec<Choice> {
    let choice = |it: &crate::db::memberships::Colleague| Choice {
        id: it.user.to_string(),
        name: format!("{}, {}", it.name, it.agency_name),
        chosen: chosen == Some(it.user),
    };
    let mut all: Vec<_> = people.iter().map(choice).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

fn named(people: &Colleagues, user: &UserId) -> String {
    people.get(user).map_or_else(
        || "Somebody who is not of this cluster".into(),
        |it| format!("{}, {}", it.name, it.agency_name),
    )
}

impl Handed {
    fn of(cases: &[CaseToHandOver], people: &Colleagues, it: Between, today: Date) -> Self {
        let open = words::count(cases.len(), "open case", "open cases");
        let taker = it.to.map(|to| people.get(&to).map_or("Whoever takes over", |it| &it.name));
        let overdue = cases.iter().filter(|it| is_overdue(it, today)).count();
        let unread: usize = cases.iter().map(|it| it.unread.len()).sum();
        let disputed: usize = cases.iter().map(|it| it.conflicts.len()).sum();
        let waiting: usize = cases.iter().map(|it| it.unanswered.len()).sum();
        Self {
            title: format!("{}: {open}", named(people, &it.from)),
            sums: vec![
                format!("{} not seen", words::count(unread, "record", "records")),
                format!("{} for an answer", words::count(waiting, "record waits", "records wait")),
                format!(
                    "{} something overdue",
                    words::count(overdue, "child has", "children have")
                ),
                words::count(disputed, "disagreement to settle", "disagreements to settle"),
            ],
            cases: cases.iter().map(|it| CaseShown::of(it, people, (taker, today))).collect(),
        }
    }
}

fn is_overdue(case: &CaseToHandOver, today: Date) -> bool {
    case.due.first().is_some_and(|due| due.is_overdue(today))
}

impl CaseShown {
    fn of(
        case: &CaseToHandOver,
        people: &Colleagues,
        (taker, today): (Option<&str>, Date),
    ) -> Self {
        let header = &case.line.header;
        let leads = if case.leads { "Lead professional" } else { "In the team" };
        let school = Some(header.school.clone()).filter(|it| !it.is_empty());
        let taken = taker.map(|it| match case.taken {
            true => format!("{it} is in the team already"),
            false => format!("{it} is not in the team yet"),
        });
        let about = [Some(leads.to_owned()), school, taken].into_iter().flatten();
        let parts = [
            ("Nothing is unseen.", unread(case)),
            ("Nothing waits for an answer.", unanswered(case)),
            ("Nothing is due.", due(case, today)),
            ("Nothing is in dispute.", disputed(case, people)),
        ];
        let none = parts.iter().filter(|(_, it)| it.is_none()).map(|(none, _)| *none);
        let nothing = none.collect::<Vec<_>>().join(" ");
        Self {
            name: today::named(header.name.clone()),
            href: format!("/cases/{}", case.line.case),
            about: about.collect::<Vec<_>>().join(". "),
            harm: case.line.harm_since.is_some(),
            parts: parts.into_iter().filter_map(|(_, it)| it).collect(),
            nothing,
        }
    }
}

impl Part {
    fn of(heading: &str, lines: Vec<(String, String)>) -> Option<Self> {
        let heading = heading.to_owned();
        (!lines.is_empty()).then_some(Self { heading, lines, more: String::new() })
    }
}

fn record(case: &CaseToHandOver, record: &sync_core::ids::RecordId) -> String {
    format!("/cases/{}/records/{record}", case.line.case)
}

fn unread(case: &CaseToHandOver) -> Option<Part> {
    let line = |it: &handover::Unread| {
        let words = format!("{}, {}", words::kind(it.kind), words::day_of(it.arrived_at));
        (words, record(case, &it.record))
    };
    let mut lines: Vec<_> = case.unread.iter().take(NAMED).map(line).collect();
    if case.unheard > 0 {
        let values = words::count(case.unheard, "value of theirs does", "values of theirs do");
        lines.push((format!("{values} not hold while others disagree"), String::new()));
    }
    let more = case.unread.len().saturating_sub(NAMED);
    let part = Part::of("Not seen by whoever hands over", lines)?;
    Some(Part { more: if more > 0 { format!("and {more} more") } else { String::new() }, ..part })
}

fn unanswered(case: &CaseToHandOver) -> Option<Part> {
    let line = |it: &crate::service::reading::unanswered::Unanswered| {
        let words = format!("{}, since {}", it.waits.words(), words::day_of(it.since));
        (words, record(case, &it.record))
    };
    Part::of("Waits for an answer", case.unanswered.iter().map(line).collect())
}

fn due(case: &CaseToHandOver, today: Date) -> Option<Part> {
    let line = |it: &sync_core::view::DueDate| {
        let late = if it.is_overdue(today) { " (overdue)" } else { "" };
        let words = format!("{}: {}{late}", words::fact(it.fact), words::day(it.on));
        (words, record(case, &it.record))
    };
    Part::of("Due", case.due.iter().map(line).collect())
}

fn disputed(case: &CaseToHandOver, people: &Colleagues) -> Option<Part> {
    let line = |it: &crate::service::reading::conflicts::OpenConflict| {
        let by: Vec<_> = it.conflict.rivals.iter().map(|it| named(people, &it.by)).collect();
        let words = format!("{}: {}", words::fact(it.conflict.fact), by.join("; "));
        (words, record(case, &it.record))
    };
    Part::of("In dispute, and between whom", case.conflicts.iter().map(line).collect())
}
