//! What a person must be told.

use actix_web::get;
use actix_web::web::{Data, Json};
use serde::Serialize;
use sync_core::merge::NoticeCause;
use utoipa::ToSchema;

use super::Session;
use super::shown::{InForceShown, PersonShown};
use crate::app::AppState;
use crate::db::Conn;
use crate::db::glasses::Glass;
use crate::error::{ApiError, ErrorBody};
use crate::service::audit::{Act, Seen};
use crate::service::glass;
use crate::service::reading::Reader;
use crate::service::reading::colleagues::Colleagues;
use crate::service::reading::notices::{self, PlacedNotice};

/// What this person must be told.
#[derive(Serialize, ToSchema)]
pub struct NoticesAnswer {
    notices: Vec<NoticeShown>,
    /// Glasses that others broke in the last two weeks, newest first.
    glasses: Vec<GlassShown>,
}

/// A glass that somebody broke to read the team's records.
#[derive(Serialize, ToSchema)]
pub struct GlassShown {
    case: String,
    /// Who broke it.
    by: PersonShown,
    /// Why, in their words.
    reason: String,
    /// From when.
    begun_at: i64,
    /// Until when the records were open to them.
    ends_at: i64,
}

/// A value of this person's that does not hold.
#[derive(Serialize, ToSchema)]
pub struct NoticeShown {
    /// The same whenever it is asked for, and on their phone.
    id: String,
    case: String,
    record: String,
    #[schema(value_type = String)]
    fact: &'static str,
    /// Of whom or what; empty for the record as a whole.
    subject: String,
    /// not_in_force, settled or overtaken.
    #[schema(value_type = String)]
    cause: &'static str,
    /// Their assertion.
    entry: String,
    /// Its value.
    theirs: serde_json::Value,
    /// What holds now.
    now: InForceShown,
    /// By whom; empty where that is withheld.
    by: Vec<PersonShown>,
    /// Why, in that person's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// What this person must be told: their values that are not in force, that were settled otherwise
/// or overtaken, as far as they may see the records; and who broke the glass to their teams' records.
#[utoipa::path(
    tag = "cases",
    security(("access_token" = [])),
    responses(
        (status = 200, body = NoticesAnswer, description = "Notices"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
    )
)]
#[get("/notices")]
pub(crate) async fn list(
    state: Data<AppState>,
    session: Session,
) -> Result<Json<NoticesAnswer>, ApiError> {
    let work = |conn: &mut Conn, reader: &Reader| {
        let notices = notices::for_reader(conn, reader)?;
        let glasses = glass::told(conn, reader)?;
        let people = Colleagues::of(conn, reader, reader.clusters())?;
        let lines = notices.len() + glasses.len();
        Ok(Seen::list((notices, glasses, people), Act::Notices, lines))
    };
    let (notices, glasses, people) = session.show(&state, work).await?;
    Ok(Json(NoticesAnswer {
        notices: notices.iter().map(|it| NoticeShown::of(it, &people)).collect(),
        glasses: glasses.iter().map(|it| GlassShown::of(it, &people)).collect(),
    }))
}

impl GlassShown {
    fn of(glass: &Glass, people: &Colleagues) -> Self {
        Self {
            case: glass.case.to_string(),
            by: PersonShown::of(&glass.user, people),
            reason: glass.reason.clone(),
            begun_at: glass.begun_at.0,
            ends_at: glass.ends_at.0,
        }
    }
}

impl NoticeShown {
    fn of(placed: &PlacedNotice, people: &Colleagues) -> Self {
        let notice = &placed.notice;
        Self {
            id: notice.id.to_string(),
            case: placed.case.to_string(),
            record: placed.record.to_string(),
            fact: notice.fact.name(),
            subject: notice.subject.clone(),
            cause: match notice.cause {
                NoticeCause::NotInForce => "not_in_force",
                NoticeCause::Settled => "settled",
                NoticeCause::Overtaken => "overtaken",
            },
            entry: notice.entry.to_string(),
            theirs: serde_json::to_value(&notice.theirs).unwrap_or_default(),
            now: InForceShown::of(&notice.now, people),
            by: notice.by.iter().map(|user| PersonShown::of(user, people)).collect(),
            reason: notice.reason.clone(),
        }
    }
}
