//! Alarms of suspected harm, for duty officers.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get, post};
use serde::Serialize;
use sync_core::ids::RecordId;
use utoipa::ToSchema;

use super::Session;
use super::shown::PersonShown;
use crate::app::AppState;
use crate::db::Conn;
use crate::error::{ApiError, ErrorBody};
use crate::service::alarms::{self, Heard};
use crate::service::audit::{Act, Pen, Seen};
use crate::service::reading::Reader;
use crate::service::reading::colleagues::Colleagues;

/// What a duty officer must know of.
#[derive(Serialize, ToSchema)]
pub struct AlarmsAnswer {
    alarms: Vec<AlarmShown>,
}

/// That somebody wrote down suspected harm. Nothing of what they wrote.
#[derive(Serialize, ToSchema)]
pub struct AlarmShown {
    id: String,
    /// When it arrived.
    raised_at: i64,
    /// Whose case; absent where the officer may not know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<String>,
    /// The child's name, with the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Whom to ring.
    ring: PersonShown,
    /// Their number, if it is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    ring_at: Option<String>,
    /// The officer who has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    heard_by: Option<PersonShown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heard_at: Option<i64>,
}

/// The alarms of the clusters that this person is duty officer of: those that nobody has, and the last
/// week's. A wait ([`super::wait`]) wakes for a new one. Empty for everybody else.
#[utoipa::path(
    tag = "cases",
    security(("access_token" = [])),
    responses(
        (status = 200, body = AlarmsAnswer, description = "Alarms"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
    )
)]
#[get("/alarms")]
pub(crate) async fn list(
    state: Data<AppState>,
    session: Session,
) -> Result<Json<AlarmsAnswer>, ApiError> {
    let work = |conn: &mut Conn, reader: &Reader| {
        let heard = alarms::list(conn, reader)?;
        let people = Colleagues::of(conn, reader, reader.clusters())?;
        let lines = heard.len();
        Ok(Seen::list((heard, people), Act::Alarms, lines))
    };
    let (heard, people) = session.show(&state, work).await?;
    let shown = heard.iter().map(|it| AlarmShown::of(it, &people));
    Ok(Json(AlarmsAnswer { alarms: shown.collect() }))
}

/// Takes an alarm up: other duty officers see who has it. Done again, or by a second one, it changes
/// nothing.
#[utoipa::path(
    tag = "cases",
    params(("id" = String, Path, description = "The alarm")),
    security(("access_token" = [])),
    responses(
        (status = 204, description = "Somebody has it now"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
        (status = 404, body = ErrorBody, description = "No such alarm, or not this person's to hear"),
    )
)]
#[post("/alarms/{id}/hear")]
pub(crate) async fn hear(
    state: Data<AppState>,
    session: Session,
    path: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id: RecordId = path.parse().map_err(|_| ApiError::not_open())?;
    let work =
        move |conn: &mut Conn, reader: &Reader, pen: &mut Pen| alarms::hear(conn, reader, &id, pen);
    match state.act(session.asking(), work).await? {
        true => Ok(HttpResponse::NoContent().finish()),
        false => Err(ApiError::not_open()),
    }
}

impl AlarmShown {
    fn of(heard: &Heard, people: &Colleagues) -> Self {
        let Heard { alarm, line, ring } = heard;
        Self {
            id: alarm.record.to_string(),
            raised_at: alarm.raised_at.0,
            case: line.as_ref().map(|_| alarm.case.to_string()),
            name: line.as_ref().map(|line| line.name.clone()),
            ring: PersonShown::of(ring, people),
            ring_at: people.get(ring).and_then(|known| known.phone.clone()),
            heard_by: alarm.heard.map(|(by, _)| PersonShown::of(&by, people)),
            heard_at: alarm.heard.map(|(_, at)| at.0),
        }
    }
}
