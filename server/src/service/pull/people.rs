//! What a phone is told of the people who work in a cluster, and of its framework.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};
use sync_core::ids::{AgencyId, ClusterId, UserId};
use sync_core::protocol::message::PersonLine;

use super::Puller;
use crate::db::memberships::Post;
use crate::db::{self, Conn, Error};
use crate::service::histories;
use crate::service::reading::colleagues::ANOTHER_SERVICE;

/// The digest of what readers of a cluster are told, with the stamp at which it was made: good while nobody
/// came, went or was called something else. Only what sensitive agencies are called depends on the reader, by
/// their agency. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Told(Arc<Mutex<Known>>);

type Known = BTreeMap<Readers, (i64, Mark)>;

/// A cluster's people of one agency; without one, whoever has no post there.
type Readers = (ClusterId, Option<AgencyId>);

/// What a cursor says of it.
pub(super) type Mark = [u8; 8];

/// What a cursor says where the reader has heard that they work there no more.
pub(super) const LEFT: Mark = [0xFF; 8];

/// Of everybody in a cluster, the reader alone, who left: nobody there is a colleague any more.
pub(super) fn left(user: &UserId, cluster: &ClusterId) -> PersonLine {
    PersonLine {
        user: *user,
        name: String::new(),
        agency: AgencyId::from_bytes([0; 16]),
        agency_name: String::new(),
        role: String::new(),
        phone: String::new(),
        cluster: *cluster,
        gone: true,
    }
}

/// Everybody who works in the cluster.
pub(super) struct News {
    pub(super) mark: Mark,
    pub(super) people: Vec<PersonLine>,
    pub(super) framework: Option<String>,
}

/// Everybody who works in a cluster and its framework, if anything about them is not as the phone knows it.
///
/// # Errors
/// The database's failure.
pub(super) fn news(
    conn: &mut Conn,
    puller: &Puller,
    cluster: &ClusterId,
    known: Mark,
) -> Result<Option<News>, Error> {
    let stamp = db::memberships::stamp(conn)?;
    let own = db::memberships::agency_in(conn, &puller.user, cluster)?;
    if puller.told.is(&(*cluster, own), (stamp, known)) {
        return Ok(None);
    }
    let news = read(conn, puller, cluster, own)?;
    puller.told.remember((*cluster, own), (stamp, news.mark));
    Ok((news.mark != known).then_some(news))
}

impl Told {
    fn is(&self, readers: &Readers, told: (i64, Mark)) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(readers) == Some(&told)
    }

    fn remember(&self, readers: Readers, told: (i64, Mark)) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(readers, told);
    }
}

fn read(
    conn: &mut Conn,
    puller: &Puller,
    cluster: &ClusterId,
    own: Option<AgencyId>,
) -> Result<News, Error> {
    let posts = db::memberships::of_cluster(conn, cluster)?;
    let line = |post: Post| PersonLine {
        agency_name: shown_agency(own, &post),
        user: post.user,
        name: post.name,
        agency: post.agency,
        role: post.role.as_str().to_owned(),
        phone: post.phone.unwrap_or_default(),
        cluster: *cluster,
        gone: false,
    };
    let people: Vec<PersonLine> = posts.into_iter().map(line).collect();
    let framework = histories::framework_of(conn, &puller.catalogue, cluster)?;
    let bytes = minicbor::to_vec((&people, &framework)).map_err(|_| Error::Corrupt("person"))?;
    let mark = Sha256::digest(&bytes)[..8].try_into().unwrap_or_default();
    Ok(News { mark, people, framework })
}

/// What a reader of an agency may see somebody's agency called.
fn shown_agency(own: Option<AgencyId>, post: &Post) -> String {
    if post.sensitive && own != Some(post.agency) {
        return ANOTHER_SERVICE.to_owned();
    }
    post.agency_name.clone()
}
