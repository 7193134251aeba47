//! Why a change is not taken. The code is stable: phones of every version know it in words.

use serde::Serialize;

use crate::codec::DecodeError;
use crate::policy::Denied;
use crate::record::document::SealError;
use crate::record::history::HistoryError;

/// Why a change is not taken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, thiserror::Error)]
#[serde(transparent)]
#[error("{}", sentence(.0))]
pub struct Refusal(pub String);

impl Refusal {
    /// A refusal by its code.
    #[must_use]
    pub fn new(code: &str) -> Self {
        Self(code.to_owned())
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0
    }
}

/// What is told where only a programmer can put right what went wrong.
const NOT_KEPT: &str = "The server could not keep this entry. Your words are here; please write them again, \
                        and tell whoever looks after the phones.";

const SENTENCES: &[(&str, &str)] = &[
    ("malformed", "The entry arrived damaged. It is kept on this phone; please write it again."),
    (
        "newer_version",
        "The server cannot read this entry yet. It stays on this phone until it can.",
    ),
    ("wrong_field", "A part of the entry is not of the form that is asked for."),
    ("missing_field", "A part of the entry that must be there is missing."),
    ("wrong_fact", "This kind of record cannot hold such a value."),
    ("nothing_said", "There is nothing in the entry yet."),
    ("too_many_operations", "The entry is too long for one change. Please save it in parts."),
    (
        TOO_LONG,
        "This is too long to be saved in one piece: please shorten it, or save it in several parts.",
    ),
    (
        TOO_MANY_ENTRIES,
        "This has too many parts to be saved in one piece: please save it in several entries.",
    ),
    (
        TOO_MANY_AT_ONCE,
        "So many people wrote here at the same time that this cannot build on all of it yet. Please add a \
         line to the record, and then do this again.",
    ),
    (
        COPY_TOO_LONG,
        "This record is too long to be copied in one piece. Please write what matters of it into a new \
         record there.",
    ),
    (
        "missing_dependency",
        "Something in the record that this copies is not with the server. This is kept; please copy the \
         record again once it is there.",
    ),
    ("out_of_order", "An earlier entry of yours in this record is missing."),
    ("unknown_reference", "The entry names something that you could not have seen."),
    ("record_full", "The record is full. Please go on in a new one."),
    ("seal_failed", NOT_KEPT),
    (
        "id_taken",
        "This phone was put back to an older copy, and another record has this one's name by now. The \
         entry is kept; please write it again in a new record.",
    ),
    (
        "actor_forked",
        "This phone was put back to an older copy, and other work has this entry's number by now. The \
         entry is kept; please sync again, and it goes under a new name.",
    ),
    ("wrong_signature", "The entry was sent under another phone's session. Please sign in again."),
    ("wrong_hash", NOT_KEPT),
    ("not_yours", "The entry is by somebody else than the person who is signed in."),
    (
        "fixed_already",
        "What was fixed when the record was made stays. Please correct it beside it.",
    ),
    (
        "wrong_digest",
        "What was signed or copied has changed since. Please read it and sign or copy it again.",
    ),
    ("wrong_copy", "The copy does not say what its source says. Please copy it again."),
    ("copy_begins_a_record", "A copy begins a record of its own."),
    ("harm_left_out", "Harm is suspected in what was copied. The copy must say so, too."),
    (
        "moved_elsewhere",
        "This record was moved to another place. Please write there, or ask the lead.",
    ),
    ("another_child", "A copy for another child moves the record there. Please re-home it."),
    ("same_place", "The record is in that place already."),
    ("another_cluster", "The record is in another cluster. Please ask the lead there."),
    ("unknown_case", "There is no such case for you in this cluster."),
    (
        "wrong_parent",
        "What is attached belongs to a record of the same child that is for the same people. Please attach \
         it there.",
    ),
    ("wrong_size", "A photo may have 8 MB, a voice note 10 MB and a body map 64 KB."),
    (
        "own_in_review",
        "An earlier entry of yours in this record waits for a reviewer. Please wait for the answer, or \
         make a new record.",
    ),
    (
        "grown_meanwhile",
        "Somebody wrote more in the record before it could be moved. Please move it again.",
    ),
    (
        FROM_RETIRED,
        "This came from a phone that was retired. A reviewer decides what goes into the record.",
    ),
    ("not_judged", "The server could not take this entry before the phone was retired."),
    (
        "depends_on_refused",
        "It speaks of something that was not taken. Please see to that first, then write this again.",
    ),
    (RELEASED, "A reviewer released it: it is in the record."),
    (
        REVIEW_LOST,
        "The server was restored from a backup and may not have this any more. If nobody answers, \
         please write it again.",
    ),
    (
        LOST,
        "A colleague wrote this. The server was restored from a backup without it, and their phone has \
         not brought it again. Please ask them, and write again what still matters.",
    ),
    (
        IN_REVIEW,
        "Your access changed before this arrived. It is safe with the server, unseen by others, \
         until a reviewer decides.",
    ),
];

/// Why a change is not taken that has more bytes than a change may have.
pub const TOO_LONG: &str = "too_long";
/// Why a change is not saved that adds or edits more than one change may.
pub const TOO_MANY_ENTRIES: &str = "too_many_entries";
/// Why a change is not saved that would have to name more of what was written at once than a change may.
pub const TOO_MANY_AT_ONCE: &str = "too_many_at_once";
/// Why a record is not copied whose words do not go into one change.
pub const COPY_TOO_LONG: &str = "copy_too_long";
/// What a phone notes of work that a reviewer released and that has not come in its record yet.
pub const RELEASED: &str = "released";
/// What a phone notes of work in review when the server was restored from a backup.
pub const REVIEW_LOST: &str = "review_lost";
/// What a phone notes of others' work that a server lost when it was restored from a backup.
pub const LOST: &str = "lost_with_log";
/// What a phone notes of work that the server keeps for a reviewer.
pub const IN_REVIEW: &str = "in_review";
/// Why a change of a retired phone is kept for a reviewer.
pub const FROM_RETIRED: &str = "from_retired_phone";
/// What a phone notes of returned work that it handed over, before the code it was returned with.
const HANDED_OVER: &str = "handed_over ";
/// What a phone notes of work that a reviewer gave back, before the reviewer's own words.
const GIVEN_BACK: &str = "given_back ";

/// The code of work that a reviewer gave back with these words.
#[must_use]
pub fn given_back(words: &str) -> String {
    format!("{GIVEN_BACK}{words}")
}

/// The code of returned work with `code` of which the server has a copy.
#[must_use]
pub fn handed_over(code: &str) -> String {
    format!("{HANDED_OVER}{code}")
}

/// The code that returned work had before it was handed over.
#[must_use]
pub fn before_handed_over(code: &str) -> Option<&str> {
    code.strip_prefix(HANDED_OVER)
}

/// Whether the server has a copy of returned work with this code.
#[must_use]
pub fn is_with_server(code: &str) -> bool {
    code == IN_REVIEW || code.starts_with(HANDED_OVER)
}

/// Whether work with this code, thrown away or not, is others'.
#[must_use]
pub fn is_others(code: &str) -> bool {
    code.ends_with(LOST)
}

/// Whether a code says that its author has not the right, or that what the work speaks of or is attached to is
/// not there for them. Both may be otherwise once the server has what it lost.
#[must_use]
pub fn is_about_access(code: &str) -> bool {
    matches!(code, "not_found" | "not_yours" | "unknown_case" | "wrong_parent")
        || Denied::ALL.iter().any(|denied| denied.code() == code)
}

/// The words for a code; a code from a newer server is shown as it is.
#[must_use]
pub fn sentence(code: &str) -> String {
    if let Some(words) = code.strip_prefix(GIVEN_BACK) {
        return format!("A reviewer gave this back to you: {words}");
    }
    if let Some(code) = code.strip_prefix(HANDED_OVER) {
        return format!("{} You can read it at the server.", sentence(code));
    }
    let known = SENTENCES.iter().find(|(known, _)| *known == code);
    if let Some((_, sentence)) = known {
        return (*sentence).to_owned();
    }
    match Denied::ALL.iter().find(|denied| denied.code() == code) {
        Some(denied) => denied.to_string(),
        None => format!("The server did not take the entry ({code})."),
    }
}

impl From<DecodeError> for Refusal {
    fn from(error: DecodeError) -> Self {
        Self::new(match error {
            DecodeError::Unknown(_) => "newer_version",
            _ => "malformed",
        })
    }
}

impl From<HistoryError> for Refusal {
    fn from(error: HistoryError) -> Self {
        Self::new(match error {
            HistoryError::MissingDependency => "missing_dependency",
            HistoryError::OutOfOrder => "out_of_order",
            HistoryError::UnknownReference => "unknown_reference",
            HistoryError::Full => "record_full",
        })
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        Self::new(denied.code())
    }
}

impl From<SealError> for Refusal {
    fn from(_: SealError) -> Self {
        Self::new("seal_failed")
    }
}
