//! Asks another server who somebody is: OpenID Connect's code flow with PKCE. And asks [`servers`] of clusters
//! what they counted. The one module that connects to anything but the database.

mod http;
mod provider;
pub mod servers;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use openidconnect::IssuerUrl;
use sync_core::time::Timestamp;
use tokio::sync::Semaphore;

use crate::service::outside::{Account, Attempt};
use provider::Provider;

/// Attempts under way at a time: each holds a thread until the other server has answered.
const AT_A_TIME: usize = 8;
/// How long an attempt waits for its turn: while the other server hangs, nobody's turn comes.
const PATIENCE: Duration = Duration::from_secs(5);

/// What an operator says of an outside sign-in.
#[derive(Clone)]
pub struct Settings {
    /// The issuer, as its tokens spell it.
    pub issuer: String,
    /// What this server is called there.
    pub client_id: String,
    /// What this server shows there, if it must.
    pub client_secret: Option<String>,
    /// Authorities that the other server's certificate may be of, PEM.
    pub authorities: Vec<u8>,
    /// What people call it, as in "Sign in with ...".
    pub name: String,
    /// Where browsers reach this server, such as `https://caseweave.example`.
    pub public_url: String,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Settings({})", self.issuer)
    }
}

/// A setting that is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// An address that is none, or not by HTTPS.
    #[error(
        "--oidc-issuer must be an https:// address without query, as the other server spells it"
    )]
    Issuer,
    /// An address that is none.
    #[error("--public-url must be an https:// address without a path")]
    PublicUrl,
    /// A file without certificates.
    #[error("the file of --oidc-ca holds no certificate in PEM")]
    Authorities,
}

/// Why nobody was signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutsideError {
    /// The other server did not answer, or not in time.
    #[error("outside_unreached")]
    Unreached,
    /// It answered something that is not OpenID Connect.
    #[error("outside_odd")]
    Odd,
    /// It would not exchange the code.
    #[error("outside_code")]
    Code,
    /// Its token does not hold: signature, issuer, audience, time or nonce.
    #[error("outside_token")]
    Token,
}

/// An outside sign-in. Clones share what is known of the other server.
#[derive(Clone)]
pub struct Outside {
    provider: Arc<Provider>,
    turns: Arc<Semaphore>,
    name: Arc<str>,
}

impl Outside {
    /// Sets it up; nothing is asked yet.
    ///
    /// # Errors
    /// [`SettingsError`] in an operator's words.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let name = settings.name.as_str().into();
        let provider = Arc::new(Provider::new(settings)?);
        Ok(Self { provider, turns: Arc::new(Semaphore::new(AT_A_TIME)), name })
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the browser must go to begin an attempt.
    ///
    /// # Errors
    /// [`OutsideError`] if the other server could not be asked how.
    pub async fn begin(&self, now: Timestamp, attempt: Attempt) -> Result<String, OutsideError> {
        self.ask(move |provider| provider.begin(now, attempt)).await
    }

    /// Whose attempt it was, by the code that the browser brought back.
    ///
    /// # Errors
    /// [`OutsideError`]
    pub async fn end(
        &self,
        now: Timestamp,
        code: String,
        attempt: Attempt,
    ) -> Result<Account, OutsideError> {
        self.ask(move |provider| provider.end(now, code, attempt)).await
    }

    /// Off the request threads, a few at a time.
    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Provider) -> Result<T, OutsideError> + Send + 'static,
    ) -> Result<T, OutsideError> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.ok().and_then(Result::ok).ok_or(OutsideError::Unreached)?;
        let provider = Arc::clone(&self.provider);
        let task = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work(&provider)
        });
        task.await.map_err(|_| OutsideError::Odd)?
    }
}

/// HTTPS, but for a server on this machine itself.
fn is_safe(issuer: &IssuerUrl) -> bool {
    let url = issuer.url();
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    plain && (url.scheme() == "https" || (url.scheme() == "http" && local))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(issuer: &str, public_url: &str) -> Settings {
        Settings {
            issuer: issuer.to_owned(),
            client_id: "caseweave".to_owned(),
            client_secret: Some("hunter2".to_owned()),
            authorities: Vec::new(),
            name: "the Shire's sign-in".to_owned(),
            public_url: public_url.to_owned(),
        }
    }

    #[test]
    fn an_issuer_must_be_reached_by_https() {
        let refused = |issuer, public| Outside::new(settings(issuer, public)).err();
        let here = "https://caseweave.example";
        let unsafe_ones =
            ["http://login.example", "login", "ftp://x", "https://login.example/?a=b"];
        for issuer in unsafe_ones {
            assert_eq!(refused(issuer, here), Some(SettingsError::Issuer), "{issuer}");
        }
        for public in ["caseweave.example", "http://caseweave.example", "https://a.example/b"] {
            let error = refused("https://login.example", public);
            assert_eq!(error, Some(SettingsError::PublicUrl), "{public}");
        }
        let nobody = refused("https://login.example", here);
        assert_eq!(nobody, Some(SettingsError::Authorities), "nobody would be trusted");
        assert_eq!(refused("http://127.0.0.1:9", here), None, "on this machine");
        assert!(!format!("{:?}", settings("https://x", here)).contains("hunter2"));
    }
}
