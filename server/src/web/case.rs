//! One child's case: what holds, what is in dispute, who is in the team, and what happened.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use sync_core::framework::Catalogue;
use sync_core::ids::CaseId;
use sync_core::limits::CHRONOLOGY_LINES;
use sync_core::merge::Context;
use sync_core::policy::MemberState;
use sync_core::record::schema::Fact;
use sync_core::view::kinds::{Case, Holds, KindView, PersonView};

use super::assessment::AssessmentShown;
use super::conflicts::ConflictShown;
use super::error::PageError;
use super::facts::FactShown;
use super::names::Names;
use super::page::{self, Frame};
use super::plan::PlanShown;
use super::session::Visitor;
use super::settled::SettledLine;
use super::views::ViewsShown;
use super::{forms, today, words};
use crate::app::AppState;
use crate::db::{self, Conn};
use crate::service::audit::{Act, Note, Seen};
use crate::service::legal_holds;
use crate::service::reading::Reader;
use crate::service::reading::case::{self, Contacts, OpenCase};
use crate::service::reading::chronology::ArrivedLine;

#[derive(Template)]
#[template(path = "case.html")]
struct CasePage {
    frame: Frame,
    case: CaseShown,
    /// The address of the whole chronology, if only its newest lines are here.
    whole: Option<String>,
    /// The address of the next meeting's agenda.
    meeting: String,
}

/// A case for a template.
struct CaseShown {
    name: String,
    school: String,
    closed: bool,
    /// Whether the team's records are open to the reader.
    team_reads: bool,
    harm: Option<Harm>,
    /// Since when nothing of it may be erased.
    held: Option<String>,
    /// Until when it is open to somebody who opened it beyond what they are granted.
    open_until: Option<String>,
    conflicts: Vec<ConflictShown>,
    settled: Vec<SettledLine>,
    own: Vec<OwnRecord>,
    team: Vec<Member>,
    assessments: Vec<AssessmentShown>,
    plans: Vec<PlanShown>,
    views: Vec<ViewsShown>,
    chronology: Vec<Line>,
}

/// That harm is suspected, and whom to ring.
struct Harm {
    since: String,
    ring: Vec<Ring>,
}

/// Somebody to ring.
struct Ring {
    who: String,
    phone: Option<String>,
}

/// What holds in the case's own record in one compartment.
struct OwnRecord {
    place: String,
    href: String,
    facts: Vec<FactShown>,
    persons: Vec<PersonShown>,
    relationships: Vec<String>,
}

/// Somebody who belongs to the child.
struct PersonShown {
    name: String,
    relation: String,
    facts: Vec<FactShown>,
}

/// Somebody of the team around the child.
struct Member {
    who: String,
    state: &'static str,
    leads: bool,
    phone: Option<String>,
}

/// A line of the chronology.
struct Line {
    day: String,
    kind: &'static str,
    place: String,
    href: String,
    what: String,
    by: String,
    written: String,
    arrived: String,
    late: bool,
}

/// How much of the chronology is wanted.
#[derive(Deserialize)]
pub(super) struct Asked {
    chronology: Option<String>,
}

/// The page of a case.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let id: CaseId = path.parse().map_err(|_| PageError::not_open())?;
    let asked: Asked = forms::query(request.query_string())?;
    let lines = if asked.chronology.is_some() { usize::MAX } else { CHRONOLOGY_LINES };
    let read = visitor.show(&state, move |conn, reader| read(conn, reader, &id)).await?;
    let mut case = read.ok_or(PageError::not_open())?;
    let whole = case.chronology.len() > lines;
    case.chronology.truncate(lines);
    page::well(&CasePage {
        frame: Frame::of(&visitor, case.name.clone(), ""),
        meeting: format!("/cases/{id}/meeting"),
        whole: whole.then(|| format!("/cases/{id}?chronology=all#chronology")),
        case,
    })
}

fn read(
    conn: &mut Conn,
    reader: &Reader,
    id: &CaseId,
) -> Result<Seen<Option<CaseShown>>, db::Error> {
    let open = case::open(conn, reader, id)?;
    let ground = open.as_ref().map(|open| open.ground);
    let shown = open.map(|open| shown(conn, reader, &open)).transpose()?;
    Seen::of_case(conn, (id, Note::of(Act::OpenCase)), shown.zip(ground))
}

fn shown(conn: &mut Conn, reader: &Reader, open: &OpenCase) -> Result<CaseShown, db::Error> {
    let id = &open.state.context.case;
    let (contacts, chronology) = (open.contacts(conn)?, open.chronology(conn)?);
    let names = Names::of(&open.people, &open.records);
    let line = &open.line;
    let mut shown = CaseShown {
        name: today::named(line.header.name.clone()),
        school: line.header.school.clone(),
        team_reads: open.reads_team,
        closed: open.reads_team && !line.header.open,
        harm: line.harm_since.map(|since| Harm {
            since: words::day_of(since),
            ring: ring(&names, &contacts, open, &reader.catalogue),
        }),
        held: legal_holds::holds(conn, id)?.map(|hold| words::day_of(hold.set.at)),
        open_until: open.glass.as_ref().map(|glass| words::moment(glass.ends_at)),
        conflicts: open.conflicts.iter().map(|it| ConflictShown::of(&names, it, None)).collect(),
        settled: SettledLine::all(&names, open, &reader.merging(&open.state)),
        own: Vec::new(),
        team: team(&names, open),
        assessments: Vec::new(),
        plans: Vec::new(),
        views: Vec::new(),
        chronology: chronology.iter().map(|line| Line::of(&names, line, id)).collect(),
    };
    shown.add_records(&names, open, &reader.merging(&open.state));
    Ok(shown)
}

/// Whom to ring, first who knows the child, then whoever always answers.
fn ring(
    names: &Names<'_>,
    contacts: &Contacts,
    open: &OpenCase,
    catalogue: &Catalogue,
) -> Vec<Ring> {
    let first =
        contacts.ring.map(|user| Ring { who: names.person(&user), phone: names.phone(&user) });
    let duty = contacts.duty.iter().map(|post| Ring {
        who: format!("{}, duty officer", post.name),
        phone: post.phone.clone(),
    });
    first.into_iter().chain(duty).chain(always(open, catalogue)).collect()
}

/// The numbers of the framework that the case's newest record names; at least the emergency number.
fn always(open: &OpenCase, catalogue: &Catalogue) -> Vec<Ring> {
    let made = open.records.iter().rev().filter_map(|it| it.envelope.made());
    let mut known = made.filter_map(|made| catalogue.editions(&made.framework).next());
    let contacts = known.next().map(|framework| framework.contacts.as_slice()).unwrap_or_default();
    let asked = contacts.iter().filter(|it| matches!(it.code.as_str(), "duty" | "emergency"));
    let mut ring: Vec<_> = asked
        .map(|it| Ring {
            who: if it.hours.is_empty() {
                it.name.clone()
            } else {
                format!("{} ({})", it.name, it.hours)
            },
            phone: Some(it.number.clone()),
        })
        .collect();
    if ring.is_empty() {
        ring.push(Ring { who: "Emergency: police, ambulance".into(), phone: Some("999".into()) });
    }
    ring
}

fn team(names: &Names<'_>, open: &OpenCase) -> Vec<Member> {
    let lead = open.line.header.lead_professional;
    let member = |(user, state): (_, MemberState)| Member {
        who: names.person(&user),
        state: words::member(state),
        leads: lead == Some(user),
        phone: names.phone(&user),
    };
    let mut team: Vec<_> = open.team().map(member).collect();
    team.sort_by(|a, b| (b.leads, &a.who).cmp(&(a.leads, &b.who)));
    team
}

impl CaseShown {
    /// Newest first, but for the case's own records.
    fn add_records(&mut self, names: &Names<'_>, open: &OpenCase, merging: &Context<'_>) {
        for folded in open.records.iter().rev() {
            match KindView::read(folded, merging) {
                KindView::Case(it) => self.own.insert(0, OwnRecord::of(names, &it)),
                KindView::Assessment(it) => {
                    self.assessments.push(AssessmentShown::of(names, merging.catalogue, &it));
                }
                KindView::Plan(it) => self.plans.push(PlanShown::of(names, &it)),
                KindView::Views(it) => self.views.push(ViewsShown::of(names, &it)),
                // In the chronology, and whole on their own pages.
                KindView::Concern(_)
                | KindView::Intervention(_)
                | KindView::Visit(_)
                | KindView::Meeting(_)
                | KindView::Request(_)
                | KindView::SharingDecision(_)
                | KindView::SignificantEvent(_)
                | KindView::Attachment(_) => {}
            }
        }
    }
}

impl OwnRecord {
    fn of(names: &Names<'_>, case: &Case) -> Self {
        let header = &case.header;
        let relation = |it: &sync_core::record::kinds::case::Relationship| {
            let (of, to) = (names.entry(&it.of.to_string()), names.entry(&it.to.to_string()));
            format!("{of} is {} of {to}", it.is)
        };
        Self {
            place: names.compartment(&header.compartment),
            href: format!("/cases/{}/records/{}", header.case, header.record),
            facts: facts(names, case),
            persons: case.persons.iter().map(|it| PersonShown::of(names, it)).collect(),
            relationships: case.relationships.iter().map(|it| relation(&it.says)).collect(),
        }
    }
}

/// What holds of the child and of others, but for what the page shows elsewhere: the team, and what
/// belongs under a person.
fn facts(names: &Names<'_>, case: &Case) -> Vec<FactShown> {
    let persons: Vec<_> = case.persons.iter().map(|it| it.began.id.to_string()).collect();
    let by_name = |name: &str| Fact::ALL.iter().copied().find(|fact| fact.name() == name);
    let whole = case.facts.iter().filter_map(|(name, holds)| Some((by_name(name)?, "", holds)));
    let several = case.by_subject.iter().flat_map(|(name, subjects)| {
        let fact = by_name(name);
        subjects.iter().filter_map(move |(subject, holds)| Some((fact?, subject.as_str(), holds)))
    });
    let elsewhere = |fact: Fact, subject: &str, holds: &Holds| match fact {
        Fact::Member => !holds.disputed,
        Fact::Consent => false,
        _ => persons.iter().any(|person| person == subject),
    };
    let mut all: Vec<_> =
        whole.chain(several).filter(|(fact, about, it)| !elsewhere(*fact, about, it)).collect();
    all.sort_by_key(|(fact, ..)| place(*fact));
    all.into_iter().map(|(fact, about, holds)| FactShown::of(names, fact, about, holds)).collect()
}

/// What decides the work comes before what describes the child.
fn place(fact: Fact) -> (usize, u8) {
    const FIRST: [Fact; 8] = [
        Fact::Stage,
        Fact::LeadProfessional,
        Fact::NamedPerson,
        Fact::Risk,
        Fact::VisitRisk,
        Fact::LegalStatus,
        Fact::Registration,
        Fact::LookedAfter,
    ];
    (FIRST.iter().position(|it| *it == fact).unwrap_or(FIRST.len()), fact.code())
}

impl PersonShown {
    fn of(names: &Names<'_>, person: &PersonView) -> Self {
        let began = &person.began.says;
        let all = [
            (Fact::ContactRestriction, &person.contact_restriction),
            (Fact::ParentalResponsibility, &person.parental_responsibility),
            (Fact::Address, &person.address),
            (Fact::Phone, &person.phone),
        ];
        let name = FactShown::of(names, Fact::PersonName, "", &person.name);
        let line = name.line();
        let said = |holds: &Holds| !holds.standing.is_empty();
        let facts = all.into_iter().filter(|(_, holds)| said(holds));
        let facts = facts.map(|(fact, holds)| FactShown::of(names, fact, "", holds));
        let disputed = Some(name).filter(|name| name.disputed);
        Self {
            name: if line.is_empty() { began.name.clone() } else { line },
            relation: match began.born {
                Some(born) => format!("{}, born {}", began.relation, words::day(born)),
                None => began.relation.clone(),
            },
            facts: disputed.into_iter().chain(facts).collect(),
        }
    }
}

impl Line {
    fn of(names: &Names<'_>, arrived: &ArrivedLine, case: &CaseId) -> Self {
        let line = &arrived.line;
        Self {
            day: words::day_of(line.at),
            kind: words::kind(line.kind),
            place: names.compartment(&line.compartment),
            href: format!("/cases/{case}/records/{}", line.record),
            what: line.what.clone(),
            by: names.person(&line.by),
            written: words::moment(arrived.written_at),
            arrived: words::moment(arrived.arrived_at),
            late: arrived.is_late(),
        }
    }
}
