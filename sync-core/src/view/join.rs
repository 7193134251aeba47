//! Two cases about one child, joined under either name. Each side says so in its own record; only
//! when both do is either opened to the other's team.

use std::collections::BTreeMap;

use crate::ids::CaseId;
use crate::policy::CaseContext;
use crate::record::fold::Folded;
use crate::record::kinds::Contribution as _;
use crate::record::kinds::case::Alias;

/// What a case's own record says of other cases: of each, whether it is the same child's. The last
/// word counts; who may say it, the policy knows.
#[must_use]
pub fn aliases(team: &Folded) -> BTreeMap<CaseId, bool> {
    let own = team.entries_of(Alias::COLLECTION).filter_map(Alias::read);
    let own = own.filter(|alias| alias.case != team.envelope.case);
    own.map(|alias| (alias.case, alias.undone != Some(true))).collect()
}

/// Whether two cases' own records both say that they are about one child.
#[must_use]
pub fn are_joined(one: &Folded, other: &Folded) -> bool {
    let says = |team: &Folded, of: &CaseId| aliases(team).get(of) == Some(&true);
    says(one, &other.envelope.case) && says(other, &one.envelope.case)
}

/// Opens a case to the team of the one that it is joined to. What narrows on either side narrows
/// here: who may not know of one may not know of the other. Protection stays with its named people. A
/// shielded side is opened to nobody, whenever it came to be shielded.
pub fn join(case: &mut CaseContext, other: &CaseContext) {
    if !case.shielded && !other.shielded {
        for (user, member) in &other.members {
            case.members.entry(*user).or_insert(*member);
        }
        case.agencies_on_case.extend(&other.agencies_on_case);
    }
    case.excluded.extend(&other.excluded);
    case.withheld_agencies.extend(&other.withheld_agencies);
    case.shielded |= other.shielded;
}
