//! School terms, half days attended in them, and exclusions.

use jiff::civil::{Date, date};

use crate::demo::roll::{Pupil, SchoolYear, year_begun};
use crate::demo::{Dice, Part, later, working_day};

/// A month and a day in it.
type MonthDay = (i8, i8);

/// First and last day of the four terms: month and day, and whether in the year after the first.
const TERMS: [(MonthDay, MonthDay, bool); 4] = [
    ((8, 19), (10, 9), false),
    ((10, 20), (12, 19), false),
    ((1, 6), (4, 2), true),
    ((4, 20), (6, 25), true),
];

const CAUSES: [&str; 5] = [
    "fighting in the playground",
    "repeated refusal to follow instructions",
    "damage to school property",
    "threatening language to staff",
    "leaving the school grounds again and again",
];

/// A school term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// As in `2025-26 term 1`.
    pub name: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Half days on which the schools were open.
    pub half_days: u16,
}

/// One pupil's half days in one term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attendance {
    /// The pupil, by place in the roll.
    pub pupil: u32,
    /// The term, by place in the area's list.
    pub term: u8,
    /// Half days on which the pupil was expected.
    pub possible: u16,
    /// Half days on which the pupil came. Excluded ones are possible and not attended.
    pub attended: u16,
}

/// A pupil kept out of school for some days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exclusion {
    /// The pupil, by place in the roll.
    pub pupil: u32,
    /// The term, by place in the area's list.
    pub term: u8,
    /// First day.
    pub from: Date,
    /// Half days on which the school was open.
    pub half_days: u16,
    /// Why.
    pub cause: &'static str,
}

/// The last eight terms that were over before `today`: two years.
#[must_use]
pub fn terms_before(today: Date) -> Vec<Term> {
    let begun = year_begun(today);
    let years = begun - 3..=begun;
    let all = years.flat_map(|year| (0..TERMS.len()).map(move |n| term(year, n)));
    let mut over: Vec<Term> = all.filter(|term| term.to < today).collect();
    over.split_off(over.len().saturating_sub(8))
}

fn term(begun: i16, n: usize) -> Term {
    let (first, last, next_year) = TERMS[n];
    let year = begun + i16::from(next_year);
    let (from, to) = (date(year, first.0, first.1), date(year, last.0, last.1));
    let name = format!("{begun}-{:02} term {}", (begun + 1) % 100, n + 1);
    let days = from.series(jiff::Span::new().days(1)).take_while(|day| *day <= to);
    let half_days = 2 * days.filter(|day| working_day(*day) == *day).count() as u16;
    Term { name, from, to, half_days }
}

/// Everybody's attendance and exclusions in `terms`.
#[must_use]
pub fn keep(
    seed: u64,
    today: Date,
    pupils: &[Pupil],
    terms: &[Term],
) -> (Vec<Attendance>, Vec<Exclusion>) {
    let mut attendance = Vec::with_capacity(pupils.len() * terms.len());
    let mut exclusions = Vec::new();
    for (at, pupil) in (0_u32..).zip(pupils) {
        let mut dice = Dice::new(seed, Part::Attendance(at));
        let habit = habit(&mut dice, pupil);
        for (n, term) in (0_u8..).zip(terms) {
            // Before P1 there is no school to miss.
            let Some(year) = SchoolYear::of(pupil.born, term.from) else { continue };
            let exclusion =
                exclude(&mut dice, pupil, year, term).map(|(from, half_days, cause)| Exclusion {
                    pupil: at,
                    term: n,
                    from,
                    half_days,
                    cause,
                });
            let out = exclusion.map_or(0, |exclusion| exclusion.half_days);
            let attended = attended(&mut dice, habit, term.half_days - out);
            attendance.push(Attendance { pupil: at, term: n, possible: term.half_days, attended });
            exclusions.extend(exclusion);
        }
    }
    debug_assert!(terms.iter().all(|term| term.to < today));
    (attendance, exclusions)
}

/// Half days in a thousand that a pupil usually misses.
fn habit(dice: &mut Dice, pupil: &Pupil) -> i32 {
    let stage = pupil.stage.map_or(0, i32::from);
    match dice.weighted(&[70, 20, 10]) {
        0 => dice.between(5, 70) + 15 * stage,
        1 => dice.between(60, 130) + 20 * stage,
        _ => dice.between(110, 250) + 40 * stage,
    }
}

fn attended(dice: &mut Dice, habit: i32, expected: u16) -> u16 {
    let missed = (habit + dice.between(-30, 30)).clamp(0, 900) * i32::from(expected) / 1_000;
    expected - missed as u16
}

/// First day, half days and cause, for the few it happens to: hardly ever before P5.
fn exclude(
    dice: &mut Dice,
    pupil: &Pupil,
    year: SchoolYear,
    term: &Term,
) -> Option<(Date, u16, &'static str)> {
    let in_a_thousand = match (pupil.stage, year.is_secondary()) {
        (None, true) => 4,
        (None, false) => 0,
        (Some(stage), true) => 25 * u32::from(stage),
        (Some(stage), false) => 6 * u32::from(stage),
    };
    if year.years_before() < 4 || dice.below(1_000) >= in_a_thousand {
        return None;
    }
    let days = dice.between(1, 5);
    // Over before the term is, weekends and all.
    let room = (term.to - term.from).get_days() - 12;
    let from = working_day(later(term.from, dice.between(1, room)));
    Some((from, 2 * days as u16, *dice.pick(&CAUSES)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::Area;

    const TODAY: Date = date(2026, 11, 22);

    #[test]
    fn eight_terms_are_over_and_do_not_overlap() {
        for today in [TODAY, date(2026, 8, 1), date(2027, 3, 31), date(2026, 12, 19)] {
            let terms = terms_before(today);
            assert_eq!(terms.len(), 8);
            assert!(terms.iter().all(|term| term.from < term.to && term.to < today));
            assert!(terms.windows(2).all(|pair| pair[0].to < pair[1].from));
            assert!(terms.iter().all(|term| (60..=130).contains(&term.half_days)), "{terms:?}");
        }
        assert_eq!(terms_before(TODAY)[7].name, "2026-27 term 1");
    }

    #[test]
    fn nobody_attends_more_than_was_possible_or_before_school_age() {
        let area = Area::invent(2, TODAY);
        let mut out = std::collections::BTreeMap::new();
        for exclusion in &area.exclusions {
            let term = &area.terms[usize::from(exclusion.term)];
            let last = later(exclusion.from, i32::from(exclusion.half_days / 2) + 2);
            assert!(exclusion.from >= term.from && last <= term.to);
            assert_eq!(working_day(exclusion.from), exclusion.from);
            out.insert((exclusion.pupil, exclusion.term), exclusion.half_days);
        }
        for row in &area.attendance {
            let term = &area.terms[usize::from(row.term)];
            let excluded = out.remove(&(row.pupil, row.term)).unwrap_or(0);
            assert!(row.attended + excluded <= row.possible && row.possible == term.half_days);
            let born = area.pupils[row.pupil as usize].born;
            assert!(SchoolYear::of(born, term.from).is_some());
        }
        assert!(out.is_empty(), "every exclusion is of a term that the pupil has");
        assert!(area.attendance.is_sorted_by_key(|row| (row.pupil, row.term)));
    }

    #[test]
    fn absence_and_exclusion_look_like_an_area_s() {
        let area = Area::invent(2, TODAY);
        let year = area.attendance.iter().filter(|row| row.term >= 4);
        let (mut possible, mut attended, mut persistent) = (0_u32, 0_u32, 0);
        let mut by_pupil = std::collections::BTreeMap::<u32, (u32, u32)>::new();
        for row in year {
            let sums = by_pupil.entry(row.pupil).or_default();
            *sums = (sums.0 + u32::from(row.possible), sums.1 + u32::from(row.attended));
        }
        for (of_pupil, came) in by_pupil.values() {
            (possible, attended) = (possible + of_pupil, attended + came);
            persistent += usize::from((of_pupil - came) * 10 >= *of_pupil);
        }
        let percent = attended * 100 / possible;
        assert!((90..=96).contains(&percent), "{percent}% attended");
        let percent = persistent * 100 / by_pupil.len();
        assert!((10..=30).contains(&percent), "{percent}% persistently absent");
        assert!((200..1_500).contains(&area.exclusions.len()), "{}", area.exclusions.len());
    }
}
