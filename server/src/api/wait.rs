//! The long poll that says when there is something for a phone to ask for.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use actix_web::get;
use actix_web::web::{Data, Json, Query};
use serde::{Deserialize, Serialize};
use sync_core::ids::ClusterId;
use sync_core::limits::CURSORS_PER_REQUEST;
use tokio::sync::watch;
use utoipa::ToSchema;

use super::Session;
use crate::app::AppState;
use crate::error::{ApiError, ErrorBody};
use crate::hex;
use crate::ingest::committer::Pulse;
use crate::service::news::{self, Keys, Standing, Waiting};
use crate::service::sessions;

/// How long a poll is held at most, seconds: below what phone networks cut.
const HOLD: u64 = 50;
/// While the server is busy, how often a phone is woken and the database asked for it at most.
const PACE: Duration = Duration::from_secs(1);
/// Longest cursor, bytes.
const CURSOR_BYTES: usize = 256;

/// What a phone waits for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaitQuery {
    /// How long to wait, seconds; at most 50, which is also the default.
    seconds: Option<u64>,
    /// Where the phone stands: cluster and cursor with a colon between, hexadecimal, several with
    /// commas between. Of a cluster that is not named, only what comes from now on counts.
    cursors: Option<String>,
}

/// Whether to make an exchange now.
#[derive(Serialize, ToSchema)]
pub struct WaitAnswer {
    /// Whether there is something for this session's user. Says nothing of what.
    news: bool,
}

type Asked = Query<WaitQuery>;

/// Waits until there is something that this session's user may be sent, or for `seconds`.
#[utoipa::path(
    tag = "sync",
    params(
        ("seconds" = Option<u64>, Query, description = "How long to wait; at most 50, which is also the default"),
        ("cursors" = Option<String>, Query, description = "Where the phone stands: cluster and cursor with a colon between, hexadecimal, several with commas between. Of a cluster that is not named, only what comes from now on counts"),
    ),
    security(("access_token" = [])),
    responses(
        (status = 200, body = WaitAnswer, description = "There is something, or the time is over"),
        (status = 400, body = ErrorBody, description = "bad_request"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
    )
)]
#[get("/sync/wait")]
pub(crate) async fn wait(
    state: Data<AppState>,
    session: Session,
    query: Asked,
) -> Result<Json<WaitAnswer>, ApiError> {
    let pulse = state.committer().pulse();
    let cursors = query.cursors.as_deref().map(parse).transpose()?.unwrap_or_default();
    let standing = standing(&state, &session, cursors).await?;
    let hold = Duration::from_secs(query.seconds.unwrap_or(HOLD).min(HOLD));
    let waiting = Waiting {
        principal: session.person.principal(),
        device: session.device.as_ref().map(|device| device.id),
        catalogue: state.rules.catalogue.clone(),
        tails: state.tails.clone(),
    };
    let id = session.session;
    let news = until_news(&state, pulse, id, (waiting, standing));
    let news = tokio::time::timeout(hold, news).await.unwrap_or(Ok(false))?;
    if !news {
        // Who was taken off meanwhile is told that, and not that there is nothing.
        state.db.read(move |conn| sessions::still(conn, &id)).await??;
    }
    Ok(Json(WaitAnswer { news }))
}

fn parse(text: &str) -> Result<BTreeMap<ClusterId, Vec<u8>>, ApiError> {
    let mut cursors = BTreeMap::new();
    for part in text.split(',') {
        let (cluster, cursor) = part.split_once(':').ok_or(ApiError::bad_request())?;
        let cluster = cluster.parse().map_err(|_| ApiError::bad_request())?;
        let cursor = hex::decode_up_to(cursor, CURSOR_BYTES).ok_or(ApiError::bad_request())?;
        cursors.insert(cluster, cursor);
        if cursors.len() > CURSORS_PER_REQUEST {
            return Err(ApiError::bad_request());
        }
    }
    Ok(cursors)
}

async fn standing(
    state: &AppState,
    session: &Session,
    cursors: BTreeMap<ClusterId, Vec<u8>>,
) -> Result<Standing, ApiError> {
    let principal = session.person.principal();
    let keys = Keys { cursor_key: state.secrets.cursor_key, log_id: state.secrets.log_id };
    let works = |it: &ClusterId| principal.works_cases_in(*it);
    let mut clusters: Vec<_> = principal.memberships.iter().map(|it| it.cluster).collect();
    clusters.retain(works);
    clusters.dedup();
    let user = principal.user;
    let work = move |conn: &mut _| news::standing(conn, &keys, &user, &clusters, &cursors);
    Ok(state.db.read(work).await?)
}

/// Returns when there is something, or when this process ends: then another is to be asked. Fails when the
/// session stands no more. Holds no connection while it waits.
async fn until_news(
    state: &AppState,
    mut pulse: watch::Receiver<Pulse>,
    session: [u8; 16],
    (waiting, standing): (Waiting, Standing),
) -> Result<bool, ApiError> {
    let first = *pulse.borrow_and_update();
    let mut busy = matches!(first, Pulse::Beat(last) if last.at.elapsed() < PACE);
    let mut asked = Instant::now();
    loop {
        pace(busy, asked).await;
        asked = Instant::now();
        let (waiting, standing) = (waiting.clone(), standing.clone());
        let turn = state.reading.take(&waiting.principal.user).await?;
        let now = state.clock.now();
        let ask = move |conn: &mut _| {
            let _turn = turn;
            news::of_session(conn, &session, (&waiting, &standing), now)
        };
        if state.db.read(ask).await?? {
            return Ok(true);
        }
        // Whoever could tell is gone with the process.
        let told = pulse.changed().await.map_or(Pulse::Ending, |()| *pulse.borrow_and_update());
        match told {
            Pulse::Ending => return Ok(false),
            Pulse::Still => {}
            Pulse::Beat(beat) => busy = beat.quiet < PACE,
        }
    }
}

/// While the server is busy, a second lies between two answers or two questions to the database.
async fn pace(busy: bool, since: Instant) {
    if busy {
        tokio::time::sleep(PACE.saturating_sub(since.elapsed())).await;
    }
}
