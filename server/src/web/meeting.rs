//! The agenda of a meeting about a child, made of what is due, disputed and unanswered, with what earlier
//! meetings decided. Of the team's records only: it lies on the table, before the family.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;
use sync_core::ids::CaseId;
use sync_core::merge::Context;
use sync_core::record::fold::Folded;
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::meeting::{MeetingAction, MeetingDecision};
use sync_core::record::schema::Fact;
use sync_core::time::{Date, Timestamp};
use sync_core::view::due_dates;
use sync_core::view::kinds::{KindView, Meeting, RowView, Said};

use super::error::PageError;
use super::facts::FactShown;
use super::names::Names;
use super::page::{self, Frame};
use super::said::SaidShown;
use super::session::Visitor;
use super::{today, words};
use crate::app::AppState;
use crate::db::{self, Conn};
use crate::error::ApiError;
use crate::service::audit::{Act, Note, Seen};
use crate::service::reading::Reader;
use crate::service::reading::case::{self, OpenCase};
use crate::service::reading::conflicts;
use crate::service::reading::unanswered;

/// Earlier meetings on one agenda.
const MEETINGS: usize = 5;

#[derive(Template)]
#[template(path = "meeting.html")]
struct MeetingPage {
    frame: Frame,
    href: String,
    day: String,
    agenda: Agenda,
}

/// An agenda for a template.
struct Agenda {
    child: String,
    school: String,
    /// Who belongs to the team, each to be ticked on paper.
    team: Vec<String>,
    /// The newest of the child's views; none if nobody recorded any.
    views: Option<Heard>,
    /// What people disagree about: its name, what holds meanwhile, its record.
    disputed: Vec<Disputed>,
    due: Vec<(String, String)>,
    unanswered: Vec<(String, String)>,
    actions: Vec<Action>,
    meetings: Vec<MeetingShown>,
}

/// What a child last said.
struct Heard {
    when: String,
    href: String,
    changed: bool,
}

/// Something to settle.
struct Disputed {
    name: String,
    holds: String,
    href: String,
}

/// A row of a plan that is not done.
struct Action {
    need: String,
    action: String,
    who: String,
    due: String,
    status: String,
}

/// A meeting that was held.
struct MeetingShown {
    day: String,
    sort: String,
    href: String,
    decisions: Vec<SaidShown>,
    actions: Vec<SaidShown>,
    next: String,
}

/// The agenda of the next meeting.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
    path: Path<String>,
) -> Result<HttpResponse, PageError> {
    let id: CaseId = path.parse().map_err(|_| PageError::not_open())?;
    let today = words::today(state.clock.now()).ok_or(ApiError::bad_request())?;
    let work = move |conn: &mut Conn, reader: &Reader| read(conn, reader, &id, today);
    let agenda = visitor.show(&state, work).await?.ok_or(PageError::not_open())?;
    page::well(&MeetingPage {
        frame: Frame::of(&visitor, format!("Meeting view: {}", agenda.child), ""),
        href: format!("/cases/{id}"),
        day: words::day(today),
        agenda,
    })
}

fn read(
    conn: &mut Conn,
    reader: &Reader,
    id: &CaseId,
    today: Date,
) -> Result<Seen<Option<Agenda>>, db::Error> {
    // Whoever has one concern of their own in a case has no team to meet.
    let open = case::open(conn, reader, id)?.filter(|open| open.reads_team);
    let shown = open.map(|mut open| {
        open.records.retain(|it| it.envelope.compartment == Compartment::Team);
        (Agenda::of(reader, &open, today), open.ground)
    });
    Seen::of_case(conn, (id, Note::of(Act::OpenCase).with("meeting")), shown)
}

impl Agenda {
    fn of(reader: &Reader, open: &OpenCase, today: Date) -> Self {
        let names = Names::of(&open.people, &open.records);
        let merging = reader.merging(&open.state);
        let record =
            |id: &dyn std::fmt::Display| format!("/cases/{}/records/{id}", open.state.context.case);
        let due = due_dates(&open.records, &merging).into_iter().map(|it| {
            let late = if it.is_overdue(today) { " (overdue)" } else { "" };
            let words = format!("{}: {}{late}", words::fact(it.fact), words::day(it.on));
            (words, record(&it.record))
        });
        let waiting = unanswered::of_records(&open.records, &merging).into_iter().map(|it| {
            let words = format!("{}, since {}", it.waits.words(), words::day_of(it.since));
            (words, record(&it.record))
        });
        let disputed = conflicts::of_records(reader, &open.state, &open.records);
        let team = open.team().map(|(user, _)| names.person(&user));
        let mut agenda = Self {
            child: today::named(open.line.header.name.clone()),
            school: open.line.header.school.clone(),
            team: team.collect(),
            views: None,
            disputed: disputed.iter().map(|it| Disputed::of(&names, it, &record)).collect(),
            due: due.collect(),
            unanswered: waiting.collect(),
            actions: Vec::new(),
            meetings: Vec::new(),
        };
        agenda.team.sort();
        agenda.add_records(&names, &open.records, &merging);
        agenda
    }

    /// Newest first.
    fn add_records(&mut self, names: &Names<'_>, records: &[Folded], merging: &Context<'_>) {
        let mut meetings: Vec<(Timestamp, MeetingShown)> = Vec::new();
        for folded in records.iter().rev() {
            match KindView::read(folded, merging) {
                KindView::Plan(plan) => {
                    let open = plan.rows.iter().filter(|row| !is_done(row));
                    self.actions.extend(open.map(|row| Action::of(names, row)));
                }
                KindView::Views(views) if self.views.is_none() => {
                    let whose = views.fixed.details.as_ref().map(|it| it.says.whose.as_str());
                    let at = views.header.at.filter(|_| whose == Some("child"));
                    self.views = at.map(|at| Heard {
                        when: words::day_of(at),
                        href: format!(
                            "/cases/{}/records/{}",
                            views.header.case, views.header.record
                        ),
                        changed: !views.changes.is_empty(),
                    });
                }
                KindView::Meeting(it) => meetings.extend(MeetingShown::of(names, &it)),
                _ => {}
            }
        }
        meetings.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        self.meetings = meetings.into_iter().take(MEETINGS).map(|(_, it)| it).collect();
    }
}

impl Disputed {
    /// Where somebody lives is on no paper: only that people disagree about it.
    fn of(
        names: &Names<'_>,
        open: &conflicts::OpenConflict,
        record: &dyn Fn(&dyn std::fmt::Display) -> String,
    ) -> Self {
        let fact = FactShown::of_conflict(names, &open.conflict);
        let is_place = open.conflict.fact == Fact::Address;
        Self {
            holds: if is_place { "to be looked up in the case".into() } else { fact.line() },
            name: fact.name,
            href: record(&open.record),
        }
    }
}

fn is_done(row: &RowView) -> bool {
    let status = row.status.in_force.one().and_then(|held| held.value.as_text());
    matches!(status, Some("done" | "cancelled"))
}

impl Action {
    fn of(names: &Names<'_>, row: &RowView) -> Self {
        let line = |fact, holds: &_| {
            let shown = FactShown::of(names, fact, "", holds);
            if shown.holds.is_empty() { String::new() } else { shown.line() }
        };
        let who = [line(Fact::RowPerson, &row.person), line(Fact::RowAgency, &row.agency)];
        let who: Vec<_> = who.into_iter().filter(|it| !it.is_empty()).collect();
        Self {
            need: line(Fact::RowNeed, &row.need),
            action: line(Fact::RowAction, &row.action),
            who: who.join(", "),
            due: line(Fact::RowDue, &row.due),
            status: line(Fact::RowStatus, &row.status),
        }
    }
}

impl MeetingShown {
    fn of(names: &Names<'_>, meeting: &Meeting) -> Option<(Timestamp, Self)> {
        let header = &meeting.header;
        let details = meeting.fixed.details.as_ref().map(|it| &it.says);
        let at = details.map(|it| it.at).or(header.at)?;
        let sort = details.and_then(|it| it.sort.as_deref()).unwrap_or_default();
        let next = FactShown::of(names, Fact::NextReview, "", &meeting.next_review);
        let decision = |it: &Said<MeetingDecision>| SaidShown::of(names, it, "", &it.says.text);
        let action = |it: &Said<MeetingAction>| SaidShown::of(names, it, "", in_words(&it.says));
        let shown = Self {
            day: words::day_of(at),
            sort: words::plain(sort),
            href: format!("/cases/{}/records/{}", header.case, header.record),
            decisions: meeting.decisions.iter().map(decision).collect(),
            actions: meeting.actions.iter().map(action).collect(),
            next: if next.holds.is_empty() { String::new() } else { next.line() },
        };
        Some((at, shown))
    }
}

/// What, who, by when.
fn in_words(action: &MeetingAction) -> String {
    let by = action.by.map(|day| format!("by {}", words::day(day)));
    let parts = [Some(action.what.clone()), action.who.clone(), by];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
