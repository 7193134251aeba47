//! Work that waits for a reviewer, and what is decided about it.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get, post};
use serde::{Deserialize, Serialize};
use sync_core::gate::refusal::sentence;
use sync_core::ids::RecordId;
use sync_core::view::EntryView;
use utoipa::ToSchema;

use super::Session;
use super::shown::PersonShown;
use crate::app::AppState;
use crate::db;
use crate::error::{ApiError, ErrorBody};
use crate::ingest::release::{Wish, review};
use crate::service::audit::{Act, Seen};
use crate::service::reading::Reader;
use crate::service::reading::colleagues::Colleagues;
use crate::service::reading::quarantine::{self, Waiting};

/// What waits, as far as this person may know of it.
#[derive(Serialize, ToSchema)]
pub struct QuarantineAnswer {
    /// With its words, oldest first.
    waiting: Vec<WaitingShown>,
    /// Elsewhere, as a number with its age.
    counted: Vec<CountedShown>,
    /// Without anybody who may decide about it, by cluster: for information governance, who has
    /// somebody appointed. Nothing is told of the case.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreviewable: Vec<UnreviewableShown>,
}

/// Work that this person may decide about.
#[derive(Serialize, ToSchema)]
pub struct WaitingShown {
    /// Its name.
    id: String,
    case: String,
    /// The child's name.
    name: String,
    record: String,
    /// What the record is about.
    kind: String,
    /// Who the record is for.
    compartment: String,
    /// Who wrote it.
    by: PersonShown,
    /// When it arrived.
    arrived_at: i64,
    /// Why it was not taken: a stable code.
    code: String,
    /// The same in words.
    why: String,
    /// Since when harm is suspected in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    harm_since: Option<i64>,
    /// What it says.
    #[schema(value_type = Vec<Object>)]
    entries: Vec<EntryView>,
}

/// Work whose words are not for this person.
#[derive(Serialize, ToSchema)]
pub struct CountedShown {
    case: String,
    /// Where.
    compartment: String,
    /// How many records.
    count: usize,
    /// When the oldest arrived.
    since: i64,
}

/// Work that nobody may decide about.
#[derive(Serialize, ToSchema)]
pub struct UnreviewableShown {
    cluster: String,
    /// How many records.
    count: usize,
    /// When the oldest arrived.
    since: i64,
}

/// Why something is decided so: the author reads it.
#[derive(Deserialize, ToSchema)]
pub struct DecisionBody {
    /// In the reviewer's words.
    reason: String,
}

/// Work that arrived after its author's access had changed. Nobody else sees it before a reviewer
/// entitled to its compartment decides.
#[utoipa::path(
    tag = "cases",
    security(("access_token" = [])),
    responses(
        (status = 200, body = QuarantineAnswer, description = "What waits to be reviewed"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
    )
)]
#[get("/quarantine")]
pub(crate) async fn list(
    state: Data<AppState>,
    session: Session,
) -> Result<Json<QuarantineAnswer>, ApiError> {
    let work = |conn: &mut db::Conn, reader: &Reader| {
        let tray = quarantine::tray(conn, reader)?;
        let people = Colleagues::of(conn, reader, reader.clusters())?;
        let lines = tray.open.len() + tray.counted.len();
        Ok(Seen::list((tray, people), Act::Quarantine, lines))
    };
    let (tray, people) = session.show(&state, work).await?;
    let counted = tray.counted.iter().map(|it| CountedShown {
        case: it.case.to_string(),
        compartment: it.compartment.to_string(),
        count: it.count,
        since: it.since.0,
    });
    let unreviewable = tray.unreviewable.iter().map(|it| UnreviewableShown {
        cluster: it.cluster.to_string(),
        count: it.count,
        since: it.since.0,
    });
    Ok(Json(QuarantineAnswer {
        unreviewable: unreviewable.collect(),
        counted: counted.collect(),
        waiting: tray.open.into_iter().map(|it| WaitingShown::of(it, &people)).collect(),
    }))
}

impl WaitingShown {
    fn of(waiting: Waiting, people: &Colleagues) -> Self {
        let held = waiting.held;
        Self {
            id: RecordId::from_bytes(held.id).to_string(),
            case: held.case.to_string(),
            name: waiting.name,
            record: held.record.to_string(),
            kind: waiting.kind.to_string(),
            compartment: waiting.compartment.to_string(),
            by: PersonShown::of(&held.user, people),
            arrived_at: held.arrived_at.0,
            why: sentence(&held.code),
            code: held.code,
            harm_since: held.harm_since,
            entries: waiting.entries,
        }
    }
}

/// Takes the work into the record, as its author wrote it, with what of theirs in the same record
/// waited before it. What arrived later waits on.
#[utoipa::path(
    tag = "cases",
    params(("id" = String, Path, description = "The work's name")),
    request_body = DecisionBody,
    security(("access_token" = [])),
    responses(
        (status = 204, description = "It is in the record"),
        (status = 400, body = ErrorBody, description = "no_reason, malformed"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
        (status = 404, body = ErrorBody, description = "No such work, or not this person's to review"),
        (status = 409, body = ErrorBody, description = "decided, does_not_fit"),
        (status = 413, body = ErrorBody, description = "Too large"),
        (status = 415, body = ErrorBody, description = "Not JSON"),
        (status = 503, body = ErrorBody, description = "Busy"),
    )
)]
#[post("/quarantine/{id}/release")]
pub(crate) async fn release(
    state: Data<AppState>,
    session: Session,
    path: Path<String>,
    body: Json<DecisionBody>,
) -> Result<HttpResponse, ApiError> {
    decide(&state, &session, &path, (Wish::Release, body.into_inner().reason)).await
}

/// Gives the work back to its author, whole, with the reason, and with what else of theirs waits in
/// the same record.
#[utoipa::path(
    tag = "cases",
    params(("id" = String, Path, description = "The work's name")),
    request_body = DecisionBody,
    security(("access_token" = [])),
    responses(
        (status = 204, description = "Its author has it again at their next exchange"),
        (status = 400, body = ErrorBody, description = "no_reason, malformed"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
        (status = 404, body = ErrorBody, description = "No such work, or not this person's to review"),
        (status = 409, body = ErrorBody, description = "decided"),
        (status = 413, body = ErrorBody, description = "Too large"),
        (status = 415, body = ErrorBody, description = "Not JSON"),
        (status = 503, body = ErrorBody, description = "Busy"),
    )
)]
#[post("/quarantine/{id}/give-back")]
pub(crate) async fn give_back(
    state: Data<AppState>,
    session: Session,
    path: Path<String>,
    body: Json<DecisionBody>,
) -> Result<HttpResponse, ApiError> {
    decide(&state, &session, &path, (Wish::GiveBack, body.into_inner().reason)).await
}

async fn decide(
    state: &AppState,
    session: &Session,
    id: &str,
    (wish, reason): (Wish, String),
) -> Result<HttpResponse, ApiError> {
    let id = quarantine::parse_id(id).ok_or(ApiError::not_open())?;
    let (rules, reviewer) = (state.rules.clone(), session.person.principal());
    let (now, mut pen) = (state.clock.now(), state.pen(session.asking().who())?);
    let work = move |conn: &mut db::Conn| {
        review(conn, &rules, (&reviewer, &mut pen), &id, (wish, &reason), now)
    };
    state.db.with_conn(work).await??;
    state.committer().beat();
    Ok(HttpResponse::NoContent().finish())
}
