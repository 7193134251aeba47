//! Somebody at a desk: the interface without a phone.

use serde_json::{Value, json};

use super::{Failed, Server};

/// A person who is signed in with their password.
pub struct Desk {
    agent: ureq::Agent,
    base: String,
    token: String,
}

impl Desk {
    /// Signs in somebody whom [`Server::staff`] added.
    ///
    /// # Errors
    /// What the server answers instead.
    pub fn sign_in(server: &Server, name: &str) -> Result<Self, Failed> {
        let agent = agent(&std::fs::read(server.authority())?)?;
        let base = format!("https://{}", server.address()?);
        let mut desk = Self { agent, base, token: String::new() };
        let password = format!("correct horse {name}");
        let answer = desk.post("/v1/sign-in", &json!({ "sign_in": name, "password": password }))?;
        answer["access_token"].as_str().ok_or("no token")?.clone_into(&mut desk.token);
        Ok(desk)
    }

    /// Gets JSON.
    ///
    /// # Errors
    /// What the server answers instead.
    pub fn get(&self, path: &str) -> Result<Value, Failed> {
        let request = self.agent.get(format!("{}{path}", self.base));
        read(request.header("authorization", format!("Bearer {}", self.token)).call()?)
    }

    /// Posts JSON; nothing if there is no answer.
    ///
    /// # Errors
    /// What the server answers instead.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value, Failed> {
        let request = self.agent.post(format!("{}{path}", self.base));
        let request = request.header("authorization", format!("Bearer {}", self.token));
        read(request.content_type("application/json").send(body.to_string())?)
    }
}

fn read(mut answer: ureq::http::Response<ureq::Body>) -> Result<Value, Failed> {
    let (status, text) = (answer.status(), answer.body_mut().read_to_string()?);
    match status.is_success() {
        true if text.is_empty() => Ok(Value::Null),
        true => Ok(serde_json::from_str(&text)?),
        false => Err(format!("{status}: {text}").into()),
    }
}

fn agent(authority: &[u8]) -> Result<ureq::Agent, Failed> {
    use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let trusted = [Certificate::from_pem(authority)?.to_owned()];
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(provider)
        .root_certs(RootCerts::new_with_certs(&trusted))
        .build();
    let config = ureq::Agent::config_builder().tls_config(tls).http_status_as_error(false).build();
    Ok(config.into())
}
