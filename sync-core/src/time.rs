//! Moments and days. The core never asks what time it is: callers pass it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A moment in UTC, in milliseconds since 1970. A wrong clock can make it any value: it is content,
/// never order.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Serialize,
    Deserialize,
    Default,
    minicbor::Encode,
    minicbor::Decode,
)]
#[serde(transparent)]
#[cbor(transparent)]
pub struct Timestamp(#[n(0)] pub i64);

impl Timestamp {
    /// Milliseconds in a day.
    pub const DAY_MS: i64 = 86_400_000;

    /// This moment `ms` milliseconds later (earlier when negative), held at the ends of the range.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; negative if it is later.
    #[must_use]
    pub const fn since_ms(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The day in UTC, or nothing for a moment no calendar holds (a clock gone wild).
    #[must_use]
    pub fn date(self) -> Option<Date> {
        let stamp = jiff::Timestamp::from_millisecond(self.0).ok()?;
        Some(Date(stamp.to_zoned(jiff::tz::TimeZone::UTC).date()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(stamp) => write!(f, "{stamp:.0}"),
            Err(_) => write!(f, "{} ms from 1970", self.0),
        }
    }
}

/// A day of the calendar, written `2026-11-22`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Date(jiff::civil::Date);

/// A text that is not a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date: year-month-day is expected, such as 2026-11-22")]
pub struct NotADate;

impl Date {
    /// The day `days` later, or nothing past the calendar's end.
    #[must_use]
    pub fn plus_days(self, days: i32) -> Option<Self> {
        self.0.checked_add(jiff::Span::new().try_days(days).ok()?).ok().map(Self)
    }

    /// Midnight UTC at the start of the day.
    #[must_use]
    pub fn start(self) -> Timestamp {
        let zoned = self.0.to_zoned(jiff::tz::TimeZone::UTC);
        Timestamp(zoned.map_or(i64::MAX, |zoned| zoned.timestamp().as_millisecond()))
    }

    /// The day as people in the country write it: `3 March 2026`.
    #[must_use]
    pub fn in_words(self) -> String {
        self.0.strftime("%-d %B %Y").to_string()
    }

    /// Days since 1 January 1970: a day as tables count it.
    #[must_use]
    pub fn number(self) -> i32 {
        i32::try_from(self.start().0.div_euclid(Timestamp::DAY_MS)).unwrap_or(i32::MAX)
    }

    /// The day of that number; none past the calendar's end.
    #[must_use]
    pub fn from_number(days: i32) -> Option<Self> {
        Timestamp(i64::from(days).saturating_mul(Timestamp::DAY_MS)).date()
    }

    /// The calendar year.
    #[must_use]
    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// A day by its numbers, or nothing if there is no such day.
    #[must_use]
    pub fn of(year: i16, month: i8, day: i8) -> Option<Self> {
        jiff::civil::Date::new(year, month, day).ok().map(Self)
    }

    /// Whole days from `earlier` to this day; negative if it is later.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i32 {
        (self.0 - earlier.0).get_days()
    }

    /// Whether the day is a Saturday or Sunday.
    #[must_use]
    pub fn is_weekend(self) -> bool {
        use jiff::civil::Weekday::{Saturday, Sunday};
        matches!(self.0.weekday(), Saturday | Sunday)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Date {
    type Err = NotADate;
    fn from_str(text: &str) -> Result<Self, NotADate> {
        let date = jiff::civil::Date::strptime("%Y-%m-%d", text).map_err(|_| NotADate)?;
        if date.to_string() == text { Ok(Self(date)) } else { Err(NotADate) }
    }
}

impl<C> minicbor::Encode<C> for Date {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.str(&self.to_string())?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Date {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        decoder.str()?.parse().map_err(|_| minicbor::decode::Error::message("not a date"))
    }
}

impl Serialize for Date {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_has_one_spelling_and_counts_days() {
        let date: Date = "2026-02-27".parse().unwrap();
        assert_eq!(date.plus_days(2).unwrap().to_string(), "2026-03-01");
        assert_eq!("2026-2-27".parse::<Date>(), Err(NotADate));
        assert_eq!("27/02/2026".parse::<Date>(), Err(NotADate));
        assert_eq!(date.start().date(), Some(date));
    }

    #[test]
    fn a_wild_clock_is_shown_not_refused() {
        assert_eq!(Timestamp(i64::MAX).date(), None);
        assert!(Timestamp(i64::MIN).to_string().contains("1970"));
        assert_eq!(Timestamp(i64::MAX).plus_ms(1), Timestamp(i64::MAX));
    }
}
