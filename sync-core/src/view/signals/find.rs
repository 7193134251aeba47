//! Finding what asks for attention in a case.

use std::collections::BTreeSet;

use super::{Rules, Sign, Signal};
use crate::ids::RecordId;
use crate::time::Date;
use crate::view::gist::{ActionGist, CaseInBrief, Gist, VisitGist};
use crate::view::{Excluded, Extract, TermAttendance};

/// Days of a year, for exclusions.
const YEAR: i32 = 365;

impl Signal {
    /// Every warning of a case, the most pressing first. A closed case has none.
    #[must_use]
    pub fn of(case: &CaseInBrief<'_>, rules: &Rules) -> Vec<Self> {
        if !case.is_open() {
            return Vec::new();
        }
        let mut signals = concerns(case, rules);
        signals.extend(contact(case, rules));
        signals.extend(requests(case, rules));
        signals.extend(no_lead(case, rules));
        signals.extend(review(case, rules));
        signals.extend(views(case, rules));
        signals.extend(one_agency(case, rules));
        signals.extend(case.extract.into_iter().flat_map(|it| Self::of_roll(it, rules)));
        signals.sort();
        signals
    }

    /// Every warning by the pupil roll alone.
    #[must_use]
    pub fn of_roll(extract: &Extract, rules: &Rules) -> Vec<Self> {
        let repeated = exclusions(&extract.exclusions, rules);
        let due = extract.exclusions.iter().filter_map(education);
        due.chain(repeated).chain(attendance(&extract.terms, rules)).collect()
    }
}

fn signal(sign: Sign, from: Option<Date>, record: Option<RecordId>, why: String) -> Option<Signal> {
    Some(Signal { sign, from: from?, until: None, why, record })
}

fn concerns(case: &CaseInBrief<'_>, rules: &Rules) -> Vec<Signal> {
    let one = |(record, gist): &(RecordId, Gist)| {
        let Gist::Concern(concern) = gist else { return None };
        if concern.decided.is_some() || concern.settled.is_some() {
            return None;
        }
        // Suspected harm waits for nothing.
        let days = if concern.harm { 0 } else { rules.concern_days };
        let why = format!("The concern of {} has no decision.", concern.on.in_words());
        signal(Sign::ConcernUnanswered, concern.on.plus_days(days), Some(*record), why)
    };
    case.records.iter().filter_map(one).collect()
}

/// What the newest visit agreed on holds until the next one. A visit at which the child was not seen ends nothing,
/// unless another day was agreed on.
fn contact(case: &CaseInBrief<'_>, rules: &Rules) -> Option<Signal> {
    let visits = case.records.iter().filter_map(|(record, gist)| match gist {
        Gist::Visit(visit) => Some((visit, record)),
        _ => None,
    });
    let tried = |visit: &VisitGist| visit.seen == Some(false) && visit.next.is_none();
    let (tries, visits): (Vec<_>, Vec<_>) = visits.partition(|(visit, _)| tried(visit));
    let (visit, record) = visits.into_iter().max_by_key(|(visit, record)| (visit.on, *record))?;
    let next = visit.next?;
    let (by, since) = (next.in_words(), visit.on.in_words());
    let why = match tries.iter().map(|(tried, _)| tried.on).filter(|on| *on >= visit.on).max() {
        Some(on) => {
            let on = on.in_words();
            format!("The child was to be seen by {by}, and was not seen at the visit of {on}.")
        }
        None => {
            format!("The child was to be seen by {by}, and no visit is recorded since {since}.")
        }
    };
    signal(Sign::VisitNotMade, next.plus_days(rules.contact_days + 1), Some(*record), why)
}

fn requests(case: &CaseInBrief<'_>, rules: &Rules) -> Vec<Signal> {
    let one = |(record, gist): &(RecordId, Gist)| {
        let Gist::Request(request) = gist else { return None };
        if request.decided.is_some() {
            return None;
        }
        let (from, why) = match request.due {
            Some(due) => (due.plus_days(1), format!("The answer was due on {}.", due.in_words())),
            None => (
                request.on.plus_days(rules.request_days),
                format!("It was asked for on {}, and no day was agreed.", request.on.in_words()),
            ),
        };
        signal(Sign::RequestUnanswered, from, Some(*record), why)
    };
    case.records.iter().filter_map(one).collect()
}

fn no_lead(case: &CaseInBrief<'_>, rules: &Rules) -> Option<Signal> {
    let since = match case.team.lead.last() {
        None => case.team.begun,
        Some(turn) if turn.is.is_none() => turn.on,
        Some(_) => return None,
    };
    let why = format!(
        "Nobody has co-ordinated the work since {}, or people disagree about who does.",
        since.in_words()
    );
    signal(Sign::NoLead, since.plus_days(rules.lead_days), None, why)
}

/// What is to be reviewed on a day that was agreed on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reviewed {
    Assessment,
    Plan,
    /// The team itself, which meets again.
    Meeting,
}

/// The earliest review that was agreed on and not held. A newer assessment or plan has a day of its own; and a
/// team that meets when a review is near, or later, reviews what it has.
fn review(case: &CaseInBrief<'_>, rules: &Rules) -> Option<Signal> {
    let dated = case.records.iter().filter_map(|(record, gist)| {
        Some(match gist {
            Gist::Assessment(it) => (Reviewed::Assessment, it.on, *record, it.review),
            Gist::Plan(it) => (Reviewed::Plan, it.on, *record, it.review),
            Gist::Meeting(it) => (Reviewed::Meeting, it.on, *record, it.next),
            _ => return None,
        })
    });
    let dated: Vec<_> = dated.collect();
    let newest = |sort| dated.iter().filter(|it| it.0 == sort).max();
    let met = newest(Reviewed::Meeting).map(|it| it.1);
    let waits = |(sort, on, record, next): &(Reviewed, Date, RecordId, Option<Date>)| {
        let due = (*next)?;
        let near = due.plus_days(-rules.review_early_days)?;
        let held = *sort != Reviewed::Meeting && met.is_some_and(|met| met >= near && met > *on);
        (!held).then_some((due, *record, *sort, *on))
    };
    let all = [Reviewed::Assessment, Reviewed::Plan, Reviewed::Meeting];
    let (due, record, sort, on) = all.into_iter().filter_map(newest).filter_map(waits).min()?;
    let (by, since) = (due.in_words(), on.in_words());
    let why = match sort {
        Reviewed::Assessment => format!("The assessment of {since} was to be reviewed by {by}."),
        Reviewed::Plan => format!("The plan of {since} was to be reviewed by {by}."),
        Reviewed::Meeting => format!("The team, which met on {since}, was to meet again by {by}."),
    };
    signal(Sign::ReviewOverdue, due.plus_days(1), Some(record), why)
}

fn views(case: &CaseInBrief<'_>, rules: &Rules) -> Option<Signal> {
    let heard = |(_, gist): &(RecordId, Gist)| matches!(gist, Gist::Views(it) if it.of_child);
    if case.records.iter().any(heard) {
        return None;
    }
    let since = case.team.begun;
    let begun = since.in_words();
    let why = format!("The case was begun on {begun}, and no words of the child are in it.");
    signal(Sign::ViewsNeverRecorded, since.plus_days(rules.views_days), None, why)
}

/// Others are in the team, but all that is still to be done is one agency's (seed 001: teams to whom
/// children are passed).
fn one_agency(case: &CaseInBrief<'_>, rules: &Rules) -> Option<Signal> {
    let plans = case.records.iter().filter_map(|(record, gist)| match gist {
        Gist::Plan(plan) => Some((plan, record)),
        _ => None,
    });
    let (plan, record) = plans.max_by_key(|(plan, record)| (plan.on, *record))?;
    let open: Vec<_> = plan.actions.iter().filter(|action| action.is_open()).collect();
    let agencies: BTreeSet<_> =
        open.iter().filter_map(|ActionGist { agency, .. }| *agency).collect();
    if open.len() < rules.actions.max(1) || agencies.len() != 1 || case.team.members.len() < 2 {
        return None;
    }
    let why =
        format!("All {} actions of the plan that are still open are one agency's.", open.len());
    signal(Sign::OneAgencyCarriesAll, Some(plan.on), Some(*record), why)
}

fn exclusions(all: &[Excluded], rules: &Rules) -> Option<Signal> {
    let last = all.last()?;
    let since = last.from.plus_days(-YEAR)?;
    let within = all.iter().filter(|it| it.from > since).count();
    if within < rules.exclusions.max(1) {
        return None;
    }
    let why = format!("Excluded {within} times within a year, last from {}.", last.from.in_words());
    signal(Sign::RepeatExclusions, Some(last.from), None, why)
}

/// From the day before the child must be taught elsewhere until the exclusion is over. Weekends within it are
/// counted as if there were no holidays: the warning may end too soon, never too late.
fn education(excluded: &Excluded) -> Option<Signal> {
    let from = excluded.education_from?;
    let days = i32::from(excluded.half_days.div_ceil(2));
    let until = excluded.from.plus_days(days + days / 5 * 2)?.max(from);
    let (since, due) = (excluded.from.in_words(), from.in_words());
    let why = format!("Excluded since {since}: full-time education is due from {due}.");
    let sign = signal(Sign::EducationDue, from.plus_days(-1), None, why)?;
    Some(Signal { until: Some(until), ..sign })
}

fn attendance(terms: &[TermAttendance], rules: &Rules) -> Option<Signal> {
    let mut compared = terms.iter().rev().filter(|it| it.possible >= rules.attendance_half_days);
    let (last, before) = (compared.next()?, compared.next()?);
    let percent =
        |it: &TermAttendance| i64::from(it.attended) * 100 / i64::from(it.possible.max(1));
    let (now, then) = (percent(last), percent(before));
    if then - now < rules.attendance_fall {
        return None;
    }
    let why = format!("From {then}% of half days in {} to {now}% in {}.", before.term, last.term);
    signal(Sign::AttendanceFalling, Some(last.from), None, why)
}
