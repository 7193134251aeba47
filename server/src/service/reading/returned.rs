//! Work that came back to its author and is on no phone any more: handed over by a phone that was
//! retired, or given back by a reviewer after such a phone was gone. For its author alone.

use sync_core::ids::{CaseId, RecordId, UserId};
use sync_core::protocol::frame::{PushedRecord, decode_oversized_push};
use sync_core::record::change::{Change, Edit, Run};
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::Kind;
use sync_core::time::Timestamp;

use crate::db::devices::DeviceState;
use crate::db::{self, Conn, Error};

/// A piece of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Returned {
    /// When the server got it.
    pub at: Timestamp,
    /// The code of the reason why it came back.
    pub reason: String,
    /// Case, record and kind; none of what this version cannot read.
    pub about: Option<(CaseId, RecordId, Kind)>,
    /// The author's words.
    pub words: Vec<String>,
}

/// What is kept for a person, oldest first.
///
/// # Errors
/// The database's failure.
pub fn of(conn: &mut Conn, user: &UserId) -> Result<Vec<Returned>, Error> {
    let mut all: Vec<_> = db::leaving::kept_for(conn, user)?
        .into_iter()
        .map(|kept| returned(&kept.frame, kept.reason, kept.arrived_at, *user))
        .collect();
    for device in db::devices::of_user(conn, user)? {
        if device.state == DeviceState::Active {
            continue;
        }
        let given_back = db::quarantine::given_back_of(conn, &device.id)?.into_iter();
        all.extend(given_back.map(|held| {
            let reason = sync_core::gate::refusal::given_back(&held.reason.unwrap_or_default());
            returned(&held.frame, reason, held.arrived_at, *user)
        }));
    }
    all.sort_by_key(|it| it.at);
    Ok(all)
}

fn returned(frame: &[u8], reason: String, at: Timestamp, user: UserId) -> Returned {
    // Some of it came back for its size alone.
    let pushed = decode_oversized_push(frame).unwrap_or_default().into_iter().next();
    let envelope = pushed.as_ref().and_then(|it| Envelope::decode(&it.envelope).ok());
    let about = envelope.as_ref().map(|it| (it.case, it.id(), it.kind()));
    let words = pushed.zip(about).map(|(it, (.., kind))| words(&it, kind, user));
    Returned { at, reason, about, words: words.unwrap_or_default() }
}

fn words(pushed: &PushedRecord, kind: Kind, user: UserId) -> Vec<String> {
    let mut words = Vec::new();
    for change in &pushed.changes {
        let decoded = Change::decode_body(kind, pushed.actor, user, &change.body);
        for edit in decoded.map(|change| change.edits).unwrap_or_default() {
            match edit {
                Edit::Add(entry) => {
                    let texts = entry.fields.iter().filter_map(|(_, value)| value.as_text());
                    words.extend(texts.map(str::to_owned));
                    words.extend(entry.text);
                }
                Edit::Splice { runs, .. } => words.extend(runs.into_iter().filter_map(|run| {
                    if let Run::Insert { text, .. } = run { Some(text) } else { None }
                })),
            }
        }
    }
    words
}
