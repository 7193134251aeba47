//! A disagreement that was settled: what was decided, between what, and the form that takes it back.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use sync_core::ids::{EntryId, RecordId};
use sync_core::merge::Context;
use sync_core::record::entry::{Assertion, Entry};
use sync_core::record::fold::Folded;

use super::desk;
use super::error::PageError;
use super::facts::ValueShown;
use super::forms::{self, Sent};
use super::names::Names;
use super::page::{self, Frame};
use super::session::Visitor;
use super::{today, words};
use crate::app::AppState;
use crate::db::{self, Conn};
use crate::service::audit::{Act, Note, Seen};
use crate::service::reading::Reader;
use crate::service::reading::case::OpenCase;
use crate::service::settling::{self, Opened};

#[derive(Template)]
#[template(path = "settled.html")]
struct SettledPage {
    frame: Frame,
    settled: SettledShown,
    form_code: String,
    /// Whether it was settled just now.
    done: bool,
    /// What is wrong with the form.
    wrong: String,
    /// The reason that was typed.
    reason: String,
}

/// A settlement for a template.
struct SettledShown {
    action: String,
    child: String,
    href: String,
    place: String,
    line: SettledLine,
    replaced: Vec<ValueShown>,
    may_undo: bool,
}

/// A settlement in one line.
pub(super) struct SettledLine {
    /// Its page.
    pub(super) href: String,
    /// What it is about.
    pub(super) name: String,
    /// What was decided, by whom, when and why.
    pub(super) says: ValueShown,
}

/// A decision to take a settlement back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UndoForm {
    form_code: String,
    reason: String,
}

/// What was settled.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let named = named(&path)?;
    let done = request.query_string() == "done";
    filled(&state, &visitor, named, (StatusCode::OK, done), (String::new(), String::new())).await
}

/// Takes it back, and shows what waits to be settled.
pub(super) async fn undo(
    state: Data<AppState>,
    visitor: Visitor,
    path: Path<(String, String)>,
    sent: Sent<UndoForm>,
) -> Result<HttpResponse, PageError> {
    let UndoForm { form_code, reason } = forms::read(sent)?;
    forms::check(Some(&visitor.token), &form_code)?;
    let (record, entry) = named(&path)?;
    let typed = reason.clone();
    let wish = move |opened: Opened, reader: &Reader| opened.undo(reader, entry, &typed);
    match desk::decide(&state, &visitor, record, wish).await? {
        Ok(_) => {
            Ok(HttpResponse::SeeOther().insert_header(("Location", "/to-settle?undone")).finish())
        }
        Err(why) => {
            let again = (StatusCode::UNPROCESSABLE_ENTITY, false);
            filled(&state, &visitor, (record, entry), again, (why.words(), reason)).await
        }
    }
}

fn named((record, entry): &(String, String)) -> Result<(RecordId, EntryId), PageError> {
    let both = record.parse().ok().zip(entry.parse().ok());
    both.ok_or(PageError::not_open())
}

async fn filled(
    state: &AppState,
    visitor: &Visitor,
    named: (RecordId, EntryId),
    (status, done): (StatusCode, bool),
    (wrong, reason): (String, String),
) -> Result<HttpResponse, PageError> {
    let read = move |conn: &mut Conn, reader: &Reader| read(conn, reader, named);
    let settled = visitor.show(state, read).await?.ok_or(PageError::not_open())?;
    let title = if wrong.is_empty() { "Settled" } else { "Error: Settled" };
    let frame = Frame::of(visitor, format!("{title}: {}", settled.child), "/to-settle");
    let form_code = visitor.form_code();
    page::filled(status, &SettledPage { frame, settled, form_code, done, wrong, reason })
}

fn read(
    conn: &mut Conn,
    reader: &Reader,
    (record, entry): (RecordId, EntryId),
) -> Result<Seen<Option<SettledShown>>, db::Error> {
    let note = Note::of(Act::OpenRecord);
    let Some(opened) = settling::open(conn, reader, &record)? else {
        let note = note.where_record_is(conn, record)?;
        return Ok(Seen::new(None, note.refused("not_found")));
    };
    let (case, ground) = (opened.case.state.context.case, opened.case.ground);
    let shown = SettledShown::of(&opened, reader, entry).map(|shown| (shown, ground));
    Seen::of_case(conn, (&case, note.on_record(record)), shown)
}

impl SettledShown {
    fn of(opened: &Opened, reader: &Reader, id: EntryId) -> Option<Self> {
        let (case, folded) = (&opened.case, opened.folded()?);
        let settled = settling::settled(folded).into_iter().find(|it| it.entry.id == id)?;
        let names = Names::of(&case.people, &case.records);
        let merging = reader.merging(&case.state);
        let replaced = settling::replaced(folded, settled.entry);
        let line = SettledLine::of(&names, folded, &settled, &merging);
        Some(Self {
            action: line.href.clone(),
            child: today::named(case.line.header.name.clone()),
            href: format!("/cases/{}", case.state.context.case),
            place: names.compartment(&folded.envelope.compartment),
            line,
            replaced: replaced.iter().map(|it| value(&names, it, &merging)).collect(),
            may_undo: opened.may_undo(reader, settled.entry),
        })
    }
}

impl SettledLine {
    /// What was settled in a case and stands.
    pub(super) fn all(names: &Names<'_>, open: &OpenCase, merging: &Context<'_>) -> Vec<Self> {
        let of = |folded| {
            let settled = settling::settled(folded).into_iter();
            let stands = |it: &Assertion<'_>| settling::stands(folded, it.entry);
            settled.filter(stands).map(|it| Self::of(names, folded, &it, merging))
        };
        let mut all: Vec<_> = Vec::new();
        for folded in &open.records {
            all.extend(of(folded));
        }
        all
    }

    fn of(
        names: &Names<'_>,
        folded: &Folded,
        settled: &Assertion<'_>,
        merging: &Context<'_>,
    ) -> Self {
        let Entry { id, .. } = settled.entry;
        Self {
            href: format!("/to-settle/{}/{id}", folded.envelope.id()),
            name: names.about(settled),
            says: ValueShown {
                in_force: settling::stands(folded, settled.entry),
                ..value(names, settled, merging)
            },
        }
    }
}

fn value(names: &Names<'_>, said: &Assertion<'_>, merging: &Context<'_>) -> ValueShown {
    let hidden = merging.hides(said);
    ValueShown {
        value: names.said(said, merging),
        by: names.person(&said.entry.by),
        when: words::moment(said.entry.at),
        reason: said.reason().filter(|_| !hidden).map(str::to_owned),
        in_force: false,
    }
}
