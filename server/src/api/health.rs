//! Whether the server lives, whether it can serve, and its measures.

use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse, get, web};

use sync_core::time::Timestamp;

use crate::app::AppState;
use crate::db;
use crate::db::migrate::{SchemaState, schema_state};
use crate::error::ApiError;
use crate::telemetry;

/// Alive: the process answers.
#[utoipa::path(tag = "operations", responses((status = 200, description = "The process answers")))]
#[get("/healthz")]
pub(crate) async fn healthz() -> &'static str {
    "ok"
}

/// Ready: the database answers and has this program's schema.
#[utoipa::path(
    tag = "operations",
    responses(
        (status = 200, description = "The database answers and has this program's schema"),
        (status = 503, description = "Not ready", body = crate::error::ErrorBody),
    )
)]
#[get("/readyz")]
pub(crate) async fn readyz(state: web::Data<AppState>) -> Result<&'static str, ApiError> {
    let schema: Result<SchemaState, db::Error> = state.db.read(schema_state).await;
    match schema {
        Ok(SchemaState::Current) => Ok("ready"),
        Ok(SchemaState::New | SchemaState::Older) | Err(_) => Err(ApiError::not_ready()),
    }
}

/// The server's measures in Prometheus' text form, for the machine itself only: how often which address
/// is asked would tell a stranger that a glass was broken or a phone handed back.
#[utoipa::path(
    tag = "operations",
    responses(
        (status = 200, description = "Measures", body = String, content_type = "text/plain"),
        (status = 404, description = "Asked from another machine", body = crate::error::ErrorBody),
    )
)]
#[get("/metrics")]
pub(crate) async fn metrics(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    if request.peer_addr().is_some_and(|peer| !peer.ip().to_canonical().is_loopback()) {
        return Err(ApiError::no_route());
    }
    note_tail(&state).await;
    state.metrics.run_upkeep();
    let measures = state.metrics.render();
    Ok(HttpResponse::Ok().content_type(ContentType::plaintext()).body(measures))
}

/// How long the audit's oldest row waits to be linked, measured when it is asked for: a sequencer that
/// stopped cannot say so itself. Endless if the database does not answer.
async fn note_tail(state: &AppState) {
    let oldest = state.db.read(|conn| db::audit::oldest_waiting(conn, None)).await;
    let age_ms = |at: Timestamp| state.clock.now().since_ms(at).max(0);
    let seconds = match oldest {
        Ok::<_, db::Error>(oldest) => oldest.map_or(0.0, |at| age_ms(at) as f64 / 1000.0),
        Err(_) => f64::INFINITY,
    };
    telemetry::note_audit_tail(seconds);
}
