//! What an answer tells the browser that it must not do, and the person who sent a form in vain.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HOST, HeaderName, HeaderValue};
use actix_web::middleware::Next;

use super::error::of_form;

/// No script at all, styles and pictures of our own, forms to ourselves, in nobody's frame.
const CONTENT: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                       base-uri 'none'; frame-ancestors 'none'";

/// To every answer.
const ALWAYS: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    // A child's record is in no cache, not of the browser and not of anything between.
    ("cache-control", "no-store"),
];
/// To what a browser may show.
const PAGES: &[(&str, &str)] = &[
    ("content-security-policy", CONTENT),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];
/// A year of encryption only, whatever somebody types. Not to `localhost`: a browser would keep it for
/// everything else that a developer runs there.
const ENCRYPTED: (&str, &str) = ("strict-transport-security", "max-age=31536000");
/// Where programs ask: every byte is one on a phone's bad line, and nothing there is a page.
const PROGRAMS: &str = "/v1/";

/// Adds the headers to every answer that has not said otherwise. Only here is it known whether an answer that failed
/// is to a form.
///
/// # Errors
/// What the inner service says.
pub(crate) async fn add_headers(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let shown = if request.path().starts_with(PROGRAMS) { &[] } else { PAGES };
    let encrypted = Some(&ENCRYPTED).filter(|_| !shown.is_empty() && !is_local(&request));
    let sent = request.method() == Method::POST;
    let answer = next.call(request).await?;
    let in_vain = answer.response().error().filter(|_| sent).and_then(of_form);
    let mut answer = match in_vain {
        Some(page) => answer.into_response(page),
        None => answer.map_into_boxed_body(),
    };
    let headers = answer.headers_mut();
    for (name, value) in ALWAYS.iter().chain(shown).chain(encrypted) {
        let name = HeaderName::from_static(name);
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    Ok(answer)
}

fn is_local(request: &ServiceRequest) -> bool {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    host.split(':').next() == Some("localhost")
}
