//! Which days are worked: an agency's or a school's own.

use serde::{Deserialize, Serialize};

use crate::framework::items::Origin;
use crate::time::Date;

/// The days on which an agency or a school works.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Calendar {
    /// What a clock names.
    pub code: String,
    /// What a screen shows.
    pub name: String,
    /// The first day it knows.
    pub covers_from: Date,
    /// The last day it knows.
    pub covers_to: Date,
    /// Days or runs of days that are not worked, beside Saturdays and Sundays.
    #[serde(default)]
    pub holidays: Vec<Holiday>,
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: Origin,
}

/// Days that are not worked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Holiday {
    /// The first day.
    pub from: Date,
    /// The last day; none: one day.
    pub to: Option<Date>,
    /// What it is called.
    pub name: String,
}

impl Calendar {
    /// Whether `day` is worked; none for a day the calendar does not reach.
    #[must_use]
    pub fn is_working_day(&self, day: Date) -> Option<bool> {
        if day < self.covers_from || day > self.covers_to {
            return None;
        }
        Some(!day.is_weekend() && !self.holidays.iter().any(|holiday| holiday.holds(day)))
    }

    /// The `days`th working day after `start` (before it, when negative); `start` does not count,
    /// and zero is `start` itself.
    ///
    /// None where the calendar does not reach: an unknown holiday would make the date wrong.
    #[must_use]
    pub fn add_working_days(&self, start: Date, days: i32) -> Option<Date> {
        let step = days.signum();
        let (mut day, mut left) = (start, days.unsigned_abs());
        while left > 0 {
            day = day.plus_days(step)?;
            if self.is_working_day(day)? {
                left -= 1;
            }
        }
        Some(day)
    }
}

impl Holiday {
    fn holds(&self, day: Date) -> bool {
        self.from <= day && day <= self.to.unwrap_or(self.from)
    }
}
