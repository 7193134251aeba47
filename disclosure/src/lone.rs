//! A hidden count that everybody can see to be all of its hidden total: the noughts beside it are shown.
//! Its number stays unknown, but whoever knows that a child is in the total knows then what it is counted
//! as. One of the noughts is hidden against that.

use std::cmp::Reverse;

use crate::field::{Field, State};

/// For each total that is hidden with only one of its counts, the nought that is best hidden with them:
/// the one that stands among most hidden cells. Those before are taken to be hidden.
pub(crate) fn noughts(field: &Field) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    let system = field.system;
    for terms in system.equations.iter().chain(&system.implied) {
        let Some(open) = beside(field, terms) else { continue };
        if open.is_empty() || open.iter().any(|it| chosen.contains(it)) {
            continue;
        }
        let company = |variable: &usize| {
            let equations = system.of[*variable].iter().flat_map(|it| &system.equations[it.0]);
            equations.filter(|it| field.is_hidden(it.0) || chosen.contains(&it.0)).count()
        };
        let best = open.iter().copied().max_by_key(|it| (company(it), Reverse(*it)));
        chosen.extend(best);
    }
    chosen
}

/// The noughts that could be hidden, if the terms are such a total.
fn beside(field: &Field, terms: &[(usize, i64)]) -> Option<Vec<usize>> {
    let mut totals = terms.iter().filter(|it| it.1 < 0);
    let total = totals.next()?.0;
    let mut counts = terms.iter().filter(|it| it.1 > 0).map(|it| it.0);
    let is_lone = field.is_hidden(total)
        && totals.next().is_none()
        && terms.len() > 2
        && counts.clone().filter(|it| field.is_hidden(*it)).count() == 1
        && counts.all(|it| field.is_hidden(it) || field.value[it] == 0);
    let noughts = terms.iter().map(|it| it.0);
    is_lone.then(|| noughts.filter(|it| field.state[*it] == State::Open).collect())
}
