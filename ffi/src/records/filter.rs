//! Which cases a list shows, and in which order.

use sync_core::device::CaseloadLine;
use sync_core::record::schema::{Fact, FieldType};
use sync_core::time::Date;

/// Which cases are shown: those that pass all that is said.
#[derive(Debug, Clone, PartialEq, Eq, Default, uniffi::Record)]
pub struct CaseFilter {
    /// At this stage.
    #[uniffi(default = None)]
    pub stage: Option<String>,
    /// With something whose day has passed.
    #[uniffi(default = false)]
    pub overdue: bool,
    /// With changes by others that the user has not seen.
    #[uniffi(default = false)]
    pub unread: bool,
    /// With a disagreement that a person must settle.
    #[uniffi(default = false)]
    pub in_dispute: bool,
    /// With something that exists only on this phone.
    #[uniffi(default = false)]
    pub only_here: bool,
    /// Closed ones, too.
    #[uniffi(default = false)]
    pub with_closed: bool,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum CaseSort {
    /// By the child's name.
    Name,
    /// What falls due first comes first; nothing due comes last.
    NextDue,
    /// Suspected harm first, then risk to the child, then name.
    Risk,
    /// Most unread changes first.
    Unread,
}

impl CaseFilter {
    pub(crate) fn lets(&self, line: &CaseloadLine, today: Option<Date>) -> bool {
        let overdue = || line.due.iter().any(|due| today.is_some_and(|day| due.is_overdue(day)));
        let at_stage = |stage: &String| line.header.stage.contains(stage);
        self.stage.as_ref().is_none_or(at_stage)
            && (!self.overdue || overdue())
            && (!self.unread || line.unread > 0)
            && (!self.in_dispute || line.safety_conflicts > 0)
            && (!self.only_here || line.only_here > 0)
            && (self.with_closed || line.header.open)
    }
}

impl CaseSort {
    /// Sorts lines that are in the order of names.
    pub(crate) fn apply(self, lines: &mut [CaseloadLine]) {
        match self {
            Self::Name => {}
            Self::NextDue => lines.sort_by_key(|line| {
                let first = line.due.first().map(|due| due.on);
                (first.is_none(), first)
            }),
            Self::Risk => lines.sort_by_key(|line| {
                let risk = line.header.risk.as_deref().map_or(0, risk_rank);
                (line.harm_since.is_none(), std::cmp::Reverse(risk))
            }),
            Self::Unread => lines.sort_by_key(|line| std::cmp::Reverse(line.unread)),
        }
    }
}

/// The place of a risk in its own order, from 1.
fn risk_rank(risk: &str) -> usize {
    let FieldType::Choice(words) = Fact::Risk.holds() else { return 0 };
    words.iter().position(|word| *word == risk).map_or(0, |place| place + 1)
}
