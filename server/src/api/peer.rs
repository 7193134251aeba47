//! Certificates of phones, where an operator asks for them: a second lock before every password. And those of
//! other servers, which are let in by their key alone.

use std::any::Any;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Extensions, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::rt::net::TcpStream;
use actix_web::{Error, HttpRequest, ResponseError};

use crate::error::ApiError;
use crate::tls::servers::{Asked, key_of};

/// Set on connections that must show a certificate and did not.
#[derive(Clone, Copy)]
struct Unproved;

/// Set on connections of a server that has proved its key.
#[derive(Clone, Copy)]
struct OtherServer([u8; 32]);

/// Notes of a new connection who proved themselves. A server with a key that is let in is no phone.
pub(crate) fn note(connection: &dyn Any, extensions: &mut Extensions, asked: &Asked) {
    let stream = connection.downcast_ref::<TlsStream<TcpStream>>();
    let shown = stream.and_then(|stream| stream.get_ref().1.peer_certificates()?.first());
    let server = shown.and_then(key_of).filter(|key| asked.servers.contains(key));
    if let Some(key) = server {
        extensions.insert(OtherServer(key));
    }
    if asked.phones && (shown.is_none() || server.is_some()) {
        extensions.insert(Unproved);
    }
}

/// The key of the server that asks, if one does.
pub(super) fn other_server(request: &HttpRequest) -> Option<[u8; 32]> {
    request.conn_data::<OtherServer>().map(|server| server.0)
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
