//! A real OpenID Connect provider (`tests/oidc`), and a browser that signs in with it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use tempfile::TempDir;
use ureq::http::Uri;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

use super::Failed;

/// Longer than any server of ours waits for another.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);
/// Pages on the way from one sign-in to the end of it.
const STEPS: usize = 20;

/// A provider's process, ended with its value.
pub struct Provider {
    folder: TempDir,
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    port: u16,
}

impl Provider {
    /// Starts a provider from `home`, which `scripts/oidc` fills; its certificate and key are PEM.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start(home: &Path, certificate: &str, key: &str) -> Result<Self, Failed> {
        let folder = TempDir::new()?;
        for (name, text) in
            [("cert.pem", certificate), ("key.pem", key), ("secret", "an invented secret")]
        {
            fs::write(folder.path().join(name), text)?;
        }
        let mut process = Command::new("node")
            .arg(home.join("provider.mjs"))
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let input = process.stdin.take();
        let output = process.stdout.take().ok_or("a provider without output")?;
        let mut output = BufReader::new(output);
        let port = line(&mut output)?.parse()?;
        Ok(Self { folder, process, input, output, port })
    }

    /// The issuer, as its tokens spell it.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// The file of the secret that its one client shows.
    #[must_use]
    pub fn secret(&self) -> PathBuf {
        self.folder.path().join("secret")
    }

    /// Serves from now on, sending codes back to `redirect`.
    ///
    /// # Errors
    /// If it ended.
    pub fn serve(&mut self, redirect: &str) -> Result<(), Failed> {
        writeln!(self.input.as_mut().ok_or("no input")?, "{redirect}")?;
        match line(&mut self.output)?.as_str() {
            "ready" => Ok(()),
            other => Err(format!("the provider says {other:?}").into()),
        }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn line(output: &mut impl BufRead) -> Result<String, Failed> {
    let mut line = String::new();
    output.read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// A browser: keeps cookies by server, follows where it is sent, fills in forms.
pub struct Browser {
    agent: ureq::Agent,
    cookies: BTreeMap<(String, String), String>,
}

/// What a browser is shown.
pub struct Shown {
    /// The answer's status.
    pub status: u16,
    /// Where it is.
    pub url: String,
    /// Where the browser is sent, if anywhere.
    pub location: Option<String>,
    /// The page.
    pub body: String,
}

impl Browser {
    /// A browser that trusts these authorities, PEM.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn new(authorities: &[String]) -> Result<Self, Failed> {
        let read = |pem: &String| Ok(Certificate::from_pem(pem.as_bytes())?.to_owned());
        let trusted = authorities.iter().map(read).collect::<Result<Vec<_>, Failed>>()?;
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(provider)
            .root_certs(RootCerts::new_with_certs(&trusted))
            .build();
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build();
        Ok(Self { agent: config.new_agent(), cookies: BTreeMap::new() })
    }

    /// Forgets what a server gave it to keep.
    pub fn forget(&mut self) {
        self.cookies.clear();
    }

    /// Asks for one page, going nowhere else.
    ///
    /// # Errors
    /// If no answer comes.
    pub fn get(&mut self, url: &str) -> Result<Shown, Failed> {
        let request = self.agent.get(url).header("cookie", self.kept(url)?);
        self.shown(url, request.call()?)
    }

    /// Sends a form.
    ///
    /// # Errors
    /// If no answer comes.
    pub fn post(&mut self, url: &str, form: &[(&str, &str)]) -> Result<Shown, Failed> {
        let request = self.agent.post(url).header("cookie", self.kept(url)?);
        let sent = request.send_form(form.iter().copied())?;
        self.shown(url, sent)
    }

    /// Goes where it is sent until a page is shown, or an address begins with `until`.
    ///
    /// # Errors
    /// If it is sent in a circle.
    pub fn follow(&mut self, mut shown: Shown, until: &str) -> Result<Shown, Failed> {
        for _ in 0..STEPS {
            match shown.location.take() {
                Some(next) if next.starts_with(until) => {
                    return Ok(Shown { location: Some(next), ..shown });
                }
                Some(next) => shown = self.get(&next)?,
                None => return Ok(shown),
            }
        }
        Err("sent in a circle".into())
    }

    fn shown(
        &mut self,
        url: &str,
        mut answer: ureq::http::Response<ureq::Body>,
    ) -> Result<Shown, Failed> {
        let host = authority(url)?;
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').ok_or("an odd cookie")?;
            self.cookies.insert((host.clone(), name.to_owned()), value.to_owned());
        }
        let location = answer.headers().get("location").map(|it| it.to_str()).transpose()?;
        let location = location.map(|to| match to.starts_with('/') {
            true => format!("https://{host}{to}"),
            false => to.to_owned(),
        });
        let (status, body) = (answer.status().as_u16(), answer.body_mut().read_to_string()?);
        Ok(Shown { status, url: url.to_owned(), location, body })
    }

    fn kept(&self, url: &str) -> Result<String, Failed> {
        let host = authority(url)?;
        let own = self.cookies.iter().filter(|((of, _), value)| *of == host && !value.is_empty());
        let pairs: Vec<_> = own.map(|((_, name), value)| format!("{name}={value}")).collect();
        Ok(pairs.join("; "))
    }
}

fn authority(url: &str) -> Result<String, Failed> {
    let url: Uri = url.parse()?;
    Ok(url.authority().ok_or("an address without a server")?.to_string())
}
