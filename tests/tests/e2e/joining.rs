//! One child under two names: neither team sees the other's records before both lead professionals
//! have said so, nor after one has taken it back.

use serde_json::Value;
use system_tests::live::{Failed, Phone, Staff};

use super::database::on_each;

const STAFF: [Staff; 3] = [
    Staff { name: "iona", agency: "health", role: "practitioner" },
    Staff { name: "ross", agency: "education", role: "practitioner" },
    Staff { name: "lena", agency: "education", role: "cluster_lead" },
];

#[test]
fn joining_opens_both_cases_to_both_teams_and_can_be_taken_back() -> Result<(), Failed> {
    on_each(|server| {
        let [iona, ross, lena] = <[Phone; 3]>::try_from(server.staff(&STAFF)?)
            .map_err(|_| "three phones were expected")?;
        let all = [&iona, &ross, &lena];
        let sync = || -> Result<(), Failed> {
            all.into_iter().chain(all).try_for_each(|phone| phone.run(&["sync"]).map(drop))
        };
        sync()?;
        let (muir, moor) = (begin(&iona, "Muir")?, begin(&ross, "Moor")?);
        sync()?;
        for (case, name) in [(&muir, "iona"), (&moor, "ross")] {
            lena.run(&["member", case, name, "member"])?;
            lena.run(&["lead", case, name])?;
        }
        iona.run(&["event", &muir, "--on", "2026-03-02", "--what", "Seen by the nurse"])?;
        sync()?;

        iona.run(&["join", "propose", &muir, &moor, "--reason", "one birth date"])?;
        sync()?;
        assert_ne!(ross.refuse(&["show", &muir])?.0, 0, "no content before it is agreed");
        assert_ne!(iona.refuse(&["show", &moor])?.0, 0);
        let not_his = ross.refuse(&["join", "propose", &muir, &moor, "--reason", "so he says"])?;
        assert_eq!(not_his.0, 5, "{}", not_his.1);

        ross.run(&["join", "agree", &moor, &muir, "--reason", "the same mother"])?;
        sync()?;
        assert!(ross.run(&["show", &muir])?.to_string().contains("Seen by the nurse"));
        iona.run(&["event", &moor, "--on", "2026-03-03", "--what", "Rang the school"])?;
        sync()?;
        assert!(ross.run(&["show", &moor])?.to_string().contains("Rang the school"));

        ross.run(&["join", "undo", &moor, &muir, "--reason", "two girls after all"])?;
        sync()?;
        assert_ne!(ross.refuse(&["show", &muir])?.0, 0, "the copy is gone again");
        assert_ne!(iona.refuse(&["show", &moor])?.0, 0);
        server.check()
    })
}

fn begin(phone: &Phone, family: &str) -> Result<String, Failed> {
    let begun = phone.run(&["case", "begin", "--given-name", "Ailsa", "--family-name", family])?;
    let case: &Value = &begun["case"];
    Ok(case.as_str().ok_or("no case")?.to_owned())
}
