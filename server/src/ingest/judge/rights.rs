//! What a person may, by the rules of now and by those that their phone last knew.

use sync_core::engine::admit::Forbidden;
use sync_core::gate::copies;
use sync_core::gate::permission;
use sync_core::gate::refusal::{FROM_RETIRED, Refusal};
use sync_core::policy::{
    Action, CaseContext, Door, Principal, RecordFacts, decide, sees_directory,
};
use sync_core::record::change::Change;
use sync_core::record::history::History;

use super::parents::Around;
use crate::ingest::Arrival;

/// A case's rules now, and as the phone last knew them if that is another time.
#[derive(Clone)]
pub(super) struct Contexts {
    pub(super) now: CaseContext,
    pub(super) then: Option<CaseContext>,
}

impl Contexts {
    /// Whether a person may not know of the case, nor might when their phone last heard of it: they are
    /// told what they would be told of a case that is not there.
    pub(super) fn are_closed_to(&self, principal: &Principal, then: Option<&Principal>) -> bool {
        let knew = |case| sees_directory(then.unwrap_or(principal), case);
        !sees_directory(principal, &self.now) && !self.then.as_ref().is_some_and(knew)
    }

    /// Whether a person may read a record, or might when their phone last heard.
    pub(super) fn open(
        &self,
        principal: &Principal,
        then: Option<&Principal>,
        record: &RecordFacts,
    ) -> bool {
        let knew = |case| may_read(then.unwrap_or(principal), case, record);
        may_read(principal, &self.now, record) || self.then.as_ref().is_some_and(knew)
    }
}

/// Whether a person may read a record in a case as it is.
pub(super) fn may_read(principal: &Principal, case: &CaseContext, record: &RecordFacts) -> bool {
    let read = Action::Read { door: Door::Standing };
    decide(principal, case, Some(record), &read).is_ok()
}

/// Whether a person may make a change now; if not, whether they might as far as their phone knew. A
/// copy that may not be made is given back: its source is still there. Of a retired phone, whatever
/// might be made is kept for a reviewer.
pub(super) fn may(
    (arrival, then): (&Arrival, Option<&Principal>),
    contexts: &Contexts,
    (history, change, deps): (&History, &Change, &[usize]),
    around: &Around,
) -> Result<(), Forbidden> {
    around.attaches(history.envelope(), change)?;
    let (principal, sources) = (&arrival.principal, &around.sources);
    let judged_by =
        |who, context| permission::check(who, context, history, change, deps, sources).map(drop);
    let copies = !copies::copied_from(change).is_empty();
    let refusal = match judged_by(principal, &contexts.now) {
        Ok(()) if arrival.leaving && copies => return Err(Refusal::new(FROM_RETIRED).into()),
        Ok(()) if arrival.leaving => return Err(Forbidden::Late(Refusal::new(FROM_RETIRED))),
        Ok(()) if around.waits() => return Err(Forbidden::Late(Refusal::new("wrong_parent"))),
        Ok(()) => return Ok(()),
        Err(refusal) => refusal,
    };
    let before = contexts.then.as_ref().filter(|_| !copies);
    match before.map(|context| judged_by(then.unwrap_or(principal), context)) {
        Some(Ok(())) if arrival.leaving => Err(Forbidden::Late(Refusal::new(FROM_RETIRED))),
        Some(Ok(())) => Err(Forbidden::Late(refusal)),
        _ => Err(Forbidden::Refused(refusal)),
    }
}

/// Whether somebody has other posts in the cluster now, or another agency.
pub(super) fn differs(then: &Principal, now: &Principal) -> bool {
    let here = then.memberships.first().map(|it| it.cluster);
    let roles = |who: &Principal| {
        let of_cluster = who.memberships.iter().filter(|it| Some(it.cluster) == here);
        of_cluster.map(|it| it.role).collect::<Vec<_>>()
    };
    then.agency != now.agency || roles(then) != roles(now)
}
