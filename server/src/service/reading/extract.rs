//! What the pupil roll says of a case's child.

use sync_core::view::{ExtractView, header};

use super::Reader;
use crate::db::{self, Conn, Error};
use crate::service::histories::CaseState;
use crate::service::roll;

/// The extract of a case; none if the case names nobody on the roll. Only for who may read the
/// team's records.
///
/// # Errors
/// The database's failure.
pub fn of_case(
    conn: &mut Conn,
    reader: &Reader,
    state: &CaseState,
) -> Result<Option<ExtractView>, Error> {
    let Some(pupil) = db::extracts::pupil_of(conn, &state.context.case)? else { return Ok(None) };
    let extract = roll::extract(conn, &reader.catalogue, &state.context.cluster, &pupil)?;
    let team = state.team.as_ref().map(|team| header(team, &reader.merging(state)));
    let framework = team.and_then(|team| team.framework);
    Ok(Some(ExtractView::of(&extract, &reader.catalogue, framework.as_deref())))
}
