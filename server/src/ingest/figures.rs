//! Keeping figures and early warnings with each commit: a case's part is made again from its records'
//! gists, and the sums move by the difference.

use std::collections::BTreeMap;

use sync_core::ids::{CaseId, ClusterId, RecordId, ScopeId, UserId};
use sync_core::merge::Context;
use sync_core::record::kind::Compartment;
use sync_core::view::Extract;
use sync_core::view::gist::{CaseInBrief, Gist, TeamGist};
use sync_core::view::signals::{Rules, Signal};

use crate::db::figures::{Key, Placed, Sums};
use crate::db::signals::Kept;
use crate::db::text::column;
use crate::db::views::GistRow;
use crate::db::{self, Conn, Error};
use crate::measures::increments;
use crate::service::histories::{CaseState, World};
use crate::service::roll;

/// A case's part of figures and warnings.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Part {
    /// What it adds to the measures, in order.
    pub figures: Vec<Placed>,
    /// What asks for attention, in order.
    pub signals: Vec<Kept>,
    /// Who may see nothing of it, in order.
    pub kept_from: Vec<UserId>,
}

/// Brings figures and warnings to what a case's records and the pupil roll say.
///
/// # Errors
/// The database's failure.
pub fn keep(conn: &mut Conn, world: &World, state: &CaseState) -> Result<(), Error> {
    let now = part(conn, world, state)?;
    set(conn, (&state.context.case, &state.context.cluster), &now)
}

/// Sets a case's part; the sums move by the difference.
///
/// # Errors
/// The database's failure.
pub fn set(
    conn: &mut Conn,
    (case, cluster): (&CaseId, &ClusterId),
    now: &Part,
) -> Result<(), Error> {
    let before = kept(conn, case)?;
    if now.figures != before.figures {
        for (key, change) in differences(&before.figures, &now.figures) {
            db::figures::add(conn, cluster, &key, change)?;
        }
        db::figures::put_case(conn, (case, cluster), (&before.figures, &now.figures))?;
    }
    if now.signals != before.signals {
        db::signals::put(conn, (case, cluster), (&before.signals, &now.signals))?;
    }
    if now.kept_from != before.kept_from {
        db::figures::set_kept_from(conn, (case, cluster), &now.kept_from)?;
    }
    Ok(())
}

/// A case's part as it is kept.
///
/// # Errors
/// The database's failure.
pub fn kept(conn: &mut Conn, case: &CaseId) -> Result<Part, Error> {
    Ok(Part {
        figures: db::figures::of_case(conn, case)?,
        signals: db::signals::of_case(conn, case)?,
        kept_from: db::figures::users_kept_from(conn, case)?,
    })
}

/// A case's part as its records and the pupil roll say it. Of a shielded case nothing is counted, and
/// nothing asks for attention outside named people. Who may not know of it is who may not see it in a
/// caseload: what comes to it from a case that it is joined to counts.
///
/// # Errors
/// The database's failure.
pub fn part(conn: &mut Conn, world: &World, state: &CaseState) -> Result<Part, Error> {
    let (context, practice) = (&state.context, world.merging());
    let (case, cluster) = (&context.case, &context.cluster);
    let kept_from = context.excluded.iter().copied().collect();
    let mut part = Part { kept_from, ..Part::default() };
    let rows = db::views::gists_of_case(conn, case)?;
    let read = Gists::of(&rows)?;
    let Some(team) = read.team.filter(|_| !context.shielded) else { return Ok(part) };
    let pupil = db::extracts::pupil_of(conn, case)?;
    let roll = |pupil| roll::extract(conn, practice.catalogue, cluster, &pupil);
    let extract = pupil.map(roll).transpose()?;
    let (signals, figures) = judge(&practice, &team, &read.records, extract.as_ref());
    let school = column(&team.school).into_owned();
    let placed = |increment| Placed { school: school.clone(), increment };
    part.figures = figures.into_iter().map(placed).collect();
    part.figures.sort();
    let scope = |record: Option<RecordId>| {
        let own = Compartment::Team.scope(case);
        record.and_then(|record| read.scopes.get(&record).copied()).unwrap_or(own)
    };
    let kept = |signal: Signal| Kept { case: *case, scope: scope(signal.record), signal };
    part.signals = signals.into_iter().map(kept).collect();
    part.signals.dedup();
    Ok(part)
}

fn judge(
    practice: &Context<'_>,
    team: &TeamGist,
    records: &[(RecordId, Gist)],
    extract: Option<&Extract>,
) -> (Vec<Signal>, Vec<crate::measures::Increment>) {
    let (catalogue, framework) = (practice.catalogue, practice.framework);
    let brief = CaseInBrief { team, records, extract, catalogue, framework };
    // The rules that held when the case was begun hold for it: a figure never changes by the clock.
    let rules = Rules::of(catalogue, framework, team.begun);
    let signals = Signal::of(&brief, &rules);
    let increments = increments(&brief, &signals);
    (signals, increments)
}

/// The gists of a case's records.
#[derive(Default)]
struct Gists {
    team: Option<TeamGist>,
    records: Vec<(RecordId, Gist)>,
    scopes: BTreeMap<RecordId, ScopeId>,
}

impl Gists {
    fn of(rows: &[GistRow]) -> Result<Self, Error> {
        let mut gists = Self::default();
        for row in rows.iter().filter(|row| !row.gist.is_empty()) {
            let gist = minicbor::decode(&row.gist).map_err(|_| Error::Corrupt("gist"))?;
            match gist {
                Gist::Case(case) => gists.team = gists.team.or(case.team),
                other => {
                    gists.records.push((row.record, other));
                    gists.scopes.insert(row.record, row.scope);
                }
            }
        }
        Ok(gists)
    }
}

/// How each sum moves.
fn differences(before: &[Placed], now: &[Placed]) -> Vec<(Key, (i64, i64))> {
    let mut moves = Sums::new();
    for (sign, all) in [(-1, before), (1, now)] {
        for (key, (counted, of_all)) in summed(all) {
            let sum = moves.entry(key).or_default();
            sum.0 += sign * counted;
            sum.1 += sign * of_all;
        }
    }
    moves.into_iter().filter(|(_, change)| *change != (0, 0)).collect()
}

/// The sums that some increments come to.
#[must_use]
pub fn summed(all: &[Placed]) -> Sums {
    let mut sums = Sums::new();
    for Placed { school, increment } in all {
        let key = Key {
            measure: increment.measure,
            school: school.clone(),
            cell: increment.cell.clone(),
            day: increment.day,
        };
        let sum = sums.entry(key).or_default();
        sum.0 += increment.counted;
        sum.1 += increment.of_all;
    }
    sums
}
