//! Everything that is held about one child, for an access request: what information governance may give
//! out, each record with why somebody must look at it first, and how many are withheld.

use sync_core::ids::CaseId;
use sync_core::policy::Door;
use sync_core::record::fold::Folded;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::Contribution as _;
use sync_core::record::kinds::case::Person;
use sync_core::record::kinds::views::ViewsDetails;
use sync_core::record::schema::DETAILS;

use super::Reader;
use super::case::{self, OpenCase};
use crate::db::{Conn, Error};

/// Letters of a name that is looked for in what was written: shorter ones are in every other word.
const NAME_LETTERS: usize = 3;

/// A bundle.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// The case, opened on the request.
    pub open: OpenCase,
    /// What may be given out, in the order in which it began; the case's own records first.
    pub records: Vec<Released>,
    /// Records for people named for protection: they are not given out, and only counted.
    pub withheld: usize,
}

/// A record of a bundle.
#[derive(Clone, Debug)]
pub struct Released {
    /// The record.
    pub folded: Folded,
    /// Why somebody must look at it before it leaves.
    pub review: Vec<Review>,
}

/// Why a record must be looked at: somebody else may be in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Review {
    /// It says who belongs to the child.
    Family,
    /// Somebody raised it, who may have to be protected.
    Source,
    /// Another person's own words.
    OthersViews,
    /// It says who was there.
    Present,
    /// Pictures and voices show others.
    Media,
    /// It was written for one agency.
    Agency,
    /// The words name somebody of the case.
    Names(String),
}

/// The bundle of a case that the person has opened on a request; none otherwise.
///
/// # Errors
/// The database's failure.
pub fn of_case(conn: &mut Conn, reader: &Reader, case: &CaseId) -> Result<Option<Bundle>, Error> {
    let open = case::open(conn, reader, case)?;
    let on_request = |it: &OpenCase| it.glass.as_ref().is_some_and(|it| it.door == Door::Request);
    let Some(mut open) = open.filter(on_request) else { return Ok(None) };
    let all = open.records.len();
    open.records.retain(|it| it.envelope.compartment != Compartment::Protection);
    let withheld = all - open.records.len();
    let persons = persons(&open.records);
    let release =
        |folded: &Folded| Released { review: review(folded, &persons), folded: folded.clone() };
    let mut records: Vec<_> = open.records.iter().map(release).collect();
    records.sort_by_key(|it| it.folded.envelope.kind() != Kind::Case);
    Ok(Some(Bundle { open, records, withheld }))
}

/// Everybody who belongs to the child, as the case names them.
fn persons(records: &[Folded]) -> Vec<Person> {
    let own = records.iter().filter(|it| it.envelope.kind() == Kind::Case);
    own.flat_map(|it| it.entries_of(Person::COLLECTION).filter_map(Person::read)).collect()
}

fn review(folded: &Folded, persons: &[Person]) -> Vec<Review> {
    let kind = folded.envelope.kind();
    let mut review = Vec::new();
    match kind {
        Kind::Case => review.push(Review::Family),
        Kind::Concern | Kind::Request | Kind::SharingDecision => review.push(Review::Source),
        Kind::Meeting | Kind::Visit => review.push(Review::Present),
        Kind::Attachment => review.push(Review::Media),
        Kind::Views if !is_childs(folded) => review.push(Review::OthersViews),
        _ => {}
    }
    if matches!(folded.envelope.compartment, Compartment::Agency(_)) {
        review.push(Review::Agency);
    }
    if kind != Kind::Case {
        let named = persons.iter().filter(|it| names(folded, it));
        review.extend(named.map(|it| Review::Names(format!("{} ({})", it.name, it.relation))));
    }
    review
}

fn is_childs(folded: &Folded) -> bool {
    let details = folded.entries_of(DETAILS).find_map(ViewsDetails::read);
    details.is_some_and(|it| it.whose.eq_ignore_ascii_case("child"))
}

/// Whether anything written in a record holds a part of somebody's name.
fn names(folded: &Folded, person: &Person) -> bool {
    let parts: Vec<_> = person
        .name
        .split_whitespace()
        .map(str::to_lowercase)
        .filter(|it| it.chars().count() >= NAME_LETTERS)
        .collect();
    let holds = |text: &str| {
        let words = text.split(|it: char| !it.is_alphanumeric()).map(str::to_lowercase);
        words.into_iter().any(|word| parts.contains(&word))
    };
    folded.entries.iter().any(|entry| {
        let fields = entry.fields.iter().filter_map(|(_, value)| value.as_text());
        fields.chain(entry.text.as_deref()).any(holds)
    })
}
