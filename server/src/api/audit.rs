//! The audit, for information governance.

use actix_web::web::{Data, Json, Query};
use actix_web::{HttpResponse, get};
use serde::{Deserialize, Serialize};
use sync_core::ids::{CaseId, UserId};
use sync_core::limits::{AUDIT_EXPORT_ROWS, AUDIT_LINES};
use sync_core::time::Timestamp;
use utoipa::ToSchema;

use super::Session;
use super::shown::PersonShown;
use crate::app::AppState;
use crate::db::Conn;
use crate::db::audit::{AuditRow, Wanted};
use crate::error::{ApiError, ErrorBody};
use crate::service::audit::Act;
use crate::service::audit::search::{self, AuditPage, Place};
use crate::service::reading::Reader;
use crate::service::reading::colleagues::Colleagues;
use crate::{csv, hex};

/// Which rows.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// What one person did.
    user: Option<UserId>,
    /// What was done in one case.
    case: Option<CaseId>,
    /// One act, by its code.
    act: Option<String>,
    /// From this moment on, milliseconds.
    from: Option<i64>,
    /// Before this one.
    to: Option<i64>,
    /// What the part before gave as `next`.
    after: Option<String>,
    /// Rows at most, up to 200, which is also the default.
    limit: Option<usize>,
}

/// A part of the audit.
#[derive(Serialize, ToSchema)]
pub struct AuditAnswer {
    /// Newest first.
    rows: Vec<AuditShown>,
    /// What to ask for `after` next; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// One act of one person.
#[derive(Serialize, ToSchema)]
pub struct AuditShown {
    /// When, by the server's clock.
    at: i64,
    /// Who; absent for somebody unknown and for the operator of the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<PersonShown>,
    /// On which phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    /// loopback, private, public, console or unknown.
    origin: String,
    /// The code of the act.
    act: String,
    /// The act in words.
    what: String,
    /// done, or the code with which it was refused.
    outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<String>,
    /// Whom or what else it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// The ground, the kinds of filters, codes with their counts.
    detail: String,
    /// How many lines, changes or rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
    /// When it was by the phone's clock, for what was told later.
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed_at: Option<i64>,
}

type Asked = Query<AuditQuery>;

/// Who did and who saw what, newest first: for information governance. Reading it is written down, too.
#[utoipa::path(
    tag = "audit",
    params(
        ("user" = Option<String>, Query, description = "What one person did"),
        ("case" = Option<String>, Query, description = "What was done in one case"),
        ("act" = Option<String>, Query, description = "One act, by its code"),
        ("from" = Option<i64>, Query, description = "From this moment on, milliseconds"),
        ("to" = Option<i64>, Query, description = "Before this one"),
        ("after" = Option<String>, Query, description = "What the part before gave as next"),
        ("limit" = Option<usize>, Query, description = "Rows at most, up to 200, which is also the default"),
    ),
    security(("access_token" = [])),
    responses(
        (status = 200, body = AuditAnswer, description = "A part of the audit"),
        (status = 400, body = ErrorBody, description = "bad_request"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
        (status = 403, body = ErrorBody, description = "not_your_role, device_retired, device_stolen"),
        (status = 503, body = ErrorBody, description = "busy, not_noted"),
    )
)]
#[get("/audit")]
pub(crate) async fn list(
    state: Data<AppState>,
    session: Session,
    query: Asked,
) -> Result<Json<AuditAnswer>, ApiError> {
    let query = query.into_inner();
    let limit = query.limit.unwrap_or(AUDIT_LINES).clamp(1, AUDIT_LINES);
    let (page, people) = found(&state, &session, query, (Act::ReadAudit, limit)).await?;
    Ok(Json(AuditAnswer {
        rows: page.rows.iter().map(|row| AuditShown::of(row, &people)).collect(),
        next: page.next.map(|place| place.text()),
    }))
}

/// The same as a file for a spreadsheet, at most 50,000 rows: ask month by month.
#[utoipa::path(
    tag = "audit",
    params(
        ("user" = Option<String>, Query, description = "What one person did"),
        ("case" = Option<String>, Query, description = "What was done in one case"),
        ("act" = Option<String>, Query, description = "One act, by its code"),
        ("from" = Option<i64>, Query, description = "From this moment on, milliseconds"),
        ("to" = Option<i64>, Query, description = "Before this one"),
        ("after" = Option<String>, Query, description = "What the header x-next of the file before says"),
        ("limit" = Option<usize>, Query, description = "Rows at most"),
    ),
    security(("access_token" = [])),
    responses(
        (status = 200, body = String, content_type = "text/csv", description = "A table"),
        (status = 400, body = ErrorBody, description = "bad_request"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
        (status = 403, body = ErrorBody, description = "not_your_role, device_retired, device_stolen"),
        (status = 503, body = ErrorBody, description = "busy, not_noted"),
    )
)]
#[get("/audit.csv")]
pub(crate) async fn export(
    state: Data<AppState>,
    session: Session,
    query: Asked,
) -> Result<HttpResponse, ApiError> {
    let query = query.into_inner();
    let limit = query.limit.unwrap_or(AUDIT_EXPORT_ROWS).clamp(1, AUDIT_EXPORT_ROWS);
    let (page, people) = found(&state, &session, query, (Act::Export, limit)).await?;
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header(("content-disposition", "attachment; filename=\"audit.csv\""))
        .content_type("text/csv; charset=utf-8");
    if let Some(next) = page.next {
        answer.insert_header(("x-next", next.text()));
    }
    Ok(answer.body(table(&page, &people)))
}

async fn found(
    state: &AppState,
    session: &Session,
    query: AuditQuery,
    (act, limit): (Act, usize),
) -> Result<(AuditPage, Colleagues), ApiError> {
    if query.act.as_deref().is_some_and(|code| Act::from_code(code).is_none()) {
        return Err(ApiError::bad_request());
    }
    let after = query.after.as_deref().map(|text| Place::parse(text).ok_or(()));
    let after = after.transpose().map_err(|()| ApiError::bad_request())?;
    let work = move |conn: &mut Conn, reader: &Reader| {
        search::seen(conn, reader, (act, &query.wanted(), after), limit)
    };
    session.show(state, work).await?.ok_or(ApiError::not_your_role())
}

impl AuditQuery {
    fn wanted(&self) -> Wanted {
        Wanted {
            user: self.user,
            case: self.case,
            act: self.act.clone(),
            from: self.from.map(Timestamp),
            to: self.to.map(Timestamp),
            before: None,
        }
    }
}

impl AuditShown {
    fn of(row: &AuditRow, people: &Colleagues) -> Self {
        let act = Act::from_code(&row.act);
        Self {
            at: row.at.0,
            by: row.user.map(|user| PersonShown::of(&user, people)),
            device: row.device.map(|id| id.to_string()),
            origin: row.origin.clone(),
            act: row.act.clone(),
            what: act.map_or_else(|| row.act.clone(), |act| act.words().to_owned()),
            outcome: row.outcome.clone(),
            case: row.case.map(|id| id.to_string()),
            record: row.record.map(|id| id.to_string()),
            subject: row.subject.map(|id| hex::encode(&id)),
            detail: row.detail.clone(),
            amount: row.amount,
            claimed_at: row.claimed_at.map(|at| at.0),
        }
    }

    fn cells(&self, name: &str, agency: &str) -> Vec<String> {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let number = |field: Option<i64>| field.map(|it| it.to_string()).unwrap_or_default();
        vec![
            moment(self.at),
            name.to_owned(),
            agency.to_owned(),
            text(&self.device),
            self.origin.clone(),
            self.act.clone(),
            self.what.clone(),
            self.outcome.clone(),
            text(&self.case),
            text(&self.record),
            text(&self.subject),
            self.detail.clone(),
            number(self.amount),
            self.claimed_at.map(moment).unwrap_or_default(),
        ]
    }
}

const HEADINGS: [&str; 14] = [
    "When",
    "Who",
    "Agency",
    "Phone",
    "From",
    "Act",
    "What",
    "Outcome",
    "Case",
    "Record",
    "About",
    "Detail",
    "Number",
    "Claimed time",
];

/// The rows as lines of a spreadsheet, under headings.
pub(crate) fn table(page: &AuditPage, people: &Colleagues) -> String {
    let line = |row: &AuditRow| {
        let known = row.user.as_ref().and_then(|user| people.get(user));
        let (name, agency) =
            known.map_or(("", ""), |it| (it.name.as_str(), it.agency_name.as_str()));
        let cells = AuditShown::of(row, people).cells(name, agency);
        csv::line(cells.iter().map(String::as_str))
    };
    csv::line(HEADINGS) + &page.rows.iter().map(line).collect::<String>()
}

/// A moment in universal time, as a spreadsheet sorts it.
fn moment(at: i64) -> String {
    Timestamp(at).to_string()
}
