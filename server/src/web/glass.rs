//! Breaking the glass in a browser. The form is the same for every case, and for what is none.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;
use serde::Deserialize;
use sync_core::ids::CaseId;
use sync_core::policy::Denied;

use super::error::PageError;
use super::forms::{self, Sent};
use super::page::{self, Frame};
use super::session::Visitor;
use crate::app::AppState;
use crate::db::Conn;
use crate::error::ApiError;
use crate::role::Role;
use crate::service::audit::Pen;
use crate::service::glass::{self, GlassError};
use crate::service::reading::Reader;

#[derive(Template)]
#[template(path = "glass.html")]
struct GlassPage {
    frame: Frame,
    form_code: String,
    governance: bool,
    reason: String,
    /// What is wrong with the reason; empty if nothing is.
    wrong: &'static str,
}

/// Why the records must be opened.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GlassForm {
    form_code: String,
    reason: String,
}

/// What will happen, and the form. It says nothing of any case.
pub(super) async fn show(visitor: Visitor, path: Path<String>) -> Result<HttpResponse, PageError> {
    if !page::works_with_cases(&visitor) && !is_governance(&visitor) {
        return Err(PageError::not_open());
    }
    parse(&path)?;
    form(&visitor, String::new(), "")
}

/// Opens the case and goes there.
pub(super) async fn open(
    state: Data<AppState>,
    visitor: Visitor,
    path: Path<String>,
    sent: Sent<GlassForm>,
) -> Result<HttpResponse, PageError> {
    let GlassForm { form_code, reason } = forms::read(sent)?;
    forms::check(Some(&visitor.token), &form_code)?;
    let (case, salt, why) = (parse(&path)?, state.entropy.bytes()?, reason.clone());
    let work = move |conn: &mut Conn, reader: &Reader, pen: &mut Pen| {
        glass::open(conn, reader, (&case, &why), salt, pen)
    };
    match state.act(visitor.asking(), work).await? {
        Ok(_) | Err(GlassError::Denied(Denied::AlreadyOpen)) => {
            let to = format!("/cases/{case}");
            Ok(HttpResponse::SeeOther().insert_header(("Location", to)).finish())
        }
        Err(GlassError::NoReason) => form(&visitor, reason, "Say why, in a few sentences"),
        Err(GlassError::LongReason) => {
            form(&visitor, reason, "Say why in fewer words: at most 2,000 letters")
        }
        Err(error) => Err(ApiError::from(error).into()),
    }
}

fn form(visitor: &Visitor, reason: String, wrong: &'static str) -> Result<HttpResponse, PageError> {
    let (title, status) = match wrong.is_empty() {
        true => ("Break the glass", StatusCode::OK),
        false => ("Error: Break the glass", StatusCode::UNPROCESSABLE_ENTITY),
    };
    let page = GlassPage {
        frame: Frame::of(visitor, title, ""),
        form_code: visitor.form_code(),
        governance: is_governance(visitor),
        reason,
        wrong,
    };
    page::filled(status, &page)
}

fn is_governance(visitor: &Visitor) -> bool {
    visitor.person.memberships.iter().any(|post| post.role == Role::Governance)
}

/// What is no id is no case either: the same answer.
fn parse(text: &str) -> Result<CaseId, PageError> {
    text.parse().map_err(|_| PageError::not_open())
}
