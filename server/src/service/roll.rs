//! What a team is told of a pupil: what the roll says, and what follows from it by local practice and the
//! school's own calendar.

use sync_core::framework::exclusion::education_from;
use sync_core::framework::{Calendar, Catalogue};
use sync_core::ids::ClusterId;
use sync_core::time::Date;
use sync_core::view::Extract;

use crate::db::roll::RowId;
use crate::db::{self, Conn, Error};
use crate::service::histories::framework_of;
use crate::service::imports::calendar::SchoolDays;

/// The calendar of a framework that counts school days, where a school has given none of its own.
const SCHOOLS: &str = "schools";

/// A pupil's extract, for cases of a cluster.
///
/// # Errors
/// The database's failure.
pub fn extract(
    conn: &mut Conn,
    catalogue: &Catalogue,
    cluster: &ClusterId,
    pupil: &RowId,
) -> Result<Extract, Error> {
    let mut extract = db::roll::extract(conn, pupil)?;
    if extract.exclusions.is_empty() {
        return Ok(extract);
    }
    let Some(practice) = Practice::of(conn, catalogue, cluster)? else { return Ok(extract) };
    let (looked_after, own) = db::roll_import::calendar_of(conn, pupil)?;
    let own = own.as_deref().map(SchoolDays::stored).transpose()?;
    let own = own.as_ref().map(|days| &days.calendar);
    for it in &mut extract.exclusions {
        it.education_from = practice.education_from((it.from, it.half_days), looked_after, own);
    }
    Ok(extract)
}

/// Local practice of a cluster's authority, in all its editions.
pub struct Practice<'a> {
    catalogue: &'a Catalogue,
    framework: String,
}

impl<'a> Practice<'a> {
    /// That of a cluster; none where its authority has none.
    ///
    /// # Errors
    /// The database's failure.
    pub fn of(
        conn: &mut Conn,
        catalogue: &'a Catalogue,
        cluster: &ClusterId,
    ) -> Result<Option<Self>, Error> {
        let framework = framework_of(conn, catalogue, cluster)?;
        Ok(framework.map(|framework| Self { catalogue, framework }))
    }

    /// From when somebody who is excluded is to be taught, by the edition of the exclusion's first day;
    /// none where nothing says.
    #[must_use]
    pub fn education_from(
        &self,
        (from, half_days): (Date, u16),
        looked_after: bool,
        own: Option<&Calendar>,
    ) -> Option<Date> {
        let framework = self.catalogue.on(&self.framework, from)?;
        let shared = framework.calendar(SCHOOLS).filter(|calendar| calendar.origin.verified);
        education_from(framework, (from, half_days), looked_after, own.or(shared)?)
    }

    /// Whether the exclusions of a day's school year are more than practice allows in one; none where it
    /// does not say.
    #[must_use]
    pub fn is_over_a_year(&self, exclusions: &[(Date, u16)], day: Date) -> Option<bool> {
        let framework = self.catalogue.on(&self.framework, day)?;
        sync_core::framework::exclusion::is_over_a_year(framework, exclusions, day)
    }
}
