//! Who is in both worlds, what everybody may see there, and what only some may.

use std::collections::BTreeMap;

use caseweave::role::Role;
use serde_json::json;
use sync_core::ids::{AgencyId, CaseId, UserId};
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::concern::ConcernDraft;
use sync_core::record::schema::Fact;
use sync_core::record::value::Value;
use sync_core::time::Timestamp;

use super::sight::{Seen, ask, pages, wakes};
use crate::pages::browser::Browser;
use crate::support::{Phone, START, TestServer};
use crate::worker::Worker;

/// Who looks: `m` and `i` are in the team (health, education), `c` a colleague, `a` leads health, `d`
/// the duty officer, `D` the deputy, `L` the cluster lead, `x` excluded from the case; `n` is named to
/// protection, `e` a designated officer and `C` a chief officer.
pub(super) const READERS: [char; 11] = ['m', 'i', 'c', 'a', 'd', 'D', 'L', 'x', 'n', 'e', 'C'];

/// Everybody, with the number of their phone.
const CAST: [(char, &str, &str, Role); 15] = [
    ('L', "Lena", "education", Role::ClusterLead),
    ('m', "Mairi", "health", Role::Practitioner),
    ('i', "Iain", "education", Role::Practitioner),
    ('c', "Coll", "police", Role::Practitioner),
    ('a', "Agnes", "health", Role::AgencyLead),
    ('d', "Duncan", "integration", Role::Duty),
    ('D', "Dugald", "education", Role::Deputy),
    ('x', "Xander", "education", Role::Practitioner),
    // Hidden hands: in the team for social work; named to protection; of no part; removed.
    ('s', "Sorcha", "social-work", Role::Practitioner),
    ('n', "Nora", "police", Role::Practitioner),
    ('h', "Hilda", "housing", Role::Practitioner),
    ('q', "Seumas", "youth-justice", Role::Practitioner),
    // Of whom only the protection record speaks.
    ('z', "Zoe", "voluntary", Role::Practitioner),
    ('e', "Effie", "education", Role::Designated),
    ('C', "Chiara", "integration", Role::Chief),
];

/// Something that only some may see.
pub(super) struct Hidden {
    what: What,
    /// Readers who notice, lawfully.
    pub(super) noticed_by: &'static str,
}

#[derive(Clone, Copy)]
enum What {
    ShieldedCase,
    CaseShieldedLater,
    ProtectionByNamed,
    ProtectionByMember,
    AnothersAssessment,
    AnotherIsExcluded,
    SecondHarmConcern,
    WorkInReview,
    MoreOfTheShielded,
    CaseThatExcludes,
}

const fn hidden(what: What, noticed_by: &'static str) -> Hidden {
    Hidden { what, noticed_by }
}

pub(super) const HIDDEN: [Hidden; 10] = [
    hidden(What::ShieldedCase, ""),
    hidden(What::CaseShieldedLater, ""),
    // An alarm, without a word of it, reaches the duty officer from wherever it comes.
    hidden(What::ProtectionByNamed, "dn"),
    hidden(What::ProtectionByMember, "dn"),
    hidden(What::AnothersAssessment, ""),
    hidden(What::AnotherIsExcluded, "n"),
    // Who leads the cluster reads its exact figures.
    hidden(What::SecondHarmConcern, "LDd"),
    // They review the team's.
    hidden(What::WorkInReview, "LD"),
    hidden(What::MoreOfTheShielded, ""),
    hidden(What::CaseThatExcludes, "micadDLn"),
];

/// What is done in both worlds.
#[derive(Clone, Copy)]
pub(super) enum Shown {
    Visit,
    School,
    Concern,
    NewCase,
    Stage,
}

pub(super) const VISIBLE: [Shown; 5] =
    [Shown::Visit, Shown::School, Shown::Concern, Shown::NewCase, Shown::Stage];

/// A world's people and its case.
pub(super) struct Cast {
    people: BTreeMap<char, Worker>,
    cookies: BTreeMap<char, String>,
    rowan: CaseId,
    shielded: CaseId,
    new_phones: u8,
}

impl Cast {
    pub(super) async fn new(server: &TestServer) -> Self {
        let mut people = BTreeMap::new();
        for (n, (letter, name, agency, role)) in CAST.into_iter().enumerate() {
            let user = server.add_worker(name, &name.to_lowercase(), agency, role);
            let phone = Phone::new(100 + n as u8);
            let worker = Worker::enrolled_with(server, phone, user, (name, agency, role)).await;
            people.insert(letter, worker);
        }
        let rowan = people.get_mut(&'m').unwrap().begin("Rowan", "Kerr");
        let hilda = Phone::new(110);
        let shielded = CaseId::derive(&hilda.key.to_bytes(), &hilda.actor.parse().unwrap(), 1);
        let cookies = BTreeMap::new();
        let mut cast = Self { people, cookies, rowan, shielded, new_phones: 150 };
        cast.sync(server, "mL").await;
        cast.settle_team(server).await;
        for (letter, name, ..) in CAST.into_iter().filter(|(it, ..)| READERS.contains(it)) {
            let browser = Browser::of(server, name).await;
            cast.cookies.insert(letter, browser.cookie.unwrap());
        }
        cast
    }

    /// A team, a named person, an excluded one, a suspicion of harm that everybody is told of, and
    /// work that was written by somebody who was taken off the team meanwhile.
    async fn settle_team(&mut self, server: &TestServer) {
        let (rowan, team) = (self.rowan, Compartment::Team);
        for letter in "misq".chars() {
            let user = self.user(letter);
            self.who('L').say_of(rowan, team, (Fact::Member, user), "member");
        }
        let mairi = self.user('m');
        let lead = Value::Bytes(mairi.as_bytes().to_vec());
        self.who('L').say(rowan, Fact::LeadProfessional, lead);
        let nora = self.user('n');
        self.who('L').say_of(rowan, Compartment::Protection, (Fact::Named, nora), true);
        self.sync(server, "Lmisnqx").await;
        let xander = self.user('x');
        self.who('n').say_of(rowan, Compartment::Protection, (Fact::Excluded, xander), true);
        self.concern('s', agency("social-work"), "A first suspicion.", START.plus_ms(-9_000));
        self.who('q').visit(rowan, "Rowan asked who will come now.", START);
        self.sync(server, "ns").await;
        let seumas = self.user('q');
        self.who('m').say_of(rowan, team, (Fact::Member, seumas), "left");
        self.sync(server, "m").await;
        for letter in READERS {
            self.sync(server, &letter.to_string()).await;
        }
    }

    fn who(&mut self, letter: char) -> &mut Worker {
        self.people.get_mut(&letter).unwrap()
    }

    fn user(&self, letter: char) -> UserId {
        self.people[&letter].user
    }

    async fn sync(&mut self, server: &TestServer, letters: &str) {
        for letter in letters.chars() {
            self.who(letter).exchange(server).await;
        }
    }

    fn concern(&mut self, who: char, place: Compartment, seen: &str, at: Timestamp) {
        let concern = json!({ "seen": seen, "harm_suspected": true });
        let concern: ConcernDraft = serde_json::from_value(concern).unwrap();
        let rowan = self.rowan;
        self.who(who).make_at(rowan, place, &concern, at);
    }

    /// Does something that everybody may see who reads the team.
    pub(super) async fn show(&mut self, server: &TestServer, n: usize) {
        let rowan = self.rowan;
        let who = match VISIBLE[n] {
            Shown::Visit => {
                self.who('i').visit(rowan, "Rowan drew a house.", START);
                'i'
            }
            Shown::School => {
                self.who('m').say(rowan, Fact::School, "Northfield Primary");
                'm'
            }
            Shown::Concern => {
                self.concern('m', Compartment::Team, "A bruise on the arm.", START);
                'm'
            }
            Shown::NewCase => {
                self.who('i').begin("Ewan", "Kerr");
                'i'
            }
            Shown::Stage => {
                self.who('L').say(rowan, Fact::Stage, "2");
                'L'
            }
        };
        self.sync(server, &who.to_string()).await;
    }

    /// Does something that only some may see.
    pub(super) async fn hide(&mut self, server: &TestServer, n: usize) {
        let (rowan, protection) = (self.rowan, Compartment::Protection);
        match HIDDEN[n].what {
            What::ShieldedCase => {
                let case = self.who('h').begin("Iris", "Kerr");
                self.who('h').say(case, Fact::Shielded, true);
                self.who('h').visit(case, "Iris sang.", START);
                self.sync(server, "h").await;
            }
            What::CaseShieldedLater => {
                let case = self.who('h').begin("Ivo", "Kerr");
                self.who('h').say(case, Fact::School, "Northfield Primary");
                self.sync(server, "h").await;
                self.who('h').say(case, Fact::Shielded, true);
                self.sync(server, "h").await;
            }
            What::MoreOfTheShielded => {
                let case = self.who('h').begin("Isla", "Kerr");
                self.who('h').say(case, Fact::Shielded, true);
                for n in 0..70 {
                    self.who('h').visit(case, &format!("Isla sang again, {n}."), START);
                }
                self.sync(server, "h").await;
            }
            What::ProtectionByNamed => {
                self.concern('n', protection, "A grey van at the gate.", START.plus_ms(-99_000));
                self.sync(server, "n").await;
            }
            What::ProtectionByMember => {
                self.concern('s', protection, "It may be Iain.", START.plus_ms(-99_000));
                self.sync(server, "s").await;
            }
            What::AnothersAssessment => {
                let place = agency("social-work");
                let note = json!({ "at": START, "narrative": "The neighbours were spoken to." });
                let visit: sync_core::record::kinds::visit::VisitDraft =
                    serde_json::from_value(note).unwrap();
                self.who('s').make(rowan, place, &visit);
                self.sync(server, "s").await;
            }
            What::AnotherIsExcluded => {
                let zoe = self.user('z');
                self.who('n').say_of(rowan, protection, (Fact::Excluded, zoe), true);
                self.sync(server, "n").await;
            }
            What::SecondHarmConcern => {
                self.concern('s', agency("social-work"), "It happened again.", START);
                self.sync(server, "s").await;
            }
            What::WorkInReview => self.sync(server, "q").await,
            What::CaseThatExcludes => {
                let case = self.who('h').begin("Una", "Kerr");
                self.sync(server, "hL").await;
                let nora = self.user('n');
                self.who('L').say_of(case, protection, (Fact::Named, nora), true);
                self.sync(server, "Ln").await;
                let xander = self.user('x');
                self.who('n').say_of(case, protection, (Fact::Excluded, xander), true);
                self.sync(server, "n").await;
            }
        }
    }

    /// Everything that a reader gets who asks for everything.
    pub(super) async fn look(&mut self, server: &TestServer, reader: char) -> Vec<Seen> {
        let (rowan, shielded, from) = (self.rowan, self.shielded, self.user('m'));
        let mut seen = vec![wakes(server, self.who(reader))];
        let token = format!("Bearer {}", self.people[&reader].token);
        for path in [
            "/v1/me".to_owned(),
            "/v1/directory?name=kerr".to_owned(),
            "/v1/caseload".to_owned(),
            format!("/v1/caseload?after={rowan}"),
            format!("/v1/caseload?after={shielded}"),
            format!("/v1/cases/{rowan}"),
            format!("/v1/cases/{rowan}/chronology"),
            format!("/v1/cases/{shielded}"),
            "/v1/conflicts".to_owned(),
            "/v1/notices".to_owned(),
            "/v1/quarantine".to_owned(),
            format!("/v1/handover?from={from}"),
            "/v1/summary".to_owned(),
            "/v1/alarms".to_owned(),
            "/v1/devices".to_owned(),
            "/v1/devices/untrusted".to_owned(),
            "/v1/returned".to_owned(),
            "/v1/posts/proposals".to_owned(),
            "/v1/audit".to_owned(),
            "/v1/audit?limit=1".to_owned(),
        ] {
            seen.push(ask(server, &path, ("Authorization", token.clone())).await);
        }
        let cookie = self.cookies[&reader].clone();
        for path in [
            "/".to_owned(),
            "/caseload".to_owned(),
            format!("/cases/{rowan}"),
            format!("/cases/{shielded}"),
            format!("/cases/{rowan}/meeting"),
            format!("/handover?from={from}"),
            "/duplicates".to_owned(),
            "/export.csv".to_owned(),
            "/export/print".to_owned(),
            "/devices".to_owned(),
            "/to-settle".to_owned(),
            "/to-review".to_owned(),
            "/alarms".to_owned(),
            "/audit".to_owned(),
        ] {
            seen.push(ask(server, &path, ("Cookie", cookie.clone())).await);
        }
        self.sync(server, &reader.to_string()).await;
        seen.extend(pages(&self.people[&reader]));
        seen
    }

    /// What a new phone of the reader's is sent.
    pub(super) async fn first_sync(&mut self, server: &TestServer, reader: char) -> Vec<Seen> {
        let (_, name, agency, role) = CAST.into_iter().find(|(it, ..)| *it == reader).unwrap();
        let phone = Phone::new(self.new_phones);
        self.new_phones += 1;
        let user = self.user(reader);
        pages(&Worker::enrolled_with(server, phone, user, (name, agency, role)).await)
    }
}

fn agency(slug: &str) -> Compartment {
    Compartment::Agency(AgencyId::from_slug(slug))
}
