//! One case: merged, and as a chronology.

use std::collections::BTreeSet;

use actix_web::get;
use actix_web::web::{Data, Json, Path};
use serde::Serialize;
use sync_core::ids::{CaseId, UserId};
use sync_core::view::{CaseView, ExtractView, RecordView};
use utoipa::ToSchema;

use super::Session;
use super::shown::{CaseShown, ConflictShown, PersonShown};
use crate::app::AppState;
use crate::db::{self, Conn};
use crate::error::{ApiError, ErrorBody};
use crate::service::audit::{Act, Note, Seen};
use crate::service::reading::case::OpenCase;
use crate::service::reading::chronology::{self, ArrivedLine};
use crate::service::reading::colleagues::Colleagues;
use crate::service::reading::{Reader, case, extract};

/// A case, merged from the records that are open to this person.
#[derive(Serialize, ToSchema)]
pub struct CaseAnswer {
    /// What lists show of it.
    header: CaseShown,
    /// The records, as an equally entitled phone shows them.
    #[schema(value_type = Vec<Object>)]
    records: Vec<RecordView>,
    /// What the pupil roll says: school, half days by term, exclusions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    extract: Option<ExtractView>,
    /// What waits to be settled.
    conflicts: Vec<ConflictShown>,
    /// Everybody whom the records name as an author.
    people: Vec<PersonShown>,
    /// Until when it is open to this person, who broke the glass or has a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    open_until: Option<i64>,
}

/// A case's chronology.
#[derive(Serialize, ToSchema)]
pub struct ChronologyAnswer {
    /// Newest first.
    lines: Vec<LineShown>,
}

/// A line of a chronology.
#[derive(Serialize, ToSchema)]
pub struct LineShown {
    record: String,
    /// What the record is about.
    kind: String,
    /// Who it is for.
    compartment: String,
    /// When it happened, by its author's clock.
    at: i64,
    /// When the server got it.
    arrived_at: i64,
    by: PersonShown,
    /// The first words of it.
    what: String,
    /// "Recorded late, arrived ..." where more than a day lay between writing and arrival.
    #[serde(skip_serializing_if = "Option::is_none")]
    late: Option<String>,
}

/// A case as it is now, with everything that people disagree about.
#[utoipa::path(
    tag = "cases",
    params(("case" = String, Path, description = "The case's id")),
    security(("access_token" = [])),
    responses(
        (status = 200, body = CaseAnswer, description = "The case"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
        (status = 404, body = ErrorBody, description = "No such case, or nothing of it is open to this person"),
    )
)]
#[get("/cases/{case}")]
pub(crate) async fn show(
    state: Data<AppState>,
    session: Session,
    path: Path<String>,
) -> Result<Json<CaseAnswer>, ApiError> {
    let case = parse(&path)?;
    let answer = session.show(&state, move |conn, reader| read(conn, reader, &case)).await?;
    answer.map(Json).ok_or(ApiError::not_open())
}

/// What happened, newest first, with what arrived late marked.
#[utoipa::path(
    tag = "cases",
    params(("case" = String, Path, description = "The case's id")),
    security(("access_token" = [])),
    responses(
        (status = 200, body = ChronologyAnswer, description = "The chronology"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
        (status = 404, body = ErrorBody, description = "No such case, or nothing of it is open to this person"),
    )
)]
#[get("/cases/{case}/chronology")]
pub(crate) async fn show_chronology(
    state: Data<AppState>,
    session: Session,
    path: Path<String>,
) -> Result<Json<ChronologyAnswer>, ApiError> {
    let case = parse(&path)?;
    let work = move |conn: &mut Conn, reader: &Reader| {
        let lines = chronology::of_case(conn, reader, &case)?;
        let people = Colleagues::of(conn, reader, reader.clusters())?;
        let shown = lines.map(|(lines, ground)| ((lines, people), ground));
        Seen::of_case(conn, (&case, Note::of(Act::OpenCase)), shown)
    };
    let (lines, people) = session.show(&state, work).await?.ok_or(ApiError::not_open())?;
    let lines = lines.iter().map(|line| LineShown::of(line, &people)).collect();
    Ok(Json(ChronologyAnswer { lines }))
}

/// What is no id is no case either: the same answer.
fn parse(text: &str) -> Result<CaseId, ApiError> {
    text.parse().map_err(|_| ApiError::not_open())
}

fn read(
    conn: &mut Conn,
    reader: &Reader,
    id: &CaseId,
) -> Result<Seen<Option<CaseAnswer>>, db::Error> {
    let open = case::open(conn, reader, id)?;
    let ground = open.as_ref().map(|open| open.ground);
    let answer = open.map(|open| answer(conn, reader, &open)).transpose()?;
    Seen::of_case(conn, (id, Note::of(Act::OpenCase)), answer.zip(ground))
}

fn answer(conn: &mut Conn, reader: &Reader, open: &OpenCase) -> Result<CaseAnswer, db::Error> {
    let id = &open.state.context.case;
    let extract = if open.reads_team { extract::of_case(conn, reader, &open.state)? } else { None };
    let (people, merging) = (&open.people, reader.merging(&open.state));
    let all: Vec<_> = open.records.iter().chain(&open.moved).cloned().collect();
    let view = CaseView::of(*id, &all, &open.moves, &merging);
    Ok(CaseAnswer {
        header: CaseShown::of(&open.line, people),
        people: authors(&view.records).iter().map(|it| PersonShown::of(it, people)).collect(),
        records: view.records,
        extract,
        conflicts: open.conflicts.iter().map(|it| ConflictShown::of(it, people)).collect(),
        open_until: open.glass.as_ref().map(|glass| glass.ends_at.0),
    })
}

fn authors(records: &[RecordView]) -> BTreeSet<UserId> {
    let entries = records.iter().flat_map(|record| &record.entries);
    entries.map(|entry| entry.by).chain(records.iter().filter_map(|record| record.by)).collect()
}

impl LineShown {
    fn of(arrived: &ArrivedLine, people: &Colleagues) -> Self {
        let line = &arrived.line;
        let day = arrived.arrived_at.date().map(|day| day.to_string());
        let late = day.map(|day| format!("Recorded late, arrived {day}"));
        Self {
            record: line.record.to_string(),
            kind: line.kind.to_string(),
            compartment: line.compartment.to_string(),
            at: line.at.0,
            arrived_at: arrived.arrived_at.0,
            by: PersonShown::of(&line.by, people),
            what: line.what.clone(),
            late: late.filter(|_| arrived.is_late()),
        }
    }
}
