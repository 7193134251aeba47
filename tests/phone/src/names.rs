//! What a person calls things: a full id, the first digits of one, or a name. What fits several is
//! never guessed.

use std::collections::BTreeMap;

use sync_core::ids::{AgencyId, CaseId, ClusterId, EntryId, RecordId, UserId};
use sync_core::record::envelope::Envelope;
use sync_core::record::fold::Folded;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::store::Store as _;

use crate::failure::Failure;
use crate::home::Phone;
use crate::output;

/// Digits of an id that are enough to be meant as one.
const DIGITS_MIN: usize = 4;

/// Something that can be called by id or name.
struct Named<T> {
    id: String,
    name: String,
    thing: T,
}

/// Finds what is called `text` among `all`.
fn pick<T>(text: &str, sort: &str, all: impl IntoIterator<Item = Named<T>>) -> Result<T, Failure> {
    let is_prefix = text.len() >= DIGITS_MIN && text.bytes().all(|b| b.is_ascii_hexdigit());
    let fits = |it: &Named<T>| {
        let by_name = !it.name.is_empty() && it.name.to_lowercase() == text.to_lowercase();
        by_name || (is_prefix && it.id.starts_with(&text.to_lowercase()))
    };
    let mut found: Vec<_> = all.into_iter().filter(fits).collect();
    if found.len() > 1 {
        let lines = found.iter().map(|it| format!("  {}  {}", it.id, it.name));
        let lines = lines.collect::<Vec<_>>().join("\n");
        return Err(Failure::unclear(format!("\"{text}\" fits more than one {sort}:\n{lines}")));
    }
    let none = || Failure::unclear(format!("no {sort} on this phone is called \"{text}\""));
    found.pop().map(|it| it.thing).ok_or_else(none)
}

/// A case, on the phone or in its directory.
pub(crate) fn case(phone: &Phone, text: &str) -> Result<CaseId, Failure> {
    let named = names_of_cases(phone)?;
    let all =
        named.into_iter().map(|(case, name)| Named { id: case.to_string(), name, thing: case });
    pick(text, "case", all)
}

/// The name of every case that the phone knows of.
pub(crate) fn names_of_cases(phone: &Phone) -> Result<BTreeMap<CaseId, String>, Failure> {
    let directory = phone.device.directory()?.into_iter().map(|line| (line.case, line.name));
    let mut named: BTreeMap<_, _> = directory.collect();
    for line in phone.device.caseload()? {
        let name = named.entry(line.case).or_default();
        if !line.header.name.is_empty() {
            *name = line.header.name;
        }
    }
    Ok(named)
}

/// A record that the phone has.
pub(crate) fn record(phone: &Phone, text: &str) -> Result<RecordId, Failure> {
    pick(text, "record", records(phone)?)
}

/// The envelope of a record that the phone has and that is of this kind.
pub(crate) fn record_of(phone: &Phone, text: &str, kind: Kind) -> Result<Envelope, Failure> {
    let envelope = phone.device.envelope(&record(phone, text)?)?;
    let other = envelope.kind();
    if other == kind {
        return Ok(envelope);
    }
    let [kind, other] = [kind, other].map(|it| it.name().replace('_', " "));
    Err(Failure::unclear(format!("this record is of another kind: {other}, not {kind}")))
}

/// A record, or by a case's name or id the case's own record for the team.
pub(crate) fn record_or_case(phone: &Phone, text: &str) -> Result<RecordId, Failure> {
    let mut all = records(phone)?;
    all.extend(names_of_cases(phone)?.into_iter().map(|(case, name)| Named {
        id: case.to_string(),
        name,
        thing: Compartment::Team.case_record(&case),
    }));
    pick(text, "record or case", all)
}

fn records(phone: &Phone) -> Result<Vec<Named<RecordId>>, Failure> {
    let store = phone.device.store();
    let mut all = Vec::new();
    for case in store.cases()? {
        all.extend(store.records_of_case(&case)?.into_iter().map(|row| row.id));
    }
    let named = |id: RecordId| Named { id: id.to_string(), name: String::new(), thing: id };
    Ok(all.into_iter().map(named).collect())
}

/// A person. A full id need not be known here: the person may be new.
pub(crate) fn user(phone: &Phone, text: &str) -> Result<UserId, Failure> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let named = |(id, name): (UserId, String)| Named { id: id.to_string(), name, thing: id };
    pick(text, "person", names_of_users(phone)?.into_iter().map(named))
}

/// The name of every person that the phone knows of.
pub(crate) fn names_of_users(phone: &Phone) -> Result<BTreeMap<UserId, String>, Failure> {
    let people = phone.device.colleagues()?.into_iter().map(|line| (line.user, line.name));
    let mut named: BTreeMap<_, _> = people.collect();
    let own = phone.device.identity();
    named.insert(own.principal.user, own.name.clone());
    Ok(named)
}

/// The name of every agency that the phone knows of.
pub(crate) fn names_of_agencies(phone: &Phone) -> Result<BTreeMap<AgencyId, String>, Failure> {
    let people = phone.device.colleagues()?;
    Ok(people.into_iter().map(|line| (line.agency, line.agency_name)).collect())
}

/// A cluster of the user's; the only one if none is said.
pub(crate) fn cluster(phone: &Phone, text: Option<&str>) -> Result<ClusterId, Failure> {
    let all = phone.device.clusters().iter();
    let mut named =
        all.map(|(id, name)| Named { id: id.to_string(), name: name.clone(), thing: *id });
    match (text, named.len()) {
        (Some(text), _) => pick(text, "cluster of yours", named),
        (None, 1) => named.next().map(|it| it.thing).ok_or_else(no_cluster),
        (None, 0) => Err(no_cluster()),
        (None, _) => Err(Failure::unclear("you work in several clusters: say which (--cluster)")),
    }
}

fn no_cluster() -> Failure {
    Failure::unclear("you work in no cluster")
}

/// An agency by id, slug or name. A slug that nobody here works for is taken with a warning.
pub(crate) fn agency(phone: &Phone, text: &str) -> Result<AgencyId, Failure> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let people = phone.device.colleagues()?;
    let by_name = people.iter().find(|line| line.agency_name.to_lowercase() == text.to_lowercase());
    if let Some(line) = by_name {
        return Ok(line.agency);
    }
    let slug = AgencyId::from_slug(text);
    let own = phone.device.identity().principal.agency;
    if slug != own && !people.iter().any(|line| line.agency == slug) {
        output::note(&format!("note: this phone knows nobody of the agency \"{text}\""));
    }
    Ok(slug)
}

/// An entry of a record: its full name, or with the first digits of its author's actor, or, of a
/// co-written text, its element.
pub(crate) fn entry(record: &Folded, text: &str) -> Result<EntryId, Failure> {
    let fits = |id: &EntryId, by_element: Option<&str>| {
        let short = text.split_once('-').is_some_and(|(digits, rest)| {
            digits.len() >= DIGITS_MIN
                && id.actor.to_string().starts_with(digits)
                && rest == format!("{}-{}", id.seq, id.n)
        });
        short || by_element == Some(text)
    };
    let element = |entry: &sync_core::record::entry::Entry| {
        entry.text.is_some().then(|| entry.text_of(1).unwrap_or("").to_owned())
    };
    let found: Vec<_> = record
        .entries
        .iter()
        .filter(|entry| fits(&entry.id, element(entry).as_deref()))
        .map(|entry| entry.id)
        .collect();
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(Failure::unclear(format!("no entry of this record is called \"{text}\""))),
        several => {
            let lines = several.iter().map(|id| format!("  {id}")).collect::<Vec<_>>().join("\n");
            Err(Failure::unclear(format!("\"{text}\" fits more than one entry:\n{lines}")))
        }
    }
}
