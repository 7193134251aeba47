//! The settings of an outside sign-in, such as a council's.

use std::path::{Path, PathBuf};

use super::ConfigError;
use crate::outside::{Outside, Settings};

/// What `serve` takes for an outside sign-in.
#[derive(clap::Args, Clone)]
pub struct OutsideArgs {
    /// Issuer of an outside sign-in for the pages (OpenID Connect), as its tokens spell it; without it
    /// there is none.
    #[arg(long, env = "CASEWEAVE_OIDC_ISSUER")]
    pub oidc_issuer: Option<String>,
    /// What this server is called there.
    #[arg(long, env = "CASEWEAVE_OIDC_CLIENT_ID")]
    pub oidc_client_id: Option<String>,
    /// File with the secret that this server shows there; without it, it is a public client.
    #[arg(long, env = "CASEWEAVE_OIDC_CLIENT_SECRET_FILE")]
    pub oidc_client_secret_file: Option<PathBuf>,
    /// Authorities that the outside sign-in's certificate may be of, PEM.
    #[arg(long, env = "CASEWEAVE_OIDC_CA", default_value = "/etc/ssl/certs/ca-certificates.crt")]
    pub oidc_ca: PathBuf,
    /// What people call it, on the link "Sign in with ...".
    #[arg(long, env = "CASEWEAVE_OIDC_NAME", default_value = "the council's sign-in")]
    pub oidc_name: String,
    /// Where browsers reach this server; by default the address it listens on.
    #[arg(long, env = "CASEWEAVE_PUBLIC_URL")]
    pub public_url: Option<String>,
}

impl OutsideArgs {
    /// The outside sign-in, if there is to be one. `address` is what the server listens on.
    ///
    /// # Errors
    /// [`ConfigError`] in an operator's words.
    pub fn judge(self, address: &str) -> Result<Option<Outside>, ConfigError> {
        let (issuer, client_id) = match (self.oidc_issuer, self.oidc_client_id) {
            (None, None) => return Ok(None),
            (Some(issuer), Some(client_id)) => (issuer, client_id),
            _ => return Err(ConfigError::HalfOutside),
        };
        let secret = self.oidc_client_secret_file.as_deref().map(read_text).transpose()?;
        // Plain HTTP to this machine needs no authority; there may be no file of them.
        let authorities = match issuer.starts_with("https:") {
            true => read_bytes(&self.oidc_ca)?,
            false => Vec::new(),
        };
        let settings = Settings {
            issuer,
            client_id,
            client_secret: secret,
            authorities,
            name: self.oidc_name,
            public_url: self.public_url.unwrap_or_else(|| format!("https://{address}")),
        };
        Ok(Some(Outside::new(settings)?))
    }
}

fn read_text(path: &Path) -> Result<String, ConfigError> {
    let text = String::from_utf8(read_bytes(path)?).unwrap_or_default();
    match text.trim() {
        "" => Err(ConfigError::NoSecret(path.to_owned())),
        secret => Ok(secret.to_owned()),
    }
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, ConfigError> {
    let failed = |reason| ConfigError::SettingFile { path: path.to_owned(), reason };
    std::fs::read(path).map_err(failed)
}
