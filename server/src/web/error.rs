//! Pages for whoever cannot be shown what they asked for, in plain words. What is not there and what
//! is not theirs are one page.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use askama::Template;

use super::forms;
use super::page::{Frame, filled};
use crate::app::{CheckFailed, NoEntropy, ShowError};
use crate::db;
use crate::error::ApiError;
use crate::service::page_sessions::Gone;

/// Why there is no page.
#[derive(Debug)]
pub(super) enum PageError {
    /// Somebody must sign in first.
    SignIn {
        /// Where they were going.
        next: String,
        /// Why.
        gone: Gone,
    },
    /// Anything else.
    Failed(ApiError),
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    frame: Frame,
    heading: &'static str,
    detail: &'static str,
    advice: &'static str,
}

impl PageError {
    /// Somebody must sign in before they can go to `next`.
    pub(super) const fn sign_in(next: String, gone: Gone) -> Self {
        Self::SignIn { next, gone }
    }

    /// There is no such thing, or it is not the person's to know of.
    pub(super) const fn not_open() -> Self {
        Self::Failed(ApiError::not_open())
    }
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignIn { .. } => f.write_str("sign_in"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::SignIn { .. } => StatusCode::SEE_OTHER,
            Self::Failed(error) => error.status_code(),
        }
    }

    fn error_response(&self) -> HttpResponse {
        match self {
            Self::SignIn { next, gone } => {
                let ended = *gone == Gone::TimedOut;
                let to = format!("/sign-in?{}", forms::sign_in_query(next, ended));
                HttpResponse::SeeOther().insert_header(("Location", to)).finish()
            }
            Self::Failed(error) => failed(error),
        }
    }
}

fn failed(error: &ApiError) -> HttpResponse {
    shown(error, words(error))
}

/// The page for whoever sent a form for which there was no time: what they typed is kept nowhere. None for any other
/// failure, whose page is the same for all.
pub(super) fn of_form(error: &actix_web::Error) -> Option<HttpResponse> {
    let Some(PageError::Failed(error)) = error.as_error::<PageError>() else { return None };
    let advice = match error.status_code() {
        StatusCode::SERVICE_UNAVAILABLE => {
            "What you typed was not saved: copy it before you go on. Go back, wait a moment and send \
             it again."
        }
        StatusCode::TOO_MANY_REQUESTS => {
            "What you typed was not saved: copy it before you go on. Go back after a minute and try \
             again."
        }
        _ => return None,
    };
    Some(shown(error, (words(error).0, advice)))
}

/// A heading, and what to do.
fn words(error: &ApiError) -> (&'static str, &'static str) {
    match error.status_code() {
        StatusCode::NOT_FOUND => (
            "Page not found",
            "If you typed the address, check it. If you followed a link, what it led to may have \
             moved, or may not be open to you.",
        ),
        StatusCode::FORBIDDEN if error.code() == ApiError::NO_GLASS => (
            "These records are not opened this way",
            "Trying again changes nothing. If a child may be in danger now, ring 999.",
        ),
        StatusCode::FORBIDDEN => {
            ("This form cannot be used", "Go back, load the page again and try again.")
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            ("The service is busy", "Nothing is lost. Wait a moment and load the page again.")
        }
        StatusCode::TOO_MANY_REQUESTS => {
            ("Please wait a little", "Go back after a minute and try again. Nothing is lost.")
        }
        status if status.is_client_error() => {
            ("This request cannot be answered", "Go back and try again.")
        }
        _ => (
            "Sorry, something went wrong",
            "Nothing that was saved is lost. Try again in a few minutes. If you need to act for a \
             child now, ring.",
        ),
    }
}

fn shown(error: &ApiError, (heading, advice): (&'static str, &'static str)) -> HttpResponse {
    let status = error.status_code();
    let detail = if status == StatusCode::NOT_FOUND { "" } else { error.detail() };
    let page = ErrorPage { frame: Frame::bare(heading), heading, detail, advice };
    let mut answer = match filled(status, &page) {
        Ok(answer) => answer,
        Err(_) => HttpResponse::build(status).body(heading),
    };
    if let Some(seconds) = error.retry_after() {
        let wait = actix_web::http::header::HeaderValue::from(seconds);
        answer.headers_mut().insert(actix_web::http::header::RETRY_AFTER, wait);
    }
    answer
}

impl From<ApiError> for PageError {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl From<db::Error> for PageError {
    fn from(error: db::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<ShowError> for PageError {
    fn from(error: ShowError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<NoEntropy> for PageError {
    fn from(error: NoEntropy) -> Self {
        Self::Failed(error.into())
    }
}

impl From<CheckFailed> for PageError {
    fn from(error: CheckFailed) -> Self {
        Self::Failed(error.into())
    }
}

/// What is answered where there is nothing: JSON to programs, a page to people.
pub(crate) async fn no_page(request: HttpRequest) -> HttpResponse {
    if request.path() == "/v1" || request.path().starts_with("/v1/") {
        return ApiError::no_route().error_response();
    }
    failed(&ApiError::no_route())
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::*;
    use crate::service::glass::GlassError;

    #[actix_web::test]
    async fn who_may_not_open_protection_records_is_not_told_to_try_again() {
        let refused = ApiError::from(GlassError::Denied(sync_core::policy::Denied::NoGlass));
        let page = to_bytes(failed(&refused).into_body()).await.unwrap_or_default();
        let page = String::from_utf8_lossy(&page);
        assert!(page.contains("Ring the duty officer."), "{page}");
        assert!(!page.contains("load the page again"), "{page}");
    }

    #[actix_web::test]
    async fn whoever_sent_a_form_in_vain_is_told_that_it_is_not_saved() {
        for later in [ApiError::busy(), ApiError::too_often(60)] {
            let page = to_bytes(failed(&later).into_body()).await.unwrap_or_default();
            assert!(String::from_utf8_lossy(&page).contains("Nothing is lost."));
            let page = of_form(&PageError::from(later).into()).map(HttpResponse::into_body);
            let page = to_bytes(page.unwrap()).await.unwrap_or_default();
            let page = String::from_utf8_lossy(&page);
            assert!(page.contains("What you typed was not saved: copy it"), "{page}");
            assert!(!page.contains("Nothing is lost."), "{page}");
        }
        assert!(of_form(&PageError::not_open().into()).is_none());
        assert!(of_form(&ApiError::busy().into()).is_none(), "a program's");
    }
}
