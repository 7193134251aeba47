//! The description of the interface, collected from the handlers themselves.

use actix_web::App;
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};
use utoipa_actix_web::AppExt;

use crate::error::ErrorBody;
use crate::router;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Caseweave",
        description = "Offline-first records of multi-agency children's teams. Times are \
                       milliseconds since 1970 in UTC; ids, keys and signatures are hexadecimal.",
    ),
    components(schemas(ErrorBody))
)]
struct Document;

/// The whole description.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    let (_, mut document) = App::new()
        .into_utoipa_app()
        .openapi(Document::openapi())
        .configure(router::routes)
        .split_for_parts();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components = document.components.get_or_insert_default();
    components.security_schemes.insert("access_token".to_owned(), bearer.into());
    document.paths.paths.values_mut().flat_map(operations).for_each(add_common);
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.delete].into_iter().flatten()
}

/// What an address answers because of what surrounds its handler: said here, so that no handler can
/// forget it. What a handler says itself stands.
fn add_common(operation: &mut Operation) {
    let takes_body = operation.request_body.is_some();
    let takes_any = takes_body || operation.parameters.is_some();
    let signed_in = operation.security.is_some();
    for (status, when, detail) in [
        ("400", takes_any, "bad_request"),
        ("401", signed_in, "no_token, session_ended, session_revoked"),
        ("403", signed_in, "device_retired, device_stolen"),
        ("413", takes_body, "too_large"),
        ("415", takes_body, "not_json"),
        ("500", true, "internal"),
        ("503", true, "busy"),
    ] {
        if when && !operation.responses.responses.contains_key(status) {
            let schema = Ref::from_schema_name("ErrorBody");
            let content = ContentBuilder::new().schema(Some(schema)).build();
            let answer = ResponseBuilder::new().description(detail);
            let answer = answer.content("application/json", content).build();
            operation.responses.responses.insert(status.to_owned(), answer.into());
        }
    }
}
