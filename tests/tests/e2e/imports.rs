//! A school's files by the real command: what is wrong is said, what was killed goes on.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use system_tests::live::{Failed, Server, binary};

use super::database::on_each;

/// Pupils of the files.
const PUPILS: usize = 3_000;

fn write(server: &Server, name: &str, text: &str) -> Result<String, Failed> {
    let path = server.folder().join(name);
    fs::write(&path, text)?;
    Ok(path.display().to_string())
}

fn import(server: &Server, kind: &str, file: &str, more: &[&str]) -> Result<Value, Failed> {
    let command = ["import", kind, "--cluster", "Glen", "--file", file];
    server.run(&[&command[..], more].concat(), "")
}

fn roll() -> String {
    let header = "UPN,Forename,Surname,DOB,Year,School,Sector\n".to_owned();
    let row = |n| format!("P{n:05},Ailsa,Muir,03/05/2015,P7,Glen Primary,primary\n");
    header + &(0..PUPILS).map(row).collect::<String>()
}

fn terms() -> String {
    let header = "UPN,Term,Start date,Sessions possible,Sessions attended\n".to_owned();
    let row = |n| {
        let terms =
            (1..=4).map(|term| format!("P{n:05},term {term},2025-0{term}-01,90,{}\n", n % 90));
        terms.collect::<String>()
    };
    header + &(0..PUPILS).map(row).collect::<String>()
}

#[test]
fn files_are_taken_reported_and_listed() -> Result<(), Failed> {
    on_each(|server| {
        let good = write(&server, "roll.csv", &roll())?;
        let bad = roll().replacen("03/05/2015", "31/02/2015", 1);
        let bad = write(&server, "bad.csv", &bad)?;
        let report = server.folder().join("report.csv").display().to_string();
        let dry = import(&server, "roll", &bad, &["--dry-run", "--report", &report])?;
        assert_eq!((&dry["added"], &dry["refused"]), (&Value::from(PUPILS - 1), &Value::from(1)));
        let said = fs::read_to_string(&report)?;
        assert!(said.contains("\"2\",\"pupil\",\"refused\",\"the day of birth '31/02/2015' is"));
        assert!(!said.contains("Muir") && !said.contains("Ailsa"), "a report names nobody");
        let strict = import(&server, "roll", &bad, &["--strict"]).map_err(|it| it.to_string());
        assert!(strict.is_err_and(|it| it.contains("--strict nothing is imported")));
        assert_eq!(import(&server, "roll", &good, &[])?["added"], PUPILS);
        let again = import(&server, "roll", &good, &[])?;
        assert_eq!((&again["changed"], &again["added"]), (&Value::from(0), &Value::from(0)));
        let listed = server.run(&["import", "list", "--cluster", "Glen"], "")?;
        assert_eq!(listed.as_array().map(Vec::len), Some(2));
        assert!(import(&server, "roll", "/nowhere.csv", &[]).is_err());
        server.check()
    })
}

#[test]
fn what_was_killed_goes_on() -> Result<(), Failed> {
    on_each(|server| {
        let roll = write(&server, "roll.csv", &roll())?;
        import(&server, "roll", &roll, &[])?;
        let terms = write(&server, "terms.csv", &terms())?;
        let mut command = Command::new(binary("caseweave")?);
        command.arg("--data").arg(server.data()).stderr(Stdio::null()).stdout(Stdio::null());
        match server.database() {
            Some(url) => command.env("DATABASE_URL", url),
            None => command.env_remove("DATABASE_URL"),
        };
        let command = command.args(["import", "attendance", "--cluster", "Glen", "--file", &terms]);
        let mut child = command.spawn()?;
        let began = Instant::now();
        while begun(&server)? == 0 && began.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill()?;
        child.wait()?;
        let done = import(&server, "attendance", &terms, &[])?;
        let again = import(&server, "attendance", &terms, &[])?;
        assert_eq!(again["unchanged"], PUPILS * 4, "after {done}");
        let listed = server.run(&["import", "list"], "")?;
        let ended = |it: &Value| !it["ended"].is_null();
        assert!(listed.as_array().is_some_and(|all| all.iter().all(ended)), "{listed}");
        server.check()
    })
}

/// How many terms the import under way has written.
fn begun(server: &Server) -> Result<i64, Failed> {
    let listed = server.run(&["import", "list"], "")?;
    Ok(listed[0]["added"].as_i64().filter(|_| listed[0]["kind"] == "attendance").unwrap_or(0))
}
