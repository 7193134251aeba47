//! The cases of a person.

use actix_web::get;
use actix_web::web::{Data, Json, Query};
use serde::{Deserialize, Serialize};
use sync_core::ids::{CaseId, ClusterId};
use utoipa::ToSchema;

use super::Session;
use super::shown::CaseShown;
use crate::app::AppState;
use crate::db::Conn;
use crate::error::{ApiError, ErrorBody};
use crate::service::audit::{Act, Seen};
use crate::service::reading::Reader;
use crate::service::reading::caseload;
use crate::service::reading::colleagues::Colleagues;

/// Lines in one answer, at most and by default.
const LINES: usize = 100;

/// Which part of the caseload.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseloadQuery {
    /// One cluster only.
    cluster: Option<ClusterId>,
    /// The last case of the part before.
    after: Option<CaseId>,
    /// Cases at most, up to 100, which is also the default.
    limit: Option<usize>,
}

/// A part of a caseload.
#[derive(Serialize, ToSchema)]
pub struct CaseloadAnswer {
    /// By cluster and name.
    cases: Vec<CaseShown>,
    /// What to ask for `after` next; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

type Asked = Query<CaseloadQuery>;

/// The caseload: of a cluster's lead every case that they may read, of an agency's lead the agency's,
/// of a practitioner those whose team they are in.
#[utoipa::path(
    tag = "cases",
    params(
        ("cluster" = Option<String>, Query, description = "One cluster only"),
        ("after" = Option<String>, Query, description = "The last case of the part before"),
        ("limit" = Option<usize>, Query, description = "Cases at most, up to 100, which is also the default"),
    ),
    security(("access_token" = [])),
    responses(
        (status = 200, body = CaseloadAnswer, description = "A part of the caseload"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
        (status = 404, body = ErrorBody, description = "No caseload in that cluster, or no such case to go on after"),
    )
)]
#[get("/caseload")]
pub(crate) async fn list(
    state: Data<AppState>,
    session: Session,
    query: Asked,
) -> Result<Json<CaseloadAnswer>, ApiError> {
    let CaseloadQuery { cluster, after, limit } = query.into_inner();
    let limit = limit.unwrap_or(LINES).clamp(1, LINES);
    let work = move |conn: &mut Conn, reader: &Reader| {
        let page = caseload::page(conn, reader, cluster, after, limit)?;
        let people = Colleagues::of(conn, reader, reader.clusters())?;
        let shown = page.map(|page| (page, people));
        Ok(Seen::list_if_any(shown, Act::Caseload, |(page, _)| page.lines.len()))
    };
    let (page, people) = session.show(&state, work).await?.ok_or(ApiError::not_open())?;
    let last = page.lines.last().map(|line| line.case.to_string());
    Ok(Json(CaseloadAnswer {
        cases: page.lines.iter().map(|line| CaseShown::of(line, &people)).collect(),
        next: last.filter(|_| page.more),
    }))
}
