//! A legal hold on a case: that nothing of it may be erased, set and lifted with a reason.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;
use serde::Deserialize;
use sync_core::ids::CaseId;
use sync_core::view::header;

use super::error::PageError;
use super::forms::{self, Sent};
use super::names::Names;
use super::page::{self, Frame};
use super::session::Visitor;
use super::{today, words};
use crate::app::AppState;
use crate::db::legal_holds::{Hold, Word};
use crate::db::{self, Conn};
use crate::error::ApiError;
use crate::service::audit::{Act, Note, Pen, Seen};
use crate::service::legal_holds::{self, HoldError, Wish};
use crate::service::reading::Reader;
use crate::service::reading::colleagues::Colleagues;

#[derive(Template)]
#[template(path = "hold.html")]
struct HoldPage {
    frame: Frame,
    form_code: String,
    child: String,
    /// What holds now; none if nothing does.
    holds: Option<String>,
    /// What was set and lifted before, newest first.
    before: Vec<String>,
    reason: String,
    wrong: String,
}

/// What is set or lifted, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HoldForm {
    form_code: String,
    reason: String,
    #[serde(default)]
    wish: String,
}

/// What was typed, and what is wrong with it.
#[derive(Default)]
struct Again {
    reason: String,
    wrong: String,
}

/// Whether a case is held, and the form.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
    path: Path<String>,
) -> Result<HttpResponse, PageError> {
    let case: CaseId = path.parse().map_err(|_| PageError::not_open())?;
    filled(&state, &visitor, case, (StatusCode::OK, Again::default())).await
}

/// Sets or lifts it.
pub(super) async fn decide(
    state: Data<AppState>,
    visitor: Visitor,
    path: Path<String>,
    sent: Sent<HoldForm>,
) -> Result<HttpResponse, PageError> {
    let HoldForm { form_code, reason, wish } = forms::read(sent)?;
    forms::check(Some(&visitor.token), &form_code)?;
    let case: CaseId = path.parse().map_err(|_| PageError::not_open())?;
    let wish = match wish.as_str() {
        "lift" => Wish::Lift,
        "set" | "" => Wish::Set,
        _ => return Err(ApiError::bad_request().into()),
    };
    let (id, why) = (state.entropy.bytes()?, reason.clone());
    let work = move |conn: &mut Conn, reader: &Reader, pen: &mut Pen| {
        legal_holds::decide(conn, reader, (&case, wish, &why), id, pen)
    };
    let status = match state.act(visitor.asking(), work).await? {
        Ok(()) => {
            let to = format!("/holds/{case}");
            return Ok(HttpResponse::SeeOther().insert_header(("Location", to)).finish());
        }
        Err(HoldError::NotOpen) => return Err(PageError::not_open()),
        Err(error @ (HoldError::NoReason | HoldError::LongReason)) => {
            (StatusCode::UNPROCESSABLE_ENTITY, error)
        }
        Err(error @ HoldError::Done) => (StatusCode::CONFLICT, error),
    };
    let again = Again { reason, wrong: status.1.to_string() };
    filled(&state, &visitor, case, (status.0, again)).await
}

async fn filled(
    state: &AppState,
    visitor: &Visitor,
    case: CaseId,
    (status, again): (StatusCode, Again),
) -> Result<HttpResponse, PageError> {
    let work = move |conn: &mut Conn, reader: &Reader| read(conn, reader, &case);
    let (child, history) = visitor.show(state, work).await?.ok_or(PageError::not_open())?;
    let (holds, before): (Vec<_>, Vec<_>) = history.into_iter().partition(|it| it.1);
    let title = if again.wrong.is_empty() { "Legal hold" } else { "Error: Legal hold" };
    let page = HoldPage {
        frame: Frame::of(visitor, format!("{title}: {child}"), "/retention"),
        form_code: visitor.form_code(),
        child,
        holds: holds.into_iter().map(|(words, _)| words).next(),
        before: before.into_iter().map(|(words, _)| words).collect(),
        reason: again.reason,
        wrong: again.wrong,
    };
    page::filled(status, &page)
}

/// The child's name, and each hold in words with whether it holds.
type Found = (String, Vec<(String, bool)>);

fn read(conn: &mut Conn, reader: &Reader, case: &CaseId) -> Result<Seen<Option<Found>>, db::Error> {
    let note = Note::of(Act::Holds).in_case(*case);
    let place = db::records::cluster_of(conn, case)?;
    let note = place.iter().fold(note, |note, cluster| note.in_cluster(*cluster));
    let Some(history) = legal_holds::history(conn, reader, case)? else {
        return Ok(Seen::new(None, note.refused("not_found")));
    };
    let people = Colleagues::of(conn, reader, reader.clusters())?;
    let names = Names::of(&people, &[]);
    let state = reader.case(conn, case)?;
    let team = state.as_ref().and_then(|it| Some(header(it.team.as_ref()?, &reader.merging(it))));
    let child = today::named(team.map(|it| it.name).unwrap_or_default());
    let lines = history.iter().map(|it| (in_words(&names, it), it.lifted.is_none()));
    let lines: Vec<_> = lines.collect();
    Ok(Seen::new(Some((child, lines)), note))
}

fn in_words(names: &Names<'_>, hold: &Hold) -> String {
    let word = |what: &str, it: &Word| {
        format!("{what} on {} by {}: {}", words::moment(it.at), names.person(&it.by), it.reason)
    };
    let set = word("Set", &hold.set);
    match &hold.lifted {
        Some(lifted) => format!("{set}. {}", word("Lifted", lifted)),
        None => set,
    }
}
