//! Who makes a request: an extractor for handlers that need to know.

use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;

use super::identity::place;
use crate::app::{AppState, Asking};
use crate::db::{self, Conn};
use crate::error::ApiError;
use crate::service::Refusal;
use crate::service::audit::{Act, Note, Origin, Seen, Who};
use crate::service::reading::Reader;
use crate::service::sessions::{Identity, identify};

/// The bearer of a valid access token whose session stands and whose phone, if any, is active,
/// as the database says at this request.
#[derive(Clone, Debug)]
pub struct Session {
    identity: Identity,
    origin: Origin,
}

impl Deref for Session {
    type Target = Identity;
    fn deref(&self) -> &Identity {
        &self.identity
    }
}

impl Session {
    /// Who bears the token of a request. A handler that reads a body asks after all of it is here:
    /// whoever is taken off meanwhile is turned away.
    ///
    /// # Errors
    /// Why not, in words for a program; whoever comes with what was taken away is written down.
    pub async fn of(state: &AppState, request: &HttpRequest) -> Result<Self, ApiError> {
        let (token, origin) = (bearer(request).ok_or_else(ApiError::no_token)?, origin(request));
        let (now, secrets) = (state.clock.now(), state.secrets.clone());
        let given = token.clone();
        let answer = state.db.read(move |conn| identify(conn, now, &secrets, &given)).await?;
        if let Err(refusal) = answer {
            note_refused(state, request, &token, refusal).await?;
        }
        Ok(Self { identity: answer?, origin })
    }

    /// Who asks.
    #[must_use]
    pub fn asking(&self) -> Asking {
        Asking {
            principal: self.person.principal(),
            device: self.device.as_ref().map(|device| device.id),
            origin: self.origin,
        }
    }

    /// Reads on the person's behalf: [`AppState::show`].
    ///
    /// # Errors
    /// What was not shown, and why.
    pub async fn show<T, F>(&self, state: &AppState, work: F) -> Result<T, ApiError>
    where
        F: FnOnce(&mut Conn, &Reader) -> Result<Seen<T>, db::Error> + Send + 'static,
        T: Send + 'static,
    {
        Ok(state.show(self.asking(), work).await?)
    }
}

impl FromRequest for Session {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let state = request.app_data::<web::Data<AppState>>().ok_or_else(ApiError::no_token)?;
            Self::of(state, &request).await
        })
    }
}

/// Whoever comes with what was good once and was taken away is written down, and that somebody came with a
/// token that nobody here signed; one that has merely run out comes every ten minutes.
async fn note_refused(
    state: &AppState,
    request: &HttpRequest,
    token: &str,
    refusal: Refusal,
) -> Result<(), ApiError> {
    let (tokens, origin) = (&state.secrets.tokens, origin(request));
    let note = Note::of(Act::Session);
    if !tokens.is_ours(token) {
        // As many rows as an address may send unproved: a stranger fills no audit.
        if state.limits.unproved(place(request)).is_ok() {
            let who = Who { origin, ..Who::default() };
            state.note(who, note.refused("forged")).await?;
        }
        return Ok(());
    }
    let claims = tokens.check(token, state.clock.now());
    let (Some(claims), false) = (claims, refusal == Refusal::SessionEnded) else { return Ok(()) };
    let known = state.db.read(move |conn| Who::known(conn, &claims.user, origin)).await?;
    let who = Who { device: claims.device, ..known };
    Ok(state.note(who, note.refused(refusal.code())).await?)
}

/// From where a request came.
pub(crate) fn origin(request: &HttpRequest) -> Origin {
    Origin::of(request.peer_addr().map(|address| address.ip()))
}

pub(super) fn bearer(request: &HttpRequest) -> Option<String> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}
