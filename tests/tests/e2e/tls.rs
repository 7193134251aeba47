//! The wire: versions of TLS, a certificate that is renewed while the server runs, and phones that
//! must show one.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, ProtocolVersion, RootCertStore};
use rustls::{SupportedProtocolVersion, version};
use system_tests::live::{Failed, Phone, Server};

/// Longer than the server takes to look at its files again.
const PATIENCE: Duration = Duration::from_secs(20);
pub(super) const BOTH: &[&SupportedProtocolVersion] = &[&version::TLS13, &version::TLS12];

/// An invented authority.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    pub(super) pem: String,
}

/// A certificate and its key, PEM.
pub(super) struct Identity {
    pub(super) certificate: String,
    pub(super) key: String,
}

impl Authority {
    pub(super) fn new(name: &str) -> Result<Self, Failed> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        let own = params.self_signed(&key)?;
        let (certificate, pem) = (own.der().clone(), own.pem());
        Ok(Self { issuer: Issuer::new(params, key), certificate, pem })
    }

    pub(super) fn issue(&self) -> Result<Identity, Failed> {
        let key = KeyPair::generate()?;
        let params = CertificateParams::new(vec!["localhost".to_owned()])?;
        let certificate = params.signed_by(&key, &self.issuer)?.pem();
        Ok(Identity { certificate, key: key.serialize_pem() })
    }
}

impl Identity {
    fn save(&self, folder: &Path) -> Result<(), Failed> {
        fs::write(folder.join("server.pem"), &self.certificate)?;
        Ok(fs::write(folder.join("server.key"), &self.key)?)
    }

    fn der(&self) -> Result<CertificateDer<'static>, Failed> {
        Ok(CertificateDer::from_pem_slice(self.certificate.as_bytes())?)
    }
}

/// What a client saw.
pub(super) struct Met {
    certificate: CertificateDer<'static>,
    version: Option<ProtocolVersion>,
    /// Head and body.
    pub(super) answer: String,
}

/// Asks for a path over a connection of its own.
fn meet(
    address: SocketAddr,
    path: &str,
    trusted: &Authority,
    how: (Option<&Identity>, &[&'static SupportedProtocolVersion]),
) -> Result<Met, Failed> {
    say(address, &format!("GET {path} HTTP/1.1\r\n\r\n"), &trusted.certificate, how)
}

/// Says the head and body of a request to a server that has its certificate from `trusted`.
pub(super) fn say(
    address: SocketAddr,
    request: &str,
    trusted: &CertificateDer<'static>,
    (own, versions): (Option<&Identity>, &[&'static SupportedProtocolVersion]),
) -> Result<Met, Failed> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)?
        .with_root_certificates(roots);
    let config = match own {
        None => config.with_no_client_auth(),
        Some(own) => config.with_client_auth_cert(
            vec![own.der()?],
            PrivateKeyDer::from_pem_slice(own.key.as_bytes())?,
        )?,
    };
    let name = ServerName::try_from("localhost")?;
    let mut connection = ClientConnection::new(Arc::new(config), name)?;
    let mut socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut stream = rustls::Stream::new(&mut connection, &mut socket);
    let common = "host: localhost\r\nconnection: close\r\n";
    let (first, rest) = request.split_once("\r\n").ok_or("no request")?;
    write!(stream, "{first}\r\n{common}{rest}")?;
    let mut answer = Vec::new();
    // A server may end without saying so, once everything was sent.
    if let Err(error) = stream.read_to_end(&mut answer)
        && answer.is_empty()
    {
        return Err(error.into());
    }
    let shown = connection.peer_certificates().and_then(|chain| chain.first());
    Ok(Met {
        certificate: shown.ok_or("no certificate")?.clone().into_owned(),
        version: connection.protocol_version(),
        answer: String::from_utf8_lossy(&answer).into_owned(),
    })
}

/// A server with a certificate of this authority, and where its files are.
fn serving(
    authority: &Authority,
    first: &Identity,
    client_authority: Option<&Authority>,
) -> Result<(Server, tempfile::TempDir), Failed> {
    let folder = tempfile::tempdir()?;
    first.save(folder.path())?;
    fs::write(folder.path().join("clients.pem"), &client_authority.unwrap_or(authority).pem)?;
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (certificate, key, clients) = (path("server.pem"), path("server.key"), path("clients.pem"));
    let mut flags = vec!["--tls-cert", &certificate, "--tls-key", &key];
    if client_authority.is_some() {
        flags.extend(["--client-ca", &clients]);
    }
    Ok((Server::start_with(None, &flags, None)?, folder))
}

fn until(what: &str, mut holds: impl FnMut() -> Result<bool, Failed>) -> Result<(), Failed> {
    let began = Instant::now();
    while !holds()? {
        if began.elapsed() > PATIENCE {
            return Err(format!("it never came: {what}").into());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

#[test]
fn a_renewed_certificate_is_shown_without_a_restart() -> Result<(), Failed> {
    let authority = Authority::new("Invented authority")?;
    let (first, second) = (authority.issue()?, authority.issue()?);
    let (server, folder) = serving(&authority, &first, None)?;
    let address = server.address()?;
    let shown = || Ok(meet(address, "/healthz", &authority, (None, BOTH))?.certificate);
    let shows = |one: &Identity| -> Result<bool, Failed> {
        let shown: Result<_, Failed> = shown();
        Ok(shown? == one.der()?)
    };
    assert!(shows(&first)?);

    second.save(folder.path())?;
    until("the renewed certificate", || shows(&second))?;
    assert!(server.said()?.contains("the certificate was renewed"));

    fs::write(folder.path().join("server.pem"), "no certificate")?;
    until("a word about it", || Ok(server.said()?.contains("is of no use; the old one stays")))?;
    assert!(shows(&second)?, "a broken file changes nothing");

    // A key that is not the certificate's: half of a renewal, then the whole of it.
    let third = authority.issue()?;
    fs::write(folder.path().join("server.key"), &third.key)?;
    assert!(shows(&second)?);
    third.save(folder.path())?;
    until("the third certificate", || shows(&third))
}

#[test]
fn tls_1_3_is_preferred_and_1_2_the_floor() -> Result<(), Failed> {
    let authority = Authority::new("Invented authority")?;
    let (server, _folder) = serving(&authority, &authority.issue()?, None)?;
    let address = server.address()?;
    let version = |versions| -> Result<_, Failed> {
        Ok(meet(address, "/healthz", &authority, (None, versions))?.version)
    };
    assert_eq!(version(BOTH)?, Some(ProtocolVersion::TLSv1_3));
    assert_eq!(version(&[&version::TLS12])?, Some(ProtocolVersion::TLSv1_2));
    assert_eq!(hello(address, [3, 3])?[0], 0x16, "the same words are taken as TLS 1.2");
    for old in [[3, 0], [3, 1], [3, 2]] {
        let [kind, level, word] = hello(address, old)?;
        assert_eq!((kind, level), (0x15, 2), "{old:?}: a fatal alert");
        assert!([40, 70].contains(&word), "{old:?}: {word}");
    }
    Ok(())
}

/// Says hello in a version and gives kind, level and word of the answer.
fn hello(address: SocketAddr, version: [u8; 2]) -> Result<[u8; 3], Failed> {
    // Version, random, no session, two suites, no compression.
    let mut hello = version.to_vec();
    hello.extend([7; 32]);
    hello.extend([0, 0, 4, 0xC0, 0x2B, 0xCC, 0xA9, 1, 0]);
    // Curve P-256, ECDSA with SHA-256, plain points, extended master secret.
    hello.extend([0, 26, 0, 10, 0, 4, 0, 2, 0, 23, 0, 13, 0, 4, 0, 2, 4, 3]);
    hello.extend([0, 11, 0, 2, 1, 0, 0, 23, 0, 0]);
    let mut record = vec![0x16, 3, 1, 0, hello.len() as u8 + 4, 1, 0, 0, hello.len() as u8];
    record.extend(hello);
    let mut socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.write_all(&record)?;
    let mut answer = [0; 7];
    socket.read_exact(&mut answer)?;
    Ok([answer[0], answer[5], answer[6]])
}

#[test]
fn phones_show_a_certificate_where_one_is_asked_for_and_browsers_need_none() -> Result<(), Failed> {
    let (authority, clients) = (Authority::new("Of servers")?, Authority::new("Of phones")?);
    let (server, _folder) = serving(&authority, &authority.issue()?, Some(&clients))?;
    let address = server.address()?;
    let ask = |path: &str, own: Option<&Identity>| -> Result<String, Failed> {
        Ok(meet(address, path, &authority, (own, BOTH))?.answer)
    };
    let (phone, stranger) = (clients.issue()?, authority.issue()?);
    let refused = ask("/v1/me", None)?;
    assert!(refused.starts_with("HTTP/1.1 403") && refused.contains("no_certificate"), "{refused}");
    let let_in = ask("/v1/me", Some(&phone))?;
    assert!(let_in.starts_with("HTTP/1.1 401") && let_in.contains("no_token"), "{let_in}");
    assert!(ask("/v1/me", Some(&stranger)).is_err(), "of another authority");
    for spelt in ["/%76%31/me", "/v%31/me", "/%761/sync/wait", "/v1/nowhere"] {
        let refused = ask(spelt, None)?;
        assert!(refused.starts_with("HTTP/1.1 403"), "{spelt}: {refused}");
    }
    assert!(ask("/sign-in", None)?.starts_with("HTTP/1.1 200"));
    assert!(ask("/healthz", None)?.starts_with("HTTP/1.1 200"));
    Ok(())
}

#[test]
fn a_phone_with_a_certificate_syncs_where_one_is_asked_for_and_one_without_is_told()
-> Result<(), Failed> {
    let (authority, clients) = (Authority::new("Of servers")?, Authority::new("Of phones")?);
    let (server, folder) = serving(&authority, &authority.issue()?, Some(&clients))?;
    let own = clients.issue()?;
    let file = |name: &str, text: &str| -> Result<String, Failed> {
        let path = folder.path().join(name);
        fs::write(&path, text)?;
        Ok(path.display().to_string())
    };
    let trusted = file("authority.pem", &authority.pem)?;
    let shown = [file("own.pem", &own.certificate)?, file("own.key", &own.key)?];
    server.run(&["agency", "add", "--slug", "health", "--name", "Health"], "")?;
    let add = ["user", "add", "--name", "Iona", "--sign-in", "iona", "--cluster", "Glen"];
    let add = [&add[..], &["--agency", "health", "--password-stdin"]].concat();
    server.run(&add, "correct horse iona")?;
    let enrol = |phone: &Phone, more: &[&str]| -> Result<(), Failed> {
        let code = server.run(&["device", "code", "--user", "iona"], "")?;
        let at = format!("https://localhost:{}", server.address()?.port());
        let code = code["code"].as_str().ok_or("no code")?;
        let how = ["enrol", "--server", &at, "--authority", &trusted, "--code", code];
        let who = ["--sign-in", "iona", "--password-stdin"];
        phone.ask(&[&how[..], &who, more].concat(), "correct horse iona").map(drop)
    };

    let without = Phone::new(server.folder().join("phones").join("without"), "without");
    let refused = enrol(&without, &[]).map_err(|error| error.to_string());
    assert!(refused.is_err_and(|words| words.contains("This phone has no certificate")));
    let with = Phone::new(server.folder().join("phones").join("with"), "with");
    enrol(&with, &["--certificate", &shown[0], "--certificate-key", &shown[1]])?;
    with.run(&["case", "begin", "--given-name", "Rowan", "--family-name", "Invented"])?;
    with.run(&["sync"])?;
    assert_eq!(with.run(&["list"])?.as_array().map(Vec::len), Some(1));

    let half = enrol(&with, &["--certificate", &shown[0]]).map_err(|error| error.to_string());
    assert!(half.is_err_and(|words| words.contains("--certificate-key")));
    let odd = file("odd.key", "no key")?;
    let odd = enrol(&with, &["--certificate", &shown[0], "--certificate-key", &odd]);
    assert!(odd.is_err_and(|words| words.to_string().contains("own certificate or its key")));
    server.check()
}
