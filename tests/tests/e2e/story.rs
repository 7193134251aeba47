//! Two phones without signal, one case, one truth.

use serde_json::Value;
use system_tests::live::{Failed, Phone, Server, Staff};

use super::database::on_each;

const STAFF: [Staff; 3] = [
    Staff { name: "iona", agency: "health", role: "practitioner" },
    Staff { name: "ross", agency: "education", role: "practitioner" },
    Staff { name: "lena", agency: "education", role: "cluster_lead" },
];

/// A case with its team, on everybody's phone, and the records that will be written to.
struct Scene {
    iona: Phone,
    ross: Phone,
    lena: Phone,
    case: String,
    plan: String,
    row: String,
    assessment: String,
}

impl Scene {
    fn set(server: &Server) -> Result<Self, Failed> {
        let [iona, ross, lena] = <[Phone; 3]>::try_from(server.staff(&STAFF)?)
            .map_err(|_| "three phones were expected")?;
        iona.run(&["sync"])?;
        let begun = iona.run(&[
            "case",
            "begin",
            "--given-name",
            "Ailsa",
            "--family-name",
            "Muir",
            "--school",
            "Glen Primary",
        ])?;
        let case = word(&begun, "case")?;
        for phone in [&iona, &lena] {
            phone.run(&["sync"])?;
        }
        for name in ["iona", "ross"] {
            lena.run(&["member", &case, name, "member"])?;
        }
        lena.run(&["lead", &case, "iona"])?;
        for phone in [&lena, &iona, &ross] {
            phone.run(&["sync"])?;
        }
        let plan = word(&iona.run(&["plan", &case, "--review", "2027-01-15"])?, "record")?;
        let row =
            iona.run(&["row", "add", &plan, "--need", "Warm home", "--action", "Ring landlord"])?;
        let row = row["entries"][0].as_str().ok_or("no row")?.to_owned();
        let assessment =
            word(&iona.run(&["assessment", &case, "--compartment", "team"])?, "record")?;
        iona.run(&[
            "text",
            "begin",
            &assessment,
            "--element",
            "safe",
            "--text",
            "Ailsa is safe at school.\n",
        ])?;
        for phone in [&iona, &ross, &lena] {
            phone.run(&["sync"])?;
        }
        Ok(Self { iona, ross, lena, case, plan, row, assessment })
    }

    fn everybody(&self) -> [&Phone; 3] {
        [&self.iona, &self.ross, &self.lena]
    }

    /// Twice: the second brings to the first what the last one wrote.
    fn sync_all(&self) -> Result<(), Failed> {
        for phone in self.everybody().into_iter().chain(self.everybody()) {
            phone.run(&["sync"])?;
        }
        Ok(())
    }

    fn shared(&self) -> Result<Value, Failed> {
        let texts = self.everybody().map(|phone| phone.text(&["show", &self.case, "--shared"]));
        let [iona, ross, lena] = texts;
        let (iona, ross, lena) = (iona?, ross?, lena?);
        assert_eq!(iona, ross, "two phones of one team show the same bytes");
        assert_eq!(iona, lena, "and so does the lead's");
        Ok(serde_json::from_str(&iona)?)
    }
}

#[test]
fn two_phones_offline_lose_nothing_and_hide_no_disagreement() -> Result<(), Failed> {
    on_each(|server| {
        let scene = Scene::set(&server)?;
        write_apart(&scene)?;
        scene.sync_all()?;
        let case = scene.shared()?;
        everything_is_there(&scene, &case)?;
        the_loser_is_told(&scene)?;
        the_lead_settles(&scene)?;
        server.check()
    })
}

/// Both without signal, on one case.
fn write_apart(scene: &Scene) -> Result<(), Failed> {
    let Scene { iona, ross, lena, case, plan, row, assessment } = scene;
    let at = "2026-11-20T10:00:00Z";
    iona.run(&[
        "visit",
        case,
        "--at",
        at,
        "--child-seen",
        "yes",
        "--text",
        "Iona saw Ailsa at home.",
    ])?;
    ross.run(&["visit", case, "--at", at, "--text", "Ross met Ailsa at school."])?;
    iona.run(&["stage", case, "2", "--reason", "More help is needed"])?;
    lena.run(&["stage", case, "3", "--reason", "Several agencies are at it"])?;
    iona.run(&["consent", case, "child", "all", "--reason", "Said yes"])?;
    ross.run(&["consent", case, "child", "all except police", "--reason", "Said not the police"])?;
    iona.run(&["row", "set", plan, row, "status", "done"])?;
    ross.run(&["row", "set", plan, row, "status", "in_progress"])?;
    iona.run(&[
        "text",
        "edit",
        assessment,
        "safe",
        "--text",
        "Ailsa is safe at school.\nIona's paragraph.\n",
    ])?;
    ross.run(&[
        "text",
        "edit",
        assessment,
        "safe",
        "--text",
        "Ailsa is safe at school.\nRoss's paragraph.\n",
    ])?;
    iona.run(&["sign", assessment])?;
    Ok(())
}

fn everything_is_there(scene: &Scene, case: &Value) -> Result<(), Failed> {
    let text = case.to_string();
    for said in [
        "Iona saw Ailsa at home.",
        "Ross met Ailsa at school.",
        "More help is needed",
        "Several agencies are at it",
        "Said not the police",
    ] {
        assert!(text.contains(said), "missing: {said}");
    }
    let stage = fact(case, "stage")?;
    assert_eq!(stage["disputed"], true);
    assert_eq!(stage["in_force"].to_string().matches("\"3\"").count(), 1, "{stage}");
    assert!(stage["rivals"].to_string().contains("\"2\""));
    let consent = fact(case, "consent")?;
    assert!(consent["in_force"].to_string().contains("except"), "{consent}");
    let status = fact(case, "row_status")?;
    assert!(status["disputed"] == true && status["in_force"].to_string().contains("in_progress"));
    the_draft_holds_both(scene, case)
}

fn the_draft_holds_both(scene: &Scene, case: &Value) -> Result<(), Failed> {
    let record = record(case, &scene.assessment)?;
    let entries = record["entries"].as_array().ok_or("no entries")?;
    let of =
        |collection: &str| entries.iter().find(|entry| entry["collection"] == collection).cloned();
    let draft = of("texts").ok_or("no draft")?["text"].to_string();
    assert!(draft.contains("Iona's paragraph.") && draft.contains("Ross's paragraph."), "{draft}");
    let signed = of("signatures").ok_or("no signature")?["says"]["text"].to_string();
    assert!(signed.contains("Iona's paragraph."), "{signed}");
    assert!(!signed.contains("Ross's paragraph."), "signed only what its signer saw: {signed}");
    Ok(())
}

fn the_loser_is_told(scene: &Scene) -> Result<(), Failed> {
    let iona = scene.iona.run(&["notices"])?.to_string();
    assert!(iona.contains("stage") && iona.contains("not_in_force"), "{iona}");
    let lena = scene.lena.run(&["notices"])?.to_string();
    assert!(!lena.contains("stage"), "the value in force is the lead's own: {lena}");
    Ok(())
}

fn the_lead_settles(scene: &Scene) -> Result<(), Failed> {
    let without_reason =
        scene.lena.refuse(&["settle", &scene.case, "stage", "2", "--reason", " "])?;
    assert!(without_reason.1.contains("say why"), "{without_reason:?}");
    scene.lena.run(&["settle", &scene.case, "stage", "2", "--reason", "Agreed at the meeting"])?;
    scene.sync_all()?;
    let case = scene.shared()?;
    let stage = fact(&case, "stage")?;
    assert!(
        stage["disputed"] == false && stage["in_force"].to_string().contains("\"2\""),
        "{stage}"
    );
    Ok(())
}

/// What holds of a fact, wherever in the case it is.
fn fact<'a>(case: &'a Value, name: &str) -> Result<&'a Value, Failed> {
    let records = case["records"].as_array().ok_or("no records")?;
    let facts = records.iter().filter_map(|record| record["facts"].as_array()).flatten();
    let mut named = facts.filter(|fact| fact["fact"] == name);
    Ok(named.next().ok_or(format!("no fact {name}"))?)
}

fn record<'a>(case: &'a Value, id: &str) -> Result<&'a Value, Failed> {
    let records = case["records"].as_array().ok_or("no records")?;
    Ok(records.iter().find(|record| record["id"] == id).ok_or("no such record")?)
}

fn word(value: &Value, key: &str) -> Result<String, Failed> {
    Ok(value[key].as_str().ok_or(format!("no {key}"))?.to_owned())
}

#[test]
fn who_is_not_in_the_team_receives_nothing_and_who_leaves_loses_the_copy() -> Result<(), Failed> {
    on_each(|server| {
        let scene = Scene::set(&server)?;
        let stranger =
            server.staff(&[Staff { name: "sam", agency: "police", role: "practitioner" }])?;
        stranger[0].run(&["sync"])?;
        let found = stranger[0].run(&["find", "Ailsa"])?.to_string();
        assert!(found.contains("Ailsa"), "the directory says whom to ring: {found}");
        assert_ne!(stranger[0].refuse(&["show", &scene.case])?.0, 0);
        // Ross leaves the team with something unsent: his copy goes, his words do not.
        scene.ross.run(&[
            "visit",
            &scene.case,
            "--at",
            "2026-11-20T10:00:00Z",
            "--text",
            "Unsent words.",
        ])?;
        scene.iona.run(&["member", &scene.case, "ross", "left"])?;
        scene.iona.run(&["sync"])?;
        scene.ross.run(&["sync"])?;
        scene.ross.run(&["sync"])?;
        assert_ne!(scene.ross.refuse(&["show", &scene.case])?.0, 0, "the copy is gone");
        let returned = scene.ross.run(&["returned"])?.to_string();
        assert!(returned.contains("Unsent words."), "what was not taken is kept: {returned}");
        server.check()
    })
}
