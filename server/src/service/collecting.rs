//! Collecting, on an authority's own server: from each server of clusters what it counted, checked, kept as it
//! was signed, and never changed. Whatever was taken stays when the line breaks; asked twice, a server changes
//! nothing. What contradicts what was taken before is refused, and said to whoever reads figures.

mod standing;
mod taking;
mod trouble;

pub use standing::{Gathered, Late, Places, Standing, gather, standing};
pub use taking::{Progress, Took, collect};
pub use trouble::Trouble;

use sync_core::ids::ClusterId;
use sync_core::time::Timestamp;

use super::accounts::{AccountError, text};
use super::contributions::{ContributionError, Given, key_of};
use super::editions::find_authority;
use crate::app::ServerRole;
use crate::db::sources::Source;
use crate::db::{self, Conn, Error};

/// A server of clusters, as it can be asked.
pub trait Gives {
    /// The contribution after a number.
    ///
    /// # Errors
    /// [`Trouble`]: nothing usable came.
    fn after(&self, number: i64) -> Result<Given, Trouble>;
}

/// Why nothing is collected.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// Which authority is meant, or a text that is none.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// A key that is none.
    #[error(transparent)]
    Key(#[from] ContributionError),
    /// A server of clusters.
    #[error("the server at {address} {trouble}")]
    Trouble {
        /// Where it answers.
        address: String,
        /// What is wrong.
        trouble: Trouble,
    },
    /// An address that is none.
    #[error("the address must be https:// with a name and maybe a port, and no path")]
    BadAddress,
    /// No certificates in a file.
    #[error("the file of --ca holds no certificate in PEM")]
    NoCertificate,
    /// A number that was never taken.
    #[error("nothing of that number was taken from this server")]
    NotTaken,
    /// Records and collected figures do not lie in one database.
    #[error("this database holds records: an authority's own server has a database of its own")]
    HoldsRecords,
    /// Phones do not go to where figures are collected.
    #[error("this database collects figures for an authority: serve it with --role authority")]
    Collects,
    /// The database's failure.
    #[error(transparent)]
    Db(#[from] Error),
}

/// Whether a database may be served in this role: records and collected figures never meet in one.
///
/// # Errors
/// [`CollectError::HoldsRecords`], [`CollectError::Collects`].
pub fn fits(conn: &mut Conn, role: ServerRole) -> Result<(), CollectError> {
    match role {
        ServerRole::Authority if db::sources::holds_records(conn)? => {
            Err(CollectError::HoldsRecords)
        }
        ServerRole::Cluster if !db::sources::list(conn)?.is_empty() => Err(CollectError::Collects),
        ServerRole::Authority | ServerRole::Cluster => Ok(()),
    }
}

/// A server of clusters to collect from.
pub struct NewSource<'a> {
    /// The authority; the server's only one if none is named.
    pub authority: Option<&'a str>,
    /// What the other server was told that it is called.
    pub name: &'a str,
    /// Where it answers.
    pub address: &'a str,
    /// The authorities of its certificate, PEM.
    pub trusted: &'a str,
    /// Its key.
    pub key: &'a str,
    /// Random bytes of its id.
    pub fresh: [u8; 16],
}

/// Adds a server to collect from, or says anew where a known one answers and by which key. Gives the clusters of
/// this server itself, in whose audit it is written down.
///
/// # Errors
/// [`CollectError`] in an operator's words.
pub fn add(
    conn: &mut Conn,
    now: Timestamp,
    new: &NewSource<'_>,
) -> Result<(Source, Vec<ClusterId>), CollectError> {
    fits(conn, ServerRole::Authority)?;
    let (authority, _) = find_authority(conn, new.authority)?;
    if !new.trusted.contains("-----BEGIN CERTIFICATE-----") {
        return Err(CollectError::NoCertificate);
    }
    let known = db::sources::of_authority(conn, &authority)?;
    let known = known.into_iter().find(|it| it.name == new.name.trim());
    let source = Source {
        id: known.as_ref().map_or(new.fresh, |it| it.id),
        authority,
        name: text(new.name, "name")?,
        address: address(new.address)?,
        trusted: new.trusted.to_owned(),
        key: key_of(new.key)?,
        added_at: known.as_ref().map_or(now, |it| it.added_at),
        asked_at: known.as_ref().and_then(|it| it.asked_at),
        trouble: known.as_ref().and_then(|it| it.trouble.clone()),
        goes_on_from: known.as_ref().and_then(|it| it.goes_on_from),
    };
    match known {
        Some(_) => db::sources::change(conn, &source)?,
        None => db::sources::insert(conn, &source)?,
    }
    let own = own_clusters(conn, &authority)?;
    Ok((source, own))
}

fn address(given: &str) -> Result<String, CollectError> {
    let given = given.trim().trim_end_matches('/');
    let rest = given.strip_prefix("https://").ok_or(CollectError::BadAddress)?;
    let odd = |sign: char| sign.is_whitespace() || "/?#@".contains(sign);
    match rest.is_empty() || rest.contains(odd) {
        true => Err(CollectError::BadAddress),
        false => Ok(given.to_owned()),
    }
}

/// Lets a server that was put back to a backup go on: what it gives after `number` is taken, as if it had given
/// no more than that. What was taken stays.
///
/// # Errors
/// [`CollectError::NotTaken`]; [`AccountError::Unknown`] for no such server.
pub fn go_on(
    conn: &mut Conn,
    (authority, name): (Option<&str>, &str),
    number: i64,
) -> Result<(Source, Vec<ClusterId>), CollectError> {
    let source = find(conn, authority, name)?;
    let taken = db::sources::collected(conn, &source.id)?;
    if number != 0 && !taken.iter().any(|it| it.number == number) {
        return Err(CollectError::NotTaken);
    }
    db::sources::set_goes_on_from(conn, &source.id, Some(number))?;
    let own = own_clusters(conn, &source.authority)?;
    Ok((source, own))
}

fn find(conn: &mut Conn, authority: Option<&str>, name: &str) -> Result<Source, CollectError> {
    let (id, _) = find_authority(conn, authority)?;
    let found = db::sources::of_authority(conn, &id)?.into_iter().find(|it| it.name == name);
    Ok(found.ok_or(AccountError::Unknown("server"))?)
}

/// The clusters of an authority that this server itself has: on an authority's own, where its people hold posts.
fn own_clusters(conn: &mut Conn, authority: &[u8; 16]) -> Result<Vec<ClusterId>, Error> {
    let own = db::clusters::of_authority(conn, authority)?;
    Ok(own.into_iter().map(|cluster| cluster.id).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_encrypted_and_has_no_path() {
        for good in ["https://east.example", "https://127.0.0.1:8443/", " https://[::1]:1 "] {
            assert!(address(good).is_ok(), "{good}");
        }
        let bad = ["http://east.example", "east.example", "https://", "https://a.example/b"];
        for bad in bad.iter().chain(&["https://me@a.example", "https://a.example?b"]) {
            assert!(matches!(address(bad), Err(CollectError::BadAddress)), "{bad}");
        }
    }
}
