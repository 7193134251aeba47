//! Posts: given by an administrator, those with much in their hands confirmed by another one.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Session;
use crate::app::AppState;
use crate::db::Conn;
use crate::error::{ApiError, ErrorBody};
use crate::hex;
use crate::role::Role;
use crate::service::accounts::{AccountError, Post};
use crate::service::audit::{Act, Note, Seen};
use crate::service::posts::{self, Ending, Given, Shown};
use crate::service::reading::Reader;

/// A post for somebody.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostBody {
    /// What they type to sign in.
    sign_in: String,
    /// The cluster's name.
    cluster: String,
    /// The agency's slug.
    agency: String,
    role: Role,
}

/// What became of it.
#[derive(Serialize, ToSchema)]
pub struct PostAnswer {
    /// Whether it is held now; if not, another administrator must confirm it.
    held: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    proposal: Option<String>,
}

/// A post that is to end.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndBody {
    /// What its holder types to sign in.
    sign_in: String,
    /// The cluster's name.
    cluster: String,
    role: Role,
}

/// Posts that wait for a second person.
#[derive(Serialize, ToSchema)]
pub struct ProposalsAnswer {
    proposals: Vec<ProposalShown>,
}

/// A post that waits.
#[derive(Serialize, ToSchema)]
pub struct ProposalShown {
    id: String,
    /// Who is to have it.
    person: String,
    cluster: String,
    role: Role,
    /// Who proposed it; absent for a command on the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    proposed_by: Option<String>,
    proposed_at: i64,
}

/// Gives a post in a cluster that this person administers. Every post but a practitioner's is proposed:
/// another administrator must confirm.
#[utoipa::path(
    tag = "posts",
    request_body = PostBody,
    security(("access_token" = [])),
    responses(
        (status = 200, body = PostAnswer, description = "Held, or proposed"),
        (status = 400, body = ErrorBody, description = "bad_request, unknown"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
        (status = 403, body = ErrorBody, description = "own_post, device_retired, device_stolen"),
        (status = 404, body = ErrorBody, description = "Not this person's cluster to administer"),
        (status = 409, body = ErrorBody, description = "taken, other_agency"),
        (status = 413, body = ErrorBody, description = "Too large"),
        (status = 415, body = ErrorBody, description = "Not JSON"),
        (status = 503, body = ErrorBody, description = "Busy"),
    )
)]
#[post("/posts")]
pub(crate) async fn give(
    state: Data<AppState>,
    session: Session,
    body: Json<PostBody>,
) -> Result<Json<PostAnswer>, ApiError> {
    let (by, now, fresh) = (session.person.principal(), state.clock.now(), state.entropy.bytes()?);
    let PostBody { sign_in, cluster, agency, role } = body.into_inner();
    let note = Note::of(Act::ChangeRole).with(format!("give {role}"));
    let (mut pen, done) = (state.pen(session.asking().who())?, note.clone());
    let work = move |conn: &mut Conn| {
        let wanted = Post { cluster: &cluster, agency: &agency, role };
        let (given, user, cluster) = posts::give(conn, now, &by, (&sign_in, wanted), fresh)?;
        // Whoever decides about a proposal is written down with its name.
        let done = match given {
            Given::Held => done,
            Given::Proposed(id) => done.with(format!("propose {role} {}", hex::encode(&id))),
        };
        pen.write(conn, &done.about(*user.as_bytes()).in_cluster(cluster))?;
        Ok(given)
    };
    let given = noted(&state, &session, note, state.db.write::<_, AccountError, _>(work).await);
    let given = given.await?;
    Ok(Json(match given {
        Given::Held => PostAnswer { held: true, proposal: None },
        Given::Proposed(id) => PostAnswer { held: false, proposal: Some(hex::encode(&id)) },
    }))
}

/// Ends a post in a cluster that this person administers, at once: what it opened is open no more. The last
/// administrator of a cluster cannot end their own.
#[utoipa::path(
    tag = "posts",
    request_body = EndBody,
    security(("access_token" = [])),
    responses(
        (status = 204, description = "Nobody holds it any more"),
        (status = 400, body = ErrorBody, description = "bad_request, unknown"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
        (status = 404, body = ErrorBody, description = "Not this person's cluster to administer, or the last administrator's own post"),
        (status = 413, body = ErrorBody, description = "Too large"),
        (status = 415, body = ErrorBody, description = "Not JSON"),
        (status = 503, body = ErrorBody, description = "Busy"),
    )
)]
#[post("/posts/end")]
pub(crate) async fn end(
    state: Data<AppState>,
    session: Session,
    body: Json<EndBody>,
) -> Result<HttpResponse, ApiError> {
    let (by, now) = (session.person.principal(), state.clock.now());
    let EndBody { sign_in, cluster, role } = body.into_inner();
    let note = Note::of(Act::ChangeRole).with(format!("end {role}"));
    let (mut pen, done) = (state.pen(session.asking().who())?, note.clone());
    let work = move |conn: &mut Conn| {
        let ending = Ending { sign_in: &sign_in, cluster: &cluster, role };
        let (user, cluster) = posts::end(conn, now, Some(&by), ending)?;
        Ok(pen.write(conn, &done.about(*user.as_bytes()).in_cluster(cluster))?)
    };
    noted(&state, &session, note, state.db.write::<_, AccountError, _>(work).await).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Posts that wait for a second person in the clusters that this person administers.
#[utoipa::path(
    tag = "posts",
    security(("access_token" = [])),
    responses(
        (status = 200, body = ProposalsAnswer, description = "What waits; empty for others"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
    )
)]
#[get("/posts/proposals")]
pub(crate) async fn list(
    state: Data<AppState>,
    session: Session,
) -> Result<Json<ProposalsAnswer>, ApiError> {
    let work = |conn: &mut Conn, reader: &Reader| {
        let shown = posts::waiting(conn, Some(&reader.principal))?;
        let lines = shown.len();
        Ok(Seen::list(shown, Act::Proposals, lines))
    };
    let shown = session.show(&state, work).await?;
    Ok(Json(ProposalsAnswer { proposals: shown.into_iter().map(ProposalShown::from).collect() }))
}

/// Confirms a post as the second person.
#[utoipa::path(
    tag = "posts",
    params(("id" = String, Path, description = "The proposal")),
    security(("access_token" = [])),
    responses(
        (status = 204, description = "The post is held"),
        (status = 400, body = ErrorBody, description = "unknown: the person has left"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
        (status = 404, body = ErrorBody, description = "No such proposal, or not this person's to confirm"),
        (status = 409, body = ErrorBody, description = "decided, taken, other_agency"),
        (status = 503, body = ErrorBody, description = "Busy"),
    )
)]
#[post("/posts/proposals/{id}/confirm")]
pub(crate) async fn confirm(
    state: Data<AppState>,
    session: Session,
    path: Path<String>,
) -> Result<HttpResponse, ApiError> {
    decide(&state, &session, &path, true).await
}

/// Declines a post, or takes one's own proposal back.
#[utoipa::path(
    tag = "posts",
    params(("id" = String, Path, description = "The proposal")),
    security(("access_token" = [])),
    responses(
        (status = 204, description = "Nobody holds it"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
        (status = 404, body = ErrorBody, description = "No such proposal, or not this person's to decline"),
        (status = 409, body = ErrorBody, description = "decided"),
        (status = 503, body = ErrorBody, description = "Busy"),
    )
)]
#[post("/posts/proposals/{id}/decline")]
pub(crate) async fn decline(
    state: Data<AppState>,
    session: Session,
    path: Path<String>,
) -> Result<HttpResponse, ApiError> {
    decide(&state, &session, &path, false).await
}

async fn decide(
    state: &AppState,
    session: &Session,
    id: &str,
    confirmed: bool,
) -> Result<HttpResponse, ApiError> {
    let id: [u8; 16] = hex::decode(id).ok_or(ApiError::not_open())?;
    let (by, now) = (session.person.principal(), state.clock.now());
    let what = if confirmed { "confirm" } else { "decline" };
    let note = Note::of(Act::ChangeRole).about(id).with(what);
    let (mut pen, done) = (state.pen(session.asking().who())?, note.clone());
    let work = move |conn: &mut Conn| {
        let cluster = posts::decide(conn, now, &by, (&id, confirmed))?;
        Ok(pen.write(conn, &done.in_cluster(cluster))?)
    };
    noted(state, session, note, state.db.write::<_, AccountError, _>(work).await).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What was not done was taken back with its row, so that it was refused is written down by itself.
async fn noted<T>(
    state: &AppState,
    session: &Session,
    note: Note,
    done: Result<T, AccountError>,
) -> Result<T, ApiError> {
    if done.is_err() {
        state.note(session.asking().who(), note.refused("refused")).await?;
    }
    Ok(done?)
}

impl From<Shown> for ProposalShown {
    fn from(shown: Shown) -> Self {
        Self {
            id: hex::encode(&shown.proposal.id),
            person: shown.person,
            cluster: shown.cluster,
            role: shown.proposal.role,
            proposed_by: shown.proposer,
            proposed_at: shown.proposal.at.0,
        }
    }
}
