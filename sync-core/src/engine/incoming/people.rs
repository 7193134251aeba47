//! Who works in a cluster: always told whole, so that whoever is not in it has left.

use std::collections::BTreeSet;

use crate::engine::client::ClientError;
use crate::protocol::message::{Page, PersonLine};
use crate::store::{Shelf, Store, Write};

/// What to write down of the people of a page. Whoever left, or is told as gone, stays known by name, since
/// what they wrote stays theirs, and is nobody to ring or to ask any more.
pub(super) fn people(store: &dyn Store, page: &Page) -> Result<Vec<Write>, ClientError> {
    if page.people.is_empty() {
        return Ok(Vec::new());
    }
    let told = || page.people.iter().filter(|person| !person.gone);
    let here: BTreeSet<_> = told().map(|person| person.user).collect();
    let known = store.items(Shelf::Person)?.into_iter();
    let known = known.filter_map(|(_, bytes)| minicbor::decode::<PersonLine>(&bytes).ok());
    let left = known
        .filter(|it| it.cluster == page.cluster && !it.gone && !here.contains(&it.user))
        .map(|it| PersonLine { gone: true, phone: String::new(), ..it });
    told().cloned().chain(left).map(|person| written(&person)).collect()
}

fn written(person: &PersonLine) -> Result<Write, ClientError> {
    let key = [person.user.as_bytes().as_slice(), person.cluster.as_bytes()].concat();
    let line = minicbor::to_vec(person).map_err(|_| ClientError::Malformed)?;
    Ok(Write::Set(Shelf::Person, key, line))
}
