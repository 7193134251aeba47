//! The way to the server by HTTPS.

mod traffic;

pub use traffic::Traffic;

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use ureq::tls::{
    Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, TlsProvider, parse_pem,
};

use crate::device::transport::{Farewell, Transport, TransportError};
use crate::device::{Enrolled, OwnCertificate, Session};
use crate::ids::DeviceId;
use crate::protocol::surrender::Receipt;

/// A line of 2G may take this long to bring the first byte.
const TIMEOUT: Duration = Duration::from_secs(60);

/// HTTPS by rustls, to one server.
pub struct Https {
    agent: ureq::Agent,
    base: String,
    traffic: Traffic,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    refresh_token: String,
}

#[derive(Deserialize)]
struct Failure {
    error: FailureDetail,
}

#[derive(Deserialize)]
struct FailureDetail {
    code: String,
    detail: String,
}

impl Https {
    /// The way to the server of an enrolled phone.
    ///
    /// # Errors
    /// As [`Https::new`].
    pub fn of(enrolled: &Enrolled) -> Result<Self, TransportError> {
        let Enrolled { server, authority, certificate, .. } = enrolled;
        Self::new(server, authority.as_deref(), certificate.as_ref())
    }

    /// A way to `base`, such as `https://caseweave.example:8443`. `authority` is the certificate of the
    /// authority that the server's own is from, in PEM; without it no server is trusted. `own` is what
    /// this phone shows, if the server asks for it.
    ///
    /// # Errors
    /// [`TransportError::Refused`] for a certificate or key that cannot be read.
    pub fn new(
        base: &str,
        authority: Option<&str>,
        own: Option<&OwnCertificate>,
    ) -> Result<Self, TransportError> {
        use ureq::unversioned::resolver::DefaultResolver;
        use ureq::unversioned::transport::{Connector as _, DefaultConnector};
        let config = ureq::Agent::config_builder()
            .tls_config(tls(authority, own)?)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_recv_response(Some(TIMEOUT))
            .http_status_as_error(false)
            .user_agent("")
            .accept("")
            .accept_encoding("")
            .build();
        let traffic = Traffic::default();
        let connector = DefaultConnector::new().chain(traffic.clone());
        let agent = ureq::Agent::with_parts(config, connector, DefaultResolver::default());
        Ok(Self { agent, base: base.trim_end_matches('/').to_owned(), traffic })
    }

    /// What went both ways so far.
    #[must_use]
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Sends JSON and reads JSON: enrolment and sign-in.
    ///
    /// # Errors
    /// [`TransportError`]
    pub fn post_json(
        &self,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<serde_json::Value, TransportError> {
        let request = self.agent.post(format!("{}{path}", self.base));
        let request = request.content_type("application/json");
        let sent = request.send(body.to_string());
        let mut answer = checked(sent)?;
        let text = answer.body_mut().read_to_string().map_err(|_| TransportError::Offline)?;
        serde_json::from_str(&text).map_err(|_| TransportError::Refused("its answer is odd".into()))
    }
}

fn tls(authority: Option<&str>, own: Option<&OwnCertificate>) -> Result<TlsConfig, TransportError> {
    let unread = || TransportError::Refused("its certificate cannot be read".into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    // No list of public authorities is built in: without a certificate no server is trusted.
    let mut trusted = Vec::new();
    if let Some(pem) = authority {
        let certificate = Certificate::from_pem(pem.as_bytes()).map_err(|_| unread())?;
        trusted.push(certificate.to_owned());
    }
    let shown = own.map(|own| client_certificate(own).ok_or_else(own_unread)).transpose()?;
    Ok(TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(provider)
        .client_cert(shown)
        .root_certs(RootCerts::new_with_certs(&trusted))
        .build())
}

fn own_unread() -> TransportError {
    TransportError::Refused("this phone's own certificate or its key cannot be read".into())
}

/// None for what is no certificate with its key.
fn client_certificate(own: &OwnCertificate) -> Option<ClientCert> {
    let key = PrivateKey::from_pem(own.key.as_bytes()).ok()?;
    let chain: Vec<_> = parse_pem(own.chain.as_bytes())
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    (!chain.is_empty()).then(|| ClientCert::new_with_certs(&chain, key))
}

impl Transport for Https {
    fn exchange(
        &mut self,
        access_token: &str,
        body: &[u8],
    ) -> Result<Box<dyn Read>, TransportError> {
        let request = self.agent.post(format!("{}/v1/sync", self.base));
        let request = request.header("authorization", format!("Bearer {access_token}"));
        let answer = checked(request.send(body))?;
        Ok(Box::new(answer.into_body().into_reader()))
    }

    fn refresh(
        &mut self,
        refresh_token: &str,
        device: &DeviceId,
        signature: &[u8; 64],
    ) -> Result<Session, TransportError> {
        let signature: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        let body = serde_json::json!({
            "refresh_token": refresh_token,
            "device": device.to_string(),
            "signature": signature,
        });
        let answer = self.post_json("/v1/token", &body)?;
        let tokens: Tokens = serde_json::from_value(answer)
            .map_err(|_| TransportError::Refused("its answer is odd".into()))?;
        let Tokens { access_token, refresh_token } = tokens;
        Ok(Session { access_token, refresh_token })
    }
}

impl Farewell for Https {
    fn surrender(&mut self, body: &[u8]) -> Result<Box<dyn Read>, TransportError> {
        let request = self.agent.post(format!("{}/v1/surrender", self.base));
        let answer = checked(request.send(body))?;
        Ok(Box::new(answer.into_body().into_reader()))
    }
}

impl Https {
    /// Tells the server that the phone was erased. Safe to repeat.
    ///
    /// # Errors
    /// [`TransportError`]: the receipt is to be kept and sent again.
    pub fn confirm(&self, receipt: &Receipt) -> Result<(), TransportError> {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let body = serde_json::json!({
            "device": receipt.device.to_string(),
            "order": hex(&receipt.order),
            "signature": hex(&receipt.signature),
        });
        self.post_json("/v1/erased", &body).map(drop)
    }
}

type Answer = ureq::http::Response<ureq::Body>;

fn checked(sent: Result<Answer, ureq::Error>) -> Result<Answer, TransportError> {
    let mut answer = sent.map_err(|_| TransportError::Offline)?;
    match answer.status().as_u16() {
        200..=299 => Ok(answer),
        401 => Err(TransportError::SignedOut),
        429 | 502..=504 => Err(TransportError::Busy),
        _ => {
            let text = answer.body_mut().read_to_string().unwrap_or_default();
            Err(refused(serde_json::from_str(&text).ok()))
        }
    }
}

fn refused(failure: Option<Failure>) -> TransportError {
    let Some(Failure { error }) = failure else {
        return TransportError::Refused("no reason given".into());
    };
    match error.code.as_str() {
        "server_too_old" => TransportError::ServerTooOld,
        "app_too_old" => TransportError::AppTooOld,
        "device_retired" => TransportError::Retired,
        "device_stolen" => TransportError::Stolen,
        _ => TransportError::Refused(error.detail),
    }
}
