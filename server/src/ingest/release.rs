//! What a reviewer decides about work that was kept apart: into the log as it was pushed, judged by
//! every rule but the author's rights, or back to its author.

use sync_core::engine::admit::{Judged, admit};
use sync_core::gate::permission::record_facts;
use sync_core::policy::{Action, CaseContext, Principal, decide};
use sync_core::protocol::batch::salted_digest;
use sync_core::protocol::frame::PushedRecord;
use sync_core::record::envelope::Envelope;
use sync_core::record::history::History;
use sync_core::record::kind::Compartment;
use sync_core::time::Timestamp;

use super::commit::{Head, Origin, keep_figures, refresh_cases, take_records};
use super::hold::{envelope_of, pushed_of, unbegun};
use super::judge::Accepted;
use crate::db::quarantine::{Decision, Held, State};
use crate::db::{self, Conn, Error, write_tx};
use crate::ingest::Rules;
use crate::service::audit::{Act, Note, Pen};
use crate::service::histories::{self, CaseState, World};
use crate::service::reason::{self, NoReason};

/// What a reviewer wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wish {
    /// Into the log.
    Release,
    /// Back to its author.
    GiveBack,
}

/// Why a reviewer's wish was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReviewError {
    /// No such work, or not this person's to review: the same for both.
    #[error("there is nothing here that is open to you")]
    NotOpen,
    /// Somebody decided before.
    #[error("somebody has decided about this already")]
    Decided,
    /// A decision needs a reason.
    #[error("please say why")]
    NoReason,
    /// Of a few sentences at most: the author's phone shows it.
    #[error("please say why in fewer words: at most 2,000 letters")]
    LongReason,
    /// The case that the work is about waits itself.
    #[error("the case itself waits: release what begins it first")]
    NotBegun,
    /// It does not fit the record any more; the code of the reason.
    #[error("this no longer fits the record ({0}): give it back to its author")]
    DoesNotFit(String),
}

impl ReviewError {
    /// The code in the audit and in the API.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotOpen => "not_found",
            Self::NotBegun => "not_begun",
            Self::Decided => "decided",
            Self::NoReason => "no_reason",
            Self::LongReason => "long_reason",
            Self::DoesNotFit(_) => "does_not_fit",
        }
    }
}

/// Does what a reviewer wishes with kept work, and with what of the same author in the same record it
/// builds on; given back, also with what builds on it.
///
/// # Errors
/// The database's failure outside, the reason inside; then nothing happened.
pub fn review(
    conn: &mut Conn,
    rules: &Rules,
    (reviewer, pen): (&Principal, &mut Pen),
    id: &[u8; 16],
    (wish, reason): (Wish, &str),
    now: Timestamp,
) -> Result<Result<(), ReviewError>, Error> {
    let held = db::quarantine::by_id(conn, id)?;
    let note = note(id, held.as_ref(), wish);
    let refused = |conn: &mut Conn, pen: &mut Pen, error: ReviewError| {
        write_tx(conn, |conn| pen.write(conn, &note.clone().refused(error.code())))?;
        Ok(Err(error))
    };
    let reason = match reason::read(reason) {
        Ok(reason) => reason,
        Err(NoReason::Missing) => return refused(conn, pen, ReviewError::NoReason),
        Err(NoReason::Long) => return refused(conn, pen, ReviewError::LongReason),
    };
    let Some(held) = held else { return refused(conn, pen, ReviewError::NotOpen) };
    let done = write_tx(conn, |conn| {
        db::log::lock(conn, &held.cluster)?;
        let mut reviewing = match Reviewing::begin(conn, rules, reviewer, (&held, wish), now)? {
            Ok(reviewing) => reviewing,
            Err(error) => return Err(Undone::Review(error)),
        };
        if wish == Wish::Release {
            reviewing.release(conn)?;
        }
        reviewing.finish(conn, (wish, reason))?;
        Ok(pen.write(conn, &note)?)
    });
    match done {
        Ok(()) => Ok(Ok(())),
        Err(Undone::Review(error)) => refused(conn, pen, error),
        Err(Undone::Database(error)) => Err(error),
    }
}

/// What is written down of a decision: about which work, where, and what was wished.
fn note(id: &[u8; 16], held: Option<&Held>, wish: Wish) -> Note {
    let wish = match wish {
        Wish::Release => "release",
        Wish::GiveBack => "give back",
    };
    let note = Note::of(Act::Decide).about(*id).with(wish);
    match held {
        Some(held) => note.in_cluster(held.cluster).in_case(held.case).on_record(held.record),
        None => note,
    }
}

/// Why the transaction is taken back.
enum Undone {
    Review(ReviewError),
    Database(Error),
}

impl From<Error> for Undone {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

struct Reviewing<'a> {
    rules: &'a Rules,
    reviewer: &'a Principal,
    now: Timestamp,
    head: Head,
    bundle: Vec<Held>,
    history: History,
}

impl<'a> Reviewing<'a> {
    fn begin(
        conn: &mut Conn,
        rules: &'a Rules,
        reviewer: &'a Principal,
        (held, wish): (&Held, Wish),
        now: Timestamp,
    ) -> Result<Result<Self, ReviewError>, Error> {
        let envelope = envelope_of(held)?;
        let world = World::known(conn, rules, &held.cluster)?;
        let state = match histories::case_state(conn, &held.case, &held.cluster, &world, now)? {
            None => unbegun(conn, &world, held)?,
            state => state,
        };
        let open = |it: &CaseState| may_review(reviewer, &it.context, &envelope, held);
        if !state.as_ref().is_some_and(open) {
            return Ok(Err(ReviewError::NotOpen));
        }
        // Read again under the lock: another reviewer may have been faster.
        let all = db::quarantine::of_author(conn, &held.record, &held.actor)?;
        // What arrived after the named work was not before the reviewer's eyes: it waits on. Given
        // back, it goes with what it builds on.
        let named = |it: &Held| {
            it.state == State::Waiting
                && (wish == Wish::GiveBack || it.arrived_at <= held.arrived_at)
        };
        let bundle: Vec<_> = all.into_iter().filter(named).collect();
        if !bundle.iter().any(|it| it.id == held.id) {
            return Ok(Err(ReviewError::Decided));
        }
        let history = histories::history_of(conn, &envelope)?;
        let head = Head::read(conn, held.cluster)?;
        Ok(Ok(Self { rules, reviewer, now, head, bundle, history }))
    }

    fn release(&mut self, conn: &mut Conn) -> Result<(), Undone> {
        let envelope = self.history.envelope();
        let begins = *envelope == Envelope::of_case(envelope.case, Compartment::Team);
        if !begins && !db::records::any_of(conn, &envelope.case)? {
            return Err(Undone::Review(ReviewError::NotBegun));
        }
        if db::moves::target(conn, &self.history.envelope().id())?.is_some() {
            let moved = "moved_elsewhere".to_owned();
            return Err(Undone::Review(ReviewError::DoesNotFit(moved)));
        }
        for held in self.bundle.clone() {
            let pushed = pushed_of(&held)?;
            let judged = admit(&mut self.history, None, &pushed, held.user, &|_, _, _| Ok(()));
            let mut changes = Vec::new();
            for (n, (_, judged)) in judged.into_iter().enumerate() {
                match judged {
                    Judged::Accepted(admitted) => {
                        let (salt, salted) = salted(&held, &pushed, n)?;
                        changes.push((admitted, salt, salted));
                    }
                    Judged::AlreadyHad => {}
                    other => return Err(Undone::Review(ReviewError::DoesNotFit(code(&other)))),
                }
            }
            self.take(conn, &held, changes)?;
        }
        Ok(())
    }

    fn take(
        &mut self,
        conn: &mut Conn,
        held: &Held,
        changes: Vec<(sync_core::engine::admit::Admitted, [u8; 16], [u8; 32])>,
    ) -> Result<(), Error> {
        if changes.is_empty() {
            return Ok(());
        }
        let (envelope, history) = (self.history.envelope().clone(), self.history.clone());
        let accepted = Accepted { envelope, actor: held.actor, changes, history };
        let origin = Origin {
            cluster: held.cluster,
            user: held.user,
            device: held.device,
            batch: held.batch,
            at: self.now,
        };
        take_records(conn, self.rules, &origin, &[accepted], &mut self.head)?;
        Ok(())
    }

    fn finish(mut self, conn: &mut Conn, (wish, reason): (Wish, &str)) -> Result<(), Error> {
        for held in &self.bundle {
            let decision = Decision {
                released: wish == Wish::Release,
                number: self.head.take(),
                by: self.reviewer.user,
                at: self.now,
                reason: reason.to_owned(),
            };
            db::quarantine::decide(conn, &held.id, &decision)?;
        }
        let first = self.bundle.first().map(|held| (held.cluster, held.case));
        if let Some((cluster, case)) = first {
            let cases = [case].into();
            let at = (&cluster, self.now);
            let refreshed = refresh_cases(conn, self.rules, at, &cases, &mut self.head)?;
            keep_figures(conn, self.rules, &cluster, &refreshed)?;
        }
        self.head.write(conn)
    }
}

/// Whether somebody is entitled to decide about kept work, by the case as it is now. Nobody reviews
/// their own.
#[must_use]
pub fn may_review(
    reviewer: &Principal,
    case: &CaseContext,
    envelope: &Envelope,
    held: &Held,
) -> bool {
    reviewer.user != held.user
        && decide(reviewer, case, Some(&record_facts(envelope)), &Action::Review).is_ok()
}

fn salted(held: &Held, pushed: &PushedRecord, n: usize) -> Result<([u8; 16], [u8; 32]), Error> {
    let salt = held.salts.chunks_exact(16).nth(n).and_then(|salt| salt.try_into().ok());
    let salt: [u8; 16] = salt.ok_or(Error::Corrupt("kept work"))?;
    Ok((salt, salted_digest(&salt, &pushed.changes[n].hash)))
}

fn code(judged: &Judged) -> String {
    match judged {
        Judged::Refused(refusal) | Judged::Held(refusal) => refusal.code().to_owned(),
        Judged::NotYet => "newer_version".to_owned(),
        _ => "missing_dependency".to_owned(),
    }
}
