//! Reading the gist of a record.

use super::turns::{day_of, turns};
use super::{
    ActionGist, AssessmentGist, CaseGist, ConcernGist, Gist, InterventionGist, MeetingGist,
    PlanGist, RequestGist, TeamGist, ViewsGist, VisitGist,
};
use crate::ids::{AgencyId, UserId};
use crate::merge::{Context, Held, Resolved, resolve_all};
use crate::record::fold::Folded;
use crate::record::kind::{Compartment, Kind};
use crate::record::kinds::Contribution;
use crate::record::kinds::concern::ConcernDecision;
use crate::record::kinds::intervention::InterventionDetails;
use crate::record::kinds::request::{Feedback, RequestDecision};
use crate::record::kinds::views::{ViewsDetails, WhatChanged};
use crate::record::kinds::visit::VisitDetails;
use crate::record::schema::{DETAILS, Fact};
use crate::record::value::Value;
use crate::time::Date;
use crate::view::due::due_in_record;
use crate::view::record::chronology_line;

impl Gist {
    /// The gist of a record; none of one that figures and early warnings have no use for.
    #[must_use]
    pub fn of(folded: &Folded, context: &Context<'_>) -> Option<Self> {
        let kind = folded.envelope.kind();
        if kind != Kind::Case && folded.envelope.compartment == Compartment::Protection {
            return None;
        }
        let reading = Reading { folded, context, facts: resolve_all(&folded.entries, context) };
        Some(match kind {
            Kind::Case => Self::Case(reading.case()),
            Kind::Concern => Self::Concern(reading.concern()?),
            Kind::Assessment => Self::Assessment(AssessmentGist {
                on: reading.on()?,
                review: reading.day(Fact::ReviewPoint),
            }),
            Kind::Plan => Self::Plan(reading.plan()?),
            Kind::Intervention => Self::Intervention(reading.intervention()?),
            Kind::Visit => Self::Visit(reading.visit()?),
            Kind::Views => Self::Views(reading.views()?),
            Kind::Request => Self::Request(reading.request()?),
            Kind::Meeting => Self::Meeting(MeetingGist {
                on: reading.on()?,
                next: reading.day(Fact::NextReview),
            }),
            Kind::SharingDecision | Kind::SignificantEvent | Kind::Attachment => return None,
        })
    }
}

struct Reading<'a> {
    folded: &'a Folded,
    context: &'a Context<'a>,
    facts: Vec<Resolved<'a>>,
}

impl Reading<'_> {
    /// The day on which what is recorded happened. Where that is when it was made, it is corrected by what was
    /// measured of its author's clock: what waits must not wait for a clock that was years ahead.
    fn on(&self) -> Option<Date> {
        let (made, at) = (self.folded.envelope.made()?, chronology_line(self.folded)?.at);
        let first = self.folded.entries.first().filter(|_| at == made.at);
        at.plus_ms(first.map_or(0, |entry| entry.clock_ahead_ms.saturating_neg())).date()
    }

    /// What holds of a fact, if one value does.
    fn held(&self, fact: Fact, subject: &str) -> Option<&Held> {
        let of = |it: &&Resolved<'_>| it.fact == fact && it.subject == subject;
        self.facts.iter().find(of)?.in_force.one()
    }

    fn text(&self, fact: Fact, subject: &str) -> Option<&str> {
        self.held(fact, subject)?.value.as_text()
    }

    fn day(&self, fact: Fact) -> Option<Date> {
        self.text(fact, "")?.parse().ok()
    }

    fn is(&self, fact: Fact) -> bool {
        self.held(fact, "").is_some_and(|held| held.value == Value::Bool(true))
    }

    /// The users of whom a fact holds.
    fn users(&self, fact: Fact, holds: impl Fn(&Value) -> bool) -> Vec<UserId> {
        let of = self.facts.iter().filter(|it| it.fact == fact);
        let yes = of.filter(|it| it.in_force.held().iter().any(|held| holds(&held.value)));
        yes.filter_map(|it| it.subject.parse().ok()).collect()
    }

    /// The day of the first entry of a collection.
    fn first_of<C: Contribution>(&self) -> Option<Date> {
        self.folded.entries_of(C::COLLECTION).next().and_then(day_of)
    }

    /// What the author filled in.
    fn details<C: Contribution>(&self) -> Option<C> {
        self.folded.entries_of(DETAILS).find_map(C::read)
    }

    fn case(&self) -> CaseGist {
        let is_team = self.folded.envelope.compartment == Compartment::Team;
        CaseGist {
            shielded: self.is(Fact::Shielded),
            excluded: self.users(Fact::Excluded, |value| *value == Value::Bool(true)),
            team: if is_team { self.team() } else { None },
        }
    }

    fn team(&self) -> Option<TeamGist> {
        let over_time = |fact, is: &dyn Fn(&Resolved<'_>) -> Option<String>| {
            turns(&self.folded.entries, fact, self.context, is)
        };
        let in_team = |value: &Value| value.as_text().is_some_and(|state| state != "left");
        Some(TeamGist {
            school: self.text(Fact::School, "").unwrap_or_default().to_owned(),
            begun: self.folded.entries.iter().find_map(day_of)?,
            stage: over_time(Fact::Stage, &stage),
            lead: over_time(Fact::LeadProfessional, &|it| it.in_force.one().map(hexadecimal)),
            state: over_time(Fact::CaseState, &word),
            looked_after: over_time(Fact::LookedAfter, &word),
            members: self.users(Fact::Member, in_team),
        })
    }

    fn concern(&self) -> Option<ConcernGist> {
        let state = self.held(Fact::ConcernState, "");
        let settled = state.filter(|held| held.value.as_text() == Some("closed"));
        Some(ConcernGist {
            on: self.on()?,
            harm: self.is(Fact::HarmSuspected),
            decided: self.first_of::<ConcernDecision>(),
            settled: settled.and_then(|held| held.at?.date()),
        })
    }

    fn plan(&self) -> Option<PlanGist> {
        let rows = self.facts.iter().filter(|it| it.fact == Fact::RowAction);
        let actions = rows.map(|row| self.action(&row.subject)).collect();
        Some(PlanGist { on: self.on()?, review: self.day(Fact::ReviewDate), actions })
    }

    fn action(&self, row: &str) -> ActionGist {
        let status = self.held(Fact::RowStatus, row);
        let is = |word| status.filter(|held| held.value.as_text() == Some(word));
        let begun = self.folded.entries.iter().find(|entry| entry.id.to_string() == row);
        let done = is("done").map(|held| held.at.and_then(crate::time::Timestamp::date));
        let agency = self.held(Fact::RowAgency, row).and_then(|held| held.value.as_bytes());
        ActionGist {
            agency: agency.and_then(|bytes| AgencyId::from_slice(bytes).ok()),
            due: self.text(Fact::RowDue, row).and_then(|day| day.parse().ok()),
            // A row that was done when it was written down.
            done: done.and_then(|at| at.or_else(|| begun.and_then(day_of))),
            cancelled: is("cancelled").is_some(),
            rating: self.text(Fact::RowRating, row).map(str::to_owned),
        }
    }

    fn intervention(&self) -> Option<InterventionGist> {
        let effect = self.held(Fact::Effect, "").and_then(|held| held.value.as_int());
        Some(InterventionGist {
            on: self.details::<InterventionDetails>().and_then(|it| it.from).or(self.on())?,
            effect,
            cost: self.text(Fact::CostBand, "").map(str::to_owned),
        })
    }

    fn visit(&self) -> Option<VisitGist> {
        let details = self.details::<VisitDetails>()?;
        let due = due_in_record(self.folded, self.context);
        Some(VisitGist {
            on: details.at.date()?,
            planned: details.planned.and_then(crate::time::Timestamp::date),
            seen: details.child_seen,
            alone: details.seen_alone,
            next: due.iter().map(|it| it.on).min(),
        })
    }

    fn views(&self) -> Option<ViewsGist> {
        let details = self.details::<ViewsDetails>()?;
        Some(ViewsGist {
            on: self.on()?,
            of_child: details.whose.eq_ignore_ascii_case("child"),
            changed: self.first_of::<WhatChanged>(),
        })
    }

    fn request(&self) -> Option<RequestGist> {
        Some(RequestGist {
            on: self.on()?,
            due: self.day(Fact::ResponseDue),
            decided: self.first_of::<RequestDecision>(),
            fed_back: self.first_of::<Feedback>(),
        })
    }
}

/// The stage in force: with its framework, for codes of unlike frameworks mean unlike things.
fn stage(resolved: &Resolved<'_>) -> Option<String> {
    match resolved.in_force.held() {
        [] => None,
        [held] => {
            let framework = held.framework.as_deref().unwrap_or_default();
            Some(format!("{framework}:{}", held.value.as_text()?))
        }
        _ => Some("several".into()),
    }
}

fn word(resolved: &Resolved<'_>) -> Option<String> {
    resolved.in_force.one()?.value.as_text().map(str::to_owned)
}

fn hexadecimal(held: &Held) -> String {
    let id = held.value.as_bytes().and_then(|bytes| UserId::from_slice(bytes).ok());
    id.map(|id| id.to_string()).unwrap_or_default()
}
