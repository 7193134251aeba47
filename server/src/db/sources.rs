//! On an authority's own server: the servers of clusters, and what was taken from each.

use diesel::prelude::*;
use sync_core::time::Timestamp;

use super::schema_contributions::{collected, sources};
use super::schema_log::records;
use super::text::column;
use super::{Conn, Error};
use crate::on_backend;

/// A server of clusters from which is collected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// Its id here.
    pub id: [u8; 16],
    /// Of which authority.
    pub authority: [u8; 16],
    /// What it is called.
    pub name: String,
    /// Where it answers: `https://...`.
    pub address: String,
    /// The authorities of its certificate, PEM.
    pub trusted: String,
    /// The key that signs what it gives.
    pub key: [u8; 32],
    /// Since when it is known.
    pub added_at: Timestamp,
    /// When it was asked last.
    pub asked_at: Option<Timestamp>,
    /// What was wrong then, as a code.
    pub trouble: Option<String>,
    /// After which of its numbers the operator lets it go on.
    pub goes_on_from: Option<i64>,
}

/// A contribution as it was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Collected {
    /// In which order, from 1.
    pub place: i64,
    /// Its number at its server.
    pub number: i64,
    /// The period's name.
    pub period: String,
    /// What was signed.
    pub body: String,
    /// The signature.
    pub signature: [u8; 64],
    /// When it was taken.
    pub taken_at: Timestamp,
}

type Row = (
    (Vec<u8>, Vec<u8>, String, String, String, Vec<u8>),
    (i64, Option<i64>, Option<String>, Option<i64>),
);
type Columns = (
    (
        sources::id,
        sources::authority_id,
        sources::name,
        sources::address,
        sources::trusted,
        sources::public_key,
    ),
    (sources::added_at, sources::asked_at, sources::trouble, sources::goes_on_from),
);

const COLUMNS: Columns = (
    (
        sources::id,
        sources::authority_id,
        sources::name,
        sources::address,
        sources::trusted,
        sources::public_key,
    ),
    (sources::added_at, sources::asked_at, sources::trouble, sources::goes_on_from),
);

fn from_row((who, since): Row) -> Result<Source, Error> {
    let (id, authority, name, address, trusted, key) = who;
    let (added_at, asked_at, trouble, goes_on_from) = since;
    Ok(Source {
        id: id.try_into().map_err(|_| Error::Corrupt("id"))?,
        authority: authority.try_into().map_err(|_| Error::Corrupt("id"))?,
        name,
        address,
        trusted,
        key: key.try_into().map_err(|_| Error::Corrupt("key"))?,
        added_at: Timestamp(added_at),
        asked_at: asked_at.map(Timestamp),
        trouble,
        goes_on_from,
    })
}

/// Whether the database holds a record of anybody.
///
/// # Errors
/// The database's failure.
pub fn holds_records(conn: &mut Conn) -> Result<bool, Error> {
    let one: Option<Vec<u8>> =
        on_backend!(conn, c => records::table.select(records::id).first(c)).optional()?;
    Ok(one.is_some())
}

/// Every source, by name.
///
/// # Errors
/// The database's failure.
pub fn list(conn: &mut Conn) -> Result<Vec<Source>, Error> {
    let rows: Vec<Row> =
        on_backend!(conn, c => sources::table.order(sources::name).select(COLUMNS).load(c))?;
    rows.into_iter().map(from_row).collect()
}

/// The sources of an authority, by name.
///
/// # Errors
/// The database's failure.
pub fn of_authority(conn: &mut Conn, authority: &[u8; 16]) -> Result<Vec<Source>, Error> {
    let own = sources::table.filter(sources::authority_id.eq(authority.as_slice()));
    let rows: Vec<Row> = on_backend!(conn, c => own.order(sources::name).select(COLUMNS).load(c))?;
    rows.into_iter().map(from_row).collect()
}

/// Adds a source.
///
/// # Errors
/// [`Error::Taken`] for a name that is in use.
pub fn insert(conn: &mut Conn, source: &Source) -> Result<(), Error> {
    let row = (
        sources::id.eq(source.id.as_slice()),
        sources::authority_id.eq(source.authority.as_slice()),
        sources::name.eq(&source.name),
        sources::address.eq(&source.address),
        sources::trusted.eq(&source.trusted),
        sources::public_key.eq(source.key.as_slice()),
        sources::added_at.eq(source.added_at.0),
    );
    on_backend!(conn, c => diesel::insert_into(sources::table).values(row).execute(c))?;
    Ok(())
}

/// Says anew where a source answers and by what it is known.
///
/// # Errors
/// The database's failure.
pub fn change(conn: &mut Conn, source: &Source) -> Result<(), Error> {
    let values = (
        sources::address.eq(&source.address),
        sources::trusted.eq(&source.trusted),
        sources::public_key.eq(source.key.as_slice()),
    );
    on_backend!(conn, c => diesel::update(sources::table.find(source.id.as_slice()))
        .set(values)
        .execute(c))?;
    Ok(())
}

/// Notes that a source was asked, and what was wrong.
///
/// # Errors
/// The database's failure.
pub fn asked(
    conn: &mut Conn,
    id: &[u8; 16],
    now: Timestamp,
    trouble: Option<&str>,
) -> Result<(), Error> {
    let values = (sources::asked_at.eq(now.0), sources::trouble.eq(trouble));
    on_backend!(conn, c => diesel::update(sources::table.find(id.as_slice()))
        .set(values)
        .execute(c))?;
    Ok(())
}

/// Lets a source go on after one of its numbers; with none, after the last that was taken.
///
/// # Errors
/// The database's failure.
pub fn set_goes_on_from(conn: &mut Conn, id: &[u8; 16], number: Option<i64>) -> Result<(), Error> {
    let found = sources::table.find(id.as_slice());
    on_backend!(conn, c => diesel::update(found).set(sources::goes_on_from.eq(number)).execute(c))?;
    Ok(())
}

/// Keeps what was taken.
///
/// # Errors
/// [`Error::Taken`] for a period that was taken before.
pub fn keep(conn: &mut Conn, source: &[u8; 16], taken: &Collected) -> Result<(), Error> {
    let row = (
        collected::source_id.eq(source.as_slice()),
        collected::place.eq(taken.place),
        collected::number.eq(taken.number),
        collected::period.eq(column(&taken.period)),
        collected::body.eq(&taken.body),
        collected::signature.eq(taken.signature.as_slice()),
        collected::taken_at.eq(taken.taken_at.0),
    );
    on_backend!(conn, c => diesel::insert_into(collected::table).values(row).execute(c))?;
    Ok(())
}

/// What was taken from a source, in order.
///
/// # Errors
/// The database's failure.
pub fn collected(conn: &mut Conn, source: &[u8; 16]) -> Result<Vec<Collected>, Error> {
    type Row = (i64, i64, String, String, Vec<u8>, i64);
    let columns = (
        collected::place,
        collected::number,
        collected::period,
        collected::body,
        collected::signature,
        collected::taken_at,
    );
    let own = collected::table.filter(collected::source_id.eq(source.as_slice()));
    let rows: Vec<Row> =
        on_backend!(conn, c => own.order(collected::place).select(columns).load(c))?;
    let one = |(place, number, period, body, signature, taken_at): Row| {
        let signature = signature.try_into().map_err(|_| Error::Corrupt("signature"))?;
        let taken_at = Timestamp(taken_at);
        Ok(Collected { place, number, period, body, signature, taken_at })
    };
    rows.into_iter().map(one).collect()
}
