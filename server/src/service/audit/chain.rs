//! Putting rows in order. A request writes its rows unlinked, so that no read waits for another; a
//! moment later they are numbered and linked under the cluster's lock, and the end is signed.

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use sync_core::ids::ClusterId;
use sync_core::time::Timestamp;

use crate::db::audit::{AuditHead, AuditRow, ChainedRow};
use crate::db::{self, Conn, Error, write_tx};

/// Rows linked in one transaction: the cluster's lock is held for a few hundredths of a second.
const ROWS: i64 = 500;

/// Links every row that waits, cluster by cluster. Gives how many.
///
/// # Errors
/// The database's failure; what was linked before stays.
pub fn link_all(conn: &mut Conn, key: &SigningKey, now: Timestamp) -> Result<usize, Error> {
    let mut linked = 0;
    for cluster in db::audit::waiting_chains(conn)? {
        loop {
            let some = write_tx(conn, |conn| link_some(conn, key, &cluster, now))?;
            linked += some;
            if some == 0 {
                break;
            }
        }
    }
    Ok(linked)
}

fn link_some(
    conn: &mut Conn,
    key: &SigningKey,
    cluster: &ClusterId,
    now: Timestamp,
) -> Result<usize, Error> {
    db::audit::lock(conn, cluster)?;
    let rows = db::audit::waiting(conn, cluster, ROWS)?;
    if rows.is_empty() {
        return Ok(0);
    }
    let head = db::audit::head(conn, cluster)?;
    let (mut number, mut chain) = head.map_or((0, [0; 32]), |head| (head.number, head.chain));
    let count = rows.len();
    for row in rows {
        number += 1;
        chain = link(&chain, number, &row);
        db::audit::place(conn, &ChainedRow { number, row, chain })?;
    }
    let signature = key.sign(&signed_bytes(cluster, number, &chain, now)).to_bytes();
    db::audit::set_head(conn, cluster, &AuditHead { number, chain, signed_at: now, signature })?;
    Ok(count)
}

/// The chain after a row.
#[must_use]
pub fn link(before: &[u8; 32], number: i64, row: &AuditRow) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(b"caseweave audit 1");
    digest.update(before);
    digest.update(number.to_be_bytes());
    digest.update(canonical(row));
    digest.finalize().into()
}

/// A row's one spelling: each field with whether it is there and how long it is.
fn canonical(row: &AuditRow) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(192);
    let mut put = |field: Option<&[u8]>| match field {
        None => bytes.push(0),
        Some(field) => {
            bytes.push(1);
            bytes.extend((field.len() as u64).to_be_bytes());
            bytes.extend(field);
        }
    };
    let number = |number: Option<i64>| number.map(i64::to_be_bytes);
    put(Some(&row.id));
    put(Some(row.cluster.as_bytes()));
    put(Some(&row.at.0.to_be_bytes()));
    put(row.user.as_ref().map(|id| id.as_bytes().as_slice()));
    put(row.device.as_ref().map(|id| id.as_bytes().as_slice()));
    put(Some(row.origin.as_bytes()));
    put(Some(row.act.as_bytes()));
    put(Some(row.outcome.as_bytes()));
    put(row.case.as_ref().map(|id| id.as_bytes().as_slice()));
    put(row.record.as_ref().map(|id| id.as_bytes().as_slice()));
    put(row.subject.as_ref().map(<[u8; 16]>::as_slice));
    put(Some(row.detail.as_bytes()));
    put(number(row.amount).as_ref().map(<[u8; 8]>::as_slice));
    put(number(row.claimed_at.map(|at| at.0)).as_ref().map(<[u8; 8]>::as_slice));
    bytes
}

/// Whether the server signed this end of a chain.
#[must_use]
pub fn is_signed(key: &VerifyingKey, cluster: &ClusterId, head: &AuditHead) -> bool {
    let signature = ed25519_dalek::Signature::from_bytes(&head.signature);
    let bytes = signed_bytes(cluster, head.number, &head.chain, head.signed_at);
    key.verify_strict(&bytes, &signature).is_ok()
}

fn signed_bytes(cluster: &ClusterId, number: i64, chain: &[u8; 32], at: Timestamp) -> Vec<u8> {
    let mut bytes = b"caseweave audit head 1".to_vec();
    bytes.extend(cluster.as_bytes());
    bytes.extend(number.to_be_bytes());
    bytes.extend(chain);
    bytes.extend(at.0.to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use sync_core::ids::{CaseId, RecordId, UserId};

    use super::*;

    fn row() -> AuditRow {
        AuditRow {
            id: [1; 16],
            cluster: ClusterId::from_bytes([2; 16]),
            at: Timestamp(3),
            user: Some(UserId::from_bytes([4; 16])),
            device: None,
            origin: "private".into(),
            act: "open_case".into(),
            outcome: "done".into(),
            case: Some(CaseId::from_bytes([5; 16])),
            record: None,
            subject: None,
            detail: "as team".into(),
            amount: Some(6),
            claimed_at: None,
        }
    }

    #[test]
    fn every_field_moves_the_chain() {
        let changes: &[fn(&mut AuditRow)] = &[
            |row| row.id = [9; 16],
            |row| row.cluster = ClusterId::from_bytes([9; 16]),
            |row| row.at = Timestamp(9),
            |row| row.user = None,
            |row| row.device = Some(sync_core::ids::DeviceId::from_bytes([9; 16])),
            |row| row.origin = "public".into(),
            |row| row.act = "open_record".into(),
            |row| row.outcome = "not_found".into(),
            |row| row.case = None,
            |row| row.record = Some(RecordId::from_bytes([5; 16])),
            |row| row.subject = Some([9; 16]),
            |row| row.detail = "as duty".into(),
            |row| row.amount = None,
            |row| row.claimed_at = Some(Timestamp(6)),
            // The same bytes, cut elsewhere.
            |row| {
                row.act = "open_cas".into();
                row.outcome = "edone".into();
            },
            |row| {
                row.record = row.case.map(|it| RecordId::from_bytes(*it.as_bytes()));
                row.case = None;
            },
        ];
        let before = link(&[0; 32], 1, &row());
        for (n, change) in changes.iter().enumerate() {
            let mut changed = row();
            change(&mut changed);
            assert_ne!(link(&[0; 32], 1, &changed), before, "change {n}");
        }
        assert_ne!(link(&[0; 32], 2, &row()), before);
        assert_ne!(link(&[1; 32], 1, &row()), before);
    }
}
