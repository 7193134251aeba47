//! What is in force, by whom, and why: what a screen shows of a fact.

use serde::Serialize;

use crate::ids::{EntryId, UserId};
use crate::merge::Context;
use crate::merge::consent::ConsentScope;
use crate::merge::fold;
use crate::record::entry::Assertion;
use crate::record::schema::Fact;
use crate::record::value::Value;
use crate::time::Timestamp;

/// What holds for a fact now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum InForce {
    /// One value.
    One(Held),
    /// Several, to be shown together: newest first by place in the record, own unsent ones last.
    Several(Vec<Held>),
    /// There is a value, and only named people may see it.
    Withheld,
    /// Nobody said, or nobody's value holds until the dispute is settled.
    Nobody,
    /// What one giver's assertions allow together.
    Combined(ConsentScope),
}

impl InForce {
    /// The values that hold, none where there is no single person's.
    #[must_use]
    pub fn held(&self) -> &[Held] {
        match self {
            Self::One(held) => std::slice::from_ref(held),
            Self::Several(held) => held,
            Self::Withheld | Self::Nobody | Self::Combined(_) => &[],
        }
    }

    /// The one value that holds, if there is exactly one.
    #[must_use]
    pub const fn one(&self) -> Option<&Held> {
        if let Self::One(held) = self { Some(held) } else { None }
    }
}

/// A value and whose it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Held {
    /// The assertion; none for the value that a row began with.
    pub entry: Option<EntryId>,
    /// The value.
    pub value: Value,
    /// The framework whose words it uses.
    pub framework: Option<String>,
    /// The framework's name for the value, if it has one.
    pub label: Option<String>,
    /// Who holds it.
    pub by: Option<UserId>,
    /// When they said so, by their clock.
    pub at: Option<Timestamp>,
    /// Why, in their words.
    pub reason: Option<String>,
    /// Whether only this phone has it yet.
    pub unsent: bool,
    /// Whether the value could be ranked; a screen marks one that could not.
    pub known: bool,
}

impl Held {
    /// An assertion's value.
    pub(super) fn of(assertion: &Assertion<'_>, context: &Context<'_>) -> Self {
        let framework = context.framework_of(assertion);
        Self {
            entry: Some(assertion.entry.id),
            value: assertion.value.clone(),
            framework: framework.map(str::to_owned),
            label: label(assertion.fact, assertion.value, framework, context),
            by: Some(assertion.entry.by),
            at: Some(assertion.entry.at),
            reason: assertion.reason().map(str::to_owned),
            unsent: assertion.entry.position.is_none(),
            known: fold::is_known(assertion, context),
        }
    }

    /// The value that a row began with.
    pub(super) fn initial(fact: Fact, value: &Value, context: &Context<'_>) -> Self {
        Self {
            entry: None,
            value: value.clone(),
            framework: None,
            label: label(fact, value, context.framework, context),
            by: None,
            at: None,
            reason: None,
            unsent: false,
            known: true,
        }
    }
}

fn label(
    fact: Fact,
    value: &Value,
    framework: Option<&str>,
    context: &Context<'_>,
) -> Option<String> {
    context.catalogue.label(framework?, fact, value.as_text()?).map(str::to_owned)
}

/// One of the assertions that stand, as far as the reader may see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Rival {
    /// The assertion.
    pub entry: EntryId,
    /// Whose.
    pub by: UserId,
    /// When they said so, by their clock.
    pub at: Timestamp,
    /// Whether only this phone has it yet.
    pub unsent: bool,
    /// What they hold; none where it is withheld.
    pub value: Option<Value>,
    /// The framework whose words it uses.
    pub framework: Option<String>,
    /// The framework's name for the value.
    pub label: Option<String>,
    /// Why, in their words; none where the value is withheld: a reason may repeat it.
    pub reason: Option<String>,
}

impl Rival {
    pub(super) fn of(assertion: &Assertion<'_>, withheld: bool, context: &Context<'_>) -> Self {
        let held = Held::of(assertion, context);
        Self {
            entry: assertion.entry.id,
            by: assertion.entry.by,
            at: assertion.entry.at,
            unsent: held.unsent,
            value: (!withheld).then_some(held.value),
            framework: held.framework,
            label: held.label.filter(|_| !withheld),
            reason: held.reason.filter(|_| !withheld),
        }
    }
}

/// Why a value is in force.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Nobody said anything.
    NobodySaid,
    /// The row began with it and nobody changed it.
    Initial,
    /// Everybody whose assertion stands says the same.
    Agreed,
    /// The highest by the framework's or the software's order.
    Highest,
    /// Whoever is still a member by anybody's word is one.
    StillMember,
    /// Open as long as anybody says so.
    StillOpen,
    /// The least finished.
    LeastFinished,
    /// The more worrying of several ratings.
    MostWorrying,
    /// The more protective by the framework's order.
    MoreProtective,
    /// Yes holds over no.
    YesHolds,
    /// No holds over yes.
    NoHolds,
    /// The earliest day.
    EarliestDay,
    /// The narrowest that the giver allowed.
    NarrowestConsent,
    /// The last that all rivals knew of.
    BeforeDispute,
    /// Rivals have nothing in common.
    NothingCommon,
    /// Nothing is chosen for anybody.
    AllShown,
    /// Equally ranked values: none is safer.
    EqualRank,
    /// Words of unlike frameworks cannot be ranked together.
    UnlikeFrameworks,
    /// Some value is in no framework known here.
    UnknownWord,
    /// An address is confidential.
    Confidential,
}

impl Why {
    /// Why the last word of a fact's own order holds ([`crate::record::schema::Fold::HighestOf`]).
    pub(super) const fn of_order(fact: Fact) -> Self {
        match fact {
            Fact::Member => Self::StillMember,
            Fact::CaseState | Fact::ConcernState => Self::StillOpen,
            Fact::RowStatus => Self::LeastFinished,
            Fact::RowRating => Self::MostWorrying,
            _ => Self::Highest,
        }
    }

    /// The reason in a screen's words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NobodySaid => "Nobody has recorded this.",
            Self::Initial => "As first written.",
            Self::Agreed => "Nobody disagrees.",
            Self::Highest => "People disagree: the highest holds until somebody settles it.",
            Self::StillMember => {
                "People disagree: they stay in the team until somebody settles it."
            }
            Self::StillOpen => "People disagree: it stays open until somebody settles it.",
            Self::LeastFinished => {
                "People disagree: the least finished holds until somebody settles it."
            }
            Self::MostWorrying => {
                "People disagree: the more worrying holds until somebody settles it."
            }
            Self::MoreProtective => {
                "People disagree: the more protective holds until somebody settles it."
            }
            Self::YesHolds => "People disagree: yes holds until somebody settles it.",
            Self::NoHolds => "People disagree: no holds until somebody settles it.",
            Self::EarliestDay => "People disagree: the earliest day holds.",
            Self::NarrowestConsent => "The narrowest that this person allowed holds.",
            Self::BeforeDispute => {
                "People disagree: what held before holds until somebody settles it."
            }
            Self::NothingCommon => "People disagree: nobody holds this until somebody settles it.",
            Self::AllShown => "People disagree: all are shown.",
            Self::EqualRank => "People disagree and none is safer: all are shown.",
            Self::UnlikeFrameworks => {
                "These are words of different frameworks and cannot be ranked: all are shown."
            }
            Self::UnknownWord => "A value is in no framework known here: all are shown.",
            Self::Confidential => "An address is confidential: only named people see it.",
        }
    }
}
