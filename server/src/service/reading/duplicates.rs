//! Children of a caseload who may be one child with two cases. A hint with its reasons, never more:
//! joining is for the two lead professionals. Twins and shielded children are never suggested,
//! and no case that the reader may not open is looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use strsim::osa_distance;
use sync_core::ids::{CaseId, UserId};
use sync_core::merge::resolve_all;
use sync_core::policy::sees_directory;
use sync_core::record::fold::Folded;
use sync_core::record::kinds::Contribution as _;
use sync_core::record::kinds::case::Person;
use sync_core::record::schema::Fact;
use sync_core::time::Date;
use sync_core::view::{aliases, are_joined, header};

use super::Reader;
use super::brief::{Brief, hash_of};
use super::handover::led;
use crate::db::{self, Conn, Error};

/// Letters of a name that another may begin with to be its long form: Rob and Robert.
const SHORT_NAME: usize = 3;

/// A child as far as it is compared.
#[derive(Clone, Debug)]
pub struct Child {
    /// The case.
    pub case: CaseId,
    /// The child's name.
    pub name: String,
    /// School or nursery.
    pub school: String,
    /// Whether work goes on.
    pub open: bool,
    /// Who co-ordinates the work.
    pub lead: Option<UserId>,
    /// Days of birth, as people wrote them.
    pub born: BTreeSet<Date>,
    given: Vec<String>,
    family: Vec<String>,
    numbers: BTreeMap<String, BTreeSet<String>>,
    /// First names of those who were born on one day with the child, or are called a twin.
    twins: Vec<String>,
    brief: Arc<Brief>,
}

/// Why two may be one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reason {
    /// Both have one number of a scheme.
    SameNumber(String),
    /// Born on one day, with the same names.
    SameNames(Date),
    /// Born on one day, with names that are nearly the same.
    NearNames(Date),
}

/// How far the two cases are joined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Said {
    /// Nobody has said that they are about one child.
    Nobody,
    /// One side has.
    OneSide,
}

/// Two children who may be one.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The one.
    pub one: Child,
    /// The other.
    pub other: Child,
    /// Why.
    pub reasons: Vec<Reason>,
    /// What was said of it.
    pub said: Said,
}

/// Pairs in the clusters that the person leads, by name; none for whoever leads no cluster.
///
/// # Errors
/// The database's failure.
pub fn of_reader(conn: &mut Conn, reader: &Reader) -> Result<Option<Vec<Pair>>, Error> {
    let clusters = led(reader);
    if clusters.is_empty() {
        return Ok(None);
    }
    let mut pairs = Vec::new();
    for cluster in clusters {
        let world = reader.world(conn, &cluster)?;
        let hash = hash_of(&world);
        let mut children = Vec::new();
        for case in db::views::case_ids(conn, &cluster)? {
            let of = (&case, &cluster);
            let brief = reader.briefs.of(conn, (&world, hash), of, reader.now)?;
            children.extend(brief.and_then(|brief| Child::of(reader, case, brief)));
        }
        pairs.extend(compare(&children));
    }
    pairs.sort_by(|a, b| (&a.one.name, a.one.case).cmp(&(&b.one.name, b.one.case)));
    Ok(Some(pairs))
}

/// Only children with one day of birth or one number are compared.
fn compare(children: &[Child]) -> Vec<Pair> {
    let mut alike: BTreeSet<(usize, usize)> = BTreeSet::new();
    let mut known: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, child) in children.iter().enumerate() {
        for key in child.keys() {
            let before = known.entry(key).or_default();
            alike.extend(before.iter().map(|other| (*other, at)));
            before.push(at);
        }
    }
    let pairs = alike.into_iter().filter_map(|(one, other)| children[one].pair(&children[other]));
    pairs.collect()
}

impl Child {
    /// None of a case that the reader may not open, or of a shielded one.
    fn of(reader: &Reader, case: CaseId, brief: Arc<Brief>) -> Option<Self> {
        let state = &brief.state;
        let open = sees_directory(&reader.principal, &state.context) && reader.reads_team(state);
        let team = state.team.as_ref().filter(|_| open && !state.context.shielded)?;
        let merging = reader.merging(state);
        let facts = resolve_all(&team.entries, &merging);
        let texts = |fact: Fact| {
            let found = facts.iter().filter(move |it| it.fact == fact);
            found.flat_map(|it| it.in_force.held().iter().map(move |held| (&it.subject, held)))
        };
        let words = |fact: Fact| {
            let values = texts(fact).filter_map(|(_, held)| held.value.as_text());
            values.map(plain).filter(|it| !it.is_empty()).collect::<Vec<_>>()
        };
        let days =
            texts(Fact::BirthDate).filter_map(|(_, held)| held.value.as_text()?.parse().ok());
        let born: BTreeSet<Date> = days.collect();
        let mut numbers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (scheme, held) in texts(Fact::Identifier) {
            let number = held.value.as_text().map(number).filter(|it| !it.is_empty());
            numbers.entry(scheme.to_uppercase()).or_default().extend(number);
        }
        let header = header(team, &merging);
        Some(Self {
            case,
            given: words(Fact::GivenName),
            family: words(Fact::FamilyName),
            numbers,
            twins: twins(team, &born),
            born,
            name: header.name,
            school: header.school,
            open: header.open,
            lead: header.lead_professional,
            brief: Arc::clone(&brief),
        })
    }

    fn team(&self) -> Option<&Folded> {
        self.brief.state.team.as_ref()
    }

    /// What the child is looked up by.
    fn keys(&self) -> BTreeSet<String> {
        let days = self.born.iter().map(ToString::to_string);
        let numbers = self.numbers.iter().flat_map(|(scheme, numbers)| {
            numbers.iter().map(move |number| format!("{scheme} {number}"))
        });
        days.chain(numbers).collect()
    }

    fn pair(&self, other: &Self) -> Option<Pair> {
        let reasons = self.reasons(other);
        let (own, theirs) = self.team().zip(other.team())?;
        if reasons.is_empty() || are_joined(own, theirs) {
            return None;
        }
        let says = |team: &Folded, of: &CaseId| aliases(team).get(of) == Some(&true);
        let said = says(own, &other.case) || says(theirs, &self.case);
        Some(Pair {
            one: self.clone(),
            other: other.clone(),
            reasons,
            said: if said { Said::OneSide } else { Said::Nobody },
        })
    }

    fn reasons(&self, other: &Self) -> Vec<Reason> {
        let mut reasons: Vec<_> =
            self.same_numbers(other).map(|scheme| Reason::SameNumber(scheme.clone())).collect();
        let day = self.born.intersection(&other.born).next().copied();
        let alike = day.filter(|_| !self.has_other_number(other) && !self.is_twin_of(other));
        if let Some(day) = alike {
            if self.is_named_like(other, |a, b| a == b) {
                reasons.push(Reason::SameNames(day));
            } else if self.is_named_like(other, is_near) {
                reasons.push(Reason::NearNames(day));
            }
        }
        reasons
    }

    fn same_numbers<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a String> {
        let same = |(scheme, numbers): &(&'a String, &'a BTreeSet<String>)| {
            other.numbers.get(*scheme).is_some_and(|it| !it.is_disjoint(numbers))
        };
        self.numbers.iter().filter(same).map(|(scheme, _)| scheme)
    }

    /// Whether somebody gave both a number of one scheme, and not the same: two children.
    fn has_other_number(&self, other: &Self) -> bool {
        self.numbers.iter().any(|(scheme, numbers)| {
            let theirs = other.numbers.get(scheme).filter(|it| !it.is_empty());
            !numbers.is_empty() && theirs.is_some_and(|it| it.is_disjoint(numbers))
        })
    }

    fn is_twin_of(&self, other: &Self) -> bool {
        let names = |twin: &str, child: &Self| child.given.iter().any(|given| is_near(given, twin));
        self.twins.iter().any(|twin| names(twin, other))
            || other.twins.iter().any(|twin| names(twin, self))
    }

    /// Whether both names are alike, or are where the other should be.
    fn is_named_like(&self, other: &Self, alike: impl Fn(&str, &str) -> bool) -> bool {
        let any = |ones: &[String], others: &[String]| {
            ones.iter().any(|one| others.iter().any(|other| alike(one, other)))
        };
        (any(&self.given, &other.given) && any(&self.family, &other.family))
            || (any(&self.given, &other.family) && any(&self.family, &other.given))
    }
}

/// First names of brothers and sisters of the child's own day of birth.
fn twins(team: &Folded, born: &BTreeSet<Date>) -> Vec<String> {
    let persons = team.entries_of(Person::COLLECTION).filter_map(Person::read);
    let is_twin = |it: &Person| {
        let relation = it.relation.to_lowercase();
        let of_one_birth = ["twin", "triplet"].iter().any(|word| relation.contains(word));
        of_one_birth || it.born.is_some_and(|day| born.contains(&day))
    };
    let first = |it: Person| it.name.split_whitespace().next().map(plain);
    persons.filter(is_twin).filter_map(first).collect()
}

/// Letters only, small: how a name is compared.
fn plain(name: &str) -> String {
    name.chars().filter(|it| it.is_alphabetic()).flat_map(char::to_lowercase).collect()
}

/// Digits and letters only: how a number is compared.
fn number(text: &str) -> String {
    text.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// Whether two names are one with a slip of the pen, or a short and a long form.
fn is_near(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let letters = short.chars().count();
    let slips = match letters {
        0 => return false,
        1..=3 => 0,
        4..=7 => 1,
        _ => 2,
    };
    (letters >= SHORT_NAME && long.starts_with(short)) || osa_distance(one, other) <= slips
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_near_by_a_slip_or_a_short_form_and_no_further() {
        let near = |one: &str, other: &str| is_near(one, other) && is_near(other, one);
        for (one, other) in [
            ("callum", "calum"),
            ("rob", "robert"),
            ("isla", "isla"),
            ("catherine", "katherine"),
            ("siobhan", "siobahn"),
            ("mairi", "miari"),
        ] {
            assert!(near(one, other), "{one} {other}");
        }
        for (one, other) in [("ava", "eva"), ("isla", "ailsa"), ("erin", "ewan"), ("", "")] {
            assert!(!near(one, other), "{one} {other}");
        }
        assert_eq!(plain("O'Neill-Kerr "), "oneillkerr");
        assert_eq!(number("sc 12-34"), "SC1234");
    }
}
