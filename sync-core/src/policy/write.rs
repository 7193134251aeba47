//! Rules of writing records: beginning, adding to, reviewing and moving them.

use crate::policy::standing::Standing;
use crate::policy::{Allowed, Denied, Ground, RecordFacts, Verdict};
use crate::record::kind::{Compartment, Kind};
use crate::record::schema::{AMENDMENTS, DETAILS, FACTS, SIGNATURES, collection};

/// How long an author may share or re-home their record without the lead, milliseconds.
pub const AUTHOR_MOVES_WITHIN_MS: i64 = 24 * 60 * 60 * 1000;

/// A case's own record is made by nobody, so nobody may create one.
pub(super) fn create(standing: &Standing<'_>, kind: Kind, compartment: Compartment) -> Verdict {
    if kind == Kind::Case {
        return Err(Denied::WrongKind);
    }
    let ground = standing.open(compartment).or_else(|denied| {
        if !standing.works() {
            Err(Denied::NotYourRole)
        } else if kind == Kind::Concern && takes_concern(standing, compartment) {
            standing.ground().ok_or(denied)
        } else if kind != Kind::Concern
            && standing.open(Compartment::Team) == Err(Denied::NotInTeam)
        {
            Err(Denied::ConcernOnly)
        } else {
            Err(denied)
        }
    })?;
    Ok(Allowed::on(ground))
}

/// Where anybody who may know of the case may leave a concern, without reading what is there.
fn takes_concern(standing: &Standing<'_>, compartment: Compartment) -> bool {
    match compartment {
        Compartment::Team => false,
        Compartment::Agency(agency) => agency == standing.principal.agency,
        Compartment::Protection => true,
    }
}

pub(super) fn add_entry(standing: &Standing<'_>, record: &RecordFacts, code: u8) -> Verdict {
    if code == FACTS {
        return Err(Denied::AssertInstead);
    }
    let Some(collection) = collection(record.kind, code) else { return Err(Denied::WrongKind) };
    // Opening a case to another team is an action of its own.
    if collection.name == "aliases" {
        return Err(Denied::LeadProfessionalOnly);
    }
    let referrers = matches!(code, DETAILS | AMENDMENTS | SIGNATURES)
        || matches!(collection.name, "indicators" | "told");
    let ground = standing.open_record(record).or_else(|denied| {
        let own = referrers && standing.raised(record);
        if own { Ok(Ground::Author) } else { Err(denied) }
    })?;
    Ok(Allowed::on(ground))
}

pub(super) fn review(standing: &Standing<'_>, record: &RecordFacts) -> Verdict {
    standing.open_record(record)?;
    standing.reviews(record.compartment).map(Allowed::on).ok_or(Denied::NotYourRole)
}

/// Protection records are not shared: named people re-home them or write a new one.
pub(super) fn share(
    standing: &Standing<'_>,
    record: &RecordFacts,
    to: Compartment,
    age_ms: i64,
) -> Verdict {
    standing.open_record(record)?;
    let mover = mover(standing, record, age_ms)?;
    if record.compartment == Compartment::Protection || to == Compartment::Protection {
        return Err(Denied::ProtectionOnly);
    }
    match to {
        Compartment::Agency(agency) => {
            let known = standing.case.agencies_on_case.contains(&agency);
            if !known && record.kind != Kind::Request {
                return Err(Denied::OtherAgency);
            }
        }
        Compartment::Team | Compartment::Protection => {
            standing.open(to)?;
        }
    }
    Ok(Allowed::on(mover))
}

pub(super) fn rehome(standing: &Standing<'_>, record: &RecordFacts, age_ms: i64) -> Verdict {
    if !standing.raised(record) {
        standing.open_record(record)?;
    }
    mover(standing, record, age_ms).map(Allowed::on)
}

fn mover(standing: &Standing<'_>, record: &RecordFacts, age_ms: i64) -> Result<Ground, Denied> {
    if record.kind == Kind::Case {
        return Err(Denied::WrongKind);
    }
    if standing.wrote(record) && age_ms <= AUTHOR_MOVES_WITHIN_MS {
        return Ok(Ground::Author);
    }
    standing.reviews(record.compartment).ok_or(Denied::AskTheLead)
}
