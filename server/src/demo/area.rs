//! The area as a whole: clusters with their schools, and everything that is in them.

use jiff::civil::Date;

use crate::demo::attendance::{self, Attendance, Exclusion, Term};
use crate::demo::event::Event;
use crate::demo::people::{self, Practitioner, Role};
use crate::demo::roll::{self, Family, Pupil, SchoolYear};
use crate::demo::{Dice, Part, history, names};

/// An area with its people. Everything refers to everything else by its place in these lists.
#[derive(Debug, Clone)]
pub struct Area {
    /// What it was made from.
    pub seed: u64,
    /// The day it stands on: nothing in it is later.
    pub today: Date,
    /// The council area's name.
    pub name: &'static str,
    /// A secondary school, its primaries and their team each.
    pub clusters: Vec<Cluster>,
    /// Every school.
    pub schools: Vec<School>,
    /// Everybody who works with children, and who leads them.
    pub practitioners: Vec<Practitioner>,
    /// Homes with children.
    pub families: Vec<Family>,
    /// The roll.
    pub pupils: Vec<Pupil>,
    /// The last eight school terms that were over, oldest first.
    pub terms: Vec<Term>,
    /// Half days by pupil and term, in that order.
    pub attendance: Vec<Attendance>,
    /// Exclusions by pupil.
    pub exclusions: Vec<Exclusion>,
}

/// A cluster of schools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Its town.
    pub name: String,
    /// Its secondary school.
    pub secondary: usize,
    /// Its primary schools.
    pub primaries: Vec<usize>,
}

/// A school.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct School {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub town: String,
    /// Its cluster.
    pub cluster: usize,
    /// Primary or secondary.
    pub sort: SchoolSort,
}

/// Whom a school teaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchoolSort {
    /// The years P1 to P7.
    Primary,
    /// The years S1 to S6.
    Secondary,
}

/// How large an area is. The same seed gives another area at another size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Clusters.
    pub clusters: usize,
    /// Pupils on the roll.
    pub pupils: usize,
}

impl Default for Size {
    /// Six clusters and 13,000 pupils: a small council's area.
    fn default() -> Self {
        Self { clusters: names::TOWNS.len(), pupils: 13_000 }
    }
}

impl Area {
    /// The area of `seed` as it stands on `today`, of the ordinary size.
    #[must_use]
    pub fn invent(seed: u64, today: Date) -> Self {
        Self::of_size(seed, today, Size::default())
    }

    /// An area of another size.
    #[must_use]
    pub fn of_size(seed: u64, today: Date, size: Size) -> Self {
        let mut dice = Dice::new(seed, Part::Area);
        let (clusters, schools) = lay_out(size.clusters);
        let practitioners = people::employ(&mut dice, &clusters);
        let (families, pupils) = roll::enrol(
            &mut Dice::new(seed, Part::Roll),
            (today, size.pupils),
            &clusters,
            &schools,
        );
        let terms = attendance::terms_before(today);
        let (attendance, exclusions) = attendance::keep(seed, today, &pupils, &terms);
        Self {
            seed,
            today,
            name: names::AREA,
            clusters,
            schools,
            practitioners,
            families,
            pupils,
            terms,
            attendance,
            exclusions,
        }
    }

    /// Pupils whom a team works with, by their place in the roll.
    pub fn staged(&self) -> impl Iterator<Item = u32> {
        (0_u32..).zip(&self.pupils).filter(|(_, pupil)| pupil.stage.is_some()).map(|(at, _)| at)
    }

    /// What happened with a pupil, oldest first; nothing for one whom no team works with.
    #[must_use]
    pub fn history(&self, pupil: u32) -> Vec<Event> {
        history::tell(self, pupil)
    }

    /// A child of the first cluster whom no team works with yet, and who misses school: by place
    /// in the roll, the first there is.
    #[must_use]
    pub fn newcomer(&self) -> Option<u32> {
        let misses = |terms: &[Attendance]| {
            let sum = |count: fn(&Attendance) -> u16| -> u32 {
                terms.iter().map(|it| u32::from(count(it))).sum()
            };
            terms.len() == self.terms.len()
                && sum(|it| it.attended) * 100 < sum(|it| it.possible) * 85
        };
        let new_here = |at: &u32| {
            let child = &self.pupils[*at as usize];
            child.stage.is_none() && self.schools[child.school].cluster == 0
        };
        let by_pupil = self.attendance.chunk_by(|one, other| one.pupil == other.pupil);
        let missing = by_pupil.filter(|terms| misses(terms));
        missing.filter_map(|terms| terms.first().map(|it| it.pupil)).find(new_here)
    }

    /// The practitioners of a cluster in a role, by their place in the list.
    pub fn staff(&self, cluster: usize, role: Role) -> impl Iterator<Item = u32> {
        (0_u32..)
            .zip(&self.practitioners)
            .filter(move |(_, person)| person.role == role && person.clusters.contains(&cluster))
            .map(|(at, _)| at)
    }

    /// The school year that a pupil is in.
    #[must_use]
    pub fn year_of(&self, pupil: &Pupil) -> Option<SchoolYear> {
        SchoolYear::of(pupil.born, self.today)
    }
}

/// A secondary school a cluster with six primaries, or five in every sixth.
fn lay_out(count: usize) -> (Vec<Cluster>, Vec<School>) {
    let (mut clusters, mut schools) = (Vec::new(), Vec::new());
    let villages: Vec<_> = names::VILLAGES.chunks(names::TOWNS.len()).collect();
    for at in 0..count {
        let (part, place) = (at / names::TOWNS.len(), at % names::TOWNS.len());
        let town = names::in_part(names::TOWNS[place], part);
        let first = schools.len();
        schools.push(school(town.clone(), at, SchoolSort::Secondary));
        let villages = villages[place].iter().map(|village| names::in_part(village, part));
        schools.extend(villages.map(|village| school(village, at, SchoolSort::Primary)));
        let primaries = (first + 1..schools.len()).collect();
        clusters.push(Cluster { name: town, secondary: first, primaries });
    }
    (clusters, schools)
}

fn school(town: String, cluster: usize, sort: SchoolSort) -> School {
    let name = match sort {
        SchoolSort::Primary => format!("{town} Primary School"),
        SchoolSort::Secondary => format!("{town} Academy"),
    };
    School { name, town, cluster, sort }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 22);

    #[test]
    fn an_area_has_six_clusters_and_41_schools() {
        let (clusters, schools) = lay_out(6);
        assert_eq!((clusters.len(), schools.len()), (6, 41));
        for (at, cluster) in clusters.iter().enumerate() {
            assert_eq!(schools[cluster.secondary].sort, SchoolSort::Secondary);
            assert!(cluster.primaries.len() >= 5);
            for school in cluster.primaries.iter().map(|at| &schools[*at]) {
                assert_eq!((school.cluster, school.sort), (at, SchoolSort::Primary));
            }
        }
    }

    #[test]
    fn a_whole_area_has_two_years_of_work() {
        let area = Area::invent(1, TODAY);
        let events: usize = area.staged().map(|pupil| area.history(pupil).len()).sum();
        assert!(events > 50_000, "{events}");
        assert!(area.attendance.len() > 13_000);
    }
}
