//! What every record shows, of whichever kind.

use serde::Serialize;

use crate::ids::{CaseId, RecordId, UserId};
use crate::record::kind::{Compartment, Kind};
use crate::record::kinds::{Amendment, AttestedCopy, Signature};
use crate::record::schema::{COPIES, SIGNATURES};
use crate::time::Timestamp;
use crate::view::kinds::parts::Parts;
use crate::view::kinds::said::Said;
use crate::view::kinds::signing::signing_text;

/// What every record shows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Header {
    /// The record.
    pub record: RecordId,
    /// Its case.
    pub case: CaseId,
    /// What it is about.
    pub kind: Kind,
    /// Who it is for.
    pub compartment: Compartment,
    /// Who made it; nobody made a case's own.
    pub by: Option<UserId>,
    /// When, by that person's clock.
    pub at: Option<Timestamp>,
    /// The framework in force for it when it was made.
    pub framework: Option<String>,
    /// Who signed it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<SignatureView>,
    /// What was copied into it from other records.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<CopyView>,
    /// Corrections of what is not shown as an entry: of an assertion, say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_amendments: Vec<Said<Amendment>>,
}

/// A signature, and whether it still is under what the record says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SignatureView {
    /// The signed words, by whom and when.
    #[serde(flatten)]
    pub said: Said<Signature>,
    /// Whether the digest is that of the words. If not, the phone that signed was at fault.
    pub digest_fits: bool,
    /// Whether the record says anything else now than what was signed.
    pub changed_since: bool,
}

/// An attested copy.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CopyView {
    /// The copied words, by whom copied and when.
    #[serde(flatten)]
    pub said: Said<AttestedCopy>,
    /// Whether the digest is that of the words.
    pub digest_fits: bool,
}

impl Header {
    pub(super) fn read(parts: &Parts<'_>) -> Self {
        let envelope = &parts.folded.envelope;
        let made = envelope.made();
        let framework = made.map(|made| made.framework.clone()).filter(|name| !name.is_empty());
        Self {
            record: envelope.id(),
            case: envelope.case,
            kind: envelope.kind(),
            compartment: envelope.compartment,
            by: made.map(|made| made.user),
            at: made.map(|made| made.at),
            framework,
            signatures: signatures(parts),
            copies: copies(parts),
            other_amendments: parts.unattached(),
        }
    }
}

fn signatures(parts: &Parts<'_>) -> Vec<SignatureView> {
    let mut entries = parts.folded.entries_of(SIGNATURES).peekable();
    // Most records are not signed: the text is only put together for those that are.
    let now = entries.peek().map(|_| signing_text(parts.folded)).unwrap_or_default();
    let views = entries.filter_map(|entry| {
        let said: Said<Signature> = parts.said(entry)?;
        let changed_since = said.says.text != now;
        Some(SignatureView { said, digest_fits: Signature::digest_fits(entry), changed_since })
    });
    views.collect()
}

fn copies(parts: &Parts<'_>) -> Vec<CopyView> {
    let views = parts.folded.entries_of(COPIES).filter_map(|entry| {
        let digest_fits = AttestedCopy::digest_fits(entry);
        Some(CopyView { said: parts.said(entry)?, digest_fits })
    });
    views.collect()
}
