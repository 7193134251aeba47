//! The certificate that new connections are shown. It follows its files while the server runs, so
//! that a renewal needs no restart; files that cannot be used change nothing.

use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};

use super::{CertificateFiles, TlsError, read};

/// How often the files are looked at: a renewal has weeks, and an operator who waits for it minutes.
const LOOK: Duration = Duration::from_secs(5);

/// A certificate that follows its files.
#[derive(Debug)]
pub struct Shown {
    files: CertificateFiles,
    loaded: Seen,
    key: RwLock<Arc<CertifiedKey>>,
}

/// What the files held when they were last looked at, as a digest: a key is kept in one place only.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen(Result<[u8; 32], String>);

impl Shown {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`] in an administrator's words.
    pub fn load(files: CertificateFiles) -> Result<Arc<Self>, TlsError> {
        // Looked at before they are read: a renewal in between is seen by the next look.
        let loaded = look(&files);
        let key = RwLock::new(Arc::new(certified(&files)?));
        Ok(Arc::new(Self { files, loaded, key }))
    }

    /// Follows the files on a thread of its own, until nobody uses the certificate any more.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn follow(self: &Arc<Self>) -> std::io::Result<()> {
        let shown = Arc::downgrade(self);
        let mut seen = self.loaded.clone();
        let follow = move || while wait(&shown, &mut seen).is_some() {};
        std::thread::Builder::new().name("certificate".into()).spawn(follow).map(drop)
    }

    fn current(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.key.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the files as they are now; keeps what is shown if they are of no use.
    fn renew(&self) {
        match certified(&self.files) {
            Ok(key) => {
                *self.key.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
                tracing::info!("the certificate was renewed");
            }
            // Half of a renewal: the other file is about to follow.
            Err(error) => {
                tracing::error!(%error, "the new certificate is of no use; the old one stays");
            }
        }
    }
}

/// Looks once; nothing once the server is gone.
fn wait(shown: &Weak<Shown>, seen: &mut Seen) -> Option<()> {
    std::thread::sleep(LOOK);
    let shown = shown.upgrade()?;
    let now = look(&shown.files);
    if now != *seen {
        *seen = now;
        shown.renew();
    }
    Some(())
}

fn look(files: &CertificateFiles) -> Seen {
    let both = read(&files.certificate).and_then(|it| Ok((it, read(&files.key)?)));
    let digest = both.map(|(certificate, key)| {
        let mut digest = Sha256::new();
        digest.update((certificate.len() as u64).to_be_bytes());
        digest.update(certificate);
        digest.update(key);
        digest.finalize().into()
    });
    Seen(digest.map_err(|error| error.to_string()))
}

fn certified(files: &CertificateFiles) -> Result<CertifiedKey, TlsError> {
    let chain = super::certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&read(&files.key)?)
        .map_err(|_| TlsError::NoKey(files.key.clone()))?;
    Ok(CertifiedKey::from_der(chain, key, &default_provider())?)
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}
