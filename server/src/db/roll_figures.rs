//! Figures of the roll by school, for measures. Exact: whoever publishes them hides the small ones.

use diesel::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Text};
use sync_core::ids::ClusterId;
use sync_core::time::Date;

use super::{Conn, Error};
use crate::on_backend;

/// A school's half days in one term.
#[derive(Clone, PartialEq, Eq, Debug, QueryableByName)]
pub struct TermFigures {
    /// The school's name.
    #[diesel(sql_type = Text)]
    pub school: String,
    /// The term's name.
    #[diesel(sql_type = Text)]
    pub term: String,
    /// Its first day.
    #[diesel(sql_type = Text)]
    pub from_day: String,
    /// Pupils who were expected at all.
    #[diesel(sql_type = BigInt)]
    pub pupils: i64,
    /// Half days on which they were.
    #[diesel(sql_type = BigInt)]
    pub possible: i64,
    /// Half days on which they came.
    #[diesel(sql_type = BigInt)]
    pub attended: i64,
    /// Pupils whose absence was persistent by the limit that held on the term's first day.
    #[diesel(sql_type = BigInt)]
    pub persistent: i64,
}

/// A school's exclusions in some days.
#[derive(Clone, PartialEq, Eq, Debug, QueryableByName)]
pub struct ExclusionFigures {
    /// The school's name.
    #[diesel(sql_type = Text)]
    pub school: String,
    /// Exclusions.
    #[diesel(sql_type = BigInt)]
    pub exclusions: i64,
    /// Half days of them.
    #[diesel(sql_type = BigInt)]
    pub half_days: i64,
    /// Pupils who were excluded.
    #[diesel(sql_type = BigInt)]
    pub pupils: i64,
    /// Pupils who were more than once.
    #[diesel(sql_type = BigInt)]
    pub repeated: i64,
}

/// An exclusion so long that somebody must teach the pupil.
#[derive(Clone, PartialEq, Eq, Debug, QueryableByName)]
pub struct LongExclusion {
    /// The school's id.
    #[diesel(sql_type = Binary)]
    pub school: Vec<u8>,
    /// The first day.
    #[diesel(sql_type = Text)]
    pub from_day: String,
    /// For how many half days.
    #[diesel(sql_type = Integer)]
    pub half_days: i32,
    /// Whether the pupil is looked after, who must be taught from the first day.
    #[diesel(sql_type = Bool)]
    pub looked_after: bool,
}

/// As both databases write places for values; SQLite's are numbered with another sign.
fn sql(conn: &Conn, text: &str) -> String {
    match conn {
        Conn::Sqlite(_) => text.replace('$', "?"),
        Conn::Pg(_) => text.to_owned(),
    }
}

/// Half days by school and term of a cluster. `limits` are those of persistent absence in percent, each
/// with the day from which it holds, oldest first; without one nobody's absence is persistent.
///
/// # Errors
/// The database's failure.
pub fn attendance(
    conn: &mut Conn,
    cluster: &ClusterId,
    limits: &[(Date, f64)],
) -> Result<Vec<TermFigures>, Error> {
    // Days and numbers of our own types: nothing of them needs quoting.
    let newest_first = limits.iter().rev();
    let cases: String = newest_first
        .map(|(from, percent)| format!(" WHEN attendance.from_day >= '{from}' THEN {percent}"))
        .collect();
    let limit =
        if cases.is_empty() { "101".to_owned() } else { format!("CASE{cases} ELSE 101 END") };
    let text = format!(
        "SELECT schools.name AS school, attendance.term AS term, attendance.from_day AS from_day, \
         CAST(count(*) AS BIGINT) AS pupils, CAST(sum(possible) AS BIGINT) AS possible, \
         CAST(sum(attended) AS BIGINT) AS attended, \
         CAST(sum(CASE WHEN (possible - attended) * 100 >= possible * ({limit}) \
         THEN 1 ELSE 0 END) AS BIGINT) AS persistent \
         FROM attendance JOIN pupils ON pupils.id = attendance.pupil_id \
         JOIN schools ON schools.id = pupils.school_id \
         WHERE schools.cluster_id = $1 AND possible > 0 \
         GROUP BY schools.name, attendance.term, attendance.from_day \
         ORDER BY schools.name, attendance.from_day, attendance.term"
    );
    let text = sql(conn, &text);
    let cluster = cluster.as_bytes().as_slice();
    Ok(on_backend!(conn, c => diesel::sql_query(text).bind::<Binary, _>(cluster).load(c))?)
}

/// Exclusions by school of a cluster that began from one day to another, both counted.
///
/// # Errors
/// The database's failure.
pub fn exclusions(
    conn: &mut Conn,
    cluster: &ClusterId,
    (from, to): (Date, Date),
) -> Result<Vec<ExclusionFigures>, Error> {
    let text = sql(
        conn,
        "SELECT school, CAST(sum(n) AS BIGINT) AS exclusions, CAST(sum(h) AS BIGINT) AS half_days, \
         CAST(count(*) AS BIGINT) AS pupils, \
         CAST(sum(CASE WHEN n > 1 THEN 1 ELSE 0 END) AS BIGINT) AS repeated \
         FROM (SELECT schools.name AS school, count(*) AS n, sum(half_days) AS h \
         FROM exclusions JOIN pupils ON pupils.id = exclusions.pupil_id \
         JOIN schools ON schools.id = pupils.school_id \
         WHERE schools.cluster_id = $1 AND from_day >= $2 AND from_day <= $3 \
         GROUP BY schools.name, exclusions.pupil_id) AS t GROUP BY school ORDER BY school",
    );
    let cluster = cluster.as_bytes().as_slice();
    let (from, to) = (from.to_string(), to.to_string());
    Ok(on_backend!(conn, c => diesel::sql_query(text)
        .bind::<Binary, _>(cluster)
        .bind::<Text, _>(&from)
        .bind::<Text, _>(&to)
        .load(c))?)
}

/// Exclusions of a cluster that began from one day to another and last longer than `half_days`, or are of
/// pupils who are looked after. From when each is to be taught is for the school's calendar to say.
///
/// # Errors
/// The database's failure.
pub fn to_be_taught(
    conn: &mut Conn,
    cluster: &ClusterId,
    (from, to): (Date, Date),
    half_days: i32,
) -> Result<Vec<LongExclusion>, Error> {
    let text = sql(
        conn,
        "SELECT pupils.school_id AS school, from_day, half_days, looked_after \
         FROM exclusions JOIN pupils ON pupils.id = exclusions.pupil_id \
         JOIN schools ON schools.id = pupils.school_id \
         WHERE schools.cluster_id = $1 AND from_day >= $2 AND from_day <= $3 \
         AND (half_days > $4 OR looked_after) ORDER BY from_day, exclusions.pupil_id",
    );
    let cluster = cluster.as_bytes().as_slice();
    let (from, to) = (from.to_string(), to.to_string());
    Ok(on_backend!(conn, c => diesel::sql_query(text)
        .bind::<Binary, _>(cluster)
        .bind::<Text, _>(&from)
        .bind::<Text, _>(&to)
        .bind::<Integer, _>(half_days)
        .load(c))?)
}
