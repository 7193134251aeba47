//! Work that waits for a reviewer, and the form with which a person decides about it. What is
//! released goes into the log as its author signed it, so a browser is enough to decide.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use serde_json::Value as Json;
use sync_core::gate::refusal::sentence;
use sync_core::ids::{AgencyId, RecordId, UserId};
use sync_core::record::kind::Kind;
use sync_core::record::schema::{self, Fact, FieldType};
use sync_core::time::Timestamp;
use sync_core::view::EntryView;

use super::error::PageError;
use super::forms::{self, Sent};
use super::names::Names;
use super::page::{self, Frame};
use super::session::Visitor;
use super::{today, words};
use crate::app::AppState;
use crate::db::{self, Conn};
use crate::error::ApiError;
use crate::ingest::release::{ReviewError, Wish, review};
use crate::service::audit::{Act, Seen};
use crate::service::reading::Reader;
use crate::service::reading::colleagues::Colleagues;
use crate::service::reading::quarantine::{self, Counted, Waiting};
use crate::service::reading::worklist;

#[derive(Template)]
#[template(path = "to_review.html")]
struct ToReviewPage {
    frame: Frame,
    found: String,
    waiting: Vec<WaitingShown>,
    counted: Vec<String>,
    form_code: String,
    again: Again,
    /// What was decided last.
    decided: &'static str,
}

/// A decision that was not done: about which work, what was typed, and what is wrong with it.
#[derive(Default)]
struct Again {
    id: String,
    reason: String,
    wrong: &'static str,
}

/// Work that the person may decide about.
struct WaitingShown {
    id: String,
    child: String,
    href: String,
    what: String,
    by: String,
    arrived: String,
    why: String,
    harm: bool,
    entries: Vec<Vec<(String, String)>>,
}

/// What was decided last, for the words above the list.
#[derive(Deserialize, Default)]
pub(super) struct Coming {
    decided: Option<String>,
}

/// A decision.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionForm {
    form_code: String,
    reason: String,
    decision: String,
}

/// What waits, as far as the person may know of it.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let coming: Coming = forms::query(request.query_string())?;
    let decided = match coming.decided.as_deref() {
        Some("release") => "The work is in the record now, as its author wrote it.",
        Some("give_back") => {
            "The author has the work again at their next exchange, with your reason."
        }
        _ => "",
    };
    filled(&state, &visitor, (StatusCode::OK, Again::default(), decided)).await
}

/// Decides, and shows what still waits.
pub(super) async fn decide(
    state: Data<AppState>,
    visitor: Visitor,
    path: Path<String>,
    sent: Sent<DecisionForm>,
) -> Result<HttpResponse, PageError> {
    let DecisionForm { form_code, reason, decision } = forms::read(sent)?;
    forms::check(Some(&visitor.token), &form_code)?;
    let id = quarantine::parse_id(&path).ok_or(PageError::not_open())?;
    let wish = match decision.as_str() {
        "release" => Wish::Release,
        "give_back" => Wish::GiveBack,
        _ => return Err(ApiError::bad_request().into()),
    };
    let (rules, reviewer) = (state.rules.clone(), visitor.person.principal());
    let (now, mut pen) = (state.clock.now(), state.pen(visitor.asking().who())?);
    let why = reason.clone();
    let work =
        move |conn: &mut Conn| review(conn, &rules, (&reviewer, &mut pen), &id, (wish, &why), now);
    if let Err(error) = state.db.with_conn(work).await? {
        let Some((status, wrong)) = wrong_with(&error) else {
            return Err(ApiError::from(error).into());
        };
        let again = Again { id: path.into_inner(), reason, wrong };
        return filled(&state, &visitor, (status, again, "")).await;
    }
    state.committer().beat();
    let to = format!("/to-review?decided={decision}");
    Ok(HttpResponse::SeeOther().insert_header(("Location", to)).finish())
}

/// What is to be done otherwise; none where the work is not here to decide about any more.
const fn wrong_with(error: &ReviewError) -> Option<(StatusCode, &'static str)> {
    let said = StatusCode::UNPROCESSABLE_ENTITY;
    Some(match error {
        ReviewError::NotOpen | ReviewError::Decided => return None,
        ReviewError::NoReason => (said, "Say why you decide so"),
        ReviewError::LongReason => (said, "Say why in fewer words: at most 2,000 letters"),
        ReviewError::NotBegun => {
            (StatusCode::CONFLICT, "The case itself waits, too. Take that into the record first")
        }
        ReviewError::DoesNotFit(_) => {
            (StatusCode::CONFLICT, "This no longer fits the record. Give it back to its author")
        }
    })
}

async fn filled(
    state: &AppState,
    visitor: &Visitor,
    (status, again, decided): (StatusCode, Again, &'static str),
) -> Result<HttpResponse, PageError> {
    if !page::works_with_cases(visitor) {
        return Err(PageError::not_open());
    }
    let (waiting, counted) = visitor.show(state, listed).await?;
    let title = if again.wrong.is_empty() { "To review" } else { "Error: To review" };
    let page = ToReviewPage {
        frame: Frame::of(visitor, title, "/to-review"),
        found: words::count(waiting.len(), "piece of work", "pieces of work"),
        waiting,
        counted,
        form_code: visitor.form_code(),
        again,
        decided,
    };
    page::filled(status, &page)
}

type Listed = (Vec<WaitingShown>, Vec<String>);

fn listed(conn: &mut Conn, reader: &Reader) -> Result<Seen<Listed>, db::Error> {
    let tray = quarantine::tray(conn, reader)?;
    let people = Colleagues::of(conn, reader, reader.clusters())?;
    let names = Names::of(&people, &[]);
    let lines = if tray.counted.is_empty() { None } else { worklist::of_reader(conn, reader)? };
    let lines = lines.unwrap_or_default();
    let counted = |it: &Counted| {
        let child = today::named(worklist::name_of(&lines, &it.case));
        let place = names.compartment(&it.compartment).to_lowercase();
        let since = words::day_of(it.since);
        format!(
            "{child}: {}, {place}, the oldest since {since}",
            words::count(it.count, "record", "records")
        )
    };
    let waiting: Vec<_> = tray.open.iter().map(|it| WaitingShown::of(&names, it)).collect();
    let counted: Vec<_> = tray.counted.iter().map(counted).collect();
    let lines = waiting.len() + counted.len();
    Ok(Seen::list((waiting, counted), Act::Quarantine, lines))
}

impl WaitingShown {
    fn of(names: &Names<'_>, waiting: &Waiting) -> Self {
        let held = &waiting.held;
        let place = names.compartment(&waiting.compartment);
        Self {
            id: RecordId::from_bytes(held.id).to_string(),
            child: today::named(waiting.name.clone()),
            href: format!("/cases/{}", held.case),
            what: format!("{}. {place}", words::kind(waiting.kind)),
            by: names.person(&held.user),
            arrived: words::moment(held.arrived_at),
            why: sentence(&held.code),
            harm: held.harm_since.is_some(),
            entries: waiting.entries.iter().map(|it| lines(names, waiting.kind, it)).collect(),
        }
    }
}

/// An entry's fields in words, by the schema's types.
fn lines(names: &Names<'_>, kind: Kind, entry: &EntryView) -> Vec<(String, String)> {
    let collection = schema::collections(kind).find(|it| it.name == entry.collection);
    let holds = |name: &str| {
        let field = collection.and_then(|it| it.fields.iter().find(|field| field.name == name));
        field.map(|field| field.holds)
    };
    let said =
        entry.says.iter().filter(|(name, _)| !matches!(name.as_str(), "digest" | "visit_group"));
    let said = said.map(|(name, value)| {
        (words::field(kind, name), value_of(names, (name, holds(name)), value))
    });
    let text = entry.text.iter().map(|text| ("Text".to_owned(), text.clone()));
    said.chain(text).chain([("Written".to_owned(), words::moment(entry.at))]).collect()
}

fn value_of(names: &Names<'_>, (name, holds): (&str, Option<FieldType>), value: &Json) -> String {
    match (holds, value) {
        (Some(FieldType::Time), Json::Number(at)) => {
            words::moment(Timestamp(at.as_i64().unwrap_or_default()))
        }
        (Some(FieldType::Choice(_)), Json::String(text)) => words::plain(text),
        (Some(FieldType::Date), Json::String(text)) => {
            text.parse().map_or_else(|_| text.clone(), words::day)
        }
        (_, Json::String(text)) if name == "fact" => {
            let fact = Fact::ALL.iter().find(|fact| fact.name() == text);
            fact.map_or_else(|| words::plain(text), |fact| words::fact(*fact))
        }
        (Some(FieldType::Bytes(_)), Json::String(id)) => {
            let agency = id.parse::<AgencyId>().ok().filter(|_| matches!(name, "agency" | "to"));
            agency.map_or_else(|| "Another record".into(), |agency| names.agency(&agency))
        }
        (Some(FieldType::ByFact), Json::String(text)) => match text.parse::<UserId>() {
            Ok(user) => names.person(&user),
            Err(_) => words::plain(text),
        },
        (_, Json::Bool(yes)) => words::yes(*yes).into(),
        (_, Json::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}
