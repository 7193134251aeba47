//! Opening a case beyond what one is granted.

use actix_web::post;
use actix_web::web::{Data, Json, Path};
use serde::{Deserialize, Serialize};
use sync_core::ids::CaseId;
use sync_core::policy::Door;
use utoipa::ToSchema;

use super::Session;
use crate::app::AppState;
use crate::db::Conn;
use crate::error::{ApiError, ErrorBody};
use crate::service::audit::Pen;
use crate::service::glass;
use crate::service::reading::Reader;

/// Why a case must be opened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GlassBody {
    /// In the person's words: the team reads it. Of information governance, the request's reference.
    reason: String,
}

/// An opened case.
#[derive(Serialize, ToSchema)]
pub struct GlassAnswer {
    /// `glass`: the team's records, and the team is told. `request`: the whole case.
    #[schema(value_type = String)]
    door: &'static str,
    /// Until when.
    open_until: i64,
}

/// Breaks the glass: opens a case's team records for two hours to a practitioner of the cluster or the
/// duty officer. The team is told who and why. To information governance it opens the whole case for
/// eight hours, on the reference of a request. What is not there and what the person may not know of
/// are one answer.
#[utoipa::path(
    tag = "cases",
    params(("case" = String, Path, description = "The case's id")),
    security(("access_token" = [])),
    responses(
        (status = 200, body = GlassAnswer, description = "Opened"),
        (status = 400, body = ErrorBody, description = "no_reason, or malformed"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
        (status = 403, body = ErrorBody, description = "no_glass, device_retired, device_stolen"),
        (status = 404, body = ErrorBody, description = "No such case, or not this person's to know of"),
        (status = 409, body = ErrorBody, description = "already_open"),
        (status = 413, body = ErrorBody, description = "Too large"),
        (status = 415, body = ErrorBody, description = "Not JSON"),
        (status = 503, body = ErrorBody, description = "busy, not_noted"),
    )
)]
#[post("/cases/{case}/glass")]
pub(crate) async fn open(
    state: Data<AppState>,
    session: Session,
    path: Path<String>,
    body: Json<GlassBody>,
) -> Result<Json<GlassAnswer>, ApiError> {
    let case: CaseId = path.parse().map_err(|_| ApiError::not_open())?;
    let (reason, salt) = (body.into_inner().reason, state.entropy.bytes()?);
    let work = move |conn: &mut Conn, reader: &Reader, pen: &mut Pen| {
        glass::open(conn, reader, (&case, &reason), salt, pen)
    };
    let glass = state.act(session.asking(), work).await??;
    Ok(Json(GlassAnswer {
        door: match glass.door {
            Door::Standing | Door::Glass => "glass",
            Door::Request => "request",
        },
        open_until: glass.ends_at.0,
    }))
}
