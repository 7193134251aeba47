//! Enrolment: a folder becomes a person's phone. One whose session is over is enrolled again, with all
//! that is on it.

use std::path::PathBuf;

use clap::Args;
use ed25519_dalek::SigningKey;
use serde::Deserialize;
use serde_json::json;
use sync_core::device::https::Https;
use sync_core::device::transport::TransportError;
use sync_core::device::{Enrolled, OwnCertificate, Session};
use sync_core::ids::{Actor, AgencyId, ClusterId, DeviceId, UserId};
use sync_core::store::sqlite::SqliteStore;
use sync_core::store::{Shelf, Store as _, Write};

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::{Home, random};
use crate::output::Answer;
use crate::words;

/// Key and actor of an enrolment whose answer has not come: a repeat must use the same.
const ENROLLING: &[u8] = b"phone enrolling";

#[derive(Args)]
pub(crate) struct Enrol {
    /// The server's address, such as https://caseweave.example:8443.
    #[arg(long)]
    server: String,
    /// The certificate of the server's authority, in PEM, if it is not a public one.
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

/// What the server answers.
#[derive(Deserialize)]
struct Answered {
    device: DeviceId,
    user: UserId,
    display_name: String,
    agency: Option<AgencyAnswered>,
    clusters: Vec<ClusterAnswered>,
    access_token: String,
    refresh_token: String,
}

#[derive(Deserialize)]
struct AgencyAnswered {
    id: AgencyId,
}

#[derive(Deserialize)]
struct ClusterAnswered {
    id: ClusterId,
    name: String,
    roles: Vec<String>,
}

/// The phone's own secrets.
struct Own {
    key: [u8; 32],
    actor: Actor,
}

impl Act for Enrol {
    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let authority = self.authority.as_ref().map(read).transpose()?;
        let certificate = self.own_certificate()?;
        let password = words::read_password()?;
        let (mut store, _lock) = home.store()?;
        let before = Enrolled::load(&store)?;
        let own = match &before {
            Some(before) => Own { key: before.key, actor: before.actor },
            None => own(&mut store)?,
        };
        let answered = self.ask((authority.as_deref(), certificate.as_ref()), &own, &password)?;
        if before.is_some_and(|before| before.user != answered.user) {
            return Err(Failure::unclear("this phone is somebody's already: use another --home"));
        }
        let (enrolled, session) = self.enrolled((authority, certificate), &own, answered)?;
        enrolled.save(&session, &mut store)?;
        store.commit(&[Write::Remove(Shelf::Meta, ENROLLING.to_vec())])?;
        let value = json!({
            "user": enrolled.user, "name": enrolled.name, "device": enrolled.device,
            "agency": enrolled.agency, "clusters": enrolled.clusters,
        });
        Answer::new(&value, format!("this is the phone of {}", enrolled.name))
    }
}

impl Enrol {
    fn own_certificate(&self) -> Result<Option<OwnCertificate>, Failure> {
        let both = self.certificate.as_ref().zip(self.certificate_key.as_ref());
        both.map(|(chain, key)| Ok(OwnCertificate { chain: read(chain)?, key: read(key)? }))
            .transpose()
    }

    fn ask(
        &self,
        (authority, certificate): (Option<&str>, Option<&OwnCertificate>),
        own: &Own,
        password: &str,
    ) -> Result<Answered, Failure> {
        let public = SigningKey::from_bytes(&own.key).verifying_key();
        let public: String = public.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let body = json!({
            "code": self.code, "sign_in": self.sign_in, "password": password,
            "public_key": public, "actor": own.actor, "device_name": self.name,
            "app_code": self.app_code,
        });
        let https = Https::new(&self.server, authority, certificate)?;
        let answer = https.post_json("/v1/enrol", &body).map_err(|error| match error {
            TransportError::SignedOut => Failure::SignIn,
            other => other.into(),
        })?;
        let odd = |_| TransportError::Refused("its answer is odd".into());
        Ok(serde_json::from_value(answer).map_err(odd)?)
    }

    fn enrolled(
        &self,
        (authority, certificate): (Option<String>, Option<OwnCertificate>),
        own: &Own,
        answered: Answered,
    ) -> Result<(Enrolled, Session), Failure> {
        let no_post = || Failure::unclear("this account has no post in any agency");
        let agency = answered.agency.ok_or_else(no_post)?.id;
        let roles = answered.clusters.iter().flat_map(|cluster| {
            cluster.roles.iter().map(|role| (cluster.id, role.clone())).collect::<Vec<_>>()
        });
        let roles = roles.collect();
        let enrolled = Enrolled {
            server: self.server.clone(),
            authority,
            user: answered.user,
            name: answered.display_name,
            agency,
            device: answered.device,
            actor: own.actor,
            key: own.key,
            clusters: answered.clusters.into_iter().map(|it| (it.id, it.name)).collect(),
            roles,
            certificate,
        };
        let Answered { access_token, refresh_token, .. } = answered;
        Ok((enrolled, Session { access_token, refresh_token }))
    }
}

fn read(path: &PathBuf) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))
}

/// The phone's key and actor, made at the first try and kept: the server answers a repeat whose
/// answer was lost only if it is the same phone that asks.
fn own(store: &mut SqliteStore) -> Result<Own, Failure> {
    let kept = store.item(Shelf::Meta, ENROLLING)?;
    if let Some((key, actor)) = kept.as_deref().and_then(|kept| kept.split_at_checked(32)) {
        let key = key.try_into().map_err(|_| Failure::unclear("this phone's data is damaged"))?;
        let actor =
            Actor::from_slice(actor).map_err(|error| Failure::unclear(error.to_string()))?;
        return Ok(Own { key, actor });
    }
    let own = Own { key: random()?, actor: Actor::from_bytes(random()?) };
    let bytes = [own.key.as_slice(), own.actor.as_bytes()].concat();
    store.commit(&[Write::Set(Shelf::Meta, ENROLLING.to_vec(), bytes)])?;
    Ok(own)
}
