//! A worker loses access, loses the phone or hands it back. What only the phone had waits for a
//! reviewer; the phone is empty after; nobody else saw anything.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};
use system_tests::live::{Desk, Failed, Phone, Server, Staff};

use super::database::on_each;

const STAFF: [Staff; 3] = [
    Staff { name: "iona", agency: "health", role: "practitioner" },
    Staff { name: "ross", agency: "education", role: "practitioner" },
    Staff { name: "lena", agency: "education", role: "cluster_lead" },
];
const AT: &str = "2026-11-20T10:00:00Z";
/// The exit code of a phone that was erased.
const ERASED: i32 = 6;

/// Ailsa's team are Iona and Ross; Lena leads the cluster.
struct Scene {
    iona: Phone,
    ross: Phone,
    lena: Phone,
    desk: Desk,
    ailsa: String,
}

impl Scene {
    fn set(server: &Server) -> Result<Self, Failed> {
        let [iona, ross, lena] = <[Phone; 3]>::try_from(server.staff(&STAFF)?)
            .map_err(|_| "three phones were expected")?;
        let begun =
            iona.run(&["case", "begin", "--given-name", "Ailsa", "--family-name", "Muir"])?;
        let ailsa = word(&begun, "case")?;
        for phone in [&iona, &lena] {
            phone.run(&["sync"])?;
        }
        for name in ["iona", "ross"] {
            lena.run(&["member", &ailsa, name, "member"])?;
        }
        for phone in [&lena, &iona, &ross] {
            phone.run(&["sync"])?;
        }
        let desk = Desk::sign_in(server, "lena")?;
        Ok(Self { iona, ross, lena, desk, ailsa })
    }

    fn visit(&self, words: &str) -> Result<(), Failed> {
        self.iona.run(&["visit", &self.ailsa, "--at", AT, "--text", words]).map(drop)
    }

    fn device(&self) -> Result<String, Failed> {
        word(&self.iona.run(&["status"])?, "device")
    }

    fn waiting(&self) -> Result<Vec<Value>, Failed> {
        let tray = self.desk.get("/v1/quarantine")?;
        Ok(tray["waiting"].as_array().ok_or("no tray")?.clone())
    }

    fn release(&self, work: &Value) -> Result<(), Failed> {
        let path = format!("/v1/quarantine/{}/release", word(work, "id")?);
        self.desk.post(&path, &json!({ "reason": "Written before." })).map(drop)
    }

    fn ross_sees(&self, words: &str) -> Result<bool, Failed> {
        self.ross.run(&["sync"])?;
        Ok(self.ross.run(&["show", &self.ailsa])?.to_string().contains(words))
    }
}

#[test]
fn access_lost_offline_leaves_work_with_a_reviewer_and_a_stolen_phone_is_erased_at_contact()
-> Result<(), Failed> {
    on_each(|server| {
        let scene = Scene::set(&server)?;
        scene.visit("Ailsa sang for me.")?;
        scene.lena.run(&["member", &scene.ailsa, "iona", "left"])?;
        scene.lena.run(&["sync"])?;
        let synced = scene.iona.run(&["sync"])?;
        assert_eq!((&synced["held"], &synced["only_here"]), (&json!(1), &json!(0)));
        let gone = scene.iona.run(&["show", &scene.ailsa]).err().map(|error| error.to_string());
        assert!(!gone.unwrap_or_default().contains("Ailsa"), "the copy is gone");
        assert!(!scene.ross_sees("Ailsa sang for me.")?);
        let waiting = scene.waiting()?;
        assert_eq!(waiting.len(), 1);
        scene.release(&waiting[0])?;
        assert!(scene.ross_sees("Ailsa sang for me.")?);

        let device = scene.device()?;
        server.run(&["device", "stolen", &device], "")?;
        is_erased(&scene.iona, "ring your office")?;
        let shown = phone_of(&server, &device)?;
        assert_eq!(shown["erasure"], "confirmed", "{shown}");
        server.run(&["device", "restore", &device], "").expect_err("it is erased");
        server.check()
    })
}

#[test]
fn a_retired_phone_hands_over_all_that_only_it_has_and_leaves_nothing() -> Result<(), Failed> {
    on_each(|server| {
        let scene = Scene::set(&server)?;
        scene.visit("Ailsa drew a boat.")?;
        let seen = ["concern", &scene.ailsa, "--seen", "A bruise", "--harm", "yes"];
        scene.iona.run(&seen)?;
        let device = scene.device()?;
        server.run(&["device", "retire", &device], "")?;
        let said = is_erased(&scene.iona, "was retired")?;
        assert!(said.contains("2 wait for a reviewer"), "{said}");
        assert!(!scene.ross_sees("Ailsa drew a boat.")?);
        let found = scene.ross.run(&["find", "Ailsa"])?;
        assert!(!found[0]["harm_since"].is_null(), "the alarm is raised: {found}");
        let waiting = scene.waiting()?;
        assert_eq!(waiting.len(), 1, "what the health service wrote waits for its own lead");
        scene.release(&waiting[0])?;
        assert!(scene.ross_sees("Ailsa drew a boat.")?);
        assert_eq!(phone_of(&server, &device)?["erasure"], "confirmed");
        server.check()
    })
}

#[test]
fn a_phone_that_is_killed_while_it_leaves_goes_on_and_loses_nothing() -> Result<(), Failed> {
    on_each(|mut server| {
        let scene = Scene::set(&server)?;
        for n in 0..30 {
            scene.visit(&format!("Visit number {n}."))?;
        }
        let device = scene.device()?;
        server.run(&["device", "retire", &device], "")?;
        for ms in [5, 20, 60, 100, 150, 200, 250, 300] {
            let mut sync = scene.iona.spawn(&["sync"])?;
            sleep(Duration::from_millis(ms));
            let _ = sync.kill();
            sync.wait()?;
        }
        // Without signal it says what it is, and tells the office later.
        server.kill()?;
        let (code, _) = scene.iona.refuse(&["sync"])?;
        assert!([2, 3, ERASED].contains(&code), "{code}");
        server.serve()?;
        if scene.iona.refuse(&["sync"])?.0 != 2 {
            is_erased(&scene.iona, "")?;
        }
        assert_eq!(phone_of(&server, &device)?["erasure"], "confirmed");
        let waiting = scene.waiting()?;
        assert_eq!(waiting.len(), 30, "each visit waits once");
        for work in &waiting {
            scene.release(work)?;
        }
        for n in 0..30 {
            assert!(scene.ross_sees(&format!("Visit number {n}."))?);
        }
        server.check()
    })
}

/// The next sync erases the phone, or an earlier one did: it holds nothing that could be opened.
fn is_erased(phone: &Phone, words: &str) -> Result<String, Failed> {
    let (code, said) = phone.refuse(&["sync"])?;
    assert!(code == ERASED || code == 2, "{code}: {said}");
    assert!(said.contains(words), "{said}");
    for file in ["phone.key", "phone.db", "phone.db-wal", "phone.db-shm", "phone.db-journal"] {
        assert!(!phone.home().join(file).exists(), "{file}");
    }
    let left: Vec<_> = fs::read_dir(phone.home())?.flatten().map(|it| it.file_name()).collect();
    assert!(left.iter().all(|name| name == "phone.lock"), "{left:?}");
    let (_, said_after) = phone.refuse(&["status"])?;
    assert!(said_after.contains("nobody has enrolled"), "{said_after}");
    Ok(said)
}

fn phone_of(server: &Server, device: &str) -> Result<Value, Failed> {
    let phones = server.run(&["device", "list"], "")?;
    let mut phones = phones.as_array().ok_or("no phones")?.iter();
    Ok(phones.find(|it| it["id"] == device).ok_or("no such phone")?.clone())
}

fn word(value: &Value, key: &str) -> Result<String, Failed> {
    Ok(value[key].as_str().ok_or(format!("no {key}"))?.to_owned())
}
