//! Why something was shared, or was not.

use crate::ids::{AgencyId, RecordId};
use crate::record::change::NewEntry;
use crate::record::kind::Kind;
use crate::record::kinds::{Contribution, Draft};

draft! {
    /// A decision on sharing, kept whether or not anything was shared.
    SharingDecisionDraft with SharingDecisionDetails
    {
        /// What it is about.
        1 what: String,
        /// The record that it opens.
        2 record: Option<RecordId>,
        /// With whom.
        3 to: String,
        /// What for.
        4 purpose: String,
        /// On which basis.
        5 basis: Basis,
        /// Whether consent was sought.
        6 consent_sought: bool,
        /// Why, or why not.
        7 why: Option<String>,
        /// Why it is necessary and proportionate.
        8 necessary_because: String,
        /// Whether it was shared.
        9 shared: bool,
        /// The agency that it opens the record to.
        10 agency: Option<AgencyId>,
    }
    and {}
}

choice! {
    /// The basis of sharing.
    Basis {
        /// Somebody consented.
        Consent "consent",
        /// A child is at risk of significant harm.
        SignificantHarm "significant_harm",
        /// A serious crime.
        SeriousCrime "serious_crime",
        /// A court ordered it.
        Court "court",
        /// A law requires it.
        Statutory "statutory",
    }
}

impl Draft for SharingDecisionDraft {
    fn kind(&self) -> Kind {
        Kind::SharingDecision
    }

    fn entries(&self) -> Vec<NewEntry> {
        vec![self.details().entry()]
    }
}
