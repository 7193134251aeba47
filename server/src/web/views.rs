//! Somebody's views for a template.

use sync_core::record::kinds::views::How;
use sync_core::view::kinds::Views;

use super::names::Names;
use super::said::SaidShown;
use super::words;

/// Somebody's views.
pub(super) struct ViewsShown {
    /// The record's address.
    pub(super) href: String,
    /// Whose they are and how they were obtained.
    pub(super) title: String,
    /// The words, verbatim.
    pub(super) words: Vec<SaidShown>,
    /// What changed because of them.
    pub(super) changes: Vec<SaidShown>,
}

impl ViewsShown {
    /// Views in words.
    pub(super) fn of(names: &Names<'_>, views: &Views) -> Self {
        let header = &views.header;
        let details = views.fixed.details.as_ref().map(|said| &said.says);
        let title = details.map(|it| {
            let how = it.how.word();
            let how = if it.how == How::Observed { "as observed" } else { how };
            format!("{}, {how}", words::plain(&it.whose))
        });
        Self {
            href: format!("/cases/{}/records/{}", header.case, header.record),
            title: title.unwrap_or_else(|| "Views".into()),
            words: views
                .words
                .iter()
                .map(|it| SaidShown::of(names, it, "", &it.says.text))
                .collect(),
            changes: views
                .changes
                .iter()
                .map(|it| SaidShown::of(names, it, "", &it.says.text))
                .collect(),
        }
    }
}
