//! What a case adds to each measure.

use std::collections::BTreeMap;

use sync_core::ids::RecordId;
use sync_core::time::Date;
use sync_core::view::gist::{
    ActionGist, CaseInBrief, Gist, PlanGist, RequestGist, Turn, VisitGist, held_on,
};
use sync_core::view::signals::Signal;

use super::bands;
use super::catalogue as measures;
use super::catalogue::NO_DAY;
use crate::db::text::column;

/// What something adds to a measure on a day.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Increment {
    /// The measure's code.
    pub measure: i16,
    /// The row of the measure.
    pub cell: String,
    /// The day, from 1 January 1970.
    pub day: i32,
    /// The record that it comes from; none for the case's own.
    pub record: Option<RecordId>,
    /// What is counted.
    pub counted: i64,
    /// Of how many; zero where the measure is no share.
    pub of_all: i64,
}

/// Everything that a case adds, in order, each once: what several things add to one row and day stands
/// beside each other where it comes from unlike records.
#[must_use]
pub fn increments(case: &CaseInBrief<'_>, signals: &[Signal]) -> Vec<Increment> {
    let mut adding = Adding::default();
    adding.stages(case);
    adding.lead(case);
    adding.looked_after(case);
    adding.lengths(case);
    adding.records(case);
    if case.is_open() {
        adding.standing(case);
        for signal in signals {
            let cell = signal.sign.code().to_string();
            adding.add(measures::WARNINGS, &cell, signal.from.number(), signal.record, (1, 0));
            if let Some(until) = signal.until {
                let after = until.number().saturating_add(1);
                adding.add(measures::WARNINGS, &cell, after, signal.record, (-1, 0));
            }
        }
    }
    adding.done()
}

/// Measure, row, day and record.
type Place = (i16, String, i32, Option<RecordId>);

#[derive(Default)]
struct Adding {
    sums: BTreeMap<Place, (i64, i64)>,
}

impl Adding {
    fn add(
        &mut self,
        measure: i16,
        cell: &str,
        day: i32,
        record: Option<RecordId>,
        (counted, of_all): (i64, i64),
    ) {
        // Here, not where it is stored: two rows that a column makes one are summed.
        let cell = column(cell).into_owned();
        let sum = self.sums.entry((measure, cell, day, record)).or_default();
        sum.0 += counted;
        sum.1 += of_all;
    }

    fn done(self) -> Vec<Increment> {
        let kept = self.sums.into_iter().filter(|(_, sum)| *sum != (0, 0));
        kept.map(|((measure, cell, day, record), (counted, of_all))| Increment {
            measure,
            cell,
            day,
            record,
            counted,
            of_all,
        })
        .collect()
    }

    /// A stock: in on the day on which something begins to hold, out on the day on which it ends.
    fn hold(&mut self, measure: i16, spells: &[Spell], cell: impl Fn(Option<&str>) -> String) {
        for spell in spells {
            let cell = cell(spell.is.as_deref());
            self.add(measure, &cell, spell.from, None, (1, 0));
            if let Some(until) = spell.until {
                self.add(measure, &cell, until, None, (-1, 0));
            }
        }
    }

    fn stages(&mut self, case: &CaseInBrief<'_>) {
        let spells = while_open(case, &case.team.stage);
        let cell = |is: Option<&str>| is.unwrap_or("none").to_owned();
        self.hold(measures::AT_STAGE, &spells, cell);
        for spell in while_open(case, &[]) {
            self.add(measures::OPENED, "", spell.from, None, (1, 0));
            if let Some(until) = spell.until {
                self.add(measures::CLOSED, "", until, None, (1, 0));
            }
        }
        for pair in case.team.stage.windows(2) {
            let ranks = (rank(case, &pair[0]), rank(case, &pair[1]));
            let (Some(before), Some(after)) = ranks else { continue };
            let cell = if after > before { "up" } else { "down" };
            if after != before {
                self.add(measures::STEPS, cell, pair[1].on.number(), None, (1, 0));
            }
        }
    }

    fn lead(&mut self, case: &CaseInBrief<'_>) {
        let spells = while_open(case, &case.team.lead);
        for (at, spell) in spells.iter().enumerate() {
            let named = i64::from(spell.is.is_some());
            self.add(measures::LEAD_NAMED, "", spell.from, None, (named, 1));
            if let Some(until) = spell.until {
                self.add(measures::LEAD_NAMED, "", until, None, (-named, -1));
            }
            match (&spell.is, spell.until, spells.get(at + 1)) {
                (None, None, _) => self.add(measures::WAITING, "", spell.from, None, (1, 0)),
                (None, Some(until), Some(next)) if next.from == until && next.is.is_some() => {
                    let band = bands::of_days(until - spell.from).code;
                    self.add(measures::WAITED, band, until, None, (1, 0));
                }
                _ => {}
            }
        }
    }

    fn looked_after(&mut self, case: &CaseInBrief<'_>) {
        let spells = while_open(case, &case.team.looked_after);
        let cell = |is: Option<&str>| is.unwrap_or("none").to_owned();
        self.hold(measures::LOOKED_AFTER, &spells, cell);
    }

    /// How long it took from a concern to an assessment and from there to an intervention.
    fn lengths(&mut self, case: &CaseInBrief<'_>) {
        let first = |day: &dyn Fn(&Gist) -> Option<Date>| {
            case.records.iter().filter_map(|(id, gist)| Some((day(gist)?, *id))).min()
        };
        let concern = first(&|gist| match gist {
            Gist::Concern(it) => Some(it.on),
            _ => None,
        });
        let assessment = first(&|gist| match gist {
            Gist::Assessment(it) => Some(it.on),
            _ => None,
        });
        let intervention = first(&|gist| match gist {
            Gist::Intervention(it) => Some(it.on),
            _ => None,
        });
        for (measure, from, to) in [
            (measures::TO_ASSESSMENT, concern, assessment),
            (measures::TO_INTERVENTION, assessment, intervention),
        ] {
            let (Some((from, _)), Some((to, record))) = (from, to) else { continue };
            let days = to.number() - from.number();
            if days >= 0 {
                let band = bands::of_days(days).code;
                self.add(measure, band, to.number(), Some(record), (1, 0));
            }
        }
    }

    /// What each record adds by itself.
    fn records(&mut self, case: &CaseInBrief<'_>) {
        for (id, gist) in case.records {
            let record = Some(*id);
            match gist {
                Gist::Concern(it) => {
                    let cell = if it.harm { "harm" } else { "no-harm" };
                    self.add(measures::CONCERNS, cell, it.on.number(), record, (1, 0));
                }
                Gist::Plan(plan) => self.actions_done(plan, record),
                Gist::Intervention(it) => {
                    let effect = it.effect.map(|effect| effect.to_string());
                    let cost = it.cost.as_deref().unwrap_or("none");
                    let cell = format!("{}:{cost}", effect.as_deref().unwrap_or("none"));
                    self.add(measures::INTERVENTIONS, &cell, it.on.number(), record, (1, 0));
                }
                Gist::Visit(visit) => self.visit(visit, record),
                Gist::Views(it) if it.of_child => {
                    let changed = i64::from(it.changed.is_some());
                    self.add(measures::VIEWS, "", it.on.number(), record, (changed, 1));
                }
                Gist::Request(request) => self.request(request, record),
                Gist::Views(_) | Gist::Case(_) | Gist::Assessment(_) | Gist::Meeting(_) => {}
            }
        }
    }

    fn actions_done(&mut self, plan: &PlanGist, record: Option<RecordId>) {
        for action in &plan.actions {
            let Some(done) = action.done else { continue };
            let cell = in_time(done, action.due);
            self.add(measures::ACTIONS_DONE, cell, done.number(), record, (1, 0));
        }
    }

    fn visit(&mut self, visit: &VisitGist, record: Option<RecordId>) {
        let day = visit.on.number();
        self.add(measures::VISITS, in_time(visit.on, visit.planned), day, record, (1, 0));
        for (measure, said) in [(measures::SEEN, visit.seen), (measures::ALONE, visit.alone)] {
            if let Some(yes) = said {
                self.add(measure, "", day, record, (i64::from(yes), 1));
            }
        }
    }

    fn request(&mut self, request: &RequestGist, record: Option<RecordId>) {
        if let Some(due) = request.due {
            let in_time = i64::from(request.decided.is_some_and(|on| on <= due));
            self.add(measures::ANSWERED, "", due.number(), record, (in_time, 1));
        }
        if let Some(decided) = request.decided {
            let told = i64::from(request.fed_back.is_some());
            self.add(measures::FED_BACK, "", decided.number(), record, (told, 1));
        }
    }

    /// How things stand in an open case.
    fn standing(&mut self, case: &CaseInBrief<'_>) {
        let assessments = case.records.iter().filter_map(|(id, gist)| match gist {
            Gist::Assessment(it) => Some((it.on, *id, it.review)),
            _ => None,
        });
        if let Some((_, id, Some(review))) = assessments.max() {
            self.add(measures::REVIEWS, "", review.number(), Some(id), (1, 1));
        }
        let plans = case.records.iter().filter_map(|(id, gist)| match gist {
            Gist::Plan(plan) => Some((plan.on, *id, plan)),
            _ => None,
        });
        if let Some((_, id, plan)) = plans.max_by_key(|(on, id, _)| (*on, *id)) {
            plan.actions.iter().for_each(|action| self.action(action, id));
        }
    }

    fn action(&mut self, action: &ActionGist, plan: RecordId) {
        if action.is_open() {
            let due = action.due.map_or(NO_DAY, Date::number);
            self.add(measures::ACTIONS_OPEN, "", due, Some(plan), (1, 1));
        }
        if let Some(rating) = &action.rating {
            self.add(measures::ACTIONS_RATED, rating, 0, Some(plan), (1, 0));
        }
        if let Some(agency) = action.agency.filter(|_| !action.cancelled) {
            let done = i64::from(action.done.is_some());
            self.add(measures::COMMITMENTS, &agency.to_string(), 0, Some(plan), (done, 1));
        }
    }
}

fn in_time(on: Date, due: Option<Date>) -> &'static str {
    match due {
        None => "no-day",
        Some(due) if on <= due => "in-time",
        Some(_) => "late",
    }
}

/// A stage's rank with its framework; none of none or several, which are no step.
fn rank(case: &CaseInBrief<'_>, turn: &Turn) -> Option<i64> {
    let (framework, code) = turn.is.as_deref()?.split_once(':')?;
    case.catalogue.stage(framework, code).map(|stage| stage.rank)
}

/// Some days on which something held, or nothing did, while the case was open.
struct Spell {
    from: i32,
    /// The first day on which it held no more.
    until: Option<i32>,
    is: Option<String>,
}

/// What held over time, cut to when the case was open, from its first day on.
fn while_open(case: &CaseInBrief<'_>, turns: &[Turn]) -> Vec<Spell> {
    let team = case.team;
    let days = [team.begun].into_iter();
    let days = days.chain(turns.iter().chain(&team.state).map(|turn| turn.on));
    let mut days: Vec<_> = days.filter(|day| *day >= team.begun).collect();
    days.sort_unstable();
    days.dedup();
    let mut spells: Vec<Spell> = Vec::new();
    let mut was: Option<Option<&str>> = None;
    for day in days {
        let open = held_on(&team.state, day) != Some("closed");
        let now = open.then(|| held_on(turns, day));
        if now == was {
            continue;
        }
        if let (Some(_), Some(last)) = (was, spells.last_mut()) {
            last.until = Some(day.number());
        }
        if let Some(is) = now {
            spells.push(Spell { from: day.number(), until: None, is: is.map(str::to_owned) });
        }
        was = now;
    }
    spells
}

#[cfg(test)]
mod tests;
