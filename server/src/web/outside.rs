//! Signing in with an account of another server's: a link there, and the way back. Both are got, since
//! a form may go to this server only.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::error::PageError;
use super::forms;
use super::page::{Frame, filled};
use super::session;
use super::sign_in::{Coming, enter, go_on, local, with_cookie};
use crate::api::identity::place;
use crate::api::origin;
use crate::app::AppState;
use crate::db::Conn;
use crate::error::ApiError;
use crate::outside::{Outside, OutsideError};
use crate::service::audit::{Act, Note, Who};
use crate::service::outside::{self, Attempt};
use crate::service::page_sessions::Token;

/// What is written down of who came this way.
const HOW: &str = "with an outside account";

/// Whose account it is has left.
const LEFT: &str = "outside_left";

#[derive(Template)]
#[template(path = "outside.html")]
struct RefusedPage {
    frame: Frame,
    name: String,
}

/// What the other server hands back.
#[derive(Deserialize)]
pub(super) struct Back {
    state: Option<String>,
    code: Option<String>,
}

/// Begins an attempt. Whatever the browser held, it holds a token of nobody's from here on.
pub(super) async fn begin(
    state: Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let outside = known(&state)?;
    count(&state, &request)?;
    let coming: Coming = forms::query(request.query_string())?;
    let token = Token(state.entropy.bytes()?);
    let attempt = Attempt::begin(&token, local(coming.next.as_deref().unwrap_or("/")));
    match outside.begin(state.clock.now(), attempt).await {
        Ok(there) => go_on(&there, &token),
        Err(error) => refused(&state, &request, why(error)).await,
    }
}

/// Ends it: the browser must be the one that began, the other server vouch for an account, and that be
/// linked with somebody who works here.
pub(super) async fn end(
    state: Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let outside = known(&state)?;
    count(&state, &request)?;
    let back: Back = forms::query(request.query_string())?;
    let held = session::token(&request);
    let begun = held.as_ref().zip(back.state.as_deref());
    let Some((attempt, next)) = begun.and_then(|(held, state)| Attempt::back(held, state)) else {
        return refused(&state, &request, "outside_state").await;
    };
    let entered = admit(&state, &request, &outside, back.code, attempt, held).await?;
    match entered {
        Ok(fresh) => go_on(local(&next), &fresh),
        // The attempt is over: its state is good for nothing any more.
        Err(code) => {
            let page = match code {
                // Written down already, with their name.
                LEFT => page(&state),
                code => refused(&state, &request, code).await,
            }?;
            with_cookie(page, &Token(state.entropy.bytes()?))
        }
    }
}

async fn admit(
    state: &AppState,
    request: &HttpRequest,
    outside: &Outside,
    code: Option<String>,
    attempt: Attempt,
    held: Option<Token>,
) -> Result<Result<Token, &'static str>, PageError> {
    let Some(code) = code else { return Ok(Err("outside_declined")) };
    let account = match outside.end(state.clock.now(), code, attempt).await {
        Ok(account) => account,
        Err(error) => return Ok(Err(why(error))),
    };
    let work = move |conn: &mut Conn| outside::holder(conn, &account);
    let Some(user) = state.db.read(work).await? else { return Ok(Err("outside_unlinked")) };
    let fresh = enter(state, (user, HOW), origin(request), held).await?;
    Ok(fresh.ok_or(LEFT))
}

fn known(state: &AppState) -> Result<Outside, PageError> {
    state.outside.clone().ok_or(ApiError::no_route().into())
}

fn count(state: &AppState, request: &HttpRequest) -> Result<(), PageError> {
    state.limits.sign_in_outside(place(request)).map_err(|error| ApiError::from(error).into())
}

const fn why(error: OutsideError) -> &'static str {
    match error {
        OutsideError::Unreached => "outside_unreached",
        OutsideError::Odd => "outside_odd",
        OutsideError::Code => "outside_code",
        OutsideError::Token => "outside_token",
    }
}

/// One page whatever was wrong; which it was is written down for the operator.
async fn refused(
    state: &AppState,
    request: &HttpRequest,
    code: &'static str,
) -> Result<HttpResponse, PageError> {
    let who = Who { origin: origin(request), ..Who::default() };
    state.note(who, Note::of(Act::SignIn).with(HOW).refused(code)).await?;
    page(state)
}

fn page(state: &AppState) -> Result<HttpResponse, PageError> {
    let name = state.outside.as_ref().map(|it| it.name().to_owned()).unwrap_or_default();
    let page = RefusedPage { frame: Frame::bare("You could not be signed in"), name };
    filled(StatusCode::FORBIDDEN, &page)
}
