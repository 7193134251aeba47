//! One record, whole: what holds, and everything that was ever written in it.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;
use sync_core::ids::{CaseId, EntryId, RecordId};
use sync_core::merge::{Context, resolve_all};
use sync_core::record::entry::Entry;
use sync_core::record::fold::Folded;
use sync_core::record::kind::Kind;
use sync_core::record::schema::{self, AMENDMENTS, Collection, FieldType};
use sync_core::record::value::Value;
use sync_core::view::kinds::{Holds, KindView};

use super::error::PageError;
use super::facts::FactShown;
use super::names::Names;
use super::page::{self, Frame};
use super::plan::{PlanShown, begun};
use super::session::Visitor;
use super::{today, words};
use crate::app::AppState;
use crate::db::{self, Conn};
use crate::service::audit::{Act, Note, Seen};
use crate::service::reading::case::{self, OpenCase};
use crate::service::reading::{Reader, chronology};

/// The rows of a plan, which have a form of their own.
const PLAN_ROWS: &str = "rows";

#[derive(Template)]
#[template(path = "record.html")]
struct RecordPage {
    frame: Frame,
    record: RecordShown,
}

/// A record for a template.
struct RecordShown {
    child: String,
    case_href: String,
    body: Body,
    arrived: String,
    late: bool,
    history: Vec<Assertion>,
}

/// What a record says now, in words.
pub(super) struct Body {
    /// What it is about.
    pub(super) kind: &'static str,
    /// Who it is for.
    pub(super) place: String,
    /// Who began it and when.
    pub(super) begun: String,
    /// What holds.
    pub(super) facts: Vec<FactShown>,
    /// Of a plan, its rows.
    pub(super) plan: Option<PlanShown>,
    /// What was written.
    pub(super) blocks: Vec<Block>,
}

/// An entry, field by field.
pub(super) struct Block {
    /// What it is.
    pub(super) title: String,
    /// Its fields.
    pub(super) lines: Vec<(String, String)>,
    /// Whose.
    pub(super) by: String,
    /// When, by their clock.
    pub(super) when: String,
    /// Corrections, field by field.
    pub(super) corrections: Vec<Vec<(String, String)>>,
}

/// A value that somebody gave a fact, whether or not it still stands.
struct Assertion {
    name: String,
    value: String,
    by: String,
    when: String,
    reason: String,
    state: &'static str,
}

/// One record of a case.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
    path: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let (case, record) = path.into_inner();
    let ids = case.parse::<CaseId>().ok().zip(record.parse::<RecordId>().ok());
    let (case, record) = ids.ok_or(PageError::not_open())?;
    let work = move |conn: &mut Conn, reader: &Reader| read(conn, reader, &case, &record);
    let shown = visitor.show(&state, work).await?;
    let record = shown.ok_or(PageError::not_open())?;
    let title = format!("{}: {}", record.body.kind, record.child);
    page::well(&RecordPage { frame: Frame::of(&visitor, title, ""), record })
}

fn read(
    conn: &mut Conn,
    reader: &Reader,
    case: &CaseId,
    record: &RecordId,
) -> Result<Seen<Option<RecordShown>>, db::Error> {
    let open = case::open(conn, reader, case)?;
    let found = open.as_ref().and_then(|open| {
        let folded = open.records.iter().find(|it| it.envelope.id() == *record)?;
        Some((open, folded))
    });
    let shown = match found {
        Some((open, folded)) => Some((shown(conn, reader, open, folded)?, open.ground)),
        None => None,
    };
    Seen::of_case(conn, (case, Note::of(Act::OpenRecord).on_record(*record)), shown)
}

fn shown(
    conn: &mut Conn,
    reader: &Reader,
    open: &OpenCase,
    folded: &Folded,
) -> Result<RecordShown, db::Error> {
    let line = chronology::of_records(conn, std::slice::from_ref(folded))?.pop();
    let mut shown = RecordShown::of(open, folded, &reader.merging(&open.state));
    if let Some(line) = line {
        shown.arrived = words::moment(line.arrived_at);
        shown.late = line.is_late();
    }
    Ok(shown)
}

impl RecordShown {
    fn of(open: &OpenCase, folded: &Folded, merging: &Context<'_>) -> Self {
        let names = Names::of(&open.people, &open.records);
        Self {
            child: today::named(open.line.header.name.clone()),
            case_href: format!("/cases/{}", folded.envelope.case),
            body: Body::of(&names, folded, merging),
            arrived: String::new(),
            late: false,
            history: history(&names, folded, merging),
        }
    }
}

impl Body {
    /// A record in words.
    pub(super) fn of(names: &Names<'_>, folded: &Folded, merging: &Context<'_>) -> Self {
        let envelope = &folded.envelope;
        let kind = envelope.kind();
        let made = envelope.made();
        let is_plan = kind == Kind::Plan;
        let resolved = resolve_all(&folded.entries, merging).into_iter();
        let facts = resolved.filter(|it| !is_plan || it.subject.is_empty()).map(|it| {
            let (fact, subject) = (it.fact, it.subject.clone());
            FactShown::of(names, fact, &subject, &Holds::from(it))
        });
        Self {
            kind: words::kind(kind),
            place: names.compartment(&envelope.compartment),
            begun: begun(names, made.map(|it| it.user), made.map(|it| it.at)),
            facts: facts.collect(),
            plan: match KindView::read(folded, merging) {
                KindView::Plan(plan) => Some(PlanShown::of(names, &plan)),
                _ => None,
            },
            blocks: blocks(names, folded),
        }
    }
}

fn blocks(names: &Names<'_>, folded: &Folded) -> Vec<Block> {
    let kind = folded.envelope.kind();
    let collections = schema::collections(kind);
    let apart = |it: &&Collection| {
        it.code == schema::FACTS
            || it.code == AMENDMENTS
            || (kind == Kind::Plan && it.name == PLAN_ROWS)
    };
    let shown = collections.filter(|it| !apart(it));
    let of = |collection: &'static Collection| {
        folded.entries_of(collection.code).map(move |entry| (collection, entry))
    };
    let entries = shown.flat_map(of);
    entries.map(|(collection, entry)| Block::of(names, folded, collection, entry)).collect()
}

impl Block {
    fn of(names: &Names<'_>, folded: &Folded, collection: &Collection, entry: &Entry) -> Self {
        let kind = folded.envelope.kind();
        let mut lines = lines(names, kind, collection, entry);
        lines.extend(entry.text.clone().map(|text| ("Text".to_owned(), text)));
        Self {
            title: words::collection(kind, collection.name),
            lines,
            by: names.person(&entry.by),
            when: words::moment(entry.at),
            corrections: corrections(names, folded, &entry.id),
        }
    }
}

fn lines(
    names: &Names<'_>,
    kind: Kind,
    collection: &Collection,
    entry: &Entry,
) -> Vec<(String, String)> {
    let fields = entry.fields.iter().filter_map(|(code, value)| {
        let field = collection.field(*code)?;
        let value = field_value(names, kind, (field.name, field.holds), value)?;
        Some((words::field(kind, field.name), value))
    });
    fields.collect()
}

/// A field in words; nothing for what only machines compare.
fn field_value(
    names: &Names<'_>,
    kind: Kind,
    (name, holds): (&str, FieldType),
    value: &Value,
) -> Option<String> {
    let agency = |bytes: &[u8]| {
        sync_core::ids::AgencyId::from_slice(bytes).map(|agency| names.agency(&agency)).ok()
    };
    match (kind, name, value) {
        (_, "digest" | "visit_group", _) => None,
        (_, "agency", Value::Bytes(bytes)) | (Kind::Request, "to", Value::Bytes(bytes)) => {
            agency(bytes)
        }
        (_, "from" | "plan" | "record" | "parent" | "case", Value::Bytes(_)) => {
            Some("Another record".into())
        }
        _ => Some(names.field(holds, value)),
    }
}

/// Corrections of an entry and of those corrections, as they came.
fn corrections(names: &Names<'_>, folded: &Folded, of: &EntryId) -> Vec<Vec<(String, String)>> {
    let mut about = vec![of.to_string()];
    let mut found = Vec::new();
    for entry in folded.entries_of(AMENDMENTS) {
        if !entry.text_of(1).is_some_and(|it| about.iter().any(|known| known == it)) {
            continue;
        }
        about.push(entry.id.to_string());
        let line = |name: &str, code: u8| {
            entry.text_of(code).map(|text| (name.to_owned(), text.to_owned()))
        };
        let mut lines: Vec<_> = line("Should read", 2).into_iter().chain(line("Why", 3)).collect();
        lines.push(("By".into(), names.person(&entry.by)));
        lines.push(("When".into(), words::moment(entry.at)));
        found.push(lines);
    }
    found
}

/// Everything that was ever asserted, newest first; what is withheld stays so.
fn history(names: &Names<'_>, folded: &Folded, merging: &Context<'_>) -> Vec<Assertion> {
    let all = folded.entries.iter().rev().filter_map(Entry::assertion);
    let replaced = |id: &EntryId| folded.entries.iter().any(|it| it.replaces.contains(id));
    all.map(|it| {
        let hidden = merging.hides(&it);
        let shown = |text: String| if hidden { "Withheld".into() } else { text };
        Assertion {
            name: names.about(&it),
            value: names.said(&it, merging),
            by: names.person(&it.entry.by),
            when: words::moment(it.entry.at),
            reason: shown(it.reason().unwrap_or_default().to_owned()),
            state: if replaced(&it.entry.id) { "Replaced since" } else { "Stands" },
        }
    })
    .collect()
}
