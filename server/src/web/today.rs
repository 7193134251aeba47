//! The first page: what needs a person today, and why.

use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;
use sync_core::merge::NoticeCause;
use sync_core::time::{Date, Timestamp};

use super::early;
use super::error::PageError;
use super::names::Names;
use super::page::{self, Frame};
use super::session::Visitor;
use super::words;
use crate::app::AppState;
use crate::db::glasses::Glass;
use crate::db::{self, Conn};
use crate::role::Role;
use crate::service::alarms::{self, Heard};
use crate::service::audit::{Act, Seen};
use crate::service::glass;
use crate::service::reading::Reader;
use crate::service::reading::caseload::CaseLine;
use crate::service::reading::colleagues::Colleagues;
use crate::service::reading::conflicts::{self, Inbox};
use crate::service::reading::notices::{self, PlacedNotice};
use crate::service::reading::quarantine::{self, Tray, Waiting};
use crate::service::reading::worklist;

const NO_HARM: &str = "No suspected harm is open.";
/// Children named under each need; the rest is a link away.
const NAMED: usize = 5;

#[derive(Template)]
#[template(path = "today.html")]
struct TodayPage {
    frame: Frame,
    day: String,
    /// Whose cases these are.
    whose: &'static str,
    open_cases: String,
    needs: Vec<Need>,
    /// Of what there is nothing today.
    nothing: Vec<&'static str>,
}

#[derive(Template)]
#[template(path = "elsewhere.html")]
struct ElsewherePage {
    frame: Frame,
    words: Vec<&'static str>,
}

/// What there is to do.
struct Work {
    lines: Vec<CaseLine>,
    inbox: Inbox,
    /// Values of the person's own that do not hold while others stand beside them.
    notices: Vec<PlacedNotice>,
    /// Work that waits for a reviewer.
    tray: Tray,
    /// Glasses that others broke to read the team's records.
    glasses: Vec<Broken>,
    /// Alarms of suspected harm, for the duty officer.
    alarms: Vec<Heard>,
}

/// A glass that somebody broke, and who.
struct Broken {
    glass: Glass,
    by: String,
}

impl Work {
    fn of(conn: &mut Conn, reader: &Reader) -> Result<Seen<Self>, db::Error> {
        let lines = worklist::of_reader(conn, reader)?.unwrap_or_default();
        let mut notices = notices::for_reader(conn, reader)?;
        notices.retain(|it| it.notice.cause == NoticeCause::NotInForce);
        let (inbox, tray) = (conflicts::inbox(conn, reader)?, quarantine::tray(conn, reader)?);
        let told = glass::told(conn, reader)?;
        let people = Colleagues::of(conn, reader, reader.clusters())?;
        let names = Names::of(&people, &[]);
        let broken = |glass: Glass| Broken { by: names.person(&glass.user), glass };
        let glasses = told.into_iter().map(broken).collect();
        let alarms = alarms::list(conn, reader)?;
        let count = lines.len();
        let work = Self { lines, inbox, notices, tray, glasses, alarms };
        Ok(Seen::list(work, Act::Worklist, count))
    }
}

/// Something that needs a person.
struct Need {
    heading: String,
    why: &'static str,
    /// Where the whole list is; empty where this page has all of it.
    href: &'static str,
    children: Vec<Child>,
    more: Option<String>,
    /// Whether it comes before all other work.
    urgent: bool,
}

/// A child to whom it applies.
struct Child {
    name: String,
    href: String,
    why: String,
}

/// What needs the person today; whoever works with no cases is told where their work is.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
) -> Result<HttpResponse, PageError> {
    if !page::works_with_cases(&visitor) {
        return elsewhere(&visitor);
    }
    let now = state.clock.now();
    let mut work = visitor.show(&state, Work::of).await?;
    work.lines.retain(|line| line.header.open);
    let (mut needs, mut nothing) = needs(&work, now);
    if let Some(alarm) = alarm(&work.alarms) {
        // Of the caseload it may be so; it must not stand beside an alarm.
        nothing.retain(|line| *line != NO_HARM);
        needs.insert(0, alarm);
    }
    let whose = if page::leads(&visitor) { "in your cluster" } else { "in your caseload" };
    page::well(&TodayPage {
        frame: Frame::of(&visitor, "Today", "/"),
        day: words::day_of(now),
        whose,
        open_cases: words::count(work.lines.len(), "open case", "open cases"),
        needs,
        nothing,
    })
}

fn elsewhere(visitor: &Visitor) -> Result<HttpResponse, PageError> {
    if page::reads_editions(visitor) {
        return Ok(HttpResponse::SeeOther().insert_header(("Location", "/editions")).finish());
    }
    let has = |role| visitor.person.memberships.iter().any(|it| it.role == role);
    let mut words = Vec::new();
    if has(Role::Admin) {
        words.push(
            "You look after people, phones, agencies and frameworks: the pages are above. What they do \
             not change is done with the caseweave command on the server. Your role opens no child's \
             record.",
        );
    }
    if has(Role::Governance) {
        words.push(
            "You handle requests for access, legal holds and the audit: the pages are above. A case's \
             records are opened to you on a request, for a working day.",
        );
    }
    if words.is_empty() {
        words.push("You have no part in a cluster yet. Ask whoever looks after sign-ins.");
    }
    page::well(&ElsewherePage { frame: Frame::of(visitor, "Your work", "/"), words })
}

fn needs(work: &Work, now: Timestamp) -> (Vec<Need>, Vec<&'static str>) {
    let lines = work.lines.as_slice();
    let all = [
        (harm(lines), NO_HARM),
        (to_settle(lines, &work.inbox), "Nothing waits to be settled."),
        (to_review(&work.tray), "No work waits to be reviewed."),
        (broken(lines, &work.glasses), "Nobody broke the glass to these records."),
        (not_in_force(lines, &work.notices), "Nothing that you wrote is held back by a dispute."),
        (words::today(now).and_then(|today| overdue(lines, today)), "Nothing is overdue."),
        (unallocated(lines), "Every child has a lead professional."),
        (words::today(now).and_then(|today| warned(lines, today)), "No early warning holds."),
    ];
    let (mut needs, mut nothing) = (Vec::new(), Vec::new());
    for (need, none) in all {
        match need {
            Some(need) => needs.push(need),
            None => nothing.push(none),
        }
    }
    (needs, nothing)
}

/// Before everything else, and only for whoever hears alarms.
fn alarm(alarms: &[Heard]) -> Option<Need> {
    let open: Vec<_> = alarms.iter().filter(|it| it.alarm.heard.is_none()).collect();
    let child = |it: &&Heard| Child {
        name: match &it.line {
            Some(line) => named(line.name.clone()),
            None => "A child whose case is not shown to you".into(),
        },
        href: "/alarms".into(),
        why: format!("Arrived {}", words::moment(it.alarm.raised_at)),
    };
    Some(Need {
        heading: words::count(open.len(), "alarm of suspected harm", "alarms of suspected harm"),
        why: "Somebody wrote down that they suspect harm, and no duty officer has it yet.",
        href: "/alarms",
        urgent: true,
        ..Need::about(open.iter().map(child).collect(), NAMED)?
    })
}

fn harm(lines: &[CaseLine]) -> Option<Need> {
    let mut found: Vec<_> =
        lines.iter().filter_map(|line| Some((line.harm_since?, line))).collect();
    found.sort_by_key(|(since, _)| *since);
    let why = |since: Timestamp| format!("Since {}", words::day_of(since));
    let children = found.iter().map(|(since, line)| Child::of(line, why(*since))).collect();
    Some(Need {
        heading: words::count(
            found.len(),
            "child may be suffering harm",
            "children may be suffering harm",
        ),
        why: "Somebody wrote down that they suspect harm, and the concern is not settled.",
        href: "/caseload?harm=on",
        urgent: true,
        ..Need::about(children, NAMED)?
    })
}

fn to_settle(lines: &[CaseLine], inbox: &Inbox) -> Option<Need> {
    let open = inbox.open.iter().map(|it| {
        let why = format!("{} is in dispute", words::fact(it.conflict.fact));
        (it.case, it.name.clone(), why)
    });
    let counted = inbox.counted.iter().map(|it| {
        let why = format!("{} in an agency's own records", it.count);
        (it.case, worklist::name_of(lines, &it.case), why)
    });
    let children: Vec<_> = open
        .chain(counted)
        .map(|(case, name, why)| Child { name: named(name), href: format!("/cases/{case}"), why })
        .collect();
    let number = inbox.open.len() + inbox.counted.iter().map(|it| it.count).sum::<usize>();
    Some(Need {
        heading: words::count(number, "disagreement to settle", "disagreements to settle"),
        why: "People have written different things about a child's safety. The safest holds until \
              somebody settles it.",
        href: "/to-settle",
        ..Need::about(children, NAMED)?
    })
}

fn to_review(tray: &Tray) -> Option<Need> {
    let child = |it: &Waiting| Child {
        name: named(it.name.clone()),
        href: "/to-review".into(),
        why: format!("{}, arrived on {}", words::kind(it.kind), words::day_of(it.held.arrived_at)),
    };
    let harm = tray.open.iter().any(|it| it.held.harm_since.is_some());
    Some(Need {
        heading: words::count(
            tray.open.len(),
            "piece of work waits for your decision",
            "pieces of work wait for your decision",
        ),
        why: "It arrived after its author's access had changed. Nobody else sees it until then.",
        href: "/to-review",
        urgent: harm,
        ..Need::about(tray.open.iter().map(child).collect(), NAMED)?
    })
}

fn broken(lines: &[CaseLine], glasses: &[Broken]) -> Option<Need> {
    let child = |it: &Broken| Child {
        name: named(worklist::name_of(lines, &it.glass.case)),
        href: format!("/cases/{}", it.glass.case),
        why: format!("{}, {}: {}", it.by, words::moment(it.glass.begun_at), it.glass.reason),
    };
    Some(Need {
        heading: words::count(
            glasses.len(),
            "time the glass was broken",
            "times the glass was broken",
        ),
        why: "Somebody outside the team opened the team's records for two hours. If their reason \
              is not a good one, tell information governance.",
        ..Need::about(glasses.iter().map(child).collect(), NAMED)?
    })
}

fn not_in_force(lines: &[CaseLine], notices: &[PlacedNotice]) -> Option<Need> {
    let child = |it: &PlacedNotice| Child {
        name: named(worklist::name_of(lines, &it.case)),
        href: format!("/cases/{}/records/{}", it.case, it.record),
        why: format!("{}: somebody wrote otherwise", words::fact(it.notice.fact)),
    };
    Some(Need {
        heading: words::count(
            notices.len(),
            "value that you wrote does not hold",
            "values that you wrote do not hold",
        ),
        why: "What you wrote is kept and shown. Until the dispute is settled, another value holds.",
        ..Need::about(notices.iter().map(child).collect(), usize::MAX)?
    })
}

fn overdue(lines: &[CaseLine], today: Date) -> Option<Need> {
    let late = lines.iter().filter(|line| line.is_overdue(today));
    let mut late: Vec<_> = late.filter_map(|line| Some((line.due.first()?, line))).collect();
    late.sort_by_key(|(due, _)| due.on);
    let why = |due: &sync_core::view::DueDate| {
        format!("{}: was due on {}", words::fact(due.fact), words::day(due.on))
    };
    let children = late.iter().map(|(due, line)| Child::of(line, why(due))).collect();
    Some(Need {
        heading: words::count(
            late.len(),
            "child has something overdue",
            "children have something overdue",
        ),
        why: "A visit, a review, an action of the plan or an answer was due before today.",
        href: "/caseload?overdue=on",
        ..Need::about(children, NAMED)?
    })
}

fn unallocated(lines: &[CaseLine]) -> Option<Need> {
    let found: Vec<_> = lines.iter().filter(|line| line.is_unallocated()).collect();
    let children = found.iter().map(|line| Child::of(line, line.header.school.clone())).collect();
    Some(Need {
        heading: words::count(
            found.len(),
            "child has no lead professional",
            "children have no lead professional",
        ),
        why: "Nobody co-ordinates the work, or people disagree about who does.",
        href: "/caseload?unallocated=on",
        ..Need::about(children, NAMED)?
    })
}

/// The children to look at this morning; the rest of the early warnings is a link away.
fn warned(lines: &[CaseLine], today: Date) -> Option<Need> {
    let mut found: Vec<_> = lines.iter().filter(|line| line.is_for_this_morning(today)).collect();
    early::sort(&mut found, today);
    let why = |line: &CaseLine| {
        let signs = line.warnings(today).map(|signal| signal.sign.words());
        let mut signs: Vec<_> = signs.collect();
        signs.dedup();
        signs.join("; ")
    };
    let children = found.iter().map(|line| Child::of(line, why(line))).collect();
    Some(Need {
        heading: words::count(
            found.len(),
            "child with early warnings to look at",
            "children with early warnings to look at",
        ),
        why: "Something presses, or several things come together. Each warning says why.",
        href: "/early-warnings",
        ..Need::about(children, NAMED)?
    })
}

impl Need {
    /// A need of these children, of whom `most` are named; none if there are none.
    fn about(mut children: Vec<Child>, most: usize) -> Option<Self> {
        let hidden = children.len().saturating_sub(most);
        children.truncate(most);
        (!children.is_empty()).then(|| Self {
            heading: String::new(),
            why: "",
            href: "",
            children,
            more: (hidden > 0).then(|| format!("and {hidden} more")),
            urgent: false,
        })
    }
}

impl Child {
    fn of(line: &CaseLine, why: String) -> Self {
        let name = named(line.header.name.clone());
        Self { name, href: format!("/cases/{}", line.case), why }
    }
}

/// A child whose name nobody has recorded still has a link that can be pressed.
pub(super) fn named(name: String) -> String {
    if name.is_empty() { "A child without a recorded name".into() } else { name }
}
