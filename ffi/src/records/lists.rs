//! Lists: the caseload, what is due, what waits, what was found.

use sync_core::device;
use sync_core::view::{ChronologyLine, DueDate, Warnings};

use crate::records::sheet::{SheetValue, Shown};

/// One case of the caseload.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CaseLine {
    /// The case.
    pub case_id: String,
    /// The child's name.
    pub name: String,
    /// School or nursery.
    pub school: String,
    /// The stage in force; several while frameworks differ.
    pub stages: Vec<String>,
    /// Whether people disagree about the stage.
    pub stage_disputed: bool,
    /// Risk to the child.
    pub risk: Option<String>,
    /// Risk to a visitor: shown before the address.
    pub visit_risk: Option<String>,
    /// The lead professional in force, by id.
    pub lead_professional: Option<String>,
    /// Whether work goes on.
    pub open: bool,
    /// When harm was suspected, without content.
    pub harm_since_ms: Option<i64>,
    /// Whether consent withholds what is new from the user's agency.
    pub frozen: bool,
    /// Disagreements that a person must settle.
    pub safety_conflicts: u64,
    /// Others, marked in place.
    pub routine_conflicts: u64,
    /// Changes by others since the user last opened the case.
    pub unread: u64,
    /// Changes that only this phone has.
    pub only_here: u64,
    /// Records that cannot be shown here: a newer version of the app wrote in them (update it to read them),
    /// or they are damaged on this phone.
    pub unreadable: u64,
    /// What falls due, earliest first.
    pub due: Vec<Due>,
}

/// A day by which something is due.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Due {
    /// The day: `2026-11-26`.
    pub on: String,
    /// What, in words: "the review of the plan".
    pub what: String,
    /// The record.
    pub record_id: String,
}

/// Something due, with its child.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DueLine {
    /// What and when.
    pub due: Due,
    /// The case.
    pub case_id: String,
    /// The child's name.
    pub name: String,
    /// Whether its day has passed.
    pub overdue: bool,
}

/// What asks for attention in one of the user's cases.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct EarlyWarning {
    /// The case.
    pub case_id: String,
    /// The child's name.
    pub name: String,
    /// What, as a heading.
    pub heading: String,
    /// Why, in words that can be checked in the records.
    pub why: String,
    /// The first day on which it holds, as in `2026-11-26`.
    pub from: String,
    /// The record that it is about, if it is about one.
    pub record_id: Option<String>,
    /// Whether it should not wait for a quiet morning.
    pub presses: bool,
}

/// A line of a case's chronology.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Happening {
    /// The record.
    pub record_id: String,
    /// What it is about.
    pub kind: String,
    /// Who it is for.
    pub compartment: String,
    /// When it happened, by its author's clock.
    pub at_ms: i64,
    /// Who made it, by id.
    pub by: String,
    /// The first words of it.
    pub what: String,
}

/// What a visitor must know before they knock.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct VisitWarnings {
    /// Risks to a visitor.
    pub visit_risk: Vec<String>,
    /// Persons with whom contact is restricted, and how.
    pub contact: Vec<RestrictedContact>,
    /// Whether an address is confidential: none of the case is shown.
    pub address_withheld: bool,
}

/// A person with whom contact is restricted.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RestrictedContact {
    /// Who.
    pub person: String,
    /// How; several where people disagree.
    pub restriction: Vec<String>,
}

/// A record that says what was searched for.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Hit {
    /// The case.
    pub case_id: String,
    /// The child's name.
    pub name: String,
    /// The record.
    pub record_id: String,
    /// What it is about.
    pub kind: String,
    /// When it happened.
    pub at_ms: Option<i64>,
    /// Its words around the first that was found.
    pub words: String,
}

/// What waits for the user.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Inbox {
    /// Disagreements about what keeps a child safe.
    pub conflicts: Vec<ConflictLine>,
    /// What became of the user's own values and they have not seen.
    pub notices: Vec<NoticeLine>,
}

/// A disagreement: every value that stands, what holds meanwhile, and why.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct ConflictLine {
    /// The case.
    pub case_id: String,
    /// The child's name.
    pub name: String,
    /// The record.
    pub record_id: String,
    /// Who it is for.
    pub compartment: String,
    /// The fact.
    pub fact: String,
    /// Of whom or what; empty for the record as a whole.
    pub subject: String,
    /// Every value that stands, newest first.
    pub rivals: Vec<SheetValue>,
    /// What holds meanwhile.
    pub holds: Vec<SheetValue>,
    /// Why that, in a sentence.
    pub why: String,
    /// Whether the user may settle it.
    pub may_settle: bool,
}

/// What happened to a value of the user's.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct NoticeLine {
    /// Its name, for `sawNotice`.
    pub notice_id: String,
    /// The case.
    pub case_id: String,
    /// The record.
    pub record_id: String,
    /// The fact.
    pub fact: String,
    /// Of whom or what; empty for the record as a whole.
    pub subject: String,
    /// What happened.
    pub cause: NoticeCause,
    /// The user's own value.
    pub theirs: Shown,
    /// What holds now.
    pub holds: Vec<SheetValue>,
    /// By whom, by id.
    pub by: Vec<String>,
    /// Why, in that person's words.
    pub reason: Option<String>,
}

/// What happened to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum NoticeCause {
    /// It stands beside others and does not hold.
    NotInForce,
    /// Somebody settled rivals, of which it was one, otherwise.
    Settled,
    /// Somebody who had seen it recorded another value.
    Overtaken,
}

impl From<device::CaseloadLine> for CaseLine {
    fn from(line: device::CaseloadLine) -> Self {
        Self {
            case_id: line.case.to_string(),
            name: line.header.name,
            school: line.header.school,
            stages: line.header.stage,
            stage_disputed: line.header.stage_disputed,
            risk: line.header.risk,
            visit_risk: line.header.visit_risk,
            lead_professional: line.header.lead_professional.map(|user| user.to_string()),
            open: line.header.open,
            harm_since_ms: line.harm_since.map(|at| at.0),
            frozen: line.frozen,
            safety_conflicts: line.safety_conflicts as u64,
            routine_conflicts: line.routine_conflicts as u64,
            unread: line.unread as u64,
            only_here: line.only_here as u64,
            unreadable: line.unreadable as u64,
            due: line.due.iter().map(Due::from).collect(),
        }
    }
}

impl From<&DueDate> for Due {
    fn from(due: &DueDate) -> Self {
        let (on, record_id) = (due.on.to_string(), due.record.to_string());
        Self { on, what: due.what().to_owned(), record_id }
    }
}

impl From<device::DueLine> for DueLine {
    fn from(line: device::DueLine) -> Self {
        let (case_id, due) = (line.case.to_string(), Due::from(&line.due));
        Self { due, case_id, name: line.name, overdue: line.overdue }
    }
}

impl From<device::EarlyWarning> for EarlyWarning {
    fn from(warning: device::EarlyWarning) -> Self {
        let signal = warning.signal;
        Self {
            case_id: warning.case.to_string(),
            name: warning.name,
            heading: signal.sign.words().to_owned(),
            presses: signal.sign.presses(),
            from: signal.from.to_string(),
            record_id: signal.record.map(|record| record.to_string()),
            why: signal.why,
        }
    }
}

impl From<ChronologyLine> for Happening {
    fn from(line: ChronologyLine) -> Self {
        Self {
            record_id: line.record.to_string(),
            kind: line.kind.name().to_owned(),
            compartment: line.compartment.to_string(),
            at_ms: line.at.0,
            by: line.by.to_string(),
            what: line.what,
        }
    }
}

impl From<Warnings> for VisitWarnings {
    fn from(warnings: Warnings) -> Self {
        let contact = warnings
            .contact
            .into_iter()
            .map(|it| RestrictedContact { person: it.person, restriction: it.restriction });
        Self {
            visit_risk: warnings.visit_risk,
            contact: contact.collect(),
            address_withheld: warnings.address_withheld,
        }
    }
}

impl From<device::Hit> for Hit {
    fn from(hit: device::Hit) -> Self {
        Self {
            case_id: hit.case.to_string(),
            name: hit.name,
            record_id: hit.record.to_string(),
            kind: hit.kind.name().to_owned(),
            at_ms: hit.at.map(|at| at.0),
            words: hit.words,
        }
    }
}

impl From<device::Inbox> for Inbox {
    fn from(inbox: device::Inbox) -> Self {
        Self {
            conflicts: inbox.conflicts.into_iter().map(ConflictLine::from).collect(),
            notices: inbox.notices.into_iter().map(NoticeLine::from).collect(),
        }
    }
}

impl From<device::InboxConflict> for ConflictLine {
    fn from(line: device::InboxConflict) -> Self {
        let fact = line.conflict.fact;
        let rivals = line.conflict.rivals.iter();
        Self {
            case_id: line.case.to_string(),
            name: line.name,
            record_id: line.record.to_string(),
            compartment: line.compartment.to_string(),
            fact: fact.name().to_owned(),
            rivals: rivals.map(|it| sync_core::view::SheetValue::rival(it, fact).into()).collect(),
            holds: holds(&line.conflict.in_force, fact),
            why: line.conflict.why.words().to_owned(),
            subject: line.conflict.subject,
            may_settle: line.may_settle,
        }
    }
}

impl From<device::NoticeLine> for NoticeLine {
    fn from(line: device::NoticeLine) -> Self {
        use sync_core::merge::NoticeCause as Cause;
        let notice = line.notice;
        Self {
            notice_id: notice.id.to_string(),
            case_id: line.case.to_string(),
            record_id: line.record.to_string(),
            fact: notice.fact.name().to_owned(),
            subject: notice.subject,
            cause: match notice.cause {
                Cause::NotInForce => NoticeCause::NotInForce,
                Cause::Settled => NoticeCause::Settled,
                Cause::Overtaken => NoticeCause::Overtaken,
            },
            theirs: sync_core::view::Shown::of(&notice.theirs, notice.fact.holds()).into(),
            holds: holds(&notice.now, notice.fact),
            by: notice.by.iter().map(ToString::to_string).collect(),
            reason: notice.reason,
        }
    }
}

fn holds(
    in_force: &sync_core::merge::InForce,
    fact: sync_core::record::schema::Fact,
) -> Vec<SheetValue> {
    let held = sync_core::view::SheetValue::in_force(in_force, fact);
    held.into_iter().map(SheetValue::from).collect()
}
