//! Taking what a server gives: one contribution a transaction, each checked against all that was taken before.

use std::collections::BTreeSet;

use super::{CollectError, Gives, Trouble, own_clusters};
use crate::db::sources::{Collected, Source};
use crate::db::{self, Conn, Error, write_tx};
use crate::hex;
use crate::service::audit::{Act, Note, Pen};
use crate::service::contributions::{self, Contribution, Given, Part, Sealed};
use sync_core::time::Timestamp;

/// What was taken at one asking.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Took {
    /// How many contributions are new.
    pub new: usize,
    /// How many there are of this server now.
    pub all: usize,
}

/// Taken at one asking, at most: a server that never ends keeps no other waiting.
const AT_ONCE: usize = 500;

/// Told each contribution that was taken, and the number of the server's last.
pub type Progress<'a> = dyn FnMut(&Contribution, i64) + 'a;

/// Takes everything that a server has and that was not taken yet.
///
/// # Errors
/// [`CollectError`] in an operator's words; what was taken before it stays.
pub fn collect(
    conn: &mut Conn,
    (source, server): (&Source, &dyn Gives),
    (now, pen): (Timestamp, &mut Pen),
    progress: &mut Progress<'_>,
) -> Result<Took, CollectError> {
    let done = take_all(conn, (source, server), (now, pen), progress);
    let trouble = match &done {
        Err(CollectError::Trouble { trouble, .. }) => Some(*trouble),
        Ok(_) | Err(_) => None,
    };
    write_tx(conn, |conn| {
        db::sources::asked(conn, &source.id, now, trouble.map(Trouble::code))?;
        let Some(trouble) = trouble else { return Ok(()) };
        let note = Note::of(Act::CollectFigures).about(source.id).refused(trouble.code());
        let note = of_authority(conn, source, note)?;
        pen.write(conn, &note)
    })?;
    done
}

fn take_all(
    conn: &mut Conn,
    (source, server): (&Source, &dyn Gives),
    (now, pen): (Timestamp, &mut Pen),
    progress: &mut Progress<'_>,
) -> Result<Took, CollectError> {
    let failed = |trouble| CollectError::Trouble { address: source.address.clone(), trouble };
    let taken = db::sources::collected(conn, &source.id)?;
    let mut at = standing_at(&taken, source.goes_on_from);
    if let Some(last) = &at {
        // What is there must still be there: a server that was put back, or says something else now, is seen
        // before anything of it is taken.
        let again = ask(source, server, last.number - 1).map_err(failed)?;
        still_says(&again, last).map_err(failed)?;
    }
    let mut took = Took { new: 0, all: taken.len() };
    for _ in 0..AT_ONCE {
        let given = ask(source, server, at.as_ref().map_or(0, |it| it.number)).map_err(failed)?;
        let Some(sealed) = given.contribution else { break };
        let (read, row) = write_tx(conn, |conn| take(conn, (source, &at), &sealed, (now, pen)))
            .map_err(|error| match error {
                Refused::Trouble(trouble) => failed(trouble),
                Refused::Db(error) => error.into(),
            })?;
        progress(&read, given.last);
        took.all = usize::try_from(row.place).unwrap_or_default().max(took.all);
        took.new = took.all - taken.len();
        at = Some(row);
    }
    Ok(took)
}

fn ask(source: &Source, server: &dyn Gives, number: i64) -> Result<Given, Trouble> {
    let given = server.after(number)?;
    match hex::decode(&given.key) == Some(source.key) {
        true => Ok(given),
        false => Err(Trouble::AnotherKey),
    }
}

/// After which contribution the server goes on.
fn standing_at(taken: &[Collected], goes_on_from: Option<i64>) -> Option<Collected> {
    match goes_on_from {
        Some(number) => taken.iter().rev().find(|it| it.number == number).cloned(),
        None => taken.last().cloned(),
    }
}

fn still_says(given: &Given, last: &Collected) -> Result<(), Trouble> {
    match &given.contribution {
        Some(again) if again.body == last.body => Ok(()),
        Some(_) => Err(Trouble::Contradicts),
        None => Err(Trouble::WentBack),
    }
}

enum Refused {
    Trouble(Trouble),
    Db(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Db(error)
    }
}

impl From<Trouble> for Refused {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

fn take(
    conn: &mut Conn,
    (source, at): (&Source, &Option<Collected>),
    sealed: &Sealed,
    (now, pen): (Timestamp, &mut Pen),
) -> Result<(Contribution, Collected), Refused> {
    let signature = hex::decode(&sealed.signature).ok_or(Trouble::Signature)?;
    if !contributions::is_signed(&source.key, &sealed.body, &signature) {
        return Err(Trouble::Signature.into());
    }
    let read: Contribution = serde_json::from_str(&sealed.body).map_err(|_| Trouble::Odd)?;
    let taken = db::sources::collected(conn, &source.id)?;
    let newer = |it: &&Collected| at.as_ref().is_none_or(|at| it.place > at.place);
    if let Some(row) = taken.iter().filter(newer).find(|it| it.body == sealed.body) {
        // Taken meanwhile, by another collection beside this one.
        return Ok((read, row.clone()));
    }
    judge(conn, source, &read)?;
    follows(&read, at, &taken)?;
    let row = Collected {
        place: taken.last().map_or(0, |it| it.place) + 1,
        number: read.number,
        period: read.period.clone(),
        body: sealed.body.clone(),
        signature,
        taken_at: now,
    };
    db::sources::keep(conn, &source.id, &row)?;
    if source.goes_on_from.is_some() {
        db::sources::set_goes_on_from(conn, &source.id, None)?;
    }
    let note = Note::of(Act::CollectFigures).about(source.id);
    let note = note.with(format!("number {}", read.number)).counting(read.clusters.len());
    let note = of_authority(conn, source, note)?;
    pen.write(conn, &note)?;
    Ok((read, row))
}

/// Whether it is this server's, for this authority, of clusters of its own, and adds up.
fn judge(conn: &mut Conn, source: &Source, read: &Contribution) -> Result<(), Refused> {
    let authorities = db::authorities::list(conn)?;
    let ours =
        authorities.iter().any(|(id, name)| *id == source.authority && *name == read.authority);
    if !ours || read.server != source.name {
        return Err(Trouble::NotOurs.into());
    }
    let ids: BTreeSet<_> = read.clusters.iter().map(|part| part.id).collect();
    let names: BTreeSet<_> = read.clusters.iter().map(|part| part.name.as_str()).collect();
    let once = ids.len() == read.clusters.len() && names.len() == read.clusters.len();
    if !once || !read.clusters.iter().all(Part::adds_up) {
        return Err(Trouble::Unsound.into());
    }
    for other in db::sources::of_authority(conn, &source.authority)? {
        let Some(last) = db::sources::collected(conn, &other.id)?.pop() else { continue };
        let is_own = |part: &Part| !ids.contains(&part.id) && !names.contains(part.name.as_str());
        let apart = contributions::read(&last.body)?.clusters.iter().all(is_own);
        if other.id != source.id && !apart {
            return Err(Trouble::AnothersCluster.into());
        }
    }
    Ok(())
}

/// Whether it goes on from where the server stood.
fn follows(
    read: &Contribution,
    at: &Option<Collected>,
    taken: &[Collected],
) -> Result<(), Refused> {
    if taken.iter().any(|it| it.period == read.period) {
        return Err(Trouble::Contradicts.into());
    }
    let (number, before) =
        at.as_ref().map_or((0, [0; 32]), |it| (it.number, contributions::digest(&it.body)));
    if read.number != number + 1 || read.before != hex::encode(&before) {
        return Err(Trouble::Gap.into());
    }
    if let Some(last) = taken.last()
        && read.to < contributions::read(&last.body)?.to
    {
        return Err(Trouble::Contradicts.into());
    }
    Ok(())
}

/// Written down where the authority's own people hold their posts.
fn of_authority(conn: &mut Conn, source: &Source, note: Note) -> Result<Note, Error> {
    let own = own_clusters(conn, &source.authority)?;
    Ok(own.into_iter().fold(note, Note::in_cluster))
}
