//! Names for the people that records speak of by id.

use std::collections::BTreeMap;

use sync_core::ids::{AgencyId, ClusterId, UserId};

use super::Reader;
use crate::db::agencies::Agency;
use crate::db::memberships::Colleague;
use crate::db::{self, Conn, Error};

/// What a sensitive agency is called to whoever does not work for it.
pub const ANOTHER_SERVICE: &str = "Another service";

/// People and agencies by id, those who left included.
#[derive(Clone, Debug, Default)]
pub struct Colleagues {
    people: BTreeMap<UserId, Colleague>,
    agencies: BTreeMap<AgencyId, String>,
}

impl Colleagues {
    /// Those of these clusters, as the reader may see them.
    ///
    /// # Errors
    /// The database's failure.
    pub fn of(
        conn: &mut Conn,
        reader: &Reader,
        clusters: impl IntoIterator<Item = ClusterId>,
    ) -> Result<Self, Error> {
        let hidden =
            |sensitive: bool, agency: AgencyId| sensitive && agency != reader.principal.agency;
        let mut people = BTreeMap::new();
        for cluster in clusters {
            for mut colleague in db::memberships::colleagues(conn, &cluster)? {
                if hidden(colleague.sensitive, colleague.agency) {
                    ANOTHER_SERVICE.clone_into(&mut colleague.agency_name);
                }
                people.insert(colleague.user, colleague);
            }
        }
        let name = |agency: Agency| match hidden(agency.sensitive, agency.id) {
            true => (agency.id, ANOTHER_SERVICE.to_owned()),
            false => (agency.id, agency.name),
        };
        let agencies = db::agencies::list(conn)?.into_iter().map(name).collect();
        Ok(Self { people, agencies })
    }

    /// The person of this id.
    #[must_use]
    pub fn get(&self, user: &UserId) -> Option<&Colleague> {
        self.people.get(user)
    }

    /// Everybody, those who left included.
    pub fn iter(&self) -> impl Iterator<Item = &Colleague> {
        self.people.values()
    }

    /// The name of an agency, as the reader may see it.
    #[must_use]
    pub fn agency(&self, agency: &AgencyId) -> Option<&str> {
        self.agencies.get(agency).map(String::as_str)
    }
}
