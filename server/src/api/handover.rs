//! Handing a worker's caseload over.

use actix_web::get;
use actix_web::web::{Data, Json, Query};
use serde::{Deserialize, Serialize};
use sync_core::ids::UserId;
use utoipa::ToSchema;

use super::Session;
use super::shown::{CaseShown, ConflictShown};
use crate::app::AppState;
use crate::db::Conn;
use crate::error::{ApiError, ErrorBody};
use crate::service::audit::{Act, Note, Seen};
use crate::service::reading::Reader;
use crate::service::reading::colleagues::Colleagues;
use crate::service::reading::handover::{self, Between, CaseToHandOver};

/// Whose caseload.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandoverQuery {
    /// The worker's id.
    from: UserId,
}

/// A worker's open cases in the clusters that this person leads.
#[derive(Serialize, ToSchema)]
pub struct HandoverAnswer {
    cases: Vec<HandoverCase>,
}

/// One case to hand over.
#[derive(Serialize, ToSchema)]
pub struct HandoverCase {
    header: CaseShown,
    /// Whether the worker is its lead professional.
    leads: bool,
    /// What waits to be settled.
    conflicts: Vec<ConflictShown>,
    /// What falls due, earliest first; ten dates at most.
    due: Vec<DueShown>,
}

/// A day by which something is due.
#[derive(Serialize, ToSchema)]
pub struct DueShown {
    /// The day, as 2026-11-22.
    on: String,
    /// The fact.
    #[schema(value_type = String)]
    fact: &'static str,
    /// The same in words.
    #[schema(value_type = String)]
    what: &'static str,
    record: String,
    /// What the record is about.
    kind: String,
}

type Asked = Query<HandoverQuery>;

/// A worker's open cases with what is in dispute and what falls due. Somebody unknown has none.
#[utoipa::path(
    tag = "cases",
    params(
        ("from" = String, Query, description = "The worker's id"),
    ),
    security(("access_token" = [])),
    responses(
        (status = 200, body = HandoverAnswer, description = "The cases"),
        (status = 400, body = ErrorBody, description = "bad_request"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
        (status = 403, body = ErrorBody, description = "not_your_role"),
    )
)]
#[get("/handover")]
pub(crate) async fn show(
    state: Data<AppState>,
    session: Session,
    query: Asked,
) -> Result<Json<HandoverAnswer>, ApiError> {
    let work = move |conn: &mut Conn, reader: &Reader| {
        let between = Between { from: query.from, to: None };
        let cases = handover::of_worker(conn, reader, between)?;
        let people = Colleagues::of(conn, reader, reader.clusters())?;
        let note = match &cases {
            Some(cases) => Note::of(Act::Handover).counting(cases.len()),
            None => Note::of(Act::Handover).refused("not_your_role"),
        };
        let shown = cases.map(|cases| (cases, people));
        Ok(Seen::new(shown, note.about(*query.from.as_bytes())))
    };
    let (cases, people) = session.show(&state, work).await?.ok_or(ApiError::not_your_role())?;
    let cases = cases.iter().map(|it| HandoverCase::of(it, &people)).collect();
    Ok(Json(HandoverAnswer { cases }))
}

impl HandoverCase {
    fn of(case: &CaseToHandOver, people: &Colleagues) -> Self {
        let due = case.due.iter().map(|due| DueShown {
            on: due.on.to_string(),
            fact: due.fact.name(),
            what: due.what(),
            record: due.record.to_string(),
            kind: due.kind.to_string(),
        });
        Self {
            header: CaseShown::of(&case.line, people),
            leads: case.leads,
            conflicts: case.conflicts.iter().map(|it| ConflictShown::of(it, people)).collect(),
            due: due.collect(),
        }
    }
}
