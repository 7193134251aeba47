//! A plan for a template, row by row.

use sync_core::merge::InForce;
use sync_core::record::schema::Fact;
use sync_core::view::kinds::{Holds, Plan, RowView};

use super::facts::FactShown;
use super::names::Names;
use super::words;

/// A plan.
pub(super) struct PlanShown {
    /// The record's address.
    pub(super) href: String,
    /// Who began it and when.
    pub(super) begun: String,
    /// When it is reviewed.
    pub(super) review: FactShown,
    /// Who holds a copy.
    pub(super) copies: Vec<String>,
    /// Its rows.
    pub(super) rows: Vec<RowShown>,
}

/// A row of a plan.
pub(super) struct RowShown {
    /// The need.
    pub(super) need: String,
    /// Everything else that anybody said of it; the need too, if people disagree about it.
    pub(super) facts: Vec<FactShown>,
    /// Who began it and when.
    pub(super) begun: String,
}

impl PlanShown {
    /// A plan in words.
    pub(super) fn of(names: &Names<'_>, plan: &Plan) -> Self {
        let header = &plan.header;
        let holders = plan.copy_holders.iter();
        let holds = |holds: &Holds| {
            let one = holds.in_force.one().and_then(|held| held.value.as_bool());
            one.unwrap_or(true)
        };
        Self {
            href: format!("/cases/{}/records/{}", header.case, header.record),
            begun: begun(names, header.by, header.at),
            review: FactShown::of(names, Fact::ReviewDate, "", &plan.review_date),
            copies: holders.filter(|(_, it)| holds(it)).map(|(who, _)| who.clone()).collect(),
            rows: plan.rows.iter().map(|row| RowShown::of(names, row)).collect(),
        }
    }
}

impl RowShown {
    fn of(names: &Names<'_>, row: &RowView) -> Self {
        let need = FactShown::of(names, Fact::RowNeed, "", &row.need);
        let all = [
            (Fact::RowNeed, &row.need),
            (Fact::RowAction, &row.action),
            (Fact::RowOutcome, &row.outcome),
            (Fact::RowEvidence, &row.evidence),
            (Fact::RowAgency, &row.agency),
            (Fact::RowPerson, &row.person),
            (Fact::RowDue, &row.due),
            (Fact::RowStatus, &row.status),
            (Fact::RowRating, &row.rating),
            (Fact::RowEffect, &row.effect),
        ];
        let said = |(fact, holds): &(Fact, &Holds)| {
            let empty = holds.in_force == InForce::Nobody && holds.standing.is_empty();
            !empty && (*fact != Fact::RowNeed || holds.disputed)
        };
        let facts = all.into_iter().filter(said);
        let shown = |(fact, holds): (Fact, &Holds)| {
            let mut shown = FactShown::of(names, fact, "", holds);
            // Under an action, its due day needs no longer name.
            if fact == Fact::RowDue {
                shown.name = "By when".into();
            }
            shown
        };
        Self {
            need: need.line(),
            facts: facts.map(shown).collect(),
            begun: begun(names, Some(row.began.by), Some(row.began.at)),
        }
    }
}

/// Who began something and when.
pub(super) fn begun(
    names: &Names<'_>,
    by: Option<sync_core::ids::UserId>,
    at: Option<sync_core::time::Timestamp>,
) -> String {
    match (by, at) {
        (Some(by), Some(at)) => format!("{}, {}", names.person(&by), words::moment(at)),
        (Some(by), None) => names.person(&by),
        (None, _) => String::new(),
    }
}
