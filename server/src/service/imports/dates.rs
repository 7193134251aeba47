//! How a school's system writes a day. Read by hand: a year of marks has five million of them.

use sync_core::time::Date;

/// The short names of months as the English write them.
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// One way to write a day: `%d`, `%m`, `%Y` and `%b` (a month's short name) between other letters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern(Vec<Part>);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Day,
    Month,
    MonthName,
    Year,
    Letter(u8),
}

impl Pattern {
    /// Reads a pattern; none if it does not name day, month and year once each.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut letters = text.bytes();
        while let Some(letter) = letters.next() {
            parts.push(match letter {
                b'%' => match letters.next()? {
                    b'd' => Part::Day,
                    b'm' => Part::Month,
                    b'b' => Part::MonthName,
                    b'Y' => Part::Year,
                    _ => return None,
                },
                other => Part::Letter(other),
            });
        }
        let once = |of: &[Part]| parts.iter().filter(|part| of.contains(part)).count() == 1;
        let whole =
            once(&[Part::Day]) && once(&[Part::Month, Part::MonthName]) && once(&[Part::Year]);
        whole.then_some(Self(parts))
    }

    /// The day that a cell says in this way; a time of day after it is passed over.
    #[must_use]
    pub fn read(&self, cell: &str) -> Option<Date> {
        let mut rest = cell.trim().as_bytes();
        let (mut year, mut month, mut day) = (0, 0, 0);
        for part in &self.0 {
            match part {
                Part::Day => day = digits(&mut rest, 1, 2)?,
                Part::Month => month = digits(&mut rest, 1, 2)?,
                Part::Year => year = digits(&mut rest, 4, 4)?,
                Part::MonthName => month = month_name(&mut rest)?,
                Part::Letter(letter) => {
                    rest = rest.strip_prefix(std::slice::from_ref(letter))?;
                }
            }
        }
        let time = rest.is_empty() || rest[0] == b' ' || rest[0] == b'T';
        let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        if time { Date::of(year, month, day) } else { None }
    }
}

fn digits(rest: &mut &[u8], least: usize, most: usize) -> Option<i16> {
    let long = rest.iter().take(most).take_while(|it| it.is_ascii_digit()).count();
    if long < least {
        return None;
    }
    let (number, after) = rest.split_at(long);
    *rest = after;
    Some(number.iter().fold(0, |sum, digit| sum * 10 + i16::from(digit - b'0')))
}

fn month_name(rest: &mut &[u8]) -> Option<i16> {
    let (name, after) = rest.split_at_checked(3)?;
    let at = MONTHS.iter().position(|month| name.eq_ignore_ascii_case(month.as_bytes()))?;
    *rest = after;
    i16::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_the_pattern_says_and_only_so() {
        for (pattern, cell, day) in [
            ("%d/%m/%Y", "03/05/2016", Some("2016-05-03")),
            ("%d/%m/%Y", "3/5/2016", Some("2016-05-03")),
            ("%d/%m/%Y", "03/05/2016 00:00:00", Some("2016-05-03")),
            ("%Y-%m-%d", "2016-05-03T00:00:00", Some("2016-05-03")),
            ("%d %b %Y", "03 May 2016", Some("2016-05-03")),
            ("%d-%b-%Y", "03-SEP-2016", Some("2016-09-03")),
            ("%d/%m/%Y", "31/02/2016", None),
            ("%d/%m/%Y", "05/13/2016", None),
            ("%d/%m/%Y", "03/05/16", None),
            ("%d/%m/%Y", "03/05/20161", None),
            ("%d/%m/%Y", "", None),
            ("%d %b %Y", "03 Mai 2016", None),
            ("%d/%m/%Y", "٣/05/2016", None),
        ] {
            let read = Pattern::parse(pattern).unwrap().read(cell);
            assert_eq!(read, day.map(|day| day.parse().unwrap()), "{pattern} {cell}");
        }
    }

    #[test]
    fn a_pattern_says_all_of_a_day_once() {
        for bad in ["", "%d/%m", "%d/%m/%y", "%d/%d/%Y", "%m/%b/%Y", "%d/%m/%Y%"] {
            assert_eq!(Pattern::parse(bad), None, "{bad}");
        }
    }
}
