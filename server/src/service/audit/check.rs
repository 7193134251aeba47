//! Whether a chain still says what was linked: nothing changed, taken away, put in or exchanged.

use ed25519_dalek::VerifyingKey;
use sync_core::ids::ClusterId;
use sync_core::limits::AUDIT_TAIL_MS;
use sync_core::time::Timestamp;

use super::chain::{is_signed, link};
use crate::db::audit::ChainedRow;
use crate::db::{self, Conn, Error};
use crate::service::glass;

/// Rows read at once.
const ROWS: i64 = 2_000;

/// What a check of one chain found.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct AuditFindings {
    /// Rows looked at.
    pub rows: u64,
    /// What is not as it should be, in words that name the place.
    pub wrong: Vec<String>,
}

/// The end of a chain as it was kept outside the database.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// The number of the last row.
    pub number: i64,
    /// The chain at it.
    pub chain: [u8; 32],
}

/// Checks a cluster's chain, its signed end, what was `kept` of it outside the database, and how old
/// the rows are that wait for their place.
///
/// # Errors
/// The database's failure.
pub fn verify(
    conn: &mut Conn,
    key: &VerifyingKey,
    (cluster, kept): (&ClusterId, Option<&Kept>),
    now: Timestamp,
) -> Result<AuditFindings, Error> {
    let mut checking = Checking { kept, ..Checking::default() };
    loop {
        let rows = db::audit::from_number(conn, cluster, checking.number + 1, ROWS)?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            checking.row(row);
            checking.reason(conn, row)?;
        }
    }
    checking.end(conn, key, cluster)?;
    checking.tail(conn, cluster, now)?;
    Ok(checking.findings)
}

#[derive(Default)]
struct Checking<'a> {
    findings: AuditFindings,
    kept: Option<&'a Kept>,
    number: i64,
    chain: [u8; 32],
}

impl Checking<'_> {
    fn wrong(&mut self, what: String) {
        self.findings.wrong.push(what);
    }

    fn row(&mut self, found: &ChainedRow) {
        self.findings.rows += 1;
        if found.number != self.number + 1 {
            let (first, last) = (self.number + 1, found.number - 1);
            self.wrong(if first == last {
                format!("audit row {first} is missing")
            } else {
                format!("audit rows {first} to {last} are missing")
            });
        } else if link(&self.chain, found.number, &found.row) != found.chain {
            self.wrong(format!("audit row {} is not what was linked there", found.number));
        }
        // Go on from what is stored: one place that is wrong is named once.
        (self.number, self.chain) = (found.number, found.chain);
        if let Some(kept) = self.kept.filter(|kept| kept.number == found.number)
            && kept.chain != found.chain
        {
            let number = found.number;
            self.wrong(format!("audit row {number} is not the one kept outside the database"));
        }
    }

    /// The reason for which a case was opened is not in the row, but its name is a digest over it.
    fn reason(&mut self, conn: &mut Conn, found: &ChainedRow) -> Result<(), Error> {
        if let Some(id) = glass::named_by(&found.row)
            && db::glasses::by_id(conn, &id)?.is_none_or(|it| glass::name(&it) != id)
        {
            let number = found.number;
            self.wrong(format!("audit row {number}: the reason of this opening was changed"));
        }
        Ok(())
    }

    fn end(
        &mut self,
        conn: &mut Conn,
        key: &VerifyingKey,
        cluster: &ClusterId,
    ) -> Result<(), Error> {
        let head = db::audit::head(conn, cluster)?;
        if head.as_ref().is_some_and(|head| !is_signed(key, cluster, head)) {
            self.wrong("the audit's end is not signed by this server".into());
        }
        let (number, chain) = head.map_or((0, [0; 32]), |head| (head.number, head.chain));
        let at = self.number;
        if number > at {
            self.wrong(format!("the audit ends at row {at}, but rows up to {number} were signed"));
        } else if number < at {
            self.wrong(format!("audit rows after {number} were put in without the server"));
        } else if chain != self.chain {
            self.wrong(format!("the audit's signed end is not that of row {at}"));
        }
        if let Some(kept) = self.kept.filter(|kept| kept.number > at) {
            let kept = kept.number;
            self.wrong(format!("the audit ends at row {at}, but row {kept} was kept elsewhere"));
        }
        Ok(())
    }

    fn tail(&mut self, conn: &mut Conn, cluster: &ClusterId, now: Timestamp) -> Result<(), Error> {
        let oldest = db::audit::oldest_waiting(conn, Some(cluster))?;
        let age_ms = oldest.map_or(0, |oldest| now.since_ms(oldest));
        if age_ms > AUDIT_TAIL_MS {
            let seconds = age_ms / 1000;
            self.wrong(format!("audit rows wait to be linked, the oldest for {seconds} seconds"));
        }
        Ok(())
    }
}
