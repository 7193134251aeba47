//! Having a decision signed by the desk of whoever looks at a page.

use sync_core::gate::refusal::sentence;
use sync_core::ids::{EntryId, RecordId};
use sync_core::protocol::message::{Answer, Outcome};

use super::error::PageError;
use super::session::Visitor;
use crate::app::AppState;
use crate::db::Conn;
use crate::error::ApiError;
use crate::service::audit::{Act, Note, Seen};
use crate::service::desks::{self, Decision, Seed};
use crate::service::reading::Reader;
use crate::service::settling::{self, NotDecided, Opened};

/// Why a decision is not in the record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Why {
    /// It was not one.
    NotDecided(NotDecided),
    /// It was not taken; why, in words.
    NotTaken(String),
}

impl Why {
    /// For whoever decided.
    pub(super) fn words(&self) -> String {
        match self {
            Self::NotDecided(why) => why.to_string(),
            Self::NotTaken(words) => words.clone(),
        }
    }
}

/// Reads a record anew, has what the person decides about it signed and takes it like a phone's work:
/// gives the entry that is in the log.
pub(super) async fn decide(
    state: &AppState,
    visitor: &Visitor,
    record: RecordId,
    wish: impl FnOnce(Opened, &Reader) -> Result<Decision, NotDecided> + Send + 'static,
) -> Result<Result<EntryId, Why>, PageError> {
    let desk = seed(state, visitor).id();
    state.limits.device(&desk).map_err(ApiError::from)?;
    // Two decisions of one browser in a record would take the same number.
    let _turn = state.pushing.take(&desk).await?;
    let read = move |conn: &mut Conn, reader: &Reader| {
        let note = Note::of(Act::OpenRecord);
        let Some(opened) = settling::open(conn, reader, &record)? else {
            let note = note.where_record_is(conn, record)?;
            return Ok(Seen::new(None, note.refused("not_found")));
        };
        let (case, ground) = (opened.case.state.context.case, opened.case.ground);
        let decided = match wish(opened, reader) {
            Err(NotDecided::NotOpen) => None,
            decided => Some((decided, ground)),
        };
        Seen::of_case(conn, (&case, note.on_record(record)), decided)
    };
    match visitor.show(state, read).await?.ok_or(PageError::not_open())? {
        Ok(decision) => sign(state, visitor, decision).await,
        Err(why) => Ok(Err(Why::NotDecided(why))),
    }
}

async fn sign(
    state: &AppState,
    visitor: &Visitor,
    decision: Decision,
) -> Result<Result<EntryId, Why>, PageError> {
    let (now, mut pen) = (state.clock.now(), state.pen(visitor.asking().who())?);
    let seed = seed(state, visitor);
    let desk = state.db.write(move |conn| desks::open(conn, &mut pen, now, &seed)).await?;
    let desk = desk.map_err(|gone| PageError::sign_in("/to-settle".into(), gone))?;
    let fresh = (state.entropy.bytes()?, state.entropy.bytes()?);
    let signed = match desk.sign(visitor.person.principal(), decision, now, fresh) {
        Ok(signed) => signed,
        Err(refusal) => return Ok(Err(Why::NotTaken(sentence(refusal.code())))),
    };
    let answers = state.committer().ingest(signed.arrival).await?;
    Ok(taken(&answers).map(|()| signed.entry))
}

fn seed(state: &AppState, visitor: &Visitor) -> Seed {
    Seed { token: visitor.token.clone(), run: state.run }
}

fn taken(answers: &[Answer]) -> Result<(), Why> {
    let why = |code: &str| Err(Why::NotTaken(sentence(code)));
    match answers.first().map(|answer| &answer.outcome) {
        Some(Outcome::Accepted | Outcome::AlreadyHad) => Ok(()),
        Some(Outcome::Refused(code) | Outcome::Quarantined(code)) => why(code),
        Some(Outcome::Needs | Outcome::NotYet | Outcome::DependsOnRefused) | None => {
            Err(Why::NotDecided(NotDecided::Newer))
        }
    }
}
