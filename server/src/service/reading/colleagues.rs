//! Names for the people that records speak of by id.

use std::collections::BTreeMap;

use sync_core::ids::{ClusterId, UserId};

use super::Reader;
use crate::db::memberships::Colleague;
use crate::db::{self, Conn, Error};

/// What a sensitive agency is called to whoever does not work for it.
pub const ANOTHER_SERVICE: &str = "Another service";

/// People by id, those who left included.
#[derive(Clone, Debug, Default)]
pub struct Colleagues(BTreeMap<UserId, Colleague>);

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
        let mut people = BTreeMap::new();
        for cluster in clusters {
            for mut colleague in db::memberships::colleagues(conn, &cluster)? {
                if colleague.sensitive && colleague.agency != reader.principal.agency {
                    ANOTHER_SERVICE.clone_into(&mut colleague.agency_name);
                }
                people.insert(colleague.user, colleague);
            }
        }
        Ok(Self(people))
    }

    /// The person of this id.
    #[must_use]
    pub fn get(&self, user: &UserId) -> Option<&Colleague> {
        self.0.get(user)
    }
}
