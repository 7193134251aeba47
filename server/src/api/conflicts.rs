//! What waits to be settled.

use actix_web::get;
use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::Session;
use super::shown::ConflictShown;
use crate::app::AppState;
use crate::db::Conn;
use crate::error::{ApiError, ErrorBody};
use crate::service::audit::{Act, Seen};
use crate::service::reading::Reader;
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
    let work = |conn: &mut Conn, reader: &Reader| {
        let inbox = conflicts::inbox(conn, reader)?;
        let people = Colleagues::of(conn, reader, reader.clusters())?;
        let lines = inbox.open.len() + inbox.counted.len();
        Ok(Seen::list((inbox, people), Act::Inbox, lines))
    };
    let (inbox, people) = session.show(&state, work).await?;
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
