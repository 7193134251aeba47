//! An assessment for a template: element by element of its form, with what people wrote of each.

use sync_core::framework::{Catalogue, Form};
use sync_core::record::kinds::assessment::FindingSort;
use sync_core::record::schema::Fact;
use sync_core::view::kinds::{Assessment, Element, SignatureView};

use super::facts::FactShown;
use super::names::Names;
use super::plan::begun;
use super::said::SaidShown;
use super::words;

/// An assessment.
pub(super) struct AssessmentShown {
    /// The record's address.
    pub(super) href: String,
    /// The form's name.
    pub(super) title: String,
    /// Who began it and when.
    pub(super) begun: String,
    /// Who signed it, or that nobody has.
    pub(super) signed: Vec<String>,
    /// What it says of each element that anybody wrote about.
    pub(super) elements: Vec<ElementShown>,
    /// What it comes to.
    pub(super) conclusions: Vec<SaidShown>,
    /// Views that differ about the whole.
    pub(super) disagreements: Vec<SaidShown>,
    /// The internal review point.
    pub(super) review: FactShown,
}

/// An element of a form.
pub(super) struct ElementShown {
    /// Its name in the form.
    pub(super) name: String,
    /// Its score, if anybody gave one.
    pub(super) score: Option<FactShown>,
    /// What people wrote.
    pub(super) said: Vec<SaidShown>,
}

impl AssessmentShown {
    /// An assessment in words.
    pub(super) fn of(names: &Names<'_>, catalogue: &Catalogue, it: &Assessment) -> Self {
        let header = &it.header;
        let details = it.fixed.details.as_ref().map(|said| &said.says);
        let form = details.and_then(|details| form(catalogue, &details.framework, &details.form));
        let title = form.map(|form| form.name.clone());
        let title = title.or_else(|| details.map(|details| words::plain(&details.form)));
        Self {
            href: format!("/cases/{}/records/{}", header.case, header.record),
            title: title.unwrap_or_else(|| "Assessment".into()),
            begun: begun(names, header.by, header.at),
            signed: header.signatures.iter().map(|it| signed(names, it)).collect(),
            elements: elements(names, form, it),
            conclusions: it
                .conclusions
                .iter()
                .map(|said| SaidShown::of(names, said, "", said.says.text.as_str()))
                .collect(),
            disagreements: it
                .disagreements
                .iter()
                .map(|said| SaidShown::of(names, said, "Disagrees", said.says.text.as_str()))
                .collect(),
            review: FactShown::of(names, Fact::ReviewPoint, "", &it.review_point),
        }
    }
}

fn form<'a>(catalogue: &'a Catalogue, framework: &str, code: &str) -> Option<&'a Form> {
    catalogue.editions(framework).find_map(|it| it.forms.iter().find(|form| form.code == code))
}

/// In the form's order; what the form does not know comes last.
fn elements(names: &Names<'_>, form: Option<&Form>, it: &Assessment) -> Vec<ElementShown> {
    let place = |code: &str| {
        let known = form.and_then(|form| form.elements.iter().position(|it| it.code == code));
        known.unwrap_or(usize::MAX)
    };
    let label = |code: &str| {
        let known = form.and_then(|form| form.elements.iter().find(|it| it.code == code));
        known.map_or_else(|| words::plain(code), |it| it.label.clone())
    };
    let mut elements: Vec<_> = it.elements.iter().collect();
    elements.sort_by_key(|(code, _)| place(code));
    elements
        .into_iter()
        .map(|(code, element)| ElementShown {
            name: label(code),
            score: element.score.as_ref().map(|it| FactShown::of(names, Fact::Score, "", it)),
            said: said(names, element),
        })
        .collect()
}

fn said(names: &Names<'_>, element: &Element) -> Vec<SaidShown> {
    let texts = element
        .texts
        .iter()
        .map(|it| SaidShown::of(names, it, "Written together", it.says.text.as_str()));
    let findings = element.findings.iter().map(|it| {
        let text = it.says.text.clone().unwrap_or_default();
        SaidShown::of(names, it, sort(it.says.sort), text)
    });
    let differing = element
        .disagreements
        .iter()
        .map(|it| SaidShown::of(names, it, "Disagrees", it.says.text.as_str()));
    texts.chain(findings).chain(differing).collect()
}

const fn sort(sort: FindingSort) -> &'static str {
    match sort {
        FindingSort::Strength => "Strength",
        FindingSort::Need => "Need",
        FindingSort::Evidence => "Evidence",
        FindingSort::NotApplicable => "Does not apply",
    }
}

/// Who signed, and whether the words are still those.
pub(super) fn signed(names: &Names<'_>, signature: &SignatureView) -> String {
    let said = &signature.said;
    let role = said.says.role.as_ref().map(|role| format!(" as {role}")).unwrap_or_default();
    let (by, when) = (names.person(&said.by), words::moment(said.at));
    let state = match (signature.digest_fits, signature.changed_since) {
        (false, _) => " The phone that signed was at fault: do not rely on this signature.",
        (true, true) => " Something was written since.",
        (true, false) => "",
    };
    format!("Signed{role} by {by}, {when}.{state}")
}
