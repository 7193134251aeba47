//! A phone that guesses: the same probing bytes, pushed into a world with something hidden and into one
//! without, are answered with the same bytes. Governance finds who pushed them.

use std::collections::BTreeMap;

use actix_web::test::TestRequest;
use caseweave::db::{self, write_tx};
use caseweave::role::Role;
use caseweave::service::accounts::{self, NewCluster, NewUser, Post};
use serde_json::json;
use sync_core::engine::numbers::number_of;
use sync_core::ids::{Actor, AgencyId, CaseId, ClusterId, RecordId, UserId};
use sync_core::protocol::VERSION;
use sync_core::protocol::frame::{PushedChange, PushedRecord};
use sync_core::protocol::message::{Answer, Outcome, SyncRequest};
use sync_core::protocol::stream::{PageReader, encode_request};
use sync_core::record::change::{Change, Edit, NewEntry};
use sync_core::record::envelope::{Envelope, Made, Origin};
use sync_core::record::history::{ChangeName, History};
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::concern::ConcernDraft;
use sync_core::record::kinds::visit::VisitDraft;
use sync_core::record::kinds::{AttestedCopy, Contribution as _, Draft as _, Version};
use sync_core::record::schema::Fact;

use crate::support::{PASSWORD, Phone, START, TestServer, twins};
use crate::worker::{Worker, assert_in_order, signed};

/// The number of each person's phone.
const PHONES: [(char, &str, &str, Role, u8); 6] = [
    ('L', "Lena", "education", Role::ClusterLead, 200),
    ('m', "Mairi", "health", Role::Practitioner, 201),
    ('s', "Sorcha", "social-work", Role::Practitioner, 202),
    ('n', "Nora", "police", Role::Practitioner, 203),
    ('h', "Hilda", "housing", Role::Practitioner, 204),
    ('c', "Coll", "police", Role::Practitioner, 205),
];
/// Somebody of the other cluster.
const KIRSTY: u8 = 206;

fn actor(phone: u8) -> Actor {
    Phone::new(phone).actor.parse().unwrap()
}

fn case_of(phone: u8, n: u32) -> CaseId {
    CaseId::derive(&Phone::new(phone).key.to_bytes(), &actor(phone), n)
}

/// The id of the `count`th record that a phone makes.
fn record_of(phone: u8, count: u32) -> RecordId {
    RecordId::derive(&actor(phone), number_of(&Phone::new(phone).key.to_bytes(), count))
}

/// A world: Rowan's case with a team (`m`, `s`) and a named person (`n`), a colleague (`c`), and another
/// cluster in which `c` works, too.
struct World {
    people: BTreeMap<char, Worker>,
    kirsty: Worker,
    governance: Worker,
    rowan: CaseId,
}

impl World {
    async fn new(server: &TestServer) -> Self {
        let mut people = BTreeMap::new();
        for (letter, name, agency, role, phone) in PHONES {
            let user = server.add_worker(name, &name.to_lowercase(), agency, role);
            let who = (name, agency, role);
            people
                .insert(letter, Worker::enrolled_with(server, Phone::new(phone), user, who).await);
        }
        let kirsty = elsewhere(server, people[&'c'].user).await;
        let governance = Worker::desk(server, "Gavin", Role::Governance).await;
        let rowan = people.get_mut(&'m').unwrap().begin("Rowan", "Kerr");
        let mut world = Self { people, kirsty, governance, rowan };
        world.sync(server, "mL").await;
        for letter in ['m', 's'] {
            let user = world.people[&letter].user;
            world.who('L').say_of(rowan, Compartment::Team, (Fact::Member, user), "member");
        }
        let nora = world.people[&'n'].user;
        world.who('L').say_of(rowan, Compartment::Protection, (Fact::Named, nora), true);
        world.sync(server, "LmsnhcL").await;
        world
    }

    fn who(&mut self, letter: char) -> &mut Worker {
        self.people.get_mut(&letter).unwrap()
    }

    async fn sync(&mut self, server: &TestServer, letters: &str) {
        for letter in letters.chars() {
            self.who(letter).sync(server).await;
        }
    }

    /// What is hidden from whoever guesses: a shielded case with a visit, a concern and a fact in
    /// protection, an agency's visit, a case of the other cluster with a visit.
    async fn hide(&mut self, server: &TestServer) {
        let rowan = self.rowan;
        let shielded = self.who('h').begin("Iris", "Kerr");
        self.who('h').say(shielded, Fact::Shielded, true);
        assert_eq!(self.who('h').visit(shielded, "Iris sang.", START), record_of(204, 1));
        let nora = self.who('n');
        assert_eq!(nora.make(rowan, Compartment::Protection, &concern()), record_of(203, 1));
        let zoe = UserId::from_bytes([0x5A; 16]);
        nora.say_of(rowan, Compartment::Protection, (Fact::Excluded, zoe), true);
        let agency = Compartment::Agency(AgencyId::from_slug("social-work"));
        assert_eq!(self.who('s').make(rowan, agency, &visit()), record_of(202, 1));
        self.sync(server, "hns").await;
        let other = self.kirsty.begin("Ross", "Young");
        self.kirsty.say(other, Fact::Shielded, true);
        assert_eq!(self.kirsty.visit(other, "Ross sang.", START), record_of(KIRSTY, 1));
        self.kirsty.sync(server).await;
    }
}

/// Another cluster, in which the user works, too, with somebody of its own.
async fn elsewhere(server: &TestServer, user: UserId) -> Worker {
    let post = |agency| Post { cluster: "Ross High", agency, role: Role::Practitioner };
    let (fresh, id) = (([3; 16], [4; 16]), [0x4B; 16]);
    let cluster =
        NewCluster { name: "Ross High", jurisdiction: "scotland", authority: None, fresh };
    let password_hash = server.state.passwords.hash(PASSWORD, &[7; 16]).unwrap();
    let kirsty =
        NewUser { name: "Kirsty", sign_in: "kirsty", password_hash, phone: None, fresh: id };
    write_tx(&mut server.conn(), |conn| {
        accounts::add_cluster(conn, START, &cluster)?;
        accounts::add_post(conn, START, &user, post("police"))?;
        accounts::add_user(conn, START, &kirsty, post("health"))
    })
    .unwrap();
    let who = ("Kirsty", "health", Role::Practitioner);
    let kirsty = UserId::from_bytes(id);
    Worker::enrolled_with(server, Phone::new(KIRSTY), kirsty, who).await
}

fn concern() -> ConcernDraft {
    let concern = json!({ "seen": "A grey van at the gate.", "harm_suspected": true });
    serde_json::from_value(concern).unwrap()
}

fn visit() -> VisitDraft {
    serde_json::from_value(json!({ "at": START, "narrative": "The neighbours spoke." })).unwrap()
}

/// Whoever guesses, with their phone's names.
struct Guesser<'a> {
    worker: &'a mut Worker,
    phone: u8,
    /// Records made so far by these guesses: each has a name of its own.
    made: u32,
}

impl Guesser<'_> {
    fn envelope(&mut self, case: CaseId, compartment: Compartment, kind: Kind) -> Envelope {
        self.made += 1;
        made_by(self.worker, (actor(self.phone), 1_000 + self.made), case, compartment, kind)
    }

    fn facts(&mut self) -> Vec<NewEntry> {
        let text = sync_core::device::Facts::new(Fact::School, "Northfield Primary");
        let fields = vec![(1, i64::from(Fact::School.code()).into()), (3, text.value)];
        vec![NewEntry {
            fields,
            collection: sync_core::record::schema::FACTS,
            ..NewEntry::default()
        }]
    }

    /// A record's first change, built on others by name.
    fn change(
        &mut self,
        envelope: &Envelope,
        entries: Vec<NewEntry>,
        deps: &[ChangeName],
    ) -> PushedRecord {
        let (actor, by) = (actor(self.phone), self.worker.user);
        let edits = entries.into_iter().map(Edit::Add).collect();
        let change = Change { actor, by, at: START, clock_ahead_ms: 0, edits };
        let body = change.encode_body();
        let hash = History::new(envelope.clone()).append(change, 1, Some(&[])).unwrap().hash;
        self.bytes(envelope, body, hash.prefix(), deps)
    }

    fn bytes(
        &self,
        envelope: &Envelope,
        body: Vec<u8>,
        hash: [u8; 16],
        deps: &[ChangeName],
    ) -> PushedRecord {
        let changes = vec![PushedChange { deps: Some(deps.to_vec()), hash, body }];
        let actor = actor(self.phone);
        PushedRecord { envelope: envelope.encode(), actor, first_seq: 1, changes }
    }

    /// A copy of a record that the author has never seen.
    fn copy(&mut self, from: RecordId, case: CaseId, kind: Kind) -> PushedRecord {
        let envelope = self.envelope(case, Compartment::Team, kind);
        let version = Version::of(vec![(actor(203), 1)]);
        let made = envelope.made().unwrap();
        let copies = AttestedCopy::of((from, made), &version, "Words.", "Told so.", false);
        let entries = copies.iter().map(AttestedCopy::entry).collect();
        self.change(&envelope, entries, &[])
    }

    /// Pushes to the first cluster; the answers and the whole of what came, but for the cursor, whose
    /// bytes are random.
    async fn push(
        &mut self,
        server: &TestServer,
        records: &[PushedRecord],
    ) -> (Vec<Answer>, String) {
        let cluster = ClusterId::from_bytes([1; 16]);
        let batch = signed(cluster, records, &Phone::new(self.phone).key);
        let request = SyncRequest {
            version: VERSION,
            cursors: Vec::new(),
            batches: vec![batch],
            now: START,
            more: true,
            whole: false,
            stats: false,
            openings: Vec::new(),
            actors: None,
        };
        let header = ("Authorization", format!("Bearer {}", self.worker.token));
        let body = encode_request(&request).unwrap();
        let request = TestRequest::post().uri("/v1/sync").insert_header(header).set_payload(body);
        let (status, body) = server.send_raw(request).await;
        let mut reader = PageReader::new(std::io::Cursor::new(body)).unwrap();
        let (mut answers, mut all) = (Vec::new(), format!("{status}"));
        while let Some(mut page) = reader.page().unwrap() {
            page.cursor = vec![0; page.cursor.len()];
            all.push_str(&format!(" {} {page:?}", minicbor::to_vec(&page).unwrap().len()));
            answers.extend(page.answers);
        }
        (answers, all)
    }
}

fn made_by(
    worker: &mut Worker,
    (creator, n): (Actor, u32),
    case: CaseId,
    compartment: Compartment,
    kind: Kind,
) -> Envelope {
    let (user, device) = (worker.user, worker.phone().identity().device);
    let framework = String::new();
    let made = Made { kind, creator, n, user, device, framework, at: START };
    Envelope { case, compartment, origin: Origin::Made(made) }
}

/// What may be there, as somebody can name it who was told or guessed every id.
struct Names {
    rowan: CaseId,
    shielded: CaseId,
    other: CaseId,
    /// The envelopes of what is hidden, as its makers' phones make them.
    hidden: Vec<Envelope>,
}

impl Names {
    fn of(world: &mut World) -> Self {
        let (rowan, shielded, other) = (world.rowan, case_of(204, 1), case_of(KIRSTY, 1));
        let agency = Compartment::Agency(AgencyId::from_slug("social-work"));
        let mut hidden = Vec::new();
        for (letter, phone, case, compartment, kind, framework) in [
            ('h', 204, shielded, Compartment::Team, Kind::Visit, ""),
            ('n', 203, rowan, Compartment::Protection, Kind::Concern, crate::worker::FRAMEWORK),
            ('s', 202, rowan, agency, Kind::Visit, crate::worker::FRAMEWORK),
        ] {
            let n = number_of(&Phone::new(phone).key.to_bytes(), 1);
            let who = world.who(letter);
            let mut envelope = made_by(who, (actor(phone), n), case, compartment, kind);
            if let Origin::Made(made) = &mut envelope.origin {
                made.framework = framework.into();
            }
            hidden.push(envelope);
        }
        Self { rowan, shielded, other, hidden }
    }
}

/// Every guess with its name.
fn guesses(who: &mut Guesser<'_>, names: &Names) -> Vec<(String, Vec<PushedRecord>)> {
    let mut all = Vec::new();
    names_of_records(who, names, &mut all);
    cases(who, names, &mut all);
    own_records_of_cases(who, names, &mut all);
    for (what, from) in [
        ("protection", record_of(203, 1)),
        ("an agency", record_of(202, 1)),
        ("a shielded case", record_of(204, 1)),
        ("another cluster", record_of(KIRSTY, 1)),
    ] {
        for kind in [Kind::Visit, Kind::Concern] {
            let copy = who.copy(from, names.rowan, kind);
            all.push((format!("a copy from {what} as a {kind:?}"), vec![copy]));
        }
    }
    all
}

/// Records by others' names: as they are, and as they are not.
fn names_of_records(
    who: &mut Guesser<'_>,
    names: &Names,
    all: &mut Vec<(String, Vec<PushedRecord>)>,
) {
    for hidden in &names.hidden {
        let made = hidden.made().unwrap();
        let name = (made.creator, made.n);
        let entries =
            if made.kind == Kind::Visit { visit().entries() } else { concern().entries() };
        let guessed = made_by(who.worker, name, names.rowan, Compartment::Team, made.kind);
        let alike = Envelope { case: names.rowan, ..hidden.clone() };
        for (what, envelope) in
            [("its name", guessed), ("its words but the case", alike), ("it", hidden.clone())]
        {
            for deps in [vec![], vec![(made.creator, 1)]] {
                let push = who.change(&envelope, entries.clone(), &deps);
                let what = format!("{what} of {:?} built on {deps:?}", hidden.compartment);
                all.push((what, vec![push]));
            }
        }
    }
}

/// Cases of which nobody told the author: begun wrongly, or written in.
fn cases(who: &mut Guesser<'_>, names: &Names, all: &mut Vec<(String, Vec<PushedRecord>)>) {
    for (what, case) in [("a shielded case", names.shielded), ("a case elsewhere", names.other)] {
        let team = Envelope::of_case(case, Compartment::Team);
        let malformed = who.bytes(&team, vec![0xFF; 9], [7; 16], &[]);
        let newer = who.bytes(&team, vec![0, 0, 1, 250, 0], [7; 16], &[]);
        let facts = who.facts();
        let built = who.change(&team, facts.clone(), &[(actor(204), 1)]);
        let wrong = PushedRecord {
            changes: vec![PushedChange { hash: [7; 16], ..built.changes[0].clone() }],
            ..built.clone()
        };
        let own = who.envelope(case, Compartment::Team, Kind::Visit);
        let own = who.change(&own, visit().entries(), &[]);
        for (how, first) in
            [("malformed", malformed), ("newer", newer), ("built", built), ("wrong hash", wrong)]
        {
            all.push((format!("{what}, {how}"), vec![first.clone()]));
            all.push((format!("{what}, {how}, and a visit"), vec![first, own.clone()]));
        }
        all.push((format!("a visit in {what}"), vec![own]));
        for place in [Compartment::Protection, Compartment::Agency(AgencyId::from_slug("housing"))]
        {
            let push = who.change(&Envelope::of_case(case, place), facts.clone(), &[]);
            all.push((format!("{what}, {place:?}"), vec![push]));
        }
    }
}

/// A known case's own records of compartments that others write in, built on their work.
fn own_records_of_cases(
    who: &mut Guesser<'_>,
    names: &Names,
    all: &mut Vec<(String, Vec<PushedRecord>)>,
) {
    let agency = Compartment::Agency(AgencyId::from_slug("social-work"));
    for place in [Compartment::Protection, agency] {
        let envelope = Envelope::of_case(names.rowan, place);
        for deps in [vec![], vec![(actor(203), 1)], vec![(actor(203), 9)], vec![(actor(202), 1)]] {
            let facts = who.facts();
            let push = who.change(&envelope, facts, &deps);
            all.push((format!("{place:?} built on {deps:?}"), vec![push]));
        }
    }
}

/// By a colleague in no team, and by a member of the team.
const GUESSERS: [(char, u8); 2] = [('c', 205), ('m', 201)];

#[actix_web::test]
async fn a_guess_is_answered_alike_whether_it_is_right_or_not() {
    for [without, with] in twins(31) {
        let (mut bare, mut full) = (World::new(&without).await, World::new(&with).await);
        full.hide(&with).await;
        let mut told = Vec::new();
        for (letter, phone) in GUESSERS {
            let names = [Names::of(&mut bare), Names::of(&mut full)];
            assert_eq!(names[0].hidden, names[1].hidden);
            for hidden in &names[1].hidden {
                let row = db::records::by_id(&mut with.conn(), &hidden.id()).unwrap();
                assert_eq!(row.unwrap().envelope, hidden.encode(), "the guess is right");
            }
            let mut one = Guesser { worker: bare.who(letter), phone, made: 0 };
            let mut other = Guesser { worker: full.who(letter), phone, made: 0 };
            let pushes = guesses(&mut one, &names[0]);
            assert!(pushes.len() > 50, "{}", pushes.len());
            assert_eq!(pushes, guesses(&mut other, &names[1]), "the same bytes");
            for (what, records) in pushes {
                let wrong = one.push(&without, &records).await;
                let right = other.push(&with, &records).await;
                let outcomes = |answers: &[Answer]| answers.iter().map(outcome).collect::<Vec<_>>();
                if wrong.1 != right.1 {
                    let (wrong, right) = (outcomes(&wrong.0), outcomes(&right.0));
                    told.push(format!("{letter}, {what}: {wrong:?} if wrong, {right:?} if right"));
                }
                let taken = |it: &Answer| matches!(it.outcome, Outcome::Accepted);
                assert!(!right.0.is_empty() && !right.0.iter().any(taken), "{what}: {right:?}");
            }
        }
        assert!(told.is_empty(), "guesses that tell: {told:#?}");
        assert_in_order(&with);
    }
}

fn outcome(answer: &Answer) -> Outcome {
    answer.outcome.clone()
}

#[actix_web::test]
async fn governance_finds_who_guessed_about_a_case_by_the_case() {
    for [_, with] in twins(32) {
        let mut full = World::new(&with).await;
        full.hide(&with).await;
        let (rowan, shielded) = (full.rowan, case_of(204, 1));
        let mut coll = Guesser { worker: full.who('c'), phone: 205, made: 0 };
        let protection = Envelope::of_case(rowan, Compartment::Protection);
        let facts = coll.facts();
        let built = coll.change(&protection, facts, &[(actor(203), 1)]);
        let visit_in = coll.envelope(shielded, Compartment::Team, Kind::Visit);
        let visited = coll.change(&visit_in, visit().entries(), &[]);
        let (answers, _) = coll.push(&with, &[built, visited]).await;
        let outcomes: Vec<_> = answers.into_iter().map(|answer| answer.outcome).collect();
        assert_eq!(outcomes, ["not_found", "unknown_case"].map(|it| Outcome::Refused(it.into())));
        crate::audit::link(&with);
        for (case, code) in [(rowan, "not_found"), (shielded, "unknown_case")] {
            let path = format!("/v1/audit?act=push&case={case}");
            let found = full.governance.read(&with, &path).await;
            let rows = found["rows"].as_array().unwrap();
            let of_coll: Vec<_> = rows.iter().filter(|row| row["by"]["name"] == "Coll").collect();
            assert_eq!(of_coll.len(), 1, "{rows:?}");
            assert_eq!((&of_coll[0]["outcome"], &of_coll[0]["amount"]), (&json!(code), &json!(1)));
        }
    }
}
