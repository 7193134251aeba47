//! An invented area, loaded: in order, and with no sentence that was not generated.

use std::collections::BTreeSet;
use std::sync::Arc;

use caseweave::app::Entropy;
use caseweave::db::{self, Address, Conn, read_tx};
use caseweave::demo::load::{Job, LoadError, Loaded, load};
use caseweave::demo::{Area, Event, What};
use caseweave::ingest::Rules;
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
    let rules = Rules { catalogue: Arc::new(Catalogue::shipped().unwrap()) };
    let job = Job {
        address,
        rules: &rules,
        entropy: &Entropy::system(),
        password_hash: "signs in nowhere",
        now: NOW,
        percent: 1,
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
    let known = generated(&area);
    let written = written(&mut conn);
    assert!(written.len() > 500, "{}", written.len());
    for text in written {
        assert!(known.contains(&text), "nobody generated: {text}");
    }
    assert!(matches!(fill(&address, &area), Err(LoadError::NotEmpty)));
}

fn in_order(conn: &mut Conn) {
    let rules = Rules { catalogue: Arc::new(Catalogue::shipped().unwrap()) };
    let quiet = &mut |_, _| {};
    for cluster in db::clusters::list(conn).unwrap() {
        let verified = reckon::verify(conn, &cluster.id, quiet).unwrap();
        assert_eq!(verified.wrong, Vec::<String>::new());
        let again = reckon::rebuild(conn, &rules, &cluster.id, NOW, false, quiet).unwrap();
        assert_eq!(again.wrong, Vec::<String>::new());
    }
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
