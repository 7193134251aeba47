//! Certificates of phones, where an operator asks for them: a second lock before every password.

use std::any::Any;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Extensions, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::rt::net::TcpStream;
use actix_web::{Error, HttpRequest, ResponseError};

use crate::error::ApiError;

/// Set on connections that must show a certificate and did not.
#[derive(Clone, Copy)]
struct Unproved;

/// Notes of a new connection whether its phone proved itself; used only where that is asked for.
pub(crate) fn note(connection: &dyn Any, extensions: &mut Extensions) {
    let stream = connection.downcast_ref::<TlsStream<TcpStream>>();
    let proved = stream.is_some_and(|stream| stream.get_ref().1.peer_certificates().is_some());
    if !proved {
        extensions.insert(Unproved);
    }
}

/// Refuses what programs ask over such a connection, before anything else is looked at. It surrounds their
/// routes themselves: an address has more spellings than one. Pages stay open to browsers, which have no
/// certificate.
///
/// # Errors
/// What the inner service says.
pub(crate) async fn demand<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if is_unproved(request.request()) {
        let refusal = ApiError::no_certificate().error_response();
        return Ok(request.into_response(refusal).map_into_right_body());
    }
    next.call(request).await.map(ServiceResponse::map_into_left_body)
}

fn is_unproved(request: &HttpRequest) -> bool {
    request.conn_data::<Unproved>().is_some()
}
