//! How long something may take. A clock that nobody checked never makes a date up.

use serde::{Deserialize, Serialize};

use crate::framework::calendar::Calendar;
use crate::framework::items::Origin;
use crate::time::Date;

/// A time limit of local practice.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Clock {
    /// A checked number of days.
    Days {
        /// What code asks for.
        code: String,
        /// What a screen shows.
        name: String,
        /// From what it runs, in words.
        from: String,
        /// How many days; the starting day does not count.
        days: u32,
        /// Which days count.
        counting: Counting,
        /// Towards which side of the start.
        direction: Direction,
        /// Where it comes from.
        origin: Origin,
    },
    /// Nobody checked how long: a person sets the date.
    AskForDate {
        /// What code asks for.
        code: String,
        /// What a screen shows.
        name: String,
        /// From what it runs, in words.
        from: String,
        /// Where it comes from.
        origin: Origin,
    },
}

/// Which days a clock counts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    /// Every day.
    Calendar,
    /// The days that this calendar of the framework works.
    Working(String),
}

/// Whether a clock runs on from its start or back from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Due after the start.
    #[default]
    After,
    /// Due before it: notice of a meeting.
    Before,
}

/// When something is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// On this day.
    On(Date),
    /// Ask a person: local practice or its calendar does not say.
    Ask,
}

impl Clock {
    /// What code asks for.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Days { code, .. } | Self::AskForDate { code, .. } => code,
        }
    }

    /// What a screen shows.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Days { name, .. } | Self::AskForDate { name, .. } => name,
        }
    }

    /// Where it comes from.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        match self {
            Self::Days { origin, .. } | Self::AskForDate { origin, .. } => origin,
        }
    }

    /// When something that began on `start` is due. A calendar that nobody checked, or that does not
    /// reach far enough, asks as well: an unknown holiday would make the date wrong.
    #[must_use]
    pub fn due(&self, start: Date, calendars: &[Calendar]) -> Due {
        let Self::Days { days, counting, direction, .. } = self else {
            return Due::Ask;
        };
        let Ok(days) = i32::try_from(*days) else {
            return Due::Ask;
        };
        let days = if *direction == Direction::Before { -days } else { days };
        let day = match counting {
            Counting::Calendar => start.plus_days(days),
            Counting::Working(code) => calendars
                .iter()
                .find(|calendar| calendar.code == *code && calendar.origin.verified)
                .and_then(|calendar| calendar.add_working_days(start, days)),
        };
        day.map_or(Due::Ask, Due::On)
    }
}

/// A clock as a file writes it.
#[derive(Deserialize)]
pub(super) struct RawClock {
    code: String,
    name: String,
    #[serde(default)]
    from: String,
    days: Option<u32>,
    #[serde(default)]
    counting: String,
    #[serde(default)]
    calendar: String,
    #[serde(default)]
    direction: Option<String>,
    #[serde(flatten)]
    origin: Origin,
}

impl From<RawClock> for Clock {
    /// Anything but a checked clock that this version understands whole asks for a date.
    fn from(raw: RawClock) -> Self {
        let counting = match raw.counting.as_str() {
            "calendar" => Some(Counting::Calendar),
            "working" => Some(Counting::Working(raw.calendar)),
            _ => None,
        };
        let direction = match raw.direction.as_deref() {
            None | Some("after") => Some(Direction::After),
            Some("before") => Some(Direction::Before),
            Some(_) => None,
        };
        let RawClock { code, name, from, days, origin, .. } = raw;
        match (days, counting, direction) {
            (Some(days), Some(counting), Some(direction)) if origin.verified => {
                Self::Days { code, name, from, days, counting, direction, origin }
            }
            _ => Self::AskForDate { code, name, from, origin },
        }
    }
}
