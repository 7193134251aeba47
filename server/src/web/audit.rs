//! Who did and who saw what, for information governance.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use sync_core::ids::{CaseId, UserId};
use sync_core::limits::{AUDIT_EXPORT_ROWS, AUDIT_LINES};
use sync_core::time::{Date, Timestamp};

use super::error::PageError;
use super::page::{self, Frame};
use super::session::Visitor;
use super::{forms, words};
use crate::api::audit::table;
use crate::app::AppState;
use crate::db::Conn;
use crate::db::audit::{AuditRow, Wanted};
use crate::service::audit::Act;
use crate::service::audit::note::DONE;
use crate::service::audit::search::{self, AuditPage as Found, Place};
use crate::service::reading::Reader;
use crate::service::reading::colleagues::Colleagues;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    asked: Asked,
    /// What was wrong with what they typed.
    wrong: Option<Wrong>,
    acts: Vec<(&'static str, &'static str)>,
    rows: Vec<Row>,
    next: Option<String>,
    file: String,
}

/// A field that cannot be read.
#[derive(Clone, Copy)]
struct Wrong {
    field: &'static str,
    words: &'static str,
}

struct Row {
    when: String,
    who: String,
    what: &'static str,
    outcome: String,
    case: String,
    detail: String,
}

/// What is asked for. A browser sends empty fields too.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    user: String,
    #[serde(default)]
    case: String,
    #[serde(default)]
    act: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    after: String,
}

/// The newest rows that are wanted.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let asked: Asked = forms::query(request.query_string())?;
    if let Some(wrong) = asked.wrong().filter(|_| page::reads_audit(&visitor)) {
        return unread(&visitor, asked, wrong);
    }
    let (found, people) = found(&state, &visitor, &asked, (Act::ReadAudit, AUDIT_LINES)).await?;
    page::well(&AuditPage {
        frame: Frame::of(&visitor, "Audit", "/audit"),
        wrong: None,
        acts: acts(),
        rows: found.rows.iter().map(|row| Row::of(row, &people)).collect(),
        next: found.next.map(|place| format!("/audit?{}", asked.query(&place.text()))),
        file: format!("/audit.csv?{}", asked.query("")),
        asked,
    })
}

/// The form again, with what was wrong with it. Nothing was looked for.
fn unread(visitor: &Visitor, asked: Asked, wrong: Wrong) -> Result<HttpResponse, PageError> {
    let page = AuditPage {
        frame: Frame::of(visitor, "Error: Audit", "/audit"),
        wrong: Some(wrong),
        acts: acts(),
        rows: Vec::new(),
        next: None,
        file: String::new(),
        asked,
    };
    page::filled(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

fn acts() -> Vec<(&'static str, &'static str)> {
    Act::ALL.iter().map(|act| (act.code(), act.words())).collect()
}

/// The same as a file.
pub(super) async fn download(
    state: Data<AppState>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let asked: Asked = forms::query(request.query_string())?;
    let (found, people) = found(&state, &visitor, &asked, (Act::Export, AUDIT_EXPORT_ROWS)).await?;
    Ok(HttpResponse::Ok()
        .insert_header(("content-disposition", "attachment; filename=\"audit.csv\""))
        .content_type("text/csv; charset=utf-8")
        .body(table(&found, &people)))
}

async fn found(
    state: &AppState,
    visitor: &Visitor,
    asked: &Asked,
    (act, limit): (Act, usize),
) -> Result<(Found, Colleagues), PageError> {
    let (wanted, after) = (asked.wanted()?, given(&asked.after, Place::parse)?);
    let work = move |conn: &mut Conn, reader: &Reader| {
        search::seen(conn, reader, (act, &wanted, after), limit)
    };
    visitor.show(state, work).await?.ok_or(PageError::not_open())
}

/// A field that may be empty; what does not read finds nothing.
fn given<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, PageError> {
    match text.trim() {
        "" => Ok(None),
        text => read(text).map(Some).ok_or(PageError::not_open()),
    }
}

impl Asked {
    /// What people type by hand and may mistype.
    fn wrong(&self) -> Option<Wrong> {
        let bad = |text: &str, read: bool| !text.trim().is_empty() && !read;
        if bad(&self.case, self.case.trim().parse::<CaseId>().is_ok()) {
            let words = "Enter the id of a case: 32 digits and letters from a to f";
            return Some(Wrong { field: "case", words });
        }
        if bad(&self.user, self.user.trim().parse::<UserId>().is_ok()) {
            let words = "Enter the id of a person: 32 digits and letters from a to f";
            return Some(Wrong { field: "user", words });
        }
        None
    }

    fn wanted(&self) -> Result<Wanted, PageError> {
        let day = |text: &str| text.parse::<Date>().ok();
        let known = |code: &str| Act::from_code(code).map(|act| act.code().to_owned());
        let end = |day: Date| day.plus_days(1).map_or(Timestamp(i64::MAX), Date::start);
        Ok(Wanted {
            user: given(&self.user, |text| text.parse().ok())?,
            case: given(&self.case, |text| text.parse().ok())?,
            act: given(&self.act, known)?,
            from: given(&self.from, day)?.map(Date::start),
            to: given(&self.to, day)?.map(end),
            before: None,
        })
    }

    fn query(&self, after: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let fields = [
            ("user", self.user.as_str()),
            ("case", &self.case),
            ("act", &self.act),
            ("from", &self.from),
            ("to", &self.to),
            ("after", after),
        ];
        for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        query.finish()
    }
}

impl Row {
    fn of(row: &AuditRow, people: &Colleagues) -> Self {
        let known = row.user.as_ref().and_then(|user| people.get(user));
        let who = match (known, &row.user) {
            (Some(person), _) => format!("{}, {}", person.name, person.agency_name),
            (None, Some(user)) => user.to_string(),
            (None, None) if row.origin == "console" => "The operator of the server".into(),
            (None, None) => "Somebody unknown".into(),
        };
        let claimed =
            row.claimed_at.map(|at| format!("by the phone's clock {}", words::moment(at)));
        let amount = row.amount.map(|amount| format!("{amount}"));
        let said = [Some(row.detail.clone()), amount, claimed].into_iter().flatten();
        let said: Vec<_> = said.filter(|text| !text.is_empty()).collect();
        Self {
            when: words::moment(row.at),
            who,
            what: Act::from_code(&row.act).map_or("", Act::words),
            outcome: if row.outcome == DONE { String::new() } else { row.outcome.clone() },
            case: row.case.map(|case| case.to_string()).unwrap_or_default(),
            detail: said.join("; "),
        }
    }
}
