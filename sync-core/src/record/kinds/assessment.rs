//! An assessment: strengths and needs by a framework's form, drafted jointly, then signed.

use serde::{Deserialize, Serialize};

use crate::record::change::NewEntry;
use crate::record::entry::Entry;
use crate::record::kind::Kind;
use crate::record::kinds::field::{Field, Scalar};
use crate::record::kinds::{Assert, Contribution, Draft, entries_of, in_schema_order};
use crate::record::schema::{Fact, TEXTS};
use crate::time::Date;

draft! {
    /// An assessment, as whoever begins it fills it in.
    AssessmentDraft with AssessmentDetails
    {
        /// The framework.
        1 framework: String,
        /// The framework's form.
        2 form: String,
        /// The form's version.
        3 form_version: Option<String>,
    }
    and
    {
        /// Joint texts that it begins with.
        #[serde(default)]
        texts: Vec<JointText>,
        /// Findings by element of the form.
        #[serde(default)]
        findings: Vec<Finding>,
        /// Conclusions, if there are any yet.
        #[serde(default)]
        conclusions: Vec<Conclusion>,
        /// The internal review point.
        review_point: Option<Date>,
    }
}

choice! {
    /// What a finding is.
    FindingSort {
        /// Something that helps the child.
        Strength "strength",
        /// Something that the child needs.
        Need "need",
        /// What a finding rests on.
        Evidence "evidence",
        /// The element does not apply to this child.
        NotApplicable "not_applicable",
    }
}

contribution! {
    /// A finding about one element of the form.
    Finding in 17;
    {
        /// The element's code.
        1 element: String,
        /// What it is.
        2 sort: FindingSort,
        /// In words.
        3 text: Option<String>,
    }
}

contribution! {
    /// A view that differs from the assessment's, kept beside it: a parent's, a colleague's.
    Disagreement in 18;
    {
        /// The element's code; none if it is about the whole.
        1 element: Option<String>,
        /// In words.
        2 text: String,
    }
}

contribution! {
    /// What an assessment comes to.
    Conclusion in 19;
    {
        /// In words.
        1 text: String,
    }
}

/// A text that several people write together, about one element of the form. Each character is an
/// operation, so a text begins with at most about 4,000 of them and grows by edits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JointText {
    /// The element's code.
    pub element: String,
    /// The text as it begins, or as it stands when read.
    #[serde(default)]
    pub text: String,
}

impl Contribution for JointText {
    const COLLECTION: u8 = TEXTS;

    fn entry(&self) -> NewEntry {
        let fields = vec![(1, self.element.to_value())];
        NewEntry { collection: TEXTS, fields, text: Some(self.text.clone()), ..NewEntry::default() }
    }

    fn read(entry: &Entry) -> Option<Self> {
        let own = entry.collection == TEXTS;
        own.then_some(Self {
            element: Field::get(entry.field(1))?,
            text: entry.text.clone().unwrap_or_default(),
        })
    }
}

impl Draft for AssessmentDraft {
    fn kind(&self) -> Kind {
        Kind::Assessment
    }

    fn entries(&self) -> Vec<NewEntry> {
        let review = self.review_point.map(|day| Assert::new(Fact::ReviewPoint, day.to_string()));
        let mut entries = vec![self.details().entry()];
        entries.extend(review.map(|assert| assert.entry()));
        entries.extend(entries_of(&self.texts));
        entries.extend(entries_of(&self.findings));
        entries.extend(entries_of(&self.conclusions));
        in_schema_order(self.kind(), entries)
    }
}
