//! Bands of days, for how long something took or has waited.

/// A band of days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Band {
    /// Its code in tables.
    pub code: &'static str,
    /// What a screen shows.
    pub words: &'static str,
    /// The last day in it.
    pub up_to: i32,
}

/// The bands of waiting, shortest first: a week, four weeks, a school term's half, longer. No law names
/// them; they are wide enough that a term's figures fill them.
pub const BANDS: [Band; 4] = [
    Band { code: "0-7", words: "Up to 7 days", up_to: 7 },
    Band { code: "8-28", words: "8 to 28 days", up_to: 28 },
    Band { code: "29-42", words: "29 to 42 days", up_to: 42 },
    Band { code: "43-", words: "More than 42 days", up_to: i32::MAX },
];

/// The band that so many days fall into; what happened before it began counts as at once.
#[must_use]
pub fn of_days(days: i32) -> &'static Band {
    let last = BANDS.len() - 1;
    BANDS.iter().find(|band| days <= band.up_to).unwrap_or(&BANDS[last])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_days_has_its_band() {
        for (days, code) in
            [(-3, "0-7"), (0, "0-7"), (7, "0-7"), (8, "8-28"), (42, "29-42"), (43, "43-")]
        {
            assert_eq!(of_days(days).code, code);
        }
        assert_eq!(of_days(i32::MAX).code, "43-");
    }
}
