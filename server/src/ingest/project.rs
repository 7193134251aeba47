//! Read models, each a pure function of the log: made in the commit that accepted a change, and made
//! again by `rebuild --check`.

use serde_json::json;
use sync_core::ids::ClusterId;
use sync_core::merge::{Context, conflicts};
use sync_core::protocol::message::DirectoryLine;
use sync_core::record::fold::{Folded, fold};
use sync_core::record::history::History;
use sync_core::record::kind::Compartment;
use sync_core::time::Timestamp;
use sync_core::view::gist::Gist;
use sync_core::view::{chronology_line, header, raises_harm_flag};

use crate::db::text::column;
use crate::db::views::{CaseViewRow, RecordViewRow};
use crate::db::{self, Conn, Error};
use crate::ingest::warnings;
use crate::service::histories::{CaseState, World};
use crate::service::reading::due;

/// Makes a record's view; says whether figures and early warnings may follow.
///
/// # Errors
/// The database's failure.
pub fn record(
    conn: &mut Conn,
    merging: &Context<'_>,
    cluster: ClusterId,
    history: &History,
) -> Result<bool, Error> {
    let folded = fold(history, history.links().len());
    let moved = db::moves::target(conn, &folded.envelope.id())?.is_some();
    let view = record_view(merging, cluster, &folded, moved)?;
    let before = db::views::gist(conn, &view.record)?;
    db::views::put_record(conn, &view)?;
    Ok(before.unwrap_or_default() != view.gist)
}

/// A record's view. One that was re-homed counts for nothing any more.
///
/// # Errors
/// [`Error::Corrupt`] if it cannot be written as it is kept.
pub fn record_view(
    merging: &Context<'_>,
    cluster: ClusterId,
    folded: &Folded,
    moved: bool,
) -> Result<RecordViewRow, Error> {
    let open = if moved { Vec::new() } else { conflicts(&folded.entries, merging) };
    let safety = open.iter().filter(|conflict| conflict.fact.is_safety()).count();
    let line = chronology_line(folded).filter(|_| !moved);
    let envelope = &folded.envelope;
    let gist = if moved { None } else { Gist::of(folded, merging) };
    let gist = gist.map(minicbor::to_vec).transpose().map_err(|_| Error::Corrupt("gist"))?;
    let (due, ends) = if moved { (json!([]), false) } else { due::kept(folded, merging) };
    let harm = raises_harm_flag(folded, merging) && envelope.compartment != Compartment::Protection;
    Ok(RecordViewRow {
        record: envelope.id(),
        case: envelope.case,
        cluster,
        scope: envelope.scope(),
        kind: envelope.kind().code().into(),
        safety_conflicts: safety as i32,
        routine_conflicts: (open.len() - safety) as i32,
        harm_since: line.as_ref().filter(|_| harm).map(|line| line.at.0),
        happened_at: line.as_ref().map(|line| line.at.0),
        view: json!({
            "line": line,
            "conflicts": open,
            "due": due,
            "ends": ends,
        })
        .to_string(),
        gist: gist.unwrap_or_default(),
    })
}

/// Makes a case's view, its line in the directory and its warnings. What changed takes a number.
///
/// # Errors
/// The database's failure.
pub fn case(
    conn: &mut Conn,
    world: &World,
    state: &CaseState,
    mut number: impl FnMut() -> i64,
) -> Result<(), Error> {
    let context = &state.context;
    let view = case_view(&world.merging(), state);
    let line = directory_line(conn, &world.merging(), state)?;
    db::views::put_case(conn, &view)?;
    let line = minicbor::to_vec(&line).map_err(|_| Error::Corrupt("line"))?;
    if db::directory::line(conn, &context.case)?.as_ref() != Some(&line) {
        db::directory::put(conn, &context.case, &context.cluster, number(), &line)?;
    }
    warnings::keep(conn, state, number)
}

/// A case's view, in words that columns take.
#[must_use]
pub fn case_view(merging: &Context<'_>, state: &CaseState) -> CaseViewRow {
    let header = state.team.as_ref().map(|team| header(team, merging)).unwrap_or_default();
    let one = |words: &[String]| match words {
        [word] => word.clone(),
        _ => String::new(),
    };
    CaseViewRow {
        case: state.context.case,
        cluster: state.context.cluster,
        name: column(&header.name).into_owned(),
        school: column(&header.school).into_owned(),
        stage: column(&one(&header.stage)).into_owned(),
        framework: column(header.framework.as_deref().unwrap_or_default()).into_owned(),
        stage_disputed: header.stage_disputed,
        lead_professional: header.lead_professional.map(|user| user.as_bytes().to_vec()),
        is_open: header.open,
        view: json!({
            "header": header,
            "team": state.context.members.keys().collect::<Vec<_>>(),
            "agencies": state.context.agencies_on_case,
        })
        .to_string(),
    }
}

/// A case's line in the directory.
///
/// # Errors
/// The database's failure.
pub fn directory_line(
    conn: &mut Conn,
    merging: &Context<'_>,
    state: &CaseState,
) -> Result<DirectoryLine, Error> {
    let header = state.team.as_ref().map(|team| header(team, merging)).unwrap_or_default();
    let noted = db::views::harm_of_case(conn, &state.context.case)?.into_iter();
    // What waits for a reviewer is no less alarming for that.
    let waiting = db::quarantine::harm_of_case(conn, &state.context.case)?;
    let ring = header.lead_professional.or_else(|| state.context.members.keys().next().copied());
    Ok(DirectoryLine {
        case: state.context.case,
        cluster: state.context.cluster,
        name: header.name,
        school: header.school,
        ring,
        harm_since: noted.chain(waiting).min().map(Timestamp),
    })
}
