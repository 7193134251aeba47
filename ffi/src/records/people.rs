//! People: who signs in, colleagues, whom to ring.

use sync_core::device::enrol::Credentials;
use sync_core::device::ring;
use sync_core::protocol::message::PersonLine;

/// Who signs in.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct SignIn {
    /// The sign-in name.
    pub name: String,
    /// The password. Kept nowhere.
    pub password: String,
    /// The code of the person's app, if they have one.
    #[uniffi(default = None)]
    pub app_code: Option<String>,
}

/// A person who makes this phone theirs.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Enrolment {
    /// The server's address, such as `https://caseweave.example:8443`.
    pub server: String,
    /// The certificate of the authority that the server's own is from, in PEM, public or not. Without it no server
    /// is trusted.
    pub authority: Option<String>,
    /// The one-time code.
    pub code: String,
    /// Who signs in.
    pub sign_in: SignIn,
    /// What the person calls the phone.
    pub device_name: String,
}

/// Somebody who works in one of the user's clusters.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Colleague {
    /// The person.
    pub user_id: String,
    /// Their name.
    pub name: String,
    /// Their agency, by id.
    pub agency_id: String,
    /// Its name, as this user may know it.
    pub agency: String,
    /// What they do, by name.
    pub role: String,
    /// Where to ring; empty if nobody has said.
    pub phone: String,
    /// The cluster.
    pub cluster_id: String,
}

/// Whom to ring about a case.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct WhomToRing {
    /// The lead professional, or whom the directory names.
    pub lead: Option<PersonToRing>,
    /// When harm is suspected, the emergency number first.
    pub emergency: Vec<EmergencyNumber>,
}

/// Somebody to ring.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PersonToRing {
    /// The person.
    pub user_id: String,
    /// Their name.
    pub name: String,
    /// What they do, by name.
    pub role: String,
    /// Whom they work for.
    pub agency: String,
    /// Where to ring; empty if nobody has said.
    pub phone: String,
}

/// A number to ring when harm is suspected.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct EmergencyNumber {
    /// Who answers.
    pub name: String,
    /// The number, as it is dialled.
    pub number: String,
    /// When somebody answers, in words.
    pub when: String,
}

impl SignIn {
    pub(crate) fn credentials(self) -> Credentials {
        Credentials {
            code: String::new(),
            sign_in: self.name,
            password: self.password,
            app_code: self.app_code,
            device_name: String::new(),
        }
    }
}

impl From<PersonLine> for Colleague {
    fn from(line: PersonLine) -> Self {
        Self {
            user_id: line.user.to_string(),
            name: line.name,
            agency_id: line.agency.to_string(),
            agency: line.agency_name,
            role: line.role,
            phone: line.phone,
            cluster_id: line.cluster.to_string(),
        }
    }
}

impl From<ring::Ring> for WhomToRing {
    fn from(ring: ring::Ring) -> Self {
        let person = |person: ring::Person| PersonToRing {
            user_id: person.user.to_string(),
            name: person.name,
            role: person.role,
            agency: person.agency,
            phone: person.phone,
        };
        let number = |contact: ring::Contact| EmergencyNumber {
            name: contact.name,
            number: contact.number,
            when: contact.when,
        };
        Self {
            lead: ring.lead.map(person),
            emergency: ring.emergency.into_iter().map(number).collect(),
        }
    }
}
