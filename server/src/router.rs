//! Every route of the interface on one page, and what surrounds them all; `web.rs` lists the pages.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::error::JsonPayloadError;
use actix_web::middleware::from_fn;
use actix_web::{App, Error, web};
use sync_core::limits::REQUEST_BYTES;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::scope::scope;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::{AppState, ServerRole};
use crate::error::ApiError;
use crate::{api, telemetry, web as pages};

/// Every route of the interface.
pub fn routes(routes: &mut ServiceConfig<'_>) {
    routes.service(api::health::healthz);
    routes.service(api::health::readyz);
    routes.service(api::health::metrics);
    // Another server shows a certificate of its own, not a phone's: before what demands those.
    routes.service(api::contributions::show);
    routes.service(
        scope("/v1")
            .wrap(from_fn(api::peer::demand))
            .service(api::identity::enrol_device)
            .service(api::identity::begin_session)
            .service(api::identity::renew_tokens)
            .service(api::identity::show_me)
            .service(api::sync::exchange)
            .service(api::surrender::surrender)
            .service(api::devices::untrusted)
            .service(api::devices::list)
            .service(api::devices::mark)
            .service(api::devices::erased)
            .service(api::devices::list_returned)
            .service(api::posts::give)
            .service(api::posts::end)
            .service(api::posts::list)
            .service(api::posts::confirm)
            .service(api::posts::decline)
            .service(api::wait::wait)
            .service(api::directory::find)
            .service(api::caseload::list)
            .service(api::attachments::show_received)
            .service(api::attachments::bring)
            .service(api::attachments::show)
            .service(api::cases::show)
            .service(api::cases::show_chronology)
            .service(api::conflicts::list)
            .service(api::quarantine::list)
            .service(api::quarantine::release)
            .service(api::quarantine::give_back)
            .service(api::notices::list)
            .service(api::summary::show)
            .service(api::handover::show)
            .service(api::glass::open)
            .service(api::alarms::list)
            .service(api::alarms::hear)
            .service(api::audit::list)
            .service(api::audit::export),
    );
}

/// The routes of an authority's own server: nothing of records, phones and their exchanges is there.
fn routes_of_authority(routes: &mut ServiceConfig<'_>) {
    routes.service(api::health::healthz);
    routes.service(api::health::readyz);
    routes.service(api::health::metrics);
    routes.service(
        scope("/v1")
            .wrap(from_fn(api::peer::demand))
            .service(api::identity::begin_session)
            .service(api::identity::show_me)
            .service(api::posts::give)
            .service(api::posts::end)
            .service(api::posts::list)
            .service(api::posts::confirm)
            .service(api::posts::decline)
            .service(api::audit::list)
            .service(api::audit::export),
    );
}

/// The application over `state`: routes, limits, answers to what no route takes, observation.
#[must_use]
pub fn build_app(
    state: AppState,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let role = state.role;
    let routes = match role {
        ServerRole::Cluster => routes,
        ServerRole::Authority => routes_of_authority,
    };
    let (app, _) = App::new()
        .app_data(web::Data::new(state))
        .app_data(web::PayloadConfig::new(REQUEST_BYTES))
        .app_data(
            web::JsonConfig::default()
                .limit(REQUEST_BYTES)
                .error_handler(|error, _| json_error(&error).into()),
        )
        .app_data(web::PathConfig::default().error_handler(|_, _| ApiError::no_route().into()))
        .app_data(web::QueryConfig::default().error_handler(|_, _| ApiError::bad_request().into()))
        .into_utoipa_app()
        .configure(routes)
        .default_service(web::to(pages::no_page))
        .split_for_parts();
    app.configure(|config| pages::add_pages(config, role))
        .wrap(from_fn(pages::add_headers))
        .wrap(from_fn(telemetry::observe))
}

fn json_error(error: &JsonPayloadError) -> ApiError {
    match error {
        JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. } => {
            ApiError::too_large()
        }
        JsonPayloadError::ContentType => ApiError::not_json(),
        _ => ApiError::bad_request(),
    }
}
