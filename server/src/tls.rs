//! Encryption of the wire: the operator's certificate, or a development authority of our own made
//! at the first start. [`shown`] changes the certificate while the server runs.

pub mod servers;
pub mod shown;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::WebPkiClientVerifier;
use sync_core::time::{Date, Timestamp};

use crate::files;
use shown::Shown;

/// Days a development certificate is good for, fewer than the strictest profile lets it be; a new one
/// is made at every start.
const SERVER_DAYS: i32 = 88;
/// Days the development authority is good for.
const AUTHORITY_DAYS: i32 = 3650;

const PUBLIC_MODE: u32 = 0o644;

/// Why the server cannot speak TLS, in an administrator's words.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// A file holds no certificate.
    #[error("{0} holds no certificate in PEM form")]
    NoCertificate(PathBuf),
    /// A file holds no key.
    #[error("{0} holds no private key in PEM form")]
    NoKey(PathBuf),
    /// Certificate and key do not belong together or are not of a kind we speak.
    #[error("the certificate and the key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
    /// The development authority could not make a certificate.
    #[error("the development authority cannot make a certificate: {0}")]
    Authority(#[from] rcgen::Error),
}

/// A certificate and its key, as files in PEM form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CertificateFiles {
    /// The certificate, with the chain after it.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// TLS 1.3, and 1.2 for those who have no better, with the certificate that is shown at the time.
/// Clients that bring a certificate must have it from `client_authority`, if there is one, or be servers with
/// one of these keys; whether they need one is asked later, since browsers have none.
///
/// # Errors
/// [`TlsError`] in an administrator's words.
pub fn server_config(
    shown: Arc<Shown>,
    client_authority: Option<&Path>,
    servers: &[[u8; 32]],
) -> Result<rustls::ServerConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?;
    let mut roots = RootCertStore::empty();
    for certificate in client_authority.map(certificates).transpose()?.into_iter().flatten() {
        roots.add(certificate)?;
    }
    for key in servers {
        roots.roots.push(servers::anchor(key)?);
    }
    if roots.is_empty() {
        return Ok(config.with_no_client_auth().with_cert_resolver(shown));
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .allow_unauthenticated()
        .build()
        .map_err(|error| rustls::Error::General(error.to_string()))?;
    Ok(config.with_client_cert_verifier(verifier).with_cert_resolver(shown))
}

/// The certificates of a file, at least one.
fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read(file)?;
    let chain = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let none = || TlsError::NoCertificate(file.to_owned());
    chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(none)
}

/// A certificate for this machine, signed by the development authority in `folder`, which is made
/// if it is not there. Clients must be given `ca.pem`.
///
/// # Errors
/// [`TlsError`] in an administrator's words.
pub fn development(folder: &Path, now: Timestamp) -> Result<CertificateFiles, TlsError> {
    let authority = authority(folder, now)?;
    let key = KeyPair::generate()?;
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.use_authority_key_identifier_extension = true;
    params.key_usages.push(KeyUsagePurpose::DigitalSignature);
    params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    valid_for(&mut params, now, SERVER_DAYS);
    let certificate = params.signed_by(&key, &authority)?;
    let files =
        CertificateFiles { certificate: folder.join("server.pem"), key: folder.join("server.key") };
    write(&files.key, &key.serialize_pem(), files::OWN)?;
    write(&files.certificate, &certificate.pem(), PUBLIC_MODE)?;
    Ok(files)
}

/// Where the development authority's certificate is.
#[must_use]
pub fn authority_file(folder: &Path) -> PathBuf {
    folder.join("ca.pem")
}

fn authority(folder: &Path, now: Timestamp) -> Result<Issuer<'static, KeyPair>, TlsError> {
    let (certificate, key_file) = (authority_file(folder), folder.join("ca.key"));
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "Caseweave development authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid_for(&mut params, now, AUTHORITY_DAYS);
    if certificate.exists() && key_file.exists() {
        let key = String::from_utf8(read(&key_file)?).map_err(|_| TlsError::NoKey(key_file))?;
        return Ok(Issuer::new(params, KeyPair::from_pem(&key)?));
    }
    let key = KeyPair::generate()?;
    write(&key_file, &key.serialize_pem(), files::OWN)?;
    write(&certificate, &params.self_signed(&key)?.pem(), PUBLIC_MODE)?;
    Ok(Issuer::new(params, key))
}

/// From yesterday, for clocks that are behind. A clock gone wild leaves the library's own range.
fn valid_for(params: &mut CertificateParams, now: Timestamp, days: i32) {
    let Some(today) = now.date() else { return };
    if let Some((year, month, day)) = today.plus_days(-1).and_then(parts) {
        params.not_before = date_time_ymd(year, month, day);
    }
    if let Some((year, month, day)) = today.plus_days(days).and_then(parts) {
        params.not_after = date_time_ymd(year, month, day);
    }
}

fn parts(date: Date) -> Option<(i32, u8, u8)> {
    let text = date.to_string();
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?))
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|reason| TlsError::File { path: path.to_owned(), reason })
}

/// A key is readable by the server's own account only.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), TlsError> {
    files::replace(path, text.as_bytes(), mode)
        .map_err(|reason| TlsError::File { path: path.to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    #[test]
    fn the_authority_stays_and_every_start_makes_a_certificate_that_serves() {
        let folder = tempfile::tempdir().unwrap();
        let first = development(folder.path(), NOW).unwrap();
        let authority = fs::read(authority_file(folder.path())).unwrap();
        let certificate = fs::read(&first.certificate).unwrap();
        let second = development(folder.path(), NOW.plus_ms(Timestamp::DAY_MS)).unwrap();
        assert_eq!(fs::read(authority_file(folder.path())).unwrap(), authority);
        assert_ne!(fs::read(&second.certificate).unwrap(), certificate);
        server_config(Shown::load(second).unwrap(), None, &[]).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn keys_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let files = development(folder.path(), NOW).unwrap();
        for key in [files.key, folder.path().join("ca.key")] {
            assert_eq!(fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_bad_certificate_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let good = development(folder.path(), NOW).unwrap();
        let missing = CertificateFiles { certificate: folder.path().join("no"), ..good.clone() };
        assert!(matches!(Shown::load(missing), Err(TlsError::File { .. })));
        let swapped = CertificateFiles { certificate: good.key.clone(), key: good.key.clone() };
        assert!(matches!(Shown::load(swapped), Err(TlsError::NoCertificate(_))));
        let other = tempfile::tempdir().unwrap();
        let key = development(other.path(), NOW).unwrap().key;
        let unlike = CertificateFiles { key, ..good };
        assert!(matches!(Shown::load(unlike), Err(TlsError::Unusable(_))));
    }
}
