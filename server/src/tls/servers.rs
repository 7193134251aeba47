//! Servers that know each other by a key and by nobody's word: the certificate that one shows another is signed
//! by the key itself, and whoever lets it in trusts that key alone.

use std::sync::Arc;

use ed25519_dalek::SigningKey;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{CertificateDer, Der, PrivatePkcs8KeyDer, TrustAnchor};
use rustls::server::ParsedCertificate;
use sync_core::time::Timestamp;

use super::{TlsError, valid_for};

/// Days a certificate is good for; one is made for every collection.
const DAYS: i32 = 2;
/// The name in every such certificate: it says nothing, the key says all.
const NAME: &str = "Caseweave server";
/// What stands before the 32 bytes of an Ed25519 key in a certificate.
const KEY_HEAD: [u8; 10] = [0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00];
/// What stands before the 32 bytes of its secret in PKCS 8.
const SECRET_HEAD: [u8; 16] = [
    0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// A certificate of this server's own key, and the key in PEM form, for a server that knows it.
///
/// # Errors
/// [`TlsError::Authority`] if none can be made.
pub fn own(
    key: &SigningKey,
    now: Timestamp,
) -> Result<(CertificateDer<'static>, String), TlsError> {
    let secret = PrivatePkcs8KeyDer::from([SECRET_HEAD.as_slice(), &key.to_bytes()].concat());
    let pair = KeyPair::from_pkcs8_der_and_sign_algo(&secret, &rcgen::PKCS_ED25519)?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, NAME);
    params.key_usages.push(KeyUsagePurpose::DigitalSignature);
    params.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth);
    valid_for(&mut params, now, DAYS);
    Ok((params.self_signed(&pair)?.der().clone(), pair.serialize_pem()))
}

/// What must be trusted so that a server with this key is let in, and nobody else.
pub(super) fn anchor(key: &[u8; 32]) -> Result<TrustAnchor<'static>, TlsError> {
    // The name as it stands in a certificate is taken from one; its key is of no use to anybody.
    let (like, _) = own(&SigningKey::from_bytes(&[0; 32]), Timestamp(0))?;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(like)?;
    let subject = roots.roots.first().map(|anchor| anchor.subject.clone());
    let unusable = || rustls::Error::General("a key cannot be trusted".into());
    Ok(TrustAnchor {
        subject: subject.ok_or_else(unusable)?,
        subject_public_key_info: Der::from([KEY_HEAD.as_slice(), key].concat()),
        name_constraints: None,
    })
}

/// The Ed25519 key of a certificate; none of another kind.
#[must_use]
pub fn key_of(certificate: &CertificateDer<'_>) -> Option<[u8; 32]> {
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    let key = parsed.subject_public_key_info();
    // Around head and key stand two bytes of their own: a sequence of so many.
    key.as_ref().get(2..)?.strip_prefix(KEY_HEAD.as_slice())?.try_into().ok()
}

/// Whom a server asks for a certificate, beside browsers, which need none.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Phones must show one.
    pub phones: bool,
    /// The keys of other servers that may come.
    pub servers: Arc<[[u8; 32]]>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_tells_its_key() {
        let now = Timestamp(1_800_000_000_000);
        let key = SigningKey::from_bytes(&[7; 32]);
        let (certificate, _) = own(&key, now).unwrap();
        assert_eq!(key_of(&certificate), Some(key.verifying_key().to_bytes()));
        let folder = tempfile::tempdir().unwrap();
        let files = super::super::development(folder.path(), now).unwrap();
        let other = super::super::certificates(&files.certificate).unwrap();
        assert_eq!(key_of(&other[0]), None, "a key of another kind");
        assert_eq!(key_of(&CertificateDer::from(vec![1, 2, 3])), None);
    }
}
