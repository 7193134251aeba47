//! Exact figures of a cluster for whoever leads it, each with its definition, and the cases behind them.
//! Cases that are kept from the reader are taken out, so that no difference tells of them.

use std::collections::BTreeMap;

use sync_core::framework::Catalogue;
use sync_core::ids::{CaseId, ClusterId, RecordId};
use sync_core::policy::{ClusterAction, Summaries, decide_in_cluster};
use sync_core::record::envelope::Envelope;
use sync_core::record::schema::Fact;
use sync_core::time::Date;
use sync_core::view::header;
use sync_core::view::signals::Sign;

use super::Reader;
use crate::db::figures::{RowOf, Sum};
use crate::db::{self, Conn, Error};
use crate::ingest::moves;
use crate::measures::bands::BANDS;
use crate::measures::catalogue::{self, MEASURES, Measure, NO_DAY, Sort};
use crate::service::histories::{self, CaseState};

/// Cases shown behind a figure; more are counted in the figure itself.
pub const BEHIND: usize = 200;

/// Some days, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Period {
    /// The first.
    pub from: Date,
    /// The last; stocks are told of this day.
    pub to: Date,
}

/// A measure with its figures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Figure {
    /// What it is.
    pub measure: &'static Measure,
    /// Its rows, those of a framework in the framework's order.
    pub rows: Vec<Row>,
}

/// A row of a measure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Its code.
    pub cell: String,
    /// What a screen shows.
    pub label: String,
    /// What is counted.
    pub counted: i64,
    /// Of how many; zero where the measure is no share.
    pub of_all: i64,
}

/// A case behind a figure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Behind {
    /// The case.
    pub case: CaseId,
    /// The child's name.
    pub name: String,
    /// The day on which it is counted.
    pub day: Date,
    /// The record that it comes from, if it is open to the reader.
    pub record: Option<RecordId>,
}

/// Every measure of a cluster in a period, of one school or all; none for whoever may not read it.
///
/// # Errors
/// The database's failure.
pub fn of_cluster(
    conn: &mut Conn,
    reader: &Reader,
    cluster: &ClusterId,
    period: Period,
    school: Option<&str>,
) -> Result<Option<Vec<Figure>>, Error> {
    if !may_read(reader, *cluster) {
        return Ok(None);
    }
    let labels = Labels::of(conn, reader, cluster)?;
    let mut figures = Vec::new();
    for measure in MEASURES {
        let mut sums = BTreeMap::new();
        for (cell, days, only) in parts(measure, period) {
            let found = visible_sums(conn, reader, cluster, measure.code, days)?;
            for sum in found.into_iter().filter(|sum| school.is_none_or(|it| it == sum.school)) {
                let cell = cell.map_or(sum.cell, str::to_owned);
                let row: &mut (i64, i64) = sums.entry(cell).or_default();
                row.0 += if only == Only::OfAll { 0 } else { sum.counted };
                row.1 += if only == Only::Counted { 0 } else { sum.of_all };
            }
        }
        sums.retain(|_, sum| *sum != (0, 0));
        figures.push(Figure { measure, rows: labels.rows(measure, sums) });
    }
    Ok(Some(figures))
}

/// The schools of a cluster that figures know, but for those of cases only that are kept from the reader.
///
/// # Errors
/// The database's failure.
pub fn schools(
    conn: &mut Conn,
    reader: &Reader,
    cluster: &ClusterId,
) -> Result<Vec<String>, Error> {
    let of = (cluster, &reader.principal.user);
    let mut schools = db::figures::schools(conn, of, catalogue::LEAD_NAMED)?;
    schools.sort();
    Ok(schools)
}

/// The cases behind a row, of one school or all, newest first; none for whoever may not read the cluster's figures.
///
/// # Errors
/// The database's failure.
pub fn behind(
    conn: &mut Conn,
    reader: &Reader,
    cluster: &ClusterId,
    (measure, cell, school): (&'static Measure, &str, Option<&str>),
    period: Period,
) -> Result<Option<Vec<Behind>>, Error> {
    if !may_read(reader, *cluster) {
        return Ok(None);
    }
    let (of, mut found) = ((cluster, &reader.principal.user), Vec::new());
    for (part, days, only) in parts(measure, period) {
        let stored = if part.is_some() { "" } else { cell };
        if only != Only::OfAll && part.is_none_or(|part| part == cell) {
            let row = RowOf { measure: measure.code, cell: stored, school };
            found.extend(db::figures::behind(conn, of, row, days, BEHIND as i64)?);
        }
    }
    let mut all = Vec::new();
    for (case, day, record) in found {
        let Some(state) = reader.case(conn, &case)?.filter(|state| reader.reads_team(state)) else {
            continue;
        };
        let record = match record {
            Some(record) => open_record(conn, reader, &state, &record)?,
            None => None,
        };
        let day = Date::from_number(day).ok_or(Error::Corrupt("day"))?;
        all.push(Behind { case, name: name_of(reader, &state), day, record });
    }
    Ok(Some(all))
}

fn name_of(reader: &Reader, state: &CaseState) -> String {
    let team = state.team.as_ref();
    team.map(|team| header(team, &reader.merging(state)).name).unwrap_or_default()
}

/// The id of a record, if it is open to the reader.
fn open_record(
    conn: &mut Conn,
    reader: &Reader,
    state: &CaseState,
    record: &RecordId,
) -> Result<Option<RecordId>, Error> {
    let Some(row) = db::records::by_id(conn, record)? else { return Ok(None) };
    let envelope = Envelope::decode(&row.envelope).map_err(|_| Error::Corrupt("envelope"))?;
    Ok(reader.may_read(state, &moves::facts(conn, &envelope)?).then_some(row.id))
}

fn may_read(reader: &Reader, cluster: ClusterId) -> bool {
    let read = ClusterAction::ReadSummaries(Summaries::Cluster);
    decide_in_cluster(&reader.principal, cluster, &read).is_ok()
}

/// Which of a sum's numbers a part is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Only {
    Both,
    Counted,
    OfAll,
}

/// From which days a measure's figures are summed: a row's name, if the days make the row, the days, and
/// which number.
fn parts(measure: &Measure, period: Period) -> Vec<(Option<&'static str>, (i32, i32), Only)> {
    let (from, to) = (period.from.number(), period.to.number());
    match measure.sort {
        Sort::Stock => vec![(None, (i32::MIN, to), Only::Both)],
        Sort::Flow => vec![(None, (from, to), Only::Both)],
        Sort::Now => vec![(None, (i32::MIN, i32::MAX), Only::Both)],
        Sort::Due => {
            vec![(None, (i32::MIN, to - 1), Only::Counted), (None, (i32::MIN, NO_DAY), Only::OfAll)]
        }
        Sort::Waiting => {
            let mut newest = to;
            let part = |band: &'static crate::measures::bands::Band| {
                let oldest = to.checked_sub(band.up_to).unwrap_or(i32::MIN);
                let days = (oldest.min(newest), newest);
                newest = oldest.saturating_sub(1);
                (Some(band.code), days, Only::Both)
            };
            BANDS.iter().map(part).collect()
        }
    }
}

/// The sums of a measure without what comes from cases that are kept from the reader.
fn visible_sums(
    conn: &mut Conn,
    reader: &Reader,
    cluster: &ClusterId,
    measure: i16,
    days: (i32, i32),
) -> Result<Vec<Sum>, Error> {
    let mut sums = db::figures::sums(conn, cluster, measure, days)?;
    let user = &reader.principal.user;
    let hidden = db::figures::kept_from(conn, (cluster, user), measure, days)?;
    let less = |sum| Sum { counted: -sum_of(&sum).0, of_all: -sum_of(&sum).1, ..sum };
    sums.extend(hidden.into_iter().map(less));
    Ok(sums)
}

const fn sum_of(sum: &Sum) -> (i64, i64) {
    (sum.counted, sum.of_all)
}

/// What rows are called.
struct Labels<'a> {
    catalogue: &'a Catalogue,
    framework: Option<String>,
    /// Agencies by id in text; one whose involvement is sensitive has no name of its own.
    agencies: BTreeMap<String, String>,
}

impl<'a> Labels<'a> {
    fn of(conn: &mut Conn, reader: &'a Reader, cluster: &ClusterId) -> Result<Self, Error> {
        let framework = histories::framework_of(conn, &reader.catalogue, cluster)?;
        let agencies = db::agencies::list(conn)?.into_iter();
        let named = agencies.filter(|it| !it.sensitive).map(|it| (it.id.to_string(), it.name));
        Ok(Self { catalogue: &reader.catalogue, framework, agencies: named.collect() })
    }

    /// The rows in the order in which a screen shows them; rows of one name are one.
    fn rows(&self, measure: &Measure, sums: BTreeMap<String, (i64, i64)>) -> Vec<Row> {
        let mut rows: Vec<(i64, Row)> = Vec::new();
        for (cell, (counted, of_all)) in sums {
            let (rank, label) = self.label(measure, &cell);
            match rows.iter_mut().find(|(_, row)| row.label == label) {
                Some((_, row)) => {
                    row.counted += counted;
                    row.of_all += of_all;
                }
                None => rows.push((rank, Row { cell, label, counted, of_all })),
            }
        }
        rows.sort_by(|one, other| (one.0, &one.1.label).cmp(&(other.0, &other.1.label)));
        rows.into_iter().map(|(_, row)| row).collect()
    }

    fn label(&self, measure: &Measure, cell: &str) -> (i64, String) {
        let framework = self.framework.as_deref().unwrap_or_default();
        match measure.code {
            catalogue::AT_STAGE if cell.contains(':') => self.stage(cell),
            catalogue::LOOKED_AFTER if cell != "none" => {
                let word = self.catalogue.word(framework, "looked_after", cell);
                word.map_or((i64::MAX, cell.to_owned()), |word| (word.rank, word.name.clone()))
            }
            catalogue::COMMITMENTS => {
                let name = self.agencies.get(cell).cloned();
                (0, name.unwrap_or_else(|| "Another service".into()))
            }
            catalogue::WARNINGS => {
                let sign = cell.parse().ok().and_then(Sign::from_code);
                let words = sign.map_or_else(|| cell.to_owned(), |sign| sign.words().to_owned());
                (sign.map_or(i64::MAX, |sign| sign.code().into()), words)
            }
            catalogue::INTERVENTIONS => (0, effect_and_cost(cell)),
            _ => {
                let band = BANDS.iter().position(|band| band.code == cell);
                let rank = band.map_or(i64::MAX, |place| place as i64);
                (rank, catalogue::word(cell).unwrap_or(cell).to_owned())
            }
        }
    }

    fn stage(&self, cell: &str) -> (i64, String) {
        let Some((framework, code)) = cell.split_once(':') else { return (0, cell.to_owned()) };
        let label = self.catalogue.label(framework, Fact::Stage, code).unwrap_or(code);
        let rank = self.catalogue.stage(framework, code).map_or(i64::MAX, |stage| stage.rank);
        let other = self.framework.as_deref().is_some_and(|own| own != framework);
        (rank, if other { format!("{label} ({framework})") } else { label.to_owned() })
    }
}

fn effect_and_cost(cell: &str) -> String {
    let (effect, cost) = cell.split_once(':').unwrap_or((cell, "none"));
    let effect = if effect == "none" { "not said".to_owned() } else { effect.to_owned() };
    let cost = if cost == "none" { "not said" } else { cost };
    format!("Effect {effect}, cost {cost}")
}
