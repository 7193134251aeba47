//! Everybody of the matrix, one letter a person, and the case about which they are asked.

use caseweave::db::write_tx;
use caseweave::role::Role;
use caseweave::service::accounts::{self, NewCluster, NewUser, Post};
use serde_json::json;
use sync_core::device::Facts;
use sync_core::ids::{AgencyId, CaseId, DeviceId, RecordId, UserId};
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::concern::ConcernDraft;
use sync_core::record::schema::Fact;
use sync_core::record::value::Value;

use super::rows::{MAY_FIND, NAMES};
use crate::attachments;
use crate::pages::browser::Browser;
use crate::support::{PASSWORD, START, TestServer};
use crate::worker::Worker;

/// - `-` nobody: not signed in
/// - `m` began the case: a provisional member, health; in Iris's team alone
/// - `t` a member, health; `l` the lead professional, social work
/// - `n` named to protection, police, in no team
/// - `w` a member whose agency consent does not cover, housing
/// - `x` excluded; was in the team; education
/// - `r` referrer: wrote a concern from outside, integration
/// - `s` was removed from the team; education
/// - `c` a colleague in the same cluster, police
/// - `a` leads health, `b` leads police, which has no part in the case
/// - `L` cluster lead, `D` deputy, `d` duty, `C` chief officer, `G` governance, `A` administrator
/// - `o` works in another cluster
pub(super) const WHO: &str = "-mtlnwxrscabLDdCGAo";

/// Words of records and cases, and whose answers may hold them.
pub(super) const SECRETS: [(&str, &str); 7] = [
    ("wooden tower", "mtlaLD"),
    ("red blanket", "mta"),
    ("grey van", "nl"),
    ("torn coat", "r"),
    ("waits for somebody", "LD"),
    ("Rowan", MAY_FIND),
    ("Iris", "m"),
];

/// The people of [`WHO`] and what they are asked about.
pub(super) struct Crowd {
    people: Vec<(char, String, String)>,
    rowan: CaseId,
    iris: CaseId,
    iris_record: RecordId,
    work: String,
    here: String,
    tam: UserId,
    phone: DeviceId,
    photo: RecordId,
}

impl Crowd {
    pub(super) async fn new(server: &TestServer) -> Self {
        let mut m = Worker::new(server, "Mairi", "health", Role::Practitioner).await;
        let mut t = Worker::new(server, "Tam", "health", Role::Practitioner).await;
        let mut l = Worker::new(server, "Lorna", "social-work", Role::Practitioner).await;
        let mut n = Worker::new(server, "Nora", "police", Role::Practitioner).await;
        let mut w = Worker::new(server, "Wilma", "housing", Role::Practitioner).await;
        let mut x = Worker::new(server, "Xander", "education", Role::Practitioner).await;
        let mut r = Worker::new(server, "Rhona", "integration", Role::Practitioner).await;
        let mut s = Worker::new(server, "Seumas", "education", Role::Practitioner).await;
        let mut lead = Worker::new(server, "Lena", "education", Role::ClusterLead).await;

        let (rowan, team) = (m.begin("Rowan", "Kerr"), Compartment::Team);
        let visit = m.visit(rowan, "Rowan built a wooden tower.", START);
        let photo = attachments::attach(&mut m, &visit);
        let health = Compartment::Agency(AgencyId::from_slug("health"));
        m.make(rowan, health, &concern("He slept without his red blanket."));
        let iris = m.begin("Iris", "Shaw");
        m.say(iris, Fact::Shielded, true);
        let iris_record = m.visit(iris, "Iris sang.", START);
        m.sync(server).await;
        attachments::send(&mut m, server, &photo).await;

        lead.sync(server).await;
        for user in [t.user, l.user, w.user, x.user, s.user] {
            lead.say_of(rowan, team, (Fact::Member, user), "member");
        }
        lead.say(rowan, Fact::LeadProfessional, Value::Bytes(l.user.as_bytes().to_vec()));
        lead.say_of(rowan, Compartment::Protection, (Fact::Named, n.user), true);
        lead.sync(server).await;
        for worker in [&mut t, &mut l, &mut n, &mut w, &mut x, &mut r, &mut s] {
            worker.sync(server).await;
        }

        n.say_of(rowan, Compartment::Protection, (Fact::Excluded, x.user), true);
        n.sync(server).await;
        let integration = Compartment::Agency(AgencyId::from_slug("integration"));
        r.make(rowan, integration, &concern("Seen in the street in a torn coat."));
        r.sync(server).await;
        l.make(rowan, Compartment::Protection, &concern("A grey van waits at the gate."));
        let scope = format!("all except {}", AgencyId::from_slug("housing"));
        let consent = Facts::new(Fact::Consent, scope.as_str()).of("child");
        l.phone().assert(&Envelope::of_case(rowan, team), &consent, START).unwrap();
        s.visit(rowan, "Rowan waits for somebody to play with.", START);
        l.sync(server).await;
        l.say_of(rowan, team, (Fact::Member, s.user), "left");
        l.sync(server).await;
        s.exchange(server).await;

        let tray = lead.read(server, "/v1/quarantine").await;
        let work = tray["waiting"][0]["id"].as_str().expect("something waits").to_owned();
        let here = m.phone().clusters().keys().next().unwrap().to_string();
        let phone = t.phone().identity().device;
        let mut crowd = Self {
            people: Vec::new(),
            rowan,
            iris,
            iris_record,
            work,
            here,
            tam: t.user,
            phone,
            photo,
        };
        let known = [('m', "mairi", m), ('t', "tam", t), ('l', "lorna", l), ('n', "nora", n)];
        crowd.add(known);
        crowd.add([('w', "wilma", w), ('x', "xander", x), ('r', "rhona", r), ('s', "seumas", s)]);
        crowd.add([('L', "lena", lead)]);
        crowd.fetch_others(server).await;
        crowd
    }

    /// Those who have no part in the case.
    async fn fetch_others(&mut self, server: &TestServer) {
        for (letter, name, agency, role) in [
            ('c', "Coll", "police", Role::Practitioner),
            ('a', "Agnes", "health", Role::AgencyLead),
            ('b', "Barra", "police", Role::AgencyLead),
            ('D', "Dugald", "education", Role::Deputy),
            ('d', "Duncan", "integration", Role::Duty),
            ('e', "Effie", "education", Role::Designated),
        ] {
            let worker = Worker::new(server, name, agency, role).await;
            self.people.push((letter, name.to_lowercase(), worker.token));
        }
        for (letter, name, role) in [
            ('C', "Chiara", Role::Chief),
            ('G', "Gavin", Role::Governance),
            ('A', "Adam", Role::Admin),
        ] {
            let worker = Worker::desk(server, name, role).await;
            self.people.push((letter, name.to_lowercase(), worker.token));
        }
        let olaf = ("Olaf", "health", Role::Practitioner);
        let olaf = Worker::enrolled(server, add_olaf(server), olaf).await;
        self.people.push(('o', "olaf".into(), olaf.token));
    }

    fn add<const N: usize>(&mut self, people: [(char, &str, Worker); N]) {
        let all = people.map(|(letter, name, worker)| (letter, name.to_owned(), worker.token));
        self.people.extend(all);
    }

    pub(super) fn token(&self, who: char) -> Option<&str> {
        self.people.iter().find(|(letter, ..)| *letter == who).map(|(.., token)| token.as_str())
    }

    /// A path with the ids of what is there.
    pub(super) fn path(&self, path: &str) -> String {
        path.replace("ROWAN", &self.rowan.to_string())
            .replace("IRIS", &self.iris.to_string())
            .replace("WORK", &self.work)
            .replace("HERE", &self.here)
            .replace("TAM", &self.tam.to_string())
            .replace("PHONE", &self.phone.to_string())
            .replace("PHOTO", &self.photo.to_string())
    }

    /// The same path with ids that never were.
    pub(super) fn guesses(&self, path: &str) -> Vec<String> {
        ["ee", "00", "ff"]
            .map(|pair| {
                let never = pair.repeat(16);
                NAMES.iter().fold(path.to_owned(), |path, name| path.replace(name, &never))
            })
            .to_vec()
    }

    /// The pages of a pattern about what is there.
    pub(super) fn pages(&self, pattern: &str) -> Vec<String> {
        let of = |case: &CaseId, record: &RecordId| {
            let path = pattern.replace("{case}", &case.to_string());
            path.replace("{record}", &record.to_string()).replace("{name}", "none")
        };
        let team = Compartment::Team;
        vec![of(&self.rowan, &team.case_record(&self.rowan)), of(&self.iris, &self.iris_record)]
    }

    /// The page of the shielded case, and of cases and records that never were.
    pub(super) fn hidden_pages(&self, pattern: &str) -> Vec<String> {
        let of = |case: &str, record: &str| {
            let path = pattern.replace("{case}", case).replace("{record}", record);
            path.replace("{name}", case)
        };
        let (case, record, never) =
            (self.iris.to_string(), self.iris_record.to_string(), "ee".repeat(16));
        vec![of(&case, &record), of(&never, &record), of(&never, &never)]
    }

    pub(super) async fn cookie(&self, server: &TestServer, who: char) -> String {
        let (_, name, _) = self.people.iter().find(|(letter, ..)| *letter == who).unwrap();
        let mut browser = Browser::new(server);
        let shown = browser.sign_in(name, PASSWORD).await;
        assert_eq!(shown.status, 303, "{name}: {}", shown.body);
        browser.cookie.unwrap()
    }

    /// That an answer holds nobody's words but those that may be in it.
    pub(super) fn judge_words(
        &self,
        who: char,
        path: &str,
        body: &str,
        found: &mut Vec<(char, &'static str)>,
    ) {
        for (words, readers) in SECRETS {
            if body.contains(words) {
                assert!(readers.contains(who), "{who} reads {words:?} at {path}:\n{body}");
                found.push((who, words));
            }
        }
    }
}

fn concern(seen: &str) -> ConcernDraft {
    serde_json::from_value(json!({ "seen": seen, "harm_suspected": false })).unwrap()
}

/// Somebody who works in the next cluster.
fn add_olaf(server: &TestServer) -> UserId {
    let cluster = NewCluster {
        name: "Musselburgh",
        jurisdiction: "scotland",
        authority: None,
        fresh: ([3; 16], [4; 16]),
    };
    let user = NewUser {
        name: "Olaf",
        sign_in: "olaf",
        password_hash: server.state.passwords.hash(PASSWORD, &[7; 16]).unwrap(),
        phone: None,
        fresh: server.state.entropy.bytes().unwrap(),
    };
    let post = Post { cluster: "Musselburgh", agency: "health", role: Role::Practitioner };
    write_tx(&mut server.conn(), |conn| {
        accounts::add_cluster(conn, START, &cluster)?;
        accounts::add_user(conn, START, &user, post)
    })
    .unwrap()
    .id
}
