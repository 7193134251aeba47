//! Contributions: what this server counted of its clusters for the authority's own server, at the end of a
//! period. Exact sums and no child: signed, numbered, each naming the one before by its digest, so that nothing
//! can be left out, changed or put back without its being seen. They go to the one key that the operator
//! allowed, and that they went is written down.

mod part;

pub use part::{Line, Part};

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sync_core::ids::ClusterId;
use sync_core::time::{Date, Timestamp};
use utoipa::ToSchema;

use super::accounts::{AccountError, text};
use super::audit::note::Written;
use super::audit::{Act, Note, Pen};
use super::editions::{find_authority, period_of};
use crate::db::contributions::{Collector, ContributionRow};
use crate::db::{self, Conn, Error};
use crate::hex;
use crate::measures::published;

/// What is put before a body when it is signed.
const SIGNED: &[u8] = b"caseweave contribution 1";

/// What one server counted at the end of one period.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contribution {
    /// What the authority calls the server.
    pub server: String,
    /// For which authority.
    pub authority: String,
    /// Its number at this server, from 1.
    pub number: i64,
    /// The digest of the one before, hexadecimal; noughts before the first.
    pub before: String,
    /// The period's name.
    pub period: String,
    /// The period's last day: everything until then is counted.
    pub to: Date,
    /// When it was made.
    pub made_at: Timestamp,
    /// Which tables, by which definitions.
    pub tables: String,
    /// The clusters.
    pub clusters: Vec<Part>,
}

/// A contribution as it travels and rests.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    /// What was signed: JSON as text, so that it stays byte for byte what it was.
    pub body: String,
    /// The server's signature, hexadecimal.
    pub signature: String,
}

/// What is given to an authority's own server.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// The key by which this server signs, hexadecimal.
    pub key: String,
    /// The number of its last contribution; nought before the first.
    pub last: i64,
    /// The contribution that was asked for, if there is one.
    pub contribution: Option<Sealed>,
}

/// Why nothing is counted.
#[derive(Debug, thiserror::Error)]
pub enum ContributionError {
    /// Which authority is meant.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// There is nobody for whom to count.
    #[error("no server of this authority may collect here: allow its key first")]
    Nobody,
    /// A name of a period that is empty, too long or has signs it must not have.
    #[error("the period's name is empty, too long or has signs that are not allowed")]
    BadPeriod,
    /// The period's last day is before that of the one before, or still to come.
    #[error("the period must not end before the one before it, nor in the future")]
    BadDay,
    /// It was counted until another day.
    #[error("this period was counted until {0}: what was given stays as it is")]
    OtherDay(Date),
    /// A key that is none.
    #[error("a key is 64 hexadecimal digits, as `caseweave key` prints it on the other server")]
    BadKey,
    /// The database's failure.
    #[error(transparent)]
    Db(#[from] Error),
}

/// The digest by which the next one names a body.
#[must_use]
pub fn digest(body: &str) -> [u8; 32] {
    Sha256::digest(signed_bytes(body)).into()
}

fn signed_bytes(body: &str) -> Vec<u8> {
    [SIGNED, body.as_bytes()].concat()
}

/// Whether this key signed this body.
#[must_use]
pub fn is_signed(key: &[u8; 32], body: &str, signature: &[u8; 64]) -> bool {
    let signature = Signature::from_bytes(signature);
    let key = VerifyingKey::from_bytes(key);
    key.is_ok_and(|key| key.verify_strict(&signed_bytes(body), &signature).is_ok())
}

/// A key as people copy it.
///
/// # Errors
/// [`ContributionError::BadKey`]
pub fn key_of(text: &str) -> Result<[u8; 32], ContributionError> {
    let key = hex::decode(&text.trim().to_lowercase()).ok_or(ContributionError::BadKey)?;
    VerifyingKey::from_bytes(&key).map_err(|_| ContributionError::BadKey)?;
    Ok(key)
}

/// Lets an authority's own server have the counts of its clusters from now on. Gives the clusters.
///
/// # Errors
/// [`ContributionError`] in an operator's words.
pub fn allow(
    conn: &mut Conn,
    now: Timestamp,
    authority: Option<&str>,
    (key, known_as): (&str, &str),
) -> Result<Vec<ClusterId>, ContributionError> {
    let (id, _) = find_authority(conn, authority)?;
    let known_as = text(known_as, "name")?;
    let collector = Collector { authority: id, key: key_of(key)?, known_as };
    db::contributions::allow(conn, &collector, now)?;
    clusters(conn, &id)
}

/// Lets nobody have them any more. Gives the clusters.
///
/// # Errors
/// [`ContributionError`] in an operator's words.
pub fn forbid(
    conn: &mut Conn,
    authority: Option<&str>,
) -> Result<Vec<ClusterId>, ContributionError> {
    let (id, _) = find_authority(conn, authority)?;
    match db::contributions::forbid(conn, &id)? {
        true => clusters(conn, &id),
        false => Err(ContributionError::Nobody),
    }
}

fn clusters(conn: &mut Conn, authority: &[u8; 16]) -> Result<Vec<ClusterId>, ContributionError> {
    let all = db::clusters::of_authority(conn, authority)?;
    Ok(all.into_iter().map(|cluster| cluster.id).collect())
}

/// What is to be counted.
#[derive(Clone, Copy, Debug)]
pub struct Counting<'a> {
    /// The authority; the server's only one if none is named.
    pub authority: Option<&'a str>,
    /// The period's name.
    pub period: &'a str,
    /// Its last day; today if none is named.
    pub to: Option<Date>,
}

/// Counts a period for the authority's own server. Asked again for the same period, it gives what was counted
/// then.
///
/// # Errors
/// [`ContributionError`] in an operator's words; nothing was counted.
pub fn make(
    conn: &mut Conn,
    now: Timestamp,
    key: &SigningKey,
    counting: Counting<'_>,
) -> Result<Contribution, ContributionError> {
    let period = period_of(counting.period).ok_or(ContributionError::BadPeriod)?;
    let (id, authority) = find_authority(conn, counting.authority)?;
    let made = list(conn, counting.authority)?;
    if let Some(before) = made.iter().find(|it| it.period == period) {
        return match counting.to.is_none_or(|to| to == before.to) {
            true => Ok(before.clone()),
            false => Err(ContributionError::OtherDay(before.to)),
        };
    }
    let allowed = db::contributions::collectors(conn)?;
    let allowed = allowed.into_iter().find(|it| it.authority == id);
    let server = allowed.ok_or(ContributionError::Nobody)?.known_as;
    let today = now.date().ok_or(ContributionError::BadDay)?;
    let to = counting.to.unwrap_or(today);
    if to > today || made.last().is_some_and(|last| to < last.to) {
        return Err(ContributionError::BadDay);
    }
    let last = db::contributions::last(conn, &id)?;
    let contribution = Contribution {
        server,
        authority,
        number: last.as_ref().map_or(0, |it| it.number) + 1,
        before: hex::encode(&last.map_or([0; 32], |it| digest(&it.body))),
        period: period.to_owned(),
        to,
        made_at: now,
        tables: published::version(),
        clusters: Part::of_authority(conn, &id, to)?,
    };
    db::contributions::insert(conn, &id, &sealed(&contribution, key)?)?;
    Ok(contribution)
}

fn sealed(contribution: &Contribution, key: &SigningKey) -> Result<ContributionRow, Error> {
    let body = serde_json::to_string(contribution).map_err(|_| Error::Corrupt("contribution"))?;
    let signature = key.sign(&signed_bytes(&body)).to_bytes();
    let (number, period) = (contribution.number, contribution.period.clone());
    Ok(ContributionRow { number, period, body, signature })
}

/// What was counted for an authority, in order.
///
/// # Errors
/// [`ContributionError`] in an operator's words.
pub fn list(
    conn: &mut Conn,
    authority: Option<&str>,
) -> Result<Vec<Contribution>, ContributionError> {
    let (id, _) = find_authority(conn, authority)?;
    let rows = db::contributions::list(conn, &id)?;
    rows.iter().map(|row| Ok(read(&row.body)?)).collect()
}

/// A body as this program wrote it.
pub(super) fn read(body: &str) -> Result<Contribution, Error> {
    serde_json::from_str(body).map_err(|_| Error::Corrupt("contribution"))
}

/// Gives the server of this key the contribution after a number; that it left is written down in the same
/// transaction. Nothing to a key that nobody allowed.
///
/// # Errors
/// The database's failure.
pub fn give(
    conn: &mut Conn,
    pen: &mut Pen,
    own: &SigningKey,
    (asking, after): (&[u8; 32], i64),
) -> Result<Option<Written<Given>>, Error> {
    let allowed = db::contributions::collectors(conn)?.into_iter().find(|it| it.key == *asking);
    let Some(Collector { authority, .. }) = allowed else { return Ok(None) };
    let found = db::contributions::after(conn, &authority, after)?;
    let given = Given {
        key: hex::encode(own.verifying_key().as_bytes()),
        last: db::contributions::last(conn, &authority)?.map_or(0, |row| row.number),
        contribution: found
            .as_ref()
            .map(|row| Sealed { body: row.body.clone(), signature: hex::encode(&row.signature) }),
    };
    let mut note = Note::of(Act::GiveFigures).about(short(asking));
    if let Some(row) = &found {
        note = note.with(format!("number {}", row.number));
        for part in read(&row.body)?.clusters {
            note = note.in_cluster(part.id);
        }
    }
    pen.done(conn, &note, given).map(Some)
}

/// A key as the audit names it.
#[must_use]
pub fn short(key: &[u8; 32]) -> [u8; 16] {
    key.first_chunk().copied().unwrap_or_default()
}
