//! Finding a case by the child's name.

use actix_web::get;
use actix_web::web::{Data, Json, Query};
use serde::{Deserialize, Serialize};
use sync_core::protocol::message::DirectoryLine;
use utoipa::ToSchema;

use super::Session;
use crate::app::AppState;
use crate::db::Conn;
use crate::error::{ApiError, ErrorBody};
use crate::service::audit::{Act, Note, Seen};
use crate::service::reading::Reader;
use crate::service::reading::colleagues::Colleagues;
use crate::service::reading::directory;

/// Letters of a name that are asked for at least.
const LETTERS: usize = 2;
/// Longest text to look for, bytes.
const NAME_BYTES: usize = 100;

/// Whom to look for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryQuery {
    /// Part of the child's name, two letters at least.
    name: String,
}

/// Cases that this person may find, by name; at most fifty.
#[derive(Serialize, ToSchema)]
pub struct DirectoryAnswer {
    cases: Vec<DirectoryCase>,
}

/// A case as somebody finds it who may not read it.
#[derive(Serialize, ToSchema)]
pub struct DirectoryCase {
    case: String,
    cluster: String,
    name: String,
    school: String,
    /// Whom to ring about the child.
    #[serde(skip_serializing_if = "Option::is_none")]
    ring: Option<RingShown>,
    /// Since when harm is suspected: ring before anything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    harm_since: Option<i64>,
}

/// Whom to ring.
#[derive(Serialize, ToSchema)]
pub struct RingShown {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
}

type Asked = Query<DirectoryQuery>;

/// Finds cases by the child's name. Of cases that this person may not find there is no sign.
#[utoipa::path(
    tag = "cases",
    params(
        ("name" = String, Query, description = "Part of the child's name, two letters at least"),
    ),
    security(("access_token" = [])),
    responses(
        (status = 200, body = DirectoryAnswer, description = "Cases"),
        (status = 400, body = ErrorBody, description = "bad_request: fewer than two letters"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
    )
)]
#[get("/directory")]
pub(crate) async fn find(
    state: Data<AppState>,
    session: Session,
    query: Asked,
) -> Result<Json<DirectoryAnswer>, ApiError> {
    let name = query.into_inner().name;
    if name.trim().chars().count() < LETTERS || name.len() > NAME_BYTES {
        return Err(ApiError::bad_request());
    }
    let work = move |conn: &mut Conn, reader: &Reader| {
        let lines = directory::find(conn, reader, &name)?;
        let people = Colleagues::of(conn, reader, reader.clusters())?;
        // The name that was looked for is a child's: its length says enough.
        let letters = format!("by {} letters", name.trim().chars().count());
        let note = Note::of(Act::Directory).counting(lines.len()).with(letters);
        Ok(Seen::new((lines, people), note))
    };
    let (lines, people) = session.show(&state, work).await?;
    let cases = lines.into_iter().map(|line| DirectoryCase::of(line, &people)).collect();
    Ok(Json(DirectoryAnswer { cases }))
}

impl DirectoryCase {
    fn of(line: DirectoryLine, people: &Colleagues) -> Self {
        let ring = line.ring.and_then(|user| people.get(&user));
        Self {
            case: line.case.to_string(),
            cluster: line.cluster.to_string(),
            name: line.name,
            school: line.school,
            ring: ring.map(|it| RingShown { name: it.name.clone(), phone: it.phone.clone() }),
            harm_since: line.harm_since.map(|at| at.0),
        }
    }
}
