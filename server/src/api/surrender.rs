//! The last exchange of a phone that was retired or reported stolen, under its own key.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, post};
use sync_core::limits::{CHANGES_PER_BATCH, CURSORS_PER_REQUEST};
use sync_core::protocol::stream::StreamError;
use sync_core::protocol::surrender::{Sealed, Surrender, Surrendered};

use super::identity::place;
use super::origin;
use super::sync::{Sender, check, ingest, note_actors, note_openings, unread};
use crate::app::AppState;
use crate::db;
use crate::db::devices::{Device, DeviceState};
use crate::error::{ApiError, ErrorBody};
use crate::meter::Meter;
use crate::service::audit::{Act, Note, Who};
use crate::service::{Refusal, devices, pull, sessions};

/// A marked phone hands over what only it has, and is told to erase when nothing is left; one that was
/// reported stolen is told so at once. What it brings waits for a reviewer; it is sent no records.
///
/// The body is one zstd stream of a CBOR message; so is the answer. The form is in `docs/protocol.md`.
#[utoipa::path(
    tag = "sync",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "What became of it, and what to do",
            content_type = "application/octet-stream", body = Vec<u8>),
        (status = 400, description = "Not a message of a version that is understood", body = ErrorBody),
        (status = 401, description = "session_ended: not a phone of this server's", body = ErrorBody),
        (status = 409, description = "device_active: it is not marked", body = ErrorBody),
        (status = 413, description = "Too large", body = ErrorBody),
        (status = 429, description = "too_often", body = ErrorBody),
        (status = 503, description = "Busy", body = ErrorBody),
    ),
)]
#[post("/surrender")]
pub(crate) async fn surrender(
    state: Data<AppState>,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    let body = body.map_err(|error| unread(&error))?;
    let Proved { device, sealed } = match prove(&state, &body).await {
        Ok(proved) => proved,
        Err(error) => {
            state.limits.unproved(place(&request))?;
            return Err(error);
        }
    };
    state.limits.device(&device.id)?;
    devices::must_be_marked(&device)?;
    let (user, id, from) = (device.user, device.id, origin(&request));
    let who = state.db.read(move |conn| Who::known(conn, &user, from)).await?;
    let who = Who { device: Some(id), ..who };
    state.note(who.clone(), Note::of(Act::Surrender).with(device.state.as_str())).await?;
    let answered = match device.state {
        DeviceState::Stolen => erase_at_once(&state, device, &sealed, body).await?,
        DeviceState::Active | DeviceState::Retired => {
            let message = sealed.message().map_err(malformed)?;
            take(&state, (device, who), message).await?
        }
    };
    let bytes = answered.pack().map_err(|_| ApiError::busy())?;
    Ok(HttpResponse::Ok().content_type("application/octet-stream").body(bytes))
}

/// A message with the phone that signed it.
struct Proved {
    device: Device,
    sealed: Sealed,
}

/// Whose message it is. Its head is looked at first: a message of no phone of ours is never inflated.
async fn prove(state: &AppState, body: &Bytes) -> Result<Proved, ApiError> {
    let named = Sealed::device_of(body).map_err(malformed)?;
    let known = state.db.read(move |conn| db::devices::by_id(conn, &named)).await?;
    known.ok_or(Refusal::SessionEnded)?;
    let sealed = Sealed::unpack(body).map_err(malformed)?;
    let asking = sealed.clone();
    let device = state.db.read(move |conn| devices::speaks(conn, &asking)).await?;
    Ok(Proved { device: device.ok_or(Refusal::SessionEnded)?, sealed })
}

fn malformed(error: StreamError) -> ApiError {
    match error {
        StreamError::TooLarge => ApiError::too_large(),
        StreamError::Cut(_) | StreamError::Damaged => ApiError::bad_request(),
    }
}

/// A stolen phone's words are bytes; that it brought any is all that is looked at.
async fn erase_at_once(
    state: &AppState,
    device: Device,
    sealed: &Sealed,
    body: Bytes,
) -> Result<Surrendered, ApiError> {
    let brings = |it: Surrender| !it.request.batches.is_empty() || !it.returned.is_empty();
    let brings = sealed.message().map_or(true, brings);
    let (now, fresh) = (state.clock.now(), state.entropy.bytes()?);
    let work = move |conn: &mut _| {
        if brings {
            devices::keep_untrusted(conn, &device.id, &body, now)?;
        }
        devices::order(conn, &device, fresh, now)
    };
    let order = state.db.write::<_, db::Error, _>(work).await?;
    Ok(Surrendered { erase: Some(order), ..Surrendered::default() })
}

/// Takes what a retired phone brings. The order to erase waits while the phone knows another log than this one: the
/// server was put back to a backup, and the phone may have what it lost.
async fn take(
    state: &AppState,
    (device, who): (Device, Who),
    message: Surrender,
) -> Result<Surrendered, ApiError> {
    check(&message.request)?;
    if message.returned.len() > CHANGES_PER_BATCH
        || message.request.cursors.len() > CURSORS_PER_REQUEST
    {
        return Err(ApiError::bad_request());
    }
    if let Some(claim) = message.request.actors.clone() {
        note_actors(state, &device, claim).await?;
    }
    // The phone takes an answer for a sign that they are written down, and may be erased after it.
    note_openings(state, who, &device.id, &message.request.openings).await?;
    let user = device.user;
    let person = state.db.read(move |conn| sessions::leaver(conn, &user)).await?;
    let principal = person.principal();
    let sender = Sender { principal: principal.clone(), device: device.clone(), leaving: true };
    let answers = ingest(state, &sender, &Meter::default(), &message.request).await?;
    let answers = answers.into_iter().flat_map(|(_, answers)| answers).collect();
    let (now, order, fresh) = (state.clock.now(), state.entropy.bytes()?, state.entropy.bytes()?);
    let (cursor_key, log_id) = (state.secrets.cursor_key, state.secrets.log_id);
    let asks = message.request.batches.is_empty() && message.returned.is_empty();
    let work = move |conn: &mut _| {
        let seal = (&cursor_key, &log_id);
        let cursors = message.request.cursors.as_slice();
        let kept = devices::keep(conn, &device, &message.returned, now)?;
        if !asks {
            let brought = (cursors, !kept.is_empty());
            let stands = pull::stands_at_last(conn, seal, (&principal, &fresh), brought)?;
            return Ok(Surrendered { answers, kept, stands, ..Surrendered::default() });
        }
        let anew = pull::of_another_log(conn, seal, &device.user, cursors)?;
        let done = message.left == 0 && anew.is_empty();
        let erase = done.then(|| devices::order(conn, &device, order, now)).transpose()?;
        Ok(Surrendered { answers, kept, erase, anew, ..Surrendered::default() })
    };
    Ok(state.db.write::<_, db::Error, _>(work).await?)
}
