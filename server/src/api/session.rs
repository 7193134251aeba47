//! Who makes a request: an extractor for handlers that need to know.

use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;

use crate::app::AppState;
use crate::error::ApiError;
use crate::service::reading::Reader;
use crate::service::sessions::{Identity, identify};

/// The bearer of a valid access token whose session stands and whose phone, if any, is active,
/// as the database says at this request.
#[derive(Clone, Debug)]
pub struct Session(pub Identity);

impl Deref for Session {
    type Target = Identity;
    fn deref(&self) -> &Identity {
        &self.0
    }
}

impl Session {
    /// The person as a reader, now.
    #[must_use]
    pub fn reader(&self, state: &AppState) -> Reader {
        Reader {
            principal: self.person.principal(),
            catalogue: state.rules.catalogue.clone(),
            now: state.clock.now(),
        }
    }
}

impl FromRequest for Session {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let token = bearer(request);
        let state = request.app_data::<web::Data<AppState>>().cloned();
        Box::pin(async move {
            let (Some(token), Some(state)) = (token, state) else {
                return Err(ApiError::no_token());
            };
            let (now, secrets) = (state.clock.now(), state.secrets.clone());
            let answer = state.db.read(move |conn| identify(conn, now, &secrets, &token)).await?;
            Ok(Self(answer?))
        })
    }
}

pub(super) fn bearer(request: &HttpRequest) -> Option<String> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}
