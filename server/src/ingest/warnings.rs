//! What visitors must know of a case's household, kept as its own records say it.

use sync_core::view::Warnings;

use crate::db::{self, Conn, Error};
use crate::service::histories::CaseState;

/// Brings a case's warnings to what its records say. What changed takes a number.
///
/// # Errors
/// The database's failure.
pub fn keep(conn: &mut Conn, state: &CaseState, number: impl FnOnce() -> i64) -> Result<(), Error> {
    if is_kept(conn, state)? {
        return Ok(());
    }
    let line = minicbor::to_vec(&state.warnings).map_err(|_| Error::Corrupt("warnings"))?;
    db::warnings::put(conn, &state.context.case, &state.context.cluster, number(), &line)
}

/// Whether a case's warnings are what its records say.
///
/// # Errors
/// The database's failure.
pub fn is_kept(conn: &mut Conn, state: &CaseState) -> Result<bool, Error> {
    let kept = db::warnings::of_case(conn, &state.context.case)?;
    let kept = kept.map_or_else(|| Ok(Warnings::default()), |line| read(&line))?;
    Ok(kept == state.warnings)
}

/// Reads warnings as stored.
///
/// # Errors
/// [`Error::Corrupt`]
pub fn read(line: &[u8]) -> Result<Warnings, Error> {
    minicbor::decode(line).map_err(|_| Error::Corrupt("warnings"))
}
