//! The days that somebody asks for in a page's two fields.

use sync_core::time::Date;

use crate::error::ApiError;
use crate::service::reading::figures::Period;

/// Days of a period that nobody chose: a school term, about.
const TERM: i32 = 91;

/// The days from one field to the other, in whichever order they were filled in. A browser sends empty fields, too:
/// without a last day it is `today`, without a first a term before the last.
///
/// # Errors
/// [`ApiError::bad_request`] for what is no day.
pub(super) fn asked(from: &str, to: &str, today: Date) -> Result<Period, ApiError> {
    let to = day(to)?.unwrap_or(today);
    let from = day(from)?.or_else(|| to.plus_days(-TERM)).unwrap_or(to);
    Ok(Period { from: from.min(to), to: to.max(from) })
}

fn day(field: &str) -> Result<Option<Date>, ApiError> {
    let given = Some(field.trim()).filter(|field| !field.is_empty());
    given.map(str::parse).transpose().map_err(|_| ApiError::bad_request())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(from: &str, to: &str) -> Option<String> {
        let today = "2026-11-27".parse().unwrap();
        let period = asked(from, to, today).ok()?;
        Some(format!("{} {}", period.from, period.to))
    }

    #[test]
    fn days_are_taken_in_either_order_and_may_be_left_out() {
        let both = Some("2026-03-02 2026-05-01".to_owned());
        assert_eq!(days("2026-03-02", "2026-05-01"), both);
        assert_eq!(days("2026-05-01", " 2026-03-02"), both);
        assert_eq!(days("", ""), Some("2026-08-28 2026-11-27".to_owned()));
        assert_eq!(days("2026-11-02", ""), Some("2026-11-02 2026-11-27".to_owned()));
        assert_eq!(days("", "2026-05-01"), Some("2026-01-30 2026-05-01".to_owned()));
        assert_eq!(days("2026-02-30", ""), None);
        assert_eq!(days("", "Tuesday"), None);
    }
}
