//! Records in words: what a screen calls each kind, fact and field, and how it writes days, moments
//! and yes or no. Names of people are [`super::names`]'s.

use std::sync::LazyLock;

use jiff::tz::TimeZone;
use sync_core::policy::MemberState;
use sync_core::record::kind::Kind;
use sync_core::record::schema::Fact;
use sync_core::time::{Date, Timestamp};

use crate::role::Role;

/// The clocks of the United Kingdom, where every authority is: summer time from the last Sunday of
/// March to the last of October. Written out, so that no machine needs a table of the world's.
static UK: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::posix("GMT0BST,M3.5.0/1,M10.5.0").unwrap_or(TimeZone::UTC));

const NO_CALENDAR: &str = "a date that no calendar holds";

/// A moment as people in the country say it: `3 March 2026 at 2:15pm`.
pub(super) fn moment(at: Timestamp) -> String {
    let Ok(stamp) = jiff::Timestamp::from_millisecond(at.0) else { return NO_CALENDAR.into() };
    let zoned = stamp.to_zoned(UK.clone());
    zoned.strftime("%-d %B %Y at %-I:%M%P").to_string()
}

/// The day of a moment: `3 March 2026`.
pub(super) fn day_of(at: Timestamp) -> String {
    today(at).map_or_else(|| NO_CALENDAR.into(), day)
}

/// The day that it is in the country; none for a moment no calendar holds.
pub(super) fn today(now: Timestamp) -> Option<Date> {
    let stamp = jiff::Timestamp::from_millisecond(now.0).ok()?;
    stamp.to_zoned(UK.clone()).date().to_string().parse().ok()
}

/// A day: `3 March 2026`.
pub(super) fn day(date: Date) -> String {
    date.in_words()
}

/// Yes or no.
pub(super) const fn yes(yes: bool) -> &'static str {
    if yes { "Yes" } else { "No" }
}

/// A number of things: `1 child`, `3 children`.
pub(super) fn count(number: usize, one: &str, several: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {several}") }
}

/// A code's word for a screen: `in_progress` becomes `In progress`.
pub(super) fn plain(code: &str) -> String {
    let words = code.replace('_', " ");
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// What a kind of record is called.
pub(super) const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Case => "The case itself",
        Kind::Concern => "Concern",
        Kind::Assessment => "Assessment",
        Kind::Plan => "Plan",
        Kind::Intervention => "Intervention",
        Kind::Visit => "Visit",
        Kind::Meeting => "Meeting",
        Kind::Views => "Views",
        Kind::Request => "Request for assistance",
        Kind::SharingDecision => "Sharing decision",
        Kind::SignificantEvent => "Significant event",
        Kind::Attachment => "Attachment",
    }
}

/// What a role is called.
pub(super) const fn role(role: Role) -> &'static str {
    match role {
        Role::Practitioner => "Practitioner",
        Role::AgencyLead => "Agency lead",
        Role::ClusterLead => "Cluster lead",
        Role::Deputy => "Deputy of the cluster lead",
        Role::Duty => "Duty officer",
        Role::Designated => "Designated officer",
        Role::Chief => "Chief officer",
        Role::Governance => "Information governance",
        Role::Admin => "Administrator",
    }
}

/// What being in the team is called.
pub(super) const fn member(state: MemberState) -> &'static str {
    match state {
        MemberState::Member => "In the team",
        MemberState::Provisional => "In the team until somebody confirms it",
    }
}

/// What a fact is called.
pub(super) fn fact(fact: Fact) -> String {
    let special = match fact {
        Fact::BirthDate => "Date of birth",
        Fact::ExpectedDate => "Expected date of birth",
        Fact::Classroom => "Class",
        Fact::Language => "Home language",
        Fact::VisitRisk => "Risk to a visitor",
        Fact::LookedAfter => "Looked-after status",
        Fact::Registration => "Child protection registration",
        Fact::Consent => "Consent to share",
        Fact::Excluded => "Excluded from this case",
        Fact::Named => "Named for protection records",
        Fact::CaseState => "Case",
        Fact::PersonName => "Name",
        Fact::Phone => "Telephone",
        Fact::ConcernState => "Concern",
        Fact::CopyHolder => "Holds a copy of the plan",
        Fact::ReviewDate => "Plan to be reviewed",
        Fact::ReviewPoint => "Assessment to be reviewed",
        Fact::NextContact => "Child next to be seen",
        Fact::NextReview => "Next review meeting",
        Fact::ResponseDue => "Request to be answered",
        Fact::RowDue => "Action in the plan",
        other => return plain(other.name().strip_prefix("row_").unwrap_or(other.name())),
    };
    special.to_owned()
}

/// What a field of an entry is called, where its own name would not do.
pub(super) fn field(kind: Kind, name: &str) -> String {
    let special = match (kind, name) {
        (Kind::Concern, "seen") => "What was seen or heard",
        (Kind::Concern, "action") => "What was done at once",
        (Kind::Concern, "when") => "When it was seen",
        (Kind::Concern, "feedback") => "Answer to whoever raised it",
        (Kind::Visit | Kind::Intervention | Kind::Meeting, "at") => "When",
        (Kind::Visit, "planned") => "Planned for",
        (Kind::Visit, "child_seen") => "Child seen",
        (Kind::Visit, "seen_alone") => "Child seen alone",
        (Kind::Visit, "next_contact") => "Child next to be seen",
        (_, "minutes") => "Length in minutes",
        (_, "sort") => "Sort",
        (Kind::Views, "whose") => "Whose views",
        (Kind::Views, "how") => "How they were obtained",
        (Kind::Views, "with") => "Who else was there",
        (Kind::Request, "to") => "Agency asked",
        (Kind::Request, "to_name") => "Whom it went to",
        (Kind::SharingDecision, "to") => "With whom",
        (Kind::SharingDecision, "what") => "What it is about",
        (Kind::SharingDecision, "consent_sought") => "Consent sought",
        (Kind::SharingDecision, "necessary_because") => "Necessary and proportionate because",
        (Kind::SignificantEvent, "on") => "Day",
        (Kind::SignificantEvent, "what") => "What happened",
        (Kind::SignificantEvent, "impact") => "What it did to the child",
        (Kind::SignificantEvent, "source") => "Who says so",
        (Kind::Meeting, "by") => "By when",
        (_, "text") => "In their words",
        (_, name) => return plain(name),
    };
    special.to_owned()
}

/// What a collection's entry is called.
pub(super) fn collection(kind: Kind, name: &str) -> String {
    let special = match (kind, name) {
        (_, "details") => "Details",
        (Kind::Visit, "narratives") => "What happened",
        (Kind::Views, "words") => "The words themselves",
        (Kind::Views, "changes") => "What changed because of them",
        (_, "told") => "Who was told",
        (_, "texts") => "Written together",
        (_, "signatures") => "Signature",
        (_, "copies") => "Copied from another record",
        (_, "persons") => "Belongs to the child",
        (_, "aliases") => "Joined with another case",
        (_, name) => {
            let name = plain(name);
            return name.strip_suffix('s').map(str::to_owned).unwrap_or(name);
        }
    };
    special.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn moments_are_told_by_the_countrys_clocks() {
        assert_eq!(moment(at("2026-07-01T13:05:00Z")), "1 July 2026 at 2:05pm");
        assert_eq!(moment(at("2026-12-01T00:05:00Z")), "1 December 2026 at 12:05am");
        assert_eq!(moment(at("2026-03-29T00:59:59Z")), "29 March 2026 at 12:59am");
        assert_eq!(moment(at("2026-03-29T01:00:00Z")), "29 March 2026 at 2:00am");
        assert_eq!(moment(at("2026-10-25T00:59:00Z")), "25 October 2026 at 1:59am");
        assert_eq!(moment(at("2026-10-25T01:00:00Z")), "25 October 2026 at 1:00am");
        assert_eq!(moment(Timestamp(i64::MAX)), NO_CALENDAR);
    }

    #[test]
    fn an_hour_before_midnight_in_summer_is_the_next_day() {
        assert_eq!(day_of(at("2026-07-01T23:30:00Z")), "2 July 2026");
        assert_eq!(today(at("2026-01-01T23:30:00Z")).unwrap().to_string(), "2026-01-01");
        assert_eq!(day("2026-03-01".parse().unwrap()), "1 March 2026");
    }

    #[test]
    fn every_kind_and_fact_has_a_name_without_underscores() {
        for it in Fact::ALL {
            assert!(!fact(*it).contains('_') && !fact(*it).is_empty());
        }
        let names: std::collections::BTreeSet<_> = Kind::ALL.iter().map(|it| kind(*it)).collect();
        assert_eq!(names.len(), Kind::ALL.len());
    }
}
