//! That nothing of a case may be erased: set and lifted by information governance, each with a reason,
//! both in the audit. Erasure itself asks [`holds`] before it takes anything away.

use sync_core::ids::CaseId;
use sync_core::policy::{ClusterAction, decide_in_cluster, may_hold};

use super::audit::note::{Act, Note, Pen, Written};
use super::reading::Reader;
use super::reason::{self, NoReason};
use crate::db::legal_holds::{self, Hold, Word};
use crate::db::{self, Conn, Error};

/// Why a hold was neither set nor lifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HoldError {
    /// No such case, or not this person's to hold: the same for both.
    #[error("there is nothing here that is open to you")]
    NotOpen,
    /// It needs a reason.
    #[error("Say why, in a few sentences")]
    NoReason,
    /// Of a few sentences at most.
    #[error("Say why in fewer words: at most 2,000 letters")]
    LongReason,
    /// Somebody was faster.
    #[error("Somebody has done so already: look at it again")]
    Done,
}

/// What somebody wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wish {
    /// That nothing may be erased.
    Set,
    /// That the case is kept no longer than others.
    Lift,
}

impl HoldError {
    const fn code(self) -> &'static str {
        match self {
            Self::NotOpen => "not_found",
            Self::NoReason => "no_reason",
            Self::LongReason => "long_reason",
            Self::Done => "decided",
        }
    }
}

/// The hold of a case, if one holds.
///
/// # Errors
/// The database's failure.
pub fn holds(conn: &mut Conn, case: &CaseId) -> Result<Option<Hold>, Error> {
    Ok(legal_holds::of_case(conn, case)?.into_iter().find(|it| it.lifted.is_none()))
}

/// Every hold that a case ever had, newest first; none if the person may hold no such case.
///
/// # Errors
/// The database's failure.
pub fn history(
    conn: &mut Conn,
    reader: &Reader,
    case: &CaseId,
) -> Result<Option<Vec<Hold>>, Error> {
    match may(conn, reader, case)? {
        true => Ok(Some(legal_holds::of_case(conn, case)?)),
        false => Ok(None),
    }
}

/// What is held where the person handles information governance, oldest first, but for cases of which
/// they may not know.
///
/// # Errors
/// The database's failure.
pub fn of_reader(conn: &mut Conn, reader: &Reader) -> Result<Vec<Hold>, Error> {
    let mut held = Vec::new();
    for cluster in reader.clusters() {
        if decide_in_cluster(&reader.principal, cluster, &ClusterAction::ReadAudit).is_err() {
            continue;
        }
        for hold in legal_holds::of_cluster(conn, &cluster)? {
            if may(conn, reader, &hold.case)? {
                held.push(hold);
            }
        }
    }
    Ok(held)
}

fn may(conn: &mut Conn, reader: &Reader, case: &CaseId) -> Result<bool, Error> {
    let state = reader.case(conn, case)?;
    Ok(state.is_some_and(|state| may_hold(&reader.principal, &state.context).is_ok()))
}

/// Sets or lifts the hold of a case.
///
/// # Errors
/// The database's failure outside, the reason inside; either way it is written down.
pub fn decide(
    conn: &mut Conn,
    reader: &Reader,
    (case, wish, reason): (&CaseId, Wish, &str),
    id: [u8; 16],
    pen: &mut Pen,
) -> Result<Written<Result<(), HoldError>>, Error> {
    let place = db::records::cluster_of(conn, case)?;
    let act = match wish {
        Wish::Set => Act::SetHold,
        Wish::Lift => Act::LiftHold,
    };
    let note = Note::of(act).in_case(*case);
    let note = place.iter().fold(note, |note, cluster| note.in_cluster(*cluster));
    match done(conn, reader, (case, wish, reason.trim()), id)? {
        Ok(()) => pen.done(conn, &note, Ok(())),
        Err(error) => pen.done(conn, &note.refused(error.code()), Err(error)),
    }
}

fn done(
    conn: &mut Conn,
    reader: &Reader,
    (case, wish, reason): (&CaseId, Wish, &str),
    id: [u8; 16],
) -> Result<Result<(), HoldError>, Error> {
    let place = db::records::cluster_of(conn, case)?;
    let may = may(conn, reader, case)?;
    let Some(cluster) = place.filter(|_| may) else { return Ok(Err(HoldError::NotOpen)) };
    match reason::read(reason) {
        Ok(_) => {}
        Err(NoReason::Missing) => return Ok(Err(HoldError::NoReason)),
        Err(NoReason::Long) => return Ok(Err(HoldError::LongReason)),
    }
    let word = Word { by: reader.principal.user, reason: reason.to_owned(), at: reader.now };
    let held = holds(conn, case)?.is_some();
    match wish {
        Wish::Set if held => return Ok(Err(HoldError::Done)),
        Wish::Set => {
            let hold = Hold { id, cluster, case: *case, set: word, lifted: None };
            legal_holds::insert(conn, &hold)?;
        }
        Wish::Lift => {
            if !legal_holds::lift(conn, case, &word)? {
                return Ok(Err(HoldError::Done));
            }
        }
    }
    Ok(Ok(()))
}
