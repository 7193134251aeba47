//! Whether the server lives, whether it can serve, and its measures.

use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, get, web};

use crate::app::AppState;
use crate::db;
use crate::db::migrate::{SchemaState, schema_state};
use crate::error::ApiError;

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

/// The server's measures in Prometheus' text form.
#[utoipa::path(
    tag = "operations",
    responses((status = 200, description = "Measures", body = String, content_type = "text/plain"))
)]
#[get("/metrics")]
pub(crate) async fn metrics(state: web::Data<AppState>) -> HttpResponse {
    state.metrics.run_upkeep();
    HttpResponse::Ok().content_type(ContentType::plaintext()).body(state.metrics.render())
}
