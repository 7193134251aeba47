//! Setting up an app that makes codes, and taking it away.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;
use qrcodegen::{QrCode, QrCodeEcc};
use serde::Deserialize;

use super::error::PageError;
use super::forms::{self, Sent};
use super::page::{self, Frame};
use super::password::count;
use super::session::Visitor;
use crate::app::AppState;
use crate::db::{self, Conn};
use crate::error::ApiError;
use crate::service::audit::{Act, Note};
use crate::service::second_factor::{self, Fresh, State};

#[derive(Template)]
#[template(path = "second_factor.html")]
struct FactorPage {
    frame: Frame,
    form_code: String,
    confirmed: bool,
    /// The secret to set up, while it waits for its first code.
    secret: Option<Shown>,
    /// What was wrong with what they typed.
    wrong: Option<&'static str>,
}

/// A secret as people and apps read it.
struct Shown {
    /// In groups of four.
    groups: String,
    link: String,
    /// The dark squares of its picture, and how many squares wide that is.
    squares: String,
    width: i32,
}

/// What somebody wants.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Wish {
    Begin,
    Confirm,
    Remove,
}

/// What somebody typed: their password to begin, a code to confirm or take away.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FactorForm {
    form_code: String,
    wish: Wish,
    given: String,
}

/// How far the person's app is set up.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
) -> Result<HttpResponse, PageError> {
    filled(&state, &visitor, None).await
}

/// Begins, confirms or takes away.
pub(super) async fn change(
    state: Data<AppState>,
    visitor: Visitor,
    sent: Sent<FactorForm>,
) -> Result<HttpResponse, PageError> {
    let FactorForm { form_code, wish, given } = forms::read(sent)?;
    forms::check(Some(&visitor.token), &form_code)?;
    count(&state, &visitor)?;
    let done = match wish {
        Wish::Begin => begin(&state, &visitor, given).await?,
        Wish::Confirm | Wish::Remove => with_code(&state, &visitor, wish, given).await?,
    };
    match (done, wish) {
        (true, _) => {
            Ok(HttpResponse::SeeOther().insert_header(("Location", "/second-factor")).finish())
        }
        (false, Wish::Begin) => filled(&state, &visitor, Some("The password is wrong")).await,
        (false, _) => {
            let wrong = "The code is wrong, or was used before. Wait for the next one";
            filled(&state, &visitor, Some(wrong)).await
        }
    }
}

/// With the password again: whoever sits at an open browser must not set up an app of their own.
async fn begin(state: &AppState, visitor: &Visitor, password: String) -> Result<bool, PageError> {
    let right = state.is_password_of(visitor.person.id, password).await?;
    let note = Note::of(Act::SecondFactor).with("begun");
    if !right {
        state.note(visitor.asking().who(), note.refused("wrong_password")).await?;
        return Ok(false);
    }
    let fresh = Fresh { secret: state.entropy.bytes()?, nonce: state.entropy.bytes()? };
    let (user, now, secrets) = (visitor.person.id, state.clock.now(), state.secrets.clone());
    let mut pen = state.pen(visitor.asking().who())?;
    let work = move |conn: &mut Conn| {
        second_factor::begin(conn, now, &secrets, (&user, &fresh))?;
        pen.write(conn, &note)
    };
    state.db.write::<_, db::Error, _>(work).await?;
    Ok(true)
}

async fn with_code(
    state: &AppState,
    visitor: &Visitor,
    wish: Wish,
    code: String,
) -> Result<bool, PageError> {
    let (user, now, secrets) = (visitor.person.id, state.clock.now(), state.secrets.clone());
    let mut pen = state.pen(visitor.asking().who())?;
    let work = move |conn: &mut Conn| {
        let given = (&user, code.as_str());
        let (right, what) = match wish {
            Wish::Remove => (second_factor::remove(conn, now, &secrets, given)?, "taken away"),
            _ => (second_factor::confirm(conn, now, &secrets, given)?, "confirmed"),
        };
        let note = Note::of(Act::SecondFactor).with(what);
        pen.write(conn, &if right { note } else { note.refused("wrong_code") })?;
        Ok(right)
    };
    Ok(state.db.write::<_, db::Error, _>(work).await?)
}

async fn filled(
    state: &AppState,
    visitor: &Visitor,
    wrong: Option<&'static str>,
) -> Result<HttpResponse, PageError> {
    let (user, secrets) = (visitor.person.id, state.secrets.clone());
    let work = move |conn: &mut Conn| {
        let factor = second_factor::state(conn, &secrets, &user)?;
        Ok::<_, db::Error>((factor, db::users::by_id(conn, &user)?))
    };
    let (factor, person) = state.db.read(work).await?;
    let sign_in = person.map(|person| person.sign_in).unwrap_or_default();
    let secret = match &factor {
        State::Begun(secret) => Some(Shown::of(secret, &sign_in)?),
        State::None | State::Confirmed => None,
    };
    let title = if wrong.is_some() { "Error: Codes from an app" } else { "Codes from an app" };
    let page = FactorPage {
        frame: Frame::of(visitor, title, "/second-factor"),
        form_code: visitor.form_code(),
        confirmed: factor == State::Confirmed,
        secret,
        wrong,
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page::filled(status, &page)
}

impl Shown {
    fn of(secret: &[u8; 20], sign_in: &str) -> Result<Self, PageError> {
        let (spelt, link) = (second_factor::spelt(secret), second_factor::link(secret, sign_in));
        let groups: Vec<_> = spelt.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
        let code = QrCode::encode_text(&link, QrCodeEcc::Medium);
        let code = code.map_err(|_| PageError::from(ApiError::internal()))?;
        let (groups, squares) = (groups.join(" "), squares(&code));
        // Four squares of white on each side, or a camera does not find it.
        Ok(Self { groups, link, squares, width: code.size() + 8 })
    }
}

/// The dark squares as one path of a picture: a line of each row's runs.
fn squares(code: &QrCode) -> String {
    let all = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
    let dark = all.filter(|(x, y)| code.get_module(*x, *y));
    dark.map(|(x, y)| format!("M{} {}h1v1h-1z", x + 4, y + 4)).collect()
}
