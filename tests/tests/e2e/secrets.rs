//! Nothing secret and nobody's name reaches the log, however much is logged.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sync_core::device::Session;
use system_tests::live::{Failed, Server, Staff};

use super::tls::{BOTH, say};

#[test]
fn no_log_holds_a_password_a_token_a_code_or_a_name() -> Result<(), Failed> {
    let server = Server::start_with(None, &[], Some("trace"))?;
    let staff = [Staff { name: "morag", agency: "health", role: "practitioner" }];
    let [phone] = &server.staff(&staff)?[..] else { return Err("nobody was hired".into()) };
    let case = ["case", "begin", "--given-name", "Rowan", "--family-name", "Invented"];
    phone.run(&case)?;
    phone.run(&["sync"])?;
    let session = Session::load(&phone.device()?.into_store())?.ok_or("no session")?;
    browse(&server)?;
    let said = server.said()?;
    assert!(said.contains("/v1/sync"), "the log says nothing at all: {said:.400}");
    let secrets = [
        ("a password", "correct horse"),
        ("a name to sign in with", "morag"),
        ("a child's name", "Rowan"),
        ("an access token", session.access_token.as_str()),
        ("a refresh token", session.refresh_token.as_str()),
        ("a wrong password", "an+invented+guess"),
        ("a wrong password", "an invented guess"),
        ("a cookie", "__Host-caseweave="),
    ];
    for (what, secret) in secrets {
        let line = said.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{what} is in the log");
    }
    Ok(())
}

/// Somebody guesses a password with a browser, which a cookie comes with.
fn browse(server: &Server) -> Result<(), Failed> {
    let authority = CertificateDer::from_pem_file(server.authority())?;
    let form = "sign_in=morag&password=an+invented+guess&form_code=00";
    let head = "POST /sign-in HTTP/1.1\r\ncookie: __Host-caseweave=0011\r\n\
                content-type: application/x-www-form-urlencoded\r\n";
    let request = format!("{head}content-length: {}\r\n\r\n{form}", form.len());
    let met = say(server.address()?, &request, &authority, (None, BOTH))?;
    assert!(met.answer.starts_with("HTTP/1.1 4"), "{}", met.answer);
    Ok(())
}
