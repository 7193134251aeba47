//! Consent: what one giver allows, and whose counts.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::framework::CapacityRule;
use crate::ids::AgencyId;
use crate::merge::topic::resolve_of;
use crate::merge::{Context, InForce};
use crate::record::entry::Entry;
use crate::record::schema::Fact;
use crate::record::value::Value;

/// The subject under which the child's own consent is recorded.
pub const CHILD: &str = "child";

/// With whom a giver allows sharing. Written `all`, `none`, or `all except` and the ids of the
/// agencies left out, ascending, with commas between.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ConsentScope {
    /// With every agency on the case.
    All,
    /// With every agency but these. Never empty.
    AllExcept(BTreeSet<AgencyId>),
    /// With nobody.
    None,
}

/// A text that says no scope of consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a scope of consent: all, none, or all except <agency>,<agency> is expected")]
pub struct NotAScope;

impl ConsentScope {
    /// All but these agencies.
    #[must_use]
    pub fn all_except(agencies: impl IntoIterator<Item = AgencyId>) -> Self {
        let agencies: BTreeSet<_> = agencies.into_iter().collect();
        if agencies.is_empty() { Self::All } else { Self::AllExcept(agencies) }
    }

    /// What an assertion allows. What cannot be read allows nothing.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        value.as_text().and_then(|text| text.parse().ok()).unwrap_or(Self::None)
    }

    /// What both allow.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, _) | (_, Self::None) => Self::None,
            (Self::All, scope) | (scope, Self::All) => scope,
            (Self::AllExcept(a), Self::AllExcept(b)) => Self::AllExcept(&a | &b),
        }
    }

    /// Whether sharing with this agency is allowed.
    #[must_use]
    pub fn allows(&self, agency: &AgencyId) -> bool {
        match self {
            Self::All => true,
            Self::AllExcept(agencies) => !agencies.contains(agency),
            Self::None => false,
        }
    }
}

impl fmt::Display for ConsentScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::None => f.write_str("none"),
            Self::AllExcept(agencies) => {
                let ids: Vec<_> = agencies.iter().map(AgencyId::to_string).collect();
                write!(f, "all except {}", ids.join(","))
            }
        }
    }
}

impl FromStr for ConsentScope {
    type Err = NotAScope;
    fn from_str(text: &str) -> Result<Self, NotAScope> {
        let scope = match text {
            "all" => Self::All,
            "none" => Self::None,
            _ => {
                let ids = text.strip_prefix("all except ").ok_or(NotAScope)?.split(',');
                let ids: Result<BTreeSet<_>, _> = ids.map(AgencyId::from_str).collect();
                Self::AllExcept(ids.map_err(|_| NotAScope)?)
            }
        };
        // One spelling a scope, so that equal consents have equal texts.
        if scope.to_string() == text { Ok(scope) } else { Err(NotAScope) }
    }
}

impl Serialize for ConsentScope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What one giver allows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct GiverConsent {
    /// [`CHILD`] or a person of the case.
    pub giver: String,
    /// The narrowest of what stands.
    pub scope: ConsentScope,
    /// Whether what stands differs.
    pub disputed: bool,
}

/// What the givers allow together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CombinedConsent {
    /// With whom sharing is allowed; none if nobody was asked.
    pub scope: Option<ConsentScope>,
    /// Whose consent that is.
    pub relied_on: Vec<String>,
    /// Whether givers differ, one's consent is disputed, or a capable child was not asked.
    pub in_doubt: bool,
    /// When one may share without consent, in words for the screen.
    pub without_consent: Option<String>,
}

/// What each giver of a record allows, by giver.
#[must_use]
pub fn consents(entries: &[Entry], context: &Context<'_>) -> Vec<GiverConsent> {
    resolve_of(&[Fact::Consent], entries, context)
        .into_iter()
        .filter_map(|resolved| match resolved.in_force {
            InForce::Combined(scope) => {
                Some(GiverConsent { giver: resolved.subject, scope, disputed: resolved.disputed })
            }
            _ => None,
        })
        .collect()
}

/// What the givers allow together. A child presumed capable by the framework decides alone, once
/// asked; else the narrowest of all holds.
#[must_use]
pub fn combine_consent(
    givers: &[GiverConsent],
    child_age_years: Option<u32>,
    rule: Option<&CapacityRule>,
) -> CombinedConsent {
    let presumed_from = rule.and_then(|rule| rule.presumed_capable_from_years);
    let capable =
        matches!((child_age_years, presumed_from), (Some(age), Some(from)) if age >= from);
    let child = givers.iter().find(|giver| giver.giver == CHILD).filter(|_| capable);
    let relied_on = child.map_or(givers, std::slice::from_ref);
    let scope = relied_on.iter().map(|giver| giver.scope.clone()).reduce(ConsentScope::and);
    let in_doubt =
        relied_on.iter().any(|giver| giver.disputed || Some(&giver.scope) != scope.as_ref())
            || (capable && child.is_none());
    CombinedConsent {
        scope,
        relied_on: relied_on.iter().map(|giver| giver.giver.clone()).collect(),
        in_doubt,
        without_consent: rule.map(|rule| rule.without_consent.clone()),
    }
}
