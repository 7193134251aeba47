//! What waits to be settled.

use actix_web::get;
use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::Session;
use super::shown::ConflictShown;
use crate::app::AppState;
use crate::db;
use crate::error::{ApiError, ErrorBody};
use crate::service::reading::colleagues::Colleagues;
use crate::service::reading::conflicts;

/// What waits to be settled, as far as this person may know of it.
#[derive(Serialize, ToSchema)]
pub struct ConflictsAnswer {
    /// With values.
    conflicts: Vec<ConflictShown>,
    /// Elsewhere, as a number with its age.
    counted: Vec<CountShown>,
}

/// Disagreements whose values are not for this person.
#[derive(Serialize, ToSchema)]
pub struct CountShown {
    case: String,
    /// Where.
    compartment: String,
    /// How many.
    count: usize,
    /// When the oldest began.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<i64>,
}

/// Disagreements that a person must settle: every value with its author, what holds and why.
#[utoipa::path(
    tag = "cases",
    security(("access_token" = [])),
    responses(
        (status = 200, body = ConflictsAnswer, description = "What waits to be settled"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
    )
)]
#[get("/conflicts")]
pub(crate) async fn list(
    state: Data<AppState>,
    session: Session,
) -> Result<Json<ConflictsAnswer>, ApiError> {
    let reader = session.reader(&state);
    let work = move |conn: &mut _| {
        let inbox = conflicts::inbox(conn, &reader)?;
        let people = Colleagues::of(conn, &reader, reader.clusters())?;
        Ok::<_, db::Error>((inbox, people))
    };
    let (inbox, people) = state.db.read(work).await?;
    let counted = inbox.counted.iter().map(|it| CountShown {
        case: it.case.to_string(),
        compartment: it.compartment.to_string(),
        count: it.count,
        since: it.since.map(|at| at.0),
    });
    Ok(Json(ConflictsAnswer {
        conflicts: inbox.open.iter().map(|it| ConflictShown::of(it, &people)).collect(),
        counted: counted.collect(),
    }))
}
