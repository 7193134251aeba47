//! An invented area, loaded: in order, and with no sentence that was not generated.

use std::collections::BTreeSet;
use std::sync::Arc;

use caseweave::app::Entropy;
use caseweave::db::pull::{new_changes, numbered};
use caseweave::db::{self, Address, Conn, read_tx};
use caseweave::demo::load::{Job, LoadError, Loaded, load};
use caseweave::demo::{Area, Event, What};
use caseweave::ingest::Rules;
use caseweave::service::pull::Tails;
use caseweave::service::reckon;
use jiff::civil::date;
use sync_core::framework::Catalogue;
use sync_core::record::change::{Change, Edit, NewEntry};
use sync_core::record::kind::Kind;
use sync_core::time::Timestamp;

const SEED: u64 = 11;
const NOW: Timestamp = Timestamp(1_795_305_600_000);

/// The area with a roll of the staged children only: the rest is 13,000 rows of the same.
fn area() -> Area {
    let mut area = Area::invent(SEED, date(2026, 11, 22));
    let staged: BTreeSet<u32> = area.staged().collect();
    area.attendance.retain(|row| staged.contains(&row.pupil) && row.pupil < 2_000);
    area.exclusions.retain(|row| row.pupil < 2_000);
    area
}

fn fill(address: &Address, area: &Area) -> Result<Loaded, LoadError> {
    fill_part(address, area, 1)
}

fn fill_part(address: &Address, area: &Area, percent: u32) -> Result<Loaded, LoadError> {
    let rules = Rules::new(Arc::new(Catalogue::shipped().unwrap()));
    let job = Job {
        address,
        rules: &rules,
        entropy: &Entropy::system(),
        password_hash: "signs in nowhere",
        now: NOW,
        percent,
        threads: 2,
    };
    load(&job, area, &|_, _| {}).map(|(loaded, _)| loaded)
}

#[test]
fn an_area_is_in_order_and_every_sentence_in_it_comes_from_the_generator() {
    let folder = tempfile::tempdir().unwrap();
    let address = Address::File(folder.path().join("area.sqlite"));
    let mut conn = Conn::open(&address).unwrap();
    db::migrate::migrate(&mut conn).unwrap();
    let area = area();
    let loaded = fill(&address, &area).unwrap();
    assert!(loaded.cases >= 6 && loaded.changes > 300, "{loaded:?}");
    in_order(&mut conn);
    found_alike_both_ways(&mut conn);
    let known = generated(&area);
    let written = written(&mut conn);
    assert!(written.len() > 500, "{}", written.len());
    for text in written {
        assert!(known.contains(&text), "nobody generated: {text}");
    }
    assert!(matches!(fill(&address, &area), Err(LoadError::NotEmpty)));
}

/// A child for whom an agency settles its concern while another agency's later one is open.
fn worries_two_agencies(area: &Area, pupil: u32) -> bool {
    let mut last = None;
    area.history(pupil).iter().any(|event| {
        let agency = area.practitioners[event.author as usize].agency.slug();
        match event.what {
            What::Concern { .. } => last = Some(agency),
            What::ConcernSettled { .. } => return last.is_some_and(|last| last != agency),
            _ => {}
        }
        false
    })
}

#[test]
fn concerns_of_two_agencies_are_settled_by_their_own() {
    let areas = (1..).map(|seed| Area::invent(seed, date(2026, 11, 22)));
    let found = |mut area: Area| {
        let child = area.staged().find(|pupil| worries_two_agencies(&area, *pupil))?;
        let others = (0_u32..).zip(&mut area.pupils).filter(|(at, _)| *at != child);
        others.for_each(|(_, pupil)| pupil.stage = None);
        area.attendance.clear();
        area.exclusions.clear();
        Some(area)
    };
    let area = areas.take(100).find_map(found).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let address = Address::File(folder.path().join("area.sqlite"));
    let mut conn = Conn::open(&address).unwrap();
    db::migrate::migrate(&mut conn).unwrap();
    assert_eq!(fill_part(&address, &area, 100).unwrap().cases, 1);
    in_order(&mut conn);
}

fn in_order(conn: &mut Conn) {
    let rules = Rules::new(Arc::new(Catalogue::shipped().unwrap()));
    let quiet = &mut |_, _| {};
    for cluster in db::clusters::list(conn).unwrap() {
        let verified = reckon::verify(conn, &cluster.id, quiet).unwrap();
        assert_eq!(verified.wrong, Vec::<String>::new());
        let again = reckon::rebuild(conn, &rules, &cluster.id, NOW, false, quiet).unwrap();
        assert_eq!(again.wrong, Vec::<String>::new());
    }
}

/// What is new for everybody, sought among a log's newest numbers and grant by grant: over all of a log, and
/// over ranges that come as phones of all ages ask, by tails that keep little.
fn found_alike_both_ways(conn: &mut Conn) {
    let (mut found, whole, short) = (0, Tails::default(), Tails::over_ranges_of(24));
    for cluster in db::clusters::list(conn).unwrap() {
        let cluster = cluster.id;
        let head = db::log::head(conn, &cluster).unwrap().0 - 1;
        for (n, post) in db::memberships::of_cluster(conn, &cluster).unwrap().iter().enumerate() {
            let mut alike = |tails: &Tails, range| {
                let whose = (&post.user, &cluster);
                let numbers = tails.new_for(conn, whose, range, head).unwrap().unwrap();
                let one = numbered(conn, whose, &numbers).unwrap();
                assert_eq!(one.iter().map(|sent| sent.0.number).collect::<Vec<_>>(), numbers);
                assert_eq!(one, new_changes(conn, whose, range, head, i64::MAX).unwrap());
                one.len()
            };
            found += alike(&whole, (0, head));
            // Forward, with every now and then a phone that was cut long ago.
            for step in 0..12 {
                let up_to = (head * (step + 1) / 12).max(1);
                let older = up_to - up_to * ((step + n as i64) % 3) / 4;
                for up_to in [up_to, older] {
                    let after = (up_to - 1 - (step * 7 + n as i64) % 23).max(0);
                    found += alike(&short, (after, up_to));
                }
            }
        }
    }
    assert!(found > 500, "{found}");
}

/// Every text of more than one word in the logs.
fn written(conn: &mut Conn) -> Vec<String> {
    let mut texts = Vec::new();
    for cluster in db::clusters::list(conn).unwrap() {
        let entries = read_tx(conn, |conn| db::log::from_number(conn, &cluster.id, 0, i64::MAX));
        for entry in entries.unwrap() {
            let row = db::records::by_id(conn, &entry.record).unwrap().unwrap();
            let kind = Kind::from_code(row.kind as u8).unwrap();
            let change = Change::decode_body(kind, entry.actor, entry.user, &entry.body).unwrap();
            let added = change.edits.into_iter().map(|edit| match edit {
                Edit::Add(entry) => entry,
                Edit::Splice { .. } => panic!("an area has no texts written together"),
            });
            texts.extend(added.flat_map(texts_of));
        }
    }
    texts.retain(|text| text.contains(' '));
    texts
}

fn texts_of(entry: NewEntry) -> Vec<String> {
    let fields = entry.fields.into_iter().filter_map(|(_, value)| value.as_text().map(Into::into));
    fields.chain(entry.text).collect()
}

/// Everything that the generator says for this seed.
fn generated(area: &Area) -> BTreeSet<String> {
    let mut said: BTreeSet<String> = BTreeSet::new();
    said.extend(area.schools.iter().map(|it| it.name.clone()));
    said.extend(area.practitioners.iter().flat_map(|it| [it.name(), it.job.to_owned()]));
    for home in &area.families {
        let guardians = home.guardians.iter();
        said.extend(guardians.clone().map(|it| format!("{} {}", it.given, it.family)));
        said.extend(guardians.map(|it| it.relation.to_owned()));
        said.extend([home.name.clone(), home.address.clone(), home.language.to_owned()]);
    }
    // Consent names agencies by their ids, after these two words.
    let agencies = caseweave::demo::Agency::ALL.map(|it| it.slug());
    let ids = agencies.map(sync_core::ids::AgencyId::from_slug);
    said.extend(ids.map(|id| format!("all except {id}")));
    said.extend(area.staged().flat_map(|pupil| area.history(pupil)).flat_map(sentences));
    said
}

fn sentences(event: Event) -> Vec<String> {
    match event.what {
        What::Concern { indicator, seen, action, .. } => vec![indicator.to_owned(), seen, action],
        What::ConcernSettled { decision } => vec![decision],
        What::Stage { reason, .. } => vec![reason],
        What::Assessment { findings, conclusion, .. } => {
            findings.into_iter().map(|it| it.text).chain([conclusion]).collect()
        }
        What::PlanRow(row) => vec![row.need, row.action, row.outcome, row.evidence],
        What::Visit(visit) => vec![visit.narrative],
        What::Meeting { notes, mut decisions, .. } => {
            decisions.push(notes);
            decisions
        }
        What::Views { words, changed, .. } => changed.into_iter().chain([words]).collect(),
        What::Request { reason, .. } => vec![reason],
        What::Decision { feedback, .. } => vec![feedback],
        What::SignificantEvent { what, impact, .. } => vec![what, impact],
        What::Consent { .. }
        | What::Joined { .. }
        | What::LeadProfessional { .. }
        | What::PlanStatus { .. } => Vec::new(),
    }
}
