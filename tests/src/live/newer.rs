//! What a newer server would have in its log: written by the test through the server's own database
//! functions, as the committer does it. A whole second build of a made-up next version would say no
//! more: what travels is bytes that this version cannot read.

use caseweave::db::log::{BatchRow, Entry, Proof};
use caseweave::db::records::RecordRow;
use caseweave::db::{self, Address, Conn, write_tx};
use caseweave::ingest::commit::link;
use sync_core::ids::{ChangeHash, ClusterId, RecordId};
use sync_core::record::envelope::Head;
use sync_core::time::Timestamp;

use super::raw::Raw;
use super::{Failed, Server};

/// Puts a change into the log of a running server: a new record's first if `envelope` says so, else the next
/// of a record that is there. Its author is a phone's.
///
/// # Errors
/// The database's.
pub fn log(
    server: &Server,
    author: &Raw,
    (record, envelope): (RecordId, Option<&[u8]>),
    (seq, body): (i32, &[u8]),
) -> Result<(), Failed> {
    let cluster = author.cluster()?;
    let mut conn = Conn::open(&address(server))?;
    let written = write_tx(&mut conn, |conn| {
        db::log::lock(conn, &cluster)?;
        let (number, chain) = db::log::head(conn, &cluster)?;
        let position = put_record(conn, cluster, (record, envelope), number)?;
        let entry = Entry {
            cluster,
            number,
            record,
            position,
            actor: author.enrolled.actor,
            seq,
            deps: None,
            body: body.to_vec(),
            hash: ChangeHash([number as u8; 32]),
            user: author.enrolled.user,
            device: author.enrolled.device,
            arrived_at: Timestamp(1_790_000_000_000),
        };
        let (batch, salted) = ([number as u8; 16], [number as u8; 32]);
        let chain = link(&chain, &entry, &salted);
        let device = author.enrolled.device;
        let (signature, arrived_at) = ([0; 64], entry.arrived_at);
        let row =
            BatchRow { id: batch, cluster, device, signature, signed: Vec::new(), arrived_at };
        db::log::insert_batch(conn, &row)?;
        db::log::insert(conn, &entry, &Proof { batch, salt: None, salted, chain })?;
        db::log::set_head(conn, &cluster, number + 1, &chain)
    });
    Ok(written.map_err(|error: db::Error| error)?)
}

fn put_record(
    conn: &mut Conn,
    cluster: ClusterId,
    (record, envelope): (RecordId, Option<&[u8]>),
    number: i64,
) -> Result<i32, db::Error> {
    let row = match (db::records::by_id(conn, &record)?, envelope) {
        (Some(row), _) => RecordRow { length: row.length + 1, last_number: number, ..row },
        (None, Some(bytes)) => {
            let head = Head::read(bytes).map_err(|_| db::Error::Corrupt("envelope"))?;
            RecordRow {
                id: record,
                cluster,
                case: head.case,
                scope: head.scope,
                kind: head.kind.into(),
                envelope: bytes.to_vec(),
                first_number: number,
                last_number: number,
                length: 1,
            }
        }
        (None, None) => return Err(db::Error::Missing),
    };
    db::records::put(conn, &row)?;
    Ok(row.length)
}

/// Where a server's database is.
#[must_use]
pub fn address(server: &Server) -> Address {
    match server.database() {
        Some(url) => Address::parse(url),
        None => Address::File(server.data().join("caseweave.sqlite")),
    }
}
