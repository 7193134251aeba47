//! A plan as a screen shows it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::merge::Context;
use crate::record::entry::Entry;
use crate::record::fold::Folded;
use crate::record::kinds::Contribution;
use crate::record::kinds::plan::PlanRow;
use crate::record::schema::Fact;
use crate::view::kinds::header::Header;
use crate::view::kinds::holds::Holds;
use crate::view::kinds::parts::Parts;
use crate::view::kinds::said::Said;

/// A plan.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// What every record shows.
    #[serde(flatten)]
    pub header: Header,
    /// Its rows, in the record's order.
    pub rows: Vec<RowView>,
    /// When it is reviewed.
    pub review_date: Holds,
    /// Who holds a copy, or held one.
    pub copy_holders: BTreeMap<String, Holds>,
}

/// A row: as it began, and what holds of each field now.
#[derive(Clone, Debug, Serialize)]
pub struct RowView {
    /// The row as it began.
    pub began: Said<PlanRow>,
    /// What the child or family needs.
    pub need: Holds,
    /// What will be done.
    pub action: Holds,
    /// What should come of it.
    pub outcome: Holds,
    /// How that will be known.
    pub evidence: Holds,
    /// Which agency commits to it.
    pub agency: Holds,
    /// Who does it.
    pub person: Holds,
    /// By when.
    pub due: Holds,
    /// How far it is.
    pub status: Holds,
    /// How it goes.
    pub rating: Holds,
    /// What effect it had.
    pub effect: Holds,
}

impl Plan {
    /// Reads a record of this kind.
    #[must_use]
    pub fn read(folded: &Folded, context: &Context<'_>) -> Self {
        let parts = Parts::of(folded, context);
        let rows = folded.entries_of(PlanRow::COLLECTION);
        Self {
            header: Header::read(&parts),
            rows: rows.filter_map(|row| RowView::read(row, &parts)).collect(),
            review_date: parts.holds(Fact::ReviewDate, "", None),
            copy_holders: parts.by_subject(Fact::CopyHolder),
        }
    }
}

impl RowView {
    fn read(row: &Entry, parts: &Parts<'_>) -> Option<Self> {
        let subject = row.id.to_string();
        // A row's fields have the codes of the facts that change them.
        let holds = |fact: Fact| parts.holds(fact, &subject, row.field(fact.code()));
        Some(Self {
            began: parts.said(row)?,
            need: holds(Fact::RowNeed),
            action: holds(Fact::RowAction),
            outcome: holds(Fact::RowOutcome),
            evidence: holds(Fact::RowEvidence),
            agency: holds(Fact::RowAgency),
            person: holds(Fact::RowPerson),
            due: holds(Fact::RowDue),
            status: holds(Fact::RowStatus),
            rating: holds(Fact::RowRating),
            effect: holds(Fact::RowEffect),
        })
    }

    /// Whether people disagree about any of its fields.
    #[must_use]
    pub fn is_disputed(&self) -> bool {
        [
            &self.need,
            &self.action,
            &self.outcome,
            &self.evidence,
            &self.agency,
            &self.person,
            &self.due,
            &self.status,
            &self.rating,
            &self.effect,
        ]
        .into_iter()
        .any(|holds| holds.disputed)
    }
}
