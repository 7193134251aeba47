//! An assessment as a screen shows it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::merge::Context;
use crate::record::fold::Folded;
use crate::record::kinds::assessment::{
    AssessmentDetails, Conclusion, Disagreement, Finding, JointText,
};
use crate::record::schema::Fact;
use crate::view::kinds::header::Header;
use crate::view::kinds::holds::Holds;
use crate::view::kinds::parts::Parts;
use crate::view::kinds::said::{Fixed, Said};

/// An assessment. Its header's signatures tell whether it changed since each was given.
#[derive(Clone, Debug, Serialize)]
pub struct Assessment {
    /// What every record shows.
    #[serde(flatten)]
    pub header: Header,
    /// What was fixed when it was made.
    #[serde(flatten)]
    pub fixed: Fixed<AssessmentDetails>,
    /// What it says of each element of the form, by the element's code.
    pub elements: BTreeMap<String, Element>,
    /// Views that differ about the whole.
    pub disagreements: Vec<Said<Disagreement>>,
    /// What it comes to.
    pub conclusions: Vec<Said<Conclusion>>,
    /// The internal review point.
    pub review_point: Holds,
}

/// One element of the form.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Element {
    /// Joint texts as they stand. Two begun at once both stand, one after the other.
    pub texts: Vec<Said<JointText>>,
    /// Strengths, needs, evidence, or that it does not apply.
    pub findings: Vec<Said<Finding>>,
    /// Views that differ about this element.
    pub disagreements: Vec<Said<Disagreement>>,
    /// Its score, if anybody gave one. There is no pass mark.
    pub score: Option<Holds>,
}

impl Assessment {
    /// Reads a record of this kind.
    #[must_use]
    pub fn read(folded: &Folded, context: &Context<'_>) -> Self {
        let parts = Parts::of(folded, context);
        let (of_elements, disagreements) =
            parts.all::<Disagreement>().into_iter().partition(|said| said.says.element.is_some());
        Self {
            header: Header::read(&parts),
            fixed: parts.fixed(),
            elements: elements(&parts, of_elements),
            disagreements,
            conclusions: parts.all(),
            review_point: parts.holds(Fact::ReviewPoint, "", None),
        }
    }
}

fn elements(
    parts: &Parts<'_>,
    disagreements: Vec<Said<Disagreement>>,
) -> BTreeMap<String, Element> {
    let mut elements: BTreeMap<String, Element> = BTreeMap::new();
    for said in parts.all::<JointText>() {
        elements.entry(said.says.element.clone()).or_default().texts.push(said);
    }
    for said in parts.all::<Finding>() {
        elements.entry(said.says.element.clone()).or_default().findings.push(said);
    }
    for said in disagreements {
        let element = said.says.element.clone().unwrap_or_default();
        elements.entry(element).or_default().disagreements.push(said);
    }
    for (element, score) in parts.by_subject(Fact::Score) {
        elements.entry(element).or_default().score = Some(score);
    }
    elements
}
