//! What a phone is sent, straight from the log.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use sync_core::ids::{Actor, ChangeHash, ClusterId, RecordId, ScopeId, UserId};

use super::fixed::{Fixed, Id};
use super::log::{COLUMNS, Entry, Row, from_row};
use super::schema_log::{access, log, records, withdrawn};
use super::{Conn, Error};
use crate::on_backend;

/// A change to send, with its record's envelope.
pub type Sent = (Entry, Vec<u8>);

fn sent((row, envelope): (Row, Vec<u8>)) -> Sent {
    (from_row(row), envelope)
}

/// Whether a record is not withdrawn from a user.
macro_rules! still_theirs {
    ($user:expr) => {
        not(exists(
            withdrawn::table
                .filter(withdrawn::user_id.eq($user.as_bytes().as_slice()))
                .filter(withdrawn::record_id.eq(records::id)),
        ))
    };
}

/// The changes of a range whose records are granted through `$column`: each grant is looked at.
macro_rules! grant_by_grant {
    ($user:expr, $cluster:expr, $range:expr, $by:expr, $column:expr) => {
        access::table
            .inner_join(records::table.on($column.eq(access::scope_id)))
            .inner_join(log::table.on(log::record_id.eq(records::id)))
            .filter(access::user_id.eq($user.as_bytes().as_slice()))
            .filter(access::cluster_id.eq($cluster.as_bytes().as_slice()))
            .filter(access::since.le($by).and(access::until.is_null()))
            .filter(records::last_number.gt($range.0))
            .filter(log::number.gt($range.0).and(log::number.le($range.1)))
            .filter(still_theirs!($user))
    };
}

/// What a number of the log is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct About {
    /// The number.
    pub number: i64,
    /// The record that a change of this number is in.
    pub record: RecordId,
    /// The record's scope.
    pub scope: ScopeId,
}

/// What the numbers within (after, up to] are about, in order; numbers that no change took are left out.
/// Neither a change's record nor a record's scope is ever another.
///
/// # Errors
/// The database's failure.
pub fn about(
    conn: &mut Conn,
    cluster: &ClusterId,
    (after, up_to): (i64, i64),
) -> Result<Vec<About>, Error> {
    let rows = on_backend!(conn, c => log::table
        .inner_join(records::table)
        .filter(log::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(log::number.gt(after).and(log::number.le(up_to)))
        .order(log::number)
        .select((log::number, log::record_id, records::scope_id))
        .load::<(i64, Id, Id)>(c))?;
    let read = |(number, record, scope): (i64, Id, Id)| {
        let (record, scope) = (RecordId::from_bytes(record.0), ScopeId::from_bytes(scope.0));
        About { number, record, scope }
    };
    Ok(rows.into_iter().map(read).collect())
}

/// The scopes, and single records by their own names, that a user had been granted by a number and is still;
/// all of them, or those among some.
///
/// # Errors
/// The database's failure.
pub fn granted_by(
    conn: &mut Conn,
    (user, cluster): (&UserId, &ClusterId),
    by: i64,
    among: Option<&[[u8; 16]]>,
) -> Result<HashSet<[u8; 16]>, Error> {
    let all = access::table
        .filter(access::user_id.eq(user.as_bytes().as_slice()))
        .filter(access::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(access::since.le(by).and(access::until.is_null()))
        .select(access::scope_id);
    let rows = match among {
        None => on_backend!(conn, c => all.load::<Id>(c))?,
        Some(names) => {
            let named = access::scope_id.eq_any(names.iter().map(|name| name.as_slice()));
            on_backend!(conn, c => all.filter(named).load::<Id>(c))?
        }
    };
    Ok(rows.into_iter().map(|scope| scope.0).collect())
}

/// The records of a cluster that were withdrawn from a user.
///
/// # Errors
/// The database's failure.
pub fn withdrawn_from(
    conn: &mut Conn,
    (user, cluster): (&UserId, &ClusterId),
) -> Result<HashSet<RecordId>, Error> {
    let rows = on_backend!(conn, c => withdrawn::table
        .filter(withdrawn::user_id.eq(user.as_bytes().as_slice()))
        .filter(withdrawn::cluster_id.eq(cluster.as_bytes().as_slice()))
        .select(withdrawn::record_id)
        .load::<Vec<u8>>(c))?;
    rows.iter().map(|record| Ok(RecordId::from_slice(record)?)).collect()
}

/// The changes of these numbers, in order, without those of records that were withdrawn from the user.
///
/// # Errors
/// The database's failure.
pub fn numbered(
    conn: &mut Conn,
    (user, cluster): (&UserId, &ClusterId),
    numbers: &[i64],
) -> Result<Vec<Sent>, Error> {
    let rows = on_backend!(conn, c => log::table
        .inner_join(records::table)
        .filter(log::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(log::number.eq_any(numbers))
        .filter(still_theirs!(user))
        .order(log::number)
        .select((COLUMNS, records::envelope))
        .load::<(Row, Vec<u8>)>(c))?;
    Ok(rows.into_iter().map(sent).collect())
}

/// New changes within (after, up to] of what the user had been granted by a number, in order: each grant is
/// looked at.
///
/// # Errors
/// The database's failure.
pub fn new_changes(
    conn: &mut Conn,
    (user, cluster): (&UserId, &ClusterId),
    range: (i64, i64),
    granted_by: i64,
    limit: i64,
) -> Result<Vec<Sent>, Error> {
    macro_rules! load {
        ($column:expr) => {
            on_backend!(conn, c => grant_by_grant!(user, cluster, range, granted_by, $column)
                .order(log::number)
                .limit(limit)
                .select((COLUMNS, records::envelope))
                .load::<(Row, Vec<u8>)>(c))?
                .into_iter()
                .map(sent)
        };
    }
    let all = load!(records::scope_id).chain(load!(records::id));
    // What is granted in two ways comes once.
    let all: BTreeMap<_, _> = all.map(|sent| (sent.0.number, sent)).collect();
    Ok(all.into_values().take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
}

/// How many such changes there are; what is granted in two ways may count twice.
///
/// # Errors
/// The database's failure.
pub fn count_new(
    conn: &mut Conn,
    (user, cluster): (&UserId, &ClusterId),
    range: (i64, i64),
    granted_by: i64,
) -> Result<i64, Error> {
    macro_rules! count {
        ($column:expr) => {
            on_backend!(conn, c => grant_by_grant!(user, cluster, range, granted_by, $column)
                .count()
                .get_result::<i64>(c))?
        };
    }
    Ok(count!(records::scope_id) + count!(records::id))
}

/// Which records of granted scopes: by kind, and by where they begin in the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Class {
    /// Kinds' codes, from and to, both included.
    pub kinds: (i16, i16),
    /// First numbers, from and to, both included.
    pub begun: (i64, i64),
}

/// A record that is newly granted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Granted {
    /// The record.
    pub record: RecordId,
    /// Its envelope.
    pub envelope: Vec<u8>,
    /// Where it begins in the log.
    pub first_number: i64,
    /// How many changes it has.
    pub length: i32,
}

/// Records newly granted within (since_after, up_to] that begin at `from` or later, by where they
/// begin; one that is granted in two ways comes once. A scope whose freeze ended is sent whole: how much
/// of it a phone had fetched before the freeze is that phone's own matter, and what it has it takes for
/// what it is.
///
/// # Errors
/// The database's failure.
pub fn granted_records(
    conn: &mut Conn,
    (user, cluster): (&UserId, &ClusterId),
    (since_after, up_to): (i64, i64),
    class: Class,
    from: i64,
) -> Result<Vec<Granted>, Error> {
    // Two joins: an OR in one of them has no index to go by.
    macro_rules! by {
        ($column:expr) => {
            on_backend!(conn, c => access::table
                .inner_join(records::table.on($column.eq(access::scope_id)))
                .filter(access::user_id.eq(user.as_bytes().as_slice()))
                .filter(access::cluster_id.eq(cluster.as_bytes().as_slice()))
                .filter(access::since.gt(since_after).and(access::since.le(up_to)))
                .filter(access::until.is_null())
                .filter(records::kind.between(class.kinds.0, class.kinds.1))
                .filter(records::first_number.between(class.begun.0.max(from), class.begun.1))
                .filter(records::first_number.le(up_to))
                .filter(still_theirs!(user))
                .select((records::id, records::envelope, records::first_number, records::length))
                .load::<GrantedRow>(c))?
        };
    }
    let mut found: BTreeMap<i64, Granted> = BTreeMap::new();
    for row in by!(records::scope_id).into_iter().chain(by!(records::id)) {
        let (record, envelope, first_number, length) = row;
        let record = RecordId::from_bytes(record.0);
        let new = Granted { record, envelope, first_number, length };
        found.entry(first_number).or_insert(new);
    }
    Ok(found.into_values().collect())
}

type GrantedRow = (Id, Vec<u8>, i64, i32);

/// What a phone is sent of a change of a record that it has nothing of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Words {
    /// Its place in the record, from 1.
    pub position: i32,
    /// The author.
    pub actor: Actor,
    /// The author's how-manieth change of the record.
    pub seq: i32,
    /// The person.
    pub user: UserId,
    /// Its explicit dependencies.
    pub deps: Option<Vec<u8>>,
    /// Its body.
    pub body: Vec<u8>,
    /// Its hash.
    pub hash: ChangeHash,
}

type WordsRow = ((Id, i32, Id, i32, Id), (Option<Vec<u8>>, Vec<u8>, Fixed<32>));

/// The changes of some records up to a number, each record's in order.
///
/// # Errors
/// The database's failure.
pub fn changes_of(
    conn: &mut Conn,
    of: &[RecordId],
    up_to: i64,
) -> Result<HashMap<RecordId, Vec<Words>>, Error> {
    let ids = of.iter().map(|id| id.as_bytes().as_slice());
    let columns = (
        (log::record_id, log::position, log::actor, log::seq, log::user_id),
        (log::deps, log::body, log::hash),
    );
    let rows = on_backend!(conn, c => log::table
        .filter(log::record_id.eq_any(ids))
        .filter(log::number.le(up_to))
        .select(columns)
        .load::<WordsRow>(c))?;
    let mut found: HashMap<RecordId, Vec<Words>> = HashMap::with_capacity(of.len());
    for ((record, position, actor, seq, user), (deps, body, hash)) in rows {
        let (actor, user) = (Actor::from_bytes(actor.0), UserId::from_bytes(user.0));
        let hash = ChangeHash(hash.0);
        let words = Words { position, actor, seq, user, deps, body, hash };
        found.entry(RecordId::from_bytes(record.0)).or_default().push(words);
    }
    found.values_mut().for_each(|changes| changes.sort_unstable_by_key(|it| it.position));
    Ok(found)
}

/// How many changes the records have that a round sends of scopes newly granted within (since_after, up to].
/// What was withdrawn is not counted: by what is left over, one could tell how much went out of sight.
///
/// # Errors
/// The database's failure.
pub fn count_granted(
    conn: &mut Conn,
    (user, cluster): (&UserId, &ClusterId),
    (since_after, up_to): (i64, i64),
) -> Result<i64, Error> {
    let found: Option<i64> = on_backend!(conn, c => access::table
        .inner_join(records::table.on(records::scope_id.eq(access::scope_id)))
        .filter(access::user_id.eq(user.as_bytes().as_slice()))
        .filter(access::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(access::since.gt(since_after).and(access::since.le(up_to)))
        .filter(access::until.is_null())
        .filter(records::first_number.le(up_to))
        .filter(still_theirs!(user))
        .select(diesel::dsl::sum(records::length))
        .first(c))?;
    Ok(found.unwrap_or(0))
}

/// Whether a user is sent a scope now.
///
/// # Errors
/// The database's failure.
pub fn is_granted(conn: &mut Conn, user: &UserId, scope: &ScopeId) -> Result<bool, Error> {
    let found = access::table
        .filter(access::user_id.eq(user.as_bytes().as_slice()))
        .filter(access::scope_id.eq(scope.as_bytes().as_slice()))
        .filter(access::until.is_null());
    Ok(on_backend!(conn, c => diesel::select(exists(found)).get_result(c))?)
}
