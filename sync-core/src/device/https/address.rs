//! Whether what somebody typed can be a server's address. A slip of the finger that is told as "no connection"
//! sends people out for signal that they have.

use ureq::http::Uri;

/// Whether `base` is `https://` with the name or number of a machine, perhaps a port and a path, and nothing
/// else. A name and a password in it would be kept and shown with it.
pub(super) fn is_one(base: &str) -> bool {
    let Ok(uri) = base.parse::<Uri>() else { return false };
    let Some(authority) = uri.authority() else { return false };
    let port = authority.as_str().strip_prefix(authority.host()).map(|it| it.strip_prefix(':'));
    let has_port = match port {
        Some(Some(port)) => port.parse::<u16>().is_ok(),
        Some(None) => authority.as_str() == authority.host(),
        None => false,
    };
    let is_https = uri.scheme_str() == Some("https");
    is_https && !authority.host().is_empty() && has_port && uri.query().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_slips_of_the_finger() {
        for good in [
            "https://caseweave.example",
            "https://caseweave.example:8443",
            "https://caseweave.example/glen/",
            "HTTPS://CASEWEAVE.EXAMPLE",
            "https://127.0.0.1:9",
            "https://[::1]:8443",
        ] {
            assert!(is_one(good), "{good}");
        }
        for bad in [
            "",
            "caseweave",
            "caseweave.example:8443",
            "http://caseweave.example",
            "htps://caseweave.example",
            "https//caseweave.example",
            "https://",
            "https://:8443",
            "https:// caseweave.example",
            "https://caseweave example",
            "https://caseweave.example:port",
            "https://caseweave.example:99999",
            "https://iona:word@caseweave.example",
            "https://glen@glen:8443",
            "https://caseweave.example/?x=1",
        ] {
            assert!(!is_one(bad), "{bad}");
        }
    }
}
