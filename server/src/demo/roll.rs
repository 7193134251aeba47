//! Families and the pupil roll. Siblings share home, guardians and schools.

use std::fmt;

use jiff::civil::{Date, date};

use crate::demo::area::{Cluster, School};
use crate::demo::{Dice, later, names};

const LANGUAGES: [(&str, u32); 7] = [
    ("English", 88),
    ("Polish", 4),
    ("Urdu", 2),
    ("Ukrainian", 2),
    ("Arabic", 2),
    ("British Sign Language", 1),
    ("Gaelic", 1),
];

/// Most leave after S4 at the earliest; the last two years are smaller.
const YEAR_WEIGHTS: [u32; 13] = [100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 80, 60];

/// A year of school: 0 is P1, 7 is S1, 12 is S6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchoolYear(u8);

/// A home with children at school.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// The name most of its members bear.
    pub name: String,
    /// Where it lives.
    pub address: String,
    /// What is spoken at home.
    pub language: &'static str,
    /// One or two grown-ups.
    pub guardians: Vec<Guardian>,
    /// Where its children go to school.
    pub cluster: usize,
}

/// A grown-up who looks after the family's children.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guardian {
    /// First name.
    pub given: &'static str,
    /// Family name.
    pub family: String,
    /// What they are to the children.
    pub relation: &'static str,
    /// Day of birth.
    pub born: Date,
}

/// A pupil on the roll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pupil {
    /// First name.
    pub given: &'static str,
    /// Family name.
    pub family_name: String,
    /// A girl; else a boy.
    pub girl: bool,
    /// Day of birth.
    pub born: Date,
    /// The school.
    pub school: usize,
    /// The home.
    pub home: usize,
    /// The stage at which a team works with the pupil, 1 to 3; none for most.
    pub stage: Option<u8>,
}

impl SchoolYear {
    /// The year of somebody of this day of birth, or nothing if they are not of school age then.
    /// Children born from March to the next February begin together in the August in which the
    /// eldest of them are five.
    #[must_use]
    pub fn of(born: Date, on: Date) -> Option<Self> {
        let cohort = if born.month() >= 3 { born.year() } else { born.year() - 1 };
        u8::try_from(year_begun(on) - cohort - 5).ok().filter(|year| *year <= 12).map(Self)
    }

    /// Whether it is one of the secondary school's.
    #[must_use]
    pub const fn is_secondary(self) -> bool {
        self.0 >= 7
    }

    /// How many years of school went before it.
    #[must_use]
    pub const fn years_before(self) -> u8 {
        self.0
    }
}

/// Written `P1` to `P7`, `S1` to `S6`.
impl fmt::Display for SchoolYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_secondary() {
            write!(f, "S{}", self.0 - 6)
        } else {
            write!(f, "P{}", self.0 + 1)
        }
    }
}

/// The calendar year in which the school year around `on` began.
pub(super) fn year_begun(on: Date) -> i16 {
    if on.month() >= 8 { on.year() } else { on.year() - 1 }
}

/// Families and as many pupils as `size`.
pub fn enrol(
    dice: &mut Dice,
    (today, size): (Date, usize),
    clusters: &[Cluster],
    schools: &[School],
) -> (Vec<Family>, Vec<Pupil>) {
    let (mut families, mut pupils) = (Vec::new(), Vec::with_capacity(size));
    while pupils.len() < size {
        let cluster = dice.below(clusters.len() as u32) as usize;
        let primary = *dice.pick(&clusters[cluster].primaries);
        let places = (primary, clusters[cluster].secondary);
        let born = births(dice, today, size - pupils.len());
        let family = family(dice, cluster, &schools[primary].town, &born);
        pupils.extend(children(dice, families.len(), &family, places, (&born, today)));
        families.push(family);
    }
    (families, pupils)
}

/// Days of birth of a family's children, oldest first.
fn births(dice: &mut Dice, today: Date, room: usize) -> Vec<Date> {
    let wanted = (1 + dice.weighted(&[40, 38, 16, 6])).min(room);
    let mut years: Vec<usize> = Vec::new();
    while years.len() < wanted {
        let year = dice.weighted(&YEAR_WEIGHTS);
        if !years.contains(&year) {
            years.push(year);
        }
    }
    years.sort_unstable_by(|a, b| b.cmp(a));
    // About the same time of year, so that no two are born within ten months of each other.
    let day = dice.between(30, 334);
    let first_of = |year: usize| date(year_begun(today) - 5 - year as i16, 3, 1);
    let mut born: Vec<Date> =
        years.iter().map(|year| later(first_of(*year), day + dice.between(-30, 30))).collect();
    if born.len() < room && dice.chance(2) {
        born.push(born[born.len() - 1]);
    }
    born
}

fn family(dice: &mut Dice, cluster: usize, town: &str, born: &[Date]) -> Family {
    let name = names::family(dice);
    let language = LANGUAGES[dice.weighted(&LANGUAGES.map(|(_, weight)| weight))].0;
    let address = names::address(dice, town);
    let guardians = guardians(dice, &name, born[0]);
    Family { name, address, language, guardians, cluster }
}

fn guardians(dice: &mut Dice, name: &str, eldest: Date) -> Vec<Guardian> {
    let relations: &[&str] = match dice.weighted(&[60, 22, 5, 3, 6, 4]) {
        0 => &["mother", "father"],
        1 => &["mother"],
        2 => &["father"],
        3 => &["grandmother"],
        4 => &["mother", "stepfather"],
        _ => &["foster carer"],
    };
    relations.iter().map(|relation| guardian(dice, name, eldest, relation)).collect()
}

fn guardian(dice: &mut Dice, name: &str, eldest: Date, relation: &'static str) -> Guardian {
    let (least, most) = match relation {
        "grandmother" => (40, 55),
        "foster carer" => (28, 48),
        _ => (18, 33),
    };
    let woman = matches!(relation, "mother" | "grandmother" | "foster carer");
    let own_name = matches!(relation, "stepfather" | "foster carer") || dice.chance(20);
    Guardian {
        given: names::adult(dice, woman),
        family: if own_name { names::family(dice) } else { name.to_owned() },
        relation,
        born: later(eldest, -366 * dice.between(least, most) - dice.between(0, 364)),
    }
}

fn children(
    dice: &mut Dice,
    home: usize,
    family: &Family,
    (primary, secondary): (usize, usize),
    (born, today): (&[Date], Date),
) -> Vec<Pupil> {
    // Need runs in families: a fifth of the homes has most of the children that teams work with.
    let percent = if dice.chance(20) { 42 } else { 5 };
    let mut children: Vec<Pupil> = Vec::new();
    for born in born {
        let girl = dice.chance(49);
        let mut given = names::child(dice, girl);
        while children.iter().any(|other| other.given == given) {
            given = names::child(dice, girl);
        }
        let year = SchoolYear::of(*born, today);
        let is_secondary = year.is_some_and(SchoolYear::is_secondary);
        let stage = dice.chance(percent).then(|| 1 + dice.weighted(&[60, 29, 11]) as u8);
        children.push(Pupil {
            given,
            family_name: family.name.clone(),
            girl,
            born: *born,
            school: if is_secondary { secondary } else { primary },
            home,
            stage,
        });
    }
    children
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::area::Size;
    use crate::demo::{Area, SchoolSort};

    const TODAY: Date = date(2026, 11, 22);

    fn year(born: Date, on: Date) -> Option<String> {
        SchoolYear::of(born, on).map(|year| year.to_string())
    }

    #[test]
    fn the_year_begins_in_august_and_the_cohort_in_march() {
        let first = Some("P1".to_owned());
        assert_eq!(year(date(2021, 3, 1), date(2026, 8, 20)), first);
        assert_eq!(year(date(2022, 2, 28), date(2027, 6, 20)), first);
        assert_eq!(year(date(2022, 3, 1), date(2027, 6, 20)), None);
        assert_eq!(year(date(2014, 2, 28), TODAY).as_deref(), Some("S2"));
        assert_eq!(year(date(2009, 3, 1), TODAY).as_deref(), Some("S6"));
        assert_eq!(year(date(2009, 2, 28), TODAY), None);
    }

    #[test]
    fn the_roll_is_full_and_everybody_is_in_the_right_school() {
        for today in [TODAY, date(2027, 2, 1), date(2024, 8, 1)] {
            let area = Area::invent(5, today);
            assert_eq!(area.pupils.len(), Size::default().pupils);
            for pupil in &area.pupils {
                let year = area.year_of(pupil).expect("of school age");
                let school = &area.schools[pupil.school];
                assert_eq!(year.is_secondary(), school.sort == SchoolSort::Secondary);
                assert_eq!(school.cluster, area.families[pupil.home].cluster);
                let age = today.year() - pupil.born.year();
                assert!((4..=18).contains(&age), "{age}");
            }
        }
    }

    #[test]
    fn about_twelve_in_a_hundred_are_staged_and_fewer_the_higher() {
        let area = Area::invent(5, TODAY);
        let at = |stage| area.pupils.iter().filter(|pupil| pupil.stage == Some(stage)).count();
        let counts = [1, 2, 3].map(at);
        assert!((1_400..1_750).contains(&counts.iter().sum::<usize>()), "{counts:?}");
        assert!(counts[0] > counts[1] && counts[1] > counts[2] && counts[2] > 100, "{counts:?}");
    }

    #[test]
    fn a_family_holds_together() {
        let area = Area::invent(5, TODAY);
        let mut with_siblings = 0;
        let homes = area.pupils.chunk_by(|one, other| one.home == other.home);
        for (home, children) in homes.enumerate() {
            let family = &area.families[home];
            assert!(children.iter().all(|child| child.home == home), "a home's children together");
            for pair in children.windows(2) {
                let days = (pair[1].born - pair[0].born).get_days();
                assert!(days == 0 || days > 300, "{days} days");
                assert_ne!(pair[0].given, pair[1].given);
                with_siblings += 1;
            }
            for guardian in &family.guardians {
                let ages = children.iter().map(|child| child.born.year() - guardian.born.year());
                assert!(ages.clone().all(|age| age >= 17), "{:?}", ages.collect::<Vec<_>>());
            }
            assert!((1..=2).contains(&family.guardians.len()));
        }
        assert!(with_siblings > 3_000);
        assert_eq!(area.families.len(), area.pupils[area.pupils.len() - 1].home + 1);
    }
}
