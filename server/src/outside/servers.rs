//! Asking servers of clusters for what they counted. Each is trusted by the certificates that were named for it,
//! and is shown this server's own key.

use std::sync::Arc;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use rustls::Error as Tls;
use sync_core::time::Timestamp;
use ureq::tls::{
    Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, TlsProvider, parse_pem,
};

use crate::db::sources::Source;
use crate::db::{self, Conn};
use crate::service::accounts::AccountError;
use crate::service::audit::Pen;
use crate::service::collecting::{self, CollectError, Gives, Took, Trouble};
use crate::service::contributions::{Contribution, Given};
use crate::tls::{TlsError, servers};

/// From the first packet to the last: what is given at once is some kilobytes.
const TIME: Duration = Duration::from_secs(30);
const TIME_TO_CONNECT: Duration = Duration::from_secs(10);
/// A hundred clusters are a tenth of it.
const ANSWER_BYTES: u64 = 8 * 1024 * 1024;

/// A server of clusters by HTTPS.
pub struct Way {
    agent: ureq::Agent,
    address: String,
}

impl Way {
    /// The way to a server, for one collection.
    ///
    /// # Errors
    /// [`TlsError`] if this server's own certificate cannot be made.
    pub fn to(source: &Source, own: &SigningKey, now: Timestamp) -> Result<Self, TlsError> {
        let (certificate, secret) = servers::own(own, now)?;
        let certificate = Certificate::from_der(&certificate).to_owned();
        let secret = PrivateKey::from_pem(secret.as_bytes())
            .map_err(|_| rustls::Error::General("this server's own key cannot be shown".into()))?;
        let trusted = parse_pem(source.trusted.as_bytes()).filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        });
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .client_cert(Some(ClientCert::new_with_certs(&[certificate], secret)))
            .root_certs(RootCerts::from(trusted))
            .build();
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .https_only(true)
            .timeout_global(Some(TIME))
            .timeout_connect(Some(TIME_TO_CONNECT))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .build();
        Ok(Self { agent: config.new_agent(), address: source.address.clone() })
    }

    fn ask(&self, number: i64) -> Result<Given, Trouble> {
        let address = format!("{}/v1/contributions?after={number}", self.address);
        let answer = self.agent.get(address).call().map_err(trouble)?;
        let (parts, body) = answer.into_parts();
        let text = body.into_with_config().limit(ANSWER_BYTES).read_to_string().map_err(trouble)?;
        match parts.status.as_u16() {
            200 => serde_json::from_str(&text).map_err(|_| Trouble::Odd),
            403 => Err(Trouble::NotAllowed),
            404 => Err(Trouble::Odd),
            _ => Err(Trouble::Unreached),
        }
    }
}

impl Gives for Way {
    fn after(&self, number: i64) -> Result<Given, Trouble> {
        self.ask(number)
    }
}

/// What is wrong, by what the library says of it.
fn trouble(error: ureq::Error) -> Trouble {
    tracing::warn!(%error, "a server of clusters could not be asked");
    let of_tls = |error: &Tls| match error {
        Tls::InvalidCertificate(_) => Trouble::Untrusted,
        Tls::AlertReceived(_) => Trouble::NotAllowed,
        _ => Trouble::Unreached,
    };
    match &error {
        ureq::Error::Rustls(error) => of_tls(error),
        ureq::Error::Io(error) => {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Tls>());
            inner.map_or(Trouble::Unreached, of_tls)
        }
        _ => Trouble::Unreached,
    }
}

/// Told of each server what came of asking it, or what was just taken.
pub type Told<'a> = dyn FnMut(&Source, &Step<'_>) + 'a;

/// What happens while servers are asked.
pub enum Step<'a> {
    /// One contribution was taken; the number is the server's last.
    Taken(&'a Contribution, i64),
    /// The server has nothing more, or something is wrong.
    Ended(&'a Result<Took, CollectError>),
}

/// Asks every server of clusters, or the one of this name, one after the other: what is wrong with one keeps
/// nothing of the others. Gives how many were asked, and of how many something is wrong.
///
/// # Errors
/// [`CollectError`] if there is no such server; the database's failure; no certificate of one's own.
pub fn collect_all(
    conn: &mut Conn,
    (own, now): (&SigningKey, Timestamp),
    (pen, only): (&mut Pen, Option<&str>),
    told: &mut Told<'_>,
) -> Result<(usize, usize), CollectAllError> {
    let mut sources = db::sources::list(conn)?;
    sources.retain(|source| only.is_none_or(|only| source.name == only));
    if sources.is_empty() {
        return Err(CollectError::from(AccountError::Unknown("server")).into());
    }
    let mut wrong = 0;
    for source in &sources {
        let way = Way::to(source, own, now)?;
        let took = collecting::collect(conn, (source, &way), (now, pen), &mut |taken, last| {
            told(source, &Step::Taken(taken, last));
        });
        wrong += usize::from(took.is_err());
        told(source, &Step::Ended(&took));
    }
    Ok((sources.len(), wrong))
}

/// Why nobody was asked.
#[derive(Debug, thiserror::Error)]
pub enum CollectAllError {
    /// Who is to be asked.
    #[error(transparent)]
    Collect(#[from] CollectError),
    /// What this server shows.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The database's failure.
    #[error(transparent)]
    Db(#[from] db::Error),
}
