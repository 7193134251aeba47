//! Phones: who has which, which were retired or reported stolen, and what the author of work that was
//! on one can read of it.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, get, post};
use serde::{Deserialize, Serialize};
use sync_core::gate::refusal::sentence;
use sync_core::ids::DeviceId;
use sync_core::protocol::surrender::Receipt;
use sync_core::time::Timestamp;
use utoipa::ToSchema;

use super::identity::place;
use super::{Session, origin};
use crate::app::AppState;
use crate::db::devices::DeviceState;
use crate::db::{self, Conn};
use crate::error::{ApiError, ErrorBody};
use crate::hex;
use crate::service::audit::{Act, Note, Seen, Who};
use crate::service::devices::{self, Shown};
use crate::service::reading::Reader;
use crate::service::reading::returned::{self, Returned};

/// Phones that this person may mark.
#[derive(Serialize, ToSchema)]
pub struct DevicesAnswer {
    devices: Vec<DeviceShown>,
}

/// A phone.
#[derive(Serialize, ToSchema)]
pub struct DeviceShown {
    id: String,
    /// Whose it is.
    user: String,
    owner: String,
    /// What its user calls it.
    name: String,
    /// phone, or desk: what signs for somebody with a browser.
    kind: String,
    /// active, retired or stolen.
    state: String,
    /// When it last enrolled or refreshed.
    last_seen_at: i64,
    /// Who marked it when, in order.
    marks: Vec<MarkShown>,
    /// When it was told to erase everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    erase_ordered_at: Option<i64>,
    /// When it confirmed that it did; absent with an order: ordered, not confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    erased_at: Option<i64>,
}

/// That a phone was marked.
#[derive(Serialize, ToSchema)]
pub struct MarkShown {
    state: String,
    /// Who; absent for a command on the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    at: i64,
}

/// What to mark a phone as.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkBody {
    /// active takes a mark back.
    state: StateBody,
}

/// What a phone may do.
#[derive(Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub enum StateBody {
    /// Everything its user may.
    Active,
    /// Hand over its unsent work and erase.
    Retired,
    /// Erase only.
    Stolen,
}

/// The phones that this person may mark: their own; for a cluster's lead or administrator those of
/// everybody in it.
#[utoipa::path(
    tag = "devices",
    security(("access_token" = [])),
    responses(
        (status = 200, body = DevicesAnswer, description = "Phones"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
    )
)]
#[get("/devices")]
pub(crate) async fn list(
    state: Data<AppState>,
    session: Session,
) -> Result<Json<DevicesAnswer>, ApiError> {
    let work = |conn: &mut Conn, reader: &Reader| {
        let shown = devices::list(conn, &reader.principal, reader.now)?;
        let lines = shown.len();
        Ok(Seen::list(shown, Act::Devices, lines))
    };
    let shown = session.show(&state, work).await?;
    let shown = shown.into_iter().map(DeviceShown::from).collect();
    Ok(Json(DevicesAnswer { devices: shown }))
}

/// Marks a phone. A retired one hands over what only it has and is then erased; a stolen one is erased
/// at its next contact. Its sessions end. It can be taken back until the phone was erased; that it was
/// stolen, by the lead or an administrator only.
#[utoipa::path(
    tag = "devices",
    params(("id" = String, Path, description = "The phone")),
    request_body = MarkBody,
    security(("access_token" = [])),
    responses(
        (status = 200, body = DeviceShown, description = "Marked, now or before"),
        (status = 400, body = ErrorBody, description = "bad_request"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
        (status = 403, body = ErrorBody, description = "not_by_its_user; device_retired, device_stolen"),
        (status = 404, body = ErrorBody, description = "No such phone, or not this person's to mark"),
        (status = 409, body = ErrorBody, description = "erased, desk_ended"),
        (status = 413, body = ErrorBody, description = "Too large"),
        (status = 415, body = ErrorBody, description = "Not JSON"),
        (status = 503, body = ErrorBody, description = "Busy"),
    )
)]
#[post("/devices/{id}/mark")]
pub(crate) async fn mark(
    state: Data<AppState>,
    session: Session,
    path: Path<String>,
    body: Json<MarkBody>,
) -> Result<Json<DeviceShown>, ApiError> {
    let device: DeviceId = path.parse().map_err(|_| ApiError::not_open())?;
    let (by, now, wanted) = (session.person.principal(), state.clock.now(), body.state.into());
    let mut pen = state.pen(session.asking().who())?;
    let work = move |conn: &mut Conn| {
        let marked = devices::mark(conn, &by, &device, wanted, now)?;
        let note = Note::of(Act::ChangeDevice).about(*device.as_bytes()).with(wanted.as_str());
        let note = if marked.is_ok() { note } else { note.refused("refused") };
        pen.write(conn, &note)?;
        Ok(marked)
    };
    let shown = state.db.write::<_, db::Error, _>(work).await??;
    Ok(Json(shown.into()))
}

/// A phone says that it was erased.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErasedBody {
    #[schema(value_type = String)]
    device: DeviceId,
    /// The order that it followed: 32 hexadecimal digits.
    order: String,
    /// Ed25519 over "caseweave erased v1", the phone's and the order's 16 bytes: 128 hexadecimal
    /// digits.
    signature: String,
}

/// That it was noted.
#[derive(Serialize, ToSchema)]
pub struct ErasedAnswer {
    noted: bool,
}

/// Notes that a phone was erased; the receipt is kept.
#[utoipa::path(
    tag = "devices",
    responses(
        (status = 200, body = ErasedAnswer, description = "Noted, now or before"),
        (status = 400, body = ErrorBody, description = "bad_request"),
        (status = 401, body = ErrorBody, description = "session_ended: not this phone's signature, or no such order"),
        (status = 413, body = ErrorBody, description = "Too large"),
        (status = 415, body = ErrorBody, description = "Not JSON"),
        (status = 429, body = ErrorBody, description = "too_often"),
        (status = 503, body = ErrorBody, description = "Busy"),
    )
)]
#[post("/erased")]
pub(crate) async fn erased(
    state: Data<AppState>,
    request: HttpRequest,
    body: Json<ErasedBody>,
) -> Result<Json<ErasedAnswer>, ApiError> {
    let decoded = hex::decode(&body.order).zip(hex::decode(&body.signature));
    let (order, signature) = decoded.ok_or(ApiError::bad_request())?;
    let receipt = Receipt { device: body.device, order, signature };
    let claimed = receipt.clone();
    let phone = state.db.read(move |conn| devices::proved(conn, &claimed)).await?;
    match &phone {
        Some(phone) => state.limits.device(&phone.id)?,
        None => state.limits.unproved(place(&request))?,
    }
    let (now, pen, origin) = (state.clock.now(), state.pen(Who::default())?, origin(&request));
    let work = move |conn: &mut Conn| {
        let noted = devices::confirm(conn, &receipt, now)?;
        let who = Who::proved(conn, phone.as_ref(), origin)?;
        let note = Note::of(Act::Erased).about(*receipt.device.as_bytes());
        pen.of(who).write(conn, &note.came_of(&noted))?;
        Ok(noted)
    };
    state.db.write::<_, db::Error, _>(work).await??;
    Ok(Json(ErasedAnswer { noted: true }))
}

/// What phones sent after they were reported stolen: nobody reads it.
#[derive(Serialize, ToSchema)]
pub struct UntrustedAnswer {
    devices: Vec<UntrustedShown>,
}

/// How much a stolen phone sent.
#[derive(Serialize, ToSchema)]
pub struct UntrustedShown {
    device: String,
    /// Messages.
    count: i64,
    first_at: Option<i64>,
    last_at: Option<i64>,
}

/// That phones which were reported stolen sent something, and when; never what. For information
/// governance; empty for others.
#[utoipa::path(
    tag = "devices",
    security(("access_token" = [])),
    responses(
        (status = 200, body = UntrustedAnswer, description = "Counts"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
    )
)]
#[get("/devices/untrusted")]
pub(crate) async fn untrusted(
    state: Data<AppState>,
    session: Session,
) -> Result<Json<UntrustedAnswer>, ApiError> {
    let work = |conn: &mut Conn, reader: &Reader| {
        let found = devices::untrusted(conn, &reader.principal)?;
        let lines = found.len();
        Ok(Seen::list(found, Act::Devices, lines))
    };
    let found = session.show(&state, work).await?;
    let shown = found.into_iter().map(|(device, it)| UntrustedShown {
        device: device.to_string(),
        count: it.count,
        first_at: it.first_at.map(|at| at.0),
        last_at: it.last_at.map(|at| at.0),
    });
    Ok(Json(UntrustedAnswer { devices: shown.collect() }))
}

/// Work of this person's that came back and is on no phone any more.
#[derive(Serialize, ToSchema)]
pub struct ReturnedAnswer {
    returned: Vec<ReturnedShown>,
}

/// A piece of it.
#[derive(Serialize, ToSchema)]
pub struct ReturnedShown {
    /// When the server got it.
    at: i64,
    /// Why it came back.
    reason: String,
    /// The same in words.
    why: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// The person's own words.
    words: Vec<String>,
}

/// This person's work that was not taken and is on no phone any more. Nobody else can read it.
#[utoipa::path(
    tag = "devices",
    security(("access_token" = [])),
    responses(
        (status = 200, body = ReturnedAnswer, description = "Their returned work"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
    )
)]
#[get("/returned")]
pub(crate) async fn list_returned(
    state: Data<AppState>,
    session: Session,
) -> Result<Json<ReturnedAnswer>, ApiError> {
    let work = |conn: &mut Conn, reader: &Reader| {
        let found = returned::of(conn, &reader.principal.user)?;
        let lines = found.len();
        Ok(Seen::list(found, Act::Returned, lines))
    };
    let found = session.show(&state, work).await?;
    Ok(Json(ReturnedAnswer { returned: found.into_iter().map(ReturnedShown::from).collect() }))
}

impl From<StateBody> for DeviceState {
    fn from(state: StateBody) -> Self {
        match state {
            StateBody::Active => Self::Active,
            StateBody::Retired => Self::Retired,
            StateBody::Stolen => Self::Stolen,
        }
    }
}

impl From<Shown> for DeviceShown {
    fn from(shown: Shown) -> Self {
        let at = |at: Timestamp| at.0;
        let marks = shown.marks.iter().map(|it| MarkShown {
            state: it.state.as_str().to_owned(),
            by: it.by.map(|by| by.to_string()),
            at: it.at.0,
        });
        Self {
            id: shown.device.id.to_string(),
            user: shown.device.user.to_string(),
            name: shown.device.name,
            kind: if shown.device.desk_of.is_some() { "desk" } else { "phone" }.to_owned(),
            state: shown.device.state.as_str().to_owned(),
            last_seen_at: shown.device.last_seen_at.0,
            marks: marks.collect(),
            owner: shown.owner,
            erase_ordered_at: shown.order.map(|order| at(order.ordered_at)),
            erased_at: shown.order.and_then(|order| order.erased_at).map(at),
        }
    }
}

impl From<Returned> for ReturnedShown {
    fn from(returned: Returned) -> Self {
        let about = returned.about;
        Self {
            at: returned.at.0,
            why: sentence(&returned.reason),
            reason: returned.reason,
            case: about.map(|(case, ..)| case.to_string()),
            record: about.map(|(_, record, _)| record.to_string()),
            kind: about.map(|(.., kind)| kind.to_string()),
            words: returned.words,
        }
    }
}
