//! Forms: read strictly, and taken only from the browser session that they were given to.

use actix_web::web::{Form, Query};
use serde::de::DeserializeOwned;

use super::error::PageError;
use crate::error::ApiError;
use crate::hex;
use crate::service::page_sessions::Token;

/// A form as it arrived.
pub(super) type Sent<T> = Result<Form<T>, actix_web::Error>;

/// What a form says, if it is of the expected form and not too long.
pub(super) fn read<T>(sent: Sent<T>) -> Result<T, PageError> {
    sent.map(Form::into_inner).map_err(|_| ApiError::bad_request().into())
}

/// That a form was given to the browser that holds `token`.
pub(super) fn check(token: Option<&Token>, form_code: &str) -> Result<(), PageError> {
    let given = hex::decode::<32>(form_code);
    let own = token.zip(given).is_some_and(|(token, given)| token.is_form_code(&given));
    if own { Ok(()) } else { Err(ApiError::other_form().into()) }
}

/// What stands behind the question mark of an address.
pub(super) fn query<T: DeserializeOwned>(text: &str) -> Result<T, PageError> {
    Query::from_query(text).map(Query::into_inner).map_err(|_| ApiError::bad_request().into())
}

/// The query of the sign-in page for somebody who was going to `next`.
pub(super) fn sign_in_query(next: &str, ended: bool) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if next != "/" {
        query.append_pair("next", next);
    }
    if ended {
        query.append_pair("ended", "yes");
    }
    query.finish()
}
