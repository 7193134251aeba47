//! Changing one's own password.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::error::PageError;
use super::forms::{self, Sent};
use super::page::{self, Frame};
use super::session::Visitor;
use crate::app::AppState;
use crate::db::{self, Conn};
use crate::error::ApiError;
use crate::passwords::is_acceptable;
use crate::service::audit::{Act, Note};
use crate::service::page_sessions;

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    frame: Frame,
    form_code: String,
    done: bool,
    wrong: Option<Wrong>,
}

/// What was wrong, and with which field.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Wrong {
    field: &'static str,
    words: &'static str,
}

const OLD: Wrong = Wrong { field: "old", words: "The password you have now is another one" };
const SHORT: Wrong = Wrong {
    field: "new",
    words: "The new password must have 10 letters or more, and 1024 at most",
};
const SAME: Wrong = Wrong { field: "new", words: "The new password must be another one" };
const TWICE: Wrong = Wrong { field: "again", words: "The new password is not the same both times" };

/// What somebody typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordForm {
    form_code: String,
    old: String,
    new: String,
    again: String,
}

/// The form.
pub(super) async fn show(
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    filled(&visitor, request.query_string() == "done", None)
}

/// Changes it; the person's other browsers are signed out.
pub(super) async fn change(
    state: Data<AppState>,
    visitor: Visitor,
    sent: Sent<PasswordForm>,
) -> Result<HttpResponse, PageError> {
    let PasswordForm { form_code, old, new, again } = forms::read(sent)?;
    forms::check(Some(&visitor.token), &form_code)?;
    count(&state, &visitor)?;
    let right = state.is_password_of(visitor.person.id, old.clone()).await?;
    if let Some(wrong) = judge(right, (&old, &new, &again)) {
        if wrong == OLD {
            let note = Note::of(Act::Password).refused("wrong_password");
            state.note(visitor.asking().who(), note).await?;
        }
        return filled(&visitor, false, Some(wrong));
    }
    let hash = state.passwords.make(new, state.entropy.bytes()?).await.map_err(ApiError::from)?;
    let (now, mut pen) = (state.clock.now(), state.pen(visitor.asking().who())?);
    let (user, token) = (visitor.person.id, visitor.token);
    let work = move |conn: &mut Conn| {
        db::users::set_password(conn, &user, &hash)?;
        page_sessions::end_others(conn, now, &user, &token)?;
        pen.write(conn, &Note::of(Act::Password))
    };
    state.db.write::<_, db::Error, _>(work).await?;
    Ok(HttpResponse::SeeOther().insert_header(("Location", "/password?done")).finish())
}

/// Whoever sits at somebody's open browser guesses no faster than a stranger.
pub(super) fn count(state: &AppState, visitor: &Visitor) -> Result<(), PageError> {
    let counted = state.limits.own_password(&visitor.person.id);
    counted.map_err(|error| ApiError::from(error).into())
}

fn judge(right: bool, (old, new, again): (&str, &str, &str)) -> Option<Wrong> {
    match () {
        () if !right => Some(OLD),
        () if !is_acceptable(new) => Some(SHORT),
        () if new != again => Some(TWICE),
        () if new == old => Some(SAME),
        () => None,
    }
}

fn filled(visitor: &Visitor, done: bool, wrong: Option<Wrong>) -> Result<HttpResponse, PageError> {
    let title = if wrong.is_some() { "Error: Password and codes" } else { "Password and codes" };
    let page = PasswordPage {
        frame: Frame::of(visitor, title, "/password"),
        form_code: visitor.form_code(),
        done,
        wrong,
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page::filled(status, &page)
}
