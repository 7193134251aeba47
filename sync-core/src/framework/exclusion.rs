//! What follows from keeping a pupil out of school: from which day somebody must teach them, and how
//! much of a school year they have been out.

use crate::framework::{Calendar, Clock, Framework};
use crate::time::Date;

/// The clock of full-time education for an excluded pupil; its days count school days after the first.
const PROVISION: &str = "exclusion_provision";
/// The same clock for a pupil who is looked after.
const PROVISION_LOOKED_AFTER: &str = "exclusion_provision_looked_after";
/// The code of the limit of days in a school year.
const A_YEAR: &str = "exclusion_days_a_year";

/// The `nth` school day, from 1, of an exclusion from a day on, which may itself be no school day. None
/// where the calendar does not reach: an unknown holiday would make the date wrong.
#[must_use]
pub fn school_day(excluded_from: Date, nth: u32, calendar: &Calendar) -> Option<Date> {
    let before = excluded_from.plus_days(-1)?;
    // The day itself must be known, or the first school day would be a guess.
    calendar.is_working_day(excluded_from)?;
    calendar.add_working_days(before, i32::try_from(nth).ok()?)
}

/// The sixth school day of an exclusion by the school's own calendar; none where it does not reach.
#[must_use]
pub fn day_six(excluded_from: Date, calendar: &Calendar) -> Option<Date> {
    school_day(excluded_from, 6, calendar)
}

/// From when an excluded pupil is to be taught by local practice and the school's own calendar; none
/// where practice has no checked clock, where the exclusion is over before, or where the calendar does
/// not reach.
#[must_use]
pub fn education_from(
    framework: &Framework,
    (excluded_from, half_days): (Date, u16),
    looked_after: bool,
    calendar: &Calendar,
) -> Option<Date> {
    let clock = if looked_after { PROVISION_LOOKED_AFTER } else { PROVISION };
    let Clock::Days { days, .. } = framework.clock(clock)? else { return None };
    let lasts_until_then = u32::from(half_days) > days.checked_mul(2)?;
    if !lasts_until_then {
        return None;
    }
    school_day(excluded_from, days.checked_add(1)?, calendar)
}

/// The school year of a day, by its first day: a year begins with the first term after July.
#[must_use]
pub fn school_year(day: Date) -> Option<Date> {
    let begun = Date::of(day.year(), 8, 1)?;
    if day >= begun { Some(begun) } else { Date::of(day.year() - 1, 8, 1) }
}

/// Half days of exclusion in the school year of a day.
#[must_use]
pub fn half_days_in_year(exclusions: &[(Date, u16)], day: Date) -> u32 {
    let year = school_year(day);
    let of_it = exclusions.iter().filter(|(from, _)| school_year(*from) == year);
    of_it.map(|(_, half_days)| u32::from(*half_days)).sum()
}

/// Whether the exclusions of a day's school year are more than local practice allows in one; none where
/// it names no limit in days.
#[must_use]
pub fn is_over_a_year(
    framework: &Framework,
    exclusions: &[(Date, u16)],
    day: Date,
) -> Option<bool> {
    let limit = framework.threshold(A_YEAR, day).filter(|limit| limit.unit == "days")?;
    Some(f64::from(half_days_in_year(exclusions, day)) > 2.0 * limit.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::Catalogue;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    /// A school that is closed for a week in October, and on a Monday of its own.
    fn school() -> Calendar {
        serde_json::from_value(serde_json::json!({
            "code": "schools", "name": "Glen Primary",
            "covers_from": "2026-09-01", "covers_to": "2027-07-20",
            "holidays": [
                { "from": "2026-10-26", "to": "2026-10-30", "name": "Half term" },
                { "from": "2026-11-02", "name": "Training day" },
            ],
        }))
        .unwrap()
    }

    #[test]
    fn the_sixth_day_is_by_the_schools_own_calendar() {
        for (from, sixth) in [
            ("2026-09-07", Some("2026-09-14")), // a Monday; the next Monday
            ("2026-09-04", Some("2026-09-11")), // a Friday
            ("2026-09-05", Some("2026-09-14")), // a Saturday: the first school day is Monday
            ("2026-10-22", Some("2026-11-06")), // over the half term and the training day
            ("2027-07-19", None),               // the calendar ends
            ("2026-08-31", None),               // before the calendar begins
        ] {
            assert_eq!(day_six(day(from), &school()), sixth.map(day), "{from}");
        }
    }

    #[test]
    fn education_begins_on_the_sixth_day_or_on_the_first_for_who_is_looked_after() {
        let catalogue = Catalogue::shipped().unwrap();
        let from = day("2026-09-07");
        for (framework, half_days, looked_after, expected) in [
            ("england-caf", 10, false, None),
            ("england-caf", 11, false, Some("2026-09-14")),
            ("england-caf", 2, true, Some("2026-09-07")),
            ("east-lothian", 20, false, None),
        ] {
            let practice = catalogue.on(framework, from).unwrap();
            let found = education_from(practice, (from, half_days), looked_after, &school());
            assert_eq!(found, expected.map(day), "{framework} {half_days} {looked_after}");
        }
    }

    #[test]
    fn a_year_begins_in_august_and_has_a_limit() {
        let catalogue = Catalogue::shipped().unwrap();
        let england = catalogue.on("england-caf", day("2026-09-01")).unwrap();
        let mut all = vec![(day("2026-07-10"), 60), (day("2026-09-10"), 88)];
        all.push((day("2027-03-01"), 2));
        assert_eq!(half_days_in_year(&all, day("2026-12-01")), 90);
        assert_eq!(is_over_a_year(england, &all, day("2026-12-01")), Some(false));
        all.push((day("2027-07-31"), 1));
        assert_eq!(is_over_a_year(england, &all, day("2026-12-01")), Some(true));
        assert_eq!(half_days_in_year(&all, day("2026-07-31")), 60);
    }
}
