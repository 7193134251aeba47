//! Opening a case beyond what one is granted: breaking the glass, and reading by information governance
//! on a request. Online only, for a while, with a reason; the opening and every read through it are in
//! the audit.

use sha2::{Digest, Sha256};
use sync_core::gate::permission::record_facts;
use sync_core::ids::CaseId;
use sync_core::limits::{GLASS_MS, GLASS_TOLD_MS, REQUEST_MS};
use sync_core::policy::{Action, Denied, Door, decide, hears_of_glass};
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::Compartment;

use super::audit::note::{Act, DONE, Note, Pen, Written};
use super::histories::CaseState;
use super::reading::Reader;
use super::reason::{self, NoReason};
use crate::db::audit::AuditRow;
use crate::db::glasses::{Glass, door_code};
use crate::db::{self, Conn, Error};

/// Why a case was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GlassError {
    /// An opening needs a reason.
    #[error("say why, in a few sentences: the team will read it")]
    NoReason,
    /// Of a few sentences at most.
    #[error("please say why in fewer words: at most 2,000 letters")]
    LongReason,
    /// The policy says no. [`Denied::NotFound`] for what is not there, too.
    #[error(transparent)]
    Denied(#[from] Denied),
}

impl GlassError {
    /// The code in the audit and in the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoReason => "no_reason",
            Self::LongReason => "long_reason",
            Self::Denied(denied) => denied.code(),
        }
    }
}

/// Opens a case's team records for two hours to a practitioner of the cluster or the duty officer; the
/// whole case for a working day to information governance, whose reason is the request's reference.
///
/// # Errors
/// The database's failure outside, the reason inside; either way it is written down.
pub fn open(
    conn: &mut Conn,
    reader: &Reader,
    (case, reason): (&CaseId, &str),
    salt: [u8; 16],
    pen: &mut Pen,
) -> Result<Written<Result<Glass, GlassError>>, Error> {
    let place = db::records::cluster_of(conn, case)?;
    let note = |act| {
        let note = Note::of(act).in_case(*case);
        place.iter().fold(note, |note, cluster| note.in_cluster(*cluster))
    };
    let state = reader.case(conn, case)?;
    let reason = reason.trim();
    let (state, door) = match allowed(reader, state, reason) {
        Ok(allowed) => allowed,
        Err(error) => {
            let note = note(Act::BreakGlass).refused(error.code());
            return pen.done(conn, &note, Err(error));
        }
    };
    let (act, length_ms) = match door {
        Door::Request => (Act::OpenOnRequest, REQUEST_MS),
        Door::Standing | Door::Glass => (Act::BreakGlass, GLASS_MS),
    };
    let mut glass = Glass {
        id: [0; 16],
        cluster: state.context.cluster,
        case: *case,
        user: reader.principal.user,
        door,
        reason: reason.to_owned(),
        salt,
        begun_at: reader.now,
        ends_at: reader.now.plus_ms(length_ms),
    };
    glass.id = name(&glass);
    db::glasses::insert(conn, &glass)?;
    pen.done(conn, &note(act).about(glass.id), Ok(glass))
}

/// By which door. Who may not know of the case is told so before anything else, whatever they wrote.
fn allowed(
    reader: &Reader,
    state: Option<CaseState>,
    reason: &str,
) -> Result<(CaseState, Door), GlassError> {
    let state = state.ok_or(Denied::NotFound)?;
    let door = door(reader, &state)?;
    reason::read(reason)?;
    Ok((state, door))
}

impl From<NoReason> for GlassError {
    fn from(why: NoReason) -> Self {
        match why {
            NoReason::Missing => Self::NoReason,
            NoReason::Long => Self::LongReason,
        }
    }
}

fn door(reader: &Reader, state: &CaseState) -> Result<Door, Denied> {
    let may = |action: &Action| {
        let team = record_facts(&Envelope::of_case(state.context.case, Compartment::Team));
        decide(&reader.principal, &state.context, Some(&team), action)
    };
    match may(&Action::BreakGlass) {
        Ok(_) => Ok(Door::Glass),
        Err(Denied::NoGlass) if may(&Action::Read { door: Door::Request }).is_ok() => {
            Ok(Door::Request)
        }
        Err(denied) => Err(denied),
    }
}

/// The name of an opening: over everything that it says.
#[must_use]
pub fn name(glass: &Glass) -> [u8; 16] {
    let mut digest = Sha256::new();
    digest.update(b"caseweave glass 1");
    digest.update(glass.salt);
    digest.update(glass.cluster.as_bytes());
    digest.update(glass.case.as_bytes());
    digest.update(glass.user.as_bytes());
    digest.update(glass.begun_at.0.to_be_bytes());
    digest.update(glass.ends_at.0.to_be_bytes());
    digest.update(door_code(glass.door).unwrap_or_default());
    digest.update([0]);
    digest.update(&glass.reason);
    let whole: [u8; 32] = digest.finalize().into();
    std::array::from_fn(|n| whole[n])
}

/// The opening that a row of the audit names.
#[must_use]
pub fn named_by(row: &AuditRow) -> Option<[u8; 16]> {
    let opened = [Act::BreakGlass, Act::OpenOnRequest].map(Act::code).contains(&row.act.as_str());
    row.subject.filter(|_| opened && row.outcome == DONE)
}

/// The glasses that others broke lately, in cases of the reader's team or cluster.
///
/// # Errors
/// The database's failure.
pub fn told(conn: &mut Conn, reader: &Reader) -> Result<Vec<Glass>, Error> {
    let since = reader.now.plus_ms(-GLASS_TOLD_MS);
    let mut told = Vec::new();
    for cluster in reader.clusters() {
        let broken = db::glasses::broken_since(conn, &cluster, since)?;
        if broken.is_empty() {
            continue;
        }
        let world = reader.world(conn, &cluster)?;
        for glass in broken {
            let state = reader.visible(conn, &world, &glass.case, &cluster)?;
            let theirs = glass.user != reader.principal.user;
            let hears = |state: CaseState| hears_of_glass(&reader.principal, &state.context);
            if theirs && state.is_some_and(hears) {
                told.push(glass);
            }
        }
    }
    Ok(told)
}
