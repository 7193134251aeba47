//! Linking the audit's rows each second, and keeping outside the database where each chain ends and who
//! was taken off.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ed25519_dalek::SigningKey;
use sync_core::ids::ClusterId;
use sync_core::limits::AUDIT_TAIL_MS;
use sync_core::time::Timestamp;

use crate::db::audit::OF_SERVER;
use crate::db::{self, Conn, Db, Error};
use crate::files;
use crate::hex;
use crate::ingest::taken_off::TakenOff;
use crate::service::audit::chain;
use crate::service::audit::check::Kept;

/// How often rows are linked.
const PACE: Duration = Duration::from_secs(1);

/// The name of the file, beside the server's other files, that holds each chain's end.
const KEPT: &str = "audit-ends";

/// Links what waits, each second, until the process ends.
pub async fn run(
    db: Db,
    key: SigningKey,
    clock: impl Fn() -> Timestamp + Send + 'static,
    folder: Option<PathBuf>,
) {
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        pace.tick().await;
        if let Err(error) = tick(&db, &key, clock(), folder.as_deref()).await {
            tracing::error!(%error, "the audit's rows could not be linked");
        }
    }
}

/// Links what waits now.
///
/// # Errors
/// The database's failure.
pub async fn tick(
    db: &Db,
    key: &SigningKey,
    now: Timestamp,
    folder: Option<&Path>,
) -> Result<(), Error> {
    let looked = |conn: &mut Conn| {
        Ok::<_, Error>((db::audit::oldest_waiting(conn, None)?, TakenOff::of(conn)?))
    };
    let (waits, taken_off) = db.read(looked).await?;
    // Each second: a command of the operator may have linked the row of whoever was marked or left.
    if let Some(Err(error)) = folder.map(|folder| taken_off.keep(folder)) {
        tracing::error!(%error, "who was taken off could not be kept outside the database");
    }
    let age_ms = waits.map_or(0, |oldest| now.since_ms(oldest).max(0));
    if age_ms > AUDIT_TAIL_MS {
        tracing::error!(age_ms, "rows of the audit wait too long to be linked");
    }
    if waits.is_none() {
        return Ok(());
    }
    let (key, before) = (key.clone(), folder.map(kept).unwrap_or_else(|| Ok(BTreeMap::new())));
    let work = move |conn: &mut Conn| {
        chain::link_all(conn, &key, now)?;
        let goes_on = match &before {
            Ok(before) => holds(conn, before)?,
            Err(_) => false,
        };
        if goes_on { ends(conn).map(Some) } else { Ok(None) }
    };
    match (db.with_conn(work).await?, folder) {
        (None, _) => tracing::error!("the audit does not go on from what was kept of it: verify"),
        (Some(ends), Some(folder)) => {
            if let Err(error) = keep(folder, &ends) {
                tracing::error!(%error, "the audit's ends could not be kept outside the database");
            }
        }
        (Some(_), None) => {}
    }
    Ok(())
}

/// Whether the chains hold what was kept of them. What they do not hold is evidence and stays.
fn holds(conn: &mut Conn, kept: &BTreeMap<ClusterId, Kept>) -> Result<bool, Error> {
    for (cluster, kept) in kept {
        let row = db::audit::from_number(conn, cluster, kept.number, 1)?.pop();
        if !row.is_some_and(|row| row.number == kept.number && row.chain == kept.chain) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Where each chain ends.
///
/// # Errors
/// The database's failure.
pub fn ends(conn: &mut Conn) -> Result<BTreeMap<ClusterId, Kept>, Error> {
    let clusters = db::clusters::list(conn)?.into_iter().map(|cluster| cluster.id);
    let mut ends = BTreeMap::new();
    for cluster in clusters.chain([OF_SERVER]) {
        let head = db::audit::head(conn, &cluster)?;
        ends.extend(head.map(|it| (cluster, Kept { number: it.number, chain: it.chain })));
    }
    Ok(ends)
}

/// Puts the ends in the place of those that were kept before.
///
/// # Errors
/// What the system says.
pub fn keep(folder: &Path, ends: &BTreeMap<ClusterId, Kept>) -> std::io::Result<()> {
    let line = |(cluster, kept): (&ClusterId, &Kept)| {
        format!("{cluster} {} {}\n", kept.number, hex::encode(&kept.chain))
    };
    std::fs::create_dir_all(folder)?;
    let text: String = ends.iter().map(line).collect();
    files::replace(&folder.join(KEPT), text.as_bytes(), files::OWN)
}

/// What was kept; nothing where no server has run yet.
///
/// # Errors
/// What the system says; a line that no server wrote.
pub fn kept(folder: &Path) -> std::io::Result<BTreeMap<ClusterId, Kept>> {
    let text = match std::fs::read_to_string(folder.join(KEPT)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        text => text?,
    };
    text.lines().map(|line| parse(line).ok_or(std::io::ErrorKind::InvalidData.into())).collect()
}

fn parse(line: &str) -> Option<(ClusterId, Kept)> {
    let mut words = line.split(' ');
    let (cluster, number, chain) = (words.next()?, words.next()?, words.next()?);
    let kept = Kept { number: number.parse().ok()?, chain: hex::decode(chain)? };
    Some((cluster.parse().ok()?, kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_reads_back_and_nothing_is_kept_before_the_first_end() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(kept(folder.path()).unwrap(), BTreeMap::new());
        let ends = BTreeMap::from([(OF_SERVER, Kept { number: 7, chain: [3; 32] })]);
        keep(folder.path(), &ends).unwrap();
        assert_eq!(kept(folder.path()).unwrap(), ends);
        std::fs::write(folder.path().join(KEPT), "nonsense\n").unwrap();
        assert!(kept(folder.path()).is_err());
    }
}
