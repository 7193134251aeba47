//! Early warnings: the children to look at this morning, and the rest, each with its reasons.

use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;
use sync_core::time::Date;

use super::error::PageError;
use super::page::{self, Frame};
use super::session::Visitor;
use super::{today, words};
use crate::app::AppState;
use crate::db::Conn;
use crate::service::audit::{Act, Seen};
use crate::service::reading::Reader;
use crate::service::reading::caseload::CaseLine;
use crate::service::reading::worklist;

#[derive(Template)]
#[template(path = "early_warnings.html")]
struct EarlyPage {
    frame: Frame,
    day: String,
    parts: Vec<Part>,
}

/// Children under one heading.
struct Part {
    id: &'static str,
    heading: String,
    why: &'static str,
    children: Vec<Warned>,
}

/// A child with what holds.
struct Warned {
    name: String,
    href: String,
    school: String,
    lead: bool,
    warnings: Vec<Warning>,
}

/// A warning in words.
struct Warning {
    heading: &'static str,
    why: String,
    /// The record; empty where there is none to open.
    href: String,
    since: String,
}

/// Every child of the caseload with a warning that holds today.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
) -> Result<HttpResponse, PageError> {
    let today = words::today(state.clock.now()).ok_or(crate::error::ApiError::bad_request())?;
    let work = move |conn: &mut Conn, reader: &Reader| {
        let lines = worklist::of_reader(conn, reader)?;
        Ok(Seen::list_if_any(lines, Act::Worklist, Vec::len))
    };
    let mut lines = visitor.show(&state, work).await?.ok_or(PageError::not_open())?;
    lines.retain(|line| line.warnings(today).next().is_some());
    let (first, rest): (Vec<_>, Vec<_>) =
        lines.iter().partition(|line| line.is_for_this_morning(today));
    let parts = [
        (first, "first", "to look at first", "Something presses, or several things come together."),
        (rest, "rest", "with one thing or two", "Nothing presses; look when there is time."),
    ];
    let part = |(mut lines, id, end, why): (Vec<&CaseLine>, _, _, _)| {
        sort(&mut lines, today);
        let heading = format!("{} {end}", words::count(lines.len(), "child", "children"));
        let children = lines.iter().map(|line| Warned::of(line, today)).collect::<Vec<_>>();
        (!children.is_empty()).then_some(Part { id, heading, why, children })
    };
    page::well(&EarlyPage {
        frame: Frame::of(&visitor, "Early warnings", "/early-warnings"),
        day: words::day(today),
        parts: parts.into_iter().filter_map(part).collect(),
    })
}

/// The most pressing first; of equals who has more, then whose began earlier.
pub(super) fn sort(lines: &mut [&CaseLine], today: Date) {
    lines.sort_by_cached_key(|line| {
        let first = line.warnings(today).map(|signal| signal.sign).min();
        let since = line.warnings(today).map(|signal| signal.from).min();
        (first, std::cmp::Reverse(line.warnings(today).count()), since, line.case)
    });
}

impl Warned {
    fn of(line: &CaseLine, today: Date) -> Self {
        let warning = |signal: &sync_core::view::signals::Signal| Warning {
            heading: signal.sign.words(),
            why: signal.why.clone(),
            href: signal
                .record
                .map(|record| format!("/cases/{}/records/{record}", line.case))
                .unwrap_or_default(),
            since: words::day(signal.from),
        };
        Self {
            name: today::named(line.header.name.clone()),
            href: format!("/cases/{}", line.case),
            school: line.header.school.clone(),
            lead: line.header.lead_professional.is_some(),
            warnings: line.warnings(today).map(warning).collect(),
        }
    }
}
