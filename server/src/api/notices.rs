//! What a person must be told.

use actix_web::get;
use actix_web::web::{Data, Json};
use serde::Serialize;
use sync_core::merge::NoticeCause;
use utoipa::ToSchema;

use super::Session;
use super::shown::{InForceShown, PersonShown};
use crate::app::AppState;
use crate::db;
use crate::error::{ApiError, ErrorBody};
use crate::service::reading::colleagues::Colleagues;
use crate::service::reading::notices::{self, PlacedNotice};

/// What this person must be told.
#[derive(Serialize, ToSchema)]
pub struct NoticesAnswer {
    notices: Vec<NoticeShown>,
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
/// or overtaken, as far as they may see the records.
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
    let reader = session.reader(&state);
    let work = move |conn: &mut _| {
        let notices = notices::for_reader(conn, &reader)?;
        let people = Colleagues::of(conn, &reader, reader.clusters())?;
        Ok::<_, db::Error>((notices, people))
    };
    let (notices, people) = state.db.read(work).await?;
    let notices = notices.iter().map(|it| NoticeShown::of(it, &people)).collect();
    Ok(Json(NoticesAnswer { notices }))
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
