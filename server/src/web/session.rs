//! Who looks at a page: an extractor, and the cookie that it reads.

use actix_web::dev::Payload;
use actix_web::http::header::COOKIE;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;

use super::PAGES;
use super::error::PageError;
use crate::api::origin;
use crate::app::{AppState, Asking};
use crate::db::{self, Conn};
use crate::hex;
use crate::service::audit::{Origin, Seen};
use crate::service::page_sessions::{self, Gone, Token};
use crate::service::reading::Reader;
use crate::service::sessions::Person;

/// `__Host-`: the browser keeps it for this server alone, over TLS alone.
const COOKIE_NAME: &str = "__Host-caseweave";
/// Lax, not strict: a link to a case in a message must open the case, not the sign-in page. No page
/// that is got changes anything, and forms carry a code of their own.
const COOKIE_RULES: &str = "Path=/; Secure; HttpOnly; SameSite=Lax";

/// Somebody signed in with a browser, as the database says at this request. Never a phone.
pub(super) struct Visitor {
    /// The person.
    pub(super) person: Person,
    /// What their browser holds.
    pub(super) token: Token,
    origin: Origin,
}

impl Visitor {
    /// Who asks.
    pub(super) fn asking(&self) -> Asking {
        Asking { principal: self.person.principal(), device: None, origin: self.origin }
    }

    /// Reads on the person's behalf: [`AppState::show`].
    pub(super) async fn show<T, F>(&self, state: &AppState, work: F) -> Result<T, PageError>
    where
        F: FnOnce(&mut Conn, &Reader) -> Result<Seen<T>, db::Error> + Send + 'static,
        T: Send + 'static,
    {
        Ok(state.show(self.asking(), work).await?)
    }

    /// What the person's forms carry.
    pub(super) fn form_code(&self) -> String {
        hex::encode(&self.token.form_code())
    }
}

impl FromRequest for Visitor {
    type Error = PageError;
    type Future = LocalBoxFuture<'static, Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let token = token(request);
        let state = request.app_data::<web::Data<AppState>>().cloned();
        let (address, origin) = (address(request), origin(request));
        Box::pin(async move {
            let (Some(token), Some(state)) = (token, state) else {
                return Err(PageError::sign_in(address, Gone::Unknown));
            };
            let known = identify(&state, &token, origin).await?;
            known.map_err(|gone| PageError::sign_in(address, gone))
        })
    }
}

async fn identify(
    state: &AppState,
    token: &Token,
    origin: Origin,
) -> Result<Result<Visitor, Gone>, PageError> {
    let (now, given) = (state.clock.now(), token.clone());
    let known = state.db.read(move |conn| page_sessions::identify(conn, now, &given)).await?;
    let known = match known {
        Ok(known) => known,
        Err(gone) => return Ok(Err(gone)),
    };
    if known.note_is_stale {
        let used = token.clone();
        state.db.write(move |conn| page_sessions::note_use(conn, now, &used)).await?;
    }
    Ok(Ok(Visitor { person: known.person, token: token.clone(), origin }))
}

/// What the browser holds, if it is of the form that this server gives.
pub(super) fn token(request: &HttpRequest) -> Option<Token> {
    let cookies = request.headers().get_all(COOKIE).filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';'));
    let value = pairs.find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name.trim() == COOKIE_NAME).then(|| value.trim())
    });
    hex::decode(value?).map(Token)
}

/// The header that gives a browser its token, for as long as it is open.
pub(super) fn cookie(token: &Token) -> (&'static str, String) {
    ("Set-Cookie", format!("{COOKIE_NAME}={}; {COOKIE_RULES}", hex::encode(&token.0)))
}

/// The header that takes it away.
pub(super) fn no_cookie() -> (&'static str, String) {
    ("Set-Cookie", format!("{COOKIE_NAME}=; {COOKIE_RULES}; Max-Age=0"))
}

/// Where the browser was going: to go on there after a sign-in. Only what is got can be gone on to: whoever sent a
/// form goes on to its page, if that is at the same address.
fn address(request: &HttpRequest) -> String {
    let uri = request.uri();
    if request.method() == actix_web::http::Method::GET {
        return uri.path_and_query().map_or("/", |it| it.as_str()).to_owned();
    }
    let pattern = request.match_pattern().unwrap_or_default();
    let is_page = PAGES.iter().any(|(method, at)| (*method, *at) == ("get", pattern.as_str()));
    if is_page { uri.path().to_owned() } else { "/".to_owned() }
}
