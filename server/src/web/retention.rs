//! How long records are kept, and what must not be erased meanwhile.

use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;
use sync_core::record::kind::{Kind, RESERVED_KINDS, RetentionClass};

use super::error::PageError;
use super::names::Names;
use super::page::{self, Frame};
use super::session::Visitor;
use super::words;
use crate::app::AppState;
use crate::db::{self, Conn};
use crate::service::audit::{Act, Note, Seen};
use crate::service::legal_holds;
use crate::service::reading::Reader;
use crate::service::reading::colleagues::Colleagues;

#[derive(Template)]
#[template(path = "retention.html")]
struct RetentionPage {
    frame: Frame,
    classes: Vec<Class>,
    /// What is held; none for whoever may not know of any case.
    held: Option<Vec<Held>>,
}

/// Records that are kept by one rule.
struct Class {
    name: &'static str,
    counts: &'static str,
    kinds: String,
}

/// A case that is held.
struct Held {
    case: String,
    href: String,
    since: String,
    by: String,
}

/// The rules, and what is held.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
) -> Result<HttpResponse, PageError> {
    let (may, governs) = (page::sees_retention(&visitor), page::reads_audit(&visitor));
    let read = move |conn: &mut Conn, reader: &Reader| match may {
        true => read(conn, reader),
        false => Ok(Seen::new(None, noted().refused("not_your_role"))),
    };
    let held = visitor.show(&state, read).await?.ok_or(PageError::not_open())?;
    page::well(&RetentionPage {
        frame: Frame::of(&visitor, "How long records are kept", "/retention"),
        classes: classes(),
        held: Some(held).filter(|_| governs),
    })
}

fn read(conn: &mut Conn, reader: &Reader) -> Result<Seen<Option<Vec<Held>>>, db::Error> {
    let holds = legal_holds::of_reader(conn, reader)?;
    let people = Colleagues::of(conn, reader, reader.clusters())?;
    let names = Names::of(&people, &[]);
    let held = holds.iter().map(|it| Held {
        case: it.case.to_string(),
        href: format!("/holds/{}", it.case),
        since: words::day_of(it.set.at),
        by: names.person(&it.set.by),
    });
    let held: Vec<_> = held.collect();
    let note = noted().counting(held.len());
    Ok(Seen::new(Some(held), note))
}

fn noted() -> Note {
    Note::of(Act::Practice).with("retention")
}

fn classes() -> Vec<Class> {
    use RetentionClass::{Allegation, Board, Case, Sealed, Workforce};
    let class = |class: RetentionClass, name, counts| Class { name, counts, kinds: kinds(class) };
    vec![
        class(Case, "A child's case", "From the day on which the case closes"),
        class(Allegation, "Allegations against adults", "From the day on which one is concluded"),
        class(Board, "The board's own papers", "From the day on which a paper is agreed"),
        class(Sealed, "Sealed reviews", "From the day on which the review is published"),
        class(Workforce, "Training and supervision", "From the day on which somebody leaves"),
    ]
}

/// What is kept by a rule: kinds of today belong to the child's case, the rest is still to come.
fn kinds(class: RetentionClass) -> String {
    let now = Kind::ALL.iter().filter(|_| class == RetentionClass::Case);
    let now = now.map(|kind| words::kind(*kind).to_owned());
    let later = RESERVED_KINDS.iter().filter(|(.., its)| *its == class);
    let later = later.map(|(_, name, _)| format!("{} (still to come)", words::plain(name)));
    now.chain(later).collect::<Vec<_>>().join(", ")
}
