//! An authority's own server collects from the servers of its clusters: figures only, over mutual TLS, signed.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use sync_core::device::Facts;
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::case::CaseFacts;
use sync_core::record::schema::Fact;
use sync_core::time::Timestamp;
use system_tests::live::provider::Browser;
use system_tests::live::{CuttingProxy, Failed, Phone, Server, Staff};

const AUTHORITY: &str = "East Lothian";
/// A cluster, the cases that are opened there first, and how many of them are at stage 1.
type Opened = (&'static str, usize, usize);
/// Each server with its clusters.
const AREA: &[(&str, [Opened; 2])] = &[
    ("East", [("Dunbar", 14, 9), ("Glen", 22, 13)]),
    ("Mid", [("Haddington", 9, 2), ("Preston Lodge", 17, 8)]),
    ("West", [("Musselburgh", 31, 20), ("Tranent", 12, 11)]),
];

/// A server of clusters with a lead's phone in each.
struct Clusters {
    name: &'static str,
    server: Server,
    phones: Vec<Phone>,
}

impl Clusters {
    /// Serves, after an authority's key was allowed if there is one.
    fn start(name: &'static str, clusters: &[&str], key: Option<&str>) -> Result<Self, Failed> {
        let mut server = Server::of_clusters(AUTHORITY, clusters, &[])?;
        if let Some(key) = key {
            server.run(&["contribution", "allow", "--key", key, "--known-as", name], "")?;
        }
        server.serve()?;
        let hire = |cluster: &&str| {
            let name: &'static str = String::leak(cluster.replace(' ', "").to_lowercase());
            server.hire(&Staff { name, agency: "education", role: "cluster_lead" }, cluster)
        };
        let phones = clusters.iter().map(hire).collect::<Result<_, _>>()?;
        Ok(Self { name, server, phones })
    }

    fn make(&self, period: &str) -> Result<Value, Failed> {
        self.server.run(&["contribution", "make", "--period", period], "")
    }
}

/// Opens cases on a phone, the first of them at stage 1, and syncs.
fn open(phone: &Phone, cases: usize, staged: usize) -> Result<(), Failed> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let now = Timestamp(i64::try_from(since.as_millis())?);
    let mut device = phone.device()?;
    let cluster = *device.clusters().keys().next().ok_or("no cluster")?;
    for n in 0..cases {
        let (given, family) = (Some(format!("Child {n}")), Some("Invented".to_owned()));
        let facts = CaseFacts { given_name: given, family_name: family, ..CaseFacts::default() };
        let case = device.begin_case(cluster, facts.entries(), now)?.case;
        if n < staged {
            let stage = Facts::new(Fact::Stage, "1").in_words_of("east-lothian");
            device.assert(&Envelope::of_case(case, Compartment::Team), &stage, now)?;
        }
    }
    drop(device);
    phone.run(&["sync"]).map(drop)
}

/// The authority's own server, with a chief officer; it collects when it is told to.
struct Council {
    server: Server,
    key: String,
}

impl Council {
    fn start() -> Result<Self, Failed> {
        let mut council = Self::to_collect_every("0")?;
        council.server.serve()?;
        Ok(council)
    }

    /// One that is to collect by itself, and does not serve yet.
    fn to_collect_every(minutes: &str) -> Result<Self, Failed> {
        let flags = ["--role", "authority", "--collect-minutes", minutes];
        let server = Server::of_clusters(AUTHORITY, &["Council"], &flags)?;
        server.run(&["agency", "add", "--slug", "council", "--name", "Council"], "")?;
        let add = ["user", "add", "--name", "Morag", "--sign-in", "morag", "--password-stdin"];
        let post = ["--cluster", "Council", "--agency", "council", "--role", "chief"];
        server.run(&[add.as_slice(), &post].concat(), "correct horse morag")?;
        let key = text(&server.run(&["key"], "")?["key"])?;
        Ok(Self { server, key })
    }

    /// Is told of a server, at an address of its own if it is reached by another way.
    fn add(&self, from: &Clusters, at: Option<&str>, key: Option<&str>) -> Result<(), Failed> {
        let own = text(&from.server.run(&["key"], "")?["key"])?;
        let address = format!("https://{}", from.server.address()?);
        let ca = from.server.authority().display().to_string();
        let who = ["source", "add", "--name", from.name, "--key", key.unwrap_or(&own)];
        let at = ["--address", at.unwrap_or(&address), "--ca", &ca];
        self.server.run(&[who.as_slice(), &at].concat(), "").map(drop)
    }

    fn collect(&self) -> Result<Value, Failed> {
        self.server.run(&["collect"], "")
    }

    /// What a collection says that does not end well.
    fn complains(&self) -> Result<String, Failed> {
        self.collect().err().map(|error| error.to_string()).ok_or_else(|| "all was well".into())
    }

    /// How a server stands.
    fn standing(&self, name: &str) -> Result<Value, Failed> {
        let all = self.server.run(&["source", "list"], "")?;
        let found = all.as_array().into_iter().flatten().find(|it| it["name"] == name);
        Ok(found.ok_or("no such server")?.clone())
    }

    fn close(&self, period: &str, without: &[&str]) -> Result<Value, Failed> {
        let without = without.iter().flat_map(|name| ["--without", *name]);
        let close: Vec<_> =
            ["edition", "close", "--period", period].into_iter().chain(without).collect();
        self.server.run(&close, "")
    }

    /// The chief officer's browser, signed in.
    fn officer(&self) -> Result<(Browser, String), Failed> {
        let mut browser = Browser::new(&[fs::read_to_string(self.server.authority())?])?;
        let base = format!("https://{}", self.server.address()?);
        let page = browser.get(&format!("{base}/sign-in"))?.body;
        let (_, rest) = page.split_once("name=\"form_code\" value=\"").ok_or("no form")?;
        let code = rest.split('"').next().unwrap_or_default().to_owned();
        let form = [
            ("form_code", code.as_str()),
            ("sign_in", "morag"),
            ("password", "correct horse morag"),
            ("next", "/"),
        ];
        let shown = browser.post(&format!("{base}/sign-in"), &form)?;
        assert_eq!(shown.status, 303, "{}", shown.body);
        Ok((browser, base))
    }
}

fn text(value: &Value) -> Result<String, Failed> {
    Ok(value.as_str().ok_or_else(|| format!("no text: {value}"))?.to_owned())
}

/// The number in a row and column of a table.
fn cell(edition: &Value, table: &str, row: &str, column: usize) -> Value {
    let of = |all: &Value, key: &str, is: &str| {
        all.as_array().into_iter().flatten().find(|it| it[key] == is).cloned().unwrap_or_default()
    };
    of(&of(&edition["tables"], "id", table)["rows"], "label", row)["cells"][column].clone()
}

/// Rows of an act in a server's audit.
fn noted(server: &Server, act: &str) -> Result<i64, Failed> {
    let database = rusqlite::Connection::open(server.data().join("caseweave.sqlite"))?;
    let sql = "SELECT COUNT(*) FROM (SELECT act FROM audit UNION ALL SELECT act FROM audit_waiting) \
               WHERE act = ?1";
    Ok(database.query_row(sql, [act], |row| row.get(0))?)
}

/// An area on three servers, and what one server with all of it would publish.
struct Area {
    council: Council,
    servers: Vec<Clusters>,
    one: Clusters,
    /// How many cases were opened first.
    opened: usize,
}

impl Area {
    /// The first server has counted twice before anything was there.
    fn new() -> Result<Self, Failed> {
        let council = Council::start()?;
        let all: Vec<_> = AREA.iter().flat_map(|(_, clusters)| clusters).copied().collect();
        let names: Vec<_> = all.iter().map(|it| it.0).collect();
        let mut servers = Vec::new();
        for (name, clusters) in AREA {
            let names = clusters.map(|it| it.0);
            servers.push(Clusters::start(name, &names, Some(&council.key))?);
        }
        let one = Clusters::start("One", &names, None)?;
        for period in ["Spring", "Summer"] {
            servers[0].make(period)?;
        }
        let phones = servers.iter().flat_map(|it| &it.phones);
        for ((phone, twin), (_, cases, staged)) in phones.zip(&one.phones).zip(&all) {
            open(phone, *cases, *staged)?;
            open(twin, *cases, *staged)?;
        }
        Ok(Self { council, servers, one, opened: all.iter().map(|it| it.1).sum() })
    }

    fn open_more(&self, cases: usize) -> Result<(), Failed> {
        self.servers.iter().flat_map(|it| &it.phones).try_for_each(|phone| open(phone, cases, 0))
    }
}

#[test]
fn six_clusters_of_three_servers_are_one_edition_at_the_authority() -> Result<(), Failed> {
    let area = Area::new()?;
    let Area { council, servers, one, opened } = &area;
    let [east, mid, west] = &servers[..] else { return Err("three servers".into()) };
    east.make("Autumn")?;
    mid.make("Autumn")?;
    is_collected_over_a_line_that_breaks(council, east)?;

    // One is late: that is said, and waited for.
    council.add(mid, None, None)?;
    council.add(west, None, None)?;
    council.collect()?;
    assert!(council.standing("West")?["late_since"].is_string());
    assert!(council.standing("Mid")?["late_since"].is_null());
    let waits = council.close("Autumn", &[]).err().ok_or("it did not wait")?.to_string();
    assert!(waits.contains("not delivered by West"), "{waits}");
    let (mut officer, base) = council.officer()?;
    let shown = officer.get(&format!("{base}/editions"))?.body;
    assert!(shown.contains("Who has delivered") && shown.contains("Late since"), "{shown}");

    west.make("Autumn")?;
    council.collect()?;
    assert_eq!(council.collect()?[0]["new"], 0, "asked twice, it changes nothing");
    let autumn = council.close("Autumn", &[])?;
    let alike = one.server.run(&["edition", "close", "--period", "Autumn"], "")?;
    assert_eq!(autumn["tables"], alike["tables"]);
    assert_eq!(cell(&autumn, "cases-opened", "All clusters", 0), json!({ "count": opened }));

    comes_late_and_counts_once(&area)?;
    reads_figures_and_nothing_else(council, &mut officer, &base)?;
    for server in servers {
        assert!(noted(&server.server, "give_figures")? >= 2, "{}", server.name);
        server.server.check()?;
    }
    assert!(noted(&council.server, "collect_figures")? >= 8);
    council.server.check()
}

/// The way to the server breaks again and again; each time, what came through stays.
fn is_collected_over_a_line_that_breaks(council: &Council, east: &Clusters) -> Result<(), Failed> {
    let proxy = CuttingProxy::start(east.server.address()?)?;
    council.add(east, Some(&format!("https://{}", proxy.address())), None)?;
    let mut cut_in_the_middle = false;
    for bytes in (2_000..60_000).step_by(500) {
        proxy.cut_after(bytes);
        let done = council.collect();
        let taken = council.standing("East")?["taken"].as_i64().ok_or("no number")?;
        cut_in_the_middle |= done.is_err() && (1..3).contains(&taken);
        if done.is_ok() {
            assert_eq!(taken, 3);
            break;
        }
        assert!(done.is_err_and(|error| error.to_string().contains("its answer was cut")));
    }
    assert!(cut_in_the_middle, "no cut came between two contributions");
    proxy.cut_after(u64::MAX);
    Ok(())
}

/// Late once more, and left out: what it counted is in the edition after, once.
fn comes_late_and_counts_once(area: &Area) -> Result<(), Failed> {
    let Area { council, servers, opened, .. } = area;
    area.open_more(8)?;
    servers[0].make("Winter")?;
    servers[1].make("Winter")?;
    council.collect()?;
    let winter = council.close("Winter", &["West"])?;
    assert_eq!(winter["late"][0]["server"], "West");
    assert_eq!(cell(&winter, "cases-opened", "Tranent", 0), "late");
    assert_eq!(cell(&winter, "cases-opened", "All clusters", 0), json!({ "count": 32 }));
    area.open_more(7)?;
    for server in servers {
        server.make("Spring 27")?;
    }
    council.collect()?;
    let spring = council.close("Spring 27", &[])?;
    assert_eq!(cell(&spring, "cases-opened", "Tranent", 0), json!({ "count": 15 }));
    assert_eq!(cell(&spring, "cases-opened", "All clusters", 0), json!({ "count": 58 }));
    let open_now = opened + 6 * 15;
    assert_eq!(cell(&spring, "lead-named", "All clusters", 1), json!({ "count": open_now }));
    Ok(())
}

fn reads_figures_and_nothing_else(
    council: &Council,
    officer: &mut Browser,
    base: &str,
) -> Result<(), Failed> {
    let mut get = |path: &str| officer.get(&format!("{base}{path}"));
    let query = "authority=East+Lothian&period=Winter";
    for path in ["/editions?", "/editions/report?"] {
        let shown = get(&format!("{path}{query}"))?;
        assert_eq!(shown.status, 200);
        for words in ["East Lothian: Winter", "Late: Musselburgh, Tranent", "Dunbar", "Haddington"]
        {
            assert!(shown.body.contains(words), "{path}: {words}");
        }
    }
    let csv = get(&format!("/editions.csv?{query}&table=cases-opened"))?.body;
    assert!(
        csv.contains("\"Tranent\",\"Late\"") && csv.contains("\"All clusters\",\"32\""),
        "{csv}"
    );
    let nowhere = get("/nowhere")?.body;
    let case = format!("/cases/{}", "0a".repeat(16));
    for path in ["/caseload", case.as_str(), "/figures", "/to-settle", "/to-review", "/alarms"] {
        let shown = get(path)?;
        assert_eq!((shown.status, &shown.body), (404, &nowhere), "{path}");
    }
    for path in ["/v1/caseload", "/v1/sync/wait", "/v1/devices", "/v1/contributions?after=0"] {
        assert_eq!(get(path)?.status, 404, "{path}");
    }
    let database = rusqlite::Connection::open(council.server.data().join("caseweave.sqlite"))?;
    for table in [
        "records",
        "log",
        "case_views",
        "record_views",
        "directory",
        "devices",
        "figures",
        "case_figures",
        "signals",
        "pupils",
    ] {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        let rows: i64 = database.query_row(&sql, [], |row| row.get(0))?;
        assert_eq!(rows, 0, "{table}");
    }
    let sql = "SELECT GROUP_CONCAT(body) FROM collected";
    let bodies: String = database.query_row(sql, [], |row| row.get(0))?;
    assert!(!bodies.contains("Child") && !bodies.contains("Invented"), "no child is named");
    Ok(())
}

#[test]
fn a_server_that_never_answers_keeps_nobody_from_the_council() -> Result<(), Failed> {
    let mut council = Council::to_collect_every("60")?;
    let east = Clusters::start("East", &["Dunbar"], Some(&council.key))?;
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("https://localhost:{}", silent.local_addr()?.port());
    council.add(&east, Some(&address), None)?;
    council.server.serve()?;
    let _asked = silent.accept()?;
    // To sign in is written down, which one connection at a time does.
    council.officer().map(drop)
}

#[test]
fn another_key_an_altered_word_and_a_stranger_are_refused() -> Result<(), Failed> {
    let (council, stranger) = (Council::start()?, Council::start()?);
    let mut east = Clusters::start("East", &["Dunbar"], Some(&council.key))?;
    east.make("Autumn")?;

    stranger.add(&east, None, None)?;
    let said = stranger.complains()?;
    assert!(said.contains("lets nobody with this server's key collect"), "{said}");
    council.add(&east, None, Some(&stranger.key))?;
    let said = council.complains()?;
    assert!(said.contains("presents another key than the one you named"), "{said}");
    // Certificates of another authority vouch for nothing.
    let ca = council.server.authority().display().to_string();
    let (own, at) = (east.server.run(&["key"], "")?, format!("https://{}", east.server.address()?));
    let key = text(&own["key"])?;
    let add = ["source", "add", "--name", "East", "--key", &key, "--address", &at, "--ca", &ca];
    council.server.run(&add, "")?;
    let said = council.complains()?;
    assert!(
        said.contains("shows a certificate that the file of its --ca does not vouch for"),
        "{said}"
    );
    council.add(&east, None, None)?;
    council.collect()?;

    let mut browser = Browser::new(&[fs::read_to_string(east.server.authority())?])?;
    let shown = browser.get(&format!("{at}/v1/contributions?after=0"))?;
    assert!(shown.status == 403 && shown.body.contains("not_the_authority"), "{}", shown.body);
    assert!(
        noted(&east.server, "give_figures")? >= 3,
        "that a stranger asked is written down, too"
    );

    is_altered_and_put_back(&council, &mut east)?;

    // A database that collects is served to no phone.
    let wrong = council.server.run(&["serve", "--listen", "127.0.0.1:0"], "");
    assert!(wrong.is_err_and(|error| error.to_string().contains("serve it with --role authority")));
    Ok(())
}

/// Somebody alters what rests on the server of clusters, behind its back; then it is put back to a backup.
fn is_altered_and_put_back(council: &Council, east: &mut Clusters) -> Result<(), Failed> {
    let backup = east.server.folder().join("backup");
    east.server.kill()?;
    copy(&east.server.data(), &backup)?;
    east.server.serve()?;
    east.make("Winter")?;
    let file = east.server.data().join("caseweave.sqlite");
    let database = rusqlite::Connection::open(&file)?;
    database.busy_timeout(Duration::from_secs(10))?;
    database.execute_batch(
        "DROP TRIGGER contributions_stay; \
         UPDATE contributions SET body = replace(body, 'Dunbar', 'Dunbat') WHERE number = 2;",
    )?;
    let said = council.complains()?;
    assert!(said.contains("gave figures whose signature does not hold"), "{said}");
    database.execute_batch(
        "UPDATE contributions SET body = replace(body, 'Dunbat', 'Dunbar') WHERE number = 2;",
    )?;
    council.collect()?;
    database.execute_batch(
        "UPDATE contributions SET body = replace(body, 'Winter', 'Winger') WHERE number = 2;",
    )?;
    let said = council.complains()?;
    assert!(said.contains("contradicts what it gave before"), "{said}");
    drop(database);

    // Put back to a backup, it knows less than it gave; it goes on when the operator says so.
    east.server.kill()?;
    fs::remove_dir_all(east.server.data())?;
    copy(&backup, &east.server.data())?;
    east.server.serve()?;
    let said = council.complains()?;
    assert!(said.contains("knows less than it gave before"), "{said}");
    east.make("Spring")?;
    assert!(council.complains()?.contains("contradicts what it gave before"));
    council.server.run(&["source", "go-on", "--name", "East", "--from", "1"], "")?;
    assert_eq!(council.collect()?[0]["new"], 1);
    assert_eq!(council.standing("East")?["taken"], 3);
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), Failed> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
