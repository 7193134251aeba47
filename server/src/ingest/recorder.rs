//! Writing down what was read, and what phones were sent: what arrives while some is being committed goes
//! into the next transaction together, so that a page costs a share of a commit and not one of its own.

use sync_core::ids::DeviceId;
use tokio::sync::{mpsc, oneshot};

use crate::db::audit::AuditRow;
use crate::db::{self, Conn, Db, Error};
use crate::service::audit::Receipt;
use crate::service::contact;

/// Requests in one transaction.
const GROUP: usize = 256;
/// Requests waiting: more are told to come again.
const WAITING: usize = 4_096;

/// A phone's contacts, to be noted with the rows.
pub type Met = (DeviceId, Vec<contact::Note>);

type Job = ((Vec<AuditRow>, Option<Met>), oneshot::Sender<Result<Receipt, Error>>);

/// The way into the audit for what changes nothing else. Clones share it.
#[derive(Clone)]
pub struct Recorder {
    jobs: mpsc::Sender<Job>,
}

impl Recorder {
    /// A recorder over `db`; its work runs until the last clone is gone.
    #[must_use]
    pub fn start(db: Db) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING);
        tokio::spawn(run(db, waiting));
        Self { jobs }
    }

    /// Writes rows down. When this returns well, they are durable.
    ///
    /// # Errors
    /// The database's failure: none of them is there, and what they are about must not be shown.
    pub async fn record(&self, rows: Vec<AuditRow>) -> Result<Receipt, Error> {
        self.record_contact(rows, None).await
    }

    /// The same with a phone's contacts.
    ///
    /// # Errors
    /// As [`Recorder::record`].
    pub async fn record_contact(
        &self,
        rows: Vec<AuditRow>,
        met: Option<Met>,
    ) -> Result<Receipt, Error> {
        let (answer, answered) = oneshot::channel();
        self.jobs.try_send(((rows, met), answer)).map_err(|_| Error::Busy)?;
        answered.await.map_err(|_| Error::TaskLost)?
    }
}

async fn run(db: Db, mut waiting: mpsc::Receiver<Job>) {
    let mut jobs = Vec::new();
    while waiting.recv_many(&mut jobs, GROUP).await > 0 {
        let group = std::mem::take(&mut jobs);
        let (told, answers): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        let written = db.write::<_, Error, _>(move |conn| write(conn, &told)).await;
        if let Err(error) = &written {
            tracing::error!(%error, "the audit could not be written");
        }
        for answer in answers {
            // Whoever asked may be gone; that they asked is written down all the same.
            let receipt = written.as_ref().map(|()| Receipt::of_committed_rows());
            let _ = answer.send(receipt.map_err(|_| Error::Busy));
        }
    }
}

fn write(conn: &mut Conn, told: &[(Vec<AuditRow>, Option<Met>)]) -> Result<(), Error> {
    for (rows, met) in told {
        rows.iter().try_for_each(|row| db::audit::insert(conn, row))?;
        if let Some((device, notes)) = met {
            contact::note(conn, device, notes)?;
        }
    }
    Ok(())
}
