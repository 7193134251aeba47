//! Phones that leave: who marked them, the orders to erase them with their receipts, and what they
//! left behind.

use diesel::prelude::*;
use sync_core::ids::{DeviceId, UserId};
use sync_core::time::Timestamp;

use super::devices::DeviceState;
use super::schema_leaving::{device_marks as marks, erase_orders as orders, kept_work, untrusted};
use super::text::column;
use super::{Conn, Error};
use crate::on_backend;

/// That a phone was marked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// As what.
    pub state: DeviceState,
    /// By whom; nobody for a command on the server.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
}

/// Notes that a phone was marked.
///
/// # Errors
/// The database's failure, as everywhere here.
pub fn insert_mark(conn: &mut Conn, device: &DeviceId, mark: &Mark) -> Result<(), Error> {
    let number = i32::try_from(marks_of(conn, device)?.len()).unwrap_or(i32::MAX - 1) + 1;
    let row = (
        marks::device_id.eq(device.as_bytes().as_slice()),
        marks::number.eq(number),
        marks::state.eq(mark.state.as_str()),
        marks::marked_by.eq(mark.by.as_ref().map(|by| by.as_bytes().as_slice())),
        marks::marked_at.eq(mark.at.0),
    );
    on_backend!(conn, c => diesel::insert_into(marks::table).values(row).execute(c))?;
    Ok(())
}

/// How a phone was marked, in order.
///
/// # Errors
/// The database's failure.
pub fn marks_of(conn: &mut Conn, device: &DeviceId) -> Result<Vec<Mark>, Error> {
    let rows: Vec<(String, Option<Vec<u8>>, i64)> = on_backend!(conn, c => marks::table
        .filter(marks::device_id.eq(device.as_bytes().as_slice()))
        .order(marks::number)
        .select((marks::state, marks::marked_by, marks::marked_at))
        .load(c))?;
    let mark = |(state, by, at): (String, Option<Vec<u8>>, i64)| {
        Ok(Mark {
            state: DeviceState::parse(&state)?,
            by: by.map(|id| UserId::from_slice(&id)).transpose()?,
            at: Timestamp(at),
        })
    };
    rows.into_iter().map(mark).collect()
}

/// An order to erase a phone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Order {
    /// Its name.
    pub id: [u8; 16],
    /// The phone.
    pub device: DeviceId,
    /// When it was given.
    pub ordered_at: Timestamp,
    /// When the receipt came; until then it is not known whether the phone was erased.
    pub erased_at: Option<Timestamp>,
}

/// Gives an order.
///
/// # Errors
/// The database's failure.
pub fn insert_order(
    conn: &mut Conn,
    id: &[u8; 16],
    device: &DeviceId,
    now: Timestamp,
) -> Result<(), Error> {
    let row = (
        orders::id.eq(id.as_slice()),
        orders::device_id.eq(device.as_bytes().as_slice()),
        orders::ordered_at.eq(now.0),
    );
    on_backend!(conn, c => diesel::insert_into(orders::table).values(row).execute(c))?;
    Ok(())
}

/// The orders that a phone was given, the first one first.
///
/// # Errors
/// The database's failure.
pub fn orders_of(conn: &mut Conn, device: &DeviceId) -> Result<Vec<Order>, Error> {
    let rows: Vec<(Vec<u8>, i64, Option<i64>)> = on_backend!(conn, c => orders::table
        .filter(orders::device_id.eq(device.as_bytes().as_slice()))
        .order((orders::ordered_at, orders::id))
        .select((orders::id, orders::ordered_at, orders::erased_at))
        .load(c))?;
    let order = |(id, ordered_at, erased_at): (Vec<u8>, i64, Option<i64>)| {
        Ok(Order {
            id: id.try_into().map_err(|_| Error::Corrupt("order"))?,
            device: *device,
            ordered_at: Timestamp(ordered_at),
            erased_at: erased_at.map(Timestamp),
        })
    };
    rows.into_iter().map(order).collect()
}

/// Notes a phone's receipt; the first one stays.
///
/// # Errors
/// The database's failure.
pub fn confirm(
    conn: &mut Conn,
    id: &[u8; 16],
    receipt: &[u8; 64],
    now: Timestamp,
) -> Result<(), Error> {
    let open = orders::table.filter(orders::id.eq(id.as_slice()).and(orders::erased_at.is_null()));
    let set = (orders::erased_at.eq(now.0), orders::receipt.eq(receipt.as_slice()));
    on_backend!(conn, c => diesel::update(open).set(set).execute(c))?;
    Ok(())
}

/// Work that was refused, from a phone that was retired.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// A name made of what it is: handed over twice, it is kept once.
    pub id: [u8; 16],
    /// Its author.
    pub user: UserId,
    /// The phone.
    pub device: DeviceId,
    /// One change in its record (`sync_core::protocol::frame::encode_push`).
    pub frame: Vec<u8>,
    /// The code of the reason why it came back.
    pub reason: String,
    /// When it was handed over.
    pub arrived_at: Timestamp,
}

/// Keeps work for its author; does nothing if it is there.
///
/// # Errors
/// The database's failure.
pub fn keep(conn: &mut Conn, kept: &Kept) -> Result<(), Error> {
    let known = kept_work::table.filter(kept_work::id.eq(kept.id.as_slice())).count();
    if on_backend!(conn, c => known.get_result::<i64>(c))? > 0 {
        return Ok(());
    }
    let row = (
        kept_work::id.eq(kept.id.as_slice()),
        kept_work::user_id.eq(kept.user.as_bytes().as_slice()),
        kept_work::device_id.eq(kept.device.as_bytes().as_slice()),
        kept_work::frame.eq(&kept.frame),
        kept_work::reason.eq(column(&kept.reason)),
        kept_work::arrived_at.eq(kept.arrived_at.0),
    );
    on_backend!(conn, c => diesel::insert_into(kept_work::table).values(row).execute(c))?;
    Ok(())
}

/// How many pieces a phone handed over.
///
/// # Errors
/// The database's failure.
pub fn count_kept(conn: &mut Conn, device: &DeviceId) -> Result<i64, Error> {
    let own = kept_work::table.filter(kept_work::device_id.eq(device.as_bytes().as_slice()));
    Ok(on_backend!(conn, c => own.count().get_result(c))?)
}

/// What is kept for a person, oldest first.
///
/// # Errors
/// The database's failure.
pub fn kept_for(conn: &mut Conn, user: &UserId) -> Result<Vec<Kept>, Error> {
    type Row = (Vec<u8>, Vec<u8>, Vec<u8>, String, i64);
    let rows: Vec<Row> = on_backend!(conn, c => kept_work::table
        .filter(kept_work::user_id.eq(user.as_bytes().as_slice()))
        .order((kept_work::arrived_at, kept_work::id))
        .select((
            kept_work::id,
            kept_work::device_id,
            kept_work::frame,
            kept_work::reason,
            kept_work::arrived_at,
        ))
        .load(c))?;
    let kept = |(id, device, frame, reason, arrived_at): Row| {
        Ok(Kept {
            id: id.try_into().map_err(|_| Error::Corrupt("kept work"))?,
            user: *user,
            device: DeviceId::from_slice(&device)?,
            frame,
            reason,
            arrived_at: Timestamp(arrived_at),
        })
    };
    rows.into_iter().map(kept).collect()
}

/// Keeps bytes of a stolen phone.
///
/// # Errors
/// The database's failure.
pub fn keep_untrusted(
    conn: &mut Conn,
    id: &[u8; 16],
    device: &DeviceId,
    bytes: &[u8],
    now: Timestamp,
) -> Result<(), Error> {
    let row = (
        untrusted::id.eq(id.as_slice()),
        untrusted::device_id.eq(device.as_bytes().as_slice()),
        untrusted::bytes.eq(bytes),
        untrusted::arrived_at.eq(now.0),
    );
    on_backend!(conn, c => diesel::insert_into(untrusted::table).values(row).execute(c))?;
    Ok(())
}

/// How much a stolen phone sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Untrusted {
    /// Messages.
    pub count: i64,
    /// When the first came.
    pub first_at: Option<Timestamp>,
    /// When the last came.
    pub last_at: Option<Timestamp>,
}

/// How much a phone sent after it was reported stolen.
///
/// # Errors
/// The database's failure.
pub fn count_untrusted(conn: &mut Conn, device: &DeviceId) -> Result<Untrusted, Error> {
    use diesel::dsl::{count_star, max, min};
    let own = untrusted::table.filter(untrusted::device_id.eq(device.as_bytes().as_slice()));
    let (count, first, last): (i64, Option<i64>, Option<i64>) = on_backend!(conn, c => own
        .select((count_star(), min(untrusted::arrived_at), max(untrusted::arrived_at)))
        .first(c))?;
    Ok(Untrusted { count, first_at: first.map(Timestamp), last_at: last.map(Timestamp) })
}
