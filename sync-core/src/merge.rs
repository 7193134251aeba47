//! What holds while people disagree. Nothing disappears: every assertion that nobody replaced
//! stands, and the safest of them holds until a person settles it (`docs/merge-rules.md`).
//!
//! Everything here is a pure function of a record's entries, in whatever order they came and
//! however often: phone and server say the same without ever writing a resolution down.
//!
//! [`resolve`] answers for one fact, [`resolve_all`] for a record; [`conflicts`] lists what people
//! must settle, [`settlement`] and [`undo`] say how one is settled and how that is taken
//! back; [`notices_for`] tells a person whose value does not hold.

mod chain;
mod conflict;
mod consent;
mod fold;
mod held;
mod notice;
mod settle;
mod topic;
mod undo;

pub use conflict::{Conflict, Severity, conflicts};
pub use consent::{
    CHILD, CombinedConsent, ConsentScope, GiverConsent, NotAScope, combine_consent, consents,
};
pub use held::{Held, InForce, Rival, Why};
pub use notice::{Notice, NoticeCause, NoticeId, notices_for};
pub use settle::{Draft, settlement, settles};
pub use topic::{Resolved, resolve, resolve_all, resolve_of};
pub use undo::{CannotUndo, undo};

use crate::framework::Catalogue;
use crate::record::entry::Assertion;
use crate::record::schema::{Fact, Fold, fact_field};

/// Which addresses a reader is shown: if any is confidential, all are withheld but to named people
/// (`docs/merge-rules.md`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Addresses {
    /// Every one: the reader is a named person.
    All,
    /// Those of whoever has no confidential one.
    Open,
    /// None: one that the reader may not see is confidential, in another record of the case.
    Withheld,
}

/// What merging asks of the world outside the record.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The frameworks whose words rank values.
    pub catalogue: &'a Catalogue,
    /// The framework of assertions that name none.
    pub framework: Option<&'a str>,
    /// Which addresses the reader is shown.
    pub addresses: Addresses,
    /// Whether the first assertion may replace the second. Where it says no, both stand.
    pub may_replace: &'a dyn Fn(&Assertion<'_>, &Assertion<'_>) -> bool,
}

impl<'a> Context<'a> {
    /// A reader who is not a named person, of a record in which anybody may replace anything.
    #[must_use]
    pub fn new(catalogue: &'a Catalogue) -> Self {
        Self { catalogue, framework: None, addresses: Addresses::Open, may_replace: &anybody }
    }

    /// Whether the reader is not shown what somebody asserted.
    #[must_use]
    pub fn hides(&self, assertion: &Assertion<'_>) -> bool {
        assertion.fact.fold() == Fold::Address
            && match self.addresses {
                Addresses::All => false,
                Addresses::Open => assertion.is_confidential(),
                Addresses::Withheld => true,
            }
    }

    fn framework_of<'b>(&self, assertion: &Assertion<'b>) -> Option<&'b str>
    where
        'a: 'b,
    {
        assertion.entry.text_of(fact_field::FRAMEWORK).or(self.framework)
    }
}

fn anybody(_: &Assertion<'_>, _: &Assertion<'_>) -> bool {
    true
}

fn name_of<S: serde::Serializer>(fact: &Fact, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(fact.name())
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
