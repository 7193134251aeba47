//! Two agencies and two children: a concern is shared, a visit goes to the child whose it is, help is
//! asked for and answered. Copies are checked by the server, whatever a phone thinks of them.

use serde_json::Value;
use sync_core::ids::RecordId;
use sync_core::record::change::{Change, Edit};
use sync_core::record::kinds::{AttestedCopy, Contribution as _};
use sync_core::store::{ChangeRow, Place, RecordRow, Store as _, Write};
use sync_core::time::Timestamp;
use system_tests::live::{Failed, Phone, Server, Staff};

use super::database::on_each;

const STAFF: [Staff; 4] = [
    Staff { name: "iona", agency: "health", role: "practitioner" },
    Staff { name: "ross", agency: "education", role: "practitioner" },
    Staff { name: "lena", agency: "education", role: "cluster_lead" },
    Staff { name: "sara", agency: "social-work", role: "agency_lead" },
];
const AT: &str = "2026-11-20T10:00:00Z";

/// Ailsa's team are Iona and Ross, Rory's is Iona alone. The lead sees both.
struct Scene {
    iona: Phone,
    ross: Phone,
    lena: Phone,
    sara: Phone,
    ailsa: String,
    rory: String,
}

impl Scene {
    fn set(server: &Server) -> Result<Self, Failed> {
        let [iona, ross, lena, sara] = <[Phone; 4]>::try_from(server.staff(&STAFF)?)
            .map_err(|_| "four phones were expected")?;
        iona.run(&["sync"])?;
        let begin = |given: &str| -> Result<String, Failed> {
            let begun =
                iona.run(&["case", "begin", "--given-name", given, "--family-name", "Muir"])?;
            word(&begun, "case")
        };
        let (ailsa, rory) = (begin("Ailsa")?, begin("Rory")?);
        for phone in [&iona, &lena] {
            phone.run(&["sync"])?;
        }
        for (case, name) in [(&ailsa, "iona"), (&ailsa, "ross"), (&rory, "iona")] {
            lena.run(&["member", case, name, "member"])?;
        }
        let scene = Self { iona, ross, lena, sara, ailsa, rory };
        scene.sync_all()?;
        Ok(scene)
    }

    fn sync_all(&self) -> Result<(), Failed> {
        let all = [&self.lena, &self.iona, &self.ross, &self.sara];
        all.into_iter().chain(all).try_for_each(|phone| phone.run(&["sync"]).map(drop))
    }
}

#[test]
fn a_concern_is_shared_a_visit_finds_its_child_and_help_is_asked_for() -> Result<(), Failed> {
    on_each(|server| {
        let scene = Scene::set(&server)?;
        a_concern_is_shared(&scene)?;
        a_visit_finds_its_child(&scene)?;
        help_is_asked_for_and_answered(&scene)?;
        server.check()
    })
}

/// The team gets a copy that says all, with the alarm; the agency's own record stays its own.
fn a_concern_is_shared(scene: &Scene) -> Result<(), Failed> {
    let Scene { iona, ross, ailsa, .. } = scene;
    let seen = ["concern", ailsa, "--seen", "No coat in the frost", "--harm", "yes"];
    let concern = word(&iona.run(&seen)?, "record")?;
    iona.run(&["share", &concern, "--reason", "the school must know"])?;
    scene.sync_all()?;
    let case = ross.run(&["show", ailsa])?;
    let copy = records(&case)?.find(|it| it["kind"] == "concern").ok_or("no copy came")?;
    assert_ne!(copy["id"], concern.as_str());
    assert!(copy["entries"].to_string().contains("No coat in the frost"));
    assert!(copy["facts"].to_string().contains("harm_suspected"), "{copy}");
    let mine = iona.run(&["show", ailsa])?;
    assert!(records(&mine)?.any(|it| it["id"] == concern.as_str()), "sharing leaves the source");
    Ok(())
}

/// A visit to Rory was written under Ailsa's name.
fn a_visit_finds_its_child(scene: &Scene) -> Result<(), Failed> {
    let Scene { iona, ross, lena, ailsa, rory, .. } = scene;
    let visit = ["visit", ailsa, "--at", AT, "--text", "Rory showed me his drawings."];
    let made = iona.run(&visit)?;
    let visit = word(&made, "record")?;
    scene.sync_all()?;
    let case = ross.run(&["show", ailsa])?;
    let shown = records(&case)?.find(|it| it["id"] == visit.as_str()).ok_or("no visit came")?;
    let entry = word(&shown["entries"][0], "id")?;
    // Ross writes to it without signal, just as it goes.
    ross.run(&["amend", &visit, &entry, "--text", "It was raining.", "--reason", "I was there"])?;
    let moved = ["rehome", &visit, "--case", rory, "--reason", "wrong child"];
    let new = word(&iona.run(&moved)?, "record")?;
    // The lead, without signal, cannot know that it was seen to.
    lena.run(&["rehome", &visit, "--case", rory, "--reason", "wrong child"])?;
    iona.run(&["sync"])?;
    scene.sync_all()?;

    let here = ross.run(&["show", ailsa])?;
    assert!(!here.to_string().contains("drawings"), "the copy is gone: {here}");
    let returned = ross.run(&["returned"])?.to_string();
    assert!(returned.contains("moved_elsewhere") && returned.contains("It was raining."));
    let returned = lena.run(&["returned"])?.to_string();
    assert!(returned.contains("moved_elsewhere"), "it is moved once: {returned}");
    let there = lena.run(&["show", rory])?;
    let new =
        records(&there)?.find(|it| it["id"] == new.as_str()).ok_or("the visit is not there")?;
    assert!(new["entries"].to_string().contains("Rory showed me his drawings."));
    let both = lena.run(&["show", ailsa])?;
    let old = records(&both)?.find(|it| it["id"] == visit.as_str()).ok_or("the lead sees both")?;
    assert_eq!(old["moved_to"], new["id"]);
    let line = lena.run(&["chronology", ailsa])?.to_string();
    assert!(!line.contains(&visit), "it counts for Ailsa no more: {line}");
    assert_eq!(lena.run(&["chronology", rory])?[0]["at"], 1_795_168_800_000_i64);
    Ok(())
}

/// Social work has no part in the case, sees the request alone and answers it.
fn help_is_asked_for_and_answered(scene: &Scene) -> Result<(), Failed> {
    let Scene { iona, ross, sara, ailsa, .. } = scene;
    let make = ["request", "make", ailsa, "--to", "social-work", "--reason", "Respite is needed"];
    let copy = word(&iona.run(&make)?, "copy")?;
    scene.sync_all()?;
    let asked = sara.run(&["show", ailsa])?;
    assert_eq!(records(&asked)?.count(), 1, "nothing but the request: {asked}");
    assert!(asked.to_string().contains("Respite is needed"));
    sara.run(&["request", "decide", &copy, "accepted", "--reasons", "a place is free"])?;
    sara.run(&["request", "feedback", &copy, "--text", "From Monday on."])?;
    scene.sync_all()?;
    let answered = iona.run(&["show", ailsa])?.to_string();
    assert!(answered.contains("a place is free") && answered.contains("From Monday on."));
    assert!(!ross.run(&["show", ailsa])?.to_string().contains("From Monday on."));
    Ok(())
}

#[test]
fn a_copy_that_is_not_what_its_source_says_comes_back_whole() -> Result<(), Failed> {
    on_each(|server| {
        let scene = Scene::set(&server)?;
        let Scene { iona, ross, ailsa, .. } = &scene;
        let seen = ["concern", ailsa, "--seen", "All was well", "--harm", "no"];
        let concern: RecordId = word(&iona.run(&seen)?, "record")?.parse()?;
        iona.run(&["sync"])?;
        let copy =
            word(&iona.run(&["share", &concern.to_string(), "--reason", "news"])?, "record")?;
        forge(iona, &copy.parse()?)?;
        scene.sync_all()?;
        let returned = iona.run(&["returned"])?;
        assert_eq!(returned[0]["reason"], "wrong_copy");
        assert!(returned.to_string().contains("All was bad"), "{returned}");
        assert!(!ross.run(&["show", ailsa])?.to_string().contains("All was bad"));
        server.check()
    })
}

/// Changes the words of a copy that the phone has not sent yet, as a broken app would.
fn forge(phone: &Phone, copy: &RecordId) -> Result<(), Failed> {
    let device = phone.device()?;
    let folded = device.record(copy)?;
    let identity = device.identity();
    let honest = folded.entries_of(4).find_map(AttestedCopy::read).ok_or("no copy")?;
    let forged =
        AttestedCopy { text: honest.text.replace("All was well", "All was bad"), ..honest };
    let change = Change {
        actor: identity.actor,
        by: identity.principal.user,
        at: Timestamp(1_700_000_000_000),
        clock_ahead_ms: 0,
        edits: vec![Edit::Add(forged.entry())],
    };
    let mut envelope = folded.envelope.clone();
    if let sync_core::record::envelope::Origin::Made(made) = &mut envelope.origin {
        made.n += 100;
    }
    let record = envelope.id();
    let row = RecordRow {
        id: record,
        case: envelope.case,
        scope: envelope.scope(),
        kind: envelope.kind().code(),
        envelope: envelope.encode(),
    };
    let (actor, seq, deps) = (identity.actor, 1, Some(vec![0]));
    let (body, place) = (change.encode_body(), Place::Unsent(1_000));
    let change = ChangeRow { record, actor, seq, deps, body, place };
    device.into_store().commit(&[Write::PutRecord(row), Write::PutChange(change)])?;
    Ok(())
}

fn records(case: &Value) -> Result<impl Iterator<Item = &Value>, Failed> {
    Ok(case["records"].as_array().ok_or("no records")?.iter())
}

fn word(value: &Value, key: &str) -> Result<String, Failed> {
    Ok(value[key].as_str().ok_or(format!("no {key}"))?.to_owned())
}
