//! The description of the interface, collected from the handlers themselves.

use actix_web::App;
use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
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
    document
}
