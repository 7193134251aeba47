//! An authority's server and what servers of clusters give it, honest and otherwise.

use std::cell::Cell;

use caseweave::db::sources::Source;
use caseweave::db::{self, write_tx};
use caseweave::hex;
use caseweave::measures::published;
use caseweave::role::Role;
use caseweave::service::collecting::{self, CollectError, Gives, NewSource, Trouble};
use caseweave::service::contributions::{Contribution, Given, Line, Part, Sealed, digest};
use caseweave::service::editions::{self, Closing, EditionError, Shown};
use ed25519_dalek::{Signer, SigningKey};
use sync_core::ids::ClusterId;
use sync_core::time::Timestamp;

use crate::contributions::{close, pairs, pen};
use crate::pages::Browser;
use crate::support::{START, TestServer};

/// A server of clusters that says whatever the test wants, signed by its key.
struct Said {
    key: SigningKey,
    name: &'static str,
    cluster: (u8, &'static str),
    all: Vec<Sealed>,
    /// How many answers come before the line is cut.
    answers: Cell<usize>,
}

impl Gives for Said {
    fn after(&self, number: i64) -> Result<Given, Trouble> {
        let left = self.answers.get().checked_sub(1).ok_or(Trouble::Unreached)?;
        self.answers.set(left);
        let key = hex::encode(self.key.verifying_key().as_bytes());
        let contribution = self.all.get(usize::try_from(number).unwrap()).cloned();
        Ok(Given { key, last: self.all.len() as i64, contribution })
    }
}

impl Said {
    fn new(name: &'static str, cluster: (u8, &'static str)) -> Self {
        let key = SigningKey::from_bytes(&[cluster.0; 32]);
        Self { key, name, cluster, all: Vec::new(), answers: Cell::new(usize::MAX) }
    }

    /// So many cases were opened until now, none of them closed.
    fn next(&self, period: &str, to: &str, opened: i64) -> Contribution {
        let before = self.all.last().map_or([0; 32], |it| digest(&it.body));
        let line = |measure: &str, cell: &str, of_all| Line {
            measure: measure.into(),
            cell: cell.into(),
            counted: opened,
            of_all,
        };
        let lines = vec![
            line("children-at-stage", "east-lothian:1", 0),
            line("lead-named", "", opened),
            line("looked-after", "no", 0),
            line("cases-opened", "", 0),
        ];
        let part = Part {
            id: ClusterId::from_bytes([self.cluster.0; 16]),
            name: self.cluster.1.into(),
            lines,
        };
        Contribution {
            server: self.name.into(),
            authority: "East Lothian".into(),
            number: self.all.len() as i64 + 1,
            before: hex::encode(&before),
            period: period.into(),
            to: to.parse().unwrap(),
            made_at: START,
            tables: published::version(),
            clusters: vec![part],
        }
    }

    fn sealed(&self, said: &Contribution) -> Sealed {
        let body = serde_json::to_string(said).unwrap();
        let signed = [b"caseweave contribution 1", body.as_bytes()].concat();
        Sealed { signature: hex::encode(&self.key.sign(&signed).to_bytes()), body }
    }

    fn counts(&mut self, period: &str, to: &str, opened: i64) {
        let next = self.next(period, to, opened);
        self.all.push(self.sealed(&next));
    }

    fn known_to(&self, authority: &TestServer) -> Source {
        let new = NewSource {
            authority: None,
            name: self.name,
            address: "https://some.example",
            trusted: "-----BEGIN CERTIFICATE-----",
            key: &hex::encode(self.key.verifying_key().as_bytes()),
            fresh: [self.cluster.0; 16],
        };
        write_tx(&mut authority.conn(), |conn| collecting::add(conn, START, &new)).unwrap().0
    }
}

fn collect(authority: &TestServer, server: &Said) -> Result<usize, Trouble> {
    let conn = &mut authority.conn();
    let sources = db::sources::list(conn).unwrap();
    let source = sources.into_iter().find(|it| it.name == server.name).unwrap();
    let (now, mut pen) = (authority.state.clock.now(), pen(authority));
    let took = collecting::collect(conn, (&source, server), (now, &mut pen), &mut |_, _| ());
    took.map(|took| took.new).map_err(|error| match error {
        CollectError::Trouble { trouble, .. } => trouble,
        other => panic!("{other}"),
    })
}

fn standing(authority: &TestServer, name: &str) -> collecting::Standing {
    let conn = &mut authority.conn();
    let (id, _) = db::authorities::list(conn).unwrap().remove(0);
    let all = collecting::standing(conn, &id).unwrap();
    all.into_iter().find(|it| it.server == name).unwrap()
}

fn east() -> Said {
    Said::new("East", (3, "Glen"))
}

const TO: &str = "2026-10-01";

#[actix_web::test]
async fn a_collection_that_was_cut_goes_on_where_it_was() {
    for (_, authority) in pairs() {
        let mut east = east();
        east.known_to(&authority);
        for period in ["Autumn", "Winter", "Spring"] {
            east.counts(period, TO, 7);
        }
        east.answers.set(2);
        assert_eq!(collect(&authority, &east), Err(Trouble::Unreached));
        let cut = standing(&authority, "East");
        assert_eq!((cut.taken, cut.trouble), (2, Some(Trouble::Unreached)));
        east.answers.set(usize::MAX);
        assert_eq!(collect(&authority, &east), Ok(1), "only what was missing");
        assert_eq!(collect(&authority, &east), Ok(0));
        let whole = standing(&authority, "East");
        assert_eq!((whole.taken, whole.trouble), (3, None));
    }
}

/// What is done to an honest third contribution, and what is said of it.
type Twist = (&'static str, fn(&mut Contribution), Trouble);

const TWISTS: &[Twist] = &[
    ("another server's", |it| it.server = "West".into(), Trouble::NotOurs),
    ("for another authority", |it| it.authority = "Midlothian".into(), Trouble::NotOurs),
    ("one is left out", |it| it.number += 1, Trouble::Gap),
    ("after another one", |it| it.before = "0a".repeat(32), Trouble::Gap),
    ("a period again", |it| it.period = "Autumn".into(), Trouble::Contradicts),
    ("days that go back", |it| it.to = "2026-09-01".parse().unwrap(), Trouble::Contradicts),
    ("more at stages than there are", |it| it.clusters[0].lines[0].counted += 1, Trouble::Unsound),
    (
        "fewer than nobody",
        |it| it.clusters[0].lines.iter_mut().for_each(|it| it.counted = -1),
        Trouble::Unsound,
    ),
    ("more than there can be", |it| it.clusters[0].lines[3].counted = i64::MAX, Trouble::Unsound),
    ("a cluster twice", |it| it.clusters.push(it.clusters[0].clone()), Trouble::Unsound),
    (
        "another's cluster",
        |it| it.clusters[0].id = ClusterId::from_bytes([4; 16]),
        Trouble::AnothersCluster,
    ),
    ("another's name", |it| it.clusters[0].name = "Law".into(), Trouble::AnothersCluster),
];

#[actix_web::test]
async fn what_is_wrong_is_refused_said_and_changes_nothing() {
    for (_, authority) in pairs() {
        let (mut east, mut west) = (east(), Said::new("West", (4, "Law")));
        for server in [&mut east, &mut west] {
            server.known_to(&authority);
            server.counts("Autumn", TO, 7);
            server.counts("Winter", TO, 9);
            assert_eq!(collect(&authority, server), Ok(2));
        }
        let honest = east.next("Spring", TO, 11);
        let refuses = |east: &Said, what: &str, trouble: Trouble| {
            let before = crate::audit::rows(&authority);
            assert_eq!(collect(&authority, east), Err(trouble), "{what}");
            let stands = standing(&authority, "East");
            assert_eq!((stands.taken, stands.trouble), (2, Some(trouble)), "{what}");
            let new = crate::audit::since(&authority, &before);
            assert!(new.iter().any(|row| row.outcome == trouble.code()), "{what}: {new:?}");
        };
        for (what, twist, trouble) in TWISTS {
            let mut said = honest.clone();
            twist(&mut said);
            east.all.push(east.sealed(&said));
            refuses(&east, what, *trouble);
            east.all.pop();
        }
        let sealed = east.sealed(&honest);
        let altered = sealed.body.replace("\"counted\":11", "\"counted\":12");
        assert_ne!(altered, sealed.body);
        let by_another = Said { key: SigningKey::from_bytes(&[8; 32]), ..self::east() };
        for (what, forged, trouble) in [
            ("altered", Sealed { body: altered, ..sealed.clone() }, Trouble::Signature),
            ("signed by another", by_another.sealed(&honest), Trouble::Signature),
            (
                "no signature",
                Sealed { signature: "none".into(), ..sealed.clone() },
                Trouble::Signature,
            ),
        ] {
            east.all.push(forged);
            refuses(&east, what, trouble);
            east.all.pop();
        }
        east.all.push(east.all[0].clone());
        refuses(&east, "the first one again", Trouble::Contradicts);
        east.all.pop();
        let odd = Sealed { body: "{}".into(), ..sealed.clone() };
        let signed = [b"caseweave contribution 1".as_slice(), b"{}"].concat();
        let signature = hex::encode(&east.key.sign(&signed).to_bytes());
        east.all.push(Sealed { signature, ..odd });
        refuses(&east, "nothing that can be read", Trouble::Odd);
        east.all.pop();

        let mut other_past = self::east();
        other_past.counts("Autumn", TO, 7);
        other_past.counts("Winter", TO, 8);
        refuses(&other_past, "the last one, otherwise", Trouble::Contradicts);
        let other_key = Said { key: SigningKey::from_bytes(&[8; 32]), ..self::east() };
        refuses(&other_key, "another key", Trouble::AnotherKey);

        east.all.push(sealed);
        assert_eq!(collect(&authority, &east), Ok(1), "what is right is taken after all that");
        assert_eq!(standing(&authority, "East").trouble, None);
    }
}

#[actix_web::test]
async fn a_server_put_back_to_a_backup_is_seen_and_goes_on_when_the_operator_says_so() {
    for (_, authority) in pairs() {
        let mut east = east();
        east.known_to(&authority);
        for period in ["Autumn", "Winter", "Spring"] {
            east.counts(period, TO, 7);
        }
        assert_eq!(collect(&authority, &east), Ok(3));
        east.all.truncate(1);
        assert_eq!(collect(&authority, &east), Err(Trouble::WentBack));
        // It counts on as if nothing had been: its numbers meet ours again, and say something else.
        east.counts("Summer", TO, 9);
        assert_eq!(collect(&authority, &east), Err(Trouble::WentBack));
        east.counts("Autumn 27", TO, 9);
        assert_eq!(collect(&authority, &east), Err(Trouble::Contradicts));

        let go_on = |number| {
            write_tx(&mut authority.conn(), |conn| collecting::go_on(conn, (None, "East"), number))
        };
        assert!(matches!(go_on(7), Err(CollectError::NotTaken)));
        go_on(2).unwrap();
        assert_eq!(
            collect(&authority, &east),
            Err(Trouble::Contradicts),
            "it knows no such number 2"
        );
        go_on(1).unwrap();
        assert_eq!(collect(&authority, &east), Ok(2));
        assert_eq!(collect(&authority, &east), Ok(0));
        assert_eq!(standing(&authority, "East").taken, 5);
    }
}

fn try_close(
    authority: &TestServer,
    period: &str,
    without: &[&str],
) -> Result<editions::Edition, EditionError> {
    let without: Vec<_> = without.iter().map(|it| (*it).to_owned()).collect();
    let closing = Closing { authority: None, period, to: None, without: &without };
    let (now, catalogue) = (authority.state.clock.now(), &authority.state.rules.catalogue);
    write_tx(&mut authority.conn(), |conn| {
        editions::close(conn, now, catalogue, closing, &mut |_, _| ())
    })
}

/// A cell of a table by its first column.
fn cell(edition: &editions::Edition, table: &str, row: &str) -> Shown {
    let table = edition.tables.iter().find(|it| it.id == table).unwrap();
    table.rows.iter().find(|it| it.label == row).unwrap().cells[0]
}

#[actix_web::test]
async fn a_late_server_is_waited_for_or_left_out_by_name_and_counts_in_the_next_edition() {
    for (_, authority) in pairs() {
        authority.add_user("Chiara", "chiara", Role::Chief);
        let (mut east, mut west) = (east(), Said::new("West", (4, "Law")));
        east.known_to(&authority);
        west.known_to(&authority);
        east.counts("Autumn", "2026-10-01", 20);
        west.counts("Autumn", "2026-10-01", 30);
        for server in [&east, &west] {
            collect(&authority, server).unwrap();
        }
        assert!(matches!(try_close(&authority, "None", &[]), Err(EditionError::NothingDelivered)));
        let autumn = close(&authority, "Autumn");
        assert_eq!(cell(&autumn, "cases-opened", "All clusters"), Shown::Count(50));

        authority.pass(Timestamp::DAY_MS);
        east.counts("Winter", "2026-11-01", 28);
        collect(&authority, &east).unwrap();
        let late = standing(&authority, "West");
        assert_eq!(late.late_since, "2026-11-01".parse().ok());
        assert_eq!(standing(&authority, "East").late_since, None);
        let mut chief = Browser::of(&authority, "Chiara").await;
        chief.get("/editions").await.says(&[
            "Who has delivered",
            "East",
            "Delivered",
            "West",
            "Late since",
        ]);
        let waits = try_close(&authority, "Winter", &[]);
        assert!(matches!(waits, Err(EditionError::Late(names)) if names == ["West"]));
        for wrong in ["East", "North"] {
            let refused = try_close(&authority, "Winter", &["West", wrong]);
            assert!(matches!(refused, Err(EditionError::NotLate(name)) if name == wrong));
        }
        let winter = try_close(&authority, "Winter", &["West"]).unwrap();
        assert_eq!(winter.to, "2026-11-01".parse().ok());
        assert_eq!((winter.late[0].server.as_str(), winter.late.len()), ("West", 1));
        assert_eq!(cell(&winter, "cases-opened", "Law"), Shown::Late);
        assert_eq!(cell(&winter, "cases-opened", "Glen"), Shown::Count(8));
        assert_eq!(cell(&winter, "cases-opened", "All clusters"), Shown::Count(8));
        assert_eq!(cell(&winter, "children-at-stage", "All clusters"), Shown::Count(58));
        let said = "Late: Law. Nothing that West counted after 1 October 2026 is in this edition";
        chief.get("/editions").await.says(&[said, "Late"]);
        chief.get("/editions/report").await.says(&[said]);
        let csv = "/editions.csv?authority=East+Lothian&period=Winter&table=cases-opened";
        chief.get(csv).await.says(&["\"Late\",\"Late: Law.", "\"Law\",\"Late\""]);

        authority.pass(Timestamp::DAY_MS);
        west.counts("Winter", "2026-11-01", 41);
        east.counts("Spring", "2026-11-10", 36);
        west.counts("Spring", "2026-11-10", 47);
        for server in [&east, &west] {
            collect(&authority, server).unwrap();
        }
        let spring = close(&authority, "Spring");
        assert_eq!(cell(&spring, "cases-opened", "Law"), Shown::Count(17), "of both periods, once");
        assert_eq!(cell(&spring, "cases-opened", "All clusters"), Shown::Count(25));
        assert_eq!(cell(&spring, "children-at-stage", "All clusters"), Shown::Count(83));
        assert!(matches!(try_close(&authority, "Winter", &[]), Err(EditionError::Closed)));
    }
}

#[actix_web::test]
async fn other_definitions_are_late_until_both_servers_mean_the_same() {
    for (_, authority) in pairs() {
        let mut east = east();
        east.known_to(&authority);
        east.counts("Autumn", TO, 20);
        collect(&authority, &east).unwrap();
        close(&authority, "Autumn");
        authority.pass(Timestamp::DAY_MS);
        let mut other = east.next("Winter", TO, 29);
        other.tables = "of another version".into();
        east.all.push(east.sealed(&other));
        collect(&authority, &east).unwrap();
        assert!(matches!(try_close(&authority, "Winter", &[]), Err(EditionError::Late(_))));
        let winter = try_close(&authority, "Winter", &["East"]).unwrap();
        assert_eq!(cell(&winter, "children-at-stage", "All clusters"), Shown::Count(20));
        authority.pass(Timestamp::DAY_MS);
        let again = try_close(&authority, "Spring", &["East"]);
        assert!(matches!(again, Err(EditionError::NothingDelivered)));
        let mut other = east.next("Spring", TO, 33);
        other.tables = "of another version".into();
        east.all.push(east.sealed(&other));
        collect(&authority, &east).unwrap();
        let spring = try_close(&authority, "Spring", &["East"]).unwrap();
        let stock = cell(&spring, "children-at-stage", "All clusters");
        assert_eq!(stock, Shown::Count(20), "as in the edition before, whatever came meanwhile");
        authority.pass(Timestamp::DAY_MS);
        east.counts("Summer", TO, 29);
        collect(&authority, &east).unwrap();
        let summer = close(&authority, "Summer");
        assert_eq!(cell(&summer, "cases-opened", "Glen"), Shown::Count(9));
    }
}
