//! Signing in and out.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use sync_core::ids::UserId;

use super::error::PageError;
use super::forms::{self, Sent};
use super::page::{Frame, filled};
use super::session::{self, Visitor};
use crate::api::identity::place;
use crate::api::origin;
use crate::app::{AppState, Given};
use crate::db::Conn;
use crate::error::ApiError;
use crate::hex;
use crate::service::Refusal;
use crate::service::audit::{Act, Note, Origin, Who};
use crate::service::page_sessions::{self, Token};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    form_code: String,
    next: String,
    sign_in: String,
    /// Whether they were signed out because nothing happened.
    ended: bool,
    /// What was wrong with what they typed.
    wrong: Option<&'static str>,
    /// The outside sign-in, if there is one.
    outside: Option<OutsideLink>,
}

/// The way to the outside sign-in.
struct OutsideLink {
    name: String,
    href: String,
}

/// Why somebody comes to the sign-in page.
#[derive(Deserialize, Default)]
pub(super) struct Coming {
    pub(super) next: Option<String>,
    ended: Option<String>,
}

/// What somebody typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignInForm {
    form_code: String,
    sign_in: String,
    password: String,
    /// The code of their app, if they have one.
    #[serde(default)]
    code: String,
    next: String,
}

/// A form with nothing in it but its code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BareForm {
    form_code: String,
}

/// The sign-in page. The browser is given a token that is nobody's yet, for the form to be of.
pub(super) async fn show(
    state: Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let coming: Coming = forms::query(request.query_string())?;
    let token = match session::token(&request) {
        Some(token) => token,
        None => Token(state.entropy.bytes()?),
    };
    let next = local(coming.next.as_deref().unwrap_or("/")).to_owned();
    let page = SignInPage {
        frame: Frame::bare("Sign in"),
        form_code: hex::encode(&token.form_code()),
        outside: outside_link(&state, &next),
        next,
        sign_in: String::new(),
        ended: coming.ended.is_some(),
        wrong: None,
    };
    with_cookie(filled(StatusCode::OK, &page)?, &token)
}

/// Signs in. Whatever the browser held before is good for nothing from here on.
pub(super) async fn sign_in(
    state: Data<AppState>,
    request: HttpRequest,
    sent: Sent<SignInForm>,
) -> Result<HttpResponse, PageError> {
    let SignInForm { form_code, sign_in, password, code, next } = forms::read(sent)?;
    let before = session::token(&request);
    forms::check(before.as_ref(), &form_code)?;
    let next = local(&next).to_owned();
    count(&state, &request, &sign_in, before.as_ref()).await?;
    let origin = origin(&request);
    let given = Given { sign_in: sign_in.clone(), password, code: Some(code) };
    let Ok(user) = state.check_password(given, origin).await? else {
        return refused(&state, form_code, sign_in, next);
    };
    match enter(&state, (user, "with a browser"), origin, before).await? {
        Some(fresh) => go_on(&next, &fresh),
        None => refused(&state, form_code, sign_in, next),
    }
}

/// Begins a session of somebody who has shown who they are, under a fresh token; none if they have left.
/// What the browser held before is good for nothing then.
pub(super) async fn enter(
    state: &AppState,
    (user, how): (UserId, &'static str),
    origin: Origin,
    before: Option<Token>,
) -> Result<Option<Token>, PageError> {
    let (now, fresh) = (state.clock.now(), Token(state.entropy.bytes()?));
    let begun = fresh.clone();
    let pen = state.pen(Who::default())?;
    let work = move |conn: &mut Conn| {
        before.map_or(Ok(()), |before| page_sessions::end(conn, now, &before))?;
        let person = page_sessions::begin(conn, now, &user, &begun)?;
        let note = Note::of(Act::SignIn).with(how);
        let who = Who::known(conn, &user, origin)?;
        pen.of(who).write(conn, &note.came_of(&person.as_ref().ok_or(Refusal::SignInFailed)))?;
        Ok(person)
    };
    let person = state.db.write::<_, crate::db::Error, _>(work).await?;
    Ok(person.map(|_| fresh))
}

/// Sends a browser on with its new token.
pub(super) fn go_on(next: &str, fresh: &Token) -> Result<HttpResponse, PageError> {
    let answer = HttpResponse::SeeOther().insert_header(("Location", next)).finish();
    with_cookie(answer, fresh)
}

fn outside_link(state: &AppState, next: &str) -> Option<OutsideLink> {
    let outside = state.outside.as_ref()?;
    let href = format!("/sign-in/outside?{}", forms::sign_in_query(next, false));
    Some(OutsideLink { name: outside.name().to_owned(), href })
}

/// A browser that was signed in as this person before is counted by itself: who guesses passwords from
/// the same address is not in its way.
async fn count(
    state: &AppState,
    request: &HttpRequest,
    sign_in: &str,
    browser: Option<&Token>,
) -> Result<(), PageError> {
    let (name, held) = (sign_in.to_owned(), browser.cloned());
    let work = move |conn: &mut _| match held {
        Some(token) => page_sessions::was_signed_in(conn, &token, &name),
        None => Ok(None),
    };
    let counted = match state.db.read(work).await? {
        Some(known) => state.limits.sign_in_known(sign_in, &known),
        None => state.limits.sign_in(sign_in, place(request)),
    };
    counted.map_err(|error| ApiError::from(error).into())
}

/// Signs out.
pub(super) async fn sign_out(
    state: Data<AppState>,
    visitor: Visitor,
    sent: Sent<BareForm>,
) -> Result<HttpResponse, PageError> {
    forms::check(Some(&visitor.token), &forms::read(sent)?.form_code)?;
    let (now, mut pen) = (state.clock.now(), state.pen(visitor.asking().who())?);
    let work = move |conn: &mut Conn| {
        pen.write(conn, &Note::of(Act::SignOut))?;
        page_sessions::end(conn, now, &visitor.token)
    };
    state.db.write(work).await?;
    Ok(HttpResponse::SeeOther()
        .insert_header(("Location", "/sign-in"))
        .insert_header(session::no_cookie())
        .finish())
}

/// The page again, with what was typed but for the password, and one answer whatever was wrong.
fn refused(
    state: &AppState,
    form_code: String,
    sign_in: String,
    next: String,
) -> Result<HttpResponse, PageError> {
    let page = SignInPage {
        frame: Frame::bare("Error: Sign in"),
        form_code,
        outside: outside_link(state, &next),
        next,
        sign_in,
        ended: false,
        wrong: Some("The sign-in name, the password or the code is wrong"),
    };
    filled(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// An address of this server's pages; the first page for what is none.
pub(super) fn local(next: &str) -> &str {
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let ours = next.starts_with('/') && !next.starts_with("//") && !next.starts_with("/sign-");
    if plain && ours { next } else { "/" }
}

pub(super) fn with_cookie(
    mut answer: HttpResponse,
    token: &Token,
) -> Result<HttpResponse, PageError> {
    use actix_web::http::header::{HeaderValue, SET_COOKIE};
    let (_, cookie) = session::cookie(token);
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        answer.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn nobody_is_sent_to_another_server_after_signing_in() {
        for here in ["/", "/caseload?harm=on", "/cases/0a?x=%2F%2Fb"] {
            assert_eq!(local(here), here);
        }
        let there = [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "",
            "/\t/evil.example",
            "/ /evil",
            "evil",
            "/sign-out",
        ];
        for elsewhere in there {
            assert_eq!(local(elsewhere), "/", "{elsewhere}");
        }
    }
}
