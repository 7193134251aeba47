//! The way to another server: bounded in time and size, following nobody elsewhere.

use std::sync::Arc;
use std::time::Duration;

use openidconnect::{HttpRequest, HttpResponse, SyncHttpClient};
use ureq::tls::{PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

use super::SettingsError;

/// From the first packet to the last: somebody waits at their browser.
const TIME: Duration = Duration::from_secs(10);
const TIME_TO_CONNECT: Duration = Duration::from_secs(4);
/// Keys of a large provider are some 20 KB.
const ANSWER_BYTES: u64 = 256 * 1024;

/// Asks one other server.
pub(super) struct Client {
    agent: ureq::Agent,
}

/// No answer came. Why is in the log; it holds addresses and no secrets.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the other server could not be asked")]
pub(super) struct NoAnswer;

impl Client {
    /// A client that trusts these authorities, PEM. With `encrypted`, nothing goes by plain HTTP.
    pub(super) fn new(authorities: &[u8], encrypted: bool) -> Result<Self, SettingsError> {
        let trusted: Vec<_> = parse_pem(authorities)
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect();
        if encrypted && trusted.is_empty() {
            return Err(SettingsError::Authorities);
        }
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .root_certs(RootCerts::new_with_certs(&trusted))
            .build();
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .https_only(encrypted)
            .timeout_global(Some(TIME))
            .timeout_connect(Some(TIME_TO_CONNECT))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .build();
        Ok(Self { agent: config.new_agent() })
    }

    fn send(&self, request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
        let (parts, body) = request.into_parts();
        let answer = match body.is_empty() {
            true => self.agent.run(ureq::http::Request::from_parts(parts, ())),
            false => self.agent.run(ureq::http::Request::from_parts(parts, body)),
        }?;
        let (parts, body) = answer.into_parts();
        let bytes = body.into_with_config().limit(ANSWER_BYTES).read_to_vec()?;
        Ok(HttpResponse::from_parts(parts, bytes))
    }
}

impl SyncHttpClient for Client {
    type Error = NoAnswer;

    fn call(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        self.send(request).map_err(|error| {
            tracing::warn!(%error, "the outside sign-in could not be asked");
            NoAnswer
        })
    }
}
