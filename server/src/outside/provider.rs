//! What the other server says: its addresses and keys, kept for a while, and its tokens.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdToken, CoreIdTokenVerifier,
    CoreJwsSigningAlgorithm as Algorithm, CoreProviderMetadata,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    DiscoveryError, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, SignatureVerificationError,
};
use sync_core::time::Timestamp;

use super::http::Client;
use super::{OutsideError, Settings, SettingsError, is_safe};
use crate::service::outside::{Account, Attempt};

/// How long addresses and keys are kept, milliseconds: a key that was withdrawn is good no longer.
const KEPT_MS: i64 = 60 * 60 * 1000;
/// How often a token under an unknown key makes us ask for keys again, milliseconds.
const ASKED_AGAIN_MS: i64 = 60 * 1000;
/// Signatures that only the other server can make: no shared secret, and not none.
const SIGNATURES: [Algorithm; 9] = [
    Algorithm::RsaSsaPkcs1V15Sha256,
    Algorithm::RsaSsaPkcs1V15Sha384,
    Algorithm::RsaSsaPkcs1V15Sha512,
    Algorithm::RsaSsaPssSha256,
    Algorithm::RsaSsaPssSha384,
    Algorithm::RsaSsaPssSha512,
    Algorithm::EcdsaP256Sha256,
    Algorithm::EcdsaP384Sha384,
    Algorithm::EdDsa,
];

/// The other server.
pub(super) struct Provider {
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: Option<ClientSecret>,
    back: RedirectUrl,
    http: Client,
    known: Mutex<Option<Known>>,
}

/// What it said of itself, and when.
#[derive(Clone)]
struct Known {
    metadata: CoreProviderMetadata,
    at: Timestamp,
}

impl Provider {
    pub(super) fn new(settings: Settings) -> Result<Self, SettingsError> {
        let issuer = IssuerUrl::new(settings.issuer).map_err(|_| SettingsError::Issuer)?;
        if !is_safe(&issuer) {
            return Err(SettingsError::Issuer);
        }
        let base = settings.public_url.trim_end_matches('/');
        let back = RedirectUrl::new(format!("{base}/sign-in/back"));
        let back = back.map_err(|_| SettingsError::PublicUrl)?;
        if back.url().scheme() != "https" || back.url().path() != "/sign-in/back" {
            return Err(SettingsError::PublicUrl);
        }
        let http = Client::new(&settings.authorities, issuer.url().scheme() == "https")?;
        Ok(Self {
            issuer,
            client_id: ClientId::new(settings.client_id),
            client_secret: settings.client_secret.map(ClientSecret::new),
            back,
            http,
            known: Mutex::new(None),
        })
    }

    /// Where a browser goes to begin an attempt.
    pub(super) fn begin(&self, now: Timestamp, attempt: Attempt) -> Result<String, OutsideError> {
        let metadata = self.known(now, KEPT_MS)?;
        let verifier = PkceCodeVerifier::new(attempt.verifier);
        let client = CoreClient::from_provider_metadata(metadata, self.client_id.clone(), None)
            .set_redirect_uri(self.back.clone());
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let (state, nonce) = (CsrfToken::new(attempt.state), Nonce::new(attempt.nonce));
        let (url, ..) = client
            .authorize_url(flow, || state, || nonce)
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(url.into())
    }

    /// Exchanges the code and judges the token.
    pub(super) fn end(
        &self,
        now: Timestamp,
        code: String,
        attempt: Attempt,
    ) -> Result<Account, OutsideError> {
        let metadata = self.known(now, KEPT_MS)?;
        let token = self.exchange(metadata.clone(), code, attempt.verifier)?;
        let nonce = Nonce::new(attempt.nonce);
        match self.judge(now, &metadata, &token, &nonce) {
            Err(error) if is_unknown_key(&error) => {
                let metadata = self.known(now, ASKED_AGAIN_MS)?;
                self.judge(now, &metadata, &token, &nonce).map_err(bad)
            }
            judged => judged.map_err(bad),
        }
    }

    fn exchange(
        &self,
        metadata: CoreProviderMetadata,
        code: String,
        verifier: String,
    ) -> Result<CoreIdToken, OutsideError> {
        let how = authentication(&metadata);
        let (id, secret) = (self.client_id.clone(), self.client_secret.clone());
        let client = CoreClient::from_provider_metadata(metadata, id, secret)
            .set_redirect_uri(self.back.clone())
            .set_auth_type(how);
        let request = client.exchange_code(AuthorizationCode::new(code));
        let request = request.map_err(|_| OutsideError::Odd)?;
        let answer = request
            .set_pkce_verifier(PkceCodeVerifier::new(verifier))
            .request(&self.http)
            .map_err(|error| match error {
                RequestTokenError::Request(_) => OutsideError::Unreached,
                RequestTokenError::ServerResponse(_) => OutsideError::Code,
                RequestTokenError::Parse(..) | RequestTokenError::Other(_) => OutsideError::Odd,
            })?;
        answer.extra_fields().id_token().cloned().ok_or(OutsideError::Odd)
    }

    /// Signature, issuer, audience, time by our own clock, nonce; then for whom it was made.
    fn judge(
        &self,
        now: Timestamp,
        metadata: &CoreProviderMetadata,
        token: &CoreIdToken,
        nonce: &Nonce,
    ) -> Result<Account, ClaimsVerificationError> {
        let since = Duration::from_millis(now.0.try_into().unwrap_or_default());
        let (id, keys) = (self.client_id.clone(), metadata.jwks().clone());
        let verifier = CoreIdTokenVerifier::new_public_client(id, self.issuer.clone(), keys)
            .set_allowed_algs(SIGNATURES)
            .set_time_fn(move || (UNIX_EPOCH + since).into());
        let claims = token.claims(&verifier, nonce)?;
        match claims.authorized_party() {
            Some(party) if **party != *self.client_id => {
                Err(ClaimsVerificationError::InvalidAudience("of another".to_owned()))
            }
            _ => Ok(Account {
                issuer: self.issuer.to_string(),
                subject: claims.subject().to_string(),
            }),
        }
    }

    /// What is known of the other server, asked again if it is older than `ms`.
    fn known(&self, now: Timestamp, ms: i64) -> Result<CoreProviderMetadata, OutsideError> {
        let held = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = held.filter(|known| now.since_ms(known.at) < ms) {
            return Ok(known.metadata);
        }
        let asked = CoreProviderMetadata::discover(&self.issuer, &self.http);
        let metadata = asked.map_err(|error| match error {
            DiscoveryError::Request(_) => OutsideError::Unreached,
            error => {
                tracing::warn!(%error, "the outside sign-in says something odd of itself");
                OutsideError::Odd
            }
        })?;
        let known = Known { metadata: metadata.clone(), at: now };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
        Ok(metadata)
    }
}

/// How we show who we are: in the head, unless the other server wants it in the form.
fn authentication(metadata: &CoreProviderMetadata) -> AuthType {
    let methods = metadata.token_endpoint_auth_methods_supported();
    match methods {
        Some(known) if !known.contains(&CoreClientAuthMethod::ClientSecretBasic) => {
            AuthType::RequestBody
        }
        _ => AuthType::BasicAuth,
    }
}

fn is_unknown_key(error: &ClaimsVerificationError) -> bool {
    use SignatureVerificationError::NoMatchingKey;
    matches!(error, ClaimsVerificationError::SignatureVerification(NoMatchingKey))
}

/// In the log is which rule was broken, without what the token says.
fn bad(error: ClaimsVerificationError) -> OutsideError {
    let rule = match error {
        ClaimsVerificationError::Expired(_) => "time",
        ClaimsVerificationError::InvalidAudience(_) => "audience",
        ClaimsVerificationError::InvalidIssuer(_) => "issuer",
        ClaimsVerificationError::InvalidNonce(_) => "nonce",
        ClaimsVerificationError::SignatureVerification(_) => "signature",
        _ => "form",
    };
    tracing::warn!(rule, "a token of the outside sign-in does not hold");
    OutsideError::Token
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const MINUTE: i64 = 60 * 1000;

    /// A server that says of itself what one must, and how often it was asked for its keys.
    fn provider() -> (Provider, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let about = serde_json::json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/auth"),
            "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        });
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let first = lines.next().unwrap().unwrap();
                while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
                let body = match first.contains("/keys") {
                    true => r#"{"keys":[]}"#.to_owned(),
                    false => about.to_string(),
                };
                count.fetch_add(usize::from(first.contains("/keys")), Ordering::SeqCst);
                let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json";
                let length = body.len();
                let _ = write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{body}");
            }
        });
        let settings = Settings {
            issuer,
            client_id: "caseweave".to_owned(),
            client_secret: None,
            authorities: Vec::new(),
            name: String::new(),
            public_url: "https://caseweave.example".to_owned(),
        };
        (Provider::new(settings).unwrap(), asked)
    }

    #[test]
    fn keys_are_kept_an_hour_and_asked_for_again_once_a_minute_at_most() {
        let (provider, asked) = provider();
        let after = |minutes: i64, kept| {
            provider.known(Timestamp(minutes * MINUTE), kept).unwrap();
            asked.load(Ordering::SeqCst)
        };
        assert_eq!([after(0, KEPT_MS), after(1, KEPT_MS), after(59, KEPT_MS)], [1, 1, 1]);
        assert_eq!(after(60, KEPT_MS), 2, "after an hour");
        let unknown =
            [after(60, ASKED_AGAIN_MS), after(61, ASKED_AGAIN_MS), after(61, ASKED_AGAIN_MS)];
        assert_eq!(unknown, [2, 3, 3], "for tokens under a key that nobody knows");
    }

    #[test]
    fn a_browser_is_sent_with_state_nonce_and_challenge_and_without_the_verifier() {
        let (provider, _) = provider();
        let token = crate::service::page_sessions::Token([7; 32]);
        let attempt = Attempt::begin(&token, "/");
        let url = provider.begin(Timestamp(0), attempt.clone()).unwrap();
        for said in [
            "response_type=code",
            "client_id=caseweave",
            "code_challenge_method=S256",
            "scope=openid",
            "redirect_uri=https%3A%2F%2Fcaseweave.example%2Fsign-in%2Fback",
            &format!("state={}", attempt.state),
            &format!("nonce={}", attempt.nonce),
        ] {
            assert!(url.contains(said), "{said} is not in {url}");
        }
        assert!(!url.contains(&attempt.verifier));
    }
}
