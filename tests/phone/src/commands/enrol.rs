//! Enrolment: a folder becomes a person's phone. One whose session is over is enrolled again, with all
//! that is on it.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use sync_core::device::enrol::{Credentials, Fresh, enrol};
use sync_core::device::https::Https;
use sync_core::device::{Address, OwnCertificate};

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::{Home, random};
use crate::output::Answer;
use crate::words;

#[derive(Args)]
pub(crate) struct Enrol {
    /// The server's address, such as https://caseweave.example:8443.
    #[arg(long)]
    server: String,
    /// The certificate of the authority that the server's own is from, in PEM, public or not: without it no server is
    /// trusted.
    #[arg(long, value_name = "FILE")]
    authority: Option<PathBuf>,
    /// The certificate that this phone shows the server, with its chain, in PEM, if the server asks for one.
    #[arg(long, value_name = "FILE", requires = "certificate_key")]
    certificate: Option<PathBuf>,
    /// The certificate's private key, in PEM.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    certificate_key: Option<PathBuf>,
    /// The one-time code.
    #[arg(long)]
    code: String,
    /// The sign-in name.
    #[arg(long, value_name = "NAME")]
    sign_in: String,
    /// Read the password from the input.
    #[arg(long, required = true)]
    password_stdin: bool,
    /// The code of the person's app, if they have set one up.
    #[arg(long, value_name = "CODE")]
    app_code: Option<String>,
    /// What the user calls the phone.
    #[arg(long, default_value = "terminal phone")]
    name: String,
}

impl Act for Enrol {
    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let to = self.address()?;
        let who = self.credentials(words::read_password()?);
        let fresh = Fresh { key: random()?, actor: random()? };
        let (mut store, _lock) = home.store()?;
        let mut https = Https::to(&to)?;
        let enrolled = enrol(&mut store, &mut https, &to, &who, fresh)?;
        let value = json!({
            "user": enrolled.user, "name": enrolled.name, "device": enrolled.device,
            "agency": enrolled.agency, "clusters": enrolled.clusters,
        });
        Answer::new(&value, format!("this is the phone of {}", enrolled.name))
    }
}

impl Enrol {
    fn address(&self) -> Result<Address, Failure> {
        let both = self.certificate.as_ref().zip(self.certificate_key.as_ref());
        let own = both.map(|(chain, key)| -> Result<_, Failure> {
            Ok(OwnCertificate { chain: read(chain)?, key: read(key)? })
        });
        Ok(Address {
            server: self.server.clone(),
            authority: self.authority.as_ref().map(read).transpose()?,
            certificate: own.transpose()?,
        })
    }

    fn credentials(&self, password: String) -> Credentials {
        Credentials {
            code: self.code.clone(),
            sign_in: self.sign_in.clone(),
            password,
            app_code: self.app_code.clone(),
            device_name: self.name.clone(),
        }
    }
}

fn read(path: &PathBuf) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))
}
