//! The bytes of photos, voice notes and body maps.

use std::io;

use actix_web::web::{Bytes, Data, Json, Path, Query};
use actix_web::{HttpRequest, HttpResponse, get, put};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use sync_core::ids::RecordId;
use sync_core::limits::{CHUNK_BYTES, CHUNKS_PER_PIECE};
use utoipa::ToSchema;

use super::Session;
use super::sync::unread;
use crate::app::AppState;
use crate::db::{self, Conn};
use crate::error::{ApiError, ErrorBody};
use crate::service::attachments::{self, AttachmentError, Coming, Sealed};
use crate::service::audit::{Act, Note};
use crate::service::reading::Reader;
use crate::service::sessions::stands;

/// From which place on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FromQuery {
    #[serde(default)]
    from: u64,
}

/// How far the server has an attachment.
#[derive(Serialize, ToSchema)]
pub struct ReceivedAnswer {
    /// Bytes, from the first on.
    received: u64,
}

/// How far the server has an attachment that this phone brings. Only the phone that made its record is told.
#[utoipa::path(
    tag = "sync",
    params(("record" = String, Path, description = "The attachment's record")),
    security(("access_token" = [])),
    responses(
        (status = 200, body = ReceivedAnswer, description = "How far"),
        (status = 404, body = ErrorBody, description = "not_found: no such attachment of this phone's"),
        (status = 429, body = ErrorBody, description = "too_often"),
    )
)]
#[get("/attachments/{record}/received")]
pub(crate) async fn show_received(
    state: Data<AppState>,
    session: Session,
    path: Path<String>,
) -> Result<Json<ReceivedAnswer>, ApiError> {
    state.limits.attachment(&session.person.id)?;
    let (_, sealed) = own(&state, &session, &path).await?;
    let received = on_disk(move || Ok(sealed.received()?)).await?;
    Ok(Json(ReceivedAnswer { received }))
}

/// Brings the next bytes of an attachment: chunks of 64 KiB, eight at most, or all that are left. Once they
/// are whole they must be what the record says, and hold no place, time or name of a phone.
#[utoipa::path(
    tag = "sync",
    params(
        ("record" = String, Path, description = "The attachment's record"),
        ("from" = Option<u64>, Query, description = "The place of the first byte"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    security(("access_token" = [])),
    responses(
        (status = 200, body = ReceivedAnswer, description = "How far the server has it now"),
        (status = 404, body = ErrorBody, description = "not_found: no such attachment of this phone's"),
        (status = 409, body = ErrorBody, description = "wrong_place, other_bytes: nothing of it is kept"),
        (status = 413, body = ErrorBody, description = "too_large"),
        (status = 429, body = ErrorBody, description = "too_often"),
    )
)]
#[put("/attachments/{record}")]
pub(crate) async fn bring(
    state: Data<AppState>,
    request: HttpRequest,
    path: Path<String>,
    query: Query<FromQuery>,
    body: Result<Bytes, actix_web::Error>,
) -> Result<Json<ReceivedAnswer>, ApiError> {
    let body = body.map_err(|error| unread(&error))?;
    // Now that all of the body is here, as with an exchange.
    let session = Session::of(&state, &request).await?;
    state.limits.attachment(&session.person.id)?;
    if body.len() > CHUNK_BYTES * CHUNKS_PER_PIECE {
        return Err(ApiError::too_large());
    }
    let (coming, sealed) = own(&state, &session, &path).await?;
    let turn = match &session.device {
        Some(device) => Some(state.bringing.take(&device.id).await?),
        None => None,
    };
    if !coming.begun {
        let (coming, now) = (coming.clone(), state.clock.now());
        state.db.write(move |conn| attachments::begin(conn, &coming, now)).await?;
    }
    let (brought, from) = (coming.clone(), query.from);
    let put = move || {
        let _turn = turn;
        attachments::put(&sealed, &brought, (from, &body))
    };
    let (received, whole) = match on_disk(put).await {
        Err(error) => return Err(refused(&state, &session, coming.record.id, error).await?),
        Ok(put) => put,
    };
    if whole && !coming.row.arrived {
        let now = state.clock.now();
        let work = move |conn: &mut Conn, _: &Reader, pen: &mut _| {
            attachments::arrived(conn, pen, &coming, now)
        };
        state.act(session.asking(), work).await?;
    }
    Ok(Json(ReceivedAnswer { received }))
}

/// The bytes of an attachment, from a place on.
#[utoipa::path(
    tag = "cases",
    params(
        ("record" = String, Path, description = "The attachment's record"),
        ("from" = Option<u64>, Query, description = "The place of the first byte"),
    ),
    security(("access_token" = [])),
    responses(
        (status = 200, description = "The bytes", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 404, body = ErrorBody, description = "not_found: no such attachment, or not open to this person"),
        (status = 409, body = ErrorBody, description = "not_arrived: its author's phone has not sent it"),
        (status = 429, body = ErrorBody, description = "too_often"),
    )
)]
#[get("/attachments/{record}")]
pub(crate) async fn show(
    state: Data<AppState>,
    session: Session,
    path: Path<String>,
    query: Query<FromQuery>,
) -> Result<HttpResponse, ApiError> {
    state.limits.attachment(&session.person.id)?;
    let record: RecordId = parse(&path)?;
    let (secrets, blobs) = (state.secrets.clone(), state.blobs.clone());
    let work = move |conn: &mut Conn, reader: &Reader| {
        attachments::show(conn, reader, (&secrets, blobs), &record)
    };
    let shown = session.show(&state, work).await?.ok_or(ApiError::not_open())?;
    let sealed = shown.map_err(ApiError::from)?;
    let sending = Sending { state, session: session.session, sealed, at: query.from };
    let chunks = stream::unfold(Some(sending), |sending| async move { sending?.next().await });
    Ok(HttpResponse::Ok().content_type("application/octet-stream").streaming(chunks))
}

/// The attachment of this phone's, with its bytes as far as they are here. Who asks for another's is
/// written down.
async fn own(
    state: &AppState,
    session: &Session,
    path: &str,
) -> Result<(Coming, Sealed), ApiError> {
    let record = parse(path)?;
    let fresh = state.entropy.bytes()?;
    let (user, device) = (session.person.id, session.device.as_ref().map(|device| device.id));
    let work = move |conn: &mut Conn| match device {
        Some(device) => attachments::coming(conn, (&user, &device), &record, fresh),
        None => Ok::<_, db::Error>(None),
    };
    let Some(coming) = state.db.read(work).await? else {
        return Err(refused(state, session, record, AttachmentError::NotOpen).await?);
    };
    let sealed = Sealed::new(state.blobs.clone(), &state.secrets, &record, &coming.row);
    Ok((coming, sealed))
}

/// Writes down that bytes were not taken, and why: in the record's case, if there is such a record.
async fn refused(
    state: &AppState,
    session: &Session,
    record: RecordId,
    error: AttachmentError,
) -> Result<ApiError, ApiError> {
    let note = Note::of(Act::BringAttachment).refused(error.code());
    let note = state.db.read(move |conn| note.where_record_is(conn, record)).await?;
    state.note(session.asking().who(), note).await?;
    Ok(error.into())
}

/// Does what waits for a disk where it keeps nobody else waiting.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AttachmentError> + Send + 'static,
) -> Result<T, AttachmentError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| io::Error::other(error).into())
        .flatten()
}

/// What is no id is no attachment either: the same answer.
fn parse(text: &str) -> Result<RecordId, ApiError> {
    text.parse().map_err(|_| ApiError::not_open())
}

/// Why bytes end before their time.
#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error(transparent)]
    Db(#[from] db::Error),
    #[error(transparent)]
    Bytes(#[from] AttachmentError),
    #[error("the session is over")]
    SessionOver,
}

/// Bytes on their way, a chunk at a time.
struct Sending {
    state: Data<AppState>,
    /// Asked about at each chunk: a phone that is reported stolen gets no more.
    session: [u8; 16],
    sealed: Sealed,
    at: u64,
}

impl Sending {
    /// The next bytes; after a failure the stream ends short, which the phone takes as a cut.
    async fn next(mut self) -> Option<(io::Result<Bytes>, Option<Self>)> {
        match self.chunk().await {
            Ok(chunk) if chunk.is_empty() => None,
            Ok(chunk) => {
                self.at += chunk.len() as u64;
                Some((Ok(chunk), Some(self)))
            }
            Err(stopped) => {
                if !matches!(stopped, Stopped::SessionOver) {
                    tracing::error!(error = %stopped, "an attachment was cut short");
                }
                Some((Err(io::Error::other("cut short")), None))
            }
        }
    }

    async fn chunk(&self) -> Result<Bytes, Stopped> {
        let session = self.session;
        if !self.state.db.read(move |conn| stands(conn, &session)).await? {
            return Err(Stopped::SessionOver);
        }
        let (sealed, at) = (self.sealed.clone(), self.at);
        let chunk = on_disk(move || Ok(sealed.from(at)?)).await?;
        Ok(chunk.into())
    }
}
