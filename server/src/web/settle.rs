//! The form with which a person settles a disagreement: a value of those that stand, and why.

use std::collections::BTreeSet;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use sync_core::ids::{EntryId, RecordId};
use sync_core::record::schema::Fact;

use super::conflicts;
use super::desk::{self, Why};
use super::error::PageError;
use super::facts::ValueShown;
use super::forms::{self, Sent};
use super::session::Visitor;
use crate::app::AppState;
use crate::error::ApiError;
use crate::service::reading::conflicts::OpenConflict;
use crate::service::settling::{Choice, NotDecided};

/// A decision as it is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SettleForm {
    form_code: String,
    fact: String,
    #[serde(default)]
    subject: String,
    /// The assertions that stood on the page, with spaces between.
    shown: String,
    /// None is sent where none was chosen.
    #[serde(default)]
    chosen: String,
    reason: String,
}

/// What a person sent that was not taken: shown again, with what is wrong.
pub(super) struct Again {
    choice: Choice,
    why: Why,
}

/// The form of a disagreement, for a template.
pub(super) struct FormShown {
    pub(super) action: String,
    pub(super) fact: &'static str,
    pub(super) subject: String,
    pub(super) shown: String,
    pub(super) choices: Vec<ChoiceShown>,
    pub(super) reason: String,
    /// What is wrong with the choice.
    pub(super) wrong_choice: String,
    /// What is wrong with the reason.
    pub(super) wrong_reason: String,
}

/// A value that can be chosen.
pub(super) struct ChoiceShown {
    pub(super) entry: String,
    pub(super) checked: bool,
    pub(super) value: ValueShown,
}

/// Settles, and shows what was settled.
pub(super) async fn settle(
    state: Data<AppState>,
    visitor: Visitor,
    path: Path<String>,
    sent: Sent<SettleForm>,
) -> Result<HttpResponse, PageError> {
    let form = forms::read(sent)?;
    forms::check(Some(&visitor.token), &form.form_code)?;
    let record: RecordId = path.parse().map_err(|_| PageError::not_open())?;
    let choice = choice(record, form).ok_or(ApiError::bad_request())?;
    let wish = choice.clone();
    match desk::decide(&state, &visitor, record, move |opened, _| opened.settle(&wish)).await? {
        Ok(entry) => {
            let to = format!("/to-settle/{record}/{entry}?done");
            Ok(HttpResponse::SeeOther().insert_header(("Location", to)).finish())
        }
        Err(why) => conflicts::again(&state, &visitor, Again { choice, why }).await,
    }
}

fn choice(record: RecordId, form: SettleForm) -> Option<Choice> {
    let fact = Fact::ALL.iter().copied().find(|fact| fact.name() == form.fact)?;
    let shown: Result<BTreeSet<EntryId>, _> =
        form.shown.split_whitespace().map(str::parse).collect();
    let chosen = Some(form.chosen).filter(|it| !it.is_empty());
    Some(Choice {
        record,
        fact,
        subject: form.subject,
        shown: shown.ok()?,
        chosen: chosen.map(|it| it.parse()).transpose().ok()?,
        reason: form.reason,
    })
}

impl Again {
    /// How the page is answered.
    pub(super) fn status(&self) -> StatusCode {
        match self.why {
            Why::NotDecided(NotDecided::Newer | NotDecided::Settled) => StatusCode::CONFLICT,
            Why::NotDecided(_) | Why::NotTaken(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// What is wrong.
    pub(super) fn words(&self) -> String {
        self.why.words()
    }

    /// Whether it is about this disagreement.
    pub(super) fn is_about(&self, open: &OpenConflict) -> bool {
        let of_open = (open.record, open.conflict.fact, &open.conflict.subject);
        (self.choice.record, self.choice.fact, &self.choice.subject) == of_open
    }

    /// Where in the form of this key the mistake is.
    pub(super) fn field(&self, key: &str) -> String {
        match self.why {
            Why::NotDecided(NotDecided::NoReason) => format!("reason-{key}"),
            Why::NotDecided(_) | Why::NotTaken(_) => format!("choice-{key}-1"),
        }
    }
}

impl FormShown {
    /// The form of a disagreement that the person may settle, with what they sent of it. `values` are
    /// its rivals in their order.
    pub(super) fn of(open: &OpenConflict, values: Vec<ValueShown>, again: Option<&Again>) -> Self {
        let again = again.filter(|again| again.is_about(open));
        let rivals = &open.conflict.rivals;
        let chosen = again.and_then(|again| again.choice.chosen);
        let shown: Vec<_> = rivals.iter().map(|rival| rival.entry.to_string()).collect();
        let choices = rivals.iter().zip(values).map(|(rival, value)| ChoiceShown {
            entry: rival.entry.to_string(),
            checked: chosen == Some(rival.entry),
            value,
        });
        let choices = choices.collect();
        let of_reason = |again: &&Again| again.why == Why::NotDecided(NotDecided::NoReason);
        let words = |again: Option<&Again>| again.map(Again::words).unwrap_or_default();
        Self {
            action: format!("/to-settle/{}", open.record),
            fact: open.conflict.fact.name(),
            subject: open.conflict.subject.clone(),
            shown: shown.join(" "),
            choices,
            reason: again.map(|again| again.choice.reason.clone()).unwrap_or_default(),
            wrong_choice: words(again.filter(|again| !of_reason(again))),
            wrong_reason: words(again.filter(of_reason)),
        }
    }
}
