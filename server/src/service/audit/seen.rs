//! What was read, sealed until what is written down of it is durable. Whoever reads on somebody's
//! behalf gets a reader only in a closure that must give back a [`Seen`], and only the audit's own
//! writer makes the [`Receipt`] that opens it: a page that forgets the audit does not compile.

use sync_core::ids::{CaseId, ClusterId};
use sync_core::policy::Ground;

use super::note::{Act, Note};
use crate::db::{self, Conn, Error};

/// Proof that rows of the audit are durable.
#[derive(Debug)]
#[must_use]
pub struct Receipt(());

impl Receipt {
    /// For the one place that has just committed rows.
    pub(crate) const fn of_committed_rows() -> Self {
        Self(())
    }
}

/// What was read and what is to be written down of it.
#[derive(Clone, Debug)]
#[must_use]
pub struct Seen<T> {
    value: T,
    notes: Vec<Note>,
}

impl<T> Seen<T> {
    /// What was read, with its note.
    pub fn new(value: T, note: Note) -> Self {
        Self { value, notes: vec![note] }
    }

    /// A list of so many lines.
    pub fn list(value: T, act: Act, lines: usize) -> Self {
        Self::new(value, Note::of(act).counting(lines))
    }

    /// The notes.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Opens it.
    pub fn open(self, _: Receipt) -> T {
        self.value
    }
}

impl<T> Seen<Option<T>> {
    /// A list, or nothing for somebody whose role has none.
    pub fn list_if_any(value: Option<T>, act: Act, lines: impl Fn(&T) -> usize) -> Self {
        let note = match &value {
            Some(value) => Note::of(act).counting(lines(value)),
            None => Note::of(act).refused("not_your_role"),
        };
        Self::new(value, note)
    }

    /// Something of a case, or nothing because there is no such case or it is not open to the person:
    /// that is written down where the case is, and nobody is told which it was.
    ///
    /// # Errors
    /// The database's failure.
    pub fn of_case(
        conn: &mut Conn,
        (case, note): (&CaseId, Note),
        value: Option<(T, Ground)>,
    ) -> Result<Self, Error> {
        let mut note = note.in_case(*case);
        let cluster: Option<ClusterId> = db::records::cluster_of(conn, case)?;
        if let Some(cluster) = cluster {
            note = note.in_cluster(cluster);
        }
        Ok(match value {
            Some((value, ground)) => Self::new(Some(value), note.on(ground)),
            None => Self::new(None, note.refused("not_found")),
        })
    }
}
