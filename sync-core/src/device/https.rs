//! The way to the server by HTTPS.

mod address;
mod bell;
mod carriage;
mod traffic;
mod wait;

pub use traffic::Traffic;

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use ureq::tls::{
    Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, TlsProvider, parse_pem,
};

use crate::device::enrol::{Credentials, EnrolAnswer, EnrolAsk, EnrolError, Reception};
use crate::device::https::wait::Waits;
use crate::device::sync::Stop;
use crate::device::transport::{Farewell, Transport, TransportError};
use crate::device::{Address, Enrolled, OwnCertificate, Session};
use crate::ids::{DeviceId, UserId};
use crate::protocol::surrender::Receipt;

/// A line of 2G may take this long to bring the first byte.
const TIMEOUT: Duration = Duration::from_secs(60);
/// To find the server, and then to speak to it: nobody is asked whether to stop meanwhile.
const CONNECT: Duration = Duration::from_secs(10);

/// HTTPS by rustls, to one server.
pub struct Https {
    agent: ureq::Agent,
    base: String,
    traffic: Traffic,
    waits: Waits,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    refresh_token: String,
}

#[derive(Deserialize)]
struct Known {
    user: UserId,
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
        Self::to(&Address::of(enrolled))
    }

    /// The way to a server.
    ///
    /// # Errors
    /// As [`Https::new`].
    pub fn to(address: &Address) -> Result<Self, TransportError> {
        let Address { server, authority, certificate } = address;
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
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(TIMEOUT))
            .timeout_per_write(Some(TIMEOUT))
            .http_status_as_error(false)
            .user_agent("")
            .accept("")
            .accept_encoding("")
            .build();
        let (traffic, waits) = (Traffic::default(), Waits::default());
        let connector = DefaultConnector::new().chain(traffic.clone()).chain(waits.clone());
        let agent = ureq::Agent::with_parts(config, connector, DefaultResolver::default());
        Ok(Self { agent, base: base.trim_end_matches('/').to_owned(), traffic, waits })
    }

    /// What went both ways so far.
    #[must_use]
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Sends JSON and reads JSON.
    ///
    /// # Errors
    /// [`TransportError`]
    pub fn post_json(
        &self,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<serde_json::Value, TransportError> {
        self.post(path, body).map_err(TransportError::from)
    }

    /// Who signs in with a password, without a session of a phone: to know a person again whose phone is
    /// locked. The session that begins is not kept.
    ///
    /// # Errors
    /// [`EnrolError`]
    pub fn who_signs_in(&self, who: &Credentials) -> Result<UserId, EnrolError> {
        let body = serde_json::json!({
            "sign_in": who.sign_in, "password": who.password, "code": who.app_code,
        });
        let answer = self.post("/v1/sign-in", &body)?;
        let known: Known = serde_json::from_value(answer).map_err(|_| NotDone::Odd)?;
        Ok(known.user)
    }

    fn post(&self, path: &str, body: &serde_json::Value) -> Result<serde_json::Value, NotDone> {
        let request = self.agent.post(format!("{}{path}", self.base));
        let request = request.content_type("application/json");
        let sent = request.send(body.to_string());
        let mut answer = checked(sent)?;
        let text = answer.body_mut().read_to_string().map_err(|_| NotDone::Offline)?;
        serde_json::from_str(&text).map_err(|_| NotDone::Odd)
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
    fn stop_when(&mut self, stop: &Stop) {
        self.waits.stop_when(stop);
    }

    fn exchange(
        &mut self,
        access_token: &str,
        body: &[u8],
    ) -> Result<Box<dyn Read>, TransportError> {
        let sent = || {
            let request = self.agent.post(format!("{}/v1/sync", self.base));
            request.header("authorization", format!("Bearer {access_token}")).send(body)
        };
        let answer = checked(once_more_if_let_go(sent))?;
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

impl Reception for Https {
    fn enrol(&mut self, asked: &EnrolAsk) -> Result<EnrolAnswer, EnrolError> {
        if !address::is_one(&self.base) {
            return Err(EnrolError::NoAddress);
        }
        let odd = |_| EnrolError::from(NotDone::Odd);
        let body = serde_json::to_value(asked).map_err(odd)?;
        let answer = self.post("/v1/enrol", &body)?;
        serde_json::from_value(answer).map_err(odd)
    }
}

type Answer = ureq::http::Response<ureq::Body>;

/// What came instead of what was asked for.
enum NotDone {
    /// Nothing.
    Offline,
    /// An answer that nobody here understands.
    Odd,
    /// No, with a status and, where the server gave any, a word for programs and one for people.
    Refused(u16, Option<FailureDetail>),
}

/// What may be asked twice is, where the server let go of the first: one that is being replaced lets go of
/// lines that it has not begun to answer, and another is there at once. Changes that it took are known again.
fn once_more_if_let_go(
    sent: impl Fn() -> Result<Answer, ureq::Error>,
) -> Result<Answer, ureq::Error> {
    sent().or_else(|error| if is_let_go(&error) { sent() } else { Err(error) })
}

/// Whether the other side closed the line before it answered; a line without signal waits instead.
fn is_let_go(error: &ureq::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let closed = [BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof];
    matches!(error, ureq::Error::Io(error) if closed.contains(&error.kind()))
}

fn checked(sent: Result<Answer, ureq::Error>) -> Result<Answer, NotDone> {
    let mut answer = sent.map_err(|_| NotDone::Offline)?;
    let status = answer.status().as_u16();
    if let 200..=299 = status {
        return Ok(answer);
    }
    let text = answer.body_mut().read_to_string().unwrap_or_default();
    let failure: Option<Failure> = serde_json::from_str(&text).ok();
    Err(NotDone::Refused(status, failure.map(|failure| failure.error)))
}

impl From<NotDone> for TransportError {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::Offline => Self::Offline,
            NotDone::Odd => Self::Refused("its answer is odd".into()),
            NotDone::Refused(401, _) => Self::SignedOut,
            NotDone::Refused(429 | 502..=504, _) => Self::Busy,
            NotDone::Refused(_, None) => Self::Refused("no reason given".into()),
            NotDone::Refused(_, Some(FailureDetail { code, detail })) => match code.as_str() {
                "server_too_old" => Self::ServerTooOld,
                "app_too_old" => Self::AppTooOld,
                "device_retired" => Self::Retired,
                "device_stolen" => Self::Stolen,
                _ => Self::Refused(detail),
            },
        }
    }
}

impl From<NotDone> for EnrolError {
    fn from(not_done: NotDone) -> Self {
        match &not_done {
            NotDone::Refused(401, _) => Self::SignIn,
            NotDone::Refused(429, _) => Self::TooOften,
            NotDone::Refused(_, Some(said)) => match EnrolError::of_code(&said.code) {
                Some(error) => error,
                None => Self::Transport(not_done.into()),
            },
            _ => Self::Transport(not_done.into()),
        }
    }
}

#[cfg(test)]
mod tests;
