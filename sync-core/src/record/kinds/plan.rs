//! A plan: rows of need, action and outcome with who, by when and how it goes.

use serde::{Deserialize, Serialize};

use crate::ids::{AgencyId, EntryId};
use crate::record::change::NewEntry;
use crate::record::kind::Kind;
use crate::record::kinds::{Assert, Draft, entries_of, in_schema_order};
use crate::record::schema::Fact;
use crate::record::value::Value;
use crate::time::Date;

/// A plan, as whoever begins it fills it in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanDraft {
    /// Its rows.
    #[serde(default)]
    pub rows: Vec<PlanRow>,
    /// When it is reviewed.
    pub review_date: Option<Date>,
    /// Who is given a copy.
    #[serde(default)]
    pub copy_holders: Vec<String>,
}

choice! {
    /// How far an action is.
    ActionStatus {
        /// It will not be done.
        Cancelled "cancelled",
        /// It is done.
        Done "done",
        /// It is under way.
        InProgress "in_progress",
        /// It has not begun.
        Open "open",
        /// Something is in its way.
        Blocked "blocked",
    }
}

choice! {
    /// How an action goes.
    Rating {
        /// As hoped.
        Green "green",
        /// Less well.
        Amber "amber",
        /// Badly.
        Red "red",
    }
}

contribution! {
    /// A row as it begins. Its fields are changed by assertions ([`PlanRow::assert`]).
    PlanRow in 16;
    {
        /// What the child or family needs.
        50 need: String,
        /// What will be done.
        51 action: String,
        /// What should come of it.
        52 outcome: Option<String>,
        /// How that will be known.
        53 evidence: Option<String>,
        /// Which agency commits to it.
        54 agency: Option<AgencyId>,
        /// Who does it.
        55 person: Option<String>,
        /// By when.
        56 due: Option<Date>,
        /// How far it is.
        57 status: Option<ActionStatus>,
        /// How it goes.
        58 rating: Option<Rating>,
    }
}

impl PlanRow {
    /// A row with a need and an action and nothing else.
    pub fn new(need: impl Into<String>, action: impl Into<String>) -> Self {
        Self {
            need: need.into(),
            action: action.into(),
            outcome: None,
            evidence: None,
            agency: None,
            person: None,
            due: None,
            status: None,
            rating: None,
        }
    }

    /// An assertion that changes one field of a row.
    #[must_use]
    pub fn assert(row: EntryId, fact: Fact, value: impl Into<Value>) -> Assert {
        Assert::new(fact, value).about(row.to_string())
    }
}

impl Draft for PlanDraft {
    fn kind(&self) -> Kind {
        Kind::Plan
    }

    fn entries(&self) -> Vec<NewEntry> {
        let review = self.review_date.map(|day| Assert::new(Fact::ReviewDate, day.to_string()));
        let holders =
            self.copy_holders.iter().map(|who| Assert::new(Fact::CopyHolder, true).about(who));
        let mut entries: Vec<_> = review.into_iter().chain(holders).map(|it| it.entry()).collect();
        entries.extend(entries_of(&self.rows));
        in_schema_order(self.kind(), entries)
    }
}
