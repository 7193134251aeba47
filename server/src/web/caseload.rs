//! The caseload, with filters in the address.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use sync_core::framework::Catalogue;
use sync_core::ids::ClusterId;
use sync_core::limits::CASES_PER_PAGE;
use sync_core::time::Date;

use super::error::PageError;
use super::page::{self, Frame};
use super::session::Visitor;
use super::{forms, today, words};
use crate::app::AppState;
use crate::db::Conn;
use crate::service::audit::{Act, Note, Seen};
use crate::service::reading::Reader;
use crate::service::reading::caseload::CaseLine;
use crate::service::reading::colleagues::Colleagues;
use crate::service::reading::summary;
use crate::service::reading::worklist::{self, Filter};

#[derive(Template)]
#[template(path = "caseload.html")]
struct CaseloadPage {
    frame: Frame,
    /// What else can be done with a caseload.
    more: Vec<(&'static str, &'static str)>,
    filters: Filters,
    /// How many there are, in words.
    found: String,
    cases: Vec<Row>,
    previous: Option<String>,
    next: Option<String>,
}

/// The form above the list.
struct Filters {
    clusters: Vec<Choice>,
    stages: Vec<Choice>,
    schools: Vec<Choice>,
    boxes: Vec<Choice>,
    /// Whether anything is filtered.
    any: bool,
}

struct Choice {
    value: String,
    name: String,
    chosen: bool,
}

struct Row {
    name: String,
    href: String,
    school: String,
    stage: String,
    lead: String,
    marks: Vec<Mark>,
}

/// Something about a case that a reader should not miss; never told by colour alone.
pub(super) struct Mark {
    pub(super) words: String,
    pub(super) urgent: bool,
}

/// What is asked for. A browser sends empty fields too.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    cluster: Option<String>,
    stage: Option<String>,
    school: Option<String>,
    overdue: Option<String>,
    unallocated: Option<String>,
    disputed: Option<String>,
    harm: Option<String>,
    warned: Option<String>,
    closed: Option<String>,
    page: Option<String>,
}

impl Asked {
    /// What is not a cluster or a stage finds nothing rather than everything.
    fn filter(&self) -> Result<Filter, PageError> {
        let text = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
        let stage = text(&self.stage).map(|it| {
            let (framework, stage) = it.split_once(':').unwrap_or(("", &it));
            (framework.to_owned(), stage.to_owned())
        });
        let cluster = text(&self.cluster).map(|id| id.parse());
        Ok(Filter {
            cluster: cluster.transpose().map_err(|_| PageError::not_open())?,
            stage,
            school: text(&self.school),
            overdue: self.overdue.is_some(),
            unallocated: self.unallocated.is_some(),
            disputed: self.disputed.is_some(),
            harm: self.harm.is_some(),
            warned: self.warned.is_some(),
            closed: self.closed.is_some(),
        })
    }

    /// The address of another page of the same list.
    fn address(&self, page: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let fields = [
            ("cluster", &self.cluster),
            ("stage", &self.stage),
            ("school", &self.school),
            ("overdue", &self.overdue),
            ("unallocated", &self.unallocated),
            ("disputed", &self.disputed),
            ("harm", &self.harm),
            ("warned", &self.warned),
            ("closed", &self.closed),
        ];
        for (name, value) in fields {
            if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                query.append_pair(name, value);
            }
        }
        query.append_pair("page", &page.to_string());
        format!("/caseload?{}", query.finish())
    }
}

/// The caseload of the person.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let asked: Asked = forms::query(request.query_string())?;
    let filter = asked.filter()?;
    let (now, catalogue) = (state.clock.now(), state.rules.catalogue.clone());
    let today = words::today(now).ok_or(crate::error::ApiError::bad_request())?;
    let kinds = filter.kinds();
    let work = move |conn: &mut Conn, reader: &Reader| {
        let lines = worklist::of_reader(conn, reader)?;
        let people = Colleagues::of(conn, reader, reader.clusters())?;
        let note = match &lines {
            Some(lines) => Note::of(Act::Caseload).counting(lines.len()),
            None => Note::of(Act::Caseload).refused("not_your_role"),
        };
        Ok(Seen::new(lines.map(|lines| (lines, people)), note.with(kinds)))
    };
    let (lines, people) = visitor.show(&state, work).await?.ok_or(PageError::not_open())?;
    let wanted: Vec<_> = lines.iter().filter(|line| filter.takes(line, today)).collect();
    let number = asked.page.as_deref().and_then(|page| page.parse().ok()).unwrap_or(1).max(1_usize);
    let before = number.saturating_sub(1).saturating_mul(CASES_PER_PAGE);
    let shown = wanted.iter().skip(before).take(CASES_PER_PAGE);
    let row = |line: &&CaseLine| Row::of(line, &people, &catalogue, today);
    let cases: Vec<_> = shown.map(row).collect();
    let last = before + cases.len();
    page::well(&CaseloadPage {
        frame: Frame::of(&visitor, "Caseload", "/caseload"),
        more: more(&visitor),
        filters: Filters::of(&lines, &filter, &visitor, &catalogue),
        found: found(before, last, wanted.len()),
        cases,
        previous: (number > 1).then(|| asked.address(number - 1)),
        next: (last < wanted.len()).then(|| asked.address(number + 1)),
    })
}

fn more(visitor: &Visitor) -> Vec<(&'static str, &'static str)> {
    let lead = [("/handover", "Hand a caseload over"), ("/duplicates", "Possible duplicates")];
    let agency = ("/export", "Your agency's own records");
    let lead = lead.into_iter().filter(|_| page::leads(visitor));
    lead.chain(Some(agency).filter(|_| page::exports(visitor))).collect()
}

fn found(before: usize, last: usize, all: usize) -> String {
    let children = words::count(all, "child", "children");
    if last == all && before == 0 {
        children
    } else {
        format!("{} to {last} of {children}", before + 1)
    }
}

impl Row {
    fn of(line: &CaseLine, people: &Colleagues, catalogue: &Catalogue, today: Date) -> Self {
        let header = &line.header;
        let lead = header.lead_professional.map(|user| match people.get(&user) {
            Some(known) => format!("{}, {}", known.name, known.agency_name),
            None => "Somebody who is not of this cluster".into(),
        });
        Self {
            name: today::named(header.name.clone()),
            href: format!("/cases/{}", line.case),
            school: header.school.clone(),
            stage: stage(line, catalogue),
            lead: lead.unwrap_or_else(|| "Nobody".into()),
            marks: marks(line, today),
        }
    }
}

/// The stage in words; of several that stand side by side, all.
fn stage(line: &CaseLine, catalogue: &Catalogue) -> String {
    let framework = line.header.framework.as_deref();
    let names: Vec<_> =
        line.header.stage.iter().map(|it| summary::label(catalogue, framework, it)).collect();
    if names.is_empty() { "Not recorded".into() } else { names.join(" / ") }
}

fn marks(line: &CaseLine, today: Date) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut mark = |words: String, urgent| marks.push(Mark { words, urgent });
    if line.harm_since.is_some() {
        mark("Harm suspected".into(), true);
    }
    if line.safety_conflicts > 0 {
        let number = usize::try_from(line.safety_conflicts).unwrap_or_default();
        mark(words::count(number, "disagreement to settle", "disagreements to settle"), false);
    } else if line.header.stage_disputed {
        mark("Stage in dispute".into(), false);
    }
    if let Some(due) = line.due.first().filter(|due| due.on < today) {
        mark(format!("{}: overdue since {}", words::fact(due.fact), words::day(due.on)), false);
    }
    if line.is_unallocated() {
        mark("No lead professional".into(), false);
    }
    if !line.header.open {
        mark("Closed".into(), false);
    }
    marks
}

impl Filters {
    fn of(lines: &[CaseLine], filter: &Filter, visitor: &Visitor, catalogue: &Catalogue) -> Self {
        let schools: BTreeSet<_> = lines.iter().map(|line| line.header.school.clone()).collect();
        let schools = schools.into_iter().filter(|school| !school.is_empty());
        let chosen = |school: &String| filter.school.as_ref() == Some(school);
        let schools = schools.map(|it| Choice { chosen: chosen(&it), name: it.clone(), value: it });
        Self {
            clusters: clusters(visitor, filter.cluster),
            stages: stages(lines, filter, catalogue),
            schools: schools.collect(),
            boxes: boxes(filter),
            any: *filter != Filter::default(),
        }
    }
}

/// The clusters to choose from, where there is a choice.
fn clusters(visitor: &Visitor, chosen: Option<ClusterId>) -> Vec<Choice> {
    let posts = visitor.person.memberships.iter();
    let all: BTreeMap<_, _> = posts.map(|it| (it.cluster, it.cluster_name.clone())).collect();
    let choice = |(id, name): (ClusterId, String)| Choice {
        chosen: chosen == Some(id),
        value: id.to_string(),
        name,
    };
    if all.len() > 1 { all.into_iter().map(choice).collect() } else { Vec::new() }
}

/// The stages at which anybody is.
fn stages(lines: &[CaseLine], filter: &Filter, catalogue: &Catalogue) -> Vec<Choice> {
    let at = lines.iter().flat_map(|line| {
        let framework = line.header.framework.clone().unwrap_or_default();
        line.header.stage.iter().map(move |stage| (framework.clone(), stage.clone()))
    });
    let all: BTreeSet<_> = at.collect();
    let several = all.iter().map(|(framework, _)| framework).collect::<BTreeSet<_>>().len() > 1;
    let choice = |(framework, stage): (String, String)| {
        let known = Some(framework.as_str()).filter(|it| !it.is_empty());
        let name = summary::label(catalogue, known, &stage);
        Choice {
            name: if several { format!("{name} ({framework})") } else { name },
            value: format!("{framework}:{stage}"),
            chosen: filter.stage == Some((framework, stage)),
        }
    };
    all.into_iter().map(choice).collect()
}

fn boxes(filter: &Filter) -> Vec<Choice> {
    let all = [
        ("harm", "Harm suspected", filter.harm),
        ("warned", "An early warning", filter.warned),
        ("disputed", "Something to settle", filter.disputed),
        ("overdue", "Something overdue", filter.overdue),
        ("unallocated", "No lead professional", filter.unallocated),
        ("closed", "Closed cases too", filter.closed),
    ];
    let choice = |(value, name, chosen): (&str, &str, bool)| Choice {
        value: value.into(),
        name: name.into(),
        chosen,
    };
    all.into_iter().map(choice).collect()
}
